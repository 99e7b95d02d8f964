package highlevel

import (
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/wire"
)

// A request is described by a Go struct: its body by one, what stands behind the
// question mark by another. The json tag names a field; need says that it must
// be there ("defined" in the words of locationId, "required" in those of others),
// choice lists what it may be, max how long or large it may be, say what it is
// for. The same struct reads the request and describes it in the OpenAPI
// document. A pointer is nil where nothing was sent.

// read reads the body into a T. All that is wrong with it is one error.
func read[T any](c *call) (T, error) {
	var v T
	o, err := c.body()
	if err != nil {
		return v, err
	}
	return v, c.finish(o, fill(reflect.ValueOf(&v).Elem(), bodySource{o}, ""))
}

// readQuery reads what stands behind the question mark into a T.
func readQuery[T any](c *call) (T, error) {
	var v T
	return v, errs.InvalidFields(fill(reflect.ValueOf(&v).Elem(), querySource{c.Query()}, "")...)
}

// source is where the fields of a request come from.
type source interface {
	// kind gives what was sent under a name.
	kind(name string) wire.Kind
	text(name string) string
	list(name string) []string
	object(name string) (source, bool)
	objects(name string) []source
	value(name string) any
}

type bodySource struct{ *wire.Object }

func (s bodySource) kind(name string) wire.Kind { return s.Kind(name) }
func (s bodySource) text(name string) string    { return s.Raw(name) }
func (s bodySource) list(name string) []string  { return s.List(name, "") }
func (s bodySource) value(name string) any      { return plain(s.Value(name)) }
func (s bodySource) object(name string) (source, bool) {
	o, ok := s.Object.Object(name)
	return bodySource{o}, ok
}
func (s bodySource) objects(name string) (all []source) {
	for _, o := range s.Objects(name) {
		all = append(all, bodySource{o})
	}
	return all
}

// querySource takes lists as every client writes them: a=1&a=2, a[]=1&a[]=2,
// a=1,2 (contract.md §1).
type querySource struct{ url.Values }

func (s querySource) kind(name string) wire.Kind {
	if s.Has(name) && s.Get(name) != "" || s.Has(name+"[]") {
		return wire.String
	}
	return wire.Absent
}
func (s querySource) text(name string) string { return clean(strings.TrimSpace(s.Get(name))) }
func (s querySource) list(name string) (all []string) {
	for _, v := range slices.Concat(s.Values[name], s.Values[name+"[]"]) {
		for part := range strings.SplitSeq(v, ",") {
			if part = clean(strings.TrimSpace(part)); part != "" {
				all = append(all, part)
			}
		}
	}
	return all
}
func (querySource) object(string) (source, bool) { return nil, false }
func (querySource) objects(string) []source      { return nil }
func (querySource) value(string) any             { return nil }

// fill reads the fields of a struct, and gives what is wrong with them.
func fill(v reflect.Value, from source, within string) (broken []errs.Field) {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if f.Anonymous {
			broken = append(broken, fill(v.Field(i), from, within)...)
			continue
		}
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		broken = append(broken, fillField(v.Field(i), f.Tag, from, name, within+name)...)
	}
	return broken
}

// fillField reads one field. shown is its name in an error.
func fillField(v reflect.Value, tag reflect.StructTag, from source, name, shown string) []errs.Field {
	wrong := func(rule string) []errs.Field { return []errs.Field{{Name: shown, Rule: rule}} }
	sent := from.kind(name)
	if sent == wire.Absent || sent == wire.Null {
		from.text(name) // taken, if only as null
		switch need := tag.Get("need"); {
		case need == "":
			return nil
		case need == "defined":
			return wrong("defined")
		case tag.Get("choice") != "":
			return wrong("choice")
		default:
			return wrong(ruleOf(v.Type()))
		}
	}
	if v.Kind() == reflect.Pointer && v.Type().Elem().Kind() != reflect.Struct {
		v.Set(reflect.New(v.Type().Elem()))
		v = v.Elem()
	}
	switch v.Kind() {
	case reflect.String:
		return fillText(v, tag, from, name, shown)
	case reflect.Bool:
		b, err := strconv.ParseBool(strings.ToLower(strings.TrimSpace(scalar(from, name))))
		v.SetBool(b)
		if err != nil {
			return wrong("boolean")
		}
	case reflect.Int64, reflect.Float64:
		return fillNumber(v, tag, from, name, shown)
	case reflect.Interface:
		v.Set(reflect.ValueOf(from.value(name)))
	case reflect.Slice:
		return fillList(v, tag, from, name, shown)
	case reflect.Pointer, reflect.Struct:
		inner, ok := from.object(name)
		if !ok {
			return wrong("object")
		}
		if v.Kind() == reflect.Pointer {
			v.Set(reflect.New(v.Type().Elem()))
			v = v.Elem()
		}
		return fill(v, inner, shown+".")
	}
	return nil
}

