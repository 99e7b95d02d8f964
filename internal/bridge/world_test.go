// Package bridge_test holds two whole Foyers together by a connection, as one the
// other's HighLevel, Radius, Brokerkit or LionDesk, over a wire that fails.
package bridge_test

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/calendar"
	"github.com/foyer-crm/foyer/internal/connect"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/dialect/highlevel"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/foyertest"
	"github.com/foyer-crm/foyer/internal/remote"
	client "github.com/foyer-crm/foyer/internal/remote/highlevel"
	"github.com/foyer-crm/foyer/internal/webhook"
)

// two are two Foyers with a wire between them, for many worlds in turn.
type two struct {
	sides [2]*foyertest.F
	wire  *wire
	hooks webhook.Vendor // of the second one, as HighLevel has it
	key   string         // that its webhooks are checked with
	n     int
}

// each runs a test on both databases; what starts a Foyer skips it without PostgreSQL.
func each(t *testing.T, f func(t *testing.T, postgres bool)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { f(t, false) })
	t.Run("postgres", func(t *testing.T) { f(t, true) })
}

func newTwo(t testing.TB, postgres bool) *two {
	t.Helper()
	w := &two{}
	for i := range w.sides {
		if postgres {
			w.sides[i] = foyertest.NewPostgres(t)
		} else {
			w.sides[i] = foyertest.New(t)
		}
	}
	w.wire = newWire(t, w.sides[1].House)
	keys := webhook.NewKeys(w.sides[1].DB, w.sides[1].Vault)
	w.hooks = highlevel.NewWebhooks(keys)
	var err error
	if w.key, _, err = keys.Public(t.Context()); err != nil {
		t.Fatal(err)
	}
	return w
}

// side is a location of one of the two.
type side struct {
	*foyertest.F
	t         testing.TB
	by        crm.Actor
	token     string
	calendars [2]string
	pipeline  string
	stages    [2]string
}

func (w *two) side(t testing.TB, n int) *side {
	t.Helper()
	f := w.sides[n]
	s := &side{F: f, t: t}
	w.n++
	f.System(t, func(ctx context.Context, tx *db.Tx) error {
		l, err := crm.AddLocation(ctx, tx, f.Credentials.CompanyID, fmt.Sprint("Office ", w.n), "")
		if err != nil {
			return err
		}
		s.by = crm.Actor{LocationID: l.ID, Origin: "ui"}
		if err := crm.ChangeSettings(ctx, tx, l.ID, func(s *crm.Settings) { s.AllowDuplicateOpportunity = true }); err != nil {
			return err
		}
		all, err := auth.Keys(ctx, tx, f.Credentials.LocationID, auth.HighLevel)
		if err == nil {
			_, s.token, err = f.Vault.AddKey(ctx, tx, auth.Key{LocationID: l.ID, API: auth.HighLevel, Scopes: all[0].Scopes})
		}
		return err
	})
	s.do(func(ctx context.Context, tx *db.Tx) error {
		for i := range s.calendars {
			c := calendar.New()
			c.Name = fmt.Sprint("Tour ", i)
			made, err := calendar.Add(ctx, tx, s.by, c)
			if err != nil {
				return err
			}
			s.calendars[i] = made.ID
		}
		p, err := crm.AddPipeline(ctx, tx, s.by, crm.Pipeline{Name: "Sales", Stages: []crm.Stage{{Name: "New"}, {Name: "Offer"}}})
		if err == nil {
			s.pipeline, s.stages = p.ID, [2]string{p.Stages[0].ID, p.Stages[1].ID}
		}
		return err
	})
	return s
}

// do runs f in a transaction of the side's location.
func (s *side) do(f func(ctx context.Context, tx *db.Tx) error) {
	s.t.Helper()
	if err := s.DB.Write(context.Background(), s.by.LocationID, f); err != nil {
		s.t.Fatal(err)
	}
}

func (s *side) see(f func(ctx context.Context, tx *db.Tx) error) {
	s.t.Helper()
	if err := s.DB.Read(context.Background(), s.by.LocationID, f); err != nil {
		s.t.Fatal(err)
	}
}

// world is a location on each side and the connection of the first one.
type world struct {
	*two
	t      testing.TB
	random *rand.Rand
	sides  [2]*side
	c      *connect.Connection
	mute   func() *connect.Engine // of a system that tells of nothing by webhook; nil for HighLevel

	mu     sync.Mutex // guards what follows
	engine *connect.Engine
	read   string // how far the events here were read
	told   string // how far the events there were told
	late   []hook // webhooks that are still on their way
}

// hook is a webhook on its way.
type hook struct {
	header http.Header
	body   []byte
}

