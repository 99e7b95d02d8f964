package id

import (
	"sort"
	"sync"
	"testing"
	"time"
)

func TestIDsGrowAndNumbersAreUnique(t *testing.T) {
	var s Source
	now := time.UnixMilli(1795000000000)
	var ids []string
	for i := range 20000 {
		// the clock stands still, then steps back
		ids = append(ids, s.New(now.Add(-time.Duration(i/10000)*time.Hour)))
	}
	if !sort.StringsAreSorted(ids) {
		t.Fatal("ids do not grow")
	}
	seen := map[int64]bool{}
	for _, v := range ids {
		n := Number(v)
		if n <= 0 || n > MaxNumber || seen[n] || !Valid(v) {
			t.Fatalf("bad number %d of %q", n, v)
		}
		seen[n] = true
	}
}

func TestIDsOfConcurrentMakersDiffer(t *testing.T) {
	var s Source
	var mu sync.Mutex
	seen := map[string]bool{}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 2000 {
				v := s.New(time.Now())
				mu.Lock()
				if seen[v] {
					t.Errorf("%q made twice", v)
				}
				seen[v] = true
				mu.Unlock()
			}
		})
	}
	wg.Wait()
}

func TestTimeOfAnID(t *testing.T) {
	var s Source
	now := time.UnixMilli(1795000000123).UTC()
	if got := Time(s.New(now)); !got.Equal(now) {
		t.Errorf("got %s, want %s", got, now)
	}
}

func TestNumberOfForeignTextIsZero(t *testing.T) {
	for _, s := range []string{"", "short", "with-dash-in-it-xxxx", "zzzzzzzzzzzzzzzzzzzz", "é23456789abcdefghijk"} {
		if n := Number(s); n != 0 {
			t.Errorf("Number(%q) = %d", s, n)
		}
	}
}

func BenchmarkNew(b *testing.B) {
	var s Source
	for b.Loop() {
		s.New(time.Now())
	}
}
