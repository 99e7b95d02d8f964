package connect

import (
	"slices"
	"strings"

	"github.com/foyer-crm/foyer/internal/remote"
)

// field is a field that crosses in a connection, the way it does.
type field struct {
	*Field
	name      string // among the values
	direction string
}

// fields gives the fields of an object that cross; made says whether the record is
// there on the other side already: some fields can be given only when it is made.
func (w *worker) fields(kind remote.Kind, made bool) (all []field) {
	o := w.c.Mapping.Objects[kind]
	for i := range o.Fields {
		f := field{&o.Fields[i], valueName(o.Fields[i].Local), o.Fields[i].direction(o)}
		limit := w.limits[kind][f.Remote]
		if limit.ReadOnly || limit.CreateOnly && made {
			f.direction = map[string]string{Both: In, In: In}[f.direction]
		}
		if f.direction != "" {
			all = append(all, f)
		}
	}
	return all
}

// here gives the value of a field of a record here.
func (f *field) here(r *record) any {
	if f.Constant != nil {
		return plain(f.Constant)
	}
	return orBlank(r.values[f.name])
}

func orBlank(v any) any {
	if v == nil {
		return ""
	}
	return v
}

// through gives a value as it is there; ids that the object's table knows are
// those of there, and users are their e-mail addresses.
func (w *worker) through(f *field, o *Object, v any) any {
	if f.User != "" {
		return w.people.email[text(v)]
	}
	if there, ok := o.Table[text(v)]; ok && isReference(f.Local) {
		return there
	}
	return f.out(v)
}

// isReference reports whether a field names a calendar, a pipeline or a stage.
func isReference(name string) bool {
	return slices.Contains([]string{"calendarId", "pipelineId", "pipelineStageId"}, name)
}

// valuesOf gives a record there as values of here.
func (w *worker) valuesOf(kind remote.Kind, r *remote.Record) map[string]any {
	o := w.c.Mapping.Objects[kind]
	values := map[string]any{}
	for i := range o.Fields {
		f := field{&o.Fields[i], valueName(o.Fields[i].Local), ""}
		if f.Constant != nil {
			values[f.name] = orBlank(plain(r.Fields[f.Remote]))
			continue
		}
		v := orBlank(f.in(r.Fields[f.Remote]))
		if f.User != "" {
			v = w.people.id[strings.ToLower(text(v))]
		}
		if isReference(f.Local) {
			for here, there := range o.Table {
				if there == text(v) {
					v = here
				}
			}
		}
		values[f.name] = v
	}
	return values
}

// outward gives what is to be written there, of values by their names here. Fields
// that share a text there are joined with what the others have.
func (w *worker) outward(kind remote.Kind, fields []field, to, now map[string]any) map[string]any {
	o := w.c.Mapping.Objects[kind]
	out := map[string]any{}
	for i := range fields {
		f := &fields[i]
		v, ok := to[f.name]
		if !ok {
			continue
		}
		if f.Part == "" {
			out[f.Remote] = w.through(f, o, v)
			continue
		}
		parts := map[string]string{}
		for n := range fields {
			if fields[n].Remote == f.Remote {
				v, said := to[fields[n].name]
				if !said {
					v = now[fields[n].name]
				}
				parts[fields[n].Part] = text(v)
			}
		}
		out[f.Remote] = strings.TrimSpace(parts["first"] + " " + parts["rest"])
	}
	return out
}
