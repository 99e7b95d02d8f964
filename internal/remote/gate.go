package remote

import (
	"maps"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Rate is how often a system lets itself be asked.
type Rate struct {
	Most int           // requests
	Per  time.Duration // within which
}

// Gate keeps what is known of how one connection fares, and lets requests through
// accordingly: never more than the system allows, none while it asked to wait, and
// only now and then one while it is down. It is shared by all that use the
// connection; make one with NewGate.
type Gate struct {
	mu     sync.Mutex
	rate   Rate
	heeds  bool // what the system says of its limits
	cools  time.Duration
	done   []time.Time // when requests were over, the oldest first; none older than rate.Per
	flying int         // requests that are under way

	until  time.Time // nobody asks before
	failed int       // in a row
	trips  int       // how often the circuit broke without a success between
	open   time.Time // the circuit is broken until then; zero: it is whole
	probe  bool      // one asks whether it is well again

	came map[string]int64 // requests by what came of them
}

// The circuit of a connection.
const (
	breaksAfter = 5                // failures in a row
	coolsFor    = 15 * time.Second // the first time, and twice as long each time after
	coolsMost   = 5 * time.Minute
)

// NewGate makes a Gate; the zero Rate has no limit.
func NewGate(r Rate) *Gate {
	return &Gate{rate: r, heeds: true, cools: coolsFor, came: map[string]int64{}}
}

// Status is how a connection fares.
type Status struct {
	NotBefore time.Time        // the system asked for silence until then, zero if it did not
	Broken    time.Time        // the circuit is broken until then, zero if it is whole
	Failed    int              // requests that failed in a row
	Requests  map[string]int64 // that were sent, by what came of them: done, or the word of a Cause
}

// Status gives how the connection fares.
func (g *Gate) Status() Status {
	g.mu.Lock()
	defer g.mu.Unlock()
	s := Status{Broken: g.open, Failed: g.failed, Requests: maps.Clone(g.came)}
	if g.until.After(time.Now()) {
		s.NotBefore = g.until
	}
	return s
}

// Hold lets nothing through before a moment: what another process was told.
func (g *Gate) Hold(until time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.hold(until)
}

func (g *Gate) hold(until time.Time) {
	if until.After(g.until) {
		g.until = until
	}
}

// enter lets a request through, or says how long to wait before asking again. A
// broken circuit says so: who waits for it does something else.
func (g *Gate) enter() (wait time.Duration, broken bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	if !g.open.IsZero() {
		if wait := g.open.Sub(now); wait > 0 {
			return wait, true
		}
		if g.probe {
			return g.cools, true
		}
	}
	if wait := g.until.Sub(now); wait > 0 {
		return wait, false
	}
	if wait := g.full(now); wait > 0 {
		return wait, false
	}
	g.probe = !g.open.IsZero()
	g.flying++
	return 0, false
}

// full says how long it takes until there is room in the window. A request counts
// from its beginning until the window has gone by since its end: whenever between
// the system counted it, it never sees more than it allows.
func (g *Gate) full(now time.Time) time.Duration {
	if g.rate.Most <= 0 {
		return 0
	}
	g.forget(now)
	if g.flying+len(g.done) < g.rate.Most {
		return 0
	}
	if len(g.done) == 0 {
		return 10 * time.Millisecond // all are under way
	}
	return g.done[0].Add(g.rate.Per).Sub(now)
}

func (g *Gate) forget(now time.Time) {
	old := 0
	for old < len(g.done) && !g.done[old].Add(g.rate.Per).After(now) {
		old++
	}
	g.done = g.done[old:]
}

// leave ends a request: with the headers of its answer, whether the system is well,
// and what came of it. A request that the caller broke off says nothing of the
// system.
func (g *Gate) leave(h http.Header, fate fate, came string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if came != "" {
		g.came[came]++
	}
	now := time.Now()
	g.flying--
	if g.rate.Most > 0 {
		g.done = append(g.done, now)
	}
	if h != nil && g.heeds {
		g.heed(h, now)
	}
	probed := g.probe
	g.probe = false
	switch fate {
	case well:
		g.failed, g.trips, g.open = 0, 0, time.Time{}
	case unwell:
		g.failed++
		if g.failed >= breaksAfter && (g.open.IsZero() || probed) {
			cool := min(g.cools<<min(g.trips, 8), coolsMost)
			g.open = now.Add(cool/2 + rand.N(cool/2)) // #nosec G404 -- not a secret
			g.trips++
		}
	}
}

// fate is what a request says of the system.
type fate uint8

const (
	well fate = iota
	unwell
	unknown
)

// heed reads what the system says of its limits.
func (g *Gate) heed(h http.Header, now time.Time) {
	most, knows := number(h, "X-RateLimit-Max", "X-RateLimit-Limit")
	if ms, ok := number(h, "X-RateLimit-Interval-Milliseconds"); ok && knows && most > 0 && ms >= 100 && ms <= int64(time.Hour/time.Millisecond) {
		g.rate = Rate{int(min(most, 1_000_000)), time.Duration(ms) * time.Millisecond}
	}
	if left, ok := number(h, "X-RateLimit-Remaining"); ok {
		g.remain(h, left, now)
	}
	if left, ok := number(h, "X-RateLimit-Daily-Remaining"); ok && left <= 0 {
		reset := now.UTC().Truncate(24 * time.Hour).Add(24 * time.Hour)
		if ms, ok := number(h, "X-RateLimit-Daily-Reset"); ok && ms >= 0 && ms <= (48*time.Hour).Milliseconds() {
			reset = now.Add(time.Duration(ms) * time.Millisecond)
		}
		g.hold(reset)
	}
}

// remain makes room for what others asked of the same limit.
func (g *Gate) remain(h http.Header, left int64, now time.Time) {
	if g.rate.Most > 0 {
		g.forget(now)
		for others := int64(g.rate.Most) - max(left, 0) - int64(g.flying+len(g.done)); others > 0; others-- {
			g.done = append(g.done, now)
		}
		return
	}
	if reset, ok := number(h, "X-RateLimit-Reset"); ok && left <= 0 {
		const epoch = 1_000_000_000 // what is less are seconds from now
		at := time.Unix(reset, 0)
		if reset < epoch {
			at = now.Add(time.Duration(reset) * time.Second)
		}
		if at.Before(now.Add(24 * time.Hour)) {
			g.hold(at)
		}
	}
}

// number reads the first of several headers that is there.
func number(h http.Header, names ...string) (int64, bool) {
	for _, name := range names {
		if n, err := strconv.ParseInt(strings.TrimSpace(h.Get(name)), 10, 64); err == nil {
			return n, true
		}
	}
	return 0, false
}

// retryAfter reads how long to wait: seconds or a date, and where neither is said
// the interval of the limit.
func retryAfter(h http.Header, now time.Time) time.Duration {
	const most = 24 * time.Hour
	text := strings.TrimSpace(h.Get("Retry-After"))
	if n, err := strconv.ParseInt(text, 10, 64); err == nil && n >= 0 {
		return time.Duration(min(n, int64(most/time.Second))) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil {
		return min(max(at.Sub(now), 0), most)
	}
	if ms, ok := number(h, "X-RateLimit-Interval-Milliseconds"); ok && ms > 0 {
		return min(time.Duration(min(ms, most.Milliseconds()))*time.Millisecond, most)
	}
	return 0
}
