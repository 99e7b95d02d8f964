package highlevel

import (
	"strconv"
	"sync"
	"time"

	"github.com/foyer-crm/foyer/internal/wire"
)

// What a token may ask for (contract.md §5). A private token is for one
// location, so that a count by token is one by location too.
const (
	burst     = 100
	burstSpan = 10 * time.Second
	daily     = 200_000 // a day of UTC
)

// limits counts requests by token. The zero value is ready. There are no more
// counts than tokens in force.
type limits struct {
	mu   sync.Mutex
	used map[string]*usage
}

type usage struct {
	span  time.Time // when the present ten seconds began
	burst int
	day   int64 // since 1970
	today int
}

// now gives the counts of a token at a moment.
func (l *limits) now(token string, now time.Time) *usage {
	if l.used == nil {
		l.used = map[string]*usage{}
	}
	u := l.used[token]
	if u == nil {
		u = &usage{}
		l.used[token] = u
	}
	if now.Sub(u.span) >= burstSpan {
		u.span, u.burst = now, 0
	}
	if day := now.Unix() / int64((24 * time.Hour).Seconds()); day != u.day {
		u.day, u.today = day, 0
	}
	return u
}

// take counts a request, and reports whether it is within the limits.
func (l *limits) take(token string, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	u := l.now(token, now)
	if u.burst >= burst || u.today >= daily {
		return false
	}
	u.burst++
	u.today++
	return true
}

// left gives how many requests a token has.
func (l *limits) left(token string, now time.Time) (inBurst, today int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	u := l.now(token, now)
	return burst - u.burst, daily - u.today
}

// counted says in an answer how many requests are left, where they are counted.
func (d *door) counted(c *wire.Call, a wire.Answer) wire.Answer {
	if !d.RateLimit || c.Caller == nil {
		return a
	}
	inBurst, today := d.limits.left(account(c.Caller), time.Now())
	a.Header = a.Header.Clone() // a kept answer must not keep these
	return a.With("X-RateLimit-Limit-Daily", strconv.Itoa(daily)).
		With("X-RateLimit-Daily-Remaining", strconv.Itoa(today)).
		With("X-RateLimit-Interval-Milliseconds", strconv.FormatInt(burstSpan.Milliseconds(), 10)).
		With("X-RateLimit-Max", strconv.Itoa(burst)).
		With("X-RateLimit-Remaining", strconv.Itoa(inBurst))
}