// scalar gives a text, number or truth as text, "" for anything else.
func scalar(from source, name string) string {
	if k := from.kind(name); k == wire.Array || k == wire.Obj {
		return ""
	}
	return from.text(name)
}

func fillText(v reflect.Value, tag reflect.StructTag, from source, name, shown string) []errs.Field {
	if k := from.kind(name); k == wire.Array || k == wire.Obj {
		from.value(name)
		return []errs.Field{{Name: shown, Rule: "string"}}
	}
	text := from.text(name)
	if tag.Get("raw") == "" {
		text = strings.TrimSpace(text)
	}
	v.SetString(text)
	most, _ := strconv.Atoi(tag.Get("max"))
	choices := tag.Get("choice")
	switch {
	case text == "" && tag.Get("need") != "":
		return []errs.Field{{Name: shown, Rule: "required"}}
	case most > 0 && len([]rune(text)) > most:
		return []errs.Field{{Name: shown, Rule: "length", Limit: most}}
	case choices != "" && text != "" && !slices.Contains(strings.Split(choices, "|"), text):
		return []errs.Field{{Name: shown, Rule: "choice"}}
	}
	return nil
}

func fillNumber(v reflect.Value, tag reflect.StructTag, from source, name, shown string) []errs.Field {
	n, ok := decimal(strings.TrimSpace(scalar(from, name)))
	whole := v.Kind() == reflect.Int64
	if !ok || whole && (n != float64(int64(n)) || n > 1<<53 || n < -1<<53) {
		return []errs.Field{{Name: shown, Rule: "number"}}
	}
	if whole {
		v.SetInt(int64(n))
	} else {
		v.SetFloat(n)
	}
	if least, err := strconv.ParseFloat(tag.Get("min"), 64); err == nil && n < least {
		return []errs.Field{{Name: shown, Rule: "min", Limit: int(least)}}
	}
	if most, err := strconv.ParseFloat(tag.Get("max"), 64); err == nil && n > most {
		return []errs.Field{{Name: shown, Rule: "max", Limit: int(most)}}
	}
	return nil
}

func fillList(v reflect.Value, tag reflect.StructTag, from source, name, shown string) []errs.Field {
	if k := from.kind(name); k != wire.Array && k != wire.String && k != wire.Obj {
		return []errs.Field{{Name: shown, Rule: "array"}}
	}
	most, _ := strconv.Atoi(tag.Get("max"))
	if most == 0 {
		most = 500
	}
	if v.Type().Elem().Kind() == reflect.Struct {
		var broken []errs.Field
		items := from.objects(name)
		if len(items) > most {
			return []errs.Field{{Name: shown, Rule: "items", Limit: most}}
		}
		v.Set(reflect.MakeSlice(v.Type(), len(items), len(items)))
		for i, item := range items {
			broken = append(broken, fill(v.Index(i), item, shown+"."+strconv.Itoa(i)+".")...)
		}
		return broken
	}
	if from.kind(name) == wire.Obj {
		return []errs.Field{{Name: shown, Rule: "array"}}
	}
	list := append([]string{}, from.list(name)...)
	if len(list) > most {
		return []errs.Field{{Name: shown, Rule: "items", Limit: most}}
	}
	v.Set(reflect.ValueOf(list))
	choices := tag.Get("choice")
	for _, item := range list {
		if choices != "" && !slices.Contains(strings.Split(choices, "|"), item) {
			return []errs.Field{{Name: shown, Rule: "choice"}}
		}
	}
	return nil
}

// ruleOf names what a value of a type must be.
func ruleOf(t reflect.Type) string {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch t.Kind() {
	case reflect.Bool:
		return "boolean"
	case reflect.Int64, reflect.Float64:
		return "number"
	case reflect.Slice:
		return "array"
	case reflect.Struct, reflect.Map:
		return "object"
	}
	return "string"
}
