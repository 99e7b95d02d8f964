package crm

import (
	"context"
	"strings"

	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
)

// ContactByID gives a contact of a location. NotFound if it is not there.
func ContactByID(ctx context.Context, tx *db.Tx, locationID, contactID string) (*Contact, error) {
	return one(ctx, tx, "WHERE location_id = $1 AND id = $2", locationID, contactID)
}

// ContactByNumber gives a contact by its number. NotFound if it is not there.
func ContactByNumber(ctx context.Context, tx *db.Tx, locationID string, number int64) (*Contact, error) {
	return one(ctx, tx, "WHERE location_id = $1 AND number = $2", locationID, number)
}

func one(ctx context.Context, tx *db.Tx, tail string, args ...any) (*Contact, error) {
	c, err := contacts.One(ctx, tx, tail, args...)
	if err == nil && c == nil {
		err = errs.New(errs.NotFound, "Contact not found")
	}
	return c, err
}

// ContactByEmail gives the contact that owns an e-mail address, nil if nobody does.
func ContactByEmail(ctx context.Context, tx *db.Tx, locationID, address string) (*Contact, error) {
	return byKey(ctx, tx, locationID, emailKey(address))
}

// ContactByPhone gives the contact that owns a phone number, nil if nobody does.
func ContactByPhone(ctx context.Context, tx *db.Tx, locationID, phone string) (*Contact, error) {
	return byKey(ctx, tx, locationID, phoneKey(Phone{Raw: phone}))
}

func byKey(ctx context.Context, tx *db.Tx, locationID, key string) (*Contact, error) {
	if key == "" {
		return nil, nil
	}
	return contacts.One(ctx, tx, "WHERE location_id = $1 AND id = (SELECT contact_id FROM identities WHERE location_id = $1 AND key = $2 AND rank = 0)", locationID, key)
}

// Query selects contacts of a location.
type Query struct {
	Text  string // words that must all be there, the last one as a beginning
	Where string // further conditions in SQL on the columns of contacts, with marks from $2 on; made by Filter, never from input
	Args  []any  // the values of Where's marks
	Order string // in SQL, from an allow-list; "" is the newest first
	Limit int
	Skip  int
}

// Contacts gives the contacts that a query selects, and how many there are in
// all where count is asked for.
func Contacts(ctx context.Context, tx *db.Tx, locationID string, q Query, count bool) (list []Contact, total int64, err error) {
	where, order := "WHERE location_id = $1", "number DESC"
	args := append([]any{locationID}, q.Args...)
	if q.Text != "" {
		where = "WHERE " + byNumber
	}
	if q.Where != "" {
		where += " AND (" + q.Where + ")"
	}
	if q.Order != "" {
		order = q.Order
	}
	mark := func(v any) string {
		args = append(args, v)
		return marks(len(args), 1)
	}
	if q.Text != "" {
		words := searchQuery(tx.Kind(), locationID, q.Text)
		if words == "" {
			return nil, 0, nil // only signs: nobody is called that
		}
		found := foundBy(mark(words))
		if q.Where == "" && q.Order == "" {
			return contactsFound(ctx, tx, locationID, words, q, count)
		}
		where += " AND number IN (" + found + ")"
	}
	if count {
		if _, err := tx.Get(ctx, []any{&total}, "SELECT COUNT(*) FROM contacts "+where, args...); err != nil {
			return nil, 0, err
		}
	}
	page := " LIMIT " + mark(q.Limit) + " OFFSET " + mark(q.Skip)
	list, err = contacts.All(ctx, tx, where+" ORDER BY "+order+page, args...)
	return list, total, err
}

// byNumber names the tenant without offering an index on it: SQLite would rather
// read all contacts of the location by one than look up the few numbers found.
const byNumber = "/*sqlite +*/location_id = $1"

// foundBy is the subquery for the numbers of the contacts that have the words of a mark.
func foundBy(mark string) string {
	return strings.ReplaceAll("SELECT /*sqlite rowid*/ /*postgres number*/ FROM contact_search WHERE /*sqlite contact_search MATCH $X*/ /*postgres words @@ $X::tsquery AND location_id = $1*/", "$X", mark)
}

// contactsFound is the plain word search: the index gives the page in order,
// and only the contacts on it are read, however deep it is.
func contactsFound(ctx context.Context, tx *db.Tx, locationID, words string, q Query, count bool) (list []Contact, total int64, err error) {
	found := foundBy("$2")
	if count {
		if _, err := tx.Get(ctx, []any{&total}, "SELECT COUNT(*) FROM ("+found+") AS found WHERE $1 <> ''", locationID, words); err != nil {
			return nil, 0, err
		}
	}
	page := found + " ORDER BY /*sqlite rowid*/ /*postgres number*/ DESC LIMIT $3 OFFSET $4"
	list, err = contacts.All(ctx, tx, "WHERE "+byNumber+" AND number IN ("+page+") ORDER BY number DESC", locationID, words, q.Limit, q.Skip)
	return list, total, err
}
