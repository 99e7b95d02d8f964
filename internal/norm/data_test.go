package norm

import (
	"encoding/json"
	"encoding/xml"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/nyaruka/phonenumbers"
)

// read returns a file of the public test data, or skips where that is absent.
func read(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "data", name))
	if os.IsNotExist(err) {
		t.Skipf("the public test data is not here: %s", name)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestEmailAgainstIsemail holds Email against the isemail vectors: what they
// call valid is accepted, what they call an error is refused.
func TestEmailAgainstIsemail(t *testing.T) {
	var file struct {
		Tests []struct {
			ID        string `xml:"id,attr"`
			Address   string `xml:"address"`
			Category  string `xml:"category"`
			Diagnosis string `xml:"diagnosis"`
		} `xml:"test"`
	}
	if err := xml.Unmarshal(read(t, "email/isemail_tests.xml"), &file); err != nil {
		t.Fatal(err)
	}
	// The vectors write control characters as their pictures.
	controls := func(r rune) rune {
		if 0x2400 <= r && r < 0x2420 {
			return r - 0x2400
		}
		return r
	}
	seen := map[string][2]int{} // category: refused, accepted
	for _, c := range file.Tests {
		in := strings.Map(controls, c.Address)
		key, valid := Email(in)
		count := seen[c.Category]
		if valid {
			count[1]++
		} else {
			count[0]++
		}
		seen[c.Category] = count
		switch c.Category {
		case "ISEMAIL_VALID_CATEGORY", "ISEMAIL_DNSWARN":
			if !valid {
				t.Errorf("%s: %q is refused, and is %s", c.ID, in, c.Diagnosis)
			}
		case "ISEMAIL_RFC5321": // quoted strings, numeric and single-label domains; literals we refuse
			if want := !strings.Contains(in, "["); valid != want {
				t.Errorf("%s: Email(%q) valid = %v, want %v (%s)", c.ID, in, valid, want, c.Diagnosis)
			}
		case "ISEMAIL_ERR":
			// White space around the address, line breaks too, is taken off.
			if valid && in == strings.TrimSpace(in) && c.Diagnosis != "ISEMAIL_ERR_EXPECTING_QPAIR" {
				t.Errorf("%s: %q is accepted, and is %s", c.ID, in, c.Diagnosis)
			}
		}
		if strings.ContainsAny(key, "\r\n\x00") {
			t.Errorf("%s: Email(%q) = %q", c.ID, in, key)
		}
	}
	t.Logf("refused, accepted by category: %v", seen)
	if len(file.Tests) < 160 {
		t.Errorf("%d vectors, want 164", len(file.Tests))
	}
}

func TestPhoneAgainstExampleNumbers(t *testing.T) {
	var file struct {
		Territories []struct {
			ID       string   `xml:"id,attr"`
			Code     string   `xml:"countryCode,attr"`
			Fixed    []string `xml:"fixedLine>exampleNumber"`
			Mobile   []string `xml:"mobile>exampleNumber"`
			TollFree []string `xml:"tollFree>exampleNumber"`
			Premium  []string `xml:"premiumRate>exampleNumber"`
		} `xml:"territories>territory"`
	}
	if err := xml.Unmarshal(read(t, "phone/PhoneNumberMetadataForTesting.xml"), &file); err != nil {
		t.Fatal(err)
	}
	examples := 0
	for _, c := range file.Territories {
		for _, list := range [][]string{c.Fixed, c.Mobile, c.TollFree, c.Premium} {
			for _, national := range list {
				examples++
				in := "+" + c.Code + national
				checkPhone(t, in, c.ID)
				// That file describes a world of its own; where the real one allows
				// the number, both must read it alike.
				n, err := phonenumbers.Parse(in, c.ID)
				if err != nil || phonenumbers.IsPossibleNumberWithReason(n) != phonenumbers.IS_POSSIBLE {
					continue
				}
				if want := phonenumbers.Format(n, phonenumbers.E164); ParsePhone(in, c.ID).E164 != want {
					t.Errorf("ParsePhone(%q, %q) = %+v, want %s", in, c.ID, ParsePhone(in, c.ID), want)
				}
			}
		}
	}
	if examples < 50 {
		t.Errorf("%d example numbers found", examples)
	}
}

func TestTextAgainstNaughtyStrings(t *testing.T) {
	var list []string
	if err := json.Unmarshal(read(t, "names/blns.json"), &list); err != nil {
		t.Fatal(err)
	}
	for _, s := range list {
		checkText(t, s)
	}
}

func TestTextAgainstNamesOfTheWorld(t *testing.T) {
	var locales map[string]struct {
		SampleName map[string]map[string]string `json:"sampleName"`
	}
	if err := json.Unmarshal(read(t, "names/cldr_person_sample_names.json"), &locales); err != nil {
		t.Fatal(err)
	}
	for locale, l := range locales {
		for kind, parts := range l.SampleName {
			for part, s := range parts {
				checkText(t, s)
				if len(Words(s)) == 0 && s != "" {
					t.Errorf("%s %s %s: %q has no words to search by", locale, kind, part, s)
				}
			}
		}
	}
}

// checkText holds all that reads free text against what is true of any text.
func checkText(t failer, s string) {
	t.Helper()
	words := Words(s)
	if len(words) > maxWords {
		t.Errorf("Words(%.60q) are %d", s, len(words))
	}
	for _, w := range words {
		if w == "" || len(w) > maxWord || !utf8.ValidString(w) || strings.ContainsAny(w, " @.-'’") {
			t.Errorf("Words(%.60q) has %q", s, w)
		}
	}
	if again := Words(strings.Join(words, " ")); !cmp.Equal(words, again) {
		t.Errorf("Words(%.60q) = %q, but Words of these = %q", s, words, again)
	}
	folded := Fold(s)
	if again := Fold(folded); again != folded {
		t.Errorf("Fold(%q) = %q, but Fold of that = %q", s, folded, again)
	}
	address := Address(s)
	if again := Address(address); again != address {
		t.Errorf("Address(%q) = %q, but Address of that = %q", s, address, again)
	}
	first, last := SplitName(s)
	if f, l := SplitName(first + " " + last); f != first || l != last {
		t.Errorf("SplitName(%q) = %q, %q, but of these = %q, %q", s, first, last, f, l)
	}
	out, cut := Cut(s, 5)
	if n := utf8.RuneCountInString(out); n > 5 || cut != (out != s) || !strings.HasPrefix(s, out) || cut && n != 5 {
		t.Errorf("Cut(%q, 5) = %q, %v", s, out, cut)
	}
	if utf8.ValidString(s) {
		for _, out := range []string{folded, address, first, last, out} {
			if !utf8.ValidString(out) {
				t.Errorf("%q became %q", s, out)
			}
		}
	}
	checkPhone(t, s, "")
	if key, valid := Email(s); valid != (key != "") {
		t.Errorf("Email(%q) = %q, %v", s, key, valid)
	}
	if iso, _, ok := Date(s, DayFirst); ok != (len(iso) == 10) {
		t.Errorf("Date(%q) = %q, %v", s, iso, ok)
	}
	if at, ok := Time(s); !ok && !at.IsZero() {
		t.Errorf("Time(%q) = %v, %v", s, at, ok)
	}
	if _, ok := Amount(s); ok && !strings.ContainsAny(s, "0123456789") {
		t.Errorf("Amount(%q) reads a number without digits", s)
	}
	if _, ok := Bool(s); ok && len(strings.TrimSpace(s)) > len("false") {
		t.Errorf("Bool(%q) reads a word that is none of its own", s)
	}
}
