package norm

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestPlausibleFollowsBrokerkit(t *testing.T) { // intake.md §2.7, every example of it
	for _, c := range []struct{ in, e164, ext string }{
		{"2025550166", "+12025550166", ""},
		{"(202) 555-0166", "+12025550166", ""},
		{"202.555.0166", "+12025550166", ""},
		{"12025550166", "+12025550166", ""},
		{"+12025550166", "+12025550166", ""},
		{"202-555-0166 x123", "+12025550166", "123"},
		{"+442079460018", "+442079460018", ""},
		{"+380501234567", "+380501234567", ""},
		{"+11111111111", "+11111111111", ""}, // the vendor's own sample
		{"abc", "", ""},
		{"123", "", ""},
		{"5551234", "", ""},
		{"+1202555016", "", ""},
		{"+120255501666", "", ""},
		{"00000000000", "", ""},
		{"", "", ""},
	} {
		p := ParsePhone(c.in, "")
		if p.E164 != c.e164 || p.Ext != c.ext || p.Plausible() != (c.e164 != "") {
			t.Errorf("ParsePhone(%q) = %+v, plausible %v; want %q x %q", c.in, p, p.Plausible(), c.e164, c.ext)
		}
	}
}

func TestPhoneKeys(t *testing.T) { // intake.md §0 "Phone key"
	for _, c := range []struct{ in, region, key string }{
		{"4155550133", "", "4155550133"},
		{"+1 415-555-0133", "", "4155550133"}, // intake.md L13
		{"(415) 555-0133", "US", "4155550133"},
		{"(415) 555-0133", "CA", "4155550133"},
		{"(415) 555-0133", " pr ", "4155550133"},
		{"tel:+1-415-555-0133;ext=7", "", "4155550133"},
		{"cell 415 555 0133 (home)", "", "4155550133"},
		{"1 (415) 555-0133 ext. 12", "", "4155550133"},
		{"٤١٥٥٥٥٠١٣٣", "", "4155550133"},
		{"＋１ ４１５ ５５５ ０１３３", "", "4155550133"},
		{"+1 415 555 0133", "GB", "4155550133"},
		{"001 415 555 0133", "", "4155550133"},
		{"5555550100", "", "5555550100"}, // a made-up number, but somebody's own
		{"+442079460018", "", "+442079460018"},
		{"+44 (0) 20 7946 0018", "", "+442079460018"},
		{"011 44 20 7946 0018", "", "+442079460018"},
		{"0044 20 7946 0018", "", "+442079460018"},
		{"020 7946 0018", "GB", "+442079460018"},
		{"020 7946 0018", "gb", "+442079460018"},
		{"+380 50 123 45 67", "", "+380501234567"},
		{"06 12 34 56 78", "FR", "+33612345678"},
		{"+39 06 6982", "", "+39066982"},
		{"312345", "AD", "+376312345"}, // six digits are a whole number there
		{"+376 312345", "", "+376312345"},
		{"5551234", "", "5551234"},           // a local number matches itself
		{"442079460018", "", "442079460018"}, // no plus, no country: only itself
		{"555123", "", ""},
		{"", "", ""},
		{"none", "", ""},
		{"xxx-xxx-xxxx", "", ""},
		{"202-555-xxxx", "", ""},
		{"0000000000", "", ""},
		{"1111111111", "", ""},
		{"+11111111111", "", ""},
		{"999-999-9999", "", ""},
		{"1234567890", "", ""},
		{"(123) 456-7890", "", ""},
		{"0123456789", "", ""},
		{"9876543210", "", ""},
		{"1234567", "", ""},
		{"0000000", "", ""},
		{"00000000000", "", ""},
		{"+44 1111111111", "", ""},
		{"+1202555016", "", ""}, // 10 digits, yet not the number 120-255-5016
		{"+120255501666", "", ""},
		{"+999123456789", "", ""}, // no such country
		{"2025550166", "XX", ""},  // whose national number?
		{"2025550166, 2025550177", "", ""},
		{"1-800-FLOWERS", "", ""},
		{strings.Repeat("2025550166", 6554), "", ""},
	} {
		if p := ParsePhone(c.in, c.region); p.Key != c.key {
			t.Errorf("ParsePhone(%.40q, %q) has key %q, want %q", c.in, c.region, p.Key, c.key)
		}
	}
}

