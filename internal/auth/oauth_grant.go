package auth

import (
	"context"
	"slices"
	"time"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
)

// Grant is what somebody allowed an app: for one location, or for their
// company. Its tokens are one family, and end with it.
type Grant struct {
	ID         string
	LocationID string // "" for a company
	CompanyID  string
	AppID      string // the app's client id
	UserID     string // who allowed it, "" for an app that asked for itself
	ParentID   string // the grant for a company that this one for a location came from
	Scopes     []string
	LeftOut    []string // the locations of the company that the app was shown out of
	CreatedAt  time.Time
	ExpiresAt  time.Time
	EndedAt    time.Time
	LastUsedAt time.Time
}

var grants = db.NewTable("oauth_grants", []string{"id"}, func(g *Grant) []db.Column {
	return []db.Column{
		{Name: "id", At: &g.ID}, {Name: "location_id", At: &g.LocationID}, {Name: "company_id", At: &g.CompanyID}, {Name: "app_id", At: &g.AppID},
		{Name: "user_id", At: &g.UserID}, {Name: "parent_id", At: &g.ParentID}, {Name: "scopes", At: db.JSON(&g.Scopes, "[]")},
		{Name: "left_out", At: db.JSON(&g.LeftOut, "[]")}, {Name: "created_at", At: db.Millis(&g.CreatedAt)}, {Name: "expires_at", At: db.Millis(&g.ExpiresAt)},
		{Name: "ended_at", At: db.Millis(&g.EndedAt)}, {Name: "last_used_at", At: db.Millis(&g.LastUsedAt)},
	}
})

// grantLife is how long an app stays in without being asked for again, however
// often it refreshes.
const grantLife = 3 * 365 * 24 * time.Hour

// UserType is HighLevel's word for what a token of the grant is for.
func (g *Grant) UserType() string {
	if g.LocationID == "" {
		return "Company"
	}
	return "Location"
}

// Covers reports whether the grant lets its app into a location of its company.
func (g *Grant) Covers(locationID string) bool {
	if g.LocationID != "" {
		return g.LocationID == locationID
	}
	return !slices.Contains(g.LeftOut, locationID)
}

func (g *Grant) inForce(now time.Time) bool {
	return g.EndedAt.IsZero() && now.Before(g.ExpiresAt)
}

// by is who the events of a grant are from.
func (g *Grant) by(locationID string) crm.Actor {
	return crm.Actor{LocationID: locationID, CompanyID: g.CompanyID, UserID: g.UserID, AppID: g.AppID, CredentialID: g.ID, Origin: "oauth"}
}

// addGrant stores a grant, with an event in each location that the app comes
// into.
func addGrant(ctx context.Context, tx *db.Tx, g Grant) (*Grant, error) {
	g.ID, g.CreatedAt = tx.NewID(), tx.Now()
	if g.ExpiresAt.IsZero() {
		g.ExpiresAt = tx.Now().Add(grantLife)
	}
	if err := grants.Insert(ctx, tx, &g); err != nil {
		return nil, err
	}
	if g.ParentID != "" {
		return &g, nil // the app is in already
	}
	return &g, eachLocation(ctx, tx, &g, crm.AppInstalled)
}

// eachLocation does something for the location of a grant, or for all that a
// company's grant covers.
func eachLocation(ctx context.Context, tx *db.Tx, g *Grant, do func(context.Context, *db.Tx, crm.Actor, string) error) error {
	if g.LocationID != "" {
		return do(ctx, tx, g.by(g.LocationID), g.AppID)
	}
	all, err := crm.Locations(ctx, tx, g.CompanyID)
	if err != nil {
		return err
	}
	for _, l := range all {
		if g.Covers(l.ID) {
			if err := do(ctx, tx, g.by(l.ID), g.AppID); err != nil {
				return err
			}
		}
	}
	return nil
}

// endGrant ends a grant, those that came from it, and all their tokens.
func endGrant(ctx context.Context, tx *db.Tx, g *Grant) error {
	if !g.EndedAt.IsZero() {
		return nil
	}
	g.EndedAt = tx.Now()
	if _, err := tx.Exec(ctx, "UPDATE oauth_grants SET ended_at = $2 WHERE (id = $1 OR parent_id = $1) AND ended_at = 0", g.ID, tx.Now().UnixMilli()); err != nil {
		return err
	}
	if g.ParentID != "" {
		return nil // the app stays in by the company's grant
	}
	return eachLocation(ctx, tx, g, crm.AppUninstalled)
}

