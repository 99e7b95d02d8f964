package connect

import (
	"bytes"
	"embed"
	"fmt"
	"slices"
	"strings"

	"github.com/foyer-crm/foyer/internal/document"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/remote"
)

// Mapping says what of a system outside is what here.
type Mapping struct {
	Objects map[remote.Kind]*Object `json:"objects"`
}

// Object says how a kind of records crosses.
type Object struct {
	Direction string            `json:"direction,omitempty"` // Both if left out
	Deletes   Deletes           `json:"deletes,omitzero"`
	Filter    Filter            `json:"filter,omitzero"`
	Fields    []Field           `json:"fields"`
	Table     map[string]string `json:"table,omitempty"` // calendars, or stages of pipelines: an id here → the id there
}

// Deletes says what becomes of a record when the other side's is deleted.
type Deletes struct {
	In  string `json:"in,omitempty"`  // here: Delete, Archive or Ignore; Archive if left out
	Out string `json:"out,omitempty"` // there
}

// Filter says which contacts cross, and with them what belongs to them. Each part
// that is set must fit; a contact that crossed once goes on crossing.
type Filter struct {
	Tag    string `json:"tag,omitempty"`
	Type   string `json:"type,omitempty"`
	Source string `json:"source,omitempty"`
	Owner  string `json:"owner,omitempty"`
}

// Field is one field on both sides.
type Field struct {
	Local     string `json:"local"`
	Remote    string `json:"remote"`
	Direction string `json:"direction,omitempty"` // the object's if left out
	Conflict  string `json:"conflict,omitempty"`  // Newest if left out
	Blank     string `json:"blank,omitempty"`     // Clear if left out
	Transform `json:"transform,omitzero"`
}

// The ways.
const (
	Both = "both"
	In   = "in"
	Out  = "out"
)

// The rules for a field that changed on both sides.
const (
	Newest = "newest"
	Local  = "local"
	Remote = "remote"
	Union  = "union" // of lists; what one side took away is taken away
)

// What a field that became blank does to the other side.
const (
	Clear = "clear"
	Keep  = "keep"
)

// What becomes of the other side's record when one is deleted.
const (
	Delete  = "delete"
	Archive = "archive"
	Ignore  = "ignore"
)

//go:embed schema.json
var schema []byte

//go:embed defaults
var defaults embed.FS

// Schema gives the JSON Schema of mappings.
func Schema() []byte { return bytes.Clone(schema) }

// ParseMapping reads a mapping, YAML or JSON. What is wrong with it comes as one
// Invalid error, a line for each fault, which begins with its line number.
func ParseMapping(text []byte) (*Mapping, error) {
	var m Mapping
	f, err := document.Read(text, schema, &m)
	if err != nil {
		return nil, err
	}
	for _, kind := range kinds {
		o := m.Objects[kind]
		if o == nil {
			continue
		}
		taken := map[string]bool{}
		for i := range o.Fields {
			n := &o.Fields[i]
			path := []string{"objects", string(kind), "fields", fmt.Sprint(i), "local"}
			switch {
			case !isField(kind, n.Local):
				f.Add(path, "%q is not a field of a %s", n.Local, kind)
			case taken[n.Local]:
				f.Add(path, "%q is mapped twice", n.Local)
			case n.Conflict == Union && n.Local != "tags":
				f.Add(path, "only tags can be united")
			}
			taken[n.Local] = true
		}
	}
	return &m, f.Err()
}

// FormatMapping writes a mapping as YAML, or as JSON.
func FormatMapping(m *Mapping, asJSON bool) ([]byte, error) { return document.Format(m, asJSON) }

// DefaultMapping gives the mapping that suits a kind of systems.
func DefaultMapping(kind string) (*Mapping, error) {
	text, err := defaults.ReadFile("defaults/" + kind + ".yaml")
	if err != nil {
		return nil, errs.New(errs.Invalid, "%q is not a kind of systems that Foyer knows a mapping for", kind)
	}
	return ParseMapping(text)
}

// Turn has all objects cross one way, or both.
func (m *Mapping) Turn(direction string) {
	for _, o := range m.Objects {
		o.Direction = direction
	}
}

// Only leaves the objects that are named.
func (m *Mapping) Only(objects ...string) error {
	for _, name := range objects {
		if m.Objects[remote.Kind(name)] == nil {
			return errs.New(errs.Invalid, "%q is not an object that the mapping has", name)
		}
	}
	for kind := range m.Objects {
		if !slices.Contains(objects, string(kind)) {
			delete(m.Objects, kind)
		}
	}
	return nil
}

// ways gives the direction of an object.
func (o *Object) ways() string { return or(o.Direction, Both) }

// rule gives what becomes of a record on one side when the other's is deleted.
func (d Deletes) rule(way string) string {
	if way == In {
		return or(d.In, Archive)
	}
	return or(d.Out, Archive)
}

func or(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// direction gives the way a field crosses: what both the field and its object allow.
func (f *Field) direction(o *Object) string {
	of, own := o.ways(), or(f.Direction, Both)
	switch {
	case f.Constant != nil && of != In:
		return Out
	case of == Both:
		return own
	case own == Both || own == of:
		return of
	}
	return "" // neither
}

// fits reports whether a contact with some values crosses.
func (f Filter) fits(values map[string]any) bool {
	is := func(want, field string) bool { return want == "" || strings.EqualFold(want, text(values[field])) }
	return (f.Tag == "" || has(texts(values["tags"]), f.Tag)) && is(f.Type, "type") && is(f.Source, "source") && is(f.Owner, "assignedTo")
}

// Kinds are the objects that can cross, in the order in which they do.
func Kinds() []remote.Kind { return slices.Clone(kinds) }

// FieldsOf are the fields here that a kind of records can cross with; contacts have
// custom.NAME besides.
func FieldsOf(kind remote.Kind) []string {
	s := sideOf(kind)
	if s == nil {
		return nil
	}
	return slices.Clone(s.fields)
}
