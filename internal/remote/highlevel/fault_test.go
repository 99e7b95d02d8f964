package highlevel_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/foyertest"
	"github.com/foyer-crm/foyer/internal/remote"
)

// moody does to one in three requests what networks and gateways do: it cuts them
// off before and after they were done, makes them wait, sends them twice, and
// answers in somebody else's name.
func moody(seed uint64) func(w http.ResponseWriter, r *http.Request, next http.Handler) {
	var mu sync.Mutex // one that was given up may still be at work when the next one comes
	dice := rand.New(rand.NewPCG(seed, 2))
	roll := func(sides int) int {
		mu.Lock()
		defer mu.Unlock()
		return dice.IntN(sides)
	}
	return func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		switch roll(24) {
		case 0:
			panic(http.ErrAbortHandler) // never arrived
		case 1:
			next.ServeHTTP(httptest.NewRecorder(), r)
			panic(http.ErrAbortHandler) // done, and nobody knows
		case 2:
			w.WriteHeader(http.StatusBadGateway)
			_, _ = io.WriteString(w, "<html>502</html>")
		case 3:
			w.Header().Set("Content-Type", "text/html")
			_, _ = io.WriteString(w, "<html>please log in to this network</html>")
		case 4:
			w.Header().Set("Retry-After", "0")
			w.WriteHeader(http.StatusTooManyRequests)
		case 5:
			next.ServeHTTP(httptest.NewRecorder(), r)
			w.WriteHeader(http.StatusGatewayTimeout)
		case 6:
			time.Sleep(time.Duration(roll(50)) * time.Millisecond)
			next.ServeHTTP(w, r)
		case 7:
			h := w.Header()
			h.Set("Content-Length", "100000")
			_, _ = io.WriteString(w, `{"contact": {"id": `)
		case 8:
			next.ServeHTTP(httptest.NewRecorder(), r)
			r.Body, _ = r.GetBody()
			next.ServeHTTP(w, r)
		default:
			next.ServeHTTP(w, r)
		}
	}
}

// Whoever looks before trying again makes everybody once, whatever the network
// does; and every error that comes has a cause.
func TestEverybodyIsMadeOnceThroughFaults(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		s, b := open(t, f)
		b.fail(moody(1))
		const many = 25
		tries := 0
		for i := range many {
			email := fmt.Sprintf("p%d@example.com", i)
			for {
				if tries++; tries > 20*many {
					t.Fatal("it never ends")
				}
				err := once(t.Context(), s, email)
				if err == nil {
					break
				}
				var e *remote.Error
				if !errors.As(err, &e) {
					t.Fatalf("%T %v", err, err)
				}
				if e.Cause == remote.Unavailable && e.After > time.Second { // the circuit broke
					s, _ = reopen(t, f, b)
				}
			}
		}
		var total int64
		f.Read(t, func(ctx context.Context, tx *db.Tx) (err error) {
			_, total, err = crm.Contacts(ctx, tx, f.Vars["locationId"], crm.Query{}, true)
			return err
		})
		if total != many {
			t.Errorf("%d contacts, not %d", total, many)
		}
		t.Logf("%d tries for %d contacts", tries, many)
	})
}

// once makes a contact with a note, as the bridge does: it looks before.
func once(ctx context.Context, s remote.System, email string) error {
	found, err := s.Find(ctx, email, "")
	if err != nil {
		return err
	}
	if len(found) == 0 {
		made, err := s.Create(ctx, remote.Contact, remote.Record{Fields: map[string]any{"email": email}}, email)
		if err != nil {
			return err
		}
		found = []remote.Record{*made}
	}
	_, err = s.Update(ctx, remote.Contact, remote.Record{ID: found[0].ID, Fields: map[string]any{"city": "Phoenix"}}, email+"u")
	return err
}
