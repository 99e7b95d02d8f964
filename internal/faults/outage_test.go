package faults_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/foyer-crm/foyer/internal/app"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/foyertest"
)

// pgctl stops or starts the test's own PostgreSQL.
func pgctl(t *testing.T, words ...string) {
	t.Helper()
	if out, err := exec.Command(os.Getenv("FOYER_TEST_PGCTL"), words...).CombinedOutput(); err != nil {
		t.Fatalf("pgctl %v: %v: %s", words, err, out)
	}
}

// PostgreSQL is stopped as by a crash and started again under load: nobody is
// told that something was stored which was not, everybody hears of the outage in
// their vendor's words, and five seconds after the database everything is back.
func TestPostgresGoneAndBack(t *testing.T) {
	t.Parallel() // it waits more than it works
	if !ownPostgres(t) {
		return
	}
	f := foyertest.Start(t, app.Config{Store: foyertest.PostgresStore(t), HighLevelVersion: true})
	f.Unwell()
	behind, stop := context.WithCancel(t.Context())
	ran := make(chan struct{})
	go func() { defer close(ran); f.Run(behind, 0) }()
	defer func() { stop(); <-ran }()
	p := &place{store: f.Config.Store, creds: *f.Credentials}
	p.store.DatabaseURL += "&search_path=" + strings.Trim(p.store.Schema, `"`)
	b := newBook(f.Credentials)
	outages := times(2, 5, 50)
	for i := range outages {
		ctx, end := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			b.writers(ctx, 8, f.URL, func(r *request) bool {
				if r.status != http.StatusServiceUnavailable {
					b.complain("an outage is %s's %d: %s", r.door, r.status, r.answer)
				}
				time.Sleep(20 * time.Millisecond) // as a client that means well
				return true
			})
		}()
		time.Sleep(300 * time.Millisecond)
		pgctl(t, "stop")
		noticed := 0
		for try := 0; try < 60 && noticed == 0; try++ { // a busy machine is slow to ask
			time.Sleep(500 * time.Millisecond)
			noticed = b.count(refused)
		}
		pgctl(t, "start")
		backWithin5s(t, b, f.URL)
		if err := f.DB.Healthy(t.Context()); err != nil {
			t.Errorf("not ready: %v", err)
		}
		end()
		<-ended
		if noticed == 0 {
			t.Error("nobody noticed the outage: the test shows nothing")
		}
		// Of a commit that was under way nobody knows what became of it.
		b.doubt()
		l := p.look(t)
		l.check(t, b).must(t, fmt.Sprint("after outage ", i), nil)
		if err := b.repeat(t.Context(), f.URL); err != nil {
			t.Fatal(err)
		}
		if n := b.count(unanswered); n != 0 {
			t.Errorf("%d requests are refused for good", n)
		}
		l.check(t, b).must(t, fmt.Sprint("after the repeats ", i), nil)
		l.close()
	}
	l := p.look(t)
	defer l.close()
	l.drained(t)
	l.sound(t).must(t, "at the end", nil)
	t.Logf("%d outages, %d requests, all acknowledged in the end, 0 lost", outages, b.count(acknowledged))
}

// A PostgreSQL that is set up to forget what it acknowledged is refused in one
// sentence that names the setting.
func TestAForgetfulPostgresIsRefused(t *testing.T) {
	if !ownPostgres(t) {
		return
	}
	for _, setting := range []string{"fsync", "full_page_writes"} {
		pgctl(t, "restart", "-o", "-c "+setting+"=off")
		d, err := db.Open(t.Context(), db.Options{URL: os.Getenv("FOYER_TEST_POSTGRES")})
		if err == nil {
			_ = d.Close()
			t.Errorf("%s=off is accepted", setting)
			continue
		}
		if !strings.Contains(err.Error(), setting+"=off") {
			t.Errorf("%s: it says only %v", setting, err)
		}
	}
	pgctl(t, "restart", "-o", "-c synchronous_commit=off") // which a session can overrule, and ours does
	d, err := db.Open(t.Context(), db.Options{URL: os.Getenv("FOYER_TEST_POSTGRES")})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = d.Close() }()
	err = d.Read(t.Context(), db.System, func(ctx context.Context, tx *db.Tx) error {
		var v string
		_, err := tx.Get(ctx, []any{&v}, "SELECT current_setting('synchronous_commit')")
		if v != "on" {
			t.Errorf("synchronous_commit=%s", v)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
