package importer_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/foyertest"
	"github.com/foyer-crm/foyer/internal/importer"
)

// bring has a file brought in, and does what there is to do until f is content.
func bring(t *testing.T, f *foyertest.F, until func() bool) {
	t.Helper()
	const most = 2000
	for range most {
		if until() {
			return
		}
		if _, err := f.Jobs.Once(t.Context()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatal("it does not come to an end")
}

// What a preview says is what the run does; the run goes on where it was stopped,
// in a new process too; and the whole is taken back.
func TestAnUploadIsPreviewedRunAndUndone(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		by := crm.Actor{LocationID: f.Credentials.LocationID, UserID: f.Vars["user.id"]}
		var text strings.Builder
		text.WriteString("First Name,Last Name,Email,Odd\n")
		const people = 60
		for i := range people {
			fmt.Fprintf(&text, "Ana,Person%d,ana%d@x.example,v%d\n", i, i, i)
		}
		text.WriteString("Ana,Again,ana3@x.example,\n,,not an address,\n")
		u, err := f.Files.Take(by, `C:\exports\people.csv`, strings.NewReader(text.String()))
		if err != nil || u.Name != "people.csv" || u.State != importer.UploadNew {
			t.Fatalf("%+v, %v", u, err)
		}
		if _, err := f.Files.Upload("elsewhere", u.ID); !errs.Is(err, errs.NotFound) {
			t.Errorf("another location sees it: %v", err)
		}
		columns, _, err := f.Files.Columns(u)
		if err != nil || len(columns) != 4 || columns[2].To.Field != "email" || len(columns[0].Samples) == 0 {
			t.Fatalf("%+v, %v", columns, err)
		}
		if _, err := f.Files.Set(by.LocationID, u.ID, func(u *importer.Upload) error {
			u.Map, u.Tags = []string{"Odd="}, []string{"spring"}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		now := func() *importer.Upload {
			u, err := f.Files.Upload(by.LocationID, u.ID)
			if err != nil {
				t.Fatal(err)
			}
			return u
		}
		if err := f.Files.Preview(t.Context(), by, u.ID); err != nil {
			t.Fatal(err)
		}
		bring(t, f, func() bool { return now().State == importer.UploadPreviewed })
		foreseen := now()
		if p := foreseen.Preview; p.Created != people || p.Refused != 1 || p.Rows != people+2 || len(foreseen.Refused) != 1 {
			t.Errorf("foreseen: %+v %+v", p, foreseen.Refused)
		}
		// paused before it begins it waits, and goes on when it is said
		if err := f.Files.Start(t.Context(), by, u.ID); err != nil {
			t.Fatal(err)
		}
		if err := f.Files.Pause(by.LocationID, u.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := f.Jobs.Once(t.Context()); err != nil || now().State != importer.UploadPaused {
			t.Errorf("paused, it is %s, %v", now().State, err)
		}
		if err := f.Files.Start(t.Context(), by, u.ID); err != nil {
			t.Fatal(err)
		}
		// the process that began is stopped
		ctx, stop := context.WithCancel(t.Context())
		stop()
		if _, err := f.Jobs.Once(ctx); err != nil && !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		bring(t, f, func() bool { return now().State == importer.UploadDone })
		var in *crm.Import
		f.Read(t, func(ctx context.Context, tx *db.Tx) (err error) {
			in, err = crm.ImportByID(ctx, tx, by.LocationID, now().ImportID)
			return err
		})
		if p := foreseen.Preview; in.Created != p.Created || in.Updated != p.Updated || in.Matched != p.Matched || in.Refused != p.Refused || in.UserID != by.UserID {
			t.Errorf("foreseen %+v, done %+v", p, in)
		}
		if err := f.Files.Start(t.Context(), by, u.ID); !errs.Is(err, errs.Conflict) {
			t.Errorf("begun again: %v", err)
		}
		// the same file once more is refused, and said
		again, err := f.Files.Take(by, "people.csv", strings.NewReader(text.String()))
		if err != nil {
			t.Fatal(err)
		}
		u = again
		if err := f.Files.Start(t.Context(), by, u.ID); err != nil {
			t.Fatal(err)
		}
		bring(t, f, func() bool { return now().State == importer.UploadFailed })
		if !strings.Contains(now().Error, "was imported on") {
			t.Errorf("it says %q", now().Error)
		}
		if err := f.Files.Undo(t.Context(), by, in.ID); err != nil {
			t.Fatal(err)
		}
		bring(t, f, func() bool {
			f.Read(t, func(ctx context.Context, tx *db.Tx) (err error) {
				in, err = crm.ImportByID(ctx, tx, by.LocationID, in.ID)
				return err
			})
			return in.State == crm.ImportUndone
		})
		f.Read(t, func(ctx context.Context, tx *db.Tx) error {
			list, _, err := crm.ContactsPage(ctx, tx, by.LocationID, crm.Query{}, crm.Page{Limit: 10})
			if len(list) > 0 {
				t.Errorf("%d contacts stayed", len(list))
			}
			return err
		})
		if err := f.Files.Remove(by.LocationID, u.ID); err != nil {
			t.Error(err)
		}
		if _, err := f.Files.Take(by, "empty.csv", strings.NewReader("")); !errs.Is(err, errs.Invalid) {
			t.Errorf("an empty file: %v", err)
		}
	})
}

// A file that is too large is not kept.
func TestALargeUploadIsRefused(t *testing.T) {
	dir := t.TempDir()
	f := foyertest.New(t)
	w := importer.NewWorker(importer.WorkerOptions{DB: f.DB, Jobs: f.Jobs, Dir: dir, Most: 1000})
	by := crm.Actor{LocationID: f.Credentials.LocationID}
	if _, err := w.Take(by, "large.csv", strings.NewReader("Email\n"+strings.Repeat("a@x.example\n", 200))); !errs.Is(err, errs.Invalid) {
		t.Errorf("%v", err)
	}
	if list, err := w.Uploads(by.LocationID); err != nil || len(list) > 0 {
		t.Errorf("%v, %v", list, err)
	}
}
