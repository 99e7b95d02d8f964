package crm

import (
	"context"

	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
)

// TakeBack undoes a change of a contact, named by its event: its fields are again
// what they were, but for those that somebody changed since, which it gives. It
// is a change itself, and can be taken back. NotFound if there is no such event
// of the contact, Conflict if nothing of it could be undone.
func TakeBack(ctx context.Context, tx *db.Tx, by Actor, contactID, eventID string) (kept []Change, err error) {
	c, err := locked(ctx, tx, by.LocationID, contactID)
	if err != nil {
		return nil, err
	}
	e, err := events.One(ctx, tx, "WHERE location_id = $1 AND id = $2 AND contact_id = $3 AND type = 'contact.updated'", by.LocationID, eventID, c.ID)
	if err != nil {
		return nil, err
	}
	if e == nil {
		return nil, errs.New(errs.NotFound, "There is no such change")
	}
	next, back, kept := takeBack(c, e.Data.Changes)
	if len(back) == 0 {
		return kept, errs.New(errs.Conflict, "Somebody changed this again since").WithCode("changed")
	}
	if err := put(ctx, tx, by, c, next, back); err != nil {
		return nil, err
	}
	// e-mails and phones that are back mean the contact again, behind whoever took
	// them since
	keys := keysOf(next, everyKey...)
	owner, err := owners(ctx, tx, by.LocationID, keys)
	if err != nil {
		return nil, err
	}
	_, err = claim(ctx, tx, next, keys, nil, owner)
	return kept, err
}

// LastChange gives the id of the newest change of a contact's fields, "" if there
// is none.
func LastChange(ctx context.Context, tx *db.Tx, locationID, contactID string) (eventID string, err error) {
	return LastEventOf(ctx, tx, locationID, contactID, "contact.updated")
}
