package bridge_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/foyer-crm/foyer/internal/app"
	"github.com/foyer-crm/foyer/internal/calendar"
	"github.com/foyer-crm/foyer/internal/connect"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/foyertest"
	"github.com/foyer-crm/foyer/internal/remote"
	"github.com/foyer-crm/foyer/internal/workflow"
)

const reminder = `
name: Reminder
stopOn: [cancellation]
triggers: [{on: appointment, what: [booked]}]
steps:
- {id: wait, do: wait, until: appointment.start, offset: -24h, missed: end}
- {do: note, body: "Remind {{contact.firstName}}"}
`

// The reminders of both sides follow an appointment that crossed, whoever moves it:
// what was booked there is waited for on either side, what is moved on one side moves
// the reminder of the other, and what is cancelled ends both; as the servers do it by
// themselves. (What is booked here begins no automation there: docs/sync-systems.md.)
func TestRemindersFollowAnAppointmentThatCrosses(t *testing.T) {
	each(t, func(t *testing.T, postgres bool) {
		const email = "ana@x.example"
		sides, calendars := served(t, postgres)
		here, there := sides[0], sides[1]
		var flows [2]*workflow.Workflow
		for n, s := range sides {
			flows[n] = s.publish(reminder)
		}
		there.make(email, "firstName", "Ana")
		here.until("the contact crosses", func() bool { return here.find(email) != "" })
		midnight := time.Now().UTC().Truncate(24 * time.Hour)
		at := func(days int) time.Time { return midnight.AddDate(0, 0, days) }
		both := func(what string, is func(e workflow.Enrolment) bool) {
			t.Helper()
			for n, s := range sides {
				s.until(fmt.Sprint(what, ", on side ", n), func() bool {
					all := s.enrolments(flows[n], s.find(email))
					return len(all) == 1 && is(all[0])
				})
			}
		}
		waits := func(until time.Time) func(workflow.Enrolment) bool {
			return func(e workflow.Enrolment) bool { return e.Status == workflow.Active && e.DueAt.Equal(until) }
		}
		there.do(func(ctx context.Context, tx *db.Tx) error {
			_, err := calendar.Book(ctx, tx, there.by, calendar.Booking{CalendarID: calendars[1], ContactID: there.find(email), Title: "Tour", Start: at(10), End: at(10).Add(time.Hour), AnyTime: true, AnySlot: true})
			return err
		})
		both("it waits for the day before", waits(at(9)))
		for n, days := range []int{20, 30} { // here moves it, then there
			start, end := at(days), at(days).Add(time.Hour)
			sides[n].change(email, calendar.AppointmentChange{Start: &start, End: &end})
			both(fmt.Sprint("it moves as side ", n, " moved"), waits(at(days-1)))
		}
		cancelled := calendar.Cancelled
		here.change(email, calendar.AppointmentChange{Status: &cancelled})
		both("it ends", func(e workflow.Enrolment) bool { return e.Status == workflow.Removed })
	})
}

// enrolments gives those of a contact in a workflow.
func (s *side) enrolments(w *workflow.Workflow, contactID string) (all []workflow.Enrolment) {
	s.see(func(ctx context.Context, tx *db.Tx) (err error) {
		all, err = workflow.Enrolments(ctx, tx, s.by.LocationID, w.Kind, contactID)
		return err
	})
	return all
}

// change changes the only appointment of a contact.
func (s *side) change(email string, to calendar.AppointmentChange) {
	s.t.Helper()
	to.AnyTime, to.AnySlot = true, true
	s.do(func(ctx context.Context, tx *db.Tx) error {
		c, err := crm.ContactByEmail(ctx, tx, s.by.LocationID, email)
		if err != nil {
			return err
		}
		all, err := calendar.OfContact(ctx, tx, s.by.LocationID, c.ID)
		if err == nil {
			_, err = calendar.ChangeAppointment(ctx, tx, s.by, all[0].ID, to)
		}
		return err
	})
}

// served gives a location on each of two Foyers that serve with all that goes on
// behind, the first one connected with the other, and a calendar of each.
func served(t *testing.T, postgres bool) (sides [2]*side, calendars [2]string) {
	w := &two{}
	for i := range w.sides {
		store := app.Store{Data: t.TempDir(), Strict: true}
		if postgres {
			store = foyertest.PostgresStore(t)
		}
		f := foyertest.Start(t, app.Config{Store: store, AllowPrivate: true, HighLevelVersion: true})
		w.sides[i] = f
		sides[i] = w.side(t, i)
		calendars[i] = sides[i].calendars[0]
		ctx, stop := context.WithCancel(context.Background())
		done := make(chan struct{})
		go func() {
			defer close(done)
			f.Run(ctx, 0)
		}()
		t.Cleanup(func() { stop(); <-done })
	}
	m, err := connect.ParseMapping(fmt.Appendf(nil, whole, connect.Delete, calendars[0]+": "+calendars[1]))
	if err == nil {
		err = m.Only(string(remote.Contact), string(remote.Appointment))
	}
	if err != nil {
		t.Fatal(err)
	}
	here, there := sides[0], sides[1]
	here.do(func(ctx context.Context, tx *db.Tx) error {
		_, err := connect.Add(ctx, tx, here.Vault, here.by, connect.Connection{Kind: "highlevel", BaseURL: strings.TrimSuffix(there.URL, "/"), Mapping: *m,
			Settings: connect.Settings{Location: there.by.LocationID, Interval: time.Second, NoLimit: true}}, connect.Credential{"token": there.token})
		return err
	})
	return sides, calendars
}

// publish switches a workflow on.
func (s *side) publish(document string) (w *workflow.Workflow) {
	s.t.Helper()
	d, err := workflow.Parse([]byte(document))
	if err != nil {
		s.t.Fatal(err)
	}
	s.do(func(ctx context.Context, tx *db.Tx) (err error) {
		w, err = workflow.Add(ctx, tx, crm.Actor{LocationID: s.by.LocationID, Origin: "admin"}, workflow.Workflow{Kind: d.Kind, Name: d.Name, Status: workflow.Published, Definition: d.Definition})
		return err
	})
	return w
}

// until waits for what goes on behind.
func (s *side) until(what string, is func() bool) {
	s.t.Helper()
	for deadline := time.Now().Add(time.Minute); !is(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			s.t.Fatalf("it never came to be: %s", what)
		}
	}
}
