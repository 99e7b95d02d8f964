package workflow

import (
	"context"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
)

// Retry has a step that failed run again. NotFound if the enrolment is not there,
// Conflict if it has not failed.
func Retry(ctx context.Context, tx *db.Tx, by crm.Actor, enrolmentID string) (*Enrolment, error) {
	return amend(ctx, tx, by, enrolmentID, "retried", func(e *Enrolment, p *program) { e.Attempts = 0 })
}

// Skip goes on behind a step that failed, or that is waiting. NotFound if the
// enrolment is not there, Conflict if it has ended.
func Skip(ctx context.Context, tx *db.Tx, by crm.Actor, enrolmentID string) (*Enrolment, error) {
	return amend(ctx, tx, by, enrolmentID, "skipped", func(e *Enrolment, p *program) {
		n := &p.nodes[e.Step]
		next := n.next
		if n.step.Do == DoBranch {
			next = n.rest
		}
		e.goTo(p, next)
	})
}

func amend(ctx context.Context, tx *db.Tx, by crm.Actor, enrolmentID, how string, change func(e *Enrolment, p *program)) (*Enrolment, error) {
	e, err := enrolment(ctx, tx, by.LocationID, enrolmentID, forUpdate)
	if err != nil {
		return nil, err
	}
	if e.Status != Failed && (how != "skipped" || e.Status != Active) {
		return nil, errs.New(errs.Conflict, "The enrolment is %s, no step of it has failed", e.Status)
	}
	v, err := VersionOf(ctx, tx, by.LocationID, e.WorkflowID, e.Version)
	if err != nil {
		return nil, err
	}
	p := compile(v.Definition.Steps)
	if int(e.Step) >= len(p.nodes) || e.Step < 0 {
		return nil, errs.New(errs.Conflict, "There is no step left")
	}
	at := &p.nodes[e.Step]
	if err := e.note(ctx, tx, at, how, "by hand", ""); err != nil {
		return nil, err
	}
	change(e, p)
	e.Status, e.Error, e.Waiting, e.DueAt, e.Hops, e.UpdatedAt = Active, "", "", tx.Now(), 0, tx.Now()
	return e, enrolments.Update(ctx, tx, e)
}

// goTo makes a place of the program the next one.
func (e *Enrolment) goTo(p *program, at int) {
	e.Step, e.StepKey, e.Attempts = int64(at), "", 0
	if at >= 0 && at < len(p.nodes) {
		e.StepKey = p.nodes[at].key
	}
}
