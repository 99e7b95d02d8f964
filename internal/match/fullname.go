package match

import (
	"cmp"
	"slices"
	"strings"
	"unicode"

	"github.com/foyer-crm/foyer/internal/norm"
)

// NamesBar is the score from which two full names are taken for one.
const NamesBar = 0.7

// Names says how likely two full names mean the same person, or the same firm
// where one of them is a firm's: 0 to 1, the same both ways. Scripts, order,
// titles, initials, nicknames, particles and legal forms count little, a few
// letters some, another word much.
func Names(a, b string) float64 {
	x, y := fullName(a), fullName(b)
	if len(x.words) == 0 || len(y.words) == 0 {
		return 0
	}
	if ideographs(a) && ideographs(b) {
		return equalTo(norm.Words(a), norm.Words(b))
	}
	if x.fatherOf(&y) {
		return 0
	}
	firm := x.firm || y.firm
	x, y = x.without(firm), y.without(firm)
	return (x.align(&y) + y.align(&x)) / 2
}

// fatherOf reports two names of which each has the other's son: Salman bin
// Muhammad and Muhammad bin Salman.
func (f *full) fatherOf(o *full) bool {
	a, b := slices.IndexFunc(f.words, sonOf), slices.IndexFunc(o.words, sonOf)
	return a > 0 && b > 0 && a+1 < len(f.words) && b+1 < len(o.words) &&
		f.words[a-1] != f.words[a+1] && f.words[a-1] == o.words[b+1] && f.words[a+1] == o.words[b-1]
}

func sonOf(w string) bool { return w == "bin" || w == "ibn" || w == "ben" || w == "bint" }

// ideographs reports names in scripts whose every sign is a word or a syllable:
// one that differs makes another name.
func ideographs(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return unicode.In(r, unicode.Han, unicode.Hangul) })
}

func equalTo(a, b []string) float64 {
	if slices.Equal(a, b) {
		return 1
	}
	return 0
}

// full is a full name taken apart.
type full struct {
	words []string
	firm  bool   // it has a legal form or a word that only firms have
	form  string // the legal form
}

// fullName reads a full name.
func fullName(s string) full {
	words := latin(strings.NewReplacer("&", " and ", "%", " percent ").Replace(s))
	f := full{words: initialsJoined(words)}
	text := " " + strings.Join(f.words, " ") + " "
	for _, p := range legalPhrases {
		if strings.Contains(text, " "+p.words+" ") {
			text = strings.Replace(text, " "+p.words+" ", " "+p.means+" ", 1)
		}
	}
	f.words = strings.Fields(text)
	for _, w := range f.words {
		if firmWords[w] || legalForms[w] != "" {
			f.firm = true
		}
	}
	return f
}

// initialsJoined makes one word of letters that stand alone: "J.P. Morgan".
func initialsJoined(words []string) []string {
	var out []string
	run := ""
	for _, w := range append(slices.Clone(words), "") {
		if len(w) == 1 {
			run += w
			continue
		}
		if run != "" {
			out, run = append(out, cutForm(run)...), ""
		}
		if w != "" {
			out = append(out, w)
		}
	}
	return out
}

// cutForm takes a legal form off the end of letters that stood alone.
func cutForm(run string) []string {
	for n := 1; n < len(run)-1; n++ {
		if legalForms[run[n:]] != "" {
			return []string{run[:n], run[n:]}
		}
	}
	return []string{run}
}

// without leaves out what does not tell one from another: a firm's legal form,
// a person's title, words said twice.
func (f full) without(firm bool) full {
	out := full{firm: f.firm}
	for _, w := range f.words {
		switch {
		case firm && legalForms[w] != "":
			out.form = legalForms[w]
		case firm && (w == "the" || w == "and" || w == "of"):
		case firm && ordinals[w] != "":
			out.words = append(out.words, ordinals[w])
		case !firm && hasDigit(w) && !digitsOnly(w):
			out.words = append(out.words, lookalikes.Replace(w))
		case !firm && len(f.words) > 1 && (titles[w] || suffixes[w]), len(out.words) > 0 && out.words[len(out.words)-1] == w:
		default:
			out.words = append(out.words, w)
		}
	}
	if len(out.words) == 0 {
		out.words = f.words
	}
	return out
}

