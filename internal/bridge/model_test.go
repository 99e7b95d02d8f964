package bridge_test

import (
	"context"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/foyer-crm/foyer/internal/connect"
	"github.com/foyer-crm/foyer/internal/db"
)

// Two Foyers, one of them the other's HighLevel; people who edit both at once; a
// network that is slow, breaks off, and gives halves; a front that says it is not
// well, or is well and says otherwise; webhooks that are lost, doubled and out of
// order; and a process that is killed. When it is quiet again both sides are equal
// by the rules: nothing is lost, doubled or back from the dead, and nothing was
// written more than twice for an edit.
//
// FOYER_SOAK plays 1,000 seeds of 200 edits, FOYER_SEEDS another number of them,
// from FOYER_SEED on.
func TestTwoFoyersComeTogether(t *testing.T) {
	each(t, func(t *testing.T, postgres bool) {
		w := newTwo(t, postgres)
		first, seeds, edits := plan()
		for seed := first; seed < first+seeds; seed++ {
			t.Run(strconv.Itoa(seed), func(t *testing.T) { play(t, w, uint64(seed), edits) })
		}
		t.Logf("the wire: %d requests, faults that struck: %v", w.wire.asked, w.wire.faults)
	})
}

// plan gives which seeds are played, and how many edits each has.
func plan() (first, seeds, edits int) {
	seeds, edits = 3, 60
	if os.Getenv("FOYER_SOAK") != "" {
		seeds, edits = 1000, 200
	}
	for name, at := range map[string]*int{"FOYER_SEED": &first, "FOYER_SEEDS": &seeds, "FOYER_EDITS": &edits} {
		if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
			*at = n
		}
	}
	return first, seeds, edits
}

// play plays one seed.
func play(t *testing.T, w *two, seed uint64, edits int) {
	rule := []string{connect.Delete, connect.Archive, connect.Ignore}[seed%3]
	m := &model{world: w.newWorld(t, seed, rule), rule: rule}
	w.wire.written()
	defer func() {
		w.wire.set(0, false)
		w.wire.lay(t, "")
	}()
	for done := 0; done < edits; {
		part := min(edits-done, 20+m.random.IntN(60))
		m.storm(part)
		done += part
		m.settle()
	}
	t.Log(m.ratio)
}

// storm has people edit while the engine works, and everything goes wrong.
func (m *model) storm(edits int) {
	ctx, cancel := context.WithCancel(m.t.Context())
	var work sync.WaitGroup
	m.wire.set(0.1, false)
	work.Go(func() {
		for ctx.Err() == nil {
			m.wire.spoil(m.t)
			if m.wire.pick(6) == 0 {
				m.kill(ctx)
			} else {
				m.pass(ctx, 4)
			}
		}
	})
	for range edits {
		m.edit()
		time.Sleep(time.Duration(m.random.IntN(8)) * time.Millisecond)
	}
	cancel()
	work.Wait()
}

// kill has the process die in the middle of its work.
func (m *model) kill(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	die := time.AfterFunc(time.Duration(m.wire.pick(12000))*time.Microsecond, func() {
		m.wire.set(0, true)
		cancel()
	})
	m.pass(ctx, 4)
	die.Stop()
	cancel()
	m.start()
	m.wire.set(0.1, false)
	m.wire.struck("kill")
}

// settle waits until it is quiet on a network that works, and looks at both sides.
func (m *model) settle() {
	m.t.Helper()
	m.wire.set(0, false)
	m.wire.lay(m.t, "")
	m.start()
	m.quiet()
	m.hurry(true) // what nobody was told of is seen when everything is looked at
	m.quiet()
	if m.status().Rejected > 0 { // put aside in the storm
		m.sides[0].do(func(ctx context.Context, tx *db.Tx) error {
			_, err := connect.Retry(ctx, tx, m.sides[0].by, m.c.ID, "")
			return err
		})
		m.quiet()
	}
	m.check()
}
