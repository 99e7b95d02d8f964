package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
)

// unfinished is the version that stands among the migrations of a database
// until the copy into it is finished.
const unfinished = -1

// ErrUnfinished is the error of opening a database that a copy did not finish.
var ErrUnfinished = errors.New("this database is an unfinished copy and may lack rows: copy into it again, or go on with the database that it was copied from")

// Copier copies a database into an empty one, of the same kind or the other.
type Copier struct {
	From, To Options
	// Rebuild makes anew in the target what each database has for itself: the
	// search index.
	Rebuild func(ctx context.Context, d *DB) error
	// Progress, if not nil, is told what happens.
	Progress func(what string)
}

// Copy copies all tables as they are at one moment, compares every row, and
// gives the number of rows by table. The target is brought to this program's
// schema; the source is only read. Until it is finished the target cannot be
// opened: see ErrUnfinished. What a copy left there that was broken off is
// removed first.
func (c *Copier) Copy(ctx context.Context) (rows map[string]int64, err error) {
	from, err := connectExisting(ctx, c.From)
	if err != nil {
		return nil, fmt.Errorf("the source: %w", err)
	}
	defer func() { err = errors.Join(err, from.pool.Close()) }()
	release, err := c.claim()
	if err != nil {
		return nil, fmt.Errorf("the target: %w", err)
	}
	defer func() { err = errors.Join(err, release()) }()
	if rows, err = c.fill(ctx, from); err != nil {
		return nil, err
	}
	o := c.To
	o.unfinished = true
	to, err := Open(ctx, o)
	if err != nil {
		return nil, fmt.Errorf("the target: %w", err)
	}
	c.say("making the search index")
	if err := c.Rebuild(ctx, to); err != nil {
		return nil, errors.Join(fmt.Errorf("making the search index: %w", err), to.Close())
	}
	_, err = to.pool.ExecContext(ctx, "DELETE FROM schema_migrations WHERE version = $1", unfinished)
	if err = errors.Join(err, to.Close()); err != nil {
		return nil, fmt.Errorf("finishing the copy: %w", err)
	}
	return rows, nil
}

func (c *Copier) say(format string, args ...any) {
	if c.Progress != nil {
		c.Progress(fmt.Sprintf(format, args...))
	}
}

// connectExisting connects to a database that must be there.
func connectExisting(ctx context.Context, o Options) (*DB, error) {
	if o.URL == "" {
		if info, err := os.Stat(o.file()); err != nil || info.Size() == 0 {
			return nil, errors.Join(fmt.Errorf("there is no database %s", o.file()), err)
		}
	}
	return connect(ctx, o)
}

// fill makes the target and copies the tables.
func (c *Copier) fill(ctx context.Context, from *DB) (rows map[string]int64, err error) {
	source, err := from.pool.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("the source: %w", err)
	}
	defer func() { err = errors.Join(err, source.Close()) }()
	end, err := from.reading(ctx, source)
	if err != nil {
		return nil, fmt.Errorf("the source: %w", err)
	}
	defer func() { err = errors.Join(err, end()) }()
	all, err := from.stepsOf(ctx, source)
	if err != nil {
		return nil, fmt.Errorf("the source: %w", err)
	}
	to, err := c.makeTarget(ctx, all)
	if err != nil {
		return nil, fmt.Errorf("the target: %w", err)
	}
	defer func() { err = errors.Join(err, to.pool.Close()) }()
	list, err := from.tables(ctx, source)
	if err != nil {
		return nil, err
	}
	targets, err := to.tables(ctx, to.pool)
	if err == nil {
		err = same(list, targets)
	}
	if err != nil {
		return nil, err
	}
	rows = map[string]int64{}
	for i := range list {
		n, err := c.table(ctx, from, source, to, &list[i], &targets[i])
		if err != nil {
			return nil, err
		}
		rows[list[i].name] = n
	}
	return rows, nil
}

// reading begins a transaction that sees one moment of all locations.
func (d *DB) reading(ctx context.Context, conn *sql.Conn) (end func() error, err error) {
	begin := []string{"BEGIN"}
	if d.kind == Postgres {
		begin = []string{"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", "SELECT set_config('foyer.location', '*', true)"}
	}
	for _, text := range begin {
		if _, err := conn.ExecContext(ctx, text); err != nil {
			return nil, err
		}
	}
	return func() error {
		_, err := conn.ExecContext(context.WithoutCancel(ctx), "ROLLBACK")
		return err
	}, nil
}

// stepsOf gives the migrations that a database has.
func (d *DB) stepsOf(ctx context.Context, conn *sql.Conn) ([]migration, error) {
	have, err := d.version(ctx, &session{conn: conn})
	if errors.Is(err, ErrUnfinished) {
		return nil, err
	}
	if err != nil || have == 0 {
		return nil, errors.Join(errors.New("this is no database of Foyer"), err)
	}
	all, err := steps()
	if err != nil {
		return nil, err
	}
	if newest := all[len(all)-1].version; have > newest {
		return nil, newer(have, newest)
	}
	for i := range all {
		if all[i].version == have {
			return all[:i+1], nil
		}
	}
	return nil, fmt.Errorf("this program does not know schema %d", have)
}

// makeTarget makes an empty database with a schema, and marks it as unfinished.
func (c *Copier) makeTarget(ctx context.Context, all []migration) (_ *DB, err error) {
	if err := c.clear(ctx); err != nil {
		return nil, err
	}
	to, err := connect(ctx, c.To)
	if err != nil {
		return nil, err
	}
	marked := append([]migration{}, all...)
	marked[len(marked)-1].text += fmt.Sprintf("\nINSERT INTO schema_migrations (version, name, applied_at) VALUES (%d, 'unfinished copy', 0);\n", unfinished)
	if err := to.migrate(ctx, marked); err != nil {
		return nil, errors.Join(err, to.pool.Close())
	}
	return to, nil
}

// table copies one table and compares it.
func (c *Copier) table(ctx context.Context, from *DB, source *sql.Conn, to *DB, t, target *table) (n int64, err error) {
	if to.kind == Postgres {
		n, err = c.toPostgres(ctx, from, source, to, t, target)
	} else {
		n, err = c.toSQLite(ctx, from, source, to, t)
	}
	if err != nil {
		return 0, fmt.Errorf("copying %s: %w", t.name, err)
	}
	c.say("%s: %d rows copied", t.name, n)
	compared, err := compare(ctx, from, source, to, t)
	if err != nil {
		return 0, err
	}
	if compared != n {
		return 0, fmt.Errorf("%s: %d rows were copied and %d compared", t.name, n, compared)
	}
	c.say("%s: %d rows compared", t.name, n)
	return n, nil
}
