package match

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

// Bar is the score from which a pair is worth a person's look.
const Bar = 0.9

// Verdict says how likely two records are one person, and why.
type Verdict struct {
	Score   float64  // 0 to 1
	Reasons []string // in words, the strongest first: "same birthday", "Bob/Robert"
}

// level says how well two values agree.
type level int

const (
	unknown level = iota // one of them is missing
	other                // they contradict
	unclear              // they neither agree nor contradict
	near                 // alike
	same                 // equal
)

// agreement is what two values of a field say about two records being one
// person's: the binary logarithm of how much more often one person's records
// agree so than two people's.
type agreement struct {
	bits  float64
	level level
	words string
}

// Compare says whether two of so many people may be one. It is the same both
// ways. The more people there are, the more of them agree by chance.
func Compare(a, b *Person, among int) Verdict { return Read(a).Compare(Read(b), among) }

// Compare says whether two of so many records may be one person's.
func (r *Record) Compare(o *Record, among int) Verdict {
	names := agreeNames(r, o)
	born := agreeDates(r.born, o.born)
	mails := agreeMails(r.mails, o.mails)
	phones := agreePhones(r.phones, o.phones)
	places := agreePlaces(r.places, o.places)
	all := []agreement{names.given, names.family, born, mails, phones, places}
	bits := 0.0
	for _, g := range all {
		bits += g.bits
	}
	// Whoever it is has one other self here at most, and all the others not.
	against := math.Log2(float64(max(among, 100))) + 1
	if !personal(&names, born) && !misnamed(r, o, &names, born, places) {
		bits = min(bits, against)
	}
	return Verdict{Score: 1 / (1 + math.Exp2(against-bits)), Reasons: reasons(all)}
}

// personal reports whether something speaks for one person rather than for two
// of one household, office or family: their given names agree, or with one of
// them unknown their birthdays do; with different family names both have to.
func personal(n *namesAgree, born agreement) bool {
	birthday := born.level == same || born.level == near
	switch n.given.level {
	case other:
		return false
	case same, near:
		return n.family.level == unknown || n.family.level >= near || birthday
	default:
		return birthday
	}
}

// misnamed reports whether two records are rather one person with a wrong given
// name than two: the same birthday, family name and house, in records that
// have no way to reach anybody. Twins have one, their own or the household's.
func misnamed(r, o *Record, n *namesAgree, born, places agreement) bool {
	if len(r.mails)+len(o.mails)+len(r.phones)+len(o.phones) > 0 {
		return false
	}
	return born.level == same && n.family.level >= near && places.bits >= 15
}

// reasons gives the words of what agrees, the strongest first.
func reasons(all []agreement) (words []string) {
	slices.SortStableFunc(all, func(x, y agreement) int { return cmp.Compare(y.bits, x.bits) })
	for _, g := range all {
		if g.words != "" && g.bits > 0 {
			words = append(words, g.words)
		}
	}
	return words
}

// Reason gives the reasons on one line: "same birthday, Bob/Robert".
func (v Verdict) Reason() string { return strings.Join(v.Reasons, ", ") }
