package crm_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/foyertest"
)

// However short the look of a page is, its pages together are the whole list, in
// order, each contact once.
func TestPagesOfContactsAreTheWholeList(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		by := crm.Actor{LocationID: f.Credentials.LocationID, Origin: "test", UserID: f.Vars["user.id"]}
		write := func(do func(ctx context.Context, tx *db.Tx) error) {
			t.Helper()
			if err := f.DB.Write(t.Context(), by.LocationID, do); err != nil {
				t.Fatal(err)
			}
		}
		var all []string
		owned := func(i int) bool { return i%3 > 0 }
		for i := range 60 {
			write(func(ctx context.Context, tx *db.Tx) error {
				c := crm.Contact{FirstName: fmt.Sprint("Ann", i), LastName: "Page", Type: []string{"buyer", "seller"}[i%2]}
				if owned(i) {
					c.AssignedTo = by.UserID
				}
				if i == 7 {
					c.Tags = []string{"rare"}
				}
				saved, err := crm.SaveContact(ctx, tx, by, crm.Save{Input: crm.Input{Contact: c}})
				if err == nil && i%10 == 0 {
					_, err = crm.AddNote(ctx, tx, by, crm.Note{ContactID: saved.Contact.ID, Body: "called", UserID: by.UserID})
				}
				if err == nil {
					all = append(all, saved.Contact.ID)
				}
				return err
			})
		}
		every := func(keep func(i int) bool) (ids []string) {
			for i, id := range all {
				if keep(i) {
					ids = append(ids, id)
				}
			}
			return ids
		}
		contacted := crm.Filter{Field: "contactedAt", Op: crm.FieldWithin, Bounds: []crm.Bound{{Op: ">=", Value: time.Now().Add(-time.Hour)}}}
		silent := contacted
		silent.Not = true
		for name, c := range map[string]struct {
			text   string
			filter *crm.Filter
			want   []string
		}{
			"all":              {"", nil, all},
			"words":            {"page", nil, all},
			"half":             {"", &crm.Filter{Field: "type", Value: "buyer"}, every(func(i int) bool { return i%2 == 0 })},
			"one":              {"", &crm.Filter{Field: "tags", Value: "rare"}, all[7:8]},
			"none":             {"", &crm.Filter{Field: "tags", Value: "nowhere"}, nil},
			"words and filter": {"page", &crm.Filter{Field: "type", Value: "seller"}, every(func(i int) bool { return i%2 == 1 })},
			"contacted":        {"", &contacted, every(func(i int) bool { return i%10 == 0 })},
			"silent":           {"", &silent, every(func(i int) bool { return i%10 != 0 })},
			"door":             {"", &crm.Filter{Field: "origin", Value: "test"}, all},
			"owner":            {"", &crm.Filter{Field: "assignedTo", Value: by.UserID}, every(owned)},
			"words and owner":  {"page", &crm.Filter{Field: "assignedTo", Value: by.UserID}, every(owned)},
		} {
			for _, page := range []crm.Page{{Limit: 7, Look: 9}, {Limit: 7, Look: 1}, {Limit: 7, Look: 9, Oldest: true}, {Limit: 7, Look: 1, Oldest: true}} {
				var got []string
				for range 100 {
					q := crm.Query{Text: c.text}
					if c.filter != nil {
						narrow := func() error { return q.Filter(*c.filter) }
						if c.filter.Field == "assignedTo" {
							narrow = func() error { return q.OwnedBy(c.filter.Value) }
						}
						if err := narrow(); err != nil {
							t.Fatal(err)
						}
					}
					f.Read(t, func(ctx context.Context, tx *db.Tx) error {
						list, next, err := crm.ContactsPage(ctx, tx, by.LocationID, q, page)
						for i := range list {
							got = append(got, list[i].ID)
						}
						page.After = next
						return err
					})
					if page.After == "" {
						break
					}
				}
				want := slices.Clone(c.want)
				if !page.Oldest {
					slices.Reverse(want)
				}
				if !slices.Equal(got, want) {
					t.Errorf("%s, %+v: %d contacts, want %d", name, page, len(got), len(want))
				}
			}
		}
	})
}

