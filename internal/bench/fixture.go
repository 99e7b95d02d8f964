package bench

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver that makes databases

	"github.com/foyer-crm/foyer/internal/app"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/id"
)

// fixture is a database that grows to the sizes asked for. What is measured
// happens in copies of it, so that each measurement finds the same.
type fixture struct {
	dir    string // of this run, for everything
	admin  string // PostgreSQL to make databases in, "" for SQLite
	store  app.Store
	people *population
	keys   *app.Credentials
	held   int
	system string // the database's own name and version
	say    func(format string, args ...any)
	made   []string // URLs of databases to drop
}

// newFixture makes an empty database with an agency and its keys.
func newFixture(ctx context.Context, dir, databaseURL string, say func(string, ...any)) (*fixture, error) {
	f := &fixture{dir: dir, admin: databaseURL, people: newPopulation(), say: say, store: app.Store{Data: filepath.Join(dir, "base")}}
	if f.admin != "" {
		var err error
		if f.store.DatabaseURL, err = f.create(ctx, ""); err != nil {
			return nil, err
		}
	}
	d, vault, err := app.OpenStore(ctx, f.store, nil)
	if err != nil {
		return nil, errors.Join(err, f.close()) //nolint:contextcheck // clears up also after the end
	}
	f.keys, err = app.Bootstrap(ctx, d, vault, app.Names{}, false)
	if err == nil {
		f.system, err = system(ctx, d)
	}
	if err = errors.Join(err, d.Close()); err != nil {
		return nil, errors.Join(err, f.close()) //nolint:contextcheck // clears up also after the end
	}
	return f, nil
}

// system gives the database's own name and version.
func system(ctx context.Context, d *db.DB) (string, error) {
	query, name := "SELECT sqlite_version()", "SQLite "
	if d.Kind() == db.Postgres {
		query, name = "SELECT current_setting('server_version')", "PostgreSQL "
	}
	var version string
	err := d.Read(ctx, db.System, func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Get(ctx, []any{&version}, query)
		return err
	})
	return name + version, err
}

// create makes a PostgreSQL database, as a copy of another's or empty, and gives its URL.
func (f *fixture) create(ctx context.Context, template string) (string, error) {
	name := "foyer_bench_" + id.UUID()[:8]
	statement := "CREATE DATABASE " + name
	if template != "" {
		statement += " TEMPLATE " + databaseName(template) + " STRATEGY FILE_COPY" // on disk before it is used
	}
	u, err := url.Parse(f.admin)
	if err != nil {
		return "", errors.New("the database URL cannot be read: it should look like postgres://user:password@host:5432/name")
	}
	if err := execOn(ctx, f.admin, statement); err != nil {
		return "", fmt.Errorf("making a database to measure in, which needs the right CREATEDB: %w", err)
	}
	u.Path = "/" + name
	f.made = append(f.made, u.String())
	return u.String(), nil
}

// databaseName gives the name of a database that create made.
func databaseName(databaseURL string) string {
	_, name, _ := strings.Cut(databaseURL, "/foyer_bench_")
	name, _, _ = strings.Cut(name, "?")
	return "foyer_bench_" + name
}

func execOn(ctx context.Context, databaseURL, statement string) error {
	pool, err := sql.Open("pgx", databaseURL)
	if err != nil {
		return err
	}
	_, err = pool.ExecContext(ctx, statement) // #nosec G701 -- made in this package alone
	return errors.Join(err, pool.Close())
}

// drop removes a database that create made.
func (f *fixture) drop(databaseURL string) error {
	f.made = slices.DeleteFunc(f.made, func(u string) bool { return u == databaseURL })
	if err := execOn(context.Background(), f.admin, "DROP DATABASE IF EXISTS "+databaseName(databaseURL)+" WITH (FORCE)"); err != nil {
		return fmt.Errorf("removing a database that was measured: %w", err)
	}
	return nil
}

// close removes what was made outside of the folder.
func (f *fixture) close() error {
	var failures []error
	for _, u := range slices.Clone(f.made) {
		failures = append(failures, f.drop(u))
	}
	return errors.Join(failures...)
}

