package db

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"path"
	"sort"
	"strconv"
	"strings"
	"time"
)

//go:embed migrations/*.sql
var migrations embed.FS

type migration struct {
	version int
	name    string
	text    string
}

// steps lists the migrations in order. A file is called 0001_name.sql.
func steps() ([]migration, error) {
	files, err := migrations.ReadDir("migrations")
	if err != nil {
		return nil, err
	}
	var all []migration
	for _, f := range files {
		number, name, ok := strings.Cut(strings.TrimSuffix(f.Name(), ".sql"), "_")
		version, err := strconv.Atoi(number)
		if !ok || err != nil {
			return nil, fmt.Errorf("migration %s: its name must be NUMBER_name.sql", f.Name())
		}
		text, err := migrations.ReadFile(path.Join("migrations", f.Name()))
		if err != nil {
			return nil, err
		}
		all = append(all, migration{version, name, string(text)})
	}
	sort.Slice(all, func(i, j int) bool { return all[i].version < all[j].version })
	return all, nil
}

// migrate brings the schema up to date, all steps in one transaction: an
// upgrade happens whole or not at all. Of several processes that start
// together one does the work and the others wait for it.
func (d *DB) migrate(ctx context.Context, all []migration) (err error) {
	newest := all[len(all)-1].version
	s, err := d.session(ctx, readerCache)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	have, err := d.version(ctx, s)
	if errors.Is(err, ErrUnfinished) || err == nil && have == newest {
		return err
	}
	if err == nil && have > 0 && have < newest {
		if err := d.keep(ctx, s, have, newest); err != nil {
			return err
		}
	}
	const table = "CREATE TABLE IF NOT EXISTS schema_migrations (version BIGINT PRIMARY KEY, name TEXT NOT NULL, applied_at BIGINT NOT NULL)"
	begin := "BEGIN IMMEDIATE"
	if d.kind == Postgres {
		begin = "BEGIN"
		// two starts at once may both try to make the table; one loses, and finds it there
		for range 3 {
			if err = s.run(ctx, table); err == nil {
				break
			}
		}
		if err != nil {
			return fmt.Errorf("preparing the schema: %w", err)
		}
	}
	if err := s.run(ctx, begin); err != nil {
		return fmt.Errorf("preparing the schema: %w", err)
	}
	if err := d.upgrade(ctx, s, table, all); err != nil {
		return errors.Join(err, s.run(ctx, "ROLLBACK"))
	}
	if err := s.run(ctx, "COMMIT"); err != nil {
		return fmt.Errorf("storing the schema: %w", err)
	}
	return nil
}

// version gives the schema that a database has, 0 for an empty one, and
// ErrUnfinished for one that a copy did not finish.
func (d *DB) version(ctx context.Context, s *session) (int, error) {
	var first, have int
	err := s.conn.QueryRowContext(ctx, "SELECT COALESCE(MIN(version), 0), COALESCE(MAX(version), 0) FROM schema_migrations").Scan(&first, &have)
	if err == nil && first == unfinished && !d.unfinished {
		err = ErrUnfinished
	}
	return have, err
}

func (d *DB) upgrade(ctx context.Context, s *session, table string, all []migration) error {
	first := table
	if d.kind == Postgres {
		first = "LOCK TABLE schema_migrations IN ACCESS EXCLUSIVE MODE"
	}
	if err := s.run(ctx, first); err != nil {
		return fmt.Errorf("preparing the schema: %w", err)
	}
	have, err := d.version(ctx, s)
	if err != nil {
		return fmt.Errorf("reading the schema's version: %w", err)
	}
	newest := all[len(all)-1].version
	if have > newest {
		return newer(have, newest)
	}
	for _, m := range all {
		if m.version <= have {
			continue
		}
		text, err := d.text(System, m.text)
		if err != nil {
			return err
		}
		for _, one := range statements(text) {
			if _, err := s.conn.ExecContext(ctx, one); err != nil {
				return fmt.Errorf("migration %d (%s): %w in %s", m.version, m.name, err, short(one))
			}
		}
		if err := s.run(ctx, "INSERT INTO schema_migrations (version, name, applied_at) VALUES ($1, $2, $3)", m.version, m.name, time.Now().UnixMilli()); err != nil {
			return fmt.Errorf("recording migration %d: %w", m.version, err)
		}
	}
	return nil
}

// newer is the error for a schema that only a newer program knows.
func newer(have, newest int) error {
	return fmt.Errorf("this database was written by a newer Foyer (schema %d, this one knows %d): use the newer program, or restore a backup", have, newest)
}

// statements splits a migration at semicolons that end a line. Comment lines
// are dropped.
func statements(text string) []string {
	var all []string
	var b strings.Builder
	for line := range strings.Lines(text) {
		if strings.HasPrefix(strings.TrimSpace(line), "--") {
			continue
		}
		b.WriteString(line)
		if strings.HasSuffix(strings.TrimSpace(line), ";") {
			all = append(all, strings.TrimSpace(b.String()))
			b.Reset()
		}
	}
	if rest := strings.TrimSpace(b.String()); rest != "" {
		all = append(all, rest)
	}
	return all
}
