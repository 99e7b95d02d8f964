package crm

import (
	"context"
	"strings"

	"github.com/foyer-crm/foyer/internal/db"
)

// TaskQuery selects tasks of a location. Empty fields select all.
type TaskQuery struct {
	ContactIDs []string
	AssignedTo []string
	BusinessID string // of the contact
	Completed  *bool
	Text       string // a part of the title or the body
	Limit      int
	Skip       int
}

// LocationTasks gives the tasks that a query selects over all contacts of a
// location, the newest first.
func LocationTasks(ctx context.Context, tx *db.Tx, locationID string, q TaskQuery) ([]Task, error) {
	var b filterText
	where := []string{"location_id = $1"}
	among := func(column string, values []string) {
		if len(values) == 0 {
			return
		}
		list := make([]string, len(values))
		for i, v := range values {
			list[i] = b.mark(v)
		}
		where = append(where, column+" IN ("+strings.Join(list, ", ")+")")
	}
	among("contact_id", q.ContactIDs)
	among("assigned_to", q.AssignedTo)
	if q.BusinessID != "" {
		where = append(where, "contact_id IN (SELECT id FROM contacts WHERE location_id = $1 AND business_id = "+b.mark(q.BusinessID)+")")
	}
	if q.Completed != nil {
		where = append(where, map[bool]string{true: "completed", false: "NOT completed"}[*q.Completed])
	}
	if q.Text != "" {
		part := Filter{Op: FieldContains, Value: q.Text}
		where = append(where, "("+b.text(&part, false, "title")+" OR "+b.text(&part, false, "body")+")")
	}
	page := " ORDER BY id DESC LIMIT " + b.mark(q.Limit) + " OFFSET " + b.mark(q.Skip)
	return tasks.All(ctx, tx, "WHERE "+strings.Join(where, " AND ")+page, append([]any{locationID}, b.args...)...)
}
