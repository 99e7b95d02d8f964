// Package clock turns what clocks on the wall show into moments and back, and
// says when a window of hours is open, in any zone and through every change of
// its clocks.
package clock

import (
	"time"
	_ "time/tzdata" // every zone, on machines without a zone database too
)

// Wall gives the first instant at which a zone's clocks show what shown has as
// UTC; if they never do, the moment they jump over it.
func Wall(shown time.Time, zone *time.Location) time.Time {
	const day = 24 * time.Hour // no zone changes its clocks twice within two days, or is further from UTC
	_, before := shown.Add(-day).In(zone).Zone()
	_, after := shown.Add(day).In(zone).Zone()
	first := shown.Add(-time.Duration(before) * time.Second)
	if _, now := first.In(zone).Zone(); now == before {
		return first.In(zone)
	}
	second := shown.Add(-time.Duration(after) * time.Second)
	if _, now := second.In(zone).Zone(); now == after {
		return second.In(zone)
	}
	jump, _ := first.In(zone).ZoneBounds()
	return jump.In(zone)
}

// Shown is the opposite of Wall: what a zone's clocks show at an instant, as UTC.
func Shown(t time.Time, zone *time.Location) time.Time {
	_, offset := t.In(zone).Zone()
	return t.UTC().Add(time.Duration(offset) * time.Second)
}

// Day gives the date of an instant in a zone, as midnight UTC: a day to count
// with, which no zone makes shorter or longer.
func Day(t time.Time, zone *time.Location) time.Time {
	y, m, d := t.In(zone).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// At gives the instant at which a zone's clocks show some minutes after midnight
// of a day.
func At(day time.Time, minutes int, zone *time.Location) time.Time {
	return Wall(day.Add(time.Duration(minutes)*time.Minute), zone)
}
