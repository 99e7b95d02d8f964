package crm

import (
	"context"

	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
)

// LockContact gives a contact, by its id or that of one that was merged into it,
// and holds it until the transaction ends: what two commands must not both make
// for one contact is made behind this. NotFound if it is not there.
func LockContact(ctx context.Context, tx *db.Tx, locationID, contactID string) (*Contact, error) {
	return locked(ctx, tx, locationID, contactID)
}

// Found gives the subquery, in SQL, for the numbers of the contacts that have
// the words a person typed, and the value of its one mark; "" if nobody can.
func Found(ctx context.Context, tx *db.Tx, locationID, text, mark string) (subquery, words string, err error) {
	words, err = searchQuery(ctx, tx, locationID, text, false)
	if err != nil || words == "" {
		return "", "", err
	}
	return foundBy(mark), words, nil
}

// Common reports whether very many contacts may have the words that a person typed,
// so that on PostgreSQL it is better asked of each of some contacts whether it Has
// them.
func Common(tx *db.Tx, text string) bool {
	return tx.Kind() == db.Postgres && common(text, false)
}

// Has gives the condition, for PostgreSQL, that the contact with a number has words
// as Found gives them.
func Has(number, mark string) string {
	return "(SELECT words @@ " + mark + "::tsquery FROM contact_search WHERE location_id = $1 AND contact_search.number = " + number + ")"
}

// recordTables are the tables of the things that an association can speak of, by
// the key of the thing.
var recordTables = map[string]string{"contact": "contacts", "opportunity": "opportunities", "business": "businesses"}

// RecordID gives the id that a record of an object has now: a contact's is
// another one since it was merged. NotFound unless the location has the record
// of an object that Foyer keeps; the records of other objects are not its to
// know.
func RecordID(ctx context.Context, tx *db.Tx, locationID, objectKey, recordID string) (id string, err error) {
	table, known := recordTables[objectKey]
	switch {
	case objectKey == "contact":
		id, err = existing(ctx, tx, locationID, recordID)
		if errs.Is(err, errs.NotFound) {
			err = noRecord()
		}
		return id, err
	case !known:
		return recordID, nil
	}
	found, err := tx.Get(ctx, []any{&id}, "SELECT id FROM "+table+" WHERE location_id = $1 AND id = $2 /*postgres FOR KEY SHARE*/", locationID, recordID)
	if err == nil && !found {
		err = noRecord()
	}
	return id, err
}

func noRecord() error { return errs.New(errs.NotFound, "Record not found") }

// dropRelations ends the relations of records of an object: ids selects them,
// with $1 for the location and $2 for id.
func dropRelations(ctx context.Context, tx *db.Tx, locationID, objectKey, ids, id string) error {
	for _, side := range []string{"first", "second"} {
		statement := "DELETE FROM relations WHERE location_id = $1 AND " + side + "_record_id IN (" + ids + ")" +
			" AND association_id IN (SELECT k.id FROM associations k WHERE k.location_id = $1 AND k." + side + "_object_key = $3)"
		if err := tx.Do(ctx, statement, locationID, id, objectKey); err != nil {
			return err
		}
	}
	return nil
}
