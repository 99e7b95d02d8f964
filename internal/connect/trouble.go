package connect

import (
	"context"
	"errors"
	"time"

	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/remote"
)

// How often in a row a record is tried before it is put aside.
const (
	patience = 25 // where the system is not well, or its contact is late
	doubts   = 5  // where it answers what nobody understands
)

// trouble notes that a record could not be settled: it is tried again, or put
// aside with the reason. It gives an error where the connection cannot go on.
func (w *worker) trouble(ctx context.Context, l *Link, err error) error {
	var e *remote.Error
	var orphan errOrphan
	switch {
	case ctx.Err() != nil || errors.Is(err, errStop) || errors.Is(err, errFenced):
		return err
	case errors.As(err, &orphan):
		return errors.Join(w.fetchParent(ctx, orphan), w.later(ctx, l, err, patience))
	case errors.Is(err, errParent):
		return w.later(ctx, l, err, patience)
	case errors.As(err, &e):
		return w.refused(ctx, l, e)
	case lasting(err):
		return w.later(ctx, l, errs.New(errs.Invalid, "%s", reason(err)), 0)
	}
	w.g.log.Warn("a record could not be brought into step; it will be tried again", "connection", w.c.ID, "record", l.ID, "err", err)
	return w.later(ctx, l, err, patience)
}

// refused is for an error of the system.
func (w *worker) refused(ctx context.Context, l *Link, e *remote.Error) error {
	switch e.Cause {
	case remote.Refused, remote.Duplicate:
		return w.later(ctx, l, e, 0)
	case remote.Broken, remote.Missing:
		return w.later(ctx, l, e, doubts)
	case remote.Limited, remote.Unauthorized, remote.Forbidden:
		return w.failed(ctx, e)
	}
	if err := w.failed(ctx, e); err != nil {
		return errors.Join(err, w.later(ctx, l, e, patience))
	}
	return w.later(ctx, l, e, patience)
}

// later puts a record off, or aside if it was tried so often already.
func (w *worker) later(ctx context.Context, of *Link, why error, most int64) error {
	return w.g.db.Write(db.Quietly(ctx), of.LocationID, func(ctx context.Context, tx *db.Tx) error {
		l, err := links.One(ctx, tx, "WHERE location_id = $1 AND id = $2"+forUpdate, of.LocationID, of.ID)
		if err != nil || l == nil || l.DueAt.IsZero() {
			return err
		}
		if remote.Is(why, remote.Refused) { // it was not made: what is said next may be something else
			l.Trying = ""
		}
		if l.Attempts++; l.Attempts > most {
			if err := l.reject(ctx, tx, why.Error()); err != nil {
				return err
			}
			return links.Update(ctx, tx, l)
		}
		l.Error, l.UpdatedAt = cut(why.Error()), tx.Now()
		l.DueAt = tx.Now().Add(w.backOff(l.Attempts - 1))
		return links.Update(ctx, tx, l)
	})
}

// reject puts a record aside, with the reason.
func (l *Link) reject(ctx context.Context, tx *db.Tx, why string) error {
	l.State, l.Error, l.DueAt, l.UpdatedAt = Rejected, cut(why), time.Time{}, tx.Now()
	way := Out
	if l.LocalID == "" {
		way = In
	}
	return l.log(ctx, tx, way, "rejected", nil, why)
}

// fetchParent has the contact of a record cross.
func (w *worker) fetchParent(ctx context.Context, o errOrphan) error {
	return w.g.db.Write(ctx, w.c.LocationID, func(ctx context.Context, tx *db.Tx) error { return w.c.wantParent(ctx, tx, o) })
}

func (c *Connection) wantParent(ctx context.Context, tx *db.Tx, o errOrphan) error {
	if o.local != "" {
		return wantLocal(ctx, tx, c, remote.Contact, o.local, "", "")
	}
	return wantRemote(ctx, tx, c, remote.Contact, "", o.remote)
}

// wantRemote has a record there looked at.
func wantRemote(ctx context.Context, tx *db.Tx, c *Connection, kind remote.Kind, parent, remoteID string) error {
	l, err := byRemote(ctx, tx, c, kind, remoteID)
	if err != nil || l != nil && l.dead() || remoteID == "" {
		return err
	}
	if l == nil {
		l = newLink(tx, c, kind)
		l.RemoteID, l.RemoteParent = remoteID, parent
		l.want(tx.Now())
		return links.Insert(ctx, tx, l)
	}
	l.want(tx.Now())
	return links.Update(ctx, tx, l)
}
