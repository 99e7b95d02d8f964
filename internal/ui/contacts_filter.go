package ui

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/norm"
)

// contactFilter is which contacts a list shows, as its address says it.
type contactFilter struct {
	Text         string
	Type         string
	Stage        string
	Tag          string
	Source       string
	Owner        string // user, or "none"
	Door         string
	Since, Until string // added, YYYY-MM-DD
	Silent       int    // nobody turned to them for so many days
	Field, Value string // custom field
	Oldest       bool

	After string // cursor
}

// contactTypes are the types that a contact can have in the lists of the pages.
func contactTypes() []string {
	return []string{"buyer", "seller", "lead", "tenant", "landlord", "recruit", "agent", "customer"}
}

// contactDoors are the doors that contacts come by.
func contactDoors() []string {
	return []string{"radius", "liondesk", "brokerkit", "highlevel", "import", "ui"}
}

func readContactFilter(q url.Values) contactFilter {
	get := func(name string) string {
		const longest = 200 // bytes; nobody looks for more
		text := strings.ToValidUTF8(strings.ReplaceAll(strings.TrimSpace(q.Get(name)), "\x00", ""), "")
		if len(text) > longest {
			text = strings.ToValidUTF8(text[:longest], "")
		}
		return text
	}
	f := contactFilter{Text: get("q"), Type: get("type"), Stage: get("stage"), Tag: get("tag"), Source: get("source"), Owner: get("owner"), Door: get("door"),
		Since: get("since"), Until: get("until"), Field: get("field"), Value: get("value"), Oldest: q.Get("sort") == "oldest", After: get("after")}
	f.Silent, _ = strconv.Atoi(q.Get("silent"))
	const years = 3650
	f.Silent = min(max(f.Silent, 0), years)
	return f
}

// Values are the parameters of the filter, without the cursor.
func (f contactFilter) Values() url.Values {
	q := url.Values{}
	for name, v := range map[string]string{"q": f.Text, "type": f.Type, "stage": f.Stage, "tag": f.Tag, "source": f.Source, "owner": f.Owner, "door": f.Door,
		"since": f.Since, "until": f.Until, "field": f.Field, "value": f.Value} {
		if v != "" {
			q.Set(name, v)
		}
	}
	if f.Silent > 0 {
		q.Set("silent", strconv.Itoa(f.Silent))
	}
	if f.Oldest {
		q.Set("sort", "oldest")
	}
	return q
}

// Query is the filter as a part of an address.
func (f contactFilter) Query() string { return f.Values().Encode() }

// Any reports whether the list is narrowed by more than words.
func (f contactFilter) Any() bool {
	f.Text, f.Oldest, f.After = "", false, ""
	return f != contactFilter{}
}

// query gives the query that the filter means. now and zone say what days are.
func (f contactFilter) query(c clockOf) (crm.Query, error) {
	q := words(f.Text)
	var all []crm.Filter
	equal := func(field, value string) {
		if value != "" {
			all = append(all, crm.Filter{Field: field, Value: value})
		}
	}
	equal("type", f.Type)
	equal("stage", f.Stage)
	equal("tags", f.Tag)
	equal("source", f.Source)
	equal("origin", f.Door)
	switch f.Owner {
	case "":
	case nobody:
		all = append(all, crm.Filter{Not: true, Field: "assignedTo", Op: crm.FieldExists})
	default:
		if err := q.OwnedBy(f.Owner); err != nil {
			return q, err
		}
	}
	var added []crm.Bound
	if at, err := time.ParseInLocation(time.DateOnly, f.Since, c.zone); err == nil {
		added = append(added, crm.Bound{Op: ">=", Value: at})
	}
	if at, err := time.ParseInLocation(time.DateOnly, f.Until, c.zone); err == nil {
		added = append(added, crm.Bound{Op: "<", Value: at.AddDate(0, 0, 1)})
	}
	if len(added) > 0 {
		all = append(all, crm.Filter{Field: "createdAt", Op: crm.FieldWithin, Bounds: added})
	}
	if f.Silent > 0 {
		all = append(all, crm.Filter{Not: true, Field: "contactedAt", Op: crm.FieldWithin, Bounds: []crm.Bound{{Op: ">=", Value: c.now.AddDate(0, 0, -f.Silent)}}})
	}
	switch {
	case f.Field == "":
	case f.Value == "":
		all = append(all, crm.Filter{Field: "customFields." + f.Field, Op: crm.FieldExists})
	default:
		all = append(all, crm.Filter{Field: "customFields." + f.Field, Op: crm.FieldContains, Value: f.Value})
	}
	if len(all) == 0 {
		return q, nil
	}
	return q, q.Filter(crm.Filter{Of: all})
}

// words is the query for what somebody typed. One or two letters are a word, and
// not its beginning: too many words begin with them, and who means one types on.
func words(text string) crm.Query {
	const few = 3
	all := norm.Words(text)
	return crm.Query{Text: text, Whole: len(all) > 0 && utf8.RuneCountInString(all[len(all)-1]) < few}
}

// nobody stands for contacts that are assigned to nobody.
const nobody = "none"

// chip is one condition of a filter, and the list without it.
type chip struct{ Name, Value, Without string }

// chips put the filter into words.
func (f contactFilter) chips(base string, d *contactsData) (chips []chip) {
	without := func(names ...string) string {
		q := f.Values()
		for _, n := range names {
			q.Del(n)
		}
		return base + "/contacts?" + q.Encode()
	}
	add := func(name, value string, params ...string) {
		if value != "" {
			chips = append(chips, chip{name, value, without(params...)})
		}
	}
	add("Words", f.Text, "q")
	add("Type", f.Type, "type")
	add("Status", f.Stage, "stage")
	add("Tag", f.Tag, "tag")
	add("Source", f.Source, "source")
	if f.Owner == nobody {
		add("Owner", "nobody", "owner")
	} else if f.Owner != "" {
		add("Owner", d.UserName(f.Owner), "owner")
	}
	if f.Door != "" {
		add("Came by", doorName(f.Door), "door")
	}
	add("Added from", f.Since, "since")
	add("Added until", f.Until, "until")
	if f.Silent > 0 {
		add("Not contacted for", plural(f.Silent, "day", "days"), "silent")
	}
	if i := slices.IndexFunc(d.Fields, func(c crm.CustomField) bool { return c.ID == f.Field }); i >= 0 {
		value := f.Value
		if value == "" {
			value = "anything"
		}
		add(d.Fields[i].Name, value, "field", "value")
	}
	return chips
}
