package match

import (
	"strings"

	"github.com/foyer-crm/foyer/internal/norm"
)

// place is an address made ready for comparing, each part without spaces and
// signs.
type place struct {
	number string
	lines  []string // as norm.Address writes them, the number of the house left out
	city   string
	state  string
	zip    string
}

// readPlace reads an address; ok is false for an empty one.
func readPlace(a *Address) (place, bool) {
	p := place{number: joined(a.Number), city: joined(norm.Address(a.City)), state: joined(norm.Address(a.State)), zip: joined(a.PostalCode)}
	if len(p.zip) == 9 && digitsOnly(p.zip) {
		p.zip = p.zip[:5]
	}
	for i, line := range a.Lines {
		words := strings.Fields(norm.Address(line))
		if i == 0 && p.number == "" && len(words) > 1 && hasDigit(words[0]) {
			p.number, words = words[0], words[1:]
		}
		if text := strings.Join(words, ""); text != "" {
			p.lines = append(p.lines, text)
		}
	}
	return p, p.number != "" || len(p.lines) > 0 || p.city != "" || p.zip != ""
}

func joined(s string) string { return strings.Join(norm.Words(s), "") }

func hasDigit(s string) bool { return strings.ContainsAny(s, "0123456789") }

func digitsOnly(s string) bool { return strings.Trim(s, "0123456789") == "" }

// agreePlaces weighs the best pair of two people's addresses.
func agreePlaces(as, bs []place) (best agreement) {
	for i := range as {
		for j := range bs {
			if g := agreePlace(&as[i], &bs[j]); best.level == unknown || g.bits > best.bits {
				best = g
			}
		}
	}
	return best
}

// agreePlace weighs two addresses. Town and postal code say nearly the same,
// and so do the parts of one address: no address is worth more than 24 bits.
func agreePlace(a, b *place) agreement {
	street, line2 := agreeLines(a.lines, b.lines)
	number := agreeNumber(a.number, b.number, street)
	town := agreeText(a.city, b.city, 5, 3.5, -1.5)
	zip := agreeZIP(a.zip, b.zip)
	if number.level == other {
		street.bits = min(street.bits, 4) // many people live in one street
	}
	if zip.level == other && town.level <= other || town.level == other && zip.level <= other {
		street.bits = min(street.bits, 4) // and many streets have one name
	}
	state := agreeText(a.state, b.state, 1, 0, -1)
	area := min(town.bits+zip.bits, 10)
	g := agreement{bits: min(street.bits+line2.bits+number.bits+area+state.bits, 24), level: other}
	switch {
	case street.level == unknown && town.level == unknown && zip.level == unknown:
		return agreement{}
	case street.level == same && number.level == same:
		g.level, g.words = same, "same address"
	case street.level == same:
		g.level, g.words = same, "same street"
	case street.level == near:
		g.level, g.words = near, "nearly the same street"
	case zip.level == same:
		g.level, g.words = near, "same postal code"
	case town.level == same:
		g.level, g.words = near, "same town"
	}
	return g
}

// agreeLines weighs the street and what else stands in the lines of two
// addresses, in whatever order they were written.
func agreeLines(as, bs []string) (street, more agreement) {
	bi, bj := -1, -1
	for i, a := range as {
		for j, b := range bs {
			g := agreeText(a, b, 9, 7, -2)
			if street.level == unknown || g.bits > street.bits {
				street, bi, bj = g, i, j
			}
		}
	}
	if street.level == same || street.level == near {
		for i, a := range as {
			for j, b := range bs {
				if i != bi && j != bj {
					if g := agreeText(a, b, 5, 4, -0.5); more.level == unknown || g.bits > more.bits {
						more = g
					}
				}
			}
		}
	}
	return street, more
}

func agreeNumber(a, b string, street agreement) agreement {
	switch {
	case a == "" || b == "":
		return agreement{}
	case a == b && street.level == other:
		return agreement{bits: 3, level: same}
	case a == b:
		return agreement{bits: 5, level: same}
	case len(a) != len(b) && edits(a, b, 1) <= 1 || shuffledDigits(a, b):
		return agreement{bits: -1, level: near}
	}
	return agreement{bits: -2, level: other}
}

func agreeZIP(a, b string) agreement {
	switch {
	case a == "" || b == "":
		return agreement{}
	case a == b:
		return agreement{bits: 8, level: same}
	case shuffledDigits(a, b):
		return agreement{bits: 4, level: near}
	case len(a) > 3 && edits(a, b, 1) <= 1:
		return agreement{bits: 1.5, level: near} // the next post office has such a code too
	}
	return agreement{bits: -1.5, level: other}
}

// shuffledDigits reports whether two neighbouring digits were swapped: 76 and 67.
func shuffledDigits(a, b string) bool {
	if len(a) != len(b) || edits(a, b, 1) > 1 {
		return false
	}
	n := 0
	for i := range len(a) {
		if a[i] != b[i] {
			n++
		}
	}
	return n == 2
}

// agreeText weighs two texts that are written the same, nearly so, or neither.
func agreeText(a, b string, whole, most, none float64) agreement {
	switch {
	case a == "" || b == "":
		return agreement{}
	case a == b:
		return agreement{bits: whole, level: same}
	case typo(a, b) || shuffled(a, b) || len(a) > 5 && len(b) > 5 && alike(a, b, 0.9):
		return agreement{bits: most, level: near}
	}
	return agreement{bits: none, level: other}
}
