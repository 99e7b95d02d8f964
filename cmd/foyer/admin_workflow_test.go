package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/foyer-crm/foyer/internal/app"
	setup "github.com/foyer-crm/foyer/internal/snapshot"
)

// What has no page yet is made on the command line, and another location is set
// up with it.
func TestAdministeringWorkflowsCampaignsBlogsAndSnapshots(t *testing.T) {
	stores(t, func(t *testing.T, where []string) {
		with := func(args ...string) []string { return append(args, where...) }
		c := mustJSON[app.Credentials](t, with("admin", "bootstrap")...)
		definition := filepath.Join(t.TempDir(), "d.json")
		if err := os.WriteFile(definition, []byte("name: x\ntriggers: [{on: event, events: [contact.created]}]\nsteps:\n- {do: sms, body: Hello}\n- {do: wait, for: 1d}\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		w := mustJSON[workflowLine](t, with("admin", "workflow", "create", "Welcome", "--definition", definition)...)
		if w.Status != "draft" || w.LocationID != c.LocationID || len(w.Definition.Steps) != 2 {
			t.Errorf("%+v", w)
		}
		if set := mustJSON[workflowLine](t, with("admin", "workflow", "set", w.ID, "published")...); set.Status != "published" || set.PublishedVersion != 1 {
			t.Errorf("%+v", set)
		}
		refused(t, "A workflow of this name exists already", with("admin", "workflow", "create", "Welcome")...)
		refused(t, "Campaign not found", with("admin", "campaign", "set", w.ID, "draft")...)
		refused(t, "a campaign cannot webhook", with("admin", "campaign", "create", "Odd", "--definition", badDefinition(t))...)
		if m := mustJSON[workflowLine](t, with("admin", "campaign", "create", "Spring", "--publish")...); m.Status != "published" || m.Kind != "campaign" {
			t.Errorf("%+v", m)
		}
		if rows := tabled(t, "ID NAME STATUS VERSION STEPS", with("admin", "workflow", "list")...); len(rows) != 1 || rows[0][1] != "Welcome" {
			t.Errorf("%v", rows)
		}
		if site := mustJSON[blogLine](t, with("admin", "blog", "site", "House News")...); site.Path != "/blog/"+c.LocationID+"/house-news" {
			t.Errorf("%+v", site)
		}
		refused(t, "The address is taken", with("admin", "blog", "site", "House  news!")...)
		mustJSON[blogLine](t, with("admin", "blog", "author", "Ana")...)
		mustJSON[blogLine](t, with("admin", "blog", "category", "Homes", "--slug", "good homes")...)

		s := mustJSON[snapshotLine](t, with("admin", "snapshot", "take", "Start")...)
		other := mustJSON[locationLine](t, with("admin", "location", "create", "Second")...)
		done := mustJSON[setup.Applied](t, with("admin", "snapshot", "apply", s.ID, other.ID)...)
		if done.Made["workflows"] != 2 {
			t.Errorf("%+v", done)
		}
		if again := mustJSON[setup.Applied](t, with("admin", "snapshot", "apply", s.ID, other.ID)...); again.Made["workflows"] != 0 || again.Kept["workflows"] != 2 {
			t.Errorf("applied again: %+v", again)
		}
		if list := mustJSON[[]workflowLine](t, with("admin", "workflow", "list", "--location", other.ID)...); len(list) != 1 || list[0].Name != "Welcome" || list[0].ID == w.ID || len(list[0].Definition.Steps) != 2 {
			t.Errorf("%+v", list)
		}
		if list := mustJSON[[]snapshotLine](t, with("admin", "snapshot", "list")...); len(list) != 1 || list[0].ID != s.ID {
			t.Errorf("%+v", list)
		}
		refused(t, "Snapshot not found", with("admin", "snapshot", "apply", "none", other.ID)...)
	})
}

func badDefinition(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "bad.json")
	if err := os.WriteFile(file, []byte(`{"name": "x", "kind": "workflow", "steps": [{"do": "webhook", "url": "https://x.example"}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}
