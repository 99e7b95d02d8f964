package crm

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/foyer-crm/foyer/internal/errs"
)

// Filter is a condition on contacts: a comparison of one field or, without a
// Field, a group of other conditions. The zero value holds for everyone.
//
// Upper and lower case are the same in A to Z and nowhere else: that is what
// both databases can do alike.
type Filter struct {
	Not    bool     // turns the comparison or the group around
	Field  string   // canonical name, see filterFields; "customFields.<id>", "customFields.<id>.<option>"
	Op     FilterOp // what of the field is looked at
	Value  string   // of FieldEquals and FieldContains; "true" or "false" for dnd
	Bounds []Bound  // of FieldWithin; all must hold
	Any    bool     // of a group: one is enough
	Of     []Filter // the group; empty holds, empty with Any does not. With the Field "opportunities": what one of them must be
}

// FilterOp is what of a field a Filter looks at.
type FilterOp uint8

// The comparisons. Of a list (tags, followers, a custom field with several
// values) one element that fits is enough.
const (
	FieldEquals   FilterOp = iota
	FieldContains          // as a part of the text
	FieldExists            // there is something in it
	FieldWithin            // Bounds
)

// Bound is one end of a range.
type Bound struct {
	Op    string // one of >= > <= <
	Value any    // time.Time for createdAt and updatedAt, YYYY-MM-DD for dateOfBirth, that or float64 for a custom field
}

// Limits of a Filter: both databases have their own for how much one statement
// may hold, and an answer in reasonable time is wanted too.
const (
	maxFilters     = 200
	maxFilterDepth = 10
)

// fieldKind says how a field is compared.
type fieldKind uint8

const (
	ofText   fieldKind = iota // text
	ofID                      // as it is
	ofEmail                   // found by its identity, where it is an address
	ofPhone                   // the same, where it is a number
	ofTruth                   // true or false
	ofTime                    // milliseconds
	ofDate                    // YYYY-MM-DD or ""
	ofTexts                   // JSON list of texts
	ofIDs                     // JSON list of ids
	ofNumber                  // a number
)

const fullName = "CASE WHEN name <> '' THEN name ELSE TRIM(first_name || ' ' || last_name) END"

// filterFields lists what a Filter can look at besides custom fields.
var filterFields = map[string]struct {
	kind fieldKind
	sql  string
}{
	"id": {ofID, "id"}, "assignedTo": {ofID, "assigned_to"}, "businessId": {ofID, "business_id"},
	"firstName": {ofText, "first_name"}, "lastName": {ofText, "last_name"}, "name": {ofText, fullName}, "companyName": {ofText, "company_name"},
	"address1": {ofText, "address1"}, "city": {ofText, "city"}, "state": {ofText, "state"}, "postalCode": {ofText, "postal_code"}, "country": {ofText, "country"},
	"website": {ofText, "website"}, "timezone": {ofText, "timezone"}, "source": {ofText, "source"}, "type": {ofText, "type"}, "stage": {ofText, "stage"},
	"email": {ofEmail, "email"}, "phone": {ofPhone, "phone"}, "dnd": {ofTruth, "dnd"}, "tags": {ofTexts, "tags"}, "followers": {ofIDs, "followers"},
	"createdAt": {ofTime, "created_at"}, "updatedAt": {ofTime, "updated_at"}, "dateOfBirth": {ofDate, "date_of_birth"},
	"origin":       {ofText, "COALESCE(/*sqlite details ->> '$.createdBy.origin'*/ /*postgres details -> 'createdBy' ->> 'origin'*/, '')"}, // the door they came by
	"businessName": {ofText, "COALESCE((SELECT b.name FROM businesses b WHERE b.location_id = $1 AND b.id = business_id), '')"},
}

