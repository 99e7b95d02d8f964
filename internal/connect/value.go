package connect

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/foyer-crm/foyer/internal/norm"
)

// A value of a field is a text, a truth, a number or a list of texts; nil and
// the empty ones are blank, and false is not.

// plain gives what JSON has as a value.
func plain(v any) any {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return strings.TrimSpace(v)
	case bool, float64:
		return v
	case int:
		return float64(v)
	case int64:
		return float64(v)
	case json.Number:
		f, err := v.Float64()
		if err != nil {
			return v.String()
		}
		return f
	case []string:
		return list(v)
	case []any:
		out := make([]string, 0, len(v))
		for _, one := range v {
			out = append(out, text(plain(one)))
		}
		return list(out)
	}
	b, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return string(b)
}

// list drops what is blank, and what is there twice but for its case.
func list(in []string) []string {
	out := make([]string, 0, len(in))
	for _, s := range in {
		if s = strings.TrimSpace(s); s != "" && !has(out, s) {
			out = append(out, s)
		}
	}
	return out
}

func has(in []string, s string) bool {
	return slices.ContainsFunc(in, func(o string) bool { return norm.Fold(o) == norm.Fold(s) })
}

// text gives a value as a text.
func text(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case bool:
		return strconv.FormatBool(v)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case []string:
		return strings.Join(v, ", ")
	}
	return ""
}

func blank(v any) bool { return text(v) == "" }

// same reports whether two values are one: lists are sets, without regard to case.
func same(a, b any) bool {
	la, isA := a.([]string)
	lb, isB := b.([]string)
	if !isA && !isB {
		return text(a) == text(b)
	}
	if !isA && !blank(a) || !isB && !blank(b) {
		return text(a) == text(b)
	}
	return len(la) == len(lb) && !slices.ContainsFunc(la, func(s string) bool { return !has(lb, s) })
}

// united gives the elements of a and then those of b that a has not got.
func united(a, b []string) []string { return list(append(slices.Clone(a), b...)) }

// minus gives the elements of a that b has not got.
func minus(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(s string) bool { return has(b, s) })
}

func texts(v any) []string {
	l, _ := v.([]string)
	return l
}

func isList(v any) bool {
	_, is := v.([]string)
	return is
}
