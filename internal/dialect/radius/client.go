package radius

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/norm"
	"github.com/foyer-crm/foyer/internal/wire"
)

// The longest texts that are kept whole, in characters. The vendor names no
// limits; 255 is intake.md R33.
const (
	maxLine = 255  // a name, a city, a tag
	maxText = 2000 // an address, a web address, a custom field
)

// command is what a request asks for.
type command struct {
	save   crm.Save
	others []other // members of client that the contract does not name
	note   string
}

// other is a member of client that becomes a custom field.
type other struct{ name, value string }

// types are the values of client.type; they are the core's own.
var types = []string{"seller", "buyer", "tenant", "landlord"}

// texts are the plain texts of client and where they land (intake.md §3.2, §4).
var texts = []struct {
	key  string
	most int // characters
	at   func(*crm.Contact) *string
}{
	{"status", maxLine, func(c *crm.Contact) *string { return &c.Stage }},
	{"address", maxText, func(c *crm.Contact) *string { return &c.Address.Line1 }},
	{"city", maxLine, func(c *crm.Contact) *string { return &c.Address.City }},
	{"zipcode", maxLine, func(c *crm.Contact) *string { return &c.Address.PostalCode }},
	{"state", maxLine, func(c *crm.Contact) *string { return &c.Address.State }},
	{"source", maxLine, func(c *crm.Contact) *string { return &c.Source }},
	{"gender", maxLine, func(c *crm.Contact) *string { return &c.Details.Gender }},
	{"location", maxText, func(c *crm.Contact) *string { return &c.Details.LocationText }},
	{"company_name", maxLine, func(c *crm.Contact) *string { return &c.CompanyName }},
	{"attorney_name", maxLine, func(c *crm.Contact) *string { return &c.Details.AttorneyName }},
	{"commission", maxLine, func(c *crm.Contact) *string { return &c.Details.Commission }},
	{"priority_status", maxLine, func(c *crm.Contact) *string { return &c.Details.Priority }},
	{"website", maxText, func(c *crm.Contact) *string { return &c.Website }},
}

// dates are the dates of client.
var dates = []struct {
	key string
	at  func(*crm.Contact) *string
}{
	{"date_of_birth", func(c *crm.Contact) *string { return &c.DateOfBirth }},
	{"spouse_date_of_birth", func(c *crm.Contact) *string { return &c.Details.SpouseDateOfBirth }},
	{"home_anniversary", func(c *crm.Contact) *string { return &c.Details.HomeAnniversary }},
}

// read turns a body into a command. strict refuses phones that are not exactly
// ten digits. The error names all broken fields.
func read(o *wire.Object, strict bool) (*command, error) {
	switch o.Kind("client") {
	case wire.Absent, wire.Null, wire.Obj:
	case wire.String:
		if strings.TrimSpace(o.Text("client")) != "" {
			return nil, errs.New(errs.Invalid, "client must be an object")
		}
	default:
		return nil, errs.New(errs.Invalid, "client must be an object")
	}
	client, _ := o.Object("client")
	in := &command{}
	in.save.Match = []crm.Key{crm.KeyEmail, crm.KeyPhone}
	in.save.OnMatch = crm.Overwrite
	contact := &in.save.Input.Contact
	var broken []errs.Field
	refuse := func(field, rule string) { broken = append(broken, errs.Field{Name: field, Rule: rule}) }

	if contact.Name = client.TextMax("name", maxLine); contact.Name == "" {
		refuse("name", "required")
	}
	contact.FirstName, contact.LastName = norm.SplitName(contact.Name)
	if contact.LastName == "" {
		in.save.Input.Clear = []string{"lastName"} // the old one belongs to the name that goes
	}
	if contact.Emails = emails(client); len(contact.Emails) == 0 {
		refuse("email", "required")
	}
	var ok bool
	if contact.Phones, ok = phones(client, strict); !ok {
		refuse("phone", "required")
	}
	contact.Type = strings.ToLower(client.Text("type"))
	if contact.Type != "" && !slices.Contains(types, contact.Type) {
		refuse("type", "choice")
	}
	for _, f := range texts {
		*f.at(contact) = client.TextMax(f.key, f.most)
	}
	for _, f := range dates {
		*f.at(contact) = date(client, f.key)
	}
	contact.Tags = tags(client)
	if in.note = client.Raw("note"); strings.TrimSpace(in.note) == "" {
		in.note = ""
	}
	in.others = others(client)
	in.save.Input.Properties = properties(o)
	in.save.Input.Requirements = requirements(o)
	o.Ignore()
	if len(broken) > 0 {
		return nil, errs.InvalidFields(broken...)
	}
	return in, nil
}

