package db_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/foyer-crm/foyer/internal/db"
)

// In a test (Strict) a statement of a location that could touch another's rows
// is refused before it is sent.
func TestAStatementNamesItsTenant(t *testing.T) {
	cases := []struct {
		query string
		ok    bool
	}{
		{"SELECT id FROM contacts", false},
		{"SELECT id FROM contacts WHERE id = 'x'", false},
		{"SELECT location_id, id FROM contacts WHERE id = 'x'", false},
		{"SELECT n.id FROM companies c JOIN notes n ON n.id = c.id", false},
		{"UPDATE contacts SET email = ''", false},
		{"  update contacts set email = ''", false},
		{"DELETE FROM notes WHERE id = 'x'", false},
		{"INSERT INTO links (contact_id) VALUES ('x')", false},
		{"SELECT id FROM contacts WHERE location_id = 'x'", true},
		{"UPDATE contacts SET email = '' WHERE location_id = 'x'", true},
		{"DELETE FROM notes WHERE location_id IN ('x')", true},
		{"SELECT id FROM companies", true},
		{"SELECT id FROM locations WHERE id = 'x' /*postgres FOR UPDATE SKIP LOCKED*/", true},
		{"INSERT INTO custom_fields (location_id, id, key, name, data_type, options, created_at)\n\tVALUES ('l', 'i', 'k', 'n', 't', '[]', 0) ON CONFLICT DO NOTHING", true},
	}
	each(t, func(t *testing.T, o db.Options) {
		o.Strict = true
		d := open(t, o)
		for _, c := range cases {
			run := func(ctx context.Context, tx *db.Tx) error { _, err := tx.Exec(ctx, c.query); return err }
			_ = d.Write(t.Context(), db.System, run) // known to the database from here on, and no less refused
			err := d.Write(t.Context(), "l", run)
			if c.ok && err != nil {
				t.Errorf("%s: refused: %v", c.query, err)
			}
			if !c.ok && (err == nil || !strings.Contains(err.Error(), "does not name location_id")) {
				t.Errorf("%s: not refused: %v", c.query, err)
			}
		}
	})
}

// unwalled are the tables with a location_id that row-level security leaves
// alone, each with the reason.
var unwalled = map[string]string{
	"api_keys":       "a key is what says which location it is",
	"contact_search": "no full-text index can be used behind a policy; its words carry the location",
}

// column is one column of a table of PostgreSQL.
type column struct{ name, kind string }

// tables gives the tables that have a column, with all their columns.
func tables(t *testing.T, d *db.DB, with string) map[string][]column {
	t.Helper()
	all := map[string][]column{}
	err := d.Read(t.Context(), db.System, func(ctx context.Context, tx *db.Tx) error {
		rows, err := tx.Query(ctx, `
			/*postgres SELECT table_name, column_name, data_type FROM information_schema.columns WHERE table_schema = current_schema() ORDER BY 1, ordinal_position*/
			/*sqlite SELECT m.name, c.name, c.type FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table' ORDER BY m.name, c.cid*/`)
		if err != nil {
			return err
		}
		for rows.Next() {
			var table string
			var c column
			if err := rows.Scan(&table, &c.name, &c.kind); err != nil {
				return err
			}
			all[table] = append(all[table], c)
		}
		return errors.Join(rows.Err(), rows.Close())
	})
	if err != nil {
		t.Fatal(err)
	}
	for table, columns := range all {
		if !slices.ContainsFunc(columns, func(c column) bool { return c.name == with }) {
			delete(all, table)
		}
	}
	if len(all) == 0 {
		t.Fatalf("no table has a %s: the test looks in the wrong place", with)
	}
	return all
}

// insert makes a statement that adds a row of a location, with a value of the
// right type in every column.
func insert(table string, columns []column, location string, values map[string]string) string {
	var list, out []string
	for _, c := range columns {
		v := "'x" + location + "'"
		switch strings.ToLower(c.kind) {
		case "bigint", "double precision", "integer":
			v = "1"
		case "boolean":
			v = "FALSE"
		case "jsonb":
			v = "'{}'"
		case "tsvector":
			v = "'x'::tsvector"
		}
		if c.name == "location_id" {
			v = "'" + location + "'"
		}
		if said, ok := values[c.name]; ok {
			v = said
		}
		list, out = append(list, c.name), append(out, v)
	}
	return fmt.Sprintf("INSERT INTO %s (%s) VALUES (%s)", table, strings.Join(list, ", "), strings.Join(out, ", "))
}

