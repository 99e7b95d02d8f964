package calendar

import (
	"context"
	"reflect"
	"slices"
	"time"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
)

// Notification says who is to be told what of a calendar's appointments, when
// and how. Whoever sends messages reads it.
type Notification struct {
	LocationID string
	CalendarID string
	ID         string
	Active     bool
	Deleted    bool // kept, out of use
	Settings   NotificationSettings
	CreatedAt  time.Time
	UpdatedAt  time.Time
}

// NotificationSettings are what a Notification says.
type NotificationSettings struct {
	Receiver        string   `json:"receiverType"`     // contact, guest, assignedUser, emails, phoneNumbers, business
	Channel         string   `json:"channel"`          // email, inApp, sms, whatsapp
	Type            string   `json:"notificationType"` // booked, confirmation, cancellation, reminder, followup, reschedule
	TemplateID      string   `json:"templateId,omitempty"`
	Subject         string   `json:"subject,omitempty"`
	Body            string   `json:"body,omitempty"`
	After           []Offset `json:"afterTime,omitempty"`
	Before          []Offset `json:"beforeTime,omitempty"`
	Emails          []string `json:"additionalEmailIds,omitempty"`
	Phones          []string `json:"additionalPhoneNumbers,omitempty"`
	WhatsAppNumbers []string `json:"additionalWhatsappNumbers,omitempty"`
	Users           []string `json:"selectedUsers,omitempty"`
	FromAddress     string   `json:"fromAddress,omitempty"`
	FromName        string   `json:"fromName,omitempty"`
	FromNumber      string   `json:"fromNumber,omitempty"`
}

// Offset is a time before or after an appointment.
type Offset struct {
	Offset float64 `json:"timeOffset"`
	Unit   string  `json:"unit"`
}

var notifications = db.NewTable("calendar_notifications", []string{"location_id", "calendar_id", "id"}, func(n *Notification) []db.Column {
	return []db.Column{
		{Name: "location_id", At: &n.LocationID}, {Name: "calendar_id", At: &n.CalendarID}, {Name: "id", At: &n.ID},
		{Name: "active", At: &n.Active}, {Name: "deleted", At: &n.Deleted}, {Name: "settings", At: db.JSON(&n.Settings, "{}")},
		{Name: "created_at", At: db.Millis(&n.CreatedAt), Fixed: true}, {Name: "updated_at", At: db.Millis(&n.UpdatedAt)},
	}
})

func (n *Notification) check() error {
	var broken []errs.Field
	for _, f := range []struct {
		name, v string
		choices []string
	}{
		{"receiverType", n.Settings.Receiver, []string{"contact", "guest", "assignedUser", "emails", "phoneNumbers", "business"}},
		{"channel", n.Settings.Channel, []string{"email", "inApp", "sms", "whatsapp"}},
		{"notificationType", n.Settings.Type, []string{"booked", "confirmation", "cancellation", "reminder", "followup", "reschedule"}},
	} {
		if !slices.Contains(f.choices, f.v) {
			broken = append(broken, errs.Field{Name: f.name, Rule: "choice"})
		}
	}
	return errs.InvalidFields(broken...)
}

// AddNotification adds a setting to a calendar. NotFound if that is not there,
// Invalid for broken fields.
func AddNotification(ctx context.Context, tx *db.Tx, by crm.Actor, n Notification) (*Notification, error) {
	if _, err := ByID(ctx, tx, by.LocationID, n.CalendarID); err != nil {
		return nil, err
	}
	if err := n.check(); err != nil {
		return nil, err
	}
	n.LocationID, n.ID, n.CreatedAt, n.UpdatedAt = by.LocationID, tx.NewID(), tx.Now(), tx.Now()
	if err := notifications.Insert(ctx, tx, &n); err != nil {
		return nil, err
	}
	return &n, crm.Emit(ctx, tx, by, "calendar_notification.created", "", n.ID, crm.EventData{Kind: n.Settings.Type})
}

// ChangeNotification changes a setting. NotFound if it is not there.
func ChangeNotification(ctx context.Context, tx *db.Tx, by crm.Actor, calendarID, notificationID string, change func(*Notification)) error {
	n, err := NotificationByID(ctx, tx, by.LocationID, calendarID, notificationID)
	if err != nil {
		return err
	}
	old := *n
	change(n)
	if err := n.check(); err != nil {
		return err
	}
	if reflect.DeepEqual(old, *n) {
		return nil
	}
	n.UpdatedAt = later(tx.Now(), n.UpdatedAt)
	if err := notifications.Update(ctx, tx, n); err != nil {
		return err
	}
	return crm.Emit(ctx, tx, by, "calendar_notification.updated", "", n.ID, crm.EventData{Kind: n.Settings.Type})
}

// DeleteNotification removes a setting. NotFound if it is not there.
func DeleteNotification(ctx context.Context, tx *db.Tx, by crm.Actor, calendarID, notificationID string) error {
	n, err := NotificationByID(ctx, tx, by.LocationID, calendarID, notificationID)
	if err != nil {
		return err
	}
	if err := tx.Do(ctx, "DELETE FROM calendar_notifications WHERE location_id = $1 AND calendar_id = $2 AND id = $3", by.LocationID, calendarID, notificationID); err != nil {
		return err
	}
	return crm.Emit(ctx, tx, by, "calendar_notification.deleted", "", n.ID, crm.EventData{Kind: n.Settings.Type})
}

// NotificationByID gives a setting of a calendar. NotFound if it is not there.
func NotificationByID(ctx context.Context, tx *db.Tx, locationID, calendarID, notificationID string) (*Notification, error) {
	n, err := notifications.One(ctx, tx, "WHERE location_id = $1 AND calendar_id = $2 AND id = $3", locationID, calendarID, notificationID)
	if err == nil && n == nil {
		err = errs.New(errs.NotFound, "Notification not found")
	}
	return n, err
}

// NotificationFilter selects settings; nil selects all.
type NotificationFilter struct {
	Active, Deleted *bool
	Limit, Skip     int64
}

// Notifications gives the settings of a calendar, the oldest first.
func Notifications(ctx context.Context, tx *db.Tx, locationID, calendarID string, f NotificationFilter) ([]Notification, error) {
	is := func(b *bool) string {
		switch {
		case b == nil:
			return ""
		case *b:
			return "yes"
		}
		return "no"
	}
	return notifications.All(ctx, tx, `WHERE location_id = $1 AND calendar_id = $2 AND ($3 = '' OR active = ($3 = 'yes')) AND ($4 = '' OR deleted = ($4 = 'yes'))
		ORDER BY id LIMIT $5 OFFSET $6`, locationID, calendarID, is(f.Active), is(f.Deleted), f.Limit, f.Skip)
}
