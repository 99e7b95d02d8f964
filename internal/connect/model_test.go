package connect_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/foyer-crm/foyer/internal/connect"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/foyertest"
)

// Two stores, random edits on both sides at once, a network that loses requests
// and answers, pages that are old, out of order and have things twice, and a
// process that is killed now and then: when it is quiet again both sides are
// equal, nothing is lost, doubled or back from the dead, and no edit was written
// more than twice.
func TestTwoSidesComeTogether(t *testing.T) {
	seeds, edits := 4, 60
	if os.Getenv("FOYER_SOAK") != "" {
		seeds, edits = 1000, 200
	}
	if n, err := strconv.Atoi(os.Getenv("FOYER_SEEDS")); err == nil {
		seeds = n
	}
	first, _ := strconv.Atoi(os.Getenv("FOYER_SEED"))
	for seed := first; seed < first+seeds; seed++ {
		t.Run(strconv.Itoa(seed), func(t *testing.T) {
			m := newModel(t, uint64(seed))
			m.run(edits)
		})
	}
}

// model is what is known of the two sides.
type model struct {
	*bridge
	random *rand.Rand
	n      int
	people []*person
	edits  int
}

// person is somebody who is on one side or both.
type person struct {
	email   string
	deleted bool
	// what was last said of each field on each side since both were equal
	said [2]map[string]string
	tags map[string]bool // that somebody added and nobody took away
	off  map[string]bool // that somebody took away
	twin bool            // both sides made them, and have not met yet: two people, for all anybody knows
}

func newModel(t *testing.T, seed uint64) *model {
	f := foyertest.New(t)
	if seed%8 == 7 && os.Getenv("FOYER_TEST_POSTGRES") != "" {
		f = foyertest.NewPostgres(t)
	}
	b := newBridge(t, f, plainMapping)
	b.peer.random = rand.New(rand.NewPCG(seed, 2))
	b.peer.coarse, b.peer.mute = seed%5 == 3, seed%7 == 5
	return &model{bridge: b, random: rand.New(rand.NewPCG(seed, 1))}
}

func (m *model) run(edits int) {
	m.peer.bad, m.peer.lists = 0.15, 0.2
	for range edits {
		m.edit()
		switch m.random.IntN(10) {
		case 0, 1, 2:
			m.pass()
		case 3:
			m.kill()
		case 4:
			if m.random.IntN(6) == 0 {
				m.settle()
				m.peer.bad, m.peer.lists = 0.15, 0.2
			}
		}
	}
	m.settle()
}

