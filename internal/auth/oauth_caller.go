package auth

import (
	"context"
	"strings"
	"time"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
)

// OfCompany reports whether the caller acts for a whole company: its Location is
// nil, and its Actor names no location.
func (c *Caller) OfCompany() bool { return c.Location == nil }

// OAuth reports whether the caller came with an access token, and not with a
// key.
func (c *Caller) OAuth() bool { return c.Key.Kind == KindOAuth }

// Reaches reports whether a caller may act for a location: their own, or for a
// caller of a company one that they were let into.
func (c *Caller) Reaches(l *crm.Location) bool {
	switch {
	case !c.OfCompany():
		return c.Location.ID == l.ID
	case l.CompanyID != c.Actor.CompanyID || !l.DisabledAt.IsZero():
		return false
	}
	return c.grant == nil || c.grant.Covers(l.ID)
}

// callerOf gives who a secret stands for: a key's or a token's.
func (d *Desk) callerOf(ctx context.Context, tx *db.Tx, api, secret, hash string) (Caller, error) {
	if api == HighLevel && strings.HasPrefix(secret, accessPrefix) {
		return d.tokenCaller(ctx, tx, secret)
	}
	k, err := keys.One(ctx, tx, "WHERE hash = $1", hash)
	if err != nil {
		return Caller{}, err
	}
	if k == nil {
		return Caller{}, unauthorized()
	}
	return caller(ctx, tx, k)
}

// tokenCaller gives who an access token stands for.
func (d *Desk) tokenCaller(ctx context.Context, tx *db.Tx, secret string) (Caller, error) {
	t, err := tokens.One(ctx, tx, "WHERE hash = $1", d.vault.Hash(oauthToken, secret))
	if err != nil {
		return Caller{}, err
	}
	if t == nil || t.Kind != accessKind || !t.inForce(tx.Now()) {
		return Caller{}, unauthorized()
	}
	g, err := grantByID(ctx, tx, t.GrantID)
	if err != nil {
		return Caller{}, orUnauthorized(err)
	}
	c, err := grantCaller(ctx, tx, g)
	if err != nil {
		return Caller{}, orUnauthorized(err)
	}
	c.Actor.Scopes, c.Key.Scopes, c.Key.ExpiresAt = t.Scopes, t.Scopes, t.ExpiresAt
	return c, nil
}

// grantCaller gives who the tokens of a grant stand for. Unauthorized or
// NotFound if something behind it is not in force.
func grantCaller(ctx context.Context, tx *db.Tx, g *Grant) (Caller, error) {
	if !g.inForce(tx.Now()) {
		return Caller{}, unauthorized()
	}
	app, err := AppByID(ctx, tx, g.AppID)
	if err != nil {
		return Caller{}, err
	}
	if !app.DisabledAt.IsZero() {
		return Caller{}, unauthorized()
	}
	if g.ParentID != "" {
		parent, err := grantByID(ctx, tx, g.ParentID)
		if err != nil {
			return Caller{}, err
		}
		if !parent.inForce(tx.Now()) || !parent.Covers(g.LocationID) {
			return Caller{}, unauthorized()
		}
	}
	c, err := caller(ctx, tx, &Key{ID: g.ID, LocationID: g.LocationID, CompanyID: g.CompanyID, API: HighLevel, Kind: KindOAuth, Name: app.Name,
		UserID: g.UserID, Scopes: g.Scopes, CreatedAt: g.CreatedAt})
	c.grant = g
	c.Actor.AppID = g.AppID
	return c, err
}

func orUnauthorized(err error) error {
	if unless(err) == nil {
		return unauthorized()
	}
	return err
}

// forget drops what is remembered of all keys and tokens, and of look-ups that
// are under way: what was ended is out at once.
func (d *Desk) forget() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.age++
	clear(d.known)
}

// CompanyLocation gives a location of the company that a caller acts for; Reaches
// says whether they may act there. Forbidden, alike, for one of others and for
// none.
func (d *Desk) CompanyLocation(ctx context.Context, c *Caller, locationID string) (*crm.Location, error) {
	var l *crm.Location
	err := d.db.Read(ctx, db.System, func(ctx context.Context, tx *db.Tx) (err error) {
		l, err = crm.LocationByID(ctx, tx, storable(locationID))
		return err
	})
	if errs.Is(err, errs.NotFound) || err == nil && l.CompanyID != c.Actor.CompanyID {
		return nil, NoLocation()
	}
	return l, err
}

// NoLocation is what a caller is told of a location that they may not act for.
func NoLocation() error {
	return errs.New(errs.Forbidden, "The token does not have access to this location.").WithCode("location")
}

// LocationToken exchanges a company's access token for tokens of the same app
// for one of its locations (contract.md §3). Forbidden if the app is not there.
func (d *Desk) LocationToken(ctx context.Context, c *Caller, locationID string) (*Tokens, error) {
	if c.grant == nil || !c.OfCompany() {
		return nil, errs.New(errs.Forbidden, "only an access token for a company can be exchanged")
	}
	l, err := d.CompanyLocation(ctx, c, locationID)
	if err != nil {
		return nil, err
	}
	if !c.Reaches(l) {
		return nil, NoLocation()
	}
	scopes := c.Actor.Scopes
	for _, s := range []string{"oauth.readonly", "oauth.write"} { // given unasked, as by the original
		if !c.Actor.Can(s) {
			scopes = append(scopes[:len(scopes):len(scopes)], s)
		}
	}
	var t *Tokens
	err = d.db.Write(ctx, db.System, func(ctx context.Context, tx *db.Tx) error {
		parent, err := grantByID(ctx, tx, c.grant.ID)
		if err != nil {
			return err
		}
		g, err := addGrant(ctx, tx, Grant{AppID: parent.AppID, CompanyID: parent.CompanyID, LocationID: locationID, UserID: parent.UserID, ParentID: parent.ID, Scopes: scopes, ExpiresAt: parent.ExpiresAt})
		if err != nil {
			return err
		}
		if ok, err := standing(ctx, tx, g); err != nil || !ok {
			return first(err, unauthorized())
		}
		t, err = d.pair(ctx, tx, g, newAccess(), newRefresh(), scopes)
		return err
	})
	return t, err
}

// Installation says whether an app is in a location of its company.
type Installation struct {
	Location    crm.Location
	Installed   bool
	InstalledAt time.Time
}

// Installations gives the locations of the caller's company, and in which of
// them the caller's app is. future says that it will be in those to come too.
func (d *Desk) Installations(ctx context.Context, c *Caller) (list []Installation, future bool, err error) {
	err = d.db.Read(ctx, db.System, func(ctx context.Context, tx *db.Tx) error {
		list, future = nil, false
		all, err := liveGrants(ctx, tx, c.Actor.CompanyID, c.Actor.AppID)
		if err != nil {
			return err
		}
		places, err := crm.Locations(ctx, tx, c.Actor.CompanyID)
		for _, l := range places {
			if !l.DisabledAt.IsZero() {
				continue
			}
			i := Installation{Location: l}
			for _, g := range all {
				future = future || g.LocationID == ""
				if !i.Installed && g.ParentID == "" && g.Covers(l.ID) {
					i.Installed, i.InstalledAt = true, g.CreatedAt
				}
			}
			list = append(list, i)
		}
		return err
	})
	return list, future, err
}
