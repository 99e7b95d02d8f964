package crm_test

import (
	"testing"
	"time"

	"github.com/foyer-crm/foyer/internal/crm"
)

// A digest comes at the next hour of the clock on the wall, once a day, also on
// the days when the clock is moved.
func TestADigestComesAtTheHourOfTheWall(t *testing.T) {
	for _, c := range []struct {
		zone     string
		hour     int
		happened string
		due      string
	}{
		{"UTC", 8, "2026-05-01T07:59:59Z", "2026-05-01T08:00:00Z"},
		{"UTC", 8, "2026-05-01T08:00:00Z", "2026-05-02T08:00:00Z"},
		{"America/Phoenix", 8, "2026-05-01T02:00:00Z", "2026-05-01T15:00:00Z"},
		{"America/New_York", 8, "2026-03-07T13:00:00Z", "2026-03-08T12:00:00Z"}, // 23 hours
		{"America/New_York", 8, "2026-10-31T12:00:00Z", "2026-11-01T13:00:00Z"}, // 25 hours
		{"America/New_York", 2, "2026-03-08T05:00:00Z", "2026-03-08T07:00:00Z"}, // there is no two o'clock
		{"America/New_York", 1, "2026-11-01T04:00:00Z", "2026-11-01T05:00:00Z"}, // it strikes one twice
		{"America/New_York", 1, "2026-11-01T05:00:00Z", "2026-11-02T06:00:00Z"},
		{"Asia/Kolkata", 0, "2026-12-31T18:30:00Z", "2027-01-01T18:30:00Z"},
	} {
		zone, err := time.LoadLocation(c.zone)
		if err != nil {
			t.Fatal(err)
		}
		happened, _ := time.Parse(time.RFC3339, c.happened)
		if got := crm.DigestAt(happened, c.hour, zone).UTC().Format(time.RFC3339); got != c.due {
			t.Errorf("%s %d o'clock, happened %s: due %s, want %s", c.zone, c.hour, c.happened, got, c.due)
		}
	}
}
