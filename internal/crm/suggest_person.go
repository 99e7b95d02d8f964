package crm

import (
	"hash/fnv"
	"strconv"
	"strings"

	"github.com/foyer-crm/foyer/internal/match"
	"github.com/foyer-crm/foyer/internal/norm"
)

// personOf gives what a contact says about who it is. The address of an office
// is not among it: everybody there has it.
func personOf(c *Contact) *match.Person {
	p := &match.Person{Given: c.FirstName, Family: c.LastName, Full: c.Name, BirthDate: c.DateOfBirth}
	for _, e := range c.Emails {
		p.Emails = append(p.Emails, e.Address)
	}
	for _, n := range c.Phones {
		p.Phones = append(p.Phones, n.String())
	}
	if a := c.Address; a != (Address{}) {
		p.Addresses = []match.Address{{Lines: []string{a.Line1}, City: a.City, State: a.State, PostalCode: a.PostalCode}}
	}
	return p
}

// matchMark stands between a location and a match word in the search index. It
// is in no word that a person can look for, and both databases take it as a
// letter.
const matchMark = "·"

// matchWords gives the words under which a contact meets those who may be the
// same person, as they stand in the search index. A phone number stands there
// as it is, for people to search by.
func matchWords(locationID string, r *match.Record) []string {
	prefix := tenantWord(locationID)
	var words []string
	for _, k := range r.Keys() {
		if number, ok := strings.CutPrefix(k, match.PhoneKey); ok {
			for _, w := range norm.Words(number) {
				words = append(words, prefix+w)
			}
			continue
		}
		words = append(words, prefix+matchMark+shortHash(k))
	}
	return words
}

// shortHash is short enough to store for each contact, and long enough that
// hardly anybody meets by chance.
func shortHash(s string) string {
	h := fnv.New64a()
	_, _ = h.Write([]byte(s)) // never fails
	const bits = 36
	return strconv.FormatUint(h.Sum64()>>(64-bits), 36)
}

// TellsWho reports whether the field of a change is one that duplicates are
// found by.
func (c Change) TellsWho() bool {
	switch c.Field {
	case "firstName", "lastName", "name", "dateOfBirth", "email", "emails", "phone", "phones", "address1", "city", "state", "postalCode":
		return true
	}
	return false
}
