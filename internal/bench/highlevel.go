package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/foyer-crm/foyer/internal/app"
	"github.com/foyer-crm/foyer/internal/calendar"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
)

// mostFreeSlots is the bar of a search for free slots.
const mostFreeSlots = 20 * time.Millisecond

// sdkHeader is what the official SDK sends with every request (contract.md §20).
func sdkHeader(c *app.Credentials) [][2]string {
	return [][2]string{{"Authorization", "Bearer " + *c.HighLevel.PrivateToken}, {"Version", "2023-02-21"}}
}

// operationAt is one operation measured with some connections.
type operationAt struct {
	Operation string `json:"operation"`
	Conns     int    `json:"connections"`
	intakeAt
}

// ceiling is that of the intake for what writes; a read has no rows.
func (o *operationAt) ceiling() float64 {
	if o.Rows == 0 {
		return o.bare()
	}
	return o.intakeAt.ceiling()
}

// highLevel measures what the clients of HighLevel do most, at the largest size.
func (r *runner) highLevel(ctx context.Context) (s Section, err error) {
	f := r.fixture
	if f.held == 0 {
		return s, errors.New("there is nobody to ask for: give a size")
	}
	samples, err := f.sample(ctx, 2000)
	if err != nil {
		return s, err
	}
	var list []operationAt
	for _, conns := range []int{8, 64} {
		for _, o := range []struct {
			name     string
			requests [][]byte
			writes   bool
		}{
			{"get", f.gets(samples), false}, {"create", f.creations(r.most()), true}, {"upsert", f.upserts(r.most()), true}, {"search", f.searches(samples), false},
		} {
			f.say("  %s, %d connections\n", o.name, conns)
			at := operationAt{Operation: o.name, Conns: conns, intakeAt: intakeAt{Size: f.held, Bare: map[string]float64{}}}
			l := &load{conns: conns, requests: o.requests, again: !o.writes}
			measure := r.asking
			if o.writes {
				measure = r.writing
			}
			if err := measure(ctx, l, &at.intakeAt); err != nil {
				return s, fmt.Errorf("%s with %d connections: %w", o.name, conns, err)
			}
			list = append(list, at)
		}
	}
	slots, err := r.freeSlots(ctx)
	if err != nil {
		return s, fmt.Errorf("free slots: %w", err)
	}
	return highLevelTable(list, slots), nil
}

// most is more requests than can be sent in a measurement.
func (r *runner) most() int {
	const fastest = 10000 // requests a second
	return int(r.warmUp().Seconds()+r.Time.Seconds()+1) * fastest
}

// asking is writing for a load that only reads.
func (r *runner) asking(ctx context.Context, l *load, out *intakeAt) error {
	if err := r.foyerIntake(ctx, r.fixture.store, l, out); err != nil {
		return err
	}
	for _, decoder := range Decoders {
		if err := r.bareIntake(ctx, decoder, l, out); err != nil {
			return err
		}
	}
	return nil
}

func (f *fixture) gets(samples []sampled) (all [][]byte) {
	for _, p := range samples {
		all = append(all, get("/contacts/"+p.id, sdkHeader(f.keys)...))
	}
	return all
}

func (f *fixture) searches(samples []sampled) (all [][]byte) {
	for _, p := range samples {
		all = append(all, f.search(p.first+" "+p.last, 1))
	}
	return all
}

func (f *fixture) creations(n int) (all [][]byte) {
	for i := range n {
		all = append(all, f.creation(f.people.at(f.held+i)))
	}
	return all
}

// upserts name by turns somebody new and somebody who is there.
func (f *fixture) upserts(n int) (all [][]byte) {
	for i := range n {
		p := f.people.at(f.held + i/2)
		if i%2 == 1 {
			p = f.people.at(int(scatter(uint64(i)) % uint64(f.held)))
		}
		body := p.fields()
		body["locationId"], body["tags"] = f.keys.LocationID, []string{"facebook", fmt.Sprintf("week %d", i%52+1)}
		text, _ := json.Marshal(body) // texts only
		all = append(all, envelope{method: http.MethodPost, path: "/contacts/upsert", header: sdkHeader(f.keys)}.bytes(text))
	}
	return all
}

