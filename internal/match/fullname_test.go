package match

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"testing"
)

func TestFullNamesOfOnePerson(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		same bool
	}{
		{"Robert Miller", "Bob Miller", true},
		{"Miller, Robert", "Robert Miller", true},
		{"Dr. Rami Makhlouf", "Rami Makhlouf", true},
		{"SergeiLavrov", "Sergei Lavrov", true},
		{"J.-C. Juncker", "Jean-Claude Juncker", true},
		{"Иван Петров", "Ivan Petrov", true},
		{"Zoë Müller", "Zoe Muller", true},
		{"Robert Miller", "Anna Miller", false},
		{"Hans O Friedrich", "Hans Joachim Friedrich", false},
		{"Salman bin Muhammad", "Muhammad bin Salman", false},
		{"김종은", "김정은", false},
		{"Apple Inc.", "Apple Incorporated", true},
		{"Goldman Sachs & Co. L.L.C.", "Goldman Sachs and Co. LLC", true},
		{"Siemens AG", "Volkswagen AG", false},
		{"Deutsche Bank AG", "Deutsche Bank GmbH", false},
		{"", "", false},
	} {
		if got := Names(tt.a, tt.b) >= NamesBar; got != tt.same {
			t.Errorf("Names(%q, %q) = %.2f, which is %v", tt.a, tt.b, Names(tt.a, tt.b), got)
		}
		if Names(tt.a, tt.b) != Names(tt.b, tt.a) {
			t.Errorf("Names(%q, %q) is not the same both ways", tt.a, tt.b)
		}
	}
}

// Of name pairs that others labelled, nine in ten are judged right.
func TestNinetyOfAHundredNamePairsAreJudgedRight(t *testing.T) {
	path := filepath.Join("..", "..", "..", "shared", "data", "dedupe", "name_cases.csv")
	f, err := os.Open(path)
	if err != nil {
		t.Skipf("skipped: the labelled names are not here (%v)", err)
	}
	defer func() { _ = f.Close() }()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	right := 0
	for _, r := range rows[1:] {
		if (Names(r[2], r[3]) >= NamesBar) == (r[4] == "true") {
			right++
		}
	}
	all := len(rows) - 1
	t.Logf("%d of %d are judged right", right, all)
	if 100*right < 90*all {
		t.Errorf("%d of %d are judged right, fewer than 90 of 100", right, all)
	}
}

func FuzzNames(f *testing.F) {
	f.Add("J.-C. Juncker", "Jean-Claude Juncker")
	f.Add("ООО БАЙ", "Inc. Ltd.")
	f.Fuzz(func(t *testing.T, a, b string) {
		if s := Names(a, b); s < 0 || s > 1 {
			t.Errorf("Names(%q, %q) = %v", a, b, s)
		}
	})
}
