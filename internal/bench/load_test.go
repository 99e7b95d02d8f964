package bench

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func serve(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.Listener.Addr().String()
}

// TestClientReadsEveryBody: of said length, in chunks, empty, and none at all,
// one after the other on one connection.
func TestClientReadsEveryBody(t *testing.T) {
	long := strings.Repeat("0123456789", 10000)
	address := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/said":
			w.Header().Set("Content-Length", fmt.Sprint(len(long)))
			_, _ = w.Write([]byte(long))
		case "/chunks":
			for i := range 10 {
				_, _ = w.Write([]byte(long[i*10000 : (i+1)*10000]))
				w.(http.Flusher).Flush()
			}
		case "/none":
			w.WriteHeader(http.StatusNoContent)
		case "/gone":
			http.NotFound(w, r)
		}
	})
	c, err := dial(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	for range 2 {
		for _, want := range []struct {
			path, body string
			status     int
		}{{"/said", long, 200}, {"/chunks", long, 200}, {"/none", "", 204}, {"/empty", "", 200}, {"/gone", "404 page not found\n", 404}} {
			status, body, err := c.do(get(want.path))
			if err != nil || status != want.status || string(body) != want.body {
				t.Fatalf("%s: %d, %d bytes, %v", want.path, status, len(body), err)
			}
		}
	}
}

// TestLoadSendsEachRequestOnce: unless it is told to start over, and then until
// the time is up.
func TestLoadSendsEachRequestOnce(t *testing.T) {
	var got atomic.Int64
	address := serve(t, func(http.ResponseWriter, *http.Request) { got.Add(1) })
	l := &load{address: address, conns: 4, requests: [][]byte{get("/1"), get("/2"), get("/3")}}
	res, err := l.run(context.Background(), time.Minute)
	if err != nil || res.Done != 3 || got.Load() != 3 {
		t.Errorf("%+v, %d came, %v", res, got.Load(), err)
	}
	l.again = true
	if res, err = l.run(context.Background(), time.Second/10); err != nil || res.Done < 4 || res.Elapsed < time.Second/10 {
		t.Errorf("%+v, %v", res, err)
	}
}

// TestLoadEndsAtAFailure: a rate of refusals is no rate.
func TestLoadEndsAtAFailure(t *testing.T) {
	address := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/3" {
			http.Error(w, "no more", http.StatusServiceUnavailable)
		}
	})
	l := &load{address: address, conns: 1, requests: [][]byte{get("/1"), get("/2"), get("/3")}, again: true}
	if _, err := l.run(context.Background(), time.Minute); err == nil || !strings.Contains(err.Error(), "answer 503: no more") || !strings.Contains(err.Error(), "GET /3") {
		t.Errorf("%v", err)
	}
}

// TestAServerThatEndsIsReported: with what it said last, and without waiting
// for it to get ready.
func TestAServerThatEndsIsReported(t *testing.T) {
	p, err := launch(context.Background(), t.TempDir(), "/bin/sh", func(string) []string { return []string{"-c", "echo the port is taken; exit 3"} })
	if err != nil {
		t.Skipf("skipped: no shell: %v", err)
	}
	if err := p.ready(context.Background(), "/"); err == nil || !strings.Contains(err.Error(), "the port is taken") {
		t.Errorf("%v", err)
	}
}
