package auth

import (
	"context"
	"encoding/base64"
	"time"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/id"
)

// storedToken is an access or refresh token as it is kept.
type storedToken struct {
	Hash      string
	Kind      string // access or refresh
	GrantID   string
	AppID     string
	Scopes    []string
	Nonce     string // of a refresh token that was used: see successor
	CreatedAt time.Time
	ExpiresAt time.Time // zero for never
	UsedAt    time.Time // of a refresh token
	EndedAt   time.Time
}

var tokens = db.NewTable("oauth_tokens", []string{"hash"}, func(t *storedToken) []db.Column {
	return []db.Column{
		{Name: "hash", At: &t.Hash}, {Name: "kind", At: &t.Kind}, {Name: "grant_id", At: &t.GrantID}, {Name: "app_id", At: &t.AppID},
		{Name: "scopes", At: db.JSON(&t.Scopes, "[]")}, {Name: "nonce", At: &t.Nonce}, {Name: "created_at", At: db.Millis(&t.CreatedAt)},
		{Name: "expires_at", At: db.Millis(&t.ExpiresAt)}, {Name: "used_at", At: db.Millis(&t.UsedAt)}, {Name: "ended_at", At: db.Millis(&t.EndedAt)},
	}
})

const (
	accessKind  = "access"
	refreshKind = "refresh"

	// The beginnings of tokens, by which a scanner for leaked secrets knows them.
	accessPrefix  = "foa_"
	refreshPrefix = "for_"

	accessLife  = 24 * time.Hour       // contract.md §3
	refreshLife = 365 * 24 * time.Hour // unless it is used before
	// grace is how long a refresh token that was used gives the same successor:
	// the answer with it may have been lost on its way.
	grace = 30 * time.Second
)

// Tokens is what an app gets.
type Tokens struct {
	Access    string
	Refresh   string // "" for none
	Scopes    []string
	ExpiresIn time.Duration // of the access token; 0 for never
	Grant     *Grant
	Locations []string // that a company's grant covers
}

// RefreshID names the refresh token in answers and says nothing of it.
func (t *Tokens) RefreshID(v *Vault) string { return v.Hash("oauth refresh id", t.Refresh)[:24] }

// pair stores a new access token, and a refresh token unless refresh is "".
func (d *Desk) pair(ctx context.Context, tx *db.Tx, g *Grant, access, refresh string, scopes []string) (*Tokens, error) {
	if err := d.store(ctx, tx, g, accessKind, access, scopes, tx.Now().Add(accessLife)); err != nil {
		return nil, err
	}
	if refresh != "" {
		if err := d.store(ctx, tx, g, refreshKind, refresh, g.Scopes, tx.Now().Add(refreshLife)); err != nil {
			return nil, err
		}
	}
	return d.answer(ctx, tx, g, access, refresh, scopes, accessLife)
}

func (d *Desk) store(ctx context.Context, tx *db.Tx, g *Grant, kind, secret string, scopes []string, until time.Time) error {
	return tokens.Insert(ctx, tx, &storedToken{Hash: d.vault.Hash(oauthToken, secret), Kind: kind, GrantID: g.ID, AppID: g.AppID, Scopes: scopes, CreatedAt: tx.Now(), ExpiresAt: until})
}

func (d *Desk) answer(ctx context.Context, tx *db.Tx, g *Grant, access, refresh string, scopes []string, life time.Duration) (*Tokens, error) {
	t := &Tokens{Access: access, Refresh: refresh, Scopes: scopes, ExpiresIn: life, Grant: g}
	if g.LocationID != "" {
		return t, nil
	}
	all, err := crm.Locations(ctx, tx, g.CompanyID)
	for _, l := range all {
		if g.Covers(l.ID) && l.DisabledAt.IsZero() {
			t.Locations = append(t.Locations, l.ID)
		}
	}
	return t, err
}

func newAccess() string  { return accessPrefix + id.Secret(40) }
func newRefresh() string { return refreshPrefix + id.Secret(40) }

// successor gives the tokens that follow a refresh token. They are made of it,
// of a nonce in its row and of the master key, so that they can be given twice
// without being kept.
func (v *Vault) successor(used, nonce string) (access, refresh string) {
	make := func(what, prefix string) string {
		return prefix + base64.RawURLEncoding.EncodeToString(v.sum("oauth successor "+what, nonce+"\x00"+used))
	}
	return make("access", accessPrefix), make("refresh", refreshPrefix)
}

// token finds a token, and locks its row.
func (d *Desk) token(ctx context.Context, tx *db.Tx, secret string) (*storedToken, error) {
	return tokens.One(ctx, tx, "WHERE hash = $1 /*postgres FOR UPDATE*/", d.vault.Hash(oauthToken, secret))
}

func (t *storedToken) inForce(now time.Time) bool {
	return t.EndedAt.IsZero() && (t.ExpiresAt.IsZero() || now.Before(t.ExpiresAt))
}

// standing reports whether what is behind a grant is in force: the grant
// itself, its app, its company, its location, its user.
func standing(ctx context.Context, tx *db.Tx, g *Grant) (bool, error) {
	if !g.inForce(tx.Now()) {
		return false, nil
	}
	_, err := grantCaller(ctx, tx, g)
	return err == nil, unless(err)
}

// Sweep forgets codes, tokens, grants and sign-ins that ended a while ago.
func (d *Desk) Sweep(ctx context.Context) error {
	const kept = 30 * 24 * time.Hour // ended grants, for whoever looks
	return d.db.Write(ctx, db.System, func(ctx context.Context, tx *db.Tx) error {
		now := tx.Now()
		for _, s := range []struct {
			query  string
			before time.Time
		}{
			{"DELETE FROM oauth_codes WHERE expires_at < $1", now.Add(-24 * time.Hour)},
			{"DELETE FROM oauth_tokens WHERE expires_at > 0 AND expires_at < $1", now},
			{"DELETE FROM oauth_tokens WHERE grant_id IN (SELECT id FROM oauth_grants WHERE ended_at > 0 AND ended_at < $1)", now.Add(-kept)},
			{"DELETE FROM oauth_grants WHERE ended_at > 0 AND ended_at < $1 OR expires_at < $1", now.Add(-kept)},
			{"DELETE FROM sessions WHERE expires_at < $1", now},
			{"DELETE FROM sessions WHERE used_at < $1", now.Add(-SessionIdle - time.Hour)},
			{"DELETE FROM user_links WHERE expires_at < $1", now},
			{"DELETE FROM sign_in_tries WHERE until < $1", now},
		} {
			if _, err := tx.Exec(ctx, s.query, s.before.UnixMilli()); err != nil {
				return err
			}
		}
		return nil
	})
}
