package connect

import (
	"context"
	"slices"

	"github.com/foyer-crm/foyer/internal/calendar"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/remote"
)

// owned says what becomes of what belongs to contacts, of one kind. The contacts
// have been looked through.
func (p *previewer) owned(ctx context.Context, kind remote.Kind) error {
	p.counts = &Foreseen{}
	p.out.Owned[kind] = p.counts
	if err := p.learn(ctx, kind); err != nil {
		return err
	}
	for place, more := "", p.system.Can(kind).List; more; {
		page, err := p.system.Changes(ctx, kind, place)
		if err != nil {
			return err
		}
		err = p.g.db.Read(ctx, p.c.LocationID, func(ctx context.Context, tx *db.Tx) error {
			for i := range page.Records {
				if err := p.thing(ctx, tx, kind, &page.Records[i]); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		place, more = page.Next, page.More
	}
	for _, localID := range p.parents {
		if localID != "" {
			p.leave[localID] = true // what of theirs is only here leaves, too
		}
	}
	return p.leavingThings(ctx, kind)
}

// thing says what becomes of one that is there.
func (p *previewer) thing(ctx context.Context, tx *db.Tx, kind remote.Kind, r *remote.Record) error {
	l, err := links.One(ctx, tx, "WHERE location_id = $1 AND connection_id = $2 AND object = $3 AND remote_id = $4", p.c.LocationID, p.c.ID, string(kind), r.ID)
	parent, crosses := p.parents[r.ContactID]
	switch {
	case err != nil:
		return err
	case r.Deleted:
		return nil
	case l != nil && l.dead() || l == nil && !crosses:
		p.counts.Outside++
		return nil
	case l == nil:
		l = &Link{Object: kind, RemoteID: r.ID, RemoteAt: r.UpdatedAt}
	}
	values := p.valuesOf(kind, r)
	here, err := p.held(ctx, tx, l, parent, values)
	switch {
	case err != nil:
		return err
	case here != nil:
		p.met[here.id] = true
		p.counts.Matches++
		p.pair(l, here, values)
	case p.c.Mapping.Objects[kind].ways() == Out:
		p.counts.Outside++
	default:
		return p.comes(ctx, tx, l, values)
	}
	return nil
}

// held gives the record here that one there would be held against, nil for none.
func (p *previewer) held(ctx context.Context, tx *db.Tx, l *Link, parent string, values map[string]any) (*record, error) {
	if l.LocalID != "" {
		return sideOf(l.Object).read(ctx, tx, p.c.LocationID, l.LocalParent, l.LocalID)
	}
	if parent == "" {
		return nil, nil
	}
	all, err := sideOf(l.Object).of(ctx, tx, p.c.LocationID, parent)
	at := slices.IndexFunc(all, func(r record) bool { return !p.met[r.id] && p.alike(l.Object, r.values, values) })
	if err != nil || at < 0 {
		return nil, err
	}
	return &all[at], nil
}

// comes counts one that would be made here, or cannot be, since its calendar or
// pipeline stands for none here.
func (p *previewer) comes(ctx context.Context, tx *db.Tx, l *Link, values map[string]any) error {
	var found any
	var err error
	switch l.Object {
	case remote.Appointment:
		found, err = ifThere(calendar.ByID(ctx, tx, p.c.LocationID, text(values["calendarId"])))
		if found == (*calendar.Calendar)(nil) {
			found = nil
		}
	case remote.Opportunity:
		found, err = ifThere(crm.PipelineByID(ctx, tx, p.c.LocationID, text(values["pipelineId"])))
		if found == (*crm.Pipeline)(nil) {
			found = nil
		}
	default:
		found = true
	}
	if err != nil {
		return err
	}
	if found == nil {
		p.counts.Rejects++
		p.reject(Foretold{RemoteID: l.RemoteID, Does: "reject", Error: "the mapping's table of its object says no calendar or pipeline here for its own"})
		return nil
	}
	p.counts.CreateHere++
	return nil
}

// leavingThings counts what is only here.
func (p *previewer) leavingThings(ctx context.Context, kind remote.Kind) error {
	o := p.c.Mapping.Objects[kind]
	can := p.system.Can(kind)
	if o.ways() == In || !can.Create && !can.Upsert {
		return nil
	}
	return p.g.db.Read(ctx, p.c.LocationID, func(ctx context.Context, tx *db.Tx) error {
		for contactID := range p.leave {
			all, err := sideOf(kind).of(ctx, tx, p.c.LocationID, contactID)
			if err != nil {
				return err
			}
			for i := range all {
				l, err := links.One(ctx, tx, "WHERE location_id = $1 AND connection_id = $2 AND object = $3 AND local_id = $4", p.c.LocationID, p.c.ID, string(kind), all[i].id)
				if err != nil {
					return err
				}
				if !p.met[all[i].id] && (l == nil || l.RemoteID == "" && !l.dead()) {
					p.counts.CreateThere++
				}
			}
		}
		return nil
	})
}
