package crm_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/foyertest"
)

// What fits, what nearly does, and what does not, each with its reason.
func TestAHomeFitsAWish(t *testing.T) {
	wish := map[string]any{"city": "Tempe", "state": "AZ", "postalCode": "85281", "minPrice": 400000.0, "maxPrice": 500000.0, "bedrooms": 3.0, "bathrooms": 2.0}
	home := map[string]any{"address": "1 Main St", "city": "Tempe", "state": "AZ", "postalCode": "85281", "price": 450000.0, "bedrooms": 3.0, "bathrooms": 2.0, "area": 1800.0}
	for _, c := range []struct {
		name       string
		wish, home map[string]any // what is another
		score      int            // -1: it does not fit
		says       string
	}{
		{"all", nil, nil, 100, "price within budget"},
		{"at the top of the budget", nil, map[string]any{"price": 500000.0}, 100, "price within budget"},
		{"a little over", nil, map[string]any{"price": 515000.0}, 87, "3 % over budget"},
		{"over", nil, map[string]any{"price": "$560,000"}, 72, "12 % over budget"},
		{"far over", nil, map[string]any{"price": 600000.0}, -1, ""},
		{"below", nil, map[string]any{"price": 380000.0}, 91, "5 % below"},
		{"far below", nil, map[string]any{"price": 200000.0}, -1, ""},
		{"one bedroom short", nil, map[string]any{"bedrooms": 2.0}, 90, "1 bed short"},
		{"two bedrooms short", nil, map[string]any{"bedrooms": 1.0}, -1, ""},
		{"more bedrooms", nil, map[string]any{"bedrooms": 5.0}, 100, "5 beds"},
		{"half a bath short", nil, map[string]any{"bathrooms": 1.5}, 95, "0.5 baths short"},
		{"baths as LionDesk says", nil, map[string]any{"bathrooms": nil, "fullBaths": 1.0, "halfBaths": 2.0}, 100, "2 baths"},
		{"another ZIP code", nil, map[string]any{"postalCode": "85283"}, 94, "another ZIP code"},
		{"ZIP+4", nil, map[string]any{"postalCode": "85281-1234"}, 100, "in Tempe 85281"},
		{"another city", nil, map[string]any{"city": "Mesa", "postalCode": "85201"}, -1, ""},
		{"the same name in another state", nil, map[string]any{"state": "CO", "postalCode": ""}, -1, ""},
		{"a state by its name", map[string]any{"state": "Arizona"}, nil, 100, "in Tempe"},
		{"only a state", map[string]any{"city": "", "postalCode": ""}, map[string]any{"city": "Mesa", "postalCode": "85201"}, 100, "in AZ"},
		{"no price known", nil, map[string]any{"price": nil}, 78, "price not known"},
		{"as LionDesk says prices", nil, map[string]any{"price": nil, "listingPrice": "450,000.00"}, 100, "price within budget"},
		{"budget the wrong way round", map[string]any{"minPrice": 500000.0, "maxPrice": 400000.0}, nil, 100, "price within budget"},
		{"smaller", map[string]any{"minArea": 2000.0}, nil, 97, "10 % smaller"},
		{"much smaller", map[string]any{"minArea": 3000.0}, nil, -1, ""},
		{"nothing said", map[string]any{"city": "", "state": "", "postalCode": "", "minPrice": nil, "maxPrice": nil, "bedrooms": nil, "bathrooms": nil}, nil, -1, ""},
	} {
		with := func(base, change map[string]any) map[string]any {
			d := map[string]any{}
			for k, v := range base {
				d[k] = v
			}
			for k, v := range change {
				d[k] = v
			}
			return d
		}
		w, h := crm.WishOf(&crm.Requirement{Data: with(wish, c.wish)}), crm.HomeOf(&crm.Property{Data: with(home, c.home)})
		f, ok := w.Judge(&h)
		if !ok {
			f.Score = -1
		}
		if said := strings.Join(append(f.Good, f.But...), ", "); f.Score != c.score || !strings.Contains(said, c.says) {
			t.Errorf("%s: %d, %s; want %d, %s", c.name, f.Score, said, c.score, c.says)
		}
	}
}

// Whoever viewed homes and said nothing looks for such as those.
func TestViewsAreAWish(t *testing.T) {
	w, ok := crm.WishFromViews("c", []map[string]any{
		{"city": "Mesa", "bedrooms": 3.0, "listingPrice": "400000"}, {"city": "Tempe", "bedrooms": 4.0, "listingPrice": "500000"}, {"city": "Tempe", "bedrooms": 2.0}, {"mls": "1"},
	})
	if want := (crm.Wish{ContactID: "c", City: "Tempe", MinPrice: 360000, MaxPrice: 550000, Beds: 2, Viewed: 3}); !ok || w != want {
		t.Errorf("%+v, want %+v", w, want)
	}
	if _, ok := crm.WishFromViews("c", []map[string]any{{"mls": "1"}}); ok {
		t.Error("a view of nowhere is a wish")
	}
}

