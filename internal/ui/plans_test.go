package ui_test

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/foyertest"
)

// grows are the tables that grow with the contacts of a location.
var grows = map[string]bool{
	"contacts": true, "contact_aliases": true, "identities": true, "links": true, "events": true, "notes": true, "activities": true, "tasks": true,
	"properties": true, "requirements": true, "merges": true, "duplicate_pairs": true, "relations": true, "notifications": true, "intake_log": true,
	"appointments": true, "appointment_notes": true, "calendar_busy": true, "calendar_blocks": true, "opportunities": true,
	"conversations": true, "messages": true, "message_emails": true, "message_files": true, "enrolments": true, "enrolment_steps": true,
	"tallied_leads": true, "import_rows": true, "webhook_deliveries": true, "connection_records": true, "connection_log": true, "jobs": true,
}

// readWhole are the statements, by a part of them, that may read all of a table that
// grows, and why.
var readWhole = map[string]string{
	"FROM merges WHERE location_id = $1 ORDER BY id DESC LIMIT $2":                          "the key is the order",
	"FROM duplicate_pairs WHERE location_id = $1 AND ($2 = '' OR state = $2)":               "the best of all pairs come first; those that wait for somebody are few",
	"WHERE location_id = $1 AND status = 'open' AND ($2 = '' OR assigned_to = $2) GROUP BY": "open deals are added up, from an index of them alone",
}

// No page reads a table that grows with the contacts from end to end: neither all
// of it nor all that a location has, unless in the order of an index up to a limit.
func TestNoPageScans(t *testing.T) {
	f := foyertest.New(t)
	agency(t, f)
	_, agent := person(t, f, "asa", map[string]bool{crm.AssignedOnly: true})
	paths := map[string]bool{}
	f.DB.Sent()
	for _, cookie := range []string{f.SignIn(t, f.Vars["user.email"]), agent} {
		for _, path := range tour(t, f, cookie, 2) {
			paths[path] = true
		}
		for _, path := range []string{"/find?q=mar", "/find?q=maria+l", "/pick?contact=mar", "/contacts?q=mar&type=buyer", "/contacts?q=mar&sort=oldest", "/inbox?q=mar"} {
			if status, page := send(t, f, http.MethodGet, "/in/"+f.Credentials.LocationID+path, cookie, ""); status != http.StatusOK {
				t.Errorf("%s: %d %.200s", path, status, page)
			}
		}
	}
	used := map[string]bool{}
	statements := f.DB.Sent()
	for _, statement := range statements {
		for _, step := range scans(t, f, statement) {
			allowed := false
			for part := range readWhole {
				if strings.Contains(statement, part) {
					allowed, used[part] = true, true
				}
			}
			if !allowed {
				t.Errorf("%s in\n\t%s", step, statement)
			}
		}
	}
	for part := range maps.Keys(readWhole) {
		if !used[part] {
			t.Errorf("nothing needs the exception %q any more", part)
		}
	}
	t.Logf("%d statements of %d pages", len(statements), len(paths))
}

var (
	parameter = regexp.MustCompile(`\$(\d+)`)
	tableAs   = regexp.MustCompile(`(?i)\b(?:FROM|JOIN)\s+([a-z_]+)(?:\s+(?:AS\s+)?([a-z_]+))?`)
	marked    = regexp.MustCompile(`(?s)/\*postgres .*?\*/`)
	wholly    = regexp.MustCompile(`^(?:SCAN (\w+)|SEARCH (\w+) USING .*\(location_id=\?\)$)`)
)

// scans gives the steps of a statement, as SQLite plans it, that read all rows of a
// table that grows.
func scans(t *testing.T, f *foyertest.F, statement string) (steps []string) {
	t.Helper()
	if begin := strings.ToUpper(strings.TrimSpace(statement)); !strings.HasPrefix(begin, "SELECT") && !strings.HasPrefix(begin, "WITH") {
		return nil
	}
	plain := marked.ReplaceAllString(statement, "")
	named := map[string]string{}
	for _, m := range tableAs.FindAllStringSubmatch(plain, -1) {
		named[m[1]] = m[1]
		if m[2] != "" {
			named[m[2]] = m[1]
		}
	}
	most := 0
	for _, m := range parameter.FindAllStringSubmatch(plain, -1) {
		n := 0
		_, _ = fmt.Sscan(m[1], &n)
		most = max(most, n)
	}
	args := make([]any, most)
	for i := range args {
		args[i] = ""
	}
	type step struct {
		id, parent, unused int64
		detail             string
	}
	var plan []step
	f.Read(t, func(ctx context.Context, tx *db.Tx) error {
		var s step
		return tx.Each(ctx, []any{&s.id, &s.parent, &s.unused, &s.detail}, func() error {
			plan = append(plan, s)
			return nil
		}, "EXPLAIN QUERY PLAN "+statement, args...)
	})
	for _, s := range plan {
		m := wholly.FindStringSubmatch(s.detail)
		if m == nil || !grows[named[m[1]+m[2]]] {
			continue
		}
		sorted := slices.ContainsFunc(plan, func(o step) bool {
			return o.parent == s.parent && strings.HasPrefix(o.detail, "USE TEMP B-TREE")
		})
		inOrder := strings.Contains(s.detail, "INDEX") && !sorted && strings.Contains(plain, "LIMIT")
		if !inOrder {
			steps = append(steps, s.detail)
		}
	}
	return steps
}
