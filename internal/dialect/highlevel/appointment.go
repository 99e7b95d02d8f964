package highlevel

import (
	"context"
	"slices"
	"time"

	"github.com/foyer-crm/foyer/internal/calendar"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/wire"
)

// saidAppointment is what a body says of an appointment, new or not.
type saidAppointment struct {
	calendar.AppointmentChange
	contactID string
}

// appointment reads what a body says of an appointment (contract.md §9.1).
func (c *call) appointment(isNew bool) (*saidAppointment, error) {
	o, err := c.body()
	if err != nil {
		return nil, err
	}
	r := &change[saidAppointment]{o: o}
	for _, f := range []struct {
		name string
		max  int
		at   func(*saidAppointment) **string
	}{
		{"calendarId", 64, func(s *saidAppointment) **string { return &s.CalendarID }},
		{"assignedUserId", 64, func(s *saidAppointment) **string { return &s.UserID }},
		{"title", 500, func(s *saidAppointment) **string { return &s.Title }},
		{"description", 10_000, func(s *saidAppointment) **string { return &s.Description }},
		{"address", 2048, func(s *saidAppointment) **string { return &s.Address }},
		{"meetingLocationId", 64, func(s *saidAppointment) **string { return &s.MeetingID }},
		{"rrule", 500, func(s *saidAppointment) **string { return &s.Rule }},
	} {
		r.text(f.name, f.max, pointed(f.at))
	}
	r.choice("meetingLocationType", pointed(func(s *saidAppointment) **string { return &s.MeetingType }),
		"custom", "zoom", "gmeet", "phone", "address", "ms_teams", "google")
	r.choice("appointmentStatus", pointed(func(s *saidAppointment) **string { return &s.Status }), append(calendar.Statuses(), "active", "completed")...)
	r.time("startTime", c.zone(), func(s *saidAppointment, t time.Time) { s.Start = &t })
	r.time("endTime", c.zone(), func(s *saidAppointment, t time.Time) { s.End = &t })
	r.flag("overrideLocationConfig", func(s *saidAppointment) *bool {
		s.OverrideLocation = new(bool)
		return s.OverrideLocation
	})
	r.flag("ignoreDateRange", func(s *saidAppointment) *bool { return &s.AnyTime })
	r.flag("ignoreFreeSlotValidation", func(s *saidAppointment) *bool { return &s.AnySlot })
	notify := true
	if v, ok := o.Bool("toNotify"); ok {
		notify = v
	}
	if isNew {
		r.text("contactId", 64, func(s *saidAppointment) *string { return &s.contactID })
		r.need("string", "calendarId", "contactId")
		r.need("date", "startTime")
		r.broken = append(needLocation(o), r.broken...)
	} else {
		o.Take("contactId", "locationId")
	}
	s := &saidAppointment{}
	r.apply(s)
	s.Quiet = !notify
	s.rename()
	return s, c.finish(o, r.broken)
}

// pointed makes room for a text that was said.
func pointed(at func(*saidAppointment) **string) func(*saidAppointment) *string {
	return func(s *saidAppointment) *string {
		p := at(s)
		*p = new(string)
		return *p
	}
}

// rename gives the statuses of version 3 their older names (contract.md §2), and
// the place of a meeting its kind where only an address is said.
func (s *saidAppointment) rename() {
	if s.Status != nil {
		switch *s.Status {
		case "active":
			*s.Status = calendar.Confirmed
		case "completed":
			*s.Status = calendar.Showed
		}
	}
	if s.Address != nil && *s.Address != "" && s.MeetingType == nil {
		custom := "custom"
		s.MeetingType = &custom
	}
}

// booking is what was said as a new appointment.
func (s *saidAppointment) booking() calendar.Booking {
	text := func(p *string) string {
		if p == nil {
			return ""
		}
		return *p
	}
	b := calendar.Booking{CalendarID: text(s.CalendarID), ContactID: s.contactID, UserID: text(s.UserID), Title: text(s.Title), Status: text(s.Status), Rule: text(s.Rule),
		Details: calendar.Details{Description: text(s.Description), Address: text(s.Address), MeetingType: text(s.MeetingType), MeetingID: text(s.MeetingID),
			OverrideLocation: s.OverrideLocation != nil && *s.OverrideLocation},
		AnyTime: s.AnyTime, AnySlot: s.AnySlot, Quiet: s.Quiet}
	if s.Start != nil {
		b.Start = *s.Start
	}
	if s.End != nil {
		b.End = *s.End
	}
	return b
}

// createAppointment is POST /calendars/events/appointments.
func createAppointment(ctx context.Context, c *call) (wire.Answer, error) {
	said, err := c.appointment(true)
	if err != nil {
		return wire.Answer{}, err
	}
	return c.Write(ctx, func(ctx context.Context, tx *db.Tx) (wire.Answer, error) {
		b, err := calendar.Book(ctx, tx, c.Actor(), said.booking())
		if err != nil {
			return wire.Answer{}, err
		}
		if b.Cut {
			c.Warn("rrule", "it goes on for longer than a series can be; the appointments were made up to there")
		}
		if said.Rule != nil && *said.Rule != "" && !said.AnySlot {
			c.Warn("rrule", "counts only with ignoreFreeSlotValidation, left out")
		}
		return wire.Answer{Status: c.op.Success, Body: c.viewAppointment(b.Appointment)}.About(crm.Updated, b.ContactID), nil
	})
}

// updateAppointment is PUT /calendars/events/appointments/{eventId}.
func updateAppointment(ctx context.Context, c *call) (wire.Answer, error) {
	said, err := c.appointment(false)
	if err != nil {
		return wire.Answer{}, err
	}
	return c.Write(ctx, func(ctx context.Context, tx *db.Tx) (wire.Answer, error) {
		return c.changeAppointment(ctx, tx, c.part("eventId"), said)
	})
}

