package match

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

var someThousand Crowd

func full1(given, family, born, mail, phone, street, zip string) Person {
	p := Person{Given: given, Family: family, BirthDate: born}
	if mail != "" {
		p.Emails = []string{mail}
	}
	if phone != "" {
		p.Phones = []string{phone}
	}
	if street+zip != "" {
		p.Addresses = []Address{{Lines: []string{street}, PostalCode: zip}}
	}
	return p
}

func TestOnePersonIsFoundBehindWhatPeopleMistype(t *testing.T) {
	robert := full1("Robert", "Kowalczyk", "1971-06-24", "rob.kowalczyk@mail.example", "602-555-0147", "12 Tulip Street", "85004")
	for name, tt := range map[string]struct {
		other  Person
		reason string // one of them
	}{
		"nickname":             {full1("Bob", "Kowalczyk", "1971-06-24", "", "", "12 Tulip St", "85004"), "Bob/Robert"},
		"swapped names":        {full1("Kowalczyk", "Robert", "1971-06-24", "", "", "", ""), "names swapped"},
		"typing error":         {full1("Robert", "Kowalzcyk", "1971-06-24", "", "", "", ""), "Kowalczyk/Kowalzcyk"},
		"birthday swapped":     {full1("Robert", "Kowalczyk", "1971-24-06", "", "", "", "85004"), "birthday with day and month swapped"},
		"one digit":            {full1("Robert", "Kowalczyk", "1971-06-27", "", "", "", "85004"), "birthday but for one digit"},
		"initial":              {full1("R.", "Kowalczyk", "1971-06-24", "", "602 555 0147", "", ""), "same phone"},
		"same mail, no name":   {full1("Robert", "", "1971-06-24", "rob.kowalczyk@mail.example", "", "", ""), "same e-mail"},
		"one text":             {Person{Full: "Kowalczyk, Robert", BirthDate: "June 24, 1971"}, "same birthday"},
		"new family name":      {full1("Robert", "Miller", "1971-06-24", "rob.kowalczyk@mail.example", "", "12 Tulip Street", "85004"), "same birthday"},
		"same street, no date": {full1("Robert", "Kowalczyk", "", "", "", "12 Tulip Street", "85004"), "same address"},
		"phone digit":          {full1("Robert", "Kowalczyk", "", "", "602-555-0174", "", "85004"), "phone with two digits swapped"},
	} {
		t.Run(name, func(t *testing.T) {
			v := Compare(&robert, &tt.other, someThousand)
			if v.Score < Bar {
				t.Errorf("the score is %.3f (%s)", v.Score, v.Reason())
			}
			if !slices.Contains(v.Reasons, tt.reason) {
				t.Errorf("the reasons are %q, without %q", v.Reasons, tt.reason)
			}
			if !meetSomewhere(&robert, &tt.other) {
				t.Errorf("they share no key: %q and %q", Keys(&robert), Keys(&tt.other))
			}
		})
	}
}

func TestTwoPeopleStayTwo(t *testing.T) {
	anna := full1("Anna", "Meyer", "1980-03-04", "meyer@home.example", "602-555-0147", "12 Tulip Street", "85004")
	for name, other := range map[string]Person{
		"husband":             full1("Peter", "Meyer", "1979-11-30", "meyer@home.example", "602-555-0147", "12 Tulip Street", "85004"),
		"husband, no date":    full1("Peter", "Meyer", "", "meyer@home.example", "602-555-0147", "12 Tulip Street", "85004"),
		"twin":                full1("Clara", "Meyer", "1980-03-04", "meyer@home.example", "602-555-0147", "12 Tulip Street", "85004"),
		"twin, alike names":   full1("Andrea", "Meyer", "1980-03-04", "meyer@home.example", "602-555-0147", "12 Tulip Street", "85004"),
		"family name only":    full1("", "Meyer", "", "meyer@home.example", "602-555-0147", "12 Tulip Street", "85004"),
		"phone only":          full1("", "", "", "", "602-555-0147", "", ""),
		"mailbox only":        full1("", "", "", "meyer@home.example", "", "", ""),
		"name only":           full1("Anna", "Meyer", "1951-09-12", "", "", "", ""),
		"colleague, namesake": full1("Anna", "Okafor", "", "meyer@home.example", "602-555-0147", "12 Tulip Street", "85004"),
	} {
		t.Run(name, func(t *testing.T) {
			if v := Compare(&anna, &other, someThousand); v.Score >= Bar {
				t.Errorf("the score is %.3f (%s)", v.Score, v.Reason())
			}
		})
	}
}

