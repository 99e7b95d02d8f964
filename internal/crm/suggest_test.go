package crm_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/foyertest"
)

// born makes a person with a birthday and an address.
func born(first, last, on, street, zip string) crm.Input {
	in := person(first, last, "", "")
	in.DateOfBirth, in.Address = on, crm.Address{Line1: street, PostalCode: zip}
	return in
}

func suggest(t testing.TB, f *foyertest.F, contactID string) {
	t.Helper()
	write(t, f, func(ctx context.Context, tx *db.Tx) error { return crm.SuggestDuplicates(ctx, tx, actor(f), contactID) })
}

func write(t testing.TB, f *foyertest.F, step func(ctx context.Context, tx *db.Tx) error) {
	t.Helper()
	if err := f.DB.Write(context.Background(), f.Credentials.LocationID, step); err != nil {
		t.Fatal(err)
	}
}

func pairs(t testing.TB, f *foyertest.F, filter crm.PairFilter) (list []crm.DuplicatePair) {
	t.Helper()
	if err := f.DB.Read(context.Background(), f.Credentials.LocationID, func(ctx context.Context, tx *db.Tx) (err error) {
		list, err = crm.DuplicatePairs(ctx, tx, f.Credentials.LocationID, filter)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return list
}

func eventsOf(t testing.TB, f *foyertest.F, typ string) (n int) {
	t.Helper()
	if err := f.DB.Read(context.Background(), f.Credentials.LocationID, func(ctx context.Context, tx *db.Tx) error {
		list, err := crm.EventsSince(ctx, tx, f.Credentials.LocationID, "", typ, 1000)
		n = len(list)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestADuplicateIsSuggestedOnceAndExplained(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		robert := mustSave(t, f, crm.Save{Input: born("Robert", "Kowalczyk", "1971-06-24", "12 Tulip Street", "85004")}).Contact
		wife := mustSave(t, f, crm.Save{Input: born("Anna", "Kowalczyk", "1973-02-11", "12 Tulip Street", "85004")}).Contact
		bob := mustSave(t, f, crm.Save{Input: born("Bob", "Kowalzcyk", "1971-06-24", "12 Tulip St", "")}).Contact
		for range 2 {
			for _, c := range []*crm.Contact{robert, wife, bob} {
				suggest(t, f, c.ID)
			}
		}
		list := pairs(t, f, crm.PairFilter{State: crm.PairOpen})
		if len(list) != 1 {
			t.Fatalf("%+v", list)
		}
		p := list[0]
		if p.ContactID != min(robert.ID, bob.ID) || p.OtherContactID != max(robert.ID, bob.ID) || p.Score < 0.9 || p.Score >= 1 {
			t.Errorf("%+v", p)
		}
		for _, want := range []string{"same birthday", "same address", "Kowalczyk/Kowalzcyk", "Bob/Robert"} {
			if !strings.Contains(p.Reason, want) {
				t.Errorf("the reason is %q, without %q", p.Reason, want)
			}
		}
		if n := eventsOf(t, f, "duplicate.found"); n != 1 {
			t.Errorf("%d events tell of it", n)
		}
	})
}

func TestADismissedPairDoesNotComeBack(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		a := mustSave(t, f, crm.Save{Input: born("Robert", "Kowalczyk", "1971-06-24", "", "")}).Contact
		b := mustSave(t, f, crm.Save{Input: born("Bob", "Kowalczyk", "1971-06-24", "", "")}).Contact
		suggest(t, f, a.ID)
		for range 2 {
			write(t, f, func(ctx context.Context, tx *db.Tx) error {
				p, err := crm.DismissPair(ctx, tx, actor(f), b.ID, a.ID)
				if err == nil && (p.State != crm.PairDismissed || p.DecidedAt.IsZero()) {
					t.Errorf("%+v", p)
				}
				return err
			})
			suggest(t, f, b.ID)
			if _, err := crm.ScanDuplicates(t.Context(), f.DB, actor(f)); err != nil {
				t.Fatal(err)
			}
		}
		if open := pairs(t, f, crm.PairFilter{State: crm.PairOpen}); len(open) != 0 {
			t.Errorf("it came back: %+v", open)
		}
		if all := pairs(t, f, crm.PairFilter{ContactID: a.ID}); len(all) != 1 || all[0].State != crm.PairDismissed {
			t.Errorf("%+v", all)
		}
		if n := eventsOf(t, f, "duplicate.dismissed"); n != 1 {
			t.Errorf("%d events tell of it", n)
		}
		err := f.DB.Write(t.Context(), f.Credentials.LocationID, func(ctx context.Context, tx *db.Tx) error {
			_, err := crm.DismissPair(ctx, tx, actor(f), a.ID, "nobody")
			return err
		})
		if !errs.Is(err, errs.NotFound) {
			t.Errorf("who is no pair: %v", err)
		}
	})
}

func TestAPairThatIsNoneAnyMoreGoesAway(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		mustSave(t, f, crm.Save{Input: born("Robert", "Kowalczyk", "1971-06-24", "", "")})
		b := mustSave(t, f, crm.Save{Input: born("Bob", "Kowalczyk", "1971-06-24", "", "")}).Contact
		suggest(t, f, b.ID)
		if list := pairs(t, f, crm.PairFilter{}); len(list) != 1 {
			t.Fatalf("%+v", list)
		}
		mustSave(t, f, crm.Save{ID: b.ID, Input: born("Zelda", "Kowalczyk", "1990-01-12", "", "")})
		suggest(t, f, b.ID)
		if list := pairs(t, f, crm.PairFilter{}); len(list) != 0 {
			t.Errorf("%+v", list)
		}
		// what a request named stays, whatever the names are
		x := mustSave(t, f, crm.Save{Input: person("Una", "Roe", "una@x.example", "")}).Contact
		mustSave(t, f, crm.Save{Input: person("Vic", "Poe", "", "6025550147")})
		mustSave(t, f, crm.Save{Input: person("", "", "una@x.example", "6025550147")})
		suggest(t, f, x.ID)
		if list := pairs(t, f, crm.PairFilter{ContactID: x.ID}); len(list) != 1 || list[0].Score != 1 {
			t.Errorf("%+v", list)
		}
	})
}

