package demo

import (
	"context"
	"fmt"
	"time"

	"github.com/foyer-crm/foyer/internal/app"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
)

// PastSize is how many people the demo's agency knows before the doors open.
const PastSize = 120

// pastDays is over how many days they came.
const pastDays = 30

// Past gives the demo's agency a month behind it: people of an earlier system, as an
// export brings them, with the days on which they came and what was noted. agents
// are the ids of the users who look after them.
func Past(ctx context.Context, a *app.App, locationID string, agents []string) error {
	by := crm.Actor{LocationID: locationID, Origin: "demo"}
	people := People(Size + PastSize)[Size:]
	return a.DB.Write(ctx, locationID, func(ctx context.Context, tx *db.Tx) error {
		for i, p := range people {
			w := past(i, p, agents, tx.Now())
			if _, err := crm.RestoreContact(ctx, tx, by, &w); err != nil {
				return fmt.Errorf("%s %s: %w", p.First, p.Last, err)
			}
		}
		return nil
	})
}

// past is somebody of the month before, always the same but for the day.
func past(i int, p Person, agents []string, now time.Time) crm.Whole {
	sources := []string{"Zillow", "Referral", "Open house", "Realtor.com", "Zillow", "Website"}
	came := now.Add(-time.Duration(i) * pastDays * 24 * time.Hour / PastSize).Add(-90 * time.Minute)
	if day := came.Weekday(); day == time.Sunday {
		came = came.AddDate(0, 0, -2) // few ask on Sundays
	}
	c := crm.Contact{
		FirstName: p.First, LastName: p.Last, Type: p.Interest, Source: sources[i%len(sources)], Stage: []string{"New", "Contacted", "Nurture", "Contacted", "Closed"}[i%5],
		Emails: []crm.Email{{Address: p.Email}}, Phones: []crm.Phone{crm.NewPhone(p.Phone, "mobile")},
		Address: crm.Address{Line1: p.Street, City: p.City, State: p.State, PostalCode: p.ZIP, Country: "US"}, CreatedAt: came, LastActivityAt: came,
	}
	if i%3 != 0 {
		c.Tags = []string{[]string{"pre-approved", "relocating", "first home", "investor"}[i%4]}
	}
	w := crm.Whole{}
	if i%6 != 5 { // whom nobody has called yet
		c.AssignedTo = agents[i%len(agents)]
		called := came.Add(time.Duration(4+i*i%170) * time.Minute)
		c.LastActivityAt = called
		w.Notes = []crm.Note{{Body: notes[i%len(notes)], UserID: c.AssignedTo, CreatedAt: called, UpdatedAt: called}}
	}
	if p.Interest == "buyer" {
		w.Requirements = []crm.Requirement{{Data: map[string]any{"city": p.City, "state": p.State, "minPrice": float64(p.Budget) * .85, "maxPrice": float64(p.Budget), "bedrooms": float64(p.Beds), "bathrooms": 2.0}}}
	}
	if p.Interest == "seller" {
		w.Properties = []crm.Property{{Data: map[string]any{"address": p.Street, "city": p.City, "state": p.State, "postalCode": p.ZIP, "price": float64(p.Budget), "bedrooms": float64(p.Beds + i%2), "bathrooms": 2.0, "area": float64(900 + 420*p.Beds), "areaUnit": "sqft", "type": "House"}}}
	}
	w.Contact = c
	return w
}

var notes = []string{
	"Called: wants to see homes next week, mornings are best.",
	"Left a message. Will try again tomorrow.",
	"Pre-approved with Desert Financial. Wants a pool and a two-car garage.",
	"Moving for work in the spring; renting until then.",
	"Thinks of selling when school is out. Sent the market report.",
	"Met at the open house on Juniper. Liked the kitchen, not the street.",
}
