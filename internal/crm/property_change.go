package crm

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"time"

	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
)

// DataChange is what is to be said of a property or a requirement from now on: nil
// for a member takes it away, and what is not named stays. Its key stays too, so
// that a door that brings it again means the same one.
type DataChange struct {
	Set  map[string]any
	Seen time.Time // its UpdatedAt as who changes it saw it; zero to change it in any case
}

// ChangeProperty changes a property of a contact. NotFound if it is not there,
// Conflict with the code "stale" if it changed since it was seen.
func ChangeProperty(ctx context.Context, tx *db.Tx, by Actor, contactID, propertyID string, to DataChange) error {
	return changeKeyed(ctx, tx, by, properties, "property", contactID, propertyID, to)
}

// ChangeRequirement changes what a contact looks for. NotFound if it is not there,
// Conflict with the code "stale" if it changed since it was seen.
func ChangeRequirement(ctx context.Context, tx *db.Tx, by Actor, contactID, requirementID string, to DataChange) error {
	return changeKeyed(ctx, tx, by, requirements, "requirement", contactID, requirementID, to)
}

// DeleteProperty removes a property from a contact; RestoreDeleted brings it back.
// NotFound if it is not there.
func DeleteProperty(ctx context.Context, tx *db.Tx, by Actor, contactID, propertyID string) error {
	return deleteKeyed(ctx, tx, by, properties, "property", contactID, propertyID)
}

// DeleteRequirement removes what a contact looks for; RestoreDeleted brings it
// back. NotFound if it is not there.
func DeleteRequirement(ctx context.Context, tx *db.Tx, by Actor, contactID, requirementID string) error {
	return deleteKeyed(ctx, tx, by, requirements, "requirement", contactID, requirementID)
}

// ownKeyed gives a property or requirement that is to be changed.
func ownKeyed(ctx context.Context, tx *db.Tx, by Actor, table *db.Table[Property], thing, contactID, id string) (*Property, error) {
	contactID, err := existing(ctx, tx, by.LocationID, contactID)
	if err != nil {
		return nil, err
	}
	p, err := table.One(ctx, tx, "WHERE location_id = $1 AND contact_id = $2 AND id = $3 /*postgres FOR UPDATE*/", by.LocationID, contactID, id)
	if err == nil && p == nil {
		err = errs.New(errs.NotFound, "The %s is not there", thing)
	}
	return p, err
}

func changeKeyed(ctx context.Context, tx *db.Tx, by Actor, table *db.Table[Property], thing, contactID, id string, to DataChange) error {
	p, err := ownKeyed(ctx, tx, by, table, thing, contactID, id)
	if err != nil {
		return err
	}
	if !to.Seen.IsZero() && !to.Seen.Equal(p.UpdatedAt) {
		return errs.New(errs.Conflict, "Somebody changed it meanwhile").WithCode("stale")
	}
	changes := dataChanges(p.Data, to.Set)
	if len(changes) == 0 {
		return nil
	}
	next := *p
	next.Data = maps.Clone(p.Data)
	for _, c := range changes {
		if c.To == nil {
			delete(next.Data, c.Field)
		} else {
			next.Data[c.Field] = c.To
		}
	}
	return putBack(ctx, tx, by, table, thing, p, &next, changes)
}

func deleteKeyed(ctx context.Context, tx *db.Tx, by Actor, table *db.Table[Property], thing, contactID, id string) error {
	p, err := ownKeyed(ctx, tx, by, table, thing, contactID, id)
	if err != nil {
		return err
	}
	if err := table.Delete(ctx, tx, p); err != nil {
		return err
	}
	return emit(ctx, tx, by, thing+".deleted", p.ContactID, p.ID, EventData{Was: Was(p)})
}

// restoreKeyed stores a property or requirement again that was deleted.
func restoreKeyed(ctx context.Context, tx *db.Tx, table *db.Table[Property], contactID, locationID string, was json.RawMessage) (isNew bool, changes []Change, err error) {
	var p Property
	if err := json.Unmarshal(was, &p); err != nil {
		return false, nil, fmt.Errorf("reading a deleted property or requirement: %w", err)
	}
	p.LocationID, p.ContactID = locationID, contactID
	isNew, err = table.InsertIfAbsent(ctx, tx, &p)
	return isNew, dataChanges(nil, p.Data), err
}
