package importer

import (
	"slices"
	"strings"
)

// Words around a name that are no part of the first or last one.
var (
	titles   = strings.Fields("mr mrs ms miss mx dr prof rev hon sir madam capt col sgt fr sr")
	suffixes = strings.Fields("jr sr ii iii iv phd md esq dds dvm cpa rn jd")
	// particles begin a last name of several words.
	particles = strings.Fields("van von de del della der den di da dos du la le st al bin ibn ter ten mac san santa")
)

func isOne(list []string, word string) bool {
	return slices.Contains(list, strings.ToLower(strings.Trim(word, ".,")))
}

// splitName splits a full name into first and last: "Dr. Ana M. de la Cruz Jr."
// is Ana and de la Cruz, "Smith, Bob" is Bob and Smith. The full name is kept
// beside them.
func splitName(full string) (first, last string) {
	if before, after, comma := strings.Cut(full, ","); comma {
		if strings.TrimSpace(after) != "" && !isOne(suffixes, strings.TrimSpace(after)) {
			return strings.Join(bare(strings.Fields(after)), " "), strings.Join(bare(strings.Fields(before)), " ")
		}
		full = before
	}
	list := bare(strings.Fields(full))
	switch len(list) {
	case 0:
		return "", ""
	case 1:
		return list[0], ""
	}
	at := len(list) - 1
	for at > 1 && isOne(particles, list[at-1]) {
		at--
	}
	if firsts := list[:at]; !slices.Contains(firsts, "&") && !slices.Contains(firsts, "and") {
		// what stands between is a middle name or initial: with the first one, as
		// Mary Ann, unless it is one letter
		firsts = slices.DeleteFunc(slices.Clone(firsts), func(w string) bool { return len(strings.Trim(w, ".")) == 1 })
		if len(firsts) > 0 {
			return strings.Join(firsts, " "), strings.Join(list[at:], " ")
		}
	}
	return strings.Join(list[:at], " "), strings.Join(list[at:], " ")
}

// bare takes titles and suffixes off.
func bare(list []string) []string {
	for len(list) > 1 && isOne(titles, list[0]) {
		list = list[1:]
	}
	for len(list) > 1 && isOne(suffixes, list[len(list)-1]) {
		list = list[:len(list)-1]
	}
	return list
}
