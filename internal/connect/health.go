package connect

import (
	"context"
	"slices"
	"time"

	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/remote"
)

// Health is how a connection fares, counted only as far as people look.
type Health struct {
	Queue    int64         // records that something is to be done about; Many or more are Many
	Rejected int64         // records that cannot cross; likewise
	Lag      time.Duration // for which the oldest of those looked at has waited
}

// Many is how far Health counts.
const Many = 1000

// HealthOf says how a connection fares, at a cost that does not grow with what it
// keeps in step.
func HealthOf(ctx context.Context, tx *db.Tx, locationID, connectionID string) (h Health, err error) {
	var oldest int64
	if _, err := tx.Get(ctx, []any{&h.Queue, &oldest}, `SELECT COUNT(*), COALESCE(MIN(updated_at), 0) FROM
		(SELECT updated_at FROM connection_records WHERE location_id = $1 AND connection_id = $2 AND due_at > 0 LIMIT $3) AS picked`, locationID, connectionID, Many); err != nil {
		return h, err
	}
	if h.Queue > 0 {
		h.Lag = max(tx.Now().Sub(time.UnixMilli(oldest)), 0)
	}
	_, err = tx.Get(ctx, []any{&h.Rejected}, `SELECT COUNT(*) FROM
		(SELECT 1 AS one FROM connection_records WHERE location_id = $1 AND connection_id = $2 AND state = 'rejected' LIMIT $3) AS picked`, locationID, connectionID, Many)
	return h, err
}

// Kinds are the objects that can cross, in the order in which they do.
func Kinds() []remote.Kind { return slices.Clone(kinds) }

// FieldsOf are the fields here that a kind of records can cross with; contacts have
// custom.NAME besides.
func FieldsOf(kind remote.Kind) []string {
	s := sideOf(kind)
	if s == nil {
		return nil
	}
	return slices.Clone(s.fields)
}
