package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/foyer-crm/foyer/internal/app"
)

// Every recipe is listed, shown as a document that can be changed and given back,
// added as a draft, and switched on; what it was added as twice is one workflow.
func TestRecipesAreAddedOnTheCommandLine(t *testing.T) {
	type recipe struct{ Recipe, Name, Description string }
	stores(t, func(t *testing.T, where []string) {
		recipes := func(args ...string) []string {
			return append(append([]string{"admin", "workflow", "recipe"}, args...), where...)
		}
		c := mustJSON[app.Credentials](t, append([]string{"admin", "bootstrap"}, where...)...)
		all := mustJSON[[]recipe](t, "admin", "workflow", "recipe", "list")
		rows := tabled(t, "RECIPE WHAT IT DOES", "admin", "workflow", "recipe", "list")
		if len(all) != 3 || len(rows) != len(all) {
			t.Errorf("%d recipes, %d rows", len(all), len(rows))
		}
		for _, r := range all {
			text := must(t, "admin", "workflow", "recipe", "show", r.Recipe)
			if !strings.Contains(text, "name: "+r.Name) || r.Description == "" {
				t.Errorf("%s: %q, %s", r.Recipe, r.Description, text)
			}
			draft := mustJSON[workflowLine](t, recipes("add", r.Recipe, "--draft")...)
			if draft.Status != "draft" || draft.Name != r.Name || draft.LocationID != c.LocationID || len(draft.Definition.Steps) == 0 {
				t.Errorf("%s as a draft: %+v", r.Recipe, draft)
			}
			on := mustJSON[workflowLine](t, recipes("add", r.Recipe)...)
			if on.Status != "published" || on.ID != draft.ID || on.PublishedVersion == 0 {
				t.Errorf("%s: %+v", r.Recipe, on)
			}
			file := filepath.Join(t.TempDir(), "recipe.yaml")
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			must(t, "admin", "workflow", "check", file)
		}
		if list := mustJSON[[]workflowLine](t, append([]string{"admin", "workflow", "list"}, where...)...); len(list) != len(all) {
			t.Errorf("%d workflows of %d recipes", len(list), len(all))
		}
		refused(t, "none", "admin", "workflow", "recipe", "show", "none")
		refused(t, "none", recipes("add", "none")...)
	})
}