// copy gives a store with the same contents and keys, and what removes it. All
// of it is on the disk before it is used.
func (f *fixture) copy(ctx context.Context) (s app.Store, remove func() error, err error) {
	dir, err := os.MkdirTemp(f.dir, "copy-")
	if err != nil {
		return s, nil, fmt.Errorf("copying the database: %w", err)
	}
	s.Data = dir
	files := []string{"foyer.key", "foyer.db"}
	if f.admin != "" {
		files = files[:1]
		if s.DatabaseURL, err = f.create(ctx, f.store.DatabaseURL); err != nil {
			return s, nil, err
		}
	}
	for _, name := range files {
		if err := copyFile(filepath.Join(f.store.Data, name), filepath.Join(dir, name)); err != nil {
			return s, nil, fmt.Errorf("copying the database: %w", err)
		}
	}
	return s, func() error { //nolint:contextcheck // clears up also after the end
		if f.admin != "" {
			err = f.drop(s.DatabaseURL)
		}
		return errors.Join(err, os.RemoveAll(dir))
	}, nil
}

func copyFile(from, to string) (err error) {
	in, err := os.Open(from) // #nosec G304 -- files of this run
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600) // #nosec G304 -- files of this run
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Sync(), out.Close())
}

// grow fills the database with people up to a number, as a file import would.
func (f *fixture) grow(ctx context.Context, to int) (err error) {
	if to <= f.held {
		return nil
	}
	d, _, err := app.OpenStore(ctx, f.store, nil)
	if err != nil {
		return err
	}
	defer func() {
		err = errors.Join(err, d.Close())
		if err == nil && f.admin != "" {
			// what the server would have done by itself in the time such a growth takes
			err = execOn(ctx, f.store.DatabaseURL, "VACUUM ANALYZE")
		}
	}()
	by := crm.Actor{LocationID: f.keys.LocationID, CompanyID: f.keys.CompanyID, Origin: "import"}
	const batch, fillers = 250, 4
	var next, done atomic.Int64
	next.Store(int64(f.held))
	filling, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	start, before := time.Now(), f.held
	var work sync.WaitGroup
	for range fillers {
		work.Go(func() {
			for filling.Err() == nil {
				end := int(next.Add(batch))
				from := end - batch
				if from >= to {
					return
				}
				if err := f.fill(filling, d, by, from, min(end, to)); err != nil {
					cancel(fmt.Errorf("filling the database: %w", err))
				}
				if n := done.Add(batch); n%50000 == 0 {
					f.say("  %d contacts, %.0f a second\n", before+int(n), float64(n)/time.Since(start).Seconds())
				}
			}
		})
	}
	work.Wait()
	f.held = to
	return context.Cause(filling)
}

func (f *fixture) fill(ctx context.Context, d *db.DB, by crm.Actor, from, to int) error {
	inputs := make([]crm.Input, 0, to-from)
	for i := from; i < to; i++ {
		p := f.people.at(i)
		inputs = append(inputs, p.input())
	}
	return d.Write(ctx, by.LocationID, func(ctx context.Context, tx *db.Tx) error {
		for _, in := range inputs {
			if _, err := crm.SaveContact(ctx, tx, by, crm.Save{Input: in, Match: []crm.Key{crm.KeyEmail, crm.KeyPhone}}); err != nil {
				return err
			}
		}
		return nil
	})
}

// serve starts this program as a server on a store, with more flags as needed.
func (f *fixture) serve(ctx context.Context, binary string, s app.Store, flags ...string) (*process, error) {
	p, err := launch(ctx, f.dir, binary, func(address string) []string {
		args := append([]string{"serve", "--listen", address, "--metrics-listen", "off", "--data", s.Data}, flags...)
		if s.DatabaseURL != "" {
			args = append(args, "--database-url", s.DatabaseURL)
		}
		return args
	})
	if err != nil {
		return nil, err
	}
	return p, p.ready(ctx, "/readyz")
}
