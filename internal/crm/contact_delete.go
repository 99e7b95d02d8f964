package crm

import (
	"context"

	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
)

// contactTables lists every table whose rows belong to a contact and go with
// it. A test holds the list against the schema. Events, the import log and
// notifications are not here: they say what happened, and it did.
var contactTables = []string{"notes", "tasks", "activities", "properties", "requirements", "links", "contact_aliases",
	"conversations", "messages", "message_emails", "message_files", "typing", "enrolments"}

// DeleteContact removes a contact with everything that belongs to it. NotFound
// if it is not there.
func DeleteContact(ctx context.Context, tx *db.Tx, by Actor, contactID string) error {
	c, err := contacts.One(ctx, tx, "WHERE location_id = $1 AND id = $2 /*postgres FOR UPDATE*/", by.LocationID, contactID)
	if err != nil {
		return err
	}
	if c == nil {
		return errs.New(errs.NotFound, "Contact not found")
	}
	keys := keysOf(c, KeyEmail, KeyPhone, KeyAgent)
	external, err := Links(ctx, tx, by.LocationID, contactID)
	if err != nil {
		return err
	}
	for _, l := range external {
		if k := linkKey(l.Origin, l.Scope, l.ExternalID); k != "" {
			keys = append(keys, k)
		}
	}
	if err := release(ctx, tx, by.LocationID, contactID, keys); err != nil {
		return err
	}
	for _, table := range contactTables {
		if err := tx.Do(ctx, "DELETE FROM "+table+" WHERE location_id = $1 AND contact_id = $2", by.LocationID, contactID); err != nil {
			return err
		}
	}
	if err := tx.Do(ctx, "DELETE FROM duplicate_pairs WHERE location_id = $1 AND (contact_id = $2 OR other_contact_id = $2)", by.LocationID, contactID); err != nil {
		return err
	}
	if err := tx.Do(ctx, "DELETE FROM relations WHERE location_id = $1 AND (first_record_id = $2 OR second_record_id = $2)", by.LocationID, contactID); err != nil {
		return err
	}
	if err := tx.Do(ctx, "DELETE FROM contacts WHERE location_id = $1 AND id = $2", by.LocationID, contactID); err != nil {
		return err
	}
	index(tx, c, nil)
	_, err = emit(ctx, tx, by, "contact.deleted", contactID, "", EventData{})
	return err
}
