// Package match says whether two records may be one person: names with
// nicknames, swapped parts and typing errors, dates of birth, addresses,
// e-mails and phones, weighed against each other as Fellegi and Sunter do.
//
// Everything is pure: no database, no clock. Who only shares a household, an
// office, a phone or a mailbox with somebody is not the same person.
package match

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/mozillazg/go-unidecode"

	"github.com/foyer-crm/foyer/internal/norm"
)

// Person is what a contact or a row of a file says about somebody. Whatever is
// not known is empty.
type Person struct {
	Given     string
	Family    string
	Full      string // used where neither given nor family name is known
	BirthDate string // any notation that norm.Date reads
	Emails    []string
	Phones    []string
	Addresses []Address
}

// Address is one postal address. Number may also stand at the beginning of the
// first line.
type Address struct {
	Number     string
	Lines      []string // street; house, unit or estate
	City       string
	State      string
	PostalCode string
}

// Record is a Person made ready for comparing: reading it costs more than
// comparing it. Use Read.
type Record struct {
	given  name
	family name
	born   date
	mails  []mail
	phones []string
	places []place
}

// name is a given or a family name in small Latin letters.
type name struct {
	shown string   // as written
	words []string // "mary", "ann"
	text  string   // "maryann"
	sound string   // of the first word
}

// maxList bounds what is compared of the e-mails, phones and addresses of one
// person: the comparison takes all of them with all others.
const maxList = 5

// Read makes a Person ready for comparing.
func Read(p *Person) *Record {
	given, family := p.Given, p.Family
	if strings.TrimSpace(given) == "" && strings.TrimSpace(family) == "" {
		given, family = splitFull(p.Full)
	}
	r := &Record{given: readGiven(given), family: readName(family), born: readDate(p.BirthDate)}
	for _, s := range p.Emails {
		if m, ok := readMail(s); ok && len(r.mails) < maxList && !slices.Contains(r.mails, m) {
			r.mails = append(r.mails, m)
		}
	}
	for _, s := range p.Phones {
		if k := norm.ParsePhone(s, "US").Key; k != "" && len(r.phones) < maxList && !slices.Contains(r.phones, k) {
			r.phones = append(r.phones, k)
		}
	}
	for i := range p.Addresses {
		if a, ok := readPlace(&p.Addresses[i]); ok && len(r.places) < maxList {
			r.places = append(r.places, a)
		}
	}
	return r
}

// splitFull splits a full name into given and family name; "Family, Given" too.
func splitFull(full string) (given, family string) {
	if before, after, ok := strings.Cut(full, ","); ok && len(norm.Words(before)) > 0 && len(norm.Words(after)) > 0 && !suffixes[strings.Join(norm.Words(after), "")] {
		return after, before
	}
	words := strings.Fields(full)
	for len(words) > 2 && suffixes[strings.Join(norm.Words(words[len(words)-1]), "")] {
		words = words[:len(words)-1]
	}
	return norm.SplitName(strings.Join(words, " "))
}

func readName(s string) name {
	n := name{shown: strings.Join(strings.Fields(s), " "), words: latin(s)}
	if len(n.words) > 1 && suffixes[n.words[len(n.words)-1]] {
		n.words = n.words[:len(n.words)-1]
	}
	n.text = strings.Join(n.words, "")
	if len(n.words) > 0 {
		n.sound = sound(n.words[0])
	}
	return n
}

// readGiven reads a given name without what people put in front of it.
func readGiven(s string) name {
	n := readName(s)
	for len(n.words) > 1 && titles[n.words[0]] {
		n.words = n.words[1:]
		n.text, n.sound = strings.Join(n.words, ""), sound(n.words[0])
		_, n.shown, _ = strings.Cut(n.shown, " ")
	}
	if len(n.words) == 1 && titles[n.words[0]] {
		return name{}
	}
	return n
}

// latin gives the words of a name in small Latin letters, whatever its script.
func latin(s string) []string {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return norm.Words(unidecode.Unidecode(s))
		}
	}
	return norm.Words(s)
}

func set(words string) map[string]bool {
	m := map[string]bool{}
	for w := range strings.FieldsSeq(words) {
		m[w] = true
	}
	return m
}

var (
	titles   = set("mr mrs ms miss mx dr prof professor sir dame rev reverend hon herr frau monsieur madame mme senor senora sheikh shaikh president prasident")
	suffixes = set("jr sr ii iii iv junior senior esq phd md dds cpa")
)
