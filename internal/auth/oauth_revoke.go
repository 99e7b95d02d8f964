package auth

import (
	"context"
	"time"

	"github.com/foyer-crm/foyer/internal/db"
)

// Revoke ends a token (RFC 7009): an access token alone, a refresh token with
// its whole family. An unknown token is no error. invalid_grant for one of
// another client.
func (d *Desk) Revoke(ctx context.Context, c Client, secret string) error {
	return d.ending(ctx, func(ctx context.Context, tx *db.Tx) error {
		app, err := d.client(ctx, tx, c)
		if err != nil {
			return err
		}
		t, err := d.token(ctx, tx, secret)
		if err != nil || t == nil {
			return err
		}
		if t.AppID != app.ID {
			return refusal("invalid_grant", "The token was given to another client")
		}
		if t.Kind == accessKind {
			if t.EndedAt.IsZero() {
				t.EndedAt = tx.Now()
			}
			return tokens.Update(ctx, tx, t)
		}
		g, err := grantByID(ctx, tx, t.GrantID)
		if err != nil {
			return err
		}
		return endGrant(ctx, tx, g)
	})
}

// Introspection is what a client may know of a token of its own (RFC 7662).
type Introspection struct {
	Kind      string // access or refresh
	Scopes    []string
	CreatedAt time.Time
	ExpiresAt time.Time // zero for never
	Grant     *Grant
}

// Introspect looks at a token of the client itself; nil for any other, and for
// one that is not in force. A client without a secret is refused: anybody could
// be it.
func (d *Desk) Introspect(ctx context.Context, c Client, secret string) (*Introspection, error) {
	var i *Introspection
	err := d.db.Read(ctx, db.System, func(ctx context.Context, tx *db.Tx) error {
		app, err := d.client(ctx, tx, c)
		if err != nil {
			return err
		}
		if app.Public {
			return badClient()
		}
		t, err := tokens.One(ctx, tx, "WHERE hash = $1", d.vault.Hash(oauthToken, secret))
		if err != nil || t == nil || t.AppID != app.ID || !t.inForce(tx.Now()) || !t.UsedAt.IsZero() {
			return err
		}
		g, err := grantByID(ctx, tx, t.GrantID)
		if err != nil {
			return err
		}
		ok, err := standing(ctx, tx, g)
		if ok {
			i = &Introspection{Kind: t.Kind, Scopes: t.Scopes, CreatedAt: t.CreatedAt, ExpiresAt: t.ExpiresAt, Grant: g}
		}
		return err
	})
	return i, err
}
