package wire_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/foyertest"
	"github.com/foyer-crm/foyer/internal/wire"
)

func decode(t testing.TB, text string, v any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), v); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
}

// entry gives the row that a request left in the import log.
func (h *house) entry(t *testing.T, location string, a answer) *wire.LogEntry {
	t.Helper()
	var found []wire.LogEntry
	err := h.DB.Read(t.Context(), location, func(ctx context.Context, tx *db.Tx) error {
		all, err := wire.Log(ctx, tx, location, wire.LogFilter{Limit: 1000})
		for _, e := range all {
			if e.RequestID == a.header.Get("X-Request-Id") {
				found = append(found, e)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(found) != 1 {
		t.Fatalf("the request left %d rows", len(found))
	}
	return &found[0]
}

func TestEveryIntakeLeavesARow(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		own := h.Credentials.LocationID
		readOnly := func() string {
			h.AddKey(t, "toy.readOnly", auth.Key{API: auth.Radius, Scopes: []string{auth.ScopeRead}})
			return h.Vars["toy.readOnly"]
		}()
		const body = `{"email":"ana@x.example","say":"hello","more":1}`
		first := h.send(t, "POST", "/toy/people", body)
		second := h.send(t, "POST", "/toy/people", body)
		for _, c := range []struct {
			what     string
			a        answer
			location string
			result   string
			known    bool // the key is
			body     string
		}{
			{"created", first, own, "created", true, body},
			{"matched", second, own, "matched", true, body},
			{"refused", h.send(t, "POST", "/toy/people", `{bad`), own, "refused", true, `{bad`},
			{"without the right", h.send(t, "POST", "/toy/people", body, "Toy-Key", readOnly), own, "refused", true, body},
			{"with a wrong key", h.send(t, "POST", "/toy/people", body, "Toy-Key", "wrong"), "", "refused", false, ""},
			{"with none", h.send(t, "POST", "/toy/people", body, "Toy-Key", ""), "", "refused", false, ""},
			{"crashed", h.send(t, "POST", "/toy/crash", body), own, "refused", true, body},
			{"not UTF-8", h.send(t, "POST", "/toy/people", "{\"say\":\"\xff\x00\"}"), own, "refused", true, "{\"say\":\"\ufffd\ufffd\"}"},
		} {
			t.Run(c.what, func(t *testing.T) {
				e := h.entry(t, c.location, c.a)
				if e.Result != c.result || e.Door != "toy" || e.Address != "127.0.0.1" || e.Method != "POST" || e.Status != int64(c.a.status) || e.Body != c.body {
					t.Errorf("%+v", e)
				}
				if (e.CredentialID != "") != c.known || (e.ContactID != "") != (c.result != "refused") || (e.Reason != "") != (c.result == "refused") {
					t.Errorf("%+v", e)
				}
				if c.result != "refused" && (len(e.Warnings) != 1 || e.Warnings[0].Field != "more") {
					t.Errorf("its warnings: %+v", e.Warnings)
				}
				if age := time.Since(e.At()); age < 0 || age > time.Hour {
					t.Errorf("it came at %v", e.At())
				}
			})
		}
		if a := h.send(t, "GET", "/toy/people/7", ""); a.status != 200 || h.count(t, "intake_log", "request_id = '"+a.header.Get("X-Request-Id")+"'") != 0 {
			t.Error("whoever only looks leaves a row too")
		}
	})
}

func TestSecretsAreRemovedFromTheKeptBody(t *testing.T) {
	h := build(t, foyertest.New(t))
	for _, c := range []struct{ sent, kept string }{
		{`{"email":"a@x.example","note":"my key is ` + h.key + `"}`, `{"email":"a@x.example","note":"my key is [removed]"}`},
		{`{"password":"hunter2","email":"a@x.example"}`, `{"password":"[removed]","email":"a@x.example"}`},
		{`{"Client_Secret" : "a \" b", "x":1}`, `{"Client_Secret" : "[removed]", "x":1}`},
		{`{"API_KEY":12345,"apiKey":null,"userkey":"k"}`, `{"API_KEY":"[removed]","apiKey":"[removed]","userkey":"[removed]"}`},
		{`{"accessToken":{"value":"abc","n":[1]},"x":1}`, `{"accessToken":"[removed]","x":1}`},
		{`{"tokens":["a","b"],"x":1}`, `{"tokens":"[removed]","x":1}`},
		{`{"Authorization":"Bearer x"`, `{"Authorization":"[removed]"`}, // and what is no JSON
		{`{"city":"Mesa","budget":350000,"tags":["a"]}`, `{"city":"Mesa","budget":350000,"tags":["a"]}`},
	} {
		e := h.entry(t, h.Credentials.LocationID, h.send(t, "POST", "/toy/people", c.sent))
		if e.Body != c.kept {
			t.Errorf("%s is kept as %s", c.sent, e.Body)
		}
		if json.Valid([]byte(c.sent)) != json.Valid([]byte(e.Body)) {
			t.Errorf("%s cannot be replayed: %s", c.sent, e.Body)
		}
	}
}

// What was refused is replayed once the reason is gone, as the key it came with,
// and leaves a row of its own; the old one stays.
func TestARefusedRequestIsReplayed(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		own := h.Credentials.LocationID
		h.broken = func(*wire.Object) error { return errs.New(errs.Invalid, "not today") }
		refused := h.entry(t, own, h.send(t, "POST", "/toy/people/", `{"email":"ana@x.example","say":"hello"}`, "Idempotency-Key", "k"))
		if a, err := h.Replay(t.Context(), refused); err != nil || a.Status != 400 || a.Result != wire.Refused {
			t.Errorf("still broken: %+v, %v", a, err)
		}
		h.broken = nil
		a, err := h.Replay(t.Context(), refused)
		if err != nil || a.Status != 201 || a.Result != crm.Created || a.ContactID == "" {
			t.Fatalf("%+v, %v", a, err)
		}
		if n := h.count(t, "notes", "body = 'hello'"); n != 1 {
			t.Errorf("%d notes", n)
		}
		if n := h.count(t, "intake_log", fmt.Sprintf("replay_of = '%s' AND credential_id = '%s' AND address = '127.0.0.1'", refused.ID, refused.CredentialID)); n != 2 {
			t.Errorf("%d rows say that they are its replays", n)
		}
		if n := h.count(t, "intake_log", "result = 'refused' AND replay_of = ''"); n != 1 {
			t.Errorf("of the request itself there are %d rows", n)
		}
		// an address with a parameter, and a route's other name
		var made struct{ Number int64 }
		b, err := json.Marshal(a.Body)
		if err != nil {
			t.Fatal(err)
		}
		decode(t, string(b), &made)
		noted := h.entry(t, own, h.send(t, "POST", fmt.Sprintf("//toy/people/%d/notes/", made.Number), `{"say":"more"}`))
		if a, err := h.Replay(t.Context(), noted); err != nil || a.Status != 200 || a.ContactID != noted.ContactID {
			t.Errorf("a note: %+v, %v", a, err)
		}
		alias := h.entry(t, own, h.send(t, "POST", "/toy/persons", `{"email":"ana@x.example","say":"again"}`))
		if a, err := h.Replay(t.Context(), alias); err != nil || a.Status != 201 {
			t.Errorf("by its other name: %+v, %v", a, err)
		}
		crashed := h.entry(t, own, h.send(t, "POST", "/toy/crash", `{}`))
		if a, err := h.Replay(t.Context(), crashed); err != nil || a.Status != 500 {
			t.Errorf("one that crashes: %+v, %v", a, err)
		}
	})
}

