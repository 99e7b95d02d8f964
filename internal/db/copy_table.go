package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// table is a table of the schema as the database itself describes it: so a new
// one is copied without anybody thinking of it.
type table struct {
	name    string
	columns []tableColumn
	key     []string
	forced  bool // PostgreSQL's row-level security binds the owner as well
}

type tableColumn struct{ name, kind string }

// uncopied are the tables that each database has for itself.
var uncopied = []string{"schema_migrations", "contact_search", "rate_limits"}

// tables lists the tables of a database by name, but those that each database
// has for itself.
func (d *DB) tables(ctx context.Context, q querier) (all []table, err error) {
	const sqlite = `SELECT m.name, c.name, lower(c.type), c.pk, FALSE FROM sqlite_master m, pragma_table_info(m.name) c
		WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite\_%' ESCAPE '\' AND m.name NOT LIKE 'contact\_search\_%' ESCAPE '\' ORDER BY m.name, c.cid`
	const postgres = `SELECT t.relname, a.attname, format_type(a.atttypid, a.atttypmod), COALESCE(array_position(i.indkey::int2[], a.attnum), -1) + 1, t.relforcerowsecurity
		FROM pg_class t JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
		LEFT JOIN pg_index i ON i.indrelid = t.oid AND i.indisprimary
		WHERE t.relkind = 'r' AND t.relnamespace = current_schema()::regnamespace ORDER BY t.relname COLLATE "C", a.attnum`
	query := sqlite
	if d.kind == Postgres {
		query = postgres
	}
	rows, err := q.QueryContext(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("reading the list of tables: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	places := map[string]int{}
	for rows.Next() {
		var name string
		var c tableColumn
		var place int
		var forced bool
		if err := rows.Scan(&name, &c.name, &c.kind, &place, &forced); err != nil {
			return nil, fmt.Errorf("reading the list of tables: %w", err)
		}
		if slices.Contains(uncopied, name) {
			continue
		}
		if len(all) == 0 || all[len(all)-1].name != name {
			all = append(all, table{name: name, forced: forced})
		}
		t := &all[len(all)-1]
		if c.kind == "integer" {
			c.kind = "bigint"
		}
		t.columns = append(t.columns, c)
		if place > 0 {
			t.key = append(t.key, c.name)
			places[name+"."+c.name] = place
		}
	}
	for i := range all {
		t := &all[i]
		slices.SortFunc(t.key, func(a, b string) int { return places[t.name+"."+a] - places[t.name+"."+b] })
		if t.name == "contacts" { // in SQLite the number is the row id
			t.key = []string{"location_id", "id"}
		}
	}
	return all, rows.Err()
}

// querier is a connection or a transaction.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

// same refuses two databases whose tables are not the same.
func same(a, b []table) error {
	if len(a) != len(b) {
		return fmt.Errorf("one database has %d tables, the other %d", len(a), len(b))
	}
	for i := range a {
		if a[i].name != b[i].name || !slices.Equal(a[i].columns, b[i].columns) || !slices.Equal(a[i].key, b[i].key) || len(a[i].key) == 0 {
			return fmt.Errorf("the table %s is not the same in both databases, or has no key", a[i].name)
		}
	}
	return nil
}

func (t *table) names() []string {
	names := make([]string, len(t.columns))
	for i, c := range t.columns {
		names[i] = c.name
	}
	return names
}

// selects gives the statement that reads a table, in the order of its key where
// that is asked for: bytes count, not what a language makes of them.
func (t *table) selects(kind Kind, ordered bool) string {
	list, order := make([]string, len(t.columns)), make([]string, len(t.key))
	for i, c := range t.columns {
		list[i] = c.name
		if kind == Postgres && c.kind == "jsonb" {
			list[i] += "::text"
		}
	}
	for i, k := range t.key {
		order[i] = k
		if kind == Postgres && t.kind(k) == "text" {
			order[i] += ` COLLATE "C"`
		}
	}
	query := "SELECT " + strings.Join(list, ", ") + " FROM " + t.name
	if ordered {
		query += " ORDER BY " + strings.Join(order, ", ")
	}
	return query
}

func (t *table) kind(column string) string {
	for _, c := range t.columns {
		if c.name == column {
			return c.kind
		}
	}
	return ""
}

// cursor reads a table row by row.
type cursor struct {
	*table
	rows   *sql.Rows
	values []any
	at     []any
}

func (t *table) open(ctx context.Context, q querier, kind Kind, ordered bool) (*cursor, error) {
	rows, err := q.QueryContext(ctx, t.selects(kind, ordered)) //nolint:rowserrcheck // next checks
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", t.name, err)
	}
	c := &cursor{table: t, rows: rows, values: make([]any, len(t.columns)), at: make([]any, len(t.columns))}
	for i := range c.values {
		c.at[i] = &c.values[i]
	}
	return c, nil
}

// next reads a row into values: nil, string, int64, float64 or bool.
func (c *cursor) next() (bool, error) {
	if !c.rows.Next() {
		if err := c.rows.Err(); err != nil {
			return false, fmt.Errorf("reading %s: %w", c.name, err)
		}
		return false, nil
	}
	if err := c.rows.Scan(c.at...); err != nil {
		return false, fmt.Errorf("reading %s: %w", c.name, err)
	}
	for i := range c.values {
		v, ok := plain(c.columns[i].kind, c.values[i])
		if !ok {
			return false, fmt.Errorf("reading %s: %s holds %T where %s belongs", c.name, c.columns[i].name, c.values[i], c.columns[i].kind)
		}
		c.values[i] = v
	}
	return true, nil
}

func (c *cursor) close() error { return c.rows.Close() }

// row says which row is being read.
func (c *cursor) row() string {
	var parts []string
	for i, col := range c.columns {
		if slices.Contains(c.key, col.name) {
			parts = append(parts, fmt.Sprintf("%s %v", col.name, c.values[i]))
		}
	}
	return c.name + " (" + strings.Join(parts, ", ") + ")"
}

// plain gives a value of a column's kind as both databases have it.
func plain(kind string, v any) (any, bool) {
	if b, is := v.([]byte); is {
		v = string(b)
	}
	ok := v == nil
	switch v := v.(type) {
	case string:
		ok = kind == "text" || kind == "jsonb"
	case bool:
		ok = kind == "boolean"
	case float64:
		ok = kind == "double precision"
	case int64:
		switch kind {
		case "bigint":
			ok = true
		case "boolean":
			return v != 0, true
		case "double precision":
			return float64(v), true
		}
	}
	return v, ok
}
