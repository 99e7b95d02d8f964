package calendar

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/foyer-crm/foyer/internal/clock"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
)

// Schedule says when a user can be booked on some calendars. It narrows the
// hours of a calendar for that user; without one they can be booked in all of
// them. A calendar has one schedule of a user at most.
type Schedule struct {
	LocationID  string
	ID          string
	UserID      string
	Name        string
	Timezone    string // of its hours
	Rules       []Rule
	CalendarIDs []string
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

// Rule is the hours of a day of the week, or those of one date instead.
type Rule struct {
	Type      string     `json:"type"` // WeekdayRule or DateRule
	Day       string     `json:"day,omitempty"`
	Date      Date       `json:"date,omitempty"`
	Intervals []Interval `json:"intervals"` // none: closed
}

// Interval is a span of a day, as 09:00. To 00:00 is the midnight that ends it.
type Interval struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// The types of rules.
const (
	WeekdayRule = "wday"
	DateRule    = "date"
)

// What a schedule may have at most.
const (
	mostRules     = 1000
	mostIntervals = 24 // of a rule
	mostScheduled = 200
)

// weekdays are the names of the days, Sunday first.
var weekdays = []string{"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"}

var schedules = db.NewTable("calendar_schedules", []string{"location_id", "id"}, func(s *Schedule) []db.Column {
	return []db.Column{
		{Name: "location_id", At: &s.LocationID}, {Name: "id", At: &s.ID}, {Name: "user_id", At: &s.UserID, Fixed: true}, {Name: "name", At: &s.Name},
		{Name: "timezone", At: &s.Timezone}, {Name: "rules", At: db.JSON(&s.Rules, "[]")}, {Name: "calendar_ids", At: db.JSON(&s.CalendarIDs, "[]")},
		{Name: "created_at", At: db.Millis(&s.CreatedAt), Fixed: true}, {Name: "updated_at", At: db.Millis(&s.UpdatedAt)},
	}
})

// hours gives an interval in minutes.
func (i Interval) hours() (h Hours, ok bool) {
	from, err := time.Parse("15:04", i.From)
	to, err2 := time.Parse("15:04", i.To)
	if err != nil || err2 != nil {
		return h, false
	}
	h = Hours{Open: from.Hour()*60 + from.Minute(), Close: to.Hour()*60 + to.Minute()}
	if h.Close == 0 {
		h.Close = midnight
	}
	return h, h.Open < h.Close
}

// check says what is wrong with a schedule, all of it at once.
func (s *Schedule) check(ctx context.Context, tx *db.Tx) error {
	broken := s.checkRules()
	if s.Name == "" {
		broken = append(broken, errs.Field{Name: "name", Rule: "required"})
	}
	if _, err := time.LoadLocation(s.Timezone); err != nil || s.Timezone == "" || s.Timezone == "Local" {
		broken = append(broken, errs.Field{Name: "timezone", Rule: "choice"})
	}
	users, err := crm.Users(ctx, tx, s.LocationID)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(users, func(u crm.User) bool { return u.ID == s.UserID }) {
		broken = append(broken, errs.Field{Name: "userId", Rule: "user"})
	}
	slices.Sort(s.CalendarIDs)
	s.CalendarIDs = slices.Compact(s.CalendarIDs)
	if len(s.CalendarIDs) > mostScheduled {
		return errs.InvalidFields(append(broken, errs.Field{Name: "calendarIds", Rule: "items", Limit: mostScheduled})...)
	}
	for i, c := range s.CalendarIDs {
		if _, err := ByID(ctx, tx, s.LocationID, c); errs.Is(err, errs.NotFound) {
			broken = append(broken, errs.Field{Name: fmt.Sprintf("calendarIds.%d", i), Rule: "calendar"})
		} else if err != nil {
			return err
		}
	}
	return errs.InvalidFields(broken...)
}

func (s *Schedule) checkRules() (broken []errs.Field) {
	if len(s.Rules) > mostRules {
		return []errs.Field{{Name: "rules", Rule: "items", Limit: mostRules}}
	}
	for i, r := range s.Rules {
		refuse := func(name, rule string, limit int) {
			broken = append(broken, errs.Field{Name: fmt.Sprintf("rules.%d.%s", i, name), Rule: rule, Limit: limit})
		}
		switch r.Type {
		case WeekdayRule:
			if !slices.Contains(weekdays, r.Day) {
				refuse("day", "choice", 0)
			}
		case DateRule:
			if _, err := time.Parse(time.DateOnly, string(r.Date)); err != nil {
				refuse("date", "date", 0)
			}
		default:
			refuse("type", "choice", 0)
		}
		if len(r.Intervals) > mostIntervals {
			refuse("intervals", "items", mostIntervals)
		}
		for n, at := range r.Intervals {
			if _, ok := at.hours(); !ok {
				refuse(fmt.Sprintf("intervals.%d", n), "interval", 0)
			}
		}
	}
	return broken
}

// AddSchedule makes a schedule of a user, and takes the place of the user's
// others on its calendars. Invalid for broken fields.
func AddSchedule(ctx context.Context, tx *db.Tx, by crm.Actor, s Schedule) (*Schedule, error) {
	s.LocationID, s.ID, s.CreatedAt, s.UpdatedAt = by.LocationID, tx.NewID(), tx.Now(), tx.Now()
	if err := s.check(ctx, tx); err != nil {
		return nil, err
	}
	if err := s.displace(ctx, tx, by, s.CalendarIDs); err != nil {
		return nil, err
	}
	if err := schedules.Insert(ctx, tx, &s); err != nil {
		return nil, err
	}
	return &s, crm.Emit(ctx, tx, by, "calendar_schedule.created", "", s.ID, crm.EventData{Kind: s.UserID, Text: crm.Excerpt(s.Name)})
}

// ChangeSchedule changes a schedule; whose it is stays. NotFound if it is not
// there, Invalid for broken fields.
func ChangeSchedule(ctx context.Context, tx *db.Tx, by crm.Actor, scheduleID string, change func(*Schedule)) (*Schedule, error) {
	s, err := oneSchedule(ctx, tx, by.LocationID, scheduleID, " /*postgres FOR UPDATE*/")
	if err != nil {
		return nil, err
	}
	old := *s
	old.CalendarIDs = slices.Clone(s.CalendarIDs)
	change(s)
	s.UserID = old.UserID
	if err := s.check(ctx, tx); err != nil {
		return nil, err
	}
	changes := s.changes(&old)
	if len(changes) == 0 {
		return s, nil
	}
	added := slices.DeleteFunc(slices.Clone(s.CalendarIDs), func(c string) bool { return slices.Contains(old.CalendarIDs, c) })
	if err := s.displace(ctx, tx, by, added); err != nil {
		return nil, err
	}
	return s, s.save(ctx, tx, by, changes)
}

// changes lists what differs from before.
func (s *Schedule) changes(old *Schedule) (changes []crm.Change) {
	for _, f := range []struct {
		name     string
		from, to any
	}{{"name", old.Name, s.Name}, {"timezone", old.Timezone, s.Timezone}, {"rules", old.Rules, s.Rules}, {"calendarIds", old.CalendarIDs, s.CalendarIDs}} {
		if !reflect.DeepEqual(f.from, f.to) {
			changes = append(changes, crm.Change{Field: f.name, From: f.from, To: f.to})
		}
	}
	return changes
}

func (s *Schedule) save(ctx context.Context, tx *db.Tx, by crm.Actor, changes []crm.Change) error {
	s.UpdatedAt = later(tx.Now(), s.UpdatedAt)
	if err := schedules.Update(ctx, tx, s); err != nil {
		return err
	}
	return crm.Emit(ctx, tx, by, "calendar_schedule.updated", "", s.ID, crm.EventData{Kind: s.UserID, Text: crm.Excerpt(s.Name), Changes: changes})
}

// displace takes calendars from the user's other schedules.
func (s *Schedule) displace(ctx context.Context, tx *db.Tx, by crm.Actor, calendarIDs []string) error {
	if len(calendarIDs) == 0 {
		return nil
	}
	others, err := schedules.All(ctx, tx, "WHERE location_id = $1 AND user_id = $2 AND id <> $3 ORDER BY id /*postgres FOR UPDATE*/", s.LocationID, s.UserID, s.ID)
	if err != nil {
		return err
	}
	return without(ctx, tx, by, others, calendarIDs)
}

// without takes calendars from schedules.
func without(ctx context.Context, tx *db.Tx, by crm.Actor, list []Schedule, calendarIDs []string) error {
	for i := range list {
		next := list[i]
		next.CalendarIDs = slices.DeleteFunc(slices.Clone(next.CalendarIDs), func(c string) bool { return slices.Contains(calendarIDs, c) })
		if len(next.CalendarIDs) == len(list[i].CalendarIDs) {
			continue
		}
		if err := next.save(ctx, tx, by, next.changes(&list[i])); err != nil {
			return err
		}
	}
	return nil
}

// DeleteSchedule removes a schedule. NotFound if it is not there.
func DeleteSchedule(ctx context.Context, tx *db.Tx, by crm.Actor, scheduleID string) error {
	s, err := ScheduleByID(ctx, tx, by.LocationID, scheduleID)
	if err != nil {
		return err
	}
	if err := tx.Do(ctx, "DELETE FROM calendar_schedules WHERE location_id = $1 AND id = $2", by.LocationID, scheduleID); err != nil {
		return err
	}
	return crm.Emit(ctx, tx, by, "calendar_schedule.deleted", "", s.ID, crm.EventData{Kind: s.UserID, Text: crm.Excerpt(s.Name)})
}

// ScheduleByID gives a schedule. NotFound if it is not there.
func ScheduleByID(ctx context.Context, tx *db.Tx, locationID, scheduleID string) (*Schedule, error) {
	return oneSchedule(ctx, tx, locationID, scheduleID, "")
}

func oneSchedule(ctx context.Context, tx *db.Tx, locationID, scheduleID, lock string) (*Schedule, error) {
	s, err := schedules.One(ctx, tx, "WHERE location_id = $1 AND id = $2"+lock, locationID, scheduleID)
	if err == nil && s == nil {
		err = errs.New(errs.NotFound, "Schedule not found").WithCode("schedule") // the one of the calendars that the vendor documents with a status of its own
	}
	return s, err
}

// Schedules gives a page of the schedules of a location, the oldest first: of a
// user or of all for "", on a calendar or on any for "".
func Schedules(ctx context.Context, tx *db.Tx, locationID, userID, calendarID string, limit, skip int) ([]Schedule, error) {
	return schedules.All(ctx, tx, "WHERE location_id = $1 AND ($2 = '' OR user_id = $2) AND ($3 = '' OR "+onCalendar("$3")+") ORDER BY id LIMIT $4 OFFSET $5", locationID, userID, calendarID, limit, skip)
}

// onCalendar is the condition for a schedule to be of a calendar.
func onCalendar(mark string) string {
	return strings.ReplaceAll("/*sqlite EXISTS (SELECT 1 FROM json_each(calendar_ids) WHERE value = $X)*/ /*postgres jsonb_exists(calendar_ids, $X)*/", "$X", mark)
}

// workingHours gives the hours of the members of a calendar who have a schedule
// for it.
func workingHours(ctx context.Context, tx *db.Tx, locationID, calendarID string) (map[string]*Opening, error) {
	list, err := schedules.All(ctx, tx, "WHERE location_id = $1 AND "+onCalendar("$2")+" ORDER BY id", locationID, calendarID)
	if err != nil {
		return nil, err
	}
	all := map[string]*Opening{}
	for i := range list {
		if all[list[i].UserID], err = list[i].opening(); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// opening gives the hours of a schedule.
func (s *Schedule) opening() (*Opening, error) {
	zone, err := time.LoadLocation(s.Timezone)
	if err != nil {
		return nil, fmt.Errorf("reading the zone of the schedule %s: %w", s.ID, err)
	}
	o := &Opening{Zone: zone, Dates: map[Date][]Hours{}}
	for _, r := range s.Rules {
		var hours []Hours
		for _, at := range r.Intervals {
			if h, ok := at.hours(); ok {
				hours = append(hours, h)
			}
		}
		if r.Type == DateRule {
			o.Dates[r.Date] = append(o.Dates[r.Date], hours...)
		} else if n := slices.Index(weekdays, strings.ToLower(r.Day)); n >= 0 {
			o.Week[n] = append(o.Week[n], hours...)
		}
	}
	return o, nil
}

// covers reports whether a time lies within the hours, from day to day if need be.
func (o *Opening) covers(from, to time.Time) bool {
	for from.Before(to) {
		spans := o.on(clock.Day(from, o.Zone))
		i := slices.IndexFunc(spans, func(s span) bool { return !from.Before(s.from) && from.Before(s.to) })
		if i < 0 {
			return false
		}
		from = spans[i].to
	}
	return true
}
