package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/foyer-crm/foyer/internal/app"
	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/connect"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/remote"
	"github.com/foyer-crm/foyer/internal/webhook"
)

// The bars of the sync.
const (
	mostHookP50    = 200 * time.Millisecond
	mostHookP99    = 2 * time.Second
	pollEvery      = time.Second
	mostPoll       = pollEvery + time.Second
	leastOfIntake  = 0.5
	mostSyncMemory = 200 << 20
)

// syncFigures are what was measured of two Foyers, one of them the other's
// HighLevel, with limits off.
type syncFigures struct {
	Contacts int         `json:"contacts"`
	Intake   float64     `json:"intake"` // requests a second that the receiving server takes in by that door
	In       syncFirst   `json:"in"`     // all that is there comes here
	Out      syncFirst   `json:"out"`    // all that is here goes there
	Hook     syncLatency `json:"hook"`
	Push     syncLatency `json:"push"`
	Poll     syncLatency `json:"poll"`
}

// syncFirst is a first sync.
type syncFirst struct {
	Took   time.Duration `json:"tookNs"`
	Rate   float64       `json:"rate"`   // contacts a second
	Memory int64         `json:"memory"` // of the syncing server, at most, in bytes
}

// syncLatency is from an edit on one server until it is seen on the other.
type syncLatency struct {
	Edits int           `json:"edits"`
	P50   time.Duration `json:"p50Ns"`
	P99   time.Duration `json:"p99Ns"`
}

// sync measures two Foyers in step.
func (r *runner) sync(ctx context.Context) (s Section, err error) {
	size := r.SyncContacts
	full, err := newFixture(ctx, filepath.Join(r.fixture.dir, "full"), r.DatabaseURL, r.fixture.say)
	if err != nil {
		return s, err
	}
	bare, err := newFixture(ctx, filepath.Join(r.fixture.dir, "bare"), r.DatabaseURL, r.fixture.say)
	if err == nil {
		defer func() { err = errors.Join(err, bare.close()) }() //nolint:contextcheck // clears up also after the end
		err = full.grow(ctx, size)
	}
	defer func() { err = errors.Join(err, full.close()) }() //nolint:contextcheck // clears up also after the end
	if err != nil {
		return s, err
	}
	f := syncFigures{Contacts: size}
	if f.Intake, err = r.syncIntake(ctx, bare); err != nil {
		return s, err
	}
	if err := r.inStep(ctx, bare, full, time.Minute, func(p *pair) (err error) {
		f.In, err = p.first(ctx, size)
		return err
	}); err != nil {
		return s, err
	}
	if err := r.inStep(ctx, full, bare, time.Minute, func(p *pair) (err error) {
		f.Out, err = p.first(ctx, size)
		return err
	}); err != nil {
		return s, err
	}
	if err := r.inStep(ctx, bare, bare, time.Minute, func(p *pair) (err error) {
		if err := p.listen(ctx); err != nil {
			return err
		}
		if f.Hook, err = p.latency(ctx, 1, 200); err == nil {
			f.Push, err = p.latency(ctx, 0, 200)
		}
		return err
	}); err != nil {
		return s, err
	}
	if err := r.inStep(ctx, bare, bare, pollEvery, func(p *pair) (err error) {
		f.Poll, err = p.latency(ctx, 1, 30)
		return err
	}); err != nil {
		return s, err
	}
	return f.section(), nil
}

// syncIntake measures what the receiving server takes in.
func (r *runner) syncIntake(ctx context.Context, f *fixture) (float64, error) {
	stored, remove, err := f.copy(ctx)
	if err != nil {
		return 0, err
	}
	come := arrivals{people: f.people, keys: f.keys, doors: []string{"highlevel"}}
	const fastest = 12000 // requests a second
	l := &load{conns: r.Conns, requests: come.take(int(r.warmUp().Seconds()+r.Time.Seconds()+1) * fastest)}
	var out intakeAt
	err = r.foyerIntake(ctx, stored, l, &out)
	return out.Foyer.rate(), errors.Join(err, remove())
}

// pair are two servers of which the first has a connection to the second.
type pair struct {
	sides [2]syncSide
	c     *connect.Connection
	hook  string // path at which the first one is told
}

type syncSide struct {
	keys   *app.Credentials
	store  app.Store
	db     *db.DB
	vault  *auth.Vault
	server *process
}

