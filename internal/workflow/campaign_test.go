package workflow_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/workflow"
)

func (b *bed) enrol(w *workflow.Workflow, contactID string) {
	b.t.Helper()
	b.write("ui", func(ctx context.Context, tx *db.Tx, by crm.Actor) error {
		_, err := workflow.Enrol(ctx, tx, by, workflow.Entry{Kind: w.Kind, WorkflowID: w.ID, ContactID: contactID})
		return err
	})
}

// A campaign's mail says where to say no to more, and who answers gets no more.
func TestACampaignEndsWhenItsReaderAnswers(t *testing.T) {
	each(t, func(t *testing.T, b *bed) {
		w := b.publish(`
name: Spring
kind: campaign
steps:
- {id: one, do: email, subject: "Hello {{contact.firstName}}", body: First, html: "<p>First, {{contact.lastName}}</p>"}
- {do: wait, for: 1h}
- {id: two, do: email, subject: Second, body: Second}
`)
		who := b.lead("radius", ana(""))
		b.enrol(w, who)
		b.until("the first one went out", func() bool { return len(b.kept().All()) == 1 })
		mail := b.kept().All()[0]
		if mail.Message.Source != "campaign" || !strings.Contains(mail.Email.HTML, "<p>First, Díaz</p>") {
			t.Errorf("%+v", mail)
		}
		b.say(who, "Stop by tomorrow?")
		e := b.reaches(w, who, workflow.Removed)
		if e.Reason != "replied" {
			t.Errorf("%+v", e)
		}
		var s *workflow.Statistics
		b.Read(t, func(ctx context.Context, tx *db.Tx) (err error) {
			s, err = workflow.StatisticsOf(ctx, tx, e.LocationID, w.Kind, w.ID)
			return err
		})
		if s.Reasons["replied"] != 1 || s.Enrolments[workflow.Removed] != 1 || s.Steps[0].Key != "one" || s.Steps[0].Outcomes[workflow.Done] != 1 || s.Messages["sent"] != 1 {
			t.Errorf("%+v", s)
		}
	})
}

// Who is not to be disturbed gets nothing, and goes on to what is not a message.
func TestWhoIsNotToBeDisturbedGetsNothing(t *testing.T) {
	each(t, func(t *testing.T, b *bed) {
		w := b.publish("name: Quiet\ntriggers: [{on: intake}]\nsteps: [{id: m, do: email, subject: x, body: x}, {id: s, do: sms, body: x}, {do: add_tag, tags: [end]}]\n")
		in, yes := ana(""), true
		in.SetDND = &yes
		who := b.lead("radius", in)
		e := b.reaches(w, who, workflow.Finished)
		if got := b.outcomes(e); got != "m:skipped s:skipped 3:done" || len(b.kept().All())+len(b.texts().All()) != 0 {
			t.Errorf("%s, %d messages", got, len(b.kept().All()))
		}
		nowhere := b.lead("radius", crm.Input{Contact: crm.Contact{FirstName: "Bo"}})
		if got := b.outcomes(b.reaches(w, nowhere, workflow.Finished)); got != "m:skipped s:skipped 3:done" {
			t.Errorf("without an address: %s", got)
		}
	})
}

// While the window is closed nothing goes out, and the enrolment says when it will.
func TestMessagesWaitForTheirWindow(t *testing.T) {
	each(t, func(t *testing.T, b *bed) {
		open := strings.ToLower(time.Now().UTC().AddDate(0, 0, 2).Weekday().String()[:3])
		w := b.publish(fmt.Sprintf(`
name: Window
window: {days: [%s], from: "09:00", to: "17:00", zone: Asia/Tokyo}
triggers: [{on: intake}]
steps: [{id: m, do: email, subject: x, body: x}]
`, open))
		who := b.lead("radius", ana(""))
		var e workflow.Enrolment
		b.until("it is put off", func() bool {
			list := b.enrolments(w, who)
			if len(list) == 1 {
				e = list[0]
			}
			return e.DueAt.After(time.Now())
		})
		tokyo, _ := time.LoadLocation("Asia/Tokyo")
		if at := e.DueAt.In(tokyo); at.Format("15:04") != "09:00" || strings.ToLower(at.Weekday().String()[:3]) != open || e.StepKey != "m" || len(b.kept().All()) != 0 {
			t.Errorf("due %v at step %s", at, e.StepKey)
		}
	})
}

// Who is in a workflow stays in the version they began with; who comes later gets
// the one that is published then. A draft pauses everybody, publishing goes on.
func TestARunningEnrolmentKeepsItsVersion(t *testing.T) {
	each(t, func(t *testing.T, b *bed) {
		const text = "name: V\ntriggers: [{on: intake}]\nsteps: [{id: w, do: wait, event: {on: tag_added, tags: [go]}}, {do: add_tag, tags: [%s]}]\n"
		w := b.publish(fmt.Sprintf(text, "one"))
		first := b.lead("radius", ana(""))
		b.until("the first waits", func() bool { l := b.enrolments(w, first); return len(l) == 1 && l[0].Waiting == "event" })
		d, err := workflow.Parse([]byte(fmt.Sprintf(text, "two")))
		if err != nil {
			t.Fatal(err)
		}
		status := func(to string) {
			b.write("ui", func(ctx context.Context, tx *db.Tx, by crm.Actor) error {
				_, err := workflow.SetStatus(ctx, tx, by, w.Kind, w.ID, to)
				return err
			})
		}
		b.write("ui", func(ctx context.Context, tx *db.Tx, by crm.Actor) error {
			_, err := workflow.Save(ctx, tx, by, w.Kind, w.ID, w.Name, d.Definition)
			return err
		})
		between := b.lead("radius", crm.Input{Contact: crm.Contact{FirstName: "Bo"}})
		b.until("who came between waits", func() bool { l := b.enrolments(w, between); return len(l) == 1 && l[0].Waiting == "event" })
		status(workflow.Published)
		second := b.lead("radius", crm.Input{Contact: crm.Contact{FirstName: "Cy"}})
		b.until("the second waits", func() bool { l := b.enrolments(w, second); return len(l) == 1 && l[0].Waiting == "event" })
		status(workflow.Draft)
		if e := b.enrolments(w, first)[0]; e.Status != workflow.Paused {
			t.Errorf("in a draft it is %s", e.Status)
		}
		status(workflow.Published)
		for _, who := range []string{first, between, second} {
			b.write("ui", func(ctx context.Context, tx *db.Tx, by crm.Actor) error {
				_, err := crm.AddTags(ctx, tx, by, who, []string{"go"})
				return err
			})
		}
		for who, want := range map[string]string{first: "one", between: "one", second: "two"} {
			b.reaches(w, who, workflow.Finished)
			if tags := strings.Join(b.contact(who).Tags, " "); tags != "go "+want {
				t.Errorf("%q, want %s", tags, want)
			}
		}
	})
}
