package demo

import (
	"context"
	"fmt"
	"time"

	"github.com/foyer-crm/foyer/internal/app"
	"github.com/foyer-crm/foyer/internal/calendar"
	"github.com/foyer-crm/foyer/internal/conversation"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
)

// Week gives the demo's agents something to do: deals on their way, tasks that are
// due, visits around today, and people who wrote. agents are the ids of the users.
func Week(ctx context.Context, a *app.App, locationID string, agents []string) error {
	w := &week{by: crm.Actor{LocationID: locationID, Origin: "demo"}, agents: agents}
	return a.DB.Write(ctx, locationID, func(ctx context.Context, tx *db.Tx) (err error) {
		if w.people, _, err = crm.Contacts(ctx, tx, locationID, crm.Query{Limit: 60}, false); err != nil {
			return fmt.Errorf("reading the demo's people: %w", err)
		}
		w.now = tx.Now()
		for _, part := range []func(context.Context, *db.Tx) error{w.deals, w.tasks, w.visits, w.talk} {
			if err := part(ctx, tx); err != nil {
				return fmt.Errorf("the demo's week: %w", err)
			}
		}
		return nil
	})
}

type week struct {
	by     crm.Actor
	agents []string
	people []crm.Contact
	now    time.Time
}

func (w *week) person(i int) *crm.Contact { return &w.people[i%len(w.people)] }

func (w *week) agent(i int) string { return w.agents[i%len(w.agents)] }

func (w *week) deals(ctx context.Context, tx *db.Tx) error {
	pipelines, err := crm.Pipelines(ctx, tx, w.by.LocationID)
	if err != nil {
		return err
	}
	const perPipeline = 22
	for n, p := range pipelines {
		for i := range perPipeline {
			c, stage := w.person(n*perPipeline+i), p.Stages[(i*i+i)%len(p.Stages)]
			name, value, agent := c.FullName(), float64(280000+35000*(i*7%19)), w.agent(i)
			if n > 0 {
				value = 0 // who is recruited brings no price
			}
			status := "open"
			switch {
			case stage.ID == p.Stages[len(p.Stages)-1].ID:
				status = "won"
			case i%9 == 8:
				status = "lost"
			}
			to := crm.OpportunityChange{ContactID: &c.ID, PipelineID: &p.ID, StageID: &stage.ID, Name: &name, Status: &status, AssignedTo: &agent, MonetaryValue: &value, Source: &c.Source}
			if _, err := crm.AddOpportunity(ctx, tx, w.by, to, true); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *week) tasks(ctx context.Context, tx *db.Tx) error {
	titles := []string{"Call back about the tour", "Send listings in their budget", "Ask for the pre-approval letter", "Prepare the market report", "Confirm the inspection", "Follow up after the open house"}
	for i := range 18 {
		due := w.now.Truncate(time.Hour).Add(time.Duration(i-5) * 9 * time.Hour)
		t := crm.Task{ContactID: w.person(i * 2).ID, Title: titles[i%len(titles)], AssignedTo: w.agent(i / 2), DueAt: due, Completed: i%6 == 5}
		if _, err := crm.AddTask(ctx, tx, w.by, t); err != nil {
			return err
		}
	}
	return nil
}

func (w *week) visits(ctx context.Context, tx *db.Tx) error {
	c := calendar.New()
	c.Name, c.Active = "Listing consultation", true
	listings, err := calendar.Add(ctx, tx, w.by, c)
	if err != nil {
		return err
	}
	today := w.now.Truncate(24 * time.Hour)
	for i := range 14 {
		start := today.AddDate(0, 0, i*3%11-3).Add(time.Duration(16+i*2%8) * time.Hour) // 9 AM to 4 PM in Phoenix
		status := "confirmed"
		if start.Before(w.now) {
			status = []string{"showed", "showed", "noshow", "cancelled"}[i%4]
		}
		who := w.person(i*4 + 1)
		b := calendar.Booking{CalendarID: listings.ID, ContactID: who.ID, UserID: w.agent(i), Title: "Listing: " + who.FullName(), Status: status, Start: start, End: start.Add(time.Hour), AnyTime: true, AnySlot: true, Quiet: true}
		if _, err := calendar.Book(ctx, tx, w.by, b); err != nil {
			return err
		}
	}
	return nil
}

func (w *week) talk(ctx context.Context, tx *db.Tx) error {
	for i, said := range []struct{ channel, subject, body string }{
		{"SMS", "", "Hi! Is the house on Juniper still available? We could come by Saturday."},
		{"Email", "Re: Homes in Tempe", "Thank you for the list. The second and the fifth look great, could we see both on Friday after 4?"},
		{"SMS", "", "Running 10 minutes late, sorry!"},
		{"Email", "Question about the HOA", "Before we make an offer: do you know what the HOA fee covers, and whether short rentals are allowed?"},
		{"SMS", "", "Got the pre-approval: 540k. What is next?"},
		{"Email", "Thinking of selling", "We bought in 2016 and would like to know what our home is worth today. Could somebody come by?"},
	} {
		c := w.person(i*3 + 2)
		r := conversation.Receive{Channel: said.channel, Direction: conversation.Inbound, ContactID: c.ID, Subject: said.subject, Body: said.body, At: w.now.Add(-time.Duration(i*i*40+7) * time.Minute)}
		if _, err := conversation.ReceiveMessage(ctx, tx, w.by, r); err != nil {
			return err
		}
	}
	return nil
}
