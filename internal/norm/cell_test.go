package norm_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/foyer-crm/foyer/internal/norm"
)

func TestACellBeginsNoFormula(t *testing.T) {
	for in, want := range map[string]string{
		"":                     "",
		"Ana":                  "Ana",
		"O'Brien":              "O'Brien",
		"a-b=c":                "a-b=c",
		"=1+1":                 "'=1+1",
		"+16025550147":         "'+16025550147",
		"-5":                   "'-5",
		"@SUM(A1)":             "'@SUM(A1)",
		"\t=1":                 "'\t'=1",
		"\rx":                  "'\rx",
		"＝1":                   "'＝1",
		"＋1":                   "'＋1",
		"－1":                   "'－1",
		"＠x":                   "'＠x",
		"'quoted'":             "''quoted'",
		"12 Oak St, -5":        "12 Oak St, -5",
		"a;=cmd|' /C calc'!A0": "a;'=cmd|'' /C calc'!A0",
		"say \"=1\"":           "say \"'=1\"",
		"two\n=lines":          "two\n'=lines",
		"x|@y":                 "x|'@y",
	} {
		got := norm.Defuse(in)
		if got != want {
			t.Errorf("%q became %q, not %q", in, got, want)
		}
		if back := norm.Undefuse(got); back != in {
			t.Errorf("%q came back as %q", in, back)
		}
	}
	// what others wrote stays
	for _, s := range []string{"'", "'t Hooft", "rock 'n' roll", "\xff'=", "a;'b"} {
		if got := norm.Undefuse(s); got != s {
			t.Errorf("%q became %q", s, got)
		}
	}
}

func TestDefusingIsUndone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := strings.Join(rapid.SliceOf(rapid.SampledFrom(strings.Split("= + - @ \t \r \n ' \" , ; | ＝ ＋ － ＠ a é \xff", " "))).Draw(t, "s"), "")
		safe := norm.Defuse(s)
		if got := norm.Undefuse(safe); got != s {
			t.Fatalf("%q became %q and came back as %q", s, safe, got)
		}
		for _, cell := range strings.FieldsFunc(safe, func(r rune) bool { return strings.ContainsRune(",;|\"\n", r) }) {
			if strings.ContainsAny(cell[:1], "=+-@\t\r") || strings.HasPrefix(cell, "＝") || strings.HasPrefix(cell, "＠") {
				t.Fatalf("%q has a cell %q", safe, cell)
			}
		}
	})
}
