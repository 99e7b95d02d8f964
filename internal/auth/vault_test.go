package auth_test

import (
	"context"
	"encoding/base64"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/foyertest"
)

func openVault(t *testing.T, path string) (*auth.Vault, bool) {
	t.Helper()
	v, fresh, err := auth.OpenVault(path)
	if err != nil {
		t.Fatal(err)
	}
	return v, fresh
}

func TestTheMasterKeyIsMadeOnceForItsOwnerOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "deep", "folder", "foyer.key")
	first, fresh := openVault(t, path)
	if !fresh {
		t.Error("a new master key is not called fresh")
	}
	for _, name := range []string{path, filepath.Dir(path)} {
		info, err := os.Stat(name)
		if err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s: %v %v", name, info.Mode(), err)
		}
	}
	again, fresh := openVault(t, path)
	if fresh || again.Hash("radius", "x") != first.Hash("radius", "x") {
		t.Error("the second opening gives another key")
	}
	other, _ := openVault(t, filepath.Join(t.TempDir(), "foyer.key"))
	if other.Hash("radius", "x") == first.Hash("radius", "x") {
		t.Error("two folders have one master key")
	}
	left, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(left) != 1 {
		t.Errorf("beside the key: %v %v", left, err)
	}
}

// Programs that start together all have the one key that was made.
func TestTogetherStartsShareOneMasterKey(t *testing.T) {
	for range 20 {
		path := filepath.Join(t.TempDir(), "foyer.key")
		var wait sync.WaitGroup
		var mu sync.Mutex
		hashes, made := map[string]bool{}, 0
		for range 8 {
			wait.Go(func() {
				v, fresh, err := auth.OpenVault(path)
				mu.Lock()
				defer mu.Unlock()
				if err != nil {
					t.Error(err)
					return
				}
				hashes[v.Hash("x", "y")] = true
				if fresh {
					made++
				}
			})
		}
		wait.Wait()
		if len(hashes) != 1 || made != 1 {
			t.Fatalf("%d keys, made %d times", len(hashes), made)
		}
	}
}

func TestABadMasterKeyIsRefusedInASentence(t *testing.T) {
	good := strings.Repeat("ab", 32)
	for _, c := range []struct {
		name, text string
		mode       os.FileMode
		want       string
	}{
		{"readable by the group", good, 0o640, "can be read by others: chmod 600 it"},
		{"readable by everybody", good, 0o604, "can be read by others: chmod 600 it"},
		{"empty", "", 0o600, "is damaged: it should be 64 hexadecimal characters"},
		{"short", good[:62], 0o600, "is damaged"},
		{"long", good + "ab", 0o600, "is damaged"},
		{"not hexadecimal", good[:62] + "zz", 0o600, "is damaged"},
		{"binary", string(make([]byte, 64)), 0o600, "is damaged"},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "foyer.key")
			if err := os.WriteFile(path, []byte(c.text), c.mode); err != nil {
				t.Fatal(err)
			}
			_, _, err := auth.OpenVault(path)
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), path) {
				t.Errorf("%v, want %q", err, c.want)
			}
			if err != nil && strings.Contains(err.Error(), good[:20]) {
				t.Errorf("the error shows the key: %v", err)
			}
		})
	}
	if _, _, err := auth.OpenVault(t.TempDir()); err == nil {
		t.Error("a folder was taken for a key")
	}
	text := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(text, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := auth.OpenVault(filepath.Join(text, "foyer.key")); err == nil {
		t.Error("a key was made inside a file")
	}
	// white space around it is an editor's
	path := filepath.Join(t.TempDir(), "foyer.key")
	if err := os.WriteFile(path, []byte(" "+strings.ToUpper(good)+"\r\n"), 0o400); err != nil {
		t.Fatal(err)
	}
	openVault(t, path)
}

func TestASealedTextOpensForItsRowOnly(t *testing.T) {
	v, _ := openVault(t, filepath.Join(t.TempDir(), "foyer.key"))
	other, _ := openVault(t, filepath.Join(t.TempDir(), "foyer.key"))
	const secret = "s3cret of one row"
	sealed, err := v.Seal(secret, "row-1")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := v.Open(sealed, "row-1"); err != nil || got != secret {
		t.Fatalf("%q, %v", got, err)
	}
	twin, err := v.Seal(secret, "row-1")
	if err != nil || twin == sealed {
		t.Errorf("the same secret is sealed alike twice: %v", err)
	}
	if strings.Contains(sealed, secret) || strings.Contains(sealed, base64.RawStdEncoding.EncodeToString([]byte(secret))) {
		t.Error("the sealed text shows the secret")
	}
	refused := func(what string, v *auth.Vault, text, of string) {
		t.Helper()
		if got, err := v.Open(text, of); err == nil || got != "" || strings.Contains(err.Error(), secret) {
			t.Errorf("%s: %q, %v", what, got, err)
		}
	}
	refused("another row", v, sealed, "row-2")
	refused("no row", v, sealed, "")
	refused("another master key", other, sealed, "row-1")
	refused("nothing", v, "", "row-1")
	refused("no version", v, sealed[2:], "row-1")
	refused("another version", v, "2:"+sealed[2:], "row-1")
	refused("no base64", v, "1:***", "row-1")
	refused("too short", v, "1:AAAA", "row-1")
	box, err := base64.RawStdEncoding.DecodeString(sealed[2:])
	if err != nil {
		t.Fatal(err)
	}
	for i := range box {
		box[i] ^= 1
		refused("one bit changed", v, "1:"+base64.RawStdEncoding.EncodeToString(box), "row-1")
		box[i] ^= 1
	}
	for i := 2; i < len(sealed); i++ {
		refused("cut", v, sealed[:i], "row-1")
	}
}

// A hash is of the API and the secret: neither can be moved into the other.
func TestHashesOfDifferentAPIsDiffer(t *testing.T) {
	v, _ := openVault(t, filepath.Join(t.TempDir(), "foyer.key"))
	seen := map[string]string{}
	for _, pair := range [][2]string{{"radius", "key"}, {"brokerkit", "key"}, {"radiu", "skey"}, {"radiusk", "ey"}, {"", "radiuskey"}, {"radius", ""}, {"radius", "Key"}, {"radius", "key "}} {
		h := v.Hash(pair[0], pair[1])
		if other, twice := seen[h]; twice || len(h) != 64 {
			t.Errorf("%q has the hash of %q", pair, other)
		}
		seen[h] = pair[0] + "/" + pair[1]
	}
}

// A start with another master key than the one that made the keys says so, and
// does not make a new one in silence.
func TestAnotherMasterKeyIsNoticed(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		ctx := context.Background()
		other, fresh := openVault(t, filepath.Join(t.TempDir(), "foyer.key"))
		if err := auth.CheckMasterKey(ctx, f.DB, f.Vault, false); err != nil {
			t.Errorf("its own: %v", err)
		}
		if err := auth.CheckMasterKey(ctx, f.DB, other, fresh); !errors.Is(err, auth.ErrMasterKey) {
			t.Errorf("a fresh one: %v", err)
		}
		if err := auth.CheckMasterKey(ctx, f.DB, other, false); !errors.Is(err, auth.ErrMasterKey) {
			t.Errorf("another one: %v", err)
		}
		f.System(t, func(ctx context.Context, tx *db.Tx) error {
			_, err := tx.Exec(ctx, "DELETE FROM api_keys")
			return err
		})
		if err := auth.CheckMasterKey(ctx, f.DB, other, true); err != nil {
			t.Errorf("without keys: %v", err)
		}
	})
}
