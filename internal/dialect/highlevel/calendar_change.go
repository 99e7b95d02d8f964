package highlevel

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/wire"
)

// change is what a body says of a thing of type T: each member that was sent
// becomes a step that sets its field, so that what was not sent stays as it is.
type change[T any] struct {
	o      *wire.Object
	erase  bool // null erases a text; otherwise it says nothing
	steps  []func(*T)
	broken []errs.Field
}

// apply sets everything that was said.
func (r *change[T]) apply(v *T) {
	for _, step := range r.steps {
		step(v)
	}
}

func (r *change[T]) refuse(name, rule string, limit int) {
	r.broken = append(r.broken, errs.Field{Name: name, Rule: rule, Limit: limit})
}

// said reports whether there is a value for a member, of whatever type, and
// refuses one of a type that cannot hold it.
func (r *change[T]) said(name, rule string, refused ...wire.Kind) bool {
	if kind := r.o.Kind(name); slices.Contains(refused, kind) {
		r.o.Take(name)
		r.refuse(name, rule, 0)
		return false
	}
	if r.o.IsNull(name) {
		r.o.Take(name)
	}
	return r.o.Has(name)
}

// text reads a text of at most max characters.
func (r *change[T]) text(name string, max int, at func(*T) *string) {
	if r.o.IsNull(name) && r.erase {
		r.steps = append(r.steps, func(v *T) { *at(v) = "" })
	}
	if !r.said(name, "string", wire.Array, wire.Obj) {
		return
	}
	text := r.o.TextMax(name, max)
	r.steps = append(r.steps, func(v *T) { *at(v) = text })
}

// choice reads one of some words.
func (r *change[T]) choice(name string, at func(*T) *string, words ...string) {
	if !r.said(name, "choice", wire.Array, wire.Obj) {
		return
	}
	word := r.o.Text(name)
	if !slices.Contains(words, word) {
		r.refuse(name, "choice", 0)
		return
	}
	r.steps = append(r.steps, func(v *T) { *at(v) = word })
}

// flag reads true or false.
func (r *change[T]) flag(name string, at func(*T) *bool) {
	if !r.said(name, "boolean", wire.Array, wire.Obj) {
		return
	}
	yes, ok := r.o.Bool(name)
	if !ok {
		r.refuse(name, "boolean", 0)
		return
	}
	r.steps = append(r.steps, func(v *T) { *at(v) = yes })
}

// number reads a number.
func (r *change[T]) number(name string, at func(*T) *float64) {
	if !r.said(name, "number", wire.Array, wire.Obj, wire.Boolean) {
		return
	}
	n, ok := r.o.Number(name)
	if !ok {
		r.refuse(name, "number", 0)
		return
	}
	r.steps = append(r.steps, func(v *T) { *at(v) = n })
}

// whole reads a whole number.
func (r *change[T]) whole(name string, set func(*T, int)) {
	if !r.said(name, "number", wire.Array, wire.Obj, wire.Boolean) {
		return
	}
	n, ok := r.o.Int(name)
	if !ok || n < -1e9 || n > 1e9 {
		r.refuse(name, "number", 0)
		return
	}
	r.steps = append(r.steps, func(v *T) { set(v, int(n)) })
}

// texts reads a list of texts.
func (r *change[T]) texts(name string, max int, at func(*T) *[]string) {
	if !r.said(name, "array", wire.Obj, wire.Num, wire.Boolean) {
		return
	}
	list := r.o.List(name, ",")
	if len(list) > max {
		r.refuse(name, "items", max)
		return
	}
	r.steps = append(r.steps, func(v *T) { *at(v) = slices.Clone(list) })
}

// objects opens a list of objects; ok says that there is one.
func (r *change[T]) objects(name string, max int) (list []*wire.Object, ok bool) {
	if !r.said(name, "array", wire.String, wire.Num, wire.Boolean) {
		return nil, false
	}
	list = r.o.Objects(name)
	if len(list) > max {
		r.refuse(name, "items", max)
		return nil, false
	}
	return list, true
}

// inside reads an object inside the body with the same steps.
func (r *change[T]) inside(name string, read func(*change[T])) {
	if !r.said(name, "object", wire.String, wire.Num, wire.Boolean, wire.Array) {
		return
	}
	o, ok := r.o.Object(name)
	if !ok {
		return
	}
	in := &change[T]{o: o, erase: r.erase}
	read(in)
	r.steps = append(r.steps, in.steps...)
	for _, f := range in.broken {
		f.Name = name + "." + f.Name
		r.broken = append(r.broken, f)
	}
}

// need says that members must be there.
func (r *change[T]) need(rule string, names ...string) {
	for _, name := range names {
		if !r.o.Has(name) {
			r.refuse(name, rule, 0)
		}
	}
}

// time reads a moment; one without a zone is by the clocks of the location.
func (r *change[T]) time(name string, zone *time.Location, set func(*T, time.Time)) {
	if !r.said(name, "date", wire.Array, wire.Obj, wire.Boolean) {
		return
	}
	t, ok := readTime(r.o.Text(name), zone)
	if !ok {
		r.refuse(name, "date", 0)
		return
	}
	r.steps = append(r.steps, func(v *T) { set(v, t) })
}

// readTime reads a moment as HighLevel's clients write it (contract.md §1).
func readTime(text string, zone *time.Location) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05Z0700", "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04:05", "2006-01-02 15:04"} {
		if t, err := time.ParseInLocation(layout, text, zone); err == nil {
			return t.Truncate(time.Millisecond), true
		}
	}
	const least = len("1000000000000") // milliseconds; shorter ones may be anything
	if n, broken := millis(text); !broken && len(text) >= least {
		return time.UnixMilli(n).UTC(), true
	}
	return time.Time{}, false
}

// millis reads milliseconds since 1970.
func millis(text string) (n int64, broken bool) {
	const most = 15 // digits
	if text == "" || len(text) > most || strings.Trim(text, "0123456789") != "" {
		return 0, true
	}
	for _, d := range text {
		n = 10*n + int64(d-'0')
	}
	return n, false
}

// zone gives the zone of the location.
func (c *call) zone() *time.Location {
	if zone, err := time.LoadLocation(c.Location().Timezone); err == nil {
		return zone
	}
	return time.UTC
}

// zoned writes a moment in a zone, with its offset (contract.md §1).
func zoned(t time.Time, zone *time.Location) string {
	return t.In(zone).Format("2006-01-02T15:04:05-07:00")
}

// item names the member of an item of a list.
func item(list string, i int, name string) string { return fmt.Sprintf("%s.%d.%s", list, i, name) }