func TestAScanFindsWhatSuggestionsFind(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		var ids []string
		families := strings.Fields("Abbott Brankovic Castellano Dubois Eklund Fujimoto Garibaldi Haddad Ibsen Jankowski Kowalczyk Lindqvist Moreau Nakamura Okafor Papadakis Quigley Rossi Sorensen Thistlewood")
		for i := range 2 * len(families) {
			in := born([]string{"Robert", "Bob"}[i%2], families[i/2], fmt.Sprintf("19%d-06-%02d", 50+i/2, 1+i/2), fmt.Sprintf("%d Tulip Street", 100+7*(i/2)), "85004")
			ids = append(ids, mustSave(t, f, crm.Save{Input: in}).Contact.ID)
		}
		for _, c := range ids {
			suggest(t, f, c)
		}
		want := pairs(t, f, crm.PairFilter{})
		if len(want) != 20 {
			t.Fatalf("%d pairs", len(want))
		}
		write(t, f, func(ctx context.Context, tx *db.Tx) error {
			return tx.Do(ctx, "DELETE FROM duplicate_pairs WHERE location_id = $1", f.Credentials.LocationID)
		})
		s, err := crm.ScanDuplicates(t.Context(), f.DB, actor(f))
		if err != nil {
			t.Fatal(err)
		}
		got := pairs(t, f, crm.PairFilter{})
		if s.Contacts != 40 || s.Pairs != 20 || len(got) != len(want) {
			t.Errorf("%+v, %d pairs", s, len(got))
		}
		mustSave(t, f, crm.Save{ID: ids[0], Input: born("Zelda", "Quist", "2001-01-12", "9 Rose Way", "10001")})
		if s, err = crm.ScanDuplicates(t.Context(), f.DB, actor(f)); err != nil || s.Removed != 1 {
			t.Errorf("%+v %v", s, err)
		}
	})
}