const whole = `
objects:
  contact:
    deletes: {in: %[1]s, out: %[1]s}
    fields:
      - {local: firstName, remote: firstName}
      - {local: lastName, remote: lastName}
      - {local: city, remote: city}
      - {local: email, remote: email}
      - {local: tags, remote: tags, conflict: union}
  task:
    deletes: {in: %[1]s, out: %[1]s}
    fields:
      - {local: title, remote: title, blank: keep}
      - {local: body, remote: body}
      - {local: dueDate, remote: dueDate, transform: {date: time}}
      - {local: completed, remote: completed}
  note:
    deletes: {in: %[1]s, out: %[1]s}
    fields:
      - {local: title, remote: title}
      - {local: body, remote: body, blank: keep}
  appointment:
    deletes: {in: %[1]s, out: %[1]s}
    table: {%[2]s}
    fields:
      - {local: calendarId, remote: calendarId, blank: keep}
      - {local: title, remote: title, blank: keep}
      - {local: startTime, remote: startTime, blank: keep, transform: {date: time}}
      - {local: endTime, remote: endTime, blank: keep, transform: {date: time}}
      - {local: status, remote: appointmentStatus, blank: keep}
      - {local: address, remote: address}
  opportunity:
    deletes: {in: %[1]s, out: %[1]s}
    table: {%[2]s}
    fields:
      - {local: name, remote: name, blank: keep}
      - {local: pipelineId, remote: pipelineId, blank: keep}
      - {local: pipelineStageId, remote: pipelineStageId, blank: keep}
      - {local: status, remote: status, blank: keep}
      - {local: monetaryValue, remote: monetaryValue}
`

// newWorld makes a world with a rule for what is deleted.
func (w *two) newWorld(t testing.TB, seed uint64, deletes string) *world {
	t.Helper()
	o := &world{two: w, t: t, random: rand.New(rand.NewPCG(seed, 1)), sides: [2]*side{w.side(t, 0), w.side(t, 1)}}
	w.wire.mu.Lock()
	w.wire.random = rand.New(rand.NewPCG(seed, 2))
	w.wire.mu.Unlock()
	here, there := o.sides[0], o.sides[1]
	var table []string
	for i := range 2 {
		table = append(table, here.calendars[i]+": "+there.calendars[i], here.stages[i]+": "+there.stages[i])
	}
	table = append(table, here.pipeline+": "+there.pipeline)
	m, err := connect.ParseMapping(fmt.Appendf(nil, whole, deletes, strings.Join(table, ", ")))
	if err != nil {
		t.Fatal(err)
	}
	here.do(func(ctx context.Context, tx *db.Tx) error {
		o.c, err = connect.Add(ctx, tx, here.Vault, here.by, connect.Connection{Kind: "highlevel", Name: "Over there", BaseURL: w.wire.URL, Mapping: *m,
			Settings: connect.Settings{Location: there.by.LocationID, Interval: time.Second}}, connect.Credential{"token": there.token})
		return err
	})
	o.start()
	return o
}

