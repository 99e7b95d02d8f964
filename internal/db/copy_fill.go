package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// toPostgres fills a table through COPY. That does not work behind row-level
// security, which is therefore lifted from the owner until the end of the
// transaction.
func (c *Copier) toPostgres(ctx context.Context, from *DB, source *sql.Conn, to *DB, t, target *table) (n int64, err error) {
	conn, err := to.pool.Conn(ctx)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	cursor, err := t.open(ctx, source, from.kind, false)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, cursor.close()) }()
	err = conn.Raw(func(driver any) error {
		pg := driver.(*stdlib.Conn).Conn()
		tx, err := pg.Begin(ctx)
		if err != nil {
			return err
		}
		defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }() // after a commit it does nothing
		if target.forced {
			if _, err := tx.Exec(ctx, "ALTER TABLE "+t.name+" NO FORCE ROW LEVEL SECURITY"); err != nil {
				return err
			}
		}
		n, err = tx.CopyFrom(ctx, pgx.Identifier{t.name}, t.names(), &copySource{cursor: cursor})
		if err != nil {
			return err
		}
		if target.forced {
			if _, err := tx.Exec(ctx, "ALTER TABLE "+t.name+" FORCE ROW LEVEL SECURITY"); err != nil {
				return err
			}
		}
		return tx.Commit(ctx)
	})
	if err != nil {
		return 0, err
	}
	_, err = to.pool.ExecContext(ctx, "ANALYZE "+t.name)
	return n, err
}

// copySource gives a cursor's rows to COPY.
type copySource struct {
	cursor *cursor
	err    error
}

// Next reads a row.
func (s *copySource) Next() bool {
	more, err := s.cursor.next()
	if err == nil && more {
		for i, v := range s.cursor.values {
			if text, is := v.(string); is && (strings.ContainsRune(text, 0) || strings.Contains(text, `\u0000`) && s.cursor.columns[i].kind == "jsonb") {
				err = fmt.Errorf("%s: %s holds a NUL character, which PostgreSQL cannot keep", s.cursor.row(), s.cursor.columns[i].name)
			}
		}
	}
	s.err = err
	return more && err == nil
}

// Values gives the row.
func (s *copySource) Values() ([]any, error) { return s.cursor.values, nil }

// Err gives what ended the rows early.
func (s *copySource) Err() error { return s.err }

// toSQLite fills a table in transactions of many rows.
func (c *Copier) toSQLite(ctx context.Context, from *DB, source *sql.Conn, to *DB, t *table) (n int64, err error) {
	const batch = 20_000 // rows in one transaction
	cursor, err := t.open(ctx, source, from.kind, false)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, cursor.close()) }()
	marks := make([]string, len(t.columns))
	for i := range marks {
		marks[i] = fmt.Sprintf("$%d", i+1)
	}
	insert := "INSERT INTO " + t.name + " (" + strings.Join(t.names(), ", ") + ") VALUES (" + strings.Join(marks, ", ") + ")"
	for {
		did, err := to.insert(ctx, insert, cursor, batch)
		n += did
		if err != nil || did < batch {
			return n, err
		}
		if _, err := to.pool.ExecContext(ctx, "PRAGMA wal_checkpoint(PASSIVE)"); err != nil {
			return n, err
		}
	}
}

// insert stores up to most rows of a cursor in one transaction.
func (d *DB) insert(ctx context.Context, statement string, from *cursor, most int64) (n int64, err error) {
	tx, err := d.pool.BeginTx(ctx, nil)
	if err != nil {
		return 0, err
	}
	defer func() { _ = tx.Rollback() }() // after a commit it does nothing
	insert, err := tx.PrepareContext(ctx, statement)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, insert.Close()) }()
	for n < most {
		more, err := from.next()
		if err != nil {
			return n, err
		}
		if !more {
			break
		}
		if _, err := insert.ExecContext(ctx, from.values...); err != nil {
			return n, fmt.Errorf("%s: %w", from.row(), err)
		}
		n++
	}
	return n, tx.Commit()
}
