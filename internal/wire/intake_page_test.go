package wire_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/wire"
)

// Pages of the log, one behind the other, have every entry that the filter
// selects, once, the newest first.
func TestPagesOfTheLogHaveEverythingOnce(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		own := h.Credentials.LocationID
		const people = 7
		for i := range people {
			h.send(t, "POST", "/toy/people", fmt.Sprintf(`{"email":"ana%d@x.example","say":"100%% Sure_%d"}`, i, i))
		}
		h.send(t, "POST", "/toy/people", `{bad`)
		for _, c := range []struct {
			f    wire.LogFilter
			want int
		}{
			{wire.LogFilter{}, people + 1},
			{wire.LogFilter{Result: wire.Refused}, 1},
			{wire.LogFilter{Door: "toy", Result: "created"}, people},
			{wire.LogFilter{Door: "other"}, 0},
			{wire.LogFilter{Text: "ANA3@X"}, 1},
			{wire.LogFilter{Text: "100% sure_"}, people},
			{wire.LogFilter{Text: "100_"}, 0},
			{wire.LogFilter{CredentialID: "nobody"}, 0},
			{wire.LogFilter{Since: time.Now().Add(time.Hour)}, 0},
			{wire.LogFilter{Until: time.Now().Add(-time.Hour)}, 0},
		} {
			c.f.Limit = 3
			seen, last := map[string]bool{}, "~"
			for more := true; more; {
				if err := h.DB.Read(t.Context(), own, func(ctx context.Context, tx *db.Tx) error {
					list, next, err := wire.LogPage(ctx, tx, own, c.f)
					for _, e := range list {
						if seen[e.ID] || e.ID >= last {
							t.Errorf("%+v: %s comes out of its place", c.f, e.ID)
						}
						seen[e.ID], last = true, e.ID
					}
					c.f.Before, more = next, next != ""
					return err
				}); err != nil {
					t.Fatal(err)
				}
			}
			if len(seen) != c.want {
				t.Errorf("%+v: %d entries, not %d", c.f, len(seen), c.want)
			}
		}
		var by map[string]wire.Traffic
		if err := h.DB.Read(t.Context(), own, func(ctx context.Context, tx *db.Tx) (err error) {
			by, _, err = wire.TrafficSince(ctx, tx, own, time.Now().Add(-time.Hour))
			return err
		}); err != nil || by["toy"].Total != people+1 || by["toy"].Refused != 1 || by["toy"].Last.IsZero() {
			t.Errorf("%+v, %v", by, err)
		}
	})
}

// Whoever presses a button twice replays once; whoever means it replays again.
func TestAReplayIsDoneOnce(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		own := h.Credentials.LocationID
		e := h.entry(t, own, h.send(t, "POST", "/toy/people", `{"email":"ana@x.example","say":"hello"}`))
		var work sync.WaitGroup
		for range 4 {
			work.Go(func() {
				if a, err := h.ReplayOnce(t.Context(), e, "first"); err != nil || a.Status >= 300 {
					t.Errorf("%+v, %v", a, err)
				}
			})
		}
		work.Wait()
		if n := h.count(t, "notes", "body = 'hello'"); n != 2 {
			t.Errorf("pressed four times: %d notes, not one more", n)
		}
		if _, err := h.ReplayOnce(t.Context(), e, "second"); err != nil {
			t.Fatal(err)
		}
		if n := h.count(t, "notes", "body = 'hello'"); n != 3 {
			t.Errorf("meant again: %d notes", n)
		}
		var again []wire.LogEntry
		if err := h.DB.Read(t.Context(), own, func(ctx context.Context, tx *db.Tx) (err error) {
			again, err = wire.ReplaysOf(ctx, tx, own, e.ID)
			return err
		}); err != nil || len(again) != 5 {
			t.Errorf("%d replays in the log, %v", len(again), err)
		}
	})
}
