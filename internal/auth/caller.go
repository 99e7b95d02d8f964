package auth

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
)

// Caller is who a key stands for.
type Caller struct {
	Actor    crm.Actor
	Key      *Key
	Location *crm.Location // nil for a key or token of a whole company
	User     *crm.User     // nil for a key of no person
	Partner  *Key          // the partner's own key behind one that a user gave a partner, nil for others

	// Left is what the request leaves of a rate limit, nil where none counts.
	Left *Left

	grant *Grant // of an access token
}

// Desk looks keys up. It remembers good ones for a second, so that what is
// disabled stays out a second later everywhere, and notes when each was last
// used. Make one with NewDesk.
type Desk struct {
	db    *db.DB
	vault *Vault

	mu    sync.Mutex
	known map[string]remembered
	age   int64                // counts what was forgotten on purpose
	used  map[string]time.Time // by key id, not yet written
	seen  map[string]time.Time // by hash of a session, not yet written

	meter meter
}

type remembered struct {
	caller Caller
	until  time.Time
}

const (
	memory   = time.Second
	mostKeys = 10000 // remembered at once
)

// NewDesk makes a Desk.
func NewDesk(d *db.DB, v *Vault) *Desk {
	return &Desk{db: d, vault: v, known: map[string]remembered{}, used: map[string]time.Time{}, seen: map[string]time.Time{}}
}

// Vault gives the vault the desk checks with.
func (d *Desk) Vault() *Vault { return d.vault }

// Caller gives who a secret of an API stands for. kinds are those that are
// welcome, none is all. Unauthorized, without saying why, for everybody else.
func (d *Desk) Caller(ctx context.Context, api, secret string, kinds ...string) (*Caller, error) {
	if secret == "" || len(secret) > 512 {
		return nil, unauthorized()
	}
	hash := d.vault.Hash(api, secret)
	c, age, ok := d.remember(hash)
	if !ok {
		err := d.db.Read(ctx, db.System, func(ctx context.Context, tx *db.Tx) (err error) {
			c, err = d.callerOf(ctx, tx, api, secret, hash)
			return err
		})
		if err != nil {
			return nil, err
		}
		d.learn(hash, c, age)
	}
	if len(kinds) > 0 && !slices.Contains(kinds, c.Key.Kind) {
		return nil, unauthorized()
	}
	d.mu.Lock()
	d.used[c.Key.ID] = time.Now()
	d.mu.Unlock()
	return &c, nil
}

// CallerOf gives who a key or a grant stands for, by its id: to replay what came
// in with it.
func (d *Desk) CallerOf(ctx context.Context, keyID string) (*Caller, error) {
	var c Caller
	err := d.db.Read(ctx, db.System, func(ctx context.Context, tx *db.Tx) error {
		k, err := KeyByID(ctx, tx, keyID)
		if err == nil {
			c, err = caller(ctx, tx, k)
			return err
		}
		if g, e := grants.One(ctx, tx, "WHERE id = $1", keyID); e != nil || g != nil {
			if e == nil {
				c, e = grantCaller(ctx, tx, g)
			}
			return e
		}
		return err
	})
	return &c, err
}

func unauthorized() error { return errs.New(errs.Unauthorized, "Unauthorized") }

// caller resolves a key to its Actor. Whatever stands behind it must be in
// force: the key, its location and company, its user, its partner.
func caller(ctx context.Context, tx *db.Tx, k *Key) (Caller, error) {
	dead := func(t time.Time) bool { return !t.IsZero() }
	if dead(k.DisabledAt) || !k.ExpiresAt.IsZero() && !tx.Now().Before(k.ExpiresAt) {
		return Caller{}, unauthorized()
	}
	l, company, err := place(ctx, tx, k)
	if err != nil {
		return Caller{}, err
	}
	if l != nil && dead(l.DisabledAt) || dead(company.DisabledAt) {
		return Caller{}, unauthorized()
	}
	c := Caller{Key: k, Location: l, Actor: crm.Actor{LocationID: k.LocationID, CompanyID: company.ID, UserID: k.UserID, CredentialID: k.ID, PartnerID: k.PartnerID, Origin: k.API, Scopes: k.Scopes}}
	if k.UserID != "" {
		if c.User, err = crm.UserByID(ctx, tx, k.UserID); err != nil {
			return Caller{}, err
		}
		if dead(c.User.DisabledAt) {
			return Caller{}, unauthorized()
		}
		c.Actor.ReadOnly = c.User.Profile.ReadOnly && k.API == HighLevel // by the other doors it is others who come
	}
	if k.PartnerID != "" {
		if c.Partner, err = KeyByID(ctx, tx, k.PartnerID); err != nil {
			return Caller{}, err
		}
		if dead(c.Partner.DisabledAt) {
			return Caller{}, unauthorized()
		}
	}
	return c, nil
}

// place gives the location of a key, nil for one of a whole company, and the
// company.
func place(ctx context.Context, tx *db.Tx, k *Key) (*crm.Location, *crm.Company, error) {
	if k.LocationID == "" && k.CompanyID != "" {
		company, err := crm.CompanyByID(ctx, tx, k.CompanyID)
		return nil, company, err
	}
	l, err := crm.LocationByID(ctx, tx, k.LocationID)
	if err != nil {
		return nil, nil, err
	}
	company, err := crm.CompanyByID(ctx, tx, l.CompanyID)
	return l, company, err
}

// remember gives the caller of a hash; age goes to learn with what is looked up
// otherwise.
func (d *Desk) remember(hash string) (c Caller, age int64, ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	r, ok := d.known[hash]
	return r.caller, d.age, ok && time.Now().Before(r.until)
}

func (d *Desk) learn(hash string, c Caller, age int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if age != d.age {
		return // something was ended since the look-up began: perhaps this
	}
	if len(d.known) >= mostKeys {
		clear(d.known)
	}
	d.known[hash] = remembered{c, time.Now().Add(memory)}
}

// Flush writes down when keys and sessions were last used.
func (d *Desk) Flush(ctx context.Context) error {
	d.mu.Lock()
	used := d.used
	d.used = map[string]time.Time{}
	d.mu.Unlock()
	if err := d.flushSessions(ctx); err != nil || len(used) == 0 {
		return err
	}
	return d.db.Write(ctx, db.System, func(ctx context.Context, tx *db.Tx) error {
		for keyID, at := range used {
			for _, query := range []string{
				"UPDATE api_keys SET last_used_at = $2 WHERE id = $1 AND last_used_at < $2",
				"UPDATE oauth_grants SET last_used_at = $2 WHERE id = $1 AND last_used_at < $2",
			} {
				if err := tx.Do(ctx, query, keyID, at.UnixMilli()); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// CheckMasterKey returns ErrMasterKey if a sealed key in the database cannot be
// opened, or if there are only others although the master key is fresh.
func CheckMasterKey(ctx context.Context, d *db.DB, v *Vault, fresh bool) error {
	return d.Read(ctx, db.System, func(ctx context.Context, tx *db.Tx) error {
		k, err := keys.One(ctx, tx, "ORDER BY sealed DESC LIMIT 1")
		if err != nil || k == nil {
			return err
		}
		if k.Sealed == "" && fresh {
			return ErrMasterKey
		}
		if k.Sealed != "" {
			if _, err := v.Open(k.Sealed, k.ID); err != nil {
				return ErrMasterKey
			}
		}
		return nil
	})
}
