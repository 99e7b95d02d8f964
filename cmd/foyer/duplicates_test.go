package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/foyer-crm/foyer/internal/app"
	"github.com/foyer-crm/foyer/internal/bench"
	"github.com/foyer-crm/foyer/internal/crm"
)

// Two contacts that may be one person are found as they arrive and by a scan,
// listed with the reason, dismissed, and not listed again.
func TestDuplicatesAreFoundListedAndDismissed(t *testing.T) {
	stores(t, func(t *testing.T, where []string) {
		with := func(args ...string) []string { return append(args, where...) }
		c := mustJSON[app.Credentials](t, with("admin", "bootstrap")...)
		s := start(t, with("serve")...)
		for _, body := range []string{
			`{"firstName":"Robert","lastName":"Kowalczyk","dateOfBirth":"1971-06-24","email":"rob@x.example"`,
			`{"firstName":"Bob","lastName":"Kowalczyk","dateOfBirth":"1971-06-24","email":"bob@y.example"`,
			`{"firstName":"Anna","lastName":"Kowalczyk","dateOfBirth":"1973-02-11","email":"anna@x.example"`,
		} {
			if status, text, _ := ask(t, "POST", s.base+"/contacts/upsert", body+`,"locationId":"`+c.LocationID+`"}`, "Authorization: Bearer "+*c.HighLevel.PrivateToken, "Version: 2021-07-28"); status >= 300 {
				t.Fatalf("%d %s", status, text)
			}
		}
		// the server finds them by itself, a moment after they came
		for len(mustJSON[[]pairLine](t, with("duplicates", "--as-is")...)) == 0 {
			if t.Context().Err() != nil {
				t.Fatal("the server finds nobody")
			}
		}
		if found := mustJSON[crm.Scanned](t, with("duplicates", "scan")...); found.Contacts != 3 || found.Pairs != 1 {
			t.Errorf("%+v", found)
		}
		list := mustJSON[[]pairLine](t, with("duplicates")...)
		if len(list) != 1 || !strings.HasPrefix(list[0].Reason, "same birthday") || !strings.Contains(list[0].Reason, "Bob/Robert") || list[0].Score < 0.9 || list[0].State != "open" {
			t.Fatalf("%+v", list)
		}
		if rows := tabled(t, "SCORE CONTACT NAME OTHER NAME STATE REASON", with("duplicates", "list", "--contact", "bob@y.example")...); len(rows) != 1 {
			t.Errorf("%v", rows)
		}
		refused(t, "no suggested pair", with("duplicates", "dismiss", "rob@x.example", "anna@x.example")...)
		must(t, with("duplicates", "dismiss", "rob@x.example", list[0].B.ID)...)
		if list := mustJSON[[]pairLine](t, with("duplicates")...); len(list) != 0 {
			t.Errorf("%+v", list)
		}
		if list := mustJSON[[]pairLine](t, with("duplicates", "list", "--state", "dismissed")...); len(list) != 1 || list[0].DecidedAt.IsZero() {
			t.Errorf("%+v", list)
		}
	})
}

// What was imported while no server ran is looked at when it is asked for.
func TestDuplicatesOfAnImportAreFoundWithoutAServer(t *testing.T) {
	file := filepath.Join(t.TempDir(), "people.csv")
	if err := os.WriteFile(file, []byte("First Name,Last Name,Email,Birthday\nRobert,Kowalczyk,rob@x.example,1971-06-24\nBob,Kowalczyk,bob@y.example,1971-06-24\nAnna,Kowalczyk,anna@x.example,1973-02-11\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	stores(t, func(t *testing.T, where []string) {
		with := func(args ...string) []string { return append(args, where...) }
		c := mustJSON[app.Credentials](t, with("admin", "bootstrap")...)
		must(t, with("import", file, "--location", c.LocationID)...)
		if list := mustJSON[[]pairLine](t, with("duplicates", "--as-is")...); len(list) != 0 {
			t.Errorf("found by nobody: %+v", list)
		}
		for range 2 {
			if list := mustJSON[[]pairLine](t, with("duplicates")...); len(list) != 1 || !strings.Contains(list[0].Reason, "Bob/Robert") {
				t.Errorf("%+v", list)
			}
		}
	})
}

func TestBenchDedupeSaysHowRightSuggestionsAre(t *testing.T) {
	file := filepath.Join(t.TempDir(), "people.csv")
	if err := os.WriteFile(file, []byte("rec_id, given_name, surname, date_of_birth, street_number, address_1\n"+
		"rec-1-org, robert, kowalczyk, 19710624, 12, tulip street\nrec-1-dup-0, kowalczyk, bob, 19710624, 12, tulip street\nrec-2-org, anna, kowalczyk, 19730211, 12, tulip street\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := mustJSON[bench.DedupeResult](t, "bench", "dedupe", file, "--truth", "rec_id", "--truth-pattern", `rec-(\d+)-`)
	if r.Precision != 1 || r.Recall != 1 || r.Found != 1 || r.True != 1 || r.Rows != 3 {
		t.Errorf("%+v", r)
	}
	refused(t, "there is no column", "bench", "dedupe", file, "--truth", "cluster")
}
