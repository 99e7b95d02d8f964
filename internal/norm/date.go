package norm

import (
	"fmt"
	"regexp"
	"strings"
	"time"
)

// DateOrder says how 3/4/1975 is meant.
type DateOrder int

// The two orders.
const (
	DayFirst   DateOrder = iota // 3 April, as most of the world and Brokerkit write (intake.md §2.8)
	MonthFirst                  // March 4, as the US writes
)

// maxDate bounds dates and times, in bytes; the longest sensible one has half of it.
const maxDate = 64

// Date reads a calendar date and returns it as YYYY-MM-DD:
//
//	1975-03-24  1975/3/24  1975.03.24  1975_03_24  19750324
//	24/03/1975  03-24-1975  24. 3. 1975
//	March 24, 1975  24 March 1975  24-Mar-1975  Mar 24th 1975
//
// each with or without a time after it, which is ignored: the date stays as
// written, in whatever zone that was. order decides where day and month could
// be either; where only the other order makes a date, that is used and guessed
// is true, which callers should warn about. ok is false where there is no such
// day (31/02/1975, year 0), and for a year of two digits: it could mean two
// centuries.
func Date(s string, order DateOrder) (iso string, guessed, ok bool) {
	s = strings.TrimSpace(s)
	if len(s) > maxDate {
		return "", false, false
	}
	a, s := nextField(s)
	if a.digits == 8 && noMore(s) { // 19750324
		iso, ok = calendar(a.number/10000, a.number/100%100, a.number%100)
		return iso, false, ok
	}
	sep1, s := nextSeparator(s)
	b, s := nextField(s)
	sep2, s := nextSeparator(s)
	c, rest := nextField(s)
	if sep1 == "" || sep2 == "" || !noMore(rest) {
		return "", false, false
	}
	switch {
	case a.month > 0 && b.day() && c.year(): // March 24, 1975
		iso, ok = calendar(c.number, a.month, b.number)
	case a.day() && b.month > 0 && c.year(): // 24 March 1975
		iso, ok = calendar(c.number, b.month, a.number)
	case a.year() && b.month > 0 && c.day(): // 1975 March 24
		iso, ok = calendar(a.number, b.month, c.number)
	case sep1 != sep2:
	case a.year() && b.day() && c.day(): // 1975-03-24
		iso, ok = calendar(a.number, b.number, c.number)
	case a.day() && b.day() && c.year(): // 24/03/1975 or 03/24/1975
		day, month := a.number, b.number
		if order == MonthFirst {
			day, month = month, day
		}
		if iso, ok = calendar(c.number, month, day); !ok {
			iso, ok = calendar(c.number, day, month)
			guessed = ok
		}
	}
	return iso, guessed, ok
}

// calendar writes a date, if there was such a day.
func calendar(year, month, day int) (iso string, ok bool) {
	if year < 1 || month < 1 || month > 12 || day < 1 {
		return "", false
	}
	if time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC).Day() != day {
		return "", false
	}
	return fmt.Sprintf("%04d-%02d-%02d", year, month, day), true
}

// field is one of the three parts of a date: a number of so many digits, or
// the name of a month.
type field struct {
	number, digits int
	month          int // 1 to 12; 0 for a number
}

func (f field) year() bool { return f.digits == 4 }
func (f field) day() bool  { return f.digits == 1 || f.digits == 2 }

func nextField(s string) (f field, rest string) {
	for f.digits < len(s) && f.digits < 9 && '0' <= s[f.digits] && s[f.digits] <= '9' {
		f.number = f.number*10 + int(s[f.digits]-'0')
		f.digits++
	}
	if f.digits > 0 {
		return f, cutOrdinal(s[f.digits:])
	}
	n := 0
	for n < len(s) && letter(s[n]) {
		n++
	}
	f.month = monthNumber(s[:n])
	return f, s[n:]
}

// cutOrdinal removes the st, nd, rd or th of a day.
func cutOrdinal(s string) string {
	if len(s) >= 2 && (len(s) == 2 || !letter(s[2])) {
		switch strings.ToLower(s[:2]) {
		case "st", "nd", "rd", "th":
			return s[2:]
		}
	}
	return s
}

// monthNumber knows an English month by its full name or its first three
// letters ("Sept" too); 0 for another word.
func monthNumber(s string) int {
	for m := time.January; m <= time.December; m++ {
		name := m.String()
		if strings.EqualFold(s, name) || strings.EqualFold(s, name[:3]) ||
			m == time.September && strings.EqualFold(s, name[:4]) {
			return int(m)
		}
	}
	return 0
}

// nextSeparator takes what stands between two parts and returns it without
// its spaces, or one space where there is nothing else.
func nextSeparator(s string) (sep, rest string) {
	rest = strings.TrimLeft(s, " ,./-_")
	taken := s[:len(s)-len(rest)]
	if sep = strings.ReplaceAll(taken, " ", ""); sep == "" && taken != "" {
		sep = " "
	}
	return sep, rest
}

// clock is a time of day after a date, of whatever notation.
var clock = regexp.MustCompile(`^(?:[Tt]|,? +)\d{1,2}:?\d{2}[-+0-9:., ZzAaPpMmUuTtCcGg]*$`)

// noMore reports whether what follows a date is nothing, a full stop or a time of day.
func noMore(s string) bool { return s == "" || s == "." || clock.MatchString(s) }

// layouts are the notations of Time, once normalised. time.Parse takes a
// fraction of a second, after a full stop or a comma, without being told.
var layouts = []string{
	"2006-01-02T15:04:05Z07:00", "2006-01-02T15:04:05Z0700", "2006-01-02T15:04:05Z07", "2006-01-02T15:04:05",
	"2006-01-02T15:04Z07:00", "2006-01-02T15:04Z0700", "2006-01-02T15:04Z07", "2006-01-02T15:04",
	"2006-01-02",
}

// Time reads an ISO 8601 or RFC 3339 time and returns it in UTC. Offsets may
// be "Z", "UTC", "+00:00", "+0000" or "+00", with a space before them; without
// one the time is UTC. T may be a space, seconds may be missing, a date alone
// is its midnight. It reports false for anything else.
func Time(s string) (time.Time, bool) {
	s = strings.TrimSpace(s)
	if len(s) < len("2006-01-02") || len(s) > maxDate {
		return time.Time{}, false
	}
	date, clock := s[:10], s[10:]
	if clock != "" {
		if !strings.ContainsAny(clock[:1], "Tt ") {
			return time.Time{}, false
		}
		clock = strings.ToUpper(strings.TrimLeft(clock[1:], " "))
		if utc, ok := strings.CutSuffix(clock, "UTC"); ok {
			clock = utc + "Z"
		}
		if i := strings.IndexByte(clock, ' '); i > 0 {
			clock = clock[:i] + strings.TrimLeft(clock[i:], " ")
		}
		clock = "T" + clock
	}
	for _, layout := range layouts {
		t, err := time.Parse(layout, date+clock)
		if err != nil {
			continue
		}
		if t = t.UTC(); t.Year() < 1 || t.Year() > 9999 { // an offset can reach over the edge
			return time.Time{}, false
		}
		return t, true
	}
	return time.Time{}, false
}
