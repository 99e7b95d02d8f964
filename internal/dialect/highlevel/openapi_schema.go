package highlevel

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// schemas are the types that the document names, each once. A field of what is
// asked must be there if it says need, one of an answer unless it is left out
// when empty.
type schemas map[string]any

// asked names the schema of a request.
func (s schemas) asked(v any) node { return s.of(reflect.TypeOf(v), "", true) }

// answer is the schema of what an operation answers: an object has a traceId
// besides; nil says nothing of it.
func (s schemas) answer(v any) node {
	if v == nil {
		return node{"type": "object", "properties": node{"traceId": node{"type": "string"}}, "required": []string{"traceId"}}
	}
	if _, binary := v.([]byte); binary {
		return node{"type": "string", "format": "binary"}
	}
	var o node
	switch reflect.TypeOf(v).Kind() {
	case reflect.Struct:
		o = s.object(v)
	case reflect.Map:
		o = s.example(v)
	default:
		return s.of(reflect.TypeOf(v), "", false)
	}
	properties, _ := o["properties"].(node)
	if properties["traceId"] == nil {
		properties["traceId"] = node{"type": "string"}
	}
	required, _ := o["required"].([]string)
	if !slices.Contains(required, "traceId") {
		o["required"] = append(required, "traceId")
	}
	return o
}

// example is the schema of fields that show one value each, or of a map.
func (s schemas) example(v any) node {
	f, ok := v.(fields)
	if !ok {
		o := s.of(reflect.TypeOf(v), "", false)
		o["properties"] = node{}
		return o
	}
	properties := node{}
	for name, value := range f {
		if inner, ok := value.(fields); ok {
			properties[name] = s.example(inner)
		} else {
			properties[name] = s.of(reflect.TypeOf(value), "", false)
		}
	}
	o := node{"type": "object", "properties": properties}
	if len(f) > 0 {
		o["required"] = slices.Sorted(maps.Keys(f))
	}
	return o
}

// object is the schema of a struct in place.
func (s schemas) object(v any) node { return s.structOf(reflect.TypeOf(v), false) }

// of is the schema of a type; tag has what a request's field must keep to.
func (s schemas) of(t reflect.Type, tag reflect.StructTag, asked bool) node {
	n := node{}
	if text := tag.Get("say"); text != "" {
		n["description"] = text
	}
	if t == reflect.TypeFor[json.RawMessage]() {
		return n
	}
	switch t.Kind() {
	case reflect.Pointer:
		return s.of(t.Elem(), tag, asked)
	case reflect.String:
		n["type"] = "string"
		limit(n, tag, "", "maxLength")
		if f := tag.Get("format"); f != "" {
			n["format"] = f
		}
		if choices := tag.Get("choice"); choices != "" {
			n["enum"] = strings.Split(choices, "|")
		}
	case reflect.Bool:
		n["type"] = "boolean"
	case reflect.Int, reflect.Int64:
		n["type"] = "integer"
		limit(n, tag, "minimum", "maximum")
	case reflect.Float64:
		n["type"] = "number"
		limit(n, tag, "minimum", "maximum")
	case reflect.Slice:
		n["type"], n["items"] = "array", s.of(t.Elem(), reflect.StructTag(items(tag)), asked)
		limit(n, tag, "", "maxItems")
	case reflect.Map:
		n["type"], n["additionalProperties"] = "object", s.of(t.Elem(), "", asked)
	case reflect.Struct:
		if t.Name() == "" {
			return s.structOf(t, asked)
		}
		name := strings.ToUpper(t.Name()[:1]) + t.Name()[1:]
		if _, known := s[name]; !known {
			s[name] = node{} // a type may name itself
			s[name] = s.structOf(t, asked)
		}
		return node{"$ref": "#/components/schemas/" + name}
	default: // anything
	}
	return n
}

// items is what a tag says of the items of a list.
func items(tag reflect.StructTag) string {
	if choices := tag.Get("choice"); choices != "" {
		return `choice:"` + choices + `"`
	}
	return ""
}

func limit(n node, tag reflect.StructTag, least, most string) {
	for key, name := range map[string]string{"min": least, "max": most} {
		if v, err := strconv.Atoi(tag.Get(key)); err == nil && name != "" {
			n[name] = v
		}
	}
}

func (s schemas) structOf(t reflect.Type, asked bool) node {
	properties, required := node{}, []string{}
	for _, f := range fieldsOf(t) {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		always := !strings.Contains(options, "omit")
		if asked {
			always = f.Tag.Get("need") != ""
		}
		properties[name] = s.of(f.Type, f.Tag, asked)
		if !asked && always && f.Type.Kind() == reflect.Pointer {
			properties[name] = node{"anyOf": []node{s.of(f.Type, f.Tag, asked), {"type": "null"}}}
		}
		if always {
			required = append(required, name)
		}
	}
	o := node{"type": "object", "properties": properties}
	if len(required) > 0 {
		o["required"] = required
	}
	return o
}

// fieldsOf lists the fields of a struct, those of embedded ones among them.
func fieldsOf(t reflect.Type) (list []reflect.StructField) {
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous {
			list = append(list, fieldsOf(f.Type)...)
		} else if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "" && name != "-" {
			list = append(list, f)
		}
	}
	return list
}

// parameters writes what can stand behind the question mark.
func (s schemas) parameters(query any) (list []node) {
	for _, f := range fieldsOf(reflect.TypeOf(query)) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		p := node{"name": name, "in": "query", "schema": s.of(f.Type, f.Tag, true)}
		if f.Tag.Get("need") != "" {
			p["required"] = true
		}
		list = append(list, p)
	}
	return list
}
