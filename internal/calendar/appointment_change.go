package calendar

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/foyer-crm/foyer/internal/clock"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
)

// AppointmentChange says what of an appointment is to be changed; nil stays.
type AppointmentChange struct {
	CalendarID, UserID, Title, Status, Rule      *string
	Description, Address, MeetingType, MeetingID *string
	OverrideLocation                             *bool
	Start, End                                   *time.Time // without End it stays as long as it is

	AnyTime, AnySlot, Quiet bool // as in a Booking
}

// ChangeAppointment changes an appointment; the first one of a series stands for
// all of it. NotFound if it is not there, Invalid for broken fields, Conflict
// with code "slot" if it would take time that is not free.
func ChangeAppointment(ctx context.Context, tx *db.Tx, by crm.Actor, appointmentID string, to AppointmentChange) (*Appointment, error) {
	if err := lock(ctx, tx, by.LocationID); err != nil {
		return nil, err
	}
	a, err := AppointmentByID(ctx, tx, by.LocationID, appointmentID)
	if err != nil {
		return nil, err
	}
	calendarID := a.CalendarID
	if to.CalendarID != nil {
		calendarID = *to.CalendarID
	}
	c, err := ByID(ctx, tx, by.LocationID, calendarID)
	if err != nil {
		return nil, err
	}
	k, err := newKeeper(ctx, tx, by, c)
	if err != nil {
		return nil, err
	}
	if a.Rule == "" || a.MasterID != "" {
		own := func(eventID string) bool { return eventID == a.ID }
		if to.Rule != nil && *to.Rule != "" && to.AnySlot && a.MasterID == "" {
			return a, k.remake(ctx, tx, a, to, own)
		}
		return a, k.change(ctx, tx, a, to, own)
	}
	return a, k.changeSeries(ctx, tx, a, to)
}

// change changes one appointment.
func (k *keeper) change(ctx context.Context, tx *db.Tx, a *Appointment, to AppointmentChange, own func(string) bool) error {
	old := *a
	old.Details.Users = slices.Clone(a.Details.Users)
	a.apply(to)
	a.CalendarID = k.c.ID
	if err := a.check(); err != nil {
		return err
	}
	moved := !a.Start.Equal(old.Start) || !a.End.Equal(old.End) || a.CalendarID != old.CalendarID || to.UserID != nil && *to.UserID != old.UserID ||
		takesTime(a.Status) && !takesTime(old.Status)
	if moved {
		t := terms{anyTime: to.AnyTime, anySlot: to.AnySlot, prefer: old.UserID, skip: own}
		if to.UserID != nil {
			t.user = *to.UserID
		}
		if err := k.place(ctx, tx, a, t); err != nil {
			return err
		}
	}
	return k.put(ctx, tx, &old, a, to.Quiet, moved)
}

// put stores a changed appointment and tells of it: a new status is an event of
// its own.
func (k *keeper) put(ctx context.Context, tx *db.Tx, old, a *Appointment, quiet, moved bool) error {
	changes := old.changes(a)
	status := a.Status != old.Status
	if len(changes) == 0 && !status {
		return nil
	}
	a.UpdatedAt = later(tx.Now(), a.UpdatedAt)
	if err := appointments.Update(ctx, tx, a); err != nil {
		return err
	}
	if moved || takesTime(a.Status) != takesTime(old.Status) {
		if err := a.keepBusy(ctx, tx, k.c); err != nil {
			return err
		}
	}
	if len(changes) > 0 {
		if err := a.emit(ctx, tx, k.by, "appointment.updated", quiet, changes...); err != nil {
			return err
		}
	}
	if !status {
		return nil
	}
	return a.emit(ctx, tx, k.by, "appointment.status", quiet, crm.Change{Field: "appointmentStatus", From: old.Status, To: a.Status})
}

// apply sets what is said.
func (a *Appointment) apply(to AppointmentChange) {
	for _, f := range []struct{ at, v *string }{
		{&a.Title, to.Title}, {&a.Status, to.Status}, {&a.Details.Description, to.Description}, {&a.Details.Address, to.Address},
		{&a.Details.MeetingType, to.MeetingType}, {&a.Details.MeetingID, to.MeetingID},
	} {
		if f.v != nil {
			*f.at = *f.v
		}
	}
	if to.OverrideLocation != nil {
		a.Details.OverrideLocation = *to.OverrideLocation
	}
	length := a.End.Sub(a.Start)
	if to.Start != nil {
		a.Start = to.Start.UTC()
		a.End = a.Start.Add(length)
	}
	if to.End != nil {
		a.End = to.End.UTC()
	}
}

