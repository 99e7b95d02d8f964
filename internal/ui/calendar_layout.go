package ui

import (
	"fmt"
	"slices"
	"time"

	"github.com/foyer-crm/foyer/internal/calendar"
	"github.com/foyer-crm/foyer/internal/crm"
)

// calEvent is an appointment, or blocked time, as a calendar shows it.
type calEvent struct {
	ID, Title  string
	Start, End time.Time // in the visitor's zone
	Status     string
	Block      bool
	UserID     string
	Users      []string // all whose time it takes
	Contact    *crm.Contact
	Calendar   string
	Colour     string // class
	Place      string // classes: where it stands in a column of hours
}

// Off reports whether it does not take place.
func (e calEvent) Off() bool { return e.Status == calendar.Cancelled || e.Status == calendar.Invalid }

// Named is its title, or what it is where it has none.
func (e calEvent) Named() string {
	switch {
	case e.Title != "":
		return e.Title
	case e.Block:
		return "Blocked"
	}
	return "Appointment"
}

// Long reports whether there is room for more than a line.
func (e calEvent) Long() bool { return e.End.Sub(e.Start) >= 45*time.Minute }

// At says when it is, within its day.
func (e calEvent) At() string {
	if e.Start.YearDay() != e.End.Add(-time.Second).YearDay() {
		return e.Start.Format("Jan 2, 3:04 PM") + " – " + e.End.Format("Jan 2, 3:04 PM")
	}
	return e.Start.Format("3:04") + " – " + e.End.Format("3:04 PM")
}

// Begins is the hour alone, for where there is little room.
func (e calEvent) Begins() string {
	if e.Start.Minute() == 0 {
		return e.Start.Format("3 PM")
	}
	return e.Start.Format("3:04 PM")
}

// calDay is a day with what is on it.
type calDay struct {
	Date          time.Time
	Today, Beside bool // beside the month that is shown
	Events        []calEvent
}

// ISO is the day for machines.
func (d calDay) ISO() string { return d.Date.Format(time.DateOnly) }

// Few are as many events as the box of a month has room for.
func (d calDay) Few() []calEvent { return d.Events[:min(len(d.Events), 4)] }

// Rest is how many more there are.
func (d calDay) Rest() int { return len(d.Events) - len(d.Few()) }

// calColumn is a column of hours: a day of a week, or a person's day.
type calColumn struct {
	calDay
	User   string // of a person's day
	Name   string
	NowRow string // class of the line that says now, "" for none
}

// quarter is the step of the grid that a day is laid out on.

// layOut puts events where the view shows them.
func (d *calendarData) layOut(events []calEvent) {
	for day := d.From; day.Before(d.To); day = day.AddDate(0, 0, 1) {
		c := calDay{Date: day, Today: d.days(day) == 0, Beside: day.Month() != d.Day.Month()}
		next := day.AddDate(0, 0, 1)
		for _, e := range events {
			if e.Start.Before(next) && e.End.After(day) {
				c.Events = append(c.Events, e)
			}
		}
		d.Days = append(d.Days, c)
	}
	if view := d.Shown(); view != viewWeek && view != viewDay {
		return
	}
	first, last := d.hours(events)
	for h := first; h < last; h++ {
		d.Hours = append(d.Hours, time.Date(2000, 1, 1, h, 0, 0, 0, time.UTC).Format("3 PM"))
	}
	if d.Shown() == viewWeek {
		for _, day := range d.Days {
			d.Columns = append(d.Columns, calColumn{calDay: day})
		}
	} else {
		d.byPerson(d.Days[0])
	}
	for i := range d.Columns {
		c := &d.Columns[i]
		c.Events = placed(c.Events, c.Date, first, last)
		if now := d.now.In(d.zone); c.Today && now.Hour() >= first && now.Hour() < last {
			c.NowRow = fmt.Sprintf("r%d", row(now, c.Date, first))
		}
	}
}

