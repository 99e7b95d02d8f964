package connect

import (
	"context"
	"errors"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/remote"
)

// Preview is what a sync would do, before it does anything.
type Preview struct {
	There  int64    `json:"there"`  // contacts that were read there
	Here   int64    `json:"here"`   // contacts that were looked at here
	Counts Foreseen `json:"counts"` // what would become of them
	// Owned says what would become of what belongs to them, by kind.
	Owned   map[remote.Kind]*Foreseen `json:"owned,omitempty"`
	Samples []Foretold                `json:"samples"`         // of the first ones
	Rejects []Foretold                `json:"rejects"`         // of the first ones that cannot cross
	Partial bool                      `json:"partial"`         // there are more than were looked at
	Error   string                    `json:"error,omitempty"` // the system's, which ended it early
}

// Foreseen counts what would be done.
type Foreseen struct {
	CreateHere  int64 `json:"createHere"`
	CreateThere int64 `json:"createThere"`
	Matches     int64 `json:"matches"`
	UpdateHere  int64 `json:"updateHere"`
	UpdateThere int64 `json:"updateThere"`
	Conflicts   int64 `json:"conflicts"` // fields with different values on both sides
	Rejects     int64 `json:"rejects"`
	Outside     int64 `json:"outside"` // that the filter leaves out
}

// Foretold is what would become of one record.
type Foretold struct {
	LocalID  string     `json:"localId,omitempty"`
	RemoteID string     `json:"remoteId,omitempty"`
	Does     string     `json:"does"`
	Fields   []Foregone `json:"fields,omitempty"`
	Error    string     `json:"error,omitempty"`
}

// Foregone is what would become of one field.
type Foregone struct {
	Field string `json:"field"`
	Here  any    `json:"here,omitempty"`
	There any    `json:"there,omitempty"`
	Way   string `json:"way"`
	Rule  string `json:"rule"`
}

const samples = 20

// Preview looks at up to most contacts of each side, 0 for all, and says what a
// sync would do with them. It writes nothing on either side.
func (g *Engine) Preview(ctx context.Context, locationID, connectionID string, most int64) (*Preview, error) {
	c, system, err := g.System(ctx, locationID, connectionID)
	if err != nil {
		return nil, err
	}
	w := &worker{g: g, c: c, system: system, limits: map[remote.Kind]map[string]remote.Field{}}
	p := &previewer{worker: w, most: most, out: &Preview{Samples: []Foretold{}, Rejects: []Foretold{}, Owned: map[remote.Kind]*Foreseen{}},
		met: map[string]bool{}, parents: map[string]string{}, leave: map[string]bool{}}
	p.counts = &p.out.Counts
	if c.Mapping.Objects[remote.Contact] == nil {
		return p.out, nil
	}
	err = w.learn(ctx, remote.Contact)
	if err == nil {
		err = p.there(ctx)
	}
	if err == nil {
		err = p.here(ctx)
	}
	for i := 1; err == nil && i < len(kinds); i++ {
		if c.Mapping.Objects[kinds[i]] != nil {
			err = p.owned(ctx, kinds[i])
		}
	}
	var e *remote.Error
	if errors.As(err, &e) {
		p.out.Error, p.out.Partial = e.Error(), true
		return p.out, nil
	}
	return p.out, err
}

// previewer looks through both sides.
type previewer struct {
	*worker
	most    int64
	out     *Preview
	counts  *Foreseen         // of the kind that is being looked at
	met     map[string]bool   // records here that one there was held against
	parents map[string]string // contacts there that cross → here, "" where they would be made
	leave   map[string]bool   // contacts here that would be made there
}

// there looks through the contacts there.
func (p *previewer) there(ctx context.Context) error {
	if !p.system.Can(remote.Contact).List {
		return nil
	}
	for place := ""; ; {
		page, err := p.system.Changes(ctx, remote.Contact, place)
		if err != nil {
			return err
		}
		err = p.g.db.Read(ctx, p.c.LocationID, func(ctx context.Context, tx *db.Tx) error {
			for i := range page.Records {
				if !page.Records[i].Deleted {
					if err := p.one(ctx, tx, &page.Records[i]); err != nil {
						return err
					}
				}
			}
			return nil
		})
		if err != nil || !page.More {
			return err
		}
		if place = page.Next; p.most > 0 && p.out.There >= p.most {
			p.out.Partial = true
			return nil
		}
	}
}

