package clock

import (
	"fmt"
	"slices"
	"strconv"
	"time"
)

// Window is some hours of some days of the week. The zero value is always open.
type Window struct {
	Days []string `json:"days,omitempty"` // sun, mon, tue, …; none is every day
	From string   `json:"from,omitempty"` // HH:MM; "" is the beginning of the day
	To   string   `json:"to,omitempty"`   // HH:MM, not included; "" is the end of the day
}

var days = [7]string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// Days gives the names of the days of the week, Sunday first.
func Days() []string { return slices.Clone(days[:]) }

const midnight = 24 * 60 // the end of a day in minutes

// Minutes reads HH:MM as minutes since midnight; 24:00 is the end of the day.
func Minutes(s string) (int, error) {
	if len(s) == 5 && s[2] == ':' {
		h, err := strconv.ParseUint(s[:2], 10, 8)
		m, err2 := strconv.ParseUint(s[3:], 10, 8)
		if n := int(h)*60 + int(m); err == nil && err2 == nil && m < 60 && n <= midnight {
			return n, nil
		}
	}
	return 0, fmt.Errorf("%q is not a time of day as 09:30", s)
}

// Check says what of a window cannot be.
func (w Window) Check() error {
	for _, d := range w.Days {
		if !slices.Contains(days[:], d) {
			return fmt.Errorf("%q is not a day of the week as %q", d, "mon")
		}
	}
	from, to, err := w.hours()
	if err == nil && from >= to {
		err = fmt.Errorf("the window ends at %s, before it begins at %s", w.To, w.From)
	}
	return err
}

func (w Window) hours() (from, to int, err error) {
	to = midnight
	if w.From != "" {
		if from, err = Minutes(w.From); err != nil {
			return 0, 0, err
		}
	}
	if w.To != "" {
		to, err = Minutes(w.To)
	}
	return from, to, err
}

// Next gives the first moment from t on at which the window is open in a zone; t
// itself if it is open then. A window that cannot be is always open.
func (w Window) Next(t time.Time, zone *time.Location) time.Time {
	from, to, err := w.hours()
	if err != nil || from >= to {
		return t
	}
	today := Day(t, zone)
	for i := range 15 { // two weeks: a day of the clocks' change may have nothing of the window
		day := today.AddDate(0, 0, i)
		if len(w.Days) > 0 && !slices.Contains(w.Days, days[day.Weekday()]) {
			continue
		}
		opens, closes := At(day, from, zone), At(day, to, zone)
		if t.Before(closes) && opens.Before(closes) {
			if t.Before(opens) {
				return opens
			}
			return t
		}
	}
	return t
}

// Open reports whether the window is open at a moment in a zone.
func (w Window) Open(t time.Time, zone *time.Location) bool { return w.Next(t, zone).Equal(t) }
