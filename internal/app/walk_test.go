package app_test

import (
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/foyer-crm/foyer/internal/foyertest"
	"github.com/foyer-crm/foyer/internal/wire"
)

// Three tenants do whatever the routes offer, in any order, with each other's
// ids as often as with their own: nobody ever sees a word of another's, and at
// the end nobody's tables hold one. FOYER_SOAK makes the walks long.
func TestRandomWalksStayAtHome(t *testing.T) {
	seeds, steps := 30, 100
	if os.Getenv("FOYER_SOAK") != "" {
		seeds, steps = 1000, 300
	}
	type door struct {
		d *wire.Door
		r *wire.Route
		s sample
	}
	each(t, func(t *testing.T, f *foyertest.F, log *journal) {
		all := tenants(t, f, "Alpha", "Beta", "Gamma")
		var ways []door
		for _, d := range f.House.Doors() {
			for i := range d.Routes {
				r := &d.Routes[i]
				row := routes[nameOf(d, r)]
				for _, s := range row.carries {
					ways = append(ways, door{d, r, s})
				}
				if row.plain.body != "" {
					ways = append(ways, door{d, r, row.plain})
				}
			}
		}
		var done, good atomic.Int64
		t.Run("seeds", func(t *testing.T) {
			for seed := range uint64(seeds) {
				pools := make([][]owned, len(all))
				for i, x := range all {
					for range 2 {
						o := x.own(t)
						o["userKey"] = x.vars["liondesk.userKey"]
						pools[i] = append(pools[i], o)
					}
				}
				t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
					t.Parallel()
					r := rand.New(rand.NewPCG(seed, 2026)) // #nosec G404 -- a walk that failed can be walked again
					for step := range steps {
						me, other := r.IntN(len(all)), r.IntN(len(all))
						w := ways[r.IntN(len(ways))]
						got := all[me].call(w.d, w.r, w.s, pools[me][r.IntN(2)], pools[other][r.IntN(2)])
						done.Add(1)
						if got.status < 300 {
							good.Add(1)
						}
						if got.status >= 500 {
							t.Fatalf("step %d: %s %s %s: %s", step, w.r.Method, w.s.pathOf(w.r), w.s.body, got)
						}
						for i, x := range all {
							if i != me && strings.Contains(got.String()+warningsOf(got), x.canary) {
								t.Fatalf("step %d: %s saw a word of %s: %s %s %s: %s", step, all[me].name, x.name, w.r.Method, w.s.pathOf(w.r), w.s.body, got)
							}
						}
					}
				})
			}
		})
		for i, x := range all {
			for _, line := range dump(t, f, x.actor.LocationID) {
				for j, y := range all {
					if i != j && (strings.Contains(line, y.canary) || strings.Contains(line, "location_id="+y.actor.LocationID)) {
						t.Errorf("a row of %s holds a word of %s: %s", x.name, y.name, line)
					}
				}
			}
		}
		if good.Load() < done.Load()/4 {
			t.Errorf("of %d requests only %d were answered with success: the walk leads nowhere", done.Load(), good.Load())
		}
		if strings.Contains(log.String(), `"msg":"panic"`) {
			t.Error("something panicked")
		}
		t.Logf("%d requests, %d of them with success", done.Load(), good.Load())
	})
}
