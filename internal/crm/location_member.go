package crm

import (
	"context"

	"github.com/foyer-crm/foyer/internal/db"
)

// LocationsOf gives the locations that a user can act for, the oldest first:
// those they work in, and all of their company for an admin. Disabled ones are
// left out.
func LocationsOf(ctx context.Context, tx *db.Tx, u *User) ([]Location, error) {
	return locations.All(ctx, tx, `WHERE company_id = $1 AND disabled_at = 0
		AND ($2 OR id IN (SELECT location_id FROM memberships WHERE user_id = $3)) ORDER BY id`, u.CompanyID, u.Admin, u.ID)
}
