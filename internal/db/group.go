package db

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/foyer-crm/foyer/internal/errs"
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
// database went away during the commit, the error is of kind Unavailable.
func (d *DB) Write(ctx context.Context, location string, f func(ctx context.Context, tx *Tx) error) error {
	c := &command{ctx: ctx, location: location, f: f, done: make(chan struct{})}
	select {
	case d.groups <- c:
	case <-ctx.Done():
		return ctx.Err()
	case <-d.closing:
		return errors.New("the database is closed")
	}
	<-c.done // no leaving early: from here on it may be committed
	return unavailable(c.err, "writing")
}

// writeGroups is the life of one writer.
func (d *DB) writeGroups() {
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
		case c := <-d.groups:
			group = append(group, c)
		case <-d.closing:
			select {
			case c := <-d.groups: // accepted before the close
				group = append(group, c)
			default:
				return
			}
		}
		for more := true; more && len(group) < groupMost; {
			select {
			case c := <-d.groups:
				group = append(group, c)
			default:
				more = false
			}
		}
		d.writeGroup(&s, group)
		if s != nil {
			d.settle(s)
		}
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
			if *s, err = d.session(context.Background(), writerCache); err != nil {
				break
			}
		}
		var clean bool
		clean, err = d.attempt(*s, live, try > 0)
		if err == nil && clean {
			return
		}
		if disconnected(err) {
			(*s).discard()
			*s = nil
			if errors.Is(err, errCommit) {
				break // stored or not, nobody knows: it must not run twice
			}
			if try > 0 {
				break
			}
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
	if len(live) > 1 && !disconnected(err) && !errors.Is(err, errCommit) {
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
	errCommit   = errors.New("committing")
	errTooOften = fmt.Errorf("%w too often", ErrLostRace)
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
	if err := s.run(ctx, begin); err != nil {
		return false, err
	}
	s.location = ""
	committed := false
	defer func() {
		if !committed {
			if e := s.run(ctx, "ROLLBACK"); e != nil && err == nil {
				err = e
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
			if c.err != nil && (tx.dirty || down(c.err) || again(c.err) || d.kind == Postgres && !expected(c.err)) {
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
		c.err = d.runOne(ctx, s, tx, c)
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
		s.location = "" // set_config was rolled back with the savepoint
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
	}()
	if err := s.enter(ctx, c.location); err != nil {
		return err
	}
	return c.f(context.WithoutCancel(c.ctx), tx)
}

// expected reports whether err is a command's own answer rather than a failed
// statement, after which PostgreSQL takes nothing more in the transaction.
func expected(err error) bool { return errs.KindOf(err) != errs.Internal }
