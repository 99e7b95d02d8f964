package norm

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// SplitName splits a full name at its last space (intake.md §3.2), runs of
// white space taken as one. A single word is a first name.
func SplitName(full string) (first, last string) {
	words := strings.Fields(full)
	if len(words) < 2 {
		return strings.Join(words, ""), ""
	}
	n := len(words) - 1
	return strings.Join(words[:n], " "), words[n]
}

// Fold makes two spellings of one name or tag equal: case folded, accents
// composed, trimmed, runs of white space taken as one space. Accents count:
// "Zoe" and "Zoë" stay two.
func Fold(s string) string {
	if ascii(s) {
		return foldSpace(strings.ToLower(s))
	}
	// Composing skips the letter behind a broken byte, so those go first.
	s = strings.Map(foldCase, norm.NFC.String(strings.ToValidUTF8(s, "\uFFFD")))
	// Lower-case letters compose where capitals do not (J and caron).
	return foldSpace(norm.NFC.String(s))
}

// foldCase maps all cases of a letter to one, long s and final sigma included.
// The way over the capital is what makes them meet.
func foldCase(r rune) rune { return unicode.ToLower(unicode.ToUpper(r)) }

func foldSpace(s string) string {
	if spaced(s) {
		return strings.Join(strings.Fields(s), " ")
	}
	return s
}

// spaced reports whether s has white space that is not one plain space between
// two words.
func spaced(s string) bool {
	before := ' '
	for _, r := range s {
		if unicode.IsSpace(r) && (r != ' ' || before == ' ') {
			return true
		}
		before = r
	}
	return before == ' ' && s != ""
}
