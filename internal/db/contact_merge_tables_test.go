package db_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
)

// follows are the tables that a merge does not re-point: those that tell what
// happened, and suggested pairs, of which the kept contact gets copies.
var follows = append([]string{"duplicate_pairs"}, outlive...)

// What a merged contact had in any table that knows contacts is the kept one's,
// and its own again when the merge is undone. A new table is in this test by
// being in the schema.
func TestAMergeTakesEveryTableAlong(t *testing.T) {
	each(t, func(t *testing.T, o db.Options) {
		d := open(t, o)
		by := crm.Actor{Origin: "test"}
		system(t, d, func(ctx context.Context, tx *db.Tx) error {
			company, err := crm.AddCompany(ctx, tx, "Agency")
			if err != nil {
				return err
			}
			l, err := crm.AddLocation(ctx, tx, company.ID, "Office", "")
			by.LocationID = l.ID
			return err
		})
		write := func(f command) {
			t.Helper()
			if err := d.Write(t.Context(), by.LocationID, f); err != nil {
				t.Fatal(err)
			}
		}
		var keep, other string
		write(func(ctx context.Context, tx *db.Tx) error {
			for i, id := range []*string{&keep, &other} {
				e, _ := crm.NewEmail(fmt.Sprintf("%d@x.example", i), "")
				s, err := crm.SaveContact(ctx, tx, by, crm.Save{Input: crm.Input{Contact: crm.Contact{Emails: []crm.Email{e}}}})
				if err != nil {
					return err
				}
				*id = s.Contact.ID
			}
			return nil
		})
		all := tables(t, d, "contact_id")
		for table, columns := range all {
			if table == "identities" {
				continue // has the e-mail address
			}
			write(func(ctx context.Context, tx *db.Tx) error {
				_, err := tx.Exec(ctx, insert(table, columns, by.LocationID, map[string]string{"contact_id": "'" + other + "'", "id": "'" + tx.NewID() + "'"}))
				return err
			})
		}
		has := func(who string) (found []string) {
			for table := range all {
				if number(t, d, by.LocationID, "SELECT COUNT(*) FROM "+table+" WHERE location_id = $1 AND contact_id = $2", by.LocationID, who) > 0 {
					found = append(found, table)
				}
			}
			slices.Sort(found)
			return found
		}
		before := has(other)
		if len(before) != len(all) {
			t.Fatalf("the contact is only in %v", before)
		}
		var m *crm.Merge
		write(func(ctx context.Context, tx *db.Tx) (err error) {
			m, err = crm.MergeContacts(ctx, tx, by, keep, other)
			return err
		})
		for _, table := range has(other) {
			if !slices.Contains(follows, table) {
				t.Errorf("the merged contact is still in %s: add the table to crm's list, or to those that tell history", table)
			}
		}
		kept := strings.Join(has(keep), " ")
		for _, table := range before {
			if !slices.Contains(follows, table) && !strings.Contains(kept, table) {
				t.Errorf("the kept contact has nothing of the other in %s", table)
			}
		}
		write(func(ctx context.Context, tx *db.Tx) error {
			_, err := crm.UndoMerge(ctx, tx, by, m.ID)
			return err
		})
		if after := has(other); !slices.Equal(before, after) {
			t.Errorf("the restored contact was in %v and is in %v", before, after)
		}
	})
}
