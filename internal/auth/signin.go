package auth

import (
	"context"
	"fmt"
	"time"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/norm"
)

// tryLimit is how many tries there may be before the next are not looked at.
type tryLimit struct {
	key  string
	most int64
}

// trySpan is how long tries count.
const trySpan = 15 * time.Minute

// limits are those of one sign-in: few for one account from one address, more
// for an account or an address by itself, so that neither guessing at one
// account from everywhere nor at all accounts from one address leads far, and
// nobody is shut out by somebody else's few tries.
func (v *Vault) limits(account, address string) []tryLimit {
	return []tryLimit{
		{v.Hash("tries both", account+"\x00"+address), 10},
		{v.Hash("tries account", account), 100},
		{v.Hash("tries address", address), 100},
	}
}

// Entry is what a sign-in leads to: a session, or the question for the code of
// the second factor, which Pending is to come back with.
type Entry struct {
	Cookie  string // the session's secret, for the browser's cookie
	Pending string
	User    *crm.User // nil where a code is asked for
}

// SignIn checks a password and opens a session for who has no second factor. See
// Enter.
func (d *Desk) SignIn(ctx context.Context, p *Passwords, email, password, address string) (cookie string, u *crm.User, err error) {
	e, err := d.Enter(ctx, p, email, password, Browser{Address: address})
	if err == nil && e.Cookie == "" {
		err = errs.New(errs.Unauthorized, "a code is asked for")
	}
	return e.Cookie, e.User, err
}

// Enter checks a password and opens a session, or asks for the code of the second
// factor. Unauthorized, without saying why, for a wrong pair; Limited after too
// many of those.
func (d *Desk) Enter(ctx context.Context, p *Passwords, email, password string, from Browser) (Entry, error) {
	account, _ := norm.Email(email)
	limits := d.vault.limits(account, from.Address)
	if err := d.try(ctx, limits); err != nil {
		return Entry{}, err
	}
	var u *crm.User
	var company *crm.Company
	var second bool
	err := d.db.Read(ctx, db.System, func(ctx context.Context, tx *db.Tx) (err error) {
		if u, err = crm.UserByEmail(ctx, tx, email); err != nil || u == nil {
			return err
		}
		if second, err = hasSecond(ctx, tx, u.ID); err != nil {
			return err
		}
		company, err = crm.CompanyByID(ctx, tx, u.CompanyID)
		return err
	})
	if err != nil {
		return Entry{}, err
	}
	stored := ""
	if u != nil && account != "" && u.DisabledAt.IsZero() && company.DisabledAt.IsZero() {
		stored = u.PasswordHash
	}
	right, err := p.Check(ctx, password, stored)
	if err != nil {
		return Entry{}, fmt.Errorf("checking a password: %w", err)
	}
	if !right {
		return Entry{}, unauthorized()
	}
	if second {
		pending, err := d.pend(u, account)
		return Entry{Pending: pending}, err
	}
	return d.open(ctx, u.ID, from, limits, func(_ context.Context, _ *db.Tx, u *crm.User) (bool, error) { return u.PasswordHash == stored, nil })
}

// open makes a session of a user if they are still who they were a moment ago.
// limits gives back what the sign-in took.
func (d *Desk) open(ctx context.Context, userID string, from Browser, limits []tryLimit, still func(ctx context.Context, tx *db.Tx, u *crm.User) (bool, error)) (e Entry, err error) {
	err = d.db.Write(ctx, db.System, func(ctx context.Context, tx *db.Tx) (err error) {
		e = Entry{}
		u, err := crm.ChangeUser(ctx, tx, userID, func(u *crm.User) { u.LastSignInAt = tx.Now() })
		if err != nil {
			return orUnauthorized(err)
		}
		ok, err := still(ctx, tx, u)
		if err != nil {
			return err
		}
		if !ok || !u.DisabledAt.IsZero() {
			return unauthorized() // changed meanwhile
		}
		for _, l := range limits {
			// what this sign-in took is given back; of its own pair all is forgotten
			if err := tx.Do(ctx, "UPDATE sign_in_tries SET tries = tries - 1 WHERE key = $1", l.key); err != nil {
				return err
			}
		}
		if err := tx.Do(ctx, "DELETE FROM sign_in_tries WHERE key = $1", limits[0].key); err != nil {
			return err
		}
		e.User = u
		e.Cookie, err = d.newSession(ctx, tx, u, from)
		return err
	})
	if err != nil {
		return Entry{}, err
	}
	return e, nil
}

// try counts a try before it is looked at, so that many at once are no more than
// one after another.
func (d *Desk) try(ctx context.Context, limits []tryLimit) error {
	var over bool
	err := d.db.Write(ctx, db.System, func(ctx context.Context, tx *db.Tx) (err error) {
		over, err = tried(ctx, tx, limits)
		return err
	})
	if err == nil && over {
		err = errs.New(errs.Limited, "Too many tries that did not succeed. Try again in a quarter of an hour.")
	}
	return err
}

// tried counts a try, and reports whether it is one too many.
func tried(ctx context.Context, tx *db.Tx, limits []tryLimit) (over bool, err error) {
	now := tx.Now().UnixMilli()
	for _, l := range limits {
		if err := tx.Do(ctx, `INSERT INTO sign_in_tries (key, tries, until) VALUES ($1, 1, $2) ON CONFLICT (key) DO UPDATE SET
			tries = CASE WHEN sign_in_tries.until < $3 THEN 1 ELSE sign_in_tries.tries + 1 END,
			until = CASE WHEN sign_in_tries.until < $3 THEN excluded.until ELSE sign_in_tries.until END`, l.key, now+trySpan.Milliseconds(), now); err != nil {
			return false, err
		}
		var n int64
		if _, err := tx.Get(ctx, []any{&n}, "SELECT tries FROM sign_in_tries WHERE key = $1", l.key); err != nil {
			return false, err
		}
		over = over || n > l.most
	}
	return over, nil
}
