package crm

import (
	"context"
	"time"

	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/jobs"
)

// NotifyJob is the kind of job that sends a location's queued notifications.
const NotifyJob = "message.notify"

// QueuedNotifications gives what is still to be sent in a location, the oldest first.
func QueuedNotifications(ctx context.Context, tx *db.Tx, locationID string, limit int) ([]Notification, error) {
	return notifications.All(ctx, tx, "WHERE location_id = $1 AND state = 'queued' ORDER BY id LIMIT $2", locationID, limit)
}

// TakeNotifications marks some notifications of a user that wait for a mail, or
// for the digest, as being sent, and reports how many that were: a mail is for
// who takes them.
func TakeNotifications(ctx context.Context, tx *db.Tx, locationID, userID string, ids []string) (int64, error) {
	return eachSome(ids, func(some []string, marks string) (int64, error) {
		return tx.Exec(ctx, "UPDATE notifications SET state = 'sending', sent_at = $3 WHERE location_id = $1 AND user_id = $2 AND state IN ('queued', 'digest') AND id IN ("+marks+")",
			append([]any{locationID, userID, tx.Now().UnixMilli()}, anys(some)...)...)
	}, 4)
}

// SettleNotifications records what became of some notifications of a user that
// were being sent: they went to an address, or why not.
func SettleNotifications(ctx context.Context, tx *db.Tx, locationID, userID string, ids []string, address, state, why string) error {
	sent := int64(0)
	if state == Sent {
		sent = tx.Now().UnixMilli()
	}
	_, err := eachSome(ids, func(some []string, marks string) (int64, error) {
		return 0, tx.Do(ctx, "UPDATE notifications SET address = $3, state = $4, error = $5, sent_at = $6 WHERE location_id = $1 AND user_id = $2 AND state = 'sending' AND id IN ("+marks+")",
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
// short, and is queued again. What waits for a digest has one every day.
func WakeNotifications(ctx context.Context, tx *db.Tx, before time.Time) error {
	if err := tx.Do(ctx, "UPDATE notifications SET state = CASE way WHEN 'digest' THEN 'digest' ELSE 'queued' END, sent_at = 0 WHERE state = 'sending' AND sent_at < $1", before.UnixMilli()); err != nil {
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
	const longest = 26 * time.Hour // a day can have 25
	late, err := notifications.All(ctx, tx, "WHERE state = 'digest' AND created_at < $1 LIMIT 1000", before.Add(-longest).UnixMilli())
	if err != nil {
		return err
	}
	for _, n := range late {
		if err := jobs.Add(ctx, tx, jobs.Job{LocationID: n.LocationID, Kind: DigestJob, Unique: n.UserID + " late", Args: DigestArgs{UserID: n.UserID}}); err != nil {
			return err
		}
	}
	return nil
}
