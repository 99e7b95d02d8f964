package bench

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Files that others labelled, with the bars that suggestions have to reach.
func TestSuggestionsReachTheirBarsOnLabelledFiles(t *testing.T) {
	for _, tt := range []struct {
		file, truth, pattern string
		precision, recall    float64
	}{
		{"febrl-dataset1.csv", "rec_id", `rec-(\d+)-`, 0.98, 0.90},
		{"febrl-dataset2.csv", "rec_id", `rec-(\d+)-`, 0.98, 0.90},
		{"fake_1000.csv", "cluster", "", 0.98, 0.75},
	} {
		t.Run(tt.file, func(t *testing.T) {
			path := filepath.Join("..", "..", "..", "shared", "data", "dedupe", tt.file)
			r, err := Dedupe(t.Context(), path, DedupeOptions{Truth: tt.truth, Pattern: tt.pattern})
			if errors.Is(err, fs.ErrNotExist) {
				t.Skipf("skipped: the labelled file is not here (%v)", err)
			}
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("precision %.4f, recall %.4f of %d pairs", r.Precision, r.Recall, r.True)
			if r.Precision < tt.precision || r.Recall < tt.recall {
				t.Errorf("precision %.4f and recall %.4f, below %v and %v", r.Precision, r.Recall, tt.precision, tt.recall)
			}
		})
	}
}

// A labelled file of our own making, whose mistakes are those of people.
func TestSuggestionsReachTheirBarsOnAMadeFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "people.csv")
	if err := os.WriteFile(path, madePeople(t), 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := Dedupe(t.Context(), path, DedupeOptions{Truth: "who", Pattern: `^p(\d+)`})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("precision %.4f, recall %.4f of %d pairs", r.Precision, r.Recall, r.True)
	if r.Rows != 900 || r.True != 300 || r.Precision < 0.98 || r.Recall < 0.90 {
		t.Errorf("%+v", r)
	}
	if _, err := Dedupe(t.Context(), path, DedupeOptions{Truth: "nosuch"}); err == nil || !strings.Contains(err.Error(), "nosuch") {
		t.Errorf("a column that is not there: %v", err)
	}
	if _, err := Dedupe(t.Context(), path, DedupeOptions{Truth: "who", Pattern: "("}); err == nil {
		t.Error("a broken pattern is taken")
	}
}

// madePeople writes 600 people of 300 households, 300 of whom stand there twice
// with a mistake.
func madePeople(t *testing.T) []byte {
	t.Helper()
	random := rand.New(rand.NewPCG(1, 2)) // #nosec G404 -- the same people each time
	pick := func(list string) string { all := strings.Fields(list); return all[random.IntN(len(all))] }
	women := "Anna Maria Linda Grace Ruth Fatima Ingrid Helen Ngozi Giulia Elizabeth Susan Katherine Jennifer"
	men := "Peter Jose Minh Adam Sean Omar Lars Karl Emeka Marco Robert William Michael Thomas"
	families := "Smith Garcia Nguyen Kowalczyk Haddad Johansson Meyer Okafor Rossi Lindqvist Castellano Vandermeer Abernathy Thistlewood Brankovic"
	nick := map[string]string{"Elizabeth": "Liz", "Susan": "Sue", "Katherine": "Kate", "Jennifer": "Jenny", "Robert": "Bob", "William": "Bill", "Michael": "Mike", "Thomas": "Tom"}
	var out strings.Builder
	w := csv.NewWriter(&out)
	write := func(row ...string) {
		if err := w.Write(row); err != nil {
			t.Fatal(err)
		}
	}
	write("who", "first_name", "last_name", "birthday", "email", "phone", "street", "zip", "ssn")
	person := 0
	for house := range 300 {
		family, street, zip := pick(families), fmt.Sprintf("%d %s Street", 1+random.IntN(900), pick("Tulip Main Oak Elm Cedar")), fmt.Sprint(85000+random.IntN(90))
		phone := fmt.Sprintf("602555%04d", house)
		for n := range 2 {
			given := pick([]string{women, men}[n])
			day := fmt.Sprintf("%d-%02d-%02d", 1950+random.IntN(50), 1+random.IntN(12), 1+random.IntN(28))
			mail := strings.ToLower(given+"."+family) + fmt.Sprint(random.IntN(900)) + "@mail.example"
			write(fmt.Sprintf("p%d", person), given, family, day, mail, phone, street, zip, "0")
			if n == 0 {
				again := []string{fmt.Sprintf("p%d-again", person), given, family, day, mail, phone, street, zip, fmt.Sprint(person)}
				if nick[given] != "" {
					again[1] = nick[given]
				}
				switch random.IntN(5) {
				case 0:
					again[1], again[2] = again[2], again[1]
				case 1:
					again[2] = again[2][:2] + again[2][3:]
				case 2:
					again[3], again[4] = "", ""
				case 3:
					again[5], again[6] = "", ""
				case 4:
					again[3] = day[:8] + "0" + day[9:]
				}
				write(again...)
			}
			person++
		}
	}
	w.Flush()
	return []byte(out.String())
}
