package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// Column is one column of a table and the place of its value in a record.
type Column struct {
	Name string
	At   any // *string, *int64, *float64, *bool, or a Scanner that is also a Valuer (Millis, JSON)
	// Fixed columns stay as they were inserted: Update and Put leave them out,
	// and with them the work on the indexes they are in.
	Fixed bool
}

// Table keeps the column list of a record once, and derives the statements
// from it. It knows nothing of relations. Use NewTable.
type Table[T any] struct {
	name    string
	key     []string
	columns func(*T) []Column
	list    string
	insert  string
	ignore  string
	put     string
	update  string
	remove  string
	fixed   []bool // by column
}

// NewTable describes a table. key names its primary key; these columns must
// come first and in this order in what columns returns.
func NewTable[T any](name string, key []string, columns func(*T) []Column) *Table[T] {
	var zero T
	cols := columns(&zero)
	names, marks, fixed := make([]string, len(cols)), make([]string, len(cols)), make([]bool, len(cols))
	wheres := make([]string, len(key))
	var assigned, excluded []string
	for i, c := range cols {
		names[i], marks[i], fixed[i] = c.Name, fmt.Sprintf("$%d", i+1), c.Fixed
		if i < len(key) {
			wheres[i] = fmt.Sprintf("%s = $%d", c.Name, i+1)
			continue
		}
		if !c.Fixed {
			assigned = append(assigned, fmt.Sprintf("%s = $%d", c.Name, len(key)+len(assigned)+1))
			excluded = append(excluded, c.Name+" = excluded."+c.Name)
		}
	}
	t := &Table[T]{name: name, key: key, columns: columns, fixed: fixed}
	t.list = strings.Join(names, ", ")
	t.insert = "INSERT INTO " + name + " (" + t.list + ") VALUES (" + strings.Join(marks, ", ") + ")"
	t.ignore = t.insert + " ON CONFLICT DO NOTHING"
	t.put = t.insert + " ON CONFLICT (" + strings.Join(key, ", ") + ") DO UPDATE SET " + strings.Join(excluded, ", ")
	t.update = "UPDATE " + name + " SET " + strings.Join(assigned, ", ") + " WHERE " + strings.Join(wheres, " AND ")
	t.remove = "DELETE FROM " + name + " WHERE " + strings.Join(wheres, " AND ")
	return t
}

func (t *Table[T]) args(v *T) []any {
	cols := t.columns(v)
	args := make([]any, len(cols))
	for i, c := range cols {
		switch p := c.At.(type) {
		case *string:
			args[i] = *p
		case *int64:
			args[i] = *p
		case *float64:
			args[i] = *p
		case *bool:
			args[i] = *p
		default:
			args[i] = c.At // a Valuer
		}
	}
	return args
}

// Insert stores a new record.
func (t *Table[T]) Insert(ctx context.Context, tx *Tx, v *T) error {
	return tx.Do(ctx, t.insert, t.args(v)...)
}

// Ready is a record that is ready to be stored: its values as the driver takes
// them. Making it is a good part of the work and needs no transaction.
type Ready []any

// Ready makes a record ready.
func (t *Table[T]) Ready(v *T) (Ready, error) {
	all, err := values(t.args(v))
	if err != nil {
		return nil, fmt.Errorf("writing %s: %w", t.name, err)
	}
	return all, nil
}

// InsertReady stores a new record that was made ready.
func (t *Table[T]) InsertReady(ctx context.Context, tx *Tx, r Ready) error {
	return tx.Do(ctx, t.insert, r...)
}

// InsertIfAbsent stores a record unless one with an equal unique key is there,
// and reports whether it did.
func (t *Table[T]) InsertIfAbsent(ctx context.Context, tx *Tx, v *T) (bool, error) {
	n, err := tx.Exec(ctx, t.ignore, t.args(v)...)
	return n == 1, err
}

// Ensure stores a record unless one with an equal unique key is there, where it
// does not matter which.
func (t *Table[T]) Ensure(ctx context.Context, tx *Tx, v *T) error {
	return tx.Do(ctx, t.ignore, t.args(v)...)
}