// EndGrant ends a grant with all its tokens, at once. NotFound if it is not there.
func (d *Desk) EndGrant(ctx context.Context, grantID string) error {
	return d.ending(ctx, func(ctx context.Context, tx *db.Tx) error {
		g, err := grantByID(ctx, tx, grantID)
		if err != nil {
			return err
		}
		return endGrant(ctx, tx, g)
	})
}

// Uninstall shows an app out of a location, or with locationID "" out of a
// whole company with all its locations, at once. NotFound if it is not in.
func (d *Desk) Uninstall(ctx context.Context, clientID, companyID, locationID string) error {
	return d.ending(ctx, func(ctx context.Context, tx *db.Tx) error { return Uninstall(ctx, tx, clientID, companyID, locationID) })
}

// Uninstall is Desk.Uninstall within a transaction: processes that know the
// tokens forget them within a second.
func Uninstall(ctx context.Context, tx *db.Tx, clientID, companyID, locationID string) error {
	all, err := liveGrants(ctx, tx, companyID, clientID)
	if err != nil {
		return err
	}
	found := false
	for i := range all {
		g := &all[i]
		if locationID != "" && !g.Covers(locationID) {
			continue
		}
		found = true
		if err := leave(ctx, tx, g, locationID); err != nil {
			return err
		}
	}
	if !found {
		return errs.New(errs.NotFound, "the app is not installed there")
	}
	return nil
}

// leave ends a grant, or takes one location out of a company's.
func leave(ctx context.Context, tx *db.Tx, g *Grant, locationID string) error {
	if locationID == "" || g.LocationID != "" {
		return endGrant(ctx, tx, g)
	}
	g.LeftOut = append(g.LeftOut, locationID)
	if err := grants.Update(ctx, tx, g); err != nil {
		return err
	}
	return crm.AppUninstalled(ctx, tx, g.by(locationID), g.AppID)
}

// ending runs a transaction that ends tokens, and forgets what is remembered of
// them when it is stored.
func (d *Desk) ending(ctx context.Context, f func(context.Context, *db.Tx) error) error {
	err := d.db.Write(ctx, db.System, f)
	d.forget() // also after an error: it may have been stored all the same
	return err
}

// grantByID gives a grant. NotFound if it is not there.
func grantByID(ctx context.Context, tx *db.Tx, grantID string) (*Grant, error) {
	g, err := grants.One(ctx, tx, "WHERE id = $1", grantID)
	if err == nil && g == nil {
		err = errs.New(errs.NotFound, "there is no grant %s", grantID)
	}
	return g, err
}

// liveGrants gives the grants in force of a company, and of one app unless
// clientID is "", the oldest first.
func liveGrants(ctx context.Context, tx *db.Tx, companyID, clientID string) ([]Grant, error) {
	return grants.All(ctx, tx, "WHERE company_id = $1 AND ($2 = '' OR app_id = $2) AND ended_at = 0 AND expires_at > $3 ORDER BY id",
		companyID, clientID, tx.Now().UnixMilli())
}

// Installed is an app that is in, for people to see.
type Installed struct {
	Grant
	App      *App
	Location *crm.Location // nil for the whole company
	User     *crm.User     // nil for an app that asked for itself
}

// InstalledBy gives what a user let in, the newest first; for an admin,
// whatever is in at their company.
func InstalledBy(ctx context.Context, tx *db.Tx, u *crm.User) ([]Installed, error) {
	all, err := liveGrants(ctx, tx, u.CompanyID, "")
	if err != nil {
		return nil, err
	}
	list := []Installed{}
	for _, g := range slices.Backward(all) {
		if g.ParentID != "" || g.UserID != u.ID && !u.Admin {
			continue
		}
		i := Installed{Grant: g}
		if i.App, err = AppByID(ctx, tx, g.AppID); err != nil {
			return nil, err
		}
		if g.LocationID != "" {
			if i.Location, err = crm.LocationByID(ctx, tx, g.LocationID); err != nil {
				return nil, err
			}
		}
		if g.UserID != "" {
			if i.User, err = crm.UserByID(ctx, tx, g.UserID); err != nil {
				return nil, err
			}
		}
		list = append(list, i)
	}
	return list, nil
}
