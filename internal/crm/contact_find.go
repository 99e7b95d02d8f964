package crm

import (
	"context"
	"strings"

	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
)

// ContactByID gives a contact of a location by its id, or by the id of one that
// was merged into it. NotFound if it is not there.
func ContactByID(ctx context.Context, tx *db.Tx, locationID, contactID string) (*Contact, error) {
	return one(ctx, tx, "WHERE location_id = $1 AND id = "+current, locationID, contactID)
}

// ContactByNumber gives a contact by its number, or by the number of one that
// was merged into it. NotFound if it is not there.
func ContactByNumber(ctx context.Context, tx *db.Tx, locationID string, number int64) (*Contact, error) {
	c, err := contacts.One(ctx, tx, "WHERE location_id = $1 AND number = $2", locationID, number)
	if err != nil || c != nil {
		return c, err
	}
	return one(ctx, tx, "WHERE location_id = $1 AND id = (SELECT contact_id FROM contact_aliases WHERE location_id = $1 AND number = $2)", locationID, number)
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
	Whole bool   // the last one is no beginning
	Where string // further conditions in SQL on the columns of contacts, with marks from $2 on; made by Filter, never from input
	Args  []any  // the values of Where's marks
	Order string // in SQL, from an allow-list; "" is the newest first
	Limit int
	Skip  int

	owner string // user whose contacts these are, as Where says too; "" for anybody's
}

// OwnedBy narrows the query to the contacts that are assigned to a user.
func (q *Query) OwnedBy(userID string) error {
	q.owner = userID
	return q.Filter(Filter{Field: "assignedTo", Value: userID})
}

// AnyContact reports whether a location has a contact.
func AnyContact(ctx context.Context, tx *db.Tx, locationID string) (bool, error) {
	var one int64
	return tx.Get(ctx, []any{&one}, "SELECT 1 FROM contacts WHERE location_id = $1 LIMIT 1", locationID)
}

// ContactsBehind gives a location's contacts behind an id, "" for the first, in
// the order of their ids.
func ContactsBehind(ctx context.Context, tx *db.Tx, locationID, after string, limit int) ([]Contact, error) {
	return contacts.All(ctx, tx, "WHERE location_id = $1 AND id > $2 ORDER BY id LIMIT $3", locationID, after, limit)
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
		words, err := searchQuery(ctx, tx, locationID, q.Text, q.Whole)
		if err != nil || words == "" {
			return nil, 0, err // only signs: nobody is called that
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

// contactsFound is the plain word search: the index gives the numbers in order,
// and only the contacts on the page are read, however deep it is.
func contactsFound(ctx context.Context, tx *db.Tx, locationID, words string, q Query, count bool) (list []Contact, total int64, err error) {
	// Most searches find few enough to count them on the way to the page.
	const few = 5000
	found, limit, skip := foundBy("$2"), q.Limit, q.Skip
	if count {
		limit, skip = few, 0
	}
	if !count && tx.Kind() == db.Postgres && common(q.Text, q.Whole) {
		// The last ones suffice for a page of what very many have.
		values := []any{locationID}
		mark := func(v any) string {
			values = append(values, v)
			return marks(len(values), 1)
		}
		late := foundLately(mark, words, "", "", " DESC", lateLooked)
		page, err := numbers(ctx, tx, late+" LIMIT "+mark(limit)+" OFFSET "+mark(skip), values...)
		if err != nil {
			return nil, 0, err
		}
		if len(page) == limit {
			list, err = withNumbers(ctx, tx, locationID, page)
			return list, 0, err
		}
	}
	ordered := found + " ORDER BY /*sqlite rowid*/ /*postgres number*/ DESC LIMIT $3 OFFSET $4"
	page, err := numbers(ctx, tx, "SELECT * FROM ("+ordered+") AS found WHERE $1 <> ''", locationID, words, limit, skip)
	if err != nil {
		return nil, 0, err
	}
	if count {
		total = int64(len(page))
		page = page[min(q.Skip, len(page)):min(q.Skip+q.Limit, len(page))]
	}
	if total == few {
		if _, err := tx.Get(ctx, []any{&total}, "SELECT COUNT(*) FROM ("+found+") AS found WHERE $1 <> ''", locationID, words); err != nil {
			return nil, 0, err
		}
		if q.Skip+q.Limit > few {
			list, _, err = contactsFound(ctx, tx, locationID, words, q, false)
			return list, total, err
		}
	}
	if len(page) == 0 {
		return nil, total, nil
	}
	list, err = withNumbers(ctx, tx, locationID, page)
	return list, total, err
}

// withNumbers gives the contacts with some numbers, the newest first.
func withNumbers(ctx context.Context, tx *db.Tx, locationID string, page []any) ([]Contact, error) {
	return contacts.All(ctx, tx, "WHERE "+byNumber+" AND number IN ("+marks(2, len(page))+") ORDER BY number DESC", append([]any{locationID}, page...)...)
}

// numbers gives the one column of a query.
func numbers(ctx context.Context, tx *db.Tx, query string, args ...any) (list []any, err error) {
	var n int64
	err = tx.Each(ctx, []any{&n}, func() error {
		list = append(list, n)
		return nil
	}, query, args...)
	return list, err
}

// ContactsByID gives those of some contacts that are there, by their ids.
func ContactsByID(ctx context.Context, tx *db.Tx, locationID string, ids []string) (map[string]*Contact, error) {
	return contactsIn(ctx, tx, contacts, locationID, ids)
}
