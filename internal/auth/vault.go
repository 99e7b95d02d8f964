// Package auth decides who a request comes from: API keys of every vendor,
// passwords, and the Actor they resolve to. Nothing else makes an Actor for a
// request.
package auth

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/crypto/chacha20poly1305"
	"golang.org/x/crypto/hkdf"
)

// Vault holds the master key, which is kept outside the database: with a stolen
// database alone, no key can be read or guessed. Use OpenVault.
type Vault struct {
	index []byte // for the hash that finds a key
	seal  []byte // for the keys that a vendor's contract shows again
}

const masterLen = 32 // bytes

// OpenVault reads the master key from a file, and makes the file if there is
// none. fresh says that it was made, so that a caller with keys in the database
// can refuse to go on with a new one.
func OpenVault(path string) (v *Vault, fresh bool, err error) {
	text, err := os.ReadFile(path) // #nosec G304 -- the operator names the file
	if errors.Is(err, fs.ErrNotExist) {
		if fresh, err = makeMaster(path); err != nil {
			return nil, false, fmt.Errorf("making the master key: %w", err)
		}
		text, err = os.ReadFile(path) // #nosec G304 -- see above
	}
	if err != nil {
		return nil, false, fmt.Errorf("reading the master key: %w", err)
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, false, fmt.Errorf("reading the master key: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, false, fmt.Errorf("the master key %s can be read by others: chmod 600 it", path)
	}
	master, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(master) != masterLen {
		return nil, false, fmt.Errorf("the master key %s is damaged: it should be %d hexadecimal characters", path, 2*masterLen)
	}
	v, err = newVault(master)
	return v, fresh, err
}

// makeMaster makes a master key where there is none; made is false if another
// start did so meanwhile. The file appears whole or not at all: a half written
// key would be a damaged one to whoever reads it then, or after a crash.
func makeMaster(path string) (made bool, err error) {
	master := make([]byte, masterLen)
	if _, err := io.ReadFull(rand.Reader, master); err != nil {
		return false, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return false, err
	}
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*") // for its owner only
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, os.Remove(f.Name())) }()
	_, err = fmt.Fprintln(f, hex.EncodeToString(master))
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return false, err
	}
	if err = os.Link(f.Name(), path); errors.Is(err, fs.ErrExist) {
		return false, nil
	}
	if folder, e := os.Open(filepath.Dir(path)); e == nil {
		_ = folder.Sync() // so that a power cut does not take the name; not every system can
		_ = folder.Close()
	}
	return err == nil, err
}

func newVault(master []byte) (*Vault, error) {
	v := &Vault{index: make([]byte, 32), seal: make([]byte, chacha20poly1305.KeySize)}
	for _, part := range []struct {
		use string
		key []byte
	}{{"foyer key index", v.index}, {"foyer key seal", v.seal}} {
		if _, err := io.ReadFull(hkdf.New(sha256.New, master, nil, []byte(part.use)), part.key); err != nil {
			return nil, fmt.Errorf("deriving keys: %w", err)
		}
	}
	return v, nil
}

// Hash is what the database keeps of a secret to find it by.
func (v *Vault) Hash(api, secret string) string {
	return hex.EncodeToString(v.sum(api, secret))
}

func (v *Vault) sum(api, secret string) []byte {
	mac := hmac.New(sha256.New, v.index)
	mac.Write([]byte(api))
	mac.Write([]byte{0}) // no pair of api and secret reads like another
	mac.Write([]byte(secret))
	return mac.Sum(nil)
}

// Derive makes 32 secret bytes for a use out of the master key: the same on every
// node and after every start.
func (v *Vault) Derive(use string) []byte { return v.sum("derive", use) }

// Seal encrypts a secret for one row; of is the row's identity, so that the
// sealed texts of two rows cannot be swapped.
func (v *Vault) Seal(secret, of string) (string, error) {
	aead, err := chacha20poly1305.NewX(v.seal)
	if err != nil {
		return "", fmt.Errorf("sealing a key: %w", err)
	}
	nonce := make([]byte, aead.NonceSize())
	if _, err := io.ReadFull(rand.Reader, nonce); err != nil {
		return "", fmt.Errorf("sealing a key: %w", err)
	}
	return "1:" + base64.RawStdEncoding.EncodeToString(aead.Seal(nonce, nonce, []byte(secret), []byte(of))), nil
}

// Open decrypts what Seal made for the same row.
func (v *Vault) Open(sealed, of string) (string, error) {
	text, ok := strings.CutPrefix(sealed, "1:")
	if !ok {
		return "", errors.New("a sealed key of an unknown form")
	}
	box, err := base64.RawStdEncoding.DecodeString(text)
	if err != nil {
		return "", fmt.Errorf("opening a sealed key: %w", err)
	}
	aead, err := chacha20poly1305.NewX(v.seal)
	if err != nil || len(box) < aead.NonceSize() {
		return "", errors.New("a sealed key is damaged")
	}
	secret, err := aead.Open(nil, box[:aead.NonceSize()], box[aead.NonceSize():], []byte(of))
	if err != nil {
		return "", errors.New("a sealed key cannot be opened with this master key")
	}
	return string(secret), nil
}
