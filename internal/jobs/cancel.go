package jobs

import (
	"context"
	"encoding/json"

	"github.com/foyer-crm/foyer/internal/db"
)

// Cancel takes back the jobs of a kind with a key that have not started, and
// reports whether there were any.
func Cancel(ctx context.Context, tx *db.Tx, locationID, kind, unique string) (bool, error) {
	n, err := tx.Exec(ctx, "DELETE FROM jobs WHERE location_id = $1 AND kind = $2 AND unique_key = $3 AND lease = ''", locationID, kind, unique)
	return n > 0, err
}

// Waiting gives what the jobs of a kind are about that a location still has to
// do, by their keys.
func Waiting(ctx context.Context, tx *db.Tx, locationID, kind string) (_ map[string]json.RawMessage, err error) {
	all := map[string]json.RawMessage{}
	var unique string
	var args []byte
	err = tx.Each(ctx, []any{&unique, &args}, func() error {
		all[unique] = args
		return nil
	}, "SELECT unique_key, args FROM jobs /*sqlite INDEXED BY jobs_unique*/ WHERE location_id = $1 AND kind = $2 AND unique_key <> '' AND NOT failed", locationID, kind)
	return all, err
}
