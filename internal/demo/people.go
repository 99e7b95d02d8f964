// Package demo makes an invented agency: the month behind it, and some two hundred people
// who come in by all four doors, a fifth of them more than once.
package demo

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// Person is somebody invented. Numbers are of the range kept for fiction,
// addresses of the domain kept for examples.
type Person struct {
	First, Last, Email, Phone string
	Street, City, State, ZIP  string
	Budget                    int // US dollars
	Beds                      int
	Interest                  string
}

var (
	firsts  = strings.Fields("Ana Ben Carla Dmitri Elena Farid Grace Hiro Ines Jamal Karin Luis Mei Nadia Omar Priya Quinn Rosa Sven Tara Umar Vera Wes Ximena Yara Zoë Adam Bianca Caleb Dana Ethan Fiona Gabriel Hana Igor Julia Kofi Lena Marco Noor Otto Paula Rafael Sofia Theo Uma Viktor Wendy Yusuf Zara")
	lasts   = strings.Fields("Ruiz Bennett Okafor Petrov Santos Haddad Kim Tanaka Moreno Carter Lindqvist Herrera Chen Rahman Farouk Nair Doyle Romero Larsen Singh Malik Novak Walsh Delgado Aziz O’Brien Fischer Rossi Brooks Whitfield Park Nguyen Costa Sato Volkov Meyer Mensah Weber Bianchi Khan Becker Silva Ortiz Ivanova Papas Patel Kovács Hughes Demir Cole")
	streets = strings.Fields("Maple Oak Cedar Juniper Camelback Mesa Saguaro Palm Willow Ocotillo Canyon Desert Sunset Mission Roosevelt")
	towns   = []struct{ city, state, zip string }{
		{"Phoenix", "AZ", "85004"}, {"Scottsdale", "AZ", "85251"}, {"Tempe", "AZ", "85281"}, {"Mesa", "AZ", "85201"}, {"Chandler", "AZ", "85224"},
		{"Tucson", "AZ", "85701"}, {"San Diego", "CA", "92101"}, {"Denver", "CO", "80202"}, {"Austin", "TX", "78701"}, {"Las Vegas", "NV", "89101"},
	}
)

// People invents n people, the same ones for the same n.
func People(n int) []Person {
	r := rand.New(rand.NewPCG(2026, uint64(n))) // #nosec G404 -- the demo is the same every time on purpose
	out := make([]Person, n)
	for i := range out {
		town := towns[r.IntN(len(towns))]
		p := Person{
			First: firsts[(i*7+i/len(firsts))%len(firsts)], Last: lasts[(i*11+i/len(lasts)*3)%len(lasts)],
			Phone:  fmt.Sprintf("602555%04d", 100+i),
			Street: fmt.Sprintf("%d %s St", 100+r.IntN(9800), streets[r.IntN(len(streets))]),
			City:   town.city, State: town.state, ZIP: town.zip,
			Budget: 250000 + 25000*r.IntN(40), Beds: 2 + r.IntN(4), Interest: []string{"buyer", "seller", "tenant", "landlord"}[r.IntN(4)],
		}
		p.Email = fmt.Sprintf("%s.%s%d@example.com", ascii(p.First), ascii(p.Last), i)
		out[i] = p
	}
	return out
}

// ascii makes a name fit for an e-mail address.
func ascii(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == 'ë':
			return 'e'
		case r == 'á':
			return 'a'
		case r < 128:
			return r
		}
		return -1
	}, strings.ToLower(s))
}