// inStep serves two copies, the first connected with the second, for as long as f
// takes.
func (r *runner) inStep(ctx context.Context, here, there *fixture, interval time.Duration, f func(p *pair) error) (err error) {
	p := &pair{}
	for i, from := range []*fixture{here, there} {
		s := &p.sides[i]
		s.keys = from.keys
		var remove func() error
		if s.store, remove, err = from.copy(ctx); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, remove()) }()
		if s.db, s.vault, err = app.OpenStore(ctx, s.store, nil); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, s.db.Close()) }()
	}
	for _, i := range []int{1, 0} { // the connection leads to where the second one listens
		s := &p.sides[i]
		if s.server, err = r.fixture.serve(ctx, r.Binary, s.store, "--allow-private-targets"); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, s.server.stop()) }()
	}
	if err := p.connect(ctx, interval); err != nil {
		return err
	}
	return f(p)
}

// connect makes the connection, for contacts. Its webhooks are signed by the
// second server.
func (p *pair) connect(ctx context.Context, interval time.Duration) error {
	here, there := &p.sides[0], &p.sides[1]
	key, _, err := webhook.NewKeys(there.db, there.vault).Public(ctx)
	if err != nil {
		return err
	}
	m, err := connect.DefaultMapping("highlevel")
	if err == nil {
		err = m.Only(string(remote.Contact))
	}
	if err != nil {
		return err
	}
	loc := here.keys.LocationID
	err = here.db.Write(ctx, loc, func(ctx context.Context, tx *db.Tx) (err error) {
		p.c, err = connect.Add(ctx, tx, here.vault, crm.Actor{LocationID: loc, Origin: "bench"}, connect.Connection{Kind: "highlevel", BaseURL: "http://" + there.server.address, Mapping: *m,
			Settings: connect.Settings{Location: there.keys.LocationID, Interval: interval, NoLimit: true}}, connect.Credential{"token": *there.keys.HighLevel.PrivateToken, "publicKey": key})
		return err
	})
	if err == nil {
		p.hook = p.c.HookPath(here.vault)
	}
	return err
}

// listen has the second server tell the first one of what happens.
func (p *pair) listen(ctx context.Context) error {
	there := &p.sides[1]
	return there.db.Write(ctx, db.System, func(ctx context.Context, tx *db.Tx) error {
		_, err := auth.SetAppWebhook(ctx, tx, there.keys.HighLevel.ClientID, "http://"+p.sides[0].server.address+p.hook, nil)
		return err
	})
}

// first waits for the end of the first sync of so many contacts.
func (p *pair) first(ctx context.Context, contacts int) (f syncFirst, err error) {
	here := &p.sides[0]
	for f.Took == 0 {
		select {
		case <-ctx.Done():
			return f, ctx.Err()
		case <-here.server.ended:
			return f, fmt.Errorf("a server ended: %s", here.server.tail())
		case <-time.After(500 * time.Millisecond):
		}
		err = here.db.Read(ctx, p.c.LocationID, func(ctx context.Context, tx *db.Tx) error {
			if flows, err := connect.Flows(ctx, tx, p.c.LocationID, p.c.ID); err != nil || flows[0].Phase != connect.Settled {
				return err // whoever measures does not count all records twice a second
			}
			s, err := connect.StatusOf(ctx, tx, p.c.LocationID, p.c.ID)
			if err != nil || s.Queue > 0 {
				return err
			}
			if s.Linked != int64(contacts) {
				return fmt.Errorf("%d contacts are on both sides, of %d: %s", s.Linked, contacts, s.Connection.LastError)
			}
			f.Took = tx.Now().Sub(p.c.CreatedAt)
			return nil
		})
		if err != nil {
			return f, err
		}
	}
	f.Rate, f.Memory = float64(contacts)/f.Took.Seconds(), here.server.peak()
	return f, nil
}

