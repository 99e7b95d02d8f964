package auth

import (
	"context"
	"time"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
)

// SecretOverlap is how long the old secret of an app, or an old private token,
// goes on working when it is rotated and not ended (contract.md §4).
const SecretOverlap = 7 * 24 * time.Hour

// RegisterApp registers an app for the company of an admin, and gives its
// secret, which is shown this once. Forbidden for others.
func (d *Desk) RegisterApp(ctx context.Context, u *crm.User, a App) (made *App, secret string, err error) {
	if !u.Admin {
		return nil, "", errs.New(errs.Forbidden, "Only an admin registers apps")
	}
	a.CompanyID = u.CompanyID
	err = d.db.Write(ctx, db.System, func(ctx context.Context, tx *db.Tx) error {
		made, secret, err = d.vault.AddApp(ctx, tx, a)
		return err
	})
	return made, secret, err
}

// Connected gives the apps that are in, as far as a user may know of them, and
// the apps that are registered for their company if they are an admin.
func (d *Desk) Connected(ctx context.Context, u *crm.User) (in []Installed, registered []App, err error) {
	err = d.db.Read(ctx, db.System, func(ctx context.Context, tx *db.Tx) (err error) {
		if in, err = InstalledBy(ctx, tx, u); err != nil || !u.Admin {
			return err
		}
		registered, err = Apps(ctx, tx, u.CompanyID)
		return err
	})
	return in, registered, err
}

// EndOwnGrant ends a grant for a user: their own, or for an admin any of their
// company. NotFound for others.
func (d *Desk) EndOwnGrant(ctx context.Context, u *crm.User, grantID string) error {
	return d.ending(ctx, func(ctx context.Context, tx *db.Tx) error {
		g, err := grantByID(ctx, tx, storable(grantID))
		if err != nil {
			return err
		}
		if g.CompanyID != u.CompanyID || g.UserID != u.ID && !u.Admin {
			return errs.New(errs.NotFound, "there is no grant %s", grantID)
		}
		return endGrant(ctx, tx, g)
	})
}

// RotateOwnApp gives an app of an admin's company a new secret. The old one
// works for SecretOverlap. NotFound for others.
func (d *Desk) RotateOwnApp(ctx context.Context, u *crm.User, clientID string) (a *App, secret string, err error) {
	err = d.db.Write(ctx, db.System, func(ctx context.Context, tx *db.Tx) (err error) {
		if err = ownApp(ctx, tx, u, clientID); err != nil {
			return err
		}
		a, secret, err = d.vault.RotateApp(ctx, tx, clientID, SecretOverlap)
		return err
	})
	return a, secret, err
}

// DisableOwnApp shuts an app of an admin's company out, or lets it in again.
// NotFound for others.
func (d *Desk) DisableOwnApp(ctx context.Context, u *crm.User, clientID string, disabled bool) error {
	return d.ending(ctx, func(ctx context.Context, tx *db.Tx) error {
		if err := ownApp(ctx, tx, u, clientID); err != nil {
			return err
		}
		return DisableApp(ctx, tx, clientID, disabled)
	})
}

func ownApp(ctx context.Context, tx *db.Tx, u *crm.User, clientID string) error {
	a, err := AppByID(ctx, tx, storable(clientID))
	if err == nil && (a.CompanyID != u.CompanyID || !u.Admin) {
		err = errs.New(errs.NotFound, "there is no app %s", clientID)
	}
	return err
}
