package workflow

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/foyer-crm/foyer/internal/conversation"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
)

// listening gives the locations with a workflow that is published.
func listening(ctx context.Context, tx *db.Tx) (map[string]time.Time, error) {
	list, err := workflows.All(ctx, tx, "WHERE status = 'published'")
	if err != nil {
		return nil, err
	}
	since := map[string]time.Time{}
	for i := range list {
		at := list[i].PublishedAt
		if old, known := since[list[i].LocationID]; !known || at.Before(old) {
			since[list[i].LocationID] = at
		}
	}
	return since, nil
}

// listener is a published workflow that events are held against.
type listener struct {
	*Workflow
	definition *Definition // the one that is published
}

// listeners gives a location's published workflows.
func listeners(ctx context.Context, tx *db.Tx, locationID string) ([]listener, error) {
	list, err := workflows.All(ctx, tx, "WHERE location_id = $1 AND status = 'published' ORDER BY id", locationID)
	if err != nil {
		return nil, err
	}
	all := make([]listener, len(list))
	for i := range list {
		all[i] = listener{&list[i], &list[i].Definition}
		if list[i].PublishedVersion != list[i].Version {
			v, err := VersionOf(ctx, tx, locationID, list[i].ID, list[i].PublishedVersion)
			if err != nil {
				return nil, err
			}
			all[i].definition = &v.Definition
		}
	}
	return all, nil
}

// read finds what a page of events means: who begins, who has waited for one, and
// who is taken out.
func (g *Engine) read(ctx context.Context, locationID string, events []crm.Event) (func(ctx context.Context, tx *db.Tx) error, error) {
	var todo []func(ctx context.Context, tx *db.Tx) error
	err := g.db.Read(ctx, locationID, func(ctx context.Context, tx *db.Tx) error {
		todo = nil
		all, err := listeners(ctx, tx, locationID)
		if err != nil {
			return err
		}
		in, err := g.inside(ctx, tx, locationID, events)
		if err != nil {
			return err
		}
		for i := range events {
			more, err := g.meaning(ctx, tx, &events[i], all, in)
			if err != nil {
				return err
			}
			todo = append(todo, more...)
		}
		return nil
	})
	if err != nil || len(todo) == 0 {
		return nil, err
	}
	return func(ctx context.Context, tx *db.Tx) error {
		for _, do := range todo {
			if err := do(ctx, tx); err != nil && !lasting(err) { // a contact that was deleted meanwhile, a workflow that is a draft
				return err
			}
		}
		return nil
	}, nil
}

// inside gives the enrolments that are under way of the contacts of some events,
// by contact.
func (g *Engine) inside(ctx context.Context, tx *db.Tx, locationID string, events []crm.Event) (map[string][]Enrolment, error) {
	seen, marks, args := map[string]bool{}, "", []any{locationID}
	for i := range events {
		if id := events[i].ContactID; id != "" && !seen[id] {
			seen[id] = true
			args = append(args, id)
			marks += fmt.Sprintf(", $%d", len(args))
		}
	}
	in := map[string][]Enrolment{}
	if len(seen) == 0 {
		return in, nil
	}
	list, err := enrolments.All(ctx, tx, "/*sqlite INDEXED BY enrolments_contact*/ WHERE location_id = $1 AND contact_id IN ("+marks[len(", "):]+") AND status IN ('active', 'paused')", args...)
	for i := range list {
		in[list[i].ContactID] = append(in[list[i].ContactID], list[i])
	}
	return in, err
}

