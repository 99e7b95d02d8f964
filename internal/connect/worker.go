package connect

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/remote"
)

// worker works on one connection, which it has leased. What it reads of the other
// side and what it writes there never overlap: a page that was read before a write
// would look like an edit back.
type worker struct {
	g      *Engine
	c      *Connection
	system remote.System
	sign   string
	limits map[remote.Kind]map[string]remote.Field
	people people
	ahead  ahead

	mu sync.Mutex // guards c
}

// How many records are settled at a time: a system of others is not to be stormed,
// whatever its limit is; of one's own, all that wait for its answer are written
// there in few transactions, as they are here.
const (
	atATime     = 16
	mostAtATime = 192
	rounds      = 8 // of them are looked up at a time
)

// width is how many records of the connection are settled at a time.
func (w *worker) width() int {
	if w.c.Settings.NoLimit {
		return mostAtATime
	}
	return atATime
}

var (
	errStop   = errors.New("the connection is to rest")
	errFenced = errors.New("another process works on the connection")
	errParent = errors.New("its contact has not crossed yet")
)

// run does all there is to do now.
func (w *worker) run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer w.ahead.drop()
	defer cancel()
	for kind := range w.c.Mapping.Objects {
		if err := w.learn(ctx, kind); err != nil {
			return w.failed(ctx, err)
		}
	}
	for {
		read, err := w.readOn(ctx)
		if err != nil {
			return err
		}
		settled, err := w.settleSome(ctx)
		if err != nil || !read && !settled {
			return err
		}
	}
}

// learn asks which fields can be written.
func (w *worker) learn(ctx context.Context, kind remote.Kind) error {
	if err := w.loadPeople(ctx); err != nil {
		return err
	}
	if w.system.Can(kind) == (remote.Can{}) {
		return nil
	}
	all, err := w.system.Fields(ctx, kind)
	if err != nil {
		return err
	}
	w.limits[kind] = map[string]remote.Field{}
	for _, f := range all {
		w.limits[kind][f.Name] = f
	}
	return nil
}

// settleSome settles records that are due, and reports whether there were any.
func (w *worker) settleSome(ctx context.Context) (any bool, err error) {
	var due []Link
	err = w.g.db.Read(ctx, w.c.LocationID, func(ctx context.Context, tx *db.Tx) (err error) {
		due, err = links.All(ctx, tx, `WHERE location_id = $1 AND connection_id = $2 AND due_at > 0 AND due_at <= $3 AND object NOT IN (
			SELECT f.object FROM connection_flows f WHERE f.location_id = $1 AND f.connection_id = $2 AND f.phase = 'reading' AND f.round = 1) ORDER BY due_at, id LIMIT $4`,
			w.c.LocationID, w.c.ID, tx.Now().UnixMilli(), rounds*w.width())
		return err
	})
	if err != nil || len(due) == 0 {
		return false, err
	}
	var work sync.WaitGroup
	var mu sync.Mutex
	room := make(chan struct{}, w.width())
	for i := range due {
		room <- struct{}{}
		mu.Lock()
		stop := err != nil || ctx.Err() != nil
		mu.Unlock()
		if stop {
			break
		}
		work.Go(func() {
			defer func() { <-room }()
			if e := w.settle(ctx, &due[i]); e != nil {
				mu.Lock()
				err = errors.Join(err, e)
				mu.Unlock()
			}
		})
	}
	work.Wait()
	if err == nil {
		err = ctx.Err()
	}
	return true, err
}

// write runs f in the connection's location, while the lease is this worker's.
func (w *worker) write(ctx context.Context, f func(ctx context.Context, tx *db.Tx) error) error {
	return w.g.db.Write(ctx, w.c.LocationID, func(ctx context.Context, tx *db.Tx) error {
		var sign, status string
		found, err := tx.Get(ctx, []any{&sign, &status}, "SELECT lease, status FROM connections WHERE location_id = $1 AND id = $2 /*postgres FOR SHARE*/", w.c.LocationID, w.c.ID)
		switch {
		case err != nil:
			return err
		case !found || sign != w.sign:
			return errFenced
		case status != Active:
			return errStop
		}
		return f(ctx, tx)
	})
}

// hold keeps the lease until it is stopped, however long the system takes.
func (w *worker) hold(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var work sync.WaitGroup
	work.Go(func() {
		tick := time.NewTicker(lease / 4)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			if err := w.renew(ctx); err != nil && ctx.Err() == nil {
				w.g.log.Warn("the lease of a connection was not renewed", "connection", w.c.ID, "err", err)
			}
		}
	})
	return func() {
		cancel()
		work.Wait()
	}
}

func (w *worker) renew(ctx context.Context) error {
	return w.g.db.Write(db.Quietly(ctx), w.c.LocationID, func(ctx context.Context, tx *db.Tx) error {
		return tx.Do(ctx, "UPDATE connections SET lease_until = $4 WHERE location_id = $1 AND id = $2 AND lease = $3", w.c.LocationID, w.c.ID, w.sign, tx.Now().Add(lease).UnixMilli())
	})
}

