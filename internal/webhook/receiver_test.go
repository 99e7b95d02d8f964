package webhook_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/foyer-crm/foyer/internal/app"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/foyertest"
	"github.com/foyer-crm/foyer/internal/webhook"
)

// endpoints makes endpoints, with whom nothing has happened yet.
func endpoints(t testing.TB, f *foyertest.F, location string, urls ...string) (list []*webhook.Endpoint) {
	t.Helper()
	err := f.DB.Write(t.Context(), location, func(ctx context.Context, tx *db.Tx) error {
		list = nil
		for _, u := range urls {
			e, _, err := webhook.AddEndpoint(ctx, tx, f.Vault, crm.Actor{LocationID: location, Origin: "test"}, webhook.Endpoint{URL: u})
			if err != nil {
				return err
			}
			list = append(list, e)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// sending runs the sending half alone, until the test ends or stop is called.
func sending(t testing.TB, f *foyertest.F) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var work sync.WaitGroup
	work.Go(func() { f.Hooks.Run(ctx) })
	stop = func() {
		cancel()
		work.Wait()
	}
	t.Cleanup(stop)
	return stop
}

func still(t testing.TB) *foyertest.F {
	t.Helper()
	return foyertest.Start(t, app.Config{Store: app.Store{Data: t.TempDir(), Strict: true}, AllowPrivate: true})
}

// C7: an endpoint that drips a byte a second has a few deliveries on their way and
// no more; whoever else is told is told meanwhile.
func TestASlowReceiverHurtsNobody(t *testing.T) {
	f := still(t)
	var under, most atomic.Int64
	slow := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer under.Add(-1)
		for n := under.Add(1); n > most.Load(); {
			most.Store(n)
		}
		for {
			select {
			case <-r.Context().Done():
				return
			case <-time.After(time.Second):
			}
			_, _ = w.Write([]byte("."))
			_ = http.NewResponseController(w).Flush() // a receiver that drips
		}
	}))
	t.Cleanup(slow.Close)
	const good, each = 99, 20
	var took atomic.Int64
	receiver := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { took.Add(1) }))
	t.Cleanup(receiver.Close)
	urls := []string{slow.URL}
	for i := range good {
		urls = append(urls, fmt.Sprintf("%s/%d", receiver.URL, i))
	}
	for i, e := range endpoints(t, f, f.Credentials.LocationID, urls...) {
		n := each
		if i == 0 {
			n *= 20
		}
		pend(t, f.DB, e, n)
	}
	began := time.Now()
	sending(t, f)
	until(t, "the good ones are told of everything", func() bool { return took.Load() == good*each })
	if n := most.Load(); n == 0 || n > webhook.PerEndpoint {
		t.Errorf("%d on their way to the slow one at a time, want at most %d", n, webhook.PerEndpoint)
	}
	t.Logf("%d deliveries to %d good endpoints in %v beside a slow one with %d under way", good*each, good, time.Since(began), most.Load())
}

// rss is the resident memory of this program.
func rss(t *testing.T) int64 {
	t.Helper()
	runtime.GC()
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Skipf("skipped: the system does not say how much memory there is in use: %v", err)
	}
	for line := range strings.Lines(string(text)) {
		if f := strings.Fields(line); len(f) > 1 && f[0] == "VmRSS:" {
			kib, _ := strconv.ParseInt(f[1], 10, 64)
			return kib << 10
		}
	}
	return 0
}

// C8: however much a receiver answers, little is read and less is kept.
func TestEndlessAnswersAreCut(t *testing.T) {
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	zeros := make([]byte, 1<<20)
	for range 200 {
		_, _ = z.Write(zeros)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	var sent atomic.Int64
	chunk := bytes.Repeat([]byte("<x>"), 10_000)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/bomb") {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(bomb.Bytes())
			sent.Add(1)
			return
		}
		for r.Context().Err() == nil {
			if _, err := w.Write(chunk); err != nil {
				break
			}
		}
		sent.Add(1)
	}))
	t.Cleanup(server.Close)
	f := still(t)
	const each = 20
	var urls []string
	for i := range each {
		urls = append(urls, fmt.Sprintf("%s/bomb/%d", server.URL, i), fmt.Sprintf("%s/endless/%d", server.URL, i))
	}
	list := endpoints(t, f, f.Credentials.LocationID, urls...)
	warm := endpoints(t, f, f.Credentials.LocationID, server.URL+"/bomb/warm", server.URL+"/endless/warm")
	for _, e := range warm {
		pend(t, f.DB, e, 20)
	}
	sending(t, f)
	until(t, "warm", func() bool { return sent.Load() == 40 })
	before := rss(t)
	for _, e := range list {
		pend(t, f.DB, e, 1)
	}
	f.Hooks.Wake()
	until(t, "all answered", func() bool { return sent.Load() == 40+2*each })
	for _, e := range list {
		until(t, "recorded", func() bool { return states(t, f, e.ID)[webhook.Delivered] == 1 })
		if d := one(t, f.DB, e); len(d.Tries) != 1 || len(d.Tries[0].Answer) > 4<<10 || strings.ContainsRune(d.Tries[0].Answer, 0) {
			t.Errorf("%d tries, %d bytes kept", len(d.Tries), len(d.Tries[0].Answer))
		}
	}
	grown := rss(t) - before
	const most = 32 << 20 // of more than 4 GB; SQLite's page cache grows beside them
	if grown > most {
		t.Errorf("memory grew by %d MB", grown>>20)
	}
	t.Logf("%d bombs and %d endless answers: memory grew by %d KiB", each, each, grown>>10)
}

// C2: nothing is told of what was rolled back.
func TestNothingIsToldOfWhatWasRolledBack(t *testing.T) {
	n := 2_000
	if soak {
		n = 10_000
	}
	f := foyertest.Start(t, app.Config{Store: app.Store{Data: t.TempDir()}, AllowPrivate: true})
	ctx, stop := context.WithCancel(context.Background())
	var work sync.WaitGroup
	work.Go(func() { f.Run(ctx, 0) })
	t.Cleanup(func() { stop(); work.Wait() })
	r := newReceiver(t, nil)
	add(t, f, r.URL, "contact.*")
	var writers sync.WaitGroup
	for w := range 16 {
		writers.Go(func() {
			for i := range n / 16 {
				err := f.DB.Write(context.Background(), f.Credentials.LocationID, func(ctx context.Context, tx *db.Tx) error {
					if _, err := crm.SaveContact(ctx, tx, by(f), crm.Save{Input: crm.Input{Contact: crm.Contact{FirstName: fmt.Sprintf("Gone %d %d", w, i)}}}); err != nil {
						return err
					}
					return context.Canceled // as a caller that gives up
				})
				if err == nil {
					t.Error("it was stored")
				}
			}
		})
	}
	writers.Wait()
	save(t, f, crm.Contact{FirstName: "Stays"})
	if got := r.wait(t, 1); len(got) != 1 || !strings.Contains(string(got[0].body), "Stays") {
		t.Errorf("%d were told: %s", len(got), got[0].body)
	}
	t.Logf("%d transactions rolled back, 1 delivery", n/16*16)
}
