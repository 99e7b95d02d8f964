package crm

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"

	"github.com/foyer-crm/foyer/internal/norm"
)

// takeBack undoes changes of a contact where what they wrote is still there. It
// gives the contact as it is then, what that changed, and the changes that were
// not undone because somebody else wrote since. It is pure: c is not touched.
func takeBack(c *Contact, changes []Change) (next *Contact, back, kept []Change) {
	n := *c
	var fields []Change
	for _, ch := range changes {
		switch {
		case derived(ch.Field):
		case ch.Field != "sources":
			fields = append(fields, ch)
		default:
			if took, ok := takeSource(&n, ch.To); ok {
				back = append(back, took)
			}
		}
	}
	took, kept := restore(fields, func(name string) *fieldPlace { return placeOf(&n, name) })
	n.Email, n.Phone = first(n.Emails, Email.address), first(n.Phones, Phone.String)
	locate(&n)
	return &n, append(back, took...), kept
}

// restore undoes changes in the places of their fields, the last one first,
// where what they wrote is still there.
func restore(changes []Change, place func(name string) *fieldPlace) (back, kept []Change) {
	for _, ch := range slices.Backward(changes) {
		f := place(ch.Field)
		if f == nil {
			kept = append(kept, ch)
			continue
		}
		now := plain(f.get())
		switch list, all := removed(now, ch.From, ch.To); {
		case reflect.DeepEqual(now, plain(ch.To)):
			f.set(ch.From)
			back = append(back, Change{Field: ch.Field, From: now, To: plain(ch.From)})
		case reflect.DeepEqual(now, plain(ch.From)): // it is as it was
		case list != nil:
			f.set(list)
			back = append(back, Change{Field: ch.Field, From: now, To: plain(list)})
			if !all {
				kept = append(kept, ch)
			}
		default:
			kept = append(kept, ch)
		}
	}
	return back, kept
}

// derived reports the fields that follow from others.
func derived(field string) bool { return field == "homeAt" || field == "officeAt" }

// plain gives a value as JSON has it, nil for what is nothing.
func plain(v any) any {
	text, err := json.Marshal(v)
	if err != nil {
		return v
	}
	var out any
	if err := json.Unmarshal(text, &out); err != nil {
		return v
	}
	return present(out)
}

// removed takes what a change added to a list out of the list as it is now. all
// says whether everything that it added was still there. list is nil if nothing
// was, or if these are no lists.
func removed(now, from, to any) (list []any, all bool) {
	current, isList := now.([]any)
	after, wasList := plain(to).([]any)
	if !isList || !wasList {
		return nil, false
	}
	before, _ := plain(from).([]any) // nil for none
	has := func(list []any, v any) bool {
		return slices.ContainsFunc(list, func(o any) bool { return reflect.DeepEqual(o, v) })
	}
	all = true
	list = slices.Clone(current)
	for _, v := range after {
		if has(before, v) {
			continue
		}
		if !has(list, v) {
			all = false
			continue
		}
		list = slices.DeleteFunc(list, func(o any) bool { return reflect.DeepEqual(o, v) })
	}
	if len(list) == len(current) {
		return nil, false
	}
	return list, all
}

// takeSource removes the source that the import was named as.
func takeSource(c *Contact, name any) (took Change, ok bool) {
	text, _ := name.(string)
	i := slices.IndexFunc(c.Details.Sources, func(s Source) bool { return s.Origin == "import" && norm.Fold(s.Name) == norm.Fold(text) })
	if i < 0 {
		return took, false
	}
	c.Details.Sources = slices.Delete(slices.Clone(c.Details.Sources), i, i+1)
	return Change{Field: "sources", From: text}, true
}

// fieldPlace is where a field of a contact is.
type fieldPlace struct {
	get func() any
	set func(v any) // a value as JSON has it, nil for nothing
}

// at makes a place of a pointer.
func at[T any](p *T) *fieldPlace {
	return &fieldPlace{
		get: func() any { return *p },
		set: func(v any) {
			var to T
			if text, err := json.Marshal(v); err == nil && v != nil {
				_ = json.Unmarshal(text, &to) // it came from this very field
			}
			*p = to
		},
	}
}

// member makes a place of a value in a map, which others may share.
func member[V any](m *map[string]V, key string) *fieldPlace {
	return &fieldPlace{
		get: func() any {
			if v, ok := (*m)[key]; ok {
				return v
			}
			return nil
		},
		set: func(v any) {
			next := make(map[string]V, len(*m)+1)
			for k, old := range *m {
				if k != key {
					next[k] = old
				}
			}
			if v != nil {
				var to V
				at(&to).set(v)
				next[key] = to
			}
			*m = next
		},
	}
}

// placeOf gives the place of a field by the name that changes have for it, nil
// for none.
func placeOf(c *Contact, name string) *fieldPlace {
	for _, f := range textFields {
		if f.name == name {
			return at(f.at(c))
		}
	}
	d := &c.Details
	switch name {
	case "source":
		return at(&c.Source)
	case "emails":
		return at(&c.Emails)
	case "phones":
		return at(&c.Phones)
	case "tags":
		return at(&c.Tags)
	case "followers":
		return at(&c.Followers)
	case "dnd":
		return at(&c.DND)
	case "productionLtm":
		return at(&d.ProductionLTM)
	case "rating":
		return at(&d.Rating)
	case "assessmentTaken":
		return at(&d.AssessmentTaken)
	case "createdBy":
		return at(&d.CreatedBy)
	case "attributionSource":
		return at(&d.Attribution)
	}
	if id, ok := strings.CutPrefix(name, "customFields."); ok {
		return member(&c.CustomFields, id)
	}
	if channel, ok := strings.CutPrefix(name, "dndSettings."); ok {
		return member(&d.DNDSettings, channel)
	}
	if channel, ok := strings.CutPrefix(name, "inboundDndSettings."); ok {
		return member(&d.InboundDND, channel)
	}
	if part, ok := strings.CutPrefix(name, "office"); ok {
		return officePlace(c, part)
	}
	return nil
}

// officePlace is a part of the office's address, which is there only if it has
// any.
func officePlace(c *Contact, part string) *fieldPlace {
	var office Address
	if c.Details.Office != nil {
		office = *c.Details.Office
	}
	text := map[string]*string{"Address": &office.Line1, "City": &office.City, "State": &office.State, "PostalCode": &office.PostalCode, "Country": &office.Country}[part]
	if text == nil {
		return nil
	}
	return &fieldPlace{
		get: func() any { return *text },
		set: func(v any) {
			*text, _ = v.(string)
			c.Details.Office = &office
			if office == (Address{}) {
				c.Details.Office = nil
			}
		},
	}
}
