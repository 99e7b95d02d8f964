package match

import (
	"strings"

	"github.com/foyer-crm/foyer/internal/norm"
)

// mail is an e-mail address in lower case.
type mail struct {
	address string
	local   string // without +tags
}

// readMail reads an e-mail address, a mistyped one too: in what somebody gave
// as an address an @ may have moved.
func readMail(s string) (mail, bool) {
	key, ok := norm.Email(s)
	if !ok {
		key = strings.ToLower(strings.Join(strings.Fields(s), ""))
	}
	if len(key) < 6 || len(key) > 254 {
		return mail{}, false
	}
	local, _, _ := strings.Cut(key, "@")
	local, _, _ = strings.Cut(local, "+")
	return mail{address: key, local: local}, true
}

// desks are local parts of mailboxes that many people read.
var desks = set("info office sales admin contact mail email hello support team home family me none noemail na no-reply noreply test")

// agreeMails weighs the best pair of two people's e-mail addresses.
func agreeMails(as, bs []mail) (best agreement) {
	for _, a := range as {
		for _, b := range bs {
			if g := agreeMail(a, b); best.level == unknown || g.bits > best.bits {
				best = g
			}
		}
	}
	return best
}

func agreeMail(a, b mail) agreement {
	personal := len(a.local) >= 5 && !desks[a.local]
	switch {
	case a.address == b.address && desks[a.local]:
		return agreement{bits: 8, level: same, words: "same mailbox"}
	case a.address == b.address:
		return agreement{bits: 14, level: same, words: "same e-mail"}
	case personal && a.local == b.local:
		return agreement{bits: 8, level: near, words: "same name in another mailbox"}
	case max(len(a.address), len(b.address))-min(len(a.address), len(b.address)) > 3:
		return agreement{bits: -1, level: other}
	case letters(a.address) == letters(b.address):
		return agreement{bits: -1, level: unclear} // office1@ and office2@ are two mailboxes
	case desks[a.local] || desks[b.local]:
		return agreement{bits: -1, level: other}
	case len(a.address) >= 10 && typo(a.address, b.address) || shuffled(a.address, b.address):
		return agreement{bits: 11, level: near, words: "nearly the same e-mail"}
	}
	return agreement{bits: -1, level: other}
}

// letters leaves out the digits of a text.
func letters(s string) string {
	return strings.Map(func(r rune) rune {
		if '0' <= r && r <= '9' {
			return -1
		}
		return r
	}, s)
}

// agreePhones weighs the best pair of two people's phone numbers.
func agreePhones(as, bs []string) (best agreement) {
	for _, a := range as {
		for _, b := range bs {
			g := agreement{bits: -0.5, level: other}
			switch {
			case a == b:
				g = agreement{bits: 12, level: same, words: "same phone"}
			case len(a) >= 10 && shuffledDigits(a, b):
				g = agreement{bits: 5, level: near, words: "phone with two digits swapped"}
			case len(a) >= 10 && edits(a, b, 1) <= 1:
				g = agreement{bits: 0, level: unclear} // neighbours have such numbers too
			}
			if best.level == unknown || g.bits > best.bits {
				best = g
			}
		}
	}
	return best
}
