package importer_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/foyertest"
	"github.com/foyer-crm/foyer/internal/importer"
)

// both is how people are recognised unless somebody says otherwise.
var both = []crm.Key{crm.KeyEmail, crm.KeyPhone}

func by(f *foyertest.F) crm.Actor { return crm.Actor{LocationID: f.Credentials.LocationID} }

// file writes a file and opens it for import.
func file(t testing.TB, name, text string) *importer.File {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := importer.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func run(t testing.TB, f *foyertest.F, file *importer.File, o importer.Options) *importer.Result {
	t.Helper()
	if o.Match == nil {
		o.Match = both
	}
	r, err := importer.Run(t.Context(), f.DB, by(f), file, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// people gives all contacts, the oldest first.
func people(t testing.TB, f *foyertest.F) []crm.Contact {
	t.Helper()
	var list []crm.Contact
	f.Read(t, func(ctx context.Context, tx *db.Tx) (err error) {
		list, _, err = crm.Contacts(ctx, tx, f.Credentials.LocationID, crm.Query{Limit: 10000}, false)
		return err
	})
	slices.SortFunc(list, func(a, b crm.Contact) int { return strings.Compare(a.ID, b.ID) })
	return list
}

// only gives the one contact there is, with its notes and its custom fields by
// their names.
func only(t testing.TB, f *foyertest.F) (c crm.Contact, notes []string, custom map[string]any) {
	t.Helper()
	list := people(t, f)
	if len(list) != 1 {
		t.Fatalf("%d contacts", len(list))
	}
	c, custom = list[0], map[string]any{}
	f.Read(t, func(ctx context.Context, tx *db.Tx) error {
		all, err := crm.Notes(ctx, tx, c.LocationID, c.ID)
		for _, n := range all {
			notes = append(notes, n.Body)
		}
		if err != nil {
			return err
		}
		fields, err := crm.CustomFields(ctx, tx, c.LocationID)
		for _, x := range fields {
			if v := c.CustomFields[x.ID]; v != nil {
				custom[x.Name] = v
			}
		}
		return err
	})
	slices.Sort(notes)
	return c, notes, custom
}

// mixed is a file with doubles, empty rows and rows that cannot be taken.
const mixed = `First Name,Last Name,Email,Phone,Tags,Shoe Size
Ana,Ruiz,ana@x.example,602-555-0147,buyer;hot,
Bob,Smith,bob@x.example,602-555-0148,,44

Ana,Ruiz,ANA@x.example,,seller,38
,,,,orphan,
Cid,Jones,,(602) 555-0149 x12,,
Cid,Jones,cid@x.example,6025550149,,
Ana,Ruiz,ana@x.example,,,
Dan,Lee,not an address,602-555-0150,,
"Eve
`

func TestAFileIsTakenAndWhatIsNotIsReported(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		report := filepath.Join(t.TempDir(), "refused.csv")
		file := file(t, "people.csv", mixed)
		o := importer.Options{Match: both, OnMatch: crm.FillEmpty, Report: report, Tags: []string{"spring"}, Source: "fair"}
		would, err := importer.Preview(t.Context(), f.DB, by(f), file, o)
		if err != nil {
			t.Fatal(err)
		}
		if n := len(people(t, f)); n != 0 {
			t.Fatalf("a preview stored %d contacts", n)
		}
		did := run(t, f, file, o)
		want := importer.Result{Rows: 10, Created: 4, Updated: 2, Matched: 1, Refused: 2, Blank: 1}
		if got := (importer.Result{Rows: did.Rows, Created: did.Created, Updated: did.Updated, Matched: did.Matched, Refused: did.Refused, Blank: did.Blank}); !cmp.Equal(want, got) {
			t.Errorf("%+v", got)
		}
		would.DryRun, would.ImportID = false, did.ImportID
		if d := cmp.Diff(did, would); d != "" {
			t.Errorf("the preview counts otherwise: %s", d)
		}
		ana := people(t, f)[0]
		if !slices.Equal(ana.Tags, []string{"buyer", "hot", "spring", "seller"}) || ana.Source != "fair" || len(ana.Emails) != 1 || len(ana.CustomFields) != 1 {
			t.Errorf("%+v", ana)
		}
		if cid := people(t, f)[2]; cid.Email != "cid@x.example" || cid.Phone != "+16025550149" || cid.Phones[0].Ext != "12" {
			t.Errorf("%+v", cid)
		}
		text, err := os.ReadFile(report)
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"foyer:line,foyer:reason,First Name", `6,"there is no name, e-mail address or phone number"`, "11,a quotation mark is opened and never closed"} {
			if !strings.Contains(string(text), want) {
				t.Errorf("the report does not say %q:\n%s", want, text)
			}
		}
		// mended, the report is a file to import
		again := run(t, f, mendedReport(t, string(text)), importer.Options{})
		if again.Created != 2 || again.Refused != 0 {
			t.Errorf("the mended report: %+v", again)
		}
		var e *errs.Error
		if _, err := importer.Run(t.Context(), f.DB, by(f), file, o); !errors.As(err, &e) || e.Code != "imported" {
			t.Errorf("the same file once more: %v", err)
		}
		o.Again = true
		if r := run(t, f, file, o); r.Created != 0 || r.Updated != 0 || r.Matched != 7 {
			t.Errorf("the same file again changes something: %+v", r)
		}
	})
}

