package crm

import (
	"context"
	"time"

	"github.com/foyer-crm/foyer/internal/db"
)

// DueQuery selects open tasks by when they are due.
type DueQuery struct {
	AssignedTo string    // user; "" for everybody's
	OwnersOnly string    // user whose contacts are the only ones that count, "" for all
	From, To   time.Time // zero is no bound; a task without a date is before all others
	Limit      int
}

// TasksDue gives the open tasks of a location that a query selects, those that are
// due first in front.
func TasksDue(ctx context.Context, tx *db.Tx, locationID string, q DueQuery) ([]Task, error) {
	from, to := int64(0), int64(1)<<62
	if !q.From.IsZero() {
		from = q.From.UnixMilli()
	}
	if !q.To.IsZero() {
		to = q.To.UnixMilli()
	}
	return tasks.All(ctx, tx, `WHERE location_id = $1 AND NOT completed AND due_at >= $2 AND due_at < $3 AND ($4 = '' OR assigned_to = $4)
		AND ($5 = '' OR contact_id IN (SELECT c.id FROM contacts c WHERE c.location_id = $1 AND c.assigned_to = $5 AND c.assigned_to <> '')) ORDER BY due_at, id LIMIT $6`,
		locationID, from, to, q.AssignedTo, q.OwnersOnly, q.Limit)
}
