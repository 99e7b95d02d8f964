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

// outlive are the tables that go on speaking of a contact who was deleted,
// because they say what happened.
var outlive = []string{"events", "intake_log", "notifications", "import_rows", "merges"}

// A deleted contact is gone from every table that has a column for contacts, but
// for those that tell history. A new table is in this test by being in the schema.
func TestADeletedContactIsGoneFromEveryTable(t *testing.T) {
	each(t, func(t *testing.T, o db.Options) {
		d := open(t, o)
		var location string
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
		write := func(f command) {
			t.Helper()
			if err := d.Write(t.Context(), location, f); err != nil {
				t.Fatal(err)
			}
		}
		var gone, stays string
		for _, who := range []*string{&gone, &stays} {
			write(func(ctx context.Context, tx *db.Tx) error {
				e, _ := crm.NewEmail("ana@x.example", "")
				s, err := crm.SaveContact(ctx, tx, by, crm.Save{AllowDuplicate: true, Input: crm.Input{
					Contact:    crm.Contact{FirstName: "Ana", Emails: []crm.Email{e}, Phones: []crm.Phone{crm.NewPhone("6025550147", "")}, Details: crm.Details{AgentID: "a1"}},
					Properties: []crm.Property{{Key: "p", Data: map[string]any{"city": "Mesa"}}}, Requirements: []crm.Requirement{{Key: "r", Data: map[string]any{"city": "Mesa"}}},
					Links: []crm.Link{{Origin: "test", Scope: "s", ExternalID: "e"}},
				}})
				if err != nil {
					return err
				}
				*who = s.Contact.ID
				if _, err := crm.AddNote(ctx, tx, by, crm.Note{ContactID: *who, Body: "n"}); err != nil {
					return err
				}
				_, err = crm.AddActivity(ctx, tx, by, crm.Activity{ContactID: *who, Type: "visit"})
				return err
			})
		}
		// one more row in every table that knows contacts, whoever writes there
		columns := map[string][]string{} // table → columns that hold a contact's id
		for _, name := range []string{"contact_id", "other_contact_id"} {
			for table, cs := range tables(t, d, name) {
				columns[table] = append(columns[table], name)
				if table == "identities" {
					continue // is filled, and released key by key
				}
				write(func(ctx context.Context, tx *db.Tx) error {
					_, err := tx.Exec(ctx, insert(table, cs, location, map[string]string{name: "'" + gone + "'", "id": "'" + tx.NewID() + "'"}))
					return err
				})
			}
		}
		rows := func(who string) (found []string) {
			for table, cs := range columns {
				for _, c := range cs {
					if number(t, d, location, fmt.Sprintf("SELECT COUNT(*) FROM %s WHERE location_id = $1 AND %s = $2", table, c), location, who) > 0 {
						found = append(found, table+"."+c)
					}
				}
			}
			slices.Sort(found)
			return found
		}
		if found := rows(gone); len(found) != len(slices.Concat(mapValues(columns)...)) {
			t.Fatalf("before the deletion the contact is only in %v", found)
		}
		before := rows(stays)
		write(func(ctx context.Context, tx *db.Tx) error { return crm.DeleteContact(ctx, tx, by, gone) })
		for _, found := range rows(gone) {
			if table, _, _ := strings.Cut(found, "."); !slices.Contains(outlive, table) {
				t.Errorf("the deleted contact is still in %s: add the table to crm's list, or to those that outlive", found)
			}
		}
		if after := rows(stays); !slices.Equal(before, after) {
			t.Errorf("another contact was in %v and is in %v", before, after)
		}
		// who stood behind now owns the keys
		if n := number(t, d, location, "SELECT COUNT(*) FROM identities WHERE location_id = $1 AND rank = 0 AND contact_id = $2", location, stays); n != 4 {
			t.Errorf("the other contact owns %d keys of 4", n)
		}
	})
}

func mapValues(m map[string][]string) (all [][]string) {
	for _, v := range m {
		all = append(all, v)
	}
	return all
}
