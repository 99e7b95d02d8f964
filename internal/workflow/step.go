package workflow

import (
	"context"
	"fmt"
	"time"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/mergefield"
	"github.com/foyer-crm/foyer/internal/norm"
)

// run is one step being taken.
type run struct {
	*Engine
	tx    *db.Tx
	e     *Enrolment
	flow  *compiled
	node  *node
	step  *Step
	scope *scope
	by    crm.Actor
}

// result is what came of a step. The zero value is: done, go on.
type result struct {
	stay    bool      // it is not done: the step stays the next one
	to      *int      // where to go on, if not at the next step
	due     time.Time // when to go on; zero is now
	waiting string    // for what
	outcome string    // Done if left out
	detail  string    // for people
	object  string    // what it made
}

// The outcomes of a step.
const (
	Done    = "done"
	Skipped = "skipped"
	Waits   = "waiting"
	Broke   = "failed"
)

// mostHops is how many steps may follow one another without a wait: more go in
// circles.
const mostHops = 200

// step takes the step that is due of an enrolment.
func (g *Engine) step(ctx context.Context, tx *db.Tx, locationID, enrolmentID string) error {
	e, err := ifThere(enrolment(ctx, tx, locationID, enrolmentID, ""))
	if err != nil || e == nil {
		return err
	}
	// The contact first, as everywhere, so that two never wait for each other.
	contact, err := ifThere(crm.LockContact(ctx, tx, locationID, e.ContactID))
	if err != nil || contact == nil {
		return err
	}
	if e, err = ifThere(enrolment(ctx, tx, locationID, enrolmentID, forUpdate)); err != nil || e == nil || e.DueAt.IsZero() || e.DueAt.After(tx.Now()) {
		return err // another process was quicker
	}
	flow, err := g.program(ctx, tx, e)
	if err != nil {
		return err
	}
	s, err := scopeOf(ctx, tx, contact, e.Data, nil)
	if err != nil {
		return err
	}
	s.workflow, s.unsubscribe = flow.name, g.no(locationID, contact.ID, e.ID)
	if e.Status == Planned {
		return g.begin(ctx, tx, e, flow, s)
	}
	if e.Step < 0 || int(e.Step) >= len(flow.nodes) {
		return e.finish(ctx, tx)
	}
	r := &run{Engine: g, tx: tx, e: e, flow: flow, node: &flow.nodes[e.Step], scope: s, by: e.actor()}
	r.step = r.node.step
	if e.Hops >= mostHops {
		return &stopped{errs.New(errs.Conflict, "%d steps followed one another without a wait: the workflow goes in circles at step %s", mostHops, r.node.key)}
	}
	out, err := r.do(ctx)
	if lasting(err) {
		return &stopped{err}
	}
	if err != nil {
		return err
	}
	return r.settle(ctx, out)
}

// lasting reports whether an error will be there the next time too.
func lasting(err error) bool {
	return err != nil && errs.KindOf(err) != errs.Internal && errs.KindOf(err) != errs.Unavailable
}

// begin starts an enrolment that was planned for today, if what it was planned
// for still holds.
func (g *Engine) begin(ctx context.Context, tx *db.Tx, e *Enrolment, flow *compiled, s *scope) error {
	w, err := ByID(ctx, tx, e.LocationID, e.Kind, e.WorkflowID)
	if err != nil {
		return err
	}
	triggers := flow.version.Definition.Triggers
	fits := w.Status == Published && e.Data.Trigger < len(triggers)
	if fits {
		t := &triggers[e.Data.Trigger]
		_, day, ok := t.day(s, tx.Now())
		fits = ok && day.Equal(e.EventAt) && t.If.Holds(s)
	}
	why := "it no longer fits"
	if fits {
		other, err := already(ctx, tx, s.contact, w, flow.version, "")
		if err != nil {
			return err
		}
		if fits = other == nil || other.ID == e.ID; !fits {
			why = "the contact is in it already"
		}
	}
	if !fits {
		e.end(tx.Now(), Removed, why)
		return enrolments.Update(ctx, tx, e)
	}
	e.Status, e.UpdatedAt, e.StepAt = Active, tx.Now(), tx.Now()
	if err := enrolments.Update(ctx, tx, e); err != nil {
		return err
	}
	return e.entered(ctx, tx, e.actor(), w)
}

// do does what the step says.
func (r *run) do(ctx context.Context) (result, error) {
	steps := map[string]func(context.Context) (result, error){
		DoWait: r.wait, DoBranch: r.branch, DoGoto: r.nothing, DoEnd: r.nothing,
		DoAddTag: r.addTag, DoRemoveTag: r.removeTag, DoSetField: r.setField, DoAssign: r.assign,
		DoTask: r.task, DoNote: r.note, DoOpportunity: r.opportunity, DoMoveStage: r.moveStage, DoAppointment: r.appointment,
		DoEmail: r.email, DoSMS: r.sms, DoEnrol: r.enrol, DoRemove: r.remove, DoWebhook: r.webhook, DoNotify: r.notify,
	}
	do, ok := steps[r.step.Do]
	if !ok {
		return result{}, errs.New(errs.Invalid, "%q is not a step", r.step.Do)
	}
	return do(ctx)
}

// nothing is a step that only says where to go on.
func (r *run) nothing(context.Context) (result, error) { return result{}, nil }

