// Package calendar holds calendars and what is booked on them: groups, opening
// hours, free slots, appointments and their notes, blocked time, rooms and
// equipment, notification settings.
//
// The rules of time (hours.go, slot.go, pick.go, series.go) need no database.
package calendar

import (
	"context"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
)

// Calendar is what people can be booked on.
type Calendar struct {
	LocationID string
	ID         string
	GroupID    string
	Type       string // one of the Types
	Name       string
	Slug       string
	Active     bool // a draft offers nothing
	Settings   Settings
	CreatedAt  time.Time
	UpdatedAt  time.Time
}

// The types of calendars.
const (
	RoundRobin = "round_robin"     // one of the members
	Event      = "event"           // nobody in particular: as many seats as there are
	Class      = "class_booking"   // its members, with many contacts at once
	Collective = "collective"      // all of the members
	Service    = "service_booking" // one of the members, with rooms and equipment
	Personal   = "personal"        // one user
)

// Types lists the types of calendars.
func Types() []string { return []string{RoundRobin, Event, Class, Collective, Service, Personal} }

// Settings is how a calendar looks and what it offers. The names are
// HighLevel's, but for its spelling.
type Settings struct {
	Description     string            `json:"description,omitempty"`
	WidgetSlug      string            `json:"widgetSlug,omitempty"`
	WidgetType      string            `json:"widgetType,omitempty"`
	EventType       string            `json:"eventType,omitempty"` // EqualDistribution or ForAvailability
	EventTitle      string            `json:"eventTitle,omitempty"`
	EventColor      string            `json:"eventColor,omitempty"`
	MeetingLocation string            `json:"meetingLocation,omitempty"`
	Locations       []MeetingLocation `json:"locationConfigurations,omitempty"`
	Members         []Member          `json:"teamMembers,omitempty"`

	SlotDuration       Amount     `json:"slotDuration,omitzero"`
	SlotInterval       Amount     `json:"slotInterval,omitzero"`
	SlotBuffer         Amount     `json:"slotBuffer,omitzero"` // behind an appointment
	PreBuffer          Amount     `json:"preBuffer,omitzero"`
	PerSlot            int        `json:"appointmentPerSlot,omitempty"`
	PerDay             int        `json:"appointmentPerDay,omitempty"`
	BookingAfter       Amount     `json:"allowBookingAfter,omitzero"` // notice
	BookingFor         Amount     `json:"allowBookingFor,omitzero"`   // how far ahead
	OpenHours          []DayHours `json:"openHours,omitempty"`
	AvailabilityType   *int       `json:"availabilityType,omitempty"` // 0 only OpenHours, 1 only Availabilities, nil both
	Availabilities     []Override `json:"availabilities,omitempty"`
	EnableRecurring    bool       `json:"enableRecurring,omitempty"`
	Recurring          Recurring  `json:"recurring,omitzero"`
	LookBusy           bool       `json:"lookBusy,omitempty"`
	LookBusyPercentage int        `json:"lookBusyPercentage,omitempty"`

	FormID                string `json:"formId,omitempty"`
	StickyContact         bool   `json:"stickyContact,omitempty"`
	LivePayment           bool   `json:"isLivePaymentMode,omitempty"`
	AutoConfirm           bool   `json:"autoConfirm,omitempty"`
	AlertAssigned         bool   `json:"shouldSendAlertEmailsToAssignedMember,omitempty"`
	AlertEmail            string `json:"alertEmail,omitempty"`
	GoogleInvitations     bool   `json:"googleInvitationEmails,omitempty"`
	AllowReschedule       bool   `json:"allowReschedule,omitempty"`
	AllowCancellation     bool   `json:"allowCancellation,omitempty"`
	AssignContact         bool   `json:"shouldAssignContactToTeamMember,omitempty"`
	KeepOwner             bool   `json:"shouldSkipAssigningContactForExisting,omitempty"` // where a contact has one
	Notes                 string `json:"notes,omitempty"`
	PixelID               string `json:"pixelId,omitempty"`
	FormSubmitType        string `json:"formSubmitType,omitempty"`
	FormSubmitRedirectURL string `json:"formSubmitRedirectURL,omitempty"`
	FormSubmitThanks      string `json:"formSubmitThanksMessage,omitempty"`
	GuestType             string `json:"guestType,omitempty"`
	ConsentLabel          string `json:"consentLabel,omitempty"`
	CoverImage            string `json:"calendarCoverImage,omitempty"`
	// Notifications are the older settings of who is told; see Notification.
	Notifications []map[string]any `json:"notifications,omitempty"`
}

// The ways in which a round robin chooses.
const (
	ForAvailability   = "RoundRobin_OptimizeForAvailability"
	EqualDistribution = "RoundRobin_OptimizeForEqualDistribution"
)

