package webhook

import (
	"context"
	"sync"
	"time"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
)

const (
	together = 256              // outcomes that are stored in one transaction
	breaker  = 10               // failures in a row after which an endpoint is tried with one at a time
	peace    = 30 * time.Second // for which it is then left alone, between two tries
	giveUp   = 5 * 24 * time.Hour
)

// outcome is what came of one attempt.
type outcome struct {
	Try
	of        *Delivery
	taken     bool
	gone      bool          // 410: never again
	stopped   string        // why nothing was sent, and will not be
	postponed time.Time     // nothing was sent or is known of it: when it is due again
	after     time.Duration // that the receiver asked to wait, 0 for nothing
	failing   bool          // the endpoint had failed before
}

// recordAll stores outcomes, as many together as have come, until there are no more.
// What was sent is recorded even if the program is being stopped.
func (d *dispatcher) recordAll(ctx context.Context) {
	ctx = context.WithoutCancel(ctx)
	var telling sync.WaitGroup
	defer telling.Wait()
	for o := range d.outcomes {
		all := []outcome{o}
		for more := true; more && len(all) < together; {
			select {
			case o, ok := <-d.outcomes:
				if ok {
					all = append(all, o)
				}
				more = ok
			default:
				more = false
			}
		}
		if err := d.record(ctx, all, &telling); err != nil {
			d.log.Warn("what came of webhooks cannot be recorded; they will be sent again", "deliveries", len(all), "err", err)
		}
	}
}

// record stores what came of deliveries, and what it says of their endpoints.
func (d *dispatcher) record(ctx context.Context, all []outcome, telling *sync.WaitGroup) error {
	err := d.db.Write(db.Quietly(ctx), db.System, func(ctx context.Context, tx *db.Tx) error {
		for i := range all {
			if err := all[i].store(ctx, tx); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	news := map[place][]outcome{}
	for _, o := range all {
		if at := (place{o.of.LocationID, o.of.EndpointID}); o.stopped == "" && o.postponed.IsZero() && (!o.taken || o.failing) {
			news[at] = append(news[at], o)
		}
	}
	var learning sync.WaitGroup
	for at, list := range news {
		learning.Go(func() {
			disabled, err := d.learn(ctx, at, list)
			if err != nil {
				d.log.Warn("how an endpoint is doing cannot be recorded", "webhook", at.endpoint, "err", err)
			}
			if disabled == nil {
				return
			}
			telling.Go(func() { // a mail takes its time
				if err := d.tell(ctx, disabled); err != nil {
					d.log.Warn("the owner of an endpoint cannot be told that it was disabled", "webhook", at.endpoint, "err", err)
				}
			})
		})
	}
	learning.Wait()
	return nil
}

// store stores an outcome, unless the delivery was removed, stopped or replayed
// meanwhile: then its lease is another.
func (o *outcome) store(ctx context.Context, tx *db.Tx) error {
	one := *o.of
	tries := one.Tries
	switch {
	case !o.postponed.IsZero():
		one.DueAt = o.postponed
	case o.stopped != "":
		one.State, one.DueAt, one.DoneAt = Stopped, time.Time{}, tx.Now()
	default:
		one.Attempts++
		if tries = append(tries[:len(tries):len(tries)], o.Try); len(tries) > mostTries {
			tries = tries[len(tries)-mostTries:]
		}
		switch {
		case o.taken:
			one.State, one.DueAt, one.DoneAt = Delivered, time.Time{}, tx.Now()
		case o.gone || int(one.Attempts) > len(schedule):
			one.State, one.DueAt, one.DoneAt = Exhausted, time.Time{}, tx.Now()
		default:
			one.DueAt = tx.Now().Add(pause(int(one.Attempts), o.after))
		}
	}
	return tx.Do(ctx, "UPDATE webhook_deliveries SET state = $4, due_at = $5, attempts = $6, lease = '', tries = $7, done_at = $8 WHERE location_id = $1 AND id = $2 AND lease = $3",
		one.LocationID, one.ID, one.lease, one.State, millis(one.DueAt), one.Attempts, db.JSON(&tries, "[]"), millis(one.DoneAt))
}

// learn keeps how an endpoint is doing, and gives it if that ends it.
func (d *dispatcher) learn(ctx context.Context, at place, list []outcome) (disabled *Endpoint, err error) {
	err = d.db.Write(ctx, at.location, func(ctx context.Context, tx *db.Tx) error {
		disabled = nil
		e, err := endpoints.One(ctx, tx, "WHERE location_id = $1 AND id = $2 /*postgres FOR UPDATE*/", at.location, at.endpoint)
		if err != nil || e == nil {
			return err
		}
		why := ""
		for i := range list {
			if why = e.judge(&list[i], tx.Now()); why != "" {
				break
			}
		}
		if why == "" || !e.DisabledAt.IsZero() {
			return endpoints.Update(ctx, tx, e)
		}
		disabled = e
		return e.disable(ctx, tx, crm.Actor{LocationID: e.LocationID, Origin: "webhook"}, true, why)
	})
	if err != nil {
		return nil, err
	}
	return disabled, nil
}

// judge counts an outcome, and says why the endpoint is to be given up if it is
// gone, or took nothing for days.
func (e *Endpoint) judge(o *outcome, now time.Time) (why string) {
	if o.taken {
		e.Failures, e.FailingAt, e.OpenUntil = 0, time.Time{}, time.Time{}
		return ""
	}
	if e.Failures++; e.FailingAt.IsZero() {
		e.FailingAt = now
	}
	if e.Failures >= breaker {
		e.OpenUntil = now.Add(peace)
	}
	switch {
	case o.gone:
		return "it answered 410 Gone"
	case now.Sub(e.FailingAt) >= giveUp:
		return "it took nothing for five days"
	}
	return ""
}
