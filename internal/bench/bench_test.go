package bench

import (
	"context"
	"log/slog"
	"net/http/httptest"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/foyer-crm/foyer/internal/app"
)

// Benchmark drives a server in the same process, so that -cpuprofile and
// -memprofile show where its time and memory go. FOYER_BENCH_URL names a
// PostgreSQL, nothing is SQLite; FOYER_BENCH_SIZE how many contacts there are
// (20,000).
func Benchmark(b *testing.B) {
	ctx := context.Background()
	size := 20000
	if text := os.Getenv("FOYER_BENCH_SIZE"); text != "" {
		var err error
		if size, err = strconv.Atoi(text); err != nil {
			b.Fatal(err)
		}
	}
	f, err := newFixture(ctx, b.TempDir(), os.Getenv("FOYER_BENCH_URL"), b.Logf)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = f.close() })
	if err := f.grow(ctx, size); err != nil {
		b.Fatal(err)
	}
	samples, err := f.sample(ctx, min(2000, size))
	if err != nil {
		b.Fatal(err)
	}
	address := inProcess(b, f)
	header := highLevelHeader(f.keys)
	come := arrivals{people: f.people, keys: f.keys, doors: Doors, held: size, next: size}
	next := 2 * size
	of := func(request func(p sampled) []byte) func(n int) [][]byte {
		return func(n int) (all [][]byte) {
			for i := range n {
				all = append(all, request(samples[i%len(samples)]))
			}
			return all
		}
	}
	for _, kind := range []struct {
		name     string
		conns    int
		requests func(n int) [][]byte
	}{
		{"intake", 64, come.take},
		{"create", 64, func(n int) (all [][]byte) {
			for range n {
				all = append(all, f.creation(f.people.at(next)))
				next++
			}
			return all
		}},
		{"id", 8, of(func(p sampled) []byte { return get("/contacts/"+p.id, header...) })},
		{"email", 8, of(func(p sampled) []byte { return get(f.duplicate("email", p.email), header...) })},
		{"name", 1, of(func(p sampled) []byte { return f.search(p.first+" "+p.last, 1) })},
	} {
		b.Run(kind.name, func(b *testing.B) {
			l := &load{address: address, conns: kind.conns, requests: kind.requests(b.N)}
			used := cpu(os.Getpid())
			b.ReportAllocs()
			b.ResetTimer()
			res, err := l.run(ctx, time.Hour)
			b.StopTimer()
			if err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(res.rate(), "requests/s")
			b.ReportMetric(float64(res.P99.Microseconds())/1000, "p99-ms")
			b.ReportMetric(float64((cpu(os.Getpid())-used).Microseconds())/float64(b.N), "cpu-µs/op")
		})
	}
}

// inProcess serves a fixture's database and gives the address.
func inProcess(b testing.TB, f *fixture) string {
	b.Helper()
	ctx := context.Background()
	discard, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		b.Fatal(err)
	}
	a, err := app.Open(ctx, app.Config{Store: f.store, HighLevelVersion: true, Log: slog.New(slog.NewJSONHandler(discard, nil))})
	if err != nil {
		b.Fatal(err)
	}
	running, stop := context.WithCancel(ctx)
	stopped := make(chan struct{})
	go func() { a.Run(running, 0); close(stopped) }()
	server := httptest.NewServer(a.House)
	b.Cleanup(func() {
		server.Close()
		stop()
		<-stopped
		if err := a.Close(); err != nil {
			b.Error(err)
		}
	})
	return server.Listener.Addr().String()
}