// hours are those that a grid shows: the usual ones of a day, and those around
// them in which something is.
func (d *calendarData) hours(events []calEvent) (first, last int) {
	first, last = 7, 20
	for _, e := range events {
		if e.Block || e.Off() {
			continue
		}
		first = min(first, e.Start.Hour())
		if end := e.End.Add(-time.Second); end.YearDay() == e.Start.YearDay() {
			last = max(last, end.Hour()+1)
		} else {
			first, last = 0, 24
		}
	}
	return first, last
}

// byPerson gives everybody who works here a column of the day, and what is
// nobody's one of its own.
func (d *calendarData) byPerson(day calDay) {
	const most = 12
	of := func(userID, name string) calColumn {
		c := calColumn{calDay: day, User: userID, Name: name}
		c.Events = slices.DeleteFunc(slices.Clone(day.Events), func(e calEvent) bool {
			return e.UserID != userID && !slices.Contains(e.Users, userID)
		})
		return c
	}
	if none := of("", "Nobody"); len(none.Events) > 0 {
		d.Columns = append(d.Columns, none)
	}
	for i := range d.Users {
		u := &d.Users[i]
		c := of(u.ID, nameOf(u))
		shown := d.User == "" && len(d.Columns) < most || d.User == u.ID
		if d.UserFixed {
			shown = u.ID == d.Who.ID || len(c.Events) > 0
		}
		if shown {
			d.Columns = append(d.Columns, c)
		}
	}
}

// row is the row of a moment of a day in a grid that begins at an hour. It goes
// by the clock: a day on which the clocks change has as many rows as others.
func row(at, day time.Time, first int) int {
	if at.Before(day) {
		return 0
	}
	minutes := at.Hour()*60 + at.Minute()
	if at.YearDay() != day.YearDay() || at.Year() != day.Year() {
		minutes = 24 * 60
	}
	return max(minutes/15-first*4, 0)
}

// lane is an event of a column with the part of the width that it stands in.
type lane struct {
	*calEvent
	at int
}

// placed gives the events of a column their places: the row, the length, and
// which part of the width, where some overlap.
func placed(events []calEvent, day time.Time, first, last int) []calEvent {
	events = slices.Clone(events)
	rows := (last - first) * 4
	var together []lane // those that overlap, by themselves or by others
	var free []int      // the row from which on each lane is free
	for i := range events {
		e := &events[i]
		from := min(row(e.Start, day, first), rows-2)
		to := min(max(row(e.End, day, first), from+2), rows)
		if len(free) > 0 && from >= slices.Max(free) {
			widen(together, len(free))
			together, free = nil, nil
		}
		at := slices.IndexFunc(free, func(row int) bool { return row <= from })
		if at < 0 {
			at, free = len(free), append(free, 0)
		}
		free[at] = to
		e.Place = fmt.Sprintf("r%d s%d", from, to-from)
		together = append(together, lane{e, at})
	}
	widen(together, len(free))
	return events
}

// widen gives events that overlap their parts of the width: as many as there are
// lanes, up to six.
func widen(together []lane, lanes int) {
	width := lanes
	switch {
	case lanes < 2:
		return
	case lanes == 5 || lanes > 6:
		width = 6
	}
	for _, l := range together {
		l.Place += fmt.Sprintf(" l%d-%d", width, min(l.at, width-1))
	}
}

// daysInWeek is how many boxes a row of a month has.
const daysInWeek = 7

// Begins reports whether a day is the first of its week.
func (*calendarData) Begins(i int) bool { return i%daysInWeek == 0 }

// Ends reports whether a day is the last of its week.
func (*calendarData) Ends(i int) bool { return i%daysInWeek == daysInWeek-1 }

// Busy are the days on which there is something.
func (d *calendarData) Busy() []calDay {
	return slices.DeleteFunc(slices.Clone(d.Days), func(day calDay) bool { return len(day.Events) == 0 })
}
