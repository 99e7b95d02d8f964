package snapshot

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/foyer-crm/foyer/internal/db"
)

// columns gives the columns of a table but the location's, none if the schema
// has no such table.
func (t table) columns(ctx context.Context, tx *db.Tx) (names []string, err error) {
	const query = `SELECT /*sqlite name FROM pragma_table_info($1)*/
		/*postgres column_name FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = $1*/`
	var name string
	err = tx.Each(ctx, []any{&name}, func() error {
		if name != "location_id" {
			names = append(names, name)
		}
		return nil
	}, query, t.name)
	slices.Sort(names)
	return names, err
}

// rows gives the rows of a location, the oldest first.
func (t table) rows(ctx context.Context, tx *db.Tx, locationID string, columns []string) (list []Row, err error) {
	values, at := make([]any, len(columns)), make([]any, len(columns))
	for i := range values {
		at[i] = &values[i]
	}
	err = tx.Each(ctx, at, func() error {
		r := Row{}
		for i, name := range columns {
			if b, ok := values[i].([]byte); ok {
				values[i] = string(b)
			}
			r[name] = values[i]
		}
		list = append(list, r)
		return nil
	}, "SELECT "+strings.Join(columns, ", ")+" FROM "+t.name+" WHERE location_id = $1 ORDER BY id", locationID)
	return list, err
}

// insert stores a row in a location.
func (t table) insert(ctx context.Context, tx *db.Tx, locationID string, columns []string, r Row) error {
	names, marks, args := []string{"location_id"}, []string{"$1"}, []any{locationID}
	for _, name := range columns {
		v, ok := r[name]
		if !ok {
			continue // the column is younger than the snapshot: it has a default
		}
		if f, isNumber := v.(float64); isNumber && f == float64(int64(f)) {
			v = int64(f) // JSON has no whole numbers
		}
		args = append(args, v)
		names, marks = append(names, name), append(marks, fmt.Sprintf("$%d", len(args)))
	}
	return tx.Do(ctx, "INSERT INTO "+t.name+" (location_id, "+strings.Join(names[1:], ", ")+") VALUES ("+strings.Join(marks, ", ")+")", args...)
}

// is gives what names a row among those of its table.
func (t table) is(r Row) string {
	values := make([]any, len(t.key))
	for i, k := range t.key {
		values[i] = r[k]
	}
	text, _ := json.Marshal(values) // plain values
	return string(text)
}
