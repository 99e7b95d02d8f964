package bench

import (
	"fmt"
	"math/rand/v2"
	"sort"
	"strconv"
	"strings"

	"github.com/foyer-crm/foyer/internal/crm"
)

// person is somebody invented, the same one for the same number. No two share
// an e-mail address or a phone number.
type person struct {
	number                    int
	first, last, email, phone string // phone is ten digits
	street, city, state, zip  string
	budget                    int // US dollars
}

// population invents people whose names are spread as names are: a few are
// common, most are rare.
type population struct {
	firsts, lasts names
}

// The size of the population's vocabulary.
const (
	firstNames = 2000
	lastNames  = 5000
	mailHosts  = 1000
)

// The parts that names are made of. Two syllables make a first name, three a
// last name.
var (
	heads = strings.Fields("Al Ber Car Dan El Fer Gal Hel In Jo Kar Lor Mar Nor Ol Par Quin Ros Ste Tam Ur Val Wil Xan Yas Zel An Bri Chris Dor Em Fran Gwen Hor Is Jul Ken Lin Mel Nat Os Pen Ray Sam Thal")
	tails = strings.Fields("a an ana ander as e ela ella en ena er era eth ia ian ica ie ika in ina ine io ira is ita ius le lia lin lo ma na nar nia o on ora ra ric ta than ton us vin wen ard bel dy eth fer gard ha is ley mund nell os")
	ends  = strings.Fields("son ez ski berg er")
	towns = []struct{ city, state, zip string }{
		{"Phoenix", "AZ", "85004"}, {"Scottsdale", "AZ", "85251"}, {"Tempe", "AZ", "85281"}, {"Mesa", "AZ", "85201"}, {"Chandler", "AZ", "85224"}, {"Tucson", "AZ", "85701"},
		{"San Diego", "CA", "92101"}, {"Sacramento", "CA", "95814"}, {"Fresno", "CA", "93721"}, {"Oakland", "CA", "94607"}, {"Irvine", "CA", "92614"}, {"Pasadena", "CA", "91101"},
		{"Denver", "CO", "80202"}, {"Boulder", "CO", "80302"}, {"Austin", "TX", "78701"}, {"Houston", "TX", "77002"}, {"Dallas", "TX", "75201"}, {"El Paso", "TX", "79901"},
		{"Las Vegas", "NV", "89101"}, {"Reno", "NV", "89501"}, {"Portland", "OR", "97204"}, {"Seattle", "WA", "98101"}, {"Boise", "ID", "83702"}, {"Santa Fe", "NM", "87501"},
		{"Miami", "FL", "33130"}, {"Tampa", "FL", "33602"}, {"Atlanta", "GA", "30303"}, {"Raleigh", "NC", "27601"}, {"Chicago", "IL", "60602"}, {"Columbus", "OH", "43215"},
	}
	streets   = strings.Fields("Maple Oak Cedar Juniper Camelback Mesa Saguaro Palm Willow Ocotillo Canyon Desert Sunset Mission Roosevelt")
	areaCodes = strings.Fields("602 480 623 520 928 619 916 559 510 949 626 303 720 512 713 214 915 702 775 503 206 208 505 305 813 404 919 312 614 407")
)

func newPopulation() *population {
	r := rand.New(rand.NewPCG(2026, 0)) // #nosec G404 -- the same people every time on purpose
	return &population{firsts: spread(invent(r, firstNames, heads, tails)), lasts: spread(invent(r, lastNames, heads, tails, ends))}
}

// invent makes n different names of one of each kind of part.
func invent(r *rand.Rand, n int, parts ...[]string) []string {
	var list []string
	for seen := map[string]bool{}; len(list) < n; {
		name := ""
		for _, p := range parts {
			name += p[r.IntN(len(p))]
		}
		if !seen[name] {
			seen[name] = true
			list = append(list, name)
		}
	}
	return list
}

// names are names with the sum of the shares up to each.
type names struct {
	list []string
	sums []float64
}

// spread gives the names their shares: that of the k-th is as 1/(k+2), so that
// of a million people some 2,300 have both the commonest first and the
// commonest last name. That is more than in life, and so harder to search.
func spread(list []string) names {
	n := names{list: list, sums: make([]float64, len(list))}
	sum := 0.0
	for k := range list {
		sum += 1 / float64(k+3)
		n.sums[k] = sum
	}
	return n
}

func (n *names) draw(r *rand.Rand) string {
	at := r.Float64() * n.sums[len(n.sums)-1]
	return n.list[min(sort.SearchFloat64s(n.sums, at), len(n.list)-1)]
}

// at gives the person of a number.
func (p *population) at(i int) person {
	r := rand.New(rand.NewPCG(2026, uint64(i))) // #nosec G404 -- the same people every time on purpose
	town := towns[r.IntN(len(towns))]
	out := person{
		number: i, first: p.firsts.draw(r), last: p.lasts.draw(r),
		street: fmt.Sprintf("%d %s St", 100+r.IntN(9800), streets[r.IntN(len(streets))]),
		city:   town.city, state: town.state, zip: town.zip, budget: 150000 + 5000*r.IntN(200),
	}
	// Whoever shares a name has another number or another host: as in life, some
	// hundreds of words begin with a common name.
	year := ""
	if i >= mailHosts {
		year = strconv.Itoa(i / mailHosts)
	}
	out.email = fmt.Sprintf("%s.%s%s@mail%d.example", strings.ToLower(out.first), strings.ToLower(out.last), year, i%mailHosts)
	// A prime spreads the numbers, so that people who come one after the other
	// do not lie side by side in an index.
	const prime, local = 7999993, 5171717
	out.phone = fmt.Sprintf("%s%07d", areaCodes[i%len(areaCodes)], 2000000+i%prime*local%prime)
	return out
}

// commonest gives the name that most people have.
func (p *population) commonest() (first, last string) { return p.firsts.list[0], p.lasts.list[0] }

// input is what a file import says about a person.
func (p *person) input() crm.Input {
	in := crm.Input{Contact: crm.Contact{
		FirstName: p.first, LastName: p.last, Type: "lead", Stage: "New", Source: "Import", CompanyName: "",
		Address: crm.Address{Line1: p.street, City: p.city, State: p.state, PostalCode: p.zip},
		Tags:    []string{"imported", "open house"},
	}}
	if e, ok := crm.NewEmail(p.email, ""); ok {
		in.Emails = []crm.Email{e}
	}
	in.Phones = []crm.Phone{crm.NewPhone(p.phone, "")}
	return in
}
