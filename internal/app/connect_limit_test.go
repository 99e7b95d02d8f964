package app_test

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/foyer-crm/foyer/internal/app"
	"github.com/foyer-crm/foyer/internal/connect"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/foyertest"
	"github.com/foyer-crm/foyer/internal/remote"
)

// limited is a system that counts what comes while nothing may.
type limited struct {
	*httptest.Server
	most int           // requests
	per  time.Duration // within which, rolling
	says bool          // its limits, in headers
	hold func(n int) time.Duration

	mu        sync.Mutex
	at        []time.Time
	until     time.Time
	n         int
	forbidden int // requests that came while it had asked to wait
	over      int // requests beyond the limit
}

func newLimited(t *testing.T, l *limited) *limited {
	l.Server = httptest.NewServer(l)
	t.Cleanup(l.Close)
	return l
}

func (l *limited) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	l.n++
	for len(l.at) > 0 && now.Sub(l.at[0]) >= l.per {
		l.at = l.at[1:]
	}
	l.at = append(l.at, now)
	w.Header().Set("Content-Type", "application/json")
	if l.says {
		w.Header().Set("X-RateLimit-Max", fmt.Sprint(l.most))
		w.Header().Set("X-RateLimit-Interval-Milliseconds", fmt.Sprint(l.per.Milliseconds()))
		w.Header().Set("X-RateLimit-Remaining", fmt.Sprint(max(l.most-len(l.at), 0)))
	}
	switch {
	case now.Before(l.until):
		l.forbidden++
	case len(l.at) > l.most:
		l.over++
	default:
		if wait := l.hold(l.n); wait > 0 {
			l.until = now.Add(wait)
			break
		}
		_, _ = io.WriteString(w, `{"location":{"name":"Over there"},"customFields":[],"contacts":[],"meta":{"total":0}}`)
		return
	}
	w.Header().Set("Retry-After", fmt.Sprint(int(max(l.until.Sub(now), time.Second).Seconds()+0.999)))
	w.WriteHeader(http.StatusTooManyRequests)
	_, _ = io.WriteString(w, `{"message":"Too Many Requests"}`)
}

