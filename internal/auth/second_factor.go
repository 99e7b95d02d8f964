package auth

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
	"github.com/pquerna/otp/totp"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/id"
)

// secondFactor is a secret that an app on a phone makes codes of (RFC 6238), as
// it is kept.
type secondFactor struct {
	UserID    string
	Sealed    string
	Confirmed bool
	LastStep  int64 // of time: a code of it or before is not taken again
	CreatedAt time.Time
}

var secondFactors = db.NewTable("second_factors", []string{"user_id"}, func(f *secondFactor) []db.Column {
	return []db.Column{
		{Name: "user_id", At: &f.UserID}, {Name: "sealed", At: &f.Sealed}, {Name: "confirmed", At: &f.Confirmed},
		{Name: "last_step", At: &f.LastStep}, {Name: "created_at", At: db.Millis(&f.CreatedAt)},
	}
})

const (
	codeStep      = 30 // seconds, as every app takes it to be
	recoveryCount = 10
	pendingLife   = 10 * time.Minute // to type a code in
	sealedSecond  = "second factor " // with the user's id
	sealedPending = "pending sign-in"
)

// codeLimits are those of the codes of one account. Few are enough: a code comes
// after the right password only.
func (v *Vault) codeLimits(userID string) []tryLimit {
	return []tryLimit{{v.Hash("tries code", userID), 5}}
}

func hasSecond(ctx context.Context, tx *db.Tx, userID string) (bool, error) {
	f, err := secondFactors.One(ctx, tx, "WHERE user_id = $1", userID)
	return f != nil && f.Confirmed, err
}

// HasSecond reports whether a user has a second factor.
func (d *Desk) HasSecond(ctx context.Context, userID string) (has bool, err error) {
	err = d.db.Read(ctx, db.System, func(ctx context.Context, tx *db.Tx) (err error) {
		has, err = hasSecond(ctx, tx, userID)
		return err
	})
	return has, err
}

// pend gives what the question for a code comes back with: that the password of a
// user was right. Only this server can have written it.
func (d *Desk) pend(u *crm.User, account string) (string, error) {
	until := time.Now().Add(pendingLife).UnixMilli()
	return d.vault.Seal(strings.Join([]string{u.ID, d.vault.mark(u), strconv.FormatInt(until, 10), account}, "\n"), sealedPending)
}

// Finish checks the code that Enter asked for, or a recovery code, and opens the
// session. Unauthorized for a wrong one or one that was used, Limited after too
// many, NotFound if the question is too old.
func (d *Desk) Finish(ctx context.Context, pending, code string, from Browser) (Entry, error) {
	text, err := d.vault.Open(pending, sealedPending)
	const parts = 4
	said := strings.Split(text, "\n")
	if err != nil || len(said) != parts {
		return Entry{}, errs.New(errs.NotFound, "Sign in again")
	}
	until, err := strconv.ParseInt(said[2], 10, 64)
	if err != nil || time.Now().UnixMilli() > until {
		return Entry{}, errs.New(errs.NotFound, "Sign in again")
	}
	userID, mark, account := said[0], said[1], said[3]
	codes := d.vault.codeLimits(userID)
	if err := d.try(ctx, codes); err != nil {
		return Entry{}, err
	}
	limits := append(d.vault.limits(account, from.Address), codes...)
	e, err := d.open(ctx, userID, from, limits, func(ctx context.Context, tx *db.Tx, u *crm.User) (bool, error) {
		if d.vault.mark(u) != mark {
			return false, nil
		}
		return d.spend(ctx, tx, userID, code)
	})
	if err != nil {
		return Entry{}, err
	}
	return e, nil
}

// spend takes a code of the app or a recovery code, each once.
func (d *Desk) spend(ctx context.Context, tx *db.Tx, userID, code string) (bool, error) {
	code = strings.ToLower(strings.NewReplacer(" ", "", "-", "").Replace(code))
	f, err := secondFactors.One(ctx, tx, "WHERE user_id = $1", userID)
	if err != nil || f == nil || !f.Confirmed {
		return false, err
	}
	step, ok, err := d.step(f, code, tx.Now())
	if err != nil {
		return false, err
	}
	if ok {
		n, err := tx.Exec(ctx, "UPDATE second_factors SET last_step = $2 WHERE user_id = $1 AND last_step < $2", userID, step)
		return n == 1, err
	}
	n, err := tx.Exec(ctx, "DELETE FROM recovery_codes WHERE user_id = $1 AND hash = $2", userID, d.vault.Hash("recovery code", userID+"\x00"+code))
	return n == 1, err
}

