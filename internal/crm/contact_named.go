package crm

import (
	"context"

	"github.com/foyer-crm/foyer/internal/db"
)

// named reads contacts as lists of other things speak of them. The columns lie at
// the beginning of a row, and none has to be decoded.
var named = db.NewTable("contacts", []string{"location_id", "id"}, func(c *Contact) []db.Column {
	return []db.Column{
		{Name: "location_id", At: &c.LocationID}, {Name: "id", At: &c.ID}, {Name: "number", At: &c.Number},
		{Name: "first_name", At: &c.FirstName}, {Name: "last_name", At: &c.LastName}, {Name: "name", At: &c.Name},
		{Name: "email", At: &c.Email}, {Name: "phone", At: &c.Phone}, {Name: "type", At: &c.Type}, {Name: "assigned_to", At: &c.AssignedTo},
	}
})

// ContactsNamed gives those of some contacts that are there, by their ids, as far as
// a list needs to name them: number, names, primary e-mail and phone, type and
// owner. Nothing else of them is read.
func ContactsNamed(ctx context.Context, tx *db.Tx, locationID string, ids []string) (map[string]*Contact, error) {
	return contactsIn(ctx, tx, named, locationID, ids)
}

func contactsIn(ctx context.Context, tx *db.Tx, table *db.Table[Contact], locationID string, ids []string) (map[string]*Contact, error) {
	out := make(map[string]*Contact, len(ids))
	_, err := eachSome(ids, func(some []string, marks string) (int64, error) {
		list, err := table.All(ctx, tx, "WHERE location_id = $1 AND id IN ("+marks+")", args(locationID, some)...)
		for i := range list {
			out[list[i].ID] = &list[i]
		}
		return 0, err
	}, 2)
	return out, err
}
