package calendar

import (
	"context"
	"fmt"
	"time"

	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
)

// instanceID is the id of one time of a series: that of the first one, when it
// began and for how many seconds, as the rule said.
func instanceID(masterID string, start time.Time, length time.Duration) string {
	return fmt.Sprintf("%s_%d_%d", masterID, start.UnixMilli(), int(length/time.Second))
}

// series gives the further beginnings of a booking that repeats: by its own rule,
// or by that of the calendar. cut says that the rule would have made more.
func (k *keeper) series(a *Appointment, b Booking) (starts []time.Time, cut bool, err error) {
	switch {
	case b.Rule != "" && b.AnySlot:
		a.Rule = b.Rule
	case b.Rule == "" && k.c.Settings.EnableRecurring && k.c.Settings.Recurring.Count > 1:
		a.Rule = k.c.Settings.Recurring.rule()
	default:
		return nil, false, nil
	}
	starts, cut, err = repeats(a.Rule, a.Start, k.zone)
	if err != nil {
		return nil, false, &errs.Error{Kind: errs.Invalid, Text: "invalid fields", Fields: []errs.Field{{Name: "rrule", Rule: "format"}}, Err: err}
	}
	if len(starts) == 1 {
		a.Rule = ""
	}
	return starts[1:], cut, nil
}

// repeat books the rest of a series, and gives how many it booked.
func (k *keeper) repeat(ctx context.Context, tx *db.Tx, first *Appointment, b Booking, starts []time.Time) (n int, err error) {
	length := first.End.Sub(first.Start)
	for _, start := range starts {
		a := *first
		a.MasterID, a.Start, a.End = first.ID, start.UTC(), start.UTC().Add(length)
		a.ID = instanceID(first.ID, start, length)
		a.Details.Users, a.Details.Resources = nil, nil
		t := terms{anyTime: true, anySlot: b.AnySlot, user: b.UserID, prefer: first.UserID}
		err := k.place(ctx, tx, &a, t)
		if errs.Is(err, errs.Conflict) {
			var booked bool
			if booked, err = k.taken(ctx, tx, &a, t); err == nil && !booked {
				continue
			}
		}
		if err != nil {
			return n, err
		}
		if err := k.store(ctx, tx, &a, b.Quiet); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// taken does what the calendar says where a time of a series is not free: leave
// it out, book it all the same, or take the next one that is free.
func (k *keeper) taken(ctx context.Context, tx *db.Tx, a *Appointment, t terms) (booked bool, err error) {
	switch k.c.Settings.Recurring.Option {
	case "continue":
		if a.Status = k.c.Settings.Recurring.Overlap; a.Status == "" {
			a.Status = Confirmed
		}
		t.anySlot = true
		return true, k.place(ctx, tx, a, t)
	case "book_next":
		const ahead = 31 * 24 * time.Hour
		length := a.End.Sub(a.Start)
		p, err := plan(ctx, tx, k.c, k.zone, planFor{from: a.Start, to: a.Start.Add(ahead), length: length, anyTime: true})
		if err != nil {
			return false, err
		}
		slots := p.Slots(a.Start, a.Start.Add(ahead))
		if len(slots) == 0 {
			return false, nil
		}
		a.Start = slots[0].Start.UTC()
		a.End = a.Start.Add(length)
		t.user = ""
		return true, k.place(ctx, tx, a, t)
	}
	return false, nil
}
