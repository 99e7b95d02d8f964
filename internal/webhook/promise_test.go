package webhook_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	standard "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/foyertest"
	"github.com/foyer-crm/foyer/internal/webhook"
)

// soak says that the long version of a test is wanted.
var soak = os.Getenv("FOYER_SOAK") != ""

// C10: while a secret is rotated nothing is sent that the old one does not verify,
// and from then on nothing that the new one does not.
func TestRotationLeavesNoGap(t *testing.T) {
	const n = 1000 // before, and as many behind
	f := still(t)
	r := newReceiver(t, nil)
	e, old := (*webhook.Endpoint)(nil), ""
	write := func(do func(ctx context.Context, tx *db.Tx) error) {
		t.Helper()
		if err := f.DB.Write(t.Context(), f.Credentials.LocationID, do); err != nil {
			t.Fatal(err)
		}
	}
	write(func(ctx context.Context, tx *db.Tx) (err error) {
		e, old, err = webhook.AddEndpoint(ctx, tx, f.Vault, by(f), webhook.Endpoint{URL: r.URL})
		return err
	})
	pend(t, f.DB, e, n)
	sending(t, f)
	r.wait(t, n/4) // in the middle of it
	var fresh string
	write(func(ctx context.Context, tx *db.Tx) (err error) {
		_, fresh, err = webhook.RotateSecret(ctx, tx, f.Vault, by(f), e.ID, time.Hour)
		return err
	})
	behind := map[string]bool{}
	pend(t, f.DB, e, n)
	f.Hooks.Wake()
	got := r.wait(t, 2*n)
	for _, d := range got[len(got)-n/2:] { // surely signed after the rotation
		behind[d.header.Get("Webhook-Id")] = true
	}
	first, err := standard.NewWebhook(old)
	if err != nil {
		t.Fatal(err)
	}
	second, err := standard.NewWebhook(fresh)
	if err != nil {
		t.Fatal(err)
	}
	var both int
	for _, d := range got {
		if err := first.Verify(d.body, d.header); err != nil {
			t.Fatalf("the old secret does not verify: %v", err)
		}
		if second.Verify(d.body, d.header) == nil {
			both++
		} else if behind[d.header.Get("Webhook-Id")] {
			t.Fatal("the new secret does not verify what was sent after the rotation")
		}
	}
	if both < n {
		t.Errorf("only %d of %d verify under both", both, len(got))
	}
	t.Logf("%d deliveries verify under the old secret, %d of them under the new one too", len(got), both)
}

// C11: what an endpoint missed is sent again under the ids that it knows: one
// delivery, and a range of them.
func TestReplayKeepsTheIDs(t *testing.T) {
	f := still(t)
	r := newReceiver(t, nil)
	e := endpoints(t, f, f.Credentials.LocationID, r.URL)[0]
	const n = 50
	pend(t, f.DB, e, n)
	sending(t, f)
	r.wait(t, n)
	until(t, "delivered", func() bool { return states(t, f, e.ID)[webhook.Delivered] == n })
	ids := func(list []received) (all []string) {
		for _, d := range list {
			all = append(all, d.header.Get("Webhook-Id")+string(d.body))
		}
		slices.Sort(all)
		return all
	}
	before := ids(r.all())
	again := func(log webhook.Log) (n int64) {
		t.Helper()
		if err := f.DB.Write(t.Context(), f.Credentials.LocationID, func(ctx context.Context, tx *db.Tx) (err error) {
			n, err = webhook.ReplayAll(ctx, tx, by(f), log)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		f.Hooks.Wake()
		return n
	}
	if n := again(webhook.Log{EndpointID: e.ID, Since: time.Now().Add(time.Hour)}); n != 0 {
		t.Errorf("%d replayed of the future", n)
	}
	if m := again(webhook.Log{EndpointID: e.ID, Since: time.Now().Add(-time.Hour)}); m != n {
		t.Errorf("%d replayed, want %d", m, n)
	}
	if after := ids(r.wait(t, 2*n)[n:]); !slices.Equal(before, after) {
		t.Error("what came again is not what had come")
	}
	until(t, "delivered again", func() bool { return states(t, f, e.ID)[webhook.Delivered] == n })
	if d := one(t, f.DB, e); len(d.Tries) != 2 {
		t.Errorf("the log has %d attempts, want 2", len(d.Tries))
	}
}

// C13: a backlog is sent in little memory, and nobody waits much longer than others
// because somebody has most of it.
func TestABacklogIsBoundedAndFair(t *testing.T) {
	total, small := 5_000, 10
	if soak {
		total = 100_000
	}
	const of = 200 // deliveries of each small tenant
	f := still(t)
	started := time.Time{}
	var mu sync.Mutex
	came := map[string][]time.Duration{}
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var b struct{ LocationID string }
		_ = json.NewDecoder(r.Body).Decode(&b)
		mu.Lock()
		defer mu.Unlock()
		came[b.LocationID] = append(came[b.LocationID], time.Since(started))
	}))
	t.Cleanup(server.Close)
	locations := []string{f.Credentials.LocationID}
	f.System(t, func(ctx context.Context, tx *db.Tx) error {
		locations = locations[:1]
		for i := range small {
			l, err := crm.AddLocation(ctx, tx, f.Credentials.CompanyID, fmt.Sprint("Office ", i), "")
			if err != nil {
				return err
			}
			locations = append(locations, l.ID)
		}
		return nil
	})
	for i, l := range locations {
		each, n := 1, of
		if i == 0 {
			each, n = 20, (total-small*of)/20 // many endpoints, and nearly all of the backlog
		}
		for j := range each {
			pend(t, f.DB, endpoints(t, f, l, fmt.Sprintf("%s/%d/%d", server.URL, i, j))[0], n)
		}
	}
	var peak atomic.Uint64
	ctx, done := context.WithCancel(context.Background())
	var watching sync.WaitGroup
	watching.Go(func() {
		for ctx.Err() == nil {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			peak.Store(max(peak.Load(), m.HeapInuse+m.StackInuse))
			time.Sleep(20 * time.Millisecond)
		}
	})
	started = time.Now()
	sending(t, f)
	count := func() (n int) {
		mu.Lock()
		defer mu.Unlock()
		for _, l := range came {
			n += len(l)
		}
		return n
	}
	for deadline := time.Now().Add(5 * time.Minute); count() < total && time.Now().Before(deadline); {
		time.Sleep(10 * time.Millisecond)
	}
	took := time.Since(started)
	done()
	watching.Wait()
	mu.Lock()
	defer mu.Unlock()
	least, most := time.Hour, time.Duration(0)
	for _, l := range locations {
		if len(came[l]) < of {
			t.Fatalf("%d of %d came", len(came[l]), of)
		}
		wait := came[l][of-1] // of the same number of deliveries
		least, most = min(least, wait), max(most, wait)
	}
	if ratio := float64(most) / float64(least); ratio > 3 {
		t.Errorf("one tenant waited %.1f times as long as another", ratio)
	}
	const memory = 200 << 20
	if peak.Load() > memory {
		t.Errorf("%d MB", peak.Load()>>20)
	}
	t.Logf("%d deliveries of %d tenants in %v, memory up to %d MB, waits of %v to %v", total, len(locations), took, peak.Load()>>20, least, most)
}

