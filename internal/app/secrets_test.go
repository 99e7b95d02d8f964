package app_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/foyer-crm/foyer/internal/app"
	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/foyertest"
	"github.com/foyer-crm/foyer/internal/id"
)

// plant makes keys of every kind, and gives all secrets there are.
func plant(t *testing.T, f *foyertest.F, x *tenant) (secrets []string) {
	t.Helper()
	for _, vars := range []map[string]string{f.Vars, x.vars} {
		for name, v := range vars {
			if strings.Contains(name, ".") && !strings.HasPrefix(name, "user.") {
				secrets = append(secrets, v)
			}
		}
	}
	secrets = append(secrets, *f.Credentials.User.Password)
	f.System(t, func(ctx context.Context, tx *db.Tx) error {
		for i := range 34 {
			partner := ""
			for _, k := range []auth.Key{{API: auth.Radius}, {API: auth.Brokerkit}, {API: auth.HighLevel}, {API: auth.LionDesk, Kind: auth.KindPartner},
				{API: auth.LionDesk, Kind: auth.KindUser, UserID: x.actor.UserID}, {API: auth.LionDesk, Kind: auth.KindPersonal, UserID: x.actor.UserID}} {
				k.LocationID, k.Name = x.actor.LocationID, fmt.Sprint("planted ", i)
				if k.Kind == auth.KindUser {
					k.PartnerID = partner
				}
				made, secret, err := f.Vault.AddKey(ctx, tx, k)
				if err != nil {
					return err
				}
				if k.Kind == auth.KindPartner {
					partner = made.ID
				}
				secrets = append(secrets, secret)
				if i%4 == 0 {
					_, newer, err := f.Vault.RotateKey(ctx, tx, made.ID, 3600e9)
					if err != nil {
						return err
					}
					secrets = append(secrets, newer)
				}
			}
		}
		return nil
	})
	return secrets
}

// use sends every sample of every route with the tenant's own ids, with the
// secrets of the request in its body, its path and its headers besides.
func use(t *testing.T, f *foyertest.F, x *tenant) (answers []answer) {
	t.Helper()
	mine := x.own(t)
	mine["userKey"] = x.vars["liondesk.userKey"]
	for _, d := range f.House.Doors() {
		for i := range d.Routes {
			r := &d.Routes[i]
			row := routes[nameOf(d, r)]
			for _, s := range append(row.carries, row.plain) {
				if s.body == "" && s.path == "" {
					continue
				}
				if s.body != "" {
					s.header = map[string]string{"Idempotency-Key": "k" + id.Secret(8), "User-Agent": x.vars["radius.secureId"], "X-Request-Id": x.vars["brokerkit.token"]}
				}
				if got := x.call(d, r, s, mine, mine); !strings.Contains(s.body, "GetUsers") { // whose contract hands keys out
					answers = append(answers, got)
				}
			}
		}
	}
	// a key that ends up in a member nobody knows is not kept in the import log
	for _, l := range locks(x) {
		q := l.try
		q.header = l.try.header.Clone()
		if q.header == nil {
			q.header = http.Header{}
		}
		q.header[l.header] = append(q.header[l.header], l.wear(l.key))
		q.method = "POST"
		switch l.door {
		case auth.Radius:
			q.body = `{"client":{"name":"Key Test","emails":"key@x.example","phones":"6025550188"},"password":"hunter2hunter2","x":"` + l.key + `"}`
		case auth.LionDesk:
			q.body = `{"action":"Echo","msg":"` + l.key + `","apikey":"` + x.vars["liondesk.apiKey"] + `"}`
		case auth.Brokerkit:
			q.path, q.body = "/v2/leads", `{"email":"key@x.example","api_token":"`+l.key+`","test":true}`
		default:
			q.path, q.body = "/contacts/", `{"locationId":"`+x.actor.LocationID+`","email":"key2@x.example","accessToken":"`+l.key+`"}`
		}
		send(f, q)
	}
	return answers
}

