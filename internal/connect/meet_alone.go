package connect

import (
	"context"

	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/remote"
)

// depart is for a record here that is not there yet.
func (m *encounter) depart(ctx context.Context, here *record) (*plan, error) {
	l := m.l
	if m.o.ways() == In {
		return nil, m.drop(ctx)
	}
	p := &plan{do: toCreate, to: map[string]any{}, values: here.values}
	if l.Object == remote.Contact {
		if !m.o.Filter.fits(here.values) {
			return nil, m.drop(ctx)
		}
	} else {
		parent, err := m.parentThere(ctx, here.parent)
		switch {
		case err != nil:
			return nil, err
		case parent == nil:
			return nil, m.drop(ctx)
		case parent.dead():
			return nil, m.bury(ctx, Out, "ignored", "its contact does not cross")
		}
		p.parent = parent.RemoteID
		l.LocalParent, l.RemoteParent = here.parent, parent.RemoteID
	}
	fields := m.fields(l.Object, false)
	for i := range fields {
		f := &fields[i]
		if v := f.here(here); f.direction != In && (!blank(v) || f.Default != nil) {
			p.to[f.name] = v
			p.crossed = append(p.crossed, Crossed{f.Local, onlyHere})
		}
	}
	if p.fresh = l.Trying == ""; !p.fresh && l.Seen.Sent != nil { // perhaps it was made: only the same words are known for the same
		p.stale = !m.says(l.Seen.Sent, p.to)
		p.to = l.Seen.words()
	}
	p.out = m.outward(l.Object, fields, p.to, here.values)
	if len(p.out) == 0 {
		return nil, errs.New(errs.Invalid, "it has none of the fields that cross")
	}
	l.Trying = l.ID // before it is sent: whoever finds this looks for it first
	return m.plan(ctx, p)
}

// says reports whether two say the same of a record.
func (m *encounter) says(one, other map[string]any) bool {
	for _, f := range m.fields(m.l.Object, false) {
		if !same(plain(one[f.name]), plain(other[f.name])) {
			return false
		}
	}
	return true
}

// parentThere gives the link of the contact that a record here belongs to, nil if
// that one does not cross.
func (m *encounter) parentThere(ctx context.Context, contactID string) (*Link, error) {
	parent, err := byLocal(ctx, m.tx, m.c, remote.Contact, contactID)
	switch {
	case err != nil:
		return nil, err
	case parent != nil && (parent.RemoteID != "" || parent.dead()):
		return parent, nil
	case parent != nil:
		return nil, errParent
	}
	o := m.c.Mapping.Objects[remote.Contact]
	c, err := contactSide.read(ctx, m.tx, m.l.LocationID, "", contactID)
	if err != nil || c == nil || c.merged || o == nil || o.ways() == In || !o.Filter.fits(c.values) {
		return nil, err
	}
	return nil, errOrphan{local: contactID}
}

// errOrphan is that the contact of a record is to cross first.
type errOrphan struct{ local, remote string }

func (errOrphan) Error() string { return errParent.Error() }

// Is makes it an errParent.
func (errOrphan) Is(target error) bool { return target == errParent }

// arrive is for a record there that is not here yet.
func (m *encounter) arrive(ctx context.Context) (*plan, error) {
	values := m.valuesOf(m.l.Object, m.there)
	var here *record
	var err error
	if m.l.Object == remote.Contact {
		if !m.o.Filter.fits(values) {
			return nil, m.drop(ctx)
		}
		if here, err = m.matched(ctx, values); err == nil && m.l.dead() {
			return nil, m.keep(ctx)
		}
	} else {
		var parent *Link
		parent, err = byRemote(ctx, m.tx, m.c, remote.Contact, m.there.ContactID)
		switch {
		case err != nil:
			return nil, err
		case parent != nil && parent.dead():
			return nil, m.bury(ctx, In, "ignored", "its contact does not cross")
		case parent == nil:
			return nil, errOrphan{remote: m.there.ContactID}
		case parent.LocalID == "":
			return nil, errParent
		}
		m.l.LocalParent, m.l.RemoteParent = parent.LocalID, m.there.ContactID
		here, err = m.twin(ctx, values)
	}
	if err != nil {
		return nil, err
	}
	if here != nil {
		m.flow.Counts.Matched++
		if err := m.keep(ctx); err != nil {
			return nil, err
		}
		if err := m.l.log(ctx, m.tx, In, "linked", nil, ""); err != nil {
			return nil, err
		}
		return m.both(ctx, here)
	}
	if m.o.ways() == Out {
		return nil, m.drop(ctx)
	}
	return m.make(ctx, values)
}

