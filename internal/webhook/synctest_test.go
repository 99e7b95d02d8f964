package webhook_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/foyer-crm/foyer/internal/app"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/webhook"
)

// stranger is a receiver outside of a test's bubble of time.
func stranger(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(h)
	s.Config.SetKeepAlivesEnabled(false) // an open connection would hold up the clock
	t.Cleanup(s.Close)
	return s.URL
}

// later is a Foyer in a bubble of time: with deliveries of n new contacts due to an
// endpoint, and the sending half of an engine.
func later(t *testing.T, url string, look time.Duration, tell func(context.Context, *webhook.Endpoint) error, f func(d *db.DB, by crm.Actor, e *webhook.Endpoint)) {
	t.Helper()
	d, vault, err := app.OpenStore(t.Context(), app.Store{Data: t.TempDir(), Strict: true}, nil)
	if err != nil {
		t.Fatal(err)
	}
	creds, err := app.Bootstrap(t.Context(), d, vault, app.Names{}, false)
	if err != nil {
		t.Fatal(err)
	}
	by := crm.Actor{LocationID: creds.LocationID, Origin: "test"}
	var e *webhook.Endpoint
	if err := d.Write(t.Context(), by.LocationID, func(ctx context.Context, tx *db.Tx) (err error) {
		e, _, err = webhook.AddEndpoint(ctx, tx, vault, by, webhook.Endpoint{URL: url})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	g := webhook.New(webhook.Options{DB: d, Vault: vault, Out: webhook.Client(true), Log: slog.New(slog.DiscardHandler), Tell: tell})
	g.Look(look)
	ctx, stop := context.WithCancel(context.Background())
	var work sync.WaitGroup
	pend(t, d, e, 1)
	work.Go(func() { g.Run(ctx) })
	f(d, by, e)
	stop()
	work.Wait()
	if err := d.Close(); err != nil {
		t.Error(err)
	}
}

// pend makes deliveries that are due.
func pend(t testing.TB, d *db.DB, e *webhook.Endpoint, n int) {
	t.Helper()
	const each = 1000 // in a transaction
	for left := n; left > 0; left -= each {
		err := d.Write(t.Context(), e.LocationID, func(ctx context.Context, tx *db.Tx) error {
			for range min(left, each) {
				event := tx.NewID()
				if err := tx.Do(ctx, `INSERT INTO webhook_deliveries (location_id, id, endpoint_id, event_id, type, message, body, state, due_at, attempts, lease, tries, created_at, done_at)
					VALUES ($1, $2, $3, $4, 'contact.created', $5, $6, 'pending', $7, 0, '', '[]', $7, 0)`, e.LocationID, tx.NewID(), e.ID, event, "msg_"+event, fmt.Sprintf(`{"id":%q,"locationId":%q}`, event, e.LocationID), tx.Now().UnixMilli()); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func one(t *testing.T, d *db.DB, e *webhook.Endpoint) (out webhook.Delivery) {
	t.Helper()
	err := d.Read(context.Background(), e.LocationID, func(ctx context.Context, tx *db.Tx) error {
		list, err := webhook.Deliveries(ctx, tx, e.LocationID, webhook.Log{EndpointID: e.ID})
		if len(list) > 0 {
			out = list[len(list)-1]
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// C5: ten attempts over 75 h 35 min 5 s and up to a tenth more, always under the
// same id, at a new time.
func TestTenAttemptsInThreeDays(t *testing.T) {
	var mu sync.Mutex
	ids, stamps := map[string]int{}, map[string]bool{}
	url := stranger(t, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		ids[r.Header.Get("Webhook-Id")]++
		stamps[r.Header.Get("Webhook-Timestamp")] = true
		w.WriteHeader(http.StatusInternalServerError)
	})
	const look = 5 * time.Second // an engine looks every second: here the clock has less to do
	synctest.Test(t, func(t *testing.T) {
		later(t, url, look, nil, func(d *db.DB, _ crm.Actor, e *webhook.Endpoint) {
			var done webhook.Delivery
			for done.State != webhook.Exhausted {
				time.Sleep(time.Hour)
				if done = one(t, d, e); done.CreatedAt.Before(time.Now().Add(-100 * time.Hour)) {
					t.Fatalf("still %+v", done)
				}
			}
			pauses := []time.Duration{0, 5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 14 * time.Hour, 20 * time.Hour, 24 * time.Hour}
			if len(done.Tries) != len(pauses) {
				t.Fatalf("%d attempts", len(done.Tries))
			}
			const slack = look + time.Second
			before := done.CreatedAt
			for i, p := range pauses {
				if took := done.Tries[i].At.Sub(before); took < p || took > p+p/10+slack {
					t.Errorf("attempt %d after %v, want %v", i+1, took, p)
				}
				before = done.Tries[i].At
			}
			const sum = 75*time.Hour + 35*time.Minute + 5*time.Second
			if all := before.Sub(done.CreatedAt); all < sum || all > sum*11/10+10*slack {
				t.Errorf("%v in all", all)
			} else {
				t.Logf("%d attempts in %v", len(done.Tries), all)
			}
		})
	})
	if len(ids) != 1 || len(stamps) != 10 {
		t.Errorf("ids %v, %d times", ids, len(stamps))
	}
}

// C9: an endpoint that took nothing for five days is disabled, and its owner is told
// once.
func TestAfterFiveDaysTheOwnerIsToldOnce(t *testing.T) {
	url := stranger(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) })
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var told []time.Time
		tell := func(context.Context, *webhook.Endpoint) error {
			mu.Lock()
			defer mu.Unlock()
			told = append(told, time.Now())
			return nil
		}
		later(t, url, time.Minute, tell, func(d *db.DB, _ crm.Actor, e *webhook.Endpoint) {
			began := time.Now()
			for range 14 { // a week, with something new every twelve hours
				time.Sleep(12 * time.Hour)
				mu.Lock()
				early := len(told) > 0 && told[0].Sub(began) < webhook.GiveUp
				mu.Unlock()
				if early {
					t.Fatal("given up too early")
				}
				if one(t, d, e).State == webhook.Stopped {
					continue
				}
				pend(t, d, e, 1)
			}
			mu.Lock()
			defer mu.Unlock()
			if len(told) != 1 || told[0].Sub(began) > webhook.GiveUp+13*time.Hour {
				t.Errorf("told %v, it began %v", told, began)
			} else {
				t.Logf("told once, after %v", told[0].Sub(began))
			}
		})
	})
}