func TestWhatCannotBeReplayed(t *testing.T) {
	h := build(t, foyertest.New(t))
	own := h.Credentials.LocationID
	h.AddKey(t, "toy.old", auth.Key{API: auth.Radius, Scopes: []string{auth.ScopeRead, auth.ScopeCreate}})
	good := *h.entry(t, own, h.send(t, "POST", "/toy/people", `{"email":"ana@x.example","say":"a"}`, "Toy-Key", h.Vars["toy.old"]))
	change := func(f func(e *wire.LogEntry)) *wire.LogEntry { e := good; f(&e); return &e }
	for _, c := range []struct {
		what string
		e    *wire.LogEntry
	}{
		{"a stranger's", h.entry(t, "", h.send(t, "POST", "/toy/people", `{}`, "Toy-Key", "wrong"))},
		{"a key that never was", change(func(e *wire.LogEntry) { e.CredentialID = "nobody" })},
		{"a door that is gone", change(func(e *wire.LogEntry) { e.Door = "gone" })},
		{"an address that is gone", change(func(e *wire.LogEntry) { e.Path = "/toy/gone" })},
		{"an address of strange signs", change(func(e *wire.LogEntry) { e.Path = "/toy/ % \n?#" })},
		{"one that takes nothing in", change(func(e *wire.LogEntry) { e.Method, e.Path = "GET", "/toy/people/7" })},
	} {
		if a, err := h.Replay(t.Context(), c.e); err == nil || !errs.Is(err, errs.Invalid) {
			t.Errorf("%s: %+v, %v", c.what, a, err)
		}
	}
	h.System(t, func(ctx context.Context, tx *db.Tx) error { return auth.DisableKey(ctx, tx, good.CredentialID, true) })
	if a, err := h.Replay(t.Context(), &good); err == nil || !strings.Contains(err.Error(), "no longer in force") {
		t.Errorf("a key that was shut out: %+v, %v", a, err)
	}
}