// align finds for each word its partner in the other name, the best first, and
// weighs them with what is left over. Words that only one name has were left
// out by the other; where both have some they contradict.
func (f *full) align(o *full) float64 {
	mine, theirs := f.merged(o), o.merged(f)
	mine, theirs = spellInitials(mine, theirs), spellInitials(theirs, mine)
	var pairs []wordPair
	for i, a := range mine {
		for j, b := range theirs {
			if score, cost := wordScore(a, b, f.firm); score > 0 {
				pairs = append(pairs, wordPair{i, j, score, cost})
			}
		}
	}
	slices.SortStableFunc(pairs, func(x, y wordPair) int { return cmp.Compare(y.score, x.score) })
	left, right := make([]bool, len(mine)), make([]bool, len(theirs))
	sum, weight, cost := 0.0, 0.0, 0
	for _, p := range pairs {
		if left[p.i] || right[p.j] || cost+p.cost > allowance(mine, theirs) {
			continue
		}
		left[p.i], right[p.j] = true, true
		w := (wordWeight(mine[p.i], f.firm) + wordWeight(theirs[p.j], f.firm)) / 2
		sum, weight, cost = sum+w*p.score, weight+w, cost+p.cost
	}
	a, b := rest(mine, left, f.firm), rest(theirs, right, f.firm)
	if sum == 0 || a > 0 && b > 0 && min(a, b) >= 0.5 {
		return 0
	}
	alone := 0.2
	if f.firm {
		alone = 0.85
	}
	score := sum / (weight + alone*max(a, b))
	if f.form != "" && o.form != "" && f.form != o.form {
		score *= 0.65
	}
	return score
}

// wordPair is a word of one name and one of the other that may be the same.
type wordPair struct {
	i, j  int
	score float64
	cost  int // letters that differ
}

// allowance is how many letters may differ in all.
func allowance(as, bs []string) int {
	n := max(len(strings.Join(as, "")), len(strings.Join(bs, "")))
	switch {
	case n < 5:
		return 0
	case n < 7:
		return 1
	}
	return 2
}

// merged joins neighbouring words that the other name writes as one.
func (f *full) merged(o *full) []string {
	out := slices.Clone(f.words)
	for i := 0; i+1 < len(out); i++ {
		for n := min(4, len(out)-i); n >= 2; n-- {
			one := strings.Join(out[i:i+n], "")
			if len(one) > 4 && slices.ContainsFunc(o.words, func(w string) bool {
				return w == one || len(w) > 6 && w != out[i+n-1] && w != out[i] && len(out[i]) > 1 && edits(w, one, 1) <= 1
			}) {
				out = slices.Replace(out, i, i+n, one)
				break
			}
		}
	}
	return out
}

// spellInitials writes out a word of initials that the other name has in full:
// JC for Jean Claude.
func spellInitials(words, full []string) []string {
	var out []string
	for _, w := range words {
		if at := initialsAt(w, full); at >= 0 && !slices.Contains(full, w) {
			out = append(out, full[at:at+len(w)]...)
			continue
		}
		out = append(out, w)
	}
	return out
}

// initialsAt finds the words that begin with the letters of w, -1 for none.
func initialsAt(w string, words []string) int {
	if len(w) < 2 || len(w) > 4 || len(words) <= len(w) {
		return -1
	}
	for at := 0; at+len(w) <= len(words); at++ {
		all := true
		for i := range len(w) {
			all = all && words[at+i][0] == w[i] && len(words[at+i]) > 1
		}
		if all {
			return at
		}
	}
	return -1
}

func rest(words []string, taken []bool, firm bool) (weight float64) {
	for i, w := range words {
		if !taken[i] {
			weight += wordWeight(w, firm)
		}
	}
	return weight
}

// wordWeight says how much a word tells.
func wordWeight(w string, firm bool) float64 {
	switch {
	case !firm && particles[w]:
		return 0.2
	case len(w) == 1 && !firm:
		return 0.6
	}
	return 1
}

