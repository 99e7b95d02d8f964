// Package jobs is the durable queue: what is still to do, added in the
// transaction that makes it necessary, done at least once, tried again on a
// curve, and kept where a person sees it when it fails for good.
package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/id"
)

// Job is something to be done for a location.
type Job struct {
	LocationID string
	Kind       string // package.verb
	// Unique joins jobs that wait: while one with the same key of the same kind
	// has not started, another is not added.
	Unique string
	Args   any       // kept as JSON
	RunAt  time.Time // zero is now
}

type row struct {
	LocationID string
	ID         string
	Kind       string
	Unique     string
	Args       json.RawMessage
	RunAt      time.Time
	Attempts   int64
	Lease      string // fencing token of the run under way
	Failed     bool
	Error      string
	CreatedAt  time.Time
}

var table = db.NewTable("jobs", []string{"location_id", "id"}, func(r *row) []db.Column {
	return []db.Column{
		{Name: "location_id", At: &r.LocationID}, {Name: "id", At: &r.ID}, {Name: "kind", At: &r.Kind}, {Name: "unique_key", At: &r.Unique},
		{Name: "args", At: db.JSON(&r.Args, "{}")}, {Name: "run_at", At: db.Millis(&r.RunAt)}, {Name: "attempts", At: &r.Attempts},
		{Name: "lease", At: &r.Lease}, {Name: "failed", At: &r.Failed}, {Name: "error", At: &r.Error}, {Name: "created_at", At: db.Millis(&r.CreatedAt)},
	}
})

// Add adds a job in the transaction of what makes it necessary. It returns
// db.ErrLostRace when that has to run again.
func Add(ctx context.Context, tx *db.Tx, j Job) error {
	args, err := json.Marshal(j.Args)
	if err != nil {
		return fmt.Errorf("adding a job %s: %w", j.Kind, err)
	}
	if j.RunAt.IsZero() {
		j.RunAt = tx.Now()
	}
	r := &row{LocationID: j.LocationID, ID: tx.NewID(), Kind: j.Kind, Unique: j.Unique, Args: args, RunAt: j.RunAt, CreatedAt: tx.Now()}
	if j.Unique == "" || tx.Kind() == db.SQLite { // which has one writer at a time
		return table.Ensure(ctx, tx, r)
	}
	// It joins one that waits, and keeps it waiting until this transaction is
	// stored: a run that began before could not see what it is about.
	var one int64
	waits, err := tx.Get(ctx, []any{&one}, "SELECT 1 FROM jobs WHERE location_id = $1 AND kind = $2 AND unique_key = $3 /*postgres FOR SHARE*/", j.LocationID, j.Kind, j.Unique)
	if err != nil || waits {
		return err
	}
	isNew, err := table.InsertIfAbsent(ctx, tx, r)
	if err == nil && !isNew {
		err = db.ErrLostRace // another was added in between
	}
	return err
}

// Pending gives the locations that have a job of a kind, over all of them: true
// where it runs or is due, false where it waits to be tried again.
func Pending(ctx context.Context, tx *db.Tx, kind string) (_ map[string]bool, err error) {
	all := map[string]bool{}
	var location string
	var busy bool
	err = tx.Each(ctx, []any{&location, &busy}, func() error {
		all[location] = all[location] || busy
		return nil
	}, "SELECT location_id, lease <> '' OR run_at <= $2 FROM jobs WHERE kind = $1 AND NOT failed", kind, tx.Now().UnixMilli())
	return all, err
}

// Later is what a handler returns to be run again after d without that being a
// failure.
func Later(d time.Duration) error { return later(d) }

type later time.Duration

func (l later) Error() string { return "again in " + time.Duration(l).String() }

// Run is one run of a job.
type Run struct {
	LocationID string
	Args       json.RawMessage
	Attempt    int // from 1 on
}

// Handler does the work of one kind of job. nil is done, Later is not yet, an
// error is a failure: the job is tried again on the curve. A run that outlives
// its lease may overlap with the next one, so a handler must bear being run
// twice.
type Handler func(ctx context.Context, r Run) error

// Runner runs jobs until its context ends. Make one with New, Handle all kinds,
// then Run.
type Runner struct {
	db       *db.DB
	log      *slog.Logger
	handlers map[string]Handler
}

// The curve: how long after which attempt a job is tried again, and how long a
// run may take before another worker takes the job over.
var curve = []time.Duration{5 * time.Second, 30 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 14 * time.Hour, 24 * time.Hour}

const (
	lease = 2 * time.Minute
	poll  = 250 * time.Millisecond
	batch = 16
)

// New makes a Runner.
func New(d *db.DB, log *slog.Logger) *Runner {
	return &Runner{db: d, log: log, handlers: map[string]Handler{}}
}

// Handle says who does a kind of job. Call it before Run.
func (r *Runner) Handle(kind string, h Handler) { r.handlers[kind] = h }

