package faults_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/foyer-crm/foyer/internal/foyertest"
)

// The server is killed at random moments while people go through a workflow that
// tags, makes a task, writes a mail and calls a webhook (D8). In the end each of
// them has gone through all of it: what the database holds is there once, what
// left the house left at least once, and again only under the same id.
func TestKilledWorkflowsDoEverythingOnce(t *testing.T) {
	t.Parallel() // it waits more than it works
	if !unraced(t) {
		return
	}
	t.Run("sqlite", func(t *testing.T) {
		killWorkflows(t, sqlitePlace(t, t.TempDir()), times(20, 40, 1000), times(3, 10, 500))
	})
	t.Run("postgres", func(t *testing.T) { killWorkflows(t, postgresPlace(t), times(10, 20, 200), times(2, 4, 50)) })
}

// receiver is a webhook that notes who was told under which key.
type receiver struct {
	*httptest.Server
	mu   sync.Mutex
	keys map[string]map[string]int // by contact
}

func newReceiver(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{keys: map[string]map[string]int{}}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		var body struct{ Who string }
		_ = json.NewDecoder(q.Body).Decode(&body)
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.keys[body.Who] == nil {
			r.keys[body.Who] = map[string]int{}
		}
		r.keys[body.Who][q.Header.Get("Idempotency-Key")]++
		w.WriteHeader(http.StatusNoContent)
	}))
	t.Cleanup(r.Close)
	return r
}

func killWorkflows(t *testing.T, p *place, people, kills int) {
	sink, told := foyertest.NewMailSink(t), newReceiver(t)
	p.env = []string{"FOYER_SMTP_URL=" + sink.URL, "FOYER_MAIL_FROM=team@agency.example", "FOYER_ALLOW_PRIVATE_TARGETS=true"}
	file := filepath.Join(t.TempDir(), "flow.yaml")
	document := `
name: Everything once
triggers: [{on: intake, doors: [highlevel]}]
steps:
- {do: add_tag, tags: [begun]}
- {do: task, title: "Call {{contact.firstName}}"}
- {do: email, subject: "Hello {{contact.firstName}}", body: "It is {{contact.id}}"}
- {do: wait, for: 1s}
- {do: webhook, url: "` + told.URL + `", payload: {who: "{{contact.id}}"}}
- {do: note, body: done}
- {do: add_tag, tags: [ended]}
`
	if err := os.WriteFile(file, []byte(document), 0o600); err != nil {
		t.Fatal(err)
	}
	p.run(t, "admin", "workflow", "import", file, "--publish")
	ids := map[string]string{} // by first name
	cut := 0
	for done := range kills + 1 {
		s := p.mustServe(t)
		from, to := people*done/(kills+1), people*(done+1)/(kills+1)
		for i := from; i < to; i++ {
			name := fmt.Sprintf("P%04d", i)
			ids[name] = p.newContact(t, s.base, name)
		}
		if done == kills {
			p.settled(t, people)
			if code := s.stop(t); code != 0 {
				t.Errorf("stopping gives the code %d: %s", code, s)
			}
			break
		}
		time.Sleep(time.Duration(rand.IntN(600)) * time.Millisecond)
		if p.enrolled(t, "active") > 0 {
			cut++
		}
		s.kill()
	}
	if cut == 0 {
		t.Error("no kill came in the middle of a workflow: the test shows nothing")
	}
	l := p.look(t)
	defer l.close()
	for what, n := range map[string]int{
		"SELECT COUNT(*) FROM tasks": people, "SELECT COUNT(*) FROM notes": people, "SELECT COUNT(*) FROM enrolments WHERE status = 'finished'": people, "SELECT COUNT(*) FROM enrolments": people,
		"SELECT COUNT(DISTINCT contact_id) FROM tasks": people, "SELECT COUNT(DISTINCT contact_id) FROM notes": people, "SELECT COUNT(*) FROM messages WHERE status = 'sent'": people,
	} {
		if got := l.number(t, what); got != n {
			t.Errorf("%s: %d, want %d", what, got, n)
		}
	}
	mails := map[string]map[string]int{}
	for _, m := range sink.Mails() {
		read, err := mail.ReadMessage(strings.NewReader(m.Text))
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(read.Body)
		if err != nil {
			t.Fatal(err)
		}
		_, who, _ := strings.Cut(strings.TrimSpace(string(text)), "It is ")
		if who, _, _ = strings.Cut(who, "\r\n"); mails[who] == nil {
			mails[who] = map[string]int{}
		}
		mails[who][read.Header.Get("Message-ID")]++
	}
	told.mu.Lock()
	defer told.mu.Unlock()
	again := 0
	for name, id := range ids {
		if len(mails[id]) != 1 || len(told.keys[id]) != 1 {
			t.Errorf("%s: %d mails, %d calls by their ids", name, len(mails[id]), len(told.keys[id]))
		}
		for _, n := range mails[id] {
			again += n - 1
		}
		for _, n := range told.keys[id] {
			again += n - 1
		}
	}
	t.Logf("%d people, %d kills of which %d in the middle, %d mails and calls twice under the same id, nothing missing", people, kills, cut, again)
}

// newContact makes a contact by the HighLevel door and gives its id.
func (p *place) newContact(t *testing.T, base, name string) string {
	t.Helper()
	body := fmt.Sprintf(`{"locationId": %q, "firstName": %q, "email": "%s@x.example"}`, p.creds.LocationID, name, strings.ToLower(name))
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, base+"/contacts/", bytes.NewReader([]byte(body)))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+*p.creds.HighLevel.PrivateToken)
	r.Header.Set("Version", "2021-07-28")
	r.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	var said struct{ Contact struct{ ID string } }
	if err := json.NewDecoder(res.Body).Decode(&said); err != nil || said.Contact.ID == "" {
		t.Fatalf("%d %v", res.StatusCode, err)
	}
	return said.Contact.ID
}

// enrolled counts the enrolments that have a status.
func (p *place) enrolled(t *testing.T, status string) int {
	t.Helper()
	l := p.look(t)
	defer l.close()
	return l.number(t, "SELECT COUNT(*) FROM enrolments WHERE status = '"+status+"'")
}

// settled waits until so many have gone through, and all messages are out.
func (p *place) settled(t *testing.T, people int) {
	t.Helper()
	for deadline := time.Now().Add(3 * time.Minute); ; time.Sleep(100 * time.Millisecond) {
		l := p.look(t)
		n, waiting := l.number(t, "SELECT COUNT(*) FROM enrolments WHERE status = 'finished'"), l.number(t, "SELECT COUNT(*) FROM jobs WHERE kind IN ('conversation.deliver', 'workflow.call')")
		failed := l.rows(t, 2, "SELECT step_key, error FROM enrolments WHERE location_id = $1 AND status = 'failed'")
		l.close()
		if len(failed) > 0 {
			t.Fatalf("failed: %v", failed)
		}
		if n >= people && waiting == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d of %d went through, %d jobs wait", n, people, waiting)
		}
	}
}
