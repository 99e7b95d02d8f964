package crm

import (
	"context"
	"fmt"
	"time"

	"github.com/foyer-crm/foyer/internal/clock"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/jobs"
)

// DigestJob is the kind of job that sends a user the digest of a location.
const DigestJob = "message.digest"

// DigestArgs are the arguments of a DigestJob.
type DigestArgs struct {
	UserID string `json:"userId"`
}

// DigestAt gives when something is told that happened at a moment: at the next
// hour of the clock of a zone. Where the clock skips the hour that day it is the
// hour behind, where it strikes twice the first.
func DigestAt(happened time.Time, hour int, zone *time.Location) time.Time {
	today := clock.Day(happened, zone)
	on := func(day int) time.Time { return clock.At(today.AddDate(0, 0, day), hour*60, zone) }
	if due := on(0); due.After(happened) {
		return due
	}
	return on(1)
}

// addDigest has a user sent what waits for the digest since a moment. The job of
// one hour joins that of the same: there is one mail.
func addDigest(ctx context.Context, tx *db.Tx, locationID, userID string, since time.Time) error {
	hour, zone, err := DigestHour(ctx, tx, locationID, userID)
	if err != nil {
		return err
	}
	return jobs.Add(ctx, tx, jobs.Job{LocationID: locationID, Kind: DigestJob, Unique: fmt.Sprint(userID, " ", hour), Args: DigestArgs{UserID: userID}, RunAt: DigestAt(since, hour, zone)})
}

// Digest gives what waits for the digest of a user, the oldest first.
func Digest(ctx context.Context, tx *db.Tx, locationID, userID string, limit int) ([]Notification, error) {
	return notifications.All(ctx, tx, "WHERE location_id = $1 AND user_id = $2 AND state = 'digest' ORDER BY id LIMIT $3", locationID, userID, limit)
}