// MeetingLocation is where a meeting takes place.
type MeetingLocation struct {
	Kind      string `json:"kind"`
	Location  string `json:"location,omitempty"`
	MeetingID string `json:"meetingId,omitempty"`
}

// DayHours are the opening hours of some days of the week, 0 is Sunday.
type DayHours struct {
	Days  []int   `json:"daysOfTheWeek"`
	Hours []Hours `json:"hours"`
}

// Amount is a length of time as people say it: 2 hours, 3 months.
type Amount struct {
	N    float64 `json:"n"`
	Unit string  `json:"unit"` // mins, hours, days, weeks, months
}

// duration gives the length; of days and more, as if no clock ever changed.
func (a Amount) duration() time.Duration {
	unit := map[string]time.Duration{"mins": time.Minute, "hours": time.Hour, "days": 24 * time.Hour, "weeks": 7 * 24 * time.Hour, "months": 31 * 24 * time.Hour}[a.Unit]
	return time.Duration(a.N * float64(unit)).Round(time.Second)
}

// after gives the moment that lies the amount after another, by the calendar of
// the other's zone.
func (a Amount) after(t time.Time) time.Time {
	switch n := int(a.N); a.Unit {
	case "days":
		return t.AddDate(0, 0, n)
	case "weeks":
		return t.AddDate(0, 0, 7*n)
	case "months":
		return t.AddDate(0, n, 0)
	}
	return t.Add(a.duration())
}

var calendars = db.NewTable("calendars", []string{"location_id", "id"}, func(c *Calendar) []db.Column {
	return []db.Column{
		{Name: "location_id", At: &c.LocationID}, {Name: "id", At: &c.ID}, {Name: "group_id", At: &c.GroupID}, {Name: "type", At: &c.Type},
		{Name: "name", At: &c.Name}, {Name: "slug", At: &c.Slug}, {Name: "active", At: &c.Active}, {Name: "settings", At: db.JSON(&c.Settings, "{}")},
		{Name: "created_at", At: db.Millis(&c.CreatedAt), Fixed: true}, {Name: "updated_at", At: db.Millis(&c.UpdatedAt)},
	}
})

// New gives a calendar with what one has where nothing is said: half hours, from
// eight to five on weekdays, confirmed at once.
func New() Calendar {
	return Calendar{Active: true, Settings: Settings{
		WidgetType: "classic", EventType: ForAvailability, EventTitle: "{{contact.name}}", EventColor: "#039be5",
		SlotDuration: Amount{30, "mins"}, SlotInterval: Amount{30, "mins"}, SlotBuffer: Amount{0, "mins"}, PreBuffer: Amount{0, "mins"},
		BookingAfter: Amount{0, "hours"}, BookingFor: Amount{0, "days"}, PerSlot: 1, AutoConfirm: true, AllowReschedule: true, AllowCancellation: true,
		FormSubmitType: "ThankYouMessage", OpenHours: []DayHours{{Days: []int{1, 2, 3, 4, 5}, Hours: []Hours{{8 * 60, 17 * 60}}}},
	}}
}

// Add makes a calendar. Without a type it is a round robin of its members, or an
// event if it has none. Invalid for broken fields; see check.
func Add(ctx context.Context, tx *db.Tx, by crm.Actor, c Calendar) (*Calendar, error) {
	if c.Type == "" {
		c.Type = RoundRobin
		if len(c.Settings.Members) == 0 {
			c.Type = Event
		}
	}
	c.LocationID, c.ID, c.CreatedAt, c.UpdatedAt = by.LocationID, tx.NewID(), tx.Now(), tx.Now()
	c.settle(tx)
	if err := check(ctx, tx, by, &c); err != nil {
		return nil, err
	}
	if err := calendars.Insert(ctx, tx, &c); err != nil {
		return nil, err
	}
	return &c, crm.Emit(ctx, tx, by, "calendar.created", "", c.ID, crm.EventData{Text: crm.Excerpt(c.Name)})
}

// Change changes a calendar. NotFound if it is not there, Invalid for broken
// fields. What is booked already stays as it is.
func Change(ctx context.Context, tx *db.Tx, by crm.Actor, calendarID string, change func(*Calendar)) (*Calendar, error) {
	c, err := ByID(ctx, tx, by.LocationID, calendarID)
	if err != nil {
		return nil, err
	}
	old := *c
	old.Settings.Members, old.Settings.Availabilities = slices.Clone(c.Settings.Members), slices.Clone(c.Settings.Availabilities)
	change(c)
	c.settle(tx)
	if err := check(ctx, tx, by, c); err != nil {
		return nil, err
	}
	changes := changesOf(&old, c)
	if len(changes) == 0 {
		return c, nil
	}
	c.UpdatedAt = later(tx.Now(), c.UpdatedAt)
	if err := calendars.Update(ctx, tx, c); err != nil {
		return nil, err
	}
	return c, crm.Emit(ctx, tx, by, "calendar.updated", "", c.ID, crm.EventData{Changes: changes, Text: crm.Excerpt(c.Name)})
}

