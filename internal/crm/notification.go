package crm

import (
	"context"
	"time"

	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/jobs"
)

// Notification is one person being told of one thing, and what became of it.
type Notification struct {
	LocationID string
	EventID    string
	UserID     string
	ContactID  string
	Kind       string // new_lead
	Address    string // where it went
	State      string // queued, sending, sent, not sent
	Error      string // why it was not sent
	CreatedAt  time.Time
	SentAt     time.Time // or since when it is being sent
}

// The states of a notification.
const (
	Queued  = "queued"
	Sending = "sending"
	Sent    = "sent"
	NotSent = "not sent"
)

var notifications = db.NewTable("notifications", []string{"location_id", "event_id", "user_id"}, func(n *Notification) []db.Column {
	return []db.Column{
		{Name: "location_id", At: &n.LocationID}, {Name: "event_id", At: &n.EventID}, {Name: "user_id", At: &n.UserID}, {Name: "contact_id", At: &n.ContactID},
		{Name: "kind", At: &n.Kind}, {Name: "address", At: &n.Address}, {Name: "state", At: &n.State}, {Name: "error", At: &n.Error},
		{Name: "created_at", At: db.Millis(&n.CreatedAt)}, {Name: "sent_at", At: db.Millis(&n.SentAt)},
	}
})

// NotifyJob is the kind of job that sends a location's queued notifications.
const NotifyJob = "message.notify"

// gather is how long the first new lead waits for others: a burst becomes one
// job, and perhaps one mail.
const gather = time.Second

// announce queues a notification of a new contact for everybody who wants one,
// in the transaction that makes the contact: it is told of once, or the contact
// is not there. One job sends all that are queued when it starts.
func announce(ctx context.Context, tx *db.Tx, by Actor, contactID, eventID string) error {
	if by.Origin == "import" {
		return nil // whoever imports a file knows what is in it
	}
	const queue = `INSERT INTO notifications (location_id, event_id, user_id, contact_id, kind, address, state, error, created_at, sent_at)
		SELECT location_id, $2, user_id, $3, 'new_lead', '', 'queued', '', $4, 0 FROM memberships WHERE location_id = $1 AND notify_new_leads`
	n, err := tx.Exec(ctx, queue, by.LocationID, eventID, contactID, tx.Now().UnixMilli())
	if err != nil || n == 0 {
		return err
	}
	return jobs.Add(ctx, tx, jobs.Job{LocationID: by.LocationID, Kind: NotifyJob, Unique: "queued", RunAt: tx.Now().Add(gather)})
}

// Notifications gives a location's notifications, the newest first.
func Notifications(ctx context.Context, tx *db.Tx, locationID string, limit int) ([]Notification, error) {
	return notifications.All(ctx, tx, "WHERE location_id = $1 ORDER BY event_id DESC, user_id LIMIT $2", locationID, limit)
}

// QueuedNotifications gives what is still to be sent in a location, the oldest first.
func QueuedNotifications(ctx context.Context, tx *db.Tx, locationID string, limit int) ([]Notification, error) {
	return notifications.All(ctx, tx, "WHERE location_id = $1 AND state = 'queued' ORDER BY event_id LIMIT $2", locationID, limit)
}

// TakeNotifications marks a user's queued notifications of some events as being
// sent, and reports how many that were: a mail is for who takes them.
func TakeNotifications(ctx context.Context, tx *db.Tx, locationID, userID string, eventIDs []string) (int64, error) {
	return eachSome(eventIDs, func(some []string, marks string) (int64, error) {
		return tx.Exec(ctx, "UPDATE notifications SET state = 'sending', sent_at = $3 WHERE location_id = $1 AND user_id = $2 AND state = 'queued' AND event_id IN ("+marks+")",
			append([]any{locationID, userID, tx.Now().UnixMilli()}, anys(some)...)...)
	}, 4)
}

// SettleNotifications records what became of a user's notifications of some
// events that were being sent: they went to an address, or why not.
func SettleNotifications(ctx context.Context, tx *db.Tx, locationID, userID string, eventIDs []string, address, state, why string) error {
	sent := int64(0)
	if state == Sent {
		sent = tx.Now().UnixMilli()
	}
	_, err := eachSome(eventIDs, func(some []string, marks string) (int64, error) {
		return 0, tx.Do(ctx, "UPDATE notifications SET address = $3, state = $4, error = $5, sent_at = $6 WHERE location_id = $1 AND user_id = $2 AND state = 'sending' AND event_id IN ("+marks+")",
			append([]any{locationID, userID, address, state, why, sent}, anys(some)...)...)
	}, 7)
	return err
}

// eachSome runs f for some of a list at a time, with the marks for them, and
// adds up what it gives.
func eachSome(list []string, f func(some []string, marks string) (int64, error), from int) (sum int64, err error) {
	const most = 500 // marks in one statement
	for len(list) > 0 {
		some := list[:min(most, len(list))]
		list = list[len(some):]
		n, err := f(some, marks(from, len(some)))
		if err != nil {
			return sum, err
		}
		sum += n
	}
	return sum, nil
}

func anys(texts []string) []any {
	out := make([]any, len(texts))
	for i, t := range texts {
		out[i] = t
	}
	return out
}

// DropQueued records that nothing that is queued in a location can be sent, and why.
func DropQueued(ctx context.Context, tx *db.Tx, locationID, why string) error {
	return tx.Do(ctx, "UPDATE notifications SET state = 'not sent', error = $2 WHERE location_id = $1 AND state = 'queued'", locationID, why)
}

// WakeNotifications adds a job wherever a notification made before a moment is
// still queued: one whose transaction found a job waiting and committed after
// that job had looked. One that is being sent since before that moment was cut
// short, and is queued again.
func WakeNotifications(ctx context.Context, tx *db.Tx, before time.Time) error {
	if err := tx.Do(ctx, "UPDATE notifications SET state = 'queued', sent_at = 0 WHERE state = 'sending' AND sent_at < $1", before.UnixMilli()); err != nil {
		return err
	}
	waiting, err := notifications.All(ctx, tx, "WHERE state = 'queued' AND created_at < $1 LIMIT 1000", before.UnixMilli())
	if err != nil {
		return err
	}
	for _, n := range waiting {
		if err := jobs.Add(ctx, tx, jobs.Job{LocationID: n.LocationID, Kind: NotifyJob, Unique: "queued"}); err != nil {
			return err
		}
	}
	return nil
}
