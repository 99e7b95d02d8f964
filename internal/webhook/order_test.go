package webhook_test

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/foyertest"
)

// told is what a receiver reads of a contact's event.
type told struct {
	Type    string
	Version int64
	Data    struct {
		ContactID     string
		Before, After map[string]any
	}
}

// C12: whoever sorts what it was told of a contact by its version has the histories
// as they were, and the contacts as they are, whatever order it was told in.
func TestSortedByVersionTheHistoryIsRebuilt(t *testing.T) {
	each(t, func(t *testing.T, f *foyertest.F) {
		histories := 200
		if soak && f.DB.Kind() == db.SQLite {
			histories = 1000
		}
		r := newReceiver(t, nil)
		add(t, f, r.URL, "contact.*")
		changes := history(t, f, histories)
		got := r.wait(t, changes)
		rand.Shuffle(len(got), func(i, j int) { got[i], got[j] = got[j], got[i] })
		of := map[string][]told{}
		for _, g := range got {
			var e told
			if err := json.Unmarshal(g.body, &e); err != nil {
				t.Fatal(err)
			}
			of[e.Data.ContactID] = append(of[e.Data.ContactID], e)
		}
		if len(of) != histories {
			t.Errorf("%d contacts, want %d", len(of), histories)
		}
		for contact, list := range of {
			slices.SortFunc(list, func(a, b told) int { return cmp.Compare(a.Version, b.Version) })
			rebuilt := map[string]any{}
			for i, e := range list {
				if i > 0 && (e.Version == list[i-1].Version || e.Data.Before["city"] != rebuilt["city"] || e.Data.Before["source"] != rebuilt["source"]) {
					t.Fatalf("%s: event %d begins with %v, the one before ended with %v", contact, i, e.Data.Before, rebuilt)
				}
				rebuilt = e.Data.After
			}
			var now *crm.Contact
			f.Read(t, func(ctx context.Context, tx *db.Tx) (err error) {
				now, err = crm.ContactByID(ctx, tx, f.Credentials.LocationID, contact)
				return err
			})
			if got, want := fmt.Sprint(rebuilt["firstName"], rebuilt["city"], rebuilt["source"]), fmt.Sprint(now.FirstName, now.Address.City, now.Source); got != want {
				t.Fatalf("%s: rebuilt %s, is %s", contact, got, want)
			}
		}
		t.Logf("%d histories of %d events", histories, changes)
	})
}

// history makes contacts, which some writers change at the same time, and says how
// many events that were.
func history(t *testing.T, f *foyertest.F, contacts int) (events int) {
	t.Helper()
	var writers sync.WaitGroup
	var mu sync.Mutex
	for w := range 8 {
		writers.Go(func() {
			for i := range contacts / 8 {
				c := save(t, f, crm.Contact{FirstName: fmt.Sprintf("Ana %d %d", w, i)})
				var both sync.WaitGroup
				for k := range 2 {
					both.Go(func() {
						for j := range 2 {
							change := crm.Contact{Source: fmt.Sprint("source ", k, j)}
							change.Address.City = fmt.Sprint("city ", k, j, rand.IntN(1000))
							err := f.DB.Write(context.Background(), f.Credentials.LocationID, func(ctx context.Context, tx *db.Tx) error {
								_, err := crm.SaveContact(ctx, tx, by(f), crm.Save{ID: c.ID, Input: crm.Input{Contact: change}})
								return err
							})
							if err != nil {
								t.Error(err)
							}
						}
					})
				}
				both.Wait()
				mu.Lock()
				events += 5
				mu.Unlock()
			}
		})
	}
	writers.Wait()
	return events
}
