package match

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
)

// nicknames has one line for each English given name: the name and what people
// who have it are called. Licence: LICENSES.txt.
//
//go:embed nicknames.txt
var nicknames string

// givenNames are the English given names: for each the formal names that it
// stands for, itself among them.
var givenNames = sync.OnceValue(func() map[string][]string {
	formal := map[string][]string{}
	add := func(name, of string) {
		if !slices.Contains(formal[name], of) {
			formal[name] = append(formal[name], of)
		}
	}
	for line := range strings.Lines(nicknames) {
		words := strings.Fields(line)
		for _, w := range words {
			add(w, words[0])
		}
	}
	return formal
})

// known reports whether a word is a given name of its own, and no misspelling.
func known(word string) bool { return len(givenNames()[word]) > 0 || commonGiven[word] }

// nickname reports whether two words can be given names of one person: Bob and
// Robert, or Liz and Beth, who are both an Elizabeth. Two formal names are two.
func nickname(a, b string) bool {
	as, bs := givenNames()[a], givenNames()[b]
	if slices.Contains(as, b) || slices.Contains(bs, a) {
		return true
	}
	if slices.Contains(as, a) || slices.Contains(bs, b) {
		return false
	}
	return slices.ContainsFunc(as, func(formal string) bool { return slices.Contains(bs, formal) })
}
