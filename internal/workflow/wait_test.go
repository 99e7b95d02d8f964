package workflow_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/foyer-crm/foyer/internal/calendar"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/workflow"
)

const reminder = `
name: Reminder
stopOn: [cancellation]
triggers: [{on: appointment, what: [booked]}]
steps:
- {id: wait, do: wait, until: appointment.start, offset: -24h, missed: end}
- {do: note, body: "Remind {{contact.firstName}} of {{appointment.calendar}} on {{appointment.date}}"}
`

// A reminder follows its appointment: it comes a day before, moves when that
// moves, is not sent when it is too late, and ends when it is cancelled.
func TestAReminderFollowsItsAppointment(t *testing.T) {
	each(t, func(t *testing.T, b *bed) {
		var c *calendar.Calendar
		b.write("ui", func(ctx context.Context, tx *db.Tx, by crm.Actor) (err error) {
			made := calendar.New()
			made.Name, made.Active = "Tours", true
			c, err = calendar.Add(ctx, tx, by, made)
			return err
		})
		w := b.publish(reminder)
		book := func(who string, at time.Time) (id string) {
			b.write("ui", func(ctx context.Context, tx *db.Tx, by crm.Actor) error {
				a, err := calendar.Book(ctx, tx, by, calendar.Booking{CalendarID: c.ID, ContactID: who, Start: at, End: at.Add(time.Hour), AnyTime: true, AnySlot: true})
				if err == nil {
					id = a.ID
				}
				return err
			})
			return id
		}
		change := func(id string, to calendar.AppointmentChange) {
			to.AnyTime, to.AnySlot = true, true
			b.write("ui", func(ctx context.Context, tx *db.Tx, by crm.Actor) error {
				_, err := calendar.ChangeAppointment(ctx, tx, by, id, to)
				return err
			})
		}
		notes := func(who string) (n int) {
			b.Read(t, func(ctx context.Context, tx *db.Tx) error {
				list, err := crm.Notes(ctx, tx, b.Credentials.LocationID, who)
				n = len(list)
				return err
			})
			return n
		}
		person := func(name string) string {
			return b.lead("radius", crm.Input{Contact: crm.Contact{FirstName: name}})
		}
		day := 24 * time.Hour
		soon, moved, late, off := person("Soon"), person("Moved"), person("Late"), person("Off")
		book(soon, time.Now().Add(day+8*time.Second)) // far enough for a busy machine to see it in time
		movedID := book(moved, time.Now().Add(10*day))
		book(late, time.Now().Add(2*time.Hour))
		offID := book(off, time.Now().Add(10*day))
		waits := func(who string) func() bool {
			return func() bool { l := b.enrolments(w, who); return len(l) == 1 && l[0].Waiting == "time" }
		}
		b.until("moved waits", waits(moved))
		b.until("off waits", waits(off))
		earlier := time.Now().Add(day + 5*time.Second)
		end := earlier.Add(time.Hour)
		change(movedID, calendar.AppointmentChange{Start: &earlier, End: &end})
		cancelled := calendar.Cancelled
		change(offID, calendar.AppointmentChange{Status: &cancelled})
		for _, who := range []string{soon, moved, late} {
			b.reaches(w, who, workflow.Finished)
		}
		if e := b.reaches(w, off, workflow.Removed); e.Reason != "cancelled" {
			t.Errorf("%+v", e)
		}
		if notes(soon) != 1 || notes(moved) != 1 || notes(late) != 0 || notes(off) != 0 {
			t.Errorf("reminded: soon %d, moved %d, late %d, off %d", notes(soon), notes(moved), notes(late), notes(off))
		}
	})
}

// A birthday begins a workflow on its day at its hour, once a year, for who was
// there before and for who comes the same day; not for others.
func TestADateBeginsAWorkflow(t *testing.T) {
	each(t, func(t *testing.T, b *bed) {
		born := func(name string, day time.Time) string {
			return b.lead("radius", crm.Input{Contact: crm.Contact{FirstName: name, Timezone: "UTC", DateOfBirth: "1980-" + day.Format("01-02")}})
		}
		now := time.Now().UTC()
		before := born("Before", now)
		w := b.publish("name: Birthday\ntriggers: [{on: date, field: contact.birthday, at: '" + now.Add(time.Minute).Format("15:04") + "'}]\nsteps: [{do: add_tag, tags: [happy]}]\n")
		after, other := born("After", now), born("Other", now.AddDate(0, 0, 9))
		if now.Hour() == 23 && now.Minute() > 57 {
			t.Skip("skipped: the day is about to end")
		}
		planned := func(who string) (list []workflow.Enrolment) {
			b.Read(t, func(ctx context.Context, tx *db.Tx) error {
				all, err := workflow.EnrolmentsOf(ctx, tx, b.Credentials.LocationID, w.ID, "", "", 100)
				list = slices.DeleteFunc(all, func(e workflow.Enrolment) bool { return e.ContactID != who })
				return err
			})
			return list
		}
		if err := b.Flows.Clocks(context.Background()); err != nil {
			t.Fatal(err)
		}
		b.until("both are planned", func() bool { return len(planned(before)) == 1 && len(planned(after)) == 1 })
		if e := planned(before)[0]; e.Status != workflow.Planned || e.DueAt.UTC().Format("01-02 15:04") != now.Add(time.Minute).Format("01-02 15:04") {
			t.Errorf("%+v", e)
		}
		if len(planned(other)) != 0 {
			t.Error("the other one is planned too")
		}
		b.write("ui", func(ctx context.Context, tx *db.Tx, by crm.Actor) error { // the birthday of one was wrong
			var in crm.Input
			in.DateOfBirth = "1980-" + now.AddDate(0, 0, 40).Format("01-02")
			_, err := crm.SaveContact(ctx, tx, by, crm.Save{ID: after, OnMatch: crm.Overwrite, Input: in})
			return err
		})
		b.write("test", func(ctx context.Context, tx *db.Tx, by crm.Actor) error { // and the hour has come
			return tx.Do(ctx, "UPDATE enrolments SET due_at = 1 WHERE location_id = $1 AND workflow_id = $2 AND status = 'planned'", by.LocationID, w.ID)
		})
		b.reaches(w, before, workflow.Finished)
		if e := b.reaches(w, after, workflow.Removed); e.Reason != "it no longer fits" {
			t.Errorf("%+v", e)
		}
		if tags := b.contact(before).Tags; !slices.Contains(tags, "happy") {
			t.Errorf("tags %v", tags)
		}
	})
}

