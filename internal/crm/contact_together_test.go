package crm_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/foyertest"
)

// someSaves invents saves of few people by few keys, so that they meet.
func someSaves(r *rand.Rand, n int) []crm.Save {
	var all []crm.Save
	for range n {
		in := person([]string{"Ana", "Bob", "Cid"}[r.IntN(3)], "Ruiz", "", "")
		for range r.IntN(3) {
			e, _ := crm.NewEmail(fmt.Sprintf("p%d@x.example", r.IntN(12)), "")
			in.Emails = append(in.Emails, e)
		}
		for range r.IntN(2) {
			in.Phones = append(in.Phones, crm.NewPhone(fmt.Sprintf("60255501%02d", r.IntN(12)), ""))
		}
		if r.IntN(3) == 0 {
			in.Details.AgentID = fmt.Sprint("agent", r.IntN(6))
		}
		in.Blend = []crm.Blend{crm.BlendAdd, crm.BlendFront, crm.BlendReplace}[r.IntN(3)]
		all = append(all, crm.Save{Input: in, Match: []crm.Key{crm.KeyEmail, crm.KeyPhone}, OnMatch: []crm.OnMatch{crm.Overwrite, crm.FillEmpty, crm.NoteOnly, crm.Refuse}[r.IntN(4)]})
	}
	return all
}

// stored gives every contact and whose the keys are, with numbers in place of ids.
func stored(t *testing.T, f *foyertest.F) (out []string) {
	t.Helper()
	f.System(t, func(ctx context.Context, tx *db.Tx) error {
		out = nil
		number := map[string]int{}
		for i, query := range []string{
			"SELECT id, first_name || emails || phones || email || phone FROM contacts WHERE location_id = $1 ORDER BY id",
			"SELECT contact_id, key || CASE WHEN rank = 0 THEN ' owned' ELSE ' behind' END FROM identities WHERE location_id = $1 ORDER BY key, rank",
		} {
			rows, err := tx.Query(ctx, query, f.Credentials.LocationID)
			if err != nil {
				return err
			}
			for rows.Next() {
				var id, text string
				if err := rows.Scan(&id, &text); err != nil {
					return err
				}
				if i == 0 {
					number[id] = len(number)
				}
				out = append(out, fmt.Sprint(number[id], " ", text))
			}
			if err := rows.Close(); err != nil {
				return err
			}
		}
		return nil
	})
	return out
}

func TestContactsSavedTogetherAreAsSavedOneByOne(t *testing.T) {
	for seed := range uint64(20) {
		all := someSaves(rand.New(rand.NewPCG(seed, 1)), 60) // #nosec G404 -- the same every time on purpose
		one, many := foyertest.New(t), foyertest.New(t)
		var outcomes [2][]string
		note := func(k int, saved *crm.Saved, err error) {
			text := fmt.Sprint(err)
			if err == nil {
				text = string(saved.Outcome)
			}
			outcomes[k] = append(outcomes[k], text)
		}
		for _, s := range all {
			saved, err := save(t, one, s)
			note(0, saved, err)
		}
		if err := many.DB.Write(t.Context(), actor(many).LocationID, func(ctx context.Context, tx *db.Tx) error {
			outcomes[1] = nil
			return crm.SaveTogether(ctx, tx, actor(many), all, func(_ int, saved *crm.Saved, err error) error { note(1, saved, err); return nil })
		}); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(outcomes[0], outcomes[1]); d != "" {
			t.Errorf("seed %d: %s", seed, d)
		}
		if d := cmp.Diff(stored(t, one), stored(t, many)); d != "" {
			t.Errorf("seed %d: %s", seed, d)
		}
	}
}

func TestContactsSavedTogetherRaceWithOthers(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		var all []crm.Save
		for i := range 100 {
			all = append(all, crm.Save{Input: person("Ana", "Ruiz", fmt.Sprintf("p%d@x.example", i), ""), Match: []crm.Key{crm.KeyEmail}, OnMatch: crm.FillEmpty})
		}
		var wait sync.WaitGroup
		for range 4 {
			wait.Go(func() {
				if err := f.DB.Write(t.Context(), actor(f).LocationID, func(ctx context.Context, tx *db.Tx) error {
					return crm.SaveTogether(ctx, tx, actor(f), all, func(_ int, _ *crm.Saved, err error) error { return err })
				}); err != nil {
					t.Error(err)
				}
			})
			wait.Go(func() {
				for i := range all {
					if _, err := save(t, f, all[len(all)-1-i]); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wait.Wait()
		n := int64(0)
		f.System(t, func(ctx context.Context, tx *db.Tx) error {
			_, err := tx.Get(ctx, []any{&n}, "SELECT COUNT(*) FROM contacts WHERE location_id = $1", f.Credentials.LocationID)
			return err
		})
		if n != 100 {
			t.Errorf("%d contacts of 100 people", n)
		}
	})
}
