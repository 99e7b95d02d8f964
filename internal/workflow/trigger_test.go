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
)

// happening is something that can make a contact begin.
type happening func(ctx context.Context, tx *db.Tx, by crm.Actor) error

// Every trigger begins a workflow when it says, and not otherwise. All workflows
// are there at once; each marks the contact with a tag of its own.
func TestEachTriggerBeginsWhenItSays(t *testing.T) {
	each(t, func(t *testing.T, b *bed) {
		var p *crm.Pipeline
		var c *calendar.Calendar
		b.write("ui", func(ctx context.Context, tx *db.Tx, by crm.Actor) (err error) {
			if p, err = crm.AddPipeline(ctx, tx, by, crm.Pipeline{Name: "Sales", Stages: []crm.Stage{{Name: "New"}, {Name: "Offer"}}}); err != nil {
				return err
			}
			made := calendar.New()
			made.Name, made.Active = "Tours", true
			c, err = calendar.Add(ctx, tx, by, made)
			return err
		})
		// what each workflow listens to, and what makes it begin
		triggers := map[string]string{
			"event":     "{on: event, events: [note.created]}",
			"intake":    "{on: intake, doors: [liondesk], sources: [Zillow]}",
			"known":     "{on: intake, doors: [brokerkit], known: true}",
			"added":     "{on: tag_added, tags: [Hot]}",
			"removed":   "{on: tag_removed, tags: [hot]}",
			"changed":   "{on: field_changed, field: contact.stage, from: [New], to: [Won]}",
			"staged":    "{on: stage_changed, pipeline: Sales, to: [Offer]}",
			"won":       "{on: status_changed, to: [won]}",
			"booked":    "{on: appointment, what: [booked], calendars: [Tours]}",
			"moved":     "{on: appointment, what: [moved]}",
			"no-show":   "{on: appointment, what: [no_show]}",
			"cancelled": "{on: appointment, what: [cancelled]}",
			"asked":     "{on: message_received, channels: [sms], contains: PRICE}",
			"filtered":  "{on: tag_added, tags: [hot], if: {all: [{field: contact.type, is: Buyer}, {field: contact.email, known: true}]}}",
			"not":       "{on: tag_added, tags: [hot], if: {not: {field: contact.type, is: buyer}}}",
		}
		for name, trigger := range triggers {
			b.publish(fmt.Sprintf("name: %s\ntriggers: [%s]\nsteps: [{do: add_tag, tags: [saw %s]}]\n", name, trigger, name))
		}
		who := b.lead("liondesk", ana("Zillow"))
		other := b.lead("radius", crm.Input{Contact: crm.Contact{FirstName: "Bo", Source: "Zillow", Stage: "New"}})
		do := func(h happening) { b.write("ui", h) }
		set := func(stage string) happening {
			return func(ctx context.Context, tx *db.Tx, by crm.Actor) error {
				var in crm.Input
				in.Stage = stage
				_, err := crm.SaveContact(ctx, tx, by, crm.Save{ID: who, OnMatch: crm.Overwrite, Input: in})
				return err
			}
		}
		do(func(ctx context.Context, tx *db.Tx, by crm.Actor) error {
			_, err := crm.AddNote(ctx, tx, by, crm.Note{ContactID: who, Body: "x"})
			return err
		})
		b.write("brokerkit", func(ctx context.Context, tx *db.Tx, by crm.Actor) error {
			var in crm.Input
			in.CompanyName = "Acme"
			_, err := crm.SaveContact(ctx, tx, by, crm.Save{ID: who, OnMatch: crm.Overwrite, Input: in})
			return err
		})
		tag := func(change func(context.Context, *db.Tx, crm.Actor, string, []string) (*crm.TagsChanged, error)) happening {
			return func(ctx context.Context, tx *db.Tx, by crm.Actor) error {
				_, err := change(ctx, tx, by, who, []string{"HOT"})
				return err
			}
		}
		do(tag(crm.AddTags))
		do(tag(crm.RemoveTags))
		do(set("New"))
		do(set("Won"))
		var o *crm.Opportunity
		do(func(ctx context.Context, tx *db.Tx, by crm.Actor) (err error) {
			name := "Deal"
			o, err = crm.AddOpportunity(ctx, tx, by, crm.OpportunityChange{ContactID: &who, PipelineID: &p.ID, Name: &name}, true)
			return err
		})
		do(func(ctx context.Context, tx *db.Tx, by crm.Actor) error {
			_, err := crm.ChangeOpportunity(ctx, tx, by, o.ID, crm.OpportunityChange{StageID: &p.Stages[1].ID})
			return err
		})
		won := "won"
		do(func(ctx context.Context, tx *db.Tx, by crm.Actor) error {
			_, err := crm.ChangeOpportunity(ctx, tx, by, o.ID, crm.OpportunityChange{Status: &won})
			return err
		})
		var a *calendar.Booked
		at := time.Now().Add(72 * time.Hour).Truncate(time.Hour)
		do(func(ctx context.Context, tx *db.Tx, by crm.Actor) (err error) {
			a, err = calendar.Book(ctx, tx, by, calendar.Booking{CalendarID: c.ID, ContactID: who, Start: at, End: at.Add(time.Hour), AnyTime: true, AnySlot: true})
			return err
		})
		change := func(to calendar.AppointmentChange) {
			do(func(ctx context.Context, tx *db.Tx, by crm.Actor) error {
				to.AnyTime, to.AnySlot = true, true
				_, err := calendar.ChangeAppointment(ctx, tx, by, a.ID, to)
				return err
			})
		}
		later, end, noShow, cancelled := at.Add(2*time.Hour), at.Add(3*time.Hour), calendar.NoShow, calendar.Cancelled
		change(calendar.AppointmentChange{Start: &later, End: &end})
		change(calendar.AppointmentChange{Status: &noShow})
		change(calendar.AppointmentChange{Status: &cancelled})
		b.say(who, "What is the price?")

		want := []string{}
		for name := range triggers {
			if name != "not" {
				want = append(want, "saw "+name)
			}
		}
		slices.Sort(want)
		var got []string
		b.until("every workflow but one has seen Ana", func() bool {
			got = slices.DeleteFunc(slices.Clone(b.contact(who).Tags), func(tag string) bool { return !strings.HasPrefix(tag, "saw ") })
			slices.Sort(got)
			return len(got) >= len(want)
		})
		if !slices.Equal(got, want) {
			t.Errorf("%v, want %v", got, want)
		}
		if tags := b.contact(other).Tags; len(tags) != 0 {
			t.Errorf("the other contact has %v", tags)
		}
	})
}
