// Package mergefield fills texts with what is known of somebody:
//
//	Hello {{contact.firstName|there}}, it is {{user.name}} of {{location.name}}.
//
// The grammar is closed: a field is a path of names, perhaps with a text to use
// where nothing is known. There are no functions, no conditions, nothing of the
// environment, and what a field brings is never read again. So a text that an
// outsider got into a contact can say nothing but itself.
package mergefield

import (
	"fmt"
	"html"
	"net/url"
	"strings"
	"unicode"
)

// Template is a text with fields. The zero value is the empty text.
type Template struct {
	parts []part
}

// part is a text, or a field where path is set.
type part struct {
	text string // or what to use where nothing is known of the field
	path string
}

// The longest of each, so that a text cannot cost more than it is worth.
const (
	mostText = 256 << 10 // bytes
	mostPath = 200       // bytes
)

// Parse reads a text. An error says what is wrong and where, counted in
// characters from 1 on.
func Parse(text string) (Template, error) {
	var t Template
	if len(text) > mostText {
		return t, fmt.Errorf("the text is longer than %d kB", mostText>>10)
	}
	rest := text
	for {
		before, inside, found := strings.Cut(rest, "{{")
		if before != "" {
			t.parts = append(t.parts, part{text: before})
		}
		if !found {
			return t, nil
		}
		field, after, closed := strings.Cut(inside, "}}")
		where := 1 + len([]rune(text[:len(text)-len(inside)-len("{{")]))
		if !closed {
			return Template{}, fmt.Errorf("{{ at character %d is never closed", where)
		}
		path, otherwise, _ := strings.Cut(field, "|")
		path = Path(path)
		if !isPath(path) {
			return Template{}, fmt.Errorf("{{%s}} at character %d is not a field as {{contact.firstName}}", field, where)
		}
		t.parts = append(t.parts, part{text: strings.TrimSpace(otherwise), path: path})
		rest = after
	}
}

// Path gives a field's path as it is looked up: without blanks around it, and
// with first_name, as other systems write it, as firstName.
func Path(s string) string {
	s = strings.TrimSpace(s)
	if !strings.Contains(s, "_") || strings.HasPrefix(s, "contact.custom.") || strings.HasPrefix(s, "webhook.") {
		return s
	}
	var b strings.Builder
	upper := false
	for _, r := range s {
		switch {
		case r == '_':
			upper = true
			continue
		case upper:
			r = unicode.ToUpper(r)
		}
		upper = false
		b.WriteRune(r)
	}
	return b.String()
}

// letters are those that names are made of.
const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"

// isPath reports whether a text is names with dots between them.
func isPath(s string) bool {
	if s == "" || len(s) > mostPath {
		return false
	}
	for name := range strings.SplitSeq(s, ".") {
		if name == "" || strings.ContainsFunc(name, func(r rune) bool { return !strings.ContainsRune(letters, r) }) {
			return false
		}
	}
	return true
}

// Fields gives the paths of the fields of a text, in their order.
func (t Template) Fields() []string {
	var paths []string
	for _, p := range t.parts {
		if p.path != "" {
			paths = append(paths, p.path)
		}
	}
	return paths
}

// Escape makes a value fit for where it lands: Text, Line, HTML or URL.
type Escape func(string) string

// Text is for plain text: as it is, without control characters.
func Text(s string) string { return strings.Map(printable, s) }

// Line is for what must be one line: a subject, a title, a header.
func Line(s string) string { return strings.Join(strings.Fields(Text(s)), " ") }

// HTML is for the text and the quoted attributes of a page or an e-mail.
func HTML(s string) string { return html.EscapeString(Text(s)) }

// URL is for a part of an address.
func URL(s string) string { return url.QueryEscape(s) }

// printable takes control characters out, but line ends and tabs.
func printable(r rune) rune {
	if unicode.IsControl(r) && r != '\n' && r != '\t' {
		return -1
	}
	return r
}

// Fill gives the text with its fields looked up and escaped. A field of which
// nothing is known is what the text says instead, or nothing.
func (t Template) Fill(look func(path string) string, escape Escape) string {
	var b strings.Builder
	for _, p := range t.parts {
		if p.path == "" {
			b.WriteString(p.text)
			continue
		}
		if v := look(p.path); v != "" {
			b.WriteString(escape(v))
		} else {
			b.WriteString(escape(p.text))
		}
	}
	return b.String()
}
