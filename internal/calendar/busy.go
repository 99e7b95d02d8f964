package calendar

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/foyer-crm/foyer/internal/db"
)

// busyRow says that an owner (a user, a resource, a calendar) is taken for some
// time by an event: an appointment or a block.
type busyRow struct {
	locationID string
	ownerID    string
	contactID  string
	Busy
}

var busyRows = db.NewTable("calendar_busy", []string{"location_id", "owner_id", "ends_at", "event_id"}, func(b *busyRow) []db.Column {
	return []db.Column{
		{Name: "location_id", At: &b.locationID}, {Name: "owner_id", At: &b.ownerID}, {Name: "ends_at", At: &b.To}, {Name: "event_id", At: &b.EventID},
		{Name: "starts_at", At: &b.From}, {Name: "slot_at", At: &b.Slot}, {Name: "calendar_id", At: &b.CalendarID}, {Name: "contact_id", At: &b.contactID},
	}
})

// occupy makes an event keep owners busy, and nobody else.
func occupy(ctx context.Context, tx *db.Tx, row busyRow, owners []string) error {
	if err := release(ctx, tx, row.locationID, row.EventID); err != nil {
		return err
	}
	slices.Sort(owners)
	for _, o := range slices.Compact(owners) {
		row.ownerID = o
		if err := busyRows.Insert(ctx, tx, &row); err != nil {
			return err
		}
	}
	return nil
}

// release gives back the time that an event took.
func release(ctx context.Context, tx *db.Tx, locationID, eventID string) error {
	return tx.Do(ctx, "DELETE FROM calendar_busy WHERE location_id = $1 AND event_id = $2", locationID, eventID)
}

// busyDuring gives what owners are busy with at some time, but for the events
// that skip names, each owner's in order.
func busyDuring(ctx context.Context, tx *db.Tx, locationID string, owners []string, from, to time.Time, skip func(eventID string) bool) (all map[string][]Busy, err error) {
	var marks strings.Builder
	args := []any{locationID, from.UnixMilli(), to.UnixMilli()}
	for i, o := range owners {
		if i > 0 {
			marks.WriteString(", ")
		}
		args = append(args, o)
		fmt.Fprintf(&marks, "$%d", len(args))
	}
	all = map[string][]Busy{}
	var owner string
	var b Busy
	at := []any{&owner, &b.From, &b.To, &b.Slot, &b.CalendarID, &b.EventID}
	err = tx.Each(ctx, at, func() error {
		if skip == nil || !skip(b.EventID) {
			all[owner] = append(all[owner], b)
		}
		return nil
	}, "SELECT owner_id, starts_at, ends_at, slot_at, calendar_id, event_id FROM calendar_busy WHERE location_id = $1 AND ends_at > $2 AND starts_at < $3 AND owner_id IN ("+marks.String()+")", args...)
	for _, list := range all {
		sortBusy(list)
	}
	return all, err
}
