package conversation

import (
	"context"
	"strings"
	"time"

	"github.com/foyer-crm/foyer/internal/db"
)

// FirstAnswers gives when the first message went out to each of some contacts, by
// the contact. Who was sent none is not in it.
func FirstAnswers(ctx context.Context, tx *db.Tx, locationID string, contactIDs []string) (first map[string]time.Time, err error) {
	first = map[string]time.Time{}
	if len(contactIDs) == 0 {
		return first, nil
	}
	s := &selection{args: []any{locationID}}
	marks := make([]string, len(contactIDs))
	for i, contactID := range contactIDs {
		marks[i] = s.mark(contactID)
	}
	var contactID string
	var at int64
	err = tx.Each(ctx, []any{&contactID, &at}, func() error {
		first[contactID] = time.UnixMilli(at).UTC()
		return nil
	}, "SELECT contact_id, MIN(created_at) FROM messages WHERE location_id = $1 AND contact_id IN ("+strings.Join(marks, ", ")+") AND direction = 'outbound' GROUP BY contact_id", s.args...)
	return first, err
}
