package auth

import (
	"context"
	"slices"
	"time"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
)

// Listener is an app that wants to be told of what happens in a location that it
// is in, or was in until lately.
type Listener struct {
	App        *App
	LocationID string
	Scopes     []string
	Since      time.Time // when it was let in
	Live       bool      // it is still in
}

// lately is how long an app that was shown out can still be told that it was.
const lately = time.Hour

// Listeners gives the apps that want to be told of a location's events, or of
// those of every location for "".
func Listeners(ctx context.Context, tx *db.Tx, locationID string) (list []Listener, err error) {
	listening, err := apps.All(ctx, tx, "WHERE webhook_url <> '' AND disabled_at = 0 ORDER BY id")
	if err != nil || len(listening) == 0 {
		return nil, err
	}
	var places []crm.Location
	if locationID == "" {
		places, err = crm.Locations(ctx, tx, "")
	} else {
		var l *crm.Location
		if l, err = crm.LocationByID(ctx, tx, locationID); err == nil {
			places = []crm.Location{*l}
		}
	}
	if err != nil {
		return nil, err
	}
	for i := range listening {
		let, err := grants.All(ctx, tx, "WHERE app_id = $1 AND parent_id = '' AND (ended_at = 0 OR ended_at > $2) ORDER BY id", listening[i].ID, tx.Now().Add(-lately).UnixMilli())
		if err != nil {
			return nil, err
		}
		gone, err := lockedOut(ctx, tx, let)
		if err != nil {
			return nil, err
		}
		for _, l := range places {
			if one, ok := listener(&listening[i], &l, let, gone, tx.Now()); ok {
				list = append(list, one)
			}
		}
	}
	return list, nil
}

// lockedOut gives the users and companies of grants that are disabled: what they let
// in is told of nothing, as its tokens open nothing.
func lockedOut(ctx context.Context, tx *db.Tx, let []Grant) (map[string]bool, error) {
	gone := map[string]bool{"": false}
	for _, g := range let {
		if _, known := gone[g.UserID]; !known {
			u, err := crm.UserByID(ctx, tx, g.UserID)
			if unless(err) != nil {
				return nil, err
			}
			gone[g.UserID] = err != nil || !u.DisabledAt.IsZero()
		}
		if _, known := gone[g.CompanyID]; !known {
			c, err := crm.CompanyByID(ctx, tx, g.CompanyID)
			if unless(err) != nil {
				return nil, err
			}
			gone[g.CompanyID] = err != nil || !c.DisabledAt.IsZero()
		}
	}
	return gone, nil
}

// listener unites the grants by which an app is in one location.
func listener(a *App, l *crm.Location, let []Grant, gone map[string]bool, now time.Time) (out Listener, ok bool) {
	out = Listener{App: a, LocationID: l.ID}
	for _, g := range let {
		if g.CompanyID != l.CompanyID || g.LocationID != "" && g.LocationID != l.ID {
			continue
		}
		if !ok || g.CreatedAt.Before(out.Since) {
			out.Since = g.CreatedAt
		}
		ok = true
		if g.inForce(now) && g.Covers(l.ID) && l.DisabledAt.IsZero() && !gone[g.UserID] && !gone[g.CompanyID] {
			out.Live = true
			out.Scopes = append(out.Scopes, g.Scopes...)
		}
	}
	return out, ok
}

// Wants reports whether an app is to be told of an event: of those about itself
// always, of one that says farewell also when it is out, of others while it is
// in, has the scope, and asked for the type.
func (l *Listener) Wants(typ, scope string, e *crm.Event, farewell bool) bool {
	if about := e.Type == "app.installed" || e.Type == "app.uninstalled"; about || farewell {
		return about && e.ObjectID == l.App.ID && (l.Live || farewell)
	}
	return l.Live && !e.At().Before(l.Since) && (scope == "" || slices.Contains(l.Scopes, scope)) && (len(l.App.WebhookEvents) == 0 || slices.Contains(l.App.WebhookEvents, typ))
}

// SetAppWebhook says where an app is told of what happens, "" for nowhere, and
// which types it wants, all for none. NotFound if the app is not there.
func SetAppWebhook(ctx context.Context, tx *db.Tx, clientID, url string, types []string) (*App, error) {
	a, err := AppByID(ctx, tx, clientID)
	if err != nil {
		return nil, err
	}
	a.WebhookURL, a.WebhookEvents, a.UpdatedAt = url, types, tx.Now()
	return a, apps.Update(ctx, tx, a)
}
