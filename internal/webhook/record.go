package webhook

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/foyer-crm/foyer/internal/association"
	"github.com/foyer-crm/foyer/internal/calendar"
	"github.com/foyer-crm/foyer/internal/conversation"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/id"
)

// payload is the body of a webhook: the event, with the record that it is about
// as it was before and after.
type payload struct {
	Type       string    `json:"type"`
	Timestamp  time.Time `json:"timestamp"`
	ID         string    `json:"id"`      // of the event; ids of later events are greater
	Version    int64     `json:"version"` // grows with each event of an object, by more than one
	LocationID string    `json:"locationId"`
	Data       data      `json:"data"`
}

type data struct {
	ContactID string       `json:"contactId,omitempty"`
	ObjectID  string       `json:"objectId,omitempty"`
	Origin    string       `json:"origin,omitempty"` // the door, or the engine
	UserID    string       `json:"userId,omitempty"`
	Other     string       `json:"otherContactId,omitempty"`
	Kind      string       `json:"kind,omitempty"`
	Text      string       `json:"text,omitempty"`
	Changes   []crm.Change `json:"changes,omitempty"`
	Before    any          `json:"before"` // null for what was made
	After     any          `json:"after"`  // null for what was deleted
}

// page is a page of a location's events, in their order.
type page struct {
	events []crm.Event
	behind []crm.Event // the events of the location that came later
	asked  bool
	short  bool // there are more than these
}

// later gives the events of the contact of one of a page that came after it, the
// newest first.
func (p *page) later(ctx context.Context, tx *db.Tx, e *crm.Event) (list []crm.Event, err error) {
	const most = 1000 // events that are read for all of a page together
	if !p.asked {
		p.behind, err = crm.EventsBetween(ctx, tx, e.LocationID, p.events[len(p.events)-1].ID, "~", most)
		p.asked, p.short = true, len(p.behind) == most
	}
	if err != nil {
		return nil, err
	}
	if p.short {
		const most = 200 // nobody is that far behind
		return crm.EventsBehind(ctx, tx, e.LocationID, e.ContactID, e.ID, most)
	}
	for _, all := range [][]crm.Event{p.behind, p.events} {
		for _, l := range slices.Backward(all) {
			if l.ContactID == e.ContactID && l.ID > e.ID {
				list = append(list, l)
			}
		}
	}
	return list, nil
}

// Compose writes an event as one line of JSON, as webhooks and streams tell of it:
// with the record that it is about as it was before and after.
func Compose(ctx context.Context, tx *db.Tx, e *crm.Event) ([]byte, error) {
	p := page{events: []crm.Event{*e}, asked: true, short: true} // of one event, only its contact's later ones are read
	return p.compose(ctx, tx, e)
}

// compose writes the body of an event.
func (p *page) compose(ctx context.Context, tx *db.Tx, e *crm.Event) ([]byte, error) {
	out := payload{Type: e.Type, Timestamp: e.At(), ID: e.ID, Version: id.Number(e.ID), LocationID: e.LocationID,
		Data: data{ContactID: e.ContactID, ObjectID: e.ObjectID, Origin: e.Origin, UserID: e.UserID, Other: e.Data.Other, Kind: e.Data.Kind, Text: e.Data.Text, Changes: e.Data.Changes}}
	thing, happened, _ := strings.Cut(e.Type, ".")
	if happened == "deleted" {
		if len(e.Data.Was) > 0 {
			out.Data.Before = e.Data.Was
		}
		return json.Marshal(out)
	}
	after, err := p.asItWas(ctx, tx, e, thing)
	if err != nil {
		return nil, err
	}
	if after == nil {
		return json.Marshal(out)
	}
	out.Data.After = after
	if happened != "created" {
		before := clone(after)
		for _, c := range e.Data.Changes {
			set(before, c.Field, c.From)
		}
		out.Data.Before = before
	}
	return json.Marshal(out)
}

// record gives the record that an event is about as it is now, nil for what is no
// record, or is no longer there.
func record(ctx context.Context, tx *db.Tx, e *crm.Event, thing string) (v any, err error) {
	switch thing {
	case "contact":
		v, err = crm.ContactByID(ctx, tx, e.LocationID, e.ContactID)
	case "note":
		v, err = crm.NoteByID(ctx, tx, e.LocationID, e.ContactID, e.ObjectID)
	case "task":
		v, err = crm.TaskByID(ctx, tx, e.LocationID, e.ContactID, e.ObjectID)
	case "opportunity":
		v, err = crm.OpportunityByID(ctx, tx, e.LocationID, e.ObjectID)
	case "business":
		v, err = crm.BusinessByID(ctx, tx, e.LocationID, e.ObjectID)
	case "appointment":
		v, err = calendar.AppointmentByID(ctx, tx, e.LocationID, e.ObjectID)
	case "message":
		v, err = conversation.MessageByID(ctx, tx, e.LocationID, e.ObjectID)
	case "conversation":
		v, err = conversation.ByID(ctx, tx, e.LocationID, e.ObjectID)
	case "association":
		v, err = association.ByID(ctx, tx, e.LocationID, e.ObjectID)
	default:
		return nil, nil
	}
	if errs.Is(err, errs.NotFound) {
		return nil, nil // deleted meanwhile
	}
	return v, err
}

// object is a record as JSON shows it.
func object(v any) (map[string]any, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	var o map[string]any
	if err := json.Unmarshal(text, &o); err != nil {
		return nil, err
	}
	for _, inner := range []string{"address", "details"} { // events name fields, wherever a record keeps them
		in, ok := o[inner].(map[string]any)
		if !ok {
			continue
		}
		delete(o, inner)
		maps.Copy(o, in)
	}
	if due, ok := o["dueAt"]; ok {
		delete(o, "dueAt")
		o["dueDate"] = due
	}
	return o, nil
}

// asItWas gives the record of an event as the event left it: as it is now, without
// what later events changed; nil for what is no record, or is no longer there.
func (p *page) asItWas(ctx context.Context, tx *db.Tx, e *crm.Event, thing string) (map[string]any, error) {
	now, err := record(ctx, tx, e, thing)
	if err != nil || now == nil {
		return nil, err
	}
	o, err := object(now)
	if err != nil || e.ContactID == "" || untouched(now, e) {
		return o, err
	}
	later, err := p.later(ctx, tx, e)
	if err != nil {
		return nil, err
	}
	for _, l := range later { // the newest first
		if of, _, _ := strings.Cut(l.Type, "."); of != thing || l.ObjectID != e.ObjectID {
			continue
		}
		for _, c := range l.Data.Changes {
			set(o, c.Field, c.From)
		}
	}
	return o, nil
}

// untouched reports whether a record is as it was when it was made: what most new
// contacts are when they are told of, and then nothing later needs to be read.
func untouched(now any, e *crm.Event) bool {
	c, ok := now.(*crm.Contact)
	return ok && c.Version == 1 && e.Type == "contact.created"
}

// set sets a field by its name, whose dots lead inside; nil takes it away.
func set(o map[string]any, field string, v any) {
	first, rest, inside := strings.Cut(field, ".")
	if inside {
		in, ok := o[first].(map[string]any)
		if !ok {
			if v == nil {
				return
			}
			in = map[string]any{}
			o[first] = in
		}
		set(in, rest, v)
		return
	}
	if v == nil {
		delete(o, first)
		return
	}
	o[first] = v
}

func clone(o map[string]any) map[string]any {
	out := make(map[string]any, len(o))
	for k, v := range o {
		if in, ok := v.(map[string]any); ok {
			v = clone(in)
		}
		out[k] = v
	}
	return out
}
