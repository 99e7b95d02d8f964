package calendar

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/foyer-crm/foyer/internal/clock"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
)

// Search asks for the free slots of a calendar.
type Search struct {
	CalendarID string
	From, To   time.Time // slots that begin from the one up to the other
	Users      []string  // only slots that one of these members can take; of all if empty
	All        bool      // also those that are hidden so that the calendar looks busy
}

// FreeSlots gives the free slots of a calendar in order, and the zone of the
// calendar. A draft has none. NotFound if the calendar is not there.
func FreeSlots(ctx context.Context, tx *db.Tx, locationID string, s Search) ([]Slot, *time.Location, error) {
	c, err := ByID(ctx, tx, locationID, s.CalendarID)
	if err != nil {
		return nil, nil, err
	}
	zone, err := zoneOf(ctx, tx, locationID)
	if err != nil || !c.Active {
		return nil, zone, err
	}
	p, err := plan(ctx, tx, c, zone, planFor{from: s.From, to: s.To, users: s.Users})
	if err != nil {
		return nil, zone, err
	}
	slots := p.Slots(s.From, s.To)
	if c.Settings.LookBusy && !s.All {
		slots = LookBusy(slots, c.ID, c.Settings.LookBusyPercentage, zone)
	}
	return slots, zone, nil
}

// zoneOf gives the zone of a location, in which its calendars' hours are.
func zoneOf(ctx context.Context, tx *db.Tx, locationID string) (*time.Location, error) {
	l, err := crm.LocationByID(ctx, tx, locationID)
	if err != nil {
		return nil, err
	}
	zone, err := time.LoadLocation(l.Timezone)
	if err != nil {
		return nil, fmt.Errorf("reading the location's zone: %w", err)
	}
	return zone, nil
}

// planFor says what a plan is wanted for.
type planFor struct {
	from, to time.Time // of the beginnings of slots
	users    []string  // the members that count, all if empty
	length   time.Duration
	skip     func(eventID string) bool // events that are about to move
	anyTime  bool                      // without notice and window
}

// plan reads what the free slots of a calendar depend on.
func plan(ctx context.Context, tx *db.Tx, c *Calendar, zone *time.Location, w planFor) (*Plan, error) {
	p := c.plan(zone, tx.Now())
	if w.length > 0 {
		p.Duration = w.length
	}
	if w.anyTime {
		p.Earliest, p.Latest = time.Time{}, time.Time{}
	}
	working, err := crm.Users(ctx, tx, c.LocationID)
	if err != nil {
		return nil, err
	}
	hours, err := workingHours(ctx, tx, c.LocationID, c.ID)
	if err != nil {
		return nil, err
	}
	for _, m := range c.Settings.Members {
		gone := !slices.ContainsFunc(working, func(u crm.User) bool { return u.ID == m.UserID })
		if gone && p.Mode == AnyMember || len(w.users) > 0 && p.Mode == AnyMember && !slices.Contains(w.users, m.UserID) {
			continue
		}
		p.Members = append(p.Members, Lane{ID: m.UserID, Hours: hours[m.UserID]})
	}
	if len(w.users) > 0 && p.Mode != AnyMember && !slices.ContainsFunc(w.users, c.has) {
		p.Duration = 0 // nobody of these has to do with it
	}
	needed, err := resourcesOf(ctx, tx, c.LocationID, c.ID)
	if err != nil {
		return nil, err
	}
	for i := range needed {
		lane := Lane{ID: needed[i].ID, Space: needed[i].space()}
		if needed[i].Type == Room {
			p.Rooms = append(p.Rooms, lane)
		} else {
			p.Equipment = append(p.Equipment, lane)
		}
	}
	return p, p.load(ctx, tx, c.LocationID, w)
}

// load fills the lanes. What is booked on the same day counts for the limit of a
// day, so a day more is read on both sides.
func (p *Plan) load(ctx context.Context, tx *db.Tx, locationID string, w planFor) error {
	const day = 25 * time.Hour // when the clocks go back
	var owners []string
	lanes := p.lanes()
	for _, l := range lanes {
		owners = append(owners, l.ID)
	}
	taken, err := busyDuring(ctx, tx, locationID, owners, w.from.Add(-day-p.Before), w.to.Add(day+p.Duration+p.After), w.skip)
	for _, l := range lanes {
		l.Busy = taken[l.ID]
	}
	return err
}

// plan gives what a calendar says of its slots, as of now, without its lanes.
func (c *Calendar) plan(zone *time.Location, now time.Time) *Plan {
	s := &c.Settings
	now = now.In(zone)
	p := &Plan{
		Opening: Opening{Zone: zone, Dates: map[Date][]Hours{}}, CalendarID: c.ID, Calendar: Lane{ID: c.ID},
		Mode:     map[string]Mode{Collective: AllMembers, Class: Seats, Event: Seats}[c.Type],
		Duration: s.SlotDuration.duration(), Interval: s.SlotInterval.duration(), Before: s.PreBuffer.duration(), After: s.SlotBuffer.duration(),
		PerSlot: s.PerSlot, PerDay: s.PerDay, Earliest: s.BookingAfter.after(now),
	}
	if s.BookingFor.N > 0 { // up to the end of its last day
		p.Latest = clock.At(clock.Day(s.BookingFor.after(now), zone), midnight, zone)
	}
	if only := s.AvailabilityType; only == nil || *only == 0 {
		for _, d := range s.OpenHours {
			for _, n := range d.Days {
				p.Week[n] = append(p.Week[n], d.Hours...)
			}
		}
	}
	if only := s.AvailabilityType; only == nil || *only == 1 {
		for _, o := range s.Availabilities {
			p.Dates[o.Date] = append(p.Dates[o.Date], o.Hours...)
		}
	}
	return p
}
