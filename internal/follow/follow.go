// Package follow lets engines read what happened: each reads the events of
// every location in their order, from where it stopped, at least once. Nothing
// of it lies on the path of the request that caused an event.
package follow

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/id"
	"github.com/foyer-crm/foyer/internal/jobs"
)

const (
	look = time.Second // how often it is looked who is behind
	// behind keeps a distance to now: an event gets its id when its transaction
	// begins, and may be stored after one that began later on another node.
	behind = time.Second
	page   = 10               // events that a reader gets at a time: it never works for long without a rest
	rest   = 7                // times as long as a page took: readers leave the machine to the requests
	turn   = 20 * time.Second // after which a reader makes room for another location's
)

// Reader is told of a location's events, the oldest first. It may be told of the
// same ones again after an error or a crash.
type Reader func(ctx context.Context, locationID string, events []crm.Event) error

// Follower wakes the readers of events. Use New.
type Follower struct {
	db    *db.DB
	jobs  *jobs.Runner
	log   *slog.Logger
	names []string
}

// New makes a Follower whose readers run as jobs.
func New(d *db.DB, r *jobs.Runner, log *slog.Logger) *Follower {
	return &Follower{db: d, jobs: r, log: log}
}

// Handle registers a reader under the name that its place is kept by, before
// Run. A reader that is new begins with the first event there is.
func (f *Follower) Handle(name string, read Reader) {
	f.names = append(f.names, name)
	f.jobs.Handle(job(name), func(ctx context.Context, run jobs.Run) error {
		return f.read(ctx, run.LocationID, name, read)
	})
}

func job(name string) string { return "follow." + name }

// Run adds a job for every location that a reader is behind in, until ctx ends.
func (f *Follower) Run(ctx context.Context) {
	tick := time.NewTicker(look)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			for _, name := range f.names {
				if err := f.wake(ctx, name); err != nil && ctx.Err() == nil {
					f.log.Warn("looking for new events failed; it will be tried again", "reader", name, "err", err)
				}
			}
		}
	}
}

// limit is the id that events have to be below to be read now.
func limit() string { return id.At(time.Now().Add(-behind)) }

// wake adds the jobs of one reader.
func (f *Follower) wake(ctx context.Context, name string) error {
	var locations []string
	err := f.db.Read(ctx, db.System, func(ctx context.Context, tx *db.Tx) error {
		locations = locations[:0]
		rows, err := tx.Query(ctx, `SELECT id FROM locations WHERE EXISTS (SELECT 1 FROM events WHERE events.location_id = locations.id AND events.id < $2
			AND events.id > COALESCE((SELECT event_id FROM cursors WHERE cursors.location_id = locations.id AND cursors.name = $1), ''))`, name, limit())
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }() // Err says what there is to say
		for rows.Next() {
			var location string
			if err := rows.Scan(&location); err != nil {
				return err
			}
			locations = append(locations, location)
		}
		return rows.Err()
	})
	if err != nil {
		return err
	}
	for _, location := range locations {
		err := f.db.Write(ctx, location, func(ctx context.Context, tx *db.Tx) error {
			// A reader that is at work reads on by itself; a second beside it would
			// be told of the same events.
			if pending, err := jobs.Pending(ctx, tx, location, job(name)); err != nil || pending {
				return err
			}
			return jobs.Add(ctx, tx, jobs.Job{LocationID: location, Kind: job(name), Unique: "behind"})
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// read gives a reader the events of a location that it has not had, and keeps
// its place after each page.
func (f *Follower) read(ctx context.Context, location, name string, read Reader) error {
	for turnEnds := time.Now().Add(turn); ; {
		began := time.Now()
		var events []crm.Event
		err := f.db.Read(ctx, location, func(ctx context.Context, tx *db.Tx) error {
			var at string
			if _, err := tx.Get(ctx, []any{&at}, "SELECT event_id FROM cursors WHERE location_id = $1 AND name = $2", location, name); err != nil {
				return err
			}
			var err error
			events, err = crm.EventsBetween(ctx, tx, location, at, limit(), page)
			return err
		})
		if err != nil || len(events) == 0 {
			return err
		}
		if err := read(ctx, location, events); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		last := events[len(events)-1].ID
		err = f.db.Write(ctx, location, func(ctx context.Context, tx *db.Tx) error {
			return tx.Do(ctx, `INSERT INTO cursors (location_id, name, event_id, updated_at) VALUES ($1, $2, $3, $4)
				ON CONFLICT (location_id, name) DO UPDATE SET event_id = excluded.event_id, updated_at = excluded.updated_at`, location, name, last, tx.Now().UnixMilli())
		})
		if err != nil || len(events) < page {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(rest * time.Since(began)):
		}
		if time.Now().After(turnEnds) {
			return jobs.Later(0)
		}
	}
}