func (w *worker) release(ctx context.Context) error {
	counted := w.g.counted(w.c.ID)
	err := w.g.db.Write(db.Quietly(ctx), w.c.LocationID, func(ctx context.Context, tx *db.Tx) error {
		c, err := connections.One(ctx, tx, "WHERE location_id = $1 AND id = $2"+forUpdate, w.c.LocationID, w.c.ID)
		if err != nil || c == nil {
			return err
		}
		if c.lease == w.sign {
			c.lease, c.leaseUntil = "", time.Time{}
		}
		if c.Requests == nil {
			c.Requests = map[string]int64{}
		}
		for came, n := range counted {
			c.Requests[came] += n
		}
		return connections.Update(ctx, tx, c)
	})
	if err == nil {
		w.g.noted(w.c.ID, counted)
	}
	return err
}

// The circuit of a connection.
const (
	breaksAfter = 5 // failures in a row
	longestRest = 5 * time.Minute
	tellsAfter  = 10 * time.Minute // of failing, people are told
)

// failed notes that the system did not do what it was asked. It gives errStop if
// the connection is to rest, and the error if that was none of the system's.
func (w *worker) failed(ctx context.Context, err error) error {
	var e *remote.Error
	if !errors.As(err, &e) {
		if errs.Is(err, errs.Invalid) {
			e = &remote.Error{Cause: remote.Forbidden, Text: reason(err)}
		} else {
			return err
		}
	}
	rest, failing := errStop, false
	change := func(c *Connection, now time.Time) {
		before := c.LastErrorAt
		failing = false
		switch c.LastError, c.LastErrorAt = cut(e.Error()), now; e.Cause {
		case remote.Limited:
			c.OpenUntil = now.Add(max(e.After, w.g.pause))
		case remote.Unauthorized, remote.Forbidden:
			c.Status = Broken
		default:
			if c.FailingSince.IsZero() {
				c.FailingSince = now
			}
			told := c.FailingSince.Add(tellsAfter)
			failing = before.Before(told) && !now.Before(told)
			if c.Failures++; c.Failures < breaksAfter && e.After == 0 {
				rest = nil
				return
			}
			c.OpenUntil = now.Add(max(e.After, w.backOff(c.Failures-breaksAfter)))
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	err = w.g.db.Write(db.Quietly(ctx), w.c.LocationID, func(ctx context.Context, tx *db.Tx) error {
		c, err := locked(ctx, tx, w.c.LocationID, w.c.ID)
		if err != nil || c.lease != w.sign {
			return err
		}
		was := c.Status
		change(c, tx.Now())
		w.c.Failures, w.c.OpenUntil, w.c.Status = c.Failures, c.OpenUntil, c.Status
		if err := connections.Update(ctx, tx, c); err != nil || c.Status == was && !failing {
			return err
		}
		typ := "connection.broken"
		if failing {
			typ = "connection.failing"
		}
		return crm.Emit(ctx, tx, c.actor(), typ, "", c.ID, crm.EventData{Text: crm.Excerpt(c.Name + ": " + e.Error()), Kind: c.Kind})
	})
	if err != nil {
		return err
	}
	return rest
}

// backOff gives a while to wait behind the nth failure: anything up to twice as
// long each time, so that many that failed together do not come together again.
func (w *worker) backOff(n int64) time.Duration {
	const most = 16
	return time.Millisecond + rand.N(min(w.g.pause<<min(max(n, 0), most), longestRest)) // #nosec G404 -- jitter
}

// worked notes that the system did as it was asked.
func (w *worker) worked(ctx context.Context) error {
	const often = 15 * time.Second
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.c.Failures == 0 && time.Since(w.c.LastDoneAt) < often {
		return nil
	}
	w.c.Failures, w.c.LastDoneAt = 0, time.Now()
	return w.g.db.Write(db.Quietly(ctx), w.c.LocationID, func(ctx context.Context, tx *db.Tx) error {
		return tx.Do(ctx, "UPDATE connections SET failures = 0, failing_since = 0, last_done_at = $4 WHERE location_id = $1 AND id = $2 AND lease = $3", w.c.LocationID, w.c.ID, w.sign, tx.Now().UnixMilli())
	})
}

// reason says an error in words for people.
func reason(err error) string {
	e := errs.As(err)
	if e.Text == "" {
		return err.Error()
	}
	text := e.Text
	for _, f := range e.Fields {
		text += " · " + f.Name + ": " + f.Rule
	}
	return text
}

// lasting reports whether an error of a command here will be there the next time.
func lasting(err error) bool {
	return err != nil && errs.KindOf(err) != errs.Internal && errs.KindOf(err) != errs.Unavailable
}
