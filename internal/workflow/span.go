package workflow

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Span is an amount of time as people say it: 10m, 2h, 3d, 1w, or 1d12h. Days and
// weeks are days of the calendar: they end at the same time of day. A minus in
// front makes it lead back.
type Span struct {
	Days  int
	Clock time.Duration
}

// longestSpan keeps a span within what a calendar can count.
const longestSpan = 3660 // days

// ParseSpan reads a span.
func ParseSpan(s string) (Span, error) {
	var out Span
	broken := fmt.Errorf("%q is not an amount of time as 10m, 2h, 3d or 1w", s)
	rest, back := strings.CutPrefix(s, "-")
	if rest == "" {
		return out, broken
	}
	units := map[byte]func(int){
		'w': func(n int) { out.Days += 7 * n },
		'd': func(n int) { out.Days += n },
		'h': func(n int) { out.Clock += time.Duration(n) * time.Hour },
		'm': func(n int) { out.Clock += time.Duration(n) * time.Minute },
		's': func(n int) { out.Clock += time.Duration(n) * time.Second },
	}
	for rest != "" {
		i := strings.IndexFunc(rest, func(r rune) bool { return r < '0' || r > '9' })
		if i <= 0 || i > 7 {
			return Span{}, broken
		}
		n, err := strconv.Atoi(rest[:i])
		unit := units[rest[i]]
		if err != nil || unit == nil {
			return Span{}, broken
		}
		unit(n)
		rest = rest[i+1:]
	}
	if out.Days > longestSpan || out.Clock > longestSpan*24*time.Hour {
		return Span{}, fmt.Errorf("%q is longer than ten years", s)
	}
	if back {
		out.Days, out.Clock = -out.Days, -out.Clock
	}
	return out, nil
}

// String writes the span as ParseSpan reads it.
func (s Span) String() string {
	if s == (Span{}) {
		return "0s"
	}
	sign, days, left := "", s.Days, s.Clock
	if days < 0 || left < 0 {
		sign, days, left = "-", -days, -left
	}
	var b strings.Builder
	b.WriteString(sign)
	say := func(n int64, unit string) {
		if n != 0 {
			b.WriteString(strconv.FormatInt(n, 10) + unit)
		}
	}
	if days%7 == 0 {
		say(int64(days/7), "w")
	} else {
		say(int64(days), "d")
	}
	say(int64(left/time.Hour), "h")
	say(int64(left%time.Hour/time.Minute), "m")
	say(int64(left%time.Minute/time.Second), "s")
	return b.String()
}

// IsZero reports whether the span is none: JSON leaves it out then.
func (s Span) IsZero() bool { return s == Span{} }

// MarshalJSON writes the span as a text.
func (s Span) MarshalJSON() ([]byte, error) { return json.Marshal(s.String()) }

// UnmarshalJSON reads the span from a text.
func (s *Span) UnmarshalJSON(b []byte) error {
	var text string
	if err := json.Unmarshal(b, &text); err != nil {
		return err
	}
	if text == "" {
		*s = Span{}
		return nil
	}
	to, err := ParseSpan(text)
	if err == nil {
		*s = to
	}
	return err
}

// From gives the moment that lies the span behind t, in a zone.
func (s Span) From(t time.Time, zone *time.Location) time.Time {
	return t.In(zone).AddDate(0, 0, s.Days).Add(s.Clock)
}
