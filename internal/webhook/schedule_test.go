package webhook

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/foyer-crm/foyer/internal/outbound"
)

// Ten attempts over 75 h 35 min 5 s, each pause spread by at most a tenth.
func TestScheduleOfAttempts(t *testing.T) {
	const attempts = 10
	if len(schedule) != attempts-1 {
		t.Fatalf("%d pauses", len(schedule))
	}
	for range 100 {
		var sum time.Duration
		for i := 1; i < attempts; i++ {
			sum += pause(i, 0)
		}
		const least = 75*time.Hour + 35*time.Minute + 5*time.Second
		if sum < least || sum > least*11/10 {
			t.Fatalf("%v in all", sum)
		}
	}
	if d := pause(1, 90*time.Second); d != 90*time.Second {
		t.Errorf("asked for 90 s: %v", d)
	}
	if d := pause(2, time.Second); d < 5*time.Minute {
		t.Errorf("asked for less than the schedule has: %v", d)
	}
}

// What each status means.
func TestWhatAnAnswerMeans(t *testing.T) {
	for status := 100; status <= 599; status++ {
		var o outcome
		o.judge(&outbound.Answer{Status: status, Header: http.Header{"Retry-After": {"7"}}}, time.Now())
		if o.taken != (status/100 == 2) || o.gone != (status == 410) || (o.after == 7*time.Second) != (status == 429 || status == 503) {
			t.Errorf("%d: %+v", status, o)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Duration{
		"": 0, "0": 0, "30": 30 * time.Second, " 5 ": 5 * time.Second, "-1": 0, "x": 0, "99999999999": 24 * time.Hour, "86401": 24 * time.Hour,
		"Sun, 22 Nov 2026 12:01:00 GMT": time.Minute, "Sun, 22 Nov 2020 12:01:00 GMT": 0, "Sun, 22 Nov 2099 12:01:00 GMT": 24 * time.Hour,
	} {
		if got := retryAfter(text, now); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}

// An answer is kept as text that both databases take, and no longer than 4 KiB.
func TestAnswersAreKeptReadable(t *testing.T) {
	for in, want := range map[string]string{"ok": "ok", "a\x00b\xff": "a\uFFFDb\uFFFD"} {
		if got := readable([]byte(in)); got != want {
			t.Errorf("%q", got)
		}
	}
	if got := readable([]byte(strings.Repeat("\xff", 10_000))); len(got) > longestAnswer {
		t.Errorf("%d bytes", len(got))
	}
}
