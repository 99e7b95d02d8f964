package crm

import (
	"context"

	"github.com/foyer-crm/foyer/internal/db"
)

// RebuildSearch fills the empty search index of a database, for all locations:
// where rows were copied, the index was not.
func RebuildSearch(ctx context.Context, d *db.DB) error {
	const page = 1000 // contacts in one transaction
	var all []Location
	if err := d.Read(ctx, db.System, func(ctx context.Context, tx *db.Tx) (err error) {
		all, err = Locations(ctx, tx, "")
		return err
	}); err != nil {
		return err
	}
	for _, l := range all {
		for after, done := "", false; !done; {
			var last string
			if err := d.Write(ctx, l.ID, func(ctx context.Context, tx *db.Tx) error {
				list, err := contacts.All(ctx, tx, "WHERE location_id = $1 AND id > $2 ORDER BY id LIMIT $3", l.ID, after, page)
				done = len(list) < page
				for i := range list {
					index(tx, nil, &list[i])
					last = list[i].ID
				}
				return err
			}); err != nil {
				return err
			}
			after = last
		}
	}
	return nil
}
