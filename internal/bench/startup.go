package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/foyer-crm/foyer/internal/app"
)

// The bars of the start, and of a server that has nothing to do.
const (
	mostEmptyStart = 200 * time.Millisecond
	mostFullStart  = 500 * time.Millisecond
	mostMemory     = 60 << 20 // bytes
	idle           = 3 * time.Second
	starts         = 5
)

// startAt is the start measured at one size.
type startAt struct {
	Size   int             `json:"contacts"`
	Took   []time.Duration `json:"tookNs"`
	Median time.Duration   `json:"medianNs"`
	Memory int64           `json:"memoryBytes"`
}

// start measures how long it takes from the start of the program to the first
// 200 of /readyz, and what memory it has when it then has nothing to do.
func (r *runner) start(ctx context.Context) (Section, error) {
	empty := func() (app.Store, func() error, error) {
		dir, err := os.MkdirTemp(r.fixture.dir, "empty-")
		s := app.Store{Data: dir}
		if err == nil && r.DatabaseURL != "" {
			s.DatabaseURL, err = r.fixture.create(ctx, "")
		}
		return s, func() error { //nolint:contextcheck // clears up also after the end
			if s.DatabaseURL != "" {
				if err := r.fixture.drop(s.DatabaseURL); err != nil {
					return err
				}
			}
			return os.RemoveAll(dir)
		}, err
	}
	full := func() (app.Store, func() error, error) { return r.fixture.store, func() error { return nil }, nil }
	var list []startAt
	for _, m := range []struct {
		size  int
		store func() (app.Store, func() error, error)
	}{{0, empty}, {r.fixture.held, full}} {
		at := startAt{Size: m.size}
		for i := range starts {
			if err := r.oneStart(ctx, m.store, &at, i == starts-1); err != nil {
				return Section{}, err
			}
		}
		slices.Sort(at.Took)
		at.Median = at.Took[len(at.Took)/2]
		r.fixture.say("  start at %s contacts: %s, then %.0f MB\n", count(at.Size), ms(at.Median), float64(at.Memory)/(1<<20))
		list = append(list, at)
	}
	return startTable(list), nil
}

func (r *runner) oneStart(ctx context.Context, store func() (app.Store, func() error, error), at *startAt, rest bool) error {
	s, remove, err := store()
	if err != nil {
		return err
	}
	server, err := r.fixture.serve(ctx, r.Binary, s)
	if err != nil {
		return errors.Join(err, remove())
	}
	at.Took = append(at.Took, server.took)
	if rest {
		select {
		case <-time.After(idle):
		case <-ctx.Done():
		}
		at.Memory = server.memory()
	}
	return errors.Join(ctx.Err(), server.stop(), remove())
}

func startTable(list []startAt) Section {
	s := Section{Title: "Start", Figures: list, Head: []string{"contacts", "start, median", "slowest", "memory when idle"}}
	for _, a := range list {
		s.Rows = append(s.Rows, []string{count(a.Size), ms(a.Median), ms(a.Took[len(a.Took)-1]), fmt.Sprintf("%.0f MB", float64(a.Memory)/(1<<20))})
		most := mostEmptyStart
		if a.Size > 0 {
			most = mostFullStart
		}
		s.bar(fmt.Sprintf("start at %s contacts", count(a.Size)), "< "+ms(most), ms(a.Median), a.Median < most)
		s.bar(fmt.Sprintf("memory when idle at %s contacts", count(a.Size)), fmt.Sprintf("< %d MB", mostMemory>>20), fmt.Sprintf("%.0f MB", float64(a.Memory)/(1<<20)), a.Memory < mostMemory)
	}
	return s
}
