package connect

import (
	"context"

	"github.com/foyer-crm/foyer/internal/calendar"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
)

// An appointment's calendar is mapped by the table of the object. What the other
// side has booked is booked: free time is its matter.
var appointmentSide = side{
	fields: []string{"calendarId", "title", "startTime", "endTime", "status", "assignedTo", "description", "address"},
	read: func(ctx context.Context, tx *db.Tx, locationID, _, id string) (*record, error) {
		a, err := ifThere(calendar.AppointmentByID(ctx, tx, locationID, id))
		if err != nil || a == nil {
			return nil, err
		}
		return appointmentRecord(a), nil
	},
	write: writeAppointment,
	remove: func(ctx context.Context, tx *db.Tx, by crm.Actor, _, id string) error {
		return calendar.DeleteEvent(ctx, tx, by, id)
	},
	archive: func(ctx context.Context, tx *db.Tx, by crm.Actor, _, id string) error {
		status := calendar.Cancelled
		_, err := calendar.ChangeAppointment(ctx, tx, by, id, calendar.AppointmentChange{Status: &status, AnyTime: true, AnySlot: true})
		return err
	},
	of: func(ctx context.Context, tx *db.Tx, locationID, contactID string) (out []record, err error) {
		all, err := calendar.OfContact(ctx, tx, locationID, contactID)
		for i := range all {
			out = append(out, *appointmentRecord(&all[i]))
		}
		return out, err
	},
}

func appointmentRecord(a *calendar.Appointment) *record {
	values := map[string]any{"calendarId": a.CalendarID, "title": plain(a.Title), "startTime": when(a.Start), "endTime": when(a.End), "status": a.Status,
		"assignedTo": a.UserID, "description": plain(a.Details.Description), "address": plain(a.Details.Address)}
	return &record{id: a.ID, parent: a.ContactID, values: values, at: a.UpdatedAt}
}

func writeAppointment(ctx context.Context, tx *db.Tx, by crm.Actor, to *change) (*record, error) {
	start, err := momentOf("startTime", to.values["startTime"])
	if err != nil {
		return nil, err
	}
	end, err := momentOf("endTime", to.values["endTime"])
	if err != nil {
		return nil, err
	}
	if to.id == "" {
		b, err := calendar.Book(ctx, tx, by, calendar.Booking{CalendarID: to.text("calendarId"), ContactID: to.parent, UserID: to.text("assignedTo"), Title: to.text("title"), Status: to.text("status"),
			Start: start, End: end, Details: calendar.Details{Description: to.text("description"), Address: to.text("address")}, AnyTime: true, AnySlot: true})
		if err != nil {
			return nil, err
		}
		return appointmentRecord(b.Appointment), nil
	}
	c := calendar.AppointmentChange{CalendarID: to.said("calendarId"), UserID: to.said("assignedTo"), Title: to.said("title"), Status: to.said("status"),
		Description: to.said("description"), Address: to.said("address"), AnyTime: true, AnySlot: true}
	if !start.IsZero() {
		c.Start = &start
	}
	if !end.IsZero() {
		c.End = &end
	}
	a, err := calendar.ChangeAppointment(ctx, tx, by, to.id, c)
	if err != nil {
		return nil, err
	}
	return appointmentRecord(a), nil
}
