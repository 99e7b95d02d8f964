package auth

import (
	"sync"
	"time"
)

// Guard counts wrong keys, so that guessing ends early: after ten in a minute
// from one address with one beginning, that address is not heard with that
// beginning until the minute is over. The zero value is ready.
type Guard struct {
	mu    sync.Mutex
	wrong map[string]*tries
}

type tries struct {
	n     int
	until time.Time
}

const (
	mostWrong  = 10
	wrongSpan  = time.Minute
	prefixLen  = 8      // characters of a key that count as its beginning
	mostGuards = 100000 // addresses and beginnings remembered at once
)

func guardKey(address, api, secret string) string {
	return address + " " + api + " " + secret[:min(len(secret), prefixLen)]
}

// Allowed reports whether a key from an address is to be looked at.
func (g *Guard) Allowed(address, api, secret string, now time.Time) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	t := g.wrong[guardKey(address, api, secret)]
	return t == nil || !now.Before(t.until) || t.n < mostWrong
}

// Wrong notes a wrong key. No key at all is no guess.
func (g *Guard) Wrong(address, api, secret string, now time.Time) {
	if secret == "" {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.wrong == nil {
		g.wrong = map[string]*tries{}
	}
	if len(g.wrong) >= mostGuards {
		for k, t := range g.wrong {
			if !now.Before(t.until) {
				delete(g.wrong, k)
			}
		}
		if len(g.wrong) >= mostGuards {
			clear(g.wrong) // an attack from everywhere: memory is worth more
		}
	}
	k := guardKey(address, api, secret)
	t := g.wrong[k]
	if t == nil || !now.Before(t.until) {
		t = &tries{until: now.Add(wrongSpan)}
		g.wrong[k] = t
	}
	t.n++
}
