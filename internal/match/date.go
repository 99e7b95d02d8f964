package match

import (
	"strconv"

	"github.com/foyer-crm/foyer/internal/norm"
)

// date is a day of birth as digits, YYYYMMDD; one more or less where it was
// mistyped; "" for none.
type date string

// readDate reads a day of birth. Days that programs fill in where none was
// given are none.
func readDate(s string) date {
	iso, _, ok := norm.Date(s, norm.MonthFirst)
	if !ok {
		return looseDate(s)
	}
	switch iso {
	case "1900-01-01", "1970-01-01", "1899-12-30", "2000-01-01", "1901-01-01":
		return ""
	}
	return date(iso[:4] + iso[5:7] + iso[8:])
}

// looseDate keeps the digits of a day that does not exist: it was mistyped, and
// all but one of them may be right.
func looseDate(s string) date {
	digits := make([]byte, 0, 9)
	for i := range min(len(s), 32) {
		if '0' <= s[i] && s[i] <= '9' {
			digits = append(digits, s[i])
		}
	}
	if len(digits) < 7 || len(digits) > 9 || digits[0] != '1' && digits[0] != '2' {
		return ""
	}
	return date(digits)
}

func (d date) year() string  { return string(d[:4]) }
func (d date) month() string { return string(d[4:6]) }
func (d date) day() string   { return string(d[6:]) }

// agreeDates weighs two days of birth.
func agreeDates(a, b date) agreement {
	switch {
	case a == "" || b == "":
		return agreement{}
	case a == b:
		return agreement{bits: 14, level: same, words: "same birthday"}
	case len(a) != 8 || len(b) != 8:
		return agreeMistyped(a, b)
	case a.year() == b.year() && a.month() == b.day() && a.day() == b.month():
		return agreement{bits: 12, level: near, words: "birthday with day and month swapped"}
	case edits(string(a), string(b), 1) <= 1:
		return agreement{bits: 10, level: near, words: "birthday but for one digit"}
	}
	equal := 0
	for _, same := range []bool{a.year() == b.year(), a.month() == b.month(), a.day() == b.day()} {
		if same {
			equal++
		}
	}
	days := apart(a, b)
	switch {
	case equal == 2:
		return agreement{bits: 7, level: near, words: "two parts of the birthday"}
	case days <= 62:
		return agreement{bits: 4, level: near, words: "nearly the same birthday"}
	case edits(string(a), string(b), 2) <= 2:
		return agreement{bits: 2, level: unclear, words: "birthday but for two digits"}
	case days <= 400:
		return agreement{bits: 1.5, level: unclear, words: "about the same age"}
	case equal == 1:
		return agreement{bits: -3, level: other}
	}
	return agreement{bits: -7, level: other}
}

// agreeMistyped weighs two days of birth of which one has too many digits or
// too few.
func agreeMistyped(a, b date) agreement {
	switch edits(string(a), string(b), 2) {
	case 1:
		return agreement{bits: 10, level: near, words: "birthday but for one digit"}
	case 2:
		return agreement{bits: 2, level: unclear, words: "birthday but for two digits"}
	}
	return agreement{bits: -3, level: other}
}

// apart is about how many days are between two dates.
func apart(a, b date) int {
	days := func(d date) int {
		y, _ := strconv.Atoi(d.year()) // digits only
		m, _ := strconv.Atoi(d.month())
		n, _ := strconv.Atoi(d.day())
		return y*365 + m*30 + n
	}
	n := days(a) - days(b)
	return max(n, -n)
}
