package crm_test

import (
	"context"
	"sync"
	"testing"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/foyertest"
)

// deals is a location with a pipeline of two stages and somebody to deal with.
func deals(t *testing.T, f *foyertest.F) (by crm.Actor, p *crm.Pipeline, c *crm.Contact) {
	t.Helper()
	by = actor(f)
	err := f.DB.Write(context.Background(), by.LocationID, func(ctx context.Context, tx *db.Tx) (err error) {
		if p, err = crm.AddPipeline(ctx, tx, by, crm.Pipeline{Name: "Buyers", Stages: []crm.Stage{{Name: "New"}, {Name: "Shown"}}}); err != nil {
			return err
		}
		saved, err := crm.SaveContact(ctx, tx, by, crm.Save{Input: person("Ana", "", "ana@x.example", "")})
		if err == nil {
			c = saved.Contact
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return by, p, c
}

// Of many that are made at once a contact has one opportunity in a pipeline.
func TestAContactHasOneOpportunityInAPipeline(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		by, p, c := deals(t, f)
		name := "flat"
		var wg sync.WaitGroup
		var mu sync.Mutex
		made := 0
		for range 20 {
			wg.Go(func() {
				err := f.DB.Write(context.Background(), by.LocationID, func(ctx context.Context, tx *db.Tx) error {
					_, err := crm.AddOpportunity(ctx, tx, by, crm.OpportunityChange{Name: &name, ContactID: &c.ID, PipelineID: &p.ID}, false)
					return err
				})
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					made++
				} else if !errs.Is(err, errs.Conflict) {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if made != 1 {
			t.Errorf("%d were made", made)
		}
	})
}

// Each date says when that changed, and nothing else moves it.
func TestTheDatesOfAnOpportunityFollowWhatChanged(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		by, p, c := deals(t, f)
		name, more, won, second := "flat", "house", "won", p.Stages[1].ID
		var o *crm.Opportunity
		change := func(to crm.OpportunityChange) (before, after crm.Opportunity) {
			t.Helper()
			before = *o
			err := f.DB.Write(context.Background(), by.LocationID, func(ctx context.Context, tx *db.Tx) (err error) {
				o, err = crm.ChangeOpportunity(ctx, tx, by, before.ID, to)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			return before, *o
		}
		err := f.DB.Write(context.Background(), by.LocationID, func(ctx context.Context, tx *db.Tx) (err error) {
			o, err = crm.AddOpportunity(ctx, tx, by, crm.OpportunityChange{Name: &name, ContactID: &c.ID, PipelineID: &p.ID}, false)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if o.StageID != p.Stages[0].ID || o.Status != "open" {
			t.Errorf("it begins in %s as %s", o.StageID, o.Status)
		}
		if was, is := change(crm.OpportunityChange{Name: &more}); is.StageChangedAt != was.StageChangedAt || is.StatusChangedAt != was.StatusChangedAt || !is.UpdatedAt.After(was.UpdatedAt) {
			t.Errorf("a new name: %+v, was %+v", is, was)
		}
		if was, is := change(crm.OpportunityChange{StageID: &second}); is.StageChangedAt.Before(was.StageChangedAt) || is.StageID != second || is.StatusChangedAt != was.StatusChangedAt {
			t.Errorf("a new stage: %+v, was %+v", is, was)
		}
		if was, is := change(crm.OpportunityChange{Status: &won}); is.StageChangedAt != was.StageChangedAt || is.StatusChangedAt.Before(was.StatusChangedAt) || is.Status != won {
			t.Errorf("a new status: %+v, was %+v", is, was)
		}
		if was, is := change(crm.OpportunityChange{Status: &won}); is.Version != was.Version {
			t.Error("a change of nothing is one")
		}
		f.Read(t, func(ctx context.Context, tx *db.Tx) error {
			list, err := crm.EventsSince(ctx, tx, by.LocationID, "", "opportunity.updated", 10)
			if len(list) != 3 || list[1].Data.Changes[0].Field != "pipelineStageId" || list[2].Data.Changes[0].Field != "status" {
				t.Errorf("what happened: %+v", list)
			}
			return err
		})
	})
}
