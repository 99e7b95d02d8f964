package bench

import (
	"testing"

	"github.com/foyer-crm/foyer/internal/crm"
)

// TestEveryoneIsSomebodyElse: people share no e-mail address and no phone
// number, and all of them can be matched by.
func TestEveryoneIsSomebodyElse(t *testing.T) {
	p := newPopulation()
	emails, phones := map[string]int{}, map[string]int{}
	for i := range 50000 {
		who := p.at(i * 37) // up to nearly two million
		if other, taken := emails[who.email]; taken {
			t.Fatalf("%d and %d share %s", other, i, who.email)
		}
		if other, taken := phones[who.phone]; taken {
			t.Fatalf("%d and %d share %s", other, i, who.phone)
		}
		emails[who.email], phones[who.phone] = i, i
		if _, ok := crm.NewEmail(who.email, ""); !ok {
			t.Fatalf("%q is no e-mail address", who.email)
		}
		if crm.NewPhone(who.phone, "").E164 != "+1"+who.phone {
			t.Fatalf("%q is no phone number", who.phone)
		}
	}
}

// TestTheSamePeopleEveryTime: a number always means the same person.
func TestTheSamePeopleEveryTime(t *testing.T) {
	if a, b := newPopulation().at(4711), newPopulation().at(4711); a != b {
		t.Errorf("%v and %v", a, b)
	}
}

// TestNamesAreSpread: a few names are common, most are rare, and there are
// enough with the commonest one to page through at a million.
func TestNamesAreSpread(t *testing.T) {
	p := newPopulation()
	firsts, lasts, same := map[string]int{}, map[string]int{}, 0
	first, last := p.commonest()
	const n = 100000
	for i := range n {
		who := p.at(i)
		firsts[who.first]++
		lasts[who.last]++
		if who.first == first && who.last == last {
			same++
		}
	}
	if len(firsts) < firstNames*9/10 || len(lasts) < lastNames*9/10 {
		t.Errorf("%d first names, %d last names", len(firsts), len(lasts))
	}
	if wanted := pages * pageSize * n / 1000000; same < wanted {
		t.Errorf("%d have the commonest name, want %d or more", same, wanted)
	}
}