// What was done to a contact can be taken back, but for what somebody changed
// since; a deletion that waits can too, and afterwards everything is there.
func TestWhatWasDoneIsTakenBack(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		by := crm.Actor{LocationID: f.Credentials.LocationID, Origin: "ui", UserID: f.Vars["user.id"]}
		var id, event, ticket string
		do := func(g func(ctx context.Context, tx *db.Tx) error) error {
			return f.DB.Write(t.Context(), by.LocationID, g)
		}
		must := func(g func(ctx context.Context, tx *db.Tx) error) {
			t.Helper()
			if err := do(g); err != nil {
				t.Fatal(err)
			}
		}
		save := func(in crm.Input) {
			t.Helper()
			must(func(ctx context.Context, tx *db.Tx) error {
				saved, err := crm.SaveContact(ctx, tx, by, crm.Save{ID: id, Input: in, Match: []crm.Key{crm.KeyEmail}})
				if err != nil {
					return err
				}
				id = saved.Contact.ID
				event, err = crm.LastChange(ctx, tx, by.LocationID, id)
				return err
			})
		}
		contact := func() (c *crm.Contact) {
			t.Helper()
			f.Read(t, func(ctx context.Context, tx *db.Tx) (err error) {
				c, err = crm.ContactByID(ctx, tx, by.LocationID, id)
				return err
			})
			return c
		}
		save(crm.Input{Contact: crm.Contact{FirstName: "Ana", Stage: "New", Emails: []crm.Email{{Address: "ana@x.example"}, {Address: "two@x.example"}}}})
		save(crm.Input{Contact: crm.Contact{FirstName: "Anna", Stage: "Hot", Emails: []crm.Email{{Address: "new@x.example"}}}, Blend: crm.BlendWhole})
		change := event
		if c := contact(); c.FirstName != "Anna" || len(c.Emails) != 1 || len(c.Phones) != 0 {
			t.Fatalf("the whole list: %+v", c)
		}
		save(crm.Input{Contact: crm.Contact{Stage: "Closed"}})
		must(func(ctx context.Context, tx *db.Tx) error {
			kept, err := crm.TakeBack(ctx, tx, by, id, change)
			if err == nil && (len(kept) != 1 || kept[0].Field != "stage") {
				err = fmt.Errorf("kept %v", kept)
			}
			return err
		})
		if c := contact(); c.FirstName != "Ana" || c.Stage != "Closed" || len(c.Emails) != 2 || c.Email != "ana@x.example" {
			t.Errorf("taken back: %+v", c)
		}
		f.Read(t, func(ctx context.Context, tx *db.Tx) error {
			for address, want := range map[string]bool{"two@x.example": true, "new@x.example": false} {
				c, err := crm.ContactByEmail(ctx, tx, by.LocationID, address)
				if err != nil || (c != nil) != want {
					return fmt.Errorf("%s means %v, %w", address, c, err)
				}
			}
			return nil
		})
		if err := do(func(ctx context.Context, tx *db.Tx) error {
			_, err := crm.TakeBack(ctx, tx, by, id, change)
			return err
		}); err == nil {
			t.Error("it was taken back twice")
		}
		var note string
		must(func(ctx context.Context, tx *db.Tx) error {
			n, err := crm.AddNote(ctx, tx, by, crm.Note{ContactID: id, Body: "keep me"})
			if err != nil {
				return err
			}
			note = n.ID
			if err := crm.DeleteNote(ctx, tx, by, id, note); err != nil {
				return err
			}
			gone, err := crm.LastEventOf(ctx, tx, by.LocationID, id, "note.deleted")
			if err != nil {
				return err
			}
			return crm.RestoreDeleted(ctx, tx, by, id, gone)
		})
		f.Read(t, func(ctx context.Context, tx *db.Tx) error {
			n, err := crm.NoteByID(ctx, tx, by.LocationID, id, note)
			if err == nil && n.Body != "keep me" {
				err = fmt.Errorf("%+v", n)
			}
			return err
		})
		for _, stay := range []bool{true, false} {
			must(func(ctx context.Context, tx *db.Tx) (err error) {
				ticket, err = crm.DeleteLater(ctx, tx, by, []string{id}, map[bool]time.Duration{true: time.Hour}[stay])
				return err
			})
			f.Read(t, func(ctx context.Context, tx *db.Tx) error {
				going, err := crm.Leaving(ctx, tx, by.LocationID)
				if err == nil && !slices.Equal(going[ticket], []string{id}) {
					err = fmt.Errorf("going: %v", going)
				}
				return err
			})
			if stay {
				must(func(ctx context.Context, tx *db.Tx) error { return crm.Stay(ctx, tx, by.LocationID, ticket) })
			}
			if _, err := f.Jobs.Once(t.Context()); err != nil {
				t.Fatal(err)
			}
			if stay {
				contact()
			}
		}
		f.Read(t, func(ctx context.Context, tx *db.Tx) error {
			if _, err := crm.ContactByID(ctx, tx, by.LocationID, id); err == nil {
				return fmt.Errorf("the contact is still there")
			}
			return nil
		})
		if err := do(func(ctx context.Context, tx *db.Tx) error { return crm.Stay(ctx, tx, by.LocationID, ticket) }); err == nil {
			t.Error("a deletion that is done was taken back")
		}
	})
}
