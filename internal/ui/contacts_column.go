package ui

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/foyer-crm/foyer/internal/crm"
)

// column is one of the list of contacts.
type column struct {
	Name, Title string
	Edit        bool // its cells are changed where they stand
}

// customColumn begins the name of the column of a custom field.
const customColumn = "field:"

// columns are all that a list of contacts can show; the name of the contact is
// always there.
func columns(fields []crm.CustomField) []column {
	all := []column{
		{"email", "E-mail", false}, {"phone", "Phone", false}, {"type", "Type", true}, {"stage", "Status", true}, {"tags", "Tags", false}, {"source", "Source", false},
		{"owner", "Owner", true}, {"added", "Added", false}, {"activity", "Last change", false}, {"company", "Company", true}, {"city", "City", false}, {"door", "Came by", false}, {"dnd", "Do not disturb", false},
	}
	for _, f := range fields {
		all = append(all, column{customColumn + f.ID, f.Name, false})
	}
	return all
}

// shown gives the columns of some names in their order, or the usual ones.
func shown(all []column, names []string) (list []column) {
	if len(names) == 0 {
		names = []string{"email", "phone", "type", "stage", "tags", "source", "owner", "added"}
	}
	for _, c := range all {
		if slices.Contains(names, c.Name) {
			list = append(list, c)
		}
	}
	return list
}

// valueText shows a value as somebody stored it.
func valueText(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case bool:
		if v {
			return "yes"
		}
		return "no"
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case []string:
		return strings.Join(v, ", ")
	case []any:
		parts := make([]string, len(v))
		for i := range v {
			parts[i] = valueText(v[i])
		}
		return strings.Join(parts, ", ")
	}
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(b)
}