// meaning gives what an event makes to be done.
func (g *Engine) meaning(ctx context.Context, tx *db.Tx, e *crm.Event, all []listener, in map[string][]Enrolment) (todo []func(context.Context, *db.Tx) error, err error) {
	if e.ContactID == "" {
		return nil, nil
	}
	if e.Data.Kind == "quiet" { // whoever did it asked for no automation: nobody begins or goes on by it
		all = nil
		in = map[string][]Enrolment{e.ContactID: slices.DeleteFunc(slices.Clone(in[e.ContactID]), func(in Enrolment) bool { return !in.follows(e) })}
	}
	var s *scope // read when the first trigger needs it
	known := func() (bool, error) {
		if s != nil {
			return s.contact != nil, nil
		}
		s = &scope{}
		contact, err := ifThere(crm.ContactByID(ctx, tx, e.LocationID, e.ContactID))
		if err != nil || contact == nil {
			return false, err
		}
		s, err = scopeOf(ctx, tx, contact, dataOf(e), e)
		return err == nil, err
	}
	for i := range all {
		w := &all[i]
		if e.At().Before(w.PublishedAt) {
			continue
		}
		for n := range w.definition.Triggers {
			t := &w.definition.Triggers[n]
			if t.On == OnDate && t.dated(e) {
				todo = append(todo, g.planFor(w, n, t, e))
			}
			if !t.about(e) {
				continue
			}
			if is, err := known(); err != nil || !is {
				return todo, err
			}
			if t.fits(s) {
				todo = append(todo, g.beginBy(w, n, e, s))
				break // once is enough
			}
		}
	}
	for i := range in[e.ContactID] {
		more, err := g.inMeaning(ctx, tx, e, &in[e.ContactID][i], known, func() *scope { return s })
		if err != nil {
			return nil, err
		}
		todo = append(todo, more...)
	}
	return todo, nil
}

// dated reports whether an event gave a contact the date that a trigger is about.
func (t *Trigger) dated(e *crm.Event) bool {
	if e.Type == "contact.created" {
		return true
	}
	moved := Trigger{Field: t.Field}
	return strings.HasPrefix(e.Type, "contact.") && (moved.changed(e) != nil || strings.Contains(t.Field, "custom."))
}

// planFor has a contact begin on its day, if that comes before all contacts are
// looked at again.
func (g *Engine) planFor(w *listener, n int, t *Trigger, e *crm.Event) func(context.Context, *db.Tx) error {
	return func(ctx context.Context, tx *db.Tx) error {
		contact, err := ifThere(crm.ContactByID(ctx, tx, e.LocationID, e.ContactID))
		if err != nil || contact == nil {
			return err
		}
		return g.plan(ctx, tx, w.Workflow, n, t, contact, tx.Now())
	}
}

// beginBy lets the contact of an event begin.
func (g *Engine) beginBy(w *listener, trigger int, e *crm.Event, s *scope) func(context.Context, *db.Tx) error {
	n := Entry{Kind: w.Kind, WorkflowID: w.ID, ContactID: e.ContactID, Cause: e.ID, Data: dataOf(e)}
	n.Data.Trigger = trigger
	if s.appointment != nil {
		n.EventAt = s.appointment.Start
	}
	return func(ctx context.Context, tx *db.Tx) error {
		if e.Origin == Origin {
			from, err := ifThere(enrolment(ctx, tx, e.LocationID, e.CredentialID, ""))
			if err != nil {
				return err
			}
			if from != nil {
				n.Data.Chain = from.chain(e.At())
			}
		}
		_, err := Enrol(ctx, tx, crm.Actor{LocationID: e.LocationID, Origin: Origin}, n)
		if errs.Is(err, errs.Conflict) { // a loop, which is an event by itself
			return nil
		}
		return err
	}
}

