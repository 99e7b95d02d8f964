package ui

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	ical "github.com/emersion/go-ical"

	"github.com/foyer-crm/foyer/internal/calendar"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/wire"
)

// book books a time for whoever filled in the form, or moves what they booked.
func (b *booking) book(g *guest) error {
	at, err := time.Parse(time.RFC3339, g.form("slot"))
	if err != nil {
		return b.show(g)
	}
	if g.form("website") != "" { // a field that people do not see: only programs fill it in
		b.p.notice(g.w, g.r, http.StatusOK, "Thank you", "We will be in touch.")
		return nil
	}
	const mark = "bookings"
	address := wire.Address(g.r)
	if !b.guard.Allowed(address, "book", mark, g.now) {
		b.p.notice(g.w, g.r, http.StatusTooManyRequests, "That was a lot at once", "Wait a minute, go back, and try again.")
		return nil
	}
	b.guard.Wrong(address, "book", mark, g.now)
	if g.form("move") != "" {
		return b.move(g, at)
	}
	in, problem := g.input()
	d := &bookData{Typed: map[string]string{}}
	for _, name := range []string{"first", "last", "email", "phone", "note"} {
		d.Typed[name] = g.form(name)
	}
	if problem != "" {
		d.Typed["problem"] = problem
		return b.page(g, d, http.StatusUnprocessableEntity)
	}
	by := crm.Actor{LocationID: g.place.ID, Origin: "booking"}
	var made *calendar.Booked
	err = b.p.DB.Write(g.r.Context(), g.place.ID, func(ctx context.Context, tx *db.Tx) error {
		saved, err := crm.SaveContact(ctx, tx, by, crm.Save{Input: in, Match: g.place.Settings.MatchOrder(), OnMatch: crm.FillEmpty, LeaveOthers: true})
		if err != nil {
			return err
		}
		made, err = calendar.Book(ctx, tx, by, calendar.Booking{CalendarID: g.c.ID, ContactID: saved.Contact.ID, Start: at, Details: calendar.Details{Description: g.form("note")}})
		if err != nil {
			return err
		}
		return b.write(ctx, tx, by, g, made.Appointment, in.Emails[0].Address, bookWords{"Booked", "You are booked."})
	})
	if errs.Is(err, errs.Conflict) {
		d.Problem = "This time was taken a moment ago."
		return b.page(g, d, http.StatusConflict)
	}
	if err != nil {
		return err
	}
	return g.goes(b.link(g, made.ID) + "?done=booked&zone=" + url.QueryEscape(g.zone.String()))
}

// input reads who somebody is. problem says what is missing.
func (g *guest) input() (in crm.Input, problem string) {
	email, ok := crm.NewEmail(g.form("email"), "")
	if g.form("first")+g.form("last") == "" {
		return in, "Say what you are called."
	}
	if !ok || email.Address == "" {
		return in, "Say an e-mail address that reaches you."
	}
	in.FirstName, in.LastName, in.Source, in.Emails = g.form("first"), g.form("last"), "Booking page", []crm.Email{email}
	if g.r.PostForm.Get("zone") != "" {
		in.Timezone = g.zone.String()
	}
	if p := crm.NewPhone(g.form("phone"), ""); p.Raw != "" {
		in.Phones = []crm.Phone{p}
	}
	return in, ""
}

// form gives a field of the form, cut to what fields of it take.
func (g *guest) form(name string) string {
	const most = 2000 // bytes
	v := visit{r: g.r}
	text := v.form(name)
	return text[:min(len(text), most)]
}

// goes leads on to another page of the same calendar.
func (g *guest) goes(path string) error {
	http.Redirect(g.w, g.r, path, http.StatusSeeOther) // #nosec G710 -- made of ids
	return nil
}

// link is the address of what somebody booked.
func (b *booking) link(g *guest, appointmentID string) string {
	return bookPath(g.c) + "/" + appointmentID + "/" + b.token(g.place.ID, appointmentID)
}

// move moves what somebody booked to another free time.
func (b *booking) move(g *guest, at time.Time) error {
	d := &bookData{}
	a, err := b.movable(g)
	if err != nil {
		return err
	}
	by := crm.Actor{LocationID: g.place.ID, Origin: "booking"}
	err = b.p.DB.Write(g.r.Context(), g.place.ID, func(ctx context.Context, tx *db.Tx) error {
		now, err := calendar.ChangeAppointment(ctx, tx, by, a.ID, calendar.AppointmentChange{Start: &at})
		if err != nil || now.ContactID == "" {
			return err
		}
		return b.write(ctx, tx, by, g, now, "", bookWords{"Moved", "Your appointment is moved."})
	})
	if errs.Is(err, errs.Conflict) {
		d.Problem = "This time was taken a moment ago."
		return b.page(g, d, http.StatusConflict)
	}
	if err != nil {
		return err
	}
	return g.goes(b.link(g, a.ID) + "?done=moved&zone=" + url.QueryEscape(g.zone.String()))
}

// movable gives what is to be moved, if the calendar lets people do so.
func (b *booking) movable(g *guest) (*calendar.Appointment, error) {
	id, token, _ := strings.Cut(g.form("move"), ".")
	a, err := b.booked(g, id, token)
	if err == nil && !b.mayChange(g, a, g.c.Settings.AllowReschedule) {
		err = errs.New(errs.Forbidden, "This appointment cannot be moved here any more.")
	}
	return a, err
}

// mayChange reports whether somebody may still change what they booked.
func (b *booking) mayChange(g *guest, a *calendar.Appointment, allowed bool) bool {
	return allowed && a.Start.After(g.now) && (a.Status == calendar.Confirmed || a.Status == calendar.Unconfirmed)
}

