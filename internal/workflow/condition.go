package workflow

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/foyer-crm/foyer/internal/mergefield"
	"github.com/foyer-crm/foyer/internal/norm"
)

// Condition is what has to hold. All that one says must hold; the zero value
// holds always. Texts are compared without regard to case.
type Condition struct {
	All []Condition `json:"all,omitempty"`
	Any []Condition `json:"any,omitempty"`
	Not *Condition  `json:"not,omitempty"`

	Field      string `json:"field,omitempty"`
	Is         any    `json:"is,omitempty"`
	IsNot      any    `json:"isNot,omitempty"`
	In         []any  `json:"in,omitempty"`
	Contains   string `json:"contains,omitempty"` // as a part, or as one of a list
	StartsWith string `json:"startsWith,omitempty"`
	Known      *bool  `json:"known,omitempty"` // whether there is anything in it
	Above      any    `json:"above,omitempty"` // than a number, or later than a date
	Below      any    `json:"below,omitempty"`
	Within     Span   `json:"within,omitzero"` // not longer ago
}

// Holds reports whether a condition holds for what is known.
func (c *Condition) Holds(s *scope) bool {
	if c == nil {
		return true
	}
	for i := range c.All {
		if !c.All[i].Holds(s) {
			return false
		}
	}
	if len(c.Any) > 0 && !slices.ContainsFunc(c.Any, func(a Condition) bool { return a.Holds(s) }) {
		return false
	}
	if c.Not != nil && c.Not.Holds(s) {
		return false
	}
	if c.Field == "" {
		return true
	}
	v, _ := s.look(mergefield.Path(c.Field))
	return c.fits(v, s)
}

// fits reports whether a field's value is as the condition says.
func (c *Condition) fits(v any, s *scope) bool {
	equals := func(want any) bool { return is(v, want) }
	switch {
	case c.Is != nil && !equals(c.Is),
		c.IsNot != nil && equals(c.IsNot),
		len(c.In) > 0 && !slices.ContainsFunc(c.In, equals),
		c.Contains != "" && !contains(v, c.Contains),
		c.StartsWith != "" && !strings.HasPrefix(norm.Fold(textOf(v, s.zone())), norm.Fold(c.StartsWith)),
		c.Known != nil && *c.Known != (textOf(v, s.zone()) != ""):
		return false
	}
	if c.Above != nil {
		if n, ok := compare(v, c.Above, s.zone()); !ok || n <= 0 {
			return false
		}
	}
	if c.Below != nil {
		if n, ok := compare(v, c.Below, s.zone()); !ok || n >= 0 {
			return false
		}
	}
	if c.Within != (Span{}) {
		at, ok := moment(v, s.zone())
		back := Span{-c.Within.Days, -c.Within.Clock}
		if !ok || at.Before(back.From(s.now, s.zone())) {
			return false
		}
	}
	return true
}

// is reports whether a value is the same as what a definition says; of a list,
// whether it is one of it.
func is(v, want any) bool {
	if list, ok := v.([]string); ok {
		return slices.ContainsFunc(list, func(one string) bool { return is(one, want) })
	}
	if a, ok := number(v); ok {
		if b, ok := number(want); ok {
			return a == b
		}
	}
	return norm.Fold(textOf(v, time.UTC)) == norm.Fold(textOf(want, time.UTC))
}

func contains(v any, part string) bool {
	if list, ok := v.([]string); ok {
		return slices.ContainsFunc(list, func(one string) bool { return norm.Fold(one) == norm.Fold(part) })
	}
	return strings.Contains(norm.Fold(textOf(v, time.UTC)), norm.Fold(part))
}

// compare gives whether a value is less than (-1), the same as or greater than
// what a definition says, both as numbers or as moments.
func compare(v, with any, zone *time.Location) (int, bool) {
	if a, ok := number(v); ok {
		if b, ok := number(with); ok {
			switch {
			case a < b:
				return -1, true
			case a > b:
				return 1, true
			}
			return 0, true
		}
	}
	a, ok := moment(v, zone)
	if !ok {
		return 0, false
	}
	b, ok := moment(with, zone)
	return a.Compare(b), ok
}

// number reads a value as a number.
func number(v any) (float64, bool) {
	switch v := v.(type) {
	case float64:
		return v, true
	case int:
		return float64(v), true
	case int64:
		return float64(v), true
	case string:
		n, err := strconv.ParseFloat(strings.TrimSpace(strings.NewReplacer(",", "", "$", "").Replace(v)), 64)
		return n, err == nil
	}
	return 0, false
}

// moment reads a value as a moment; one without a zone is in that one.
func moment(v any, zone *time.Location) (time.Time, bool) {
	switch v := v.(type) {
	case time.Time:
		return v, !v.IsZero()
	case string:
		for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04", time.DateOnly} {
			if t, err := time.ParseInLocation(layout, v, zone); err == nil {
				return t, true
			}
		}
	}
	return time.Time{}, false
}

// textOf writes a value as people read it.
func textOf(v any, zone *time.Location) string {
	if zone == nil {
		zone = time.UTC
	}
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case []string:
		return strings.Join(v, ", ")
	case []any:
		texts := make([]string, len(v))
		for i := range v {
			texts[i] = textOf(v[i], zone)
		}
		return strings.Join(texts, ", ")
	case bool:
		return strconv.FormatBool(v)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case time.Time:
		if v.IsZero() {
			return ""
		}
		return v.In(zone).Format("Monday, January 2, 2006, 3:04 PM")
	case map[string]any:
		return ""
	}
	return fmt.Sprint(v)
}

// fields gives the fields that a condition names, with the path to each.
func (c *Condition) fields(path []string, each func(path []string, field string)) {
	if c == nil {
		return
	}
	for i := range c.All {
		c.All[i].fields(sub(path, "all", i), each)
	}
	for i := range c.Any {
		c.Any[i].fields(sub(path, "any", i), each)
	}
	c.Not.fields(sub(path, "not"), each)
	if c.Field != "" {
		each(sub(path, "field"), c.Field)
	}
}

// sub is the path to what stands below.
func sub(path []string, names ...any) []string {
	out := slices.Clone(path)
	for _, n := range names {
		out = append(out, fmt.Sprint(n))
	}
	return out
}
