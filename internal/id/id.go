// Package id makes Foyer's identifiers.
//
// An id is 20 base62 characters in byte order of time: nine that spell a number
// below 2^53 (milliseconds since 2025 and thirteen low bits), eleven from the
// system's random source (65 bits). The number is what vendors see that need
// integer ids.
package id

import (
	"crypto/rand"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// Len is the length of an id in characters, NumberLen that of the part of it
// that spells the number.
const (
	Len       = 20
	NumberLen = 9
)

const (
	alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz" // in byte order
	epoch    = 1735689600000                                                    // 2025-01-01 UTC in Unix milliseconds
	lowBits  = 13
	// MaxNumber is the largest number an id can hold: 2^53-1, so that every
	// JSON reader keeps it exactly.
	MaxNumber = 1<<53 - 1
)

// Source makes ids. The zero value is ready; ids of one Source never share a
// number and grow strictly, also when the clock steps back.
type Source struct {
	mu     sync.Mutex
	last   int64
	random [512]byte // random bytes not yet used: one read serves many ids
	left   int
}

// New makes an id for now. It panics only if the system has no random source,
// as crypto/rand itself does.
func (s *Source) New(now time.Time) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := max(now.UnixMilli()-epoch, 0)<<lowBits | int64(s.byte())<<5 | int64(s.byte()>>3)
	if n <= s.last {
		n = s.last + 1
	}
	s.last = n
	var b [Len]byte
	put(b[:NumberLen], n)
	for i := NumberLen; i < Len; i++ {
		b[i] = alphabet[s.symbol()]
	}
	return string(b[:])
}

// symbol draws one of 62 without bias.
func (s *Source) symbol() byte {
	for {
		if v := s.byte() & 63; v < 62 {
			return v
		}
	}
}

func (s *Source) byte() byte {
	if s.left == 0 {
		if _, err := io.ReadFull(rand.Reader, s.random[:]); err != nil {
			panic(err) // crypto/rand does the same: no id is safe without it
		}
		s.left = len(s.random)
	}
	s.left--
	return s.random[s.left]
}

func put(b []byte, n int64) {
	for i := len(b) - 1; i >= 0; i-- {
		b[i] = alphabet[n%62]
		n /= 62
	}
}

// Number is the integer that the id's head spells; 0 for a text that is no id.
func Number(id string) int64 {
	if len(id) < NumberLen {
		return 0
	}
	var n int64
	for i := range NumberLen {
		v := strings.IndexByte(alphabet, id[i])
		if v < 0 {
			return 0
		}
		n = n*62 + int64(v)
	}
	if n > MaxNumber {
		return 0
	}
	return n
}

// Time is the moment an id was made, in UTC with millisecond precision.
func Time(id string) time.Time {
	return time.UnixMilli(Number(id)>>lowBits + epoch).UTC()
}

// Valid reports whether s has the form of an id.
func Valid(s string) bool {
	if len(s) != Len {
		return false
	}
	for i := range Len {
		if strings.IndexByte(alphabet, s[i]) < 0 {
			return false
		}
	}
	return true
}

// Secret gives a random text of n base62 characters (5.95 bits each) for keys
// and passwords.
func Secret(n int) string {
	out := make([]byte, 0, n)
	var buf [64]byte
	for len(out) < n {
		if _, err := io.ReadFull(rand.Reader, buf[:]); err != nil {
			panic(err)
		}
		for _, c := range buf {
			if v := c & 63; v < 62 && len(out) < n {
				out = append(out, alphabet[v])
			}
		}
	}
	return string(out)
}

// UUID gives a random version 4 UUID, the form of HighLevel's private tokens
// and of trace ids.
func UUID() string {
	var b [16]byte
	if _, err := io.ReadFull(rand.Reader, b[:]); err != nil {
		panic(err)
	}
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[0:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// At gives the smallest head an id made at t can have, for bounds of a range.
func At(t time.Time) string {
	var b [NumberLen]byte
	put(b[:], max(t.UnixMilli()-epoch, 0)<<lowBits)
	return string(b[:])
}
