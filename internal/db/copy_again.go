package db

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// claim keeps two copies from going into one SQLite file at a time.
func (c *Copier) claim() (release func() error, err error) {
	if c.To.URL != "" {
		return func() error { return nil }, nil
	}
	if err := os.MkdirAll(c.To.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("making the folder: %w", err)
	}
	path := c.To.file() + ".copying"
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("locking it: %w", err)
	}
	if err := LockFile(f); err != nil {
		return nil, errors.Join(fmt.Errorf("another copy goes into %s", c.To.file()), f.Close())
	}
	return func() error { return errors.Join(os.Remove(path), f.Close()) }, nil
}

// clear removes what a copy left in the target that was broken off: a database
// with its mark, or a file without a table. It refuses any other database.
func (c *Copier) clear(ctx context.Context) error {
	if c.To.URL == "" {
		switch _, err := os.Stat(c.To.file()); {
		case errors.Is(err, fs.ErrNotExist):
			return nil
		case err != nil:
			return fmt.Errorf("looking for a database: %w", err)
		}
	}
	to, err := connect(ctx, c.To)
	if err != nil {
		return err
	}
	left, err := to.leftover(ctx)
	if err = errors.Join(err, to.pool.Close()); err != nil || !left || c.To.URL != "" {
		return err
	}
	for _, end := range []string{"-wal", "-shm", ""} {
		if err := os.Remove(c.To.file() + end); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("removing an unfinished copy: %w", err)
		}
	}
	return nil
}

// leftover reports whether a database is what an unfinished copy left, and
// removes its tables where they are in a PostgreSQL.
func (d *DB) leftover(ctx context.Context) (bool, error) {
	tables, err := d.names(ctx)
	if err != nil || len(tables) == 0 {
		return true, err
	}
	conn, err := d.pool.Conn(ctx)
	if err != nil {
		return false, err
	}
	_, err = d.version(ctx, &session{conn: conn})
	if e := conn.Close(); e != nil {
		return false, errors.Join(err, e)
	}
	if !errors.Is(err, ErrUnfinished) {
		return false, fmt.Errorf("there is a database with %d tables already: a copy goes into an empty place", len(tables))
	}
	if d.kind == SQLite {
		return true, nil
	}
	for _, name := range tables {
		if _, err := d.pool.ExecContext(ctx, `DROP TABLE "`+name+`"`); err != nil {
			return false, fmt.Errorf("removing an unfinished copy: %w", err)
		}
	}
	return true, nil
}

// names gives the tables of a database, the one that says what it is last.
func (d *DB) names(ctx context.Context) (all []string, err error) {
	query := "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name = 'schema_migrations', name"
	if d.kind == Postgres {
		query = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace ORDER BY relname = 'schema_migrations', relname"
	}
	rows, err := d.pool.QueryContext(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("looking whether it is empty: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, fmt.Errorf("looking whether it is empty: %w", err)
		}
		all = append(all, name)
	}
	return all, rows.Err()
}
