package crm

import (
	"context"
	"strings"

	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/norm"
)

// UserQuery selects users that an Actor reaches. Empty fields select all.
type UserQuery struct {
	Text       string // a part of the name, the e-mail address or the phone
	LocationID string // where they work
	Type, Role string
	IDs        []string
	Emails     []string
	Deleted    bool   // those who were deleted, in place of the others
	By         string // createdAt, updatedAt, name, email; "" is createdAt
	Desc       bool
	Limit      int
	Skip       int
}

// userOrders are what users can be ordered by.
var userOrders = map[string]string{"": "id", "createdAt": "id", "updatedAt": "updated_at", "name": lowered("first_name || ' ' || last_name"), "email": "email_key"}

// UserFor gives a user that an Actor reaches: of the company, or, where the Actor
// has a location, who works there. NotFound for everybody else.
func UserFor(ctx context.Context, tx *db.Tx, by Actor, userID string) (*User, error) {
	where, list := "WHERE company_id = $1 AND id = $2 AND deleted_at = 0", []any{by.CompanyID, userID}
	if by.LocationID != "" {
		where, list = where+" AND id IN (SELECT user_id FROM memberships WHERE location_id = $3)", append(list, by.LocationID)
	}
	u, err := users.One(ctx, tx, where, list...)
	if err == nil && u == nil {
		err = errs.New(errs.NotFound, "User not found")
	}
	return u, err
}

// FindUsers gives the users that a query selects, and how many there are in all.
func FindUsers(ctx context.Context, tx *db.Tx, by Actor, q UserQuery) (list []User, total int64, err error) {
	b := filterText{}
	where := []string{"company_id = $1"}
	add := func(sql string) { where = append(where, sql) }
	if q.Deleted {
		add("deleted_at > 0")
	} else {
		add("deleted_at = 0 AND disabled_at = 0")
	}
	for _, l := range []string{by.LocationID, q.LocationID} {
		if l != "" {
			add("id IN (SELECT user_id FROM memberships WHERE location_id = " + b.mark(l) + ")")
		}
	}
	if q.Type != "" {
		add("type = " + b.mark(q.Type))
	}
	if q.Role != "" {
		add("role = " + b.mark(q.Role))
	}
	if len(q.IDs) > 0 {
		add("id IN (" + b.among(q.IDs) + ")")
	}
	if len(q.Emails) > 0 {
		keys := make([]string, len(q.Emails))
		for i, e := range q.Emails {
			keys[i], _ = norm.Email(e)
			keys[i] = asciiLower(keys[i])
		}
		add(lowered("email") + " IN (" + b.among(keys) + ")") // whoever is deleted has no key any more
	}
	if q.Text != "" {
		part := Filter{Op: FieldContains, Value: q.Text}
		add("(" + b.text(&part, false, "first_name || ' ' || last_name || ' ' || email || ' ' || phone") + ")")
	}
	tail := "WHERE " + strings.Join(where, " AND ")
	if _, err := tx.Get(ctx, []any{&total}, "SELECT COUNT(*) FROM users "+tail, append([]any{by.CompanyID}, b.args...)...); err != nil {
		return nil, 0, err
	}
	order, ok := userOrders[q.By]
	if !ok {
		return nil, 0, errs.InvalidFields(errs.Field{Name: "sort", Rule: "choice"})
	}
	tail += " ORDER BY " + order + direction(q.Desc) + ", id LIMIT " + b.mark(q.Limit) + " OFFSET " + b.mark(q.Skip)
	list, err = users.All(ctx, tx, tail, append([]any{by.CompanyID}, b.args...)...)
	return list, total, err
}

// among gives the marks of several values.
func (b *filterText) among(values []string) string {
	list := make([]string, len(values))
	for i, v := range values {
		list[i] = b.mark(v)
	}
	return strings.Join(list, ", ")
}

// UserPlaces gives the locations in which users work, as far as the Actor
// reaches, by user.
func UserPlaces(ctx context.Context, tx *db.Tx, by Actor, userIDs []string) (places map[string][]string, err error) {
	places = map[string][]string{}
	if len(userIDs) == 0 {
		return places, nil
	}
	where, head := "location_id = $1", by.LocationID
	if by.LocationID == "" {
		where, head = "location_id IN (SELECT id FROM locations WHERE company_id = $1 AND deleted_at = 0)", by.CompanyID
	}
	var user, location string
	err = tx.Each(ctx, []any{&user, &location}, func() error {
		places[user] = append(places[user], location)
		return nil
	}, "SELECT user_id, location_id FROM memberships WHERE "+where+" AND user_id IN ("+marks(2, len(userIDs))+") ORDER BY location_id", args(head, userIDs)...)
	return places, err
}

// AnyUser reports whether the server has a user, of any company.
func AnyUser(ctx context.Context, tx *db.Tx) (bool, error) {
	var one int64
	return tx.Get(ctx, []any{&one}, "SELECT 1 FROM users LIMIT 1")
}

// mostMembers is how many users a list of a location's shows.
const mostMembers = 1000

// Members gives the users of a location, also those who are shut out, in the order
// of their names.
func Members(ctx context.Context, tx *db.Tx, locationID string) ([]User, error) {
	return users.All(ctx, tx, "WHERE deleted_at = 0 AND id IN (SELECT user_id FROM memberships WHERE location_id = $1) ORDER BY first_name, last_name, id LIMIT $2", locationID, mostMembers)
}
