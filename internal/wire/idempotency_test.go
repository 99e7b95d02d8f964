package wire_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/foyertest"
	"github.com/foyer-crm/foyer/internal/wire"
)

// replayed reports whether an answer says that it is one of before.
func (a answer) replayed() bool { return a.header.Get("Idempotent-Replayed") == "true" }

// same fails the test unless two answers are the same but for being a replay.
func same(t *testing.T, first, again answer) {
	t.Helper()
	if first.status != again.status || first.body != again.body || first.header.Get("X-Toy") != again.header.Get("X-Toy") ||
		first.header.Get("Content-Type") != again.header.Get("Content-Type") || first.header.Get("X-Foyer-Warnings") != again.header.Get("X-Foyer-Warnings") {
		t.Errorf("the answers differ:\n%d %s %v\n%d %s %v", first.status, first.body, first.header, again.status, again.body, again.header)
	}
}

func TestTheSameKeyIsTheSameAnswer(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		const body = `{"email":"ana@x.example","say":"hello","unknown":"é"}`
		first := h.send(t, "POST", "/toy/people", body, "Idempotency-Key", "k1")
		if first.status != 201 || first.replayed() || first.header.Get("X-Foyer-Warnings") == "" {
			t.Fatalf("%d %s %v", first.status, first.body, first.header)
		}
		for range 3 {
			again := h.send(t, "POST", "/toy/people", body, "Idempotency-Key", "k1")
			same(t, first, again)
			if !again.replayed() || again.header.Get("X-Request-Id") == first.header.Get("X-Request-Id") {
				t.Errorf("the replay's headers: %v", again.header)
			}
		}
		if n := h.count(t, "notes", "TRUE"); n != 1 {
			t.Errorf("it was done %d times", n)
		}
		if n := h.count(t, "intake_log", "TRUE"); n != 4 {
			t.Errorf("%d of 4 requests are in the import log", n)
		}
		// without a key, and with another, it is another request
		for _, key := range []string{"", "k2"} {
			if again := h.send(t, "POST", "/toy/people", body, "Idempotency-Key", key); again.replayed() || again.body == first.body {
				t.Errorf("key %q: %s", key, again.body)
			}
		}
	})
}

// Copies of a request that come at once, on PostgreSQL by two nodes, are done
// once and get one answer.
func TestAStormOfRetriesIsDoneOnce(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		nodes := []*house{h}
		if h.DB.Kind() == db.Postgres {
			nodes = append(nodes, build(t, foyertest.Start(t, h.Config)))
			nodes[1].key = h.key
		}
		rounds := 40
		if testing.Short() {
			rounds = 5
		}
		for round := range rounds {
			copies := 2 + rand.IntN(19)
			answers := make([]answer, copies)
			var storm sync.WaitGroup
			for i := range answers {
				storm.Go(func() {
					// nothing but the key joins them
					answers[i] = nodes[i%len(nodes)].send(t, "POST", "/toy/people", fmt.Sprintf(`{"say":"round %d"}`, round), "Idempotency-Key", fmt.Sprint("storm ", round))
				})
			}
			storm.Wait()
			fresh := 0
			for _, a := range answers {
				same(t, answers[0], a)
				if !a.replayed() {
					fresh++
				}
			}
			if fresh != 1 {
				t.Errorf("%d of %d answers say that they are the first", fresh, copies)
			}
		}
		if n := h.count(t, "contacts", "TRUE"); n != rounds {
			t.Errorf("%d contacts of %d requests", n, rounds)
		}
		if n := h.count(t, "notes", "TRUE"); n != rounds {
			t.Errorf("%d notes of %d requests", n, rounds)
		}
	})
}

