package mergefield_test

import (
	"html"
	"net/url"
	"strings"
	"testing"

	"github.com/foyer-crm/foyer/internal/mergefield"
)

func look(known map[string]string) func(string) string {
	return func(path string) string { return known[path] }
}

func TestFieldsAreFilled(t *testing.T) {
	known := map[string]string{"contact.firstName": "Ana", "contact.custom.pet_name": "Rex", "user.name": "Max Moor"}
	for text, want := range map[string]string{
		"": "", "no fields": "no fields", "{{contact.firstName}}": "Ana", "Hi {{ contact.firstName }}!": "Hi Ana!", "{{contact.first_name}}": "Ana",
		"{{contact.lastName}}": "", "{{contact.lastName|there}}": "there", "{{contact.firstName|there}}": "Ana", "{{contact.lastName | dear friend }}": "dear friend",
		"{{contact.custom.pet_name}}": "Rex", "{{user.name}} & {{contact.firstName}}": "Max Moor & Ana", "a } b { c }} d": "a } b { c }} d", "{contact.firstName}": "{contact.firstName}",
		"ü{{contact.firstName}}ü": "üAnaü",
	} {
		parsed, err := mergefield.Parse(text)
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		if got := parsed.Fill(look(known), mergefield.Text); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}

// The grammar is closed: whatever else is tried is an error, and names where it is.
func TestNothingElseIsAField(t *testing.T) {
	for text, where := range map[string]string{
		"{{}}": "character 1", "{{ }}": "character 1", "é {{7*7}}": "character 3", "{{contact.name.}}": "", "{{.Env}}": "", "{{env \"HOME\"}}": "", "{{contact['name']}}": "",
		"{{printf \"%s\" 1}}": "", "{{contact.name}": "never closed", "{{ {{contact.name}} }}": "", "{{contact..name}}": "", "{{range .}}": "", "{{contact.name()}}": "", "{{$x}}": "",
		"{{#if a}}": "", "{{contact.name\n}}x{{/y}}": "", "{{" + strings.Repeat("a", 300) + "}}": "",
	} {
		if _, err := mergefield.Parse(text); err == nil || !strings.Contains(err.Error(), where) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// What a field brings is never read again, and cannot leave the place it lands in.
func TestWhatAFieldBringsStaysText(t *testing.T) {
	hostile := []string{"{{user.name}}", "{{contact.firstName}}", "}}{{user.name", "<script>alert(1)</script>", "\" onload=x '", "a\r\nBcc: x@y.example", "a\x00b", "&amp;", "../../etc", "x?y=1&z#", "${7*7}", "{%import os%}"}
	parsed, err := mergefield.Parse("<{{contact.firstName}}>")
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range append(hostile, injections...) {
		known := look(map[string]string{"contact.firstName": h, "user.name": "SECRET"})
		for name, c := range map[string]struct {
			as   mergefield.Escape
			back func(string) string
			bad  string
		}{
			"text": {mergefield.Text, func(s string) string { return s }, "\x00\r"}, "line": {mergefield.Line, func(s string) string { return s }, "\x00\r\n"},
			"html": {mergefield.HTML, html.UnescapeString, "<>\"'\x00\r"},
			"url":  {mergefield.URL, func(s string) string { u, _ := url.QueryUnescape(s); return u }, "<>\"'&?#/ \x00\r\n"},
		} {
			inside := strings.TrimSuffix(strings.TrimPrefix(parsed.Fill(known, c.as), "<"), ">")
			if strings.Contains(inside, "SECRET") || strings.ContainsAny(inside, c.bad) {
				t.Errorf("%s: %q became %q", name, h, inside)
			}
			if plain := strings.NewReplacer("\x00", "", "\r", ""); name != "line" && plain.Replace(c.back(inside)) != mergefield.Text(plain.Replace(h)) && name != "url" {
				t.Errorf("%s: %q came back as %q", name, h, c.back(inside))
			}
		}
	}
}

// injections are what is tried on servers that fill texts.
var injections = []string{
	"{{7*7}}", "{{7*'7'}}", "${7*7}", "#{7*7}", "<%= 7*7 %>", "*{7*7}", "@(7*7)", "{{config}}", "{{self}}", "{{request}}", "{{''.__class__.__mro__}}", "{{lipsum.__globals__}}",
	"{% for c in [1] %}{{c}}{% endfor %}", "{{constructor.constructor('return process')()}}", "{{#with \"s\" as |x|}}{{x}}{{/with}}", "{{template \"x\"}}", "{{define \"x\"}}{{end}}", "{{.}}", "{{printf \"%v\" .}}",
	"{{call .F}}", "{{ .Env.HOME }}", "{{js .}}", "{{html .}}", "{{define}}", "{{- . -}}", "{{/* x */}}", "[[${7*7}]]", "__${7*7}__", "{php}echo 1;{/php}", "{{user.name}}{{user.name}}", "{{contact.firstName|{{user.name}}}}",
}

func FuzzFill(f *testing.F) {
	f.Add("Hi {{contact.firstName|there}}", "{{user.name}}")
	f.Add("{{a}}{{b|c}}", "\x00{{")
	f.Fuzz(func(t *testing.T, text, value string) {
		parsed, err := mergefield.Parse(text)
		if err != nil {
			return
		}
		asked := 0
		got := parsed.Fill(func(string) string { asked++; return value }, mergefield.HTML)
		if asked != len(parsed.Fields()) {
			t.Errorf("%q has %d fields and asked for %d", text, len(parsed.Fields()), asked)
		}
		if strings.Count(text, "<") < strings.Count(got, "<") {
			t.Errorf("%q with %q became %q", text, value, got)
		}
	})
}
