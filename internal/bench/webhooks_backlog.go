package bench

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"time"

	"github.com/foyer-crm/foyer/internal/app"
	"github.com/foyer-crm/foyer/internal/db"
)

// drain measures how a backlog is sent that a server finds when it starts.
func (r *runner) drain(ctx context.Context, out *drained) (err error) {
	m, err := r.prepare(ctx, 1, backlogTo)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, m.close()) }()
	if err := m.pile(ctx); err != nil {
		return err
	}
	w := newWatch()
	began := time.Now()
	if err := m.serve(ctx); err != nil {
		return err
	}
	got, err := m.from.quiet(ctx, backlog)
	if err != nil {
		return err
	}
	*out = drained{Deliveries: got.Messages, Took: time.Since(began), Again: got.Again, Memory: m.server.peak(), Use: w.stop()}
	out.Use.Server = cpu(m.server.cmd.Process.Pid)
	r.fixture.say("  %s of %s deliveries sent in %s, peak %.0f MB\n", count(got.Messages), count(backlog), out.Took.Round(time.Millisecond), float64(out.Memory)/(1<<20))
	return nil
}

// pile makes the deliveries of a backlog, as large as those of a contact are.
func (m *told) pile(ctx context.Context) (err error) {
	d, _, err := app.OpenStore(ctx, m.store, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	location := m.keys[0].LocationID
	body := `{"type":"contact.created","data":{"after":{"firstName":"Ana","notes":"` + strings.Repeat("x", 1200) + `"}}}`
	const each = 1000 // rows of a transaction
	for range backlog / backlogTo / each {
		err := d.Write(ctx, location, func(ctx context.Context, tx *db.Tx) error {
			for range each {
				event := tx.NewID()
				var to []string
				var endpoint string
				if err := tx.Each(ctx, []any{&endpoint}, func() error {
					to = append(to, endpoint)
					return nil
				}, "SELECT id FROM webhook_endpoints WHERE location_id = $1", location); err != nil {
					return err
				}
				for _, endpoint := range to {
					if err := tx.Do(ctx, `INSERT INTO webhook_deliveries (location_id, id, endpoint_id, event_id, type, message, body, state, due_at, attempts, lease, tries, created_at, done_at)
						VALUES ($1, $2, $3, $4, 'contact.created', $5, $6, 'pending', $7, 0, '', '[]', $7, 0)`, location, tx.NewID(), endpoint, event, "msg_"+event, body, tx.Now().UnixMilli()); err != nil {
						return err
					}
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// beside measures the intake while some listen.
func (r *runner) beside(ctx context.Context, listen int) (res *result, err error) {
	m, err := r.prepare(ctx, 1, listen)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, m.close()) }()
	if err := m.serve(ctx); err != nil {
		return nil, err
	}
	const fastest = 12000 // requests a second
	l := &load{address: m.server.address, conns: r.Conns, requests: m.arrive(int((r.warmUp()+r.Time).Seconds()+1) * fastest)}
	if _, err := l.run(ctx, r.warmUp()); err != nil {
		return nil, err
	}
	if res, err = l.run(ctx, r.Time); err != nil {
		return nil, err
	}
	r.fixture.say("  intake with %d listeners: %.0f a second\n", listen, res.rate())
	return res, nil
}

// webhooksTable says how the webhooks did.
func webhooksTable(w *webhooksAt) Section {
	s := Section{Title: "Webhooks", Figures: w, Head: []string{"subscribers", "contacts/s", "messages", "lost", "again", "p50", "p99", "max", "server CPU/message", "receiver's CPU", "others' CPU"}}
	for _, t := range w.Told {
		others := max(0, t.Use.Others-t.Receiver/float64(runtime.NumCPU()))
		s.Rows = append(s.Rows, []string{t.What, number(t.Arrived.rate()), count(t.Got.Messages), count(t.Want - t.Got.Messages), count(t.Got.Again), ms(t.Got.Took.P50), ms(t.Got.Took.P99), ms(t.Got.Took.Max),
			perRequest(t.Use.Server, t.Got.Messages), percent(t.Receiver / float64(runtime.NumCPU())), percent(others)})
		s.bar(t.What+": lost", "0", count(t.Want-t.Got.Messages), t.Want == t.Got.Messages)
		s.bar(t.What+": p50", "< "+ms(mostToDeliver), ms(t.Got.Took.P50), t.Got.Took.P50 < mostToDeliver)
		s.bar(t.What+": p99", "< "+ms(mostToDeliverP99), ms(t.Got.Took.P99), t.Got.Took.P99 < mostToDeliverP99)
	}
	b := w.Backlog
	s.bar(count(backlog)+" pending: lost", "0", count(backlog-b.Deliveries), b.Deliveries == backlog)
	s.bar(count(backlog)+" pending: peak memory", fmt.Sprintf("< %d MB", mostInBacklog>>20), fmt.Sprintf("%.0f MB", float64(b.Memory)/(1<<20)), b.Memory < mostInBacklog)
	alone, beside := best(w.Alone), best(w.Beside)
	s.bar(fmt.Sprintf("intake with %d listeners, of that with none", listeners), fmt.Sprintf("≥ %.1f", leastBeside), fmt.Sprintf("%.2f", beside/alone), beside/alone >= leastBeside)
	s.note("%s pending deliveries to %d subscribers were sent in %s, %s a second, server %s a message; %s came again.", count(backlog), backlogTo, b.Took.Round(10*time.Millisecond), number(float64(b.Deliveries)/b.Took.Seconds()), perRequest(b.Use.Server, b.Deliveries), count(b.Again))
	s.note("Intake, the better of %d each in turn: %s requests a second with nobody listening, %s with %d subscribers.", len(w.Alone), number(alone), number(beside), listeners)
	return s
}

// best is the highest rate of several.
func best(list []result) (most float64) {
	for i := range list {
		most = max(most, list[i].rate())
	}
	return most
}
