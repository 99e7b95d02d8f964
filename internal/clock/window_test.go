package clock_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/foyer-crm/foyer/internal/clock"
)

func TestAWindowOpensAndCloses(t *testing.T) {
	weekdays := clock.Window{Days: []string{"mon", "tue", "wed", "thu", "fri"}, From: "09:00", To: "17:30"}
	for _, c := range []struct {
		w            clock.Window
		zone, at, to string
	}{
		{weekdays, "America/Phoenix", "2026-11-23T09:00", "2026-11-23T09:00"},
		{weekdays, "America/Phoenix", "2026-11-23T08:59", "2026-11-23T09:00"},
		{weekdays, "America/Phoenix", "2026-11-23T17:29", "2026-11-23T17:29"},
		{weekdays, "America/Phoenix", "2026-11-23T17:30", "2026-11-24T09:00"},
		{weekdays, "America/Phoenix", "2026-11-27T18:00", "2026-11-30T09:00"},
		{clock.Window{}, "America/New_York", "2026-03-08T02:30", "2026-03-08T03:00"}, // which the clocks skip
		{clock.Window{From: "02:00", To: "02:30"}, "America/New_York", "2026-03-07T12:00", "2026-03-09T02:00"},
		{clock.Window{From: "01:00", To: "02:00"}, "America/New_York", "2026-11-01T00:00", "2026-11-01T01:00"},
		{clock.Window{Days: []string{"sun"}}, "Asia/Tokyo", "2026-11-23T00:00", "2026-11-29T00:00"},
	} {
		zone, err := time.LoadLocation(c.zone)
		if err != nil {
			t.Fatal(err)
		}
		read := func(s string) time.Time {
			shown, err := time.Parse("2006-01-02T15:04", s)
			if err != nil {
				t.Fatal(err)
			}
			return clock.Wall(shown, zone)
		}
		if got := c.w.Next(read(c.at), zone); !got.Equal(read(c.to)) {
			t.Errorf("%v in %s from %s: %v, want %s", c.w, c.zone, c.at, got, c.to)
		}
	}
}

func TestWhatIsNoWindow(t *testing.T) {
	for _, w := range []clock.Window{{Days: []string{"monday"}}, {From: "9:00"}, {From: "24:01"}, {To: "12:60"}, {From: "17:00", To: "09:00"}, {From: "09:00", To: "09:00"}, {From: "-1:00"}} {
		if w.Check() == nil {
			t.Errorf("%v passes", w)
		}
	}
	for _, w := range []clock.Window{{}, {From: "00:00", To: "24:00"}, {Days: []string{"sat"}, From: "23:59"}} {
		if err := w.Check(); err != nil {
			t.Errorf("%v: %v", w, err)
		}
	}
}

// Nothing leaves outside of its window (D10): at ten thousand random moments, many
// of them in the weeks in which the clocks change, in every zone of the United
// States, the moment that Next gives is inside, and there is none before it.
func TestNothingLeavesOutsideOfItsWindow(t *testing.T) {
	zones := []string{"America/New_York", "America/Detroit", "America/Chicago", "America/Denver", "America/Boise", "America/Phoenix", "America/Los_Angeles", "America/Anchorage", "America/Adak",
		"America/Indiana/Indianapolis", "America/Indiana/Knox", "America/Kentucky/Louisville", "America/Menominee", "America/North_Dakota/Center", "America/Juneau", "Pacific/Honolulu", "America/Puerto_Rico", "Pacific/Guam", "Pacific/Pago_Pago"}
	r := rand.New(rand.NewPCG(10, 10))
	changes := []time.Time{time.Date(2026, 3, 8, 0, 0, 0, 0, time.UTC), time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)}
	names := clock.Days()
	for range 10_000 {
		zone, err := time.LoadLocation(zones[r.IntN(len(zones))])
		if err != nil {
			t.Fatal(err)
		}
		at := time.Date(2026, 1, 1, 0, r.IntN(365*24*60), 0, 0, time.UTC)
		if r.IntN(2) == 0 {
			at = changes[r.IntN(2)].Add(time.Duration(r.IntN(3*24*60)) * time.Minute)
		}
		from := r.IntN(23 * 60)
		to := from + 1 + r.IntN(24*60-1-from)
		w := clock.Window{From: hhmm(from), To: hhmm(to)}
		for _, d := range names {
			if r.IntN(2) == 0 {
				w.Days = append(w.Days, d)
			}
		}
		next := w.Next(at, zone)
		if next.Before(at) || !inside(w, next, zone, from, to) {
			t.Fatalf("%v in %s: from %v on it is %v", w, zone, at.In(zone), next.In(zone))
		}
		for before := at; before.Before(next); before = before.Add(7 * time.Minute) { // a sample of what lies between
			if inside(w, before, zone, from, to) && w.Open(before, zone) {
				t.Fatalf("%v in %s: %v is open, before %v", w, zone, before.In(zone), next.In(zone))
			}
		}
	}
}

// inside looks at the clock on the wall alone.
func inside(w clock.Window, at time.Time, zone *time.Location, from, to int) bool {
	local := at.In(zone)
	minute := local.Hour()*60 + local.Minute()
	day := len(w.Days) == 0
	for _, d := range w.Days {
		day = day || d == clock.Days()[local.Weekday()]
	}
	// where the clocks jump over the beginning, the window opens behind the jump
	return day && minute >= from && minute < to
}

func hhmm(minutes int) string {
	return time.Date(2000, 1, 1, 0, minutes, 0, 0, time.UTC).Format("15:04")
}
