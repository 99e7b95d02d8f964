package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/foyer-crm/foyer/internal/app"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/id"
)

// The second ceiling of the intake: the rows that a server really stored are
// read back and written once more, to the same tables of a copy of the database
// as it was before, by a loop that does nothing else.

// row is one row to write: with which statement, and when it was written first.
type row struct {
	at        int64 // the number in its id
	statement string
	values    []any
	request   bool // the row of the import log, of which each request has one
}

// kept says which rows of a table came since a moment. order is the column with
// an id, by which the rows stand in the order they were written in.
type kept struct {
	table, order, where string
}

// keptTables are all tables that an intake writes new rows to.
var keptTables = []kept{
	{"contacts", "id", "id >= $2"},
	{"links", "contact_id", "contact_id >= $2"},
	{"notes", "id", "id >= $2"},
	{"activities", "id", "id >= $2"},
	{"properties", "id", "id >= $2"},
	{"requirements", "id", "id >= $2"},
	{"duplicate_pairs", "contact_id", "contact_id >= $2"},
	{"events", "id", "id >= $2"},
	{"notifications", "event_id", "event_id >= $2 AND kind = 'new_lead'"}, // others are made behind the request
	{"intake_log", "id", "id >= $2"},
}

// readRows gives all rows that came since a moment, in the order they came in.
func readRows(ctx context.Context, d *db.DB, locationID string, since time.Time) ([]row, error) {
	var all []row
	from := id.At(since)
	err := d.Read(ctx, locationID, func(ctx context.Context, tx *db.Tx) error {
		all = all[:0]
		for _, k := range keptTables {
			rows, err := read(ctx, tx, k.table, k.order, "SELECT * FROM "+k.table+" WHERE location_id = $1 AND "+k.where, locationID, from)
			if err != nil {
				return err
			}
			all = append(all, rows...)
		}
		updated, err := updates(ctx, tx, locationID, from)
		if err != nil {
			return err
		}
		claimed, err := identities(ctx, tx, locationID, from)
		if err != nil {
			return err
		}
		words, err := words(ctx, tx, locationID, id.Number(from+strings.Repeat("0", id.Len-id.NumberLen)))
		all = append(append(append(all, updated...), claimed...), words...)
		return err
	})
	slices.SortStableFunc(all, func(a, b row) int { return int(min(max(a.at-b.at, -1), 1)) })
	return all, err
}

// read gives the rows that a query selects, with the statement that inserts them.
func read(ctx context.Context, tx *db.Tx, table, order, query string, args ...any) (all []row, err error) {
	rows, err := tx.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	at := slices.Index(columns, order)
	marks := make([]string, len(columns))
	for i := range marks {
		marks[i] = fmt.Sprintf("$%d", i+1)
	}
	insert := "INSERT INTO " + table + " (" + strings.Join(columns, ", ") + ") VALUES (" + strings.Join(marks, ", ") + ")"
	for rows.Next() {
		values, err := scan(rows, len(columns))
		if err != nil {
			return nil, err
		}
		r := row{statement: insert, values: values, request: table == "intake_log"}
		if at >= 0 {
			text, _ := values[at].(string)
			r.at = id.Number(text)
		}
		all = append(all, r)
	}
	return all, rows.Err()
}

func scan(rows db.Rows, n int) ([]any, error) {
	cells, to := make([]cell, n), make([]any, n)
	for i := range cells {
		to[i] = &cells[i]
	}
	if err := rows.Scan(to...); err != nil {
		return nil, err
	}
	values := make([]any, n)
	for i := range cells {
		values[i] = cells[i].value
	}
	return values, nil
}

// cell is a value as the database gives it: JSON stays text.
type cell struct{ value any }

// Scan takes any value.
func (c *cell) Scan(v any) error {
	if b, ok := v.([]byte); ok {
		v = string(b)
	}
	c.value = v
	return nil
}

