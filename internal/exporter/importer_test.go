package exporter_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/foyertest"
	"github.com/foyer-crm/foyer/internal/importer"
)

// TestCSVAndCardsComeBack holds the promise of docs/EXPORT.md: all fields of a
// contact, tags, custom fields, notes, tasks, activities, properties,
// requirements and links, byte by byte.
func TestCSVAndCardsComeBack(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		fill(t, f, naughty(t))
		was := facts(t, export(t, f, "jsonl"))
		for _, format := range []string{"csv", "vcf"} {
			t.Run(format, func(t *testing.T) {
				other := foyertest.New(t)
				path := filepath.Join(t.TempDir(), "people."+format)
				text := strings.ReplaceAll(export(t, f, format), f.Credentials.User.ID, other.Credentials.User.ID)
				if format == "vcf" { // where the id may be folded over two lines
					text = regexp.MustCompile("\r\n ").ReplaceAllString(export(t, f, format), "")
					text = strings.ReplaceAll(text, f.Credentials.User.ID, other.Credentials.User.ID)
				}
				if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
				file, err := importer.Open(path)
				if err != nil {
					t.Fatal(err)
				}
				result, err := importer.Run(t.Context(), other.DB, crm.Actor{LocationID: other.Credentials.LocationID}, file, importer.Options{})
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
				is := facts(t, strings.ReplaceAll(export(t, other, "jsonl"), other.Credentials.User.ID, f.Credentials.User.ID))
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

// facts reads what an export says of contacts, with custom fields by name and
// without ids, versions and history, which CSV and vCard do not bring back.
func facts(t *testing.T, text string) (all []map[string]any) {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(text), "\n")
	var head struct {
		CustomFields []struct{ ID, Name string }
	}
	if err := json.Unmarshal([]byte(lines[0]), &head); err != nil {
		t.Fatal(err)
	}
	for _, line := range lines[1 : len(lines)-1] {
		for _, f := range head.CustomFields {
			name, _ := json.Marshal(f.Name)
			line = strings.ReplaceAll(line, `"`+f.ID+`"`, string(name))
		}
		v := decoded(t, line).(map[string]any)
		for _, k := range []string{"history", "behind", "aliases"} {
			delete(v, k)
		}
		contact := v["contact"].(map[string]any)
		for _, k := range []string{"id", "number", "version", "updatedAt", "lastActivityAt"} {
			delete(contact, k)
		}
		all = append(all, v)
	}
	return all
}
