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
	Reasons []string // in words, the strongest first: "same birthday", "Bob/Robert"; none below the Bar
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
	names [2]string // that they have, for their frequency
}

// Crowd is the people among whom two are compared: the more there are, and the
// more of them have a name, the more agree by chance. The zero value is some
// thousand people with English names.
type Crowd struct {
	Size int
	// Named says how many of them have a name, given or family, in the letters
	// that Record.Names gives; nil or 0 where it is not known.
	Named func(name string) int
}

// Compare says whether two people of a crowd may be one. It is the same both
// ways.
func Compare(a, b *Person, among Crowd) Verdict { return Read(a).Compare(Read(b), among) }

// Compare says whether two records of a crowd may be one person's.
func (r *Record) Compare(o *Record, among Crowd) Verdict {
	names := agreeNames(r, o)
	born := agreeDates(r.born, o.born)
	listed := false
	if !personal(&names, born) {
		// most of those who meet are such: a look at the rest would be wasted
		if listed = !r.reachable() && !o.reachable() && alikeInList(&names, born); !listed {
			return Verdict{}
		}
	}
	all := []agreement{names.given, names.family, born, agreeMails(r.mails, o.mails), agreePhones(r.phones, o.phones), agreePlaces(r.places, o.places)}
	if listed && all[len(all)-1].bits < wholeAddress {
		return Verdict{}
	}
	bits := 0.0
	for i := range all {
		all[i].bits = min(all[i].bits, among.most(all[i].names[:]))
		bits += all[i].bits
	}
	// Whoever it is has one other self here at most, and all the others not.
	against := math.Log2(float64(max(among.size(), 100)))
	v := Verdict{Score: 1 / (1 + math.Exp2(against-bits))}
	if v.Score >= Bar {
		v.Reasons = reasons(all)
	}
	return v
}

func (c Crowd) size() int {
	if c.Size == 0 {
		return 10_000
	}
	return c.Size
}

// most is what sharing a name can say at most: hardly anything where every
// tenth has it.
func (c Crowd) most(names []string) float64 {
	n := 0
	for _, name := range names {
		if name != "" && c.Named != nil {
			n = max(n, c.Named(name))
		}
	}
	if n == 0 {
		return math.Inf(1)
	}
	return max(1, math.Log2(float64(max(c.size(), n))/float64(n)))
}

// Names gives the names of a record as a Crowd counts them.
func (r *Record) Names() (given, family string) { return r.given.text, r.family.text }

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

// reachable reports whether there is a way to reach the person. Of a household
// whoever can be reached stands in a list by an own name with a phone or a
// mailbox, their own or the household's; two records without any, of one house
// and with hardly anything to tell them apart, are rather one with a mistake.
func (r *Record) reachable() bool { return len(r.mails)+len(r.phones) > 0 }

// wholeAddress is what an address has to say for two records to be of one house.
const wholeAddress = 15

// alikeInList reports whether two records of one house may be one with a
// mistake: of first name, last name and birthday one differs or is missing.
func alikeInList(n *namesAgree, born agreement) bool {
	switch n.given.level {
	case other:
		return n.family.level >= near && born.bits >= 10
	case same, near:
		return born.level == unknown // and another last name
	default:
		return n.family.level >= near && born.level != other
	}
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
