package crm

import (
	"context"

	"github.com/foyer-crm/foyer/internal/db"
)

// keyed takes back what the import did to a property or requirement. One that it
// made is deleted if nothing was changed in it since; in one that it changed the
// fields go back that nobody else changed since.
func (u *undoer) keyed(ctx context.Context, e *Event, table *db.Table[Property], thing string) error {
	p, err := table.One(ctx, u.tx, "WHERE location_id = $1 AND contact_id = $2 AND id = $3"+u.lock(), u.by.LocationID, e.ContactID, e.ObjectID)
	if err != nil || p == nil {
		return u.gone(ctx, e, err)
	}
	newer, err := u.newer(ctx, e, thing+".updated")
	if err != nil {
		return err
	}
	next := *p
	place := func(name string) *fieldPlace { return member(&next.Data, name) }
	for i := range newer {
		restore(newer[i].Data.Changes, place)
	}
	back, kept := restore(e.Data.Changes, place)
	made := e.Type == thing+".created"
	switch {
	case made && (len(kept) > 0 || len(next.Data) > 0):
		return u.keep(ctx, e.ContactID, "a "+thing+" of the import was changed since", kept)
	case made:
		return u.do(func() error {
			if err := table.Delete(ctx, u.tx, p); err != nil {
				return err
			}
			return emit(ctx, u.tx, u.by, thing+".deleted", e.ContactID, p.ID, EventData{Changes: back})
		})
	case len(back) > 0:
		u.undo.Restored++
		if err := u.do(func() error { return putBack(ctx, u.tx, u.by, table, thing, p, &next, back) }); err != nil {
			return err
		}
	}
	if len(kept) > 0 {
		return u.keep(ctx, e.ContactID, "somebody changed these fields of a "+thing+" since", kept)
	}
	return nil
}

// putBack stores an earlier state of a property or requirement.
func putBack(ctx context.Context, tx *db.Tx, by Actor, table *db.Table[Property], thing string, now, next *Property, back []Change) error {
	next.UpdatedAt = later(tx.Now(), now.UpdatedAt)
	if err := table.Update(ctx, tx, next); err != nil {
		return err
	}
	return emit(ctx, tx, by, thing+".updated", next.ContactID, next.ID, EventData{Changes: back})
}
