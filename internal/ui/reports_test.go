package ui_test

import (
	"context"
	"encoding/csv"
	"strings"
	"testing"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/foyertest"
	"github.com/foyer-crm/foyer/internal/report"
)

// told has the reader of the reports read all that happened.
func told(t *testing.T, f *foyertest.F) {
	t.Helper()
	var events []crm.Event
	f.Read(t, func(ctx context.Context, tx *db.Tx) (err error) {
		events, err = crm.EventsBetween(ctx, tx, f.Credentials.LocationID, "", "~", 10_000)
		return err
	})
	if err := report.Reader(f.DB)(t.Context(), f.Credentials.LocationID, events, func(context.Context) error { return nil }); err != nil {
		t.Fatal(err)
	}
}

// A report counts those that its filter asks for, the file says the same as the
// page, and who sees only their own contacts is told of no others.
func TestReportsCountWhatIsAskedFor(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		admin := f.SignIn(t, f.Vars["user.email"])
		mine, assigned := person(t, f, "asa", map[string]bool{crm.AssignedOnly: true})
		for i, source := range []string{"Zillow", "Zillow", "=cmd()", ""} {
			c := crm.Contact{FirstName: "Lead", LastName: string(rune('A' + i)), Source: source}
			if i == 0 {
				c.AssignedTo = mine.ID
			}
			add(t, f, c)
		}
		told(t, f)
		at := "/in/" + f.Credentials.LocationID + "/reports"
		for _, c := range []struct{ who, cookie, query, want string }{
			{"admin", admin, "", "4 <small>leads in 30 days"},
			{"admin", admin, "?source=Zillow&days=7", "2 <small>leads in 7 days"},
			{"admin", admin, "?source=none", "1 <small>leads"},
			{"admin", admin, "?owner=none", "3 <small>leads"},
			{"assigned", assigned, "", "1 <small>leads"},
			{"assigned", assigned, "?owner=none", "1 <small>leads"},
			{"assigned", assigned, "?owner=" + f.Vars["user.id"], "1 <small>leads"},
		} {
			status, page := send(t, f, "GET", at+c.query, c.cookie, "")
			if status != 200 || !strings.Contains(page, c.want) {
				t.Errorf("%s%s: %d, without %q", c.who, c.query, status, c.want)
			}
			if c.who == "assigned" && strings.Contains(page, "cmd()") {
				t.Errorf("%s: another's source", c.query)
			}
		}
		_, file := send(t, f, "GET", at+"/csv?what=conversion", admin, "")
		rows, err := csv.NewReader(strings.NewReader(file)).ReadAll()
		if err != nil || len(rows) != 4 || strings.Join(rows[1], ",") != "Zillow,2,0,0.0 %" {
			t.Errorf("the file: %v %v", rows, err)
		}
		for _, row := range rows {
			if strings.HasPrefix(row[0], "=") {
				t.Errorf("a formula: %v", row)
			}
		}
	})
}
