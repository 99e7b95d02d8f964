package faults_test

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// flushes are the calls that a flush to disk can be.
const flushes = "fsync,fdatasync"

// strace gives the words that run a program with a fault in its system calls, or
// skips. The calls have to be named in trace= as well, or nothing is injected.
func strace(t *testing.T, calls, fault string) []string {
	t.Helper()
	if _, err := exec.LookPath("strace"); err != nil {
		t.Skip("skipped: there is no strace")
	}
	words := []string{"strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=" + calls, "-e", "inject=" + calls + ":" + fault}
	if out, err := exec.Command("strace", "-qq", "-o", "/dev/null", "true").CombinedOutput(); err != nil {
		t.Skipf("skipped: strace may not trace here: %v: %s", err, out)
	}
	return words
}

// The server is killed in the middle of writing: as it enters its first, second,
// third … write to a file, and flush of one.
func TestAKillInTheMiddleOfAWriteLosesNothing(t *testing.T) {
	if !unraced(t) {
		return
	}
	for _, calls := range []string{"pwrite64", flushes} {
		t.Run(calls, func(t *testing.T) {
			p := sqlitePlace(t, t.TempDir())
			b := newBook(&p.creds)
			reached, started := 0, 0
			positions := times(8, 24, 2000)
			for n := 1; n <= positions; n++ {
				s, err := p.serve(t, strace(t, calls, fmt.Sprint("signal=SIGKILL:when=", n))...)
				if err == nil {
					started++
					// Each thread counts for itself: the load ends when one has come so far.
					ctx, end := context.WithTimeout(t.Context(), time.Second)
					b.writers(ctx, 8, s.base, func(r *request) bool {
						b.complain("%s was refused: %d %s", r.mark, r.status, r.answer)
						return false
					})
					if ctx.Err() == nil {
						reached++
					}
					end()
				} else {
					reached++
				}
				s.kill()
				s = p.mustServe(t)
				settle(t, p, b, s)
				s.kill()
			}
			t.Logf("%d positions, %d reached, %d after the start; %d requests, %d acknowledged, 0 lost", positions, reached, started, len(b.all), b.count(acknowledged))
			// A slow machine does not come to the later positions in its second.
			if reached < positions/8 || started == 0 {
				t.Error("the injected kills hardly ever came")
			}
		})
	}
}

// The very first start is killed in the middle of making the schema, the master
// key or the credentials: the next one finds nothing, or finishes.
func TestAKillDuringTheFirstStart(t *testing.T) {
	if !unraced(t) {
		return
	}
	for calls, positions := range map[string]int{"pwrite64": times(4, 12, 200), flushes: times(4, 8, 8)} {
		t.Run(calls, func(t *testing.T) {
			reached := 0
			for n := 1; n <= positions; n++ {
				p := &place{}
				p.store.Data = t.TempDir()
				line := append(strace(t, calls, fmt.Sprint("signal=SIGKILL:when=", n)), binary(t))
				out, err := exec.Command(line[0], append(line[1:], p.args("admin", "bootstrap", "--json")...)...).Output()
				var killed *exec.ExitError
				if errors.As(err, &killed) {
					reached++
				} else if err != nil {
					t.Fatal(err)
				} else if !strings.Contains(string(out), "companyId") {
					t.Errorf("position %d: it ended well and said %q", n, out)
				}
				// Credentials that were stored and never shown are made anew.
				again := found(t, p.store, "--rotate")
				s := again.mustServe(t)
				b := newBook(&again.creds)
				for range 4 {
					if err := b.send(t.Context(), newClient(), s.base, b.next()); err != nil {
						t.Error(err)
					}
				}
				l := again.look(t)
				l.check(t, b).must(t, fmt.Sprint("position ", n), s)
				if b.count(acknowledged) != 4 || l.number(t, "SELECT COUNT(*) FROM companies") != 1 {
					t.Errorf("position %d: %d of 4 requests were taken", n, b.count(acknowledged))
				}
				if code := s.stop(t); code != 0 {
					t.Errorf("position %d: code %d: %s", n, code, s)
				}
				l.sound(t).must(t, fmt.Sprint("position ", n), s)
				l.close()
			}
			t.Logf("%d of %d kills came before it was done", reached, positions)
			if reached == 0 {
				t.Error("no kill came")
			}
		})
	}
}

// From some flush on every flush fails: no request may be acknowledged from then
// on, because whether it is on the disk is not known. When the disk is well again
// the server has to be, too, and all that was acknowledged is there.
func TestAFailingFlushIsNeverAcknowledged(t *testing.T) {
	if !unraced(t) {
		return
	}
	p := sqlitePlace(t, t.TempDir())
	b := newBook(&p.creds)
	for round := range times(2, 5, 50) {
		s, err := p.serve(t, strace(t, flushes, fmt.Sprintf("error=EIO:when=%d+", 3+2*round))...)
		if err != nil {
			t.Fatalf("%v: %s", err, s)
		}
		before := b.count(acknowledged)
		ctx, end := context.WithTimeout(t.Context(), 3*time.Second)
		failures := 0
		b.writers(ctx, 1, s.base, func(r *request) bool {
			if failures++; r.status != 503 {
				b.complain("%s was refused with %d %s", r.mark, r.status, r.answer)
			}
			return failures < 20
		})
		end()
		// the faults are per thread: a thread that did not fail yet may still succeed
		t.Logf("%d acknowledged, %d refused", b.count(acknowledged)-before, failures)
		if failures == 0 {
			t.Error("no flush failed: the test shows nothing")
		}
		s.kill()
		b.doubt() // a refused one may be there, whole: its flush failed, its rows did not
		s = p.mustServe(t)
		settle(t, p, b, s)
		s.kill()
	}
}
