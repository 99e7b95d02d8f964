package workflow_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/foyer-crm/foyer/internal/app"
	"github.com/foyer-crm/foyer/internal/conversation"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/foyertest"
	"github.com/foyer-crm/foyer/internal/workflow"
)

// bed is a Foyer that runs, on which workflows are tried.
type bed struct {
	*foyertest.F
	t *testing.T
}

// each runs a test on both databases, with everything that goes on behind the
// requests, and providers that keep what they are given.
func each(t *testing.T, test func(t *testing.T, b *bed)) {
	t.Helper()
	start := func(t *testing.T, s app.Store) {
		f := foyertest.Start(t, app.Config{Store: s, SMTP: "keep:", SMS: "keep:", AllowPrivate: true, PublicURL: "https://crm.example"})
		ctx, stop := context.WithCancel(context.Background())
		done := make(chan struct{})
		go func() {
			defer close(done)
			f.Run(ctx, 0)
		}()
		t.Cleanup(func() { stop(); <-done })
		test(t, &bed{F: f, t: t})
	}
	foyertest.Stores(t, start)
}

// write runs a command as somebody who came by a door.
func (b *bed) write(door string, do func(ctx context.Context, tx *db.Tx, by crm.Actor) error) {
	b.t.Helper()
	by := crm.Actor{LocationID: b.Credentials.LocationID, Origin: door}
	if err := b.DB.Write(context.Background(), by.LocationID, func(ctx context.Context, tx *db.Tx) error { return do(ctx, tx, by) }); err != nil {
		b.t.Fatal(err)
	}
}

// publish makes a workflow of a document.
func (b *bed) publish(document string) (w *workflow.Workflow) {
	b.t.Helper()
	d, err := workflow.Parse([]byte(document))
	if err != nil {
		b.t.Fatalf("%v in\n%s", err, document)
	}
	b.write("admin", func(ctx context.Context, tx *db.Tx, by crm.Actor) (err error) {
		w, err = workflow.Add(ctx, tx, by, workflow.Workflow{Kind: d.Kind, Name: d.Name, Status: workflow.Published, Definition: d.Definition})
		return err
	})
	return w
}

// lead lets somebody come in by a door.
func (b *bed) lead(door string, in crm.Input) string {
	b.t.Helper()
	var id string
	b.write(door, func(ctx context.Context, tx *db.Tx, by crm.Actor) error {
		s, err := crm.SaveContact(ctx, tx, by, crm.Save{AllowDuplicate: true, Input: in})
		if err == nil {
			id = s.Contact.ID
		}
		return err
	})
	return id
}

// ana is somebody with an e-mail address, a phone and a source.
func ana(source string) crm.Input {
	e, _ := crm.NewEmail("ana@x.example", "")
	return crm.Input{Contact: crm.Contact{FirstName: "Ana", LastName: "Díaz", Type: "buyer", Source: source, Emails: []crm.Email{e}, Phones: []crm.Phone{crm.NewPhone("6025550147", "")}}}
}

func (b *bed) contact(id string) (c *crm.Contact) {
	b.t.Helper()
	b.Read(b.t, func(ctx context.Context, tx *db.Tx) (err error) {
		c, err = crm.ContactByID(ctx, tx, b.Credentials.LocationID, id)
		return err
	})
	return c
}

// enrolments gives those of a contact in a workflow.
func (b *bed) enrolments(w *workflow.Workflow, contactID string) (list []workflow.Enrolment) {
	b.t.Helper()
	b.Read(b.t, func(ctx context.Context, tx *db.Tx) error {
		all, err := workflow.Enrolments(ctx, tx, b.Credentials.LocationID, w.Kind, contactID)
		list = slices.DeleteFunc(all, func(e workflow.Enrolment) bool { return e.WorkflowID != w.ID })
		return err
	})
	return list
}

// until waits for something that goes on behind the requests.
func (b *bed) until(what string, is func() bool) {
	b.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !is(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			b.t.Fatalf("it never came to be: %s", what)
		}
	}
}

// reaches waits until a contact's only enrolment has a status, and gives it.
func (b *bed) reaches(w *workflow.Workflow, contactID, status string) (e workflow.Enrolment) {
	b.t.Helper()
	b.until(w.Name+" is "+status, func() bool {
		list := b.enrolments(w, contactID)
		if len(list) > 0 {
			e = list[len(list)-1]
		}
		if e.Status == workflow.Failed && status != workflow.Failed {
			b.t.Fatalf("step %s failed: %s", e.StepKey, e.Error)
		}
		return e.Status == status
	})
	return e
}

