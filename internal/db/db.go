// Package db is Foyer's access to its database: SQLite in a folder, or
// PostgreSQL, through one SQL text.
//
// Statements are written once, with $1 marks. Where the two databases differ,
// the difference stands inside the statement, marked: /*postgres … */ opens for
// PostgreSQL and /*sqlite … */ for SQLite; each stays a comment for the other.
//
// Every access names its tenant. Read and Write run a function inside a
// transaction that belongs to one location; System is the scope of what no
// location owns, or of work over all of them.
package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/id"
)

// System is the tenant of statements that belong to no single location.
const System = "*"

// Kind is which of the two databases it is.
type Kind uint8

// The two databases.
const (
	SQLite Kind = iota
	Postgres
)

// String gives the database's name.
func (k Kind) String() string {
	if k == Postgres {
		return "postgres"
	}
	return "sqlite"
}

// Options say where the data lives.
type Options struct {
	Dir    string // folder of the SQLite file; made if missing
	File   string // name of the SQLite file in Dir, "foyer.db" if empty
	URL    string // postgres://…; set, it wins over Dir
	Schema string // PostgreSQL schema, "public" if empty; tests use one each
	Strict bool   // refuse statements on tenant tables that do not name location_id (tests)
	Log    *slog.Logger

	unfinished bool // also open what a copy has not finished
}

// DB is an open database. Use Open.
type DB struct {
	kind       Kind
	strict     bool
	log        *slog.Logger
	dir        string
	file       string // of SQLite
	unfinished bool   // Options.unfinished
	pool       *sql.DB
	readers    chan *session
	groups     []chan *command // one for each writer
	closing    chan struct{}   // closed when Close begins
	drained    chan struct{}   // closed when the writers have left
	workers    sync.WaitGroup
	texts      sync.Map     // statement as written → as sent
	known      atomic.Int64 // how many texts has
	checked    sync.Map     // statements that name their tenant; kept in tests only
	wal        walState
	crowd      crowd
	watchers   atomic.Pointer[[]func(location string)]
	ids        id.Source
}

// How many sessions read at once, and how many groups write at once. SQLite has
// one writer by nature. On PostgreSQL a location always has the same writer: two
// of them would wait for each other's claims on its people, and at times in a
// circle.
const (
	readSessions    = 8
	postgresWriters = 4
)

// Open opens the database and brings its schema up to date. It refuses a
// database that a newer Foyer wrote, and a PostgreSQL that is set up to lose
// acknowledged writes.
func Open(ctx context.Context, o Options) (*DB, error) {
	d, err := connect(ctx, o)
	if err != nil {
		return nil, err
	}
	all, err := steps()
	if err == nil {
		err = d.migrate(ctx, all)
	}
	if err != nil {
		return nil, errors.Join(err, d.pool.Close())
	}
	writers := 1
	if d.kind == Postgres {
		writers = postgresWriters
	}
	for range writers {
		commands := make(chan *command, 1024)
		d.groups = append(d.groups, commands)
		d.workers.Go(func() { d.writeGroups(commands) }) //nolint:contextcheck // a group outlives its callers
	}
	if d.kind == SQLite {
		d.workers.Go(d.checkpoints)
	} else {
		d.workers.Go(d.statistics)
	}
	return d, nil
}

// Kind says which database it is.
func (d *DB) Kind() Kind { return d.kind }

// Dir is the folder of the SQLite database, "" for PostgreSQL.
func (d *DB) Dir() string { return d.dir }

// Healthy reports whether the database answers now.
func (d *DB) Healthy(ctx context.Context) error {
	return d.Read(ctx, System, func(ctx context.Context, tx *Tx) error {
		_, err := tx.Exec(ctx, "SELECT 1")
		return err
	})
}

// Close waits for the reads and writes under way and closes the database. Those
// that come later fail. It may be called once.
func (d *DB) Close() error {
	close(d.closing)
	d.workers.Wait()
	close(d.drained)
	var failures []error
	for range readSessions {
		if s := <-d.readers; s != nil {
			failures = append(failures, s.close())
		}
	}
	// The last connection to a SQLite database, of whatever process, moves the
	// log into it and leaves one file, so that a copy of it is a backup. Asking
	// for that here would make a server next door wait.
	return errors.Join(append(failures, d.pool.Close())...)
}

// Sent gives the statements of locations that came since it was asked last, as they
// were written. It is for tests: only with Options.Strict they are kept.
func (d *DB) Sent() (all []string) {
	d.checked.Range(func(query, _ any) bool {
		d.checked.Delete(query)
		all = append(all, query.(string))
		return true
	})
	slices.Sort(all)
	return all
}

// text gives the statement as this database wants it.
func (d *DB) text(location, query string) (string, error) {
	if d.strict && location != System {
		if _, ok := d.checked.Load(query); !ok {
			if err := checkTenant(query); err != nil {
				return "", err
			}
			d.checked.Store(query, nil)
		}
	}
	if t, ok := d.texts.Load(query); ok {
		return t.(string), nil
	}
	mark := "/*" + d.kind.String() + " "
	var b strings.Builder
	rest := query
	for {
		before, after, found := strings.Cut(rest, mark)
		b.WriteString(before)
		if !found {
			break
		}
		inside, tail, closed := strings.Cut(after, "*/")
		if !closed {
			return "", fmt.Errorf("statement with an open mark: %s", query)
		}
		b.WriteString(inside)
		rest = tail
	}
	text := b.String()
	if d.kind == SQLite {
		text = limitMark.ReplaceAllString(text, "LIMIT $1 + 0")
	}
	if len(query) > mostText {
		return text, nil
	}
	if d.known.Add(1) > mostTexts {
		d.texts.Clear()
		d.known.Store(1)
	}
	d.texts.Store(query, text)
	return text, nil
}

// limitMark is a limit that comes with each run of a statement. SQLite looks at it
// when it plans, and so plans anew whenever another value may have come, which
// costs more than most statements do; a sum it does not look at.
var limitMark = regexp.MustCompile(`\bLIMIT (\$[0-9]+)`)

// How many statements are remembered, and of what length in bytes. Foyer's own
// are a few hundred short ones; those that search filters make have no end, and
// must not fill the memory.
const (
	mostTexts = 1000
	mostText  = 4 << 10
)

// unavailable gives a database failure the kind that its caller can act on.
func unavailable(err error, doing string) error {
	var known *errs.Error
	if err == nil || errors.As(err, &known) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	if errors.Is(err, errCommit) && disconnected(err) {
		return errs.Wrap(fmt.Errorf("%s: %w", doing, err), errs.Unavailable, "The database went away while it was storing this. It may or may not have been stored; please try again.")
	}
	if down(err) {
		return errs.Wrap(fmt.Errorf("%s: %w", doing, err), errs.Unavailable, "The database cannot be used right now. Nothing was stored; please try again.")
	}
	return fmt.Errorf("%s: %w", doing, err)
}
