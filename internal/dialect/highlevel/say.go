package highlevel

import (
	"strings"
	"time"

	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/norm"
	"github.com/foyer-crm/foyer/internal/wire"
)

// What a body says of a field: nil where it does not speak of it, and "" or
// null where it is to be emptied.

// said reads a text, cut to max characters.
func said(o *wire.Object, name string, max int) *string {
	switch o.Kind(name) {
	case wire.Absent:
		return nil
	case wire.Array, wire.Obj:
		_ = o.Text(name) // warns
		return nil
	}
	v := o.TextMax(name, max)
	return &v
}

// saidBool reads a truth.
func saidBool(o *wire.Object, name string) *bool {
	if v, ok := o.Bool(name); ok {
		return &v
	}
	return nil
}

// or gives what was said, or else something.
func or(s *string, otherwise string) string {
	if s == nil {
		return otherwise
	}
	return *s
}

// need says which of some texts a body must have and does not.
func need(o *wire.Object, names ...string) (broken []errs.Field) {
	for _, name := range names {
		switch kind := o.Kind(name); {
		case kind == wire.Absent || kind == wire.Null:
			broken = append(broken, errs.Field{Name: name, Rule: "string"})
		case kind == wire.Array || kind == wire.Obj || strings.TrimSpace(o.Text(name)) == "":
			broken = append(broken, errs.Field{Name: name, Rule: "required"})
		}
	}
	return broken
}

// timeOf reads a moment or a day, in UTC.
func timeOf(text string) (time.Time, bool) {
	if at, ok := norm.Time(text); ok {
		return at.UTC(), true
	}
	day, _, ok := norm.Date(text, norm.MonthFirst)
	if !ok {
		return time.Time{}, false
	}
	at, err := time.Parse(time.DateOnly, day)
	return at, err == nil
}

// queryAny gives the first of some spellings of a name behind the question mark
// that has a value.
func (c *call) queryAny(names ...string) string {
	for _, name := range names {
		if v := c.query(name); v != "" {
			return v
		}
	}
	return ""
}

// queryList reads a list behind the question mark in every way that clients
// write one: name[]=a&name[]=b, name=a&name=b, name=a,b (contract.md §1).
func (c *call) queryList(name string) (list []string) {
	values := c.Query()
	for _, text := range append(values[name+"[]"], values[name]...) {
		for item := range strings.SplitSeq(text, ",") {
			if item = clean(strings.TrimSpace(item)); item != "" {
				list = append(list, item)
			}
		}
	}
	return list
}

// texts reads a list of texts that a body must have, of so many at most.
func texts(o *wire.Object, name string, most int) (list []string, broken []errs.Field) {
	list = o.List(name, ",")
	switch {
	case !o.Has(name):
		broken = append(broken, errs.Field{Name: name, Rule: "array"})
	case len(list) > most:
		broken = append(broken, errs.Field{Name: name, Rule: "items", Limit: most})
	}
	return list, broken
}