// one says what becomes of a contact there.
func (p *previewer) one(ctx context.Context, tx *db.Tx, r *remote.Record) error {
	p.out.There++
	o := p.c.Mapping.Objects[remote.Contact]
	values := p.valuesOf(remote.Contact, r)
	l, err := links.One(ctx, tx, "WHERE location_id = $1 AND connection_id = $2 AND object = 'contact' AND remote_id = $3", p.c.LocationID, p.c.ID, r.ID)
	if err != nil {
		return err
	}
	if l == nil {
		l = &Link{Object: remote.Contact, RemoteID: r.ID, RemoteAt: r.UpdatedAt}
	}
	if l.dead() || l.LocalID == "" && !o.Filter.fits(values) {
		p.out.Counts.Outside++
		return nil
	}
	var here *record
	if l.LocalID != "" {
		here, err = contactSide.read(ctx, tx, p.c.LocationID, "", l.LocalID)
	} else {
		var found *crm.Contact
		if found, err = match(ctx, tx, p.c.LocationID, values); found != nil {
			here, err = contactRecord(ctx, tx, found)
		}
	}
	switch {
	case err != nil:
		return err
	case here != nil && p.met[here.id]:
		p.out.Counts.Rejects++
		p.reject(Foretold{LocalID: here.id, RemoteID: r.ID, Does: "reject", Error: "several there are this one contact here"})
	case here != nil:
		p.met[here.id], p.parents[r.ID] = true, here.id
		p.out.Counts.Matches++
		p.pair(l, here, values)
	case o.ways() == Out:
		p.out.Counts.Outside++
	default:
		p.out.Counts.CreateHere++
		p.parents[r.ID] = ""
		p.sample(Foretold{RemoteID: r.ID, Does: "create here", Fields: p.arriving(values)})
	}
	return nil
}

// pair says what becomes of the fields of a contact that is on both sides.
func (p *previewer) pair(l *Link, here *record, there map[string]any) {
	told := Foretold{LocalID: here.id, RemoteID: l.RemoteID, Does: "match"}
	var toHere, toThere bool
	for _, f := range p.fields(l.Object, true) {
		_, known := l.Seen.Remote[f.name]
		m := meeting{first: !known, localSeen: plain(l.Seen.Local[f.name]), remoteSeen: plain(l.Seen.Remote[f.name]), local: f.here(here), remote: plain(there[f.name]),
			localAt: here.at, remoteAt: l.RemoteAt, direction: f.direction, rule: or(f.Conflict, Newest), blanks: or(f.Blank, Clear)}
		v := m.merge()
		if !v.toLocal && !v.remote {
			continue
		}
		if !blank(m.local) && !blank(m.remote) {
			p.counts.Conflicts++
		}
		toHere, toThere = toHere || v.toLocal, toThere || v.remote
		way := map[[2]bool]string{{true, false}: In, {false, true}: Out, {true, true}: Both}[[2]bool{v.toLocal, v.remote}]
		told.Fields = append(told.Fields, Foregone{f.Local, m.local, m.remote, way, v.why})
	}
	if toHere {
		p.counts.UpdateHere++
	}
	if toThere {
		p.counts.UpdateThere++
	}
	if toHere || toThere {
		told.Does = "update"
		p.sample(told)
	}
}

func (p *previewer) arriving(values map[string]any) (out []Foregone) {
	for _, f := range p.fields(remote.Contact, true) {
		if v := values[f.name]; f.direction != Out && !blank(v) {
			out = append(out, Foregone{f.Local, nil, v, In, onlyThere})
		}
	}
	return out
}

func (p *previewer) sample(f Foretold) {
	if len(p.out.Samples) < samples {
		p.out.Samples = append(p.out.Samples, f)
	}
}

func (p *previewer) reject(f Foretold) {
	if len(p.out.Rejects) < samples {
		p.out.Rejects = append(p.out.Rejects, f)
	}
}

// here looks through the contacts here that nobody there is.
func (p *previewer) here(ctx context.Context) error {
	const page = 500
	o := p.c.Mapping.Objects[remote.Contact]
	for after := ""; ; {
		var n int
		err := p.g.db.Read(ctx, p.c.LocationID, func(ctx context.Context, tx *db.Tx) error {
			list, err := crm.ContactsBehind(ctx, tx, p.c.LocationID, after, page)
			n = len(list)
			for i := 0; err == nil && i < n; i++ {
				after = list[i].ID
				p.out.Here++
				err = p.leaving(ctx, tx, o, &list[i])
			}
			return err
		})
		if err != nil || n < page {
			return err
		}
		if p.most > 0 && p.out.Here >= p.most {
			p.out.Partial = true
			return nil
		}
	}
}

// leaving says what becomes of a contact here that none there was held against.
func (p *previewer) leaving(ctx context.Context, tx *db.Tx, o *Object, c *crm.Contact) error {
	if p.met[c.ID] {
		return nil
	}
	here, err := contactRecord(ctx, tx, c)
	if err != nil {
		return err
	}
	if o.ways() == In || !o.Filter.fits(here.values) {
		p.out.Counts.Outside++
		return nil
	}
	told := Foretold{LocalID: c.ID, Does: "create there"}
	for _, f := range p.fields(remote.Contact, false) {
		if v := f.here(here); f.direction != In && !blank(v) {
			told.Fields = append(told.Fields, Foregone{f.Local, v, nil, Out, onlyHere})
		}
	}
	p.out.Counts.CreateThere++
	p.leave[c.ID] = true
	p.sample(told)
	return nil
}
