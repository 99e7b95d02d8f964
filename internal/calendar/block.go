package calendar

import (
	"context"
	"time"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
)

// Block is time that nobody can book: a user's on all calendars, or a whole
// calendar's.
type Block struct {
	LocationID string
	ID         string
	CalendarID string // one of the two
	UserID     string
	Title      string
	Start, End time.Time
	CreatedAt  time.Time
	UpdatedAt  time.Time
}

var blocks = db.NewTable("calendar_blocks", []string{"location_id", "id"}, func(b *Block) []db.Column {
	return []db.Column{
		{Name: "location_id", At: &b.LocationID}, {Name: "id", At: &b.ID}, {Name: "calendar_id", At: &b.CalendarID}, {Name: "user_id", At: &b.UserID}, {Name: "title", At: &b.Title},
		{Name: "starts_at", At: db.Millis(&b.Start)}, {Name: "ends_at", At: db.Millis(&b.End)},
		{Name: "created_at", At: db.Millis(&b.CreatedAt), Fixed: true}, {Name: "updated_at", At: db.Millis(&b.UpdatedAt)},
	}
})

// check says what is wrong with a block.
func (b *Block) check(ctx context.Context, tx *db.Tx) error {
	switch {
	case b.CalendarID == "" && b.UserID == "":
		return errs.InvalidFields(errs.Field{Name: "calendarId", Rule: "defined"})
	case b.CalendarID != "" && b.UserID != "":
		return errs.New(errs.Invalid, "Either calendarId or assignedUserId can be set, not both.")
	case !b.End.After(b.Start):
		return errs.InvalidFields(errs.Field{Name: "endTime", Rule: "order"})
	case b.Start.Year() < 1970 || b.End.Year() > 9000:
		return errs.InvalidFields(errs.Field{Name: "startTime", Rule: "date"})
	case b.CalendarID != "":
		_, err := ByID(ctx, tx, b.LocationID, b.CalendarID)
		return err
	}
	users, err := crm.Users(ctx, tx, b.LocationID)
	if err != nil {
		return err
	}
	for i := range users {
		if users[i].ID == b.UserID {
			return nil
		}
	}
	return errs.InvalidFields(errs.Field{Name: "assignedUserId", Rule: "user"})
}

// keepBusy makes the block take the time.
func (b *Block) keepBusy(ctx context.Context, tx *db.Tx) error {
	row := busyRow{locationID: b.LocationID, Busy: Busy{From: b.Start.UnixMilli(), To: b.End.UnixMilli(), Slot: b.Start.UnixMilli(), EventID: b.ID}}
	return occupy(ctx, tx, row, []string{b.CalendarID + b.UserID})
}

// AddBlock blocks time. What is booked then stays. Invalid for broken fields,
// NotFound if the calendar is not there.
func AddBlock(ctx context.Context, tx *db.Tx, by crm.Actor, b Block) (*Block, error) {
	if err := lock(ctx, tx, by.LocationID); err != nil {
		return nil, err
	}
	b.LocationID, b.ID, b.CreatedAt, b.UpdatedAt = by.LocationID, tx.NewID(), tx.Now(), tx.Now()
	if err := b.check(ctx, tx); err != nil {
		return nil, err
	}
	if err := blocks.Insert(ctx, tx, &b); err != nil {
		return nil, err
	}
	if err := b.keepBusy(ctx, tx); err != nil {
		return nil, err
	}
	return &b, crm.Emit(ctx, tx, by, "block.created", "", b.ID, crm.EventData{Text: crm.Excerpt(b.Title)})
}

// ChangeBlock changes blocked time. NotFound if it is not there, else as AddBlock.
func ChangeBlock(ctx context.Context, tx *db.Tx, by crm.Actor, blockID string, change func(*Block)) (*Block, error) {
	b, err := BlockByID(ctx, tx, by.LocationID, blockID)
	if err != nil {
		return nil, err
	}
	old := *b
	change(b)
	if err := b.check(ctx, tx); err != nil {
		return nil, err
	}
	if old == *b {
		return b, nil
	}
	b.UpdatedAt = later(tx.Now(), b.UpdatedAt)
	if err := blocks.Update(ctx, tx, b); err != nil {
		return nil, err
	}
	if err := b.keepBusy(ctx, tx); err != nil {
		return nil, err
	}
	return b, crm.Emit(ctx, tx, by, "block.updated", "", b.ID, crm.EventData{Text: crm.Excerpt(b.Title)})
}

func deleteBlock(ctx context.Context, tx *db.Tx, by crm.Actor, blockID string) error {
	b, err := BlockByID(ctx, tx, by.LocationID, blockID)
	if err != nil {
		return err
	}
	if err := release(ctx, tx, by.LocationID, blockID); err != nil {
		return err
	}
	if err := tx.Do(ctx, "DELETE FROM calendar_blocks WHERE location_id = $1 AND id = $2", by.LocationID, blockID); err != nil {
		return err
	}
	return crm.Emit(ctx, tx, by, "block.deleted", "", blockID, crm.EventData{Text: crm.Excerpt(b.Title)})
}

// BlockByID gives blocked time. NotFound if it is not there.
func BlockByID(ctx context.Context, tx *db.Tx, locationID, blockID string) (*Block, error) {
	b, err := blocks.One(ctx, tx, "WHERE location_id = $1 AND id = $2", locationID, blockID)
	if err == nil && b == nil {
		err = errs.New(errs.NotFound, "Block slot not found")
	}
	return b, err
}

// Blocks gives the blocked time of a calendar, a group's calendars or a user.
func Blocks(ctx context.Context, tx *db.Tx, locationID string, d During) ([]Block, error) {
	const between = " AND ends_at > $3 AND starts_at < $4 ORDER BY starts_at, id"
	id, which := d.CalendarID, "calendar_id = $2"
	switch {
	case d.GroupID != "":
		id, which = d.GroupID, "calendar_id IN (SELECT id FROM calendars WHERE location_id = $1 AND group_id = $2)"
	case d.UserID != "":
		id, which = d.UserID, "user_id = $2"
	}
	return blocks.All(ctx, tx, "WHERE location_id = $1 AND "+which+between, locationID, id, d.From.UnixMilli(), d.To.UnixMilli())
}