// settle records what came of the step and where the enrolment goes on.
func (r *run) settle(ctx context.Context, out result) error {
	e := r.e
	if out.outcome == "" {
		out.outcome = Done
		if out.stay {
			out.outcome = Waits
		}
	}
	if !out.stay || e.Waiting == "" && out.waiting != "" {
		if err := e.note(ctx, r.tx, r.node, out.outcome, out.detail, out.object); err != nil {
			return err
		}
	}
	now := r.tx.Now()
	if out.due.IsZero() && out.waiting == "" {
		out.due = now
	}
	e.Hops++
	if out.waiting == forEvent || out.waiting == forAnswer || out.due.Sub(now) >= time.Minute {
		e.Hops = 0
	}
	e.Error, e.Waiting, e.DueAt, e.UpdatedAt, e.StepAt = "", out.waiting, out.due, now, now
	if !out.stay {
		to := r.node.next
		if out.to != nil {
			to = *out.to
		}
		e.goTo(r.flow.program, to)
		if to == finish && !e.DueAt.After(now) {
			return e.finish(ctx, r.tx)
		}
	}
	return enrolments.Update(ctx, r.tx, e)
}

// finish ends an enrolment behind its last step.
func (e *Enrolment) finish(ctx context.Context, tx *db.Tx) error {
	e.StepKey = ""
	e.end(tx.Now(), Finished, "completed")
	if err := enrolments.Update(ctx, tx, e); err != nil {
		return err
	}
	return crm.Emit(ctx, tx, e.actor(), e.Kind+".finished", e.ContactID, e.ID, crm.EventData{Kind: e.WorkflowID})
}

// fail records that a step failed and why; it stays the next one.
func (g *Engine) fail(ctx context.Context, tx *db.Tx, locationID, enrolmentID string, why error) error {
	e, err := ifThere(enrolment(ctx, tx, locationID, enrolmentID, forUpdate))
	if err != nil || e == nil || e.Status != Active && e.Status != Paused {
		return err
	}
	flow, err := g.program(ctx, tx, e)
	if err != nil {
		return err
	}
	if e.Step >= 0 && int(e.Step) < len(flow.nodes) {
		if err := e.note(ctx, tx, &flow.nodes[e.Step], Broke, why.Error(), ""); err != nil {
			return err
		}
	}
	e.Status, e.Error, e.DueAt, e.Waiting, e.UpdatedAt = Failed, cut(reason(why)), time.Time{}, "", tx.Now()
	if err := enrolments.Update(ctx, tx, e); err != nil {
		return err
	}
	return crm.Emit(ctx, tx, e.actor(), e.Kind+".failed", e.ContactID, e.ID, crm.EventData{Kind: e.WorkflowID, Text: crm.Excerpt(fmt.Sprintf("%s, step %s: %s", flow.name, e.StepKey, reason(why)))})
}

// reason says an error in words for people.
func reason(err error) string {
	e := errs.As(err)
	if e.Text == "" {
		return err.Error()
	}
	text := e.Text
	for _, f := range e.Fields {
		text += " · " + f.Name + ": " + f.Rule
	}
	return text
}

func cut(s string) string {
	s, _ = norm.Cut(s, 500)
	return s
}

// fill fills a text for plain places.
func (r *run) fill(text string) string { return r.fillAs(text, mergefield.Text) }

// line fills a text for a place of one line.
func (r *run) line(text string) string { return r.fillAs(text, mergefield.Line) }

func (r *run) fillAs(text string, as mergefield.Escape) string {
	t, err := mergefield.Parse(text)
	if err != nil {
		return text // checked when it was saved: it cannot fail
	}
	return t.Fill(r.scope.text, as)
}

// Passed is what became of a step that somebody came by.
type Passed struct {
	LocationID  string
	EnrolmentID string
	N           int64
	ContactID   string
	WorkflowID  string
	Step        string // its id or place
	Action      string // what it does
	Outcome     string
	Detail      string
	ObjectID    string // what it made
	At          time.Time
}

var passed = db.NewTable("enrolment_steps", []string{"location_id", "enrolment_id", "n"}, func(p *Passed) []db.Column {
	return []db.Column{
		{Name: "location_id", At: &p.LocationID}, {Name: "enrolment_id", At: &p.EnrolmentID}, {Name: "n", At: &p.N}, {Name: "contact_id", At: &p.ContactID},
		{Name: "workflow_id", At: &p.WorkflowID}, {Name: "step", At: &p.Step}, {Name: "action", At: &p.Action}, {Name: "outcome", At: &p.Outcome},
		{Name: "detail", At: &p.Detail}, {Name: "object_id", At: &p.ObjectID}, {Name: "at", At: db.Millis(&p.At)},
	}
})

// note records what became of a step.
func (e *Enrolment) note(ctx context.Context, tx *db.Tx, n *node, outcome, detail, object string) error {
	e.Taken++
	return passed.Insert(ctx, tx, &Passed{LocationID: e.LocationID, EnrolmentID: e.ID, N: e.Taken, ContactID: e.ContactID, WorkflowID: e.WorkflowID,
		Step: n.key, Action: n.step.Do, Outcome: outcome, Detail: cut(detail), ObjectID: object, At: tx.Now()})
}

// History gives what became of an enrolment's steps, the first one first.
func History(ctx context.Context, tx *db.Tx, locationID, enrolmentID string) ([]Passed, error) {
	return passed.All(ctx, tx, "WHERE location_id = $1 AND enrolment_id = $2 ORDER BY n", locationID, enrolmentID)
}
