package notice

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/foyer-crm/foyer/internal/calendar"
	"github.com/foyer-crm/foyer/internal/conversation"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
)

// rule says which events are told of as which kind of thing. Who is told, of
// those that about names, says crm.NoticeKinds.
type rule struct {
	kind   string
	events []string
	about  func(ctx context.Context, tx *db.Tx, e *crm.Event) (*about, error)
}

// about is what an event means to people; nil for one that means nothing.
type about struct {
	assigned  []string // users
	followers []string
	text      string
}

// rules is the table of events that people are told of. New leads are told of
// in the transaction that makes them, imports by themselves.
func rules() []rule {
	return []rule{
		{"lead_assigned", []string{"contact.created", "contact.updated"}, leadAssigned},
		{"task_assigned", []string{"task.created", "task.updated"}, taskAssigned},
		{"task_due", []string{"task.created", "task.updated"}, remind},
		{"appointment_booked", []string{"appointment.created"}, booked},
		{"appointment_moved", []string{"appointment.updated"}, moved},
		{"appointment_cancelled", []string{"appointment.status", "appointment.deleted"}, cancelled},
		{"message_received", []string{"message.inbound"}, received},
		{"opportunity_stage", []string{"opportunity.updated"}, stageMoved},
		{"workflow_failed", []string{"workflow.failed", "campaign.failed"}, plain},
		{"webhook_disabled", []string{"webhook.disabled"}, webhookDisabled},
		{"connection_failed", []string{"connection.broken", "connection.failing"}, plain},
		{"duplicate_found", []string{"duplicate.found"}, duplicate},
	}
}

// to gives what an event changed a field to; ok is false if it did not.
func to(e *crm.Event, fields ...string) (v string, ok bool) {
	for _, c := range e.Data.Changes {
		if slices.Contains(fields, c.Field) {
			v, _ = c.To.(string)
			return v, true
		}
	}
	return "", false
}

// with names a contact behind a text.
func with(text string, c *crm.Contact) string {
	name := c.FullName()
	switch {
	case name == "":
		name = c.Email
	case text == "":
		return name
	}
	if name == "" {
		return text
	}
	return text + " · " + name
}

func leadAssigned(ctx context.Context, tx *db.Tx, e *crm.Event) (*about, error) {
	who, ok := to(e, "assignedTo")
	if !ok || who == "" {
		return nil, nil
	}
	c, err := crm.ContactByID(ctx, tx, e.LocationID, e.ContactID)
	if err != nil {
		return nil, err
	}
	return &about{assigned: []string{who}, text: with("", c)}, nil
}

func taskAssigned(ctx context.Context, tx *db.Tx, e *crm.Event) (*about, error) {
	t, err := crm.TaskByID(ctx, tx, e.LocationID, e.ContactID, e.ObjectID)
	if err != nil {
		return nil, err
	}
	if _, changed := to(e, "assignedTo"); t.AssignedTo == "" || t.Completed || e.Type == "task.updated" && !changed {
		return nil, nil
	}
	c, err := crm.ContactByID(ctx, tx, e.LocationID, t.ContactID)
	if err != nil {
		return nil, err
	}
	return &about{assigned: []string{t.AssignedTo}, text: with(t.Title, c)}, nil
}

// meeting is what people are told of an appointment: whose time it takes, and who
// follows the contact.
func meeting(ctx context.Context, tx *db.Tx, a *calendar.Appointment) (*about, error) {
	l, err := crm.LocationByID(ctx, tx, a.LocationID)
	if err != nil {
		return nil, err
	}
	zone, err := time.LoadLocation(l.Timezone)
	if err != nil {
		zone = time.UTC
	}
	v := &about{assigned: append([]string{a.UserID}, a.Details.Users...), text: a.Start.In(zone).Format("Mon 2 Jan 15:04") + " " + a.Title}
	c, err := crm.ContactByID(ctx, tx, a.LocationID, a.ContactID)
	if errs.Is(err, errs.NotFound) {
		return v, nil
	}
	if err != nil {
		return nil, err
	}
	v.followers, v.text = c.Followers, with(v.text, c)
	return v, nil
}

