package crm

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/foyer-crm/foyer/internal/db"
)

// A merge compares rows as they are stored, so that no field can be forgotten:
// one that is added tomorrow is compared, listed and restored like the rest.

// tree reads a column: JSON as what it says, everything else as it is.
func tree(column string, v any) (any, error) {
	text, ok := v.(string)
	if !ok || !holdsJSON(column) || text == "" {
		return v, nil
	}
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber() // 12345678901234567890 is not 12345678901234567000
	var out any
	if err := d.Decode(&out); err != nil {
		return nil, fmt.Errorf("reading %s: %w", column, err)
	}
	return out, nil
}

func holdsJSON(column string) bool {
	switch column {
	case "tags", "followers", "emails", "phones", "custom_fields", "details", "data":
		return true
	}
	return false
}

// silent are the columns that say which row it is, or follow from the others.
func silent(column string) bool {
	switch column {
	case "location_id", "contact_id", "id", "key", "number", "version", "created_at", "updated_at", "last_activity_at", "email", "phone":
		return true
	}
	return false
}

// fieldName gives a column its canonical name.
func fieldName(column string) string {
	head, rest, more := strings.Cut(column, "_")
	for more {
		var word string
		word, rest, more = strings.Cut(rest, "_")
		head += strings.ToUpper(word[:1]) + word[1:]
	}
	return head
}

// within names a member of a field. Details are a column, but no field.
func within(path, member string) string {
	if path == "details" || path == "data" {
		return member
	}
	return path + "." + member
}

// branches reports whether a field is a set of fields to be told apart.
func branches(path string) bool {
	switch path {
	case "details", "data", "customFields", "dndSettings", "inboundDndSettings":
		return true
	}
	return false
}

// differences lists the fields that differ between two rows.
func differences(from, to db.Row) (changes []Change, err error) {
	var walk func(path string, a, b any)
	walk = func(path string, a, b any) {
		if reflect.DeepEqual(a, b) {
			return
		}
		if !branches(path) {
			changes = append(changes, Change{Field: path, From: present(a), To: present(b)})
			return
		}
		was, is := members(a), members(b)
		for _, k := range keysOfBoth(was, is) {
			walk(within(path, k), was[k], is[k])
		}
	}
	return changes, eachColumn(from, to, func(column string, a, b any) { walk(fieldName(column), a, b) })
}

// eachColumn calls f for the columns that are not silent, in order, with what
// two rows have there.
func eachColumn(one, two db.Row, f func(column string, a, b any)) error {
	for _, column := range slices.Sorted(maps.Keys(one)) {
		if silent(column) {
			continue
		}
		a, err := tree(column, one[column])
		if err != nil {
			return err
		}
		b, err := tree(column, two[column])
		if err != nil {
			return err
		}
		f(column, a, b)
	}
	return nil
}

// losses lists the values of a row that a united one does not have: From is
// what it was, To what stands in its place.
func losses(from, united db.Row) (lost []Change, err error) {
	var walk func(path string, a, b any)
	walk = func(path string, a, b any) {
		if present(a) == nil || reflect.DeepEqual(a, b) {
			return
		}
		switch a := a.(type) {
		case map[string]any:
			has := members(b)
			for _, k := range slices.Sorted(maps.Keys(a)) {
				walk(within(path, k), a[k], has[k])
			}
		case []any:
			has, _ := b.([]any)
			if gone := minus(a, has); len(gone) > 0 {
				lost = append(lost, Change{Field: path, From: gone, To: present(b)})
			}
		default:
			lost = append(lost, Change{Field: path, From: a, To: present(b)})
		}
	}
	return lost, eachColumn(from, united, func(column string, a, b any) { walk(fieldName(column), a, b) })
}

// members gives the members of a JSON object, none for anything else.
func members(v any) map[string]any {
	m, _ := v.(map[string]any)
	return m
}

func keysOfBoth(a, b map[string]any) []string {
	all := maps.Clone(a)
	if all == nil {
		all = map[string]any{}
	}
	maps.Copy(all, b)
	return slices.Sorted(maps.Keys(all))
}

// minus gives the elements of a list that another has not.
func minus(list, other []any) []any {
	var out []any
	for _, v := range list {
		if !contains(other, v) {
			out = append(out, v)
		}
	}
	return out
}

func contains(list []any, v any) bool {
	return slices.ContainsFunc(list, func(o any) bool { return reflect.DeepEqual(o, v) })
}
