package connect

import (
	"context"
	"errors"
	"time"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/remote"
)

// readOn takes each flow that is due one page further, and reports whether any was.
// While the contacts are looked at for the first time, what belongs to them waits.
func (w *worker) readOn(ctx context.Context) (any bool, err error) {
	var all []Flow
	asked := false // the system answered
	err = w.g.db.Read(ctx, w.c.LocationID, func(ctx context.Context, tx *db.Tx) (err error) {
		all, err = Flows(ctx, tx, w.c.LocationID, w.c.ID)
		return err
	})
	for i := 0; err == nil && i < len(all); i++ {
		f := &all[i]
		if w.c.Mapping.Objects[f.Object] == nil || f.NextAt.After(time.Now()) {
			continue
		}
		any = true
		if f.Phase == Looking {
			for looked := 0; err == nil && f.Phase == Looking && looked < rounds*w.width(); looked += lookedAt {
				err = w.lookOn(ctx, f)
			}
		} else {
			asked = asked || w.system.Can(f.Object).List
			err = w.pull(ctx, f)
		}
		if err == nil && f.Round == 1 && f.Phase != Settled {
			return true, w.worked(ctx)
		}
	}
	if err != nil {
		return any, w.failedFlow(ctx, err)
	}
	if asked {
		return any, w.worked(ctx)
	}
	return any, nil
}

// failedFlow notes that a page could not be read.
func (w *worker) failedFlow(ctx context.Context, err error) error {
	if ctx.Err() != nil || errors.Is(err, errStop) || errors.Is(err, errFenced) {
		return err
	}
	if err := w.failed(ctx, err); err != nil {
		return err
	}
	select { // it is well enough to be asked again soon
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(w.backOff(1)):
		return nil
	}
}

// pull takes a page of what changed there: what each record means here, and how far
// that is, are stored in one transaction.
func (w *worker) pull(ctx context.Context, f *Flow) error {
	page := &remote.Page{Next: f.Place}
	can := w.system.Can(f.Object)
	if can.List {
		var err error
		if page, err = w.ahead.take(ctx, w.system, f); err != nil {
			return err
		}
		if page.More && f.Round == 1 && f.Phase == Reading {
			w.ahead.fetch(ctx, w.system, f.Object, page.Next)
		}
	}
	aside := map[string]error{} // what cannot cross, by id
	for {
		now := *f
		var culprit *pageError
		err := w.write(ctx, func(ctx context.Context, tx *db.Tx) error {
			now = *f
			for i := range page.Records {
				r := &page.Records[i]
				if err := w.takeIn(ctx, tx, &now, r, aside[r.ID]); err != nil {
					return &pageError{r.ID, err}
				}
			}
			if err := w.missing(ctx, tx, &now, page); err != nil {
				return err
			}
			return w.turn(ctx, tx, &now, page, can)
		})
		if errors.As(err, &culprit) && lasting(culprit.err) && aside[culprit.id] == nil {
			aside[culprit.id] = culprit.err
			continue
		}
		if err == nil {
			*f = now
		}
		return err
	}
}

// pageError says which record of a page it was.
type pageError struct {
	id  string
	err error
}

func (e *pageError) Error() string { return e.err.Error() }
func (e *pageError) Unwrap() error { return e.err }

// turn notes how far a flow is behind a page.
func (w *worker) turn(ctx context.Context, tx *db.Tx, f *Flow, page *remote.Page, can remote.Can) error {
	f.Place = page.Next
	f.Counts.Total = max(f.Counts.Total, page.Total)
	f.NextAt = tx.Now()
	switch {
	case page.More:
	case f.Phase == Reading:
		f.Phase, f.At, f.Counts.Since = Looking, "", tx.Now()
		var err error
		if _, f.Counts.Here, err = crm.Contacts(ctx, tx, f.LocationID, crm.Query{Limit: 1}, true); err != nil {
			return err
		}
		if f.Round > 1 && can.List && can.Fetch { // whatever was not among all is perhaps gone
			if err := tx.Do(ctx, `UPDATE connection_records SET due_at = $5, wanted = wanted + 1, attempts = 0 WHERE location_id = $1 AND connection_id = $2 AND object = $3
				AND state = 'linked' AND round < $4 AND created_at < $6`, f.LocationID, f.ConnectionID, string(f.Object), f.Round, tx.Now().UnixMilli(), f.BeganAt.UnixMilli()); err != nil {
				return err
			}
		}
	case can.List && tx.Now().Sub(f.DoneAt) >= w.c.Settings.Sweep:
		f.restart(tx.Now())
	default:
		f.NextAt = tx.Now().Add(w.c.Settings.Interval)
	}
	return flows.Update(ctx, tx, f)
}

