package hook_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/foyer-crm/foyer/internal/app"
	"github.com/foyer-crm/foyer/internal/connect"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/foyertest"
)

// What a system outside tells a connection comes in at its own address, signed.
func TestASystemTellsItsConnection(t *testing.T) {
	each(t, app.Config{AllowPrivate: true}, func(t *testing.T, k *kit) {
		key := []byte("a secret that both sides know...")
		var c *connect.Connection
		if err := k.DB.Write(t.Context(), k.by.LocationID, func(ctx context.Context, tx *db.Tx) (err error) {
			c, err = connect.Add(ctx, tx, k.Vault, k.by, connect.Connection{Kind: "webhook", BaseURL: "http://127.0.0.1:1/"}, connect.Credential{"token": "whsec_" + base64.StdEncoding.EncodeToString(key)})
			return err
		}); err != nil {
			t.Fatal(err)
		}
		tell := func(path, body, sign string) int {
			t.Helper()
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, k.URL+path, strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			at := fmt.Sprint(time.Now().Unix())
			m := hmac.New(sha256.New, key)
			_, _ = fmt.Fprintf(m, "msg_1.%s.%s", at, body)
			req.Header.Set("webhook-id", "msg_1")
			req.Header.Set("webhook-timestamp", at)
			req.Header.Set("webhook-signature", sign+base64.StdEncoding.EncodeToString(m.Sum(nil)))
			res, err := foyertest.Client().Do(req)
			if err != nil {
				t.Fatal(err)
			}
			if err := res.Body.Close(); err != nil {
				t.Fatal(err)
			}
			return res.StatusCode
		}
		path, body := c.HookPath(k.Vault), `{"type":"contact.created","timestamp":"2026-03-01T17:00:00.000Z","data":{"id":"c1","email":"ann@hook.example"}}`
		for name, c := range map[string]struct {
			path, body, sign string
			want             int
		}{
			"another address":     {path[:len(path)-2] + "--", body, "v1,", http.StatusNotFound},
			"another location":    {strings.Replace(path, k.by.LocationID, "*", 1), body, "v1,", http.StatusNotFound},
			"no signature":        {path, body, "v0,", http.StatusUnauthorized},
			"too long":            {path, strings.Repeat("x", 2<<20), "v1,", http.StatusRequestEntityTooLarge},
			"no JSON":             {path, "{", "v1,", http.StatusBadRequest},
			"a contact":           {path, body, "v1,", http.StatusOK},
			"the same once more":  {path, body, "v1,", http.StatusOK},
			"nothing of interest": {path, `{"type":"ping","data":{}}`, "v1,", http.StatusOK},
		} {
			if got := tell(c.path, c.body, c.sign); got != c.want {
				t.Errorf("%s: %d, and not %d", name, got, c.want)
			}
		}
		k.Read(t, func(ctx context.Context, tx *db.Tx) error {
			found, err := crm.ContactByEmail(ctx, tx, k.by.LocationID, "ann@hook.example")
			if err == nil && found == nil {
				t.Error("the contact did not come in")
			}
			return err
		})
	})
}
