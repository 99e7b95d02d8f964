package workflow

import (
	"context"
	"fmt"
	"time"

	"github.com/foyer-crm/foyer/internal/clock"
	"github.com/foyer-crm/foyer/internal/mergefield"
)

// wait waits for a time or for an event. While it does, the enrolment stands at
// this step. What it waits for may move meanwhile, as an appointment does: when
// the time has come it is looked again.
func (r *run) wait(context.Context) (result, error) {
	if r.step.Event != nil {
		return r.waitForEvent(), nil
	}
	zone, now := r.scope.zoneNamed(r.step.Zone), r.tx.Now()
	again, at := r.e.Waiting == forTime, now
	if again && r.step.Until == "" {
		return result{}, nil
	}
	if r.step.Until != "" {
		until, ok := r.until(zone)
		if !ok {
			return result{outcome: Skipped, detail: r.step.Until + " is not known"}, nil
		}
		at = r.step.Offset.From(until, zone)
		if !at.After(now) && !again {
			to := r.flow.target(r.step.Missed, r.node.next)
			return result{to: &to, outcome: Skipped, detail: "it was past already: " + written(at, zone)}, nil
		}
	}
	at = r.step.For.From(at, zone)
	if r.step.At != "" || len(r.step.Days) > 0 {
		at = nextClock(at, r.step.At, r.step.Days, zone)
	}
	if again && !at.After(now) {
		return result{}, nil
	}
	return result{stay: true, due: at, waiting: forTime, detail: "until " + written(at, zone)}, nil
}

// until gives the moment that the step waits for.
func (r *run) until(zone *time.Location) (time.Time, bool) {
	if at, ok := moment(r.step.Until, zone); ok {
		return at, true
	}
	path := mergefield.Path(r.step.Until)
	if path == "event.at" && !r.e.EventAt.IsZero() {
		return r.e.EventAt, true
	}
	v, _ := r.scope.look(path)
	return moment(v, zone)
}

// nextClock gives the first moment from t on at which the clocks of a zone show a
// time of day, on some days of the week; without a time of day the beginning of
// such a day, or t if it is one.
func nextClock(t time.Time, at string, days []string, zone *time.Location) time.Time {
	w := clock.Window{Days: days}
	if at == "" {
		return w.Next(t, zone)
	}
	minutes, err := clock.Minutes(at)
	if err != nil {
		return t
	}
	day := clock.Day(t, zone)
	for range 9 {
		moment := clock.At(day, minutes, zone)
		if !moment.Before(t) && w.Open(moment, zone) {
			return moment
		}
		day = day.AddDate(0, 0, 1)
	}
	return t
}

// waitForEvent waits for an event of the contact, or until that takes too long.
func (r *run) waitForEvent() result {
	if r.e.Waiting == forEvent { // and now it has taken too long
		to := r.flow.target(r.step.Late, r.node.next)
		return result{to: &to, outcome: Skipped, detail: "it did not come in time"}
	}
	out := result{stay: true, waiting: forEvent, detail: "for " + r.step.Event.On}
	if r.step.Timeout != (Span{}) {
		zone := r.scope.zoneNamed(r.step.Zone)
		out.due = r.step.Timeout.From(r.tx.Now(), zone)
		out.detail += " until " + written(out.due, zone)
	}
	return out
}

func written(t time.Time, zone *time.Location) string {
	return t.In(zone).Format("2006-01-02 15:04 MST")
}

// branch goes the way of the first case that holds.
func (r *run) branch(context.Context) (result, error) {
	for i := range r.step.Cases {
		if r.step.Cases[i].If.Holds(r.scope) {
			return result{to: &r.node.ways[i], detail: fmt.Sprintf("case %d", i+1)}, nil
		}
	}
	return result{to: &r.node.rest, detail: "else"}, nil
}
