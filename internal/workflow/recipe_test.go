package workflow_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/foyer-crm/foyer/internal/calendar"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/workflow"
)

// recipe switches a recipe on.
func (b *bed) recipe(name string) *workflow.Workflow {
	b.t.Helper()
	r, err := workflow.RecipeNamed(name)
	if err != nil {
		b.t.Fatal(err)
	}
	return b.publish(string(r.Text))
}

// tasks gives the titles of a contact's tasks.
func (b *bed) tasks(contactID string) (titles []string) {
	b.t.Helper()
	b.Read(b.t, func(ctx context.Context, tx *db.Tx) error {
		list, err := crm.Tasks(ctx, tx, b.Credentials.LocationID, contactID)
		for i := range list {
			titles = append(titles, list[i].Title)
		}
		return err
	})
	slices.Sort(titles)
	return titles
}

func TestRecipesAreDocuments(t *testing.T) {
	all, err := workflow.Recipes()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, r := range all {
		names = append(names, r.Name)
		if r.Document.Name == "" || r.Description == "" || len(r.Triggers) == 0 {
			t.Errorf("%s says too little of itself", r.Name)
		}
	}
	if want := []string{"appointment-forwarding-campaign", "lead-onboarding", "task-driven-follow-up"}; !slices.Equal(names, want) {
		t.Errorf("%v", names)
	}
	if _, err := workflow.RecipeNamed("none"); !errs.Is(err, errs.NotFound) {
		t.Error(err)
	}
}

// Whoever comes in, also over a connection, is tagged, called, and left alone when
// they have answered.
func TestTheRecipeLeadOnboarding(t *testing.T) {
	each(t, func(t *testing.T, b *bed) {
		w := b.recipe("lead-onboarding")
		for _, door := range []string{"radius", "connect"} {
			who := b.lead(door, crm.Input{Contact: crm.Contact{FirstName: "Ana", LastName: door, Type: "buyer"}})
			b.until("somebody is to call", func() bool { return slices.Equal(b.tasks(who), []string{"Call Ana " + door}) })
			b.until("it waits", func() bool { l := b.enrolments(w, who); return len(l) == 1 && l[0].Waiting != "" })
			if tags := b.contact(who).Tags; !slices.Contains(tags, "new lead") || !slices.Contains(tags, "buyer") {
				t.Errorf("%v", tags)
			}
			b.say(who, "Yes, call me")
			b.reaches(w, who, workflow.Finished)
			if tags := b.contact(who).Tags; slices.Contains(tags, "new lead") || len(b.tasks(who)) != 1 {
				t.Errorf("%v %v", tags, b.tasks(who))
			}
		}
	})
}

// What is done asks for what is next, once: a follow-up is followed by none.
func TestTheRecipeTaskDrivenFollowUp(t *testing.T) {
	each(t, func(t *testing.T, b *bed) {
		w := b.recipe("task-driven-follow-up")
		who := b.lead("radius", crm.Input{Contact: crm.Contact{FirstName: "Ana"}})
		complete := func(title string) {
			t.Helper()
			b.write("connect", func(ctx context.Context, tx *db.Tx, by crm.Actor) error {
				list, err := crm.Tasks(ctx, tx, by.LocationID, who)
				if err != nil {
					return err
				}
				for i := range list {
					if list[i].Title == title && !list[i].Completed {
						done := true
						_, err = crm.ChangeTask(ctx, tx, by, who, list[i].ID, crm.TaskChange{Completed: &done})
						return err
					}
				}
				return fmt.Errorf("no task %s", title)
			})
		}
		b.write("ui", func(ctx context.Context, tx *db.Tx, by crm.Actor) error {
			_, err := crm.AddTask(ctx, tx, by, crm.Task{ContactID: who, Title: "Show the house", DueAt: time.Now()})
			return err
		})
		complete("Show the house")
		b.reaches(w, who, workflow.Finished)
		if got := b.tasks(who); !slices.Equal(got, []string{"Follow up with Ana", "Show the house"}) {
			t.Fatalf("%v", got)
		}
		complete("Follow up with Ana")
		b.say(who, "When can we meet?")
		b.until("an answer is followed up", func() bool { return len(b.tasks(who)) == 3 })
		time.Sleep(300 * time.Millisecond)
		if got := b.tasks(who); len(got) != 3 {
			t.Errorf("a follow-up is followed by another: %v", got)
		}
	})
}

// An appointment is confirmed and reminded of, and asked about when it is over.
func TestTheRecipeAppointmentForwardingCampaign(t *testing.T) {
	each(t, func(t *testing.T, b *bed) {
		w := b.recipe("appointment-forwarding-campaign")
		var c *calendar.Calendar
		b.write("ui", func(ctx context.Context, tx *db.Tx, by crm.Actor) (err error) {
			made := calendar.New()
			made.Name, made.Active = "Tours", true
			c, err = calendar.Add(ctx, tx, by, made)
			return err
		})
		book := func(name string, at time.Time, long time.Duration) (who, id string) {
			t.Helper()
			e, _ := crm.NewEmail(name+"@x.example", "")
			who = b.lead("radius", crm.Input{Contact: crm.Contact{FirstName: name, Emails: []crm.Email{e}}})
			b.write("connect", func(ctx context.Context, tx *db.Tx, by crm.Actor) error {
				a, err := calendar.Book(ctx, tx, by, calendar.Booking{CalendarID: c.ID, ContactID: who, Title: "Tour", Start: at, End: at.Add(long), AnyTime: true, AnySlot: true})
				if err == nil {
					id = a.ID
				}
				return err
			})
			return who, id
		}
		mails := func(name string) (n int) {
			for _, m := range b.kept().All() {
				if strings.Contains(fmt.Sprint(m), name+"@x.example") {
					n++
				}
			}
			return n
		}
		soon, _ := book("soon", time.Now().Add(24*time.Hour+1500*time.Millisecond), time.Hour)
		over, _ := book("over", time.Now().Add(time.Second), time.Second)
		off, offID := book("off", time.Now().Add(240*time.Hour), time.Hour)
		b.until("it reminds a day before", func() bool { return mails("soon") == 2 })
		b.reaches(w, over, workflow.Finished)
		if got := b.tasks(over); mails("over") != 1 || !slices.Equal(got, []string{"Ask over how Tour was"}) {
			t.Errorf("%d mails, %v", mails("over"), got)
		}
		b.until("it waits", func() bool { l := b.enrolments(w, off); return len(l) == 1 && l[0].Waiting == "time" })
		cancelled := calendar.Cancelled
		b.write("ui", func(ctx context.Context, tx *db.Tx, by crm.Actor) error {
			_, err := calendar.ChangeAppointment(ctx, tx, by, offID, calendar.AppointmentChange{Status: &cancelled})
			return err
		})
		b.reaches(w, off, workflow.Removed)
		if !slices.Contains(b.contact(soon).Tags, "appointment") {
			t.Error("no tag")
		}
	})
}