// Whoever steals the database has no key: no secret stands in it, in any form,
// nor in the log, nor does any answer give one back.
func TestSecretsAreNowhere(t *testing.T) {
	each(t, func(t *testing.T, f *foyertest.F, log *journal) {
		x := newTenant(t, f, "Alpha")
		secrets := plant(t, f, x)
		answers := use(t, f, x)
		if err := f.Desk.Flush(context.Background()); err != nil {
			t.Fatal(err)
		}
		if len(secrets) < 200 || len(answers) < 50 {
			t.Fatalf("%d secrets, %d answers", len(secrets), len(answers))
		}
		stored := bytesOf(t, f)
		if !bytes.Contains(stored, []byte(x.canary)) {
			t.Fatal("what was read is not the database")
		}
		places := map[string][]byte{"the database": stored, "the log": []byte(log.String())}
		for _, a := range answers {
			if strings.Contains(a.body, "Echo") {
				continue // says back what it was told
			}
			places["an answer"] = append(places["an answer"], fmt.Sprint(a.body, a.header)...)
		}
		for _, s := range secrets {
			for _, form := range []string{s, base64.StdEncoding.EncodeToString([]byte(s + ":")), base64.StdEncoding.EncodeToString([]byte(s)), hex.EncodeToString([]byte(s))} {
				for where, text := range places {
					if bytes.Contains(text, []byte(form)) {
						t.Errorf("%s holds a secret: %s", where, around(text, form))
					}
				}
			}
		}
		if bytes.Contains(stored, []byte("hunter2hunter2")) {
			t.Error("the import log keeps what a field called password said")
		}
	})
}

func around(text []byte, s string) string {
	i := bytes.Index(text, []byte(s))
	return fmt.Sprintf("%q", text[max(0, i-80):min(len(text), i+len(s)+20)])
}

