// Package follow lets engines read what happened: each reads the events of
// every location in their order, from where it stopped, at least once. Nothing
// of it lies on the path of the request that caused an event.
package follow

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
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
	page   = 100              // events that a reader gets at a time
	share  = 7                // times as long as it worked a reader rests: it leaves the machine to the requests
	most   = 4                // locations that a reader is busy in at a time
	turn   = 20 * time.Second // after which a reader makes room for another location's
)

// Reader is told of a location's events, the oldest first. It may be told of the
// same ones again after an error or a crash. After each piece of work it calls
// rest, and returns the error that this gives.
type Reader func(ctx context.Context, locationID string, events []crm.Event, rest func(context.Context) error) error

// Follower wakes the readers of events. Use New.
type Follower struct {
	db    *db.DB
	jobs  *jobs.Runner
	log   *slog.Logger
	names []string

	prompt  []Prompt
	changed watchers
}

// New makes a Follower whose readers run as jobs.
func New(d *db.DB, r *jobs.Runner, log *slog.Logger) *Follower {
	f := &Follower{db: d, jobs: r, log: log}
	d.Watch(f.changed.note)
	return f
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

// Run adds a job for every location that a reader is behind in, and lets the
// prompt readers read, until ctx ends.
func (f *Follower) Run(ctx context.Context) {
	var work sync.WaitGroup
	defer work.Wait()
	work.Go(func() { f.runPrompt(ctx) })
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

// wake adds jobs of one reader, where it is behind and not at work: a second one
// beside it would be told of the same events. Of many locations those come first
// that have waited longest.
func (f *Follower) wake(ctx context.Context, name string) error {
	var locations []string
	err := f.db.Read(ctx, db.System, func(ctx context.Context, tx *db.Tx) (err error) {
		pending, err := jobs.Pending(ctx, tx, job(name))
		if err != nil {
			return err
		}
		room := most
		for _, busy := range pending {
			if busy {
				room--
			}
		}
		locations, err = behindIn(ctx, tx, name, limit())
		locations = slices.DeleteFunc(locations, func(location string) bool { _, has := pending[location]; return has })
		locations = locations[:max(0, min(room, len(locations)))]
		return err
	})
	if err != nil {
		return err
	}
	for _, location := range locations {
		err := f.db.Write(ctx, location, func(ctx context.Context, tx *db.Tx) error {
			return jobs.Add(ctx, tx, jobs.Job{LocationID: location, Kind: job(name), Unique: "behind"})
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// behindIn gives the locations with events that a reader has not been told of,
// those first where it was longest ago that it was told of any.
func behindIn(ctx context.Context, tx *db.Tx, name, below string) (locations []string, err error) {
	const query = `SELECT l.id FROM locations l LEFT JOIN cursors c ON c.location_id = l.id AND c.name = $1
		WHERE EXISTS (SELECT 1 FROM events e WHERE e.location_id = l.id AND e.id > COALESCE(c.event_id, '') AND e.id < $2)
		ORDER BY COALESCE(c.updated_at, 0), l.id`
	return tx.Texts(ctx, query, name, below)
}

// read gives a reader the events of a location that it has not had, and keeps
// its place after each page.
func (f *Follower) read(ctx context.Context, location, name string, read Reader) error {
	worked := time.Now() // since when
	rest := func(ctx context.Context) error {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(share * time.Since(worked)):
		}
		worked = time.Now()
		return nil
	}
	for turnEnds := time.Now().Add(turn); time.Now().Before(turnEnds); {
		var events []crm.Event
		err := f.db.Read(ctx, location, func(ctx context.Context, tx *db.Tx) error {
			at, err := place(ctx, tx, location, name)
			if err != nil {
				return err
			}
			events, err = crm.EventsBetween(ctx, tx, location, at, limit(), page)
			return err
		})
		if err != nil || len(events) == 0 {
			return err
		}
		if err := read(ctx, location, events, rest); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		last := events[len(events)-1].ID
		err = f.db.Write(ctx, location, func(ctx context.Context, tx *db.Tx) error { return keepPlace(ctx, tx, location, name, last) })
		if err != nil || len(events) < page {
			return err
		}
		if err := rest(ctx); err != nil {
			return err
		}
	}
	return jobs.Later(0)
}

// Behind reports whether a reader has events of a thing (contact) of a location to
// be told of, and when it was last told of any.
func Behind(ctx context.Context, tx *db.Tx, location, name, thing string) (behind bool, told time.Time, err error) {
	var at string
	var ms, one int64
	if _, err := tx.Get(ctx, []any{&at, &ms}, "SELECT event_id, updated_at FROM cursors WHERE location_id = $1 AND name = $2", location, name); err != nil {
		return false, told, err
	}
	behind, err = tx.Get(ctx, []any{&one}, "SELECT 1 FROM events WHERE location_id = $1 AND id > $2 AND type LIKE $3 LIMIT 1", location, at, thing+".%")
	return behind, time.UnixMilli(ms), err
}

// Skip tells a reader of nothing that was stored in a location until now: what it
// would make of it has been made. Call it with the moment when that began.
func Skip(ctx context.Context, tx *db.Tx, location, name string, until time.Time) error {
	return keepPlace(ctx, tx, location, name, id.At(until))
}

// place gives the last event that a reader was told of in a location.
func place(ctx context.Context, tx *db.Tx, location, name string) (at string, err error) {
	_, err = tx.Get(ctx, []any{&at}, "SELECT event_id FROM cursors WHERE location_id = $1 AND name = $2", location, name)
	return at, err
}

// keepPlace keeps it. A place never goes back: of two nodes that read at once the
// slower one changes nothing.
func keepPlace(ctx context.Context, tx *db.Tx, location, name, last string) error {
	return tx.Do(ctx, `INSERT INTO cursors (location_id, name, event_id, updated_at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (location_id, name) DO UPDATE SET event_id = excluded.event_id, updated_at = excluded.updated_at WHERE cursors.event_id < excluded.event_id`, location, name, last, tx.Now().UnixMilli())
}