// freeSlots measures a month of a round robin of ten with a thousand appointments.
func (r *runner) freeSlots(ctx context.Context) (*result, error) {
	s, remove, err := r.fixture.copy(ctx)
	if err != nil {
		return nil, err
	}
	path, err := r.fixture.bookings(ctx, s)
	if err != nil {
		return nil, errors.Join(err, remove())
	}
	server, err := r.fixture.serve(ctx, r.Binary, s)
	if err != nil {
		return nil, errors.Join(err, remove())
	}
	l := &load{address: server.address, conns: 1, requests: [][]byte{get(path, sdkHeader(r.fixture.keys)...)}, again: true}
	_, err = l.run(ctx, r.warmUp())
	var res *result
	if err == nil {
		res, err = l.run(ctx, r.Time/2)
	}
	return res, errors.Join(err, server.stop(), remove())
}

// bookings makes the calendar with its appointments, and gives the address of its
// free slots.
func (f *fixture) bookings(ctx context.Context, s app.Store) (path string, err error) {
	const members, appointments, days = 10, 1000, 30
	d, _, err := app.OpenStore(ctx, s, nil)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	by := crm.Actor{LocationID: f.keys.LocationID, Origin: "bench"}
	c := calendar.New()
	c.Name, c.Type = "Tours", calendar.RoundRobin
	c.Settings.SlotBuffer = calendar.Amount{N: 10, Unit: "mins"}
	if err := d.Write(ctx, db.System, func(ctx context.Context, tx *db.Tx) error {
		c.Settings.Members = nil
		for i := range members {
			u, err := crm.AddUser(ctx, tx, crm.User{CompanyID: f.keys.CompanyID, FirstName: "Agent", LastName: fmt.Sprint(i), Email: fmt.Sprintf("agent%d@bench.example", i)}, f.keys.LocationID)
			if err != nil {
				return err
			}
			c.Settings.Members = append(c.Settings.Members, calendar.Member{UserID: u.ID, Priority: 0.5})
		}
		return nil
	}); err != nil {
		return "", fmt.Errorf("making the members: %w", err)
	}
	from := time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, 1)
	return path, d.Write(ctx, by.LocationID, func(ctx context.Context, tx *db.Tx) error {
		made, err := calendar.Add(ctx, tx, by, c)
		if err != nil {
			return err
		}
		who, err := crm.ContactByEmail(ctx, tx, by.LocationID, f.people.at(0).email)
		if err != nil {
			return err
		}
		for i, booked := 0, 0; booked < appointments; i++ {
			const opens, slots = 8, 18 // hours, half hours a day
			at := from.AddDate(0, 0, i%days).Add(opens*time.Hour + time.Duration(i*7/days%slots)*30*time.Minute)
			_, err := calendar.Book(ctx, tx, by, calendar.Booking{CalendarID: made.ID, ContactID: who.ID, Start: at})
			switch {
			case err == nil:
				booked++
			case !errs.Is(err, errs.Conflict) || i > 50*appointments:
				return fmt.Errorf("booking after %d appointments: %w", booked, err)
			}
		}
		path = fmt.Sprintf("/calendars/%s/free-slots?startDate=%d&endDate=%d", made.ID, from.UnixMilli(), from.AddDate(0, 0, days).UnixMilli())
		return nil
	})
}

func highLevelTable(list []operationAt, slots *result) Section {
	s := Section{Title: "HighLevel", Figures: map[string]any{"operations": list, "freeSlots": slots}, Head: []string{"request", "connections", "a second", "bare server", "rows alone", "of the lower ceiling", "p50", "p99", "max", "server CPU/request", "others' CPU"}}
	for _, o := range list {
		share, rows := o.Foyer.rate()/o.ceiling(), "–"
		if o.Rows > 0 {
			rows = number(o.Rows)
		}
		s.Rows = append(s.Rows, []string{o.Operation, fmt.Sprint(o.Conns), number(o.Foyer.rate()), number(o.bare()), rows, fmt.Sprintf("%.2f", share),
			ms(o.Foyer.P50), ms(o.Foyer.P99), ms(o.Foyer.Max), perRequest(o.Use.Server, o.Foyer.Done), percent(o.Use.Others)})
		s.bar(fmt.Sprintf("%s, %d connections, of the lower ceiling", o.Operation, o.Conns), fmt.Sprintf("≥ %.1f", leastOfCeiling), fmt.Sprintf("%.2f", share), share >= leastOfCeiling)
	}
	s.Rows = append(s.Rows, []string{"free slots of a month", "1", number(slots.rate()), "–", "–", "–", ms(slots.P50), ms(slots.P99), ms(slots.Max), "–", "–"})
	s.bar("p50 of the free slots of a month", "< "+ms(mostFreeSlots), ms(slots.P50), slots.P50 < mostFreeSlots)
	s.note("%s contacts.", count(list[0].Size))
	return s
}
