package faults_test

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"
)

// The server is killed at random moments under the load of all four doors. What
// it acknowledged is there after the next start, whole; what it did not is there
// whole or not at all; and a client that repeats what it got no answer to makes
// nothing twice.
func TestKillLosesNothing(t *testing.T) {
	if !unraced(t) {
		return
	}
	t.Run("sqlite", func(t *testing.T) {
		killAgainAndAgain(t, times(20, 100, 5000), func(t *testing.T) *place { return sqlitePlace(t, t.TempDir()) })
	})
	t.Run("postgres", func(t *testing.T) {
		killAgainAndAgain(t, times(3, 10, 200), postgresPlace)
	})
}

func killAgainAndAgain(t *testing.T, kills int, at func(t *testing.T) *place) {
	const each = 25 // kills of one database: its size is the price of every check
	var sent, stored, cut int
	for done := 0; done < kills; done += each {
		p := at(t)
		b := newBook(&p.creds)
		for range min(each, kills-done) {
			s := p.mustServe(t)
			settle(t, p, b, s)
			before := b.count(unanswered)
			ctx, end := context.WithCancel(t.Context())
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				b.writers(ctx, 8, s.base, func(r *request) bool {
					b.complain("%s was refused: %d %s", r.mark, r.status, r.answer)
					return false
				})
			}()
			time.Sleep(time.Duration(rand.IntN(120)) * time.Millisecond)
			s.kill()
			<-ended
			end()
			cut += b.count(unanswered) - before
		}
		s := p.mustServe(t)
		settle(t, p, b, s)
		l := p.look(t)
		l.drained(t)
		if code := s.stop(t); code != 0 {
			t.Errorf("stopping gives the code %d: %s", code, s)
		}
		l.sound(t).must(t, "at the end", s)
		sent, stored = sent+len(b.all), stored+b.count(acknowledged)
		if done == 0 {
			l.controls(t, b)
		}
		l.close()
	}
	t.Logf("%d kills, %d requests sent, %d cut in flight, %d acknowledged, 0 lost", kills, sent, cut, stored)
	if cut == 0 {
		t.Error("no kill came in the middle of a request: the test shows nothing")
	}
}

// settle checks what the last kill left, and repeats what got no answer.
func settle(t *testing.T, p *place, b *book, s *server) {
	t.Helper()
	l := p.look(t)
	defer l.close()
	l.check(t, b).must(t, "after the kill", s)
	l.sound(t).must(t, "after the kill", s)
	if err := b.repeat(t.Context(), s.base); err != nil {
		t.Fatalf("repeating: %v: %s", err, s)
	}
	if n := b.count(unanswered) + b.count(refused); n != 0 {
		t.Errorf("%d requests were refused when they were repeated", n)
	}
	l.check(t, b).must(t, "after the repeats", s)
}
