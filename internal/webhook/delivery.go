package webhook

import (
	"context"
	"time"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
)

// Delivery is one event for one endpoint, and what became of it.
type Delivery struct {
	LocationID string    `json:"locationId"`
	ID         string    `json:"id"`
	EndpointID string    `json:"endpointId"`
	EventID    string    `json:"eventId"`
	Type       string    `json:"type"`
	Message    string    `json:"messageId"` // what the receiver knows it by: the same however often it is sent
	Body       string    `json:"body"`      // as it is sent
	State      string    `json:"state"`
	DueAt      time.Time `json:"dueAt,omitzero"`
	Attempts   int64     `json:"attempts"` // since it was made, or was last replayed
	Tries      []Try     `json:"tries"`    // the newest last
	CreatedAt  time.Time `json:"createdAt"`
	DoneAt     time.Time `json:"doneAt,omitzero"`

	lease string // of the process that is sending it
}

// The states of a delivery.
const (
	Pending   = "pending"
	Delivered = "delivered"
	Exhausted = "exhausted" // tried as often as the schedule has it, and never taken
	Stopped   = "stopped"   // its endpoint was disabled, or its app shown out
)

// Try is one attempt at a delivery.
type Try struct {
	At     time.Time `json:"at"`
	Took   int64     `json:"tookMs"`
	Status int       `json:"status,omitempty"` // 0 where there was no answer
	Error  string    `json:"error,omitempty"`
	Answer string    `json:"answer,omitempty"` // its first 4 KiB
}

// mostTries are kept of each delivery, longestAnswer bytes of each answer.
const (
	mostTries     = 20
	longestAnswer = 4 << 10
)

var deliveries = db.NewTable("webhook_deliveries", []string{"location_id", "id"}, func(d *Delivery) []db.Column {
	return []db.Column{
		{Name: "location_id", At: &d.LocationID}, {Name: "id", At: &d.ID}, {Name: "endpoint_id", At: &d.EndpointID, Fixed: true}, {Name: "event_id", At: &d.EventID, Fixed: true},
		{Name: "type", At: &d.Type, Fixed: true}, {Name: "message", At: &d.Message, Fixed: true}, {Name: "body", At: &d.Body, Fixed: true}, {Name: "state", At: &d.State},
		{Name: "due_at", At: db.Millis(&d.DueAt)}, {Name: "attempts", At: &d.Attempts}, {Name: "lease", At: &d.lease}, {Name: "tries", At: db.JSON(&d.Tries, "[]")},
		{Name: "created_at", At: db.Millis(&d.CreatedAt), Fixed: true}, {Name: "done_at", At: db.Millis(&d.DoneAt)},
	}
})

// Log selects from the log of deliveries. The zero value is all of a location.
type Log struct {
	EndpointID string
	State      string
	Since      time.Time // made at or after
	Until      time.Time // made before
	Before     string    // id to start behind
	Limit      int       // 0 is 100
}

// Deliveries gives the log, the newest first.
func Deliveries(ctx context.Context, tx *db.Tx, locationID string, l Log) ([]Delivery, error) {
	limit, before, until := l.Limit, l.Before, l.Until
	if limit == 0 {
		limit = 100
	}
	if before == "" {
		before = "~" // sorts behind every id
	}
	if until.IsZero() {
		until = time.UnixMilli(1 << 52)
	}
	return deliveries.All(ctx, tx, `WHERE location_id = $1 AND ($2 = '' OR endpoint_id = $2) AND ($3 = '' OR state = $3) AND created_at >= $4 AND created_at < $5 AND id < $6 ORDER BY id DESC LIMIT $7`,
		locationID, l.EndpointID, l.State, millis(l.Since), until.UnixMilli(), before, limit)
}

func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// DeliveryByID gives a delivery. NotFound if it is not there.
func DeliveryByID(ctx context.Context, tx *db.Tx, locationID, deliveryID string) (*Delivery, error) {
	d, err := deliveries.One(ctx, tx, "WHERE location_id = $1 AND id = $2", locationID, deliveryID)
	if err == nil && d == nil {
		err = errs.New(errs.NotFound, "there is no delivery %s", deliveryID)
	}
	return d, err
}

// Replay sends a delivery again, under the id that the receiver knows it by, and
// if that fails as often as a new one. NotFound if it is not there, Invalid where
// its endpoint is disabled.
func Replay(ctx context.Context, tx *db.Tx, by crm.Actor, deliveryID string) error {
	d, err := DeliveryByID(ctx, tx, by.LocationID, deliveryID)
	if err != nil {
		return err
	}
	e, err := EndpointByID(ctx, tx, by.LocationID, d.EndpointID)
	if err != nil {
		return err
	}
	if !e.DisabledAt.IsZero() {
		return errs.New(errs.Invalid, "the webhook %s is disabled", e.ID)
	}
	d.State, d.DueAt, d.Attempts, d.lease, d.DoneAt = Pending, tx.Now(), 0, "", time.Time{}
	return deliveries.Update(ctx, tx, d)
}

// ReplayAll replays what a log selects, all pages of it, and says how many.
func ReplayAll(ctx context.Context, tx *db.Tx, by crm.Actor, l Log) (n int64, err error) {
	if l.EndpointID == "" {
		return 0, errs.New(errs.Invalid, "say which webhook is to be replayed")
	}
	e, err := EndpointByID(ctx, tx, by.LocationID, l.EndpointID)
	if err != nil {
		return 0, err
	}
	if !e.DisabledAt.IsZero() {
		return 0, errs.New(errs.Invalid, "the webhook %s is disabled", e.ID)
	}
	until := l.Until
	if until.IsZero() {
		until = tx.Now().Add(time.Millisecond)
	}
	return tx.Exec(ctx, `UPDATE webhook_deliveries SET state = 'pending', due_at = $6, attempts = 0, lease = '', done_at = 0
		WHERE location_id = $1 AND endpoint_id = $2 AND ($3 = '' OR state = $3) AND created_at >= $4 AND created_at < $5`,
		by.LocationID, l.EndpointID, l.State, millis(l.Since), until.UnixMilli(), tx.Now().UnixMilli())
}

// stopPending gives up what an endpoint has not been told of.
func stopPending(ctx context.Context, tx *db.Tx, locationID, endpointID string) error {
	return tx.Do(ctx, "UPDATE webhook_deliveries SET state = 'stopped', lease = '', due_at = 0, done_at = $3 WHERE location_id = $1 AND endpoint_id = $2 AND state = 'pending'",
		locationID, endpointID, tx.Now().UnixMilli())
}

// Forget removes from the log what was made before a moment and is done with.
func Forget(ctx context.Context, d *db.DB, before time.Time) error {
	return d.Write(ctx, db.System, func(ctx context.Context, tx *db.Tx) error {
		return tx.Do(ctx, "DELETE FROM webhook_deliveries WHERE created_at < $1 AND state <> 'pending'", before.UnixMilli())
	})
}