// appointment gives the appointment of an event that automations may tell of.
func appointment(ctx context.Context, tx *db.Tx, e *crm.Event) (*about, error) {
	if e.Data.Kind == "quiet" {
		return nil, nil
	}
	a, err := calendar.AppointmentByID(ctx, tx, e.LocationID, e.ObjectID)
	if err != nil {
		return nil, err
	}
	return meeting(ctx, tx, a)
}

func booked(ctx context.Context, tx *db.Tx, e *crm.Event) (*about, error) {
	return appointment(ctx, tx, e)
}

func moved(ctx context.Context, tx *db.Tx, e *crm.Event) (*about, error) {
	if _, ok := to(e, "startTime"); !ok {
		return nil, nil
	}
	return appointment(ctx, tx, e)
}

func cancelled(ctx context.Context, tx *db.Tx, e *crm.Event) (*about, error) {
	if e.Type == "appointment.deleted" {
		a, err := calendar.Deleted(e)
		if err != nil || a == nil || e.Data.Kind == "quiet" || a.Status == calendar.Cancelled {
			return nil, err
		}
		return meeting(ctx, tx, a)
	}
	if status, _ := to(e, "appointmentStatus"); status != calendar.Cancelled {
		return nil, nil
	}
	return appointment(ctx, tx, e)
}

func received(ctx context.Context, tx *db.Tx, e *crm.Event) (*about, error) {
	if _, err := conversation.MessageByID(ctx, tx, e.LocationID, e.ObjectID); err != nil {
		return nil, err
	}
	c, err := crm.ContactByID(ctx, tx, e.LocationID, e.ContactID)
	if err != nil {
		return nil, err
	}
	name := with("", c)
	return &about{assigned: []string{c.AssignedTo}, followers: c.Followers, text: strings.TrimSuffix(name+": "+e.Data.Text, ": ")}, nil
}

func stageMoved(ctx context.Context, tx *db.Tx, e *crm.Event) (*about, error) {
	if _, ok := to(e, "pipelineStageId", "status"); !ok {
		return nil, nil
	}
	o, err := crm.OpportunityByID(ctx, tx, e.LocationID, e.ObjectID)
	if err != nil {
		return nil, err
	}
	p, err := crm.PipelineByID(ctx, tx, e.LocationID, o.PipelineID)
	if err != nil {
		return nil, err
	}
	where := o.Status
	for _, s := range p.Stages {
		if s.ID == o.StageID && o.Status == "open" {
			where = s.Name
		}
	}
	return &about{assigned: []string{o.AssignedTo}, followers: o.Followers, text: o.Name + " → " + where}, nil
}

// plain is an event that says itself what it is about.
func plain(_ context.Context, _ *db.Tx, e *crm.Event) (*about, error) {
	return &about{text: e.Data.Text}, nil
}

// webhookDisabled is told of where nobody did it by hand.
func webhookDisabled(_ context.Context, _ *db.Tx, e *crm.Event) (*about, error) {
	if e.Origin != "webhook" {
		return nil, nil
	}
	return &about{text: e.Data.Text + ": " + e.Data.Kind}, nil
}

func duplicate(ctx context.Context, tx *db.Tx, e *crm.Event) (*about, error) {
	a, err := crm.ContactByID(ctx, tx, e.LocationID, e.ContactID)
	if err != nil {
		return nil, err
	}
	b, err := crm.ContactByID(ctx, tx, e.LocationID, e.Data.Other)
	if err != nil {
		return nil, err
	}
	return &about{assigned: []string{a.AssignedTo, b.AssignedTo}, text: with("", a) + " and " + with("", b) + ": " + e.Data.Text}, nil
}
