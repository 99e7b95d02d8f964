package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/foyer-crm/foyer/internal/app"
	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/calendar"
	"github.com/foyer-crm/foyer/internal/conversation"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/id"
)

// Of the contacts of an agency: how many somebody works with, at most and as a
// share of all, and every which of those is the agent's.
const (
	mostBusy   = 20_000
	busyShare  = 5
	ownerShare = 4
)

// agencyWork is what an agency works with.
type agencyWork struct {
	by        crm.Actor
	userID    string // the admin
	agent     login  // of somebody who sees only what is assigned to them
	agentID   string
	calendars []string
	pipeline  *crm.Pipeline
}

// once leaves everybody once.
func once(samples []sampled) []sampled {
	seen := map[string]bool{}
	return slices.DeleteFunc(samples, func(s sampled) bool {
		was := seen[s.id]
		seen[s.id] = true
		return was
	})
}

// own are those of the people that are the agent's.
func (*agencyWork) own(samples []sampled) (list []sampled) {
	for i := 0; i < len(samples); i += ownerShare {
		list = append(list, samples[i])
	}
	return list
}

// work gives people of the agency tasks, deals, visits, homes and talks.
func (f *fixture) work(ctx context.Context, s app.Store, samples []sampled) (w *agencyWork, err error) {
	d, _, err := app.OpenStore(ctx, s, nil)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	w = &agencyWork{by: crm.Actor{LocationID: f.keys.LocationID, CompanyID: f.keys.CompanyID, Origin: "bench"}, userID: f.keys.User.ID, agent: login{"agent@bench.example", id.UUID()}}
	hash, err := auth.NewPasswords().Hash(ctx, w.agent.password)
	if err != nil {
		return nil, err
	}
	agent := crm.User{CompanyID: f.keys.CompanyID, Email: w.agent.email, PasswordHash: hash, FirstName: "Ada", LastName: "Agent", Type: crm.AccountUser, Role: crm.UserRole,
		Profile: crm.UserProfile{Permissions: map[string]bool{crm.AssignedOnly: true}}}
	if err := d.Write(ctx, db.System, func(ctx context.Context, tx *db.Tx) error {
		u, err := crm.AddUser(ctx, tx, agent, w.by.LocationID)
		if err == nil {
			w.agentID = u.ID
		}
		return err
	}); err != nil {
		return nil, err
	}
	if err := d.Write(ctx, w.by.LocationID, w.setUp); err != nil {
		return nil, err
	}
	const together = 200
	at := 0
	for part := range slices.Chunk(samples, together) {
		if err := d.Write(ctx, w.by.LocationID, func(ctx context.Context, tx *db.Tx) error {
			for i := range part {
				if err := w.with(ctx, tx, at+i, len(samples), part[i]); err != nil {
					return fmt.Errorf("%s: %w", part[i].email, err)
				}
			}
			return nil
		}); err != nil {
			return nil, err
		}
		at += len(part)
	}
	return w, nil
}

// setUp makes a pipeline and calendars.
func (w *agencyWork) setUp(ctx context.Context, tx *db.Tx) (err error) {
	w.calendars = nil
	if w.pipeline, err = crm.AddPipeline(ctx, tx, w.by, crm.Pipeline{Name: "Buyers", Stages: []crm.Stage{{Name: "New"}, {Name: "Showing"}, {Name: "Offer"}}}); err != nil {
		return err
	}
	for _, name := range []string{"Visits", "Calls", "Signings"} {
		c := calendar.New()
		c.Name, c.Active = name, true
		made, err := calendar.Add(ctx, tx, w.by, c)
		if err != nil {
			return err
		}
		w.calendars = append(w.calendars, made.ID)
	}
	return nil
}

