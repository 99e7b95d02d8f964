package faults_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A server is killed at random moments of a first sync with another one, of people
// that are on one side, on the other, or on both. When it is left alone it goes on
// where it was: everybody is on both sides, once, and nobody was made twice.
func TestKilledFirstSyncGoesOn(t *testing.T) {
	if !unraced(t) {
		return
	}
	t.Run("sqlite", func(t *testing.T) {
		killSyncs(t, times(200, 600, 10_000), times(2, 5, 200), func(t *testing.T) *place { return sqlitePlace(t, t.TempDir()) })
	})
	t.Run("postgres", func(t *testing.T) {
		killSyncs(t, times(200, 600, 10_000), times(1, 3, 40), postgresPlace)
	})
}

// killSyncs kills so often, in as many first syncs of some records as that takes.
func killSyncs(t *testing.T, records, kills int, at func(t *testing.T) *place) {
	for done := 0; done < kills; {
		there := sqlitePlace(t, t.TempDir())
		here := at(t)
		here.flags = []string{"--allow-private-targets"}
		here.env = []string{"FOYER_ALLOW_PRIVATE_TARGETS=true"}
		const shared = 5 // every fifth is on both sides
		here.bring(t, 0, records/2+records/shared)
		there.bring(t, records/2, records)
		other := there.mustServe(t)
		var made struct{ ID string }
		if err := json.Unmarshal([]byte(here.run(t, "admin", "connection", "create", "--kind", "highlevel", "--base-url", other.base, "--remote-location", there.creds.LocationID,
			"--token", *there.creds.HighLevel.PrivateToken, "--objects", "contact", "--interval", "1s", "--no-limit", "--json")), &made); err != nil {
			t.Fatal(err)
		}
		middle := 0
		for ; done < kills; done++ {
			s := here.mustServe(t)
			time.Sleep(time.Duration(rand.IntN(400)) * time.Millisecond)
			s.kill()
			if here.progress(t, made.ID).settled {
				break
			}
			middle++
		}
		s := here.mustServe(t)
		for deadline := time.Now().Add(10 * time.Minute); !here.progress(t, made.ID).settled; time.Sleep(200 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("it does not come to its end: %+v: %s", here.progress(t, made.ID), s)
			}
		}
		if p := here.progress(t, made.ID); p.linked != records || p.rejected != 0 {
			t.Errorf("%+v for %d records", p, records)
		}
		for _, p := range []*place{here, there} {
			l := p.look(t)
			if n, of := l.number(t, "SELECT COUNT(*) FROM contacts"), l.number(t, "SELECT COUNT(DISTINCT email) FROM contacts"); n != records || of != records {
				t.Errorf("%d contacts of %d addresses, of %d", n, of, records)
			}
			if n := l.number(t, "SELECT COUNT(*) FROM events WHERE type IN ('contact.deleted', 'contact.merged')"); n != 0 {
				t.Errorf("%d contacts were made and taken away again", n)
			}
			l.close()
		}
		for _, s := range []*server{s, other} {
			if code := s.stop(t); code != 0 {
				t.Errorf("stopping gives the code %d: %s", code, s)
			}
		}
		t.Logf("%d kills in the middle of a first sync of %d records: 0 doubled, 0 missing", middle, records)
	}
}

// bring imports people.
func (p *place) bring(t *testing.T, from, to int) {
	t.Helper()
	var text strings.Builder
	text.WriteString("first name,last name,email\n")
	for i := from; i < to; i++ {
		_, _ = fmt.Fprintf(&text, "Ann,Number %d,p%d@x.example\n", i, i)
	}
	file := filepath.Join(t.TempDir(), "people.csv")
	if err := os.WriteFile(file, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	p.run(t, "import", file)
}

// synced is how far a connection is.
type synced struct {
	settled          bool
	linked, rejected int
	queue            int
}

func (p *place) progress(t *testing.T, connection string) synced {
	t.Helper()
	var s struct {
		Queue, Linked, Rejected int
		Flows                   []struct{ Phase string }
	}
	if err := json.Unmarshal([]byte(p.run(t, "connect", "status", connection, "--json")), &s); err != nil {
		t.Fatal(err)
	}
	return synced{len(s.Flows) == 1 && s.Flows[0].Phase == "settled" && s.Queue == 0, s.Linked, s.Rejected, s.Queue}
}