func TestTheLogIsFilteredAndForgotten(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		own := h.Credentials.LocationID
		first := h.send(t, "POST", "/toy/people", `{"email":"ana@x.example","more":1}`)
		time.Sleep(2 * time.Millisecond) // the log knows milliseconds
		between := time.Now()
		time.Sleep(2 * time.Millisecond)
		h.send(t, "POST", "/toy/people", `{"email":"ana@x.example"}`)
		h.send(t, "POST", "/toy/people", `{bad`)
		ana := h.entry(t, own, first).ContactID
		for _, c := range []struct {
			what string
			f    wire.LogFilter
			want int
		}{
			{"all", wire.LogFilter{}, 3}, {"one door", wire.LogFilter{Door: "toy"}, 3}, {"another", wire.LogFilter{Door: "radius"}, 0},
			{"a result", wire.LogFilter{Result: "refused"}, 1}, {"a contact", wire.LogFilter{ContactID: ana}, 2}, {"warned", wire.LogFilter{Warned: true}, 1},
			{"since", wire.LogFilter{Since: between}, 2}, {"until", wire.LogFilter{Until: between}, 1}, {"one", wire.LogFilter{ID: h.entry(t, own, first).ID}, 1},
			{"the first two", wire.LogFilter{Limit: 2}, 2}, {"both", wire.LogFilter{ContactID: ana, Warned: true, Since: between}, 0},
		} {
			if c.f.Limit == 0 {
				c.f.Limit = 100
			}
			var got []wire.LogEntry
			h.Read(t, func(ctx context.Context, tx *db.Tx) (err error) {
				got, err = wire.Log(ctx, tx, own, c.f)
				return err
			})
			if len(got) != c.want {
				t.Errorf("%s: %d rows, want %d", c.what, len(got), c.want)
			}
			for i := 1; i < len(got); i++ {
				if got[i].ID >= got[i-1].ID {
					t.Errorf("%s: not the newest first", c.what)
				}
			}
		}
		if err := wire.ForgetLog(t.Context(), h.DB, between); err != nil {
			t.Fatal(err)
		}
		if n := h.count(t, "intake_log", "TRUE"); n != 2 {
			t.Errorf("%d rows are left of the 2 newest", n)
		}
	})
}
