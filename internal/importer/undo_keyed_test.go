package importer_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/foyertest"
	"github.com/foyer-crm/foyer/internal/importer"
)

// property gives what is known of Ana's house and of what she looks for.
func property(t *testing.T, f *foyertest.F) (houses, wishes []map[string]any) {
	t.Helper()
	f.Read(t, func(ctx context.Context, tx *db.Tx) error {
		ana, err := crm.ContactByEmail(ctx, tx, f.Credentials.LocationID, "ana@x.example")
		if err != nil {
			return err
		}
		owned, err := crm.Properties(ctx, tx, ana.LocationID, ana.ID)
		if err != nil {
			return err
		}
		wanted, err := crm.Requirements(ctx, tx, ana.LocationID, ana.ID)
		for _, p := range owned {
			houses = append(houses, p.Data)
		}
		for _, p := range wanted {
			wishes = append(wishes, p.Data)
		}
		return err
	})
	return houses, wishes
}

// say lets somebody say what Ana's house is, and what she looks for.
func say(t *testing.T, f *foyertest.F, key string, house, wish map[string]any) {
	t.Helper()
	write(t, f, func(ctx context.Context, tx *db.Tx, by crm.Actor) error {
		in := crm.Input{Contact: crm.Contact{FirstName: "Ana", Emails: []crm.Email{{Address: "ana@x.example"}}}}
		if house != nil {
			in.Properties = []crm.Property{{Key: key, Data: house}}
		}
		if wish != nil {
			in.Requirements = []crm.Requirement{{Key: key, Data: wish}}
		}
		_, err := crm.SaveContact(ctx, tx, by, crm.Save{Input: in, Match: both})
		return err
	})
}

const houses = "firstName,lastName,email,properties,requirements,customFields,exact\n" +
	`Ana,,ana@x.example,"[{""key"":""a"",""data"":{""price"":200,""city"":""Mesa"",""pool"":true}},{""key"":""new"",""data"":{""city"":""Yuma""}}]",` +
	`"[{""key"":""a"",""data"":{""bedrooms"":4}},{""key"":""new"",""data"":{""city"":""Yuma""}}]",,` + "\n"

func TestUndoGivesPropertiesAndRequirementsBack(t *testing.T) {
	type data = map[string]any
	was := data{"price": 100.0, "city": "Tempe"}
	tests := map[string]struct {
		house, wish    data // what somebody changes since
		key            string
		houses, wishes []data
		kept           []importedKept
	}{
		"nobody changed them":        {houses: []data{was}, wishes: []data{{"bedrooms": 3.0}}},
		"somebody changed one field": {key: "a", house: data{"city": "Yuma"}, houses: []data{{"price": 100.0, "city": "Yuma"}}, wishes: []data{{"bedrooms": 3.0}}, kept: []importedKept{{"somebody changed these fields of a property since", []string{"city"}}}},
		"somebody said more of one":  {key: "new", wish: data{"bedrooms": 2.0}, houses: []data{was}, wishes: []data{{"bedrooms": 3.0}, {"city": "Yuma", "bedrooms": 2.0}}, kept: []importedKept{{"a requirement of the import was changed since", nil}}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
				say(t, f, "a", was, data{"bedrooms": 3})
				r := run(t, f, file(t, "people.csv", houses), importer.Options{})
				if r.Updated != 1 {
					t.Fatalf("%+v", r)
				}
				if tt.key != "" {
					say(t, f, tt.key, tt.house, tt.wish)
				}
				would, err := importer.PreviewUndo(t.Context(), f.DB, by(f), r.ImportID)
				if err != nil {
					t.Fatal(err)
				}
				did, err := importer.Undo(t.Context(), f.DB, by(f), r.ImportID)
				if err != nil {
					t.Fatal(err)
				}
				would.DryRun = false
				if d := cmp.Diff(did, would); d != "" {
					t.Errorf("the preview says otherwise: %s", d)
				}
				var kept []importedKept
				for _, k := range did.Kept {
					var fields []string
					for _, ch := range k.Changes {
						fields = append(fields, ch.Field)
					}
					kept = append(kept, importedKept{k.Reason, fields})
				}
				houses, wishes := property(t, f)
				if d := cmp.Diff([]any{tt.houses, tt.wishes, tt.kept}, []any{houses, wishes, kept}); d != "" {
					t.Error(d)
				}
			})
		})
	}
}

// importedKept is why something was kept, and which fields.
type importedKept struct {
	Reason string
	Fields []string
}
