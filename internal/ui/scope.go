package ui

import (
	"slices"
	"strings"
	"unicode"
)

// scopeLine says what an app may do with one kind of thing.
type scopeLine struct {
	What string // Contacts
	May  string // see and change
	All  string // the scopes themselves
}

// scopeLines puts scopes into words, those about one kind of thing into one line.
func scopeLines(scopes []string) []scopeLine {
	var lines []scopeLine
	for _, s := range slices.Sorted(slices.Values(scopes)) {
		name, right := s, ""
		if i := strings.LastIndexByte(s, '.'); i >= 0 {
			name, right = s[:i], s[i+1:]
		}
		may := "use"
		switch right {
		case "readonly":
			may = "see"
		case "write":
			may = "change"
		}
		what := thing(name)
		if n := len(lines) - 1; n >= 0 && lines[n].What == what {
			lines[n].May += " and " + may
			lines[n].All += " " + s
			continue
		}
		lines = append(lines, scopeLine{what, may, s})
	}
	return lines
}

// thing puts the name of a scope into words: locations/customFields is
// "Locations: custom fields".
func thing(name string) string {
	if name == "oauth" {
		return "This app’s own installations"
	}
	var b strings.Builder
	for i, r := range strings.ReplaceAll(name, "-", " ") {
		switch {
		case i == 0:
			b.WriteRune(unicode.ToUpper(r))
		case r == '/':
			b.WriteString(": ")
		case unicode.IsUpper(r):
			b.WriteRune(' ')
			b.WriteRune(unicode.ToLower(r))
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
