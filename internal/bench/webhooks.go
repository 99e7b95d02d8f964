package bench

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/foyer-crm/foyer/internal/app"
	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/id"
	"github.com/foyer-crm/foyer/internal/webhook"
)

// The bars of the webhooks.
const (
	mostToDeliver    = 50 * time.Millisecond
	mostToDeliverP99 = 500 * time.Millisecond
	mostInBacklog    = 200 << 20 // bytes
	leastBeside      = 0.7       // of the intake that nobody listens to
	perSecond        = 1000      // contacts
	backlog          = 100_000   // deliveries
	backlogTo        = 10        // subscribers
	listeners        = 10
)

// webhooksAt are the webhooks measured.
type webhooksAt struct {
	Told    []toldAt `json:"told"`
	Backlog drained  `json:"backlog"`
	Alone   []result `json:"alone"`  // the intake without a listener
	Beside  []result `json:"beside"` // and with ten
}

// toldAt is how long it took to tell some subscribers.
type toldAt struct {
	What     string   `json:"what"`
	Arrived  result   `json:"arrived"`
	Events   int      `json:"events"`
	Want     int      `json:"want"` // messages
	Got      received `json:"got"`
	Use      use      `json:"use"`
	Receiver float64  `json:"receiver"` // the share of the machine that took the messages
}

// drained is a backlog that was sent.
type drained struct {
	Deliveries int           `json:"deliveries"`
	Took       time.Duration `json:"tookNs"`
	Again      int           `json:"again"`
	Memory     int64         `json:"memoryBytes"` // the peak of the server's
	Use        use           `json:"use"`
}

// webhooks measures how soon others are told.
func (r *runner) webhooks(ctx context.Context) (Section, error) {
	var out webhooksAt
	for _, m := range []struct {
		what         string
		places, each int
		seconds      float64
	}{
		{"1 subscriber", 1, 1, r.Time.Seconds()},
		{"50 subscribers, each in a location of its own", 50, 1, r.Time.Seconds()},
		{"50 subscribers, all told of everything", 1, 50, min(r.Time.Seconds(), 2)},
	} {
		at, err := r.tell(ctx, m.what, m.places, m.each, m.seconds)
		if err != nil {
			return Section{}, fmt.Errorf("%s: %w", m.what, err)
		}
		out.Told = append(out.Told, *at)
	}
	if err := r.drain(ctx, &out.Backlog); err != nil {
		return Section{}, fmt.Errorf("sending what waits: %w", err)
	}
	const rounds = 2
	for range rounds {
		for _, m := range []struct {
			listen int
			to     *[]result
		}{{0, &out.Alone}, {listeners, &out.Beside}} {
			res, err := r.beside(ctx, m.listen)
			if err != nil {
				return Section{}, fmt.Errorf("the intake with %d listeners: %w", m.listen, err)
			}
			*m.to = append(*m.to, *res)
		}
	}
	return webhooksTable(&out), nil
}

// told is one measurement of webhooks: a copy of the database with subscribers, a
// receiver, and a server.
type told struct {
	r      *runner
	store  app.Store
	keys   []*app.Credentials // of the locations
	from   *subscribers
	server *process
	remove func() error
}