// updates gives an UPDATE of the whole contact for every event that says that
// it was changed, as its row is now.
func updates(ctx context.Context, tx *db.Tx, locationID, from string) (all []row, err error) {
	changed, err := read(ctx, tx, "events", "id", "SELECT contact_id, id FROM events WHERE location_id = $1 AND id >= $2 AND type = 'contact.updated'", locationID, from)
	if err != nil {
		return nil, err
	}
	for _, e := range changed {
		rows, err := tx.Query(ctx, "SELECT * FROM contacts WHERE location_id = $1 AND id = $2", locationID, e.values[0])
		if err != nil {
			return nil, err
		}
		columns, err := rows.Columns()
		if err == nil && rows.Next() {
			var values []any
			if values, err = scan(rows, len(columns)); err == nil {
				all = append(all, update(e.at, columns, values))
			}
		}
		if err = errors.Join(err, rows.Err(), rows.Close()); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// fixed are the columns of a contact that never change.
var fixed = []string{"location_id", "id", "number", "created_at"}

func update(at int64, columns []string, values []any) row {
	r := row{at: at}
	var sets []string
	for i, c := range columns {
		if !slices.Contains(fixed, c) {
			r.values = append(r.values, values[i])
			sets = append(sets, fmt.Sprintf("%s = $%d", c, len(r.values)))
		}
	}
	r.values = append(r.values, values[slices.Index(columns, "location_id")], values[slices.Index(columns, "id")])
	r.statement = fmt.Sprintf("UPDATE contacts SET %s WHERE location_id = $%d AND id = $%d", strings.Join(sets, ", "), len(r.values)-1, len(r.values))
	return r
}

// identities gives the keys that the contacts claimed who came since the moment.
// Those who were there before claim none: they say nothing new about themselves
// that is one.
func identities(ctx context.Context, tx *db.Tx, locationID, from string) ([]row, error) {
	all, err := read(ctx, tx, "identities", "contact_id", "SELECT * FROM identities WHERE location_id = $1 AND contact_id >= $2", locationID, from)
	for i := range all {
		all[i].statement += " ON CONFLICT DO NOTHING"
	}
	return all, err
}

// words gives the rows of the search index of the contacts from a number on. In
// SQLite they are read off its vocabulary: the index keeps no texts.
func words(ctx context.Context, tx *db.Tx, locationID string, from int64) ([]row, error) {
	if tx.Kind() == db.Postgres {
		all, err := read(ctx, tx, "contact_search", "", "SELECT number, location_id, words::text AS words FROM contact_search WHERE location_id = $1 AND number >= $2", locationID, from)
		for i := range all {
			all[i].at = all[i].values[0].(int64)
			all[i].statement = "INSERT INTO contact_search (number, location_id, words) VALUES ($1, $2, $3::tsvector)"
		}
		return all, err
	}
	if _, err := tx.Exec(ctx, "CREATE VIRTUAL TABLE IF NOT EXISTS temp.vocabulary USING fts5vocab(main, contact_search, instance)"); err != nil {
		return nil, err
	}
	texts := map[int64]string{}
	var number int64
	var word string
	if err := tx.Each(ctx, []any{&number, &word}, func() error {
		texts[number] += " " + word
		return nil
	}, "SELECT doc, term FROM temp.vocabulary WHERE doc >= $1", from); err != nil {
		return nil, err
	}
	all := make([]row, 0, len(texts))
	for number, text := range texts {
		all = append(all, row{at: number, statement: "INSERT INTO contact_search (rowid, words) VALUES ($1, $2)", values: []any{number, text}})
	}
	return all, nil
}

// replay writes rows to a store, those of so many requests to a transaction as the
// connections of the load can have under way, and gives requests a second. The connection, its settings and its checkpoints are
// the product's own, statements are prepared, and on PostgreSQL no answer is
// waited for before the COMMIT. PostgreSQL is given as many connections as the
// product writes with; SQLite has one writer.
func replay(ctx context.Context, s app.Store, locationID string, all []row, together int) (*result, error) {
	d, _, err := app.OpenStore(ctx, s, nil)
	if err != nil {
		return nil, err
	}
	writers := 1
	if d.Kind() == db.Postgres {
		writers = 4
	}
	batches := cut(all, together)
	requests := 0
	for _, r := range all {
		if r.request {
			requests++
		}
	}
	var next atomic.Int64
	var mu sync.Mutex
	var work sync.WaitGroup
	start := time.Now()
	for range writers {
		work.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(batches) {
					return
				}
				if e := write(ctx, d, locationID, batches[i]); e != nil {
					mu.Lock()
					err = errors.Join(err, e)
					mu.Unlock()
					return
				}
			}
		})
	}
	work.Wait()
	elapsed := time.Since(start)
	return &result{Done: requests, Elapsed: elapsed}, errors.Join(err, d.Close())
}

// cut puts the rows of some requests each together, those of the search index
// last: the index is cheap only if it is written at the end.
func cut(all []row, together int) [][]row {
	var batches [][]row
	start, requests := 0, 0
	for i, r := range all {
		if r.request {
			requests++
		}
		if requests == together || i == len(all)-1 {
			batch := all[start : i+1]
			slices.SortStableFunc(batch, func(a, b row) int { return strings.Compare(late(a), late(b)) })
			batches = append(batches, batch)
			start, requests = i+1, 0
		}
	}
	return batches
}

func late(r row) string {
	if strings.HasPrefix(r.statement, "INSERT INTO contact_search") {
		return "late"
	}
	return ""
}

func write(ctx context.Context, d *db.DB, locationID string, batch []row) error {
	return d.Write(ctx, locationID, func(ctx context.Context, tx *db.Tx) error {
		for _, r := range batch {
			if err := tx.Do(ctx, r.statement, r.values...); err != nil {
				return err
			}
		}
		return nil
	})
}
