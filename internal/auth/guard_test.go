package auth_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/foyer-crm/foyer/internal/auth"
)

func TestTheGuardShutsOutAfterTenWrongKeys(t *testing.T) {
	var g auth.Guard
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	allowed := func(address, api, secret string, at time.Duration) bool {
		return g.Allowed(address, api, secret, now.Add(at))
	}
	for i := range 10 {
		secret := fmt.Sprintf("guesswrk%d", i)
		if !allowed("192.0.2.1", "radius", secret, time.Duration(i)*time.Second) {
			t.Fatalf("guess %d is not heard", i+1)
		}
		g.Wrong("192.0.2.1", "radius", secret, now.Add(time.Duration(i)*time.Second))
	}
	for _, c := range []struct {
		what, address, api, secret string
		after                      time.Duration
		want                       bool
	}{
		{"the eleventh", "192.0.2.1", "radius", "guesswrk-eleven", 10 * time.Second, false},
		{"the beginning alone", "192.0.2.1", "radius", "guesswrk", 10 * time.Second, false},
		{"just before the minute is over", "192.0.2.1", "radius", "guesswrk-", time.Minute - time.Millisecond, false},
		{"when the minute is over", "192.0.2.1", "radius", "guesswrk-", time.Minute, true},
		{"another beginning", "192.0.2.1", "radius", "Guesswrk", 10 * time.Second, true},
		{"a shorter one", "192.0.2.1", "radius", "guesswr", 10 * time.Second, true},
		{"another address", "192.0.2.2", "radius", "guesswrk", 10 * time.Second, true},
		{"another API", "192.0.2.1", "brokerkit", "guesswrk", 10 * time.Second, true},
		{"no key", "192.0.2.1", "radius", "", 10 * time.Second, true},
	} {
		if got := allowed(c.address, c.api, c.secret, c.after); got != c.want {
			t.Errorf("%s: %v", c.what, got)
		}
	}
	// a new minute counts anew
	g.Wrong("192.0.2.1", "radius", "guesswrk", now.Add(2*time.Minute))
	if !allowed("192.0.2.1", "radius", "guesswrk", 2*time.Minute) {
		t.Error("one wrong key of a new minute shuts out")
	}
}

func TestNoKeyIsNoGuess(t *testing.T) {
	var g auth.Guard
	now := time.Now()
	for range 100 {
		g.Wrong("192.0.2.1", "radius", "", now)
	}
	if !g.Allowed("192.0.2.1", "radius", "", now) {
		t.Error("requests without a key were counted")
	}
}

// An attack from everywhere does not fill the memory, and does not stop the
// count where it is going on.
func TestTheGuardForgetsRatherThanGrows(t *testing.T) {
	var g auth.Guard
	now := time.Now()
	var wait sync.WaitGroup
	for w := range 4 {
		wait.Go(func() {
			for i := range 60000 {
				address := fmt.Sprintf("%d-%d", w, i)
				g.Wrong(address, "radius", "k", now)
				g.Allowed(address, "radius", "k", now)
			}
		})
	}
	wait.Wait()
	for range 11 {
		g.Wrong("192.0.2.1", "radius", "guesswrk", now)
	}
	if g.Allowed("192.0.2.1", "radius", "guesswrk", now) {
		t.Error("nobody is shut out any more")
	}
}
