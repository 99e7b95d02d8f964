package db

import (
	"bytes"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"math"
)

// Row is a record as it is stored, by column: nothing is decoded, so nothing
// can change on the way out and in again. It keeps its exact values as JSON too.
type Row map[string]any

// UnmarshalJSON reads what json.Marshal made of a Row; integers stay integers.
func (r *Row) UnmarshalJSON(text []byte) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var m map[string]any
	if err := d.Decode(&m); err != nil {
		return err
	}
	for name, v := range m {
		n, ok := v.(json.Number)
		if !ok {
			continue
		}
		i, err := n.Int64()
		m[name] = i
		if err != nil {
			if m[name], err = n.Float64(); err != nil {
				return err
			}
		}
	}
	*r = m
	return nil
}

// Rows is the same table with its records as they are stored. A column that a
// Row does not have, because it is older than the column, is stored as the zero
// value of the record has it.
func (t *Table[T]) Rows() *Table[Row] {
	var zero T
	blank, known := t.args(&zero), t.columns(&zero)
	return NewTable(t.name, t.key, func(r *Row) []Column {
		cols := make([]Column, len(known))
		for i, c := range known {
			cols[i] = Column{Name: c.Name, At: &cell{r, c.Name, blank[i]}, Fixed: c.Fixed}
		}
		return cols
	})
}

// Record reads a Row as a record of the table.
func (t *Table[T]) Record(r Row) (*T, error) {
	var v T
	for _, c := range t.columns(&v) {
		if err := assign(c.At, r[c.Name]); err != nil {
			return nil, fmt.Errorf("reading %s of %s: %w", c.Name, t.name, err)
		}
	}
	return &v, nil
}

// Row gives a record as it would be stored.
func (t *Table[T]) Row(v *T) (Row, error) {
	r := Row{}
	for i, a := range t.args(v) {
		if known, ok := a.(driver.Valuer); ok {
			var err error
			if a, err = known.Value(); err != nil {
				return nil, fmt.Errorf("writing %s: %w", t.name, err)
			}
		}
		r[t.columns(v)[i].Name] = a
	}
	return r, nil
}

// assign puts the value of a cell where a column of a record is.
func assign(at, v any) error {
	ok := v == nil // a column that is newer than the row: the zero value
	switch p := at.(type) {
	case sql.Scanner:
		if v != nil {
			return p.Scan(v)
		}
	case *string:
		if s, is := v.(string); is {
			*p, ok = s, true
		}
	case *int64:
		if n, is := v.(int64); is {
			*p, ok = n, true
		}
	case *bool:
		switch b := v.(type) {
		case bool:
			*p, ok = b, true
		case int64:
			*p, ok = b != 0, true
		}
	case *float64:
		switch n := v.(type) {
		case float64:
			*p, ok = n, true
		case int64:
			*p, ok = float64(n), true
		}
	}
	if !ok {
		return fmt.Errorf("%T does not hold %T", at, v)
	}
	return nil
}

// cell is one column of one Row.
type cell struct {
	row   *Row
	name  string
	blank any
}

// Scan takes a value as the driver gives it.
func (c *cell) Scan(v any) error {
	switch x := v.(type) {
	case []byte:
		v = string(x)
	case float64:
		if x == math.Trunc(x) && math.Abs(x) < 1<<53 {
			v = int64(x) // as JSON gives it back
		}
	case int64:
		if _, is := c.blank.(bool); is {
			v = x != 0 // SQLite has no other word for it
		}
	}
	if *c.row == nil {
		*c.row = Row{}
	}
	(*c.row)[c.name] = v
	return nil
}

// Value gives the value as it was.
func (c *cell) Value() (driver.Value, error) {
	v, ok := (*c.row)[c.name]
	if !ok {
		if known, is := c.blank.(driver.Valuer); is {
			return known.Value()
		}
		return c.blank, nil
	}
	return v, nil
}