func TestTheMorePeopleThereAreTheMoreAgreeByChance(t *testing.T) {
	a := full1("Grace", "Okonjo", "", "", "", "", "85004")
	b := full1("Grace", "Okonjo", "", "", "", "", "85004")
	few, many := Compare(&a, &b, Crowd{Size: 1000}), Compare(&a, &b, Crowd{Size: 100_000_000})
	if few.Score < Bar || many.Score >= Bar {
		t.Errorf("among a thousand the score is %.3f, among a hundred million %.3f", few.Score, many.Score)
	}
}

func TestComparingIsTheSameBothWays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := anybody(t), anybody(t)
		x, y := Compare(&a, &b, someThousand), Compare(&b, &a, someThousand)
		if x.Score != y.Score || !slices.Equal(x.Reasons, y.Reasons) {
			t.Fatalf("%+v one way, %+v the other", x, y)
		}
		if x.Score < 0 || x.Score > 1 {
			t.Fatalf("the score is %v", x.Score)
		}
		if p := unpack(pack(&a)); Compare(&p, &b, someThousand).Score != x.Score {
			t.Fatalf("%+v came out of the book as %+v", a, p)
		}
	})
}

// anybody makes people of few values, so that they agree now and then, and of
// any text.
func anybody(t *rapid.T) Person {
	text := func(label string, some ...string) string {
		return strings.NewReplacer("\x1d", "", "\x1e", "", "\x1f", "").Replace(rapid.OneOf(rapid.SampledFrom(append(some, "")), rapid.String()).Draw(t, label))
	}
	p := Person{
		Given: text("given", "Bob", "Robert", "Rob", "Anna", "Ann Mary", "J."), Family: text("family", "Smith", "Smyth", "Robert", "Garcia Lopez"),
		Full: text("full", "Bob Smith"), BirthDate: text("born", "1971-06-24", "1971-06-25", "1971-24-06"),
	}
	if m := text("mail", "bob@x.example", "info@x.example", "bbo@x.example"); m != "" {
		p.Emails = append(p.Emails, m)
	}
	if n := text("phone", "6025550147", "6025550148"); n != "" {
		p.Phones = append(p.Phones, n)
	}
	if rapid.Bool().Draw(t, "address") {
		p.Addresses = append(p.Addresses, Address{Number: text("number", "12"), Lines: []string{text("street", "12 Main St", "Main Street")}, City: text("city", "Phoenix"), PostalCode: text("zip", "85004", "85040")})
	}
	return p
}

// meetSomewhere reports whether two people share a key.
func meetSomewhere(a, b *Person) bool {
	keys := Keys(b)
	return slices.ContainsFunc(Keys(a), func(k string) bool { return slices.Contains(keys, k) })
}

func BenchmarkCompare(b *testing.B) {
	p := full1("Robert", "Kowalczyk", "1971-06-24", "rob.kowalczyk@mail.example", "602-555-0147", "12 Tulip Street", "85004")
	q := full1("Bob", "Kowalzcyk", "1971-06-25", "bob.kowalczyk@mail.example", "602-555-0174", "12 Tulip St", "85004")
	b.Run("two people", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			Compare(&p, &q, someThousand)
		}
	})
	x, y := Read(&p), Read(&q)
	b.Run("two records", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			x.Compare(y, someThousand)
		}
	})
	b.Run("keys", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			Keys(&p)
		}
	})
}