// matched finds the contact here that one there is, and makes the link its own.
func (m *encounter) matched(ctx context.Context, values map[string]any) (*record, error) {
	c, err := match(ctx, m.tx, m.l.LocationID, values)
	if err != nil || c == nil {
		return nil, err
	}
	other, err := byLocal(ctx, m.tx, m.c, remote.Contact, c.ID)
	if err != nil {
		return nil, err
	}
	if other != nil && (other.RemoteID != "" || other.dead()) {
		late, err := m.retired(ctx, values)
		if err != nil || late != nil {
			if err == nil {
				err = m.adopt(ctx, late, late.LocalID)
			}
			return nil, err
		}
		return nil, errs.New(errs.Conflict, "%s is one contact here, which is linked to another one there: %s", c.FullName(), other.RemoteID)
	}
	if err := m.adopt(ctx, other, c.ID); err != nil {
		return nil, err
	}
	return contactRecord(ctx, m.tx, c)
}

// retired finds the link of a contact that was merged into another one here before
// anybody heard that it was made there, nil if there is none.
func (m *encounter) retired(ctx context.Context, values map[string]any) (*Link, error) {
	all, err := links.All(ctx, m.tx, "WHERE location_id = $1 AND connection_id = $2 AND object = 'contact' AND state = 'merged' AND remote_id = '' AND trying <> ''", m.l.LocationID, m.l.ConnectionID)
	for i := range all {
		if m.means(remote.Contact, all[i].Seen.words(), values) {
			return &all[i], nil
		}
	}
	return nil, err
}

// adopt gives the link of a record there the record here, or goes over to the link
// that this one has.
func (m *encounter) adopt(ctx context.Context, other *Link, localID string) error {
	if other == nil {
		m.l.LocalID = localID
		return nil
	}
	if err := m.drop(ctx); err != nil {
		return err
	}
	seen := Seen{}
	if other.Trying != "" { // it was made by what was sent
		seen.Sent = other.Seen.Sent
	}
	other.RemoteID, other.RemoteParent, other.RemoteAt, other.Trying = m.l.RemoteID, m.l.RemoteParent, m.l.RemoteAt, ""
	other.Round, other.Seen = m.l.Round, seen
	m.l, m.stored = other, true
	return nil
}

// twin finds what belongs to a contact here, says the same as one there, or did
// when it was sent, and has no other: both sides had it before they met. While it
// is not known whether one was made there, none is new.
func (m *encounter) twin(ctx context.Context, values map[string]any) (*record, error) {
	all, err := m.side.of(ctx, m.tx, m.l.LocationID, m.l.LocalParent)
	if err != nil {
		return nil, err
	}
	unsure := false
	for i := range all {
		other, err := byLocal(ctx, m.tx, m.c, m.l.Object, all[i].id)
		if err != nil {
			return nil, err
		}
		if other != nil && (other.RemoteID != "" || other.dead()) {
			continue
		}
		trying := other != nil && other.Trying != ""
		if m.alike(m.l.Object, all[i].values, values) || trying && m.alike(m.l.Object, other.Seen.words(), values) {
			return &all[i], m.adopt(ctx, other, all[i].id)
		}
		unsure = unsure || trying && !other.DueAt.IsZero()
	}
	if !unsure { // of one that was deleted here meanwhile, too
		tried, err := links.All(ctx, m.tx, "WHERE location_id = $1 AND connection_id = $2 AND object = $3 AND local_parent = $4 AND remote_id = '' AND trying <> '' AND due_at > 0 LIMIT 1", m.l.LocationID, m.l.ConnectionID, string(m.l.Object), m.l.LocalParent)
		if err != nil {
			return nil, err
		}
		unsure = len(tried) > 0
	}
	if unsure {
		return nil, errParent
	}
	return nil, nil
}

// alike reports whether a record here and one there say the same.
func (w *worker) alike(kind remote.Kind, here, there map[string]any) bool {
	for _, f := range w.fields(kind, false) {
		if f.Constant == nil && f.User == "" && f.direction == Both && !same(orBlank(here[f.name]), orBlank(there[f.name])) {
			return false
		}
	}
	return true
}

// make makes a record here.
func (m *encounter) make(ctx context.Context, values map[string]any) (*plan, error) {
	to := &change{parent: m.l.LocalParent, values: map[string]any{}, remoteID: m.there.ID, quiet: m.flow.Round == 1 && m.flow.Phase == Reading}
	var crossed []Crossed
	fields := m.fields(m.l.Object, true)
	for i := range fields {
		f := &fields[i]
		if v := values[f.name]; f.direction != Out && f.Constant == nil && !blank(v) {
			to.values[f.Local] = v
			crossed = append(crossed, Crossed{f.Local, onlyThere})
		}
	}
	made, err := m.side.write(ctx, m.tx, m.c.actor(), to)
	if err != nil {
		return nil, err
	}
	m.l.LocalID, m.l.LocalParent, m.l.State = made.id, made.parent, Linked
	m.l.Seen = Seen{Local: map[string]any{}, Remote: map[string]any{}}
	for i := range fields {
		if f := &fields[i]; f.direction != Out {
			m.l.Seen.Local[f.name], m.l.Seen.Remote[f.name] = f.here(made), values[f.name]
		}
	}
	m.flow.Counts.Created++
	if err := m.settled(ctx); err != nil {
		return nil, err
	}
	return nil, m.l.log(ctx, m.tx, In, "created", crossed, "")
}
