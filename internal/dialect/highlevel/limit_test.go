package highlevel_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/dialect/highlevel"
	"github.com/foyer-crm/foyer/internal/foyertest"
	"github.com/foyer-crm/foyer/internal/wire"
)

// nodes gives several processes of one Foyer: each has a memory of its own, and
// all have one database.
func nodes(t *testing.T, f *foyertest.F, n int, o highlevel.Options) (all []*foyertest.F) {
	t.Helper()
	for range n {
		desk := auth.NewDesk(f.DB, f.Vault)
		house, err := wire.NewHouse(wire.Options{DB: f.DB, Desk: desk, Log: slog.New(slog.DiscardHandler)}, highlevel.Door(o))
		if err != nil {
			t.Fatal(err)
		}
		server := httptest.NewServer(house)
		t.Cleanup(server.Close)
		g := *f
		g.URL, g.Desk, g.House = server.URL, desk, house
		all = append(all, &g)
	}
	return all
}

// Two nodes on one PostgreSQL let through together what one token may ask, and
// never speak of more than is left.
func TestNodesCountTogether(t *testing.T) {
	const long = 10 * time.Minute // the test is over before
	f := foyertest.NewPostgres(t)
	both := nodes(t, f, 2, highlevel.Options{RateLimit: true, Limits: auth.Limits{Span: long}})
	var mu sync.Mutex
	statuses, seen := map[int]int{}, map[int]int{}
	var wg sync.WaitGroup
	for i := range 300 {
		wg.Go(func() {
			status, h, _ := ask(t, both[i%2], "GET", "/contacts/", "", "Version", "2021-07-28")
			left, err := strconv.Atoi(h.Get("X-RateLimit-Remaining"))
			mu.Lock()
			defer mu.Unlock()
			statuses[status]++
			if status == http.StatusOK {
				seen[left]++
			}
			if daily := h.Get("X-RateLimit-Daily-Remaining"); err != nil || status != http.StatusOK && (left != 0 || daily != "199900") {
				t.Errorf("%d: %d left, %s today: %v", status, left, daily, err)
			}
		})
	}
	wg.Wait()
	if statuses[200] != 100 || statuses[429] != 200 {
		t.Errorf("of 300 requests: %v", statuses)
	}
	for left := range 100 {
		if seen[left] != 1 {
			t.Errorf("%d answers speak of %d that are left", seen[left], left)
		}
	}
}

// Of nodes that take turns each says what all have left, a span begins anew for
// all, and a day has an end for all.
func TestNodesTakeTurns(t *testing.T) {
	f := foyertest.NewPostgres(t)
	both := nodes(t, f, 2, highlevel.Options{RateLimit: true, Limits: auth.Limits{Burst: 3, Span: time.Nanosecond, Daily: 8}})
	for i := range 12 { // every request begins a span of its own
		status, h, _ := ask(t, both[i%2], "GET", "/contacts/", "")
		want := fmt.Sprint(200, " 2 ", 7-i)
		if i >= 8 {
			want = "429 3 0"
		}
		if got := fmt.Sprint(status, " ", h.Get("X-RateLimit-Remaining"), " ", h.Get("X-RateLimit-Daily-Remaining")); got != want {
			t.Errorf("request %d: %s, want %s", i, got, want)
		}
	}
}

// A door that does not hold to the limits lets everybody through, and says how it
// stands all the same.
func TestLimitsThatAreNotHeldToAreNamed(t *testing.T) {
	f := another(t, foyertest.New(t), highlevel.Options{RequireVersion: true, Limits: auth.Limits{Burst: 3}})
	for i, want := range []string{"2", "1", "0", "0", "0"} {
		if status, h, _ := ask(t, f, "GET", "/contacts/", ""); status != http.StatusOK || h.Get("X-RateLimit-Remaining") != want {
			t.Errorf("request %d: %d, %s left, want %s", i+1, status, h.Get("X-RateLimit-Remaining"), want)
		}
	}
}

// Every answer says what the limits are, a refusal too.
func TestEveryAnswerNamesTheLimits(t *testing.T) {
	for _, held := range []bool{true, false} {
		namesTheLimits(t, another(t, foyertest.New(t), highlevel.Options{RateLimit: held, RequireVersion: true, Limits: auth.Limits{Burst: 25, Daily: 10_000}}))
	}
}

func namesTheLimits(t *testing.T, f *foyertest.F) {
	t.Helper()
	for name, c := range map[string]struct {
		method, path string
		headers      []string
		status       int
		left         bool
	}{
		"good":            {"GET", "/contacts/", nil, 200, true},
		"no token":        {"GET", "/contacts/", []string{"Authorization", ""}, 401, false},
		"a wrong token":   {"GET", "/contacts/", []string{"Authorization", "Bearer wrong"}, 401, false},
		"no such version": {"GET", "/contacts/", []string{"Version", "2020-01-01"}, 401, true},
		"another's":       {"GET", "/contacts/?locationId=another", nil, 403, true},
		"nothing there":   {"GET", "/contacts/nobody", nil, 400, true},
		"broken":          {"POST", "/associations/", nil, 422, true},
		"no address":      {"GET", "/contacts/a/b/c", nil, 404, false},
	} {
		status, h, _ := ask(t, f, c.method, c.path, "", c.headers...)
		if status != c.status || h.Get("X-RateLimit-Max") != "25" || h.Get("X-RateLimit-Limit-Daily") != "10000" || h.Get("X-RateLimit-Interval-Milliseconds") != "10000" || (h.Get("X-RateLimit-Remaining") != "") != c.left {
			t.Errorf("%s: %d %v", name, status, h)
		}
	}
}

// BenchmarkAdmission is what a request pays for its token, its limits, its
// version, the scope and the class: the whole of it, without the operation.
func BenchmarkAdmission(b *testing.B) {
	for name, open := range map[string]func(testing.TB) *foyertest.F{"sqlite": foyertest.New, "postgres": foyertest.NewPostgres} {
		b.Run(name, func(b *testing.B) {
			f := open(b)
			door := highlevel.Door(highlevel.Options{RequireVersion: true, RateLimit: true, Limits: auth.Limits{Burst: 1 << 40, Daily: 1 << 40}})
			r := httptest.NewRequest(http.MethodGet, "/contacts/", nil)
			r.Header.Set("Authorization", "Bearer "+f.Vars["highlevel.privateToken"])
			r.Header.Set("Version", "2021-07-28")
			route := &door.Routes[0]
			for b.Loop() {
				caller, err := door.Authenticate(r, f.Desk)
				if err != nil {
					b.Fatal(err)
				}
				c := &wire.Call{Door: door, Route: route, Request: r, Caller: caller}
				if err := route.May(c); err != nil || !caller.Actor.Can(route.Scope) {
					b.Fatal(err)
				}
			}
		})
	}
}
