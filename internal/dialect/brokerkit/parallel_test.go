package brokerkit_test

import (
	"fmt"
	"net/http"
	"sync"
	"testing"

	"github.com/foyer-crm/foyer/internal/foyertest"
)

// atOnce posts n leads from some goroutines and gives the ids of the answers
// with how often each came.
func atOnce(t *testing.T, f *foyertest.F, n, goroutines int, body func(i int) string) map[int64]int {
	t.Helper()
	ids := map[int64]int{}
	work := make(chan string)
	var mu sync.Mutex
	var all sync.WaitGroup
	for range goroutines {
		all.Go(func() {
			for text := range work {
				l := mustPost(t, f, text)
				mu.Lock()
				ids[l.ID]++
				mu.Unlock()
			}
		})
	}
	for i := range n {
		work <- body(i)
	}
	close(work)
	all.Wait()
	return ids
}

// TestManyAtOnceAreOneLead: B38, however many say the same at once, by e-mail
// address, by agent id, or crosswise.
func TestManyAtOnceAreOneLead(t *testing.T) {
	for _, c := range []struct {
		name          string
		n, goroutines int
		body          func(i int) string
	}{
		{"twenty identical ones", 20, 20, func(int) string { return `{"first_name": "Peet", "email": "peet@example.com", "agent_id": "a1"}` }},
		{"a thousand identical ones", 1000, 64, func(int) string { return `{"first_name": "Peet", "email": "peet@example.com", "agent_id": "a1"}` }},
		{"agent id alone", 64, 64, func(i int) string { return fmt.Sprintf(`{"first_name": "P%d", "agent_id": "a1"}`, i) }},
		{"one agent, many addresses", 64, 64, func(i int) string { return fmt.Sprintf(`{"email": "p%d@example.com", "agent_id": "a1"}`, i) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
				ids := atOnce(t, f, c.n, c.goroutines, c.body)
				if n := count(t, f, "contacts"); len(ids) != 1 || n != 1 {
					t.Errorf("%d contacts, ids %v, want one", n, ids)
				}
				if n := count(t, f, "intake_log"); n != c.n {
					t.Errorf("%d rows in the import log, want %d", n, c.n)
				}
			})
		})
	}
}

// TestOneOfTwoTakesTheAddress: two leads that are given one e-mail address at
// once do not both have it.
func TestOneOfTwoTakesTheAddress(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		for round := range 10 {
			a, b := mustPost(t, f, `{"first_name": "A"}`), mustPost(t, f, `{"first_name": "B"}`)
			status := make(map[int]int)
			var mu sync.Mutex
			var both sync.WaitGroup
			for _, l := range []lead{a, b} {
				both.Go(func() {
					s, _ := send(t, f, http.MethodPut, fmt.Sprintf("/v2/leads/%d", l.ID), fmt.Sprintf(`{"email": "one%d@example.com"}`, round))
					mu.Lock()
					defer mu.Unlock()
					status[s]++
				})
			}
			both.Wait()
			if status[http.StatusNoContent] != 1 || status[http.StatusUnprocessableEntity] != 1 {
				t.Errorf("round %d: %v, want one 204 and one 422", round, status)
			}
		}
	})
}
