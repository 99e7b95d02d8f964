package webhook

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"sync"
	"time"

	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/db"
)

// Keys are the server's own keys that it signs for apps with. The Ed25519 key
// comes out of the master key; the RSA key is made when it is first needed, and
// kept sealed. Use NewKeys.
type Keys struct {
	db    *db.DB
	vault *auth.Vault
	ed    ed25519.PrivateKey

	mu  sync.Mutex
	rsa *rsa.PrivateKey
}

// NewKeys gives the keys of a server.
func NewKeys(d *db.DB, v *auth.Vault) *Keys {
	return &Keys{db: d, vault: v, ed: ed25519.NewKeyFromSeed(v.Derive("webhook ed25519"))}
}

// Ed25519 signs a body, as base64.
func (k *Keys) Ed25519(body []byte) string {
	return base64.StdEncoding.EncodeToString(ed25519.Sign(k.ed, body))
}

// RSA signs the SHA-256 of a body by PKCS #1 v1.5, as base64.
func (k *Keys) RSA(ctx context.Context, body []byte) (string, error) {
	key, err := k.rsaKey(ctx)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(body)
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	if err != nil {
		return "", fmt.Errorf("signing a webhook: %w", err)
	}
	return base64.StdEncoding.EncodeToString(signature), nil
}

// Public gives the public keys in PEM.
func (k *Keys) Public(ctx context.Context) (ed, rsaKey string, err error) {
	key, err := k.rsaKey(ctx)
	if err != nil {
		return "", "", err
	}
	for _, p := range []struct {
		to  *string
		key any
	}{{&ed, k.ed.Public()}, {&rsaKey, key.Public()}} {
		der, err := x509.MarshalPKIXPublicKey(p.key)
		if err != nil {
			return "", "", fmt.Errorf("writing a public key: %w", err)
		}
		*p.to = string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
	}
	return ed, rsaKey, nil
}

// serverKey is a row of server_keys.
type serverKey struct {
	ID        string
	Sealed    string
	CreatedAt time.Time
}

var serverKeys = db.NewTable("server_keys", []string{"id"}, func(k *serverKey) []db.Column {
	return []db.Column{{Name: "id", At: &k.ID}, {Name: "sealed", At: &k.Sealed}, {Name: "created_at", At: db.Millis(&k.CreatedAt)}}
})

const (
	rsaName = "webhook rsa"
	rsaBits = 4096
)

// rsaKey reads the RSA key, or makes it; of several nodes that make it at once
// the first one's counts.
func (k *Keys) rsaKey(ctx context.Context) (*rsa.PrivateKey, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.rsa != nil {
		return k.rsa, nil
	}
	kept, err := k.kept(ctx)
	if err != nil {
		return nil, err
	}
	if kept == nil {
		made, err := rsa.GenerateKey(rand.Reader, rsaBits)
		if err != nil {
			return nil, fmt.Errorf("making a key: %w", err)
		}
		sealed, err := k.vault.Seal(string(x509.MarshalPKCS1PrivateKey(made)), rsaName)
		if err != nil {
			return nil, err
		}
		if err := k.db.Write(ctx, db.System, func(ctx context.Context, tx *db.Tx) error {
			return serverKeys.Ensure(ctx, tx, &serverKey{ID: rsaName, Sealed: sealed, CreatedAt: tx.Now()})
		}); err != nil {
			return nil, err
		}
		if kept, err = k.kept(ctx); err != nil {
			return nil, err
		}
	}
	der, err := k.vault.Open(kept.Sealed, rsaName)
	if err != nil {
		return nil, err
	}
	if k.rsa, err = x509.ParsePKCS1PrivateKey([]byte(der)); err != nil {
		return nil, fmt.Errorf("reading a key: %w", err)
	}
	return k.rsa, nil
}

func (k *Keys) kept(ctx context.Context) (row *serverKey, err error) {
	err = k.db.Read(ctx, db.System, func(ctx context.Context, tx *db.Tx) error {
		row, err = serverKeys.One(ctx, tx, "WHERE id = $1", rsaName)
		return err
	})
	return row, err
}
