package db_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
)

// texts are values that one database might keep in another way than the other.
var texts = []string{"", "Ana", "Ω≈ç√∫", "田中さん", "👩🏽‍💻", "'; DROP TABLE contacts;--", "a\r\nb\tc", "\x01\x7f", "1.0", "true", "null", " x ", "\\u0041", "é", "e\u0301", "Z", "a", "ä"}

// objects are texts of JSON that come out in another form, and no less equal.
var objects = []string{`{}`, `{"b":1,"a":[1,2.50,1e5,-0.0,9007199254740993],"c":"\u00e9\n","aa":null}`, `{"z":{"y":{"x":[true,false]}},"":""}`}

// furnish puts rows of every kind into every table of a database.
func furnish(t *testing.T, d *db.DB) (location string) {
	t.Helper()
	system(t, d, func(ctx context.Context, tx *db.Tx) error {
		company, err := crm.AddCompany(ctx, tx, "Agency")
		if err != nil {
			return err
		}
		l, err := crm.AddLocation(ctx, tx, company.ID, "Office", "")
		location = l.ID
		return err
	})
	by := crm.Actor{LocationID: location, Origin: "test"}
	for i, s := range texts {
		if err := d.Write(t.Context(), location, func(ctx context.Context, tx *db.Tx) error {
			e, _ := crm.NewEmail(fmt.Sprintf("p%d@x.example", i), "")
			saved, err := crm.SaveContact(ctx, tx, by, crm.Save{Input: crm.Input{Contact: crm.Contact{FirstName: "Person" + s, LastName: s, Emails: []crm.Email{e}, Phones: []crm.Phone{crm.NewPhone(fmt.Sprintf("602555%04d", i), "cell")}, CustomFields: map[string]any{"x": 1.5, "y": s}},
				Properties: []crm.Property{{Key: s, Data: map[string]any{"address": s}}}, Links: []crm.Link{{Origin: "test", Scope: "s", ExternalID: fmt.Sprint(i)}}}})
			if err == nil {
				_, err = crm.AddNote(ctx, tx, by, crm.Note{ContactID: saved.Contact.ID, Body: s})
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	for _, with := range []string{"location_id", "id", "hash", "key", "user_id"} { // each table has one of them
		for table, columns := range tables(t, d, with) {
			if strings.HasPrefix(table, "contact_search") || table == "contacts" || strings.HasPrefix(table, "sqlite_") {
				continue
			}
			for i, s := range append(slices.Clone(texts), objects...) {
				values := map[string]string{}
				for _, c := range columns {
					switch strings.ToLower(c.kind) {
					case "text":
						values[c.name] = "'" + strings.ReplaceAll(s, "'", "''") + fmt.Sprint(i) + "'"
					case "jsonb":
						values[c.name] = "'" + objects[i%len(objects)] + "'"
					case "bigint":
						values[c.name] = fmt.Sprint(int64(i) << 55)
					case "double precision":
						values[c.name] = fmt.Sprintf("%d.1", i)
					case "boolean":
						values[c.name] = fmt.Sprint(i%2 == 0)
					}
				}
				values["location_id"] = "'" + location + "'"
				if with == "id" && values["location_id"] == "" {
					delete(values, "location_id")
				}
				system(t, d, func(ctx context.Context, tx *db.Tx) error {
					_, err := tx.Exec(ctx, insert(table, columns, location, values)+" ON CONFLICT DO NOTHING")
					return err
				})
			}
		}
	}
	return location
}

// emptyPlaces are where a copy can go: one of each kind.
func emptyPlaces(t *testing.T) map[string]func(t *testing.T) db.Options {
	return map[string]func(t *testing.T) db.Options{
		"sqlite":   func(t *testing.T) db.Options { return db.Options{Dir: filepath.Join(t.TempDir(), "new")} },
		"postgres": postgres,
	}
}

func copier(from, to db.Options) *db.Copier {
	return &db.Copier{From: from, To: to, Rebuild: crm.RebuildSearch}
}

// A copy has every row of every table, there and back again, and finds people by
// their words.
func TestACopyIsEqualRowByRow(t *testing.T) {
	each(t, func(t *testing.T, o db.Options) {
		d := open(t, o)
		location := furnish(t, d)
		for kind, place := range emptyPlaces(t) {
			t.Run("to "+kind, func(t *testing.T) {
				there, back := place(t), db.Options{Dir: filepath.Join(t.TempDir(), "back")}
				rows, err := copier(o, there).Copy(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				again, err := copier(there, back).Copy(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				copied := open(t, there)
				for table, n := range rows {
					if got := number(t, copied, db.System, "SELECT COUNT(*) FROM "+table); got != n || again[table] != n || n < 3 {
						t.Errorf("%s: %d rows were copied, %d are there and %d went back", table, n, got, again[table])
					}
				}
				for table := range tables(t, d, "location_id") {
					if _, copied := rows[table]; !copied && table != "contact_search" {
						t.Errorf("%s was not copied", table)
					}
				}
				for _, words := range []string{"Person", "p3 example", "6025550004"} {
					if was, is := found(t, d, location, words), found(t, copied, location, words); len(was) == 0 || !slices.Equal(was, is) {
						t.Errorf("%q finds %d contacts in the copy, %d in its source", words, len(is), len(was))
					}
				}
				system(t, copied, name("written after"))
			})
		}
	})
}

func found(t *testing.T, d *db.DB, location, words string) (ids []string) {
	t.Helper()
	if err := d.Read(t.Context(), location, func(ctx context.Context, tx *db.Tx) error {
		list, _, err := crm.Contacts(ctx, tx, location, crm.Query{Text: words, Limit: 100}, false)
		for i := range list {
			ids = append(ids, list[i].ID)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return ids
}

// A table that both databases do not describe in the same way could not be
// copied: a migration that adds one is held to it here.
func TestBothDatabasesHaveTheSameTables(t *testing.T) {
	a, b := open(t, db.Options{Dir: t.TempDir()}), open(t, postgres(t))
	if err := db.SameTables(t.Context(), a, b); err != nil {
		t.Error(err)
	}
}

// What was written while the copy ran is not in it, and does not disturb it.
func TestACopyIsOfOneMoment(t *testing.T) {
	each(t, func(t *testing.T, o db.Options) {
		d := open(t, o)
		furnish(t, d)
		for kind, place := range emptyPlaces(t) {
			t.Run("to "+kind, func(t *testing.T) {
				to, before := place(t), len(names(t, d))
				c := copier(o, to)
				c.Progress = func(string) { system(t, d, name("late")) }
				if _, err := c.Copy(t.Context()); err != nil {
					t.Fatal(err)
				}
				if n := len(names(t, open(t, to))); n != before {
					t.Errorf("%d companies were copied, there were %d", n, before)
				}
			})
		}
	})
}

// The target has to be empty, and is not touched otherwise.
func TestACopyGoesIntoAnEmptyPlace(t *testing.T) {
	each(t, func(t *testing.T, o db.Options) {
		d := open(t, o)
		for kind, place := range emptyPlaces(t) {
			t.Run("to "+kind, func(t *testing.T) {
				to := place(t)
				full := open(t, to)
				system(t, full, name("mine"))
				if _, err := copier(o, to).Copy(t.Context()); err == nil || !strings.Contains(err.Error(), "empty") {
					t.Errorf("it was copied: %v", err)
				}
				stored(t, full, "mine")
			})
		}
		_ = d
	})
}

// A copy that breaks off leaves a target that nothing opens, and says so; the
// next one begins anew there.
func TestAnUnfinishedCopyIsNotServed(t *testing.T) {
	each(t, func(t *testing.T, o db.Options) {
		d := open(t, o)
		furnish(t, d)
		for kind, place := range emptyPlaces(t) {
			t.Run("to "+kind, func(t *testing.T) {
				to := place(t)
				ctx, stop := context.WithCancel(t.Context())
				c := copier(o, to)
				seen := 0
				c.Progress = func(string) {
					if seen++; seen == 9 {
						stop()
					}
				}
				if _, err := c.Copy(ctx); !errors.Is(err, context.Canceled) {
					t.Fatalf("the copy ended with %v", err)
				}
				if opened, err := db.Open(t.Context(), to); !errors.Is(err, db.ErrUnfinished) {
					if err == nil {
						_ = opened.Close()
					}
					t.Errorf("opening it gives %v", err)
				}
				if _, err := copier(to, db.Options{Dir: t.TempDir()}).Copy(t.Context()); !errors.Is(err, db.ErrUnfinished) {
					t.Errorf("copying it on gives %v", err)
				}
				if _, err := copier(o, to).Copy(t.Context()); err != nil {
					t.Errorf("copying again: %v", err)
				}
				whole(t, open(t, to))
			})
		}
		// one whose index was not made is unfinished as well
		to := db.Options{Dir: t.TempDir()}
		c := copier(o, to)
		c.Rebuild = func(context.Context, *db.DB) error { return errors.New("no index") }
		if _, err := c.Copy(t.Context()); err == nil {
			t.Error("it was finished")
		}
		if _, err := db.Open(t.Context(), to); !errors.Is(err, db.ErrUnfinished) {
			t.Errorf("opening it gives %v", err)
		}
	})
}

func TestWhatIsNoDatabaseOfFoyerIsNotCopied(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "text.db"), []byte("this is no database, whatever its name says, and long enough to be looked at: "+strings.Repeat("x", 5000)), 0o600); err != nil {
		t.Fatal(err)
	}
	other, err := sql.Open("sqlite", filepath.Join(dir, "other.db"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.ExecContext(t.Context(), "CREATE TABLE a (b)"); err != nil {
		t.Fatal(err)
	}
	if err := other.Close(); err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]string{"none.db": "there is no database", "text.db": "not a database", "other.db": "no database of Foyer"} {
		to := filepath.Join(t.TempDir(), "to")
		if _, err := copier(db.Options{Dir: dir, File: file}, db.Options{Dir: to}).Copy(t.Context()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", file, err)
		}
		if _, err := os.Stat(filepath.Join(to, "foyer.db")); err == nil {
			t.Errorf("%s: a target was made", file)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "none.db")); err == nil {
		t.Error("the source was made")
	}
}
