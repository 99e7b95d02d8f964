package bench

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
	"time"

	"github.com/foyer-crm/foyer/internal/app"
)

// BenchmarkIntake is the intake with the server in the same process, so that
// -cpuprofile and -memprofile show where its time and memory go. FOYER_BENCH_URL
// names a PostgreSQL, nothing is SQLite; FOYER_BENCH_SIZE how many contacts
// there are before (none).
func BenchmarkIntake(b *testing.B) {
	ctx := context.Background()
	size := 0
	for _, c := range os.Getenv("FOYER_BENCH_SIZE") {
		size = size*10 + int(c-'0')
	}
	f, err := newFixture(ctx, b.TempDir(), os.Getenv("FOYER_BENCH_URL"), b.Logf)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = f.close() }()
	if err := f.grow(ctx, size); err != nil {
		b.Fatal(err)
	}
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
	server := httptest.NewServer(http.Handler(a.House))
	defer func() {
		server.Close()
		stop()
		<-stopped
		if err := a.Close(); err != nil {
			b.Error(err)
		}
	}()
	come := arrivals{people: f.people, keys: f.keys, doors: Doors, held: size, next: size}
	l := &load{address: server.Listener.Addr().String(), conns: 64, requests: come.take(b.N)}
	b.ReportAllocs()
	b.ResetTimer()
	res, err := l.run(ctx, time.Hour)
	b.StopTimer()
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(res.rate(), "requests/s")
	b.ReportMetric(float64(res.P99.Microseconds())/1000, "p99-ms")
}
