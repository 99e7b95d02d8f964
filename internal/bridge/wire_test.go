package bridge_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
)

// wire is what lies between a Foyer and another one: a network that toxiproxy
// spoils, and a front that answers in the place of the other side now and then,
// before it has done anything or when it is done. It counts what the other side did.
type wire struct {
	URL    string
	server *toxiproxy.ApiServer
	front  string // address
	proxy  *toxiproxy.Proxy

	mu     sync.Mutex
	random *rand.Rand
	bad    float64 // how often a request fails at the front
	dead   bool    // nothing answers
	asked  int
	faults map[string]int // how often each fault was seen to strike
	writes []string       // that the other side has done
}

func newWire(t testing.TB, h http.Handler) *wire {
	t.Helper()
	w := &wire{random: rand.New(rand.NewPCG(1, 1)), faults: map[string]int{}}
	front := httptest.NewServer(w.before(h))
	front.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	w.server, w.front = toxiproxy.NewServer(toxiproxy.NewMetricsContainer(prometheus.NewRegistry()), zerolog.Nop()), front.Listener.Addr().String()
	w.lay(t, "")
	w.URL = "http://" + w.proxy.Listen
	t.Cleanup(func() {
		w.proxy.Stop()
		front.CloseClientConnections()
		front.Close()
	})
	return w
}

// The faults of a network, as toxiproxy has them.
var toxics = []string{
	`{"name": "latency", "type": "latency", "attributes": {"latency": 1, "jitter": 3}}`,
	`{"name": "reset", "type": "reset_peer", "toxicity": 0.2, "attributes": {"timeout": 1}}`,
	`{"name": "reset up", "type": "reset_peer", "stream": "upstream", "toxicity": 0.2, "attributes": {"timeout": 1}}`,
	`{"name": "timeout", "type": "timeout", "toxicity": 0.2, "attributes": {"timeout": 2}}`,
	`{"name": "timeout up", "type": "timeout", "stream": "upstream", "toxicity": 0.2, "attributes": {"timeout": 2}}`,
	`{"name": "slow close", "type": "slow_close", "attributes": {"delay": 2}}`,
	`{"name": "half", "type": "limit_data", "toxicity": 0.5, "attributes": {"bytes": 2000}}`,
	`{"name": "half up", "type": "limit_data", "stream": "upstream", "toxicity": 0.5, "attributes": {"bytes": 900}}`,
	`{"name": "slicer", "type": "slicer", "attributes": {"average_size": 200, "size_variation": 100, "delay": 20}}`,
}

// lay lays the network anew, with a fault or with none. What was under way breaks
// off. toxiproxy can stand still where a toxic is taken from a link that is in use,
// so that none ever is.
func (w *wire) lay(t testing.TB, toxic string) {
	t.Helper()
	at := "127.0.0.1:0"
	if w.proxy != nil {
		at = w.proxy.Listen
		w.proxy.Stop()
	}
	w.proxy = toxiproxy.NewProxy(w.server, "wire", at, w.front)
	if toxic != "" {
		got, err := w.proxy.Toxics.AddToxicJson(strings.NewReader(toxic))
		if err != nil {
			t.Fatal(err)
		}
		w.struck(got.Type)
	}
	if err := w.proxy.Start(); err != nil {
		t.Fatal(err)
	}
}

// spoil sets the network to a fault, or to none.
func (w *wire) spoil(t testing.TB) {
	toxic := ""
	if n := w.pick(len(toxics) * 2); n < len(toxics) {
		toxic = toxics[n]
	}
	w.lay(t, toxic)
}

func (w *wire) pick(n int) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.random.IntN(n)
}

func (w *wire) struck(fault string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.faults[fault]++
}

// set says how bad the front is, and whether anything answers at all.
func (w *wire) set(bad float64, dead bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.bad, w.dead = bad, dead
}

// The faults of the front.
const (
	well = iota
	unwell
	limited
	page
	behind // done, and the answer is another one
	cut    // done, and half of the answer comes
	gone   // nothing answers
	kinds
)

