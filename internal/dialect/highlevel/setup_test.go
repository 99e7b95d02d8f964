package highlevel_test

import (
	"context"
	"testing"

	"github.com/foyer-crm/foyer/internal/blog"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/foyertest"
	"github.com/foyer-crm/foyer/internal/snapshot"
	"github.com/foyer-crm/foyer/internal/workflow"
)

// addSetup makes what the API cannot make: workflows, a campaign, a blog, a
// snapshot: {workflow.live}, {blog.site}, ….
func addSetup(t *testing.T, f *foyertest.F) {
	t.Helper()
	by := crm.Actor{LocationID: f.Credentials.LocationID, Origin: "test"}
	made := map[string]string{}
	err := f.DB.Write(context.Background(), by.LocationID, func(ctx context.Context, tx *db.Tx) error {
		for _, w := range []struct{ name, kind, title, status string }{
			{"workflow.live", workflow.Flow, "Welcome", workflow.Published}, {"workflow.draft", workflow.Flow, "Later", workflow.Draft},
			{"campaign.live", workflow.Campaign, "Spring", workflow.Published},
		} {
			it, err := workflow.Add(ctx, tx, by, workflow.Workflow{Kind: w.kind, Name: w.title, Status: w.status})
			if err != nil {
				return err
			}
			made[w.name] = it.ID
		}
		site, err := blog.AddSite(ctx, tx, by, "House News", "")
		if err != nil {
			return err
		}
		author, err := blog.AddAuthor(ctx, tx, by, "Ana Lang", "https://x.example/ana")
		if err != nil {
			return err
		}
		category, err := blog.AddCategory(ctx, tx, by, "Good Homes", "", "")
		if err != nil {
			return err
		}
		s, err := snapshot.Take(ctx, tx, by, "Start")
		if err != nil {
			return err
		}
		made["blog.site"], made["blog.author"], made["blog.category"], made["snapshot.id"] = site.ID, author.ID, category.ID, s.ID
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, id := range made {
		f.Vars[name] = id
	}
}
