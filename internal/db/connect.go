package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"modernc.org/sqlite"
)

// file is where the SQLite database is.
func (o Options) file() string {
	if o.File != "" {
		return filepath.Join(o.Dir, o.File)
	}
	return filepath.Join(o.Dir, databaseName)
}

// databaseName is the name of the SQLite file in its folder.
const databaseName = "foyer.db"

// connect opens the database as it is, whatever its schema.
func connect(ctx context.Context, o Options) (*DB, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	d := &DB{strict: o.Strict, log: o.Log, dir: o.Dir, file: o.file(), unfinished: o.unfinished, closing: make(chan struct{}), drained: make(chan struct{})}
	var err error
	if o.URL != "" {
		d.kind = Postgres
		d.pool, err = openPostgres(o)
	} else {
		d.pool, err = openSQLite(o)
	}
	if err != nil {
		return nil, err
	}
	d.readers = make(chan *session, readSessions)
	for range readSessions {
		d.readers <- nil // made when first needed
	}
	if err := d.check(ctx); err != nil {
		return nil, errors.Join(err, d.pool.Close())
	}
	return d, nil
}

func openSQLite(o Options) (*sql.DB, error) {
	if o.Dir == "" {
		return nil, errors.New("no data folder given")
	}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("making the data folder: %w", err)
	}
	// The file exists with narrow rights before SQLite would make it with wide ones.
	path := o.file()
	if err := restored(o.Dir); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening the database: %w", err)
	}
	if err := f.Close(); err != nil {
		return nil, fmt.Errorf("opening the database: %w", err)
	}
	q := url.Values{}
	for _, p := range []string{
		"busy_timeout(10000)", // first: changing the journal mode may already have to wait
		"journal_mode(WAL)",
		"synchronous(FULL)", // NORMAL loses acknowledged commits in a power cut
		"foreign_keys(OFF)",
		"temp_store(MEMORY)",
		"wal_autocheckpoint(0)", // see checkpoints
		"journal_size_limit(67108864)",
	} {
		q.Add("_pragma", p)
	}
	c, err := sqlite.NewConnector("file:" + (&url.URL{Path: path}).EscapedPath() + "?" + q.Encode())
	if err != nil {
		return nil, fmt.Errorf("opening the database: %w", err)
	}
	pool := sql.OpenDB(c)
	pool.SetMaxIdleConns(readSessions + 2)
	return pool, nil
}

func openPostgres(o Options) (*sql.DB, error) {
	cfg, err := pgx.ParseConfig(o.URL)
	if err != nil {
		return nil, errors.New("the database URL cannot be read: it should look like postgres://user:password@host:5432/name")
	}
	cfg.RuntimeParams["application_name"] = "foyer"
	cfg.RuntimeParams["synchronous_commit"] = "on"
	if o.Schema != "" {
		cfg.RuntimeParams["search_path"] = o.Schema
	}
	if cfg.ConnectTimeout == 0 {
		cfg.ConnectTimeout = 5 * time.Second
	}
	pool := stdlib.OpenDB(*cfg)
	pool.SetMaxOpenConns(readSessions + postgresWriters + 2)
	pool.SetMaxIdleConns(readSessions + postgresWriters + 2)
	return pool, nil
}

// check refuses a database that could forget what it acknowledged.
func (d *DB) check(ctx context.Context) error {
	if err := d.pool.PingContext(ctx); err != nil {
		return fmt.Errorf("connecting to the %s database: %w", d.kind, err)
	}
	if d.kind == SQLite {
		var mode string
		var level int
		if err := d.pool.QueryRowContext(ctx, "PRAGMA journal_mode").Scan(&mode); err != nil {
			return fmt.Errorf("reading the journal mode: %w", err)
		}
		if err := d.pool.QueryRowContext(ctx, "PRAGMA synchronous").Scan(&level); err != nil {
			return fmt.Errorf("reading the synchronous level: %w", err)
		}
		if mode != "wal" || level < 2 {
			return fmt.Errorf("the data folder does not allow a write-ahead log (journal_mode %s, synchronous %d): use a local disk", mode, level)
		}
		return nil
	}
	for _, setting := range []string{"synchronous_commit", "fsync", "full_page_writes"} {
		var v string
		if err := d.pool.QueryRowContext(ctx, "SELECT current_setting($1)", setting).Scan(&v); err != nil {
			return fmt.Errorf("reading the setting %s: %w", setting, err)
		}
		if v == "off" {
			return fmt.Errorf("PostgreSQL runs with %s=%s and can lose acknowledged writes: set it to on", setting, v)
		}
	}
	return nil
}
