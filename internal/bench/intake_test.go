package bench

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/foyer-crm/foyer/internal/app"
	"github.com/foyer-crm/foyer/internal/db"
)

// each runs a test on both databases.
func each(t *testing.T, f func(t *testing.T, f *fixture)) {
	for _, kind := range []struct{ name, url string }{{"sqlite", ""}, {"postgres", os.Getenv("FOYER_TEST_POSTGRES")}} {
		t.Run(kind.name, func(t *testing.T) {
			if kind.name == "postgres" && kind.url == "" {
				t.Skip("skipped: FOYER_TEST_POSTGRES names no PostgreSQL; make test starts one")
			}
			x, err := newFixture(context.Background(), t.TempDir(), kind.url, t.Logf)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if err := x.close(); err != nil {
					t.Error(err)
				}
			})
			f(t, x)
		})
	}
}

// dump gives what a store holds of the tables that an intake writes, but for
// what two servers do at their own pace.
func dump(t *testing.T, s app.Store) map[string]string {
	t.Helper()
	d, _, err := app.OpenStore(context.Background(), s, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = d.Close() }()
	out := map[string]string{}
	err = d.Read(context.Background(), db.System, func(ctx context.Context, tx *db.Tx) error {
		for _, k := range append(keptTables, kept{table: "identities"}) {
			of := ""
			if k.table == "notifications" {
				of = " WHERE kind = 'new_lead'"
			}
			rows, err := read(ctx, tx, k.table, "", "SELECT * FROM "+k.table+of+" ORDER BY 1, 2, 3")
			if err != nil {
				return err
			}
			var b strings.Builder
			for _, r := range rows {
				fmt.Fprintln(&b, r.values...)
			}
			out[k.table] = b.String()
		}
		found, err := words(ctx, tx, "*", 0)
		out["words"] = fmt.Sprint(len(found))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestRowsAloneAreTheSameRows: the second ceiling writes what Foyer wrote, all
// of it and nothing else; and the requests of all doors are taken, every second
// one for somebody who is there already.
func TestRowsAloneAreTheSameRows(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		ctx := context.Background()
		if err := f.grow(ctx, 300); err != nil {
			t.Fatal(err)
		}
		before, remove, err := f.copy(ctx)
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := remove(); err != nil {
				t.Error(err)
			}
		}()
		began := time.Now()
		t.Run("intake", func(t *testing.T) {
			come := arrivals{people: f.people, keys: f.keys, doors: Doors, held: f.held, next: f.held}
			l := &load{address: inProcess(t, f), conns: 8, requests: come.take(400)}
			if _, err := l.run(ctx, time.Minute); err != nil {
				t.Fatal(err)
			}
			if come.next != f.held+200 {
				t.Errorf("%d people came for the first time, want 200", come.next-f.held)
			}
		})
		r := &runner{fixture: f}
		out := &intakeAt{Foyer: result{Done: 400}}
		rows, err := r.stored(ctx, f.store, began, 400, out)
		if err != nil {
			t.Fatal(err)
		}
		if out.Stored != 400 || out.Outcomes["created"] != 200 || out.Outcomes["noted"] != 50 || out.Outcomes["updated"] < 100 {
			t.Errorf("%d stored, %v", out.Stored, out.Outcomes)
		}
		res, err := replay(ctx, before, f.keys.LocationID, rows, 64)
		if err != nil || res.Done != 400 {
			t.Fatalf("%+v, %v", res, err)
		}
		want, got := dump(t, f.store), dump(t, before)
		for table := range want {
			if want[table] != got[table] {
				t.Errorf("%s differs:\n%.2000s\nwant\n%.2000s", table, got[table], want[table])
			}
		}
	})
}

// TestCut: the rows of 64 requests go together, those of the search index last.
func TestCut(t *testing.T) {
	var all []row
	for i := range 300 {
		all = append(all, row{statement: "INSERT INTO contact_search", values: []any{i}}, row{statement: "INSERT INTO contacts"}, row{statement: "INSERT INTO intake_log", request: true})
	}
	batches := cut(all, 64)
	if len(batches) != 5 || len(batches[0]) != 3*64 || len(batches[4]) != 3*(300-256) {
		t.Fatalf("%d batches", len(batches))
	}
	for _, b := range batches {
		third := len(b) / 3
		for i, r := range b {
			if (late(r) != "") != (i >= 2*third) {
				t.Fatalf("row %d of %d is %s", i, len(b), r.statement)
			}
		}
	}
}
