package radius

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/norm"
	"github.com/foyer-crm/foyer/internal/wire"
)

// form is how a member of prop or req is read.
type form uint8

const (
	line   form = iota // a text of at most maxLine characters
	text               // a text of at most maxText characters
	whole              // a whole number
	number             // a number
)

// member is a member of prop or req and its canonical name.
type member struct {
	key  string
	name string
	form form
}

// owned are the members of prop: a property that the client owns (intake.md §3.2).
var owned = []member{
	{"address", "address", text}, {"property_name", "name", line},
	{"prop_city", "city", line}, {"prop_state", "state", line}, {"prop_zipcode", "postalCode", line}, {"country", "country", line},
	{"no_of_bed_room", "bedrooms", whole}, {"no_of_bath_room", "bathrooms", number}, {"property_age", "age", whole},
	{"covered_area", "area", number}, {"area_coverage", "areaUnit", line},
	{"resale_price", "price", number}, {"property_type", "type", line},
}

// wanted are the members of req: what the client looks for.
var wanted = []member{
	{"c_locality_name", "locality", line}, {"city", "city", line}, {"state", "state", line}, {"zipcode", "postalCode", line}, {"country", "country", line},
	{"min_budget", "minPrice", number}, {"max_budget", "maxPrice", number},
	{"bedroom", "bedrooms", whole}, {"bathroom", "bathrooms", number}, {"area_unit", "areaUnit", line},
}

// data takes the members of an object, numbers as numbers. What was not said
// is not in it.
func data(o *wire.Object, members []member) map[string]any {
	out := map[string]any{}
	for _, m := range members {
		switch m.form {
		case whole:
			if n, ok := o.Int(m.key); ok {
				out[m.name] = n
			}
		case number:
			if n, ok := o.Number(m.key); ok {
				out[m.name] = n
			}
		default:
			most := maxLine
			if m.form == text {
				most = maxText
			}
			if s := o.TextMax(m.key, most); s != "" {
				out[m.name] = s
			}
		}
	}
	return out
}

// properties takes prop. One object is documented; an array of them says the
// same more than once.
func properties(o *wire.Object) []crm.Property {
	var list []crm.Property
	for _, prop := range o.Objects("prop") {
		d := data(prop, owned)
		if len(d) == 0 {
			continue
		}
		d["role"] = "owned"
		list = append(list, crm.Property{Key: propertyKey(d), Data: d})
	}
	return list
}

// requirements takes req.
func requirements(o *wire.Object) []crm.Requirement {
	var list []crm.Requirement
	for _, req := range o.Objects("req") {
		d := data(req, wanted)
		if len(d) == 0 {
			continue
		}
		least, ok := d["minPrice"].(float64)
		if most, both := d["maxPrice"].(float64); ok && both && least > most {
			req.Warn("min_budget", "more than max_budget, stored as sent")
		}
		list = append(list, crm.Requirement{Key: requirementKey(d), Data: d})
	}
	return list
}

// propertyKey is the normalised address (intake.md §3.5): the address, or the
// property's name where there is none, with city, state and ZIP code where it
// does not say them itself.
func propertyKey(d map[string]any) string {
	address := cmp.Or(said(d, "address"), said(d, "name"))
	for _, name := range []string{"city", "state", "postalCode"} {
		if part := said(d, name); part != "" && !says(address, part) {
			address += " " + part
		}
	}
	return norm.Address(address)
}

// says reports whether the words of an address contain those of a part.
func says(address, part string) bool {
	words, want := strings.Fields(norm.Address(address)), strings.Fields(norm.Address(part))
	for i := range len(words) - len(want) + 1 {
		if slices.Equal(words[i:i+len(want)], want) {
			return true
		}
	}
	return false
}

// requirementKey is city, ZIP code and budget (intake.md §3.5); the locality
// stands in for a city that was not said.
func requirementKey(d map[string]any) string {
	place := norm.Address(cmp.Or(said(d, "city"), said(d, "locality")), said(d, "postalCode"))
	return strings.Join([]string{place, amount(d, "minPrice"), amount(d, "maxPrice")}, "|")
}

func said(d map[string]any, name string) string {
	s, _ := d[name].(string)
	return s
}

func amount(d map[string]any, name string) string {
	n, ok := d[name].(float64)
	if !ok {
		return ""
	}
	return strconv.FormatFloat(n, 'f', -1, 64)
}
