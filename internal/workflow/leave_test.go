package workflow_test

import (
	"context"
	"testing"
	"time"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/workflow"
)

// A workflow that is deleted can be kept for a while: until then everybody waits
// where they are, and go on as if nothing had been. One that nobody keeps goes with
// all that belongs to it.
func TestADeletedWorkflowCanBeKept(t *testing.T) {
	each(t, func(t *testing.T, b *bed) {
		w := b.publish("name: Slow\ntriggers: [{on: intake}]\nsteps: [{do: add_tag, tags: [in]}, {id: w, do: wait, for: 1h}, {do: add_tag, tags: [end]}]\n")
		who := b.lead("radius", ana(""))
		in := b.reaches(w, who, workflow.Active)
		b.until("they wait", func() bool {
			in = b.enrolments(w, who)[0]
			return in.Waiting == "time"
		})
		leave := func(after time.Duration) {
			b.write("ui", func(ctx context.Context, tx *db.Tx, by crm.Actor) error {
				return workflow.DeleteLater(ctx, tx, by, w.Kind, w.ID, after)
			})
		}
		now := func() (is *workflow.Workflow) {
			t.Helper()
			b.Read(t, func(ctx context.Context, tx *db.Tx) (err error) {
				if is, err = workflow.ByID(ctx, tx, in.LocationID, w.Kind, w.ID); errs.Is(err, errs.NotFound) {
					is, err = nil, nil
				}
				return err
			})
			return is
		}
		before := now()
		leave(time.Hour)
		leave(time.Hour) // a second time is none
		if is := now(); is == nil || is.Status != workflow.Draft {
			t.Fatalf("it is %+v", is)
		}
		if e := b.enrolments(w, who)[0]; e.Status != workflow.Paused {
			t.Errorf("who is in it is %s", e.Status)
		}
		b.write("ui", func(ctx context.Context, tx *db.Tx, by crm.Actor) error { return workflow.Stay(ctx, tx, by, w.ID) })
		is := now()
		if is.Status != workflow.Published || is.PublishedVersion != before.PublishedVersion || !is.PublishedAt.Equal(before.PublishedAt) {
			t.Errorf("it was %+v and is %+v", before, is)
		}
		if e := b.enrolments(w, who)[0]; e.Status != workflow.Active || e.StepKey != in.StepKey || !e.DueAt.Equal(in.DueAt) {
			t.Errorf("who is in it was %+v and is %+v", in, e)
		}
		if err := b.DB.Write(t.Context(), in.LocationID, func(ctx context.Context, tx *db.Tx) error {
			return workflow.Stay(ctx, tx, crm.Actor{LocationID: in.LocationID, Origin: "ui"}, w.ID)
		}); !errs.Is(err, errs.Conflict) {
			t.Errorf("keeping what is kept: %v", err)
		}
		leave(0)
		b.until("it is gone", func() bool { return now() == nil })
		if list := b.enrolments(w, who); len(list) > 0 {
			t.Errorf("left of it: %v", list)
		}
	})
}