// bookedData is what the page of something booked shows.
type bookedData struct {
	Place, Calendar, When, Where, Who string
	Done                              string // booked, moved, cancelled, or "" for a look later
	Status                            string
	Here, Again, Move                 string // addresses
	MayMove, MayCancel                bool
	Zone, Thanks                      string
}

// showBooked shows what somebody booked.
func (b *booking) showBooked(g *guest) error {
	a, err := b.booked(g, g.r.PathValue("appointment"), g.r.PathValue("token"))
	if err != nil {
		return err
	}
	start := a.Start.In(g.zone)
	d := bookedData{Place: g.place.Name, Calendar: g.c.Name, When: start.Format("Monday, January 2, 3:04 PM") + " – " + a.End.In(g.zone).Format("3:04 PM MST"), Where: a.Details.Address,
		Status: a.Status, Here: b.link(g, a.ID), Again: bookPath(g.c), Zone: g.zone.String(), Thanks: g.c.Settings.FormSubmitThanks}
	if d.Where == "" {
		d.Where = g.c.Settings.MeetingLocation
	}
	if done := g.r.URL.Query().Get("done"); done == "booked" || done == "moved" {
		d.Done = done
	}
	d.MayMove, d.MayCancel = b.mayChange(g, a, g.c.Settings.AllowReschedule) && g.c.Active, b.mayChange(g, a, g.c.Settings.AllowCancellation)
	d.Move = fmt.Sprintf("%s?move=%s.%s&zone=%s", bookPath(g.c), a.ID, b.token(g.place.ID, a.ID), url.QueryEscape(d.Zone))
	err = b.p.DB.Read(g.r.Context(), g.place.ID, func(ctx context.Context, tx *db.Tx) error {
		users, err := crm.Users(ctx, tx, g.place.ID)
		for i := range users {
			if users[i].ID == a.UserID {
				d.Who = users[i].FullName()
			}
		}
		return err
	})
	if err == nil {
		b.p.show(g.w, g.r, http.StatusOK, "booked", g.c.Name+" – "+g.place.Name, nil, d)
	}
	return err
}

// cancel cancels what somebody booked.
func (b *booking) cancel(g *guest) error {
	a, err := b.booked(g, g.r.PathValue("appointment"), g.r.PathValue("token"))
	if err != nil {
		return err
	}
	if g.form("do") != "cancel" || !b.mayChange(g, a, g.c.Settings.AllowCancellation) {
		return errs.New(errs.Forbidden, "This appointment cannot be cancelled here any more.")
	}
	status := calendar.Cancelled
	by := crm.Actor{LocationID: g.place.ID, Origin: "booking"}
	err = b.p.DB.Write(g.r.Context(), g.place.ID, func(ctx context.Context, tx *db.Tx) error {
		now, err := calendar.ChangeAppointment(ctx, tx, by, a.ID, calendar.AppointmentChange{Status: &status})
		if err != nil || now.ContactID == "" {
			return err
		}
		return b.write(ctx, tx, by, g, now, "", bookWords{"Cancelled", "Your appointment is cancelled."})
	})
	if err != nil {
		return err
	}
	return g.goes(b.link(g, a.ID) + "?zone=" + url.QueryEscape(g.zone.String()))
}

// file gives what somebody booked to their own calendar.
func (b *booking) file(g *guest) error {
	a, err := b.booked(g, g.r.PathValue("appointment"), g.r.PathValue("token"))
	if err != nil {
		return err
	}
	text, err := b.event(g, a, b.p.Base.Of(g.r))
	if err != nil {
		return err
	}
	b.p.secure(g.w.Header(), g.r)
	g.w.Header().Set("Content-Type", "text/calendar; charset=utf-8")
	g.w.Header().Set("Content-Disposition", `attachment; filename="appointment.ics"`)
	_, _ = g.w.Write(text) // a browser that has gone has nothing to be given
	return nil
}

// event writes an appointment for other calendars (RFC 5545). One that was changed
// takes the place of what they have.
func (b *booking) event(g *guest, a *calendar.Appointment, base string) ([]byte, error) {
	event := ical.NewEvent()
	event.Props.SetText(ical.PropUID, a.ID+"@foyer")
	event.Props.SetDateTime(ical.PropDateTimeStamp, a.UpdatedAt.UTC())
	event.Props.SetDateTime(ical.PropDateTimeStart, a.Start.UTC())
	event.Props.SetDateTime(ical.PropDateTimeEnd, a.End.UTC())
	event.Props.SetText(ical.PropSummary, g.c.Name+" – "+g.place.Name)
	sequence := ical.NewProp(ical.PropSequence)
	sequence.Value = strconv.Itoa(int(a.UpdatedAt.Sub(a.CreatedAt).Seconds()))
	event.Props.Set(sequence)
	if base != "" {
		event.Props.SetText(ical.PropDescription, "To move or cancel it: "+base+b.link(g, a.ID))
	}
	if where := cmp.Or(a.Details.Address, g.c.Settings.MeetingLocation); where != "" {
		event.Props.SetText(ical.PropLocation, where)
	}
	status := ical.EventConfirmed
	switch a.Status {
	case calendar.Cancelled, calendar.Invalid:
		status = ical.EventCancelled
	case calendar.Unconfirmed:
		status = ical.EventTentative
	}
	event.SetStatus(status)
	file := ical.NewCalendar()
	file.Props.SetText(ical.PropVersion, "2.0")
	file.Props.SetText(ical.PropProductID, "-//Foyer//Foyer//EN")
	file.Children = append(file.Children, event.Component)
	var text bytes.Buffer
	if err := ical.NewEncoder(&text).Encode(file); err != nil {
		return nil, fmt.Errorf("writing an appointment for a calendar: %w", err)
	}
	return text.Bytes(), nil
}
