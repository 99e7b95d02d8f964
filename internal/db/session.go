package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// session is one connection with the statements it has prepared. Preparing is
// most of the cost of a point read, so a statement is prepared once.
type session struct {
	conn     *sql.Conn
	stmts    map[string]*sql.Stmt
	prepare  bool   // SQLite; pgx keeps prepared statements by itself
	location string // the tenant PostgreSQL was told of in this transaction
}

func (d *DB) session(ctx context.Context, cache string) (*session, error) {
	conn, err := d.pool.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("connecting to the database: %w", err)
	}
	s := &session{conn: conn, stmts: map[string]*sql.Stmt{}, prepare: d.kind == SQLite}
	if s.prepare {
		if err := s.run(ctx, "PRAGMA cache_size = "+cache); err != nil {
			return nil, errors.Join(err, s.close())
		}
	}
	return s, nil
}

// stmt gives the prepared statement for a text, nil where the driver prepares.
func (s *session) stmt(ctx context.Context, text string) (*sql.Stmt, error) {
	if !s.prepare {
		return nil, nil
	}
	if st, ok := s.stmts[text]; ok {
		return st, nil
	}
	st, err := s.conn.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	s.stmts[text] = st
	return st, nil
}

// run executes a statement of this package itself.
func (s *session) run(ctx context.Context, text string, args ...any) error {
	st, err := s.stmt(ctx, text)
	if err != nil {
		return err
	}
	if st != nil {
		_, err = st.ExecContext(ctx, args...)
	} else {
		_, err = s.conn.ExecContext(ctx, text, args...)
	}
	return err
}

func (s *session) close() error {
	var failures []error
	for _, st := range s.stmts {
		failures = append(failures, st.Close())
	}
	return errors.Join(append(failures, s.conn.Close())...)
}

// discard closes the connection for good instead of giving it back to the pool.
func (s *session) discard() {
	_ = s.conn.Raw(func(any) error { return errBroken })
	_ = s.close() // the connection is not to be used again whatever this says
}

var errBroken = errors.New("connection given up")

// enter tells PostgreSQL whose rows this transaction may see; its row-level
// security is the second wall behind the predicates.
func (s *session) enter(ctx context.Context, location string) error {
	if s.prepare || s.location == location {
		return nil
	}
	if err := s.run(ctx, "SELECT set_config('foyer.location', $1, true)", location); err != nil {
		return err
	}
	s.location = location
	return nil
}

// Memory for the page cache of a SQLite connection, in negative KiB as SQLite
// wants it. The writer touches the pages of random keys and gets the most.
const (
	writerCache = "-49152"
	readerCache = "-8192"
)

// Read runs f in a read-only transaction of a location: everything it reads is
// of one moment.
func (d *DB) Read(ctx context.Context, location string, f func(ctx context.Context, tx *Tx) error) error {
	var s *session
	select {
	case s = <-d.readers:
	case <-ctx.Done():
		return ctx.Err()
	}
	// A connection that died in the pool is found out at its first statement:
	// one retry on a fresh one, since a read has no effect to repeat.
	for try := 0; ; try++ {
		err := d.readOn(ctx, &s, location, f)
		if err != nil && try == 0 && disconnected(err) {
			continue
		}
		d.readers <- s
		return unavailable(err, "reading")
	}
}

func (d *DB) readOn(ctx context.Context, s **session, location string, f func(ctx context.Context, tx *Tx) error) (err error) {
	if *s == nil {
		if *s, err = d.session(ctx, readerCache); err != nil {
			return err
		}
	}
	begin := "BEGIN"
	if d.kind == Postgres {
		begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
	}
	if err := (*s).run(ctx, begin); err != nil {
		(*s).discard()
		*s = nil
		return err
	}
	done := false
	defer func() {
		// also when f panics: the session must not go back inside a transaction
		(*s).location = ""
		end := (*s).run(context.WithoutCancel(ctx), "ROLLBACK")
		if end != nil || !done || disconnected(err) {
			(*s).discard()
			*s = nil
		}
	}()
	if err = (*s).enter(ctx, location); err == nil {
		err = f(ctx, &Tx{d: d, s: *s, location: location, readOnly: true})
	}
	done = true
	return err
}
