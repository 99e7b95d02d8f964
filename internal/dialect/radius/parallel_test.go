package radius_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"sync"
	"testing"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/foyertest"
)

// at sends n requests at once; body gives each its own. It returns the ids in
// the answers and how many clients were created.
func at(t *testing.T, f *foyertest.F, n int, body func(i int) string) (ids map[int64]int, created int) {
	t.Helper()
	ids = map[int64]int{}
	var mu sync.Mutex
	var all sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		text := body(i)
		all.Go(func() {
			<-start
			status, answer := post(t, f, text)
			var a imported
			if err := json.Unmarshal([]byte(answer), &a); err != nil || status != http.StatusOK {
				t.Errorf("%d %s (%v)", status, answer, err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			ids[a.Response.Client.ID]++
			if a.Response.Created {
				created++
			}
		})
	}
	close(start)
	all.Wait()
	return ids, created
}

// count gives how many rows a table has in the location.
func count(t *testing.T, f *foyertest.F, table string) (n int) {
	t.Helper()
	f.Read(t, func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Get(ctx, []any{&n}, "SELECT COUNT(*) FROM "+table+" WHERE location_id = $1", f.Credentials.LocationID)
		return err
	})
	return n
}

const sample = `{ "client": { "name": "Sample Client Name", "type": "buyer", "emails": "client@example.com", "phones": "5551234567", "tags": ["buyer", "important"] },
	"prop": { "address": "123 Main St, Stanford, CA 94305, USA", "no_of_bed_room": 3 }, "req": { "city": "Palo Alto", "min_budget": 700000, "max_budget": 1200000 } }`

// TestTwentyAtOnceMakeOneClient: R38.
func TestTwentyAtOnceMakeOneClient(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		ids, created := at(t, f, 20, func(int) string { return sample })
		if len(ids) != 1 || created != 1 {
			t.Errorf("ids %v, %d created; want one of each", ids, created)
		}
		for _, table := range []string{"contacts", "properties", "requirements"} {
			if n := count(t, f, table); n != 1 {
				t.Errorf("%d %s, want 1", n, table)
			}
		}
		if n := count(t, f, "intake_log"); n != 20 {
			t.Errorf("%d rows in the import log, want 20", n)
		}
	})
}

// TestSixtyFourAtOnceMakeOnePerson holds the core to its promise, through the
// door: of simultaneous identical requests one makes the contact, all answer
// with its id, and what comes with it is there once. Each round has a fresh
// address, every other one a fresh custom field (making one keeps the others
// waiting, which would hide a race for the contact). FOYER_SOAK=1 plays 1,000
// rounds.
func TestSixtyFourAtOnceMakeOnePerson(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		const writers = 64
		rounds := 50
		if f.DB.Kind() == db.Postgres {
			rounds = 20
		}
		if os.Getenv("FOYER_SOAK") == "1" {
			rounds = 1000
		}
		for round := range rounds {
			extra := ""
			if round%2 == 1 {
				extra = fmt.Sprintf(`, "field %d": "y"`, round)
			}
			body := fmt.Sprintf(`{"client": {"name": "Round %d", "emails": "round%d@x.example", "phones": "%d"%s}, "prop": {"address": "%d Elm St"}, "req": {"city": "Reno"}}`,
				round, round, 5550000000+round*97, extra, round)
			ids, created := at(t, f, writers, func(int) string { return body })
			if len(ids) != 1 || created != 1 {
				t.Fatalf("round %d: ids %v, %d created; want one of each", round, ids, created)
			}
			if t.Failed() {
				t.FailNow()
			}
		}
		for table, want := range map[string]int{"contacts": rounds, "properties": rounds, "requirements": rounds, "custom_fields": rounds / 2,
			"identities": 2 * rounds, "duplicate_pairs": 0, "intake_log": writers * rounds} {
			if n := count(t, f, table); n != want {
				t.Errorf("%d %s, want %d", n, table, want)
			}
		}
	})
}

// TestAtOnceByPhoneAlone: simultaneous requests that share a phone only make one
// client with all their e-mail addresses.
func TestAtOnceByPhoneAlone(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		const writers, rounds = 32, 5
		for round := range rounds {
			ids, created := at(t, f, writers, func(i int) string {
				return fmt.Sprintf(`{"client": {"name": "Shared Phone", "emails": "p%d.%d@x.example", "phones": "%d"}}`, round, i, 5557000000+round)
			})
			if len(ids) != 1 || created != 1 {
				t.Fatalf("round %d: ids %v, %d created; want one of each", round, ids, created)
			}
			f.Read(t, func(ctx context.Context, tx *db.Tx) error {
				for number := range ids {
					c, err := crm.ContactByNumber(ctx, tx, f.Credentials.LocationID, number)
					if err != nil {
						return err
					}
					if len(c.Emails) != writers || len(c.Phones) != 1 {
						t.Errorf("%d e-mail addresses and %d phones, want %d and 1", len(c.Emails), len(c.Phones), writers)
					}
				}
				return nil
			})
		}
	})
}
