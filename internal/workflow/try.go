package workflow

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/foyer-crm/foyer/internal/calendar"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
)

// Trial is what would become of a contact in a workflow.
type Trial struct {
	Triggers []Fit
	Steps    []Tried
	Open     bool // there would be more steps than are tried
}

// Fit says whether a contact is one of those that a trigger takes.
type Fit struct {
	On    string
	Holds bool
}

// Tried is what a step would do.
type Tried struct {
	Key     string // its id or place
	Do      string
	At      time.Time // when, if everything goes on as soon as it can
	Outcome string    // Done, Skipped, Waits or Broke
	Detail  string    // for people
	Text    string    // what it would say, filled
}

// errTried ends the transaction of a trial: nothing of it stays.
var errTried = errors.New("tried")

// mostTried is how many steps a trial takes.
const mostTried = 60

// Try runs a definition for a contact, step by step, and takes everything back:
// nothing is sent, stored or called. Waits are taken as waited; for what a step
// waits from outside comes where answered is set, and does not come in time
// otherwise. NotFound if the contact is not there, Invalid for a definition that
// cannot be.
func (g *Engine) Try(ctx context.Context, locationID string, w *Workflow, contactID string, answered bool) (*Trial, error) {
	if err := check(w, Draft); err != nil {
		return nil, err
	}
	var t *Trial
	err := g.db.Write(ctx, locationID, func(ctx context.Context, tx *db.Tx) (err error) {
		if t, err = g.try(ctx, tx, w, contactID, answered); err == nil {
			err = errTried
		}
		return err
	})
	if errors.Is(err, errTried) {
		err = nil
	}
	return t, err
}

func (g *Engine) try(ctx context.Context, tx *db.Tx, w *Workflow, contactID string, answered bool) (*Trial, error) {
	contact, err := crm.LockContact(ctx, tx, w.LocationID, contactID)
	if err != nil {
		return nil, err
	}
	e := &Enrolment{LocationID: w.LocationID, ID: tx.NewID(), WorkflowID: w.ID, ContactID: contact.ID, Kind: w.Kind, Status: Active, Version: w.Version, CreatedAt: tx.Now(), EventAt: tx.Now()}
	if e.Data, err = lastThings(ctx, tx, contact); err != nil {
		return nil, err
	}
	flow := &compiled{program: compile(w.Definition.Steps), name: w.Name, version: &Version{LocationID: w.LocationID, WorkflowID: w.ID, Version: w.Version, Definition: w.Definition}}
	t := &Trial{}
	shift := time.Duration(0) // how much later than now it would be
	for at := 0; at != finish && at < len(flow.nodes); {
		if contact, err = crm.ContactByID(ctx, tx, w.LocationID, contact.ID); err != nil {
			return nil, err
		}
		s, err := scopeOf(ctx, tx, contact, e.Data, nil)
		if err != nil {
			return nil, err
		}
		s.workflow, s.unsubscribe = w.Name, g.no(w.LocationID, contact.ID, e.ID)
		if len(t.Steps) == 0 {
			for i := range w.Definition.Triggers {
				t.Triggers = append(t.Triggers, Fit{w.Definition.Triggers[i].On, w.Definition.Triggers[i].If.Holds(s)})
			}
		}
		if len(t.Steps) == mostTried {
			t.Open = true
			break
		}
		e.goTo(flow.program, at)
		e.Waiting = ""
		r := &run{Engine: g, tx: tx, e: e, flow: flow, node: &flow.nodes[at], step: flow.nodes[at].step, scope: s, by: e.actor()}
		one := Tried{Key: r.node.key, Do: r.step.Do, At: tx.Now().Add(shift), Text: r.words()}
		out, err := r.do(ctx)
		if err != nil && !lasting(err) {
			return nil, err
		}
		if err != nil {
			one.Outcome, one.Detail = Broke, reason(err)
			t.Steps = append(t.Steps, one)
			break
		}
		at = r.after(&one, out, answered, &shift)
		t.Steps = append(t.Steps, one)
	}
	return t, nil
}

// after says what became of a step that was tried, and where it goes on.
func (r *run) after(one *Tried, out result, answered bool, shift *time.Duration) (to int) {
	one.Outcome, one.Detail = Done, out.detail
	if out.outcome != "" {
		one.Outcome = out.outcome
	}
	to = r.node.next
	if out.to != nil {
		to = *out.to
	}
	if !out.stay {
		return to
	}
	one.Outcome = Waits
	if out.waiting == "" && r.step.Do != DoWait {
		one.Detail = "when the window opens, " + written(out.due, r.scope.zone())
	}
	switch {
	case out.waiting == forEvent && answered:
		one.Detail += ": it comes"
		return to
	case out.waiting == forEvent && out.due.IsZero():
		one.Detail += ": until it comes"
		return finish
	case out.waiting == forEvent:
		one.Detail += ": it does not come"
		to = r.flow.target(r.step.Late, r.node.next)
	}
	if out.due.After(r.tx.Now()) {
		*shift += out.due.Sub(r.tx.Now())
	}
	return to
}

// words is what a step says to somebody, with its fields filled.
func (r *run) words() string {
	s := r.step
	switch s.Do {
	case DoEmail:
		body := s.Body
		if body == "" {
			body = s.HTML
		}
		return r.line(s.Subject) + "\n\n" + r.fill(body)
	case DoSMS, DoNote:
		return r.fill(s.Body)
	case DoTask:
		return strings.TrimSpace(r.line(s.Title) + "\n" + r.fill(s.Body))
	case DoNotify:
		return r.fill(s.Text)
	case DoSetField:
		return s.Field + " = " + r.fill(s.Value)
	case DoAddTag, DoRemoveTag:
		return r.fill(strings.Join(s.Tags, ", "))
	case DoWebhook:
		return r.fillAs(s.URL, func(v string) string { return v })
	}
	return ""
}

// lastThings is what a contact who begins would have brought: the appointment and
// the deal that are their last.
func lastThings(ctx context.Context, tx *db.Tx, c *crm.Contact) (d Data, err error) {
	booked, err := calendar.OfContact(ctx, tx, c.LocationID, c.ID)
	if err != nil {
		return d, err
	}
	if n := len(booked); n > 0 {
		d.AppointmentID = booked[n-1].ID
	}
	deals, _, err := crm.Opportunities(ctx, tx, c.LocationID, crm.OpportunityQuery{Filter: crm.Filter{Field: "contactId", Value: c.ID}, Limit: 1})
	if len(deals) > 0 {
		d.OpportunityID = deals[0].ID
	}
	return d, err
}
