// Package importer brings files of people in: CSV and vCard of whatever
// program. It tells what a file is and what its columns mean, shows beforehand
// what would happen, goes on where it was stopped, and is taken back as a whole.
package importer

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/foyer-crm/foyer/internal/norm"
)

// Target is what a column means: a field, and for some what kind of it. The zero
// Target is nothing: the column is left out.
type Target struct {
	Field string `json:"field"`
	Kind  string `json:"kind,omitempty"` // of an e-mail or phone; the name of a custom field
}

// String writes a target as --map takes it.
func (t Target) String() string {
	if t.Kind != "" {
		return t.Field + ":" + t.Kind
	}
	return t.Field
}

// Fields are what a column can be mapped to, besides "custom:NAME".
var Fields = slices.Sorted(maps.Keys(setters))

// ParseTarget reads "phone:cell", "custom:Budget", "firstName", or "" for
// nothing. It returns an error for what is no field.
func ParseTarget(text string) (Target, error) {
	field, kind, _ := strings.Cut(text, ":")
	t := Target{strings.TrimSpace(field), strings.TrimSpace(kind)}
	if t.Field == "" || t.Field == "custom" && t.Kind != "" {
		return t, nil
	}
	for _, f := range Fields {
		if strings.EqualFold(f, t.Field) {
			t.Field = f
			return t, nil
		}
	}
	return t, fmt.Errorf("%q is no field: it is one of %s, custom:NAME, or nothing", text, strings.Join(Fields, ", "))
}