// tokened makes a connection that a token opens.
func tokened(t *testing.T, f *foyertest.F, base string, objects ...string) *connect.Connection {
	t.Helper()
	m, err := connect.DefaultMapping("highlevel")
	if err == nil {
		err = m.Only(objects...)
	}
	var c *connect.Connection
	loc := f.Credentials.LocationID
	if err == nil {
		err = f.DB.Write(t.Context(), loc, func(ctx context.Context, tx *db.Tx) (err error) {
			c, err = connect.Add(ctx, tx, f.Vault, crm.Actor{LocationID: loc, Origin: "admin"}, connect.Connection{Kind: "highlevel", BaseURL: base, Mapping: *m, Settings: connect.Settings{Location: "loc1"}}, connect.Credential{"token": "pit-1234567890"})
			return err
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// D4: whatever many callers of one connection want at once, the system never gets
// more than it allows, and nothing at all while it asked for silence.
func TestNobodyAsksWhileASystemForbidsIt(t *testing.T) {
	never := func(int) time.Duration { return 0 }
	for name, c := range map[string]struct {
		l     *limited
		calls int
	}{
		"100 in ten seconds, which it does not say": {&limited{most: 100, per: 10 * time.Second, hold: never}, 130},
		"20 in a second, which it says":             {&limited{most: 20, per: time.Second, says: true, hold: never}, 90},
		"429 and Retry-After now and then": {&limited{most: 1000, per: time.Second, hold: func(n int) time.Duration {
			if n%15 == 0 {
				return time.Second
			}
			return 0
		}}, 60},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := private(t)
			l := newLimited(t, c.l)
			n := tokened(t, f, l.URL, "contact")
			g := connect.New(connect.Options{DB: f.DB, Vault: f.Vault, Kinds: app.Systems(true), Log: f.Config.Log})
			var todo atomic.Int64
			todo.Store(int64(c.calls))
			var all sync.WaitGroup
			for range 8 {
				all.Go(func() {
					for todo.Add(-1) >= 0 {
						_, err := g.Test(t.Context(), n.LocationID, n.ID)
						for remote.Is(err, remote.Limited) { // whoever has the time waits, and asks again
							var e *remote.Error
							_ = errors.As(err, &e)
							time.Sleep(e.After)
							_, err = g.Test(t.Context(), n.LocationID, n.ID)
						}
						if err != nil {
							t.Error(err)
						}
					}
				})
			}
			all.Wait()
			// Seven others may be under way when it asks for silence.
			if silences := l.n / 15; l.over > 0 || c.l.says && l.forbidden > 0 || l.forbidden > 7*silences {
				t.Errorf("of %d requests %d came while none might, %d were too many", l.n, l.forbidden, l.over)
			}
			t.Logf("%d requests, %d under way when it asked for silence", l.n, l.forbidden)
		})
	}
}

// D5: whatever a system answers, the connection goes on living: it says what was
// wrong, asks nowhere else, and holds no more memory than an answer may have.
func TestHostileAnswersAreTheConnectionsLastError(t *testing.T) {
	var reached atomic.Int64
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Add(1) }))
	defer elsewhere.Close()
	f := private(t)
	for name, c := range map[string]struct {
		answer func(w http.ResponseWriter)
		want   string
	}{
		"deep JSON":         {text(200, `{"customFields":`+strings.Repeat("[", 100_000)+strings.Repeat("]", 100_000)+`}`), "no usable JSON"},
		"ten megabytes":     {text(200, `{"x":"`+strings.Repeat("x", 10<<20)+`"}`), "longer than 8 MiB"},
		"wrong types":       {text(200, `{"customFields":"none","contacts":{"a":1}}`), "no JSON of the expected shape"},
		"a page with 200":   {text(200, `<!doctype html><title>Welcome</title>`), "a page of HTML"},
		"another address":   {moved(elsewhere.URL), "another address"},
		"the cloud's own":   {moved("http://169.254.169.254/latest/meta-data/"), "another address"},
		"a bomb":            {bomb, "longer than 8 MiB"},
		"half an answer":    {half, "broke off"},
		"a mad header":      {mad, "503"},
		"no such thing":     {text(418, ``), "418"},
		"a secret repeated": {text(403, `{"message":"Bearer pit-1234567890 may not"}`), "may not"},
	} {
		t.Run(name, func(t *testing.T) {
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { c.answer(w) }))
			defer s.Close()
			n := tokened(t, f, s.URL, "contact")
			g := connect.New(connect.Options{DB: f.DB, Vault: f.Vault, Kinds: app.Systems(true), Log: f.Config.Log})
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			if err := g.Work(t.Context(), n.LocationID, n.ID); err != nil {
				t.Fatal(err)
			}
			runtime.ReadMemStats(&after)
			if grown := after.Sys - min(before.Sys, after.Sys); grown > 100<<20 {
				t.Errorf("it took %d MiB", grown>>20)
			}
			f.Read(t, func(ctx context.Context, tx *db.Tx) error {
				s, err := connect.StatusOf(ctx, tx, n.LocationID, n.ID)
				if err == nil && (!strings.Contains(s.Connection.LastError, c.want) || strings.Contains(s.Connection.LastError, "pit-12345")) {
					t.Errorf("it says %q", s.Connection.LastError)
				}
				return err
			})
			if reached.Load() != 0 {
				t.Error("it followed to another address")
			}
		})
	}
}

func text(status int, body string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func moved(to string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		w.Header().Set("Location", to)
		w.WriteHeader(http.StatusFound)
	}
}

// bomb is a gigabyte in a megabyte.
func bomb(w http.ResponseWriter) {
	w.Header().Set("Content-Encoding", "gzip")
	z := gzip.NewWriter(w)
	block := make([]byte, 1<<20)
	for range 1024 {
		if _, err := z.Write(block); err != nil {
			return
		}
	}
	_ = z.Close()
}

func half(w http.ResponseWriter) {
	w.Header().Set("Content-Length", "1000")
	_, _ = io.WriteString(w, `{"contacts":[`)
}

func mad(w http.ResponseWriter) {
	w.Header().Set("Retry-After", "-99999999999999999999")
	w.Header().Set("X-RateLimit-Max", "-1")
	w.Header().Set("X-RateLimit-Remaining", "NaN")
	w.WriteHeader(http.StatusServiceUnavailable)
}
