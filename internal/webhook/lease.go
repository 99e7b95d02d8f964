package webhook

import (
	"cmp"
	"context"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"github.com/foyer-crm/foyer/internal/db"
)

// holding is what the dispatcher has of an endpoint.
type holding struct {
	queued, busy int
	slowly       bool
}

// batch are deliveries that were leased for an endpoint.
type batch struct {
	at   place
	most int  // under way at a time
	more bool // there may be more due
	jobs []job
}

// lease leases deliveries of the endpoints that have some due, all in one
// transaction. If this process dies they are due again when the lease ends.
func (d *dispatcher) lease(ctx context.Context, have map[place]holding) (all []batch, err error) {
	due, err := d.due(ctx)
	if err != nil {
		return nil, err
	}
	room := inMemory
	if d.db.Crowded() {
		room = whenCrowded
	}
	locations := map[string]int{}
	for at, h := range have {
		room -= h.queued
		locations[at.location] += h.queued + h.busy
	}
	rand.Shuffle(len(due), func(i, j int) { due[i], due[j] = due[j], due[i] }) // #nosec G404 -- nobody is always the last
	slices.SortStableFunc(due, func(a, b Endpoint) int { return cmp.Compare(locations[a.LocationID], locations[b.LocationID]) })
	for i := range due {
		locations[due[i].LocationID] += 0 // also one that has nothing leased yet takes its share
	}
	share := max(inMemory/max(len(locations), 1), perEndpoint) // of a location, however many endpoints it has
	ask := make([]int, len(due))
	for i := range due {
		at := place{due[i].LocationID, due[i].ID}
		ask[i] = max(0, min(due[i].ahead(have[at]), share-locations[at.location], max(room/(len(due)-i), 1), room)) // the later ones get room too
		room -= ask[i]
		locations[at.location] += ask[i]
	}
	var until time.Time
	sign := d.self + strconv.FormatInt(time.Now().UnixNano(), 36)
	got := make([]int64, len(due))
	err = d.db.Write(db.Quietly(ctx), db.System, func(ctx context.Context, tx *db.Tx) error {
		until = tx.Now().Add(lease)
		for i := range due {
			if ask[i] == 0 {
				continue
			}
			n, err := tx.Exec(ctx, `UPDATE webhook_deliveries SET lease = $4, due_at = $5 WHERE location_id = $1 AND id IN (
				SELECT id FROM webhook_deliveries WHERE location_id = $1 AND endpoint_id = $2 AND state = 'pending' AND due_at <= $3 ORDER BY due_at, id LIMIT $6 /*postgres FOR UPDATE SKIP LOCKED*/)`,
				due[i].LocationID, due[i].ID, tx.Now().UnixMilli(), sign, until.UnixMilli(), ask[i])
			if err != nil {
				return err
			}
			got[i] = n
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	err = d.db.Read(ctx, db.System, func(ctx context.Context, tx *db.Tx) error {
		all = nil
		for i := range due {
			if got[i] == 0 {
				continue
			}
			// the keys by themselves: SQLite's planner would rather read the whole location
			list, err := deliveries.All(ctx, tx, `WHERE location_id = $1 AND id IN (SELECT id FROM webhook_deliveries WHERE location_id = $1 AND endpoint_id = $2 AND state = 'pending' AND due_at = $3) AND lease = $4 ORDER BY id`,
				due[i].LocationID, due[i].ID, until.UnixMilli(), sign)
			if err != nil {
				return err
			}
			b := batch{at: place{due[i].LocationID, due[i].ID}, most: due[i].most(), more: int(got[i]) == ask[i]}
			for _, one := range list {
				b.jobs = append(b.jobs, job{one, until})
			}
			all = append(all, b)
		}
		return nil
	})
	return all, err
}

// due gives the endpoints that something is due for, and that are not left in peace.
func (d *dispatcher) due(ctx context.Context) (list []Endpoint, err error) {
	err = d.db.Read(ctx, db.System, func(ctx context.Context, tx *db.Tx) (err error) {
		list, err = endpoints.All(ctx, tx, `WHERE open_until <= $1 AND EXISTS (SELECT 1 FROM webhook_deliveries d
			WHERE d.location_id = webhook_endpoints.location_id AND d.endpoint_id = webhook_endpoints.id AND d.state = 'pending' AND d.due_at <= $1)`, tx.Now().UnixMilli())
		return err
	})
	return list, err
}

// most is how many deliveries are under way to an endpoint at a time.
func (e *Endpoint) most() int {
	if e.Failures >= breaker {
		return 1 // to see whether it is back
	}
	return perEndpoint
}

// ahead is how many deliveries are leased beside those that there are: many only
// for an endpoint that takes them quickly.
func (e *Endpoint) ahead(h holding) int {
	switch {
	case e.Failures >= breaker:
		return 1 - h.queued - h.busy
	case e.Failures > 0 || h.slowly:
		return perEndpoint - h.queued
	}
	return ahead - h.queued
}