// Put stores a record, over all but the fixed columns of the one with the same
// primary key if there is one.
func (t *Table[T]) Put(ctx context.Context, tx *Tx, v *T) error {
	return tx.Do(ctx, t.put, t.args(v)...)
}

// Update stores all columns but the fixed ones of a record that is known to be
// there.
func (t *Table[T]) Update(ctx context.Context, tx *Tx, v *T) error {
	all := t.args(v)
	args := all[:0]
	for i, a := range all {
		if !t.fixed[i] {
			args = append(args, a)
		}
	}
	return tx.Do(ctx, t.update, args...)
}

// Delete removes a record by its primary key; one that is not there is none to
// remove.
func (t *Table[T]) Delete(ctx context.Context, tx *Tx, v *T) error {
	return tx.Do(ctx, t.remove, t.args(v)[:len(t.key)]...)
}

// One gives the first record that the tail of the statement selects ("WHERE …
// ORDER BY … /*postgres FOR UPDATE */"), nil if there is none.
func (t *Table[T]) One(ctx context.Context, tx *Tx, tail string, args ...any) (*T, error) {
	all, err := t.All(ctx, tx, tail, args...)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	return &all[0], nil
}

// All gives the records that the tail of the statement selects.
func (t *Table[T]) All(ctx context.Context, tx *Tx, tail string, args ...any) (all []T, err error) {
	rows, err := tx.Query(ctx, "SELECT "+t.list+" FROM "+t.name+" "+tail, args...)
	if err != nil {
		return nil, err
	}
	defer func() {
		if e := rows.Close(); err == nil {
			err = e
		}
	}()
	for rows.Next() {
		var v T
		if err := t.scan(rows, &v); err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	return all, rows.Err()
}

func (t *Table[T]) scan(rows Rows, v *T) error {
	cols := t.columns(v)
	at := make([]any, len(cols))
	for i, c := range cols {
		at[i] = c.At
	}
	if err := rows.Scan(at...); err != nil {
		return fmt.Errorf("reading %s: %w", t.name, err)
	}
	return nil
}

// Millis keeps a time as milliseconds since 1970 UTC; the zero time is 0.
func Millis(t *time.Time) interface {
	sql.Scanner
	driver.Valuer
} {
	return millis{t}
}

type millis struct{ t *time.Time }

// Scan reads a BIGINT.
func (m millis) Scan(src any) error {
	n, ok := src.(int64)
	if !ok {
		return fmt.Errorf("a time cannot be read from %T", src)
	}
	*m.t = time.Time{}
	if n != 0 {
		*m.t = time.UnixMilli(n).UTC()
	}
	return nil
}

// Value gives a BIGINT.
func (m millis) Value() (driver.Value, error) {
	if m.t.IsZero() {
		return int64(0), nil
	}
	return m.t.UnixMilli(), nil
}

// JSON keeps a value as JSON text. A nil slice or map is stored as its zero
// text, given by empty ("[]" or "{}").
func JSON[V any](v *V, empty string) interface {
	sql.Scanner
	driver.Valuer
} {
	return &jsonColumn[V]{v, empty}
}

type jsonColumn[V any] struct {
	v     *V
	empty string
}

// Scan reads JSON text.
func (j *jsonColumn[V]) Scan(src any) error {
	var text []byte
	switch s := src.(type) {
	case string:
		if s == j.empty || s == "" {
			return nil
		}
		text = []byte(s)
	case []byte:
		if string(s) == j.empty || len(s) == 0 {
			return nil
		}
		text = s
	case nil:
		return nil
	default:
		return fmt.Errorf("JSON cannot be read from %T", src)
	}
	return json.Unmarshal(text, j.v)
}

// Value gives JSON text.
func (j *jsonColumn[V]) Value() (driver.Value, error) {
	b, err := json.Marshal(j.v)
	if err != nil {
		return nil, err
	}
	if string(b) == "null" {
		return j.empty, nil
	}
	return string(b), nil
}
