package workflow

import (
	"context"
	"time"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
)

// Enrolment is a contact in a workflow or campaign.
type Enrolment struct {
	LocationID string
	ID         string
	WorkflowID string
	ContactID  string
	Kind       string // of the workflow
	Status     string // Active, Removed, Finished
	Step       int64  // that comes next, from 0 on
	DueAt      time.Time
	EventAt    time.Time // the moment that steps can count from; zero for none
	CreatedAt  time.Time
	UpdatedAt  time.Time
}

// The states of an enrolment.
const (
	Active   = "active"
	Removed  = "removed"
	Finished = "finished"
)

var enrolments = db.NewTable("enrolments", []string{"location_id", "id"}, func(e *Enrolment) []db.Column {
	return []db.Column{
		{Name: "location_id", At: &e.LocationID}, {Name: "id", At: &e.ID}, {Name: "workflow_id", At: &e.WorkflowID, Fixed: true}, {Name: "contact_id", At: &e.ContactID, Fixed: true},
		{Name: "kind", At: &e.Kind, Fixed: true}, {Name: "status", At: &e.Status}, {Name: "step", At: &e.Step}, {Name: "due_at", At: db.Millis(&e.DueAt)},
		{Name: "event_at", At: db.Millis(&e.EventAt)}, {Name: "created_at", At: db.Millis(&e.CreatedAt), Fixed: true}, {Name: "updated_at", At: db.Millis(&e.UpdatedAt)},
	}
})

// Enrol puts a contact into a workflow or campaign, to begin at its first step.
// One that is in it stays where it is. NotFound if either is not there, Conflict
// if the workflow is not published.
func Enrol(ctx context.Context, tx *db.Tx, by crm.Actor, kind, workflowID, contactID string, eventAt time.Time) (*Enrolment, error) {
	contact, err := crm.LockContact(ctx, tx, by.LocationID, contactID)
	if err != nil {
		return nil, err
	}
	contactID = contact.ID
	w, err := ByID(ctx, tx, by.LocationID, kind, workflowID)
	if err != nil {
		return nil, err
	}
	if w.Status != Published {
		return nil, errs.New(errs.Conflict, "The %s is not published", kind)
	}
	active, err := activeOf(ctx, tx, by.LocationID, kind, contactID, workflowID)
	if err != nil || len(active) > 0 {
		if err != nil {
			return nil, err
		}
		return &active[0], nil
	}
	e := &Enrolment{LocationID: by.LocationID, ID: tx.NewID(), WorkflowID: w.ID, ContactID: contactID, Kind: kind, Status: Active, DueAt: tx.Now(), EventAt: eventAt, CreatedAt: tx.Now(), UpdatedAt: tx.Now()}
	if err := enrolments.Insert(ctx, tx, e); err != nil {
		return nil, err
	}
	err = crm.Emit(ctx, tx, by, kind+".enrolled", contactID, e.ID, crm.EventData{Kind: w.ID, Text: crm.Excerpt(w.Name)})
	return e, err
}

// Remove takes a contact out of a workflow or campaign, or out of all of a kind
// for "". Who is in none is not an error. NotFound if the contact or the
// workflow is not there.
func Remove(ctx context.Context, tx *db.Tx, by crm.Actor, kind, workflowID, contactID string) error {
	contact, err := crm.LockContact(ctx, tx, by.LocationID, contactID)
	if err != nil {
		return err
	}
	contactID = contact.ID
	if workflowID != "" {
		if _, err := ByID(ctx, tx, by.LocationID, kind, workflowID); err != nil {
			return err
		}
	}
	active, err := activeOf(ctx, tx, by.LocationID, kind, contactID, workflowID)
	if err != nil {
		return err
	}
	for i := range active {
		e := &active[i]
		e.Status, e.UpdatedAt = Removed, tx.Now()
		if err := enrolments.Update(ctx, tx, e); err != nil {
			return err
		}
		if err := crm.Emit(ctx, tx, by, kind+".removed", contactID, e.ID, crm.EventData{Kind: e.WorkflowID}); err != nil {
			return err
		}
	}
	return nil
}

func activeOf(ctx context.Context, tx *db.Tx, locationID, kind, contactID, workflowID string) ([]Enrolment, error) {
	return enrolments.All(ctx, tx, "WHERE location_id = $1 AND contact_id = $2 AND kind = $3 AND status = 'active' AND ($4 = '' OR workflow_id = $4) ORDER BY id /*postgres FOR UPDATE*/",
		locationID, contactID, kind, workflowID)
}

// Enrolments gives a contact's enrolments of a kind, past ones too, the oldest
// first.
func Enrolments(ctx context.Context, tx *db.Tx, locationID, kind, contactID string) ([]Enrolment, error) {
	return enrolments.All(ctx, tx, "WHERE location_id = $1 AND contact_id = $2 AND kind = $3 ORDER BY id", locationID, contactID, kind)
}