// A schedule begins a workflow for all whom it is about.
func TestAScheduleBeginsAWorkflow(t *testing.T) {
	each(t, func(t *testing.T, b *bed) {
		var in, out []string
		for i := range 4 {
			c := crm.Contact{FirstName: fmt.Sprint(i), Tags: []string{"vip"}}
			if i == 3 {
				c.Tags = nil
			}
			id := b.lead("radius", crm.Input{Contact: c})
			if i == 3 {
				out = append(out, id)
			} else {
				in = append(in, id)
			}
		}
		w := b.publish("name: Weekly\ntriggers: [{on: schedule, every: day, at: '09:00', if: {field: contact.tags, contains: VIP}}]\nsteps: [{do: add_tag, tags: [seen]}]\n")
		b.write("test", func(ctx context.Context, tx *db.Tx, by crm.Actor) error { // the day has come
			return tx.Do(ctx, "UPDATE workflow_clocks SET next_at = 1 WHERE location_id = $1 AND workflow_id = $2", by.LocationID, w.ID)
		})
		if err := b.Flows.Clocks(context.Background()); err != nil {
			t.Fatal(err)
		}
		for _, who := range in {
			b.reaches(w, who, workflow.Finished)
		}
		if list := b.enrolments(w, out[0]); len(list) != 0 {
			t.Errorf("%+v", list)
		}
	})
}

// An inbound webhook finds or makes a contact and lets it begin, once for one id;
// another token is nobody's.
func TestAnInboundWebhookBeginsAWorkflow(t *testing.T) {
	each(t, func(t *testing.T, b *bed) {
		w := b.publish(`
name: Form
triggers: [{on: webhook, contact: {email: "{{webhook.body.lead.mail}}", firstName: "{{webhook.body.lead.first}}", tags: web}}]
steps: [{do: note, body: "asked about {{webhook.body.listing.id}} at {{webhook.body.listing.price}}"}]
`)
		path := workflow.HookPath(b.Vault, w, 0)
		post := func(path, body, id string) (int, map[string]any) {
			r, err := http.NewRequest(http.MethodPost, b.URL+path, strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Content-Type", "application/json")
			if id != "" {
				r.Header.Set("Idempotency-Key", id)
			}
			res, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = res.Body.Close() }()
			var out map[string]any
			_ = json.NewDecoder(res.Body).Decode(&out)
			return res.StatusCode, out
		}
		const body = `{"lead": {"mail": "ana@x.example", "first": "Ana"}, "listing": {"id": "L1", "price": 450000}}`
		status, said := post(path, body, "a")
		who, _ := said["contactId"].(string)
		if status != http.StatusOK || who == "" {
			t.Fatalf("%d %v", status, said)
		}
		b.reaches(w, who, workflow.Finished)
		if status, again := post(path, body, "a"); status != http.StatusOK || again["enrolmentId"] != said["enrolmentId"] {
			t.Errorf("again: %d %v", status, again)
		}
		if c := b.contact(who); c.FirstName != "Ana" || c.Email != "ana@x.example" || !slices.Contains(c.Tags, "web") {
			t.Errorf("%+v", c)
		}
		b.Read(t, func(ctx context.Context, tx *db.Tx) error {
			notes, err := crm.Notes(ctx, tx, b.Credentials.LocationID, who)
			if len(notes) != 1 || notes[0].Body != "asked about L1 at 450000" {
				t.Errorf("%+v", notes)
			}
			return err
		})
		for name, c := range map[string]struct {
			path, body string
			status     int
		}{
			"another token":  {path[:len(path)-2] + "xx", body, http.StatusNotFound},
			"no contact":     {path, `{"x": 1}`, http.StatusBadRequest},
			"not JSON":       {path, `{`, http.StatusBadRequest},
			"everybody":      {strings.Replace(path, b.Credentials.LocationID, "*", 1), body, http.StatusNotFound},
			"another tenant": {strings.Replace(path, b.Credentials.LocationID, "aaaaaaaaaaaaaaaaaaaa", 1), body, http.StatusNotFound},
		} {
			if status, said := post(c.path, c.body, ""); status != c.status {
				t.Errorf("%s: %d %v", name, status, said)
			}
		}
	})
}

// What the schema that is served says is what documents are held against.
func TestTheSchemaIsServed(t *testing.T) {
	each(t, func(t *testing.T, b *bed) {
		res, err := http.Get(b.URL + "/schemas/workflow.json")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = res.Body.Close() }()
		var got bytes.Buffer
		if _, err := got.ReadFrom(res.Body); err != nil || !bytes.Equal(got.Bytes(), workflow.Schema()) {
			t.Errorf("%d bytes, %v", got.Len(), err)
		}
	})
}
