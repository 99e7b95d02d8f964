package workflow_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/workflow"
)

// Workflows that set each other off end after ten, and the way is named (D9).
func TestWorkflowsThatSetEachOtherOffEnd(t *testing.T) {
	each(t, func(t *testing.T, b *bed) {
		b.publish("name: Ping\ntriggers: [{on: tag_added, tags: [ping]}]\nsteps: [{do: remove_tag, tags: [ping]}, {do: add_tag, tags: [pong]}]\n")
		b.publish("name: Pong\ntriggers: [{on: tag_added, tags: [pong]}]\nsteps: [{do: remove_tag, tags: [pong]}, {do: add_tag, tags: [ping]}]\n")
		who := b.lead("radius", crm.Input{Contact: crm.Contact{FirstName: "Ana", Tags: []string{"ping"}}})
		b.until("they were stopped", func() bool { return len(b.stopped(who)) > 0 })
		way := b.stopped(who)[0]
		if !strings.Contains(way, "Ping → Pong → Ping") {
			t.Errorf("the way is %q", way)
		}
		if n := b.count(who); n != 10 {
			t.Errorf("%d enrolments", n)
		}
	})
}

// stopped gives what events say of workflows that were stopped.
func (b *bed) stopped(contactID string) (texts []string) {
	b.t.Helper()
	b.Read(b.t, func(ctx context.Context, tx *db.Tx) error {
		list, err := crm.Events(ctx, tx, b.Credentials.LocationID, contactID, "", 1000)
		for _, e := range list {
			if e.Type == "workflow.stopped" {
				texts = append(texts, e.Data.Text)
			}
		}
		return err
	})
	return texts
}

func (b *bed) count(contactID string) (n int) {
	b.t.Helper()
	b.Read(b.t, func(ctx context.Context, tx *db.Tx) error {
		list, err := workflow.Enrolments(ctx, tx, b.Credentials.LocationID, workflow.Flow, contactID)
		n = len(list)
		return err
	})
	return n
}

// A workflow that goes back to where it came from without a wait ends too, and
// says at which step.
func TestAWorkflowThatGoesBackForeverEnds(t *testing.T) {
	each(t, func(t *testing.T, b *bed) {
		w := b.publish("name: Back\ntriggers: [{on: intake}]\nsteps: [{id: top, do: add_tag, tags: [a]}, {do: remove_tag, tags: [a]}, {do: goto, goto: top}]\n")
		who := b.lead("radius", crm.Input{Contact: crm.Contact{FirstName: "Ana"}})
		e := b.reaches(w, who, workflow.Failed)
		if !strings.Contains(e.Error, "circles at step") {
			t.Errorf("%q", e.Error)
		}
	})
}

// Whatever workflows lead to whatever others, all of it ends (D9): random graphs
// of workflows, in each of which every one adds tags that begin others.
func TestRandomGraphsOfWorkflowsEnd(t *testing.T) {
	const graphs = 12
	each(t, func(t *testing.T, b *bed) {
		r := rand.New(rand.NewPCG(5, 9))
		var began []string
		for g := range graphs {
			const size = 4
			for i := range size {
				steps := []string{fmt.Sprintf("{do: remove_tag, tags: [g%dt%d]}", g, i)}
				for range 1 + r.IntN(2) {
					to := r.IntN(size)
					steps = append(steps, fmt.Sprintf("{do: add_tag, tags: [g%dt%d]}", g, to))
				}
				if r.IntN(2) == 0 {
					steps = append(steps, fmt.Sprintf("{do: enrol, workflow: G%dW%d}", g, r.IntN(i+1)))
				}
				b.publish(fmt.Sprintf("name: G%dW%d\ntriggers: [{on: tag_added, tags: [g%dt%d]}]\nsteps: [%s]\n", g, i, g, i, strings.Join(steps, ", ")))
			}
			began = append(began, b.lead("radius", crm.Input{Contact: crm.Contact{FirstName: "Ana", Tags: []string{fmt.Sprintf("g%dt0", g)}}}))
		}
		for _, who := range began {
			before := -1
			b.until("it ends", func() bool {
				now := b.count(who)
				quiet := now == before && b.active(who) == 0 && now > 0
				before = now
				return quiet
			})
		}
	})
}

func (b *bed) active(contactID string) (n int) {
	b.t.Helper()
	b.Read(b.t, func(ctx context.Context, tx *db.Tx) error {
		list, err := workflow.Enrolments(ctx, tx, b.Credentials.LocationID, workflow.Flow, contactID)
		for _, e := range list {
			if e.Status == workflow.Active {
				n++
			}
		}
		return err
	})
	return n
}
