package app_test

import (
	"math/bits"
	"strings"
	"testing"
	"time"

	"github.com/foyer-crm/foyer/internal/id"
)

// An id that somebody knows tells nothing of another: eleven of its characters
// are random, 65 bits, also of ids that are made in one moment. Over 10,000 ids
// each character is as frequent as any other in each place, and no place
// follows from the id before.
func TestIDsCannotBeGuessed(t *testing.T) {
	const n, alphabet = 10000, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	var s id.Source
	moment := time.Now() // all at once: the head says the same moment
	tails, seen := make([]string, n), map[string]bool{}
	for i := range tails {
		made := s.New(moment)
		tails[i] = made[id.NumberLen:]
		if seen[tails[i]] || len(tails[i]) != 11 {
			t.Fatalf("%q is not random", made)
		}
		seen[tails[i]] = true
	}
	// χ² with 61 degrees of freedom is above 120 once in 100,000 times
	const most = 120.0
	expected := float64(n) / float64(len(alphabet))
	for place := range tails[0] {
		counts, steps := map[byte]float64{}, map[int]float64{}
		for i, tail := range tails {
			counts[tail[place]]++
			if i > 0 {
				at, before := strings.IndexByte(alphabet, tail[place]), strings.IndexByte(alphabet, tails[i-1][place])
				steps[(at-before+len(alphabet))%len(alphabet)]++
			}
		}
		frequency, sequence := 0.0, 0.0
		for i := range alphabet {
			frequency += (counts[alphabet[i]] - expected) * (counts[alphabet[i]] - expected) / expected
			sequence += (steps[i] - expected) * (steps[i] - expected) / expected
		}
		if frequency > most || sequence > most {
			t.Errorf("place %d: χ² of the characters is %.0f, of the steps between them %.0f", place, frequency, sequence)
		}
	}
}

// The number that vendors with integer ids see is no count: two that are made
// in different moments differ in many bits, and nobody learns how many contacts
// there are.
func TestNumbersAreNoCount(t *testing.T) {
	var s id.Source
	start, last, apart := time.Now(), int64(0), 0
	for i := range 10000 {
		number := id.Number(s.New(start.Add(time.Duration(i) * time.Millisecond)))
		if number == last+1 {
			t.Fatalf("%d follows %d", number, last)
		}
		apart += bits.OnesCount64(uint64(number ^ last))
		last = number
	}
	if apart/10000 < 5 {
		t.Errorf("neighbours differ in %d bits", apart/10000)
	}
	// made by two processes, in the same moment
	var other id.Source
	same := 0
	for i := range 1000 {
		at := start.Add(time.Duration(i) * time.Hour)
		if id.Number(s.New(at)) == id.Number(other.New(at)) {
			same++
		}
	}
	if same > 10 {
		t.Errorf("two processes made the same number %d times of 1,000", same)
	}
}
