package highlevel

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/norm"
	"github.com/foyer-crm/foyer/internal/wire"
)

// customField is one custom field of a request: which, by id or key, and what.
type customField struct {
	path  string // for warnings
	names []string
	value any // plain JSON values; nil erases
}

// readCustomFields reads every spelling that clients use (contract.md §8.1): a
// list of {id or key, field_value or fieldValue or value}, one such object, or
// an object of values by id or key; under customFields or customField. What
// n8n sends to change a contact is its form as it stands (contract.md §21):
// {values: [{fieldId: {value: id}, fieldValue}]}.
func readCustomFields(o *wire.Object) (list []customField) {
	for _, name := range []string{"customFields", "customField"} {
		var items []*wire.Object
		if o.Kind(name) == wire.Array {
			items = o.Objects(name)
		} else if all, ok := o.Object(name); ok {
			switch {
			case chosen(all):
				items = all.Objects("values")
			case all.Sent("id") || all.Sent("key"):
				items = []*wire.Object{all}
			default:
				for _, key := range all.Keys() {
					list = append(list, customField{path: name + "." + key, names: []string{key}, value: plain(all.Value(key))})
				}
			}
		}
		for i, item := range items {
			f := customField{path: fmt.Sprintf("%s[%d]", name, i)}
			if f.read(item) {
				list = append(list, f)
			}
		}
	}
	return list
}

// read reads one custom field, and reports whether it has a value.
func (f *customField) read(item *wire.Object) bool {
	for _, key := range []string{"id", "key"} {
		if v := item.TextMax(key, 255); v != "" {
			f.names = append(f.names, v)
		}
	}
	if item.Kind("fieldId") == wire.Obj {
		pick, _ := item.Object("fieldId")
		f.names = append(f.names, pick.TextMax("value", 255))
		pick.Take(pick.Keys()...) // how it was picked
	}
	said := false
	for _, key := range []string{"field_value", "fieldValue", "value"} {
		if item.Sent(key) && !said {
			f.value, said = plain(item.Value(key)), true
		}
	}
	if !said {
		item.Warn("", "has no value, left out")
	}
	return said
}

// chosen reports whether an object has the fields that somebody picked in a form,
// and is not one of values by key.
func chosen(all *wire.Object) bool {
	list, _ := all.Value("values").([]any)
	if len(list) == 0 {
		return false
	}
	first, _ := list[0].(map[string]any)
	_, ok := first["fieldId"].(map[string]any)
	return ok
}

// plain makes a JSON value what it will be when it is read from the database:
// a number that would not survive the way becomes its digits.
func plain(v any) any {
	switch x := v.(type) {
	case json.Number:
		const exact = 1 << 53
		n, err := x.Float64()
		if err != nil || math.Abs(n) > exact {
			return x.String()
		}
		return n
	case []any:
		for i := range x {
			x[i] = plain(x[i])
		}
	case map[string]any:
		for k := range x {
			x[k] = plain(x[k])
		}
	}
	return v
}

// setCustomFields puts what was said of custom fields into an input.
func setCustomFields(ctx context.Context, tx *db.Tx, c *call, said []customField, in *crm.Input, erase bool) error {
	values, cleared, err := resolveCustomFields(ctx, tx, c, said, crm.ContactModel)
	if err != nil || len(said) == 0 {
		return err
	}
	if in.CustomFields = values; !erase {
		return nil
	}
	for _, id := range cleared {
		in.Clear = append(in.Clear, "customFields."+id)
	}
	return nil
}

// resolveCustomFields gives the values that were said by the ids of their
// fields, and the fields that were said to be empty. A field that the location
// does not have is warned of: contacts and opportunities do not make fields.
func resolveCustomFields(ctx context.Context, tx *db.Tx, c *call, said []customField, model string) (values map[string]any, cleared []string, err error) {
	if len(said) == 0 {
		return nil, nil, nil
	}
	all, err := crm.CustomFieldsOf(ctx, tx, c.Location().ID, model)
	if err != nil {
		return nil, nil, err
	}
	values = map[string]any{}
	for _, f := range said {
		def := named(all, f.names)
		if def == nil {
			c.Warn(f.path, "the location has no such custom field, kept in the import log only")
			continue
		}
		value, warning := typed(def.DataType, f.value)
		if warning != "" {
			c.Warn(f.path, warning)
		}
		if value != nil {
			values[def.ID] = value
		} else {
			cleared = append(cleared, def.ID)
		}
	}
	return values, cleared, nil
}

// named finds a custom field by its id, or else by its key: budget,
// contact.budget, {{ contact.budget }}.
func named(all []crm.CustomField, names []string) *crm.CustomField {
	for _, name := range names {
		for i := range all {
			if all[i].ID == name {
				return &all[i]
			}
		}
		key := strings.TrimSpace(strings.Trim(name, "{}"))
		for i := range all {
			if all[i].Named(key) {
				return &all[i]
			}
		}
	}
	return nil
}

// typed makes a value what the type of its field wants, nil for nothing. What
// does not fit is kept as it is, with a warning.
func typed(dataType string, v any) (value any, warning string) {
	text, isText := v.(string)
	if text = strings.TrimSpace(text); isText {
		v = text
	}
	if v == nil || v == "" {
		return nil, ""
	}
	switch dataType {
	case "NUMERICAL", "MONETORY", "FLOAT":
		if !isText {
			break
		}
		if n, ok := decimal(strings.ReplaceAll(strings.TrimPrefix(text, "$"), ",", "")); ok {
			return n, ""
		}
		return v, "not a number, kept as written"
	case "DATE":
		iso, _, ok := norm.Date(text, norm.MonthFirst)
		if !ok {
			return v, "not a date, kept as written"
		}
		return iso, ""
	case "CHECKBOX", "MULTIPLE_OPTIONS":
		if list, isList := v.([]any); isList {
			for i := range list {
				list[i] = scalarText(list[i])
			}
			return list, ""
		}
		return []any{scalarText(v)}, ""
	case "FILE_UPLOAD", "SIGNATURE", "TEXTBOX_LIST":
	default:
		return scalarText(v), ""
	}
	return v, ""
}

// scalarText writes a number or a truth as text; all else stays.
func scalarText(v any) any {
	switch x := v.(type) {
	case float64:
		return strconv.FormatFloat(x, 'f', -1, 64)
	case bool:
		return strconv.FormatBool(x)
	}
	return v
}

// decimal reads a number in decimal digits.
func decimal(s string) (float64, bool) {
	n, err := strconv.ParseFloat(s, 64)
	return n, err == nil && strings.Trim(s, "0123456789+-.eE") == "" // it would take "inf" and hexadecimal
}