// C14: who loses access is told of nothing more, however much is waiting.
func TestNothingIsToldToWhoLostAccess(t *testing.T) {
	grant := func(t *testing.T, f *foyertest.F) (id string) {
		f.System(t, func(ctx context.Context, tx *db.Tx) error {
			u, err := crm.UserByID(ctx, tx, f.Credentials.User.ID)
			if err != nil {
				return err
			}
			in, err := auth.InstalledBy(ctx, tx, u)
			if err == nil && len(in) > 0 {
				id = in[0].ID
			}
			return err
		})
		return id
	}
	for name, end := range map[string]func(t *testing.T, f *foyertest.F) error{
		"uninstalled": func(t *testing.T, f *foyertest.F) error {
			return f.Desk.Uninstall(t.Context(), f.Vars["clientId"], f.Credentials.CompanyID, "")
		},
		"token revoked": func(t *testing.T, f *foyertest.F) error { return f.Desk.EndGrant(t.Context(), grant(t, f)) },
		"app disabled": func(t *testing.T, f *foyertest.F) error {
			f.System(t, func(ctx context.Context, tx *db.Tx) error { return auth.DisableApp(ctx, tx, f.Vars["clientId"], true) })
			return nil
		},
		"user disabled": func(t *testing.T, f *foyertest.F) error {
			f.System(t, func(ctx context.Context, tx *db.Tx) error {
				return crm.DisableUser(ctx, tx, f.Credentials.User.ID, true)
			})
			return nil
		},
		"location disabled": func(t *testing.T, f *foyertest.F) error {
			f.System(t, func(ctx context.Context, tx *db.Tx) error {
				return crm.DisableLocation(ctx, tx, f.Credentials.LocationID, true)
			})
			return nil
		},
		"company disabled": func(t *testing.T, f *foyertest.F) error {
			f.System(t, func(ctx context.Context, tx *db.Tx) error {
				return crm.DisableCompany(ctx, tx, f.Credentials.CompanyID, true)
			})
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) { loseAccess(t, end) })
	}
}

// loseAccess lets an app in by the user, has a hundred messages wait for it, and
// ends its access.
func loseAccess(t *testing.T, end func(t *testing.T, f *foyertest.F) error) {
	const n = 100
	f := still(t)
	var lost atomic.Bool
	var tried, after atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if lost.Load() {
			after.Add(1)
			return
		}
		tried.Add(1)
		w.WriteHeader(http.StatusInternalServerError)
	}))
	t.Cleanup(server.Close)
	letIn(t, f, server.URL)
	ctx, stop := context.WithCancel(context.Background())
	var work sync.WaitGroup
	work.Go(func() { f.Run(ctx, 0) })
	t.Cleanup(func() { stop(); work.Wait() })
	time.Sleep(1200 * time.Millisecond) // whoever listens is asked once a second
	for i := range n {
		save(t, f, crm.Contact{FirstName: fmt.Sprint("Ana ", i)})
	}
	waiting := func() (n int) { return states(t, f, "")[webhook.Pending] }
	until(t, "a hundred wait", func() bool { return waiting() >= n })
	until(t, "some were tried", func() bool { return tried.Load() >= 5 })
	stop()
	work.Wait()
	if err := end(t, f); err != nil {
		t.Fatal(err)
	}
	lost.Store(true)
	now(t, f)
	sending(t, f)
	until(t, "nothing waits", func() bool { return waiting() == 0 })
	if after.Load() > 0 {
		t.Errorf("%d were told after access ended", after.Load())
	}
	t.Logf("%d waited, %d were sent after access ended", n, after.Load())
}

// letIn has the user let the app of the bootstrap in, as they do in the browser.
func letIn(t *testing.T, f *foyertest.F, hook string) {
	t.Helper()
	f.System(t, func(ctx context.Context, tx *db.Tx) error {
		// what the app has from the bootstrap is its own: only the user's counts here
		if _, err := tx.Exec(ctx, "UPDATE oauth_grants SET user_id = $1 WHERE ended_at = 0", f.Credentials.User.ID); err != nil {
			return err
		}
		_, err := auth.SetAppWebhook(ctx, tx, f.Vars["clientId"], hook, nil)
		return err
	})
}
