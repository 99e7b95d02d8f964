package highlevel_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"sync"
	"testing"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/dialect/highlevel"
	"github.com/foyer-crm/foyer/internal/foyertest"
	"github.com/foyer-crm/foyer/internal/foyertest/npm"
	"github.com/foyer-crm/foyer/internal/webhook"
)

// The official SDK does everything that Foyer has an operation for.
func TestTheOfficialSDK(t *testing.T) {
	folder := npm.Install(t)
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		prepare(t, f)
		f.Vars["password"] = *f.Credentials.User.Password
		limited := another(t, f, highlevel.Options{RequireVersion: true, RateLimit: true})
		world, err := json.Marshal(map[string]any{"url": f.URL, "limited": limited.URL, "room": backRoom(t, f), "vars": f.Vars, "operations": operations(), "hook": hook(t, f, folder)})
		if err != nil {
			t.Fatal(err)
		}
		runs(t, folder, "sdk.mjs", " methods of the SDK for ", "WORLD="+string(world))
	})
}

// hook is what the app of the bootstrap is told of a contact, with its signatures.
// A thousand more lie in a file: row C4 of the promises.
func hook(t *testing.T, f *foyertest.F, folder string) map[string]string {
	t.Helper()
	keys := webhook.NewKeys(f.DB, f.Vault)
	w := highlevel.NewWebhooks(keys)
	var many []map[string]string
	for i := range 1000 {
		body, err := w.Seal(webhook.Message{Type: "ContactUpdate", Body: map[string]any{"name": strings.Repeat("Zoë \".<李>\u2028", i%50), "n": i}}, &crm.Event{LocationID: f.Credentials.LocationID, ID: strings.Repeat("2", 20)}, f.Vars["clientId"], fmt.Sprint(i))
		if err != nil {
			t.Fatal(err)
		}
		many = append(many, map[string]string{"body": string(body), "ed": keys.Ed25519(body)})
	}
	text, err := json.Marshal(many)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(folder, "hooks.json")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	body, err := w.Seal(webhook.Message{Type: "ContactCreate", Body: map[string]any{"name": "Zoë \"O'Brien\" <李>"}}, &crm.Event{LocationID: f.Credentials.LocationID, ID: strings.Repeat("2", 20)}, f.Vars["clientId"], "6f8d1a52-0d3a-4c55-9c3e-0d6a4f1c9b7e")
	if err != nil {
		t.Fatal(err)
	}
	header, err := w.Sign(t.Context(), body)
	if err != nil {
		t.Fatal(err)
	}
	return map[string]string{"many": file, "body": string(body), "ed": header.Get("X-GHL-Signature"), "rsa": header.Get("X-WH-Signature")}
}

// operations are the addresses that Foyer serves.
func operations() (list []map[string]string) {
	for _, o := range highlevel.AllOperations() {
		list = append(list, map[string]string{"method": o.Method, "path": o.Path})
	}
	return append(list, map[string]string{"method": "POST", "path": "/oauth/token"})
}

// backRoom lets the SDK's stories see what is stored: events since they last
// asked, and contacts; and it lets the apps' access tokens expire.
func backRoom(t *testing.T, f *foyertest.F) string {
	t.Helper()
	var mu sync.Mutex
	known := map[string]bool{}
	mux := http.NewServeMux()
	read := func(pattern string, look func(ctx context.Context, tx *db.Tx, r *http.Request) (any, error)) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			defer mu.Unlock()
			var seen any
			err := f.DB.Read(r.Context(), f.Credentials.LocationID, func(ctx context.Context, tx *db.Tx) (err error) {
				seen, err = look(ctx, tx, r)
				return err
			})
			if err != nil {
				http.Error(w, err.Error(), http.StatusInternalServerError)
				return
			}
			_ = json.NewEncoder(w).Encode(seen)
		})
	}
	read("GET /events", func(ctx context.Context, tx *db.Tx, _ *http.Request) (any, error) {
		list, err := crm.EventsSince(ctx, tx, f.Credentials.LocationID, "", "", 10000)
		count := map[string]int{}
		for _, e := range list {
			if !known[e.ID] {
				count[e.Type]++
			}
			known[e.ID] = true
		}
		return counted(count), err
	})
	read("GET /contacts/{id}", func(ctx context.Context, tx *db.Tx, r *http.Request) (any, error) {
		return crm.ContactByID(ctx, tx, f.Credentials.LocationID, r.PathValue("id"))
	})
	mux.HandleFunc("POST /expire", func(w http.ResponseWriter, r *http.Request) {
		sql(t, f, "UPDATE oauth_tokens SET expires_at = 1 WHERE kind = 'access'")
		f.Desk.Forget()
		_ = json.NewEncoder(w).Encode("done")
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL
}

// counted writes how often things were, as "contact.created, note.created ×2".
func counted(count map[string]int) string {
	var list []string
	for name, n := range count {
		if n > 1 {
			name = fmt.Sprintf("%s ×%d", name, n)
		}
		list = append(list, name)
	}
	sort.Strings(list)
	return strings.Join(list, ", ")
}

// What the guide says of the SDK runs as it stands.
func TestTheGuidesSDKIsTrue(t *testing.T) {
	folder := npm.Install(t)
	guide, err := os.ReadFile("../../../docs/highlevel.md")
	if err != nil {
		t.Fatal(err)
	}
	_, code, found := strings.Cut(string(guide), "\n```js\n")
	code, _, closed := strings.Cut(code, "\n```\n")
	if !found || !closed {
		t.Fatal("the guide has no example of the SDK")
	}
	if err := os.WriteFile(filepath.Join(folder, "guide.mjs"), []byte(code), 0o600); err != nil {
		t.Fatal(err)
	}
	f := foyertest.New(t)
	runs(t, folder, "guide.mjs", "true\n", "FOYER="+f.URL, "KEY="+f.Vars["highlevel.privateToken"], "LOCATION="+f.Vars["locationId"])
}
