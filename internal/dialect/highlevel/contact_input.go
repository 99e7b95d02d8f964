package highlevel

import (
	"fmt"
	"strings"
	"time"

	"golang.org/x/text/language"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/norm"
	"github.com/foyer-crm/foyer/internal/wire"
)

// person is what a request says about a contact (contract.md §8.1).
type person struct {
	input crm.Input
	// beside has e-mails and phones that go beside a primary one which the
	// request did not name: they must not take its place.
	beside    crm.Input
	custom    []customField
	createNew bool // although there is one, where the location allows it
}

// plainFields are the texts that are taken as they are, with the characters
// that they are cut to.
var plainFields = []struct {
	name string
	max  int
	at   func(*crm.Contact) *string
}{
	{"firstName", 255, func(c *crm.Contact) *string { return &c.FirstName }},
	{"lastName", 255, func(c *crm.Contact) *string { return &c.LastName }},
	{"gender", 50, func(c *crm.Contact) *string { return &c.Details.Gender }},
	{"address1", 500, func(c *crm.Contact) *string { return &c.Address.Line1 }},
	{"city", 255, func(c *crm.Contact) *string { return &c.Address.City }},
	{"state", 255, func(c *crm.Contact) *string { return &c.Address.State }},
	{"postalCode", 50, func(c *crm.Contact) *string { return &c.Address.PostalCode }},
	{"country", 100, func(c *crm.Contact) *string { return &c.Address.Country }},
	{"website", 2048, func(c *crm.Contact) *string { return &c.Website }},
	{"timezone", 100, func(c *crm.Contact) *string { return &c.Timezone }},
	{"companyName", 255, func(c *crm.Contact) *string { return &c.CompanyName }},
	{"source", 255, func(c *crm.Contact) *string { return &c.Source }},
	{"assignedTo", 64, func(c *crm.Contact) *string { return &c.AssignedTo }},
	{"dateOfBirth", 64, func(c *crm.Contact) *string { return &c.DateOfBirth }},
}

// purpose is what a person is read for.
type purpose uint8

const (
	toCreate purpose = iota
	toUpsert
	toUpdate // by id: null and "" erase, tags are the whole list
)

// readPerson reads a person. broken are the fields that nothing can be made of.
func readPerson(o *wire.Object, why purpose) (p *person, broken []errs.Field) {
	r := reader{o: o, why: why}
	for _, f := range plainFields {
		*f.at(&r.input.Contact) = r.text(f.name, f.max)
	}
	r.name()
	r.country()
	r.timezone()
	r.dateOfBirth()
	r.emails()
	r.phones()
	r.tags()
	r.dnd()
	r.attribution()
	r.custom = readCustomFields(o)
	r.createNew, _ = o.Bool("createNewIfDuplicateAllowed")
	if why == toUpdate {
		o.Take("createNewIfDuplicateAllowed")
	}
	return &r.person, r.broken
}

type reader struct {
	person
	o      *wire.Object
	why    purpose
	broken []errs.Field
}

func (r *reader) refuse(field, rule string, limit int) {
	r.broken = append(r.broken, errs.Field{Name: field, Rule: rule, Limit: limit})
}

// text takes a text. Null and "" erase on update, and say nothing otherwise.
func (r *reader) text(name string, max int) string {
	v := r.o.TextMax(name, max)
	if kind := r.o.Kind(name); v == "" && r.why == toUpdate && (kind == wire.Null || kind == wire.String) {
		r.input.Clear = append(r.input.Clear, name)
	}
	return v
}

// name takes the full name: apart, where its parts were not said; as it is,
// where it is another than the parts make.
func (r *reader) name() {
	in := &r.input
	full := r.text("name", 511)
	switch {
	case full == "":
	case in.FirstName == "" && in.LastName == "":
		in.FirstName, in.LastName = norm.SplitName(full)
		if in.LastName == "" && r.why == toUpdate {
			in.Clear = append(in.Clear, "lastName")
		}
	case full != strings.TrimSpace(in.FirstName+" "+in.LastName):
		in.Name = full
	}
}

// country makes the two letters of ISO 3166 of every code it has for a country.
func (r *reader) country() {
	said := &r.input.Address.Country
	if *said == "" {
		return
	}
	code, ok := alpha2(*said)
	if !ok {
		r.o.Warn("country", "not a country code of ISO 3166, kept as written")
	}
	*said = code
}

func alpha2(country string) (string, bool) {
	region, err := language.ParseRegion(country)
	if err != nil || !region.IsCountry() {
		return country, false
	}
	return region.Canonicalize().String(), true
}

func (r *reader) timezone() {
	said := &r.input.Timezone
	if _, err := time.LoadLocation(*said); err != nil || *said == "Local" {
		r.o.Warn("timezone", "not a name of the time zone database, left out")
		*said = ""
	}
}

// dateOfBirth takes the eight formats of the contract and whatever else is a
// date without doubt.
func (r *reader) dateOfBirth() {
	said := &r.input.DateOfBirth
	if *said == "" {
		return
	}
	iso, guessed, ok := norm.Date(*said, norm.MonthFirst)
	if !ok {
		r.refuse("dateOfBirth", "date", 0)
	}
	if guessed {
		r.o.Warn("dateOfBirth", "read with the day first: there is no such month")
	}
	*said = iso
}