func TestAnotherRequestUnderTheSameKeyIsRefused(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		const body = `{"email":"ana@x.example","say":"hello"}`
		if a := h.send(t, "POST", "/toy/people", body, "Idempotency-Key", "k"); a.status != 201 {
			t.Fatalf("%d %s", a.status, a.body)
		}
		for what, send := range map[string]func() answer{
			"another body":  func() answer { return h.send(t, "POST", "/toy/people", body+" ", "Idempotency-Key", "k") },
			"no body":       func() answer { return h.send(t, "POST", "/toy/people", `{}`, "Idempotency-Key", "k") },
			"another query": func() answer { return h.send(t, "POST", "/toy/people?dry=1", body, "Idempotency-Key", "k") },
			"another path":  func() answer { return h.send(t, "POST", "/toy/persons", body, "Idempotency-Key", "k") },
		} {
			if a := send(); a.status != 422 || a.replayed() || !strings.Contains(a.body, "Idempotency-Key") {
				t.Errorf("%s: %d %s", what, a.status, a.body)
			}
		}
		// all at once: those who are not the first are told so, and do nothing
		var storm sync.WaitGroup
		statuses := make([]int, 12)
		for i := range statuses {
			storm.Go(func() {
				statuses[i] = h.send(t, "POST", "/toy/people", fmt.Sprintf(`{"say":"%d"}`, i), "Idempotency-Key", "at once").status
			})
		}
		storm.Wait()
		done := 0
		for _, s := range statuses {
			if s == 201 {
				done++
			} else if s != 422 {
				t.Errorf("status %d", s)
			}
		}
		if n := h.count(t, "notes", "TRUE"); n != 2 || done != 1 {
			t.Errorf("%d were told that theirs is done, %d notes are there", done, n)
		}
	})
}

func TestARefusalIsNotKept(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.broken = func(o *wire.Object) error {
			if o.Text("say") == "" {
				return errs.InvalidFields(errs.Field{Name: "say", Rule: "required"})
			}
			return nil
		}
		send := func(body string) answer {
			return h.send(t, "POST", "/toy/people", body, "Idempotency-Key", "k")
		}
		for _, bad := range []string{`{"email":"ana@x.example"}`, `{bad`, ``} {
			if a := send(bad); a.status < 400 {
				t.Fatalf("%s: %d %s", bad, a.status, a.body)
			}
		}
		good := send(`{"email":"ana@x.example","say":"hello"}`)
		if good.status != 201 || good.replayed() {
			t.Errorf("the mended request: %d %s", good.status, good.body)
		}
		if again := send(`{"email":"ana@x.example","say":"hello"}`); !again.replayed() {
			t.Error("the mended request is not kept")
		}
		// one that breaks inside its transaction keeps nothing either
		for range 2 {
			if a := h.send(t, "POST", "/toy/crash/inside", `{}`, "Idempotency-Key", "k"); a.status != 500 || a.replayed() {
				t.Errorf("%d %s", a.status, a.body)
			}
		}
	})
}

func TestAKeyIsOfOneTenantAndRoute(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		const body = `{"email":"ana@x.example","say":"hello"}`
		first := h.send(t, "POST", "/toy/people", body, "Idempotency-Key", "k")
		theirs := h.Neighbour(t)["radius.secureId"]
		other := h.send(t, "POST", "/toy/people", body, "Idempotency-Key", "k", "Toy-Key", theirs)
		if other.status != 201 || other.replayed() || other.body == first.body {
			t.Errorf("another tenant: %d %s", other.status, other.body)
		}
		var made struct{ Number int64 }
		decode(t, first.body, &made)
		elsewhere := h.send(t, "POST", fmt.Sprintf("/toy/people/%d/notes", made.Number), body, "Idempotency-Key", "k")
		if elsewhere.status != 200 || elsewhere.replayed() {
			t.Errorf("another route: %d %s", elsewhere.status, elsewhere.body)
		}
		same(t, first, h.send(t, "POST", "/toy/people", body, "Idempotency-Key", "k"))
		same(t, other, h.send(t, "POST", "/toy/people", body, "Idempotency-Key", "k", "Toy-Key", theirs))
	})
}

