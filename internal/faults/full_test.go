package faults_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/foyer-crm/foyer/internal/app"
	"github.com/foyer-crm/foyer/internal/foyertest"
)

// smallDisk gives a folder on a disk of its own, or skips.
func smallDisk(t *testing.T, size string) string {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("skipped: only root can mount a small disk")
	}
	dir := t.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size="+size, "tmpfs", dir).CombinedOutput(); err != nil {
		t.Skipf("skipped: no small disk can be mounted here: %v: %s", err, out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", dir).CombinedOutput(); err != nil {
			t.Errorf("umount: %v: %s", err, out)
		}
	})
	return dir
}

// A full disk is a clear refusal in the caller's own words, of which nothing is
// stored. Reads go on, and writes as soon as there is space again.
func TestAFullDiskRefusesAndRecovers(t *testing.T) {
	disk := smallDisk(t, "32m")
	rounds := times(2, 6, 50)
	ballast := func(i int) string { return filepath.Join(disk, fmt.Sprint("ballast", i)) }
	const weight = 20 << 20 // bytes, in all
	for i := range rounds {
		if err := os.WriteFile(ballast(i), make([]byte, weight/rounds), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	f := foyertest.Start(t, app.Config{Store: app.Store{Data: filepath.Join(disk, "data")}, HighLevelVersion: true})
	f.Unwell()
	p := &place{store: f.Config.Store, creds: *f.Credentials}
	b := newBook(f.Credentials)
	l := p.look(t)
	defer l.close()
	for i := range rounds {
		ctx, end := context.WithTimeout(t.Context(), 5*time.Minute)
		refusals := map[string]int{}
		b.writers(ctx, 8, f.URL, func(r *request) bool {
			b.mu.Lock()
			defer b.mu.Unlock()
			if refusals[r.door]++; r.status != http.StatusServiceUnavailable {
				b.wrong = append(b.wrong, fmt.Sprintf("a full disk is %s's %d: %s", r.door, r.status, r.answer))
			}
			for _, door := range []string{"radius", "liondesk", "brokerkit", "highlevel"} {
				if refusals[door] < 3 {
					return true
				}
			}
			return false
		})
		end()
		read(t, b, f.URL)
		l.check(t, b).must(t, fmt.Sprintf("with a full disk, round %d", i), nil)
		if n := b.count(unanswered); n != 0 {
			t.Errorf("%d requests got no answer", n)
		}
		if err := os.Remove(ballast(i)); err != nil {
			t.Fatal(err)
		}
		backWithin5s(t, b, f.URL)
	}
	l.check(t, b).must(t, "at the end", nil)
	l.sound(t).must(t, "at the end", nil)
	t.Logf("%d times full: %d requests, %d acknowledged, %d refused, 0 lost", rounds, len(b.all), b.count(acknowledged), b.count(refused))
}

// read reads by the doors that show something.
func read(t *testing.T, b *book, base string) {
	t.Helper()
	for _, r := range []request{{door: "brokerkit", path: "/v2/leads"}, {door: "highlevel", path: "/contacts/?locationId=" + b.creds.LocationID}} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+r.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header = b.headers(&r)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != http.StatusOK {
			t.Errorf("reading by %s: %d", r.door, res.StatusCode)
		}
	}
}

// backWithin5s sends until one request of each door is stored again. Five
// seconds are the promise.
func backWithin5s(t *testing.T, b *book, base string) {
	t.Helper()
	client := newClient()
	defer client.CloseIdleConnections()
	start := time.Now()
	for _, kind := range []int{radiusClient, liondeskSubmission, brokerkitLead, highlevelContact} {
		for {
			r := b.next(kind)
			if err := b.send(t.Context(), client, base, r); err != nil {
				t.Fatal(err)
			}
			if r.end == acknowledged {
				break
			}
			if took := time.Since(start); took > 5*time.Second {
				t.Fatalf("after %v %s still answers %d %s", took, r.door, r.status, r.answer)
			}
		}
	}
	t.Logf("back after %v", time.Since(start).Round(time.Millisecond))
}
