package crm_test

import (
	"context"
	"fmt"
	"math"
	"os"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/foyertest"
)

func person(first, last, email, phone string) crm.Input {
	in := crm.Input{Contact: crm.Contact{FirstName: first, LastName: last}}
	if email != "" {
		e, _ := crm.NewEmail(email, "")
		in.Emails = append(in.Emails, e)
	}
	if phone != "" {
		in.Phones = append(in.Phones, crm.NewPhone(phone, ""))
	}
	return in
}

func actor(f *foyertest.F) crm.Actor {
	return crm.Actor{LocationID: f.Credentials.LocationID, CompanyID: f.Credentials.CompanyID, Origin: "test"}
}

func save(t testing.TB, f *foyertest.F, s crm.Save) (*crm.Saved, error) {
	t.Helper()
	if s.Match == nil {
		s.Match = []crm.Key{crm.KeyEmail, crm.KeyPhone}
	}
	var out *crm.Saved
	err := f.DB.Write(context.Background(), f.Credentials.LocationID, func(ctx context.Context, tx *db.Tx) (err error) {
		out, err = crm.SaveContact(ctx, tx, actor(f), s)
		return err
	})
	return out, err
}

func mustSave(t testing.TB, f *foyertest.F, s crm.Save) *crm.Saved {
	t.Helper()
	out, err := save(t, f, s)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestTheSamePersonAtOnceIsOneContact(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		rounds := 20
		if os.Getenv("FOYER_SOAK") != "" {
			rounds = 1000
		}
		for round := range rounds {
			ids := map[string]int{}
			created := 0
			var mu sync.Mutex
			var wg sync.WaitGroup
			for i := range 64 {
				wg.Go(func() {
					// half know the person by e-mail, half by phone and e-mail
					in := person("Ana", "Ruiz", fmt.Sprintf("Ana%d@x.example", round), "")
					if i%2 == 0 {
						in = person("Ana", "Ruiz", fmt.Sprintf("ana%d@X.example", round), fmt.Sprintf("602555%04d", round))
					}
					s, err := save(t, f, crm.Save{Input: in})
					mu.Lock()
					defer mu.Unlock()
					if err != nil {
						t.Error(err)
						return
					}
					ids[s.Contact.ID]++
					if s.Outcome == crm.Created {
						created++
					}
				})
			}
			wg.Wait()
			if len(ids) != 1 || created != 1 {
				t.Fatalf("round %d: %d contacts, %d created: %v", round, len(ids), created, ids)
			}
		}
	})
}

func TestSaveTwiceIsSaveOnce(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		in := person("Ana", "Ruiz", "ana@x.example", "(602) 555-0147")
		in.Tags, in.Source, in.CustomFields = []string{"Buyer", "hot"}, "site", map[string]any{"f1": "v"}
		in.Properties = []crm.Property{{Key: "1 main st", Data: map[string]any{"address": "1 Main St", "bedrooms": int64(3)}}}
		one := mustSave(t, f, crm.Save{Input: in})
		two := mustSave(t, f, crm.Save{Input: in})
		if two.Outcome != crm.Matched || len(two.Changes) != 0 {
			t.Errorf("the second save is %s with %v", two.Outcome, two.Changes)
		}
		if diff := cmp.Diff(read(t, f, one.Contact.ID), two.Contact); diff != "" {
			t.Errorf("stored and saved differ: %s", diff)
		}
	})
}

func read(t testing.TB, f *foyertest.F, id string) (c *crm.Contact) {
	t.Helper()
	f.Read(t, func(ctx context.Context, tx *db.Tx) (err error) {
		c, err = crm.ContactByID(ctx, tx, f.Credentials.LocationID, id)
		return err
	})
	return c
}

func TestTwoMatchesAreAPairForReview(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		a := mustSave(t, f, crm.Save{Input: person("A", "", "a@x.example", "")})
		b := mustSave(t, f, crm.Save{Input: person("B", "", "", "6025550102")})
		both := mustSave(t, f, crm.Save{Input: person("A", "New", "a@x.example", "6025550102")})
		if both.Contact.ID != a.Contact.ID || len(both.Others) != 1 || both.Others[0] != b.Contact.ID {
			t.Fatalf("the e-mail should win: %+v", both)
		}
		if got := read(t, f, b.Contact.ID); got.Version != 1 {
			t.Errorf("the other contact was touched: %+v", got)
		}
		f.Read(t, func(ctx context.Context, tx *db.Tx) error {
			pairs, err := crm.DuplicatePairs(ctx, tx, f.Credentials.LocationID, crm.PairFilter{Limit: 10})
			if len(pairs) != 1 {
				t.Errorf("pairs: %v", pairs)
			}
			owner, err2 := crm.ContactByPhone(ctx, tx, f.Credentials.LocationID, "602-555-0102")
			if owner == nil || owner.ID != b.Contact.ID {
				t.Errorf("the phone should still be B's")
			}
			if err == nil {
				err = err2
			}
			return err
		})
	})
}

