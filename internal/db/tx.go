package db

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Tx is a transaction of one location. It cannot reach the pool, so nobody can
// wait for the connection they hold.
type Tx struct {
	d        *DB
	s        *session
	location string
	readOnly bool
	dirty    bool // something was written
	late     []lateRow
	rows     Rows // of the last Query
	now      time.Time
}

// end closes what the command left open: a panic, or a return that forgot it,
// must not keep the connection from ever being used or closed again.
func (t *Tx) end() {
	if t.rows != nil {
		_ = t.rows.Close() // nobody reads on, so nobody misses an error
	}
}

// ready refuses a statement while the rows of another are not closed. PostgreSQL
// needs that; SQLite is held to it, so that its tests find who forgets.
func (t *Tx) ready(query string) error {
	if t.rows != nil {
		return fmt.Errorf("the rows of an earlier statement are still open in %s", short(query))
	}
	return nil
}

// reading are the rows of a transaction's last Query until they are closed.
type reading struct {
	Rows
	of *Tx
}

// Close ends the reading: the transaction can go on to its next statement.
func (r reading) Close() error {
	r.of.rows = nil
	return r.Rows.Close()
}

// Now is the time of the transaction in UTC, to the millisecond: everything one
// transaction does happens at one moment.
func (t *Tx) Now() time.Time {
	if t.now.IsZero() {
		t.now = time.Now().UTC().Truncate(time.Millisecond)
	}
	return t.now
}

// NewID makes an id; see package id.
func (t *Tx) NewID() string { return t.d.ids.New(t.Now()) }

// Kind says which database it is.
func (t *Tx) Kind() Kind { return t.d.kind }

// Location is the tenant of the transaction, System for none.
func (t *Tx) Location() string { return t.location }

// Exec runs a statement and gives the number of rows it changed.
func (t *Tx) Exec(ctx context.Context, query string, args ...any) (int64, error) {
	text, err := t.d.text(t.location, query)
	if err != nil {
		return 0, err
	}
	if err := t.ready(query); err != nil {
		return 0, err
	}
	t.dirty = true
	return t.s.exec(ctx, text, args...)
}

// Do runs a statement whose result nobody waits for: cheaper than Exec where
// the database is another process. If it fails the transaction does, though
// perhaps only at a later statement.
func (t *Tx) Do(ctx context.Context, query string, args ...any) error {
	text, err := t.d.text(t.location, query)
	if err != nil {
		return err
	}
	if err := t.ready(query); err != nil {
		return err
	}
	t.dirty = true
	return t.s.later(ctx, text, args...)
}

// Query runs a statement whose columns are known only when it has run. The caller
// closes the rows before its next statement. What has known columns is read by Each.
func (t *Tx) Query(ctx context.Context, query string, args ...any) (Rows, error) {
	text, err := t.d.text(t.location, query)
	if err != nil {
		return nil, err
	}
	if err := t.ready(query); err != nil {
		return nil, err
	}
	rows, err := t.s.query(ctx, text, args...)
	if err != nil {
		return nil, err
	}
	t.rows = rows
	return reading{rows, t}, nil
}

// Each scans one row after the other of a statement into dest and calls take for
// each, which runs no statement of its own.
func (t *Tx) Each(ctx context.Context, dest []any, take func() error, query string, args ...any) (err error) {
	rows, err := t.Query(ctx, query, args...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		if err := rows.Scan(dest...); err != nil {
			return fmt.Errorf("%w in %s", err, short(query))
		}
		if err := take(); err != nil {
			return err
		}
	}
	return rows.Err()
}

// Texts gives the texts of a statement of one column.
func (t *Tx) Texts(ctx context.Context, query string, args ...any) (all []string, err error) {
	var s string
	err = t.Each(ctx, []any{&s}, func() error {
		all = append(all, s)
		return nil
	}, query, args...)
	return all, err
}

// Get scans the first row of a statement into dest. found is false if there is none.
func (t *Tx) Get(ctx context.Context, dest []any, query string, args ...any) (found bool, err error) {
	rows, err := t.Query(ctx, query, args...)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	if !rows.Next() {
		return false, rows.Err()
	}
	if err := rows.Scan(dest...); err != nil {
		return false, fmt.Errorf("%w in %s", err, short(query))
	}
	return true, nil
}

func short(query string) string {
	const most = 120
	if len(query) > most {
		return query[:most] + "…"
	}
	return query
}
