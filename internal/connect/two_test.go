package connect_test

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/foyer-crm/foyer/internal/connect"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/foyertest"
	"github.com/foyer-crm/foyer/internal/remote"
)

// Two processes work on one connection, and each is stopped and begins anew now and
// then: what each of them does is done once.
func TestTwoProcessesDoNothingTwice(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		b := newBridge(t, f, plainMapping)
		b.peer.bad = 0.05
		const people = 40
		ctx, stop := context.WithCancel(t.Context())
		var work sync.WaitGroup
		for node := range 2 {
			work.Go(func() {
				for ctx.Err() == nil {
					g := connect.New(connect.Options{DB: f.DB, Vault: f.Vault, Log: slog.New(slog.DiscardHandler), Pause: time.Millisecond, Kinds: map[string]connect.Open{
						"test": func(context.Context, connect.Opening) (remote.System, error) { return b.peer, nil },
					}})
					life, end := context.WithTimeout(ctx, time.Duration(100+50*node)*time.Millisecond)
					for life.Err() == nil {
						_ = g.Work(life, b.loc, b.c.ID) // it may be the other's, or be cut off
						time.Sleep(time.Millisecond)
					}
					end()
				}
			})
		}
		for i := range people {
			c := b.here("", map[string]any{"email": fmt.Sprintf("h%d@x.example", i), "tags": []string{"here"}})
			b.there("", map[string]any{"email": fmt.Sprintf("t%d@x.example", i)})
			b.listen()
			b.here(c.ID, map[string]any{"city": fmt.Sprint("C", i)})
			b.listen()
		}
		stop()
		work.Wait()
		b.peer.mu.Lock()
		b.peer.bad = 0
		b.peer.mu.Unlock()
		b.quiet()
		here, there := b.both()
		for _, side := range []struct {
			f   *foyertest.F
			loc string
		}{{f, b.loc}, {b.peer.f, b.peer.loc}} {
			if _, n := all(t, side.f, side.loc); n != 2*people {
				t.Errorf("%d people of %d", n, 2*people)
			}
		}
		for i := range people {
			email := fmt.Sprintf("h%d@x.example", i)
			if here[email] == nil || there[email] == nil || *here[email].Text("city") != *there[email].Text("city") {
				t.Errorf("%s is not the same on both sides", email)
			}
		}
		if b.peer.writes > 2*2*people {
			t.Errorf("%d writes there for %d edits", b.peer.writes, 2*people)
		}
		var leased int
		if err := f.DB.Read(t.Context(), b.loc, func(ctx context.Context, tx *db.Tx) error {
			_, err := tx.Get(ctx, []any{&leased}, "SELECT COUNT(*) FROM connections WHERE location_id = $1 AND lease <> ''", b.loc)
			return err
		}); err != nil || leased > 0 {
			t.Errorf("%d leases are left, %v", leased, err)
		}
	})
}
