package norm

import (
	"strings"
	"unicode"

	"github.com/nyaruka/phonenumbers"
)

// Phone is a phone number as written and in canonical form.
type Phone struct {
	Raw    string // as written, without the white space around it
	E164   string // "+12025550166"; empty where none can be made
	Ext    string // digits of the extension; empty without one
	Key    string // for matching (intake.md §0 "Phone key"); empty where the number must match nothing
	Digits int    // digits as written, extension not counted
}

// Plausible reports whether the number could be one, by its count of digits
// alone (intake.md §2.7): vendors' own samples have area codes that do not
// exist. A local number without its area code is not plausible.
func (p Phone) Plausible() bool { return p.E164 != "" }

// ParsePhone reads a phone number as people write it: spaces, punctuation,
// words, an extension ("x123", "ext. 123", "#123"), digits of any script.
// region is the ISO 3166 code of the country that a number without a country
// code belongs to; "" is "US". Letters are never digits (no 1-800-FLOWERS).
//
// Key is the 10 digits of a US number (or of another country with code 1), the
// E.164 form with its plus elsewhere, and the bare digits of a US number that
// has 7 to 15 of them and no E.164 form. It is empty for everything else and
// for the numbers people type when they give none: 0000000000, 1234567890.
func ParsePhone(raw, region string) Phone {
	p := Phone{Raw: strings.TrimSpace(raw)}
	number, ext := cutExtension(p.Raw)
	p.Ext = ext
	var buffer [maxDigits]byte
	digits, plus, count := readDigits(buffer[:0], number)
	p.Digits = count
	if count > maxDigits {
		return p
	}
	american := region == "" || region == "US"
	if !american {
		region = strings.ToUpper(strings.TrimSpace(region))
		american = region == "" || phonenumbers.GetCountryCodeForRegion(region) == 1
	}
	if american && !plus {
		digits, plus = dialledAbroad(digits)
	}
	var national string
	switch {
	// US numbers are nearly all there are, and the library takes a few hundred
	// times as long for one.
	case american && !plus && len(digits) == 10:
		p.E164 = "+1" + string(digits)
		national = p.E164[2:]
	case (american || plus) && len(digits) > 0 && digits[0] == '1':
		if len(digits) == 11 {
			p.E164 = "+" + string(digits)
			national = p.E164[2:]
		}
	case plus || !american:
		p.E164, national = international(string(digits), plus, region)
	}
	switch {
	case p.E164 == "" && american && !plus:
		national = string(digits)
		p.Key = national
	case strings.HasPrefix(p.E164, "+1"):
		p.Key = p.E164[2:]
	default:
		p.Key = p.E164
	}
	if n := len(strings.TrimPrefix(p.Key, "+")); n < 7 || n > maxE164 || placeholder(national) {
		p.Key = ""
	}
	return p
}

const (
	maxE164   = 15 // digits of the longest phone number (E.164 §6.2.1)
	maxDigits = 20 // the same with an international prefix; more is no number
)

// dialledAbroad recognises the international prefix as dialled from the US,
// 011, and the one used nearly everywhere else, 00, which begins no US number.
func dialledAbroad(digits []byte) (rest []byte, plus bool) {
	if len(digits) > 10 {
		for _, prefix := range []string{"011", "00"} {
			if rest, ok := strings.CutPrefix(string(digits), prefix); ok && rest[0] != '0' {
				return digits[len(prefix):], true
			}
		}
	}
	return digits, false
}

// international asks the library, for a possible number rather than a valid
// one: numbering plans change faster than programs are updated.
//
// The library can take a leading zero off what it has just written itself, so
// its answer is read again until it stands: a key must not depend on how often
// a number has been through here.
func international(digits string, plus bool, region string) (e164, national string) {
	if plus {
		digits = "+" + digits
	}
	for range maxDigits {
		n, err := phonenumbers.Parse(digits, region)
		if err != nil || phonenumbers.IsPossibleNumberWithReason(n) != phonenumbers.IS_POSSIBLE {
			return "", ""
		}
		if e164 = phonenumbers.Format(n, phonenumbers.E164); e164 == digits {
			return e164, phonenumbers.GetNationalSignificantNumber(n)
		}
		digits = e164
	}
	return "", ""
}

// placeholder reports the numbers that stand for "none": one digit over and
// over, or counting up from 0 or 1, or down from 9 or 0. Were they keys, all
// people without a phone would become one.
func placeholder(digits string) bool {
	if digits == "" {
		return true
	}
	same, up, down := true, digits[0] <= '1', digits[0] == '9' || digits[0] == '0'
	for i := 1; i < len(digits); i++ {
		step := (digits[i] + 10 - digits[i-1]) % 10
		same, up, down = same && step == 0, up && step == 1, down && step == 9
	}
	return same || up || down
}

// readDigits appends the digits of s to buf while there is room. plus reports
// a plus sign before the first digit; count counts all digits.
func readDigits(buf []byte, s string) (digits []byte, plus bool, count int) {
	for _, r := range s {
		switch d, ok := digit(r); {
		case ok:
			if count++; len(buf) < cap(buf) {
				buf = append(buf, '0'+d)
			}
		case (r == '+' || r == '＋') && count == 0:
			plus = true
		}
	}
	return buf, plus, count
}

// digit gives the value of a decimal digit of any script. Unicode puts the
// ten digits of a script side by side, zero first.
func digit(r rune) (value byte, ok bool) {
	if r < 0x80 {
		return byte(r - '0'), '0' <= r && r <= '9'
	}
	for _, run := range unicode.Nd.R16 {
		if rune(run.Lo) <= r && r <= rune(run.Hi) {
			return byte((r - rune(run.Lo)) % 10), true
		}
	}
	for _, run := range unicode.Nd.R32 {
		if rune(run.Lo) <= r && r <= rune(run.Hi) {
			return byte((r - rune(run.Lo)) % 10), true
		}
	}
	return 0, false
}

// markers introduce an extension, longest first.
var markers = []string{"extension", "extn", "ext", "xtn", "x", "#", ";", ",,"}

// cutExtension splits "202-555-0166 ext. 123" into the number and "123". What
// is not clearly an extension of 1 to 7 digits stays in the number.
func cutExtension(s string) (number, ext string) {
	end := strings.LastIndexAny(s, "0123456789") + 1
	start := end
	for start > 0 && '0' <= s[start-1] && s[start-1] <= '9' {
		start--
	}
	if start == 0 || end-start > 7 {
		return s, ""
	}
	before := strings.TrimRight(s[:start], " \t.:=-")
	for _, m := range markers {
		at := len(before) - len(m)
		if at <= 0 || !strings.EqualFold(before[at:], m) {
			continue
		}
		if letter(m[0]) && letter(before[at-1]) {
			return s, "" // the end of another word: "fax 5550166"
		}
		if _, _, count := readDigits(nil, before[:at]); count < 7 {
			return s, ""
		}
		return before[:at], s[start:end]
	}
	return s, ""
}

func letter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }
