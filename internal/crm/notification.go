package crm

import (
	"context"
	"math"
	"time"

	"github.com/foyer-crm/foyer/internal/db"
)

// Notification is one person being told of one thing, and what became of it.
type Notification struct {
	LocationID string
	EventID    string // the event, or what else makes it once
	UserID     string
	Kind       string // of NoticeKinds
	ID         string
	ContactID  string
	ObjectID   string
	Text       string
	Way        string
	State      string // shown; of a mail: queued, sending, sent, not sent; digest while it waits for that
	Address    string // where it went
	Error      string // why it was not sent
	CreatedAt  time.Time
	SentAt     time.Time // or since when it is being sent
	ReadAt     time.Time // zero while it is unread
}

// The states of a notification.
const (
	Shown    = "shown"  // is only shown
	Digested = "digest" // waits for the daily mail
	Queued   = "queued"
	Sending  = "sending"
	Sent     = "sent"
	NotSent  = "not sent"
)

var notifications = db.NewTable("notifications", []string{"location_id", "event_id", "user_id", "kind"}, func(n *Notification) []db.Column {
	return []db.Column{
		{Name: "location_id", At: &n.LocationID}, {Name: "event_id", At: &n.EventID}, {Name: "user_id", At: &n.UserID}, {Name: "kind", At: &n.Kind}, {Name: "id", At: &n.ID, Fixed: true},
		{Name: "contact_id", At: &n.ContactID}, {Name: "object_id", At: &n.ObjectID}, {Name: "text", At: &n.Text}, {Name: "way", At: &n.Way}, {Name: "state", At: &n.State},
		{Name: "address", At: &n.Address}, {Name: "error", At: &n.Error}, {Name: "created_at", At: db.Millis(&n.CreatedAt)}, {Name: "sent_at", At: db.Millis(&n.SentAt)},
		{Name: "read_at", At: db.Millis(&n.ReadAt)},
	}
})

// Title says of what kind a notification is, as a person reads it.
func (n *Notification) Title() string {
	k, _ := NoticeKindNamed(n.Kind)
	return k.Title
}

// NotificationView is a notification as its user is shown it.
type NotificationView struct {
	ID         string    `json:"id"`
	LocationID string    `json:"locationId"`
	Kind       string    `json:"kind"`
	Title      string    `json:"title"`
	Text       string    `json:"text"`
	ContactID  string    `json:"contactId,omitempty"`
	ObjectID   string    `json:"objectId,omitempty"`
	CreatedAt  time.Time `json:"createdAt"`
	ReadAt     time.Time `json:"readAt,omitzero"` // not there while it is unread
}

// View gives what the user of a notification is shown.
func (n *Notification) View() NotificationView {
	return NotificationView{ID: n.ID, LocationID: n.LocationID, Kind: n.Kind, Title: n.Title(), Text: n.Text, ContactID: n.ContactID, ObjectID: n.ObjectID, CreatedAt: n.CreatedAt, ReadAt: n.ReadAt}
}

// Notifications gives a location's notifications, the newest first.
func Notifications(ctx context.Context, tx *db.Tx, locationID string, limit int) ([]Notification, error) {
	return notifications.All(ctx, tx, "WHERE location_id = $1 ORDER BY id DESC, user_id LIMIT $2", locationID, limit)
}

// NotificationsBetween gives a location's notifications behind an id and below
// another, the oldest first.
func NotificationsBetween(ctx context.Context, tx *db.Tx, locationID, after, below string, limit int) ([]Notification, error) {
	return notifications.All(ctx, tx, "WHERE location_id = $1 AND id > $2 AND id < $3 ORDER BY id LIMIT $4", locationID, after, below, limit)
}

// LastNotification gives the id of a location's last notification below an id, ""
// if there is none.
func LastNotification(ctx context.Context, tx *db.Tx, locationID, below string) (last string, err error) {
	_, err = tx.Get(ctx, []any{&last}, "SELECT id FROM notifications WHERE location_id = $1 AND id < $2 ORDER BY id DESC LIMIT 1", locationID, below)
	return last, err
}

// NotificationsOf gives a user's notifications in a location, the newest first:
// before is the id to start behind, "" for the newest.
func NotificationsOf(ctx context.Context, tx *db.Tx, locationID, userID, before string, unread bool, limit int) ([]Notification, error) {
	if before == "" {
		before = "~" // sorts behind every id
	}
	return notifications.All(ctx, tx, "WHERE location_id = $1 AND user_id = $2 AND id < $3 AND (NOT $4 OR read_at = 0) ORDER BY id DESC LIMIT $5", locationID, userID, before, unread, limit)
}

// Unread counts the notifications that a user has not read in a location.
func Unread(ctx context.Context, tx *db.Tx, locationID, userID string) (n int64, err error) {
	return UnreadUpTo(ctx, tx, locationID, userID, math.MaxInt32)
}

// UnreadUpTo is Unread that counts no further than a number.
func UnreadUpTo(ctx context.Context, tx *db.Tx, locationID, userID string, most int) (n int64, err error) {
	_, err = tx.Get(ctx, []any{&n}, "SELECT COUNT(*) FROM (SELECT 1 AS one FROM notifications WHERE location_id = $1 AND user_id = $2 AND read_at = 0 LIMIT $3) AS few", locationID, userID, most)
	return n, err
}

// ReadNotifications marks notifications of the Actor's user as read, all for none;
// of another's, or what is read already, nothing changes.
func ReadNotifications(ctx context.Context, tx *db.Tx, by Actor, ids ...string) error {
	const all = "UPDATE notifications SET read_at = $3 WHERE location_id = $1 AND user_id = $2 AND read_at = 0"
	if len(ids) == 0 {
		return tx.Do(ctx, all, by.LocationID, by.UserID, tx.Now().UnixMilli())
	}
	_, err := eachSome(ids, func(some []string, marks string) (int64, error) {
		return 0, tx.Do(ctx, all+" AND id IN ("+marks+")", append([]any{by.LocationID, by.UserID, tx.Now().UnixMilli()}, anys(some)...)...)
	}, 4)
	return err
}
