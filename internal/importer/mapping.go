package importer

import (
	"fmt"
	"slices"
	"strings"

	"github.com/foyer-crm/foyer/internal/norm"
)

// Column is a column of a file and what it means.
type Column struct {
	Name    string         `json:"name"`
	To      Target         `json:"to"`
	Label   int            `json:"label,omitempty"` // the column that says which kind it is, counted from 1; 0 for none
	Order   norm.DateOrder `json:"order,omitempty"` // of its dates
	Known   bool           `json:"known"`           // false: nobody knew, so it is a custom field
	Samples []string       `json:"-"`               // some of its values
}

// mapping tells what the columns of a file mean: what the caller said, else what
// the program is known to mean by them, else what their names say, else what ask
// answers, else each is a custom field of its own name.
func mapping(header []string, samples [][]string, said []string, ask func(*Column) (Target, error)) (columns []Column, program string, err error) {
	columns = make([]Column, len(header))
	from := recognise(header)
	if from != nil {
		program = from.name
	}
	for i, name := range header {
		c := &columns[i]
		c.Name = strings.TrimSpace(name)
		for _, row := range samples {
			if i < len(row) && strings.TrimSpace(row[i]) != "" {
				c.Samples = append(c.Samples, row[i])
			}
		}
		c.Order = dayFirst(c.Samples)
		c.Known = true
		if from != nil {
			if t, ok := from.meaning(c.Name); ok {
				c.To = t
				continue
			}
		}
		if c.Name == "" || labels(columns, i) {
			continue
		}
		c.To, c.Known = guess(c.Name)
	}
	if err := overrule(columns, said); err != nil {
		return nil, "", err
	}
	for i := range columns {
		c := &columns[i]
		if c.Known {
			continue
		}
		c.To = Target{"custom", c.Name}
		if ask != nil && len(c.Samples) > 0 {
			if c.To, err = ask(c); err != nil {
				return nil, "", err
			}
		}
	}
	unnamed(columns)
	oneLine(columns)
	return columns, program, nil
}

// labels reports whether a column says of which kind the value beside it is
// ("Phone 1 - Type"), and ties the columns of that value to it.
func labels(columns []Column, at int) bool {
	stem, what, ok := strings.Cut(columns[at].Name, " - ")
	return ok && stem != "" && (what == "Type" || what == "Label")
}

// overrule applies COLUMN=FIELD.
func overrule(columns []Column, said []string) error {
	for _, s := range said {
		at := strings.LastIndexByte(s, '=')
		if at < 0 {
			return fmt.Errorf("%q says nothing: it is written as COLUMN=FIELD", s)
		}
		name := strings.TrimSpace(s[:at])
		t, err := ParseTarget(s[at+1:])
		if err != nil {
			return err
		}
		found := false
		for i := range columns {
			if strings.EqualFold(columns[i].Name, name) {
				columns[i].To, columns[i].Known, found = t, true, true
			}
		}
		if !found {
			names := make([]string, len(columns))
			for i, c := range columns {
				names[i] = c.Name
			}
			return fmt.Errorf("there is no column %q: there are %s", name, strings.Join(names, ", "))
		}
	}
	return nil
}

// unnamed names what has no name, and ties values to the columns that say their
// kind.
func unnamed(columns []Column) {
	for i := range columns {
		c := &columns[i]
		if c.Name == "" && c.To == (Target{}) && len(c.Samples) > 0 {
			c.To = Target{"custom", fmt.Sprintf("Column %d", i+1)}
		}
		stem, _, ok := strings.Cut(c.Name, " - ")
		if !ok || labels(columns, i) {
			continue
		}
		c.Label = 1 + slices.IndexFunc(columns, func(o Column) bool { return o.Name == stem+" - Type" || o.Name == stem+" - Label" })
	}
}

// oneLine takes a column called "address" for a whole address if no other says
// city, state or ZIP code.
func oneLine(columns []Column) {
	parts := slices.ContainsFunc(columns, func(c Column) bool {
		return c.To.Field == "city" || c.To.Field == "postalCode"
	})
	for i := range columns {
		c := &columns[i]
		name := strings.Join(words(c.Name), " ")
		if whole := name == "address" || strings.HasSuffix(name, "full address") || name == "mailing address" || name == "home address"; whole && !c.isSaid() {
			c.To = Target{Field: "address1"}
			if !parts {
				c.To = Target{Field: "address"}
			}
		}
	}
}

// isSaid reports whether the column was given another meaning than its name has.
func (c *Column) isSaid() bool {
	t, ok := guess(c.Name)
	return c.Known && (!ok || c.To != t) && c.To.Field != "address1"
}