// kill has the process die in the middle of its work.
func (m *model) kill() {
	m.listen()
	if err := connect.Due(m.t.Context(), m.f.DB, m.loc); err != nil {
		m.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(m.t.Context())
	after := time.Duration(m.random.IntN(12000)) * time.Microsecond
	go func() {
		time.Sleep(after)
		m.peer.mu.Lock()
		m.peer.killed = errors.New("killed")
		m.peer.mu.Unlock()
		cancel()
	}()
	_ = m.engine.Work(ctx, m.loc, m.c.ID)
	<-ctx.Done()
	m.start()
	m.peer.mu.Lock()
	m.peer.killed = nil
	m.peer.mu.Unlock()
}

// edit has somebody do something on one of the sides.
func (m *model) edit() {
	m.edits++
	m.n++
	side := m.random.IntN(2)
	if len(m.people) == 0 || m.random.IntN(6) == 0 {
		p := &person{email: fmt.Sprintf("p%d@x.example", m.n), said: [2]map[string]string{{}, {}}, tags: map[string]bool{}, off: map[string]bool{}}
		m.people = append(m.people, p)
		m.say(side, "", map[string]any{"email": p.email, "firstName": fmt.Sprint("F", m.n)})
		p.said[side]["firstName"] = fmt.Sprint("F", m.n)
		if m.random.IntN(5) == 0 { // the same person on the other side, before the two have met
			p.twin = true
			m.say(1-side, "", map[string]any{"email": p.email, "lastName": fmt.Sprint("L", m.n)})
			p.said[1-side]["lastName"] = fmt.Sprint("L", m.n)
		}
		return
	}
	p := m.people[m.random.IntN(len(m.people))]
	id := m.find(side, p)
	if id == "" {
		return
	}
	switch m.random.IntN(12) {
	case 0:
		if !p.twin {
			m.remove(side, id)
			p.deleted = true
		}
	case 1, 2:
		tag := fmt.Sprint("t", m.n)
		m.tag(side, id, tag, true)
		p.tags[tag] = true
	case 3:
		for tag := range p.tags {
			if m.tag(side, id, tag, false) {
				delete(p.tags, tag)
				p.off[tag] = true
			}
			break
		}
	case 4, 5:
		m.task(side, id)
	default:
		field := contactFields[m.random.IntN(len(contactFields))]
		value := fmt.Sprint("v", m.n)
		if m.random.IntN(8) == 0 && field == "city" {
			value = ""
		}
		m.say(side, id, map[string]any{field: value})
		p.said[side][field] = value
	}
}

func (m *model) say(side int, id string, fields map[string]any) {
	if side == 0 {
		m.here(id, fields)
	} else {
		m.there(id, fields)
	}
}

func (m *model) on(side int, f func(ctx context.Context, tx *db.Tx, by crm.Actor) error) {
	m.t.Helper()
	d, loc := m.f.DB, m.loc
	if side == 1 {
		d, loc = m.peer.f.DB, m.peer.loc
	}
	if err := d.Write(m.t.Context(), loc, func(ctx context.Context, tx *db.Tx) error {
		return f(ctx, tx, crm.Actor{LocationID: loc, Origin: "ui"})
	}); err != nil {
		m.t.Fatal(err)
	}
}

func (m *model) find(side int, p *person) (id string) {
	m.on(side, func(ctx context.Context, tx *db.Tx, by crm.Actor) error {
		c, err := crm.ContactByEmail(ctx, tx, by.LocationID, p.email)
		if id = ""; c != nil {
			id = c.ID
		}
		return err
	})
	return id
}

func (m *model) remove(side int, id string) {
	m.on(side, func(ctx context.Context, tx *db.Tx, by crm.Actor) error { return crm.DeleteContact(ctx, tx, by, id) })
}

func (m *model) tag(side int, id, tag string, add bool) (did bool) {
	m.on(side, func(ctx context.Context, tx *db.Tx, by crm.Actor) error {
		do := crm.RemoveTags
		if add {
			do = crm.AddTags
		}
		c, err := do(ctx, tx, by, id, []string{tag})
		did = err == nil && len(c.Changed) > 0
		return err
	})
	return did
}

// task makes, changes, completes or deletes a task.
func (m *model) task(side int, id string) {
	m.on(side, func(ctx context.Context, tx *db.Tx, by crm.Actor) error {
		all, err := crm.Tasks(ctx, tx, by.LocationID, id)
		if err != nil {
			return err
		}
		title, done := fmt.Sprint("call ", m.n), true
		if len(all) == 0 || m.n%3 == 0 {
			_, err = crm.AddTask(ctx, tx, by, crm.Task{ContactID: id, Title: title})
			return err
		}
		switch of := all[m.n%len(all)]; m.n % 5 {
		case 0:
			return crm.DeleteTask(ctx, tx, by, id, of.ID)
		case 1:
			_, err = crm.ChangeTask(ctx, tx, by, id, of.ID, crm.TaskChange{Completed: &done})
		default:
			_, err = crm.ChangeTask(ctx, tx, by, id, of.ID, crm.TaskChange{Title: &title})
		}
		return err
	})
}

// settle waits until it is quiet on a network that works, and looks at both sides.
func (m *model) settle() {
	m.t.Helper()
	m.peer.mu.Lock()
	m.peer.bad, m.peer.lists = 0, 0
	m.peer.mu.Unlock()
	m.quiet()
	if m.peer.mute { // what was deleted is seen when everything is looked at
		m.write(func(ctx context.Context, tx *db.Tx) error { return connect.Hurry(ctx, tx, m.c, true) })
		m.quiet()
	}
	m.write(func(ctx context.Context, tx *db.Tx) error { // what was put aside in the storm
		_, err := connect.Retry(ctx, tx, m.by, m.c.ID, "")
		return err
	})
	m.quiet()
	m.check()
}

func (m *model) check() {
	m.t.Helper()
	here, there := m.both()
	for _, p := range m.people {
		l, r := here[p.email], there[p.email]
		switch {
		case p.deleted && (l != nil || r != nil):
			m.t.Errorf("%s is back: here %v, there %v", p.email, l != nil, r != nil)
		case p.deleted:
		case l == nil || r == nil:
			m.t.Errorf("%s is lost: here %v, there %v", p.email, l != nil, r != nil)
		default:
			m.compare(p, l, r)
		}
	}
	for _, l := range m.links() {
		if l.State == connect.Rejected {
			m.t.Errorf("rejected: %s %s %s", l.Object, l.LocalID, l.Error)
		}
	}
	m.counts()
	if m.t.Failed() {
		m.tell()
		m.t.FailNow()
	}
}

func (m *model) compare(p *person, l, r *crm.Contact) {
	m.t.Helper()
	for _, field := range contactFields {
		here, there := *l.Text(field), *r.Text(field)
		if here != there {
			m.t.Errorf("%s: %s is %q here and %q there", p.email, field, here, there)
		}
		saidHere, okHere := p.said[0][field]
		saidThere, okThere := p.said[1][field]
		if (okHere || okThere) && (!okHere || here != saidHere) && (!okThere || here != saidThere) {
			m.t.Errorf("%s: %s is %q; %q was said here and %q there", p.email, field, here, saidHere, saidThere)
		}
	}
	p.twin, p.said = false, [2]map[string]string{{}, {}}
	a, b := slices.Sorted(slices.Values(l.Tags)), slices.Sorted(slices.Values(r.Tags))
	if !slices.Equal(a, b) {
		m.t.Errorf("%s: tags %v here and %v there", p.email, a, b)
	}
	for tag := range p.tags {
		if !slices.Contains(a, tag) {
			m.t.Errorf("%s: tag %s is lost", p.email, tag)
		}
	}
	for tag := range p.off {
		if slices.Contains(a, tag) {
			m.t.Errorf("%s: tag %s is back", p.email, tag)
		}
	}
	if x, y := m.tasks(0, l.ID), m.tasks(1, r.ID); !slices.Equal(x, y) {
		m.t.Errorf("%s: tasks %v here and %v there", p.email, x, y)
	}
}

func (m *model) tasks(side int, id string) (all []string) {
	m.on(side, func(ctx context.Context, tx *db.Tx, by crm.Actor) error {
		list, err := crm.Tasks(ctx, tx, by.LocationID, id)
		all = nil
		for i := range list {
			all = append(all, fmt.Sprint(list[i].Title, " ", list[i].Completed))
		}
		return err
	})
	slices.Sort(all)
	return all
}

// counts holds the writes on each side against the edits.
func (m *model) counts() {
	m.t.Helper()
	written := 0
	m.on(0, func(ctx context.Context, tx *db.Tx, by crm.Actor) error {
		written = 0
		for after := ""; ; {
			events, err := crm.EventsBetween(ctx, tx, by.LocationID, after, "~", 500)
			if err != nil || len(events) == 0 {
				return err
			}
			for i := range events {
				if events[i].Origin == connect.Origin {
					written++
				}
				after = events[i].ID
			}
		}
	})
	if written > 2*m.edits || m.peer.writes > 2*m.edits {
		m.t.Errorf("%d writes here and %d there for %d edits", written, m.peer.writes, m.edits)
	}
}

// tell says what happened, for whoever looks for the fault.
func (m *model) tell() {
	if os.Getenv("FOYER_TELL") == "" {
		return
	}
	for side := range 2 {
		m.on(side, func(ctx context.Context, tx *db.Tx, by crm.Actor) error {
			events, err := crm.EventsBetween(ctx, tx, by.LocationID, "", "~", 2000)
			for i := range events {
				e := &events[i]
				m.t.Logf("%d %s %s %s %s %s %+v", side, e.At().Format("05.000"), e.Type, e.ContactID, e.Origin, e.ObjectID, e.Data.Changes)
			}
			return err
		})
	}
	m.on(0, func(ctx context.Context, tx *db.Tx, by crm.Actor) error {
		list, err := connect.Log(ctx, tx, m.loc, m.c.ID, "", 2000)
		for i := range list {
			m.t.Logf("log %s %s %s %s %s %s %v %s", list[i].When().Format("05.000"), list[i].Object, list[i].LocalID, list[i].RemoteID, list[i].Way, list[i].Action, list[i].Fields, list[i].Note)
		}
		return err
	})
}
