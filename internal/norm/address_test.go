package norm

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestAddressSpellingsThatMeanOnePlace(t *testing.T) {
	for want, spellings := range map[string][][]string{
		"": {{}, {""}, {" ", ",", ""}, {"USA"}, {"United States of America"}},
		"12 n main st apt 5 san francisco ca 94105": {
			{"12 N Main St Apt 5", "San Francisco", "CA", "94105"},
			{"12 North Main Street, Apartment 5", "San Francisco", "California", "94105-1234"},
			{"12 n. main st., #5, San Francisco, CA 94105, USA"},
			{"12 NORTH MAIN STREET APT #5 SAN FRANCISCO CA 94105 UNITED STATES"},
			{"12 North Main Str Unit 5", "", "San Francisco", "california", "94105", "U.S.A."},
			{"12 N Main St Apt 5 San Francisco CA", "US", "94105"},
		},
		"1 nw 5th ave portland or 97209": {
			{"1 NW 5th Ave", "Portland", "OR", "97209"},
			{"1 North West Fifth Avenue, Portland, Oregon, 97209"},
			{"1 N.W. 5th Av", "Portland", "Oregon", "97209", "United States"},
		},
		"pobox 7 albany ny 12207": {
			{"P.O. Box 7", "Albany", "NY", "12207"},
			{"PO Box 7, Albany, New York 12207"},
			{"P O BOX 7", "ALBANY", "New York", "12207"},
		},
		"900 us hwy 1 ste 2": {{"900 US Highway 1, Suite 2"}, {"900 U.S. Hwy 1", "Ste #2"}},
		"12 obrien ln":       {{"12 O'Brien Lane"}, {"12 O’Brien Ln."}},
		"1 main st new york ny 10001": {
			{"1 Main St", "New York", "NY", "10001"},
			{"1 Main Street", "New York", "New York", "10001"},
		},
		"1 main st charleston wv 25301": {{"1 Main St", "Charleston", "West Virginia", "25301"}},
		"1 main st washington dc 20001": {
			{"1 Main St", "Washington", "DC", "20001"},
			{"1 Main St, Washington, District of Columbia 20001"},
		},
		"calle 5 san jose": {{"Calle 5, San José"}},
	} {
		for _, parts := range spellings {
			if got := Address(parts...); got != want {
				t.Errorf("Address(%q) = %q, want %q", parts, got, want)
			}
		}
	}
}

func TestAddressesThatDifferStayApart(t *testing.T) {
	seen := map[string]string{}
	for _, a := range []string{
		"12 Main St", "12 Main Ave", "21 Main St", "12 N Main St", "12 S Main St", "12 Main St Apt 5", "12 Main St Apt 6",
		"12 Main St, Springfield, IL", "12 Main St, Springfield, MA", "12 Main St 94105", "12 Main St 94106", "PO Box 12", "Box 12",
	} {
		key := Address(a)
		if other, taken := seen[key]; taken {
			t.Errorf("Address(%q) = Address(%q) = %q", a, other, key)
		}
		seen[key] = a
	}
}

func TestAbbreviationsAreFinal(t *testing.T) {
	for long, short := range abbreviations {
		if again, ok := abbreviations[short]; ok && again != short {
			t.Errorf("%s is %s is %s", long, short, again)
		}
	}
	for name := range stateNames {
		for _, w := range strings.Fields(name) {
			if short, ok := abbreviations[w]; ok && short != w {
				t.Errorf("state %q can never be found: %s becomes %s first", name, w, short)
			}
		}
	}
}

func FuzzAddress(f *testing.F) {
	for _, s := range []string{"12 North Main Street, Apartment 5, San Francisco, California 94105-1234, USA", "u s a us of america", "n w e s", "# # 12345 6789 us us", "west virginia virginia 12345", "\xe8\xf1Ǆ"} {
		f.Add(s, "")
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		key := Address(a, b)
		if again := Address(key); again != key {
			t.Errorf("Address(%q, %q) = %q, but Address of that = %q", a, b, key, again)
		}
		if len(key) > maxWords*(maxWord+1)+maxWords*4 || !utf8.ValidString(key) {
			t.Errorf("Address(%.60q, %.60q) is %d bytes: %.60q", a, b, len(key), key)
		}
	})
}

func BenchmarkAddress(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		Address("12 North Main Street, Apartment 5", "San Francisco", "CA", "94105")
	}
}