// bytesOf gives everything the database has on disk: the files of SQLite, all
// rows of all tables of PostgreSQL.
func bytesOf(t *testing.T, f *foyertest.F) []byte {
	t.Helper()
	var all []byte
	if f.DB.Kind() == db.SQLite {
		files, err := filepath.Glob(filepath.Join(f.Config.Data, "foyer.db*"))
		if err != nil || len(files) < 2 {
			t.Fatalf("the database's files: %v %v", files, err)
		}
		for _, name := range files {
			b, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, b...)
		}
		return all
	}
	err := f.DB.Read(context.Background(), db.System, func(ctx context.Context, tx *db.Tx) error {
		list, err := texts(ctx, tx, 1, "SELECT table_name::text FROM information_schema.tables WHERE table_schema = current_schema()")
		if err != nil {
			return err
		}
		for _, r := range list {
			rows, err := texts(ctx, tx, 1, "SELECT x::text FROM "+r[0]+" x")
			if err != nil {
				return err
			}
			for _, row := range rows {
				all = append(all, row[0]...)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// Two sealed keys that change places open nothing, and the next start says so.
func TestSealedKeysCannotBeSwapped(t *testing.T) {
	each(t, func(t *testing.T, f *foyertest.F, _ *journal) {
		x := newTenant(t, f, "Alpha")
		a := f.AddKey(t, "a", auth.Key{LocationID: x.actor.LocationID, API: auth.Radius})
		b := f.AddKey(t, "b", auth.Key{LocationID: x.actor.LocationID, API: auth.Radius})
		f.System(t, func(ctx context.Context, tx *db.Tx) error {
			for _, k := range []*auth.Key{a, b} {
				if secret, ok, err := f.Vault.RevealKey(k); err != nil || !ok || secret != f.Vars[map[*auth.Key]string{a: "a", b: "b"}[k]] {
					t.Errorf("before: %q, %v, %v", secret, ok, err)
				}
			}
			for _, swap := range [][2]*auth.Key{{a, b}, {b, a}} {
				if _, err := tx.Exec(ctx, "UPDATE api_keys SET sealed = $2 WHERE id = $1", swap[0].ID, swap[1].Sealed); err != nil {
					return err
				}
			}
			for _, keyID := range []string{a.ID, b.ID} {
				k, err := auth.KeyByID(ctx, tx, keyID)
				if err != nil {
					return err
				}
				if secret, ok, err := f.Vault.RevealKey(k); err == nil || ok || secret != "" {
					t.Errorf("after the swap: %q, %v, %v", secret, ok, err)
				}
			}
			// alone in the table, so that the check looks at them
			_, err := tx.Exec(ctx, "UPDATE api_keys SET sealed = '' WHERE id <> $1 AND id <> $2", a.ID, b.ID)
			return err
		})
		if err := auth.CheckMasterKey(context.Background(), f.DB, f.Vault, false); err == nil {
			t.Error("a start does not notice")
		}
	})
}

// X-Forwarded-For and its kin are believed only from a configured proxy.
func TestForwardedHeadersAreBelievedFromProxiesOnly(t *testing.T) {
	_, proxies, err := net.ParseCIDR("192.0.2.0/24")
	if err != nil {
		t.Fatal(err)
	}
	open := func(trusted ...*net.IPNet) *foyertest.F {
		return foyertest.Start(t, app.Config{Store: app.Store{Data: t.TempDir(), Strict: true}, HighLevelVersion: true, Trusted: trusted})
	}
	nobody, proxied := open(), open(proxies)
	for i, c := range []struct {
		name     string
		f        *foyertest.F
		from     string
		sent     []string
		believed string
	}{
		{"nobody is trusted", nobody, "192.0.2.1", []string{"203.0.113.9"}, "192.0.2.1"},
		{"a proxy is trusted", proxied, "192.0.2.1", []string{"203.0.113.9"}, "203.0.113.9"},
		{"someone else is not", proxied, "198.51.100.7", []string{"203.0.113.9"}, "198.51.100.7"},
		{"what the client wrote in front does not count", proxied, "192.0.2.1", []string{"127.0.0.1, 10.0.0.1, 203.0.113.9"}, "203.0.113.9"},
		{"a proxy behind a proxy", proxied, "192.0.2.1", []string{"203.0.113.9, 192.0.2.7"}, "203.0.113.9"},
		{"two headers are one list", proxied, "192.0.2.1", []string{"127.0.0.1", "203.0.113.9"}, "203.0.113.9"},
		{"no address at all", proxied, "192.0.2.1", []string{"evil, <script>"}, "192.0.2.1"},
		{"nothing", proxied, "192.0.2.1", nil, "192.0.2.1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := c.f
			x := newTenant(t, f, "Alpha"+strconv.Itoa(i))
			h := http.Header{"X-Forwarded-For": c.sent, "X-Real-Ip": {"203.0.113.66"}, "X-Forwarded-Host": {"evil.example"}, "X-Forwarded-Proto": {"gopher"}, "Forwarded": {"for=203.0.113.66;host=evil.example"},
				"X-Forwarded-User": {"admin"}, "X-Original-Url": {"/v2/leads"}, "X-Http-Method-Override": {"DELETE"}}
			x.sign(auth.Radius, h)
			send(f, request{method: "POST", path: "/v3.0/clients/import", body: `{"client":{"name":"A B","emails":"a@x.example","phones":"6025550147"}}`, header: h, from: c.from})
			rows := strings.Join(dump(t, f, x.actor.LocationID), "\n")
			if !strings.Contains(rows, " address="+c.believed+" ") {
				t.Errorf("not from %s: %s", c.believed, rows)
			}
			if strings.Contains(rows, "203.0.113.66") {
				t.Error("another header than X-Forwarded-For was believed")
			}
			for _, path := range []string{"/contacts/?limit=1&locationId=" + x.actor.LocationID, "/v2/leads"} {
				door := map[byte]string{'c': auth.HighLevel, 'v': auth.Brokerkit}[path[1]]
				x.own(t)
				h := h.Clone()
				h.Del("Authorization")
				x.sign(door, h)
				if got := send(f, request{method: "GET", path: path, header: h, from: c.from}); got.status != 200 || strings.Contains(fmt.Sprint(got.body, got.header), "evil.example") {
					t.Errorf("%s: %s", path, got)
				}
			}
		})
	}
}
