package norm

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

const (
	maxWords    = 64      // words taken from one text
	maxWord     = 64      // bytes of one word
	maxWordText = 1 << 16 // bytes of text looked at
)

// Words breaks text into words to search by: lower case; accents taken off
// Latin, Greek and Cyrillic letters, elsewhere kept, where they are vowels;
// letters, marks and digits only. Apostrophes join ("O’Brien" is obrien), all
// else separates, in e-mail addresses too. Words come in the order of the text
// and as often as they stand in it, at most 64 of at most 64 bytes each, from
// the first 64 kB.
//
// The same function must make the words that are stored and the words that are
// looked for.
func Words(s string) []string {
	s = cutBytes(s, maxWordText)
	if !ascii(s) {
		// Composing skips the letter behind a broken byte, so those go first.
		return unicodeWords(norm.NFKC.String(strings.ToValidUTF8(s, "\uFFFD")))
	}
	var room [128]byte
	text := room[:0]
	var ends [maxWords]int
	n, start := 0, 0 // finished words; where the present one starts in text
	for i := range len(s) {
		c := s[i]
		switch {
		case 'A' <= c && c <= 'Z':
			c |= 0x20
			fallthrough
		case letter(c) || '0' <= c && c <= '9':
			if len(text)-start < maxWord {
				text = append(text, c)
			}
			continue
		case c == '\'' || c == '`':
			continue
		}
		if len(text) > start {
			start, ends[n] = len(text), len(text)
			if n++; n == maxWords {
				break
			}
		}
	}
	if len(text) > start {
		ends[n] = len(text)
		n++
	}
	return split(string(text), ends[:n])
}

func split(text string, ends []int) []string {
	if len(ends) == 0 {
		return nil
	}
	words := make([]string, len(ends))
	start := 0
	for i, end := range ends {
		words[i], start = text[start:end], end
	}
	return words
}

func unicodeWords(s string) []string {
	var words []string
	var word []byte
	bare := true // the last letter lost its accents, so it loses those that follow
	finish := func() {
		if len(word) > 0 {
			words = append(words, cutBytes(norm.NFC.String(string(word)), maxWord))
			word = word[:0]
		}
		bare = true
	}
	for _, r := range s {
		switch {
		case joins(r):
		case unicode.IsLetter(r) || unicode.IsNumber(r):
			if word, bare = appendBase(word, unicode.ToLower(r)); len(word) > 4*maxWord {
				word = []byte(cutBytes(string(word), 4*maxWord))
			}
		case unicode.IsMark(r):
			if !bare && len(word) < 4*maxWord {
				word = utf8.AppendRune(word, r)
			}
		default:
			if finish(); len(words) == maxWords {
				return words
			}
		}
	}
	finish()
	return words
}

// joins reports the signs that stand inside a word without being part of it:
// apostrophes as people and programs write them, soft hyphens, joiners, and
// the mark that normalising puts into very long runs of marks.
func joins(r rune) bool {
	switch r {
	case '\'', '`', '‘', '’', 'ʻ', 'ʼ', '\u034f':
		return true
	}
	return unicode.Is(unicode.Cf, r)
}

// appendBase appends a lower-case letter without its accents, and reports
// whether it is of a script that is searched without accents.
func appendBase(word []byte, r rune) (_ []byte, bare bool) {
	if r < utf8.RuneSelf {
		return append(word, byte(r)), true
	}
	if !unicode.In(r, unicode.Latin, unicode.Greek, unicode.Cyrillic) {
		return utf8.AppendRune(word, r), false
	}
	if parts := norm.NFD.PropertiesString(string(r)).Decomposition(); parts != nil {
		r, _ = utf8.DecodeRune(parts)
	}
	if plain, ok := plainLetters[r]; ok {
		return append(word, plain...), true
	}
	return utf8.AppendRune(word, r), true
}

// plainLetters are the letters that Unicode does not take apart but people
// without the keyboard for them do: Søren is looked for as Soren.
var plainLetters = map[rune]string{
	'ß': "ss", 'æ': "ae", 'œ': "oe", 'ø': "o", 'ł': "l", 'đ': "d", 'ð': "d", 'þ': "th", 'ħ': "h", 'ŧ': "t", 'ı': "i",
	'ς': "σ",
}

// cutBytes shortens s to at most n bytes, not inside a character.
func cutBytes(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for range utf8.UTFMax - 1 {
		if n > 0 && !utf8.RuneStart(s[n]) {
			n--
		}
	}
	return s[:n]
}

// Cut shortens s to at most n Unicode code points, never inside one; cut
// reports whether it did. A broken byte counts as one.
func Cut(s string, n int) (out string, cut bool) {
	if len(s) <= n {
		return s, false
	}
	for i := range s {
		if n--; n < 0 {
			return s[:i], true
		}
	}
	return s, false
}

// List splits text at commas, and at semicolons too where semi is true, trims
// the parts and drops the empty ones.
func List(s string, semi bool) []string {
	var list []string
	for part := range strings.FieldsFuncSeq(s, func(r rune) bool { return r == ',' || semi && r == ';' }) {
		if part = strings.TrimSpace(part); part != "" {
			list = append(list, part)
		}
	}
	return list
}