// wordScore says how alike two words of names are, 0 to 1, and how many letters
// differ.
func wordScore(a, b string, firm bool) (score float64, cost int) {
	switch {
	case a == b:
		return 1, 0
	case numeral(a) && numeral(b) && (firm || digitsOnly(a) && digitsOnly(b)):
		if edits(a, b, 1) <= 1 {
			return 0.85, 0 // the next of a series: a typing error is likelier than that both are here
		}
		return 0, 0
	case firm:
		return fewEdits(a, b)
	case len(a) == 1 || len(b) == 1:
		if a[0] == b[0] {
			return 0.8, 0
		}
		return 0, 0
	case particles[a] && particles[b]:
		return 0.9, 0
	case particles[a] || particles[b]:
		return 0, 0
	case nickname(a, b), spelled(a) == spelled(b):
		return 0.95, 0
	}
	return fewEdits(a, b)
}

// numeral reports a number, in Roman figures too.
func numeral(w string) bool { return digitsOnly(w) || strings.Trim(w, "ivx") == "" }

// fewEdits is how alike two words are of which some letters differ.
func fewEdits(a, b string) (score float64, cost int) {
	n := max(len(a), len(b))
	cost = edits(a, b, 2)
	if cost > 0 {
		cost = min(cost, edits(spelled(a), spelled(b), 2)+1)
	}
	switch {
	case cost > 2 || 2*cost > n || n < 4 && cost > 1:
		return 0, 0
	case cost == 2:
		return 0.75, cost
	}
	return 0.85, cost
}

var particles = set("al el bin ibn ben bint van von der den de da di do dos del della la le les na ter ten abu ould ul ur")

// firmWords are words that firms have in their names and people do not.
var firmWords = set(`company corporation group holdings holding bank banking trust fund capital partners international industries systems
	foundation organization organisation association institute university academy government ministry department republic union
	council federation services solutions technologies global investment investments securities management insurance motors energy
	electronics airlines aviation army brigade party society committee agency office realty properties enterprises consulting media
	health pharma pharmaceuticals telecom gruppe united national first series mortgage plant`)

// ordinals are numbers as words.
var ordinals = map[string]string{"first": "1", "second": "2", "third": "3", "1st": "1", "2nd": "2", "3rd": "3", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5"}

// lookalikes are digits that stand for letters.
var lookalikes = strings.NewReplacer("0", "o", "1", "i", "3", "e", "5", "s", "9", "g")

// legalPhrases are legal forms written out, and what they are short for.
var legalPhrases = []struct{ words, means string }{
	{"limited liability company", "llc"}, {"limited liability partnership", "llp"}, {"public limited company", "plc"},
	{"open joint stock company", "jsc"}, {"joint stock company", "jsc"}, {"public joint stock company", "jsc"},
	{"gesellschaft mit beschrankter haftung", "gmbh"}, {"societatea cu raspundere limitata", "srl"}, {"sociedad anonima", "sa"},
	{"obshchestvo s ogranichennoi otvetstvennostiu", "ooo"}, {"aktsionernoe obshchestvo", "jsc"}, {"co ltd", "ltd"}, {"sp zoo", "spzoo"}, {"united states", "us"},
}

// legalForms are the legal forms of firms; those with the same value mean the
// same.
var legalForms = map[string]string{
	"inc": "inc", "incorporated": "inc", "corp": "inc", "corporation": "inc", "co": "co", "company": "co", "ltd": "ltd", "limited": "ltd",
	"llc": "llc", "llp": "llp", "lp": "lp", "plc": "plc", "ag": "ag", "aktiengesellschaft": "ag", "gmbh": "gmbh", "kg": "kg", "sa": "sa", "sas": "sas",
	"sarl": "sarl", "srl": "srl", "spa": "spa", "sl": "sl", "bv": "bv", "nv": "nv", "bvba": "bvba", "ab": "ab", "as": "as", "oy": "oy", "oyj": "oyj",
	"jsc": "jsc", "ojsc": "jsc", "oao": "jsc", "pjsc": "jsc", "pao": "jsc", "zao": "jsc", "ao": "jsc", "ooo": "ooo", "pt": "pt", "pty": "ltd", "na": "na", "se": "se", "kk": "kk", "spzoo": "spzoo",
}