// Run works until ctx ends, then waits for the runs under way. A slow one holds
// up no other: each that ends makes room for the next.
func (r *Runner) Run(ctx context.Context) {
	if err := r.release(ctx); err != nil && ctx.Err() == nil {
		r.log.Warn("jobs that were cut short cannot be released; they wait for their leases to end", "err", err)
	}
	tick := time.NewTicker(poll)
	defer tick.Stop()
	var work sync.WaitGroup
	defer work.Wait()
	ended := make(chan struct{}, batch)
	for room := batch; ; {
		for len(ended) > 0 {
			<-ended
			room++
		}
		if room > 0 {
			due, err := r.claim(ctx, room)
			if err != nil && ctx.Err() == nil {
				r.log.Error("jobs cannot be read; they will be tried again", "err", err)
			}
			for _, j := range due {
				work.Go(func() {
					r.run(ctx, j)
					ended <- struct{}{}
				})
			}
			room -= len(due)
		}
		var crowded <-chan struct{}
		if room == 0 {
			crowded = ended // there may be more to do: as soon as one ends
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-crowded:
			room++
		}
	}
}

// release makes jobs due again that a process had leased which is no more. On
// SQLite, which has one server at a time, those are all; on PostgreSQL another one
// may be at work.
func (r *Runner) release(ctx context.Context) error {
	if r.db.Kind() != db.SQLite {
		return nil
	}
	return r.db.Write(ctx, db.System, func(ctx context.Context, tx *db.Tx) error {
		return tx.Do(ctx, "UPDATE jobs SET lease = '', run_at = $1 WHERE lease <> '' AND NOT failed", tx.Now().UnixMilli())
	})
}

// Once runs the jobs that are due now, at most batch of them, and says how many
// it ran.
func (r *Runner) Once(ctx context.Context) (int, error) {
	due, err := r.claim(ctx, batch)
	if err != nil {
		return 0, err
	}
	var work sync.WaitGroup
	for _, j := range due {
		work.Go(func() { r.run(ctx, j) })
	}
	work.Wait()
	return len(due), nil
}

// claim leases at most room jobs that are due. The look is a read, so that an
// idle queue writes nothing.
func (r *Runner) claim(ctx context.Context, room int) (due []row, err error) {
	const tail = "WHERE run_at <= $1 AND NOT failed ORDER BY run_at LIMIT $2"
	now := time.Now().UnixMilli()
	err = r.db.Read(ctx, db.System, func(ctx context.Context, tx *db.Tx) error {
		due, err = table.All(ctx, tx, tail, now, room)
		return err
	})
	if err != nil || len(due) == 0 {
		return nil, err
	}
	err = r.db.Write(ctx, db.System, func(ctx context.Context, tx *db.Tx) error {
		found, err := table.All(ctx, tx, tail+" /*postgres FOR UPDATE SKIP LOCKED*/", now, room)
		if err != nil {
			return err
		}
		due = due[:0]
		for _, j := range found {
			if int(j.Attempts) > len(curve) {
				// It took the program with it, or outlived its lease, too often.
				j.Failed, j.Lease, j.Error = true, "", "its last run did not come to an end"
				if err := table.Update(ctx, tx, &j); err != nil {
					return err
				}
				continue
			}
			// The key is given up: what happens from now on needs a new job.
			j.Unique, j.Lease, j.RunAt = "", id.UUID(), tx.Now().Add(lease)
			j.Attempts++
			if err := table.Update(ctx, tx, &j); err != nil {
				return err
			}
			due = append(due, j)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return due, nil
}

// run runs one leased job and records what became of it, unless the lease was
// lost to another worker meanwhile.
func (r *Runner) run(ctx context.Context, j row) {
	err := r.call(ctx, j)
	if ctx.Err() != nil && err != nil {
		err = Later(0) // stopped, not failed: whoever comes next runs it
	}
	// What a job did is recorded even if the program is being stopped.
	recorded := r.db.Write(context.WithoutCancel(ctx), db.System, func(ctx context.Context, tx *db.Tx) error {
		if err == nil {
			_, e := tx.Exec(ctx, "DELETE FROM jobs WHERE location_id = $1 AND id = $2 AND lease = $3", j.LocationID, j.ID, j.Lease)
			return e
		}
		next, attempts, failed := tx.Now(), j.Attempts, false
		var l later
		switch {
		case errors.As(err, &l):
			next, attempts = next.Add(time.Duration(l)), attempts-1
		case int(j.Attempts) > len(curve):
			failed = true
		default:
			d := curve[j.Attempts-1]
			next = next.Add(d + rand.N(d/10+1)) // #nosec G404 -- spreads retries, keeps no secret
		}
		_, e := tx.Exec(ctx, "UPDATE jobs SET run_at = $4, attempts = $5, failed = $6, error = $7, lease = '' WHERE location_id = $1 AND id = $2 AND lease = $3",
			j.LocationID, j.ID, j.Lease, next.UnixMilli(), attempts, failed, err.Error())
		return e
	})
	if recorded != nil {
		r.log.Error("a job's outcome cannot be recorded; it will run again", "kind", j.Kind, "job", j.ID, "err", recorded)
	}
	var l later
	if err != nil && !errors.As(err, &l) {
		r.log.Warn("job failed", "kind", j.Kind, "job", j.ID, "attempt", j.Attempts, "err", err)
	}
}

func (r *Runner) call(ctx context.Context, j row) (err error) {
	h, ok := r.handlers[j.Kind]
	if !ok {
		return fmt.Errorf("nobody does jobs of kind %s", j.Kind)
	}
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, lease*9/10)
	defer cancel()
	if len(j.Args) == 0 {
		j.Args = json.RawMessage("{}") // a column keeps its empty value as none
	}
	return h(ctx, Run{LocationID: j.LocationID, Args: j.Args, Attempt: int(j.Attempts)})
}