func TestNobodyIsFoundByAMatchWord(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		mustSave(t, f, crm.Save{Input: born("Robert", "Kowalczyk", "1971-06-24", "12 Tulip Street", "85004")})
		for _, text := range []string{"·", "R163", "1971-06-24", "n:K422:R163", "b:19710624", "tulip"} {
			if err := f.DB.Read(t.Context(), f.Credentials.LocationID, func(ctx context.Context, tx *db.Tx) error {
				list, _, err := crm.Contacts(ctx, tx, f.Credentials.LocationID, crm.Query{Text: text, Limit: 10}, false)
				if len(list) != 0 {
					t.Errorf("%q finds somebody", text)
				}
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// A contact that was stored before there were match words gets them when it is
// looked at.
func TestAContactWithoutMatchWordsGetsThem(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		a := mustSave(t, f, crm.Save{Input: born("Robert", "Kowalczyk", "1971-06-24", "", "")}).Contact
		write(t, f, func(ctx context.Context, tx *db.Tx) error {
			return tx.Do(ctx, "DELETE FROM contact_search WHERE /*sqlite rowid = $1*/ /*postgres number = $1*/", a.Number)
		})
		b := mustSave(t, f, crm.Save{Input: born("Bob", "Kowalczyk", "1971-06-24", "", "")}).Contact
		suggest(t, f, b.ID)
		if list := pairs(t, f, crm.PairFilter{}); len(list) != 0 {
			t.Fatalf("%+v", list)
		}
		suggest(t, f, a.ID)
		write(t, f, func(ctx context.Context, tx *db.Tx) error {
			return tx.Do(ctx, "DELETE FROM duplicate_pairs WHERE location_id = $1", f.Credentials.LocationID)
		})
		suggest(t, f, b.ID)
		if list := pairs(t, f, crm.PairFilter{}); len(list) != 1 {
			t.Errorf("%+v", list)
		}
	})
}

// BenchmarkSuggest looks for the duplicates of contacts among many; FOYER_SUGGEST
// says how many.
func BenchmarkSuggest(b *testing.B) {
	b.Run("sqlite", func(b *testing.B) { benchmarkSuggest(b, foyertest.New(b)) })
	b.Run("postgres", func(b *testing.B) {
		benchmarkSuggest(b, foyertest.NewPostgres(b))
	})
}

func benchmarkSuggest(b *testing.B, f *foyertest.F) {
	many := 2000
	if _, err := fmt.Sscan(os.Getenv("FOYER_SUGGEST"), &many); err != nil && os.Getenv("FOYER_SUGGEST") != "" {
		b.Fatal(err)
	}
	first := []string{"James", "Mary", "Robert", "Patricia", "John", "Jennifer", "Michael", "Linda", "David", "Elizabeth", "Bob", "Liz", "Grace", "Omar", "Ingrid", "Ngozi", "Sean", "Fatima"}
	last := []string{"Smith", "Johnson", "Garcia", "Miller", "Nguyen", "Kowalczyk", "Okafor", "Rossi", "Meyer", "Haddad", "Lindqvist"}
	var ids []string
	const group = 500
	for i := 0; i < many; i += group {
		write(b, f, func(ctx context.Context, tx *db.Tx) error {
			for n := i; n < min(i+group, many); n++ {
				k := n*2654435761 + n/7
				in := person(first[k%len(first)], last[k/31%len(last)]+fmt.Sprint(string(rune('a'+k/997%26))), fmt.Sprintf("p%d@mail%d.example", n, k%40), fmt.Sprintf("%010d", 6020000000+n))
				in.Address = crm.Address{Line1: fmt.Sprintf("%d %s Street", k/11%900+1, []string{"Tulip", "Main", "Oak", "Elm"}[k%4]), City: "Phoenix", State: "AZ", PostalCode: fmt.Sprint(85000 + k/13%80)}
				s, err := crm.SaveContact(ctx, tx, actor(f), crm.Save{Input: in, Match: []crm.Key{crm.KeyEmail}})
				if err != nil {
					return err
				}
				ids = append(ids, s.Contact.ID)
			}
			return nil
		})
	}
	n := 0
	var among *crm.Crowd
	b.ResetTimer()
	for b.Loop() {
		err := f.DB.Read(context.Background(), f.Credentials.LocationID, func(ctx context.Context, tx *db.Tx) error {
			if n%200 == 0 {
				var err error
				if among, err = crm.CrowdOf(ctx, tx, f.Credentials.LocationID); err != nil {
					return err
				}
			}
			_, err := crm.Suggestions(ctx, tx, f.Credentials.LocationID, ids[n*7919%len(ids)], among)
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
		n++
	}
}
