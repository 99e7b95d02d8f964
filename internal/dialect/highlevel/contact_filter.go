package highlevel

import (
	"fmt"
	"strings"
	"time"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/norm"
	"github.com/foyer-crm/foyer/internal/wire"
)

// filterNames are the names of fields that are not Foyer's own (contract.md §8.3).
var filterNames = map[string]string{
	"contactName": "name", "address": "address1", "firstNameLowerCase": "firstName", "lastNameLowerCase": "lastName",
	"dateAdded": "createdAt", "dateUpdated": "updatedAt",
}

// unkept are fields of HighLevel that Foyer does not keep: nobody has anything
// in them.
var unkept = []string{"isValidWhatsapp", "validEmail", "activeWorkflows", "finishedWorkflows", "lastEmailClickedDate", "lastEmailOpenedDate", "lastAppointment"}

// mostValue is the longest value of a filter, in characters. The contract has
// 75, which an e-mail address can be longer than.
const mostValue = 255

// group reads filters of which all must hold, or any.
func (s *search) group(list []*wire.Object, path string, any bool) crm.Filter {
	f := crm.Filter{Any: any}
	for i, o := range list {
		f.Of = append(f.Of, s.filter(o, fmt.Sprintf("%s.%d", path, i)))
	}
	return f
}

// filter reads {field, operator, value} or {group, filters}.
func (s *search) filter(o *wire.Object, path string) crm.Filter {
	if o.Sent("group") || o.Sent("filters") {
		join := strings.ToUpper(o.Text("group"))
		if join != "AND" && join != "OR" && join != "" {
			s.refuse(path+".group", "choice", 0)
		}
		return s.group(o.Objects("filters"), path+".filters", join == "OR")
	}
	field, operator := o.Text("field"), o.Text("operator")
	operator, not := strings.CutPrefix(operator, "not_")
	if name, ok := filterNames[field]; ok {
		field = name
	}
	f := crm.Filter{Not: not, Field: field}
	for _, name := range unkept {
		if field == name {
			// as if it were empty for everyone, whatever is asked of it
			o.Take("value")
			o.Warn("field", "not kept by Foyer, as if it were empty for every contact")
			return crm.Filter{Not: not, Any: true}
		}
	}
	if field == "opportunities" {
		return s.nested(o, f, operator, path)
	}
	switch operator {
	case "eq":
		f.Op = crm.FieldEquals
	case "contains":
		f.Op = crm.FieldContains
	case "exists":
		o.Take("value")
		f.Op = crm.FieldExists
		return s.checked(f, path)
	case "range":
		var ok bool
		f.Op = crm.FieldWithin
		if f.Bounds, ok = s.bounds(o, field, path+".value"); !ok {
			return crm.Filter{}
		}
		return s.checked(f, path)
	default:
		s.refuse(path+".operator", "choice", 0)
		return crm.Filter{}
	}
	return s.values(o, f, path)
}

// nested reads what one opportunity of a contact must be.
func (s *search) nested(o *wire.Object, f crm.Filter, operator, path string) crm.Filter {
	if operator != "nested" {
		s.refuse(path+".operator", "choice", 0)
		return crm.Filter{}
	}
	for i, item := range o.Objects("value") {
		f.Of = append(f.Of, s.opportunityComparison(item, fmt.Sprintf("%s.value.%d", path, i), 0))
	}
	return f
}

// values reads the value of a comparison. Clients send a list too: one of its
// values is enough.
func (s *search) values(o *wire.Object, f crm.Filter, path string) crm.Filter {
	list := []string{o.Text("value")}
	if o.Kind("value") == wire.Array {
		list = o.List("value", "")
	}
	not := f.Not
	f.Not = false
	group := crm.Filter{Not: not, Any: true}
	for _, v := range list {
		switch {
		case v == "":
			s.refuse(path+".value", "required", 0)
		case len([]rune(v)) > mostValue:
			s.refuse(path+".value", "length", mostValue)
		default:
			f.Value = v
			group.Of = append(group.Of, s.checked(f, path))
		}
	}
	if len(group.Of) == 1 {
		f = group.Of[0] // a search for an e-mail or a phone is recognised only without a group around each
		f.Not = not
		return f
	}
	return group
}

// checked says where a condition stands that cannot be meant.
func (s *search) checked(f crm.Filter, path string) crm.Filter {
	const many = 500 // conditions read at all; how many there may be is the core's to say
	if s.leaves++; s.leaves > many {
		return crm.Filter{}
	}
	var try crm.Query
	err := try.Filter(f)
	if err == nil {
		return f
	}
	switch errs.As(err).Fields[0].Rule {
	case "choice":
		s.refuse(path+".field", "choice", 0)
	case "operator":
		s.refuse(path+".operator", "choice", 0)
	default:
		s.refuse(path+".value", "format", 0)
	}
	return crm.Filter{}
}

// bounds reads {gte, gt, lte, lt}; ok is false if one of them was refused.
func (s *search) bounds(o *wire.Object, field, path string) (list []crm.Bound, ok bool) {
	value, _ := o.Object("value")
	for _, end := range []struct{ name, op string }{{"gte", ">="}, {"gt", ">"}, {"lte", "<="}, {"lt", "<"}} {
		if !value.Has(end.name) {
			continue
		}
		b, ok := bound(field, end.op, value.Text(end.name))
		if !ok {
			s.refuse(path+"."+end.name, "date", 0)
			return nil, false
		}
		list = append(list, b)
	}
	return list, true
}

// bound makes one end of a range: moments for dateAdded and dateUpdated, days
// for dateOfBirth, and what it looks like for custom fields. A day stands for
// all of it: up to a day includes that day.
func bound(field, op, text string) (crm.Bound, bool) {
	b := crm.Bound{Op: op}
	number, isNumber := decimal(text)
	const farthest = 1 << 53 // milliseconds: what is beyond is no time
	moment := time.UnixMilli(int64(min(max(number, -farthest), farthest))).UTC()
	day, _, isDay := norm.Date(text, norm.MonthFirst)
	switch {
	case field == "createdAt" || field == "updatedAt":
		at, isTime := norm.Time(text)
		switch {
		case isNumber:
			b.Value = moment
		case isTime && len(text) > len(time.DateOnly):
			b.Value = at
		case isDay:
			at, _ = time.Parse(time.DateOnly, day)
			switch op {
			case "<=":
				b.Op, at = "<", at.AddDate(0, 0, 1)
			case ">":
				b.Op, at = ">=", at.AddDate(0, 0, 1)
			}
			b.Value = at
		default:
			return b, false
		}
	case strings.HasPrefix(field, "customFields.") && isNumber:
		b.Value = number
	case isDay:
		b.Value = day
	case isNumber:
		b.Value = moment.Format(time.DateOnly)
	default:
		return b, false
	}
	return b, true
}

// beyond is the condition of being behind a moment in an order, in milliseconds
// since 1970.
func beyond(by crm.Sort, since int64) crm.Filter {
	op := ">"
	if by.Desc {
		op = "<"
	}
	return crm.Filter{Field: by.Field, Op: crm.FieldWithin, Bounds: []crm.Bound{{Op: op, Value: time.UnixMilli(since)}}}
}
