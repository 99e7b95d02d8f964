package crm

import (
	"context"

	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
)

// LockContact gives a contact and holds it until the transaction ends: what two
// commands must not both make for one contact is made behind this. NotFound if
// it is not there.
func LockContact(ctx context.Context, tx *db.Tx, locationID, contactID string) (*Contact, error) {
	return one(ctx, tx, "WHERE location_id = $1 AND id = $2 /*postgres FOR UPDATE*/", locationID, contactID)
}

// Found gives the subquery, in SQL, for the numbers of the contacts that have
// the words a person typed, and the value of its one mark; "" if nobody can.
func Found(ctx context.Context, tx *db.Tx, locationID, text, mark string) (subquery, words string, err error) {
	words, err = searchQuery(ctx, tx, locationID, text)
	if err != nil || words == "" {
		return "", "", err
	}
	return foundBy(mark), words, nil
}

// recordTables are the tables of the things that an association can speak of, by
// the key of the thing.
var recordTables = map[string]string{"contact": "contacts"}

// RecordExists gives NotFound unless the location has the record of an object:
// a contact. The records of other objects are not Foyer's to know.
func RecordExists(ctx context.Context, tx *db.Tx, locationID, objectKey, recordID string) error {
	table, known := recordTables[objectKey]
	if !known {
		return nil
	}
	var id string
	found, err := tx.Get(ctx, []any{&id}, "SELECT id FROM "+table+" WHERE location_id = $1 AND id = $2", locationID, recordID)
	if err == nil && !found {
		err = errs.New(errs.NotFound, "Record not found")
	}
	return err
}
