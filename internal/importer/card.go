package importer

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/importer/sheet"
	"github.com/foyer-crm/foyer/internal/norm"
)

// cards reads the people of a vCard file.
type cards struct {
	vcard *sheet.VCard
	now   time.Time
}

func (r *cards) next() (*person, error) {
	c, err := r.vcard.Read()
	if err != nil {
		return nil, err
	}
	p := &person{line: c.Line, cells: []string{c.Text}, refused: c.Broken, now: r.now, order: norm.MonthFirst}
	if p.refused != "" {
		return p, nil
	}
	labels := map[string]string{} // by group: what Apple calls the properties of it
	own := map[string]string{}
	for _, x := range c.Properties {
		switch x.Name {
		case "X-ABLABEL":
			labels[x.Group] = strings.TrimSuffix(strings.TrimPrefix(x.String(), "_$!<"), ">!$_")
		case "X-FOYER":
			if err := json.Unmarshal([]byte(x.String()), &own); err != nil {
				p.refused = "its X-FOYER cannot be read: " + err.Error()
				return p, nil
			}
		}
	}
	p.preferred(c.Properties, "EMAIL", "TEL")
	for i := range c.Properties {
		x := &c.Properties[i]
		if _, known := own[ownColumns[x.Name]]; known || x.Name == "X-FOYER" || len(own) > 0 && (x.Name == "NOTE" || x.Name == "UID" || x.Name == "FN" && ownName(c.Properties)) {
			continue
		}
		p.property(x, labels[x.Group])
	}
	if len(own) > 0 {
		p.own(own)
		return p, nil
	}
	p.blank = len(p.custom) == 0 && len(p.notes) == 0 && p.in.Name == "" && p.in.FirstName == "" && p.in.LastName == "" && len(p.in.Emails) == 0 && len(p.in.Phones) == 0
	p.finish()
	return p, nil
}

// ownColumns are the columns of our own export that properties stand for.
var ownColumns = map[string]string{
	"EMAIL": "emails", "TEL": "phones", "ORG": "companyName", "BDAY": "dateOfBirth", "URL": "website", "CATEGORIES": "tags", "FN": "name",
}

// ownName reports whether a card of our own has a name in parts.
func ownName(list []sheet.Property) bool {
	for _, x := range list {
		if x.Name == "N" && strings.Trim(x.Value, "; ") != "" {
			return true
		}
	}
	return false
}

// preferred puts the preferred property of each name in front of the others of
// its name.
func (p *person) preferred(list []sheet.Property, names ...string) {
	for _, name := range names {
		first := -1
		for i := range list {
			if list[i].Name != name {
				continue
			}
			if first < 0 {
				first = i
			}
			if list[i].Has("pref") {
				list[first], list[i] = list[i], list[first]
				break
			}
		}
	}
}

// property takes one property of a card; one that no field is for becomes a
// custom field.
func (p *person) property(x *sheet.Property, label string) {
	if x.Binary || x.Size > len(x.Value)+4096 {
		p.warn(fmt.Sprintf("%s is not kept: it is no text, or longer than 64 KiB", strings.ToLower(x.Name)))
		return
	}
	value := clean(x.String())
	kind := strings.Join(x.Types, " ") + " " + label
	switch x.Name {
	case "VERSION", "PRODID", "REV", "BEGIN", "END", "X-ABLABEL", "X-ABADR", "X-FOYER-REFUSED", "X-MS-OL-DESIGN", "X-MS-OL-DEFAULT-POSTAL-ADDRESS":
	case "N":
		parts := x.Parts(';')
		for i, field := range []string{"lastName", "firstName", "middleName", "namePrefix", "nameSuffix"} {
			if i < len(parts) {
				p.set(Target{Field: field}, strings.ReplaceAll(clean(parts[i]), ",", " "))
			}
		}
	case "FN":
		p.set(Target{Field: "name"}, value)
	case "EMAIL":
		p.set(Target{"email", mailKind(kind)}, value)
	case "TEL":
		p.set(Target{"phone", phoneKind(kind)}, strings.TrimPrefix(value, "tel:"))
	case "ADR":
		p.cardAddress(addressOf(x.Parts(';')), phoneKind(kind) == "office", value)
	case "ORG":
		parts := x.Parts(';')
		p.set(Target{Field: "companyName"}, clean(parts[0]))
		p.addCustom("Department", clean(strings.Join(parts[1:], ", ")))
	case "BDAY":
		p.set(Target{Field: "dateOfBirth"}, value)
	case "NOTE":
		p.set(Target{Field: "note"}, value)
	case "URL":
		if p.in.Website != "" && p.in.Website != value {
			p.addCustom("Website", value)
		}
		p.set(Target{Field: "website"}, value)
	case "CATEGORIES":
		for _, tag := range x.Parts(',') {
			p.set(Target{Field: "tags"}, tag)
		}
	case "GENDER", "LANG":
		p.set(Target{Field: map[string]string{"GENDER": "gender", "LANG": "language"}[x.Name]}, value)
	case "TZ":
		if _, err := time.LoadLocation(value); err == nil && strings.Contains(value, "/") {
			p.set(Target{Field: "timezone"}, value)
			return
		}
		p.addCustom("Time zone", value)
	default:
		p.addCustom(propertyName(x, label), strings.Trim(value, "; "))
	}
}

func mailKind(types string) string {
	switch k := phoneKind(types); k {
	case "home":
		return k
	case "office":
		return "work"
	}
	return ""
}

// cardAddress takes an address of a card: the first one is the home, one at work
// the office, and others are custom fields.
func (p *person) cardAddress(a crm.Address, office bool, value string) {
	switch {
	case a == crm.Address{}:
	case office && p.in.Details.Office == nil:
		p.in.Details.Office = &a
	case !office && p.in.Address == crm.Address{}:
		p.in.Address = a
	default:
		p.addCustom("Address", strings.Join(strings.FieldsFunc(value, func(r rune) bool { return r == ';' || r == '\n' }), ", "))
	}
}

// propertyName is what people would call a property.
func propertyName(x *sheet.Property, label string) string {
	if label != "" {
		return label
	}
	names := map[string]string{
		"TITLE": "Job Title", "ROLE": "Role", "NICKNAME": "Nickname", "ANNIVERSARY": "Anniversary", "X-ANNIVERSARY": "Anniversary", "X-MS-ANNIVERSARY": "Anniversary", "IMPP": "Instant messenger",
		"X-LINE": "Line of the card", "PHOTO": "Picture", "LABEL": "Address label", "X-MS-MANAGER": "Manager", "X-MS-ASSISTANT": "Assistant", "X-MS-SPOUSE": "Spouse", "X-SPOUSE": "Spouse",
		"X-MS-TEL": "Other phone", "X-SOCIALPROFILE": "Social profile", "RELATED": "Related",
	}
	if name := names[x.Name]; name != "" {
		return name
	}
	return x.Name
}
