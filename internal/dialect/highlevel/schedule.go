package highlevel

import (
	"context"
	"slices"
	"strings"

	"github.com/foyer-crm/foyer/internal/calendar"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/wire"
)

// scheduleView is when a user can be booked, as HighLevel shows it (contract.md §9).
type scheduleView struct {
	ID          string     `json:"id"`
	Name        string     `json:"name"`
	LocationID  string     `json:"locationId"`
	UserID      string     `json:"userId"`
	Timezone    string     `json:"timezone"`
	Rules       []ruleView `json:"rules"`
	CalendarIDs []string   `json:"calendarIds"`
	DateAdded   string     `json:"dateAdded"`
	DateUpdated string     `json:"dateUpdated"`
	Deleted     bool       `json:"deleted"`
}

type ruleView calendar.Rule

func viewSchedule(s *calendar.Schedule) scheduleView {
	v := scheduleView{ID: s.ID, Name: s.Name, LocationID: s.LocationID, UserID: s.UserID, Timezone: s.Timezone, Rules: make([]ruleView, len(s.Rules)),
		CalendarIDs: append([]string{}, s.CalendarIDs...), DateAdded: moment(s.CreatedAt), DateUpdated: moment(s.UpdatedAt)}
	for i, r := range s.Rules {
		r.Intervals = append([]calendar.Interval{}, r.Intervals...)
		v.Rules[i] = ruleView(r)
	}
	return v
}

type oneSchedule struct {
	Schedule scheduleView `json:"schedule"`
}

type schedulesView struct {
	Schedules []scheduleView `json:"schedules"`
}

// ruleBody is a rule as a body has it.
type ruleBody struct {
	Type      string         `json:"type" need:"required" choice:"wday|date"`
	Day       string         `json:"day" choice:"sunday|monday|tuesday|wednesday|thursday|friday|saturday"`
	Date      string         `json:"date" max:"10" say:"YYYY-MM-DD"`
	Intervals []intervalBody `json:"intervals" max:"24"`
}

type intervalBody struct {
	From string `json:"from" need:"required" max:"5" say:"HH:MM"`
	To   string `json:"to" need:"required" max:"5" say:"HH:MM"`
}

func rulesOf(list []ruleBody) (rules []calendar.Rule) {
	for _, b := range list {
		r := calendar.Rule{Type: b.Type}
		if b.Type == calendar.DateRule {
			r.Date = calendar.Date(b.Date)
		} else {
			r.Day = strings.ToLower(b.Day)
		}
		for _, i := range b.Intervals {
			r.Intervals = append(r.Intervals, calendar.Interval{From: twoDigits(i.From), To: twoDigits(i.To)})
		}
		rules = append(rules, r)
	}
	return rules
}

// twoDigits writes 9:00 as 09:00.
func twoDigits(clock string) string {
	if len(clock) == len("9:00") {
		return "0" + clock
	}
	return clock
}

// newSchedule is the body of POST /calendars/schedules.
type newSchedule struct {
	LocationID  string     `json:"locationId" need:"defined"`
	UserID      string     `json:"userId" need:"required" max:"64"`
	Name        string     `json:"name" need:"required" max:"255"`
	Timezone    string     `json:"timezone" need:"required" max:"100"`
	Rules       []ruleBody `json:"rules" max:"1000"`
	CalendarIDs []string   `json:"calendarIds" max:"200"`
}

// createSchedule is POST /calendars/schedules.
func createSchedule(ctx context.Context, c *call) (wire.Answer, error) {
	said, err := read[newSchedule](c)
	if err != nil {
		return wire.Answer{}, err
	}
	return do(ctx, c, func(ctx context.Context, tx *db.Tx) (v oneSchedule, err error) {
		s, err := calendar.AddSchedule(ctx, tx, c.Actor(), calendar.Schedule{UserID: said.UserID, Name: said.Name, Timezone: said.Timezone, Rules: rulesOf(said.Rules), CalendarIDs: slices.Clone(said.CalendarIDs)})
		if err != nil {
			return v, err
		}
		return oneSchedule{viewSchedule(s)}, nil
	})
}

// scheduleChange is the body of PUT /calendars/schedules/{id}: what was not said
// stays.
type scheduleChange struct {
	Name     *string    `json:"name" max:"255"`
	Timezone *string    `json:"timezone" max:"100"`
	Rules    []ruleBody `json:"rules" max:"1000"`
}

