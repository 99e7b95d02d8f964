package norm

import (
	"slices"
	"strings"
)

// Address makes the comparison key of a postal address, given in parts
// (street, city, state, ZIP) or as one text: lower case, no punctuation, US
// abbreviations of the Postal Service (street is st, north west is nw,
// apartment, unit and # are apt, a state at the end is its two letters), a
// ZIP+4 cut to five digits, the country's name left out. Equal keys mean the
// same address as written; the key is not meant to be shown. It takes as much
// text as Words does.
func Address(parts ...string) string {
	text := strings.ReplaceAll(strings.Join(parts, " "), "#", " apt ")
	var words []string
	for _, w := range Words(text) {
		if short, ok := abbreviations[w]; ok {
			w = short
		}
		words = reduce(append(words, w))
	}
	return strings.Join(ending(words), " ")
}

// phrases are the words that mean one thing together, after abbreviation.
var phrases = []struct {
	words []string
	means []string
}{
	{[]string{"n", "e"}, []string{"ne"}},
	{[]string{"n", "w"}, []string{"nw"}},
	{[]string{"s", "e"}, []string{"se"}},
	{[]string{"s", "w"}, []string{"sw"}},
	{[]string{"p", "o", "box"}, []string{"pobox"}},
	{[]string{"po", "box"}, []string{"pobox"}},
	{[]string{"apt", "apt"}, []string{"apt"}},
	{[]string{"ste", "apt"}, []string{"ste"}}, // "Suite #5"
	{[]string{"u", "s"}, []string{"us"}},
	{[]string{"united", "states"}, []string{"us"}},
	{[]string{"us", "of", "america"}, nil},
	{[]string{"us", "a"}, nil},
	{[]string{"usa"}, nil},
}

// reduce replaces phrases at the end of the words so far until none is left
// there.
func reduce(words []string) []string {
	for i := 0; i < len(phrases); i++ {
		if p := phrases[i]; endsWith(words, p.words) {
			words = append(words[:len(words)-len(p.words)], p.means...)
			i = -1 // what came out may be the end of another phrase
		}
	}
	return words
}

// ending tidies what US addresses end in: country, state, ZIP code. "us" is a
// country only there; before, it is a highway.
func ending(words []string) []string {
	for endsWith(words, []string{"us"}) {
		words = words[:len(words)-1]
	}
	n := len(words)
	if n >= 2 && number(words[n-1], 4) && number(words[n-2], 5) {
		n--
	}
	words, zip := words[:n], []string(nil)
	if n >= 1 && number(words[n-1], 5) {
		words, zip = words[:n-1], words[n-1:n]
	}
	for endsWith(words, []string{"us"}) {
		words = words[:len(words)-1]
	}
	// The longest name first: West Virginia also ends in Virginia.
	for length := 3; length >= 1; length-- {
		if len(words) < length {
			continue
		}
		if abbr, ok := stateNames[strings.Join(words[len(words)-length:], " ")]; ok {
			words = append(slices.Clone(words[:len(words)-length]), abbr)
			break
		}
	}
	return append(slices.Clip(words), zip...)
}

func endsWith(words, end []string) bool {
	return len(words) >= len(end) && slices.Equal(words[len(words)-len(end):], end)
}

func number(s string, digits int) bool {
	return len(s) == digits && strings.Trim(s, "0123456789") == ""
}

// abbreviations are those of USPS Publication 28 (appendices B, C and the
// directions) that people do write out, with their usual variants, and the
// ordinal numbers of streets.
var abbreviations = pairs(`
	north n  south s  east e  west w  northeast ne  northwest nw  southeast se  southwest sw
	alley aly  avenue ave  av ave  aven ave  boulevard blvd  boul blvd  bridge brg  canyon cyn  causeway cswy
	center ctr  centre ctr  circle cir  circ cir  court ct  courts cts  cove cv  creek crk  crossing xing
	drive dr  drv dr  estate est  estates ests  expressway expy  extension ext  fort ft  freeway fwy
	garden gdn  gardens gdns  grove grv  harbor hbr  heights hts  highway hwy  hiway hwy  hill hl  hills hls
	hollow holw  island is  junction jct  lake lk  lakes lks  landing lndg  lane ln  manor mnr  meadow mdw
	meadows mdws  mount mt  mountain mtn  parkway pkwy  pky pkwy  pkway pkwy  place pl  plaza plz  point pt
	pointe pt  ranch rnch  ridge rdg  river riv  road rd  route rte  saint st  sainte ste  shore shr  shores shrs
	spring spg  springs spgs  square sq  station sta  str st  street st  summit smt  terrace ter  terr ter
	trace trce  trail trl  turnpike tpke  valley vly  view vw  village vlg  ville vl
	apartment apt  unit apt  building bldg  department dept  floor fl  hangar hngr  penthouse ph  room rm
	space spc  suite ste  trailer trlr
	first 1st  second 2nd  third 3rd  fourth 4th  fifth 5th  sixth 6th  seventh 7th  eighth 8th  ninth 9th  tenth 10th
	eleventh 11th  twelfth 12th
`)

// stateNames are keyed by the name as it stands after abbreviation.
var stateNames = map[string]string{
	"alabama": "al", "alaska": "ak", "arizona": "az", "arkansas": "ar", "california": "ca", "colorado": "co",
	"connecticut": "ct", "delaware": "de", "district of columbia": "dc", "florida": "fl", "georgia": "ga",
	"hawaii": "hi", "idaho": "id", "illinois": "il", "indiana": "in", "iowa": "ia", "kansas": "ks",
	"kentucky": "ky", "louisiana": "la", "maine": "me", "maryland": "md", "massachusetts": "ma",
	"michigan": "mi", "minnesota": "mn", "mississippi": "ms", "missouri": "mo", "montana": "mt",
	"nebraska": "ne", "nevada": "nv", "new hampshire": "nh", "new jersey": "nj", "new mexico": "nm",
	"new york": "ny", "n carolina": "nc", "n dakota": "nd", "ohio": "oh", "oklahoma": "ok", "oregon": "or",
	"pennsylvania": "pa", "puerto rico": "pr", "rhode is": "ri", "s carolina": "sc", "s dakota": "sd",
	"tennessee": "tn", "texas": "tx", "utah": "ut", "vermont": "vt", "virginia": "va", "washington": "wa",
	"w virginia": "wv", "wisconsin": "wi", "wyoming": "wy",
}

// pairs reads "long short  long short …".
func pairs(text string) map[string]string {
	words := strings.Fields(text)
	m := make(map[string]string, len(words)/2)
	for i := 0; i+1 < len(words); i += 2 {
		m[words[i]] = words[i+1]
	}
	return m
}
