package connect

import (
	"context"
	"time"

	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/remote"
)

// plan is what is to be written there of a record.
type plan struct {
	do      string // toCreate, toUpdate, toDelete, toArchive
	link    Link   // as it was stored when this was planned
	parent  string // the contact there
	to      map[string]any
	out     map[string]any // to, as it is there
	crossed []Crossed
	values  map[string]any // of the record here
	was     map[string]any // of the record there, as this was planned; nil if nobody knows
	stale   bool           // the record here says something else by now
	fresh   bool           // it was never sent before
}

// What is to be done there.
const (
	toCreate  = "create"
	toUpdate  = "update"
	toDelete  = "delete"
	toArchive = "archive"
)

// encounter is one record being held against the other side.
type encounter struct {
	*worker
	tx     *db.Tx
	l      *Link
	stored bool           // the link is in the database
	there  *remote.Record // nil if it is not there
	known  bool           // what is there is known: not every system can be asked
	o      *Object
	side   *side
	flow   *Flow
}

// meet holds a record against the other side: what changed there is written here,
// and what is to be written there is planned, if anything is. It ends in a link
// that is stored as it is then.
func (w *worker) meet(ctx context.Context, tx *db.Tx, l *Link, stored bool, there *remote.Record, known bool, flow *Flow) (*plan, error) {
	m := &encounter{worker: w, tx: tx, l: l, stored: stored, there: there, known: known, o: w.c.Mapping.Objects[l.Object], side: sideOf(l.Object), flow: flow}
	if m.o == nil || l.dead() {
		l.DueAt = time.Time{}
		return nil, m.keep(ctx)
	}
	if there != nil && there.UpdatedAt.After(l.RemoteAt) {
		l.RemoteAt = there.UpdatedAt
	}
	var here *record
	if l.LocalID != "" {
		var err error
		if here, err = m.side.read(ctx, tx, l.LocationID, l.LocalParent, l.LocalID); err != nil {
			return nil, err
		}
	}
	switch {
	case here != nil && here.merged:
		return nil, m.l.retire(ctx, tx)
	case l.LocalID != "" && here == nil:
		return m.goneHere(ctx)
	case here == nil && there == nil:
		return nil, m.drop(ctx)
	case l.RemoteID != "" && known && there == nil:
		return nil, m.goneThere(ctx, here)
	case here == nil:
		return m.arrive(ctx)
	case l.RemoteID == "":
		return m.depart(ctx, here)
	}
	return m.both(ctx, here)
}

// keep stores the link.
func (m *encounter) keep(ctx context.Context) error {
	m.l.UpdatedAt = m.tx.Now()
	if m.stored {
		return links.Update(ctx, m.tx, m.l)
	}
	m.stored = true
	return links.Insert(ctx, m.tx, m.l)
}

// drop forgets a link of what does not cross.
func (m *encounter) drop(ctx context.Context) error {
	if !m.stored {
		return nil
	}
	return links.Delete(ctx, m.tx, m.l)
}

// settled keeps the link of a record about which nothing is to be done.
func (m *encounter) settled(ctx context.Context) error {
	m.l.DueAt, m.l.Attempts, m.l.Error = time.Time{}, 0, ""
	return m.keep(ctx)
}

// plan keeps the link, which stays due until what is planned is done.
func (m *encounter) plan(ctx context.Context, p *plan) (*plan, error) {
	if m.l.DueAt.IsZero() {
		m.l.DueAt = m.tx.Now()
	}
	if p.to != nil {
		m.l.Seen.Sent = p.to
	}
	if m.there != nil {
		p.was = m.there.Fields
	}
	if err := m.keep(ctx); err != nil {
		return nil, err
	}
	p.link = *m.l
	return p, nil
}
