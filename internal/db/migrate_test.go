package db_test

import (
	"context"
	"strings"
	"sync"
	"testing"

	"github.com/foyer-crm/foyer/internal/db"
)

func versions(t *testing.T, d *db.DB) int64 {
	t.Helper()
	return number(t, d, db.System, "SELECT COUNT(*) FROM schema_migrations")
}

func TestASecondStartChangesNothing(t *testing.T) {
	each(t, func(t *testing.T, o db.Options) {
		first := open(t, o)
		system(t, first, name("a"))
		before := number(t, first, db.System, "SELECT SUM(applied_at) FROM schema_migrations")
		second := open(t, o)
		if after := number(t, second, db.System, "SELECT SUM(applied_at) FROM schema_migrations"); after != before {
			t.Error("migrations were applied again")
		}
		stored(t, second, "a")
	})
}

// Several processes that start together on an empty database: one makes the
// schema, the others wait for it.
func TestManyFirstStartsAtOnce(t *testing.T) {
	each(t, func(t *testing.T, o db.Options) {
		var starts sync.WaitGroup
		for range 6 {
			starts.Go(func() {
				d, err := db.Open(t.Context(), o)
				if err == nil {
					err = d.Close()
				}
				if err != nil {
					t.Error(err)
				}
			})
		}
		starts.Wait()
		d := open(t, o)
		newest := number(t, d, db.System, "SELECT MAX(version) FROM schema_migrations")
		if n := versions(t, d); n != newest {
			t.Errorf("%d migrations are recorded, the newest is %d", n, newest)
		}
	})
}

func TestANewerSchemaIsLeftAlone(t *testing.T) {
	each(t, func(t *testing.T, o db.Options) {
		d := open(t, o)
		system(t, d, func(ctx context.Context, tx *db.Tx) error {
			_, err := tx.Exec(ctx, "INSERT INTO schema_migrations (version, name, applied_at) VALUES (9999, 'future', 1)")
			return err
		})
		again, err := db.Open(t.Context(), o)
		if err == nil {
			_ = again.Close()
			t.Fatal("it was opened")
		}
		if !strings.Contains(err.Error(), "newer Foyer") {
			t.Errorf("it says only %q", err)
		}
		if n := number(t, d, db.System, "SELECT MAX(version) FROM schema_migrations"); n != 9999 {
			t.Errorf("it was changed: %d", n)
		}
	})
}

// An upgrade that breaks off in its third step leaves nothing of the first two.
func TestAnUpgradeHappensWholeOrNotAtAll(t *testing.T) {
	each(t, func(t *testing.T, o db.Options) {
		d := open(t, o)
		system(t, d, name("a"))
		before := versions(t, d)
		good := "CREATE TABLE later (id TEXT PRIMARY KEY);\nUPDATE companies SET name = 'b';"
		if err := db.Upgrade(t.Context(), d, good, "CREATE TABLE broken (;"); err == nil {
			t.Fatal("the broken step passed")
		}
		stored(t, d, "a")
		if n := versions(t, d); n != before {
			t.Errorf("%d migrations are recorded, there were %d", n, before)
		}
		// and the repaired program gets through
		if err := db.Upgrade(t.Context(), d, good, "ALTER TABLE later ADD COLUMN more TEXT;"); err != nil {
			t.Fatal(err)
		}
		stored(t, d, "b")
		if n := number(t, d, db.System, "SELECT COUNT(more) FROM later"); n != 0 {
			t.Errorf("the new table holds %d rows", n)
		}
		if n := versions(t, d); n != before+2 {
			t.Errorf("%d migrations are recorded, not %d", n, before+2)
		}
	})
}
