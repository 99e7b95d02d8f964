package calendar

import (
	"context"
	"strconv"
	"time"

	"github.com/foyer-crm/foyer/internal/db"
)

// Span selects what lies in some time of a whole location, for a calendar that
// shows it: of one calendar, of one user, or of all.
type Span struct {
	From, To   time.Time
	CalendarID string
	UserID     string // who holds it, or whose time it takes
	OwnersOnly string // user: only appointments with contacts that are assigned to them, and their own blocks
	Limit      int
}

// Appointments gives the appointments of the time in order.
func (s Span) Appointments(ctx context.Context, tx *db.Tx, locationID string) ([]Appointment, error) {
	where := "WHERE location_id = $1 AND starts_at < $2 AND starts_at > $3 AND ends_at > $4"
	args := []any{locationID, s.To.UnixMilli(), s.From.Add(-longest).UnixMilli(), s.From.UnixMilli()}
	narrow := func(condition string, value any) {
		args = append(args, value)
		where += " AND " + condition + "$" + strconv.Itoa(len(args)) + ")"
	}
	if s.CalendarID != "" {
		narrow("(calendar_id = ", s.CalendarID)
	}
	if s.UserID != "" {
		narrow("(assigned_user_id = ", s.UserID)
	}
	if s.OwnersOnly != "" {
		narrow("EXISTS (SELECT 1 FROM contacts WHERE contacts.location_id = $1 AND contacts.id = appointments.contact_id AND contacts.assigned_to = ", s.OwnersOnly)
	}
	args = append(args, s.Limit)
	return appointments.All(ctx, tx, where+" ORDER BY starts_at, id LIMIT $"+strconv.Itoa(len(args)), args...)
}

// Blocks gives the blocked time that lies in the time, in order.
func (s Span) Blocks(ctx context.Context, tx *db.Tx, locationID string) ([]Block, error) {
	user := s.UserID
	if s.OwnersOnly != "" {
		user = s.OwnersOnly
	}
	return blocks.All(ctx, tx, `WHERE location_id = $1 AND ends_at > $2 AND starts_at < $3 AND ($4 = '' OR calendar_id = $4) AND ($5 = '' OR user_id = $5) ORDER BY starts_at, id LIMIT $6`,
		locationID, s.From.UnixMilli(), s.To.UnixMilli(), s.CalendarID, user, s.Limit)
}