// step gives the step of time that a code is of: the present one, or the one
// before or after, for clocks that differ.
func (d *Desk) step(f *secondFactor, code string, now time.Time) (step int64, ok bool, err error) {
	secret, err := d.vault.Open(f.Sealed, sealedSecond+f.UserID)
	if err != nil {
		return 0, false, err
	}
	present := now.Unix() / codeStep
	for step := present - 1; step <= present+1; step++ {
		valid, err := hotp.ValidateCustom(code, uint64(step), secret, hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1}) // #nosec G115 -- time is positive
		if err == nil && valid {
			return step, true, nil
		}
	}
	return 0, false, nil
}

// BeginSecond makes the secret of a second factor, which is in force after
// ConfirmSecond. Unauthorized for a wrong password, Conflict if there is one in
// force.
func (d *Desk) BeginSecond(ctx context.Context, p *Passwords, u *crm.User, password string) error {
	if err := d.sure(ctx, p, u, password); err != nil {
		return err
	}
	key, err := totp.Generate(totp.GenerateOpts{Issuer: "Foyer", AccountName: u.Email, SecretSize: 20})
	if err != nil {
		return fmt.Errorf("making a second factor: %w", err)
	}
	sealed, err := d.vault.Seal(key.Secret(), sealedSecond+u.ID)
	if err != nil {
		return err
	}
	return d.db.Write(ctx, db.System, func(ctx context.Context, tx *db.Tx) error {
		has, err := hasSecond(ctx, tx, u.ID)
		if err == nil && has {
			err = errs.New(errs.Conflict, "There is a second factor already")
		}
		if err != nil {
			return err
		}
		return secondFactors.Put(ctx, tx, &secondFactor{UserID: u.ID, Sealed: sealed, CreatedAt: tx.Now()})
	})
}

// SecondBegun gives the secret of a second factor that is not confirmed yet, and
// the address that an app reads off a QR code; "" if there is none.
func (d *Desk) SecondBegun(ctx context.Context, u *crm.User) (secret, address string, err error) {
	err = d.db.Read(ctx, db.System, func(ctx context.Context, tx *db.Tx) error {
		f, err := secondFactors.One(ctx, tx, "WHERE user_id = $1", u.ID)
		if err != nil || f == nil || f.Confirmed {
			return err
		}
		secret, err = d.vault.Open(f.Sealed, sealedSecond+u.ID)
		return err
	})
	if err != nil || secret == "" {
		return "", "", err
	}
	at := url.URL{Scheme: "otpauth", Host: "totp", Path: "/Foyer:" + u.Email, RawQuery: "issuer=Foyer&secret=" + secret}
	return secret, at.String(), nil
}

// ConfirmSecond puts a second factor in force with a code of it. It gives the
// recovery codes, which are shown this once, and a new session in the place of
// all others. Unauthorized for a wrong code, Limited after too many.
func (d *Desk) ConfirmSecond(ctx context.Context, u *crm.User, code string, from Browser) (recovery []string, cookie string, err error) {
	if err := d.try(ctx, d.vault.codeLimits(u.ID)); err != nil {
		return nil, "", err
	}
	recovery = make([]string, recoveryCount)
	for i := range recovery {
		s := strings.ToLower(id.Secret(12))
		recovery[i] = s[:4] + "-" + s[4:8] + "-" + s[8:]
	}
	err = d.db.Write(ctx, db.System, func(ctx context.Context, tx *db.Tx) error {
		f, err := secondFactors.One(ctx, tx, "WHERE user_id = $1", u.ID)
		if err != nil {
			return err
		}
		if f == nil || f.Confirmed {
			return errs.New(errs.Conflict, "Begin again")
		}
		step, ok, err := d.step(f, strings.ReplaceAll(code, " ", ""), tx.Now())
		if err != nil {
			return err
		}
		if !ok {
			return unauthorized()
		}
		f.Confirmed, f.LastStep = true, step
		if err := secondFactors.Update(ctx, tx, f); err != nil {
			return err
		}
		if err := d.forgetSecond(ctx, tx, u.ID, false); err != nil {
			return err
		}
		for _, s := range recovery {
			if err := tx.Do(ctx, "INSERT INTO recovery_codes (user_id, hash) VALUES ($1, $2)", u.ID, d.vault.Hash("recovery code", u.ID+"\x00"+strings.ReplaceAll(s, "-", ""))); err != nil {
				return err
			}
		}
		if err := crm.NoteUser(ctx, tx, crm.Actor{CompanyID: u.CompanyID, UserID: u.ID, Origin: uiOrigin}, u, "secondFactor", "on"); err != nil {
			return err
		}
		cookie, err = d.renew(ctx, tx, u, from)
		return err
	})
	if err != nil {
		return nil, "", err
	}
	return recovery, cookie, nil
}

