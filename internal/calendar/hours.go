package calendar

import (
	"slices"
	"time"

	"github.com/foyer-crm/foyer/internal/clock"
)

// Hours are a span of one day in minutes of wall clock since midnight: 540 to
// 1020 is nine to five.
type Hours struct {
	Open  int `json:"open"`
	Close int `json:"close"` // at most 1440, the midnight that ends the day
}

// midnight is the end of a day in minutes.
const midnight = 24 * 60

// Week are the opening hours of each day of the week, Sunday first.
type Week [7][]Hours

// Date is a day of the calendar without a zone, as time.DateOnly writes it.
type Date string

// Override replaces the hours of one day. Without hours the day is closed.
type Override struct {
	ID    string  `json:"id"`
	Date  Date    `json:"date"`
	Hours []Hours `json:"hours,omitempty"`
}

// Opening says when a calendar can be booked at all. Its hours are wall clock
// in Zone, whatever the clocks do.
type Opening struct {
	Zone  *time.Location
	Week  Week
	Dates map[Date][]Hours // days that have hours of their own
}

// span is a time from its first instant up to, and without, its last.
type span struct{ from, to time.Time }

// on gives the spans that the calendar is open on a day, in order. A wall clock
// time that the clocks skip is the moment they jump; one that comes twice is
// the first of the two.
func (o *Opening) on(day time.Time) []span {
	hours, special := o.Dates[dateOf(day)]
	if !special {
		hours = o.Week[day.Weekday()]
	}
	spans := make([]span, 0, len(hours))
	for _, h := range hours {
		s := span{clock.At(day, h.Open, o.Zone), clock.At(day, h.Close, o.Zone)}
		if s.from.Before(s.to) {
			spans = append(spans, s)
		}
	}
	slices.SortFunc(spans, func(a, b span) int { return a.from.Compare(b.from) })
	return spans
}

// dateOf gives the date that a time has in its own zone.
func dateOf(t time.Time) Date { return Date(t.Format(time.DateOnly)) }