// inMeaning gives what an event means to an enrolment that is under way.
func (g *Engine) inMeaning(ctx context.Context, tx *db.Tx, e *crm.Event, in *Enrolment, known func() (bool, error), s func() *scope) ([]func(context.Context, *db.Tx) error, error) {
	flow, err := g.program(ctx, tx, in)
	if err != nil || e.CredentialID == in.ID && e.Origin == Origin { // its own
		return nil, err
	}
	why, err := g.stops(ctx, tx, e, in, flow)
	if err != nil {
		return nil, err
	}
	if why != "" {
		return []func(context.Context, *db.Tx) error{func(ctx context.Context, tx *db.Tx) error {
			now, err := ifThere(enrolment(ctx, tx, e.LocationID, in.ID, forUpdate))
			if err != nil || now == nil || now.Status != Active && now.Status != Paused {
				return err
			}
			return now.takeOut(ctx, tx, now.actor(), why)
		}}, nil
	}
	if in.Step < 0 || int(in.Step) >= len(flow.nodes) {
		return nil, nil
	}
	if in.Waiting == forTime && flow.nodes[in.Step].step.Until != "" && in.Data.about(e) {
		return []func(context.Context, *db.Tx) error{func(ctx context.Context, tx *db.Tx) error { return lookAgain(ctx, tx, in) }}, nil
	}
	if in.Waiting != forEvent || e.At().Before(in.StepAt) {
		return nil, nil
	}
	t := flow.nodes[in.Step].step.Event
	if t == nil || !t.about(e) {
		return nil, nil
	}
	if is, err := known(); err != nil || !is || !t.fits(s()) {
		return nil, err
	}
	step := in.Step
	return []func(context.Context, *db.Tx) error{func(ctx context.Context, tx *db.Tx) error {
		now, err := ifThere(enrolment(ctx, tx, e.LocationID, in.ID, forUpdate))
		if err != nil || now == nil || now.Waiting != forEvent || now.Step != step {
			return err
		}
		now.Data.remember(dataOf(e))
		return g.goOn(ctx, tx, now, e.Type)
	}}, nil
}

// about reports whether an event is of what an enrolment is about, or of its contact.
func (d *Data) about(e *crm.Event) bool {
	return e.ObjectID != "" && slices.Contains([]string{d.AppointmentID, d.OpportunityID, d.TaskID}, e.ObjectID) || e.Type == "contact.updated"
}

// follows reports whether an enrolment waits for a moment of the appointment that an
// event is about: when that is, or whether it is at all, it has to know, however
// quietly it was said.
func (n *Enrolment) follows(e *crm.Event) bool {
	return n.Data.AppointmentID != "" && n.Data.AppointmentID == e.ObjectID && n.Waiting == forTime
}

// lookAgain has a step that waits for a time look whether it has moved.
func lookAgain(ctx context.Context, tx *db.Tx, in *Enrolment) error {
	now, err := ifThere(enrolment(ctx, tx, in.LocationID, in.ID, forUpdate))
	if err != nil || now == nil || now.Status != Active || now.Waiting != forTime || now.Step != in.Step {
		return err
	}
	now.DueAt = tx.Now()
	return enrolments.Update(ctx, tx, now)
}

// remember keeps what an event was about that an enrolment waited for.
func (d *Data) remember(of Data) {
	if of.AppointmentID != "" {
		d.AppointmentID = of.AppointmentID
	}
	if of.OpportunityID != "" {
		d.OpportunityID = of.OpportunityID
	}
	if of.TaskID != "" {
		d.TaskID = of.TaskID
	}
	if of.MessageID != "" {
		d.MessageID = of.MessageID
	}
}

// stops gives why an event takes a contact out of a workflow, "" if it does not.
func (g *Engine) stops(ctx context.Context, tx *db.Tx, e *crm.Event, in *Enrolment, flow *compiled) (why string, err error) {
	on := flow.version.Definition.StopOn
	if flow.kind == Campaign {
		on = append([]string{Reply, Unsubscribe, Bounce}, on...)
	}
	switch e.Type {
	case "message.inbound":
		if !slices.Contains(on, Reply) {
			return "", nil
		}
		m, err := ifThere(conversation.MessageByID(ctx, tx, e.LocationID, e.ObjectID))
		if err != nil || m == nil || m.Details.Auto { // nobody has written an out-of-office note
			return "", err
		}
		return "replied", nil
	case "contact.unsubscribed":
		if slices.Contains(on, Unsubscribe) {
			return "unsubscribed", nil
		}
	case "message.bounced", "message.complained":
		if slices.Contains(on, Bounce) {
			return e.Type[len("message."):], nil
		}
	case "appointment.created":
		if slices.Contains(on, Booking) {
			return "booked", nil
		}
	case "appointment.status", "appointment.deleted":
		if e.ObjectID == in.Data.AppointmentID && slices.Contains(on, Cancellation) && became(e, "cancelled") {
			return "cancelled", nil
		}
	}
	return "", nil
}
