package db_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/foyer-crm/foyer/internal/db"
)

type record struct {
	ID    string
	Text  string
	Count int64
	Share float64
	Flag  bool
	When  time.Time
	List  []string
	More  map[string]any
}

var records = db.NewTable("records", []string{"id"}, func(r *record) []db.Column {
	return []db.Column{
		{Name: "id", At: &r.ID}, {Name: "text", At: &r.Text}, {Name: "count", At: &r.Count}, {Name: "share", At: &r.Share}, {Name: "flag", At: &r.Flag},
		{Name: "at", At: db.Millis(&r.When)}, {Name: "list", At: db.JSON(&r.List, "[]")}, {Name: "more", At: db.JSON(&r.More, "{}")},
	}
})

const recordsTable = "CREATE TABLE records (id TEXT PRIMARY KEY, text TEXT, count BIGINT, share DOUBLE PRECISION, flag BOOLEAN, at BIGINT, list JSONB, more JSONB);"

func withRecords(t *testing.T, f func(t *testing.T, d *db.DB)) {
	t.Helper()
	each(t, func(t *testing.T, o db.Options) {
		d := open(t, o)
		if err := db.Upgrade(t.Context(), d, recordsTable); err != nil {
			t.Fatal(err)
		}
		f(t, d)
	})
}

func TestARecordComesBackAsItWent(t *testing.T) {
	full := record{ID: "1", Text: "Zoë O’Brien 李 🏠 \"'; -- \\ \t\n", Count: 1<<53 + 1, Share: 0.1, Flag: true,
		When: time.Date(2026, 2, 28, 23, 59, 59, 999e6, time.UTC), List: []string{"a", "", "é"}, More: map[string]any{"a": "b", "n": 1.5, "z": nil}}
	withRecords(t, func(t *testing.T, d *db.DB) {
		for _, want := range []record{full, {ID: "2"}} {
			system(t, d, func(ctx context.Context, tx *db.Tx) error { return records.Insert(ctx, tx, &want) })
			var got *record
			if err := d.Read(t.Context(), db.System, func(ctx context.Context, tx *db.Tx) (err error) {
				got, err = records.One(ctx, tx, "WHERE id = $1", want.ID)
				return err
			}); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(&want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		}
	})
}

// What a command changes in a record after it stored it is not stored: one
// database sends a statement at once and the other with the next one.
func TestARecordIsStoredAsItWasAtTheCall(t *testing.T) {
	withRecords(t, func(t *testing.T, d *db.DB) {
		system(t, d, func(ctx context.Context, tx *db.Tx) error {
			r := record{ID: "1", List: []string{"before"}, When: time.UnixMilli(1)}
			if err := records.Insert(ctx, tx, &r); err != nil {
				return err
			}
			r.List[0], r.When = "after", time.UnixMilli(2)
			return nil
		})
		if n := number(t, d, db.System, "SELECT COUNT(*) FROM records WHERE at = 1 AND CAST(list AS TEXT) = '[\"before\"]'"); n != 1 {
			t.Error("the record was stored as it became later")
		}
	})
}

func TestEnsurePutUpdate(t *testing.T) {
	withRecords(t, func(t *testing.T, d *db.DB) {
		texts := func() (all []string) {
			if err := d.Read(t.Context(), db.System, func(ctx context.Context, tx *db.Tx) error {
				list, err := records.All(ctx, tx, "ORDER BY id")
				for _, r := range list {
					all = append(all, r.ID+r.Text)
				}
				return err
			}); err != nil {
				t.Fatal(err)
			}
			return all
		}
		system(t, d, func(ctx context.Context, tx *db.Tx) error {
			for _, r := range []record{{ID: "1", Text: "a"}, {ID: "1", Text: "b"}} {
				isNew, err := records.InsertIfAbsent(ctx, tx, &r)
				if err != nil || isNew != (r.Text == "a") {
					t.Errorf("%s: new %v, %v", r.Text, isNew, err)
				}
				if err := records.Ensure(ctx, tx, &r); err != nil {
					return err
				}
			}
			return nil
		})
		if diff := cmp.Diff([]string{"1a"}, texts()); diff != "" {
			t.Error(diff)
		}
		system(t, d, func(ctx context.Context, tx *db.Tx) error {
			if err := records.Put(ctx, tx, &record{ID: "1", Text: "c"}); err != nil {
				return err
			}
			return records.Put(ctx, tx, &record{ID: "2", Text: "d"})
		})
		if diff := cmp.Diff([]string{"1c", "2d"}, texts()); diff != "" {
			t.Error(diff)
		}
		system(t, d, func(ctx context.Context, tx *db.Tx) error {
			return records.Update(ctx, tx, &record{ID: "2", Text: "e"})
		})
		if diff := cmp.Diff([]string{"1c", "2e"}, texts()); diff != "" {
			t.Error(diff)
		}
	})
}