func (b *bed) history(e workflow.Enrolment) (list []workflow.Passed) {
	b.t.Helper()
	b.Read(b.t, func(ctx context.Context, tx *db.Tx) (err error) {
		list, err = workflow.History(ctx, tx, e.LocationID, e.ID)
		return err
	})
	return list
}

// outcomes gives an enrolment's steps as key:outcome.
func (b *bed) outcomes(e workflow.Enrolment) string {
	b.t.Helper()
	var out []string
	for _, p := range b.history(e) {
		out = append(out, p.Step+":"+p.Outcome)
	}
	return strings.Join(out, " ")
}

// A new lead is tagged, assigned, written to, and gets a task; every step is there
// once, and says what it did.
func TestANewLeadIsAnswered(t *testing.T) {
	each(t, func(t *testing.T, b *bed) {
		max := b.AddUser(t, "", "max@agency.example", "Max", "Moor")
		w := b.publish(`
name: New buyer lead
triggers:
  - on: intake
    doors: [radius, highlevel]
    if: {field: contact.type, is: buyer}
steps:
  - id: tag
    do: add_tag
    tags: [new lead, "{{contact.source|unknown}}"]
  - id: give
    do: assign
    by: user
    user: max@agency.example
  - id: mail
    do: email
    subject: "Welcome, {{contact.firstName|friend}}"
    body: "Hello {{contact.first_name}}, {{user.name}} of {{location.name}} will call you."
  - id: text
    do: sms
    body: "Hi {{contact.firstName}}!"
  - id: call
    do: task
    title: "Call {{contact.name}}"
    due: 1h
  - do: set_field
    field: contact.stage
    value: Contacted
`)
		who := b.lead("radius", ana("Open house"))
		other := b.lead("liondesk", crm.Input{Contact: crm.Contact{FirstName: "Bo", Type: "buyer"}})
		e := b.reaches(w, who, workflow.Finished)
		if got := b.outcomes(e); got != "tag:done give:done mail:done text:done call:done 6:done" {
			t.Errorf("steps: %s", got)
		}
		c := b.contact(who)
		if c.AssignedTo != max.ID || c.Stage != "Contacted" || !slices.Contains(c.Tags, "new lead") || !slices.Contains(c.Tags, "Open house") {
			t.Errorf("%+v", c)
		}
		b.Read(t, func(ctx context.Context, tx *db.Tx) error {
			tasks, err := crm.Tasks(ctx, tx, c.LocationID, who)
			if len(tasks) != 1 || tasks[0].Title != "Call Ana Díaz" || tasks[0].AssignedTo != max.ID || tasks[0].DueAt.IsZero() {
				t.Errorf("tasks %+v", tasks)
			}
			return err
		})
		b.until("both messages went out", func() bool { return len(b.kept().All()) == 1 && len(b.texts().All()) == 1 })
		mail := b.kept().All()[0]
		if mail.Email.Subject != "Welcome, Ana" || !strings.Contains(mail.Email.Text, "Hello Ana, Max Moor of") || mail.Message.Source != "workflow" || mail.Message.Details.About != e.ID {
			t.Errorf("mail %+v %+v", mail.Email, mail.Message)
		}
		if list := b.enrolments(w, other); len(list) != 0 {
			t.Errorf("another door: %+v", list)
		}
	})
}

// A workflow waits for an event of the contact, or goes another way when that does
// not come in time.
func TestWaitingForAnEvent(t *testing.T) {
	each(t, func(t *testing.T, b *bed) {
		w := b.publish(`
name: Wait for an answer
triggers: [{on: tag_added, tags: [ask]}]
steps:
  - id: wait
    do: wait
    event: {on: message_received, channels: [sms], contains: yes please}
    timeout: 2s
    late: silent
  - do: add_tag
    tags: [answered]
  - do: end
  - id: silent
    do: add_tag
    tags: [silent]
`)
		yes, no := b.lead("radius", ana("")), b.lead("radius", ana(""))
		for _, who := range []string{yes, no} {
			b.write("ui", func(ctx context.Context, tx *db.Tx, by crm.Actor) error {
				_, err := crm.AddTags(ctx, tx, by, who, []string{"ask"})
				return err
			})
		}
		b.until("it waits", func() bool { l := b.enrolments(w, yes); return len(l) == 1 && l[0].Waiting == "event" })
		b.say(yes, "Yes please!")
		b.say(no, "Who are you?")
		b.reaches(w, yes, workflow.Finished)
		b.reaches(w, no, workflow.Finished)
		if got := b.contact(yes).Tags; !slices.Contains(got, "answered") || slices.Contains(got, "silent") {
			t.Errorf("who answered has %v", got)
		}
		if got := b.contact(no).Tags; slices.Contains(got, "answered") || !slices.Contains(got, "silent") {
			t.Errorf("who did not has %v", got)
		}
	})
}

