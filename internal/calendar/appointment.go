package calendar

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
)

// Appointment is a meeting with a contact.
type Appointment struct {
	LocationID string    `json:"locationId"`
	ID         string    `json:"id"`
	ContactID  string    `json:"contactId,omitempty"`
	CalendarID string    `json:"calendarId,omitempty"`
	UserID     string    `json:"userId,omitempty"`   // who it is assigned to, "" for nobody
	MasterID   string    `json:"masterId,omitempty"` // the first of a series, "" for that one and for a single one
	Status     string    `json:"status,omitempty"`
	Title      string    `json:"title,omitempty"`
	Start      time.Time `json:"startTime"`      // UTC
	End        time.Time `json:"endTime"`        // UTC
	Rule       string    `json:"rule,omitempty"` // RRULE of RFC 5545 of a series, in each of it
	Details    Details   `json:"details,omitzero"`
	Source     string    `json:"source,omitempty"`    // the door it came by
	CreatedBy  string    `json:"createdBy,omitempty"` // user
	CreatedAt  time.Time `json:"createdAt,omitzero"`
	UpdatedAt  time.Time `json:"updatedAt,omitzero"`
}

// Details are the parts of an appointment that no statement asks for.
type Details struct {
	Users            []string `json:"users,omitempty"` // all whose time it takes
	Resources        []string `json:"resources,omitempty"`
	Description      string   `json:"description,omitempty"`
	Address          string   `json:"address,omitempty"`
	MeetingType      string   `json:"meetingLocationType,omitempty"`
	MeetingID        string   `json:"meetingLocationId,omitempty"`
	OverrideLocation bool     `json:"overrideLocationConfig,omitempty"`
}

// The statuses of an appointment. Any may follow any: people correct mistakes.
// A cancelled and an invalid one take nobody's time.
const (
	Unconfirmed = "new"
	Confirmed   = "confirmed"
	Cancelled   = "cancelled"
	Showed      = "showed"
	NoShow      = "noshow"
	Invalid     = "invalid"
)

// Statuses lists the statuses of an appointment.
func Statuses() []string {
	return []string{Unconfirmed, Confirmed, Cancelled, Showed, NoShow, Invalid}
}

// takesTime reports whether somebody is busy with an appointment of a status.
func takesTime(status string) bool { return status != Cancelled && status != Invalid }

// longest is how long an appointment can be.
const longest = 7 * 24 * time.Hour

var appointments = db.NewTable("appointments", []string{"location_id", "id"}, func(a *Appointment) []db.Column {
	return []db.Column{
		{Name: "location_id", At: &a.LocationID}, {Name: "id", At: &a.ID}, {Name: "contact_id", At: &a.ContactID}, {Name: "calendar_id", At: &a.CalendarID},
		{Name: "assigned_user_id", At: &a.UserID}, {Name: "master_id", At: &a.MasterID}, {Name: "status", At: &a.Status}, {Name: "title", At: &a.Title},
		{Name: "starts_at", At: db.Millis(&a.Start)}, {Name: "ends_at", At: db.Millis(&a.End)}, {Name: "rrule", At: &a.Rule},
		{Name: "details", At: db.JSON(&a.Details, "{}")}, {Name: "source", At: &a.Source, Fixed: true}, {Name: "created_by", At: &a.CreatedBy, Fixed: true},
		{Name: "created_at", At: db.Millis(&a.CreatedAt), Fixed: true}, {Name: "updated_at", At: db.Millis(&a.UpdatedAt)},
	}
})

// Others gives the users it takes beside the one it is assigned to.
func (a *Appointment) Others() []string {
	return slices.DeleteFunc(slices.Clone(a.Details.Users), func(u string) bool { return u == a.UserID })
}

// check says what is wrong with an appointment that is to be stored.
func (a *Appointment) check() error {
	var broken []errs.Field
	switch length := a.End.Sub(a.Start); {
	case length <= 0:
		broken = append(broken, errs.Field{Name: "endTime", Rule: "order"})
	case length > longest:
		broken = append(broken, errs.Field{Name: "endTime", Rule: "length_of_time"})
	}
	if a.Start.Year() < 1970 || a.Start.Year() > 9000 {
		broken = append(broken, errs.Field{Name: "startTime", Rule: "date"})
	}
	if !slices.Contains(Statuses(), a.Status) {
		broken = append(broken, errs.Field{Name: "appointmentStatus", Rule: "choice"})
	}
	return errs.InvalidFields(broken...)
}

