package db_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"slices"
	"testing"

	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/id"
)

// each runs a test on an empty database of either kind.
func each(t *testing.T, f func(t *testing.T, o db.Options)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { f(t, db.Options{Dir: t.TempDir()}) })
	t.Run("postgres", func(t *testing.T) { f(t, postgres(t)) })
}

// postgres gives a schema of its own in the test's PostgreSQL, or skips.
func postgres(t *testing.T) db.Options {
	t.Helper()
	url := os.Getenv("FOYER_TEST_POSTGRES")
	if url == "" {
		t.Skip("skipped: FOYER_TEST_POSTGRES names no PostgreSQL; make test starts one")
	}
	schema := `"t_` + id.UUID()[:13] + `"`
	for _, when := range []struct {
		at   func(func())
		text string
	}{{func(f func()) { f() }, "CREATE SCHEMA " + schema}, {t.Cleanup, "DROP SCHEMA " + schema + " CASCADE"}} {
		when.at(func() {
			pool, err := sql.Open("pgx", url)
			if err == nil {
				_, err = pool.ExecContext(context.Background(), when.text)
				err = errors.Join(err, pool.Close())
			}
			if err != nil {
				t.Fatal(err)
			}
		})
	}
	return db.Options{URL: url, Schema: schema}
}

// open opens a database for the length of a test.
func open(t *testing.T, o db.Options) *db.DB {
	t.Helper()
	d, err := db.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

type command = func(ctx context.Context, tx *db.Tx) error

// system runs a command of no location and expects it to work.
func system(t *testing.T, d *db.DB, f command) {
	t.Helper()
	if err := d.Write(t.Context(), db.System, f); err != nil {
		t.Fatal(err)
	}
}

// name is a command that stores one row, a company of that name.
func name(s string) command {
	return func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, "INSERT INTO companies (id, name, created_at, updated_at) VALUES ($1, $2, 0, 0)", tx.NewID(), s)
		return err
	}
}

// names gives the rows that name has stored, sorted.
func names(t *testing.T, d *db.DB) []string {
	t.Helper()
	all := []string{}
	err := d.Read(context.Background(), db.System, func(ctx context.Context, tx *db.Tx) error {
		rows, err := tx.Query(ctx, "SELECT name FROM companies")
		if err != nil {
			return err
		}
		for rows.Next() {
			var s string
			if err := rows.Scan(&s); err != nil {
				return err
			}
			all = append(all, s)
		}
		return errors.Join(rows.Err(), rows.Close())
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(all)
	return all
}

// number reads one number.
func number(t *testing.T, d *db.DB, location, query string, args ...any) int64 {
	t.Helper()
	var n int64
	err := d.Read(t.Context(), location, func(ctx context.Context, tx *db.Tx) error {
		found, err := tx.Get(ctx, []any{&n}, query, args...)
		if err == nil && !found {
			err = fmt.Errorf("no row: %s", query)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}
