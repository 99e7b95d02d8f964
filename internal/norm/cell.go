package norm

import (
	"strings"
	"unicode/utf8"
)

// formula are the characters that a spreadsheet may take for the beginning of a
// formula, and the apostrophe that keeps it from doing so.
const formula = "=+-@\t\r＝＋－＠'"

// between are the characters behind which a cell may begin for a program that
// splits the line at another separator than its writer did.
const between = ",;|\"\t\r\n"

// Defuse makes a text safe as a cell of a spreadsheet: an apostrophe goes in
// front of what could begin a formula, and in front of an apostrophe there,
// at the beginning of the text and behind every separator and quote inside it.
// Undefuse gives the text back.
func Defuse(s string) string {
	return atStarts(s, func(b *strings.Builder, rest string) int {
		r, size := utf8.DecodeRuneInString(rest)
		if strings.ContainsRune(formula, r) && r != utf8.RuneError {
			b.WriteByte('\'')
		}
		return size
	})
}

// Undefuse gives back the text that Defuse made safe. An apostrophe that Defuse
// would not have put there stays.
func Undefuse(s string) string {
	return atStarts(s, func(b *strings.Builder, rest string) int {
		r, size := utf8.DecodeRuneInString(rest)
		next, more := utf8.DecodeRuneInString(rest[size:])
		if r != '\'' || more == 0 || next == utf8.RuneError || !strings.ContainsRune(formula, next) {
			return size
		}
		rest = rest[size:]
		b.WriteString(rest[:more])
		return -(size + more)
	})
}

// atStarts copies a text and calls f wherever a cell may begin. f gives the
// length of the character that it looked at, negative where it has written it.
func atStarts(s string, f func(b *strings.Builder, rest string) int) string {
	if !strings.ContainsAny(s, formula) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s) + 8)
	start := true
	for len(s) > 0 {
		size := 0
		if start {
			size = f(&b, s)
		} else {
			_, size = utf8.DecodeRuneInString(s)
		}
		if size < 0 {
			size = -size
		} else {
			b.WriteString(s[:size])
		}
		start = strings.IndexByte(between, s[size-1]) >= 0
		s = s[size:]
	}
	return b.String()
}