// latency edits a contact on one side, again and again, and waits until the other
// side shows it.
func (p *pair) latency(ctx context.Context, from, edits int) (l syncLatency, err error) {
	var clients [2]*client
	for i := range clients {
		if clients[i], err = dial(ctx, p.sides[i].server.address); err != nil {
			return l, err
		}
		defer clients[i].close()
	}
	email := fmt.Sprintf("edited%d@bench.example", from)
	id, err := p.sides[from].post(clients[from], email)
	if err != nil {
		return l, err
	}
	var took []time.Duration
	for n := -3; n < edits; n++ { // the first ones come when the other side has got to know the contact
		city := fmt.Sprintf("Town %d", n+100)
		if err := p.sides[from].put(clients[from], id, city); err != nil {
			return l, err
		}
		began := time.Now()
		for {
			seen, err := p.sides[1-from].city(clients[1-from], email)
			if err != nil {
				return l, err
			}
			if seen == city {
				break
			}
			if time.Since(began) > patience {
				return l, fmt.Errorf("an edit was not seen within %s: %q", patience, seen)
			}
			time.Sleep(time.Millisecond)
		}
		if n >= 0 {
			took = append(took, time.Since(began))
		}
	}
	m := measured(took, 0)
	return syncLatency{m.Done, m.P50, m.P99}, nil
}

// ask sends a request of HighLevel's.
func (s *syncSide) ask(c *client, method, path string, body map[string]any) (string, string, error) {
	var text []byte
	if body != nil {
		text, _ = json.Marshal(body) // texts only: it cannot fail
	}
	status, answer, err := c.do(envelope{method: method, path: path, header: highLevelHeader(s.keys)}.bytes(text))
	if err != nil {
		return "", "", err
	}
	if status >= 300 {
		return "", "", fmt.Errorf("%s %s was answered with %d: %s", method, path, status, short(answer))
	}
	var a struct {
		Contact struct{ ID, City string }
	}
	err = json.Unmarshal(answer, &a)
	return a.Contact.ID, a.Contact.City, err
}

func (s *syncSide) post(c *client, email string) (string, error) {
	id, _, err := s.ask(c, "POST", "/contacts/", map[string]any{"locationId": s.keys.LocationID, "firstName": "Ann", "email": email})
	return id, err
}

func (s *syncSide) put(c *client, id, city string) error {
	_, _, err := s.ask(c, "PUT", "/contacts/"+id, map[string]any{"city": city})
	return err
}

// city gives what a side shows of somebody, "" if they are not there.
func (s *syncSide) city(c *client, email string) (string, error) {
	_, city, err := s.ask(c, "GET", "/contacts/search/duplicate?locationId="+s.keys.LocationID+"&email="+strings.ReplaceAll(email, "@", "%40"), nil)
	return city, err
}

// section writes what was measured.
func (f *syncFigures) section() Section {
	s := Section{Title: "Sync", Figures: f, Head: []string{"what", "measured", ""}}
	row := func(what, have, more string) { s.Rows = append(s.Rows, []string{what, have, more}) }
	row("intake of the receiving server", number(f.Intake)+" a second", "HighLevel's upsert")
	for _, d := range []struct {
		what string
		syncFirst
	}{{"first sync, all there comes here", f.In}, {"first sync, all here goes there", f.Out}} {
		row(d.what, number(d.Rate)+" contacts a second", fmt.Sprintf("%s contacts in %.1f s, at most %d MB", count(f.Contacts), d.Took.Seconds(), d.Memory>>20))
		s.bar(d.what+" / intake", fmt.Sprintf("≥ %.2f", leastOfIntake), fmt.Sprintf("%.2f", d.Rate/f.Intake), d.Rate >= leastOfIntake*f.Intake)
		s.bar(d.what+": memory", fmt.Sprintf("< %d MB", mostSyncMemory>>20), fmt.Sprintf("%d MB", d.Memory>>20), d.Memory < mostSyncMemory)
	}
	for _, d := range []struct {
		what     string
		l        syncLatency
		p50, p99 time.Duration
	}{{"edit there seen here, by webhook", f.Hook, mostHookP50, mostHookP99}, {"edit here seen there", f.Push, mostHookP50, mostHookP99}, {"edit there seen here, asking each second", f.Poll, 0, mostPoll}} {
		row(d.what, "p50 "+ms(d.l.P50), fmt.Sprintf("p99 %s of %d", ms(d.l.P99), d.l.Edits))
		if d.p50 > 0 {
			s.bar(d.what+", p50", "< "+ms(d.p50), ms(d.l.P50), d.l.P50 < d.p50)
		}
		s.bar(d.what+", p99", "< "+ms(d.p99), ms(d.l.P99), d.l.P99 < d.p99)
	}
	s.note("One server is the other's HighLevel, with its limits off; both, and what measures them, share this machine.")
	return s
}
