package ui_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/demo"
	"github.com/foyer-crm/foyer/internal/foyertest"
	"github.com/foyer-crm/foyer/internal/ui"
)

// agency gives a Foyer with the demo's people and their work.
func agency(t *testing.T) *foyertest.F {
	t.Helper()
	f := foyertest.New(t)
	agents := []string{f.AddUser(t, "dana", "dana@saguaro.example", "Dana", "Whitfield").ID, f.AddUser(t, "marco", "marco@saguaro.example", "Marco", "Bianchi").ID, f.AddUser(t, "priya", "priya@saguaro.example", "Priya", "Nair").ID}
	at := f.Credentials.LocationID
	if err := demo.Automate(t.Context(), f.App, at); err != nil {
		t.Fatal(err)
	}
	if err := demo.Past(t.Context(), f.App, at, agents); err != nil {
		t.Fatal(err)
	}
	if _, err := demo.Fill(t.Context(), f.URL, f.Credentials, "priya@saguaro.example"); err != nil {
		t.Fatal(err)
	}
	if err := demo.Week(t.Context(), f.App, at, agents); err != nil {
		t.Fatal(err)
	}
	return f
}

// addresses gives the address of every page: those outside of locations, and those
// of the location with one of each thing that they are about.
func addresses(t *testing.T, f *foyertest.F) (all []string) {
	t.Helper()
	one := map[string]string{"location": f.Credentials.LocationID, "field": "type"}
	f.Read(t, func(ctx context.Context, tx *db.Tx) error {
		list, _, err := crm.Contacts(ctx, tx, f.Credentials.LocationID, crm.Query{Limit: 3}, false)
		if err == nil {
			one["contact"] = list[2].ID
		}
		return err
	})
	all = []string{"/signin", "/apps", "/apps/new", "/notifications", "/docs/api", "/in/" + one["location"] + "/contacts/nobody"}
	for _, s := range ui.Screens() {
		if s.Method != "GET" {
			continue
		}
		var parts []string
		for part := range strings.SplitSeq(s.Path, "/") {
			if name, is := strings.CutPrefix(part, "{"); is {
				name = strings.TrimSuffix(name, "}")
				if part = one[name]; part == "" {
					t.Errorf("the tour knows no %s to show at %s", name, s.Path)
				}
			}
			parts = append(parts, part)
		}
		if path := strings.Join(parts, "/"); !slices.ContainsFunc(pieces, func(s string) bool { return strings.Contains(path, s) }) {
			all = append(all, path)
		}
	}
	return all
}

// pieces mark the addresses of what is a part of a page only.
var pieces = []string{"/cell/", "/find"}
