package connect

import (
	"context"
	"time"

	"github.com/foyer-crm/foyer/internal/db"
)

// Hasty makes an Engine wait next to nothing behind failures.
func (g *Engine) Hasty() { g.pause = time.Millisecond }

// Due moves all that is to be done later to now, and ends the rest of connections
// and the leases of processes that were killed.
func Due(ctx context.Context, d *db.DB, locationID string) error {
	return d.Write(ctx, locationID, func(ctx context.Context, tx *db.Tx) error {
		for _, s := range []string{
			"UPDATE connection_records SET due_at = 1 WHERE location_id = $1 AND due_at > 0",
			"UPDATE connection_flows SET next_at = 1 WHERE location_id = $1",
			"UPDATE connections SET open_until = 0, lease = '', lease_until = 0 WHERE location_id = $1",
		} {
			if err := tx.Do(ctx, s, locationID); err != nil {
				return err
			}
		}
		return nil
	})
}

// Links gives all links of a connection.
func Links(ctx context.Context, tx *db.Tx, locationID, connectionID string) ([]Link, error) {
	return links.All(ctx, tx, "WHERE location_id = $1 AND connection_id = $2 ORDER BY id", locationID, connectionID)
}

// Look has what changed there read now, and what waits here wait a while.
func Look(ctx context.Context, d *db.DB, locationID string) error {
	return d.Write(ctx, locationID, func(ctx context.Context, tx *db.Tx) error {
		for _, s := range []string{
			"UPDATE connection_records SET due_at = due_at + 60000 WHERE location_id = $1 AND due_at > 0",
			"UPDATE connection_flows SET next_at = 1 WHERE location_id = $1",
			"UPDATE connections SET open_until = 0 WHERE location_id = $1",
		} {
			if err := tx.Do(ctx, s, locationID); err != nil {
				return err
			}
		}
		return nil
	})
}