// updateSchedule is PUT /calendars/schedules/{id}.
func updateSchedule(ctx context.Context, c *call) (wire.Answer, error) {
	said, err := read[scheduleChange](c)
	if err != nil {
		return wire.Answer{}, err
	}
	return do(ctx, c, func(ctx context.Context, tx *db.Tx) (v oneSchedule, err error) {
		s, err := calendar.ChangeSchedule(ctx, tx, c.Actor(), c.part("id"), func(s *calendar.Schedule) {
			s.Name, s.Timezone = orElse(said.Name, s.Name), orElse(said.Timezone, s.Timezone)
			if said.Rules != nil {
				s.Rules = rulesOf(said.Rules)
			}
		})
		if err != nil {
			return v, err
		}
		return oneSchedule{viewSchedule(s)}, nil
	})
}

// applySchedule is PUT /calendars/schedules/{id}/associations/{calendarId}.
func applySchedule(ctx context.Context, c *call) (wire.Answer, error) {
	return c.assignSchedule(ctx, func(s *calendar.Schedule, id string) { s.CalendarIDs = append(s.CalendarIDs, id) })
}

// removeSchedule is DELETE /calendars/schedules/{id}/associations/{calendarId}.
func removeSchedule(ctx context.Context, c *call) (wire.Answer, error) {
	return c.assignSchedule(ctx, func(s *calendar.Schedule, id string) {
		s.CalendarIDs = slices.DeleteFunc(s.CalendarIDs, func(c string) bool { return c == id })
	})
}

// assignSchedule changes the calendars of a schedule by the one that the path
// names. NotFound if that is not there.
func (c *call) assignSchedule(ctx context.Context, change func(s *calendar.Schedule, calendarID string)) (wire.Answer, error) {
	if _, err := read[struct{}](c); err != nil {
		return wire.Answer{}, err
	}
	return do(ctx, c, func(ctx context.Context, tx *db.Tx) (success, error) {
		on, err := calendar.ByID(ctx, tx, c.Location().ID, c.part("calendarId"))
		if err != nil {
			return success{}, err
		}
		_, err = calendar.ChangeSchedule(ctx, tx, c.Actor(), c.part("id"), func(s *calendar.Schedule) { change(s, on.ID) })
		return success{true}, err
	})
}

// deleteSchedule is DELETE /calendars/schedules/{id}.
func deleteSchedule(ctx context.Context, c *call) (wire.Answer, error) {
	return do(ctx, c, func(ctx context.Context, tx *db.Tx) (success, error) {
		return success{true}, calendar.DeleteSchedule(ctx, tx, c.Actor(), c.part("id"))
	})
}

// getSchedule is GET /calendars/schedules/{id}.
func getSchedule(ctx context.Context, c *call) (wire.Answer, error) {
	return show(ctx, c, func(ctx context.Context, tx *db.Tx) (v oneSchedule, err error) {
		s, err := calendar.ScheduleByID(ctx, tx, c.Location().ID, c.part("id"))
		if err != nil {
			return v, err
		}
		return oneSchedule{viewSchedule(s)}, nil
	})
}

// schedulesQuery is what can be asked of schedules.
type schedulesQuery struct {
	LocationID string `json:"locationId"`
	UserID     string `json:"userId" say:"all users' without"`
	CalendarID string `json:"calendarId"`
	Skip       *int64 `json:"skip" min:"0" max:"1000000"`
	Limit      *int64 `json:"limit" min:"1" max:"500"`
}

// listSchedules is GET /calendars/schedules/search.
func listSchedules(ctx context.Context, c *call) (wire.Answer, error) {
	said, err := readQuery[schedulesQuery](c)
	if err != nil {
		return wire.Answer{}, err
	}
	return show(ctx, c, func(ctx context.Context, tx *db.Tx) (schedulesView, error) {
		list, err := calendar.Schedules(ctx, tx, c.Location().ID, said.UserID, said.CalendarID, int(orElse(said.Limit, 50)), int(orElse(said.Skip, 0)))
		v := schedulesView{make([]scheduleView, len(list))}
		for i := range list {
			v.Schedules[i] = viewSchedule(&list[i])
		}
		return v, err
	})
}

func scheduleShapes() map[string]shape {
	return map[string]shape{
		"List Schedules":                {query: schedulesQuery{}, answer: schedulesView{}},
		"Get Schedule":                  {answer: oneSchedule{}},
		"Create Schedule":               {body: newSchedule{}, answer: oneSchedule{}},
		"Update Schedule":               {body: scheduleChange{}, answer: oneSchedule{}},
		"Delete Schedule":               {answer: success{}},
		"Apply Schedule to Calendar":    {answer: success{}},
		"Remove Schedule from Calendar": {answer: success{}},
	}
}