// changes lists what differs between two states of an appointment, but for the status.
func (a *Appointment) changes(now *Appointment) (all []crm.Change) {
	at := func(t time.Time) string { return t.UTC().Format(time.RFC3339) }
	for _, f := range []struct{ name, from, to string }{
		{"title", a.Title, now.Title}, {"calendarId", a.CalendarID, now.CalendarID}, {"assignedUserId", a.UserID, now.UserID},
		{"users", strings.Join(a.Details.Users, ","), strings.Join(now.Details.Users, ",")}, {"assignedResources", strings.Join(a.Details.Resources, ","), strings.Join(now.Details.Resources, ",")},
		{"description", a.Details.Description, now.Details.Description}, {"address", a.Details.Address, now.Details.Address},
		{"meetingLocationType", a.Details.MeetingType, now.Details.MeetingType}, {"meetingLocationId", a.Details.MeetingID, now.Details.MeetingID},
		{"rrule", a.Rule, now.Rule}, {"startTime", at(a.Start), at(now.Start)}, {"endTime", at(a.End), at(now.End)},
	} {
		if f.from != f.to {
			all = append(all, crm.Change{Field: f.name, From: crm.Excerpt(f.from), To: crm.Excerpt(f.to)})
		}
	}
	if a.Details.OverrideLocation != now.Details.OverrideLocation {
		all = append(all, crm.Change{Field: "overrideLocationConfig", From: a.Details.OverrideLocation, To: now.Details.OverrideLocation})
	}
	return all
}

// changeSeries changes all of a series: its times move as the first one does, by
// the clocks of the location. Another rule makes the others anew.
func (k *keeper) changeSeries(ctx context.Context, tx *db.Tx, first *Appointment, to AppointmentChange) error {
	ofIt := func(eventID string) bool {
		return eventID == first.ID || strings.HasPrefix(eventID, first.ID+"_")
	}
	if to.Rule != nil && *to.Rule != first.Rule && to.AnySlot {
		return k.remake(ctx, tx, first, to, ofIt)
	}
	list, err := seriesOf(ctx, tx, k.by.LocationID, first.ID)
	if err != nil {
		return err
	}
	moved := *first
	moved.apply(to)
	by := clock.Shown(moved.Start, k.zone).Sub(clock.Shown(first.Start, k.zone))
	length := moved.End.Sub(moved.Start)
	for i := range list {
		one, at := to, clock.Wall(clock.Shown(list[i].Start, k.zone).Add(by), k.zone)
		if to.Start != nil || to.End != nil {
			end := at.Add(length)
			one.Start, one.End = &at, &end
		}
		if err := k.change(ctx, tx, &list[i], one, ofIt); err != nil {
			return err
		}
		if list[i].ID == first.ID {
			*first = list[i]
		}
	}
	return nil
}

// remake gives an appointment another rule and makes the rest of its series anew.
func (k *keeper) remake(ctx context.Context, tx *db.Tx, first *Appointment, to AppointmentChange, ofIt func(string) bool) error {
	list, err := seriesOf(ctx, tx, k.by.LocationID, first.ID)
	if err != nil {
		return err
	}
	for i := range list {
		if list[i].ID != first.ID {
			if err := k.remove(ctx, tx, &list[i], to.Quiet); err != nil {
				return err
			}
		}
	}
	if err := k.change(ctx, tx, first, to, ofIt); err != nil {
		return err
	}
	old := *first
	first.Rule = ""
	b := Booking{UserID: first.UserID, Rule: *to.Rule, AnySlot: true, Quiet: to.Quiet}
	starts, _, err := k.series(first, b)
	if err != nil {
		return err
	}
	if err := k.put(ctx, tx, &old, first, to.Quiet, false); err != nil {
		return err
	}
	_, err = k.repeat(ctx, tx, first, b, starts)
	return err
}

// remove takes an appointment away with its notes.
func (k *keeper) remove(ctx context.Context, tx *db.Tx, a *Appointment, quiet bool) error {
	if err := release(ctx, tx, a.LocationID, a.ID); err != nil {
		return err
	}
	if err := tx.Do(ctx, "DELETE FROM appointment_notes WHERE location_id = $1 AND appointment_id = $2", a.LocationID, a.ID); err != nil {
		return err
	}
	if err := tx.Do(ctx, "DELETE FROM appointments WHERE location_id = $1 AND id = $2", a.LocationID, a.ID); err != nil {
		return err
	}
	return a.emit(ctx, tx, k.by, "appointment.deleted", quiet)
}

// DeleteEvent removes an appointment or a block by its id; the first one of a
// series takes the series with it. NotFound if there is none.
func DeleteEvent(ctx context.Context, tx *db.Tx, by crm.Actor, eventID string) error {
	a, err := AppointmentByID(ctx, tx, by.LocationID, eventID)
	if errs.Is(err, errs.NotFound) {
		if err = deleteBlock(ctx, tx, by, eventID); errs.Is(err, errs.NotFound) {
			return errs.New(errs.NotFound, "Event not found")
		}
		return err
	}
	if err != nil {
		return err
	}
	list := []Appointment{*a}
	if a.MasterID == "" {
		if list, err = seriesOf(ctx, tx, by.LocationID, a.ID); err != nil {
			return err
		}
	}
	k := &keeper{by: by}
	for i := range list {
		if err := k.remove(ctx, tx, &list[i], false); err != nil {
			return err
		}
	}
	return nil
}
