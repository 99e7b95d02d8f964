package auth

import (
	"context"
	"slices"
	"time"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/id"
)

// Refresh exchanges a refresh token for its successor (RFC 6749 §6). The second
// use of one ends its whole family, but for the grace in which a lost answer is
// given again. scope may ask for less than was allowed.
func (d *Desk) Refresh(ctx context.Context, c Client, secret, scope string) (*Tokens, error) {
	var t *Tokens
	var refused error // is told after the transaction, which is stored: what it ended stays ended
	err := d.db.Write(ctx, db.System, func(ctx context.Context, tx *db.Tx) (err error) {
		t, refused = nil, nil
		app, err := d.client(ctx, tx, c)
		if err != nil {
			return err
		}
		used, err := d.token(ctx, tx, secret)
		if err != nil {
			return err
		}
		if used == nil || used.Kind != refreshKind || used.AppID != app.ID || !used.inForce(tx.Now()) {
			return badRefresh()
		}
		g, err := grantByID(ctx, tx, used.GrantID)
		if err != nil {
			return err
		}
		if ok, err := standing(ctx, tx, g); err != nil || !ok {
			return orBadRefresh(err)
		}
		scopes, err := narrow(scope, used.Scopes)
		if err != nil {
			return err
		}
		if used.UsedAt.IsZero() {
			t, err = d.rotate(ctx, tx, g, used, secret, scopes)
			return err
		}
		if t, err = d.again(ctx, tx, g, used, secret, scopes); err != nil || t != nil {
			return err
		}
		refused = badRefresh()
		return endGrant(ctx, tx, g)
	})
	if refused != nil {
		d.forget()
	}
	if err != nil || refused != nil {
		return nil, first(err, refused)
	}
	return t, nil
}

func badRefresh() error {
	return refusal("invalid_grant", "The refresh token is unknown, used, expired or of another client")
}

func orBadRefresh(err error) error { return first(err, badRefresh()) }

func first(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

// unless gives an error unless it only says that somebody may not come in.
func unless(err error) error {
	if errs.Is(err, errs.Unauthorized) || errs.Is(err, errs.NotFound) {
		return nil
	}
	return err
}

// rotate uses a refresh token up.
func (d *Desk) rotate(ctx context.Context, tx *db.Tx, g *Grant, used *storedToken, secret string, scopes []string) (*Tokens, error) {
	used.UsedAt, used.Nonce = tx.Now(), id.Secret(24)
	if err := tokens.Update(ctx, tx, used); err != nil {
		return nil, err
	}
	access, refresh := d.vault.successor(secret, used.Nonce)
	return d.pair(ctx, tx, g, access, refresh, scopes)
}

// again gives the successor of a used refresh token once more, nil if it is too
// late for that or the successor was used: then somebody else had it.
func (d *Desk) again(ctx context.Context, tx *db.Tx, g *Grant, used *storedToken, secret string, scopes []string) (*Tokens, error) {
	if tx.Now().Sub(used.UsedAt) > grace {
		return nil, nil
	}
	access, refresh := d.vault.successor(secret, used.Nonce)
	next, err := d.token(ctx, tx, refresh)
	if err != nil || next == nil || !next.UsedAt.IsZero() || !next.inForce(tx.Now()) {
		return nil, err
	}
	given, err := d.token(ctx, tx, access)
	if err != nil || given == nil || !given.inForce(tx.Now()) {
		return nil, err
	}
	if !slices.Equal(given.Scopes, scopes) {
		return nil, refusal("invalid_scope", "The refresh token was used for other scopes a moment ago")
	}
	return d.answer(ctx, tx, g, access, refresh, given.Scopes, given.ExpiresAt.Sub(tx.Now()).Truncate(time.Second))
}

// ClientCredentials gives an app that may a token for its company, or for a
// location of it, without a person and without a refresh token (RFC 6749 §4.4).
func (d *Desk) ClientCredentials(ctx context.Context, c Client, locationID, scope string) (*Tokens, error) {
	var t *Tokens
	err := d.db.Write(ctx, db.System, func(ctx context.Context, tx *db.Tx) error {
		app, err := d.client(ctx, tx, c)
		if err != nil {
			return err
		}
		if !app.Credentials || app.Public {
			return refusal("unauthorized_client", "The client may not ask for a token without a person")
		}
		scopes, err := narrow(scope, app.Scopes)
		if err != nil {
			return err
		}
		g, err := ownGrant(ctx, tx, app, locationID)
		if err != nil {
			return err
		}
		if ok, err := standing(ctx, tx, g); err != nil || !ok {
			return first(err, refusal("invalid_grant", "The company or location is closed"))
		}
		t, err = d.pair(ctx, tx, g, newAccess(), "", scopes)
		return err
	})
	return t, err
}

// ownGrant finds or makes the grant of an app that asks for itself.
func ownGrant(ctx context.Context, tx *db.Tx, app *App, locationID string) (*Grant, error) {
	if locationID != "" {
		l, err := crm.LocationByID(ctx, tx, locationID)
		if unless(err) != nil {
			return nil, err
		}
		if err != nil || l.CompanyID != app.CompanyID {
			return nil, refusal("invalid_request", "There is no such location in the company of the client")
		}
	}
	all, err := liveGrants(ctx, tx, app.CompanyID, app.ID)
	if err != nil {
		return nil, err
	}
	for i := range all {
		if g := &all[i]; g.UserID == "" && g.ParentID == "" && !g.lasting() && g.LocationID == locationID {
			return g, nil
		}
	}
	return addGrant(ctx, tx, Grant{AppID: app.ID, CompanyID: app.CompanyID, LocationID: locationID, Scopes: app.Scopes})
}

// CompanyToken makes a token of an app for its whole company that does not
// expire, for somebody who may decide that. It ends all that were made so before.
func (v *Vault) CompanyToken(ctx context.Context, tx *db.Tx, app *App, userID string) (string, error) {
	all, err := liveGrants(ctx, tx, app.CompanyID, app.ID)
	if err != nil {
		return "", err
	}
	for i := range all {
		if g := &all[i]; g.lasting() {
			if err := endGrant(ctx, tx, g); err != nil {
				return "", err
			}
		}
	}
	g, err := addGrant(ctx, tx, Grant{AppID: app.ID, CompanyID: app.CompanyID, UserID: userID, Scopes: app.Scopes, ExpiresAt: tx.Now().Add(lasting)})
	if err != nil {
		return "", err
	}
	secret := newAccess()
	return secret, tokens.Insert(ctx, tx, &storedToken{Hash: v.Hash(oauthToken, secret), Kind: accessKind, GrantID: g.ID, AppID: app.ID, Scopes: app.Scopes, CreatedAt: tx.Now()})
}

// lasting is as good as for ever.
const lasting = 100 * 365 * 24 * time.Hour

func (g *Grant) lasting() bool { return g.ExpiresAt.Sub(g.CreatedAt) >= lasting }

// HasCompanyToken reports whether an app has a token of CompanyToken.
func HasCompanyToken(ctx context.Context, tx *db.Tx, app *App) (bool, error) {
	all, err := liveGrants(ctx, tx, app.CompanyID, app.ID)
	return slices.ContainsFunc(all, func(g Grant) bool { return g.lasting() }), err
}
