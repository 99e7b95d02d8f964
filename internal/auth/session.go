package auth

import (
	"context"
	"crypto/subtle"
	"fmt"
	"time"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/id"
	"github.com/foyer-crm/foyer/internal/norm"
)

// session is a sign-in of a person's browser as it is kept.
type session struct {
	Hash      string // of the cookie
	UserID    string
	Mark      string // of the password that opened it: another one ends it
	CreatedAt time.Time
	ExpiresAt time.Time
}

var sessions = db.NewTable("sessions", []string{"hash"}, func(s *session) []db.Column {
	return []db.Column{
		{Name: "hash", At: &s.Hash}, {Name: "user_id", At: &s.UserID}, {Name: "mark", At: &s.Mark},
		{Name: "created_at", At: db.Millis(&s.CreatedAt)}, {Name: "expires_at", At: db.Millis(&s.ExpiresAt)},
	}
})

// SessionLife is how long a sign-in lasts.
const SessionLife = 12 * time.Hour

// mark is what a session keeps of a password.
func (v *Vault) mark(u *crm.User) string { return v.Hash("password mark", u.PasswordHash) }

// tryLimit is how many sign-ins may fail before the next are not looked at.
type tryLimit struct {
	key  string
	most int64
}

// trySpan is how long failed sign-ins count.
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

// SignIn checks a password and opens a session, whose secret is for the
// browser's cookie. Unauthorized, without saying why, for a wrong pair; Limited
// after too many of those.
func (d *Desk) SignIn(ctx context.Context, p *Passwords, email, password, address string) (cookie string, u *crm.User, err error) {
	account, _ := norm.Email(email)
	limits := d.vault.limits(account, address)
	if err := d.try(ctx, limits); err != nil {
		return "", nil, err
	}
	var company *crm.Company
	err = d.db.Read(ctx, db.System, func(ctx context.Context, tx *db.Tx) (err error) {
		if u, err = crm.UserByEmail(ctx, tx, email); err != nil || u == nil {
			return err
		}
		company, err = crm.CompanyByID(ctx, tx, u.CompanyID)
		return err
	})
	if err != nil {
		return "", nil, err
	}
	stored := ""
	if u != nil && account != "" && u.DisabledAt.IsZero() && company.DisabledAt.IsZero() {
		stored = u.PasswordHash
	}
	right, err := p.Check(ctx, password, stored)
	if err != nil {
		return "", nil, fmt.Errorf("checking a password: %w", err)
	}
	if !right {
		return "", nil, unauthorized()
	}
	return d.open(ctx, u.ID, stored, limits)
}

// open makes a session of a user whose password was right a moment ago.
func (d *Desk) open(ctx context.Context, userID, stored string, limits []tryLimit) (cookie string, u *crm.User, err error) {
	cookie = id.Secret(43)
	err = d.db.Write(ctx, db.System, func(ctx context.Context, tx *db.Tx) (err error) {
		u, err = crm.ChangeUser(ctx, tx, userID, func(u *crm.User) { u.LastSignInAt = tx.Now() })
		if err != nil {
			return err
		}
		if u.PasswordHash != stored || !u.DisabledAt.IsZero() {
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
		return sessions.Insert(ctx, tx, &session{Hash: d.vault.Hash(sessionName, cookie), UserID: u.ID, Mark: d.vault.mark(u), CreatedAt: tx.Now(), ExpiresAt: tx.Now().Add(SessionLife)})
	})
	return cookie, u, err
}

// try counts a sign-in before it is looked at, so that many at once are no more
// than one after another.
func (d *Desk) try(ctx context.Context, limits []tryLimit) error {
	var over bool
	err := d.db.Write(ctx, db.System, func(ctx context.Context, tx *db.Tx) error {
		over = false
		now := tx.Now().UnixMilli()
		for _, l := range limits {
			if err := tx.Do(ctx, `INSERT INTO sign_in_tries (key, tries, until) VALUES ($1, 1, $2) ON CONFLICT (key) DO UPDATE SET
				tries = CASE WHEN sign_in_tries.until < $3 THEN 1 ELSE sign_in_tries.tries + 1 END,
				until = CASE WHEN sign_in_tries.until < $3 THEN excluded.until ELSE sign_in_tries.until END`, l.key, now+trySpan.Milliseconds(), now); err != nil {
				return err
			}
			var n int64
			if _, err := tx.Get(ctx, []any{&n}, "SELECT tries FROM sign_in_tries WHERE key = $1", l.key); err != nil {
				return err
			}
			over = over || n > l.most
		}
		return nil
	})
	if err == nil && over {
		err = errs.New(errs.Limited, "Too many sign-ins that did not succeed. Try again in a quarter of an hour.")
	}
	return err
}

// SignedIn gives the user of a session. Unauthorized if there is none, or it
// ended: with its time, with the user, or with their password.
func (d *Desk) SignedIn(ctx context.Context, cookie string) (*crm.User, error) {
	var u *crm.User
	err := d.db.Read(ctx, db.System, func(ctx context.Context, tx *db.Tx) error {
		s, err := sessions.One(ctx, tx, "WHERE hash = $1", d.vault.Hash(sessionName, cookie))
		if err != nil {
			return err
		}
		if s == nil || !tx.Now().Before(s.ExpiresAt) {
			return unauthorized()
		}
		if u, err = crm.UserByID(ctx, tx, s.UserID); err != nil {
			return orUnauthorized(err)
		}
		company, err := crm.CompanyByID(ctx, tx, u.CompanyID)
		if err != nil {
			return orUnauthorized(err)
		}
		if subtle.ConstantTimeCompare([]byte(s.Mark), []byte(d.vault.mark(u))) != 1 || !u.DisabledAt.IsZero() || !company.DisabledAt.IsZero() {
			return unauthorized()
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return u, nil
}

// SignOut ends a session.
func (d *Desk) SignOut(ctx context.Context, cookie string) error {
	return d.db.Write(ctx, db.System, func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, "DELETE FROM sessions WHERE hash = $1", d.vault.Hash(sessionName, cookie))
		return err
	})
}
