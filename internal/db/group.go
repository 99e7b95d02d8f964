package db

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"runtime/debug"
	"time"
)

// command is one caller of Write.
type command struct {
	ctx      context.Context
	location string
	f        func(ctx context.Context, tx *Tx) error
	err      error
	done     chan struct{}
}

const (
	groupMost = 128 // commands that share one commit
	tries     = 12  // runs of one command that keeps losing races
)

// Write runs f in a transaction of a location and returns when it is durably
// stored, or not at all. Commands that come at the same time share a
// transaction and its flush to disk; one that fails takes no other with it.
//
// f may run more than once (a lost race, a neighbour's failure), so it touches
// nothing outside the transaction that a second run would spoil. It returns
// ErrLostRace to be run again. If the outcome cannot be known because the
// database went away during the commit, the error is of kind Unavailable. After
// Close it is ErrClosed.
func (d *DB) Write(ctx context.Context, location string, f func(ctx context.Context, tx *Tx) error) error {
	c := &command{ctx: ctx, location: location, f: f, done: make(chan struct{})}
	select {
	case d.groups[d.writerOf(location)] <- c:
	case <-ctx.Done():
		return ctx.Err()
	case <-d.closing:
		return ErrClosed
	}
	select {
	case <-c.done: // no leaving early: from here on it may be committed
	case <-d.drained:
		select {
		case <-c.done:
		default:
			return ErrClosed // it came as the last writer left, and nobody will run it
		}
	}
	return unavailable(c.err, "writing")
}

// ErrClosed is the error of a Read or Write after Close.
var ErrClosed = errors.New("the database is closed")

// writerOf says which writer is a location's.
func (d *DB) writerOf(location string) int {
	h := fnv.New32a()
	_, _ = h.Write([]byte(location))              // never fails
	return int(h.Sum32() % uint32(len(d.groups))) // #nosec G115 -- a handful of writers
}

// writeGroups is the life of one writer.
func (d *DB) writeGroups(commands <-chan *command) {
	var s *session
	defer func() {
		if s != nil {
			if err := s.close(); err != nil {
				d.log.Error("closing a writer", "err", err)
			}
		}
	}()
	group := make([]*command, 0, groupMost)
	for {
		group = group[:0]
		select {
		case c := <-commands:
			group = append(group, c)
		case <-d.closing:
			select {
			case c := <-commands: // accepted before the close
				group = append(group, c)
			default:
				return
			}
		}
		for more := true; more && len(group) < groupMost; {
			select {
			case c := <-commands:
				group = append(group, c)
			default:
				more = false
			}
		}
		d.crowd.note(len(group))
		d.writeGroup(&s, group)
		if s != nil {
			d.settle(s)
		}
		d.tell(group)
		for _, c := range group {
			close(c.done)
		}
	}
}

// writeGroup commits the commands of a group together if all go well, and each
// in a savepoint of its own if one does not.
func (d *DB) writeGroup(s **session, group []*command) {
	live := make([]*command, 0, len(group))
	for _, c := range group {
		if c.err = c.ctx.Err(); c.err == nil { // the caller may have left while it waited
			live = append(live, c)
		}
	}
	if len(live) == 0 {
		return
	}
	var err error
	for try := range tries {
		if *s == nil {
			if *s, err = d.writer(context.Background()); err != nil {
				break
			}
		}
		var clean bool
		clean, err = d.attempt(*s, live, try > 0)
		if err == nil && clean {
			return
		}
		if (*s).broken || disconnected(err) {
			(*s).discard()
			*s = nil
		}
		if disconnected(err) {
			if errors.Is(err, errCommit) {
				break // stored or not, nobody knows: it must not run twice
			}
			if try > 0 {
				break
			}
		}
		if locked(err) {
			break // it has been waited for long enough
		}
		if err != nil && !again(err) && !disconnected(err) && try > 0 {
			break
		}
		if try > 1 {
			time.Sleep(time.Duration(try) * time.Millisecond)
		}
	}
	if err == nil {
		err = errTooOften
	}
	if len(live) > 1 && !disconnected(err) && !errors.Is(err, errBegin) && !errors.Is(err, errCommit) {
		// what one transaction cannot hold, single ones may
		for _, c := range live {
			d.writeGroup(s, []*command{c})
		}
		return
	}
	for _, c := range live {
		c.err = err
	}
}

