package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

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
	rows, err := tx.Query(ctx, "SELECT unique_key, args FROM jobs WHERE location_id = $1 AND kind = $2 AND NOT failed", locationID, kind)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	all := map[string]json.RawMessage{}
	for rows.Next() {
		var unique string
		var args []byte
		if err := rows.Scan(&unique, &args); err != nil {
			return nil, fmt.Errorf("reading the jobs of kind %s: %w", kind, err)
		}
		all[unique] = args
	}
	return all, rows.Err()
}
