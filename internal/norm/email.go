// Package norm turns text as people and vendors write it into canonical text:
// e-mail addresses, phone numbers, dates, names, postal addresses, amounts.
//
// Every function is pure: no clock, no network, no state. None fails on any
// input, however long or broken; what cannot be read is reported, and what
// comes out is valid UTF-8 wherever the input was.
package norm

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// maxEmail is the longest address SMTP can carry, in bytes (RFC 5321 §4.5.3.1.3
// less the angle brackets).
const maxEmail = 254

// Email reads an e-mail address. key is the whole address in lower case, for
// matching only (intake.md §0); what is stored and written to stays as sent.
//
// valid reports whether it can be written to: local part, @, domain, with no
// white space, control character, comma or semicolon outside quotes, so that
// it can never become two addresses or two header lines. Every dot-atom is
// accepted, and so are a quoted local part, a domain without a dot and UTF-8
// in both halves; comments, address literals and the obsolete forms of RFC
// 5322 are not: no lead has one. key is empty where valid is false, so that
// what is no address matches nothing.
func Email(s string) (key string, valid bool) {
	s = strings.TrimSpace(s)
	if !addrSpec(s) {
		return "", false
	}
	key = strings.ToLower(s)
	if ascii(key) {
		return key, true
	}
	// Composed and decomposed accents look the same and are the same address.
	// Composing can yield ASCII (U+037E becomes a semicolon): hence the second look.
	key = norm.NFC.String(key)
	if !addrSpec(key) {
		return "", false
	}
	return key, true
}

func addrSpec(s string) bool {
	if len(s) > maxEmail || !utf8.ValidString(s) {
		return false
	}
	local, domain, found := "", "", false
	if strings.HasPrefix(s, `"`) {
		domain, found = afterQuoted(s)
	} else {
		local, domain, found = strings.Cut(s, "@")
		found = found && dotAtom(local, localRune, maxEmail)
	}
	return found && dotAtom(domain, domainRune, maxLabel) && !hyphenAtEdge(domain)
}

// afterQuoted checks a quoted local part and returns what follows its @.
func afterQuoted(s string) (domain string, ok bool) {
	escaped := false
	for i, r := range s[1:] {
		switch {
		case r < ' ' || r == 0x7f || r >= utf8.RuneSelf && !visible(r):
			return "", false
		case escaped:
			escaped = false
		case r == '\\':
			escaped = true
		case r == '"':
			return strings.CutPrefix(s[1+i+1:], "@")
		}
	}
	return "", false
}

// maxLabel is the longest label of a domain name, in bytes. It binds ASCII
// labels only: a longer UTF-8 label can be short enough once encoded.
const maxLabel = 63

// dotAtom reports whether s is one or more non-empty labels of allowed
// characters with dots between.
func dotAtom(s string, allowed func(rune) bool, longest int) bool {
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > longest && ascii(label) {
			return false
		}
		for _, r := range label {
			if !allowed(r) {
				return false
			}
		}
	}
	return true
}

// localRune is atext of RFC 5322 §3.2.3 as widened by RFC 6532 §3.2.
func localRune(r rune) bool {
	return alphanumeric(r) || r < utf8.RuneSelf && strings.ContainsRune("!#$%&'*+-/=?^_`{|}~", r) ||
		r >= utf8.RuneSelf && visible(r)
}

// domainRune allows the underscore: it is not legal in a host name, but mail
// is delivered to such hosts.
func domainRune(r rune) bool {
	return alphanumeric(r) || r == '-' || r == '_' || r >= utf8.RuneSelf && visible(r)
}

func alphanumeric(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
}

// visible refuses what a person cannot see in an address: spaces, controls,
// direction marks, line separators, and the sign for a damaged character.
// The two joiners stay: some scripts spell with them.
func visible(r rune) bool {
	switch r {
	case utf8.RuneError:
		return false
	case '\u200c', '\u200d':
		return true
	}
	return unicode.In(r, unicode.L, unicode.M, unicode.N, unicode.P, unicode.S)
}

func hyphenAtEdge(domain string) bool {
	return strings.HasPrefix(domain, "-") || strings.HasSuffix(domain, "-") ||
		strings.Contains(domain, "-.") || strings.Contains(domain, ".-")
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
