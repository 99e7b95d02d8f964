package connect

import (
	"context"
	"time"

	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/remote"
)

// Health is how a connection fares, in a few numbers.
type Health struct {
	Connection
	Queue int64         // records that something is to be done about
	Lag   time.Duration // that the oldest of them has waited
	Gate  remote.Status // what this process knows of the system
}

// Healths says how all connections of all locations fare.
func (g *Engine) Healths(ctx context.Context) (list []Health, err error) {
	err = g.db.Read(ctx, db.System, func(ctx context.Context, tx *db.Tx) error {
		all, err := connections.All(ctx, tx, "WHERE location_id IN (SELECT id FROM locations)")
		if err != nil {
			return err
		}
		list = make([]Health, len(all))
		for i := range all {
			h := &list[i]
			h.Connection, h.Gate = all[i], g.gate(all[i].ID).Status()
			if h.Queue, h.Lag, err = queue(ctx, tx, all[i].LocationID, all[i].ID); err != nil {
				return err
			}
		}
		return nil
	})
	return list, err
}

// queue gives how many records of a connection wait, and how long the oldest has.
func queue(ctx context.Context, tx *db.Tx, locationID, connectionID string) (n int64, lag time.Duration, err error) {
	var oldest int64
	_, err = tx.Get(ctx, []any{&n, &oldest}, "SELECT COUNT(*), COALESCE(MIN(updated_at), 0) FROM connection_records WHERE location_id = $1 AND connection_id = $2 AND due_at > 0", locationID, connectionID)
	if n > 0 {
		lag = tx.Now().Sub(time.UnixMilli(oldest))
	}
	return n, lag, err
}

// counted gives the requests of a connection that are not in the database yet, by
// what came of them.
func (g *Engine) counted(connectionID string) map[string]int64 {
	all := g.gate(connectionID).Status().Requests
	g.mu.Lock()
	defer g.mu.Unlock()
	for came, n := range g.stored[connectionID] {
		all[came] -= n
	}
	return all
}

// noted notes that they are.
func (g *Engine) noted(connectionID string, counted map[string]int64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.stored[connectionID] == nil {
		g.stored[connectionID] = map[string]int64{}
	}
	for came, n := range counted {
		g.stored[connectionID][came] += n
	}
}

// Backlog is what a connection still has to do, counted only as far as people look.
type Backlog struct {
	Queue    int64         // records that something is to be done about; Many or more are Many
	Rejected int64         // records that cannot cross; likewise
	Lag      time.Duration // for which the oldest of those looked at has waited
}

// Many is how far Backlog counts.
const Many = 1000

// BacklogOf says what a connection still has to do, at a cost that does not grow with what it
// keeps in step.
func BacklogOf(ctx context.Context, tx *db.Tx, locationID, connectionID string) (h Backlog, err error) {
	var oldest int64
	if _, err := tx.Get(ctx, []any{&h.Queue, &oldest}, `SELECT COUNT(*), COALESCE(MIN(updated_at), 0) FROM
		(SELECT updated_at FROM connection_records WHERE location_id = $1 AND connection_id = $2 AND due_at > 0 LIMIT $3) AS picked`, locationID, connectionID, Many); err != nil {
		return h, err
	}
	if h.Queue > 0 {
		h.Lag = max(tx.Now().Sub(time.UnixMilli(oldest)), 0)
	}
	_, err = tx.Get(ctx, []any{&h.Rejected}, `SELECT COUNT(*) FROM
		(SELECT 1 AS one FROM connection_records /*sqlite INDEXED BY connection_records_state*/ WHERE location_id = $1 AND connection_id = $2 AND state = 'rejected' AND state IN ('rejected', 'skipped') LIMIT $3) AS picked`, locationID, connectionID, Many)
	return h, err
}
