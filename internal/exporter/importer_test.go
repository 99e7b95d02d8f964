package exporter_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/foyertest"
	"github.com/foyer-crm/foyer/internal/importer"
)

// TestCSVAndCardsComeBack holds the promise of docs/EXPORT.md: everything that
// Foyer knows of a contact comes back byte by byte. It compares what is stored,
// so that a field which no column holds is missed.
func TestCSVAndCardsComeBack(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		fill(t, f, naughty(t))
		merge(t, f)
		was := stored(t, f)
		everyFieldIsSaid(t, f)
		for _, format := range []string{"csv", "vcf"} {
			t.Run(format, func(t *testing.T) {
				other := foyertest.New(t)
				text := export(t, f, format)
				if format == "vcf" { // where the id of a user may be folded over two lines
					text = strings.ReplaceAll(text, "\r\n ", "")
				}
				path := filepath.Join(t.TempDir(), "people."+format)
				if err := os.WriteFile(path, []byte(strings.ReplaceAll(text, f.Credentials.User.ID, other.Credentials.User.ID)), 0o600); err != nil {
					t.Fatal(err)
				}
				file, err := importer.Open(path)
				if err != nil {
					t.Fatal(err)
				}
				result, err := importer.Run(t.Context(), other.DB, crm.Actor{LocationID: other.Credentials.LocationID}, file, importer.Options{Match: []crm.Key{crm.KeyEmail, crm.KeyPhone}})
				if err != nil || result.Refused > 0 {
					other.Read(t, func(ctx context.Context, tx *db.Tx) error {
						rows, err := crm.ImportRows(ctx, tx, other.Credentials.LocationID, result.ImportID, 0, 10)
						for _, r := range rows {
							t.Errorf("line %d was refused: %s", r.Line, r.Reason)
						}
						return err
					})
					t.Fatalf("%+v %v", result, err)
				}
				is := stored(t, other)
				if len(was) != len(is) {
					t.Fatalf("%d contacts became %d", len(was), len(is))
				}
				wrong := 0
				for i := range was {
					if diff := cmp.Diff(was[i], is[i]); diff != "" {
						if wrong++; wrong > 2 {
							t.Fatal("and so on")
						}
						t.Errorf("contact %d is not as it was:\n%s", i, diff)
					}
				}
			})
		}
	})
}

// A line that somebody copied in a spreadsheet, to make a second person of it, is
// a second person.
func TestACopiedLineIsSomebodyNew(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		write(t, f, func(ctx context.Context, tx *db.Tx) error {
			_, err := crm.SaveContact(ctx, tx, actor(f), crm.Save{Input: crm.Input{Contact: crm.Contact{FirstName: "Ana", Tags: []string{"hot"}}}})
			return err
		})
		was := wholes(t, f)
		lines := strings.SplitAfter(export(t, f, "csv"), "\r\n")
		path := filepath.Join(t.TempDir(), "people.csv")
		if err := os.WriteFile(path, []byte(lines[0]+lines[1]+strings.ReplaceAll(lines[1], "Ana", "Bob")), 0o600); err != nil {
			t.Fatal(err)
		}
		file, err := importer.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		other := foyertest.New(t)
		if _, err := importer.Run(t.Context(), other.DB, crm.Actor{LocationID: other.Credentials.LocationID}, file, importer.Options{}); err != nil {
			t.Fatal(err)
		}
		is := wholes(t, other)
		if len(is) != 2 || is[0].Contact.ID != was[0].Contact.ID || is[0].Contact.FirstName != "Ana" || is[1].Contact.FirstName != "Bob" || len(is[1].History) != 1 {
			t.Errorf("%+v", is)
		}
	})
}

// wholes gives all contacts of the first location.
func wholes(t *testing.T, f *foyertest.F) (all []crm.Whole) {
	t.Helper()
	f.Read(t, func(ctx context.Context, tx *db.Tx) (err error) {
		all, err = crm.Wholes(ctx, tx, f.Credentials.LocationID, "", 10_000, true)
		return err
	})
	return all
}

// customField is how the history calls a custom field.
var customField = regexp.MustCompile(`customFields\.[0-9A-Za-z]{20}`)

// stored gives all that is stored of the contacts of a location as JSON has it,
// with its custom fields and its people by their names. The event of having come
// with an export is left out, and which custom field the history speaks of.
func stored(t *testing.T, f *foyertest.F) (all []any) {
	t.Helper()
	names := []string{f.Credentials.LocationID, "location", f.Credentials.User.ID, "boss"}
	f.Read(t, func(ctx context.Context, tx *db.Tx) error {
		fields, err := crm.CustomFields(ctx, tx, f.Credentials.LocationID)
		for _, field := range fields {
			names = append(names, field.ID, strings.Trim(field.Key, `"`))
		}
		return err
	})
	rename := strings.NewReplacer(names...)
	for _, w := range wholes(t, f) {
		w.History = slices.DeleteFunc(w.History, func(e crm.Happened) bool { return e.Origin == "import" })
		text, err := json.Marshal(w)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, decoded(t, rename.Replace(customField.ReplaceAllString(string(text), "customFields.some"))))
	}
	return all
}

// everyFieldIsSaid fails for a field of what belongs to a contact that nobody in
// the location has: the test of what comes back would not see it.
func everyFieldIsSaid(t *testing.T, f *foyertest.F) {
	t.Helper()
	said := map[string]bool{}
	var look func(path string, v reflect.Value)
	look = func(path string, v reflect.Value) {
		said[path] = said[path] || !v.IsZero()
		switch {
		case v.Type() == reflect.TypeFor[time.Time]():
		case v.Kind() == reflect.Struct:
			for i := range v.NumField() {
				look(path+"."+v.Type().Field(i).Name, v.Field(i))
			}
		case v.Kind() == reflect.Pointer && !v.IsNil():
			look(path, v.Elem())
		case v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Struct:
			for i := range v.Len() {
				look(path, v.Index(i))
			}
		}
	}
	for _, w := range wholes(t, f) {
		look("Whole", reflect.ValueOf(w))
	}
	for path, is := range said {
		if !is {
			t.Errorf("nobody has %s", path)
		}
	}
}
