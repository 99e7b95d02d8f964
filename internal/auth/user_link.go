package auth

import (
	"context"
	"crypto/subtle"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/id"
	"github.com/foyer-crm/foyer/internal/norm"
)

// The kinds of links that people choose a password by.
const (
	LinkReset      = "reset"      // in the place of one that was forgotten
	LinkInvitation = "invitation" // the first one
)

// linkLives say how long a link is good.
var linkLives = map[string]time.Duration{LinkReset: time.Hour, LinkInvitation: 3 * 24 * time.Hour}

// userLink is a link as it is kept. A user has one: making another ends it.
type userLink struct {
	UserID    string
	Hash      string
	Kind      string
	Mark      string // of the password then: another one ends the link
	CreatedAt time.Time
	ExpiresAt time.Time
}

var userLinks = db.NewTable("user_links", []string{"user_id"}, func(l *userLink) []db.Column {
	return []db.Column{
		{Name: "user_id", At: &l.UserID}, {Name: "hash", At: &l.Hash}, {Name: "kind", At: &l.Kind}, {Name: "mark", At: &l.Mark},
		{Name: "created_at", At: db.Millis(&l.CreatedAt)}, {Name: "expires_at", At: db.Millis(&l.ExpiresAt)},
	}
})

const linkName = "user link"

// MayAskReset counts that somebody asked for a new password. Limited for an
// address that asks for many accounts; send is false where an account was asked
// for often, which whoever asks is not told.
func (d *Desk) MayAskReset(ctx context.Context, email, address string) (send bool, err error) {
	account, _ := norm.Email(email)
	if err := d.try(ctx, []tryLimit{{d.vault.Hash("asks address", address), 20}}); err != nil {
		return false, err
	}
	err = d.try(ctx, []tryLimit{{d.vault.Hash("asks account", account), 3}})
	if errs.Is(err, errs.Limited) {
		return false, nil
	}
	return err == nil && account != "", err
}

// NewLink makes the link of a kind for the user with an e-mail address, and ends
// the one before. It gives nil for nobody, and for somebody who is shut out.
func (d *Desk) NewLink(ctx context.Context, tx *db.Tx, email, kind string) (secret string, u *crm.User, err error) {
	u, err = crm.UserByEmail(ctx, tx, email)
	if err != nil || u == nil || !u.DisabledAt.IsZero() {
		return "", nil, err
	}
	secret = id.Secret(43)
	return secret, u, userLinks.Put(ctx, tx, &userLink{UserID: u.ID, Hash: d.vault.Hash(linkName, secret), Kind: kind, Mark: d.vault.mark(u), CreatedAt: tx.Now(), ExpiresAt: tx.Now().Add(linkLives[kind])})
}

// LinkUser gives whom a link is for, and its kind. NotFound for one that was used,
// is too old, or was never made.
func (d *Desk) LinkUser(ctx context.Context, secret string) (u *crm.User, kind string, err error) {
	err = d.db.Read(ctx, db.System, func(ctx context.Context, tx *db.Tx) (err error) {
		u, kind, err = d.linked(ctx, tx, secret)
		return err
	})
	return u, kind, err
}

func (d *Desk) linked(ctx context.Context, tx *db.Tx, secret string) (*crm.User, string, error) {
	gone := errs.New(errs.NotFound, "This link was used, or is too old")
	l, err := userLinks.One(ctx, tx, "WHERE hash = $1", d.vault.Hash(linkName, secret))
	if err != nil {
		return nil, "", err
	}
	if l == nil || !tx.Now().Before(l.ExpiresAt) {
		return nil, "", gone
	}
	u, err := crm.UserByID(ctx, tx, l.UserID)
	if err != nil {
		return nil, "", err
	}
	if !u.DisabledAt.IsZero() || subtle.ConstantTimeCompare([]byte(l.Mark), []byte(d.vault.mark(u))) != 1 {
		return nil, "", gone
	}
	return u, l.Kind, nil
}