func TestWhoStoodBehindInherits(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		a := mustSave(t, f, crm.Save{Input: person("A", "", "same@x.example", "")})
		b := mustSave(t, f, crm.Save{Input: person("B", "", "same@x.example", ""), AllowDuplicate: true})
		if a.Contact.ID == b.Contact.ID {
			t.Fatal("a duplicate was asked for")
		}
		err := f.DB.Write(context.Background(), f.Credentials.LocationID, func(ctx context.Context, tx *db.Tx) error {
			return crm.DeleteContact(ctx, tx, actor(f), a.Contact.ID)
		})
		if err != nil {
			t.Fatal(err)
		}
		f.Read(t, func(ctx context.Context, tx *db.Tx) error {
			c, err := crm.ContactByEmail(ctx, tx, f.Credentials.LocationID, "SAME@x.example")
			if c == nil || c.ID != b.Contact.ID {
				t.Errorf("got %v", c)
			}
			if _, err := crm.ContactByID(ctx, tx, f.Credentials.LocationID, a.Contact.ID); !errs.Is(err, errs.NotFound) {
				t.Errorf("the deleted contact: %v", err)
			}
			return err
		})
	})
}

func TestSearchByWords(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		ana := mustSave(t, f, crm.Save{Input: person("Ána", "O’Brien", "zed@x.example", "6025550147")})
		mustSave(t, f, crm.Save{Input: person("Ana", "Ruiz", "ruiz@x.example", "")})
		find := func(text string, want int) {
			t.Helper()
			f.Read(t, func(ctx context.Context, tx *db.Tx) error {
				list, total, err := crm.Contacts(ctx, tx, f.Credentials.LocationID, crm.Query{Text: text, Limit: 10}, true)
				if len(list) != want || int(total) != want {
					t.Errorf("%q finds %d of %d, want %d", text, len(list), total, want)
				}
				return err
			})
		}
		find("ana", 2)
		find("ana obri", 1)
		find("an", 2)
		find("zed", 1)
		find("602555", 1)
		find("nobody", 0)
		find("!!", 0)
		find(`" OR 1=1 *`, 0)
		mustSave(t, f, crm.Save{ID: ana.Contact.ID, Input: person("Berta", "", "", "")})
		find("ana", 1)
		find("berta", 1)
	})
}

// A word that a thousand carry is taken as it stands; pages go on behind what is
// counted on the way, in order and without a gap.
func TestSearchForTheCommonestWord(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		const anns = 5030
		mustSave(t, f, crm.Save{Input: person("Anna", "Lee", "", "")})
		by := crm.Actor{LocationID: f.Credentials.LocationID, Origin: "import"}
		err := f.DB.Write(t.Context(), by.LocationID, func(ctx context.Context, tx *db.Tx) error {
			for range anns {
				if _, err := crm.SaveContact(ctx, tx, by, crm.Save{Input: person("Ann", "Lee", "", "")}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		last := int64(math.MaxInt64)
		for _, c := range []struct {
			text                     string
			limit, skip, want, total int
		}{
			{"lee anna", 10, 0, 1, 1},
			{"lee ann", 20, 0, 20, anns},
			{"lee ann", 20, 4970, 20, anns},
			{"lee ann", 20, 4990, 20, anns},
			{"lee ann", 20, 5010, 20, anns},
			{"lee ann", 20, 5030, 0, anns},
			{"lee an", 20, 0, 20, anns + 1},
		} {
			f.Read(t, func(ctx context.Context, tx *db.Tx) error {
				list, total, err := crm.Contacts(ctx, tx, by.LocationID, crm.Query{Text: c.text, Limit: c.limit, Skip: c.skip}, true)
				if len(list) != c.want || int(total) != c.total {
					t.Errorf("%q from %d on: %d of %d, want %d of %d", c.text, c.skip, len(list), total, c.want, c.total)
				}
				for _, found := range list {
					if c.text == "lee ann" && found.Number >= last {
						t.Errorf("%q from %d on: a contact out of order", c.text, c.skip)
					}
					if c.text == "lee ann" {
						last = found.Number
					}
				}
				return err
			})
		}
	})
}

func TestBlankNeverErasesAndClearDoes(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		in := person("Ana", "Ruiz", "ana@x.example", "6025550147")
		in.Website = "https://x.example"
		a := mustSave(t, f, crm.Save{Input: in})
		mustSave(t, f, crm.Save{Input: person("", "", "ana@x.example", "")})
		if c := read(t, f, a.Contact.ID); c.Website == "" || c.FirstName != "Ana" {
			t.Errorf("blank erased: %+v", c)
		}
		mustSave(t, f, crm.Save{ID: a.Contact.ID, Input: crm.Input{Clear: []string{"website", "phone"}}})
		c := read(t, f, a.Contact.ID)
		if c.Website != "" || c.Phone != "" || c.Email == "" {
			t.Errorf("clear: %+v", c)
		}
		f.Read(t, func(ctx context.Context, tx *db.Tx) error {
			who, err := crm.FieldOrigins(ctx, tx, f.Credentials.LocationID, a.Contact.ID)
			if who["firstName"].Origin != "test" || who["firstName"].Value != "Ana" || who["website"].Value != nil {
				t.Errorf("origins: %+v", who)
			}
			return err
		})
	})
}

func TestADryRunStoresNothing(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		s := mustSave(t, f, crm.Save{Input: person("Ana", "", "ana@x.example", ""), DryRun: true})
		if s.Outcome != crm.DryRun || s.Contact.FirstName != "Ana" {
			t.Errorf("got %+v", s)
		}
		f.Read(t, func(ctx context.Context, tx *db.Tx) error {
			list, total, err := crm.Contacts(ctx, tx, f.Credentials.LocationID, crm.Query{Limit: 10}, true)
			if len(list) != 0 || total != 0 {
				t.Errorf("stored %v", list)
			}
			return err
		})
	})
}
