package auth

import (
	"context"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
)

// KindSession is the kind of the key that stands for a sign-in; no key that is
// stored.
const KindSession = "session"

// uiOrigin is the door of people at their browsers.
const uiOrigin = "ui"

// SessionCaller gives the user of a session as a caller in one of their
// locations; "" is the only one that they have. Unauthorized as by SignedIn,
// Forbidden for another's location, Invalid if it has to be named.
func (d *Desk) SessionCaller(ctx context.Context, cookie, locationID string) (*Caller, error) {
	u, err := d.SignedIn(ctx, cookie)
	if err != nil {
		return nil, err
	}
	var own []crm.Location
	if err := d.db.Read(ctx, db.System, func(ctx context.Context, tx *db.Tx) (err error) {
		own, err = crm.LocationsOf(ctx, tx, u)
		return err
	}); err != nil {
		return nil, err
	}
	if locationID == "" && len(own) > 1 {
		return nil, &errs.Error{Kind: errs.Invalid, Text: "Say which location: you have several", Fields: []errs.Field{{Name: "locationId", Rule: "defined"}}}
	}
	for i := range own {
		if l := &own[i]; locationID == "" || l.ID == locationID {
			return &Caller{Actor: crm.Actor{LocationID: l.ID, CompanyID: u.CompanyID, UserID: u.ID, Origin: uiOrigin, ReadOnly: u.Profile.ReadOnly},
				Key: &Key{LocationID: l.ID, Kind: KindSession, UserID: u.ID}, Location: l, User: u}, nil
		}
	}
	return nil, NoLocation()
}

// Session reports whether the caller is a person at their browser, and no
// program with a key or token.
func (c *Caller) Session() bool { return c.Key.Kind == KindSession }
