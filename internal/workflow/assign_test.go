package workflow_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/workflow"
)

// people adds users to the location and gives their ids by name.
func (b *bed) people(names ...string) map[string]string {
	b.t.Helper()
	ids := map[string]string{}
	for _, name := range names {
		ids[name] = b.AddUser(b.t, "", name+"@agency.example", name, "Moor").ID
	}
	return ids
}

// given counts to whom contacts were given, by name.
func (b *bed) given(ids map[string]string, contacts []string) map[string]int {
	b.t.Helper()
	n := map[string]int{}
	for _, c := range contacts {
		to := b.contact(c).AssignedTo
		for name, id := range ids {
			if id == to {
				n[name]++
			}
		}
	}
	return n
}

// leads lets n people come in and waits until a workflow is done with them.
func (b *bed) leads(w *workflow.Workflow, n int, source string) (all []string) {
	b.t.Helper()
	for i := range n {
		all = append(all, b.lead("radius", crm.Input{Contact: crm.Contact{FirstName: fmt.Sprint("Lead ", i), Source: source}}))
	}
	for _, c := range all {
		b.reaches(w, c, workflow.Finished)
	}
	return all
}

func TestARoundRobinKeepsItsWeights(t *testing.T) {
	each(t, func(t *testing.T, b *bed) {
		ids := b.people("ana", "bo", "cy")
		w := b.publish(`
name: Round robin
triggers: [{on: intake}]
steps: [{do: assign, by: round_robin, users: [{user: ana@agency.example, weight: 3}, {user: bo@agency.example, weight: 2}, {user: cy@agency.example}]}]
`)
		contacts := b.leads(w, 24, "")
		if got := b.given(ids, contacts); got["ana"] != 12 || got["bo"] != 8 || got["cy"] != 4 {
			t.Errorf("24 leads at 3 : 2 : 1 went %v", got)
		}
	})
}

// Only who is at work takes a lead; if nobody is, whoever comes first does.
func TestARoundRobinKeepsWorkingHours(t *testing.T) {
	each(t, func(t *testing.T, b *bed) {
		ids := b.people("day", "night", "later")
		today := []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}[time.Now().UTC().Weekday()]
		other := []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}[(time.Now().UTC().Weekday()+3)%7]
		after := []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}[(time.Now().UTC().Weekday()+5)%7]
		for name := range ids {
			b.write("ui", func(ctx context.Context, tx *db.Tx, _ crm.Actor) error {
				_, err := crm.ChangeUser(ctx, tx, ids[name], func(u *crm.User) { u.Timezone = "UTC" })
				return err
			})
		}
		w := b.publish(fmt.Sprintf(`
name: Who is at work
triggers: [{on: intake, sources: [now]}]
steps: [{do: assign, by: round_robin, users: [{user: day@agency.example, hours: {days: [%s]}}, {user: night@agency.example, hours: {days: [%s]}}]}]
`, today, other))
		if got := b.given(ids, b.leads(w, 4, "now")); got["day"] != 4 {
			t.Errorf("while day is at work: %v", got)
		}
		w = b.publish(fmt.Sprintf(`
name: Nobody is at work
triggers: [{on: intake, sources: [weekend]}]
steps: [{do: assign, by: round_robin, users: [{user: later@agency.example, hours: {days: [%s]}}, {user: night@agency.example, hours: {days: [%s]}}]}]
`, after, other))
		if got := b.given(ids, b.leads(w, 3, "weekend")); got["night"] != 3 {
			t.Errorf("while nobody is: %v", got)
		}
	})
}

func TestTheLeastLoadedTakesTheLead(t *testing.T) {
	each(t, func(t *testing.T, b *bed) {
		ids := b.people("busy", "idle")
		old := b.lead("ui", crm.Input{Contact: crm.Contact{FirstName: "Old"}})
		for range 3 {
			b.write("ui", func(ctx context.Context, tx *db.Tx, by crm.Actor) error {
				_, err := crm.AddTask(ctx, tx, by, crm.Task{ContactID: old, Title: "x", AssignedTo: ids["busy"]})
				return err
			})
		}
		w := b.publish("name: Least\ntriggers: [{on: intake, doors: [radius]}]\nsteps: [{do: assign, by: least_loaded, users: [{user: busy@agency.example}, {user: idle@agency.example}]}]\n")
		if got := b.given(ids, b.leads(w, 5, "")); got["idle"] != 4 || got["busy"] != 1 { // the new leads are work too
			t.Errorf("%v", got)
		}
	})
}

func TestASourceHasAnOwner(t *testing.T) {
	each(t, func(t *testing.T, b *bed) {
		ids := b.people("zoe", "rest")
		w := b.publish("name: Owners\ntriggers: [{on: intake}]\nsteps: [{do: assign, by: source, owners: {zillow: zoe@agency.example, '*': rest@agency.example}}]\n")
		if got := b.given(ids, b.leads(w, 1, "Zillow")); got["zoe"] != 1 {
			t.Errorf("Zillow: %v", got)
		}
		if got := b.given(ids, b.leads(w, 1, "Open house")); got["rest"] != 1 {
			t.Errorf("another one: %v", got)
		}
	})
}
