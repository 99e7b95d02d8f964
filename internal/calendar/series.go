package calendar

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/teambition/rrule-go"

	"github.com/foyer-crm/foyer/internal/clock"
)

// MostRepeats is how many appointments one rule makes at most; a rule without an
// end makes as many.
const MostRepeats = 366

// repeats gives the beginnings that a rule of RFC 5545 makes of a first one, that
// one included, by the clocks of a zone; more says that the rule goes on.
func repeats(rule string, first time.Time, zone *time.Location) (all []time.Time, more bool, err error) {
	option, err := rrule.StrToROptionInLocation(strings.TrimPrefix(strings.ToUpper(strings.TrimSpace(rule)), "RRULE:"), zone)
	if err != nil {
		return nil, false, fmt.Errorf("reading the rule: %w", err)
	}
	if option.Freq > rrule.DAILY || len(option.Byminute) > 1 || len(option.Bysecond) > 1 {
		return nil, false, errors.New("a rule by the hour, minute or second is no rule for appointments")
	}
	// The rule is worked out in UTC on what the clocks show, so that a time the
	// clocks skip or repeat is found by the same rule as everywhere here.
	option.Dtstart = clock.Shown(first, zone)
	horizon := option.Dtstart.AddDate(20, 0, 0) // a rule may name days that hardly ever come
	if option.Until = clock.Shown(option.Until, zone); option.Until.Year() < 1970 || option.Until.After(horizon) {
		option.Until = horizon
	}
	r, err := rrule.NewRRule(*option)
	if err != nil {
		return nil, false, fmt.Errorf("reading the rule: %w", err)
	}
	all = []time.Time{first}
	next := r.Iterator()
	for t, ok := next(); ok; t, ok = next() {
		at := clock.Wall(t, zone)
		if !at.After(first) {
			continue
		}
		if len(all) == MostRepeats {
			return all, true, nil
		}
		all = append(all, at)
	}
	return all, false, nil
}

// Recurring is how a calendar repeats what is booked on it.
type Recurring struct {
	Freq    string `json:"freq,omitempty"` // DAILY, WEEKLY, MONTHLY
	Count   int    `json:"count,omitempty"`
	Option  string `json:"bookingOption,omitempty"`               // where a time is taken: skip, continue, book_next
	Overlap string `json:"bookingOverlapDefaultStatus,omitempty"` // the status where continue books over something
}

// rule gives the rule of RFC 5545.
func (r Recurring) rule() string {
	return fmt.Sprintf("RRULE:FREQ=%s;COUNT=%d", r.Freq, max(r.Count, 1))
}