// opportunity is the condition of having an opportunity for which a group of
// other conditions holds: on the fields of opportunities, see opportunityFields.
func (b *filterText) opportunity(f *Filter, depth int) (string, error) {
	b.compare = opportunityCondition
	defer func() { b.compare = nil }()
	sql, err := b.group(&Filter{Of: f.Of}, depth)
	return "EXISTS (SELECT 1 FROM opportunities WHERE location_id = $1 AND contact_id = contacts.id AND (" + sql + "))", err
}

// Filter narrows the query. It returns an Invalid error whose field is that of
// the broken condition, with the rule choice (no such field), operator (not for
// this field), format (of the value) or length (too many conditions).
func (q *Query) Filter(f Filter) error {
	b := filterText{args: q.Args}
	sql, err := b.condition(&f, 0)
	if err != nil {
		return err
	}
	q.and(sql, b.args)
	return nil
}

func (q *Query) and(sql string, args []any) {
	if q.Where != "" {
		sql = "(" + q.Where + ") AND (" + sql + ")"
	}
	q.Where, q.Args = sql, args
}

// filterText writes a Filter as SQL. No value and no name that a caller gave
// gets into the text: values are arguments, names are looked up.
type filterText struct {
	args  []any
	count int
	// compare writes the comparison of a field, where it is none of a contact.
	compare func(*filterText, *Filter) (string, error)
}

// mark keeps a value and gives the mark for it; $1 is the location.
func (b *filterText) mark(v any) string {
	b.args = append(b.args, v)
	return "$" + strconv.Itoa(len(b.args)+1)
}

func (b *filterText) condition(f *Filter, depth int) (sql string, err error) {
	if b.count++; b.count > maxFilters || depth > maxFilterDepth {
		return "", tooMany()
	}
	if f.Field == "" {
		sql, err = b.group(f, depth)
	} else if b.compare != nil {
		sql, err = b.compare(b, f)
	} else if f.Field == "opportunities" {
		sql, err = b.opportunity(f, depth)
	} else {
		sql, err = b.comparison(f)
	}
	if err == nil && f.Not {
		sql = "NOT (" + sql + ")"
	}
	return sql, err
}

func (b *filterText) group(f *Filter, depth int) (string, error) {
	join, empty := " AND ", "TRUE"
	if f.Any {
		join, empty = " OR ", "FALSE"
	}
	if len(f.Of) == 0 {
		return empty, nil
	}
	var parts, keys []string
	for i := range f.Of {
		part := &f.Of[i]
		if key := part.identity(); key != "" && f.Any && !part.Not && b.compare == nil {
			// one lookup for all of them: with several, SQLite reads every contact
			keys = append(keys, b.mark(key))
			continue
		}
		sql, err := b.condition(part, depth+1)
		if err != nil {
			return "", err
		}
		parts = append(parts, "("+sql+")")
	}
	if b.count += len(keys); b.count > maxFilters {
		return "", tooMany()
	}
	if len(keys) > 0 {
		parts = append(parts, owned(keys...))
	}
	return strings.Join(parts, join), nil
}

func tooMany() error {
	return errs.InvalidFields(errs.Field{Name: "filters", Rule: "length", Limit: maxFilters})
}

func badFilter(f *Filter, rule string) error {
	return errs.InvalidFields(errs.Field{Name: f.Field, Rule: rule})
}

func (b *filterText) comparison(f *Filter) (string, error) {
	if id, ok := strings.CutPrefix(f.Field, "customFields."); ok {
		return b.custom(f, id)
	}
	if f.Field == "contactedAt" {
		return b.contacted(f)
	}
	field, ok := filterFields[f.Field]
	if !ok {
		return "", badFilter(f, "choice")
	}
	switch {
	case field.kind == ofTruth && f.Op == FieldEquals:
		switch f.Value {
		case "true":
			return field.sql, nil
		case "false":
			return "NOT " + field.sql, nil
		}
		return "", badFilter(f, "format")
	case (field.kind == ofTruth || field.kind == ofTime) && f.Op == FieldExists:
		return "TRUE", nil
	case field.kind == ofTexts || field.kind == ofIDs:
		return b.list(f, field.kind, field.sql)
	case f.Op == FieldWithin && (field.kind == ofTime || field.kind == ofDate):
		return b.within(f, field.kind, field.sql)
	case f.Op == FieldWithin || field.kind == ofTruth || field.kind == ofTime:
		return "", badFilter(f, "operator")
	case f.Op == FieldExists:
		return field.sql + " <> ''", nil
	}
	if key := f.identity(); key != "" {
		return owned(b.mark(key)), nil
	}
	sql := b.text(f, field.kind == ofID, field.sql)
	if f.Field == "assignedTo" && f.Op == FieldEquals && f.Value != "" {
		sql = "(" + sql + " AND assigned_to <> '')" // as the index of owners says it
	}
	return sql, nil
}

