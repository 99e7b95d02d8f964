// Package geo tells which city and state a US ZIP code belongs to and where
// that is, offline, from a table inside the program.
package geo

import (
	"bufio"
	"bytes"
	"cmp"
	"compress/gzip"
	_ "embed"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// table is a gzipped list of zip,city,state,latitude,longitude sorted by ZIP
// code, coordinates in units of 0.0001 degree. gen/ builds it from two sources,
// of which one checks the other: of 33,786 ZIP codes in both, 33,713 agree
// within half a degree and stand at their Census centre; of the 73 others the
// point nearer to the rest of the same city was kept. 8,769 ZIP codes (post
// office boxes, single firms, military mail) have no Census area and stand
// where the first source puts them. Licences: LICENSES.txt.
//
//go:embed zip.csv.gz
var table []byte

// Place is where a ZIP code is.
type Place struct {
	ZIP   string // five digits
	City  string // preferred post-office name; empty for a handful of new ZIP codes
	State string // two letters: a state, DC, PR, a territory, or AA, AE, AP for military mail

	// Lat and Lng are degrees, north and east positive (WGS 84, to some 11 m).
	// Both are 0 for military mail, which follows a unit and has no place.
	Lat, Lng float64
}

// ZIP finds the place of a US ZIP code: five digits, or ZIP+4 written with a
// hyphen, a space or nothing between. It reports false for anything else and
// for a ZIP code that does not exist. A four-digit code that lost its leading
// zero to a spreadsheet is not found: guessing would put people in the wrong
// state.
func ZIP(zip string) (Place, bool) {
	n, ok := number(zip)
	if !ok {
		return Place{}, false
	}
	d := directory()
	i, found := slices.BinarySearchFunc(d.entries, n, func(e entry, n uint32) int { return cmp.Compare(e.zip, n) })
	if !found {
		return Place{}, false
	}
	e := d.entries[i]
	return Place{
		ZIP:   fmt.Sprintf("%05d", n),
		City:  d.cities[e.city],
		State: d.states[e.state],
		Lat:   float64(e.lat) / 1e4,
		Lng:   float64(e.lng) / 1e4,
	}, true
}

// number reads the first five digits of a well-formed ZIP or ZIP+4.
func number(s string) (n uint32, ok bool) {
	s = strings.TrimSpace(s)
	if len(s) < 5 {
		return 0, false
	}
	five, plus4 := s[:5], strings.TrimPrefix(strings.TrimSpace(s[5:]), "-")
	plus4 = strings.TrimSpace(plus4)
	if !digits(five) || !digits(plus4) || plus4 == "" && len(s) > 5 || plus4 != "" && len(plus4) != 4 {
		return 0, false
	}
	for _, c := range []byte(five) {
		n = n*10 + uint32(c-'0')
	}
	return n, true
}

func digits(s string) bool {
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

// entry is one ZIP code, kept small: there are 42,560 of them.
type entry struct {
	zip      uint32
	lat, lng int32 // 0.0001 degree
	city     uint16
	state    uint8
}

// index is the table in memory, some 1.3 MB: entries sorted by ZIP code, and
// every city and state name once.
type index struct {
	entries []entry
	cities  []string
	states  []string
}

// directory unpacks the table when it is first asked for, so that a program
// that never looks up a ZIP code does not pay for it.
var directory = sync.OnceValue(func() *index {
	d, err := unpack(table)
	if err != nil {
		// The table is part of the program and a test reads all of it, so this
		// cannot be reached; if it were, ZIP codes would simply not be found.
		return new(index)
	}
	return d
})

func unpack(packed []byte) (*index, error) {
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, fmt.Errorf("unpacking the ZIP table: %w", err)
	}
	d := new(index)
	cities, states := newNames(), newNames()
	lines := bufio.NewScanner(z)
	for lines.Scan() {
		f := strings.Split(lines.Text(), ",")
		if len(f) != 5 {
			return nil, fmt.Errorf("ZIP table: %q does not have five fields", lines.Text())
		}
		zip, err1 := strconv.ParseUint(f[0], 10, 32)
		lat, err2 := strconv.ParseInt(f[3], 10, 32)
		lng, err3 := strconv.ParseInt(f[4], 10, 32)
		if err := errors.Join(err1, err2, err3); err != nil {
			return nil, fmt.Errorf("ZIP table: %w", err)
		}
		d.entries = append(d.entries, entry{
			zip: uint32(zip), lat: int32(lat), lng: int32(lng),
			city: uint16(cities.number(f[1])), state: uint8(states.number(f[2])),
		})
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("unpacking the ZIP table: %w", err)
	}
	if len(cities.list) > 1<<16 || len(states.list) > 1<<8 {
		return nil, fmt.Errorf("ZIP table: %d cities and %d states are too many", len(cities.list), len(states.list))
	}
	d.entries, d.cities, d.states = slices.Clip(d.entries), cities.list, states.list
	return d, nil
}

// names numbers different texts in the order they come.
type names struct {
	numbers map[string]int
	list    []string
}

func newNames() *names { return &names{numbers: map[string]int{}} }

func (n *names) number(s string) int {
	i, seen := n.numbers[s]
	if !seen {
		i = len(n.list)
		s = strings.Clone(s) // s is a piece of a whole line, which need not stay in memory
		n.numbers[s] = i
		n.list = append(n.list, s)
	}
	return i
}
