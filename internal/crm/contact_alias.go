package crm

import (
	"context"

	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
)

// An alias is the id and number of a contact that was merged into another: they
// mean that one from then on, in one step also where it was merged again.
type alias struct {
	LocationID string
	ID         string
	Number     int64
	ContactID  string // who is meant now
	MergeID    string
}

var aliases = db.NewTable("contact_aliases", []string{"location_id", "id"}, func(a *alias) []db.Column {
	return []db.Column{
		{Name: "location_id", At: &a.LocationID}, {Name: "id", At: &a.ID}, {Name: "number", At: &a.Number},
		{Name: "contact_id", At: &a.ContactID}, {Name: "merge_id", At: &a.MergeID},
	}
})

// current is the id that a contact has now, in a statement whose $1 is the
// location and whose $2 is an id that the contact has or had. COALESCE stands within:
// around the subquery, PostgreSQL would not look it up behind row-level security,
// but read all contacts.
const current = "(SELECT COALESCE(MAX(a.contact_id), $2) FROM contact_aliases a WHERE a.location_id = $1 AND a.id = $2)"

// locked gives a contact that is to be changed, by an id that it has or had.
// NotFound if there is none.
func locked(ctx context.Context, tx *db.Tx, locationID, contactID string) (*Contact, error) {
	c, err := contacts.One(ctx, tx, "WHERE location_id = $1 AND id = "+current+" /*postgres FOR UPDATE*/", locationID, contactID)
	if err == nil && c == nil {
		err = missing(ctx, tx, locationID, contactID)
	}
	return c, err
}

// existing gives the id that a contact has now, and keeps the contact from
// being deleted or merged before the transaction ends. NotFound if there is none.
func existing(ctx context.Context, tx *db.Tx, locationID, contactID string) (now string, err error) {
	found, err := tx.Get(ctx, []any{&now}, "SELECT id FROM contacts WHERE location_id = $1 AND id = "+current+" /*postgres FOR KEY SHARE*/", locationID, contactID)
	if err == nil && !found {
		err = missing(ctx, tx, locationID, contactID)
	}
	return now, err
}

// missing is the error for a contact that was not found: a lost race if it was
// merged while a statement waited for it, because the next one finds it.
func missing(ctx context.Context, tx *db.Tx, locationID, contactID string) error {
	now, err := meant(ctx, tx, locationID, contactID)
	if err != nil {
		return err
	}
	if now != contactID {
		return db.ErrLostRace
	}
	return errs.New(errs.NotFound, "Contact not found")
}

// meant gives the id of the contact that an id means now; an id that was never
// merged means itself, whether or not there is a contact.
func meant(ctx context.Context, tx *db.Tx, locationID, contactID string) (now string, err error) {
	_, err = tx.Get(ctx, []any{&now}, "SELECT "+current, locationID, contactID)
	return now, err
}

// Meant gives the id of the contact that an id means: another one if its contact
// was merged, and itself otherwise, whether or not there is a contact.
func Meant(ctx context.Context, tx *db.Tx, locationID, contactID string) (string, error) {
	return meant(ctx, tx, locationID, contactID)
}

// lives gives all ids of a contact: the one it has, and those of the contacts
// that were merged into it.
func lives(ctx context.Context, tx *db.Tx, locationID, contactID string) (ids []string, err error) {
	const all = `SELECT ` + current + ` UNION ALL SELECT id FROM contact_aliases WHERE location_id = $1 AND contact_id = ` + current
	return tx.Texts(ctx, all, locationID, contactID)
}
