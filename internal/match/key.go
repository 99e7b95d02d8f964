package match

import (
	"slices"
	"strings"
)

const phone = "p"

// PhoneKey is what a key begins with that is a whole phone number.
const PhoneKey = phone + ":"

// Keys gives the words under which two records that may be one person's meet.
// Who shares none is never compared. They say nothing by themselves, and are
// short: a hash of each will do.
func Keys(p *Person) []string { return Read(p).Keys() }

// Keys gives the words under which the record meets others, those first that
// fewest share; see Keys.
func (r *Record) Keys() []string {
	k := make(keys, 0, 16)
	for _, p := range r.phones {
		k.add(phone, p)
	}
	for _, m := range r.mails {
		if !desks[m.local] {
			k.add("m", m.local)
		}
	}
	r.nameKeys(&k)
	r.birthKeys(&k)
	for i := range r.places {
		r.placeKeys(&k, &r.places[i])
	}
	for _, m := range r.mails {
		if _, domain, _ := strings.Cut(m.address, "@"); !desks[m.local] {
			k.add("d", domain, m.local[:min(1, len(m.local))])
		}
	}
	return k
}

type keys []string

// add adds a key made of parts, unless one is missing or it is there already.
func (k *keys) add(kind string, parts ...string) {
	key := kind
	for _, p := range parts {
		if p == "" {
			return
		}
		key += ":" + p
	}
	if !slices.Contains(*k, key) {
		*k = append(*k, key)
	}
}

// nameKeys meet names by their sound, in either order, and nicknames.
func (r *Record) nameKeys(k *keys) {
	g, f := &r.given, &r.family
	if g.text == "" || f.text == "" {
		return
	}
	a, b := g.sound, f.sound
	k.add("n", min(a, b), max(a, b))
	for _, formal := range givenNames()[g.words[0]] {
		if formal != g.words[0] {
			k.add("n", min(sound(formal), b), max(sound(formal), b))
		}
	}
}

// birthKeys meet people born the same day, or the same year with one name alike.
func (r *Record) birthKeys(k *keys) {
	if r.born == "" {
		return
	}
	k.add("b", string(r.born))
	k.add("y", r.born.year(), r.given.sound)
	k.add("y", r.born.year(), r.family.sound)
}

// placeKeys meet people of one house, and of one name in one town.
func (r *Record) placeKeys(k *keys, p *place) {
	for _, line := range p.lines {
		k.add("l", line)
	}
	k.add("h", p.number, p.zip)
	area := p.zip
	if area == "" {
		area = p.city
	}
	k.add("z", area, r.family.sound)
	k.add("z", area, r.given.sound)
}

// finerKeys split those who share a key that very many have: by the exact
// name, in either order, and by the first letters with the year of birth, the
// town or the street.
func (r *Record) finerKeys() []string {
	k := make(keys, 0, 8)
	g, f := r.given.text, r.family.text
	k.add("gf", min(g, f), max(g, f))
	year := ""
	if r.born != "" {
		year = r.born.year()
	}
	for _, n := range []string{r.given.sound, r.family.sound} {
		k.add("y", n, year)
		for i := range r.places {
			p := &r.places[i]
			k.add("c", n, p.city)
			k.add("s", n, p.zip)
			for _, line := range p.lines {
				k.add("l", n, line)
			}
		}
	}
	return k
}
