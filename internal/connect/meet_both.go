package connect

import (
	"context"
)

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
