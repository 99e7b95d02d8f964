package norm

import (
	"regexp"
	"strconv"
	"strings"
)

// amount allows a sign, a dollar sign, commas between groups of three digits,
// and a fraction.
var amount = regexp.MustCompile(`^([-+]?)\$? ?(\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?$`)

// maxAmount bounds the text of an amount, in bytes.
const maxAmount = 64

// Amount reads an amount of money as whole dollars, a fraction cut off:
// "1,234,567", "10000", "10000.50", "$1,200". It reports false for other text
// ("$10k", intake.md B30), and for what does not fit in 64 bits.
func Amount(s string) (int64, bool) {
	s = strings.TrimSpace(s)
	if len(s) > maxAmount {
		return 0, false
	}
	m := amount.FindStringSubmatch(s)
	if m == nil {
		return 0, false
	}
	n, err := strconv.ParseInt(m[1]+strings.ReplaceAll(m[2], ",", ""), 10, 64)
	return n, err == nil
}

// Bool reads the words that forms and Rails use for true and false, in any
// case: true, t, yes, y, 1, on and false, f, no, n, 0, off. ok is false for
// any other text.
func Bool(s string) (v, ok bool) {
	switch strings.ToLower(strings.TrimSpace(s)) {
	case "true", "t", "yes", "y", "1", "on":
		return true, true
	case "false", "f", "no", "n", "0", "off":
		return false, true
	}
	return false, false
}
