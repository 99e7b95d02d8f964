package highlevel

import (
	"context"
	"strconv"
	"time"

	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/wire"
)

// limitsOf gives HighLevel's own limits where others were not named (contract.md §5).
func limitsOf(l auth.Limits) auth.Limits {
	if l.Burst == 0 {
		l.Burst = 100
	}
	if l.Span == 0 {
		l.Span = 10 * time.Second
	}
	if l.Daily == 0 {
		l.Daily = 200_000
	}
	return l
}

// count counts a request against the limits of its account. Limited beyond them,
// where they are held to; otherwise it is only said how it stands.
func (d *door) count(ctx context.Context, desk *auth.Desk, c *auth.Caller) error {
	if !d.RateLimit {
		left := desk.Tally(account(c), d.Limits)
		c.Left = &left
		return nil
	}
	left, err := desk.Count(ctx, account(c), d.Limits)
	if err != nil {
		return err
	}
	c.Left = &left
	if !left.Passed {
		return errs.New(errs.Limited, "Too Many Requests")
	}
	return nil
}

// counted says in an answer what the limits are and how many requests are left; to
// a caller without a good token, who has no account, only the first.
func (d *door) counted(c *wire.Call, a wire.Answer) wire.Answer {
	a.Header = a.Header.Clone() // a kept answer must not keep these
	a = a.With("X-RateLimit-Limit-Daily", strconv.Itoa(d.Limits.Daily)).
		With("X-RateLimit-Interval-Milliseconds", strconv.FormatInt(d.Limits.Span.Milliseconds(), 10)).
		With("X-RateLimit-Max", strconv.Itoa(d.Limits.Burst))
	if c.Caller == nil || c.Caller.Left == nil {
		return a
	}
	left := c.Caller.Left
	return a.With("X-RateLimit-Remaining", strconv.Itoa(left.InBurst)).
		With("X-RateLimit-Daily-Remaining", strconv.Itoa(left.Today)).
		With("X-RateLimit-Daily-Reset", strconv.FormatInt(left.ResetDay.Milliseconds(), 10))
}