// with is the work with the i-th of n people.
func (w *agencyWork) with(ctx context.Context, tx *db.Tx, i, n int, who sampled) error {
	const deals, estates, visits = 4, 5, 7 // every which has one
	name, owner := who.first+" "+who.last, w.userID
	if i%ownerShare == 0 {
		owner = w.agentID
	}
	due := tx.Now().Truncate(time.Hour).Add(time.Duration(i-n/2) * time.Minute)
	if _, err := crm.AddTask(ctx, tx, w.by, crm.Task{ContactID: who.id, Title: "Call " + name, AssignedTo: owner, DueAt: due}); err != nil {
		return err
	}
	if err := w.save(ctx, tx, i, owner, i%estates == 0, who); err != nil {
		return err
	}
	if i/ownerShare%deals == i%deals { // the agent's as well as others'
		value, won := float64(who.budget), "won"
		o := crm.OpportunityChange{ContactID: &who.id, PipelineID: &w.pipeline.ID, StageID: &w.pipeline.Stages[i%len(w.pipeline.Stages)].ID, Name: &name, MonetaryValue: &value, AssignedTo: &owner}
		const sold = 10 // every which is won
		if i%sold == 0 {
			o.Status = &won
		}
		if _, err := crm.AddOpportunity(ctx, tx, w.by, o, true); err != nil {
			return err
		}
	}
	if i%visits == 0 {
		start := tx.Now().Truncate(time.Hour).Add(time.Duration(i-n/2) / visits * 30 * time.Minute)
		b := calendar.Booking{CalendarID: w.calendars[i/visits%len(w.calendars)], ContactID: who.id, UserID: owner, Title: name, Start: start, End: start.Add(time.Hour), AnyTime: true, AnySlot: true, Quiet: true}
		if _, err := calendar.Book(ctx, tx, w.by, b); err != nil {
			return err
		}
	}
	return w.talk(ctx, tx, i, who)
}

// save gives somebody an owner, and a home and a wish.
func (w *agencyWork) save(ctx context.Context, tx *db.Tx, i int, owner string, estate bool, who sampled) error {
	in := crm.Input{}
	if i%2 == 0 { // the other half is nobody's
		in.AssignedTo = owner
	}
	if estate {
		price := float64(who.budget)
		in.Properties = []crm.Property{{Key: who.street + "|" + who.zip, Data: map[string]any{"address": who.street, "city": who.city, "state": who.state, "postalCode": who.zip, "price": price, "bedrooms": float64(2 + i%4), "role": "owned"}}}
		in.Requirements = []crm.Requirement{{Key: who.zip, Data: map[string]any{"city": who.city, "state": who.state, "postalCode": who.zip, "minPrice": price * 0.8, "maxPrice": price * 1.2, "bedrooms": 3.0}}}
	}
	if in.AssignedTo == "" && !estate {
		return nil
	}
	_, err := crm.SaveContact(ctx, tx, w.by, crm.Save{ID: who.id, Input: in})
	return err
}

// talk lets somebody ask, and nine of ten get an answer and are read.
func (w *agencyWork) talk(ctx context.Context, tx *db.Tx, i int, who sampled) error {
	const unread = 10
	m, err := conversation.ReceiveMessage(ctx, tx, w.by, conversation.Receive{Channel: "SMS", Direction: conversation.Inbound, ContactID: who.id, Body: "Is it still for sale?"})
	if err != nil || i%unread == 0 {
		return err
	}
	if _, err := conversation.ReceiveMessage(ctx, tx, w.by, conversation.Receive{Channel: "SMS", Direction: conversation.Outbound, ContactID: who.id, Body: "It is. Shall we go and see it?"}); err != nil {
		return err
	}
	return conversation.MarkRead(ctx, tx, w.by, m.ConversationID)
}

// fillLog brings leads in by the doors, for the import log, and waits until the
// server has no more to do.
func (r *runner) fillLog(ctx context.Context, server *process) error {
	const most, share = 20_000, 10
	come := arrivals{people: r.fixture.people, keys: r.fixture.keys, doors: Doors, held: r.fixture.held, next: r.fixture.held}
	l := &load{address: server.address, conns: 16, requests: come.take(min(most, r.fixture.held/share))}
	if _, err := l.run(ctx, patience); err != nil {
		return fmt.Errorf("filling the log: %w", err)
	}
	const pause = time.Second
	const quiet = pause / 20
	for began := time.Now(); time.Since(began) < 5*patience; {
		before := cpu(server.cmd.Process.Pid)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
		if cpu(server.cmd.Process.Pid)-before < quiet {
			return nil
		}
	}
	return nil
}
