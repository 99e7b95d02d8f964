package norm

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestWords(t *testing.T) {
	for in, want := range map[string]string{
		"":                                  "",
		" ,.-!":                             "",
		"Anna Example":                      "anna example",
		"Zoë O’Brien-李":                     "zoe obrien 李",
		"O'Brien o`brien O‘Brien Oʻahu":     "obrien obrien obrien oahu",
		"Anna.Example+tag@Mail.Example.com": "anna example tag mail example com",
		"(202) 555-0166":                    "202 555 0166",
		"snake_case":                        "snake case",
		"ÀÉÎÕÜ ÇŁØß Æneas":                  "aeiou closs aeneas",
		"Zoe\u0308 Zoë":                     "zoe zoe",
		"ŁUKASZ Þór Đorđe Işık":             "lukasz thor dorde isik",
		"Ελένη ΟΔΥΣΣΕΥΣ Οδυσσεύς":           "ελενη οδυσσευσ οδυσσευσ",
		"Ёлкин Йорик":                       "елкин иорик",
		"उपयोगकर्ता":                        "उपयोगकर्ता",
		"สมชาย":                             "สมชาย",
		"が か\u3099":                         "が が",
		"ﬁne Ｆｕｌｌ ①②":                       "fine full 12",
		"soft\u00adhyphen zero\u200bwidth":  "softhyphen zerowidth",
		"🏠 home 🏠sweet":                     "home sweet",
		"\u0301 a":                          "a",
		"bad\xffbyte":                       "bad byte",
		strings.Repeat("x", 100):            strings.Repeat("x", 64),
		strings.Repeat("李", 30):             strings.Repeat("李", 21),
		"a" + strings.Repeat(" b", 100):     "a" + strings.Repeat(" b", 63),
		"ä" + strings.Repeat(" b", 100):     "a" + strings.Repeat(" b", 63),
		strings.Repeat(" ", 70<<10) + "out": "",
	} {
		if got := Words(in); strings.Join(got, " ") != want {
			t.Errorf("Words(%.60q) = %q, want %q", in, got, want)
		}
	}
}

func TestWordsOfPlainTextAreTheSameOnBothRoads(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringMatching("[ -~]{0,100}").Draw(t, "text")
		if fast, slow := Words(s), unicodeWords(s); !cmp.Equal(fast, slow) {
			t.Fatalf("Words(%q) = %q by the short road, %q by the long one", s, fast, slow)
		}
	})
}

func TestTextRules(t *testing.T) {
	text := rapid.OneOf(rapid.String(), rapid.StringMatching(`[\pL\pM\pN'’ .-]{0,80}`), rapid.StringMatching(`[\p{Greek}\p{Mn}\p{Hangul}\p{Devanagari} ]{0,40}`))
	rapid.Check(t, func(t *rapid.T) { checkText(t, text.Draw(t, "text")) })
}

func TestCut(t *testing.T) {
	for _, c := range []struct {
		in, out string
		n       int
		cut     bool
	}{
		{"", "", 5, false},
		{"", "", 0, false},
		{"abc", "abc", 3, false},
		{"abc", "ab", 2, true},
		{"abc", "", 0, true},
		{"abc", "", -1, true},
		{"ééé", "ééé", 3, false},
		{"ééé", "éé", 2, true},
		{"李小龙", "李小", 2, true},
		{"🏠🏠", "🏠", 1, true},
		{"\xff\xff\xff", "\xff\xff", 2, true},
		{strings.Repeat("é", 256), strings.Repeat("é", 255), 255, true}, // intake.md L19
	} {
		if out, cut := Cut(c.in, c.n); out != c.out || cut != c.cut {
			t.Errorf("Cut(%q, %d) = %q, %v; want %q, %v", c.in, c.n, out, cut, c.out, c.cut)
		}
	}
}

func TestList(t *testing.T) {
	for _, c := range []struct {
		in   string
		semi bool
		want []string
	}{
		{"", false, nil},
		{" , ,", true, nil},
		{"Buyer, Hot ,,buyer", false, []string{"Buyer", "Hot", "buyer"}},
		{" a@x.co , , A@X.CO ", false, []string{"a@x.co", "A@X.CO"}},
		{"a@x.co;b@x.co", true, []string{"a@x.co", "b@x.co"}},
		{"a@x.co;b@x.co", false, []string{"a@x.co;b@x.co"}},
		{"a\n,\tb", false, []string{"a", "b"}},
	} {
		if got := List(c.in, c.semi); !cmp.Equal(got, c.want) {
			t.Errorf("List(%q, %v) = %q, want %q", c.in, c.semi, got, c.want)
		}
	}
}

