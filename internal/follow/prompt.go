package follow

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/id"
)

// Prompt is a reader that is told of events as soon as they are stored. Several
// nodes may tell it of the same events at the same time, so what it makes of one
// has a key of its own, and made twice is there once.
type Prompt struct {
	// Name is what the reader's place is kept by.
	Name string
	// Listening gives the locations where anybody listens, and since when: who
	// begins to listen is told of what happens from then on. It is asked once a
	// second; nothing is read of other locations.
	Listening func(ctx context.Context, tx *db.Tx) (map[string]time.Time, error)
	// Read is told of a page of events, the oldest first. It stores what it makes
	// of them in the transaction that also keeps its place.
	Read func(ctx context.Context, locationID string, events []crm.Event) (store func(ctx context.Context, tx *db.Tx) error, err error)
	// Stored is called when that has been stored; nil where nobody waits for it.
	Stored func()
}

const (
	promptPage = 100 // events that a prompt reader gets at a time
	promptMost = 4   // locations that are read at a time
	// While so much is written that requests would wait, a prompt reader gets fewer
	// events at a time, and rests several times as long as it worked behind them.
	crowdedPage  = 40
	crowdedShare = 8
	// margin is how much older than the oldest transaction under way an event on
	// PostgreSQL must be: the clocks of nodes differ, and an id is made before its
	// transaction reaches the database.
	margin = 250 * time.Millisecond
)

// HandlePrompt registers a prompt reader, before Run.
func (f *Follower) HandlePrompt(p Prompt) { f.prompt = append(f.prompt, p) }

// watchers are the prompt readers that are told of what is stored.
type watchers struct {
	mu  sync.Mutex
	all []*changes
}

func (w *watchers) add(c *changes) {
	w.mu.Lock()
	defer w.mu.Unlock()
	c.in, c.ready = map[string]bool{}, make(chan struct{}, 1)
	w.all = append(w.all, c)
}

// note is called for everything that is stored.
func (w *watchers) note(location string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.all {
		c.note(location)
	}
}

// changes are the locations in which something was stored.
type changes struct {
	lock  sync.Mutex
	in    map[string]bool
	ready chan struct{}
}

func (c *changes) note(location string) {
	c.lock.Lock()
	c.in[location] = true
	c.lock.Unlock()
	select {
	case c.ready <- struct{}{}:
	default:
	}
}

func (c *changes) take() map[string]bool {
	c.lock.Lock()
	defer c.lock.Unlock()
	in := c.in
	c.in = map[string]bool{}
	return in
}

// runPrompt reads where something was stored, and everywhere once a second: what
// other processes store it is not told of.
func (f *Follower) runPrompt(ctx context.Context) {
	var work sync.WaitGroup
	defer work.Wait()
	for _, p := range f.prompt {
		r := &promptRun{f: f, p: p, at: map[string]bool{}, room: make(chan struct{}, promptMost)}
		r.listen(ctx)
		f.changed.add(&r.changes)
		work.Go(func() { r.run(ctx, &work) })
	}
}

// promptRun is a prompt reader at work.
type promptRun struct {
	f *Follower
	p Prompt
	changes

	since map[string]time.Time // by location; of run alone

	mu   sync.Mutex
	at   map[string]bool // where it is at work; true: something came meanwhile
	room chan struct{}
}

// listen looks who listens.
func (r *promptRun) listen(ctx context.Context) {
	err := r.f.db.Read(ctx, db.System, func(ctx context.Context, tx *db.Tx) (err error) {
		since, err := r.p.Listening(ctx, tx)
		if err == nil {
			r.since = since
		}
		return err
	})
	if err != nil && ctx.Err() == nil {
		r.f.log.Warn("looking who listens failed; it will be tried again", "reader", r.p.Name, "err", err)
	}
}

func (r *promptRun) run(ctx context.Context, work *sync.WaitGroup) {
	tick := time.NewTicker(look)
	defer tick.Stop()
	for {
		in := map[string]bool{}
		select {
		case <-ctx.Done():
			return
		case <-r.ready:
			in = r.take()
			if r.f.db.Kind() == db.Postgres {
				select { // until then it is not settled
				case <-ctx.Done():
					return
				case <-time.After(margin):
				}
			}
		case <-tick.C:
			r.listen(ctx)
			in[db.System] = true
		}
		for location, since := range r.since {
			if (in[location] || in[db.System]) && r.begin(location) {
				work.Go(func() {
					for again := true; again; again = r.end(location) {
						if err := r.read(ctx, location, since); err != nil && ctx.Err() == nil {
							r.f.log.Warn("reading new events failed; it will be tried again", "reader", r.p.Name, "err", err)
						}
					}
				})
			}
		}
	}
}

// read tells the reader of all that it has not been told of in a location.
func (r *promptRun) read(ctx context.Context, location string, since time.Time) error {
	r.room <- struct{}{}
	defer func() { <-r.room }()
	for {
		began, most := time.Now(), promptPage
		if r.f.db.Crowded() {
			most = crowdedPage
		}
		events, err := r.page(ctx, location, since, most)
		if err != nil || len(events) == 0 {
			return err
		}
		store, err := r.p.Read(ctx, location, events)
		if err != nil {
			return fmt.Errorf("%s: %w", r.p.Name, err)
		}
		last := events[len(events)-1].ID
		err = r.f.db.Write(db.Quietly(ctx), location, func(ctx context.Context, tx *db.Tx) error {
			if store != nil {
				if err := store(ctx, tx); err != nil {
					return err
				}
			}
			return keepPlace(ctx, tx, location, r.p.Name, last)
		})
		if err != nil {
			return err
		}
		if store != nil && r.p.Stored != nil {
			r.p.Stored()
		}
		if len(events) < most || !r.f.db.Crowded() {
			continue // there may be more by now
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(crowdedShare * time.Since(began)):
		}
	}
}

// page gives the next events.
func (r *promptRun) page(ctx context.Context, location string, since time.Time, most int) (events []crm.Event, err error) {
	below := "~" // sorts behind every id
	if r.f.db.Kind() == db.Postgres {
		if below, err = r.f.settled(ctx); err != nil {
			return nil, err
		}
	}
	err = r.f.db.Read(ctx, location, func(ctx context.Context, tx *db.Tx) error {
		at, err := place(ctx, tx, location, r.p.Name)
		if err != nil {
			return err
		}
		events, err = crm.EventsBetween(ctx, tx, location, max(at, id.At(since)), below, most)
		return err
	})
	return events, err
}

// settled gives the id below which no event can come to be on PostgreSQL any more:
// where the oldest transaction that writes began. SQLite needs none: it has one
// writer, whose events are stored in their order.
func (f *Follower) settled(ctx context.Context) (below string, err error) {
	err = f.db.Read(ctx, db.System, func(ctx context.Context, tx *db.Tx) error {
		var began int64
		_, err := tx.Get(ctx, []any{&began}, `SELECT CAST(date_part('epoch', LEAST(clock_timestamp(), COALESCE(MIN(xact_start), clock_timestamp()))) * 1000 AS BIGINT)
			FROM pg_stat_activity WHERE datname = current_database() AND backend_xid IS NOT NULL`)
		below = id.At(time.UnixMilli(began).Add(-margin))
		return err
	})
	return below, err
}

// begin reports whether to begin in a location; where it is at work it looks once
// more when it ends.
func (r *promptRun) begin(location string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, at := r.at[location]
	r.at[location] = at
	return !at
}

// end reports whether something came meanwhile.
func (r *promptRun) end(location string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.at[location] {
		r.at[location] = false
		return true
	}
	delete(r.at, location)
	return false
}
