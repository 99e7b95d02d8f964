package importer_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/foyertest"
	"github.com/foyer-crm/foyer/internal/importer"
)

// rows gives the rows of every table that holds what people know, as text;
// what counts changes and tells of them is left out.
func rows(t testing.TB, f *foyertest.F) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	f.System(t, func(ctx context.Context, tx *db.Tx) error {
		for table, columns := range map[string]string{
			"contacts":   "id, first_name, last_name, name, email, phone, type, stage, company_name, address1, city, state, postal_code, website, source, assigned_to, date_of_birth, dnd, tags, emails, phones, custom_fields, details, created_at",
			"identities": "key, rank, contact_id", "notes": "contact_id, body", "tasks": "contact_id, title", "custom_fields": "id, key", "duplicate_pairs": "contact_id, other_contact_id, state",
			"links": "contact_id, external_id",
		} {
			list, err := tx.Query(ctx, "SELECT "+columns+" FROM "+table+" WHERE location_id = $1 ORDER BY 1, 2", f.Credentials.LocationID)
			if err != nil {
				return err
			}
			n := strings.Count(columns, ",") + 1
			for list.Next() {
				cells, at := make([]any, n), make([]any, n)
				for i := range cells {
					at[i] = &cells[i]
				}
				if err := list.Scan(at...); err != nil {
					return err
				}
				all[table] = append(all[table], fmt.Sprintf("%s", cells))
			}
			if err := list.Close(); err != nil {
				return err
			}
		}
		return nil
	})
	return all
}

func write(t testing.TB, f *foyertest.F, do func(ctx context.Context, tx *db.Tx, by crm.Actor) error) {
	t.Helper()
	who := by(f)
	who.Origin, who.UserID = "ui", f.Credentials.User.ID
	if err := f.DB.Write(t.Context(), who.LocationID, func(ctx context.Context, tx *db.Tx) error { return do(ctx, tx, who) }); err != nil {
		t.Fatal(err)
	}
}

// everything says something in each kind of field.
const everything = `First Name,Last Name,Email,Email 2,Phone,Mobile Phone,Company,Street,City,State,Zip,Birthday,Tags,Notes,Source,DND,Gender,Work Street,Work City,Shoe Size
Anna,Ruiz-Lee,ana@x.example,ana@work.example,602-555-0147,602-555-0148,Acme,1 Main St,Phoenix,AZ,85004,3/24/1975,new;hot,met her,fair,yes,f,2 Oak Ave,Tempe,38
Bob,Smith,bob@x.example,,,,,,,,,,,,,,,,,44
`

func TestUndoTakesEverythingBack(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		run(t, f, file(t, "before.csv", "first name,last name,email,phone,tags,city,note,age\nAna,Ruiz,ana@x.example,6025550100,old,Tucson,hello,40\nCid,Jones,,602-555-0148,,,,\n"), importer.Options{})
		before := rows(t, f)
		for name, how := range map[string]crm.OnMatch{"overwrite": crm.Overwrite, "fill": crm.FillEmpty, "skip": crm.NoteOnly} {
			r := run(t, f, file(t, "people.csv", everything), importer.Options{OnMatch: how, Tags: []string{"spring"}})
			if r.Created != 1 {
				t.Fatalf("%+v", r)
			}
			would, err := importer.PreviewUndo(t.Context(), f.DB, by(f), r.ImportID)
			if err != nil {
				t.Fatal(err)
			}
			if how != crm.NoteOnly && cmp.Equal(before, rows(t, f)) {
				t.Error("a preview undid something, or the import did nothing")
			}
			did, err := importer.Undo(t.Context(), f.DB, by(f), r.ImportID)
			if err != nil {
				t.Fatal(err)
			}
			would.DryRun = false
			if d := cmp.Diff(did, would); d != "" || len(did.Kept) > 0 {
				t.Errorf("%s: the preview says otherwise, or something is kept: %+v %s", name, did, d)
			}
			if d := cmp.Diff(before, rows(t, f)); d != "" {
				t.Errorf("%s: something is left: %s", name, d)
			}
			again, err := importer.Undo(t.Context(), f.DB, by(f), r.ImportID)
			if err != nil || !cmp.Equal(did, again) {
				t.Errorf("%s: undone twice: %+v %v", name, again, err)
			}
		}
	})
}

