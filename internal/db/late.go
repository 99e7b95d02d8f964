package db

import (
	"context"
	"encoding/json"
	"fmt"
)

// Late is a table that is written once for a whole group of commands, at the
// end of their transaction: what is cheap once and dear row by row. Both
// statements take one mark, $1: a JSON array of rows, each an array.
type Late struct {
	Delete string // removes rows; a row of $1 is a key and a location
	Insert string // adds the rows of $1
}

// lateRow is one row that a command wants to have.
type lateRow struct {
	table   *Late
	key     int64
	tenant  string
	replace bool // a row with this key may be there already
	row     []any
}

// Last keeps a row for the end of the group. Of several with the same key the
// last one counts; a nil row is none. It belongs to the transaction like every
// other write: if the command is rolled back it is forgotten.
func (t *Tx) Last(table *Late, key int64, replace bool, row []any) {
	t.dirty = true
	t.late = append(t.late, lateRow{table, key, t.location, replace, row})
}

// writeLate writes what the commands of a group kept for the end.
func (d *DB) writeLate(ctx context.Context, s *session, all []lateRow) error {
	if len(all) == 0 {
		return nil
	}
	if err := s.enter(ctx, System); err != nil {
		return err
	}
	tx := &Tx{d: d, s: s, location: System}
	for len(all) > 0 {
		table := all[0].table
		var rest []lateRow
		at := map[int64]int{}
		var mine []lateRow
		for _, r := range all {
			if r.table != table {
				rest = append(rest, r)
				continue
			}
			if i, again := at[r.key]; again {
				r.replace = r.replace || mine[i].replace
				mine[i] = r
				continue
			}
			at[r.key] = len(mine)
			mine = append(mine, r)
		}
		if err := table.write(ctx, tx, mine); err != nil {
			return err
		}
		all = rest
	}
	return nil
}

func (l *Late) write(ctx context.Context, tx *Tx, rows []lateRow) error {
	var gone, come [][]any
	for _, r := range rows {
		if r.replace {
			gone = append(gone, []any{r.key, r.tenant})
		}
		if r.row != nil {
			come = append(come, r.row)
		}
	}
	for _, w := range []struct {
		query string
		rows  [][]any
	}{{l.Delete, gone}, {l.Insert, come}} {
		if len(w.rows) == 0 {
			continue
		}
		text, err := json.Marshal(w.rows)
		if err != nil {
			return fmt.Errorf("writing at the end of a group: %w", err)
		}
		if _, err := tx.Exec(ctx, w.query, string(text)); err != nil {
			return err
		}
	}
	return nil
}
