package workflow

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/foyer-crm/foyer/internal/errs"
)

// target gives the workflow or campaign that the step names.
func (r *run) target(ctx context.Context) (*Workflow, error) {
	kind, name := Flow, r.step.Workflow
	if name == "" {
		kind, name = Campaign, r.step.Campaign
	}
	return Named(ctx, r.tx, r.e.LocationID, kind, name)
}

// enrol puts the contact into another workflow.
func (r *run) enrol(ctx context.Context) (result, error) {
	w, err := r.target(ctx)
	if err != nil {
		return result{}, err
	}
	data := r.e.Data
	data.Chain = r.e.chain(r.tx.Now())
	e, err := Enrol(ctx, r.tx, r.by, Entry{Kind: w.Kind, WorkflowID: w.ID, ContactID: r.e.ContactID, EventAt: r.e.EventAt, Cause: fmt.Sprintf("%s/%d", r.e.ID, r.e.Taken), Data: data})
	if errs.Is(err, errs.Conflict) && errs.As(err).Code == "loop" {
		return result{outcome: Skipped, detail: errs.As(err).Text}, nil
	}
	if err != nil {
		return result{}, err
	}
	if e == nil {
		return result{outcome: Skipped, detail: w.Name}, nil
	}
	return result{detail: w.Name, object: e.ID}, nil
}

// remove takes the contact out of another workflow, or out of this one.
func (r *run) remove(ctx context.Context) (result, error) {
	w, err := r.target(ctx)
	if err != nil {
		return result{}, err
	}
	if w.ID == r.e.WorkflowID {
		to := finish
		return result{to: &to, detail: "out of this one"}, nil
	}
	return result{detail: w.Name}, Remove(ctx, r.tx, r.by, w.Kind, w.ID, r.e.ContactID)
}

// memory is how long a workflow counts as the cause of what it led to: circles
// that take longer than this run nobody over.
const memory = 24 * time.Hour

// chain is the way that leads on from an enrolment.
func (e *Enrolment) chain(now time.Time) []string {
	if now.Sub(e.CreatedAt) > memory {
		return nil
	}
	return append(slices.Clone(e.Data.Chain), e.WorkflowID)
}
