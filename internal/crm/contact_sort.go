package crm

import (
	"fmt"
	"strings"

	"github.com/foyer-crm/foyer/internal/errs"
)

// Sort is one key to order contacts by: firstName, lastName, name, email,
// source, dnd, updatedAt, createdAt.
type Sort struct {
	Field string
	Desc  bool
}

// sortKeys are the keys of Sort: in SQL, and in Go for a cursor. createdAt is
// not here: ids are in that order, and they have an index.
var sortKeys = map[string]struct {
	sql string
	of  func(*Contact) any
}{
	"firstName": {lowered("first_name"), func(c *Contact) any { return asciiLower(c.FirstName) }},
	"lastName":  {lowered("last_name"), func(c *Contact) any { return asciiLower(c.LastName) }},
	"name":      {lowered(fullName), func(c *Contact) any { return asciiLower(c.FullName()) }},
	"email":     {lowered("email"), func(c *Contact) any { return asciiLower(c.Email) }},
	"source":    {lowered("source"), func(c *Contact) any { return asciiLower(c.Source) }},
	"updatedAt": {"updated_at", func(c *Contact) any { return c.UpdatedAt.UnixMilli() }},
	"dnd": {"CASE WHEN dnd THEN 1 ELSE 0 END", func(c *Contact) any {
		if c.DND {
			return int64(1)
		}
		return int64(0)
	}},
}

// newestFirst is the order where none is asked for.
var newestFirst = []Sort{{Field: "createdAt", Desc: true}}

// SortValues gives the cursor of a contact in an order: what Sort starts behind.
func SortValues(c *Contact, by []Sort) []any {
	if len(by) == 0 {
		by = newestFirst
	}
	values := make([]any, 0, len(by)+1)
	for _, s := range by {
		if key, ok := sortKeys[s.Field]; ok {
			values = append(values, key.of(c))
		} else {
			values = append(values, c.CreatedAt.UnixMilli())
		}
	}
	return append(values, c.ID)
}

// Sort orders the query; no keys are the newest first. With a cursor it starts
// behind that contact; a query that counts must be without one. Invalid, with
// the field sort or searchAfter, for an unknown key or a cursor of another order.
func (q *Query) Sort(by []Sort, after []any) error {
	if len(by) == 0 {
		by = newestFirst
	}
	if after == nil && by[0] == newestFirst[0] && q.Text != "" && q.Where == "" {
		return nil // what Contacts does by itself, and faster
	}
	if after != nil && len(after) != len(by)+1 {
		return badCursor()
	}
	b := filterText{args: q.Args}
	var order, places []string
	equal, desc := "", by[len(by)-1].Desc
	for i, s := range by {
		key, ok := sortKeys[s.Field]
		if !ok && s.Field != "createdAt" {
			return errs.InvalidFields(errs.Field{Name: "sort", Rule: "choice"})
		}
		if !ok {
			desc = s.Desc // ids come in this order: what follows has no say
			break
		}
		order = append(order, key.sql+direction(s.Desc))
		if after == nil {
			continue
		}
		value := after[i]
		if fmt.Sprintf("%T", value) != fmt.Sprintf("%T", key.of(&Contact{})) {
			return badCursor()
		}
		if s.Field == "dnd" {
			value = min(max(value.(int64), 0), 1)
		}
		m := b.mark(value)
		places = append(places, "("+equal+key.sql+beyond(s.Desc)+m+")")
		equal += key.sql + " = " + m + " AND "
	}
	q.Order = strings.Join(append(order, "id"+direction(desc)), ", ")
	if after != nil {
		id, ok := after[len(after)-1].(string)
		if !ok {
			return badCursor()
		}
		places = append(places, "("+equal+"id"+beyond(desc)+b.mark(id)+")")
		q.and(strings.Join(places, " OR "), b.args)
	}
	return nil
}

func badCursor() error {
	return errs.InvalidFields(errs.Field{Name: "searchAfter", Rule: "format"})
}

func direction(desc bool) string {
	if desc {
		return " DESC"
	}
	return " ASC"
}

func beyond(desc bool) string {
	if desc {
		return " < "
	}
	return " > "
}
