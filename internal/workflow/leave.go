package workflow

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/jobs"
)

// leaveJob is the kind of job that deletes a workflow once nobody took it back. Its
// key is the workflow.
const leaveJob = "workflow.leave"

// leaving is a workflow that is to be deleted, and how it was published.
type leaving struct {
	By          crm.Actor
	Kind, ID    string
	Published   int64 // version; 0 for a draft
	PublishedAt time.Time
}

// DeleteLater deletes a workflow after a while. Until then it is a draft, in which
// everybody waits where they are, and Stay takes it back. NotFound if it is not
// there.
func DeleteLater(ctx context.Context, tx *db.Tx, by crm.Actor, kind, workflowID string, after time.Duration) error {
	w, err := lock(ctx, tx, by.LocationID, kind, workflowID)
	if err != nil {
		return err
	}
	going, err := Leaving(ctx, tx, by.LocationID)
	if err != nil || going[w.ID] {
		return err
	}
	l := leaving{By: by, Kind: kind, ID: w.ID, Published: w.PublishedVersion, PublishedAt: w.PublishedAt}
	if w.Status == Published {
		if _, err := SetStatus(ctx, tx, by, kind, w.ID, Draft); err != nil {
			return err
		}
	} else if err := crm.Emit(ctx, tx, by, kind+".leaving", "", w.ID, crm.EventData{Text: crm.Excerpt(w.Name)}); err != nil {
		return err
	}
	return jobs.Add(ctx, tx, jobs.Job{LocationID: by.LocationID, Kind: leaveJob, Unique: w.ID, Args: l, RunAt: tx.Now().Add(after)})
}

// Stay takes back what DeleteLater was to do: a workflow that was published is so
// again, in the same version, and everybody goes on. Conflict if it is deleted
// already.
func Stay(ctx context.Context, tx *db.Tx, by crm.Actor, workflowID string) error {
	waiting, err := jobs.Waiting(ctx, tx, by.LocationID, leaveJob)
	if err != nil {
		return err
	}
	was, err := jobs.Cancel(ctx, tx, by.LocationID, leaveJob, workflowID)
	if err == nil && (!was || waiting[workflowID] == nil) {
		err = errs.New(errs.Conflict, "It is deleted already").WithCode("deleted")
	}
	if err != nil {
		return err
	}
	var l leaving
	if err := json.Unmarshal(waiting[workflowID], &l); err != nil {
		return fmt.Errorf("reading which workflow is to be deleted: %w", err)
	}
	w, err := lock(ctx, tx, by.LocationID, l.Kind, workflowID)
	if err != nil || w.Status == Published || l.Published == 0 {
		return err
	}
	w.Status, w.PublishedVersion, w.PublishedAt, w.UpdatedAt = Published, l.Published, l.PublishedAt, tx.Now()
	if err := workflows.Update(ctx, tx, w); err != nil {
		return err
	}
	if err := w.wind(ctx, tx); err != nil {
		return err
	}
	if err := w.pause(ctx, tx, false); err != nil {
		return err
	}
	return crm.Emit(ctx, tx, by, w.Kind+".updated", "", w.ID, crm.EventData{Text: crm.Excerpt(w.Name), Changes: []crm.Change{{Field: "status", From: Draft, To: Published}}})
}

// Leaving gives the workflows of a location that DeleteLater is going to delete.
func Leaving(ctx context.Context, tx *db.Tx, locationID string) (map[string]bool, error) {
	waiting, err := jobs.Waiting(ctx, tx, locationID, leaveJob)
	all := map[string]bool{}
	for id := range waiting {
		all[id] = true
	}
	return all, err
}

// leave deletes a workflow whose time has come, unless somebody published it
// meanwhile.
func (g *Engine) leave(ctx context.Context, run jobs.Run) error {
	var l leaving
	if err := json.Unmarshal(run.Args, &l); err != nil {
		return fmt.Errorf("reading which workflow is to be deleted: %w", err)
	}
	err := g.db.Write(ctx, run.LocationID, func(ctx context.Context, tx *db.Tx) error {
		w, err := lock(ctx, tx, run.LocationID, l.Kind, l.ID)
		if err != nil || w.Status == Published {
			return err
		}
		return Delete(ctx, tx, l.By, l.Kind, w.ID)
	})
	if errs.Is(err, errs.NotFound) {
		return nil
	}
	return err
}
