package importer

import (
	"strings"
	"time"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/norm"
)

// person is what one row or card says.
type person struct {
	line     int
	in       crm.Input
	middle   string
	prefix   string
	suffix   string
	address  string // on one line
	owner    string // who works with them, by name or e-mail address
	custom   []customValue
	notes    []string
	whole    *crm.Whole // of our own exports: what Input has no place for
	warnings []string
	refused  string   // why the row is not taken
	blank    bool     // nothing is in it
	cells    []string // the row as it was
	order    norm.DateOrder
	now      time.Time
}

// customValue is a value that no field is for.
type customValue struct {
	name  string
	value any
}

func (p *person) warn(what string) { p.warnings = append(p.warnings, what) }

// addCustom keeps a value under a name; a second one of the same name goes
// behind the first.
func (p *person) addCustom(name string, value string) {
	if value = strings.TrimSpace(value); value == "" {
		return
	}
	for i, c := range p.custom {
		if text, ok := c.value.(string); ok && strings.EqualFold(c.name, name) {
			if text != value {
				p.custom[i].value = text + "; " + value
			}
			return
		}
	}
	p.custom = append(p.custom, customValue{name, value})
}

// setters are what can be said of a person, by the name of the field. Said
// twice, the first word counts, but for what there can be several of.
var setters = map[string]func(p *person, kind, text string){
	"firstName":         text(func(p *person) *string { return &p.in.FirstName }),
	"lastName":          text(func(p *person) *string { return &p.in.LastName }),
	"middleName":        text(func(p *person) *string { return &p.middle }),
	"namePrefix":        text(func(p *person) *string { return &p.prefix }),
	"nameSuffix":        text(func(p *person) *string { return &p.suffix }),
	"name":              text(func(p *person) *string { return &p.in.Name }),
	"email":             func(p *person, kind, s string) { p.addEmails(s, kind) },
	"phone":             func(p *person, kind, s string) { p.addPhones(s, kind) },
	"address1":          text(func(p *person) *string { return &p.in.Address.Line1 }),
	"address2":          func(p *person, _, s string) { joined(&p.in.Address.Line1, s) },
	"city":              text(func(p *person) *string { return &p.in.Address.City }),
	"state":             text(func(p *person) *string { return &p.in.Address.State }),
	"postalCode":        text(func(p *person) *string { return &p.in.Address.PostalCode }),
	"country":           text(func(p *person) *string { return &p.in.Address.Country }),
	"address":           text(func(p *person) *string { return &p.address }),
	"officeAddress":     func(p *person, _, s string) { joined(&p.office().Line1, s) },
	"officeCity":        text(func(p *person) *string { return &p.office().City }),
	"officeState":       text(func(p *person) *string { return &p.office().State }),
	"officePostalCode":  text(func(p *person) *string { return &p.office().PostalCode }),
	"officeCountry":     text(func(p *person) *string { return &p.office().Country }),
	"companyName":       text(func(p *person) *string { return &p.in.CompanyName }),
	"website":           text(func(p *person) *string { return &p.in.Website }),
	"timezone":          text(func(p *person) *string { return &p.in.Timezone }),
	"source":            text(func(p *person) *string { return &p.in.Source }),
	"type":              text(func(p *person) *string { return &p.in.Type }),
	"stage":             text(func(p *person) *string { return &p.in.Stage }),
	"gender":            text(func(p *person) *string { return &p.in.Details.Gender }),
	"language":          text(func(p *person) *string { return &p.in.Details.Language }),
	"attorneyName":      text(func(p *person) *string { return &p.in.Details.AttorneyName }),
	"commission":        text(func(p *person) *string { return &p.in.Details.Commission }),
	"priority":          text(func(p *person) *string { return &p.in.Details.Priority }),
	"locationText":      text(func(p *person) *string { return &p.in.Details.LocationText }),
	"referrerNote":      text(func(p *person) *string { return &p.in.Details.ReferrerNote }),
	"agentId":           text(func(p *person) *string { return &p.in.Details.AgentID }),
	"recruitingStage":   text(func(p *person) *string { return &p.in.Details.RecruitingStage }),
	"dateOfBirth":       day("Birthday", func(p *person) *string { return &p.in.DateOfBirth }),
	"homeAnniversary":   day("Home anniversary", func(p *person) *string { return &p.in.Details.HomeAnniversary }),
	"spouseDateOfBirth": day("Spouse's birthday", func(p *person) *string { return &p.in.Details.SpouseDateOfBirth }),
	"tags":              func(p *person, _, s string) { p.in.Tags = append(p.in.Tags, tagsOf(s)...) },
	"note":              func(p *person, _, s string) { p.notes = append(p.notes, s) },
	"assignedTo":        text(func(p *person) *string { return &p.owner }),
	"dnd": func(p *person, _, s string) {
		yes, ok := norm.Bool(s)
		if !ok {
			p.addCustom("Do not contact", s)
			p.warn("\"do not contact\" is neither yes nor no and is kept as a custom field")
			return
		}
		p.in.SetDND = &yes
	},
}

func text(at func(*person) *string) func(p *person, kind, text string) {
	return func(p *person, _, s string) {
		if to := at(p); *to == "" {
			*to = s
		}
	}
}

// joined puts a second line behind a first one.
func joined(at *string, s string) {
	if *at != "" {
		s = *at + ", " + s
	}
	*at = s
}

// day sets a date; what is none is kept in a custom field.
func day(name string, at func(*person) *string) func(p *person, kind, text string) {
	return func(p *person, _, s string) {
		iso, ok := date(s, p.order, p.now)
		if !ok {
			p.addCustom(name, s)
			p.warn("a date cannot be read and is kept as a custom field")
			return
		}
		if to := at(p); *to == "" {
			*to = iso
		}
	}
}

func (p *person) office() *crm.Address {
	if p.in.Details.Office == nil {
		p.in.Details.Office = &crm.Address{}
	}
	return p.in.Details.Office
}

// set says something of the person.
func (p *person) set(t Target, value string) {
	if value = strings.TrimSpace(value); value == "" {
		return
	}
	switch set := setters[t.Field]; {
	case t.Field == "custom":
		p.addCustom(t.Kind, value)
	case set != nil:
		set(p, t.Kind, value)
	}
}

// finish brings together what was said in parts, and refuses who cannot be told
// from anybody.
func (p *person) finish() {
	in := &p.in
	switch {
	case in.FirstName == "" && in.LastName == "" && in.Name != "":
		in.FirstName, in.LastName = splitName(in.Name)
		if strings.TrimSpace(in.FirstName+" "+in.LastName) == in.Name {
			in.Name = ""
		}
	case p.middle != "" || p.prefix != "" || p.suffix != "":
		in.Name = strings.Join(strings.Fields(strings.Join([]string{p.prefix, in.FirstName, p.middle, in.LastName, p.suffix}, " ")), " ")
	case strings.TrimSpace(in.FirstName+" "+in.LastName) == in.Name:
		in.Name = "" // it says nothing more
	}
	if p.address != "" && in.Address == (crm.Address{}) {
		in.Address = splitAddress(p.address)
	}
	if p.refused == "" && in.FirstName == "" && in.LastName == "" && in.Name == "" && len(in.Emails) == 0 && len(in.Phones) == 0 {
		p.refused = "there is no name, e-mail address or phone number"
	}
}
