package auth

import (
	"testing"
	"time"
)

func TestALimitEndsWithItsSpan(t *testing.T) {
	var m meter
	limits := Limits{Burst: 100, Span: 10 * time.Second, Daily: 200_000}
	start := time.Date(2026, 1, 1, 23, 59, 0, 0, time.UTC)
	count := func(token string, at time.Time, tries int) (taken int) {
		for range tries {
			if m.take(token, limits, at).Passed {
				taken++
			}
		}
		return taken
	}
	if n := count("a", start, 150); n != limits.Burst {
		t.Errorf("%d in a burst", n)
	}
	if n := count("b", start, 1); n != 1 {
		t.Error("a token pays for another")
	}
	if n := count("a", start.Add(limits.Span-time.Millisecond), 1); n != 0 {
		t.Error("the burst is over too early")
	}
	if n := count("a", start.Add(limits.Span), 150); n != limits.Burst {
		t.Errorf("%d in the next burst", n)
	}
	for at := start.Add(-23 * time.Hour); at.Before(start); at = at.Add(200 * time.Millisecond) {
		if left := m.take("c", limits, at); left.Today == 0 {
			break
		}
	}
	if m.take("c", limits, start.Add(time.Second)).Passed {
		t.Error("there is no end of a day")
	}
	left := m.take("c", limits, start.Add(time.Minute))
	if !left.Passed || left.Today != limits.Daily-1 || left.ResetDay != 24*time.Hour {
		t.Errorf("a new day: %+v", left)
	}
}
