package highlevel

import (
	"context"
	"time"

	"github.com/foyer-crm/foyer/internal/calendar"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/wire"
)

// blockView is blocked time as an answer of its own (contract.md §9.1).
type blockView struct {
	ID             string `json:"id"`
	LocationID     string `json:"locationId"`
	Title          string `json:"title"`
	CalendarID     string `json:"calendarId,omitempty"`
	AssignedUserID string `json:"assignedUserId,omitempty"`
	StartTime      string `json:"startTime"`
	EndTime        string `json:"endTime"`
	DateAdded      string `json:"dateAdded"`
	DateUpdated    string `json:"dateUpdated"`
	TraceID        string `json:"traceId,omitempty"`
}

func viewBlock(b *calendar.Block, zone *time.Location) blockView {
	return blockView{ID: b.ID, LocationID: b.LocationID, Title: b.Title, CalendarID: b.CalendarID, AssignedUserID: b.UserID,
		StartTime: zoned(b.Start, zone), EndTime: zoned(b.End, zone), DateAdded: moment(b.CreatedAt), DateUpdated: moment(b.UpdatedAt)}
}

// block reads what a body says of blocked time.
func (c *call) block(isNew bool) (*change[calendar.Block], error) {
	o, err := c.body()
	if err != nil {
		return nil, err
	}
	r := &change[calendar.Block]{o: o, erase: !isNew}
	r.text("title", 500, func(b *calendar.Block) *string { return &b.Title })
	r.text("calendarId", 64, func(b *calendar.Block) *string { return &b.CalendarID })
	r.text("assignedUserId", 64, func(b *calendar.Block) *string { return &b.UserID })
	r.time("startTime", c.zone(), func(b *calendar.Block, t time.Time) { b.Start = t.UTC() })
	r.time("endTime", c.zone(), func(b *calendar.Block, t time.Time) { b.End = t.UTC() })
	if isNew {
		r.need("date", "startTime", "endTime")
		r.broken = append(needLocation(o), r.broken...)
	}
	return r, c.finish(o, r.broken)
}

// oneBlock answers with blocked time and nothing around it.
func (c *call) oneBlock(b *calendar.Block) wire.Answer {
	v := viewBlock(b, c.zone())
	v.TraceID = c.ID
	return wire.Answer{Status: c.op.Success, Body: v}.About(crm.Updated, "")
}

// createBlock is POST /calendars/events/block-slots.
func createBlock(ctx context.Context, c *call) (wire.Answer, error) {
	r, err := c.block(true)
	if err != nil {
		return wire.Answer{}, err
	}
	return c.Write(ctx, func(ctx context.Context, tx *db.Tx) (wire.Answer, error) {
		var wanted calendar.Block
		r.apply(&wanted)
		b, err := calendar.AddBlock(ctx, tx, c.Actor(), wanted)
		if err != nil {
			return wire.Answer{}, err
		}
		return c.oneBlock(b), nil
	})
}

// updateBlock is PUT /calendars/events/block-slots/{eventId}. Who names only a
// user, or only a calendar, moves the block there.
func updateBlock(ctx context.Context, c *call) (wire.Answer, error) {
	r, err := c.block(false)
	if err != nil {
		return wire.Answer{}, err
	}
	return c.Write(ctx, func(ctx context.Context, tx *db.Tx) (wire.Answer, error) {
		b, err := calendar.ChangeBlock(ctx, tx, c.Actor(), c.part("eventId"), func(b *calendar.Block) {
			said := calendar.Block{}
			r.apply(&said)
			if said.CalendarID != "" || said.UserID != "" {
				b.CalendarID, b.UserID = "", ""
			}
			r.apply(b)
		})
		if err != nil {
			return wire.Answer{}, err
		}
		return c.oneBlock(b), nil
	})
}

// during reads which events of which time are asked for.
func (c *call) during() (d calendar.During, err error) {
	from, broken := c.queryMillis("startTime")
	to, bad := c.queryMillis("endTime")
	if err := errs.InvalidFields(append(broken, bad...)...); err != nil {
		return d, err
	}
	d = calendar.During{From: time.UnixMilli(from), To: time.UnixMilli(to), CalendarID: c.query("calendarId"), GroupID: c.query("groupId"), UserID: c.query("userId")}
	if d.CalendarID == "" && d.GroupID == "" && d.UserID == "" {
		return d, errs.New(errs.Invalid, "Either of userId, calendarId or groupId is required")
	}
	return d, nil
}

// listBlocks is GET /calendars/blocked-slots.
func listBlocks(ctx context.Context, c *call) (a wire.Answer, err error) {
	d, err := c.during()
	if err != nil {
		return a, err
	}
	err = c.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		list, err := calendar.Blocks(ctx, tx, c.Location().ID, d)
		views := make([]eventView, len(list))
		for i := range list {
			views[i] = viewBlockEvent(&list[i], c.zone())
		}
		a = c.answer(fields{"events": views})
		return err
	})
	return a, err
}
