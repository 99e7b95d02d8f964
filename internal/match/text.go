package match

import (
	"math/bits"

	"github.com/xrash/smetrics"
)

// edits counts the letters to insert, drop, replace or swap with their
// neighbour to make one word the other; most+1 for more than most.
func edits(a, b string, most int) int {
	if a == b {
		return 0
	}
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(b)-len(a) > most {
		return most + 1
	}
	const longest = 64
	if len(b) > longest {
		return most + 1
	}
	var rows [3][longest + 1]int
	before, above, row := &rows[0], &rows[1], &rows[2]
	for j := range len(b) + 1 {
		above[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		least := i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(above[j]+1, row[j-1]+1, above[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
			least = min(least, row[j])
		}
		if least > most {
			return most + 1
		}
		before, above, row = above, row, before
	}
	return min(above[len(b)], most+1)
}

// alike reports whether two words have at least some Jaro-Winkler similarity, 0
// to 1.
func alike(a, b string, atLeast float64) bool {
	if a == "" || b == "" || mostAlike(a, b) < atLeast {
		return false
	}
	return smetrics.JaroWinkler(a, b, 0.7, 4) >= atLeast
}

// mostAlike is what the similarity of two words can be at most, by the letters
// they have: most words that meet have few in common.
func mostAlike(a, b string) float64 {
	x, y := letterSet(a), letterSet(b)
	common := float64(min(len(a)-bits.OnesCount32(x&^y), len(b)-bits.OnesCount32(y&^x)))
	if common <= 0 {
		return 0
	}
	jaro := min(1, (common/float64(len(a))+common/float64(len(b))+1)/3)
	const boost = 0.4 // of four equal first letters
	if a[0] != b[0] {
		return jaro
	}
	return jaro + boost*(1-jaro)
}

// letterSet has a bit for each letter of a word.
func letterSet(s string) (set uint32) {
	for i := range len(s) {
		set |= 1 << (s[i] & 31)
	}
	return set
}

// typo reports whether two words differ by no more than hurried typing does.
func typo(a, b string) bool {
	short, long := len(a), len(b)
	if short > long {
		short, long = long, short
	}
	switch {
	case short < 3:
		return false
	case long <= 3:
		return false
	case long <= 5:
		return edits(a, b, 1) <= 1
	case long <= 12:
		return edits(a, b, 2) <= 2
	default:
		return edits(a, b, 3) <= 3
	}
}

// shuffled reports whether two words are made of the same letters in another
// order, but for one.
func shuffled(a, b string) bool {
	if len(a) < 4 || len(b) < 4 || len(a)-len(b) > 1 || len(b)-len(a) > 1 {
		return false
	}
	var count [256]int8
	for i := range len(a) {
		count[a[i]]++
	}
	for i := range len(b) {
		count[b[i]]--
	}
	off := 0
	for _, n := range count {
		off += int(max(n, -n))
	}
	return off <= 1 || off == 2 && len(a) == len(b) && len(a) > 5
}

// sound is the Soundex code of a word.
func sound(word string) string {
	if word == "" || word[0] < 'a' || word[0] > 'z' {
		return word
	}
	return smetrics.Soundex(word)
}
