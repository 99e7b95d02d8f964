package highlevel

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/foyer-crm/foyer/internal/calendar"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/wire"
)

// longestSearch is how much time one search for free slots covers (contract.md §9).
const longestSearch = 31 * 24 * time.Hour

// freeSlots is GET /calendars/{calendarId}/free-slots: a list by date in the zone
// that was asked for, with the traceId among the dates (contract.md §9.2).
func freeSlots(ctx context.Context, c *call) (a wire.Answer, err error) {
	s, zone, err := c.slotSearch()
	if err != nil {
		return a, err
	}
	err = c.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		slots, own, err := calendar.FreeSlots(ctx, tx, c.Location().ID, s)
		if err != nil {
			return err
		}
		if zone == nil {
			zone = own
		}
		a = c.answer(byDate(slots, zone))
		return nil
	})
	return a, err
}

// slotList is the free slots of one day.
type slotList struct {
	Slots []string `json:"slots"`
}

// byDate sorts slots by their date in a zone. Days without any are left out.
func byDate(slots []calendar.Slot, zone *time.Location) fields {
	f := fields{}
	var day *slotList
	last := ""
	for _, s := range slots {
		text := zoned(s.Start, zone)
		if date := text[:len(time.DateOnly)]; date != last {
			last, day = date, &slotList{}
			f[date] = day
		}
		day.Slots = append(day.Slots, text)
	}
	return f
}

// slotSearch reads what is asked for. zone is nil for the calendar's own.
func (c *call) slotSearch() (s calendar.Search, zone *time.Location, err error) {
	var broken []errs.Field
	s.CalendarID = c.part("calendarId")
	from, bad := c.queryMillis("startDate")
	broken = append(broken, bad...)
	to, bad := c.queryMillis("endDate")
	broken = append(broken, bad...)
	if len(broken) == 0 {
		broken = append(broken, bounded("endDate", to, true, from, from+longestSearch.Milliseconds())...)
	}
	s.From, s.To = time.UnixMilli(from), time.UnixMilli(to+1) // the last moment counts
	if name := c.query("timezone"); name != "" {
		if zone, err = time.LoadLocation(name); err != nil || name == "Local" {
			broken = append(broken, errs.Field{Name: "timezone", Rule: "zone"})
		}
	}
	s.Users = append(c.queryIDs("userIds"), c.queryIDs("userId")...)
	s.All = c.query("enableLookBusy") == "false"
	return s, zone, errs.InvalidFields(broken...)
}

// queryMillis reads a moment in milliseconds since 1970 that must be there.
func (c *call) queryMillis(name string) (int64, []errs.Field) {
	text := c.query(name)
	if text == "" {
		return 0, []errs.Field{{Name: name, Rule: "defined"}}
	}
	n, broken := millis(text)
	const most = 250_000_000_000_000 // far beyond the year 9000
	return n, bounded(name, n, !broken, 0, most)
}

// queryIDs reads a list behind the question mark, however it is written
// (contract.md §1).
func (c *call) queryIDs(name string) (list []string) {
	q := c.Query()
	for _, text := range slices.Concat(q[name], q[name+"[]"]) {
		for _, one := range strings.Split(text, ",") {
			if one = clean(strings.TrimSpace(one)); one != "" {
				list = append(list, one)
			}
		}
	}
	return list
}
