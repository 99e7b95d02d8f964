package highlevel

import (
	"context"
	"strings"

	"github.com/foyer-crm/foyer/internal/calendar"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/wire"
)

// part gives a part of the path by its name.
func (c *call) part(name string) string { return clean(c.Param(name)) }

// changed is the answer to a change that no contact is concerned by.
func (c *call) changed(f fields) wire.Answer { return c.answer(f).About(crm.Updated, "") }

// success is the answer of the calendars' operations that have nothing else to
// say, in their spelling (contract.md §22).
func (c *call) success() wire.Answer { return c.changed(fields{"success": true}) }

// listCalendars is GET /calendars/ (contract.md §9).
func listCalendars(ctx context.Context, c *call) (a wire.Answer, err error) {
	drafts := c.query("showDrafted") != "false"
	err = c.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		list, err := calendar.Calendars(ctx, tx, c.Location().ID, c.query("groupId"), drafts)
		views := make([]calendarView, len(list))
		for i := range list {
			views[i] = viewCalendar(&list[i])
		}
		a = c.answer(fields{"calendars": views})
		return err
	})
	return a, err
}

// getCalendar is GET /calendars/{calendarId}.
func getCalendar(ctx context.Context, c *call) (a wire.Answer, err error) {
	err = c.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		one, err := calendar.ByID(ctx, tx, c.Location().ID, c.part("calendarId"))
		if err == nil {
			a = c.answer(fields{"calendar": viewCalendar(one)})
		}
		return err
	})
	return a, err
}

// createCalendar is POST /calendars/.
func createCalendar(ctx context.Context, c *call) (wire.Answer, error) {
	o, err := c.body()
	if err != nil {
		return wire.Answer{}, err
	}
	r := calendarChange(o, true)
	broken := append(needLocation(o), r.broken...)
	if err := c.finish(o, broken); err != nil {
		return wire.Answer{}, err
	}
	return c.Write(ctx, func(ctx context.Context, tx *db.Tx) (wire.Answer, error) {
		wanted := calendar.New()
		r.apply(&wanted)
		made, err := calendar.Add(ctx, tx, c.Actor(), wanted)
		if err != nil {
			return wire.Answer{}, misspelt(err)
		}
		return c.changed(fields{"calendar": viewCalendar(made)}), nil
	})
}

// updateCalendar is PUT /calendars/{calendarId}.
func updateCalendar(ctx context.Context, c *call) (wire.Answer, error) {
	o, err := c.body()
	if err != nil {
		return wire.Answer{}, err
	}
	r := calendarChange(o, false)
	if err := c.finish(o, r.broken); err != nil {
		return wire.Answer{}, err
	}
	return c.Write(ctx, func(ctx context.Context, tx *db.Tx) (wire.Answer, error) {
		now, err := calendar.Change(ctx, tx, c.Actor(), c.part("calendarId"), r.apply)
		if err != nil {
			return wire.Answer{}, misspelt(err)
		}
		return c.changed(fields{"calendar": viewCalendar(now)}), nil
	})
}

// misspelt gives broken fields of a calendar the names that HighLevel has for
// them (contract.md §9.1).
func misspelt(err error) error {
	e := errs.As(err)
	for i, f := range e.Fields {
		if rest, ok := strings.CutPrefix(f.Name, "appointmentPer"); ok {
			e.Fields[i].Name = "appoinmentPer" + rest
		}
	}
	return err
}

// deleteCalendar is DELETE /calendars/{calendarId}.
func deleteCalendar(ctx context.Context, c *call) (wire.Answer, error) {
	return c.Write(ctx, func(ctx context.Context, tx *db.Tx) (wire.Answer, error) {
		return c.success(), calendar.Delete(ctx, tx, c.Actor(), c.part("calendarId"))
	})
}
