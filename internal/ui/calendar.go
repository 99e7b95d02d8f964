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

// seeMeetings is the permission for calendars.
const seeMeetings = "appointmentsEnabled"

func calendarArea() area {
	return area{
		way:   way{name: "Calendar", icon: "calendar", path: "/calendar", key: "l", needs: seeMeetings},
		pages: []string{"calendar"},
		screens: []screen{
			{get, "/calendar", seeMeetings, false, showCalendar},
			{post, "/calendar", seeMeetings, false, changeCalendar},
		},
		said: map[string]string{
			"booked":         "Booked",
			"booked-over":    "Booked. It overlaps with something else of theirs",
			"event-moved":    "Moved",
			"event-over":     "Moved. It overlaps with something else of theirs",
			"event-saved":    "Appointment saved",
			"event-status":   "Status changed",
			"cancelled":      "Appointment cancelled",
			"blocked":        "Time blocked",
			"unblocked":      "Block removed",
			"calendar-added": "Calendar added",
		},
	}
}

// The views of a calendar. Without one, a wide page shows the week and a phone
// the agenda.
const (
	viewMonth  = "month"
	viewWeek   = "week"
	viewDay    = "day"
	viewAgenda = "agenda"
)

// How many appointments a view shows at most: an agenda says all of each.
const (
	eventsShown = 1000
	agendaShown = 400
)

// most is how many appointments the view shows at most.
func (d *calendarData) most() int {
	if d.Shown() == viewAgenda {
		return agendaShown
	}
	return eventsShown
}

// calendarData is what the page of the calendar shows.
type calendarData struct {
	*frame
	people
	View           string // as it was asked for, "" for what fits
	Day            time.Time
	From, To       time.Time
	All            []calendar.Calendar
	Calendar, User string
	ByUser         bool // colours tell users apart, not calendars
	UserFixed      bool // the visitor sees only their own
	Days           []calDay
	Columns        []calColumn // of a week: days; of a day: people
	Hours          []string
	Cut            bool // there is more than is shown
	Form           *eventForm
	Office         string // the zone of the location where it is another
	Book           string // public address of the calendar that is chosen
}

// Views are the views that there are.
func (*calendarData) Views() []string { return []string{viewMonth, viewWeek, viewDay, viewAgenda} }

// Shown is the view, for what fits the week.
func (d *calendarData) Shown() string {
	if d.View == "" {
		return viewWeek
	}
	return d.View
}

// showCalendar shows what is booked in some time.
func showCalendar(v *visit) error {
	q := v.r.URL.Query()
	d := &calendarData{frame: v.frame, Calendar: q.Get("calendar"), User: q.Get("user"), ByUser: q.Get("by") == "user", Day: v.midnight(v.now)}
	if slices.Contains(d.Views(), q.Get("view")) {
		d.View = q.Get("view")
	}
	if day, err := time.ParseInLocation(time.DateOnly, q.Get("date"), v.zone); err == nil && day.Year() > 1970 && day.Year() < 9000 {
		d.Day = day
	}
	if v.only != "" {
		d.UserFixed = true
	}
	if zone, err := time.LoadLocation(v.Location().Timezone); err == nil && !sameClocks(zone, v.zone, d.Day) {
		d.Office = zone.String()
	}
	d.span()
	err := v.read(func(ctx context.Context, tx *db.Tx) (err error) {
		if d.Users, err = crm.Users(ctx, tx, v.at()); err != nil {
			return err
		}
		if d.All, err = calendar.Calendars(ctx, tx, v.at(), "", true); err != nil {
			return err
		}
		if c := d.calendarOf(d.Calendar); c != nil {
			d.Book = v.p.Base.Of(v.r) + bookPath(c)
		} else {
			d.Calendar = ""
		}
		if err := d.loadEvents(ctx, tx, v); err != nil {
			return err
		}
		return d.loadForm(ctx, tx, v, q)
	})
	if err != nil {
		return err
	}
	return v.show("calendar", "Calendar", d)
}

// sameClocks reports whether the clocks of two zones agree on a day.
func sameClocks(a, b *time.Location, day time.Time) bool {
	_, x := day.In(a).Zone()
	_, y := day.In(b).Zone()
	return x == y
}

// span finds what time the view shows.
func (d *calendarData) span() {
	const week = 7
	back := int(d.Day.Weekday()) // a week begins on Sunday
	switch d.Shown() {
	case viewMonth:
		first := d.Day.AddDate(0, 0, 1-d.Day.Day())
		d.From = first.AddDate(0, 0, -int(first.Weekday()))
		last := first.AddDate(0, 1, 0)
		for d.To = d.From; d.To.Before(last); d.To = d.To.AddDate(0, 0, week) {
		}
	case viewDay:
		d.From, d.To = d.Day, d.Day.AddDate(0, 0, 1)
	case viewAgenda:
		d.From, d.To = d.Day, d.Day.AddDate(0, 0, 2*week)
	default:
		d.From = d.Day.AddDate(0, 0, -back)
		d.To = d.From.AddDate(0, 0, week)
	}
}

