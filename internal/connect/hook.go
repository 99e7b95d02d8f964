package connect

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"

	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/remote"
)

// HookPattern is where systems outside tell that something changed.
const HookPattern = "/hooks/connect/{location}/{connection}/{token}"

// HookPath gives the path of a connection's address for webhooks.
func (c *Connection) HookPath(v interface{ Derive(use string) []byte }) string {
	return "/hooks/connect/" + c.LocationID + "/" + c.ID + "/" + hookToken(v, c.LocationID, c.ID)
}

func hookToken(v interface{ Derive(use string) []byte }, locationID, connectionID string) string {
	m := hmac.New(sha256.New, v.Derive("connection hooks"))
	for _, s := range []string{locationID, connectionID} {
		_, _ = fmt.Fprintf(m, "%d:%s", len(s), s) // a hash takes everything
	}
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil)[:18])
}

// Told takes a webhook of a system outside: it has what the webhook speaks of looked
// at, or what changed at all where nobody can say. What it says is looked up before
// it is believed: a webhook may be late, and come before or behind another one.
// NotFound for an address that there is not, Unauthorized for a signature that is
// not right, Invalid for what cannot be read.
func (g *Engine) Told(ctx context.Context, location, connection, token string, header http.Header, body []byte) error {
	if location == db.System || !hmac.Equal([]byte(hookToken(g.vault, location, connection)), []byte(token)) {
		return errs.New(errs.NotFound, "Not found")
	}
	c, system, err := g.System(ctx, location, connection)
	if err != nil {
		return err
	}
	receiver, knows := system.(remote.Receiver)
	var changes []remote.Change
	if knows {
		if changes, err = receiver.Webhook(header, body); err != nil {
			return untold(err)
		}
	}
	w := &worker{g: g, c: c, system: system, limits: map[remote.Kind]map[string]remote.Field{}}
	for i := range changes {
		if w.believes(&changes[i]) {
			if err := w.learn(ctx, changes[i].Kind); err != nil {
				return untold(err)
			}
		}
	}
	err = g.db.Write(ctx, location, func(ctx context.Context, tx *db.Tx) error {
		if !knows {
			return Hurry(ctx, tx, c, false)
		}
		for i := range changes {
			if err := w.hear(ctx, tx, &changes[i]); err != nil {
				return err
			}
		}
		return nil
	})
	g.Wake()
	return err
}

// untold says whose fault it is that a webhook cannot be taken.
func untold(err error) error {
	switch {
	case errors.Is(err, remote.ErrSignature):
		return errs.Wrap(err, errs.Unauthorized, "The signature is not right")
	case remote.Is(err, remote.Broken), remote.Is(err, remote.Refused):
		return errs.Wrap(err, errs.Invalid, "The body cannot be read")
	case errors.As(err, new(*remote.Error)):
		return errs.Wrap(err, errs.Unavailable, "The system cannot be asked now")
	}
	return err
}

// believes reports whether a change is taken for what it says: where nobody can be
// asked, it is all there is.
func (w *worker) believes(ch *remote.Change) bool {
	return !w.system.Can(ch.Kind).Fetch && !ch.Part
}

// hear has the record of a change there looked at. One that was seen as it is
// already gives nothing to do.
func (w *worker) hear(ctx context.Context, tx *db.Tx, ch *remote.Change) error {
	r := ch.Record
	if r.UpdatedAt.IsZero() {
		r.UpdatedAt = ch.At
	}
	if w.c.Mapping.Objects[ch.Kind] == nil || r.ID == "" {
		return nil
	}
	if w.believes(ch) {
		err := w.takeIn(ctx, tx, &Flow{Object: ch.Kind, Phase: Settled}, &r, nil)
		if lasting(err) {
			err = errs.New(errs.Invalid, "%s", reason(err))
		}
		return err
	}
	l, err := byRemote(ctx, tx, w.c, ch.Kind, r.ID)
	if err != nil || l == nil && r.Deleted {
		return err
	}
	if l != nil && !r.Deleted && !r.UpdatedAt.IsZero() && !r.UpdatedAt.After(l.RemoteAt) {
		return nil
	}
	return wantRemote(ctx, tx, w.c, ch.Kind, r.ContactID, r.ID)
}
