package workflow

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/foyer-crm/foyer/internal/clock"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/mergefield"
)

// wound is when a trigger that follows the calendar looks through the contacts.
type wound struct {
	LocationID string
	WorkflowID string
	Part       int64     // which trigger
	NextAt     time.Time // when it looks next, or goes on looking
	Moment     time.Time // what it looks for now; zero between two times
	AtContact  string    // how far it is: the contact it looked at last
}

var clocks = db.NewTable("workflow_clocks", []string{"location_id", "workflow_id", "part"}, func(c *wound) []db.Column {
	return []db.Column{{Name: "location_id", At: &c.LocationID}, {Name: "workflow_id", At: &c.WorkflowID}, {Name: "part", At: &c.Part}, {Name: "next_at", At: db.Millis(&c.NextAt)},
		{Name: "moment", At: db.Millis(&c.Moment)}, {Name: "at_contact", At: &c.AtContact}}
})

// wind sets the clocks of a workflow's triggers anew, or takes them away from a
// draft.
func (w *Workflow) wind(ctx context.Context, tx *db.Tx) error {
	if err := tx.Do(ctx, "DELETE FROM workflow_clocks WHERE location_id = $1 AND workflow_id = $2", w.LocationID, w.ID); err != nil || w.Status != Published {
		return err
	}
	location, err := crm.LocationByID(ctx, tx, w.LocationID)
	if err != nil {
		return err
	}
	s := &scope{location: location}
	for i := range w.Definition.Triggers {
		t := &w.Definition.Triggers[i]
		c := wound{LocationID: w.LocationID, WorkflowID: w.ID, Part: int64(i), NextAt: tx.Now()}
		switch t.On {
		case OnDate: // looks at once, for all that begins within a day
		case OnSchedule:
			c.NextAt = t.next(tx.Now(), s)
		default:
			continue
		}
		if err := clocks.Insert(ctx, tx, &c); err != nil {
			return err
		}
	}
	return nil
}

// usual is the time of day of what names none.
const usual = "09:00"

// next gives the first moment behind t at which a schedule is due.
func (t *Trigger) next(after time.Time, s *scope) time.Time {
	zone := s.home()
	if t.Zone != "" && t.Zone != InContact {
		zone = s.zoneNamed(t.Zone)
	}
	minutes, err := clock.Minutes(t.at())
	if err != nil {
		minutes = 9 * 60
	}
	w := clock.Window{Days: t.Days}
	day := clock.Day(after, zone)
	for range 400 { // more than a year: every schedule is due within one
		at := clock.At(day, minutes, zone)
		due := w.Open(at, zone)
		if t.Every == "month" {
			last := time.Date(day.Year(), day.Month()+1, 0, 0, 0, 0, 0, time.UTC).Day()
			due = day.Day() == min(t.Day, last)
		}
		if due && at.After(after) {
			return at
		}
		day = day.AddDate(0, 0, 1)
	}
	return after.AddDate(1, 0, 0)
}

func (t *Trigger) at() string {
	if t.At == "" {
		return usual
	}
	return t.At
}

const (
	ahead    = 26 * time.Hour // how far ahead dates are looked for: a day and a change of the clocks
	pageOf   = 500            // contacts that are looked at in one transaction
	tickWait = 15 * time.Second
)