// prepare makes locations with subscribers in each. The receiver is running then,
// the server is not.
func (r *runner) prepare(ctx context.Context, places, each int) (m *told, err error) {
	m = &told{r: r}
	if m.store, m.remove, err = r.fixture.copy(ctx); err != nil {
		return nil, err
	}
	if places*each > 0 {
		if m.from, err = r.fixture.receive(ctx, r.Binary, places*each); err != nil {
			return nil, errors.Join(err, m.close())
		}
	}
	d, vault, err := app.OpenStore(ctx, m.store, nil)
	if err != nil {
		return nil, errors.Join(err, m.close())
	}
	err = d.Write(ctx, db.System, func(ctx context.Context, tx *db.Tx) error {
		m.keys = nil
		for i := range places {
			keys, err := r.location(ctx, tx, vault, i)
			if err != nil {
				return err
			}
			m.keys = append(m.keys, keys)
			for j := range each {
				by := crm.Actor{LocationID: keys.LocationID, Origin: "bench"}
				if _, _, err := webhook.AddEndpoint(ctx, tx, vault, by, webhook.Endpoint{URL: "http://" + m.from.addresses[i*each+j] + "/", Events: []string{"contact.*"}}); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err = errors.Join(err, d.Close()); err != nil {
		return nil, errors.Join(err, m.close())
	}
	return m, nil
}

// location gives the keys of a location: the first is the fixture's.
func (r *runner) location(ctx context.Context, tx *db.Tx, vault *auth.Vault, i int) (*app.Credentials, error) {
	first := r.fixture.keys
	if i == 0 {
		return first, nil
	}
	l, err := crm.AddLocation(ctx, tx, first.CompanyID, fmt.Sprintf("Office %d", i), "")
	if err != nil {
		return nil, err
	}
	list, err := auth.Keys(ctx, tx, first.LocationID, auth.HighLevel)
	if err != nil || len(list) == 0 {
		return nil, errors.Join(err, errors.New("the first location has no key of HighLevel"))
	}
	_, secret, err := vault.AddKey(ctx, tx, auth.Key{LocationID: l.ID, API: auth.HighLevel, Scopes: list[0].Scopes})
	keys := *first
	keys.LocationID, keys.HighLevel.PrivateToken = l.ID, &secret
	return &keys, err
}

// serve starts the server.
func (m *told) serve(ctx context.Context) (err error) {
	m.server, err = m.r.fixture.serve(ctx, m.r.Binary, m.store, "--allow-private-targets")
	return err
}

// stop stops it.
func (m *told) stop() error {
	if m.server == nil {
		return nil
	}
	server := m.server
	m.server = nil
	return server.stop()
}

func (m *told) close() error {
	err := m.stop()
	if m.from != nil {
		err = errors.Join(err, m.from.stop())
	}
	return errors.Join(err, m.remove())
}

// arrive are the requests of n people, of every location in turn. Of several only
// HighLevel's door is used.
func (m *told) arrive(n int) (all [][]byte) {
	doors := m.r.Doors
	if len(m.keys) > 1 {
		doors = []string{"highlevel"}
	}
	var come []*arrivals
	for i, k := range m.keys {
		held := 0
		if i == 0 {
			held = m.r.fixture.held
		}
		come = append(come, &arrivals{people: m.r.fixture.people, keys: k, doors: doors, held: held, next: held})
	}
	for i := range n {
		all = append(all, come[i%len(come)].take(1)...)
	}
	return all
}

// tell measures the way from an event to whoever is told.
func (r *runner) tell(ctx context.Context, what string, places, each int, seconds float64) (out *toldAt, err error) {
	m, err := r.prepare(ctx, places, each)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, m.close()) }()
	if err := m.serve(ctx); err != nil {
		return nil, err
	}
	const warm = perSecond / 2 // requests
	l := &load{address: m.server.address, conns: r.Conns, requests: m.arrive(warm + int(seconds*perSecond)), rate: perSecond}
	all := l.requests
	l.requests = all[:warm]
	if _, err := l.run(ctx, time.Hour); err != nil {
		return nil, err
	}
	if _, err := m.from.quiet(ctx, 0); err != nil {
		return nil, err
	}
	if _, err := m.from.ask(ctx, "POST"); err != nil {
		return nil, err
	}
	since := time.Now()
	out = &toldAt{What: what}
	w, theirs := newWatch(m.server, m.from.process), cpu(m.from.cmd.Process.Pid)
	l = &load{address: m.server.address, conns: r.Conns, requests: all[warm:], rate: perSecond}
	res, err := l.run(ctx, time.Hour)
	if err != nil {
		return nil, err
	}
	out.Arrived, out.Use = *res, w.stop()
	out.Receiver = float64(cpu(m.from.cmd.Process.Pid)-theirs) / float64(time.Since(since))
	got, err := m.from.quiet(ctx, 0)
	if err != nil {
		return nil, err
	}
	out.Got = *got
	if err := m.stop(); err != nil {
		return nil, err
	}
	if out.Events, err = m.events(ctx, since); err != nil {
		return nil, err
	}
	out.Want = out.Events * each
	r.fixture.say("  %s: %.0f contacts a second, %d of %d messages, p50 %s, p99 %s\n", what, res.rate(), got.Messages, out.Want, ms(got.Took.P50), ms(got.Took.P99))
	return out, nil
}

// events counts what subscribers are told of.
func (m *told) events(ctx context.Context, since time.Time) (sum int, err error) {
	d, _, err := app.OpenStore(ctx, m.store, nil)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	for _, k := range m.keys {
		err := d.Read(ctx, k.LocationID, func(ctx context.Context, tx *db.Tx) error {
			var n int
			_, err := tx.Get(ctx, []any{&n}, "SELECT COUNT(*) FROM events WHERE location_id = $1 AND type LIKE 'contact.%' AND id >= $2", k.LocationID, id.At(since))
			sum += n
			return err
		})
		if err != nil {
			return 0, err
		}
	}
	return sum, nil
}
