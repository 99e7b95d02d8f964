package webhook

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/outbound"
)

// schedule is how long after which attempt a delivery is tried again, each spread
// by a tenth: ten attempts over 75 h 35 min 5 s.
var schedule = []time.Duration{5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 14 * time.Hour, 20 * time.Hour, 24 * time.Hour}

const (
	perEndpoint = 8                // deliveries to one endpoint at a time
	inAll       = 64               // deliveries at a time
	lease       = 45 * time.Second // after which another process takes a delivery over
	look        = time.Second      // how often it is looked what is due
	longest     = 24 * time.Hour   // that a Retry-After can ask for
	breaker     = 10               // failures in a row after which an endpoint is tried with one at a time
	peace       = 30 * time.Second // for which it is then left alone, between two tries
	giveUp      = 5 * 24 * time.Hour
)

// Client is the outbound client that webhooks are sent with; private allows
// addresses of this machine and of private networks.
func Client(private bool) *outbound.Client {
	return outbound.New(outbound.Options{Private: private, Timeout: 15 * time.Second, Connect: 5 * time.Second, MaxBody: 64 << 10, Cut: true})
}

// Run sends what is due until ctx ends, then waits for what is under way.
func (g *Engine) Run(ctx context.Context) {
	tick := time.NewTicker(look)
	defer tick.Stop()
	d := &dispatcher{Engine: g, room: inAll, busy: map[[2]string]int{}, ended: make(chan [2]string, inAll)}
	defer d.work.Wait()
	for {
		if err := d.send(ctx); err != nil && ctx.Err() == nil {
			g.log.Warn("looking for webhooks that are due failed; it will be tried again", "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-g.wake:
		case at := <-d.ended:
			d.end(at)
		}
	}
}

// dispatcher is the sending half of an Engine. Only its own loop touches it.
type dispatcher struct {
	*Engine
	work  sync.WaitGroup
	room  int               // deliveries that can still be begun
	busy  map[[2]string]int // deliveries under way, by location and endpoint
	ended chan [2]string
}

func (d *dispatcher) end(at [2]string) {
	for {
		d.room++
		if d.busy[at]--; d.busy[at] == 0 {
			delete(d.busy, at)
		}
		select {
		case at = <-d.ended:
		default:
			return
		}
	}
}

// send begins what is due, for each endpoint in turn as much as it has room for.
func (d *dispatcher) send(ctx context.Context) error {
	if d.room == 0 {
		return nil
	}
	var due []Endpoint
	err := d.db.Read(ctx, db.System, func(ctx context.Context, tx *db.Tx) (err error) {
		due, err = endpoints.All(ctx, tx, `WHERE open_until <= $1 AND EXISTS (SELECT 1 FROM webhook_deliveries d
			WHERE d.location_id = webhook_endpoints.location_id AND d.endpoint_id = webhook_endpoints.id AND d.state = 'pending' AND d.due_at <= $1)`, tx.Now().UnixMilli())
		return err
	})
	if err != nil {
		return err
	}
	rand.Shuffle(len(due), func(i, j int) { due[i], due[j] = due[j], due[i] }) // #nosec G404 -- nobody is always the last
	for i := range due {
		e := &due[i]
		at := [2]string{e.LocationID, e.ID}
		most := perEndpoint
		if e.Failures >= breaker {
			most = 1 // to see whether it is back
		}
		share := max(1, d.room/(len(due)-i)) // the later ones get room too
		if n := min(most-d.busy[at], share, d.room); n > 0 {
			if err := d.begin(ctx, e, at, n); err != nil {
				return err
			}
		}
	}
	return nil
}

// begin leases deliveries of an endpoint and sends them.
func (d *dispatcher) begin(ctx context.Context, e *Endpoint, at [2]string, n int) error {
	var list []Delivery
	err := d.db.Write(ctx, e.LocationID, func(ctx context.Context, tx *db.Tx) (err error) {
		list, err = deliveries.All(ctx, tx, "WHERE location_id = $1 AND endpoint_id = $2 AND state = 'pending' AND due_at <= $3 ORDER BY due_at, id LIMIT $4 /*postgres FOR UPDATE SKIP LOCKED*/",
			e.LocationID, e.ID, tx.Now().UnixMilli(), n)
		if err != nil {
			return err
		}
		for i := range list {
			// if this process dies the delivery is due again when its lease ends
			list[i].lease, list[i].DueAt = d.self+strconv.FormatInt(tx.Now().UnixNano(), 36), tx.Now().Add(lease)
			list[i].Attempts++
			if err := tx.Do(ctx, "UPDATE webhook_deliveries SET lease = $3, due_at = $4, attempts = $5 WHERE location_id = $1 AND id = $2",
				e.LocationID, list[i].ID, list[i].lease, list[i].DueAt.UnixMilli(), list[i].Attempts); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for i := range list {
		d.room--
		d.busy[at]++
		to := *e // each looks up anew how its endpoint is
		d.work.Go(func() {
			defer func() { d.ended <- at }()
			if err := d.deliver(ctx, &to, &list[i]); err != nil && ctx.Err() == nil {
				d.log.Warn("a webhook's outcome cannot be recorded; it will be sent again", "delivery", list[i].ID, "err", err)
			}
		})
	}
	return nil
}

// outcome is what came of one attempt.
type outcome struct {
	Try
	taken   bool
	gone    bool          // 410: never again
	stopped string        // why nothing was sent at all
	after   time.Duration // that the receiver asked to wait, 0 for nothing
}

// deliver sends one delivery and records what came of it.
func (d *dispatcher) deliver(ctx context.Context, e *Endpoint, one *Delivery) error {
	o := d.attempt(ctx, e, one)
	if ctx.Err() != nil && !o.taken && o.Status == 0 {
		o.after = time.Nanosecond // the program is being stopped: whoever comes next sends it
		one.Attempts--
	}
	var disabled *Endpoint
	// What was sent is recorded even if the program is being stopped.
	err := d.db.Write(context.WithoutCancel(ctx), e.LocationID, func(ctx context.Context, tx *db.Tx) (err error) {
		disabled, err = d.record(ctx, tx, one, o)
		return err
	})
	if err != nil || disabled == nil {
		return err
	}
	return d.tell(context.WithoutCancel(ctx), disabled)
}

// attempt sends a delivery once.
func (d *dispatcher) attempt(ctx context.Context, e *Endpoint, one *Delivery) (o outcome) {
	began := time.Now()
	o.At = began.UTC().Truncate(time.Millisecond)
	header, why, err := d.mayGo(ctx, e, one, began)
	if why != "" {
		o.stopped = why
		return o
	}
	var a *outbound.Answer
	if err == nil {
		var r *http.Request
		if r, err = http.NewRequestWithContext(ctx, http.MethodPost, e.URL, bytes.NewReader([]byte(one.Body))); err == nil {
			r.Header = header
			a, err = d.out.Do(r)
		}
	}
	o.Took = time.Since(began).Milliseconds()
	if err != nil {
		o.Error = reason(err)
		return o
	}
	o.judge(a, began)
	return o
}

// judge says what an answer means: 2xx is taken, 410 is never again, anything else
// is to be tried again, a redirect too. Two may say when.
func (o *outcome) judge(a *outbound.Answer, now time.Time) {
	o.Status, o.Answer = a.Status, readable(a.Body)
	o.taken, o.gone = a.Status >= 200 && a.Status <= 299, a.Status == http.StatusGone
	if a.Status == http.StatusTooManyRequests || a.Status == http.StatusServiceUnavailable {
		o.after = retryAfter(a.Header.Get("Retry-After"), now)
	}
}

// mayGo gives the headers of a delivery, or why it is not sent any more: whoever
// is no longer let in is not told of anything.
func (d *dispatcher) mayGo(ctx context.Context, e *Endpoint, one *Delivery, at time.Time) (header http.Header, why string, err error) {
	err = d.db.Read(ctx, db.System, func(ctx context.Context, tx *db.Tx) error {
		now, err := endpoints.One(ctx, tx, "WHERE location_id = $1 AND id = $2", e.LocationID, e.ID)
		if err != nil {
			return err
		}
		if now == nil || !now.DisabledAt.IsZero() {
			why = "the webhook is disabled"
			return nil
		}
		l, err := crm.LocationByID(ctx, tx, e.LocationID)
		if err != nil {
			return err
		}
		if !l.DisabledAt.IsZero() {
			why = "the location is disabled"
			return nil
		}
		*e = *now
		if e.AppID == "" {
			return nil
		}
		list, err := auth.Listeners(ctx, tx, e.LocationID)
		if err != nil {
			return err
		}
		why = "the app is no longer in"
		for _, in := range list {
			if in.App.ID == e.AppID && (in.Live || d.vendor.Last(one.Type)) {
				why, e.URL = "", in.App.WebhookURL
			}
		}
		return nil
	})
	if err != nil || why != "" {
		return nil, why, err
	}
	if e.AppID == "" {
		header, err = e.sign(d.vault, one.Message, at, []byte(one.Body))
	} else {
		header, err = d.vendor.Sign(ctx, []byte(one.Body))
	}
	if err != nil {
		return nil, "", err
	}
	header.Set("Content-Type", "application/json")
	header.Set("User-Agent", "Foyer-Webhooks")
	return header, "", nil
}

// record keeps what came of an attempt, and gives the endpoint if that was the
// one that ended it.
func (d *dispatcher) record(ctx context.Context, tx *db.Tx, sent *Delivery, o outcome) (disabled *Endpoint, err error) {
	one, err := deliveries.One(ctx, tx, "WHERE location_id = $1 AND id = $2 AND lease = $3 /*postgres FOR UPDATE*/", sent.LocationID, sent.ID, sent.lease)
	if err != nil || one == nil { // removed, stopped or replayed meanwhile
		return nil, err
	}
	e, err := endpoints.One(ctx, tx, "WHERE location_id = $1 AND id = $2 /*postgres FOR UPDATE*/", sent.LocationID, sent.EndpointID)
	if err != nil || e == nil {
		return nil, err
	}
	one.lease, one.Attempts = "", sent.Attempts
	if o.stopped != "" {
		one.State, one.DueAt, one.DoneAt = Stopped, time.Time{}, tx.Now()
		return nil, deliveries.Update(ctx, tx, one)
	}
	if one.Tries = append(one.Tries, o.Try); len(one.Tries) > mostTries {
		one.Tries = one.Tries[len(one.Tries)-mostTries:]
	}
	switch {
	case o.taken:
		one.State, one.DueAt, one.DoneAt = Delivered, time.Time{}, tx.Now()
	case o.gone || int(one.Attempts) > len(schedule):
		one.State, one.DueAt, one.DoneAt = Exhausted, time.Time{}, tx.Now()
	default:
		one.DueAt = tx.Now().Add(pause(int(one.Attempts), o.after))
	}
	if err := deliveries.Update(ctx, tx, one); err != nil {
		return nil, err
	}
	return e.learn(ctx, tx, o)
}

// learn keeps how an endpoint is doing, and gives it up when it is gone, or took
// nothing for days.
func (e *Endpoint) learn(ctx context.Context, tx *db.Tx, o outcome) (disabled *Endpoint, err error) {
	if o.taken {
		if e.Failures == 0 {
			return nil, nil
		}
		e.Failures, e.FailingAt, e.OpenUntil = 0, time.Time{}, time.Time{}
		return nil, endpoints.Update(ctx, tx, e)
	}
	if e.Failures++; e.FailingAt.IsZero() {
		e.FailingAt = tx.Now()
	}
	if e.Failures >= breaker {
		e.OpenUntil = tx.Now().Add(peace)
	}
	why := ""
	switch {
	case o.gone:
		why = "it answered 410 Gone"
	case tx.Now().Sub(e.FailingAt) >= giveUp:
		why = "it took nothing for five days"
	}
	if why == "" || !e.DisabledAt.IsZero() {
		return nil, endpoints.Update(ctx, tx, e)
	}
	return e, e.disable(ctx, tx, crm.Actor{LocationID: e.LocationID, Origin: "webhook"}, true, why)
}

// pause is how long to wait behind an attempt: as the schedule has it, or longer
// if the receiver asks for it.
func pause(attempt int, asked time.Duration) time.Duration {
	d := schedule[min(max(attempt, 1), len(schedule))-1]
	d += rand.N(d/10 + 1) // #nosec G404 -- spreads retries, keeps no secret
	switch {
	case asked == time.Nanosecond:
		return 0
	case asked > d:
		return min(asked, longest)
	}
	return d
}

// retryAfter reads seconds or a date (RFC 9110 §10.2.3).
func retryAfter(text string, now time.Time) time.Duration {
	if n, err := strconv.Atoi(strings.TrimSpace(text)); err == nil && n >= 0 {
		return min(time.Duration(min(n, int(longest/time.Second)))*time.Second, longest)
	}
	if at, err := http.ParseTime(text); err == nil && at.After(now) {
		return min(at.Sub(now), longest)
	}
	return 0
}

// reason says why nothing came back, and nothing about what is behind the
// firewall.
func reason(err error) string {
	switch {
	case errors.Is(err, outbound.ErrForbidden):
		return "the address is not in the public internet"
	case errors.Is(err, context.DeadlineExceeded):
		return "no answer in time"
	}
	return fmt.Sprintf("%.300s", err.Error())
}

// readable is the beginning of an answer as text.
func readable(b []byte) string {
	b = b[:min(len(b), longestAnswer)]
	s := strings.ToValidUTF8(string(b), "\uFFFD")
	s = strings.ReplaceAll(s, "\x00", "\uFFFD")
	for len(s) > longestAnswer {
		_, n := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-n]
	}
	return s
}
