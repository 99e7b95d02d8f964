package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/foyertest"
	"github.com/foyer-crm/foyer/internal/jobs"
)

const kind = "test.do"

// desk is a queue with one worker, and what its runs were.
type desk struct {
	t *testing.T
	f *foyertest.F
	*jobs.Runner

	mu   sync.Mutex
	runs []string // "location args attempt"
}

// each runs a test on both databases, with a worker whose runs end as do says.
func each(t *testing.T, do jobs.Handler, test func(d *desk)) {
	t.Helper()
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		d := &desk{t: t, f: f}
		d.Runner = d.worker(f.DB, do)
		test(d)
	})
}

func (d *desk) worker(at *db.DB, do jobs.Handler) *jobs.Runner {
	r := jobs.New(at, slog.New(slog.DiscardHandler))
	r.Handle(kind, func(ctx context.Context, run jobs.Run) error {
		d.mu.Lock()
		d.runs = append(d.runs, fmt.Sprintf("%s %s %d", run.LocationID, run.Args, run.Attempt))
		d.mu.Unlock()
		return do(ctx, run)
	})
	return r
}

func (d *desk) ran() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.runs)
}

func (d *desk) add(list ...jobs.Job) {
	d.t.Helper()
	d.f.System(d.t, func(ctx context.Context, tx *db.Tx) error {
		for _, j := range list {
			if j.Kind == "" {
				j.Kind = kind
			}
			if err := jobs.Add(ctx, tx, j); err != nil {
				return err
			}
		}
		return nil
	})
}

// once runs what is due and expects so many runs.
func (d *desk) once(want int) {
	d.t.Helper()
	n, err := d.Once(d.t.Context())
	if err != nil {
		d.t.Fatal(err)
	}
	if n != want {
		d.t.Errorf("%d jobs ran, not %d", n, want)
	}
}

func (d *desk) exec(query string, args ...any) {
	d.t.Helper()
	d.f.System(d.t, func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, query, args...)
		return err
	})
}

// due makes every job due: time passes.
func (d *desk) due() {
	d.t.Helper()
	d.exec("UPDATE jobs SET run_at = 0")
}

// waiting is a job in the queue.
type waiting struct {
	Attempts int64
	Failed   bool
	Error    string
	In       time.Duration // from now
}