// The second wall: a statement that forgot its predicate sees and touches
// nothing of another location, in every table there is. A new table is in this
// test by being in the schema.
func TestRowLevelSecurityIsTheSecondWall(t *testing.T) {
	d := open(t, postgres(t)) // not Strict, which would refuse these statements
	all := tables(t, d, "location_id")
	exec := func(location, query string) (n int64, err error) {
		err = d.Write(t.Context(), location, func(ctx context.Context, tx *db.Tx) error {
			n, err = tx.Exec(ctx, query)
			return err
		})
		return n, err
	}
	for table, columns := range all {
		for _, location := range []string{"A", "B"} {
			if _, err := exec(db.System, insert(table, columns, location, nil)); err != nil {
				t.Fatalf("%s: %v", table, err)
			}
		}
		t.Run(table, func(t *testing.T) {
			_, open := unwalled[table]
			want := int64(1)
			if open {
				want = 2
			}
			if n := number(t, d, db.System, "SELECT COUNT(*) FROM "+table); n != 2 {
				t.Fatalf("the owner of all sees %d rows of 2", n)
			}
			if n := number(t, d, "B", "SELECT COUNT(*) FROM "+table); n != want {
				t.Errorf("B sees %d rows, not %d", n, want)
			}
			if open {
				return // and so are its other statements
			}
			if n := number(t, d, "", "SELECT COUNT(*) FROM "+table); n != 0 {
				t.Errorf("nobody sees %d rows", n)
			}
			if n := number(t, d, "B", "SELECT COUNT(*) FROM "+table+" WHERE location_id = 'A'"); n != 0 {
				t.Errorf("B sees %d rows of A", n)
			}
			if n, err := exec("B", "UPDATE "+table+" SET location_id = location_id"); n != 1 || err != nil {
				t.Errorf("B changed %d rows, %v", n, err)
			}
			for _, foreign := range []string{
				insert(table, columns, "A", map[string]string{"id": "'y'", "number": "2", "key": "'y'", "event_id": "'y'", "contact_id": "'y'", "user_id": "'y'"}),
				"UPDATE " + table + " SET location_id = 'A'",
			} {
				if n, err := exec("B", foreign); err == nil {
					t.Errorf("B wrote %d rows into A: %s", n, foreign)
				} else if !strings.Contains(err.Error(), "row-level security") {
					t.Errorf("B was kept out by something else: %v", err)
				}
			}
			if n, err := exec("B", "DELETE FROM "+table); n != 1 || err != nil {
				t.Errorf("B deleted %d rows, %v", n, err)
			}
			if n := number(t, d, "A", "SELECT COUNT(*) FROM "+table); n != 1 {
				t.Errorf("A has %d rows left of its one", n)
			}
		})
	}
	for table := range unwalled {
		if _, there := all[table]; !there {
			t.Errorf("%s is excepted and has no location_id", table)
		}
	}
}

// A request without a known key belongs to the location "", which is no more
// than another location: the first transaction of a connection can be its.
func TestTheLocationOfStrangersIsALocation(t *testing.T) {
	d := open(t, postgres(t))
	log := tables(t, d, "location_id")["intake_log"]
	for _, location := range []string{"", "B", ""} {
		err := d.Write(t.Context(), location, func(ctx context.Context, tx *db.Tx) error {
			_, err := tx.Exec(ctx, insert("intake_log", log, location, map[string]string{"id": "'" + tx.NewID() + "'"}))
			return err
		})
		if err != nil {
			t.Errorf("location %q: %v", location, err)
		}
		if n := number(t, d, location, "SELECT COUNT(*) FROM intake_log"); n == 0 {
			t.Errorf("location %q does not see its row", location)
		}
	}
}

// Commands of several locations share a transaction; each is behind its own wall.
func TestNeighboursInAGroupSeeOnlyTheirOwn(t *testing.T) {
	d := open(t, postgres(t))
	notes := tables(t, d, "location_id")["notes"]
	var locations []string
	for i := 0; len(locations) < 4; i++ {
		if l := fmt.Sprint("location ", i); db.SameWriter(d, l, db.System) {
			locations = append(locations, l)
		}
	}
	var calls []call
	for i := range 3 * len(locations) {
		location := locations[i%len(locations)]
		// whoever fails takes back that it entered its location, too
		calls = append(calls, call{location: location, f: func(ctx context.Context, tx *db.Tx) error {
			_, err := tx.Exec(ctx, insert("notes", notes, location, map[string]string{"id": "'" + tx.NewID() + "'"}))
			return errors.Join(errOwn, err)
		}})
		calls = append(calls, call{location: location, f: func(ctx context.Context, tx *db.Tx) error {
			_, err := tx.Exec(ctx, insert("notes", notes, location, map[string]string{"id": "'" + tx.NewID() + "'"}))
			if err != nil {
				return err
			}
			var n int64
			_, err = tx.Get(ctx, []any{&n}, "SELECT COUNT(*) FROM notes")
			if want := int64(i/len(locations) + 1); err == nil && n != want {
				t.Errorf("%s sees %d notes of its %d", location, n, want)
			}
			return err
		}})
	}
	for i, err := range together(t, d, calls...) {
		if (i%2 == 0) != errors.Is(err, errOwn) || i%2 == 1 && err != nil {
			t.Errorf("%d: %v", i, err)
		}
	}
	for _, location := range locations {
		if n := number(t, d, location, "SELECT COUNT(*) FROM notes"); n != 3 {
			t.Errorf("%s sees %d notes of its 3", location, n)
		}
	}
}
