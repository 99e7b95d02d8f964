package crm_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/foyertest"
)

// A renamed tag is renamed on every contact that carries it, a removed one goes,
// and so does a business: some at once, and the others in a job.
func TestARenamedTagIsRenamedEverywhere(t *testing.T) {
	const many = 1203
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		by := actor(f)
		write := func(do func(ctx context.Context, tx *db.Tx) error) {
			t.Helper()
			if err := f.DB.Write(context.Background(), by.LocationID, do); err != nil {
				t.Fatal(err)
			}
		}
		var business *crm.Business
		write(func(ctx context.Context, tx *db.Tx) (err error) {
			business, err = crm.AddBusiness(ctx, tx, by, crm.Business{Name: "Acme"})
			return err
		})
		write(func(ctx context.Context, tx *db.Tx) error {
			for i := range many {
				in := person("P", fmt.Sprint(i), "", "")
				in.Tags, in.BusinessID = []string{"Old", "other"}, business.ID
				if _, err := crm.SaveContact(ctx, tx, by, crm.Save{Input: in}); err != nil {
					return err
				}
			}
			return nil
		})
		carried := func(tag string) (n int64) {
			t.Helper()
			f.Read(t, func(ctx context.Context, tx *db.Tx) error {
				q := crm.Query{}
				if err := q.Filter(crm.Filter{Field: "tags", Value: tag}); err != nil {
					return err
				}
				_, total, err := crm.Contacts(ctx, tx, by.LocationID, q, true)
				n = total
				return err
			})
			return n
		}
		tag := func(name string) *crm.LocationTag {
			t.Helper()
			var found *crm.LocationTag
			f.Read(t, func(ctx context.Context, tx *db.Tx) error {
				all, err := crm.LocationTags(ctx, tx, by.LocationID)
				for i := range all {
					if all[i].Name == name {
						found = &all[i]
					}
				}
				return err
			})
			return found
		}
		run := func() {
			t.Helper()
			for n := 1; n > 0; {
				var err error
				if n, err = f.Jobs.Once(context.Background()); err != nil {
					t.Fatal(err)
				}
			}
		}
		old := tag("Old")
		if old == nil {
			t.Fatal("a tag that contacts carry is none of the location's")
		}
		write(func(ctx context.Context, tx *db.Tx) error {
			_, err := crm.RenameLocationTag(ctx, tx, by, old.ID, "New")
			return err
		})
		if n := carried("New"); n == 0 || n == many {
			t.Errorf("%d contacts follow at once", n)
		}
		run()
		if n, left := carried("New"), carried("Old"); n != many || left != 0 {
			t.Errorf("%d contacts have the new name, %d the old one", n, left)
		}
		if tag("Old") != nil || tag("New") == nil {
			t.Error("the location has the old name, or not the new one")
		}
		write(func(ctx context.Context, tx *db.Tx) error { return crm.DeleteLocationTag(ctx, tx, by, old.ID) })
		run()
		if n, left := carried("New"), carried("other"); n != 0 || left != many {
			t.Errorf("%d contacts have the removed tag, %d the other one", n, left)
		}
		write(func(ctx context.Context, tx *db.Tx) error { return crm.DeleteBusiness(ctx, tx, by, business.ID) })
		run()
		f.Read(t, func(ctx context.Context, tx *db.Tx) error {
			q := crm.Query{}
			if err := q.Filter(crm.Filter{Field: "businessId", Value: business.ID}); err != nil {
				return err
			}
			_, total, err := crm.Contacts(ctx, tx, by.LocationID, q, true)
			if total != 0 {
				t.Errorf("%d contacts are of a business that is gone", total)
			}
			return err
		})
	})
}