func (w *wire) fault() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked++
	if w.dead {
		return gone
	}
	if w.random.Float64() >= w.bad {
		return well
	}
	n := 1 + w.random.IntN(kinds-1)
	w.faults[[]string{"", "500", "429", "html", "500 behind", "cut", "gone"}[n]]++
	return n
}

// before puts the front before the other side.
func (w *wire) before(h http.Handler) http.Handler {
	return http.HandlerFunc(func(to http.ResponseWriter, r *http.Request) {
		fault := w.fault()
		switch fault {
		case unwell:
			http.Error(to, `{"message": "Internal Server Error"}`, []int{500, 502, 503, 504}[w.pick(4)])
			return
		case limited:
			to.Header().Set("X-RateLimit-Interval-Milliseconds", "1")
			http.Error(to, `{"message": "Too Many Requests"}`, http.StatusTooManyRequests)
			return
		case page:
			to.Header().Set("Content-Type", "text/html")
			_, _ = io.WriteString(to, "<html>Checking your browser</html>")
			return
		case gone:
			panic(http.ErrAbortHandler)
		}
		// what was sent is done, whether or not anybody waits for the answer
		got := httptest.NewRecorder()
		h.ServeHTTP(got, r.WithContext(context.WithoutCancel(r.Context())))
		w.count(r, got)
		body := got.Body.Bytes()
		switch fault {
		case behind:
			http.Error(to, `{"message": "Bad Gateway"}`, http.StatusBadGateway)
			return
		case cut:
			to.Header().Set("Content-Length", fmt.Sprint(len(body)))
			to.WriteHeader(got.Code)
			_, _ = to.Write(body[:len(body)/2])
			panic(http.ErrAbortHandler)
		}
		for name, v := range got.Header() {
			to.Header()[name] = v
		}
		to.WriteHeader(got.Code)
		_, _ = to.Write(body)
	})
}

// count notes a write that was done.
func (w *wire) count(r *http.Request, got *httptest.ResponseRecorder) {
	search := strings.HasSuffix(r.URL.Path, "/search")
	if r.Method == http.MethodGet || search || got.Code >= 300 || got.Header().Get("Idempotent-Replayed") != "" {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.writes = append(w.writes, r.Method+" "+r.URL.Path)
}

// written gives the writes since the last time that it was asked.
func (w *wire) written() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := w.writes
	w.writes = nil
	return all
}

// Every fault of the network and of the front strikes: a spoiler that spoils
// nothing would look like a success.
func TestTheWireSpoilsWhatCrosses(t *testing.T) {
	w := newWire(t, http.HandlerFunc(func(to http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(to, strings.Repeat("x", 4000)) }))
	client := &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	ask := func() (string, error) {
		r, err := client.Post(w.URL, "text/plain", strings.NewReader(strings.Repeat("y", 2000)))
		if err != nil {
			return "", err
		}
		defer func() { _ = r.Body.Close() }()
		b, err := io.ReadAll(r.Body)
		return fmt.Sprint(r.StatusCode, " ", len(b)), err
	}
	if said, err := ask(); said != "200 4000" || err != nil {
		t.Fatalf("a wire that is well gives %q, %v", said, err)
	}
	for _, toxic := range toxics {
		if !strings.Contains(toxic, "reset") && !strings.Contains(toxic, "timeout") && !strings.Contains(toxic, "half") {
			continue // only slow
		}
		w.lay(t, toxic)
		failed := 0
		for range 60 {
			if said, err := ask(); err != nil || said != "200 4000" {
				failed++
			}
		}
		if failed == 0 {
			t.Errorf("%s spoils nothing", toxic)
		}
	}
	w.lay(t, "")
	w.faults = map[string]int{}
	w.set(1, false)
	for range 200 {
		if said, err := ask(); err == nil && said == "200 4000" {
			t.Error("the front lets something through")
		}
	}
	if len(w.faults) != kinds-1 {
		t.Errorf("the faults of the front: %v", w.faults)
	}
}