// start begins anew, as a process does that was killed.
func (o *world) start() {
	open := func(_ context.Context, x connect.Opening) (remote.System, error) {
		return client.New(remote.Settings{BaseURL: x.Connection.BaseURL, Location: x.Connection.Settings.Location, Token: x.Credential["token"], PublicKey: o.key, Private: true, NoLimit: true, Hasty: true})
	}
	if o.mute != nil {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.engine = o.mute()
		return
	}
	log := slog.DiscardHandler
	if os.Getenv("FOYER_TELL") != "" {
		log = slog.NewTextHandler(os.Stderr, nil)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.engine = connect.New(connect.Options{DB: o.sides[0].DB, Vault: o.sides[0].Vault, Log: slog.New(log), Pause: time.Millisecond, Kinds: map[string]connect.Open{"highlevel": open}})
}

// listen reads the events here, as the follower does.
func (o *world) listen() {
	s := o.sides[0]
	for {
		var events []crm.Event
		s.see(func(ctx context.Context, tx *db.Tx) (err error) {
			events, err = crm.EventsBetween(ctx, tx, s.by.LocationID, o.read, "~", 100)
			return err
		})
		if len(events) == 0 {
			return
		}
		store, err := o.engine.Prompt().Read(o.t.Context(), s.by.LocationID, events)
		if err != nil {
			o.t.Error(err)
			return
		}
		if store != nil {
			s.do(store)
		}
		o.read = events[len(events)-1].ID
	}
}

// tell has the webhooks of what happened there arrive: some are lost, some come
// twice, some come late and out of order.
func (o *world) tell(lost int) {
	if o.mute != nil {
		return
	}
	s := o.sides[1]
	var out []hook
	s.see(func(ctx context.Context, tx *db.Tx) error {
		events, err := crm.EventsBetween(ctx, tx, s.by.LocationID, o.told, "~", 200)
		for i := 0; err == nil && i < len(events); i++ {
			e := &events[i]
			o.told = e.ID
			var all []webhook.Message
			if all, err = o.hooks.Messages(ctx, tx, e); err != nil {
				return err
			}
			for _, m := range all {
				var h hook
				if h.body, err = o.hooks.Seal(m, e, "app", e.ID); err != nil {
					return err
				}
				if h.header, err = o.hooks.Sign(ctx, h.body); err != nil {
					return err
				}
				for range []int{1, 1, 1, 2}[o.wire.pick(4)] {
					out = append(out, h)
				}
			}
		}
		return err
	})
	o.late = append(o.late, out...)
	for i := len(o.late) - 1; i > 0; i-- {
		j := o.wire.pick(i + 1)
		o.late[i], o.late[j] = o.late[j], o.late[i]
	}
	n := len(o.late)
	if lost > 0 && n > 0 {
		n = o.wire.pick(n + 1)
	}
	now := o.late[:n]
	o.late = o.late[n:]
	for _, h := range now {
		if lost > 0 && o.wire.pick(lost) == 0 {
			continue
		}
		parts := strings.Split(o.c.HookPath(o.sides[0].Vault), "/")
		if err := o.engine.Told(o.t.Context(), parts[3], parts[4], parts[5], h.header, h.body); err != nil && !errs.Is(err, errs.Unavailable) {
			o.t.Errorf("a webhook was answered with %v: %s", err, h.body)
		}
	}
}

// pass lets the engine look at both sides once.
func (o *world) pass(ctx context.Context, lost int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.listen()
	if lost == 0 || o.wire.pick(3) == 0 {
		o.tell(lost)
	}
	if lost == 0 || o.wire.pick(2) == 0 {
		o.hurry(false)
	}
	if err := o.engine.Work(ctx, o.c.LocationID, o.c.ID); err != nil && ctx.Err() == nil {
		o.t.Error(err)
	}
}

// hurry has the engine look at what changed there; again is to look at everything.
func (o *world) hurry(again bool) {
	o.sides[0].do(func(ctx context.Context, tx *db.Tx) error { return connect.Hurry(ctx, tx, o.c, again) })
}

// quiet waits until nothing is to be done any more.
func (o *world) quiet() {
	o.t.Helper()
	rest := 0
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); {
		o.pass(o.t.Context(), 0)
		if !o.idle() {
			rest = 0
			time.Sleep(time.Millisecond)
			continue
		}
		if rest++; rest == 2 {
			return
		}
	}
	o.t.Errorf("it does not come to rest: %s", o.dump())
}

func (o *world) status() (s *connect.Status) {
	o.sides[0].see(func(ctx context.Context, tx *db.Tx) (err error) {
		s, err = connect.StatusOf(ctx, tx, o.c.LocationID, o.c.ID)
		return err
	})
	return s
}

// idle reports whether all was read on both sides and nothing is to be done.
func (o *world) idle() bool {
	s := o.status()
	for i := range s.Flows {
		if s.Flows[i].Phase != connect.Settled {
			return false
		}
	}
	places := []string{o.read, o.told}
	if o.mute != nil {
		places = places[:1]
	}
	for i, place := range places {
		o.sides[i].see(func(ctx context.Context, tx *db.Tx) error {
			last, err := crm.LastEvent(ctx, tx, o.sides[i].by.LocationID, "~")
			if last > place {
				s.Queue++
			}
			return err
		})
	}
	return s.Queue == 0
}

func (o *world) dump() string {
	s := o.status()
	out := fmt.Sprintf("%+v", *s)
	o.sides[0].see(func(ctx context.Context, tx *db.Tx) error {
		all, err := connect.Rejects(ctx, tx, o.c.LocationID, o.c.ID, "", 20)
		for i := range all {
			out += fmt.Sprintf("\nrejected: %s %s %s %s", all[i].Object, all[i].LocalID, all[i].RemoteID, all[i].Error)
		}
		return err
	})
	return out
}

// trace says what happened, for whoever looks for a fault.
func (o *world) trace() {
	if os.Getenv("FOYER_TELL") == "" {
		return
	}
	for n, s := range o.sides {
		s.see(func(ctx context.Context, tx *db.Tx) error {
			events, err := crm.EventsBetween(ctx, tx, s.by.LocationID, "", "~", 2000)
			for i := range events {
				e := &events[i]
				o.t.Logf("%d %s %s %s %s %s %s %+v", n, e.At().Format("05.000"), e.Type, e.ContactID, e.Origin, e.ObjectID, e.Data.Text, e.Data.Changes)
			}
			return err
		})
	}
	o.sides[0].see(func(ctx context.Context, tx *db.Tx) error {
		list, err := connect.Log(ctx, tx, o.c.LocationID, o.c.ID, "", 2000)
		for i := range list {
			o.t.Logf("log %s %s %s %s %s %s %v %s", list[i].When().Format("05.000"), list[i].Object, list[i].LocalID, list[i].RemoteID, list[i].Way, list[i].Action, list[i].Fields, list[i].Note)
		}
		return err
	})
}