// settle gives what is new in a calendar its id.
func (c *Calendar) settle(tx *db.Tx) {
	for i := range c.Settings.Availabilities {
		if c.Settings.Availabilities[i].ID == "" {
			c.Settings.Availabilities[i].ID = tx.NewID()
		}
	}
}

// changesOf lists what differs between two states of a calendar.
func changesOf(old, now *Calendar) []crm.Change {
	flat := func(c *Calendar) map[string]any {
		m := map[string]any{}
		if b, err := json.Marshal(c.Settings); err == nil {
			_ = json.Unmarshal(b, &m) // what was just written
		}
		m["name"], m["slug"], m["groupId"], m["isActive"] = c.Name, c.Slug, c.GroupID, c.Active
		return m
	}
	before, after := flat(old), flat(now)
	var changes []crm.Change
	for field := range before {
		if _, still := after[field]; !still {
			changes = append(changes, crm.Change{Field: field, From: before[field]})
		}
	}
	for field, v := range after {
		if !reflect.DeepEqual(before[field], v) {
			changes = append(changes, crm.Change{Field: field, From: before[field], To: v})
		}
	}
	slices.SortFunc(changes, func(a, b crm.Change) int { return strings.Compare(a.Field, b.Field) })
	return changes
}

// Delete removes a calendar with everything booked on it, its blocked time and
// its notification settings. NotFound if it is not there.
func Delete(ctx context.Context, tx *db.Tx, by crm.Actor, calendarID string) error {
	c, err := ByID(ctx, tx, by.LocationID, calendarID)
	if err != nil {
		return err
	}
	for _, statement := range []string{
		"DELETE FROM appointment_notes WHERE location_id = $1 AND appointment_id IN (SELECT id FROM appointments WHERE location_id = $1 AND calendar_id = $2)",
		"DELETE FROM calendar_busy WHERE location_id = $1 AND event_id IN (SELECT id FROM appointments WHERE location_id = $1 AND calendar_id = $2)",
		"DELETE FROM calendar_busy WHERE location_id = $1 AND owner_id = $2",
		"DELETE FROM appointments WHERE location_id = $1 AND calendar_id = $2",
		"DELETE FROM calendar_blocks WHERE location_id = $1 AND calendar_id = $2",
		"DELETE FROM calendar_notifications WHERE location_id = $1 AND calendar_id = $2",
		"DELETE FROM calendars WHERE location_id = $1 AND id = $2",
	} {
		if err := tx.Do(ctx, statement, by.LocationID, calendarID); err != nil {
			return err
		}
	}
	if err := forgetCalendar(ctx, tx, by, calendarID); err != nil {
		return err
	}
	return crm.Emit(ctx, tx, by, "calendar.deleted", "", calendarID, crm.EventData{Text: crm.Excerpt(c.Name)})
}

// ByID gives a calendar. NotFound if it is not there.
func ByID(ctx context.Context, tx *db.Tx, locationID, calendarID string) (*Calendar, error) {
	c, err := calendars.One(ctx, tx, "WHERE location_id = $1 AND id = $2", locationID, calendarID)
	if err == nil && c == nil {
		err = errs.New(errs.NotFound, "Calendar not found")
	}
	return c, err
}

// Calendars gives the calendars of a location, the oldest first: of one group or
// of all for "", with drafts or without.
func Calendars(ctx context.Context, tx *db.Tx, locationID, groupID string, drafts bool) ([]Calendar, error) {
	return calendars.All(ctx, tx, "WHERE location_id = $1 AND ($2 = '' OR group_id = $2) AND (active OR $3) ORDER BY id", locationID, groupID, drafts)
}

// PersonalOf gives the personal calendars of a user, the oldest first.
func PersonalOf(ctx context.Context, tx *db.Tx, locationID, userID string) ([]Calendar, error) {
	list, err := calendars.All(ctx, tx, "WHERE location_id = $1 AND type = 'personal' ORDER BY id", locationID)
	return slices.DeleteFunc(list, func(c Calendar) bool { return !c.has(userID) }), err
}

// has reports whether a user is a member.
func (c *Calendar) has(userID string) bool {
	return slices.ContainsFunc(c.Settings.Members, func(m Member) bool { return m.UserID == userID })
}

// later is now, but never before or at an earlier change.
func later(now, before time.Time) time.Time {
	if now.After(before) {
		return now
	}
	return before.Add(time.Millisecond)
}