// words gives the words of a column's name, in lower case: "E-mail 1 - Value" is
// e mail 1 value, "homePhone" is home phone.
func words(name string) []string {
	var b strings.Builder
	var before rune
	for _, r := range name {
		if unicode.IsUpper(r) && unicode.IsLower(before) || unicode.IsDigit(r) && unicode.IsLetter(before) {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
		before = r
	}
	return norm.Words(b.String())
}

// guess tells what a column means by its name alone. ok is false where nobody
// could tell.
func guess(name string) (t Target, ok bool) {
	if custom, is := strings.CutPrefix(name, "custom:"); is {
		return Target{"custom", custom}, true
	}
	if strings.HasPrefix(name, "foyer:") { // of our own reports
		return Target{}, true
	}
	list := words(name)
	text := strings.Join(list, " ")
	if t, ok = meanings[text]; ok {
		return t, true
	}
	// the second address of somebody is not their home
	if n := numbered(list); n > 1 && slices.Contains(list, "address") && !slices.Contains(list, "e") && !slices.Contains(list, "email") {
		return Target{}, false
	}
	list = slices.DeleteFunc(list, func(w string) bool { return strings.Trim(w, "0123456789") == "" })
	for _, noise := range []string{"value", "contact", "client", "lead", "person", "primary", "main", "default"} {
		text = strings.Join(list, " ")
		if t, ok = meanings[text]; ok {
			return t, true
		}
		list = slices.DeleteFunc(list, func(w string) bool { return w == noise })
	}
	t, ok = meanings[strings.Join(list, " ")]
	return t, ok
}

// numbered gives the number in a column's name, 1 without one.
func numbered(words []string) int {
	for _, w := range words {
		if len(w) == 1 && '0' <= w[0] && w[0] <= '9' {
			return int(w[0] - '0')
		}
	}
	return 1
}

// meanings are the names that columns have in the exports of programs that deal
// with people, by their words.
var meanings = spelled(`
	firstName: first name, given name, first, fname, forename, vorname, prenom, nombre
	middleName: middle name, additional name, middle, middle initial
	lastName: last name, family name, surname, last, lname, nachname, apellido, apellidos
	namePrefix: name prefix, prefix, salutation, honorific
	nameSuffix: name suffix, suffix
	name: name, full name, display name, contact name, client name, lead name, fullname, file as, formatted name, fn, primary contact name
	email: email, e mail, mail, email address, e mail address, e mail value, email value, emails, email addresses, secondary email, alternate email, other email, additional email, additional emails, person email
	email:home: home email, personal email, home e mail, personal e mail, email personal
	email:work: work email, business email, office email, work e mail, email work
	phone: phone, phone number, telephone, tel, phone value, phones, phone numbers, secondary phone, alternate phone, additional phone, additional phones, primary phone, contact phone, telephone number, telefon, telefono
	phone:cell: mobile, cell, mobile phone, cell phone, cellular, cellphone, mobile number, cell number, cell phone number, mobile phone number, phone mobile, phone cell, handy, movil
	phone:home: home phone, phone home, home telephone, home phone number, home number, residential phone
	phone:office: work phone, business phone, office phone, phone work, phone office, work number, office number, work phone number, business phone number
	phone:other: other phone, phone other
	address1: street, street address, address line, address street, mailing street, home street, home address, mailing address, home address street, house address, address address, residential address, street name, home street address, mailing address street, strasse, direccion
	address2: street line, apartment, unit, suite, apt, address extended address, apartment number, unit number, address suite, home street line
	city: city, town, home city, mailing city, address city, home address city, suburb, locality, mailing address city, ort, ciudad
	state: state, region, province, home state, mailing state, address region, address state, state province, home address state, state region, mailing address state, county state, bundesland
	postalCode: zip, zip code, postal code, postcode, zipcode, home postal code, home zip, mailing zip, address postal code, address zip, zip postal code, home address zip, mailing postal code, address zip code, mailing address zip, postal zip code, plz
	country: country, home country, address country, country region, mailing country, home country region, home address country, land
	officeAddress: business street, work street, office street, work address, business address, office address, company address, work address street
	officeCity: business city, work city, office city, work address city
	officeState: business state, work state, office state, work address state
	officePostalCode: business postal code, work zip, office zip, business zip, work postal code, work address zip, office postal code
	officeCountry: business country, work country, office country, business country region
	companyName: company, company name, organization, organisation, organization name, business name, employer, business, brokerage, firma, empresa
	website: website, web site, url, web page, homepage, website value, website url, personal website
	timezone: timezone, time zone
	source: source, lead source, contact source, original source, source name, origin, referral source
	type: contact type, lead type, client type, type
	stage: stage, lifecycle stage, pipeline stage, lead stage, contact stage, status, lead status, contact status
	tags: tags, tag, labels, label, groups, group, categories, category, keywords, group membership, hashtags, lists
	dateOfBirth: birthday, birth date, date of birth, birthdate, dob, birth day, geburtstag
	homeAnniversary: home anniversary, closing anniversary, home purchase anniversary, house anniversary, closing date anniversary, home closing date
	spouseDateOfBirth: spouse birthday, spouse date of birth, spouse birthdate, partner birthday
	gender: gender, sex
	language: language, preferred language
	note: note, notes, comment, comments, message, description, background, background info, remarks, memo, short summary, add to import note, note text, about, bio
	assignedTo: assigned to, assigned agent, contact owner, owner, lead owner, assigned user, agent, agent assigned, assigned, listing agent name, primary agent
	dnd: dnd, do not contact, do not disturb, unsubscribed, opted out, opt out
	commission: commission, commission rate
	priority: priority
	attorneyName: attorney, attorney name
	agentId: agent id
	recruitingStage: recruiting stage
`)

// spelled reads lines of "target: name, name".
func spelled(text string) map[string]Target {
	out := map[string]Target{}
	for line := range strings.Lines(text) {
		at := strings.Index(line, ": ")
		if at < 0 {
			continue
		}
		field, kind, _ := strings.Cut(strings.TrimSpace(line[:at]), ":")
		for name := range strings.SplitSeq(line[at+2:], ",") {
			out[strings.TrimSpace(name)] = Target{field, kind}
		}
	}
	return out
}