func TestFold(t *testing.T) {
	for in, want := range map[string]string{
		"":                         "",
		"   ":                      "",
		"Buyer":                    "buyer",
		"  Hot \t\u00a0 Lead\n":    "hot lead",
		"hot lead":                 "hot lead",
		"ZOË":                      "zoë",
		"Zoe\u0308":                "zoë",
		"STRASSE":                  "strasse",
		"Straße":                   "straße",
		"ΟΔΥΣΣΕΥΣ":                 "οδυσσευσ",
		"Οδυσσευς":                 "οδυσσευσ",
		"\u212Aelvin ſ":            "kelvin s",
		"J\u030C":                  "ǰ",
		"Ёж":                       "ёж",
		"李 小龙":                     "李 小龙",
		"a\xffb":                   "a\ufffdb",
		strings.Repeat("A ", 3000): strings.TrimSpace(strings.Repeat("a ", 3000)),
	} {
		if got := Fold(in); got != want {
			t.Errorf("Fold(%.60q) = %.60q, want %.60q", in, got, want)
		}
	}
	for r := rune(0); r <= unicode.MaxRune; r++ { // all of Unicode
		once := foldCase(r)
		if foldCase(once) != once {
			t.Errorf("%U folds to %U, and that to %U", r, once, foldCase(once))
		}
	}
}

func TestSplitName(t *testing.T) { // intake.md §3.2: at the last space
	for in, want := range map[string][2]string{
		"":                       {"", ""},
		"  ":                     {"", ""},
		"Cher":                   {"Cher", ""},
		" Anna  Example ":        {"Anna", "Example"},
		"Anna Maria van Example": {"Anna Maria van", "Example"},
		"Zoë O’Brien 李":          {"Zoë O’Brien", "李"}, // R32
		"Anna\u00a0Example\n":    {"Anna", "Example"},
	} {
		if first, last := SplitName(in); first != want[0] || last != want[1] {
			t.Errorf("SplitName(%q) = %q, %q; want %q", in, first, last, want)
		}
	}
}

func TestAmount(t *testing.T) {
	for in, want := range map[string]int64{
		"1,234,567": 1234567, "10000": 10000, "10000.50": 10000, "1234567": 1234567, " 42 ": 42, "0": 0, "007": 7,
		"$1,200": 1200, "$ 1200.99": 1200, "-12.9": -12, "+5": 5, "-$5": -5, "1,000.00": 1000,
		"9223372036854775807": 1<<63 - 1, "-9223372036854775808": -1 << 63,
	} {
		if got, ok := Amount(in); !ok || got != want {
			t.Errorf("Amount(%q) = %d, %v; want %d", in, got, ok, want)
		}
	}
	for _, in := range []string{
		"", " ", "$", "$10k", "10k", "1e6", "1,23", "1,2345", ",123", "1,234,", "1.234,56", "1.", ".5", "10 000", "--5", "1-2",
		"NaN", "Inf", "0x10", "ten", "１２", "9223372036854775808", "$$5", strings.Repeat("1", 64<<10),
	} {
		if got, ok := Amount(in); ok || got != 0 && in != "9223372036854775808" {
			t.Errorf("Amount(%.40q) = %d, %v; want none", in, got, ok)
		}
	}
}

func TestBool(t *testing.T) {
	for words, want := range map[string][2]bool{
		"true t yes y 1 on TRUE Yes ON": {true, true},
		"false f no n 0 off FALSE No":   {false, true},
		"2 maybe nope yesno -1 x":       {false, false},
	} {
		for _, in := range strings.Fields(words) {
			if v, ok := Bool(" " + in + "\n"); v != want[0] || ok != want[1] {
				t.Errorf("Bool(%q) = %v, %v; want %v", in, v, ok, want)
			}
		}
	}
	if v, ok := Bool(""); v || ok {
		t.Errorf(`Bool("") = %v, %v`, v, ok)
	}
}

// TestHugeTextIsNoMoreThanLong feeds what could cost more than its length.
func TestHugeTextIsNoMoreThanLong(t *testing.T) {
	for _, unit := range []string{" ", "a", "1", "@", "a@", "a,", "'", "x1", "+", "\"", "\\\"", "é", "\u0301", "e\u0301", "\ufdfa", "가", "#", "\xff", "\x80", "n w ", "u s "} {
		checkText(t, strings.Repeat(unit, 64<<10/len(unit)))
	}
}

func FuzzWords(f *testing.F) {
	for _, s := range []string{"Zoë O’Brien-李", "か'\u3099", "ǅ İı ſ K", "\u0345", "각\u11a8", "a\u0301\u0323b", "ΐ ᾳ", "\xff\u0300", "\xf4ǅ"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		checkText(t, s)
		for _, w := range Words(s) {
			for _, r := range w {
				if !unicode.In(r, unicode.L, unicode.N, unicode.M) || r == utf8.RuneError {
					t.Errorf("Words(%q) has %q with %U", s, w, r)
				}
			}
		}
	})
}

func BenchmarkWords(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		Words("Anna Maria O'Brien-Example van der Berg.")
	}
}

func BenchmarkWordsUnicode(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		Words("Zoë María O’Brien-Gonçalves van der Berg")
	}
}

func BenchmarkFold(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		Fold("Hot Buyer, Spring")
	}
}
