package remote_test

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/foyer-crm/foyer/internal/remote"
)

const secret = "pit-0123456789-secret"

func client(t testing.TB, base string, v remote.Vendor, s remote.Settings) *remote.Client {
	t.Helper()
	s.BaseURL, s.Private = base, true
	if v.Authorize == nil {
		v.Authorize = func(_ context.Context, h http.Header) error {
			h.Set("Authorization", "Bearer "+secret)
			return nil
		}
	}
	c, err := remote.NewClient(s, v)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func answering(t testing.TB, f http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(f)
	t.Cleanup(s.Close)
	return s.URL
}

func cause(t *testing.T, err error) remote.Cause {
	t.Helper()
	var e *remote.Error
	if !errors.As(err, &e) {
		t.Fatalf("no *Error: %v", err)
	}
	return e.Cause
}

// D5: what comes back is data. Nothing panics, nothing is followed, and each has
// its cause.
func TestHostileAnswersHaveACause(t *testing.T) {
	var reached atomic.Int64
	metadata := answering(t, func(http.ResponseWriter, *http.Request) { reached.Add(1) })
	long := `{"contact": {"id": "` + strings.Repeat("x", 10<<20) + `"}}`
	for name, c := range map[string]struct {
		status int
		header string // Name: value
		body   string
		want   remote.Cause
	}{
		"a page with 200":          {200, "Content-Type: text/html", "<!doctype html><title>Welcome</title>", remote.Broken},
		"a page that says JSON":    {200, "Content-Type: application/json", "  <html></html>", remote.Broken},
		"nothing":                  {200, "", "", remote.Broken},
		"no content":               {204, "", "", remote.Broken},
		"null":                     {200, "", "null", remote.Broken},
		"a list for an object":     {200, "", "[]", remote.Broken},
		"a text for an object":     {200, "", `{"contact": "x"}`, remote.Broken},
		"a list in it":             {200, "", `{"contact": []}`, remote.Broken},
		"two values":               {200, "", `{"contact": {}} {}`, remote.Broken},
		"rubbish behind it":        {200, "", `{"contact": {}}}`, remote.Broken},
		"cut off":                  {200, "", `{"contact": {"id": "x`, remote.Broken},
		"too deep":                 {200, "", `{"contact": {"a": ` + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000) + `}}`, remote.Broken},
		"a number of no size":      {200, "", `{"contact": {"a": 1e999999999}}`, remote.Broken},
		"a number of many digits":  {200, "", `{"contact": {"a": ` + strings.Repeat("9", 5000) + `}}`, remote.Broken},
		"ten megabytes":            {200, "", long, remote.Broken},
		"to the metadata":          {302, "Location: http://169.254.169.254/latest/meta-data/", "", remote.Broken},
		"to another host":          {307, "Location: " + metadata, "", remote.Broken},
		"to itself":                {301, "Location: /", "", remote.Broken},
		"not modified":             {304, "", "", remote.Broken},
		"an error in HTML":         {500, "", "<html>Bad", remote.Unavailable},
		"an error that lies":       {503, "Retry-After: -5", `{"message": {"message": {"message": 1}}}`, remote.Unavailable},
		"an error with a list":     {422, "", `{"message": ["property foo should not exist", 7, null]}`, remote.Refused},
		"an error that repeats":    {401, "", `{"message": "Bearer ` + secret + ` is not known"}`, remote.Unauthorized},
		"an error with the header": {400, "", secret, remote.Refused},
		"a strange status":         {799, "", "{}", remote.Unavailable},
	} {
		base := answering(t, func(w http.ResponseWriter, _ *http.Request) {
			if name, value, ok := strings.Cut(c.header, ": "); ok {
				w.Header().Set(name, value)
			}
			w.WriteHeader(c.status)
			_, _ = io.WriteString(w, c.body)
		})
		var into struct {
			Contact map[string]any `json:"contact"`
		}
		err := client(t, base, remote.Vendor{}, remote.Settings{}).Do(t.Context(), remote.Request{Method: "POST", Path: "x"}, &into)
		if got := cause(t, err); got != c.want {
			t.Errorf("%s: %v (%v)", name, got, err)
		}
		if text := err.Error(); strings.Contains(text, secret) || len(text) > 1500 {
			t.Errorf("%s: %s", name, text)
		}
	}
	if reached.Load() > 0 {
		t.Error("a redirect was followed")
	}
}

