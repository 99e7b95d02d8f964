package workflow

import (
	"context"
	"strings"

	"github.com/foyer-crm/foyer/internal/calendar"
	"github.com/foyer-crm/foyer/internal/conversation"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
)

// scopeOf reads all that a contact's conditions and merge fields can see. What
// has been deleted meanwhile is not known.
func scopeOf(ctx context.Context, tx *db.Tx, contact *crm.Contact, d Data, e *crm.Event) (*scope, error) {
	s := &scope{now: tx.Now(), contact: contact, event: e, webhook: d.Webhook}
	var err error
	if s.location, err = crm.LocationByID(ctx, tx, contact.LocationID); err != nil {
		return nil, err
	}
	if contact.AssignedTo != "" {
		if s.user, err = ifThere(crm.UserByID(ctx, tx, contact.AssignedTo)); err != nil {
			return nil, err
		}
	}
	fields, err := crm.CustomFields(ctx, tx, contact.LocationID)
	if err != nil {
		return nil, err
	}
	s.custom = map[string]string{}
	for i := range fields {
		_, key, _ := strings.Cut(fields[i].Key, ".")
		s.custom[key] = fields[i].ID
	}
	return s, s.read(ctx, tx, contact.LocationID, d)
}

// read reads the things that an event or a step was about.
func (s *scope) read(ctx context.Context, tx *db.Tx, locationID string, d Data) (err error) {
	if d.AppointmentID != "" {
		if s.appointment, err = ifThere(calendar.AppointmentByID(ctx, tx, locationID, d.AppointmentID)); err != nil {
			return err
		}
		if s.appointment != nil && s.appointment.CalendarID != "" {
			c, err := ifThere(calendar.ByID(ctx, tx, locationID, s.appointment.CalendarID))
			if err != nil {
				return err
			}
			if c != nil {
				s.calendar = c.Name
			}
		}
	}
	if d.OpportunityID != "" {
		if s.opportunity, err = ifThere(crm.OpportunityByID(ctx, tx, locationID, d.OpportunityID)); err != nil {
			return err
		}
		if s.opportunity != nil {
			if s.pipeline, err = ifThere(crm.PipelineByID(ctx, tx, locationID, s.opportunity.PipelineID)); err != nil {
				return err
			}
		}
	}
	if d.TaskID != "" {
		if s.task, err = ifThere(crm.TaskByID(ctx, tx, locationID, s.contact.ID, d.TaskID)); err != nil {
			return err
		}
	}
	if d.MessageID != "" {
		s.message, err = ifThere(conversation.MessageByID(ctx, tx, locationID, d.MessageID))
	}
	return err
}

// ifThere makes nothing of what is not there.
func ifThere[T any](v *T, err error) (*T, error) {
	if errs.Is(err, errs.NotFound) {
		return nil, nil
	}
	return v, err
}

// dataOf is what an enrolment remembers of an event.
func dataOf(e *crm.Event) Data {
	d := Data{EventID: e.ID}
	thing, _, _ := strings.Cut(e.Type, ".")
	switch thing {
	case "appointment":
		d.AppointmentID = e.ObjectID
	case "opportunity":
		d.OpportunityID = e.ObjectID
	case "task":
		d.TaskID = e.ObjectID
	case "message":
		d.MessageID = e.ObjectID
	}
	return d
}
