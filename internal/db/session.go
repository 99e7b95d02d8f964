package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// session is one connection with the statements it has prepared. Preparing is
// most of the cost of a point read, so a statement is prepared once.
type session struct {
	conn     *sql.Conn
	stmts    map[string]*sql.Stmt
	pg       *pgx.Conn // PostgreSQL: what conn is underneath; nil for SQLite
	pending  []statement
	location string // the tenant PostgreSQL was told of in this transaction, or nowhere
	lost     bool   // statements of this transaction were not carried out
	broken   bool   // a transaction could not be begun or ended: not to be used again
}

// writer opens a session for a writer.
func (d *DB) writer(ctx context.Context) (*session, error) {
	s, err := d.session(ctx, writerCache)
	if err == nil && d.kind == Postgres {
		// A writer runs the same few statements on keys for ever: planning each
		// anew costs more than running it, and a plan made while a table was
		// small must not go on reading it from end to end.
		for _, set := range []string{"SET plan_cache_mode = force_generic_plan", "SET enable_seqscan = off"} {
			if err = s.run(ctx, set); err != nil {
				s.discard()
				return nil, err
			}
		}
	}
	return s, err
}

func (d *DB) session(ctx context.Context, cache string) (*session, error) {
	conn, err := d.pool.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("connecting to the database: %w", err)
	}
	s := &session{conn: conn, stmts: map[string]*sql.Stmt{}}
	if d.kind == SQLite {
		err = s.run(ctx, "PRAGMA cache_size = "+cache)
	} else {
		err = conn.Raw(func(c any) error {
			s.pg = c.(*stdlib.Conn).Conn() // ours alone while conn is
			return nil
		})
	}
	if err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

// stmt gives the prepared statement for a text, nil for one that is not worth
// preparing.
func (s *session) stmt(ctx context.Context, text string) (*sql.Stmt, error) {
	if len(text) > mostText {
		return nil, nil
	}
	if st, ok := s.stmts[text]; ok {
		return st, nil
	}
	if len(s.stmts) >= mostTexts {
		_ = s.forget() // whatever it says
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
	_, err := s.exec(ctx, text, args...)
	return err
}

// exec executes a statement now, and those that wait before it, and gives the
// number of rows it changed.
func (s *session) exec(ctx context.Context, text string, args ...any) (int64, error) {
	if s.pg != nil {
		if err := s.later(ctx, text, args...); err != nil {
			return 0, err
		}
		return s.flush(ctx)
	}
	st, err := s.stmt(ctx, text)
	if err != nil {
		return 0, fmt.Errorf("%w in %s", err, short(text))
	}
	var r sql.Result
	if st != nil {
		r, err = st.ExecContext(ctx, args...)
	} else {
		r, err = s.conn.ExecContext(ctx, text, args...)
	}
	if err != nil {
		return 0, fmt.Errorf("%w in %s", err, short(text))
	}
	return r.RowsAffected()
}

// query executes a statement that gives rows, and those that wait before it.
func (s *session) query(ctx context.Context, text string, args ...any) (Rows, error) {
	if s.pg != nil {
		return s.queryPipeline(ctx, text, args)
	}
	st, err := s.stmt(ctx, text)
	if err != nil {
		return nil, fmt.Errorf("%w in %s", err, short(text))
	}
	var rows *sql.Rows
	if st != nil {
		rows, err = st.QueryContext(ctx, args...) //nolint:rowserrcheck // whoever reads the rows checks
	} else {
		rows, err = s.conn.QueryContext(ctx, text, args...) //nolint:rowserrcheck // whoever reads the rows checks
	}
	if err != nil {
		return nil, fmt.Errorf("%w in %s", err, short(text))
	}
	return rows, nil
}

func (s *session) close() error {
	return errors.Join(s.forget(), s.conn.Close())
}

// forget closes the prepared statements.
func (s *session) forget() error {
	var failures []error
	for _, st := range s.stmts {
		failures = append(failures, st.Close())
	}
	clear(s.stmts)
	return errors.Join(failures...)
}

// discard closes the connection for good instead of giving it back to the pool:
// ErrBadConn is the only error that makes the pool let go.
func (s *session) discard() {
	_ = s.forget() // the connection is not to be used again whatever these say
	_ = s.conn.Raw(func(any) error { return driver.ErrBadConn })
	_ = s.conn.Close()
}

// aborted reports whether a statement failed in this transaction, whatever
// became of its error. PostgreSQL answers the COMMIT of such a transaction with
// a rollback and no error, which must not be taken for success.
func (s *session) aborted() bool {
	return s.lost || s.pg != nil && s.pg.PgConn().TxStatus() == 'E'
}

// nowhere is the location of a transaction that has entered none. It is no
// location's id, not even the empty one of requests without a known key.
const nowhere = "\x00"

// enter tells PostgreSQL whose rows this transaction may see; its row-level
// security is the second wall behind the predicates.
func (s *session) enter(ctx context.Context, location string) error {
	if s.pg == nil || s.location == location {
		return nil
	}
	if err := s.later(ctx, "SELECT set_config('foyer.location', $1, true)", location); err != nil {
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
	case <-d.drained:
		return ErrClosed
	}
	defer func() { d.readers <- s }() // also when f panics
	// A connection that died in the pool is found out at its first statement:
	// one retry on a fresh one, since a read has no effect to repeat.
	for try := 0; ; try++ {
		err := d.readOn(ctx, &s, location, f)
		if err != nil && try == 0 && disconnected(err) {
			continue
		}
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
	(*s).pending, (*s).lost = nil, false
	if err := (*s).later(ctx, begin); err != nil {
		(*s).discard()
		*s = nil
		return err
	}
	(*s).location = nowhere
	done := false
	defer func() {
		// also when f panics: the session must not go back inside a transaction
		end := (*s).run(context.WithoutCancel(ctx), "ROLLBACK")
		if end != nil || !done || disconnected(err) {
			(*s).discard()
			*s = nil
		}
	}()
	if err = (*s).enter(ctx, location); err == nil {
		tx := &Tx{d: d, s: *s, location: location, readOnly: true}
		defer tx.end() // before the ROLLBACK, also when f panics
		err = f(ctx, tx)
	}
	done = true
	return err
}