// most is how many e-mails, phones or tags one request can name.
const most = 200

func (r *reader) emails() {
	var list []crm.Email
	primary := r.text("email", 1000)
	if primary != "" {
		e, ok := crm.NewEmail(primary, "")
		if !ok {
			r.refuse("email", "format", 0)
		}
		list = append(list, e)
	}
	for _, a := range r.additional("additionalEmails", "email") {
		if e, ok := crm.NewEmail(a.text, ""); ok {
			list = append(list, e)
		} else {
			r.o.Warn(a.field, "not an e-mail address, left out")
		}
	}
	if primary != "" || r.why == toCreate {
		r.input.Emails, r.input.Blend = list, crm.BlendReplace
	} else {
		r.beside.Emails = list
	}
}

func (r *reader) phones() {
	var list []crm.Phone
	primary := r.text("phone", 100)
	if primary != "" {
		p := crm.NewPhone(primary, "")
		switch parsed := norm.ParsePhone(primary, "US"); {
		case parsed.Digits == 0:
			r.refuse("phone", "format", 0)
		case !parsed.Plausible():
			r.o.Warn("phone", "not a number that can be dialled, kept as written")
		}
		list = append(list, p)
	}
	for _, a := range r.additional("additionalPhones", "phone") {
		if norm.ParsePhone(a.text, "US").Digits == 0 {
			r.o.Warn(a.field, "not a phone number, left out")
			continue
		}
		list = append(list, crm.NewPhone(a.text, phoneKind(a.label)))
	}
	if primary != "" || r.why == toCreate {
		r.input.Phones, r.input.Blend = list, crm.BlendReplace
	} else {
		r.beside.Phones = list
	}
}

// phoneKind is the kind of phone that a label means.
func phoneKind(label string) string {
	switch strings.ToLower(label) {
	case "":
		return ""
	case "mobile", "cell", "cellular":
		return "cell"
	case "work", "office", "business":
		return "office"
	case "home", "landline":
		return "home"
	}
	return "other"
}

// beside is an address or number beside the primary one.
type besides struct{ field, text, label string }

// additional reads a list of texts, or of objects that have a text under key.
func (r *reader) additional(name, key string) (list []besides) {
	items, _ := r.o.Value(name).([]any)
	if items == nil && r.o.Has(name) {
		r.o.Warn(name, "not a list, left out")
	}
	if len(items) > most {
		r.refuse(name, "items", most)
		return nil
	}
	for i, item := range items {
		b := besides{field: fmt.Sprintf("%s[%d]", name, i)}
		switch v := item.(type) {
		case map[string]any:
			b.text, _ = v[key].(string)
			b.label, _ = v["phoneLabel"].(string)
		default:
			b.text = fmt.Sprint(v)
		}
		b.text = strings.TrimSpace(b.text)
		list = append(list, b)
	}
	return list
}

func (r *reader) tags() {
	if !r.o.Has("tags") {
		r.o.Take("tags") // null is no list: it says nothing
		return
	}
	if r.input.Tags = r.o.List("tags", ","); len(r.input.Tags) > most {
		r.refuse("tags", "items", most)
	}
	r.input.ReplaceTags = r.why == toUpdate
}

// channels are the names of the channels in version 2; version 3 writes them
// with small letters (contract.md §2).
var channels = []string{"Call", "Email", "SMS", "WhatsApp", "GMB", "FB"}

func (r *reader) dnd() {
	if v, ok := r.o.Bool("dnd"); ok {
		r.input.SetDND = &v
	}
	r.input.Details.DNDSettings = r.rules("dndSettings", channels)
	r.input.Details.InboundDND = r.rules("inboundDndSettings", []string{"all"})
}

func (r *reader) rules(name string, channels []string) map[string]crm.DNDRule {
	settings, ok := r.o.Object(name)
	if !ok {
		return nil
	}
	settings.Fold(strings.ToLower)
	rules := map[string]crm.DNDRule{}
	for _, channel := range channels {
		rule, ok := settings.Object(strings.ToLower(channel))
		if !ok {
			continue
		}
		switch status := strings.ToLower(rule.Text("status")); status {
		case "active", "inactive", "permanent":
			rules[channel] = crm.DNDRule{Status: status, Message: rule.TextMax("message", 1000), Code: rule.TextMax("code", 100)}
		default:
			rule.Warn("status", "not one of active, inactive, permanent, left out")
		}
	}
	return rules
}

// attribution takes what it says of where the contact came from, whatever the
// names: HighLevel's documents and answers do not have the same ones.
func (r *reader) attribution() {
	said, ok := r.o.Object("attributionSource")
	if !ok {
		return
	}
	known := map[string]any{}
	for _, key := range said.Keys() {
		if v := said.TextMax(key, 2048); v != "" {
			known[key] = v
		}
	}
	r.input.Details.Attribution = known
}
