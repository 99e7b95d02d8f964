package match

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
)

// What a book finds is what comparing all with all finds of those who meet.
func TestABookFindsAllWhoMeet(t *testing.T) {
	people := crowdOf(150)
	for i := range 50 { // and some of them again, with a mistake
		p := people[i]
		p.Given, p.Family, p.Phones = p.Family, p.Given, nil
		people = append(people, p)
	}
	var b Book
	for i := range people {
		b.Add(&people[i])
	}
	found := map[[2]int]bool{}
	if err := b.Pairs(t.Context(), func(i, j int, v Verdict) { found[[2]int{i, j}] = true }); err != nil {
		t.Fatal(err)
	}
	for j := range people {
		for i := range j {
			want := meetSomewhere(&people[i], &people[j]) && Compare(&people[i], &people[j], b.Crowd()).Score >= Bar
			if want != found[[2]int{i, j}] {
				t.Errorf("%+v and %+v: found is %v", people[i], people[j], !want)
			}
		}
	}
	if len(found) < 50 {
		t.Errorf("only %d pairs are found", len(found))
	}
}

// Where very many share a key, those who share something more are still found.
func TestACrowdUnderOneKeyIsSplit(t *testing.T) {
	var b Book
	for i := range 3 * block {
		b.Add(&Person{Given: "Jean", Family: "Moreau", BirthDate: fmt.Sprintf("19%02d-%02d-%02d", 40+i%60, 1+i%12, 1+i%28), Addresses: []Address{{PostalCode: "85004"}}})
	}
	b.Add(&Person{Given: "Quentin", Family: "Moreau", BirthDate: "1971-06-24", Addresses: []Address{{PostalCode: "85004"}}})
	b.Add(&Person{Given: "Quentin", Family: "Moreau", BirthDate: "1971-06-29", Addresses: []Address{{PostalCode: "85004"}}})
	found := false
	if err := b.Pairs(t.Context(), func(i, j int, _ Verdict) { found = found || i == 3*block && j == 3*block+1 }); err != nil {
		t.Fatal(err)
	}
	if !found {
		t.Error("the two who share a rare name are not found")
	}
}

func TestASearchThroughABookCanBeEnded(t *testing.T) {
	var b Book
	people := crowdOf(50)
	for i := range people {
		b.Add(&people[i])
	}
	ctx, end := context.WithCancel(t.Context())
	end()
	if err := b.Pairs(ctx, func(int, int, Verdict) {}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// crowdOf invents people whose names are spread as names are: a few are common,
// most are rare.
func crowdOf(n int) []Person {
	r := rand.New(rand.NewPCG(1, 2)) // #nosec G404 -- the same people each time
	parts := []string{"ka", "lo", "mi", "ran", "del", "sto", "bur", "ger", "vin", "tal", "os", "ne", "hart", "wick", "son", "man", "ley", "ton", "ber", "fel", "gra", "mor"}
	families := make([]string, 40_000)
	for i := range families {
		for range 2 + r.IntN(3) {
			families[i] += parts[r.IntN(len(parts))]
		}
	}
	var given []string
	for g := range givenNames() {
		given = append(given, g)
	}
	slices.Sort(given)
	common, rare := rand.NewZipf(r, 1.15, 30, uint64(len(families)-1)), rand.NewZipf(r, 1.2, 20, uint64(len(given)-1))
	people := make([]Person, n)
	for i := range people {
		g, f := given[rare.Uint64()], families[common.Uint64()]
		people[i] = full1(g, f, "", fmt.Sprintf("%s.%s%d@%s", g, f, r.IntN(1000), []string{"gmail.example", "yahoo.example", "aol.example"}[r.IntN(3)]),
			fmt.Sprintf("%03d%07d", 201+r.IntN(700), r.IntN(10_000_000)), fmt.Sprintf("%d %s St", 1+r.IntN(9000), families[r.IntN(3000)]), fmt.Sprint(10000+r.IntN(20000)))
		if r.IntN(5) == 0 {
			people[i].BirthDate = fmt.Sprintf("%d-%02d-%02d", 1940+r.IntN(65), 1+r.IntN(12), 1+r.IntN(28))
		}
	}
	return people
}

// BenchmarkBook looks for duplicates among many people; FOYER_SCAN says how many.
func BenchmarkBook(b *testing.B) {
	n := 20_000
	if s := os.Getenv("FOYER_SCAN"); s != "" {
		if _, err := fmt.Sscan(s, &n); err != nil {
			b.Fatal(err)
		}
	}
	var book Book
	people := crowdOf(n)
	for i := range people {
		book.Add(&people[i])
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := book.Pairs(b.Context(), func(int, int, Verdict) {}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/float64(n), "µs/person")
}