// list takes a list of e-mail addresses or phone numbers: a text with commas,
// or an array. Semicolons are taken for commas, with a warning.
func list(client *wire.Object, key string) []string {
	var items []string
	for _, item := range client.List(key, ",") {
		parts := norm.List(item, true)
		if strings.Contains(item, ";") {
			client.Warn(key, "semicolons were read as commas")
		}
		items = append(items, parts...)
	}
	return items
}

// emails takes the e-mail addresses that can be used; the first is the primary one.
func emails(client *wire.Object) []crm.Email {
	items := list(client, "emails")
	var good []crm.Email
	for _, item := range items {
		if e, ok := crm.NewEmail(item, ""); ok {
			good = append(good, e)
		}
	}
	if bad := len(items) - len(good); bad > 0 {
		client.Warn("emails", fmt.Sprintf("%d of %d are no e-mail addresses, left out", bad, len(items)))
	}
	return good
}

// phones takes the phone numbers that can be used (intake.md §3.4). ok is false
// if there is none, and where strict asks for it, if one is not exactly ten digits.
func phones(client *wire.Object, strict bool) (good []crm.Phone, ok bool) {
	items := list(client, "phones")
	mended, lost := 0, 0
	for _, item := range items {
		p, exact, usable := phone(item)
		switch {
		case strict && !exact:
			return nil, false
		case !usable:
			lost++
			continue
		case !exact:
			mended++
		}
		good = append(good, p)
	}
	if mended > 0 {
		client.Warn("phones", fmt.Sprintf("%d of %d are not written as ten digits, brought into that form", mended, len(items)))
	}
	if lost > 0 {
		client.Warn("phones", fmt.Sprintf("%d of %d are not US numbers of ten digits, left out", lost, len(items)))
	}
	return good, len(good) > 0
}

// phone reads a number: exact is ten digits and nothing else, usable is
// everything that ten digits remain of without signs, words, an extension and
// the country code 1. The text as sent is kept beside the number.
func phone(text string) (p crm.Phone, exact, usable bool) {
	p = crm.NewPhone(text, "")
	if strings.HasPrefix(p.E164, "+1") {
		return p, len(text) == 10 && digits(text) == text, true
	}
	d := digits(text)
	if len(d) == 11 && d[0] == '1' {
		d = d[1:]
	}
	if len(d) != 10 {
		return p, false, false
	}
	p.E164, p.Ext = "+1"+d, "" // "+5551234567": the plus was a slip, there is no country code
	return p, d == text, true
}

// digits gives the digits of a text.
func digits(text string) string {
	return strings.Map(func(r rune) rune {
		if '0' <= r && r <= '9' {
			return r
		}
		return -1
	}, text)
}

// date takes a date as YYYY-MM-DD. Other forms are read, the month first as
// Americans write it, with a warning; what is no date is left out with one.
func date(client *wire.Object, key string) string {
	text := client.Text(key)
	if text == "" {
		return ""
	}
	iso, _, ok := norm.Date(text, norm.MonthFirst)
	switch {
	case !ok:
		client.Warn(key, "not a date, left out")
		return ""
	case iso != text:
		client.Warn(key, "read as "+iso)
	}
	return iso
}

// tags takes the tags: an array, or a text with commas.
func tags(client *wire.Object) []string {
	items := client.List("tags", ",")
	for i, item := range items {
		short, cut := norm.Cut(item, maxLine)
		if cut {
			client.Warn("tags", fmt.Sprintf("a tag was cut to %d characters", maxLine))
		}
		items[i] = strings.TrimSpace(short)
	}
	return items
}

// others takes the members that the contract does not name and that a custom
// field can hold. Null and blank ones say nothing. Arrays, objects, and members
// whose name makes no field are left to become warnings.
func others(client *wire.Object) []other {
	var list []other
	for _, m := range client.Rest() {
		text, scalar := m.Text()
		switch {
		case m.Kind() == wire.Null, scalar && text == "":
			client.Take(m.Key)
			continue
		case !scalar, utf8.RuneCountInString(m.Key) > maxLine, len(norm.Words(m.Key)) == 0:
			continue
		}
		client.Take(m.Key)
		short, cut := norm.Cut(text, maxText)
		if cut {
			client.Warn(m.Key, fmt.Sprintf("cut to %d characters", maxText))
		}
		list = append(list, other{m.Key, strings.TrimSpace(short)})
	}
	return list
}