// keepBusy makes the appointment take the time of whoever and whatever it needs.
func (a *Appointment) keepBusy(ctx context.Context, tx *db.Tx, c *Calendar) error {
	if !takesTime(a.Status) {
		return release(ctx, tx, a.LocationID, a.ID)
	}
	row := busyRow{locationID: a.LocationID, contactID: a.ContactID, Busy: Busy{
		From: a.Start.Add(-c.Settings.PreBuffer.duration()).UnixMilli(), To: a.End.Add(c.Settings.SlotBuffer.duration()).UnixMilli(),
		Slot: a.Start.UnixMilli(), CalendarID: c.ID, EventID: a.ID,
	}}
	return occupy(ctx, tx, row, slices.Concat([]string{c.ID}, a.Details.Users, a.Details.Resources))
}

// Deleted gives the appointment of an event that it was deleted, nil where the
// event kept none.
func Deleted(e *crm.Event) (*Appointment, error) {
	if len(e.Data.Was) == 0 {
		return nil, nil
	}
	a := new(Appointment)
	if err := json.Unmarshal(e.Data.Was, a); err != nil {
		return nil, fmt.Errorf("reading a deleted appointment: %w", err)
	}
	return a, nil
}

// emit tells of an appointment. Where automations are not to run, the event's
// Kind is "quiet".
func (a *Appointment) emit(ctx context.Context, tx *db.Tx, by crm.Actor, typ string, quiet bool, changes ...crm.Change) error {
	data := crm.EventData{Text: crm.Excerpt(a.Title), Changes: changes}
	if quiet {
		data.Kind = "quiet"
	}
	if typ == "appointment.deleted" {
		data.Was = crm.Was(a)
	}
	return crm.Emit(ctx, tx, by, typ, a.ContactID, a.ID, data)
}

// titled fills the title of a calendar's appointments: {{contact.name}} and the like.
func titled(template string, c *crm.Contact, calendar *Calendar, user *crm.User) string {
	who := ""
	if user != nil {
		who = user.FullName()
	}
	title := strings.NewReplacer(
		"{{contact.name}}", c.FullName(), "{{contact.first_name}}", c.FirstName, "{{contact.last_name}}", c.LastName,
		"{{contact.email}}", c.Email, "{{contact.phone}}", c.Phone, "{{calendar.name}}", calendar.Name, "{{appointment.user.name}}", who,
	).Replace(template)
	if title = strings.TrimSpace(title); title == "" {
		title = calendar.Name
	}
	return title
}

// AppointmentByID gives an appointment. NotFound if it is not there.
func AppointmentByID(ctx context.Context, tx *db.Tx, locationID, appointmentID string) (*Appointment, error) {
	a, err := appointments.One(ctx, tx, "WHERE location_id = $1 AND id = $2", locationID, appointmentID)
	if err == nil && a == nil {
		err = errs.New(errs.NotFound, "Appointment not found")
	}
	return a, err
}

// seriesOf gives all appointments of a series, by its first one's id, in order.
func seriesOf(ctx context.Context, tx *db.Tx, locationID, masterID string) ([]Appointment, error) {
	return appointments.All(ctx, tx, "WHERE location_id = $1 AND (id = $2 OR master_id = $2) ORDER BY starts_at, id", locationID, masterID)
}

// During selects what lies in some time, of a calendar, of a group's calendars
// or of a user. One of the three is needed.
type During struct {
	From, To   time.Time
	CalendarID string
	GroupID    string
	UserID     string
}

// Appointments gives the appointments of some time in order.
func Appointments(ctx context.Context, tx *db.Tx, locationID string, d During) ([]Appointment, error) {
	const between = " AND starts_at < $3 AND ends_at > $4 AND starts_at > $5 ORDER BY starts_at, id"
	id, which := d.CalendarID, "calendar_id = $2"
	switch {
	case d.GroupID != "":
		id, which = d.GroupID, "calendar_id IN (SELECT id FROM calendars WHERE location_id = $1 AND group_id = $2)"
	case d.UserID != "":
		id, which = d.UserID, "assigned_user_id = $2"
	}
	return appointments.All(ctx, tx, "WHERE location_id = $1 AND "+which+between, locationID, id, d.To.UnixMilli(), d.From.UnixMilli(), d.From.Add(-longest).UnixMilli())
}

// OfContact gives the appointments of a contact, the latest first. NotFound if
// the contact is not there.
func OfContact(ctx context.Context, tx *db.Tx, locationID, contactID string) ([]Appointment, error) {
	c, err := crm.ContactByID(ctx, tx, locationID, contactID)
	if err != nil {
		return nil, err
	}
	return appointments.All(ctx, tx, "WHERE location_id = $1 AND contact_id = $2 ORDER BY starts_at DESC, id DESC", locationID, c.ID)
}
