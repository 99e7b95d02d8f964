package norm

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestEmailKeyIsTheWholeAddressInLowerCase(t *testing.T) {
	local64 := strings.Repeat("a", 64)
	for _, c := range []struct{ in, key string }{
		{"peet@example.com", "peet@example.com"},
		{" PEET@Example.com ", "peet@example.com"}, // intake.md B25
		{"A@X.CO", "a@x.co"},                       // intake.md R14
		{"\ta@x.co\r\n", "a@x.co"},
		{"first.last+tag@sub.example.co.uk", "first.last+tag@sub.example.co.uk"},
		{"!#$%&'*+-/=?^_`{|}~@example.com", "!#$%&'*+-/=?^_`{|}~@example.com"},
		{"o'brien@example.com", "o'brien@example.com"},
		{"a@io", "a@io"},
		{"1@123.com", "1@123.com"},
		{"a@x_y.example.com", "a@x_y.example.com"},
		{"a@xn--bcher-kva.example", "a@xn--bcher-kva.example"},
		{"Zoë@Bücher.example", "zoë@bücher.example"},
		{"Zoe\u0308@example.com", "zoë@example.com"},
		{"用户@例子.广告", "用户@例子.广告"},
		{"उपयोगकर्ता@उदाहरण.कॉम", "उपयोगकर्ता@उदाहरण.कॉम"},
		{`"Ann, Bob; @ \" "@example.com`, `"ann, bob; @ \" "@example.com`},
		{`""@example.com`, `""@example.com`},
		{local64 + "a@example.com", local64 + "a@example.com"}, // too long for some servers, not for all
		{strings.Repeat("a", 254-len("@example.com")) + "@example.com", strings.Repeat("a", 254-len("@example.com")) + "@example.com"},
		{"a@" + strings.Repeat("b", 63) + ".com", "a@" + strings.Repeat("b", 63) + ".com"},
	} {
		if key, valid := Email(c.in); !valid || key != c.key {
			t.Errorf("Email(%q) = %q, %v; want %q", c.in, key, valid, c.key)
		}
	}
}

func TestWhatCannotBeWrittenToIsNoEmail(t *testing.T) {
	for _, in := range []string{
		"", " ", "nope", "not-an-email", "@", "a@", "@x.co", "a@@x.co", "a@b@x.co", "a.x.co",
		"a@x.co,b@x.co", "a@x.co;b@x.co", "a,b@x.co", "a;b@x.co", "a@x,co", "a@x;co",
		"a b@x.co", "a@x .co", "a@ x.co", "a\u00a0b@x.co", "a\u2028b@x.co", "a\u3000b@x.co",
		"a\r\nBcc:b@x.co", "a@x.co\r\nBcc: b@x.co", "a\n@x.co", "a\x00@x.co", "\"a\r\nb\"@x.co", "\"a\x00\"@x.co", "a\u0085b@x.co",
		".a@x.co", "a.@x.co", "a..b@x.co", "a@.x.co", "a@x.co.", "a@x..co", "a@-x.co", "a@x-.co", "a@x.co-",
		"Ann <a@x.co>", "<a@x.co>", "mailto:a@x.co>", "a(comment)@x.co", "a@[127.0.0.1]", "a@x!y.co", `a@x.co"`, `"a@x.co`, `"a"b@x.co`, `a"b"@x.co`, `"""@x.co`, `"a\"@x.co`,
		"a\xff@x.co", "a@x\xff.co", "a\ufffd@x.co", "a\u202eb@x.co", "a\u200bb@x.co", "a@x.co\u200b",
		"a\u037eb@x.co", // composes to a semicolon
		"a@" + strings.Repeat("b", 64) + ".com",
		strings.Repeat("a", 255-len("@example.com")) + "@example.com",
		strings.Repeat("a@", 32<<10),
	} {
		if key, valid := Email(in); valid || key != "" {
			t.Errorf("Email(%.60q) = %q, %v; want none", in, key, valid)
		}
	}
}

func TestEmailOfItsKeyIsItself(t *testing.T) {
	local := rapid.OneOf(rapid.StringMatching(`[!#-'*+/-9=?A-Z^_a-z{-~-]{1,10}(\.[A-Za-z0-9]{1,5}){0,2}`),
		rapid.StringMatching(`[\pL\pM\pN]{1,12}`), rapid.StringMatching(`"[ !#-\[\]-~]{0,12}"`))
	domain := rapid.OneOf(rapid.StringMatching(`[A-Za-z0-9]{1,8}(\.[A-Za-z]{2,5}){0,2}`), rapid.StringMatching(`[\pL\pN]{1,12}\.[\pL]{2,4}`))
	rapid.Check(t, func(t *rapid.T) {
		in := local.Draw(t, "local") + "@" + domain.Draw(t, "domain")
		key, valid := Email(in)
		if !valid {
			t.Fatalf("Email(%q) is refused", in)
		}
		if again, valid := Email(key); !valid || again != key {
			t.Fatalf("Email(%q) = %q, but Email of that = %q, %v", in, key, again, valid)
		}
		if upper, _ := Email(" " + strings.ToUpper(in)); ascii(in) && upper != key {
			t.Fatalf("Email(%q) depends on case: %q", in, upper)
		}
	})
}

func FuzzEmail(f *testing.F) {
	for _, s := range []string{"a@x.co", " Zoë@bücher.de ", `"a\"b"@x.co`, "a@x.co,b@x.co", "a\r\nBcc:b@x.co", "İ@x.co", "a\u037eb@x.co"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		key, valid := Email(s)
		if !valid {
			if key != "" {
				t.Errorf("Email(%q) is refused with key %q", s, key)
			}
			return
		}
		if len(key) > maxEmail || !utf8.ValidString(key) || strings.ContainsAny(key, "\r\n\x00") {
			t.Errorf("Email(%q) = %q", s, key)
		}
		if key[0] != '"' && (strings.ContainsAny(key, " ,;<>") || strings.Count(key, "@") != 1) {
			t.Errorf("Email(%q) = %q, which is not one address", s, key)
		}
		if again, valid := Email(key); !valid || again != key {
			t.Errorf("Email(%q) = %q, but Email of that = %q, %v", s, key, again, valid)
		}
	})
}

func BenchmarkEmail(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		Email("Anna.Example@Mail.Example.com")
	}
}