func TestUndoKeepsWhatSomebodyChangedSince(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		run(t, f, file(t, "before.csv", "first name,last name,email,city,tags\nAna,Ruiz,ana@x.example,Tucson,old\n"), importer.Options{})
		ana, _, _ := only(t, f)
		run(t, f, file(t, "too.csv", "first name,last name\nGus,Old\n"), importer.Options{})
		r := run(t, f, file(t, "people.csv", "first name,last name,email,city,company,tags\nAnna,Lee,ana@x.example,Phoenix,Acme,new\nBob,Smith,bob@x.example,,,\nCid,Jones,cid@x.example,,,\nDan,Fox,dan@x.example,,,\nEve,Fox,eve@x.example,,,\n"),
			importer.Options{OnMatch: crm.Overwrite})
		byName := map[string]string{}
		for _, c := range people(t, f) {
			byName[c.FirstName] = c.ID
		}
		write(t, f, func(ctx context.Context, tx *db.Tx, by crm.Actor) error {
			// a hand changes the city, and another adds a tag
			in := crm.Input{Contact: crm.Contact{Address: crm.Address{City: "Mesa"}, Tags: []string{"hand"}}}
			if _, err := crm.SaveContact(ctx, tx, by, crm.Save{ID: ana.ID, Input: in}); err != nil {
				return err
			}
			if _, err := crm.AddNote(ctx, tx, by, crm.Note{ContactID: byName["Bob"], Body: "called"}); err != nil {
				return err
			}
			if _, err := crm.AddTask(ctx, tx, by, crm.Task{ContactID: byName["Cid"], Title: "call"}); err != nil {
				return err
			}
			_, err := crm.MergeContacts(ctx, tx, by, byName["Gus"], byName["Eve"])
			return err
		})
		u, err := importer.Undo(t.Context(), f.DB, by(f), r.ImportID)
		if err != nil {
			t.Fatal(err)
		}
		kept := map[string]string{}
		for _, k := range u.Kept {
			kept[k.ContactID] = k.Reason
			for _, ch := range k.Changes {
				kept[k.ContactID] += "; " + ch.Field
			}
		}
		want := map[string]string{
			ana.ID:        "somebody changed these fields since; city",
			byName["Bob"]: "it came with the import, and since then there was note.created by ui",
			byName["Cid"]: "it came with the import, and since then there was task.created by ui",
			byName["Gus"]: "a contact of the import was merged into this one since; firstName; lastName; emails; createdBy; type",
		}
		if d := cmp.Diff(want, kept); d != "" || u.Deleted != 1 || u.Restored != 1 {
			t.Errorf("%+v %s", u, d)
		}
		list := people(t, f)
		if len(list) != 4 {
			t.Fatalf("%d contacts are left", len(list))
		}
		now := list[0]
		if now.FirstName != "Ana" || now.LastName != "Ruiz" || now.CompanyName != "" || now.Address.City != "Mesa" || !cmp.Equal(now.Tags, []string{"old", "hand"}) {
			t.Errorf("%+v", now)
		}
	})
}

// A file may say two things of one person, one after the other: the preview takes
// both back as the undoing does.
func TestAPreviewOfAnUndoCountsOneChangeAfterTheOther(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		run(t, f, file(t, "before.csv", "first name,email,city\nAna,ana@x.example,Tucson\n"), importer.Options{})
		r := run(t, f, file(t, "people.csv", "first name,email,city\nAna,ana@x.example,Mesa\nAna,ana@x.example,Yuma\n"), importer.Options{OnMatch: crm.Overwrite})
		would, err := importer.PreviewUndo(t.Context(), f.DB, by(f), r.ImportID)
		if err != nil {
			t.Fatal(err)
		}
		did, err := importer.Undo(t.Context(), f.DB, by(f), r.ImportID)
		if err != nil {
			t.Fatal(err)
		}
		if would.DryRun = false; !cmp.Equal(did, would) || did.Restored != 2 || len(did.Kept) > 0 {
			t.Errorf("it would %+v and did %+v", would, did)
		}
		if city := people(t, f)[0].Address.City; city != "Tucson" {
			t.Errorf("the city is %s", city)
		}
	})
}

func TestUndoGoesOnAfterAnInterruption(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		var b strings.Builder
		b.WriteString("name,email\n")
		for i := range 700 {
			fmt.Fprintf(&b, "Person %d,p%d@x.example\n", i, i)
		}
		r := run(t, f, file(t, "many.csv", b.String()), importer.Options{})
		write(t, f, func(ctx context.Context, tx *db.Tx, by crm.Actor) error {
			_, _, err := crm.UndoImportStep(ctx, tx, by, r.ImportID, 100)
			return err
		})
		if n := len(people(t, f)); n != 600 {
			t.Fatalf("%d contacts are left", n)
		}
		if _, err := importer.Run(t.Context(), f.DB, by(f), file(t, "many.csv", b.String()), importer.Options{}); err == nil || !strings.Contains(err.Error(), "is being undone") {
			t.Errorf("while it is being undone: %v", err)
		}
		u, err := importer.Undo(t.Context(), f.DB, by(f), r.ImportID)
		if err != nil || u.Deleted != 700 || len(people(t, f)) != 0 {
			t.Errorf("%+v %v", u, err)
		}
		if r := run(t, f, file(t, "many.csv", b.String()), importer.Options{}); r.Created != 700 {
			t.Errorf("after the undo: %+v", r)
		}
	})
}
