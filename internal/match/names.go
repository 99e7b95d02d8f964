package match

import (
	"cmp"
	"strings"
)

// namesAgree is what the names of two people say.
type namesAgree struct {
	given, family agreement
}

// agreeNames weighs given and family names, as they stand or swapped in one of
// the records.
func agreeNames(a, b *Record) namesAgree {
	straight := namesAgree{agreeGiven(&a.given, &b.given), agreeFamily(&a.family, &b.family)}
	if straight.given.level >= near && straight.family.level >= near {
		return straight
	}
	swapped := namesAgree{agreeGiven(&a.given, &b.family), agreeFamily(&a.family, &b.given)}
	inA := namesAgree{agreeGiven(&a.family, &b.given), agreeFamily(&a.given, &b.family)}
	if cmp.Or(cmp.Compare(inA.bits(), swapped.bits()), cmp.Compare(inA.given.level, swapped.given.level), cmp.Compare(inA.family.level, swapped.family.level)) > 0 {
		swapped = inA
	}
	const price = 2 // swapping is rarer than not
	if max(swapped.given.level, swapped.family.level) < near || swapped.bits()-price <= straight.bits() {
		return straight
	}
	if swapped.given.level == other || swapped.family.level == other {
		// one name is shared, as a family does
		swapped.given.level, swapped.family.level = other, max(swapped.given.level, swapped.family.level)
	}
	swapped.family.bits -= price
	swapped.given.words, swapped.family.words = "names swapped", ""
	return swapped
}

func (n *namesAgree) bits() float64 { return n.given.bits + n.family.bits }

// agreeGiven weighs two given names.
func agreeGiven(a, b *name) agreement {
	if a.text == "" || b.text == "" {
		return agreement{}
	}
	if a.text == b.text {
		return agreement{bits: rarity(a.text, commonGiven, 6, 7.5), level: same, words: "same first name", names: [2]string{a.text}}
	}
	x, y := a.words[0], b.words[0]
	best := agreeWord(x, y)
	if len(a.words)+len(b.words) > 2 {
		if typo(a.text, b.text) { // "mary ann" and "maryan"
			return agreement{bits: 5, level: near, words: a.shown + "/" + b.shown}
		}
		if best.level == same && !middles(a.words[1:], b.words[1:]) {
			return agreement{bits: -2, level: unclear}
		}
		if best.level < near {
			best = called(a.words, b.words, best)
		}
	}
	switch best.level {
	case same:
		best.words = "same first name"
	case near:
		best.words = order(a.shown, b.shown)
	}
	return best
}

// order gives two names with a stroke between, the same both ways.
func order(a, b string) string {
	if strings.ToLower(a) > strings.ToLower(b) {
		a, b = b, a
	}
	return a + "/" + b
}

// middles reports whether two lists of middle names may be one person's.
func middles(as, bs []string) bool {
	if len(as) == 0 || len(bs) == 0 {
		return true
	}
	return as[0][0] == bs[0][0]
}

// called finds the one word of "Mary Ann" that the other record has.
func called(as, bs []string, best agreement) agreement {
	for i, a := range as {
		for j, b := range bs {
			if (i > 0) != (j > 0) && len(a) > 1 && len(b) > 1 {
				if g := agreeWord(a, b); g.level >= near {
					return agreement{bits: min(g.bits, 4), level: near}
				}
			}
		}
	}
	return best
}

// agreeWord weighs two words of given names. What differs is a nickname, a
// spelling, a typing error, or another person.
func agreeWord(a, b string) agreement {
	switch {
	case a == b && len(a) > 1:
		return agreement{bits: rarity(a, commonGiven, 6, 7.5), level: same, names: [2]string{a}}
	case a == b:
		return agreement{bits: 3, level: near} // "J" and "J"
	case len(a) == 1 || len(b) == 1:
		if a[0] == b[0] {
			return agreement{bits: 2.5, level: near}
		}
		return agreement{bits: -6, level: other}
	case nickname(a, b), spelled(a) == spelled(b):
		return agreement{bits: 5, level: near, names: [2]string{a, b}}
	case known(a) && known(b):
		return agreement{bits: -8, level: other}
	case typo(a, b) || min(len(a), len(b)) > 4 && shuffled(a, b) || alike(a, b, 0.9) && !extended(a, b):
		return agreement{bits: 5, level: near, names: [2]string{a, b}}
	case len(a) > 2 && len(b) > 2 && (alike(a, b, 0.8) || edits(a, b, 1) <= 1):
		return agreement{bits: 0, level: unclear}
	}
	return agreement{bits: -7, level: other}
}

// agreeFamily weighs two family names. People change theirs, so a difference
// says less than that of given names.
func agreeFamily(a, b *name) agreement {
	if a.text == "" || b.text == "" {
		return agreement{}
	}
	switch {
	case a.text == b.text:
		return agreement{bits: rarity(a.text, commonFamily, 7, 9), level: same, words: "same last name", names: [2]string{a.text}}
	case extended(a.text, b.text):
		return agreement{bits: 0, level: unclear}
	case typo(a.text, b.text), shuffled(a.text, b.text):
		return agreement{bits: 7, level: near, words: order(a.shown, b.shown), names: [2]string{a.text, b.text}}
	case partOf(a.words, b.words):
		return agreement{bits: 5, level: near, words: order(a.shown, b.shown)}
	case len(a.text) == 1 || len(b.text) == 1:
		if a.text[0] == b.text[0] {
			return agreement{bits: 2, level: near, words: order(a.shown, b.shown)}
		}
		return agreement{bits: -5, level: other}
	case a.sound == b.sound && alike(a.text, b.text, 0.8):
		return agreement{bits: 5, level: near, words: order(a.shown, b.shown), names: [2]string{a.text, b.text}}
	case alike(a.text, b.text, 0.8) && edits(a.text, b.text, 3) <= 3:
		return agreement{bits: 1, level: unclear}
	}
	return agreement{bits: -5, level: other}
}

// extended reports whether two names are one with different endings: Smith,
// Smithson and Smithers are three.
func extended(a, b string) bool {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	a, b = a[n:], b[n:]
	long := max(len(a), len(b))
	return n >= 4 && long >= 2 && (min(len(a), len(b)) == 0 || long >= 3 && edits(a, b, long) > long-2)
}

// partOf reports whether one family name is a part of the other: Garcia and
// Garcia Lopez, Smith-Jones and Jones.
func partOf(as, bs []string) bool {
	if len(as) == len(bs) {
		return false
	}
	for _, a := range as {
		for _, b := range bs {
			if a == b && len(a) > 3 {
				return true
			}
		}
	}
	return false
}

// rarity gives the bits of an equal name.
func rarity(s string, common map[string]bool, often, seldom float64) float64 {
	if common[s] {
		return often
	}
	return seldom
}

// spelled takes from a name what only its spelling says: Jon and John, Carl and
// Karl, Erin and Eryn sound the same.
func spelled(s string) string {
	out := make([]byte, 0, len(s))
	for i := range len(s) {
		c := s[i]
		switch {
		case c == 'h' && i > 0:
			continue
		case c == 'p' && i+1 < len(s) && s[i+1] == 'h':
			c = 'f'
		case c == 'c':
			c = 'k'
		case c == 'y':
			c = 'i'
		case c == 'z':
			c = 's'
		}
		if len(out) == 0 || out[len(out)-1] != c {
			out = append(out, c)
		}
	}
	return string(out)
}
