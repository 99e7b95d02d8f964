package ui

import (
	"context"
	"net/url"
	"slices"
	"time"

	"github.com/foyer-crm/foyer/internal/calendar"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
)

// eventForm is the form that is open beside the calendar: a new appointment or
// block, or one that is there.
type eventForm struct {
	Kind     string // new, edit, block
	Calendar *calendar.Calendar
	Day      string
	Start    string // what the fields for times hold
	End      string
	Slots    []freeSlot
	For      *crm.Contact
	A        *calendar.Appointment // that is edited
	B        *calendar.Block       // that is edited
	Contact  *crm.Contact          // of A
	Time     string                // a time that was pointed at
}

// freeSlot is a time that can be booked, and who can take it.
type freeSlot struct {
	Value, Text string
	Who         string
	Chosen      bool
}

const inputTime = "2006-01-02T15:04" // what a field for a time holds

// loadForm finds what the form that is open is about.
func (d *calendarData) loadForm(ctx context.Context, tx *db.Tx, v *visit, q url.Values) error {
	switch {
	case q.Get("edit") != "":
		return d.loadEdit(ctx, tx, v, q.Get("edit"))
	case q.Get("block") != "":
		from := d.pointed(q)
		if q.Get("at") == "" {
			from = d.Day.Add(12 * time.Hour)
		}
		d.Form = &eventForm{Kind: "block", Start: from.Format(inputTime), End: from.Add(time.Hour).Format(inputTime)}
	case q.Get("new") != "":
		return d.loadNew(ctx, tx, v, q)
	}
	return nil
}

// pointed is the time that somebody pointed at, or the day.
func (d *calendarData) pointed(q url.Values) time.Time {
	if at, err := time.ParseInLocation(inputTime, q.Get("at"), d.zone); err == nil {
		return at
	}
	return d.Day
}

func (d *calendarData) loadEdit(ctx context.Context, tx *db.Tx, v *visit, id string) error {
	f := &eventForm{Kind: "edit"}
	a, err := meetingOf(ctx, tx, v, id)
	if errs.Is(err, errs.NotFound) {
		if f.B, err = blockOf(ctx, tx, v, id); errs.Is(err, errs.NotFound) {
			return nil // deleted since: the calendar is what there is
		} else if err != nil {
			return err
		}
		f.Kind, f.Start, f.End = "block", f.B.Start.In(d.zone).Format(inputTime), f.B.End.In(d.zone).Format(inputTime)
		d.Form = f
		return nil
	}
	if err != nil {
		return err
	}
	f.A, f.Start, f.End, f.Calendar = a, a.Start.In(d.zone).Format(inputTime), a.End.In(d.zone).Format(inputTime), d.calendarOf(a.CalendarID)
	if v.May[seeContacts] {
		c, err := v.mine(ctx, tx, a.ContactID)
		if err == nil {
			f.Contact = c
		} else if !errs.Is(err, errs.NotFound) {
			return err
		}
	}
	d.Form = f
	return nil
}

// loadNew finds the free times of a day of the calendar that is chosen, or of the
// first one.
func (d *calendarData) loadNew(ctx context.Context, tx *db.Tx, v *visit, q url.Values) error {
	f := &eventForm{Kind: "new", Day: d.Day.Format(time.DateOnly)}
	if f.Calendar = d.calendarOf(q.Get("on")); f.Calendar == nil {
		f.Calendar = d.calendarOf(d.Calendar)
	}
	for i := range d.All {
		if f.Calendar == nil && d.All[i].Active {
			f.Calendar = &d.All[i]
		}
	}
	d.Form = f
	if contactID := q.Get("contact"); contactID != "" {
		c, err := v.mine(ctx, tx, contactID)
		if err == nil {
			f.For = c
		} else if !errs.Is(err, errs.NotFound) {
			return err
		}
	}
	if f.Calendar == nil {
		return nil
	}
	at := d.pointed(q)
	if q.Get("at") != "" {
		f.Start = at.Format(inputTime)
	}
	slots, _, err := calendar.FreeSlots(ctx, tx, v.at(), calendar.Search{CalendarID: f.Calendar.ID, From: d.Day, To: d.Day.AddDate(0, 0, 1), All: true})
	if err != nil {
		return err
	}
	for _, s := range slots {
		if s.Start.Before(v.now) {
			continue
		}
		slot := freeSlot{Value: s.Start.UTC().Format(time.RFC3339), Text: s.Start.In(d.zone).Format("3:04 PM"), Chosen: f.Start != "" && s.Start.Equal(at)}
		for _, u := range s.Free {
			if name := d.UserName(u); name != "" {
				if slot.Who != "" {
					slot.Who += ", "
				}
				slot.Who += name
			}
		}
		f.Slots = append(f.Slots, slot)
	}
	if f.Start != "" && !slices.ContainsFunc(f.Slots, func(s freeSlot) bool { return s.Chosen }) {
		f.Time = f.Start
	}
	return nil
}

// OfficeTime is a moment by the clocks of the location, where they are others.
func (d *calendarData) OfficeTime(at time.Time) string {
	zone, err := time.LoadLocation(d.Office)
	if err != nil || d.Office == "" {
		return ""
	}
	return at.In(zone).Format("3:04 PM MST")
}

// Statuses are those that an appointment can be given.
func (*calendarData) Statuses() []string {
	return []string{calendar.Unconfirmed, calendar.Confirmed, calendar.Showed, calendar.NoShow, calendar.Cancelled}
}

// StatusName is a status in words.
func (*calendarData) StatusName(status string) string {
	return map[string]string{calendar.Unconfirmed: "Unconfirmed", calendar.Confirmed: "Confirmed", calendar.Showed: "Showed", calendar.NoShow: "No-show", calendar.Cancelled: "Cancelled", calendar.Invalid: "Invalid"}[status]
}
