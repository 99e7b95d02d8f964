package connect_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/foyer-crm/foyer/internal/connect"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/foyertest"
	"github.com/foyer-crm/foyer/internal/remote"
)

// told gives how often each thing was said of the connection.
func (b *bridge) told() map[string]int {
	b.t.Helper()
	n := map[string]int{}
	b.write(func(ctx context.Context, tx *db.Tx) error {
		events, err := crm.EventsBetween(ctx, tx, b.loc, "", "~", 1000)
		for i := range events {
			if strings.HasPrefix(events[i].Type, "connection.") {
				n[events[i].Type]++
			}
		}
		return err
	})
	return n
}

// A system that is not well for a moment is nobody's concern; one that stays so is
// told of once, until it has been well again.
func TestAConnectionThatGoesOnFailingIsToldOfOnce(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		b := newBridge(t, f, plainMapping)
		b.quiet()
		for outage := range 2 {
			b.peer.killed = &remote.Error{Cause: remote.Unavailable, Status: 502, Text: "bad gateway"}
			for range 8 {
				b.pass()
			}
			if n := b.told()["connection.failing"]; n != outage {
				t.Fatalf("told %d times before it failed for long", n)
			}
			b.write(func(ctx context.Context, tx *db.Tx) error {
				long := tx.Now().Add(-9 * time.Minute).UnixMilli()
				return tx.Do(ctx, "UPDATE connections SET failing_since = $2, last_error_at = $2 WHERE location_id = $1", b.loc, long)
			})
			b.pass()
			if n := b.told()["connection.failing"]; n != outage {
				t.Errorf("told %d times after nine minutes", n)
			}
			b.write(func(ctx context.Context, tx *db.Tx) error {
				return tx.Do(ctx, "UPDATE connections SET failing_since = failing_since - 120000, last_error_at = last_error_at - 120000 WHERE location_id = $1", b.loc)
			})
			for range 5 {
				b.pass()
			}
			if n := b.told()["connection.failing"]; n != outage+1 {
				t.Errorf("told %d times after eleven minutes", n)
			}
			b.peer.killed = nil
			b.quiet()
			b.there("", map[string]any{"email": "well@x.example", "city": time.Now().String()})
			b.quiet()
			b.write(func(ctx context.Context, tx *db.Tx) error {
				s, err := connect.StatusOf(ctx, tx, b.loc, b.c.ID)
				if err == nil && (!s.Connection.FailingSince.IsZero() || s.Breaker != "closed") {
					t.Errorf("it is well and does not say so: %+v", s.Connection)
				}
				return err
			})
		}
	})
}

// The status says how long looking through what is here, and the queue, still take.
func TestTheStatusSaysHowLongItTakes(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		b := newBridge(t, f, plainMapping)
		for i := range 20 {
			b.here("", map[string]any{"email": fmt.Sprintf("p%d@x.example", i)})
		}
		b.quiet()
		b.write(func(ctx context.Context, tx *db.Tx) error {
			return tx.Do(ctx, "UPDATE connection_records SET due_at = $2 WHERE location_id = $1 AND local_id IN (SELECT MAX(id) FROM contacts WHERE location_id = $1)", b.loc, time.Now().Add(time.Hour).UnixMilli())
		})
		time.Sleep(2 * time.Millisecond)
		b.write(func(ctx context.Context, tx *db.Tx) error {
			s, err := connect.StatusOf(ctx, tx, b.loc, b.c.ID)
			if err == nil && (s.Queue != 1 || s.PerSecond <= 0 || s.Left <= 0) {
				t.Errorf("%d wait, %v a second, %v left", s.Queue, s.PerSecond, s.Left)
			}
			return err
		})
	})
	now := time.Now()
	flow := connect.Flow{Phase: connect.Looking, BeganAt: now.Add(-time.Hour), Counts: connect.Counts{Read: 9000, Here: 300, Looked: 100, Since: now.Add(-10 * time.Second)}}
	if rate, left := flow.Rate(now); rate != 10 || left != 20*time.Second {
		t.Errorf("%v a second, %v left", rate, left)
	}
}