func TestPhoneKeepsWhatWasWritten(t *testing.T) {
	for _, c := range []struct {
		in   string
		want Phone
	}{
		{" (202) 555-0166 ", Phone{"(202) 555-0166", "+12025550166", "", "2025550166", 10}},
		{"12345", Phone{"12345", "", "", "", 5}},
		{"call me", Phone{"call me", "", "", "", 0}},
		{"1-202-555-0166x9", Phone{"1-202-555-0166x9", "+12025550166", "9", "2025550166", 11}},
	} {
		if got := ParsePhone(c.in, ""); got != c.want {
			t.Errorf("ParsePhone(%q) = %+v, want %+v", c.in, got, c.want)
		}
	}
}

func TestPhoneExtensions(t *testing.T) {
	for in, ext := range map[string]string{
		"202-555-0166 x123":              "123",
		"202-555-0166x123":               "123",
		"202-555-0166 X 007":             "007",
		"202-555-0166 ext 123":           "123",
		"202-555-0166 ext. 123":          "123",
		"202-555-0166, Ext: 123":         "123",
		"202-555-0166 (ext. 123)":        "123",
		"202-555-0166 extension 1234567": "1234567",
		"202-555-0166 extn.5":            "5",
		"202-555-0166 #42":               "42",
		"202-555-0166;42":                "42",
		"202-555-0166,,42":               "42",
		"+1-202-555-0166;ext=42":         "42",
		"202-555-0166 x123 after six":    "123",
		"202-555-0166 x12345678":         "", // eight digits are a number of their own
		"fax 2025550166":                 "",
		"fax 5550166":                    "",
		"x5550166":                       "",
		"202-555-0166 fax 5550177":       "",
		"202,555,0166":                   "",
		"202#555#0166":                   "",
		"":                               "",
		"x":                              "",
		"ext 12":                         "",
	} {
		p := ParsePhone(in, "")
		if p.Ext != ext {
			t.Errorf("ParsePhone(%q).Ext = %q, want %q", in, p.Ext, ext)
		}
		if ext != "" && p.Key != "2025550166" {
			t.Errorf("ParsePhone(%q).Key = %q: the extension got into the number", in, p.Key)
		}
	}
}

func TestPhoneOfItsE164KeepsItsKey(t *testing.T) {
	number := rapid.OneOf(rapid.StringMatching(`\+?[0-9]{6,16}`), rapid.StringMatching(`\(?[0-9]{3}\)?[ .-][0-9]{3}[ .-][0-9]{4}( ?x[0-9]{1,4})?`), rapid.String())
	region := rapid.SampledFrom([]string{"", "US", "CA", "GB", "DE", "MX", "IT", "BR", "AR", "AU", "JP", "XX"})
	rapid.Check(t, func(t *rapid.T) {
		checkPhone(t, number.Draw(t, "number"), region.Draw(t, "region"))
	})
}

type failer interface {
	Helper()
	Errorf(string, ...any)
}

// checkPhone holds a parsed number against what is true of every one.
func checkPhone(t failer, in, region string) {
	t.Helper()
	p := ParsePhone(in, region)
	if p.Raw != strings.TrimSpace(in) || len(p.Key) > 1+maxE164 || len(p.E164) > 1+maxDigits || len(p.Ext) > 7 {
		t.Errorf("ParsePhone(%q, %q) = %+v", in, region, p)
	}
	if strings.Trim(p.Key, "+0123456789") != "" || strings.Trim(p.Ext, "0123456789") != "" {
		t.Errorf("ParsePhone(%q, %q) = %+v: not digits", in, region, p)
	}
	if p.E164 == "" {
		return
	}
	for _, r := range []string{region, "", "GB"} {
		if again := ParsePhone(p.E164, r); again.Key != p.Key || again.E164 != p.E164 || again.Ext != "" {
			t.Errorf("ParsePhone(%q, %q) = %+v, but its E.164 in %q gives %+v", in, region, p, r, again)
		}
	}
}

func FuzzPhone(f *testing.F) {
	for _, s := range []string{"(202) 555-0166 x123", "+44 (0) 20 7946 0018", "0000000000", "011 52 1 55 1234 5678", "٤١٥٥٥٥٠١٣٣", "+", "ext", "x1"} {
		f.Add(s, "US")
		f.Add(s, "MX")
	}
	f.Fuzz(func(t *testing.T, s, region string) {
		checkPhone(t, s, region)
		if p := ParsePhone(s, region); utf8.ValidString(s) && !utf8.ValidString(p.Raw) {
			t.Errorf("ParsePhone(%q).Raw = %q", s, p.Raw)
		}
	})
}

func BenchmarkPhoneUS(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		ParsePhone("(202) 555-0166", "US")
	}
}

func BenchmarkPhoneAbroad(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		ParsePhone("+44 20 7946 0018", "US")
	}
}
