package connect

import (
	"context"
	"time"

	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
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

// goneHere is for a record that was deleted here.
func (m *encounter) goneHere(ctx context.Context) (*plan, error) {
	l := m.l
	switch {
	case l.RemoteID != "":
	case l.Trying == "" || l.Seen.Sent == nil || l.Object == remote.Contact:
		return nil, m.drop(ctx)
	default: // perhaps it was made, and says something else by now: the same words again tell which one it is
		words := l.Seen.words()
		return m.plan(ctx, &plan{do: toCreate, parent: l.RemoteParent, to: words, out: m.outward(l.Object, m.fields(l.Object, false), words, nil), stale: true})
	}
	rule := m.o.Deletes.rule(Out)
	if m.o.ways() == In {
		rule = Ignore
	}
	p := &plan{do: toDelete, parent: l.RemoteParent}
	switch out := m.archivedThere(); {
	case m.known && m.there == nil:
		return nil, m.bury(ctx, Out, "deleted", "on both sides")
	case rule == Delete && m.system.Can(l.Object).Delete:
		return m.plan(ctx, p)
	case rule == Archive && out != nil && m.system.Can(l.Object).Update:
		p.do, p.out = toArchive, out
		return m.plan(ctx, p)
	}
	return nil, m.bury(ctx, Out, "ignored", "it was deleted here and stays there")
}

// archivedThere gives what marks a record there as gone, nil if nothing can.
func (m *encounter) archivedThere() map[string]any {
	if m.there == nil {
		return nil
	}
	mark := map[remote.Kind]struct {
		field string
		value any
	}{
		remote.Contact: {"tags", united(texts(m.valuesOf(m.l.Object, m.there)["tags"]), []string{archived})},
		remote.Task:    {"completed", true}, remote.Appointment: {"status", "cancelled"}, remote.Opportunity: {"status", "abandoned"},
	}[m.l.Object]
	return m.outward(m.l.Object, m.fields(m.l.Object, true), map[string]any{mark.field: mark.value}, nil)
}

// goneThere is for a record that was deleted there.
func (m *encounter) goneThere(ctx context.Context, here *record) error {
	rule := m.o.Deletes.rule(In)
	if m.o.ways() == Out {
		rule = Ignore
	}
	by := m.c.actor()
	switch {
	case rule == Delete:
		if err := m.side.remove(ctx, m.tx, by, here.parent, here.id); err != nil {
			return err
		}
		return m.bury(ctx, In, "deleted", "")
	case rule == Archive && m.side.archive != nil:
		if err := m.side.archive(ctx, m.tx, by, here.parent, here.id); err != nil {
			return err
		}
		return m.bury(ctx, In, "archived", "it was deleted there")
	}
	return m.bury(ctx, In, "ignored", "it was deleted there and stays here")
}

// bury keeps the link as one of what is gone, with what belonged to it.
func (m *encounter) bury(ctx context.Context, way, action, why string) error {
	m.l.bury(m.tx.Now())
	if err := m.keep(ctx); err != nil {
		return err
	}
	if err := buryFamily(ctx, m.tx, m.l); err != nil {
		return err
	}
	return m.l.log(ctx, m.tx, way, action, nil, why)
}

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

// both is for a record that is on both sides: each field becomes what its rule says.
func (m *encounter) both(ctx context.Context, here *record) (*plan, error) {
	l := m.l
	there := l.Seen.Remote
	if m.there != nil {
		there = m.valuesOf(l.Object, m.there)
	}
	fields, arrived := m.fields(l.Object, true), m.there != nil && l.Seen.arrived(there)
	verdicts, bases := make([]verdict, len(fields)), make([]base, len(fields))
	to := &change{id: here.id, parent: here.parent, values: map[string]any{}}
	p := &plan{do: toUpdate, parent: l.RemoteParent, to: map[string]any{}, values: here.values}
	var crossed []Crossed
	for i := range fields {
		f := &fields[i]
		b := l.Seen.base(f.name, arrived)
		bases[i] = b
		verdicts[i] = meeting{first: !b.known, localSeen: b.local, remoteSeen: b.remote, local: f.here(here), remote: plain(there[f.name]),
			localAt: here.at, remoteAt: l.RemoteAt, direction: f.direction, rule: or(f.Conflict, Newest), blanks: or(f.Blank, Clear)}.merge()
		v := &verdicts[i]
		if v.toLocal {
			to.values[f.Local] = v.value
			crossed = append(crossed, Crossed{f.Local, v.why})
		}
		if v.remote {
			p.to[f.name] = v.value
			p.crossed = append(p.crossed, Crossed{f.Local, v.why})
		}
	}
	now := here
	if len(to.values) > 0 {
		var err error
		if now, err = m.side.write(ctx, m.tx, m.c.actor(), to); err != nil {
			return nil, err
		}
		m.flow.Counts.Updated++
		if err := l.log(ctx, m.tx, In, "updated", crossed, ""); err != nil {
			return nil, err
		}
	}
	l.Seen = l.Seen.clone()
	l.Seen.Sent = nil
	for i := range fields {
		f := &fields[i]
		seen := plain(there[f.name])
		switch v := &verdicts[i]; {
		case v.remote && v.toLocal: // what is owed there is what is here beyond what is there
			l.Seen.Local[f.name], l.Seen.Remote[f.name] = seen, seen
		case v.remote && bases[i].known:
			l.Seen.Local[f.name], l.Seen.Remote[f.name] = bases[i].local, bases[i].remote
		case v.remote:
		default:
			l.Seen.Local[f.name], l.Seen.Remote[f.name] = f.here(now), seen
		}
	}
	l.State = Linked
	can := m.system.Can(l.Object)
	if len(p.to) == 0 || !can.Update && !can.Upsert {
		return nil, m.settled(ctx)
	}
	if !can.Update || can.Whole { // the system's own matching finds it, or it wants all
		for i := range fields {
			if f := &fields[i]; f.direction != In && !blank(f.here(now)) {
				p.to[f.name] = f.here(now)
			}
		}
	}
	if can.Apart {
		p.apart(fields, there)
	}
	p.out = m.outward(l.Object, fields, p.to, now.values)
	return m.plan(ctx, p)
}

// apart leaves what is a request of its own for the next time: of a write that
// arrived it is known that all of it did. Lists come behind the other fields, and
// what is taken out of one behind what is put in. What would be more than two
// requests is written as a whole.
func (p *plan) apart(fields []field, there map[string]any) {
	for i := range fields {
		name := fields[i].name
		v, is := p.to[name].([]string)
		if !is {
			continue
		}
		has := texts(plain(there[name]))
		put, gone := minus(v, has), minus(has, v)
		switch {
		case len(p.to) > 1 && len(put) > 0 && len(gone) > 0:
		case len(p.to) > 1:
			delete(p.to, name)
			p.stale = true
		case len(put) > 0 && len(gone) > 0:
			p.to[name], p.stale = united(has, put), true
		}
	}
}
