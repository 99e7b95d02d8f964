package calendar

import (
	"slices"
	"time"

	"github.com/foyer-crm/foyer/internal/clock"
)

// Plan is all that the free slots of a calendar depend on. It needs no database.
type Plan struct {
	Opening
	CalendarID string
	Mode       Mode

	Duration time.Duration // of a meeting
	Interval time.Duration // between the beginnings of slots
	Before   time.Duration // kept free in front of a meeting
	After    time.Duration // kept free behind it
	PerSlot  int           // bookings of one slot: by each member, or in all where seats are sold
	PerDay   int           // bookings of one day, 0 for any number
	Earliest time.Time     // no slot begins before; zero for no limit
	Latest   time.Time     // no slot begins at or after; zero for no limit

	Calendar  Lane // the calendar's own bookings and blocks
	Members   []Lane
	Rooms     []Lane // one of them is needed, if there are any
	Equipment []Lane // one piece of each is needed
	perDay    map[Date]int
}

// Mode says who has to be free for a slot.
type Mode uint8

// The modes.
const (
	AnyMember  Mode = iota // one member: round robin, service, personal
	AllMembers             // all of them: collective
	Seats                  // all of them, for many bookings of one slot: class, event
)

// Lane is what one member, room, … is busy with. Busy must be sorted; see sortBusy.
type Lane struct {
	ID    string
	Busy  []Busy
	Hours *Opening // when a member works; nil for always
	Space int      // how many bookings a room or a kind of equipment takes at once
	skip  int      // those before it are over for every slot still to come
}

// Busy is one time that a lane is taken, its buffers included, in milliseconds
// since 1970.
type Busy struct {
	From, To   int64
	Slot       int64  // when the meeting itself begins
	CalendarID string // whose booking it is, "" for blocked time
	EventID    string
}

// Slot is a time that can be booked.
type Slot struct {
	Start time.Time
	Free  []string // the members who can take it: one of them, or all, by the Mode
}

// Slots gives the slots that begin from one moment up to another, in order.
func (p *Plan) Slots(from, to time.Time) []Slot {
	from, to = p.bounds(from, to)
	if p.Duration <= 0 || p.Interval <= 0 || !from.Before(to) {
		return nil
	}
	p.prepare()
	var slots []Slot
	last := clock.Day(to, p.Zone)
	for day := clock.Day(from, p.Zone); !day.After(last); day = day.AddDate(0, 0, 1) {
		for _, start := range p.starts(day) {
			if start.Before(from) || !start.Before(to) {
				continue
			}
			if s, ok := p.at(start); ok {
				slots = append(slots, s)
			}
		}
	}
	return slots
}

// bounds narrows a time to what notice and window allow.
func (p *Plan) bounds(from, to time.Time) (time.Time, time.Time) {
	if from.Before(p.Earliest) {
		from = p.Earliest
	}
	if !p.Latest.IsZero() && to.After(p.Latest) {
		to = p.Latest
	}
	return from, to
}

// starts gives the beginnings of all slots of a day, free or not, in order.
func (p *Plan) starts(day time.Time) []time.Time {
	var all []time.Time
	for _, open := range p.on(day) {
		for t := open.from; !t.Add(p.Duration).After(open.to); t = t.Add(p.Interval) {
			all = append(all, t)
		}
	}
	slices.SortFunc(all, time.Time.Compare)
	return slices.CompactFunc(all, time.Time.Equal)
}

// prepare begins at the first slot.
func (p *Plan) prepare() {
	p.perDay = map[Date]int{}
	for _, b := range p.Calendar.Busy {
		if b.CalendarID == p.CalendarID {
			p.perDay[dateOf(time.UnixMilli(b.Slot).In(p.Zone))]++
		}
	}
	for _, l := range p.lanes() {
		l.skip = 0
	}
}

// lanes gives every lane of the plan.
func (p *Plan) lanes() []*Lane {
	all := []*Lane{&p.Calendar}
	for _, list := range [][]Lane{p.Members, p.Rooms, p.Equipment} {
		for i := range list {
			all = append(all, &list[i])
		}
	}
	return all
}

// at reports whether a slot can be booked, and who can take it. Slots are asked
// for in order.
func (p *Plan) at(start time.Time) (Slot, bool) {
	s := Slot{Start: start}
	if p.PerDay > 0 && p.perDay[dateOf(start.In(p.Zone))] >= p.PerDay {
		return s, false
	}
	w := want{calendar: p.CalendarID, slot: start.UnixMilli(), from: start.Add(-p.Before).UnixMilli(), to: start.Add(p.Duration + p.After).UnixMilli()}
	booked, blocked, others := p.Calendar.look(w)
	if blocked || p.Mode == Seats && (others || booked >= max(p.PerSlot, 1)) {
		return s, false
	}
	for i := range p.Members {
		if hours := p.Members[i].Hours; hours != nil && !hours.covers(start, start.Add(p.Duration)) {
			continue
		}
		booked, blocked, others := p.Members[i].look(w)
		if !blocked && !others && (p.Mode == Seats || booked < max(p.PerSlot, 1)) {
			s.Free = append(s.Free, p.Members[i].ID)
		}
	}
	if p.Mode == AnyMember && len(s.Free) == 0 || p.Mode != AnyMember && len(s.Free) < len(p.Members) {
		return s, false
	}
	return s, p.resourcesFor(w) != nil
}

// resourcesFor gives the room and the equipment that a booking would take; nil
// if one is missing.
func (p *Plan) resourcesFor(w want) []string {
	taken := []string{}
	for i := range p.Rooms {
		if p.Rooms[i].space(w) > 0 {
			taken = append(taken, p.Rooms[i].ID)
			break
		}
	}
	if len(p.Rooms) > 0 && len(taken) == 0 {
		return nil
	}
	for i := range p.Equipment {
		if p.Equipment[i].space(w) <= 0 {
			return nil
		}
		taken = append(taken, p.Equipment[i].ID)
	}
	return taken
}

// want is a slot that somebody would like to book, with its buffers.
type want struct {
	calendar       string
	slot, from, to int64
}

// overlapping calls f for what the lane has at the time of w.
func (l *Lane) overlapping(w want, f func(Busy)) {
	for l.skip < len(l.Busy) && l.Busy[l.skip].To <= w.from {
		l.skip++
	}
	for _, b := range l.Busy[l.skip:] {
		if b.From >= w.to {
			return
		}
		if b.To > w.from {
			f(b)
		}
	}
}

// look says what a lane has at the time of w: bookings of the same slot, blocked
// time, and anything else.
func (l *Lane) look(w want) (booked int, blocked, others bool) {
	l.overlapping(w, func(b Busy) {
		switch {
		case b.CalendarID == "":
			blocked = true
		case b.CalendarID == w.calendar && b.Slot == w.slot:
			booked++
		default:
			others = true
		}
	})
	return booked, blocked, others
}

// space says how many more bookings a room or equipment takes during w.
func (l *Lane) space(w want) int {
	var at []Busy
	l.overlapping(w, func(b Busy) { at = append(at, b) })
	most := 0
	for _, b := range at { // it is fullest where something begins
		moment, n := max(b.From, w.from), 0
		for _, other := range at {
			if other.From <= moment && moment < other.To {
				n++
			}
		}
		most = max(most, n)
	}
	return l.Space - most
}

// sortBusy puts what a lane is busy with in order.
func sortBusy(list []Busy) {
	slices.SortFunc(list, func(a, b Busy) int {
		if a.From != b.From {
			return int(min(max(a.From-b.From, -1), 1))
		}
		return int(min(max(a.To-b.To, -1), 1))
	})
}
