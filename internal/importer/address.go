package importer

import (
	"regexp"
	"slices"
	"strings"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/geo"
	"github.com/foyer-crm/foyer/internal/norm"
)

// What US addresses are made of.
var (
	zipCode   = regexp.MustCompile(`^\d{5}(-\d{4})?$`)
	lostZero  = regexp.MustCompile(`^\d{4}(-\d{4})?$`)
	northEast = strings.Fields("ct ma me nh nj ri vt")
	ends      = strings.Fields(`st street ave avenue av blvd boulevard rd road dr drive ln lane ct court pl place ter terrace way pkwy parkway
		cir circle hwy highway trl trail sq square loop pike plaza plz run row path expy expressway fwy freeway xing crossing pt point
		walk aly alley tpke turnpike cv cove bnd bend rdg ridge vw view lndg landing psge passage byp bypass brg bridge ctr center`)
	units   = strings.Fields("apt apartment unit suite ste # fl floor room rm bldg building box lot trlr space spc dept ph")
	compass = strings.Fields("n s e w ne nw se sw north south east west northeast northwest southeast southwest")
	// before are words that a city's name begins with.
	before = strings.Fields("san santa los las el la saint st fort ft mount mt new north south east west lake port palm grand des baton salt st. ft. mt. n. s. e. w. upper lower")
)

// splitAddress splits a US address on one line, or on several, into its parts.
// What it cannot place stays in the first line: nothing is lost.
func splitAddress(text string) crm.Address {
	lines := strings.FieldsFunc(text, func(r rune) bool { return r == '\n' || r == '\r' || r == ',' || r == ';' })
	var segments [][]string // of words, between commas
	for _, l := range lines {
		if w := strings.Fields(l); len(w) > 0 {
			segments = append(segments, w)
		}
	}
	a := crm.Address{}
	p := addressParts{segments}
	a.Country = p.country()
	a.PostalCode = p.zip()
	if a.Country == "" {
		a.Country = p.country()
	}
	a.State = p.state(a.PostalCode != "")
	if a.PostalCode != "" || a.State != "" || p.streetAndCity() {
		a.City = p.city(a.PostalCode)
	}
	a.Line1 = p.rest()
	return a
}

// addressParts are the words of an address, taken away from the end.
type addressParts struct{ segments [][]string }

// last gives the last n words, of one segment, "" if there are not so many.
func (p *addressParts) last(n int) string {
	if len(p.segments) == 0 {
		return ""
	}
	s := p.segments[len(p.segments)-1]
	if len(s) < n {
		return ""
	}
	return strings.Join(s[len(s)-n:], " ")
}

func (p *addressParts) drop(n int) {
	at := len(p.segments) - 1
	s := p.segments[at]
	if p.segments[at] = s[:len(s)-n]; len(s) == n {
		p.segments = p.segments[:at]
	}
}

func (p *addressParts) country() string {
	for n := 4; n > 0; n-- {
		switch strings.ToLower(strings.ReplaceAll(p.last(n), ".", "")) {
		case "usa", "us", "united states", "united states of america", "u s a", "u s":
			country := p.last(n)
			p.drop(n)
			return country
		}
	}
	return ""
}

// zip takes the ZIP code at the end. One of four digits behind the letters of a
// state in the north-east lost its zero to a spreadsheet.
func (p *addressParts) zip() string {
	code := p.last(1)
	if n := len(p.segments); n == 0 || n == 1 && len(p.segments[0]) == 1 {
		return ""
	}
	before, _, _ := strings.Cut(p.last(2), " ")
	switch {
	case strings.EqualFold(before, "box"):
		return ""
	case zipCode.MatchString(code):
	case lostZero.MatchString(code) && before != code && isOne(northEast, before):
		code = "0" + code
	default:
		return ""
	}
	p.drop(1)
	return code
}

// streetAndCity reports whether what is left is a street and, behind a comma,
// what can only be its city.
func (p *addressParts) streetAndCity() bool {
	if len(p.segments) < 2 {
		return false
	}
	last := strings.Join(p.segments[len(p.segments)-1], " ")
	return strings.ContainsAny(p.segments[0][0], "0123456789") && !strings.ContainsAny(last, "0123456789#") && !isOne(units, p.segments[len(p.segments)-1][0])
}

// state takes the state at the end, as two letters or by its name. Without a ZIP
// code behind it, two letters count only as capitals.
func (p *addressParts) state(sure bool) string {
	if abbr := strings.ReplaceAll(p.last(1), ".", ""); len(abbr) == 2 && (sure || abbr == strings.ToUpper(abbr)) && (len(p.segments) > 1 || len(p.segments[0]) > 1) {
		if _, ok := geo.State(strings.ToUpper(abbr)); ok {
			p.drop(1)
			return strings.ToUpper(abbr)
		}
	}
	for n := 3; n > 0; n-- {
		name := p.last(n)
		if name == "" || len(p.segments) == 1 && len(p.segments[0]) == n {
			continue
		}
		if key := norm.Address(name); len(key) == 2 && !isOne(compass, key) {
			if full, ok := geo.State(strings.ToUpper(key)); ok && strings.EqualFold(full, name) {
				p.drop(n)
				return strings.ToUpper(key)
			}
		}
	}
	return ""
}

// city takes the city at the end: what stands between two commas, or what the
// ZIP code says, or what follows the kind of the street.
func (p *addressParts) city(zip string) string {
	if len(p.segments) == 0 {
		return ""
	}
	s := p.segments[len(p.segments)-1]
	if place, ok := geo.ZIP(zip); ok && place.City != "" {
		if k := len(strings.Fields(place.City)); norm.Fold(p.last(k)) == norm.Fold(place.City) {
			return p.take(k)
		}
	}
	if digits := strings.ContainsAny(s[0], "0123456789"); len(p.segments) > 1 && !digits && !isOne(units, s[0]) && s[0][0] != '#' && !strings.EqualFold(s[0], "PO") && !strings.EqualFold(s[0], "P.O.") {
		return p.take(len(s))
	}
	at := cityAt(s)
	if at == 0 && len(p.segments) == 1 && strings.ContainsAny(s[0], "0123456789") {
		at = len(s) - 1
	}
	if at >= len(s) {
		return ""
	}
	return p.take(len(s) - at)
}

// cityAt finds where the city begins in words that begin with a street.
func cityAt(s []string) int {
	for i := len(s) - 1; i > 0; i-- {
		switch w := s[i]; {
		case strings.ContainsAny(w, "0123456789#"):
			return i + 1
		case i > 0 && isOne(units, s[i-1]) && len(strings.Trim(w, ".,")) <= 2:
			return i + 1 // Apt B
		case isOne(ends, w) && (!isOne(before, w) || i+1 == len(s) || !hasEnd(s[1:i])):
			at := i + 1
			if at < len(s)-1 && isOne(compass, s[at]) && len(strings.Trim(s[at], ".")) <= 2 {
				at++ // Main St NW
			}
			return at
		}
	}
	return 0
}

func hasEnd(words []string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return isOne(ends, w) })
}

func (p *addressParts) take(n int) string {
	city := p.last(n)
	p.drop(n)
	return city
}

// rest is what is left, with its commas.
func (p *addressParts) rest() string {
	parts := make([]string, len(p.segments))
	for i, s := range p.segments {
		parts[i] = strings.Join(s, " ")
	}
	return strings.Join(parts, ", ")
}