func (c *call) changeAppointment(ctx context.Context, tx *db.Tx, appointmentID string, said *saidAppointment) (wire.Answer, error) {
	a, err := calendar.ChangeAppointment(ctx, tx, c.Actor(), appointmentID, said.AppointmentChange)
	if err != nil {
		return wire.Answer{}, err
	}
	return wire.Answer{Status: c.op.Success, Body: c.viewAppointment(a)}.About(crm.Updated, a.ContactID), nil
}

// calendarOperations are what clients use of calendars beside the catalogue: the
// vendor's own document names the update under the contact, too.
func calendarOperations() []Operation {
	return []Operation{
		{"Update Contact Appointment", Action, calendars, "PUT", "/contacts/{contactId}/appointments/{appointmentId}", "calendars/events.write", Location, april, 200, updateContactAppointment},

		{"List Schedules", Trigger, calendars, "GET", "/calendars/schedules/search", "calendars.readonly", Location, april, 200, listSchedules},
		{"Get Schedule", Trigger, calendars, "GET", "/calendars/schedules/{id}", "calendars.readonly", Location, april, 200, getSchedule},
		{"Create Schedule", Action, calendars, "POST", "/calendars/schedules", "calendars.write", Location, april, 201, createSchedule},
		{"Update Schedule", Action, calendars, "PUT", "/calendars/schedules/{id}", "calendars.write", Location, april, 200, updateSchedule},
		{"Delete Schedule", Action, calendars, "DELETE", "/calendars/schedules/{id}", "calendars.write", Location, april, 200, deleteSchedule},
		{"Apply Schedule to Calendar", Action, calendars, "PUT", "/calendars/schedules/{id}/associations/{calendarId}", "calendars.write", Location, april, 200, applySchedule},
		{"Remove Schedule from Calendar", Action, calendars, "DELETE", "/calendars/schedules/{id}/associations/{calendarId}", "calendars.write", Location, april, 200, removeSchedule},
	}
}

// updateContactAppointment is PUT /contacts/{contactId}/appointments/{appointmentId}.
func updateContactAppointment(ctx context.Context, c *call) (wire.Answer, error) {
	said, err := c.appointment(false)
	if err != nil {
		return wire.Answer{}, err
	}
	return c.Write(ctx, func(ctx context.Context, tx *db.Tx) (wire.Answer, error) {
		list, err := calendar.OfContact(ctx, tx, c.Location().ID, c.contactID())
		if err != nil {
			return wire.Answer{}, err
		}
		if !slices.ContainsFunc(list, func(a calendar.Appointment) bool { return a.ID == c.part("appointmentId") }) {
			return wire.Answer{}, errs.New(errs.NotFound, "Appointment not found")
		}
		return c.changeAppointment(ctx, tx, c.part("appointmentId"), said)
	})
}

// deleteEvent is DELETE /calendars/events/{eventId}: an appointment, a series or
// blocked time. The spelling of the answer is right here (contract.md §22).
func deleteEvent(ctx context.Context, c *call) (wire.Answer, error) {
	return c.Write(ctx, func(ctx context.Context, tx *db.Tx) (wire.Answer, error) {
		return c.changed(fields{"succeeded": true}), calendar.DeleteEvent(ctx, tx, c.Actor(), c.part("eventId"))
	})
}

// getAppointment is GET /calendars/events/appointments/{eventId}. Clients read
// one of two names (contract.md §9).
func getAppointment(ctx context.Context, c *call) (a wire.Answer, err error) {
	err = c.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		one, err := calendar.AppointmentByID(ctx, tx, c.Location().ID, c.part("eventId"))
		if err != nil {
			return err
		}
		views, err := c.viewEvents(ctx, tx, []calendar.Appointment{*one})
		if err == nil {
			a = c.answer(fields{"event": views[0], "appointment": views[0]})
		}
		return err
	})
	return a, err
}

// listEvents is GET /calendars/events.
func listEvents(ctx context.Context, c *call) (a wire.Answer, err error) {
	d, err := c.during()
	if err != nil {
		return a, err
	}
	err = c.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		list, err := calendar.Appointments(ctx, tx, c.Location().ID, d)
		if err != nil {
			return err
		}
		views, err := c.viewEvents(ctx, tx, list)
		a = c.answer(fields{"events": views})
		return err
	})
	return a, err
}

// viewEvents shows appointments with the groups of their calendars.
func (c *call) viewEvents(ctx context.Context, tx *db.Tx, list []calendar.Appointment) ([]eventView, error) {
	all, err := calendar.Calendars(ctx, tx, c.Location().ID, "", true)
	groups := map[string]string{}
	for i := range all {
		groups[all[i].ID] = all[i].GroupID
	}
	views := make([]eventView, len(list))
	for i := range list {
		views[i] = viewEvent(&list[i], groups[list[i].CalendarID], c.zone())
	}
	return views, err
}

// contactAppointments is GET /contacts/{contactId}/appointments, whose times are
// by the clocks of the location and do not say so (contract.md §1).
func contactAppointments(ctx context.Context, c *call) (a wire.Answer, err error) {
	const bare = "2006-01-02 15:04:05"
	err = c.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		list, err := calendar.OfContact(ctx, tx, c.Location().ID, c.contactID())
		if err != nil {
			return err
		}
		views, err := c.viewEvents(ctx, tx, list)
		for i := range views {
			views[i].StartTime, views[i].EndTime = list[i].Start.In(c.zone()).Format(bare), list[i].End.In(c.zone()).Format(bare)
		}
		a = c.answer(fields{"events": views})
		return err
	})
	return a, err
}