// takeIn takes in a record of a page. What is not to be trusted is looked at by
// itself: a page may be older than what was written since.
func (w *worker) takeIn(ctx context.Context, tx *db.Tx, f *Flow, r *remote.Record, refused error) error {
	f.Counts.Read++
	l, err := byRemote(ctx, tx, w.c, f.Object, r.ID)
	if err != nil || l == nil && r.Deleted {
		return err
	}
	stored := l != nil
	if !stored {
		l = newLink(tx, w.c, f.Object)
		l.RemoteID, l.RemoteParent = r.ID, r.ContactID
	}
	marked := stored && f.Phase == Reading && l.Round != f.Round
	l.Round = f.Round
	fetch := w.system.Can(f.Object).Fetch
	switch {
	case l.dead():
		return nil
	case refused != nil:
		if err := l.reject(ctx, tx, reason(refused)); err != nil {
			return err
		}
		return put(ctx, tx, l, stored)
	case r.Deleted && fetch:
		l.want(tx.Now())
		return links.Update(ctx, tx, l)
	case r.Deleted:
		_, err := w.meet(ctx, tx, l, stored, nil, true, f)
		return err
	case !r.UpdatedAt.IsZero() && r.UpdatedAt.Before(l.RemoteAt), stored && w.asSeen(l, r):
		if marked {
			return links.Update(ctx, tx, l)
		}
		return nil
	case stored && fetch && l.LocalID != "" && !r.UpdatedAt.After(l.RemoteAt):
		l.want(tx.Now())
		return links.Update(ctx, tx, l)
	}
	p, err := w.meet(ctx, tx, l, stored, r, true, f)
	if orphan := (errOrphan{}); errors.As(err, &orphan) {
		if err = w.c.wantParent(ctx, tx, orphan); err == nil {
			err = errParent
		}
	}
	if errors.Is(err, errParent) { // nothing was written yet
		l.want(tx.Now())
		return put(ctx, tx, l, stored)
	}
	if err == nil && p != nil {
		p.link.want(tx.Now())
		err = links.Update(ctx, tx, &p.link)
	}
	return err
}

func put(ctx context.Context, tx *db.Tx, l *Link, stored bool) error {
	if stored {
		return links.Update(ctx, tx, l)
	}
	return links.Insert(ctx, tx, l)
}

// asSeen reports whether a record is there as it was last seen.
func (w *worker) asSeen(l *Link, r *remote.Record) bool {
	if l.State != Linked {
		return false
	}
	values := w.valuesOf(l.Object, r)
	for _, f := range w.fields(l.Object, true) {
		seen, known := l.Seen.Remote[f.name]
		if !known || !same(plain(seen), plain(values[f.name])) {
			return false
		}
	}
	return true
}

// missing has what is not on a page looked at where all of a contact's is on it.
func (w *worker) missing(ctx context.Context, tx *db.Tx, f *Flow, page *remote.Page) error {
	there := map[string]bool{}
	for i := range page.Records {
		there[page.Records[i].ID] = true
	}
	for _, contactID := range page.Whole {
		all, err := links.All(ctx, tx, "WHERE location_id = $1 AND connection_id = $2 AND object = $3 AND remote_parent = $4 AND remote_id <> '' AND state = 'linked'", f.LocationID, f.ConnectionID, string(f.Object), contactID)
		if err != nil {
			return err
		}
		for i := range all {
			if !there[all[i].RemoteID] {
				all[i].want(tx.Now())
				if err := links.Update(ctx, tx, &all[i]); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// lookedAt is how many contacts here are looked at in one transaction.
const lookedAt = 200

// lookOn looks at a page of the contacts here: those that have not crossed, or what
// of theirs has not, are to.
func (w *worker) lookOn(ctx context.Context, f *Flow) error {
	return w.write(ctx, func(ctx context.Context, tx *db.Tx) error {
		now := *f
		list, err := crm.ContactsBehind(ctx, tx, f.LocationID, f.At, lookedAt)
		if err != nil {
			return err
		}
		for i := range list {
			if err := w.lookAt(ctx, tx, &now, list[i].ID); err != nil {
				return err
			}
			now.At = list[i].ID
			now.Counts.Looked++
		}
		if len(list) < lookedAt {
			now.Phase, now.DoneAt, now.NextAt = Settled, tx.Now(), tx.Now().Add(w.c.Settings.Interval)
		}
		*f = now
		return flows.Update(ctx, tx, &now)
	})
}

// lookAt has a contact, or what belongs to it, cross if it has not.
func (w *worker) lookAt(ctx context.Context, tx *db.Tx, f *Flow, contactID string) error {
	if f.Object == remote.Contact {
		return w.wantNew(ctx, tx, f.Object, contactID, "")
	}
	parent, err := byLocal(ctx, tx, w.c, remote.Contact, contactID)
	if err != nil || parent == nil || parent.dead() {
		return err
	}
	all, err := sideOf(f.Object).of(ctx, tx, f.LocationID, contactID)
	for i := 0; err == nil && i < len(all); i++ {
		err = w.wantNew(ctx, tx, f.Object, all[i].id, contactID)
	}
	return err
}

// wantNew has a record here looked at that has no link yet.
func (w *worker) wantNew(ctx context.Context, tx *db.Tx, kind remote.Kind, recordID, parent string) error {
	l, err := byLocal(ctx, tx, w.c, kind, recordID)
	if err != nil || l != nil {
		return err
	}
	return wantLocal(ctx, tx, w.c, kind, recordID, parent, "")
}
