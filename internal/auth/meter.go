package auth

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/foyer-crm/foyer/internal/db"
)

// Limits are how much an account may ask: so many requests in a span that
// begins with the first of them, and so many a day of UTC.
type Limits struct {
	Burst int
	Span  time.Duration
	Daily int
}

// Left is what a request leaves its account.
type Left struct {
	Limits
	Passed   bool // the request was within the limits
	InBurst  int
	Today    int
	ResetDay time.Duration // until the next day
}

const wholeDay = 24 * time.Hour

// meter counts what accounts ask. There are no more counts than accounts in
// force. SQLite has one process, which counts in memory; several processes on
// one PostgreSQL count there, by its clock.
type meter struct {
	mu   sync.Mutex
	used map[string]*usage
}

type usage struct {
	span  time.Time // when the present span began
	burst int
	day   int64 // since 1970
	today int
	shut  time.Time // PostgreSQL: refused until then, without asking it again
}

// Count counts a request of an account, and says whether it is within the
// limits and what is left. An error is the database's.
func (d *Desk) Count(ctx context.Context, account string, l Limits) (Left, error) {
	if d.db.Kind() == db.Postgres {
		return d.meter.ask(ctx, d.db, account, l)
	}
	return d.meter.take(account, l, time.Now()), nil
}

// Tally counts a request of an account in this process alone, for whoever is only
// to know.
func (d *Desk) Tally(account string, l Limits) Left { return d.meter.take(account, l, time.Now()) }

// of gives the counts of an account. The caller has the lock.
func (m *meter) of(account string) *usage {
	if m.used == nil {
		m.used = map[string]*usage{}
	}
	u := m.used[account]
	if u == nil {
		u = &usage{}
		m.used[account] = u
	}
	return u
}

// take counts in memory.
func (m *meter) take(account string, l Limits, now time.Time) Left {
	m.mu.Lock()
	defer m.mu.Unlock()
	u := m.of(account)
	if now.Sub(u.span) >= l.Span {
		u.span, u.burst = now, 0
	}
	if day := now.Unix() / int64(wholeDay.Seconds()); day != u.day {
		u.day, u.today = day, 0
	}
	passed := u.burst < l.Burst && u.today < l.Daily
	if passed {
		u.burst++
		u.today++
	}
	return l.left(passed, u.burst, u.today, now)
}

func (l Limits) left(passed bool, burst, today int, now time.Time) Left {
	return Left{Limits: l, Passed: passed, InBurst: max(l.Burst-burst, 0), Today: max(l.Daily-today, 0), ResetDay: wholeDay - time.Duration(now.UnixNano())%wholeDay}
}

// counting counts a request in PostgreSQL, in one statement on one row of a
// table without a log: no commit waits for a disk. $1 is the account, $2 the span
// in milliseconds, $3 and $4 are the limits.
func counting() string {
	const statement = `INSERT INTO rate_limits AS r (account, span_at, burst, day, today, passed)
		SELECT $1, t.now, t.one, t.now / 86400000, t.one, t.one > 0
		FROM (SELECT NOW AS now, CASE WHEN $3::bigint > 0 AND $4::bigint > 0 THEN 1 ELSE 0 END AS one) t
		ON CONFLICT (account) DO UPDATE SET
			span_at = CASE WHEN excluded.span_at - r.span_at >= $2 THEN excluded.span_at ELSE r.span_at END,
			burst = BURST + CASE WHEN PASSED THEN 1 ELSE 0 END,
			day = GREATEST(excluded.day, r.day),
			today = TODAY + CASE WHEN PASSED THEN 1 ELSE 0 END,
			passed = PASSED
		RETURNING burst, today, passed, span_at + $2 - NOW`
	text := strings.ReplaceAll(statement, "PASSED", "(BURST < $3 AND TODAY < $4)")
	return strings.NewReplacer(
		"NOW", "(EXTRACT(EPOCH FROM clock_timestamp()) * 1000)::bigint",
		"BURST", "CASE WHEN excluded.span_at - r.span_at >= $2 THEN 0 ELSE r.burst END",
		"TODAY", "CASE WHEN excluded.day > r.day THEN 0 ELSE r.today END",
	).Replace(text)
}

// ask counts in the database. Whoever was refused is refused until the span is
// over, at the price of nothing.
func (m *meter) ask(ctx context.Context, d *db.DB, account string, l Limits) (Left, error) {
	now := time.Now()
	if u, shut := m.isShut(account, now); shut {
		return l.left(false, u.burst, u.today, now), nil
	}
	var burst, today, wait int64
	var passed bool
	err := d.Write(ctx, db.System, func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Get(ctx, []any{&burst, &today, &passed, &wait}, counting(), account, l.Span.Milliseconds(), l.Burst, l.Daily)
		return err
	})
	if err != nil {
		return Left{}, fmt.Errorf("counting a request: %w", err)
	}
	if !passed && burst >= int64(l.Burst) {
		m.shut(account, usage{burst: int(burst), today: int(today), shut: now.Add(time.Duration(wait) * time.Millisecond)})
	}
	return l.left(passed, int(burst), int(today), now), nil
}

func (m *meter) isShut(account string, now time.Time) (usage, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	u, known := m.used[account]
	if !known || !now.Before(u.shut) {
		return usage{}, false
	}
	return *u, true
}

func (m *meter) shut(account string, u usage) {
	m.mu.Lock()
	defer m.mu.Unlock()
	*m.of(account) = u
}
