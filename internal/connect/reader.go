package connect

import (
	"context"
	"strings"
	"time"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/follow"
	"github.com/foyer-crm/foyer/internal/remote"
)

// Prompt is the reader that notes what changed here.
func (g *Engine) Prompt() follow.Prompt {
	return follow.Prompt{Name: "connections", Listening: listening, Read: g.read, Stored: g.Wake}
}

// listening gives the locations with a connection, paused or not: what changes
// meanwhile is to cross later.
func listening(ctx context.Context, tx *db.Tx) (map[string]time.Time, error) {
	list, err := connections.All(ctx, tx, "")
	since := map[string]time.Time{}
	for i := range list {
		if old, known := since[list[i].LocationID]; !known || list[i].CreatedAt.Before(old) {
			since[list[i].LocationID] = list[i].CreatedAt
		}
	}
	return since, err
}

// read notes what a page of events gives the connections to do.
func (g *Engine) read(ctx context.Context, locationID string, events []crm.Event) (func(ctx context.Context, tx *db.Tx) error, error) {
	var all []Connection
	err := g.db.Read(ctx, locationID, func(ctx context.Context, tx *db.Tx) (err error) {
		all, err = List(ctx, tx, locationID)
		return err
	})
	if err != nil || len(all) == 0 {
		return nil, err
	}
	type heard struct {
		c *Connection
		e *crm.Event
	}
	var list []heard
	for i := range events {
		for n := range all {
			kind, _ := about(&events[i])
			if all[n].Mapping.Objects[kind] != nil && !all[n].own(&events[i]) {
				list = append(list, heard{&all[n], &events[i]})
			}
		}
	}
	if len(list) == 0 {
		return nil, nil
	}
	return func(ctx context.Context, tx *db.Tx) error {
		for _, h := range list {
			if err := note(ctx, tx, h.c, h.e); err != nil {
				return err
			}
		}
		return nil
	}, nil
}

// own reports whether an event is of what the connection itself brought.
func (c *Connection) own(e *crm.Event) bool { return e.Origin == Origin && e.CredentialID == c.ID }

// about gives the record that an event is about, "" for none that could cross.
func about(e *crm.Event) (kind remote.Kind, recordID string) {
	thing, _, _ := strings.Cut(e.Type, ".")
	switch remote.Kind(thing) {
	case remote.Contact:
		return remote.Contact, e.ContactID
	case remote.Task, remote.Note, remote.Appointment, remote.Opportunity:
		return remote.Kind(thing), e.ObjectID
	}
	return "", ""
}

// note has the record that an event is about looked at.
func note(ctx context.Context, tx *db.Tx, c *Connection, e *crm.Event) error {
	kind, recordID := about(e)
	if recordID == "" {
		return nil
	}
	parent := ""
	if kind != remote.Contact {
		parent = e.ContactID
	}
	if e.Type == "contact.merged" {
		if err := retire(ctx, tx, c, e.Data.Other); err != nil {
			return err
		}
	}
	return wantLocal(ctx, tx, c, kind, recordID, parent, e.Type)
}

// wantLocal has a record here looked at.
func wantLocal(ctx context.Context, tx *db.Tx, c *Connection, kind remote.Kind, recordID, parent, event string) error {
	deleted := strings.HasSuffix(event, ".deleted")
	l, err := byLocal(ctx, tx, c, kind, recordID)
	if err != nil {
		return err
	}
	switch {
	case l == nil && deleted:
		return nil
	case l == nil:
	case l.State == Merged && event == "contact.restored": // the merge was undone
		l.State = Linked
	case l.State == Gone && strings.HasSuffix(event, ".created"): // somebody brought it back themselves
		l.LocalID = ""
		if err := links.Update(ctx, tx, l); err != nil {
			return err
		}
		l = nil
	case l.dead():
		return nil
	}
	if l == nil {
		l = newLink(tx, c, kind)
		l.LocalID, l.LocalParent = recordID, parent
		l.want(tx.Now())
		return links.Insert(ctx, tx, l)
	}
	if deleted && l.RemoteID != "" { // otherwise it is known by that, if it was made
		l.Seen = Seen{}
	}
	l.want(tx.Now())
	return links.Update(ctx, tx, l)
}

// retire ends the crossing of a contact that was merged into another. The record
// over there stays.
func retire(ctx context.Context, tx *db.Tx, c *Connection, contactID string) error {
	l, err := byLocal(ctx, tx, c, remote.Contact, contactID)
	if err != nil || l == nil || l.dead() {
		return err
	}
	return l.retire(ctx, tx)
}

func (l *Link) retire(ctx context.Context, tx *db.Tx) error {
	l.State, l.DueAt, l.UpdatedAt = Merged, time.Time{}, tx.Now()
	if err := links.Update(ctx, tx, l); err != nil {
		return err
	}
	return l.log(ctx, tx, Out, "ignored", nil, "it was merged into another contact here; the one over there stays")
}
