package connect

import (
	"context"
	"time"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/id"
	"github.com/foyer-crm/foyer/internal/remote"
)

// unite makes two contacts one here that were made one there, as the system says by
// answering with another one: the one that is kept there is kept here, with the
// history of both.
func (w *worker) unite(ctx context.Context, l *Link, keptThere string) error {
	if err := w.knowsNobody(ctx, l.RemoteID); err != nil {
		return err
	}
	return w.write(ctx, func(ctx context.Context, tx *db.Tx) error {
		now, err := links.One(ctx, tx, "WHERE location_id = $1 AND id = $2"+forUpdate, l.LocationID, l.ID)
		if err != nil || now == nil || now.dead() || now.RemoteID != l.RemoteID {
			return err
		}
		kept, err := byRemote(ctx, tx, w.c, remote.Contact, keptThere)
		switch {
		case err != nil:
			return err
		case kept == nil || kept.State != Linked || now.LocalID == "" || kept.LocalID == now.LocalID:
			return &remote.Error{Cause: remote.Broken, Text: "it answered with another contact, which has not crossed"}
		}
		if w.c.Mapping.Objects[remote.Contact].ways() != Out {
			if _, err := crm.MergeContacts(ctx, tx, w.c.actor(), kept.LocalID, now.LocalID); err != nil {
				return err
			}
		}
		if err := tx.Do(ctx, `UPDATE connection_records SET local_parent = $4, remote_parent = $5 WHERE location_id = $1 AND connection_id = $2
			AND remote_parent = $3 AND remote_parent <> '' AND object <> 'contact'`, l.LocationID, l.ConnectionID, now.RemoteID, kept.LocalID, kept.RemoteID); err != nil {
			return err
		}
		now.State, now.DueAt, now.Error, now.UpdatedAt = Merged, time.Time{}, "", tx.Now()
		if err := links.Update(ctx, tx, now); err != nil {
			return err
		}
		kept.want(tx.Now())
		if err := links.Update(ctx, tx, kept); err != nil {
			return err
		}
		return now.log(ctx, tx, In, "merged", nil, "it was merged into another contact there")
	})
}

// knowsNobody asks the system for a contact that nobody ever made, by an id that looks
// like one of its own. A system that answers with somebody even then gives everybody
// the same answer: what it says makes no two people one.
func (w *worker) knowsNobody(ctx context.Context, like string) error {
	somebody, err := w.system.Fetch(ctx, remote.Contact, "", id.Secret(len(like))[:len(like)])
	if remote.Is(err, remote.Missing) || remote.Is(err, remote.Refused) {
		return nil
	}
	if err == nil && somebody != nil {
		err = &remote.Error{Cause: remote.Broken, Text: "it answers with a contact where there is none"}
	}
	return err
}