// What fits is found in both directions, the best first, by every spelling that
// doors bring, never somebody's own, and only of whom somebody sees.
func TestWhatFitsIsFound(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		by := crm.Actor{LocationID: f.Credentials.LocationID, Origin: "test"}
		ids := map[string]string{}
		owner := f.Vars["user.id"]
		write := func(name string, in crm.Input) {
			t.Helper()
			in.FirstName = name
			err := f.DB.Write(t.Context(), by.LocationID, func(ctx context.Context, tx *db.Tx) error {
				saved, err := crm.SaveContact(ctx, tx, by, crm.Save{Input: in, AllowDuplicate: true})
				if err == nil {
					ids[name] = saved.Contact.ID
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		sells := func(name string, data map[string]any) {
			write(name, crm.Input{Properties: []crm.Property{{Key: name, Data: data}}})
		}
		wants := func(name, assigned string, data map[string]any) {
			write(name, crm.Input{Contact: crm.Contact{AssignedTo: assigned}, Requirements: []crm.Requirement{{Key: name, Data: data}}})
		}
		sells("best", map[string]any{"city": "tempe", "state": "AZ", "price": 450000, "bedrooms": 3})
		sells("over", map[string]any{"city": "Tempe", "state": "AZ", "listingPrice": "$520,000", "bedrooms": 3})
		sells("unpriced", map[string]any{"city": "Tempe", "price": "ask us", "bedrooms": 3})
		sells("mesa", map[string]any{"city": "Mesa", "state": "Arizona", "price": 450000, "bedrooms": 3})
		sells("dear", map[string]any{"city": "Tempe", "price": 4500000, "bedrooms": 3})
		wants("ana", owner, map[string]any{"city": "TEMPE", "minPrice": 400000, "maxPrice": 500000, "bedrooms": 3})
		wants("zip", "", map[string]any{"postalCode": "85281", "maxPrice": "460,000"})
		wants("state", "", map[string]any{"state": "AZ", "maxPrice": 500000})
		wants("cheap", "", map[string]any{"city": "Tempe", "maxPrice": 200000})
		wants("any", "", map[string]any{"city": "Tempe", "bedrooms": 3})
		write("both", crm.Input{Properties: []crm.Property{{Key: "x", Data: map[string]any{"city": "Gilbert", "price": 300000}}}, Requirements: []crm.Requirement{{Key: "x", Data: map[string]any{"city": "Gilbert", "maxPrice": 300000}}}})
		name := func(id string) string {
			for n, other := range ids {
				if other == id {
					return n
				}
			}
			return id
		}
		homes := func(of string) (text string) {
			f.Read(t, func(ctx context.Context, tx *db.Tx) error {
				wanted, err := crm.Requirements(ctx, tx, by.LocationID, ids[of])
				if err != nil {
					return err
				}
				list, err := crm.HomesFor(ctx, tx, by.LocationID, []crm.Wish{crm.WishOf(&wanted[0])}, crm.FitQuery{Limit: 10})
				for _, h := range list {
					text += fmt.Sprintf("%s %d ", name(h.ContactID), h.Score)
				}
				return err
			})
			return strings.TrimSpace(text)
		}
		buyers := func(of string, q crm.FitQuery) (text string) {
			q.Limit = 10
			f.Read(t, func(ctx context.Context, tx *db.Tx) error {
				own, err := crm.Properties(ctx, tx, by.LocationID, ids[of])
				if err != nil {
					return err
				}
				list, err := crm.BuyersFor(ctx, tx, by.LocationID, []crm.Home{crm.HomeOf(&own[0])}, q)
				for _, b := range list {
					text += fmt.Sprintf("%s %d ", name(b.ContactID), b.Score)
				}
				return err
			})
			return strings.TrimSpace(text)
		}
		for _, c := range []struct{ what, got, want string }{
			{"ana", homes("ana"), "best 100 over 86 unpriced 76"},
			{"zip", homes("zip"), "best 100 over 63 unpriced 71"},
			{"state", homes("state"), "best 100 mesa 100 over 83"},
			{"cheap", homes("cheap"), "unpriced 71"},
			{"both", homes("both"), ""},
			{"best", buyers("best", crm.FitQuery{}), "ana 100 any 100 state 100 zip 100"},
			{"best, of the owner", buyers("best", crm.FitQuery{Owner: owner}), "ana 100"},
			{"over", buyers("over", crm.FitQuery{}), "any 100 ana 86 state 83 zip 63"},
			{"gilbert", buyers("both", crm.FitQuery{}), "state 79"},
		} {
			got, want := strings.Fields(c.got), strings.Fields(c.want)
			seen := map[string]bool{}
			for i := 0; i+1 < len(got); i += 2 {
				seen[got[i]+got[i+1]] = true
			}
			for i := 0; i+1 < len(want); i += 2 {
				if !seen[want[i]+want[i+1]] {
					t.Errorf("%s gives %s, want %s", c.what, c.got, c.want)
				}
			}
			if len(got) != len(want) {
				t.Errorf("%s gives %s, want %s", c.what, c.got, c.want)
			}
		}
	})
}