// Answers that are no HTTP, or come byte by byte, or never.
func TestBrokenConnectionsHaveACause(t *testing.T) {
	for name, c := range map[string]struct {
		say  func(net.Conn)
		want remote.Cause
	}{
		"no HTTP":    {func(c net.Conn) { _, _ = io.WriteString(c, "220 mail.example ESMTP\r\n") }, remote.Broken},
		"cut header": {func(c net.Conn) { _, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Le") }, remote.Unavailable},
		"cut body":   {func(c net.Conn) { _, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{") }, remote.Unavailable},
		"nothing":    {func(net.Conn) {}, remote.Unavailable},
	} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			for {
				conn, err := l.Accept()
				if err != nil {
					return
				}
				go func() {
					buf := make([]byte, 4096)
					_, _ = conn.Read(buf)
					c.say(conn)
					_ = conn.Close()
				}()
			}
		}()
		var into map[string]any
		err = client(t, "http://"+l.Addr().String(), remote.Vendor{}, remote.Settings{}).Do(t.Context(), remote.Request{Method: "POST", Path: "x"}, &into)
		if got := cause(t, err); got != c.want {
			t.Errorf("%s: %v (%v)", name, got, err)
		}
		_ = l.Close()
	}
	c, err := remote.NewClient(remote.Settings{BaseURL: "http://169.254.169.254"}, remote.Vendor{})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Do(t.Context(), remote.Request{Method: "GET", Path: "latest/meta-data"}, nil); cause(t, err) != remote.Forbidden {
		t.Error(err)
	}
}

// Every file of the suite is an answer: JSON is read, what is none is not.
func TestJSONTestSuite(t *testing.T) {
	files, _ := filepath.Glob("../../../shared/data/json/test_parsing/*.json")
	if len(files) == 0 {
		t.Skip("skipped: JSONTestSuite is not here: put its test_parsing folder under ../shared/data/json to run this test")
	}
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var v any
		err = remote.Decode(body, &v)
		name := filepath.Base(file)
		if name[0] == 'n' && err == nil || name[0] == 'y' && err != nil && name != "y_structure_lonely_null.json" { // null is no answer
			t.Errorf("%s: %v", name, err)
		}
		if err == nil {
			if _, err := json.Marshal(v); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	t.Logf("%d files", len(files))
}

func TestWhatDatabasesRefuseIsLeftOut(t *testing.T) {
	var v map[string]string
	if err := remote.Decode([]byte("\ufeff"+`{"a": "x\u0000y", "b": "\\u0000", "c": "\ud800", "d\u0000": "é"}`), &v); err != nil {
		t.Fatal(err)
	}
	if v["a"] != "xy" || v["b"] != `\u0000` || v["c"] != "\ufffd" || v["d"] != "é" {
		t.Errorf("%q", v)
	}
}

func FuzzDecode(f *testing.F) {
	for _, seed := range []string{`{"a": [1, "x\u0000"]}`, `"\`, `{"a": -1e5}`, "\ufeff[]", `["\"]`, `1e`, `"\u0000\\u0000"`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var v any
		if remote.Decode(body, &v) == nil {
			text, err := json.Marshal(v)
			if err != nil || strings.Contains(string(text), `\u0000`) && !strings.Contains(string(text), `\\u0000`) {
				t.Errorf("%q: %q %v", body, text, err)
			}
		}
	})
}

// A request is repeated only where that does no harm.
func TestOnlyWhatMayBeIsRepeated(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		repeat bool
		tries  int64
	}{
		"a read of one who is unwell":  {503, true, 4},
		"a write of one who is unwell": {503, false, 1},
		"a write of one who is busy":   {429, false, 4},
		"a refusal":                    {422, true, 1},
		"nobody":                       {404, true, 1},
	} {
		var tries atomic.Int64
		base := answering(t, func(w http.ResponseWriter, _ *http.Request) {
			tries.Add(1)
			w.Header().Set("Retry-After", "0")
			w.WriteHeader(c.status)
		})
		err := client(t, base, remote.Vendor{}, remote.Settings{}).Do(t.Context(), remote.Request{Method: "POST", Path: "x", Repeat: c.repeat}, nil)
		if err == nil || tries.Load() != c.tries {
			t.Errorf("%s: %d tries, %v", name, tries.Load(), err)
		}
	}
}

// D4: no more than the limit, and nothing in the time that was forbidden, by
// workers at once. What was under way when the system said no is not the client's
// fault: only what began when its answer was known is counted.
func TestLimitsAreKept(t *testing.T) {
	const most, per = 20, 500 * time.Millisecond
	const knew = "X-Knew"
	var mu sync.Mutex
	var at []time.Time
	var until time.Time
	forbidden, limited := 0, 0
	base := answering(t, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		now := time.Now()
		at = append(at, now)
		if now.Before(until) && r.Header.Get(knew) != "" {
			forbidden++
		}
		window := 0
		for _, then := range at {
			if now.Sub(then) < per {
				window++
			}
		}
		h := w.Header()
		h.Set("X-RateLimit-Max", fmt.Sprint(most))
		h.Set("X-RateLimit-Interval-Milliseconds", fmt.Sprint(per.Milliseconds()))
		h.Set("X-RateLimit-Remaining", fmt.Sprint(max(most-window, 0)))
		if window > most {
			limited++
			w.WriteHeader(http.StatusTooManyRequests)
			return
		}
		if len(at) == 55 { // out of the blue, as a gateway does
			until = now.Add(time.Second)
			h.Set("Retry-After", "1")
			w.WriteHeader(http.StatusTooManyRequests)
		}
	})
	gate := remote.NewGate(remote.Rate{})
	v := remote.Vendor{Rate: remote.Rate{Most: most, Per: per}, Authorize: func(_ context.Context, h http.Header) error {
		if !gate.Status().NotBefore.IsZero() {
			h.Set(knew, "1")
		}
		return nil
	}}
	c := client(t, base, v, remote.Settings{Gate: gate})
	var all sync.WaitGroup
	var done atomic.Int64
	for range 50 {
		all.Go(func() {
			for range 3 {
				if err := c.Do(t.Context(), remote.Request{Method: "GET", Path: "x", Repeat: true}, nil); err != nil {
					t.Error(err)
				}
				done.Add(1)
			}
		})
	}
	all.Wait()
	if limited > 0 || forbidden > 0 || done.Load() != 150 {
		t.Errorf("%d done; %d beyond the limit, %d while it was forbidden", done.Load(), limited, forbidden)
	}
}

// D4 in the bubble's time: nobody leaves the gate while the system asked for
// silence, also of those who waited at it when the answer came.
func TestNobodyAsksWhileItIsForbidden(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const silence = 5 * time.Second
		g := remote.NewGate(remote.Rate{Most: 10, Per: time.Second})
		var mu sync.Mutex
		var told time.Time
		asked, early := 0, 0
		var all sync.WaitGroup
		for range 50 {
			all.Go(func() {
				for range 4 {
					if err := remote.Through(t.Context(), g, func() (http.Header, bool) {
						mu.Lock()
						asked++
						now, n := time.Now(), asked
						if !told.IsZero() && now.After(told) && now.Before(told.Add(silence)) {
							early++
						}
						mu.Unlock()
						time.Sleep(30 * time.Millisecond)
						if n == 45 {
							mu.Lock()
							told = time.Now()
							mu.Unlock()
							g.Hold(told.Add(silence))
						}
						return nil, true
					}); err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
		if asked != 200 || early > 0 {
			t.Errorf("%d requests, %d while it was forbidden", asked, early)
		}
	})
}

func TestADayThatIsUsedUpIsNotTried(t *testing.T) {
	var n atomic.Int64
	base := answering(t, func(w http.ResponseWriter, _ *http.Request) {
		n.Add(1)
		w.Header().Set("X-RateLimit-Daily-Remaining", "0")
		w.Header().Set("X-RateLimit-Daily-Reset", "3600000")
	})
	c := client(t, base, remote.Vendor{}, remote.Settings{})
	for range 3 {
		err := c.Do(t.Context(), remote.Request{Method: "GET", Path: "x", Repeat: true}, nil)
		var e *remote.Error
		if n.Load() > 1 || errors.As(err, &e) && (e.Cause != remote.Limited || e.After < 59*time.Minute) {
			t.Errorf("%d requests, %v", n.Load(), err)
		}
	}
}

// A circuit that broke lets one request through after a while, and all when that
// one was answered. The time is the bubble's.
func TestTheCircuitBreaksAndHeals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n atomic.Int64
		var well atomic.Bool
		g := remote.NewGate(remote.Rate{})
		ask := func() error {
			return remote.Through(t.Context(), g, func() (http.Header, bool) { n.Add(1); return nil, well.Load() })
		}
		for range 5 {
			_ = ask()
		}
		if g.Status().Broken.IsZero() {
			t.Fatal("it is whole after five failures")
		}
		before := n.Load()
		if err := ask(); !remote.Is(err, remote.Unavailable) || n.Load() != before {
			t.Errorf("a broken circuit let a request through: %v", err)
		}
		for range 3 { // each time for longer
			time.Sleep(time.Until(g.Status().Broken) + time.Millisecond)
			before = n.Load()
			_, _ = ask(), ask()
			if n.Load() != before+1 {
				t.Errorf("%d probes", n.Load()-before)
			}
		}
		well.Store(true)
		time.Sleep(time.Until(g.Status().Broken) + time.Millisecond)
		if err := ask(); err != nil || !g.Status().Broken.IsZero() {
			t.Errorf("it did not heal: %v", err)
		}
	})
}

// D4 in the bubble's time: with a window that slides, at no moment are there more
// than allowed, whatever a request takes.
func TestTheWindowNeverHoldsMoreThanAllowed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const most, per = 100, 10 * time.Second
		g := remote.NewGate(remote.Rate{Most: most, Per: per})
		var mu sync.Mutex
		var seen []time.Time
		var all sync.WaitGroup
		for worker := range 50 {
			all.Go(func() {
				for i := range 20 {
					err := remote.Through(t.Context(), g, func() (http.Header, bool) {
						time.Sleep(time.Duration(worker*i%300) * time.Millisecond) // on its way
						mu.Lock()
						seen = append(seen, time.Now())
						mu.Unlock()
						time.Sleep(time.Duration(i*7%200) * time.Millisecond) // and back
						return nil, true
					})
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
		for i := range seen {
			if i >= most && seen[i].Sub(seen[i-most]) < per {
				t.Fatalf("request %d came %v after the one a hundred before", i, seen[i].Sub(seen[i-most]))
			}
		}
		if len(seen) != 1000 {
			t.Errorf("%d requests", len(seen))
		}
	})
}

func TestBaseURLs(t *testing.T) {
	for text, good := range map[string]bool{
		"https://crm.example.com": true, "http://localhost:8080/crm/": true, "": false, "crm.example.com": false, "ftp://x": false, "https://u:p@x": false, "https://x/?a": false, "https://x/#a": false, "://": false,
		"https://": false, "javascript:alert(1)": false, "file:///etc/passwd": false,
	} {
		if _, err := remote.NewClient(remote.Settings{BaseURL: text}, remote.Vendor{}); (err == nil) != good {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// A server that gives one byte now and then is waited for no longer than any other,
// and one that packs a gigabyte into little is not unpacked.
func TestSlowAndPackedAnswers(t *testing.T) {
	drip := answering(t, func(w http.ResponseWriter, r *http.Request) {
		for range 200 {
			_, _ = io.WriteString(w, " ")
			w.(http.Flusher).Flush()
			select {
			case <-r.Context().Done():
				return
			case <-time.After(10 * time.Millisecond):
			}
		}
	})
	var into map[string]any
	began := time.Now()
	err := client(t, drip, remote.Vendor{Wait: 200 * time.Millisecond}, remote.Settings{}).Do(t.Context(), remote.Request{Method: "POST", Path: "x"}, &into)
	if cause(t, err) != remote.Unavailable || time.Since(began) > 1500*time.Millisecond {
		t.Errorf("%v after %v", err, time.Since(began))
	}
	packed := answering(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		for range 1 << 10 {
			if _, err := z.Write(make([]byte, 1<<20)); err != nil {
				return
			}
		}
		_ = z.Close()
	})
	if err := client(t, packed, remote.Vendor{}, remote.Settings{}).Do(t.Context(), remote.Request{Method: "POST", Path: "x"}, &into); cause(t, err) != remote.Broken {
		t.Error(err)
	}
}

func TestSecretsAreNotPrinted(t *testing.T) {
	s := remote.Settings{Token: secret, UserKey: secret, App: remote.App{ClientID: "id", ClientSecret: secret}}
	token := remote.Token{Access: secret, Refresh: secret}
	for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
		for _, v := range []any{s, &s, s.App, token, &token} {
			if text := fmt.Sprintf(format, v); strings.Contains(text, secret) {
				t.Errorf("%s: %s", format, text)
			}
		}
	}
}

// The same words under a key are one request; others under it are another.
func TestTheKeyIsThatOfTheWords(t *testing.T) {
	seen := map[string]bool{}
	base := answering(t, func(_ http.ResponseWriter, r *http.Request) { seen[r.Header.Get("Idempotency-Key")] = true })
	c := client(t, base, remote.Vendor{}, remote.Settings{})
	for _, body := range []string{"a", "a", "b"} {
		if err := c.Do(t.Context(), remote.Request{Method: "POST", Path: "x", Key: "k", Body: body}, nil); err != nil {
			t.Fatal(err)
		}
	}
	if len(seen) != 2 || seen[""] {
		t.Errorf("%v", seen)
	}
}