// UseLink gives whom a link is for the password that they chose. The link is used
// up, and every session of theirs ends. Invalid for a password that is too easy,
// NotFound as by LinkUser.
func (d *Desk) UseLink(ctx context.Context, p *Passwords, secret, password string) (*crm.User, error) {
	u, _, err := d.LinkUser(ctx, secret)
	if err != nil {
		return nil, err
	}
	if err := CheckPassword(password, u.Email); err != nil {
		return nil, err
	}
	hash, err := p.Hash(ctx, password)
	if err != nil {
		return nil, err
	}
	err = d.db.Write(ctx, db.System, func(ctx context.Context, tx *db.Tx) error {
		// of two at once, the one that takes the link away has it
		n, err := tx.Exec(ctx, "DELETE FROM user_links WHERE hash = $1 AND expires_at > $2 AND mark = $3", d.vault.Hash(linkName, secret), tx.Now().UnixMilli(), d.vault.mark(u))
		if err != nil {
			return err
		}
		if n == 0 {
			return errs.New(errs.NotFound, "This link was used, or is too old")
		}
		return d.setPassword(ctx, tx, crm.Actor{CompanyID: u.CompanyID, UserID: u.ID, Origin: uiOrigin}, u.ID, hash)
	})
	return u, err
}

// ChangePassword changes the password of somebody who is signed in and gives the
// old one. All their sessions end, and a new one begins. The errors are Enter's,
// and Invalid for a password that is too easy.
func (d *Desk) ChangePassword(ctx context.Context, p *Passwords, u *crm.User, old, password string, from Browser) (cookie string, err error) {
	if err := CheckPassword(password, u.Email); err != nil {
		return "", err
	}
	if err := d.sure(ctx, p, u, old); err != nil {
		return "", err
	}
	hash, err := p.Hash(ctx, password)
	if err != nil {
		return "", err
	}
	err = d.db.Write(ctx, db.System, func(ctx context.Context, tx *db.Tx) error {
		if err := d.setPassword(ctx, tx, crm.Actor{CompanyID: u.CompanyID, UserID: u.ID, Origin: uiOrigin}, u.ID, hash); err != nil {
			return err
		}
		now, err := crm.UserByID(ctx, tx, u.ID)
		if err != nil {
			return err
		}
		cookie, err = d.renew(ctx, tx, now, from)
		return err
	})
	return cookie, err
}

// setPassword gives a user a password, which ends their sessions and links.
func (d *Desk) setPassword(ctx context.Context, tx *db.Tx, by crm.Actor, userID, hash string) error {
	u, err := crm.ChangeUser(ctx, tx, userID, func(u *crm.User) { u.PasswordHash = hash })
	if err != nil {
		return err
	}
	for _, table := range []string{"sessions", "user_links"} {
		if err := tx.Do(ctx, "DELETE FROM "+table+" WHERE user_id = $1", userID); err != nil {
			return err
		}
	}
	return crm.NoteUser(ctx, tx, by, u, "password", "changed")
}

// The lengths of a password, in characters.
const (
	ShortestPassword = 10
	longestPassword  = 200
)

// CheckPassword refuses a password that is easily guessed: a short one, one that
// is the e-mail address, one sign again and again, one that everybody has.
func CheckPassword(password, email string) error {
	lower := strings.ToLower(password)
	local, _, _ := strings.Cut(strings.ToLower(email), "@")
	known := []string{"password", "passwort", "1234567890", "0123456789", "qwertyuiop", "letmeinplease", "iloveyou", "foyer"}
	switch n := utf8.RuneCountInString(password); {
	case n < ShortestPassword:
		return errs.New(errs.Invalid, "Take at least %d characters. A few words that do not belong together are easy to remember.", ShortestPassword)
	case n > longestPassword:
		return errs.New(errs.Invalid, "Take at most %d characters.", longestPassword)
	case lower == strings.ToLower(email) || lower == local, strings.Trim(lower, lower[:1]) == "",
		slices.ContainsFunc(known, func(s string) bool { return strings.Trim(strings.ReplaceAll(lower, s, ""), "0123456789!.?") == "" }):
		return errs.New(errs.Invalid, "This password is easily guessed. Take a few words that do not belong together.")
	}
	return nil
}
