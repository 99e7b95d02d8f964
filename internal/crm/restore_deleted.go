package crm

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
)

// RestoreDeleted brings back a note, a task, an opportunity, a property or a
// requirement that was deleted, by the event of its deletion, as it was. NotFound if there is no such event of the contact,
// Conflict if it is back already.
func RestoreDeleted(ctx context.Context, tx *db.Tx, by Actor, contactID, eventID string) error {
	c, err := locked(ctx, tx, by.LocationID, contactID)
	if err != nil {
		return err
	}
	e, err := events.One(ctx, tx, "WHERE location_id = $1 AND id = $2 AND contact_id = $3 AND type IN ('note.deleted', 'task.deleted', 'opportunity.deleted', 'property.deleted', 'requirement.deleted')", by.LocationID, eventID, c.ID)
	if err != nil {
		return err
	}
	if e == nil || len(e.Data.Was) == 0 {
		return errs.New(errs.NotFound, "There is nothing to bring back")
	}
	var isNew bool
	typ, data := "note.created", EventData{Text: e.Data.Text, Kind: e.Data.Kind}
	switch e.Type {
	case "opportunity.deleted":
		typ = "opportunity.created"
		isNew, err = bringBack(ctx, tx, by, c.ID, e.Data.Was)
	case "property.deleted":
		typ = "property.created"
		isNew, data.Changes, err = restoreKeyed(ctx, tx, properties, c.ID, by.LocationID, e.Data.Was)
	case "requirement.deleted":
		typ = "requirement.created"
		isNew, data.Changes, err = restoreKeyed(ctx, tx, requirements, c.ID, by.LocationID, e.Data.Was)
	case "task.deleted":
		var t Task
		if err := json.Unmarshal(e.Data.Was, &t); err != nil {
			return fmt.Errorf("reading a deleted task: %w", err)
		}
		t.LocationID, t.ContactID = by.LocationID, c.ID
		typ = "task.created"
		isNew, err = tasks.InsertIfAbsent(ctx, tx, &t)
	default:
		var n Note
		if err := json.Unmarshal(e.Data.Was, &n); err != nil {
			return fmt.Errorf("reading a deleted note: %w", err)
		}
		n.LocationID, n.ContactID = by.LocationID, c.ID
		isNew, err = notes.InsertIfAbsent(ctx, tx, &n)
	}
	if err == nil && !isNew {
		err = errs.New(errs.Conflict, "It is back already")
	}
	if err != nil {
		return err
	}
	return emit(ctx, tx, by, typ, c.ID, e.ObjectID, data)
}

// bringBack stores an opportunity again: in the first stage if its own is gone.
func bringBack(ctx context.Context, tx *db.Tx, by Actor, contactID string, was json.RawMessage) (isNew bool, err error) {
	var o Opportunity
	if err := json.Unmarshal(was, &o); err != nil {
		return false, fmt.Errorf("reading a deleted opportunity: %w", err)
	}
	o.LocationID, o.ContactID = by.LocationID, contactID
	p, err := pipelineByID(ctx, tx, by.LocationID, o.PipelineID, " /*postgres FOR SHARE*/")
	if err != nil {
		return false, err
	}
	if p.Stage(o.StageID) == nil {
		o.StageID = p.Stages[0].ID
	}
	return opportunities.InsertIfAbsent(ctx, tx, &o)
}

// LastEventOf gives the id of the newest event of a type of a contact, "" if there
// is none.
func LastEventOf(ctx context.Context, tx *db.Tx, locationID, contactID, typ string) (eventID string, err error) {
	_, err = tx.Get(ctx, []any{&eventID}, "SELECT id FROM events WHERE location_id = $1 AND id IN ("+ofContacts+"= $2) AND type = $3 ORDER BY id DESC LIMIT 1", locationID, contactID, typ)
	return eventID, err
}