var (
	errBegin    = errors.New("beginning a transaction")
	errCommit   = errors.New("committing")
	errTooOften = fmt.Errorf("%w too often", ErrLostRace)
	errAborted  = errors.New("a statement failed and the command went on as if it had not")
)

// attempt runs the commands in one transaction. clean is false if a command
// failed after writing something while it had no savepoint of its own: nothing
// is stored then, and the group is to be run again with savepoints.
func (d *DB) attempt(s *session, group []*command, savepoints bool) (clean bool, err error) {
	ctx := context.Background() // the group outlives any one of its callers
	begin := "BEGIN IMMEDIATE"
	if d.kind == Postgres {
		begin = "BEGIN"
	}
	s.pending, s.lost = nil, false
	if err := s.later(ctx, begin); err != nil {
		s.broken = true
		return false, fmt.Errorf("%w: %w", errBegin, err)
	}
	s.location = nowhere
	committed := false
	defer func() {
		if !committed {
			s.pending = nil
			if e := s.run(ctx, "ROLLBACK"); e != nil {
				s.broken = true
				if err == nil {
					err = e
				}
			}
		}
	}()
	var late []lateRow
	for _, c := range group {
		var tx *Tx
		if savepoints {
			tx, err = d.runSaved(ctx, s, c)
			if err != nil {
				return false, err
			}
		} else {
			tx = &Tx{d: d, s: s, location: c.location}
			c.err = d.runOne(ctx, s, tx, c)
			if disconnected(c.err) {
				return false, c.err
			}
			if c.err != nil && (tx.dirty || down(c.err) || again(c.err)) || s.aborted() {
				return false, nil
			}
		}
		if c.err == nil {
			late = append(late, tx.late...)
		}
	}
	if err := d.writeLate(ctx, s, late); err != nil {
		return false, err
	}
	if _, err := s.flush(ctx); err != nil {
		return false, err
	}
	if s.aborted() {
		return false, errAborted
	}
	if err := s.run(ctx, "COMMIT"); err != nil {
		return false, fmt.Errorf("%w: %w", errCommit, err)
	}
	committed = true
	return true, nil
}

// runSaved runs one command inside a savepoint, again while it loses races. The
// error returned is one of the transaction, not of the command.
func (d *DB) runSaved(ctx context.Context, s *session, c *command) (*Tx, error) {
	for try := 0; ; try++ {
		if err := s.run(ctx, "SAVEPOINT one"); err != nil {
			return nil, err
		}
		tx := &Tx{d: d, s: s, location: c.location}
		if c.err = d.runOne(ctx, s, tx, c); c.err == nil {
			_, c.err = s.flush(ctx)
		}
		s.pending = nil
		if c.err == nil && s.aborted() {
			c.err = errAborted
		}
		if c.err == nil {
			return tx, s.run(ctx, "RELEASE SAVEPOINT one")
		}
		if disconnected(c.err) || pgClass(c.err, "40001", "40P01") {
			return nil, c.err // the whole transaction is gone
		}
		if err := s.run(ctx, "ROLLBACK TO SAVEPOINT one"); err != nil {
			return nil, errors.Join(c.err, err)
		}
		if err := s.run(ctx, "RELEASE SAVEPOINT one"); err != nil {
			return nil, err
		}
		s.location, s.lost = nowhere, false // set_config was rolled back with the savepoint
		if !again(c.err) || try == tries {
			return tx, nil
		}
	}
}

// runOne calls the command's function; a panic in it is that command's failure.
func (d *DB) runOne(ctx context.Context, s *session, tx *Tx, c *command) (err error) {
	defer func() {
		if p := recover(); p != nil {
			tx.dirty = true
			err = fmt.Errorf("panic in a command: %v\n%s", p, debug.Stack())
		}
		tx.end()
	}()
	if err := s.enter(ctx, c.location); err != nil {
		return err
	}
	return c.f(context.WithoutCancel(c.ctx), tx) //nolint:contextcheck // the command's values, not its end
}
