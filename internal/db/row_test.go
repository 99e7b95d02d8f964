package db_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/foyer-crm/foyer/internal/db"
)

// kept is a record with a column of each kind.
type kept struct {
	Location, ID string
	Number       int64
	Score        float64
	Done         bool
	Data         map[string]any
	At           time.Time
}

var keeping = db.NewTable("keeping", []string{"location_id", "id"}, func(k *kept) []db.Column {
	return []db.Column{
		{Name: "location_id", At: &k.Location}, {Name: "id", At: &k.ID}, {Name: "number", At: &k.Number}, {Name: "score", At: &k.Score},
		{Name: "done", At: &k.Done}, {Name: "data", At: db.JSON(&k.Data, "{}")}, {Name: "at", At: db.Millis(&k.At)},
	}
})

// A Row comes out of JSON and goes into the table again as it was, also what no
// decoder would keep; as a record it says what the record says.
func TestARowStaysAsItIsStored(t *testing.T) {
	each(t, func(t *testing.T, o db.Options) {
		d := open(t, o)
		system(t, d, func(ctx context.Context, tx *db.Tx) error {
			const make = `CREATE TABLE keeping (location_id TEXT NOT NULL, id TEXT NOT NULL, number BIGINT NOT NULL, score DOUBLE PRECISION NOT NULL,
				done BOOLEAN NOT NULL, data JSONB NOT NULL, at BIGINT NOT NULL, PRIMARY KEY (location_id, id))`
			_, err := tx.Exec(ctx, make)
			return err
		})
		for _, values := range []string{
			`'a', 9007199254740993, 0.125, TRUE, '{"n": 12345678901234567890, "m": 1.50, "t": "<&>"}', 1700000000123`,
			`'b', 0, 3, FALSE, '{}', 0`,
			`'', -1, 1e300, TRUE, '{"nested": {"list": [1, "two", null]}}', 1`,
		} {
			system(t, d, func(ctx context.Context, tx *db.Tx) error {
				if _, err := tx.Exec(ctx, "DELETE FROM keeping"); err != nil {
					return err
				}
				if _, err := tx.Exec(ctx, "INSERT INTO keeping (location_id, id, number, score, done, data, at) VALUES ('l', "+values+")"); err != nil {
					return err
				}
				rows := keeping.Rows()
				row, err := rows.One(ctx, tx, "WHERE location_id = $1", "l")
				if err != nil {
					return err
				}
				record, err := keeping.One(ctx, tx, "WHERE location_id = $1", "l")
				if err != nil {
					return err
				}
				text, err := json.Marshal(row)
				if err != nil {
					return err
				}
				var again db.Row
				if err := json.Unmarshal(text, &again); err != nil {
					return err
				}
				if diff := cmp.Diff(*row, again); diff != "" {
					t.Errorf("through JSON: %s", diff)
				}
				if _, err := tx.Exec(ctx, "DELETE FROM keeping"); err != nil {
					return err
				}
				if err := rows.Insert(ctx, tx, &again); err != nil {
					return err
				}
				stored, err := rows.One(ctx, tx, "WHERE location_id = $1", "l")
				if err != nil {
					return err
				}
				if diff := cmp.Diff(*row, *stored); diff != "" {
					t.Errorf("stored again: %s", diff)
				}
				read, err := keeping.Record(*stored)
				if err != nil {
					return err
				}
				if diff := cmp.Diff(record, read); diff != "" {
					t.Errorf("as a record: %s", diff)
				}
				// a row that is older than a column
				delete(again, "data")
				if err := rows.Put(ctx, tx, &again); err != nil {
					return err
				}
				if record, err = keeping.One(ctx, tx, "WHERE location_id = $1", "l"); err == nil && record.Data != nil {
					t.Errorf("a column that the row does not have is %v", record.Data)
				}
				return err
			})
		}
	})
}
