package calendar

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/foyer-crm/foyer/internal/clock"
)

// in gives a zone.
func in(t testing.TB, name string) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// every gives a week that has the same hours each day.
func every(hours ...Hours) (w Week) {
	for i := range w {
		w[i] = hours
	}
	return w
}

// at reads a moment.
func at(t testing.TB, text string) time.Time {
	t.Helper()
	moment, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return moment
}

// busy makes what somebody has from one moment to another: of a calendar, or
// blocked time for "".
func busy(t testing.TB, calendarID, from, to string) Busy {
	t.Helper()
	return Busy{From: at(t, from).UnixMilli(), To: at(t, to).UnixMilli(), Slot: at(t, from).UnixMilli(), CalendarID: calendarID, EventID: from}
}

// shownSlots writes slots by the clocks of a zone: "03:30-0500".
func shownSlots(slots []Slot, zone *time.Location) string {
	var list []string
	for _, s := range slots {
		list = append(list, s.Start.In(zone).Format("15:04-0700"))
	}
	return strings.Join(list, " ")
}

// The hours of a calendar are wall clock, whatever the clocks do: nine is nine on
// both sides of a change, and an hour that is skipped or repeated has no slot
// twice and none that does not exist.
func TestSlotsAcrossChangesOfTheClocks(t *testing.T) {
	for _, c := range []struct {
		name, zone, day string
		hours           Hours
		minutes         int
		want            string
	}{
		{"a day without a change", "America/New_York", "2026-03-07", Hours{0, 240}, 60, "00:00-0500 01:00-0500 02:00-0500 03:00-0500"},
		{"spring forward, over the gap", "America/New_York", "2026-03-08", Hours{0, 300}, 60, "00:00-0500 01:00-0500 03:00-0400 04:00-0400"},
		{"spring forward, opening in the gap", "America/New_York", "2026-03-08", Hours{150, 300}, 30, "03:00-0400 03:30-0400 04:00-0400 04:30-0400"},
		{"spring forward, open only in the gap", "America/New_York", "2026-03-08", Hours{120, 180}, 30, ""},
		{"spring forward, the working day", "America/New_York", "2026-03-08", Hours{540, 660}, 60, "09:00-0400 10:00-0400"},
		{"fall back, over the hour that comes twice", "America/New_York", "2026-11-01", Hours{0, 180}, 60, "00:00-0400 01:00-0400 01:00-0500 02:00-0500"},
		{"fall back, opening in the hour that comes twice", "America/New_York", "2026-11-01", Hours{90, 180}, 30, "01:30-0400 01:00-0500 01:30-0500 02:00-0500 02:30-0500"},
		{"fall back, the working day", "America/New_York", "2026-11-01", Hours{540, 660}, 60, "09:00-0500 10:00-0500"},
		{"south of the equator, forward", "Australia/Sydney", "2026-10-04", Hours{60, 240}, 60, "01:00+1000 03:00+1100"},
		{"south of the equator, back", "Australia/Sydney", "2026-04-05", Hours{120, 240}, 60, "02:00+1100 02:00+1000 03:00+1000"},
		{"half an hour forward", "Australia/Lord_Howe", "2026-10-04", Hours{60, 240}, 30, "01:00+1030 01:30+1030 02:30+1100 03:00+1100 03:30+1100"},
		{"half an hour back", "Australia/Lord_Howe", "2026-04-05", Hours{60, 180}, 30, "01:00+1100 01:30+1100 01:30+1030 02:00+1030 02:30+1030"},
		{"a zone with half an hour", "Asia/Kolkata", "2026-06-23", Hours{540, 660}, 60, "09:00+0530 10:00+0530"},
		{"a zone with three quarters", "Asia/Kathmandu", "2026-06-23", Hours{540, 600}, 30, "09:00+0545 09:30+0545"},
		{"clocks that change at midnight", "America/Santiago", "2026-09-06", Hours{0, 180}, 60, "01:00-0300 02:00-0300"},
		{"until midnight", "Europe/London", "2026-06-23", Hours{1380, 1440}, 30, "23:00+0100 23:30+0100"},
		{"a day that never was", "Pacific/Apia", "2011-12-30", Hours{0, 1440}, 60, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			zone := in(t, c.zone)
			day, err := time.Parse(time.DateOnly, c.day)
			if err != nil {
				t.Fatal(err)
			}
			length := time.Duration(c.minutes) * time.Minute
			p := &Plan{Opening: Opening{Zone: zone, Dates: map[Date][]Hours{Date(c.day): {c.hours}}}, Mode: Seats, Duration: length, Interval: length}
			if got := shownSlots(p.Slots(day.AddDate(0, 0, -2), day.AddDate(0, 0, 3)), zone); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

// Each rule on a Tuesday from nine to twelve, an hour at a time.
func TestRulesOfSlots(t *testing.T) {
	const day = "2026-06-23T"
	ann, bob := Lane{ID: "ann"}, Lane{ID: "bob"}
	taken := func(l Lane, list ...Busy) Lane {
		l.Busy = list
		sortBusy(l.Busy)
		return l
	}
	ours := func(from, to string) Busy { return busy(t, "c", day+from+":00Z", day+to+":00Z") }
	theirs := func(from, to string) Busy { return busy(t, "other", day+from+":00Z", day+to+":00Z") }
	blocked := func(from, to string) Busy { return busy(t, "", day+from+":00Z", day+to+":00Z") }
	for _, c := range []struct {
		name string
		set  func(*Plan)
		want string
	}{
		{"open hours", func(*Plan) {}, "09:00 10:00 11:00"},
		{"a day with hours of its own", func(p *Plan) { p.Dates["2026-06-23"] = []Hours{{600, 660}} }, "10:00"},
		{"a day that is closed", func(p *Plan) { p.Dates["2026-06-23"] = nil }, ""},
		{"two spans", func(p *Plan) { p.Week = every(Hours{660, 720}, Hours{540, 600}) }, "09:00 11:00"},
		{"spans that overlap", func(p *Plan) { p.Week = every(Hours{540, 660}, Hours{600, 720}) }, "09:00 10:00 11:00"},
		{"half-hour intervals", func(p *Plan) { p.Interval = 30 * time.Minute }, "09:00 09:30 10:00 10:30 11:00"},
		{"long slots", func(p *Plan) { p.Duration = 2 * time.Hour }, "09:00 10:00"},
		{"longer than the day", func(p *Plan) { p.Duration = 4 * time.Hour }, ""},
		{"notice", func(p *Plan) { p.Earliest = at(t, day+"09:00:01Z") }, "10:00 11:00"},
		{"window", func(p *Plan) { p.Latest = at(t, day+"11:00:00Z") }, "09:00 10:00"},
		{"nobody to book", func(p *Plan) { p.Members = nil }, ""},
		{"one of two is busy", func(p *Plan) { p.Members = []Lane{taken(ann, ours("10:00", "11:00")), bob} }, "09:00 10:00 11:00"},
		{"both are busy", func(p *Plan) {
			p.Members = []Lane{taken(ann, ours("10:00", "11:00")), taken(bob, theirs("10:30", "10:45"))}
		}, "09:00 11:00"},
		{"blocked time of a member", func(p *Plan) { p.Members = []Lane{taken(ann, blocked("00:00", "10:00"))} }, "10:00 11:00"},
		{"blocked time of the calendar", func(p *Plan) { p.Calendar = taken(p.Calendar, blocked("10:59", "11:01")) }, "09:00"},
		{"a long block before others", func(p *Plan) {
			p.Members = []Lane{taken(ann, blocked("08:00", "11:00"), theirs("08:30", "08:45"))}
		}, "11:00"},
		{"two bookings of one slot", func(p *Plan) { p.PerSlot = 2; p.Members = []Lane{taken(ann, ours("10:00", "11:00"))} }, "09:00 10:00 11:00"},
		{"no third one", func(p *Plan) {
			p.PerSlot = 2
			p.Members = []Lane{taken(ann, ours("10:00", "11:00"), ours("10:00", "11:00"))}
		}, "09:00 11:00"},
		{"another calendar's booking is none of the slot", func(p *Plan) { p.PerSlot = 2; p.Members = []Lane{taken(ann, theirs("10:00", "11:00"))} }, "09:00 11:00"},
		{"a limit by the day", func(p *Plan) { p.PerDay = 1; p.Calendar = taken(p.Calendar, ours("10:00", "11:00")) }, ""},
		{"a limit that is not reached", func(p *Plan) { p.PerDay = 2; p.Calendar = taken(p.Calendar, ours("10:00", "11:00")) }, "09:00 10:00 11:00"},
		{"a buffer behind", func(p *Plan) { p.After = 15 * time.Minute; p.Members = []Lane{taken(ann, theirs("11:00", "12:00"))} }, "09:00"},
		{"a buffer in front", func(p *Plan) { p.Before = 15 * time.Minute; p.Members = []Lane{taken(ann, theirs("09:00", "10:00"))} }, "11:00"},
		{"all members are needed", func(p *Plan) { p.Mode = AllMembers; p.Members = []Lane{ann, taken(bob, theirs("09:30", "09:40"))} }, "10:00 11:00"},
		{"seats left", func(p *Plan) { p.Mode = Seats; p.PerSlot = 2; p.Calendar = taken(p.Calendar, ours("10:00", "11:00")) }, "09:00 10:00 11:00"},
		{"seats sold", func(p *Plan) { p.Mode = Seats; p.Calendar = taken(p.Calendar, ours("10:00", "11:00")) }, "09:00 11:00"},
		{"a class needs its teacher", func(p *Plan) { p.Mode = Seats; p.PerSlot = 9; p.Members = []Lane{taken(ann, theirs("10:00", "11:00"))} }, "09:00 11:00"},
		{"a class's own bookings do not keep the teacher", func(p *Plan) {
			p.Mode, p.PerSlot = Seats, 9
			p.Members = []Lane{taken(ann, ours("10:00", "11:00"), ours("10:00", "11:00"))}
		}, "09:00 10:00 11:00"},
		{"an event without members", func(p *Plan) { p.Mode = Seats; p.Members = nil }, "09:00 10:00 11:00"},
		{"a room that is full", func(p *Plan) { p.Rooms = []Lane{taken(Lane{ID: "r", Space: 1}, theirs("10:30", "11:00"))} }, "09:00 11:00"},
		{"a second room", func(p *Plan) {
			p.Rooms = []Lane{taken(Lane{ID: "r", Space: 1}, theirs("10:30", "11:00")), {ID: "s", Space: 1}}
		}, "09:00 10:00 11:00"},
		{"a room for two", func(p *Plan) { p.Rooms = []Lane{taken(Lane{ID: "r", Space: 2}, theirs("10:30", "11:00"))} }, "09:00 10:00 11:00"},
		{"two after one another take one place", func(p *Plan) {
			p.Rooms = []Lane{taken(Lane{ID: "r", Space: 2}, theirs("10:00", "10:30"), theirs("10:30", "11:00"))}
		}, "09:00 10:00 11:00"},
		{"each equipment is needed", func(p *Plan) {
			p.Equipment = []Lane{{ID: "e", Space: 5}, taken(Lane{ID: "f", Space: 1}, theirs("09:00", "09:01"))}
		}, "10:00 11:00"},
		{"equipment out of service", func(p *Plan) { p.Equipment = []Lane{{ID: "e", Space: 0}} }, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := &Plan{Opening: Opening{Zone: time.UTC, Week: every(Hours{540, 720}), Dates: map[Date][]Hours{}}, CalendarID: "c", Calendar: Lane{ID: "c"},
				Duration: time.Hour, Interval: time.Hour, PerSlot: 1, Members: []Lane{ann}}
			c.set(p)
			got := strings.ReplaceAll(shownSlots(p.Slots(at(t, day+"00:00:00Z"), at(t, "2026-06-24T00:00:00Z")), time.UTC), "+0000", "")
			if got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// randomPlan makes a plan of any kind with anything in it.
func randomPlan(t *rapid.T) (*Plan, time.Time) {
	zones := []string{"UTC", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Kathmandu", "America/St_Johns", "Africa/Casablanca", "America/Santiago"}
	zone, err := time.LoadLocation(rapid.SampledFrom(zones).Draw(t, "zone"))
	if err != nil {
		t.Fatal(err)
	}
	from := time.Date(2026, 1, 1, 0, 0, 0, 0, zone).AddDate(0, 0, rapid.IntRange(0, 364).Draw(t, "day"))
	minutes := func(name string, least, most int) time.Duration {
		return time.Duration(5*rapid.IntRange(least/5, most/5).Draw(t, name)) * time.Minute
	}
	p := &Plan{Opening: Opening{Zone: zone, Dates: map[Date][]Hours{}}, CalendarID: "c", Calendar: Lane{ID: "c"}, Mode: Mode(rapid.IntRange(0, 2).Draw(t, "mode")),
		Duration: minutes("duration", 5, 180), Interval: minutes("interval", 15, 120), Before: minutes("before", 0, 60), After: minutes("after", 0, 60),
		PerSlot: rapid.IntRange(1, 3).Draw(t, "per slot"), PerDay: rapid.IntRange(0, 6).Draw(t, "per day")}
	for i := range p.Week {
		for range rapid.IntRange(0, 2).Draw(t, "spans") {
			open := rapid.IntRange(0, 1380).Draw(t, "open")
			p.Week[i] = append(p.Week[i], Hours{open, rapid.IntRange(open+1, 1440).Draw(t, "close")})
		}
	}
	lane := func(id string) Lane {
		l := Lane{ID: id, Space: rapid.IntRange(1, 2).Draw(t, "space")}
		for range rapid.IntRange(0, 8).Draw(t, "busy") {
			start := from.Add(minutes("busy at", 0, 3*24*60))
			l.Busy = append(l.Busy, Busy{From: start.UnixMilli(), To: start.Add(minutes("busy for", 5, 600)).UnixMilli(), Slot: start.UnixMilli(), CalendarID: rapid.SampledFrom([]string{"", "other"}).Draw(t, "whose")})
		}
		sortBusy(l.Busy)
		return l
	}
	for i := range rapid.IntRange(0, 3).Draw(t, "members") {
		p.Members = append(p.Members, lane(fmt.Sprint("m", i)))
	}
	if rapid.Bool().Draw(t, "rooms") {
		p.Rooms = []Lane{lane("r0"), lane("r1")}
	}
	return p, from
}

// book takes a slot as the booking of an appointment does.
func (p *Plan) book(s Slot) {
	b := Busy{From: s.Start.Add(-p.Before).UnixMilli(), To: s.Start.Add(p.Duration + p.After).UnixMilli(), Slot: s.Start.UnixMilli(), CalendarID: p.CalendarID}
	take := func(l *Lane) { l.Busy = append(l.Busy, b); sortBusy(l.Busy) }
	used := p.resourcesFor(want{calendar: p.CalendarID, slot: b.Slot, from: b.From, to: b.To})
	take(&p.Calendar)
	for i := range p.Members {
		if p.Mode != AnyMember || p.Members[i].ID == s.Free[0] {
			take(&p.Members[i])
		}
	}
	for i := range p.Rooms {
		if slices.Contains(used, p.Rooms[i].ID) {
			take(&p.Rooms[i])
		}
	}
}

// Booking slot after slot: what is offered can be had, what is taken is not
// offered again, and the offer never grows by a booking.
func TestEverySlotThatIsOfferedCanBeBookedUntilNoneIsLeft(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, from := randomPlan(t)
		to := from.AddDate(0, 0, 3)
		before := p.Slots(from, to)
		for range 200 {
			if len(before) == 0 {
				return
			}
			s := before[rapid.IntRange(0, len(before)-1).Draw(t, "which")]
			again := p.Slots(s.Start, s.Start.Add(time.Millisecond))
			if len(again) != 1 || !cmp.Equal(again[0].Free, s.Free) || !again[0].Start.Equal(s.Start) {
				t.Fatalf("%v is offered among others and not by itself: %v", s, again)
			}
			p.book(s)
			after := p.Slots(from, to)
			for _, a := range after {
				if !slices.ContainsFunc(before, func(b Slot) bool { return b.Start.Equal(a.Start) }) {
					t.Fatalf("%v came free by a booking at %v", a.Start, s.Start)
				}
			}
			before = after
			p.noOverlaps(t)
		}
	})
}

// noOverlaps checks that nobody has two things at once, but for bookings of one slot.
func (p *Plan) noOverlaps(t *rapid.T) {
	for _, m := range p.Members {
		for i, a := range m.Busy {
			same := 1
			for _, b := range m.Busy[i+1:] {
				if b.From >= a.To || a.CalendarID != "c" && b.CalendarID != "c" {
					continue
				}
				if a.CalendarID != b.CalendarID || a.Slot != b.Slot {
					t.Fatalf("%s has %v and %v at once", m.ID, a, b)
				}
				same++
			}
			if a.CalendarID == "c" && same > p.PerSlot {
				t.Fatalf("%s has %d bookings of one slot of %d", m.ID, same, p.PerSlot)
			}
		}
	}
	for _, r := range p.Rooms {
		for _, a := range r.Busy {
			if n := r.space(want{from: a.From, to: a.From + 1}); a.CalendarID == "c" && n < 0 && !foreign(r, a) {
				t.Fatalf("room %s holds %d too many at %v", r.ID, -n, a)
			}
		}
	}
}

// foreign reports whether a room was overfull without us.
func foreign(l Lane, at Busy) bool {
	n := 0
	for _, b := range l.Busy {
		if b.CalendarID != "c" && b.From <= at.From && at.From < b.To {
			n++
		}
	}
	return n > l.Space
}

// Slots lie within the hours by the clocks, and apart by the interval.
func TestSlotsLieWithinTheOpenHours(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, from := randomPlan(t)
		var last time.Time
		for _, s := range p.Slots(from, from.AddDate(0, 0, 3)) {
			if !last.Before(s.Start) {
				t.Fatalf("%v comes after %v", s.Start, last)
			}
			last = s.Start
			day := clock.Day(s.Start, p.Zone)
			if !slices.ContainsFunc(p.on(day), func(o span) bool { return !s.Start.Before(o.from) && !s.Start.Add(p.Duration).After(o.to) }) &&
				!slices.ContainsFunc(p.on(day.AddDate(0, 0, -1)), func(o span) bool { return !s.Start.Before(o.from) && !s.Start.Add(p.Duration).After(o.to) }) {
				t.Fatalf("%v lies in no open hours", s.Start.In(p.Zone))
			}
		}
	})
}

func TestWhoGetsABooking(t *testing.T) {
	members := []Member{{UserID: "low", Priority: 0}, {UserID: "mid", Priority: 0.5}, {UserID: "high", Priority: 1}, {UserID: "high2", Priority: 1}}
	all := []string{"low", "mid", "high", "high2"}
	for _, c := range []struct {
		name   string
		free   []string
		booked map[string]int
		equal  bool
		want   string
	}{
		{"the highest priority", all, nil, false, "high"},
		{"of equals who has fewest", all, map[string]int{"high": 1}, false, "high2"},
		{"the next one if they are busy", []string{"low", "mid"}, map[string]int{"mid": 9}, false, "mid"},
		{"nobody", nil, nil, false, ""},
		{"equal shares begin with the first", all, nil, true, "low"},
		{"equal shares by priority", all, map[string]int{"low": 1, "mid": 2, "high": 2, "high2": 3}, true, "high"},
		{"a share is three to one", []string{"low", "high"}, map[string]int{"low": 1, "high": 2}, true, "high"},
		{"and then the other's turn", []string{"low", "high"}, map[string]int{"low": 0, "high": 1}, true, "low"},
	} {
		if got := Pick(members, c.free, c.booked, c.equal); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	counts := map[string]int{}
	for range 140 {
		counts[Pick(members[:3], all[:3], counts, true)]++
	}
	if counts["high"] < 3*counts["low"]-3 || counts["high"] > 3*counts["low"]+3 || counts["mid"] < 2*counts["low"]-2 || counts["mid"] > 2*counts["low"]+2 {
		t.Errorf("shares are %v, want one to two to three", counts)
	}
}

func TestABusyLookHidesItsShareAndAlwaysTheSame(t *testing.T) {
	p := &Plan{Opening: Opening{Zone: time.UTC, Week: every(Hours{540, 1140})}, Mode: Seats, Duration: 30 * time.Minute, Interval: 30 * time.Minute}
	from := at(t, "2026-06-22T00:00:00Z")
	slots := p.Slots(from, from.AddDate(0, 0, 2))
	for percent, want := range map[int]int{0: 40, 30: 28, 50: 20, 100: 0} {
		shown := LookBusy(slots, "c", percent, time.UTC)
		if len(shown) != want {
			t.Errorf("%d%%: %d of %d slots are shown, want %d", percent, len(shown), len(slots), want)
		}
		if !slices.IsSortedFunc(shown, func(a, b Slot) int { return a.Start.Compare(b.Start) }) || !cmp.Equal(shown, LookBusy(slots, "c", percent, time.UTC)) {
			t.Errorf("%d%%: not in order, or another time another choice", percent)
		}
	}
}

func TestRepeatsByTheClocksOfTheLocation(t *testing.T) {
	for _, c := range []struct {
		name, rule, first, zone, want string
		more, broken                  bool
	}{
		{"daily across a change", "RRULE:FREQ=DAILY;COUNT=3", "2026-03-07T09:00:00-05:00", "America/New_York", "03-07 09:00-0500 03-08 09:00-0400 03-09 09:00-0400", false, false},
		{"every second week", "FREQ=WEEKLY;INTERVAL=2;COUNT=3", "2026-10-20T09:00:00-04:00", "America/New_York", "10-20 09:00-0400 11-03 09:00-0500 11-17 09:00-0500", false, false},
		{"some days", "rrule:freq=weekly;byday=mo,we;count=3", "2026-06-22T09:00:00Z", "UTC", "06-22 09:00+0000 06-24 09:00+0000 06-29 09:00+0000", false, false},
		{"until", "RRULE:FREQ=DAILY;UNTIL=20260624T090000Z", "2026-06-22T09:00:00Z", "UTC", "06-22 09:00+0000 06-23 09:00+0000 06-24 09:00+0000", false, false},
		{"the first one is none of the rule's", "FREQ=WEEKLY;BYDAY=WE;COUNT=1", "2026-06-22T09:00:00Z", "UTC", "06-22 09:00+0000 06-24 09:00+0000", false, false},
		{"the last day of months", "FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=2", "2026-01-31T09:00:00Z", "UTC", "01-31 09:00+0000 02-28 09:00+0000", false, false},
		{"a time that the clocks skip", "FREQ=DAILY;COUNT=2", "2026-03-07T02:30:00-05:00", "America/New_York", "03-07 02:30-0500 03-08 03:00-0400", false, false},
		{"a day that never comes", "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "2026-06-22T09:00:00Z", "UTC", "06-22 09:00+0000", false, false},
		{"without an end", "FREQ=DAILY", "2026-06-22T09:00:00Z", "UTC", "", true, false},
		{"by the hour", "FREQ=HOURLY;COUNT=2", "2026-06-22T09:00:00Z", "UTC", "", false, true},
		{"every minute of some days", "FREQ=YEARLY;BYMINUTE=0,1,2,3;COUNT=2", "2026-06-22T09:00:00Z", "UTC", "", false, true},
		{"no rule", "every day", "2026-06-22T09:00:00Z", "UTC", "", false, true},
		{"nothing", "RRULE:", "2026-06-22T09:00:00Z", "UTC", "", false, true},
	} {
		zone := in(t, c.zone)
		all, more, err := repeats(c.rule, at(t, c.first), zone)
		if (err != nil) != c.broken || more != c.more {
			t.Errorf("%s: more is %v, error %v", c.name, more, err)
		}
		if more && len(all) != MostRepeats {
			t.Errorf("%s: %d appointments", c.name, len(all))
		}
		var list []string
		for _, a := range all {
			list = append(list, a.In(zone).Format("01-02 15:04-0700"))
		}
		if got := strings.Join(list, " "); c.want != "" && got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, got, c.want)
		}
	}
}

func FuzzRepeats(f *testing.F) {
	for _, seed := range []string{"FREQ=DAILY", "RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=WEEKLY;BYDAY=-5MO;INTERVAL=99999999", "FREQ=MONTHLY;BYSETPOS=-366;COUNT=-1", "DTSTART=20260101T000000Z;FREQ=DAILY;UNTIL=99991231T235959Z", "FREQ=DAILY;BYHOUR=1,2,3;BYMINUTE=0,1;BYSECOND=61", "FREQ=YEARLY;BYEASTER=1;BYWEEKNO=53;BYYEARDAY=366"} {
		f.Add(seed)
	}
	first := time.Date(2026, 6, 22, 9, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, rule string) {
		if len(rule) > 500 {
			return
		}
		all, _, err := repeats(rule, first, time.UTC)
		if err == nil && (len(all) == 0 || len(all) > MostRepeats || !slices.IsSortedFunc(all, time.Time.Compare)) {
			t.Fatalf("%q: %d appointments, in order: %v", rule, len(all), slices.IsSortedFunc(all, time.Time.Compare))
		}
	})
}