// runClocks looks through the contacts whenever a clock says so, until ctx ends.
func (g *Engine) runClocks(ctx context.Context) {
	tick := time.NewTicker(tickWait)
	defer tick.Stop()
	for {
		if err := g.Clocks(ctx); err != nil && ctx.Err() == nil {
			g.log.Warn("looking for dates that workflows wait for failed; it will be tried again", "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Clocks does what the clocks say is due, to the end.
func (g *Engine) Clocks(ctx context.Context) error {
	for {
		var due []wound
		err := g.db.Read(ctx, db.System, func(ctx context.Context, tx *db.Tx) (err error) {
			due, err = clocks.All(ctx, tx, "WHERE next_at <= $1 ORDER BY next_at LIMIT 20", tx.Now().UnixMilli())
			return err
		})
		if err != nil || len(due) == 0 {
			return err
		}
		for i := range due {
			began := time.Now()
			err := g.db.Write(ctx, due[i].LocationID, func(ctx context.Context, tx *db.Tx) error { return g.tick(ctx, tx, &due[i]) })
			if err != nil {
				return err
			}
			g.Wake()
			select { // it leaves the machine to the requests
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(time.Since(began)):
			}
		}
	}
}

// tick looks at a page of contacts for one clock.
func (g *Engine) tick(ctx context.Context, tx *db.Tx, seen *wound) error {
	c, err := clocks.One(ctx, tx, "WHERE location_id = $1 AND workflow_id = $2 AND part = $3 /*postgres FOR UPDATE*/", seen.LocationID, seen.WorkflowID, seen.Part)
	if err != nil || c == nil || c.NextAt.After(tx.Now()) || c.AtContact != seen.AtContact {
		return err // it was set anew, or another process was quicker
	}
	w, err := workflows.One(ctx, tx, "WHERE location_id = $1 AND id = $2 AND status = 'published'", c.LocationID, c.WorkflowID)
	if err != nil || w == nil {
		return err
	}
	v, err := VersionOf(ctx, tx, c.LocationID, w.ID, w.PublishedVersion)
	if err != nil || int(c.Part) >= len(v.Definition.Triggers) {
		return err
	}
	t := &v.Definition.Triggers[c.Part]
	if c.Moment.IsZero() {
		c.Moment, c.AtContact = tx.Now(), ""
		if t.On == OnSchedule {
			c.Moment = c.NextAt
		}
	}
	page, err := crm.ContactsBehind(ctx, tx, c.LocationID, c.AtContact, pageOf)
	if err != nil {
		return err
	}
	for i := range page {
		c.AtContact = page[i].ID
		if err := g.plan(ctx, tx, w, int(c.Part), t, &page[i], c.Moment); err != nil && !lasting(err) {
			return err
		}
	}
	if len(page) < pageOf {
		if err := c.rewind(ctx, tx, t); err != nil {
			return err
		}
	}
	return clocks.Update(ctx, tx, c)
}

// rewind sets the clock for the next time, once all contacts were looked at.
func (c *wound) rewind(ctx context.Context, tx *db.Tx, t *Trigger) error {
	location, err := crm.LocationByID(ctx, tx, c.LocationID)
	if err != nil {
		return err
	}
	c.NextAt = c.Moment.Add(24 * time.Hour)
	if t.On == OnSchedule {
		c.NextAt = t.next(tx.Now(), &scope{location: location}) // what was missed comes once
	}
	c.Moment, c.AtContact = time.Time{}, ""
	return nil
}

// plan puts a contact into a workflow whose day has come, or comes within a day.
func (g *Engine) plan(ctx context.Context, tx *db.Tx, w *Workflow, part int, t *Trigger, contact *crm.Contact, moment time.Time) error {
	n := Entry{Kind: w.Kind, WorkflowID: w.ID, ContactID: contact.ID, Data: Data{Trigger: part}}
	if t.On == OnDate && !strings.HasPrefix(t.Field, "contact.custom.") {
		// Most contacts have no such day, or not now: nothing is read for them.
		quick := &scope{now: moment, contact: contact}
		if v, _ := quick.look(mergefield.Path(t.Field)); textOf(v, nil) == "" {
			return nil
		}
	}
	s, err := scopeOf(ctx, tx, contact, Data{}, nil)
	if err != nil || !t.If.Holds(s) {
		return err
	}
	if t.On == OnDate {
		at, day, ok := t.day(s, moment)
		if !ok || at.Before(w.PublishedAt) {
			return nil
		}
		n.At, n.EventAt, n.Cause = at, day, fmt.Sprintf("%d %s %s", part, contact.ID, day.Format(time.DateOnly))
	} else {
		n.Cause = fmt.Sprintf("%d %s %d", part, contact.ID, moment.Unix())
	}
	_, err = Enrol(ctx, tx, crm.Actor{LocationID: w.LocationID, Origin: Origin}, n)
	return err
}

// day gives when a contact is to begin because of a date: at, and the day itself.
// ok reports whether that is from a day ago on and within the next day.
func (t *Trigger) day(s *scope, now time.Time) (at, day time.Time, ok bool) {
	v, _ := s.look(mergefield.Path(t.Field))
	date, known := moment(v, time.UTC)
	if !known {
		return at, day, false
	}
	zone := s.zoneNamed(t.Zone)
	minutes, err := clock.Minutes(t.at())
	if err != nil {
		return at, day, false
	}
	for year := now.Year() - 1; year <= now.Year()+1; year++ {
		day = time.Date(date.Year(), date.Month(), date.Day(), 0, 0, 0, 0, time.UTC)
		if t.Every != "once" {
			if day = day.AddDate(year-date.Year(), 0, 0); day.Month() != date.Month() {
				day = day.AddDate(0, 0, -1) // 29 February is the 28th in other years
			}
		}
		shown := day.AddDate(0, 0, t.Offset.Days).Add(time.Duration(minutes)*time.Minute + t.Offset.Clock)
		at = clock.Wall(shown, zone)
		if !at.Before(now.Add(-24*time.Hour)) && at.Before(now.Add(ahead)) {
			return at, day, true
		}
		if t.Every == "once" {
			break
		}
	}
	return at, day, false
}
