package crm_test

import (
	"context"
	"testing"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/foyertest"
)

// What somebody looks for and what they have is changed member by member, deleted
// and brought back, each with its event, and what fits follows.
func TestWishesAndHomesAreChangedAndBroughtBack(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		by := crm.Actor{LocationID: f.Credentials.LocationID, Origin: "ui", UserID: "u"}
		tx := func(do func(ctx context.Context, tx *db.Tx) error) error {
			return f.DB.Write(t.Context(), by.LocationID, do)
		}
		must := func(do func(ctx context.Context, tx *db.Tx) error) {
			t.Helper()
			if err := tx(do); err != nil {
				t.Fatal(err)
			}
		}
		var buyer, seller *crm.Contact
		var wish crm.Requirement
		var home crm.Property
		must(func(ctx context.Context, tx *db.Tx) error {
			in := crm.Input{Contact: crm.Contact{FirstName: "Bea"}, Requirements: []crm.Requirement{{Key: "w", Data: map[string]any{"city": "Tempe", "maxPrice": 400000.0, "bedrooms": 3.0, "source": "radio"}}}}
			saved, err := crm.SaveContact(ctx, tx, by, crm.Save{Input: in, AllowDuplicate: true})
			if err != nil {
				return err
			}
			buyer = saved.Contact
			in = crm.Input{Contact: crm.Contact{FirstName: "Sal"}, Properties: []crm.Property{{Key: "h", Data: map[string]any{"address": "1 Main St", "city": "Tempe", "price": 380000.0, "bedrooms": 3.0}}}}
			if saved, err = crm.SaveContact(ctx, tx, by, crm.Save{Input: in, AllowDuplicate: true}); err != nil {
				return err
			}
			seller = saved.Contact
			wishes, err := crm.Requirements(ctx, tx, by.LocationID, buyer.ID)
			if err != nil {
				return err
			}
			homes, err := crm.Properties(ctx, tx, by.LocationID, seller.ID)
			wish, home = wishes[0], homes[0]
			return err
		})
		fits := func() (n int) {
			t.Helper()
			must(func(ctx context.Context, tx *db.Tx) error {
				wishes, err := crm.Requirements(ctx, tx, by.LocationID, buyer.ID)
				if err != nil {
					return err
				}
				var list []crm.Wish
				for i := range wishes {
					list = append(list, crm.WishOf(&wishes[i]))
				}
				homes, err := crm.HomesFor(ctx, tx, by.LocationID, list, crm.FitQuery{Limit: 9})
				n = len(homes)
				return err
			})
			return n
		}
		last := func(contactID, typ string) (e crm.Event) {
			t.Helper()
			must(func(ctx context.Context, tx *db.Tx) error {
				list, err := crm.Events(ctx, tx, by.LocationID, contactID, "", 1)
				if err == nil && len(list) == 1 {
					e = list[0]
				}
				return err
			})
			if e.Type != typ {
				t.Fatalf("the last event is %s, want %s", e.Type, typ)
			}
			return e
		}
		if fits() != 1 {
			t.Fatal("the home does not fit at first")
		}

		// a member goes, another is changed, the rest stays
		must(func(ctx context.Context, tx *db.Tx) error {
			return crm.ChangeRequirement(ctx, tx, by, buyer.ID, wish.ID, crm.DataChange{Set: map[string]any{"city": "Mesa", "bedrooms": nil}, Seen: wish.UpdatedAt})
		})
		if e := last(buyer.ID, "requirement.updated"); len(e.Data.Changes) != 2 || e.Data.Changes[0].Field != "bedrooms" || e.Data.Changes[0].From != 3.0 || e.Data.Changes[0].To != nil {
			t.Errorf("the event says %v", e.Data.Changes)
		}
		if fits() != 0 {
			t.Error("what fits did not follow the wish")
		}
		must(func(ctx context.Context, tx *db.Tx) error {
			list, err := crm.Requirements(ctx, tx, by.LocationID, buyer.ID)
			if d := list[0].Data; len(list) != 1 || len(d) != 3 || d["city"] != "Mesa" || d["source"] != "radio" || list[0].Key != "w" {
				t.Errorf("the wish is %v", list)
			}
			return err
		})
		err := tx(func(ctx context.Context, tx *db.Tx) error {
			return crm.ChangeRequirement(ctx, tx, by, buyer.ID, wish.ID, crm.DataChange{Set: map[string]any{"city": "Tempe"}, Seen: wish.UpdatedAt})
		})
		if errs.As(err).Code != "stale" {
			t.Errorf("a change of what was changed since: %v", err)
		}
		must(func(ctx context.Context, tx *db.Tx) error {
			return crm.ChangeRequirement(ctx, tx, by, buyer.ID, wish.ID, crm.DataChange{Set: map[string]any{"city": "Tempe"}})
		})

		// a home goes and comes back as it was
		must(func(ctx context.Context, tx *db.Tx) error {
			return crm.DeleteProperty(ctx, tx, by, seller.ID, home.ID)
		})
		gone := last(seller.ID, "property.deleted")
		if fits() != 0 {
			t.Error("a home that was deleted fits")
		}
		back := func(ctx context.Context, tx *db.Tx) error {
			return crm.RestoreDeleted(ctx, tx, by, seller.ID, gone.ID)
		}
		must(back)
		last(seller.ID, "property.created")
		if fits() != 1 {
			t.Error("a home that is back does not fit")
		}
		if err := tx(back); !errs.Is(err, errs.Conflict) {
			t.Errorf("bringing it back twice: %v", err)
		}

		// nobody else's
		for name, do := range map[string]func(ctx context.Context, tx *db.Tx) error{
			"delete": func(ctx context.Context, tx *db.Tx) error {
				return crm.DeleteRequirement(ctx, tx, by, seller.ID, wish.ID)
			},
			"change": func(ctx context.Context, tx *db.Tx) error {
				return crm.ChangeProperty(ctx, tx, by, buyer.ID, home.ID, crm.DataChange{Set: map[string]any{"city": "x"}})
			},
		} {
			if err := tx(do); !errs.Is(err, errs.NotFound) {
				t.Errorf("%s of another contact’s: %v", name, err)
			}
		}
		readonly := by
		readonly.ReadOnly = true
		if err := tx(func(ctx context.Context, tx *db.Tx) error {
			return crm.DeleteRequirement(ctx, tx, readonly, buyer.ID, wish.ID)
		}); !errs.Is(err, errs.Forbidden) {
			t.Errorf("who only reads deletes: %v", err)
		}
	})
}