// EndSecond ends the second factor of a user, who gives their password.
func (d *Desk) EndSecond(ctx context.Context, p *Passwords, u *crm.User, password string, from Browser) (cookie string, err error) {
	if err := d.sure(ctx, p, u, password); err != nil {
		return "", err
	}
	err = d.db.Write(ctx, db.System, func(ctx context.Context, tx *db.Tx) error {
		if err := d.forgetSecond(ctx, tx, u.ID, true); err != nil {
			return err
		}
		if err := crm.NoteUser(ctx, tx, crm.Actor{CompanyID: u.CompanyID, UserID: u.ID, Origin: uiOrigin}, u, "secondFactor", "off"); err != nil {
			return err
		}
		cookie, err = d.renew(ctx, tx, u, from)
		return err
	})
	return cookie, err
}

// ResetSecond ends the second factor of somebody that an admin reaches, and their
// sessions: for who lost their phone.
func (d *Desk) ResetSecond(ctx context.Context, tx *db.Tx, by crm.Actor, userID string) error {
	u, err := crm.ManagedUser(ctx, tx, by, userID)
	if err != nil {
		return err
	}
	if err := d.forgetSecond(ctx, tx, u.ID, true); err != nil {
		return err
	}
	if err := tx.Do(ctx, "DELETE FROM sessions WHERE user_id = $1", u.ID); err != nil {
		return err
	}
	return crm.NoteUser(ctx, tx, by, u, "secondFactor", "off")
}

func (d *Desk) forgetSecond(ctx context.Context, tx *db.Tx, userID string, whole bool) error {
	if err := tx.Do(ctx, "DELETE FROM recovery_codes WHERE user_id = $1", userID); err != nil || !whole {
		return err
	}
	return tx.Do(ctx, "DELETE FROM second_factors WHERE user_id = $1", userID)
}

// renew opens a new session of a user, and ends all others.
func (d *Desk) renew(ctx context.Context, tx *db.Tx, u *crm.User, from Browser) (cookie string, err error) {
	if err := tx.Do(ctx, "DELETE FROM sessions WHERE user_id = $1", u.ID); err != nil {
		return "", err
	}
	return d.newSession(ctx, tx, u, from)
}

// sure checks the password of somebody who is signed in already, for what needs
// more than that. The errors are Enter's.
func (d *Desk) sure(ctx context.Context, p *Passwords, u *crm.User, password string) error {
	limits := []tryLimit{{d.vault.Hash("tries known", u.ID), 10}}
	if err := d.try(ctx, limits); err != nil {
		return err
	}
	right, err := p.Check(ctx, password, u.PasswordHash)
	if err != nil {
		return fmt.Errorf("checking a password: %w", err)
	}
	if !right {
		return unauthorized()
	}
	return d.db.Write(ctx, db.System, func(ctx context.Context, tx *db.Tx) error {
		return tx.Do(ctx, "DELETE FROM sign_in_tries WHERE key = $1", limits[0].key)
	})
}

// WithSecond says which of some users have a second factor.
func WithSecond(ctx context.Context, tx *db.Tx, userIDs []string) (map[string]bool, error) {
	has := map[string]bool{}
	all, err := secondFactors.All(ctx, tx, "WHERE confirmed")
	for _, f := range all {
		has[f.UserID] = slices.Contains(userIDs, f.UserID)
	}
	return has, err
}
