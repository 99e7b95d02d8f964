package follow

import (
	"context"
	"fmt"
	"maps"
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

// runPrompt reads where something was stored, and everywhere once a second: what
// other processes store it is not told of.
func (f *Follower) runPrompt(ctx context.Context) {
	var work sync.WaitGroup
	defer work.Wait()
	for _, p := range f.prompt {
		r := &promptRun{f: f, p: p, Changes: f.changed.add(), at: map[string]bool{}, left: map[string]mark{}, room: make(chan struct{}, promptMost)}
		r.listen(ctx)
		work.Go(func() { r.run(ctx, &work) })
	}
}

// promptRun is a prompt reader at work.
type promptRun struct {
	f *Follower
	p Prompt
	*Changes

	since map[string]time.Time // by location; of run alone

	mu   sync.Mutex
	at   map[string]bool // where it is at work; true: something came meanwhile
	left map[string]mark // where it has read on without keeping its place
	room chan struct{}
}

// mark is a place that is not kept yet, and when it was last kept.
type mark struct {
	event string
	kept  time.Time
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

// behind gives the locations that have events behind its place.
func (r *promptRun) behind(ctx context.Context) map[string]bool {
	in := map[string]bool{}
	err := r.f.db.Read(ctx, db.System, func(ctx context.Context, tx *db.Tx) error {
		list, err := behindIn(ctx, tx, r.p.Name, "~") // sorts behind every id
		for _, location := range list {
			in[location] = true
		}
		return err
	})
	if err != nil && ctx.Err() == nil {
		r.f.log.Warn("looking for new events failed; it will be tried again", "reader", r.p.Name, "err", err)
	}
	return in
}

func (r *promptRun) run(ctx context.Context, work *sync.WaitGroup) {
	tick := time.NewTicker(look)
	defer tick.Stop()
	for {
		var in map[string]bool
		select {
		case <-ctx.Done():
			return
		case <-r.Ready():
			in = r.Take()
			if in[db.System] {
				maps.Copy(in, r.behind(ctx))
			}
			if err := Settle(ctx, r.f.db); err != nil {
				return
			}
		case <-tick.C:
			r.listen(ctx)
			in = r.behind(ctx)
		}
		for location, since := range r.since {
			if in[location] && r.begin(location) {
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
		if err != nil {
			return err
		}
		last, due := r.mark(location, events)
		var store func(ctx context.Context, tx *db.Tx) error
		if len(events) > 0 {
			if store, err = r.p.Read(ctx, location, events); err != nil {
				return fmt.Errorf("%s: %w", r.p.Name, err)
			}
		}
		if store != nil || due {
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
		}
		r.keep(location, last, store != nil || due)
		if len(events) == 0 {
			return nil
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

// mark gives the place behind a page, and whether it is to be kept even if nothing
// was made of it: that costs a transaction, so it is done now and again.
func (r *promptRun) mark(location string, events []crm.Event) (last string, due bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	m := r.left[location]
	if last = m.event; len(events) > 0 {
		last = events[len(events)-1].ID
	}
	return last, last != "" && time.Since(m.kept) >= look
}

// keep notes how far a location was read, and whether the place is kept.
func (r *promptRun) keep(location, last string, kept bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	m := mark{event: last, kept: r.left[location].kept}
	if kept {
		m = mark{kept: time.Now()}
	}
	r.left[location] = m
}

// page gives the next events.
func (r *promptRun) page(ctx context.Context, location string, since time.Time, most int) (events []crm.Event, err error) {
	below, err := Settled(ctx, r.f.db)
	if err != nil {
		return nil, err
	}
	err = r.f.db.Read(ctx, location, func(ctx context.Context, tx *db.Tx) error {
		at, err := place(ctx, tx, location, r.p.Name)
		if err != nil {
			return err
		}
		r.mu.Lock()
		at = max(at, r.left[location].event)
		r.mu.Unlock()
		events, err = crm.EventsBetween(ctx, tx, location, max(at, id.At(since)), below, most)
		return err
	})
	return events, err
}

// Settled gives the id below which no event can come to be any more: on PostgreSQL
// where the oldest transaction that writes began. On SQLite that is behind every
// id: it has one writer, whose events are stored in their order.
func Settled(ctx context.Context, d *db.DB) (below string, err error) {
	if d.Kind() != db.Postgres {
		return "~", nil // sorts behind every id
	}
	err = d.Read(ctx, db.System, func(ctx context.Context, tx *db.Tx) error {
		var began int64
		_, err := tx.Get(ctx, []any{&began}, `SELECT CAST(date_part('epoch', LEAST(clock_timestamp(), COALESCE(MIN(xact_start), clock_timestamp()))) * 1000 AS BIGINT)
			FROM pg_stat_activity WHERE datname = current_database() AND backend_xid IS NOT NULL`)
		below = id.At(time.UnixMilli(began).Add(-margin))
		return err
	})
	return below, err
}

// Settle waits until what was stored just now is settled.
func Settle(ctx context.Context, d *db.DB) error {
	if d.Kind() != db.Postgres {
		return ctx.Err()
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(margin):
		return nil
	}
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