// say lets a contact write an SMS.
func (b *bed) say(contactID, text string) {
	b.t.Helper()
	b.write("message", func(ctx context.Context, tx *db.Tx, by crm.Actor) error {
		_, err := conversation.ReceiveMessage(ctx, tx, by, conversation.Receive{Channel: "SMS", Direction: conversation.Inbound, ContactID: contactID, Body: text})
		return err
	})
}

// A step that calls a webhook sends what it says, waits for the answer, is tried
// again where that can help, and fails where it cannot; then it can be retried.
func TestCallingAWebhook(t *testing.T) {
	each(t, func(t *testing.T, b *bed) {
		var mu sync.Mutex
		var got []map[string]any
		var keys []string
		status := http.StatusBadRequest
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			defer mu.Unlock()
			var body map[string]any
			_ = json.NewDecoder(r.Body).Decode(&body)
			got, keys = append(got, body), append(keys, r.Header.Get("Idempotency-Key"))
			w.WriteHeader(status)
		}))
		defer s.Close()
		w := b.publish(`
name: Tell the other system
triggers: [{on: event, events: [contact.created]}]
steps:
  - id: tell
    do: webhook
    url: ` + s.URL + `/in?who={{contact.email}}
    headers: {X-Team: "{{location.name}}"}
    payload: {person: {mail: "{{contact.email}}", tags: "{{contact.tags}}"}, text: "from {{contact.source|nowhere}}"}
  - do: add_tag
    tags: [told]
`)
		in := ana("Zillow")
		in.Tags = []string{"a", "b"}
		who := b.lead("radius", in)
		e := b.reaches(w, who, workflow.Failed)
		if !strings.Contains(e.Error, "400") || e.StepKey != "tell" {
			t.Errorf("%+v", e)
		}
		mu.Lock()
		status = http.StatusOK
		mu.Unlock()
		b.write("ui", func(ctx context.Context, tx *db.Tx, by crm.Actor) error {
			_, err := workflow.Retry(ctx, tx, by, e.ID)
			return err
		})
		b.reaches(w, who, workflow.Finished)
		mu.Lock()
		defer mu.Unlock()
		want := map[string]any{"person": map[string]any{"mail": "ana@x.example", "tags": []any{"a", "b"}}, "text": "from Zillow"}
		if text, _ := json.Marshal(got[1]); len(got) != 2 || string(text) != string(must(json.Marshal(want))) || keys[0] == "" {
			t.Errorf("got %v %v", got, keys)
		}
		if !slices.Contains(b.contact(who).Tags, "told") {
			t.Error("it did not go on")
		}
	})
}

func must(v []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return v
}

// While the other system is down the enrolment says so, and goes on when it is back;
// an address inside one's own network fails at once.
func TestAWebhookThatIsDownIsTriedAgain(t *testing.T) {
	each(t, func(t *testing.T, b *bed) {
		var down atomic.Bool
		down.Store(true)
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if down.Load() {
				w.WriteHeader(http.StatusBadGateway)
			}
		}))
		defer s.Close()
		w := b.publish("name: Down\ntriggers: [{on: intake}]\nsteps: [{id: tell, do: webhook, url: '" + s.URL + "'}]\n")
		who := b.lead("radius", ana(""))
		b.until("it says why it waits", func() bool {
			l := b.enrolments(w, who)
			return len(l) == 1 && l[0].Attempts == 1 && strings.Contains(l[0].Error, "502")
		})
		down.Store(false)
		b.write("test", func(ctx context.Context, tx *db.Tx, by crm.Actor) error { // five seconds later
			return tx.Do(ctx, "UPDATE jobs SET run_at = 1 WHERE location_id = $1 AND kind = 'workflow.call'", by.LocationID)
		})
		if e := b.reaches(w, who, workflow.Finished); e.Error != "" {
			t.Errorf("%+v", e)
		}
	})
}