func (d *desk) queue() (all []waiting) {
	d.t.Helper()
	err := d.f.DB.Read(context.Background(), db.System, func(ctx context.Context, tx *db.Tx) error {
		rows, err := tx.Query(ctx, "SELECT attempts, failed, error, run_at FROM jobs ORDER BY id")
		if err != nil {
			return err
		}
		for rows.Next() {
			var w waiting
			var at int64
			if err := rows.Scan(&w.Attempts, &w.Failed, &w.Error, &at); err != nil {
				return err
			}
			w.In = time.Until(time.UnixMilli(at))
			all = append(all, w)
		}
		return errors.Join(rows.Err(), rows.Close())
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return all
}

func done(context.Context, jobs.Run) error { return nil }

func TestAJobRunsOnceAndIsGone(t *testing.T) {
	each(t, done, func(d *desk) {
		d.add(jobs.Job{LocationID: "l", Args: map[string]any{"a": 1}}, jobs.Job{LocationID: "m"}, jobs.Job{LocationID: "l", RunAt: time.Now().Add(time.Hour)})
		d.once(2)
		d.once(0)
		got := d.ran()
		slices.Sort(got)
		for i := range got {
			got[i] = strings.ReplaceAll(got[i], " :", ":") // PostgreSQL writes JSON with spaces
			got[i] = strings.ReplaceAll(got[i], ": ", ":")
		}
		if diff := cmp.Diff([]string{`l {"a":1} 1`, "m {} 1"}, got); diff != "" {
			d.t.Errorf("(-want +got):\n%s", diff)
		}
		if q := d.queue(); len(q) != 1 {
			d.t.Errorf("%d jobs are left, not the one of later", len(q))
		}
		d.due()
		d.once(1)
	})
}

func TestAJobOfATransactionThatFailedIsNone(t *testing.T) {
	each(t, done, func(d *desk) {
		failed := errors.New("failed")
		err := d.f.DB.Write(d.t.Context(), db.System, func(ctx context.Context, tx *db.Tx) error {
			if err := jobs.Add(ctx, tx, jobs.Job{LocationID: "l", Kind: kind}); err != nil {
				return err
			}
			return failed
		})
		if !errors.Is(err, failed) {
			d.t.Fatal(err)
		}
		d.once(0)
	})
}

// A failure is tried again on the curve, ten times in all over three days; after
// that the job stays, with what was wrong, and does not run by itself.
func TestAFailureIsTriedAgainOnTheCurve(t *testing.T) {
	curve := []time.Duration{5 * time.Second, 30 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 14 * time.Hour, 24 * time.Hour}
	fail := func(_ context.Context, r jobs.Run) error { return fmt.Errorf("failure %d", r.Attempt) }
	each(t, fail, func(d *desk) {
		d.add(jobs.Job{LocationID: "l"})
		for i, wait := range curve {
			d.due()
			d.once(1)
			q := d.queue()[0]
			const slack = 5 * time.Second // that the test itself may take
			if q.Failed || q.In < wait-slack || q.In > wait*11/10 || q.Attempts != int64(i+1) || q.Error != fmt.Sprintf("failure %d", i+1) {
				d.t.Errorf("after attempt %d: %+v, should wait %v", i+1, q, wait)
			}
			d.once(0)
		}
		d.due()
		d.once(1)
		d.due()
		d.once(0)
		if q := d.queue(); len(q) != 1 || !q[0].Failed || q[0].Error != "failure 10" {
			d.t.Errorf("in the end: %+v", q)
		}
	})
}

func TestLaterIsNoFailure(t *testing.T) {
	again := true
	each(t, func(context.Context, jobs.Run) error {
		if again {
			return fmt.Errorf("not yet: %w", jobs.Later(time.Hour))
		}
		return nil
	}, func(d *desk) {
		again = true
		d.add(jobs.Job{LocationID: "l"})
		for range 12 { // more often than there are tries
			d.due()
			d.once(1)
			if q := d.queue()[0]; q.Failed || q.Attempts != 0 || q.In < 59*time.Minute || q.In > time.Hour {
				d.t.Fatalf("%+v", q)
			}
		}
		again = false
		d.due()
		d.once(1)
		if q := d.queue(); len(q) != 0 {
			d.t.Errorf("%+v", q)
		}
	})
}

func TestAPanicIsItsOwnJobsFailure(t *testing.T) {
	each(t, func(_ context.Context, r jobs.Run) error {
		if r.LocationID == "bad" {
			panic("boom")
		}
		return nil
	}, func(d *desk) {
		d.add(jobs.Job{LocationID: "bad"}, jobs.Job{LocationID: "good"})
		d.once(2)
		if q := d.queue(); len(q) != 1 || !strings.Contains(q[0].Error, "boom") || q[0].Attempts != 1 {
			d.t.Errorf("%+v", q)
		}
	})
}

func TestAJobThatNobodyDoesWaitsForWhoWill(t *testing.T) {
	each(t, done, func(d *desk) {
		d.add(jobs.Job{LocationID: "l", Kind: "test.unknown"})
		d.once(1)
		if q := d.queue(); len(q) != 1 || !strings.Contains(q[0].Error, "test.unknown") {
			d.t.Errorf("%+v", q)
		}
	})
}

// A run that outlives its lease is taken for dead and the job runs elsewhere.
// What the late one has to say when it comes back counts no more.
func TestTheJobBelongsToWhoeverHoldsTheLease(t *testing.T) {
	for _, c := range []struct {
		says string
		end  error
	}{{"done", nil}, {"failed", errors.New("failed")}, {"later", jobs.Later(time.Hour)}} {
		t.Run(c.says, func(t *testing.T) {
			started := make(chan struct{}, 2)
			goOn := map[int]chan error{1: make(chan error), 2: make(chan error)}
			each(t, func(_ context.Context, r jobs.Run) error {
				started <- struct{}{}
				return <-goOn[r.Attempt]
			}, func(d *desk) {
				d.add(jobs.Job{LocationID: "l"})
				first, second := make(chan struct{}), make(chan struct{})
				go func() { defer close(first); d.once(1) }()
				<-started
				if q := d.queue()[0]; q.In < time.Minute {
					d.t.Errorf("leased for %v only", q.In)
				}
				d.due()
				go func() { defer close(second); d.once(1) }()
				<-started
				before := d.queue()
				goOn[1] <- c.end
				<-first
				after := d.queue()
				if len(after) != 1 || after[0].Attempts != 2 || after[0].Error != "" || after[0].In < before[0].In-time.Minute {
					d.t.Errorf("the late run changed the job from %+v to %+v", before, after)
				}
				goOn[2] <- nil
				<-second
				if q := d.queue(); len(q) != 0 {
					d.t.Errorf("left: %+v", q)
				}
			})
		})
	}
}

// A handler is told to end before another worker takes over.
func TestARunEndsBeforeItsLease(t *testing.T) {
	var left time.Duration
	each(t, func(ctx context.Context, _ jobs.Run) error {
		if end, ok := ctx.Deadline(); ok {
			left = time.Until(end)
		}
		return nil
	}, func(d *desk) {
		left = 0
		d.add(jobs.Job{LocationID: "l"})
		d.once(1)
		if left <= 0 || left >= 2*time.Minute {
			d.t.Errorf("it has %v", left)
		}
	})
}

// A job that ends the program each time it runs does not run for ever.
func TestAJobWhoseRunsNeverEndIsGivenUp(t *testing.T) {
	each(t, done, func(d *desk) {
		d.add(jobs.Job{LocationID: "l"}, jobs.Job{LocationID: "m"})
		d.exec("UPDATE jobs SET attempts = 10, lease = 'of a dead worker', run_at = 0 WHERE location_id = 'l'")
		d.once(1)
		if q := d.queue(); len(q) != 1 || !q[0].Failed || q[0].Error == "" {
			d.t.Errorf("%+v", q)
		}
		if got := d.ran(); len(got) != 1 || !strings.HasPrefix(got[0], "m ") {
			d.t.Errorf("ran: %v", got)
		}
	})
}

func TestAUniqueJobJoinsTheOneThatWaits(t *testing.T) {
	each(t, done, func(d *desk) {
		add := func(location, k, key string) { d.add(jobs.Job{LocationID: location, Kind: k, Unique: key}) }
		for range 3 {
			add("l", kind, "k")
		}
		add("l", kind, "other")
		add("m", kind, "k")
		add("l", kind, "")
		add("l", kind, "")
		if q := d.queue(); len(q) != 5 {
			d.t.Errorf("%d jobs wait, not 5", len(q))
		}
		d.once(5)
		add("l", kind, "k")
		d.once(1)
	})
	started, goOn := make(chan struct{}), make(chan error)
	each(t, func(context.Context, jobs.Run) error {
		started <- struct{}{}
		return <-goOn
	}, func(d *desk) {
		d.add(jobs.Job{LocationID: "l", Unique: "k"})
		end := make(chan struct{})
		go func() { defer close(end); d.once(1) }()
		<-started
		d.add(jobs.Job{LocationID: "l", Unique: "k"}) // what happens now, the run under way may have missed
		goOn <- errors.New("failed")
		<-end
		d.due()
		go func() { goOn <- nil; goOn <- nil }()
		go func() { <-started; <-started }()
		d.once(2)
	})
}

// What a transaction does and leaves a job for, the job sees: also where it
// joined one that was waiting, and was stored only after that one was due.
func TestAJoinedJobSeesWhatItWasJoinedFor(t *testing.T) {
	each(t, nil, func(d *desk) {
		seen := 0
		d.Handle(kind, func(ctx context.Context, _ jobs.Run) error {
			return d.f.DB.Read(ctx, db.System, func(ctx context.Context, tx *db.Tx) error {
				_, err := tx.Get(ctx, []any{&seen}, "SELECT COUNT(*) FROM companies WHERE name = 'of the transaction'")
				return err
			})
		})
		d.add(jobs.Job{LocationID: "l", Unique: "k"})
		joined, store := make(chan struct{}), make(chan struct{})
		end := make(chan error, 1)
		go func() {
			end <- d.f.DB.Write(d.t.Context(), "l", func(ctx context.Context, tx *db.Tx) error {
				if _, err := tx.Exec(ctx, "INSERT INTO companies (id, name, created_at, updated_at) VALUES ($1, 'of the transaction', 0, 0)", tx.NewID()); err != nil {
					return err
				}
				if err := jobs.Add(ctx, tx, jobs.Job{LocationID: "l", Kind: kind, Unique: "k"}); err != nil {
					return err
				}
				close(joined)
				<-store
				return nil
			})
		}()
		<-joined
		tried := make(chan struct{})
		go func() { // on SQLite it waits for the writer, on PostgreSQL it finds nothing free
			defer close(tried)
			if _, err := d.Once(d.t.Context()); err != nil {
				d.t.Error(err)
			}
		}()
		if d.f.DB.Kind() == db.Postgres {
			<-tried
		}
		close(store)
		if err := <-end; err != nil {
			d.t.Fatal(err)
		}
		<-tried
		if _, err := d.Once(d.t.Context()); err != nil {
			d.t.Fatal(err)
		}
		if seen != 1 {
			d.t.Error("the job ran before what it was joined for was there, and not again")
		}
		if q := d.queue(); len(q) != 0 {
			d.t.Errorf("left: %+v", q)
		}
	})
}

// Stopping interrupts runs without counting that as their failure, and keeps
// what others did.
func TestStoppingLosesNothing(t *testing.T) {
	var started sync.WaitGroup
	each(t, func(ctx context.Context, r jobs.Run) error {
		started.Done()
		<-ctx.Done()
		if r.LocationID == "quick" {
			return nil // had done its work when it was told
		}
		return ctx.Err()
	}, func(d *desk) {
		d.add(jobs.Job{LocationID: "quick"}, jobs.Job{LocationID: "slow"})
		started.Add(2)
		ctx, stop := context.WithCancel(d.t.Context())
		stopped := make(chan struct{})
		go func() { defer close(stopped); d.Run(ctx) }()
		started.Wait()
		stop()
		<-stopped
		q := d.queue()
		if len(q) != 1 || q[0].Attempts != 0 || q[0].Failed || q[0].In > 0 {
			d.t.Errorf("after the stop: %+v", q)
		}
	})
}

// A job that takes its time holds up no other, however many they are.
func TestASlowJobHoldsUpNoOther(t *testing.T) {
	const many = 100
	var quick sync.WaitGroup
	each(t, func(_ context.Context, r jobs.Run) error {
		if r.LocationID == "slow" {
			quick.Wait() // it ends after all the others
		} else {
			quick.Done()
		}
		return nil
	}, func(d *desk) {
		quick.Add(many)
		d.add(jobs.Job{LocationID: "slow"})
		for i := range many {
			d.add(jobs.Job{LocationID: fmt.Sprint(i)})
		}
		ctx, stop := context.WithCancel(d.t.Context())
		stopped := make(chan struct{})
		go func() { defer close(stopped); d.Run(ctx) }()
		quick.Wait()
		for len(d.queue()) > 0 {
			runtime.Gosched()
		}
		stop()
		<-stopped
		if n := len(d.ran()); n != many+1 {
			d.t.Errorf("%d runs of %d jobs", n, many+1)
		}
	})
}

// Two nodes on one PostgreSQL share the work, and none is done twice.
func TestTwoNodesShareTheWork(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		if f.DB.Kind() == db.SQLite {
			t.Skip("skipped: SQLite has one node")
		}
		const many = 400
		d := &desk{t: t, f: f}
		var left sync.WaitGroup
		left.Add(many)
		var nodes sync.WaitGroup
		ctx, stop := context.WithCancel(t.Context())
		var did [2]atomic.Int32
		for i := range did {
			other, err := db.Open(t.Context(), db.Options{URL: f.Config.DatabaseURL, Schema: f.Config.Schema})
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := other.Close(); err != nil {
					t.Error(err)
				}
			}()
			w := d.worker(other, func(context.Context, jobs.Run) error {
				did[i].Add(1)
				left.Done()
				return nil
			})
			nodes.Go(func() { w.Run(ctx) })
		}
		for i := range many {
			d.add(jobs.Job{LocationID: fmt.Sprint("l", i)})
		}
		left.Wait()
		stop()
		nodes.Wait()
		seen := map[string]bool{}
		for _, r := range d.ran() {
			if seen[r] {
				t.Errorf("%s was done twice", r)
			}
			seen[r] = true
		}
		if len(seen) != many || did[0].Load() == 0 || did[1].Load() == 0 {
			t.Errorf("%d of %d jobs were done, %d by one node and %d by the other", len(seen), many, did[0].Load(), did[1].Load())
		}
		if q := d.queue(); len(q) != 0 {
			t.Errorf("%d jobs are left", len(q))
		}
	})
}