// loadEvents reads what is booked and blocked, and lays it out.
func (d *calendarData) loadEvents(ctx context.Context, tx *db.Tx, v *visit) error {
	s := calendar.Span{From: d.From, To: d.To, CalendarID: d.Calendar, UserID: d.User, OwnersOnly: v.only, Limit: d.most()}
	booked, err := s.Appointments(ctx, tx, v.at())
	if err != nil {
		return err
	}
	d.Cut = len(booked) == d.most()
	blocked, err := s.Blocks(ctx, tx, v.at())
	if err != nil {
		return err
	}
	var ids []string
	for i := range booked {
		if !slices.Contains(ids, booked[i].ContactID) {
			ids = append(ids, booked[i].ContactID)
		}
	}
	there, err := crm.ContactsNamed(ctx, tx, v.at(), ids)
	if err != nil {
		return err
	}
	var events []calEvent
	for i := range booked {
		a := &booked[i]
		if a.Status == calendar.Invalid {
			continue
		}
		e := calEvent{ID: a.ID, Title: a.Title, Start: a.Start.In(v.zone), End: a.End.In(v.zone), Status: a.Status, UserID: a.UserID, Users: a.Details.Users, Colour: d.colour(a.CalendarID, a.UserID)}
		if c := there[a.ContactID]; c != nil && !v.hides(c) && v.May[seeContacts] {
			e.Contact = c
		}
		if c := d.calendarOf(a.CalendarID); c != nil {
			e.Calendar = c.Name
		}
		events = append(events, e)
	}
	for _, b := range blocked {
		e := calEvent{ID: b.ID, Title: b.Title, Start: b.Start.In(v.zone), End: b.End.In(v.zone), Block: true, UserID: b.UserID, Colour: "cal-block"}
		if c := d.calendarOf(b.CalendarID); c != nil {
			e.Calendar = c.Name
		}
		events = append(events, e)
	}
	slices.SortStableFunc(events, func(a, b calEvent) int { return a.Start.Compare(b.Start) })
	d.layOut(events)
	return nil
}

// colour is the class of a calendar, or of a user where those are told apart.
func (d *calendarData) colour(calendarID, userID string) string {
	const colours = "012345"
	i := slices.IndexFunc(d.All, func(c calendar.Calendar) bool { return c.ID == calendarID })
	if d.ByUser {
		i = slices.IndexFunc(d.Users, func(u crm.User) bool { return u.ID == userID })
	}
	if i < 0 {
		return "cal-none"
	}
	return "cal-" + string(colours[i%len(colours)])
}

// CalendarColour is the colour of a calendar where they are told apart.
func (d *calendarData) CalendarColour(id string) string { return d.colour(id, "") }

// UserColour is the colour of a user where they are told apart.
func (d *calendarData) UserColour(id string) string { return d.colour("", id) }

// calendarOf gives a calendar of the location, nil if it is none.
func (d *calendarData) calendarOf(id string) *calendar.Calendar {
	for i := range d.All {
		if d.All[i].ID == id {
			return &d.All[i]
		}
	}
	return nil
}

// Title says what time is shown.
func (d *calendarData) Title() string {
	last := d.To.AddDate(0, 0, -1)
	switch {
	case d.Shown() == viewMonth:
		return d.Day.Format("January 2006")
	case d.Shown() == viewDay:
		return d.Day.Format("Monday, January 2, 2006")
	case d.From.Month() == last.Month():
		return d.From.Format("January 2") + " – " + last.Format("2, 2006")
	}
	return d.From.Format("January 2") + " – " + last.Format("January 2, 2006")
}

// link is the address of the calendar with some of what it shows changed.
func (d *calendarData) link(change map[string]string) string {
	by := ""
	if d.ByUser {
		by = "user"
	}
	q := url.Values{}
	for name, value := range map[string]string{"view": d.View, "date": d.Day.Format(time.DateOnly), "calendar": d.Calendar, "user": d.User, "by": by} {
		if said, ok := change[name]; ok {
			value = said
		}
		if value != "" {
			q.Set(name, value)
		}
	}
	for name, value := range change {
		if value != "" {
			q.Set(name, value)
		}
	}
	return d.Base + "/calendar?" + q.Encode()
}

// Here is the address of what is shown.
func (d *calendarData) Here() string { return d.link(nil) }

// In is the address of another view of the same time.
func (d *calendarData) In(view string) string { return d.link(map[string]string{"view": view}) }

// On is the address of a day.
func (d *calendarData) On(day time.Time) string {
	return d.link(map[string]string{"view": viewDay, "date": day.Format(time.DateOnly)})
}

// With is the address of what is shown with another parameter.
func (d *calendarData) With(name, value string) string { return d.link(map[string]string{name: value}) }

// Step is the address of the time before or behind.
func (d *calendarData) Step(by int) string {
	var day time.Time
	switch d.Shown() {
	case viewMonth:
		day = d.Day.AddDate(0, 0, 1-d.Day.Day()).AddDate(0, by, 0)
	case viewDay:
		day = d.Day.AddDate(0, 0, by)
	case viewAgenda:
		day = d.Day.AddDate(0, 0, 14*by)
	default:
		day = d.Day.AddDate(0, 0, 7*by)
	}
	return d.link(map[string]string{"date": day.Format(time.DateOnly)})
}

// Today is the address of the same view of today.
func (d *calendarData) Today() string { return d.link(map[string]string{"date": ""}) }

// meetingOf gives an appointment that the visitor sees. NotFound for one that
// they do not.
func meetingOf(ctx context.Context, tx *db.Tx, v *visit, appointmentID string) (*calendar.Appointment, error) {
	a, err := calendar.AppointmentByID(ctx, tx, v.at(), appointmentID)
	if err == nil && v.only != "" {
		if _, hidden := v.mine(ctx, tx, a.ContactID); hidden != nil {
			err = errs.New(errs.NotFound, "Appointment not found")
		}
	}
	return a, err
}

// blockOf gives blocked time that the visitor sees. NotFound for one that they
// do not.
func blockOf(ctx context.Context, tx *db.Tx, v *visit, blockID string) (*calendar.Block, error) {
	b, err := calendar.BlockByID(ctx, tx, v.at(), blockID)
	if err == nil && v.only != "" && b.UserID != v.only {
		err = errs.New(errs.NotFound, "Block not found")
	}
	return b, err
}