func mendedReport(t *testing.T, text string) *importer.File {
	text = strings.Replace(text, `phone number",,,`, `phone number",Zoe,,`, 1)
	text = strings.Replace(text, `"""Eve"`, "Eve", 1)
	return file(t, "mended.csv", text)
}

func TestWhatBecomesOfWhoIsThere(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		run(t, f, file(t, "a.csv", "first name,last name,email,company\nAna,Ruiz,ana@x.example,\n"), importer.Options{})
		const text = "first name,last name,email,company\nAnna,Ruiz,ana@x.example,Acme\n"
		for _, c := range []struct {
			how                     crm.OnMatch
			first, company          string
			updated, matched, wrong int64
		}{
			{crm.Refuse, "Ana", "", 0, 0, 1}, {crm.NoteOnly, "Ana", "", 0, 1, 0}, {crm.FillEmpty, "Ana", "Acme", 1, 0, 0}, {crm.Overwrite, "Anna", "Acme", 1, 0, 0},
		} {
			r := run(t, f, file(t, "b.csv", text), importer.Options{OnMatch: c.how, Again: true})
			who, _, _ := only(t, f)
			if r.Updated != c.updated || r.Matched != c.matched || r.Refused != c.wrong || who.FirstName != c.first || who.CompanyName != c.company {
				t.Errorf("%v: %+v, %s of %q", c.how, r, who.FirstName, who.CompanyName)
			}
		}
	})
}

func TestAnImportGoesOnWhereItWasStopped(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		var b strings.Builder
		b.WriteString("name,email,note\n")
		for i := range 1000 {
			fmt.Fprintf(&b, "Person %d,p%d@x.example,met at %d\n", i, i%900, i)
		}
		file := file(t, "many.csv", b.String())
		for n := range 5 {
			ctx, stop := context.WithCancel(t.Context())
			seen := 0
			o := importer.Options{Match: both, Batch: 37, Progress: func(importer.Progress) {
				if seen++; seen == 3+n {
					stop()
				}
			}}
			if _, err := importer.Run(ctx, f.DB, by(f), file, o); !errors.Is(err, context.Canceled) {
				t.Fatalf("run %d was not stopped: %v", n, err)
			}
			stop()
		}
		var e *errs.Error
		if _, err := importer.Run(t.Context(), f.DB, by(f), file, importer.Options{Match: both, Source: "another"}); !errors.As(err, &e) || e.Code != "settings" {
			t.Errorf("with other settings: %v", err)
		}
		r := run(t, f, file, importer.Options{Batch: 100})
		if !r.Resumed || r.Rows != 1000 || r.Created != 900 || r.Updated != 100 {
			t.Errorf("%+v", r)
		}
		if n := len(people(t, f)); n != 900 {
			t.Errorf("%d contacts", n)
		}
		notes := int64(0)
		f.System(t, func(ctx context.Context, tx *db.Tx) error {
			_, err := tx.Get(ctx, []any{&notes}, "SELECT COUNT(*) FROM notes WHERE location_id = $1", f.Credentials.LocationID)
			return err
		})
		if notes != 1000 {
			t.Errorf("%d notes", notes)
		}
	})
}

func TestMapping(t *testing.T) {
	f := foyertest.New(t)
	const text = "Who,Where to write,Junk,Budget,Call\nAna Ruiz,ana@x.example,x,100000,602-555-0147\n"
	_, err := importer.Run(t.Context(), f.DB, by(f), file(t, "a.csv", text), importer.Options{Map: []string{"Nope=email"}})
	if err == nil || !strings.Contains(err.Error(), `there is no column "Nope"`) {
		t.Error(err)
	}
	_, err = importer.Run(t.Context(), f.DB, by(f), file(t, "a.csv", text), importer.Options{Map: []string{"Who=nobody"}})
	if err == nil || !strings.Contains(err.Error(), `"nobody" is no field`) {
		t.Error(err)
	}
	asked := []string{}
	run(t, f, file(t, "a.csv", text), importer.Options{Map: []string{"Who=name", "where to write=email:work", "Junk="}, Ask: func(c *importer.Column) (importer.Target, error) {
		asked = append(asked, c.Name)
		if c.Name == "Call" {
			return importer.Target{Field: "phone", Kind: "cell"}, nil
		}
		return importer.Target{Field: "custom", Kind: "Max. price"}, nil
	}})
	c, _, custom := only(t, f)
	if c.FirstName != "Ana" || c.LastName != "Ruiz" || c.Emails[0].Kind != "work" || c.Phones[0].Kind != "cell" || !cmp.Equal(custom, map[string]any{"Max. price": "100000"}) {
		t.Errorf("%+v %v", c, custom)
	}
	if !slices.Equal(asked, []string{"Budget", "Call"}) {
		t.Errorf("asked for %v", asked)
	}
}
