package crm

import (
	"context"

	"github.com/foyer-crm/foyer/internal/db"
)

// itsIDs are the ids of the contact $2: its own, and those merged into it.
const itsIDs = "SELECT $2 UNION ALL SELECT a.id FROM contact_aliases a WHERE a.location_id = $1 AND a.contact_id = $2"

// DeleteContact removes a contact with everything that belongs to it, the ids
// of those that were merged into it included. NotFound if it is not there.
func DeleteContact(ctx context.Context, tx *db.Tx, by Actor, contactID string) error {
	c, err := locked(ctx, tx, by.LocationID, contactID)
	if err != nil {
		return err
	}
	return remove(ctx, tx, by, c, EventData{Was: Was(c)})
}

// remove is DeleteContact for a contact that is locked. data is what the event of
// it says.
func remove(ctx context.Context, tx *db.Tx, by Actor, c *Contact, data EventData) error {
	if err := by.mayWrite(); err != nil {
		return err
	}
	contactID := c.ID
	keys, err := allKeys(ctx, tx, c)
	if err != nil {
		return err
	}
	if err := release(ctx, tx, by.LocationID, contactID, keys); err != nil {
		return err
	}
	if err := dropRelations(ctx, tx, by.LocationID, "contact", itsIDs, contactID); err != nil {
		return err
	}
	if err := dropRelations(ctx, tx, by.LocationID, "opportunity", "SELECT o.id FROM opportunities o WHERE o.location_id = $1 AND o.contact_id = $2", contactID); err != nil {
		return err
	}
	for _, table := range contactTables() {
		if err := tx.Do(ctx, "DELETE FROM "+table.name+" WHERE location_id = $1 AND contact_id = $2", by.LocationID, contactID); err != nil {
			return err
		}
	}
	for _, statement := range []string{
		// what it takes to undo a merge is of the person too, and nothing can be undone any more
		"UPDATE merges SET data = '{}' WHERE location_id = $1 AND contact_id IN (" + itsIDs + ")",
		"DELETE FROM duplicate_pairs WHERE location_id = $1 AND (contact_id IN (" + itsIDs + ") OR other_contact_id IN (" + itsIDs + "))",
		"DELETE FROM contact_aliases WHERE location_id = $1 AND contact_id = $2",
	} {
		if err := tx.Do(ctx, statement, by.LocationID, contactID); err != nil {
			return err
		}
	}
	if err := tx.Do(ctx, "DELETE FROM contacts WHERE location_id = $1 AND id = $2", by.LocationID, contactID); err != nil {
		return err
	}
	index(tx, c, nil)
	err = emit(ctx, tx, by, "contact.deleted", contactID, "", data)
	return err
}
