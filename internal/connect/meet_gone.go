package connect

import (
	"context"

	"github.com/foyer-crm/foyer/internal/remote"
)

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