// identity gives the identity key of an e-mail or phone that is asked for, ""
// for all else.
func (f *Filter) identity() string {
	switch {
	case f.Op != FieldEquals:
	case filterFields[f.Field].kind == ofEmail:
		return emailKey(f.Value)
	case filterFields[f.Field].kind == ofPhone:
		return phoneKey(Phone{Raw: f.Value})
	}
	return ""
}

// owned finds by identity keys, in whatever rank a contact stands behind one:
// any e-mail or phone of a contact is found, at the cost of an index lookup.
func owned(marks ...string) string {
	return "id IN (SELECT contact_id FROM identities WHERE location_id = $1 AND key IN (" + strings.Join(marks, ", ") + "))"
}

// lowered folds the case of a text as asciiLower does.
func lowered(sql string) string { return `lower((` + sql + `) /*postgres COLLATE "C"*/)` }

// text compares the text that sql gives with f.Value.
func (b *filterText) text(f *Filter, exact bool, sql string) string {
	value := f.Value
	if !exact {
		sql, value = lowered(sql), asciiLower(value)
	}
	if f.Op == FieldContains {
		return "/*sqlite instr*/ /*postgres strpos*/(" + sql + ", " + b.mark(value) + ") > 0"
	}
	return sql + " = " + b.mark(value)
}

func (b *filterText) list(f *Filter, kind fieldKind, sql string) (string, error) {
	if f.Op == FieldWithin {
		return "", badFilter(f, "operator")
	}
	if f.Op == FieldExists {
		return sql + " <> '[]'", nil
	}
	return "EXISTS (SELECT 1 FROM /*sqlite json_each(" + sql + ") AS e*/ /*postgres jsonb_array_elements_text(" + sql + ") AS e(value)*/ WHERE " +
		b.text(f, kind == ofIDs, "e.value") + ")", nil
}

func (b *filterText) within(f *Filter, kind fieldKind, sql string) (string, error) {
	var parts []string
	if kind == ofDate {
		parts = []string{sql + " <> ''"}
		sql += ` /*postgres COLLATE "C"*/` // byte for byte, as SQLite does
	}
	for _, bound := range f.Bounds {
		at, isTime := bound.Value.(time.Time)
		day, isDay := bound.Value.(string)
		number, isNumber := bound.Value.(float64)
		switch {
		case !slices.Contains(boundOps, bound.Op):
			return "", badFilter(f, "format")
		case isNumber && kind == ofNumber:
			parts = append(parts, sql+" "+bound.Op+" "+b.number(number))
		case isTime && kind == ofTime:
			parts = append(parts, sql+" "+bound.Op+" "+b.mark(at.UnixMilli()))
		case isDay && kind == ofDate:
			parts = append(parts, sql+" "+bound.Op+" "+b.mark(day))
		default:
			return "", badFilter(f, "format")
		}
	}
	if len(f.Bounds) == 0 {
		return "", badFilter(f, "format")
	}
	return strings.Join(parts, " AND "), nil
}

var boundOps = []string{">=", ">", "<=", "<"}

// asciiLower is what lower(x COLLATE "C") and SQLite's lower(x) do.
func asciiLower(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c | 0x20
		}
	}
	return string(b)
}
