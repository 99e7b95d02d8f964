package crm

import (
	"context"
	"strconv"
	"time"

	"github.com/foyer-crm/foyer/internal/db"
)

// newFor is how long a contact counts as new work for whom it is assigned to.
const newFor = 30 * 24 * time.Hour

// OpenWork counts what users have to do in a location: tasks that are open, deals
// that are open, and their contacts of the last 30 days.
func OpenWork(ctx context.Context, tx *db.Tx, locationID string, userIDs []string) (work map[string]int64, err error) {
	work = map[string]int64{}
	if len(userIDs) == 0 {
		return work, nil
	}
	in := marks(2, len(userIDs))
	for _, query := range []string{
		"SELECT assigned_to, COUNT(*) FROM tasks WHERE location_id = $1 AND NOT completed AND assigned_to IN (" + in + ") GROUP BY assigned_to",
		"SELECT assigned_to, COUNT(*) FROM opportunities WHERE location_id = $1 AND status = 'open' AND assigned_to IN (" + in + ") GROUP BY assigned_to",
		"SELECT assigned_to, COUNT(*) FROM contacts WHERE location_id = $1 AND assigned_to <> '' AND assigned_to IN (" + in + ") AND created_at > " + strconv.FormatInt(tx.Now().Add(-newFor).UnixMilli(), 10) + " GROUP BY assigned_to",
	} {
		if err := count(ctx, tx, work, query, append([]any{locationID}, anys(userIDs)...)...); err != nil {
			return nil, err
		}
	}
	return work, nil
}

// count adds up what a query counts for each id.
func count(ctx context.Context, tx *db.Tx, sum map[string]int64, query string, args ...any) (err error) {
	var id string
	var n int64
	return tx.Each(ctx, []any{&id, &n}, func() error {
		sum[id] += n
		return nil
	}, query, args...)
}
