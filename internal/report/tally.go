package report

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/foyer-crm/foyer/internal/conversation"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/id"
)

// ReaderName is what the reader's place among the events is kept by.
const ReaderName = "reports"

// counted is what the place up to which events are counted is kept by: unlike the
// reader's, it changes with the tallies.
const counted = ReaderName + ".counted"

// Reader gives the reader of events that keeps the tallies.
func Reader(d *db.DB) func(ctx context.Context, locationID string, events []crm.Event, rest func(context.Context) error) error {
	return func(ctx context.Context, locationID string, events []crm.Event, rest func(context.Context) error) error {
		err := d.Write(ctx, locationID, func(ctx context.Context, tx *db.Tx) error { return tally(ctx, tx, locationID, events) })
		if err != nil {
			return err
		}
		return rest(ctx)
	}
}

// key is what a tally is of.
type key struct{ what, owner, day, name string }

// counter gathers what a page of events adds to the tallies.
type counter struct {
	location string
	zone     *time.Location
	add      map[key]int64
	leads    map[string]bool // contacts that may count otherwise now
}

// tally counts events that were not counted yet. That they were is stored with
// the tallies, so that none counts twice.
func tally(ctx context.Context, tx *db.Tx, locationID string, events []crm.Event) error {
	var place string
	if _, err := tx.Get(ctx, []any{&place}, "SELECT event_id FROM cursors WHERE location_id = $1 AND name = $2 /*postgres FOR UPDATE*/", locationID, counted); err != nil {
		return err
	}
	events = slices.DeleteFunc(slices.Clone(events), func(e crm.Event) bool { return e.ID <= place })
	if len(events) == 0 {
		return nil
	}
	at, err := crm.LocationByID(ctx, tx, locationID)
	if err != nil {
		return err
	}
	c := &counter{location: locationID, zone: time.UTC, add: map[key]int64{}, leads: map[string]bool{}}
	if zone, err := time.LoadLocation(at.Timezone); err == nil && at.Timezone != "" {
		c.zone = zone
	}
	for i := range events {
		if err := c.event(ctx, tx, &events[i]); err != nil {
			return err
		}
	}
	if err := c.countLeads(ctx, tx); err != nil {
		return err
	}
	if err := c.store(ctx, tx); err != nil {
		return err
	}
	return tx.Do(ctx, "INSERT INTO cursors (location_id, name, event_id, updated_at) VALUES ($1, $2, $3, $4) ON CONFLICT (location_id, name) DO UPDATE SET event_id = excluded.event_id, updated_at = excluded.updated_at",
		locationID, counted, events[len(events)-1].ID, tx.Now().UnixMilli())
}

// day is the day of a moment on the location's clocks.
func (c *counter) day(at time.Time) string { return at.In(c.zone).Format(time.DateOnly) }

// count adds to the tallies of an owner, and to those of all.
func (c *counter) count(what, owner, day, name string, n int64) {
	c.add[key{what, owner, day, name}] += n
	c.add[key{what, All, day, name}] += n
}

// event counts an event.
func (c *counter) event(ctx context.Context, tx *db.Tx, e *crm.Event) error {
	thing, what, _ := strings.Cut(e.Type, ".")
	switch {
	case thing == "contact" || thing == "opportunity" || e.Type == "message.outbound":
		for _, contactID := range []string{e.ContactID, e.Data.Other} {
			if contactID != "" {
				c.leads[contactID] = true
			}
		}
	}
	if kind := workOf(e); kind != "" {
		c.count(Work, e.UserID, c.day(e.At()), kind, 1)
	}
	if thing != "message" {
		return nil
	}
	return c.message(ctx, tx, e, what)
}

// workOf is what a user did, "" for what is no work.
func workOf(e *crm.Event) string {
	switch e.Type {
	case "message.outbound":
		return Channel(e.Data.Kind)
	case "task.completed":
		return "task"
	case "note.created":
		return "note"
	case "appointment.created":
		return "appointment"
	case "activity.created":
		if strings.Contains(strings.ToLower(e.Data.Kind), "call") {
			return "call"
		}
	}
	return ""
}

// Channel is what a type of message is counted as: email, text, call or other.
func Channel(typ string) string {
	switch {
	case strings.Contains(typ, "EMAIL"):
		return "email"
	case strings.Contains(typ, "SMS"), strings.Contains(typ, "WHATSAPP"), strings.Contains(typ, "RCS"):
		return "text"
	case strings.Contains(typ, "CALL"), strings.Contains(typ, "VOICEMAIL"):
		return "call"
	}
	return "other"
}

// MessageName names a tally of messages: out and in count all, the states of a
// message where it stands last.
func MessageName(channel, state string) string { return channel + ":" + state }

// The directions that messages are counted by, beside their states.
const (
	Out = "out"
	In  = "in"
)

// message counts a message on the day it was written, for the user who wrote it.
func (c *counter) message(ctx context.Context, tx *db.Tx, e *crm.Event, what string) error {
	if what != "outbound" && what != "inbound" && what != "status" {
		return nil
	}
	owner, channel, day := e.UserID, Channel(e.Data.Kind), c.day(id.Time(e.ObjectID))
	if what == "status" {
		m, err := conversation.MessageByID(ctx, tx, c.location, e.ObjectID)
		if errs.Is(err, errs.NotFound) || err == nil && m.Direction != conversation.Outbound {
			return nil
		}
		if err != nil {
			return err
		}
		owner = m.UserID
	}
	switch what {
	case "outbound":
		if m, err := conversation.MessageByID(ctx, tx, c.location, e.ObjectID); err == nil {
			owner = m.UserID
		} else if !errs.Is(err, errs.NotFound) {
			return err
		}
		c.count(Messages, owner, day, MessageName(channel, Out), 1)
	case "inbound":
		c.count(Messages, owner, day, MessageName(channel, In), 1)
	case "status":
		states := []any{conversation.Sent, conversation.Delivered, conversation.Read, conversation.Failed}
		for _, change := range e.Data.Changes {
			if change.Field != "status" {
				continue
			}
			if slices.Contains(states, change.From) {
				c.count(Messages, owner, day, MessageName(channel, change.From.(string)), -1)
			}
			if slices.Contains(states, change.To) {
				c.count(Messages, owner, day, MessageName(channel, change.To.(string)), 1)
			}
		}
	}
	return nil
}

// store adds what was counted to the tallies, in one order for all.
func (c *counter) store(ctx context.Context, tx *db.Tx) error {
	keys := slices.SortedFunc(maps.Keys(c.add), func(a, b key) int {
		return cmp.Or(cmp.Compare(a.what, b.what), cmp.Compare(a.owner, b.owner), cmp.Compare(a.day, b.day), cmp.Compare(a.name, b.name))
	})
	for _, k := range keys {
		if c.add[k] == 0 {
			continue
		}
		if err := tx.Do(ctx, "INSERT INTO tallies (location_id, what, owner, day, name, n) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (location_id, what, owner, day, name) DO UPDATE SET n = tallies.n + excluded.n",
			c.location, k.what, k.owner, k.day, k.name, c.add[k]); err != nil {
			return err
		}
	}
	return nil
}
