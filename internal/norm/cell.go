package norm

import "strings"

// Defuse makes a text safe as a cell of a spreadsheet: an apostrophe goes in
// front of what could begin a formula, and in front of an apostrophe there,
// at the beginning of the text and behind every separator and quote inside it.
// Undefuse gives the text back.
func Defuse(s string) string {
	var b strings.Builder
	done := 0 // bytes of s that are in b
	for i := 0; i < len(s); i++ {
		if Risky(s, i) {
			b.WriteString(s[done:i])
			b.WriteByte('\'')
			done = i
		}
	}
	if done == 0 && b.Len() == 0 {
		return s
	}
	b.WriteString(s[done:])
	return b.String()
}

// Undefuse gives back the text that Defuse made safe. An apostrophe that Defuse
// would not have put there stays.
func Undefuse(s string) string {
	if strings.IndexByte(s, '\'') < 0 {
		return s
	}
	var b strings.Builder
	done := 0
	for i := 0; i < len(s); i++ {
		if s[i] == '\'' && startsCell(s, i) && startsFormula(s[i+1:]) {
			b.WriteString(s[done:i])
			done = i + 1
			i++ // what it stands in front of stays
		}
	}
	b.WriteString(s[done:])
	return b.String()
}

// Risky reports whether a spreadsheet may take what stands at a byte of s for the
// beginning of a formula.
func Risky(s string, i int) bool { return startsCell(s, i) && startsFormula(s[i:]) }

// startsCell reports whether a cell may begin at a byte of s.
func startsCell(s string, i int) bool {
	if i == 0 {
		return true
	}
	switch s[i-1] {
	case ',', ';', '|', '"', '\t', '\r', '\n':
		return true
	}
	return false
}

// startsFormula reports whether a text begins with a character that a
// spreadsheet may take for the beginning of a formula, or with the apostrophe
// that keeps it from doing so.
func startsFormula(s string) bool {
	if s == "" {
		return false
	}
	switch s[0] {
	case '=', '+', '-', '@', '\t', '\r', '\'':
		return true
	case 0xEF: // full width
		for _, wide := range [...]string{"＝", "＋", "－", "＠"} {
			if strings.HasPrefix(s, wide) {
				return true
			}
		}
	}
	return false
}
