package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/go-json-experiment/json/jsontext"
)

// compare reads a table from both sides in the order of its key and compares
// every value of every row. It gives the number of rows.
func compare(ctx context.Context, from *DB, source *sql.Conn, to *DB, t *table) (n int64, err error) {
	target, err := to.pool.Conn(ctx)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, target.Close()) }()
	end, err := to.reading(ctx, target)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, end()) }()
	a, err := t.open(ctx, source, from.kind, true)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, a.close()) }()
	b, err := t.open(ctx, target, to.kind, true)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, b.close()) }()
	for ; ; n++ {
		more, err := a.next()
		if err != nil {
			return n, err
		}
		also, err := b.next()
		if err != nil {
			return n, err
		}
		switch {
		case !more && !also:
			return n, nil
		case !also:
			return n, fmt.Errorf("the copy lacks %s", a.row())
		case !more:
			return n, fmt.Errorf("the copy has %s, which its source does not", b.row())
		}
		if err := a.equal(b); err != nil {
			return n, err
		}
	}
}

// equal compares the rows that two cursors are at.
func (c *cursor) equal(other *cursor) error {
	for i, v := range c.values {
		w := other.values[i]
		if v == w || c.columns[i].kind == "jsonb" && sameJSON(v, w) {
			continue
		}
		return fmt.Errorf("%s differs in the copy: %s is not the same (the copy is at %s)", c.row(), c.columns[i].name, other.row())
	}
	return nil
}

// sameJSON compares two texts of JSON: PostgreSQL keeps the value and writes it
// in its own way.
func sameJSON(a, b any) bool {
	x, ok := a.(string)
	y, is := b.(string)
	if !ok || !is {
		return false
	}
	left, right := jsontext.Value(x), jsontext.Value(y)
	// Whole numbers are left as they are: as floating-point numbers large ones
	// would look the same that are not.
	whole := jsontext.CanonicalizeRawInts(false)
	return left.Canonicalize(whole) == nil && right.Canonicalize(whole) == nil && string(left) == string(right)
}
