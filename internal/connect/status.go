package connect

import (
	"context"
	"time"

	"github.com/foyer-crm/foyer/internal/db"
)

// Status is how a connection fares.
type Status struct {
	Connection *Connection `json:"connection"`
	Flows      []Progress  `json:"flows"`
	Queue      int64       `json:"queue"`                 // records that something is to be done about
	Lag        float64     `json:"lag"`                   // seconds that the oldest of them has waited
	Breaker    string      `json:"breaker"`               // closed; open while the system is left alone
	PerSecond  float64     `json:"perSecond"`             // records of the queue that were brought into step, of late
	Left       float64     `json:"secondsLeft,omitempty"` // until the queue is empty, 0 if nobody knows
	Linked     int64       `json:"linked"`                // records that are on both sides
	Rejected   int64       `json:"rejected"`
	Skipped    int64       `json:"skipped"`
	Gone       int64       `json:"gone"`
	At         time.Time   `json:"at"`
}

// Progress is how far a flow is.
type Progress struct {
	Flow
	PerSecond float64 `json:"perSecond"`
	Left      float64 `json:"secondsLeft,omitempty"`
}

// StatusOf says how a connection fares. NotFound if it is not there.
func StatusOf(ctx context.Context, tx *db.Tx, locationID, connectionID string) (*Status, error) {
	c, err := ByID(ctx, tx, locationID, connectionID)
	if err != nil {
		return nil, err
	}
	s := &Status{Connection: c, At: tx.Now()}
	all, err := Flows(ctx, tx, locationID, c.ID)
	if err != nil {
		return nil, err
	}
	for i := range all {
		rate, left := all[i].Rate(tx.Now())
		s.Flows = append(s.Flows, Progress{all[i], rate, left.Seconds()})
	}
	by := map[string]int64{}
	var state string
	var n int64
	if err := tx.Each(ctx, []any{&state, &n}, func() error {
		by[state] = n
		return nil
	}, "SELECT state, COUNT(*) FROM connection_records WHERE location_id = $1 AND connection_id = $2 GROUP BY state", locationID, c.ID); err != nil {
		return nil, err
	}
	s.Linked, s.Rejected, s.Skipped, s.Gone = by[Linked], by[Rejected], by[Skipped], by[Gone]+by[Merged]
	var lag time.Duration
	s.Queue, lag, err = queue(ctx, tx, locationID, c.ID)
	s.Lag = lag.Seconds()
	if err == nil {
		s.PerSecond, err = settling(ctx, tx, c)
	}
	s.Left = timeFor(s.Queue, s.PerSecond).Seconds()
	s.Breaker = c.breaker(tx.Now())
	return s, err
}

// settling gives how many records a second were brought into step within the last
// minute, from the first of them on.
func settling(ctx context.Context, tx *db.Tx, c *Connection) (perSecond float64, err error) {
	var n, first int64
	_, err = tx.Get(ctx, []any{&n, &first}, "SELECT COUNT(*), COALESCE(MIN(updated_at), 0) FROM connection_records WHERE location_id = $1 AND connection_id = $2 AND due_at = 0 AND updated_at > $3",
		c.LocationID, c.ID, tx.Now().Add(-time.Minute).UnixMilli())
	if took := tx.Now().Sub(time.UnixMilli(first)).Seconds(); n > 0 && took > 0 {
		perSecond = float64(n) / took
	}
	return perSecond, err
}

// breaker gives the state of a connection's circuit.
func (c *Connection) breaker(now time.Time) string {
	if c.OpenUntil.After(now) {
		return "open"
	}
	return "closed"
}

// Test asks a system whether the credential opens it, and says in words whose it is.
func (g *Engine) Test(ctx context.Context, locationID, connectionID string) (string, error) {
	_, system, err := g.System(ctx, locationID, connectionID)
	if err != nil {
		return "", err
	}
	return system.Check(ctx)
}