func TestAKeyLivesForADay(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		const body = `{"email":"ana@x.example","say":"hello"}`
		send := func() answer { return h.send(t, "POST", "/toy/people", body, "Idempotency-Key", "k") }
		age := func(d time.Duration) {
			h.System(t, func(ctx context.Context, tx *db.Tx) error {
				_, err := tx.Exec(ctx, "UPDATE idempotency_keys SET created_at = $1", time.Now().Add(-d).UnixMilli())
				return err
			})
		}
		first := send()
		age(24*time.Hour - time.Minute)
		if err := wire.ForgetKeys(t.Context(), h.DB); err != nil {
			t.Fatal(err)
		}
		if a := send(); !a.replayed() {
			t.Error("forgotten after 23 h 59 min")
		}
		age(24*time.Hour + time.Minute)
		second := send()
		if second.status != 201 || second.replayed() || second.body == first.body {
			t.Errorf("after 24 h 1 min: %d %s", second.status, second.body)
		}
		same(t, second, send()) // which is kept in its turn
		age(26 * time.Hour)
		if err := wire.ForgetKeys(t.Context(), h.DB); err != nil {
			t.Fatal(err)
		}
		if n := h.count(t, "idempotency_keys", "TRUE"); n != 0 {
			t.Errorf("%d keys are kept for nobody", n)
		}
	})
}

func TestKeysThatCannotBeKept(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		for _, c := range []struct {
			key  string
			want int
		}{
			{strings.Repeat("k", 255), 201}, {strings.Repeat("k", 256), 422}, {"\xff\xfe", 422}, {"Schlüssel 🔑", 201}, {"' OR 1=1 --", 201}, {"%00", 201},
		} {
			if a := h.send(t, "POST", "/toy/people", `{"say":"x"}`, "Idempotency-Key", c.key); a.status != c.want {
				t.Errorf("%q: %d %s, want %d", c.key, a.status, a.body, c.want)
			}
		}
	})
}

// The four vendors' doors: each says in its own words that a key was used, and
// each gives its first answer again.
func TestEveryDoorKeepsItsAnswers(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		h := &house{F: f, url: f.URL}
		for _, d := range []struct {
			door, path, body, refusal string
			headers                   []string
		}{
			{"radius", "/v3.0/clients/import", `{"client":{"name":"Ana R","emails":"a@x.example","phones":"6025550101","note":"hello"}}`, `"error":{`, []string{"Secure-Id", f.Vars["radius.secureId"]}},
			{"liondesk", "/", `{"action":"NewSubmission","email":"b@x.example","comments":"hello"}`, `"errorText":"`, []string{"X-LionDesk-Id", f.Vars["liondesk.personalUserKey"], "Authorization", "Basic dXNlcjo="}},
			{"brokerkit", "/v2/leads", `{"email":"c@x.example","note":"hello"}`, `"base":[`, []string{"Authorization", "Token token=" + f.Vars["brokerkit.token"]}},
			{"highlevel", "/contacts/", `{"locationId":"` + f.Credentials.LocationID + `","email":"d@x.example"}`, `"message":`, []string{"Authorization", "Bearer " + f.Vars["highlevel.privateToken"], "Version", "2021-07-28"}},
		} {
			send := func(body string) answer {
				return h.send(t, "POST", d.path, body, append([]string{"Toy-Key", "", "Idempotency-Key", "k"}, d.headers...)...)
			}
			first := send(d.body)
			if first.status >= 300 || strings.Contains(first.body, d.refusal) && !strings.Contains(first.body, `"errorText":""`) {
				t.Errorf("%s: %d %s", d.door, first.status, first.body)
				continue
			}
			again := send(d.body)
			same(t, first, again)
			if !again.replayed() {
				t.Errorf("%s: not a replay", d.door)
			}
			other := send(strings.Replace(d.body, "x.example", "y.example", 1))
			if other.replayed() || !strings.Contains(other.body, d.refusal) || !strings.Contains(other.body, "Idempotency-Key") || d.door != "liondesk" && other.status != 422 {
				t.Errorf("%s: another body: %d %s", d.door, other.status, other.body)
			}
		}
		if n := h.count(t, "contacts", "TRUE"); n != 4 {
			t.Errorf("%d contacts of 4", n)
		}
	})
}
