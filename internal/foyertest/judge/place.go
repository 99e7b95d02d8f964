package judge

import (
	"errors"
	"maps"
	"slices"
	"strconv"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
)

// A place is where in an answer something stands: a JSON pointer, with * for any
// item of a list and any key of a map.

// faults gives what is wrong with a value, by place.
func faults(schema *openapi3.Schema, value any) map[string]string {
	list := map[string]string{}
	collect(schema.VisitJSON(value, openapi3.MultiErrors(), openapi3.VisitAsResponse()), list)
	return list
}

func collect(err error, list map[string]string) {
	if err == nil {
		return
	}
	var several openapi3.MultiError
	if errors.As(err, &several) {
		for _, e := range several {
			collect(e, list)
		}
		return
	}
	var one *openapi3.SchemaError
	if !errors.As(err, &one) {
		list[""] = err.Error()
		return
	}
	place := ""
	for _, step := range one.JSONPointer() {
		if _, err := strconv.Atoi(step); err == nil {
			step = "*"
		}
		place += "/" + step
	}
	list[place] = one.Reason
}

// parts gives the schemas that a value of a schema may be of at once.
func parts(s *openapi3.Schema) []*openapi3.Schema {
	all := []*openapi3.Schema{s}
	for _, refs := range []openapi3.SchemaRefs{s.AllOf, s.OneOf, s.AnyOf} {
		for _, r := range refs {
			if r.Value != nil {
				all = append(all, parts(r.Value)...)
			}
		}
	}
	return all
}

// property is one that a schema names; schemas that refer to one schema share its.
type property struct {
	of   *openapi3.Schema
	name string
}

// is gives the schema of its value.
func (p property) is() *openapi3.Schema { return p.of.Properties[p.name].Value }

// schemas remembers what is asked of a schema again and again.
type schemas struct{ known sync.Map }

// properties gives those of all parts of a schema, by name.
func (k *schemas) properties(s *openapi3.Schema) map[string][]property {
	if all, ok := k.known.Load(s); ok {
		return all.(map[string][]property)
	}
	all := properties(s)
	k.known.Store(s, all)
	return all
}

func properties(s *openapi3.Schema) map[string][]property {
	all := map[string][]property{}
	for _, of := range parts(s) {
		for name, is := range of.Properties {
			if is.Value != nil {
				all[name] = append(all[name], property{of, name})
			}
		}
	}
	return all
}

// inner gives the schemas of the items of a list, or the values of a map.
func inner(s *openapi3.Schema) (list []*openapi3.Schema) {
	for _, p := range parts(s) {
		if p.Items != nil && p.Items.Value != nil {
			list = append(list, p.Items.Value)
		}
		if more := p.AdditionalProperties.Schema; more != nil && more.Value != nil {
			list = append(list, more.Value)
		}
	}
	return list
}

// shown calls f with every property that a schema names and a value has, and
// strange with the place of every one that it does not name.
func (k *schemas) shown(s *openapi3.Schema, v any, place string, f func(property), strange func(place string)) {
	switch v := v.(type) {
	case map[string]any:
		named, rest := k.properties(s), inner(s)
		for name, value := range v {
			for _, p := range named[name] {
				f(p)
				k.shown(p.is(), value, place+"/"+name, f, strange)
			}
			if named[name] != nil {
				continue
			}
			for _, is := range rest {
				k.shown(is, value, place+"/*", f, strange)
			}
			if len(rest) == 0 && len(named) > 0 {
				strange(place + "/" + name)
			}
		}
	case []any:
		for _, is := range inner(s) {
			for _, item := range v {
				k.shown(is, item, place+"/*", f, strange)
			}
		}
	}
}

// spot is a place that a schema names.
type spot struct {
	place string
	property
}

// spots gives every place that a schema names, in order: each before those below
// it.
func spots(s *openapi3.Schema, place string, within []*openapi3.Schema) (list []spot) {
	if slices.Contains(within, s) {
		return nil
	}
	within = append(slices.Clone(within), s)
	all := properties(s)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		for _, p := range all[name] {
			list = append(list, spot{place + "/" + name, p})
			list = append(list, spots(p.is(), place+"/"+name, within)...)
		}
	}
	for _, is := range inner(s) {
		list = append(list, spots(is, place+"/*", within)...)
	}
	return list
}
