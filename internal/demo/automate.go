package demo

import (
	"context"
	"embed"
	"fmt"
	"strings"
	"time"

	"github.com/foyer-crm/foyer/internal/app"
	"github.com/foyer-crm/foyer/internal/calendar"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/workflow"
)

//go:embed workflows
var documents embed.FS

// Automate gives the demo's location pipelines, a calendar, and three workflows
// that are published: what comes in from then on is answered.
func Automate(ctx context.Context, a *app.App, locationID string) error {
	by := crm.Actor{LocationID: locationID, Origin: "demo"}
	return a.DB.Write(ctx, locationID, func(ctx context.Context, tx *db.Tx) error {
		for _, p := range []crm.Pipeline{
			{Name: "Buyers", Stages: stages("New lead", "Contacted", "Showing", "Offer", "Closed")},
			{Name: "Recruiting", Stages: stages("Identified", "Met", "Offer", "Joined")},
		} {
			if _, err := crm.AddPipeline(ctx, tx, by, p); err != nil {
				return err
			}
		}
		c := calendar.New()
		c.Name, c.Active = Tours, true
		if _, err := calendar.Add(ctx, tx, by, c); err != nil {
			return err
		}
		files, err := documents.ReadDir("workflows")
		if err != nil {
			return fmt.Errorf("reading the demo's workflows: %w", err)
		}
		for _, f := range files {
			text, err := documents.ReadFile("workflows/" + f.Name())
			if err != nil {
				return fmt.Errorf("reading the demo's workflows: %w", err)
			}
			d, err := workflow.Parse(text)
			if err != nil {
				return fmt.Errorf("reading %s: %w", f.Name(), err)
			}
			if _, err := workflow.Put(ctx, tx, by, d); err != nil {
				return fmt.Errorf("%s: %w", d.Name, err)
			}
		}
		return nil
	})
}

// Tours is the name of the demo's calendar.
const Tours = "Home tour"

func stages(names ...string) []crm.Stage {
	list := make([]crm.Stage, len(names))
	for i, name := range names {
		list[i] = crm.Stage{Name: name, ShowInFunnel: true, ShowInPieChart: true}
	}
	return list
}

// Book books home tours with some of the demo's people: one whose reminder is due
// in half a minute, the others over the next days.
func Book(ctx context.Context, a *app.App, locationID string) error {
	by := crm.Actor{LocationID: locationID, Origin: "demo"}
	return a.DB.Write(ctx, locationID, func(ctx context.Context, tx *db.Tx) error {
		all, err := calendar.Calendars(ctx, tx, locationID, "", true)
		if err != nil || len(all) == 0 {
			return err
		}
		people, _, err := crm.Contacts(ctx, tx, locationID, crm.Query{Limit: 6}, false)
		if err != nil {
			return err
		}
		for i := range people {
			start := tx.Now().Add(24*time.Hour + 30*time.Second)
			if i > 0 {
				start = start.Add(time.Duration(i) * 25 * time.Hour).Truncate(time.Hour)
			}
			b := calendar.Booking{CalendarID: all[0].ID, ContactID: people[i].ID, Title: "Tour with " + people[i].FullName(), Start: start, End: start.Add(45 * time.Minute), AnyTime: true, AnySlot: true}
			if _, err := calendar.Book(ctx, tx, by, b); err != nil {
				return err
			}
		}
		return nil
	})
}

// Ran waits a moment for the workflows to be done with those who are there, and
// says in a line for each what they did.
func Ran(ctx context.Context, a *app.App, locationID string) (lines []string, err error) {
	const patience = 20 * time.Second
	for deadline := time.Now().Add(patience); ; {
		lines = nil
		busy := false
		err := a.DB.Read(ctx, locationID, func(ctx context.Context, tx *db.Tx) error {
			all, err := workflow.All(ctx, tx, locationID, workflow.Flow, workflow.Published)
			if err != nil {
				return err
			}
			for i := range all {
				s, err := workflow.StatisticsOf(ctx, tx, locationID, workflow.Flow, all[i].ID)
				if err != nil {
					return err
				}
				line, working := told(&all[i], s)
				lines, busy = append(lines, line), busy || working
			}
			return nil
		})
		if err != nil || !busy || time.Now().After(deadline) {
			return lines, err
		}
		select {
		case <-ctx.Done():
			return lines, nil
		case <-time.After(250 * time.Millisecond):
		}
	}
}

// told says what a workflow did, and whether it is still at it.
func told(w *workflow.Workflow, s *workflow.Statistics) (line string, busy bool) {
	var people, messages, waiting int64
	for _, n := range s.Enrolments {
		people += n
	}
	for _, n := range s.Messages {
		messages += n
	}
	for _, step := range s.Steps {
		if step.Do == workflow.DoWait {
			waiting += step.Here
		}
	}
	active := s.Enrolments[workflow.Active]
	line = fmt.Sprintf("%-22s %3d people, %3d messages", w.Name, people, messages)
	if n := s.Enrolments[workflow.Failed]; n > 0 {
		line += fmt.Sprintf(", %d failed", n)
	}
	return strings.TrimRight(line, " "), people == 0 || active > waiting || s.Messages["pending"] > 0
}
