package highlevel

import (
	"testing"
	"time"
)

func TestALimitEndsWithItsSpan(t *testing.T) {
	var l limits
	start := time.Date(2026, 1, 1, 23, 59, 0, 0, time.UTC)
	count := func(token string, at time.Time, tries int) (taken int) {
		for range tries {
			if l.take(token, at) {
				taken++
			}
		}
		return taken
	}
	if n := count("a", start, 150); n != burst {
		t.Errorf("%d in a burst", n)
	}
	if n := count("b", start, 1); n != 1 {
		t.Error("a token pays for another")
	}
	if n := count("a", start.Add(burstSpan-time.Millisecond), 1); n != 0 {
		t.Error("the burst is over too early")
	}
	if n := count("a", start.Add(burstSpan), 150); n != burst {
		t.Errorf("%d in the next burst", n)
	}
	for at := start.Add(-23 * time.Hour); l.take("c", at) || at.Before(start); at = at.Add(200 * time.Millisecond) {
		if _, today := l.left("c", at); today == 0 {
			break
		}
	}
	if l.take("c", start.Add(time.Second)) {
		t.Error("there is no end of a day")
	}
	if !l.take("c", start.Add(time.Minute)) {
		t.Error("a new day is none")
	}
	if _, today := l.left("c", start.Add(time.Minute)); today != daily-1 {
		t.Errorf("%d left of a new day", today)
	}
}
