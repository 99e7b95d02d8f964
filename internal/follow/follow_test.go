package follow_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/follow"
	"github.com/foyer-crm/foyer/internal/foyertest"
	"github.com/foyer-crm/foyer/internal/jobs"
)

// heard is what a reader was told, by location.
type heard struct {
	mu     sync.Mutex
	events map[string][]string
	fail   int // pages that are to fail still
}

// read is a slow reader: while it is at work it is looked again who is behind.
func (h *heard) read(ctx context.Context, location string, events []crm.Event, rest func(context.Context) error) error {
	h.mu.Lock()
	first := len(h.events[location]) == 0
	if h.fail > 0 {
		h.fail--
		h.mu.Unlock()
		return errors.New("not now")
	}
	for _, e := range events {
		h.events[location] = append(h.events[location], e.ID)
	}
	h.mu.Unlock()
	if first {
		time.Sleep(1500 * time.Millisecond)
		return nil
	}
	return rest(ctx)
}

func (h *heard) of(location string) []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.events[location])
}

// Every event of every location reaches a reader, in the order of its location,
// also after the reader failed, and once only when nothing went wrong.
func TestAReaderIsToldOfEveryEventInOrder(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		h := &heard{events: map[string][]string{}, fail: 1}
		run(t, f, h)
		here, there := f.Credentials.LocationID, f.Neighbour(t)["locationId"]
		for range 3 { // more than one page in all
			save(t, f, here, 90)
			save(t, f, there, 3)
		}
		for _, location := range []string{here, there} {
			var want []string
			err := f.DB.Read(t.Context(), location, func(ctx context.Context, tx *db.Tx) error {
				list, err := crm.EventsBetween(ctx, tx, location, "", "~", 1000)
				for _, e := range list {
					want = append(want, e.ID)
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			got := h.of(location)
			for deadline := time.Now().Add(time.Minute); len(got) < len(want) && time.Now().Before(deadline); got = h.of(location) {
				time.Sleep(20 * time.Millisecond)
			}
			if !slices.Equal(got, want) {
				t.Errorf("told of %d events, want these %d in their order", len(got), len(want))
			}
		}
	})
}

// run lets a Follower with one reader work until the test ends.
func run(t *testing.T, f *foyertest.F, h *heard) {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	work := jobs.New(f.DB, log)
	follower := follow.New(f.DB, work, log)
	follower.Handle("test", h.read)
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { work.Run(ctx) })
	running.Go(func() { follower.Run(ctx) })
	t.Cleanup(func() {
		stop()
		running.Wait()
	})
}

// save makes n new contacts in a location.
func save(t *testing.T, f *foyertest.F, location string, n int) {
	t.Helper()
	by := crm.Actor{LocationID: location, Origin: "test"}
	for range n {
		err := f.DB.Write(t.Context(), location, func(ctx context.Context, tx *db.Tx) error {
			_, err := crm.SaveContact(ctx, tx, by, crm.Save{Input: crm.Input{Contact: crm.Contact{FirstName: "Ana"}}})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
