package auth

import (
	"context"
	"crypto/subtle"
	"time"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/id"
)

// session is a sign-in of a person's browser as it is kept.
type session struct {
	Hash   string // of the cookie
	UserID string
	Mark   string // of the password and role that it was opened with: others end it
	Session
	ExpiresAt time.Time
}

// Session is a sign-in as its owner sees it.
type Session struct {
	ID        string
	Device    string // what the browser said of itself
	Address   string // where it was opened
	CreatedAt time.Time
	UsedAt    time.Time
	Own       bool // it is the one that asks
}

// Browser is what signs in.
type Browser struct{ Device, Address string }

var sessions = db.NewTable("sessions", []string{"hash"}, func(s *session) []db.Column {
	return []db.Column{
		{Name: "hash", At: &s.Hash}, {Name: "user_id", At: &s.UserID}, {Name: "mark", At: &s.Mark},
		{Name: "created_at", At: db.Millis(&s.CreatedAt)}, {Name: "expires_at", At: db.Millis(&s.ExpiresAt)},
		{Name: "id", At: &s.ID}, {Name: "device", At: &s.Device}, {Name: "address", At: &s.Address}, {Name: "used_at", At: db.Millis(&s.UsedAt)},
	}
})

// SessionLife is how long a sign-in lasts at most, and SessionIdle how long when
// nobody uses it.
const (
	SessionLife = 7 * 24 * time.Hour
	SessionIdle = 12 * time.Hour
)

// longestDevice is how much of what a browser says of itself is kept, in bytes.
const longestDevice = 300

// mark is what a session keeps of a password and of the role.
func (v *Vault) mark(u *crm.User) string {
	return v.Hash("password mark", u.Role+"\x00"+u.Type+"\x00"+u.PasswordHash)
}

// newSession opens a session of a user.
func (d *Desk) newSession(ctx context.Context, tx *db.Tx, u *crm.User, from Browser) (cookie string, err error) {
	cookie = id.Secret(43)
	s := &session{Hash: d.vault.Hash(sessionName, cookie), UserID: u.ID, Mark: d.vault.mark(u), ExpiresAt: tx.Now().Add(SessionLife)}
	device := storable(from.Device)
	s.Session = Session{ID: tx.NewID(), Device: device[:min(len(device), longestDevice)], Address: storable(from.Address), CreatedAt: tx.Now(), UsedAt: tx.Now()}
	s.Device = storable(s.Device) // it may have been cut within a letter
	return cookie, sessions.Insert(ctx, tx, s)
}

// SignedIn gives the user of a session. Unauthorized if there is none, or it
// ended: with its time, unused, with the user, or with their password.
func (d *Desk) SignedIn(ctx context.Context, cookie string) (*crm.User, error) {
	var u *crm.User
	hash := d.vault.Hash(sessionName, cookie)
	err := d.db.Read(ctx, db.System, func(ctx context.Context, tx *db.Tx) (err error) {
		u, err = d.userOf(ctx, tx, hash)
		return err
	})
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	d.seen[hash] = time.Now()
	d.mu.Unlock()
	return u, nil
}

// userOf gives the user of a session that is in force.
func (d *Desk) userOf(ctx context.Context, tx *db.Tx, hash string) (*crm.User, error) {
	s, err := sessions.One(ctx, tx, "WHERE hash = $1", hash)
	if err != nil {
		return nil, err
	}
	if s == nil || !tx.Now().Before(s.ExpiresAt) || !tx.Now().Before(d.lastUse(s).Add(SessionIdle)) {
		return nil, unauthorized()
	}
	u, err := crm.UserByID(ctx, tx, s.UserID)
	if err != nil {
		return nil, orUnauthorized(err)
	}
	company, err := crm.CompanyByID(ctx, tx, u.CompanyID)
	if err != nil {
		return nil, orUnauthorized(err)
	}
	if subtle.ConstantTimeCompare([]byte(s.Mark), []byte(d.vault.mark(u))) != 1 || !u.DisabledAt.IsZero() || !company.DisabledAt.IsZero() {
		return nil, unauthorized()
	}
	return u, nil
}

// lastUse is when a session was used last, also if that is not written down yet.
func (d *Desk) lastUse(s *session) time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	if at := d.seen[s.Hash]; at.After(s.UsedAt) {
		return at
	}
	return s.UsedAt
}

// SignOut ends a session.
func (d *Desk) SignOut(ctx context.Context, cookie string) error {
	return d.db.Write(ctx, db.System, func(ctx context.Context, tx *db.Tx) error {
		return tx.Do(ctx, "DELETE FROM sessions WHERE hash = $1", d.vault.Hash(sessionName, cookie))
	})
}

// Sessions gives the sessions of whoever a cookie is of that are in force, the
// one that was used last first.
func (d *Desk) Sessions(ctx context.Context, cookie string) (list []Session, err error) {
	hash := d.vault.Hash(sessionName, cookie)
	err = d.db.Read(ctx, db.System, func(ctx context.Context, tx *db.Tx) error {
		list = nil
		u, err := d.userOf(ctx, tx, hash)
		if err != nil {
			return err
		}
		now := tx.Now()
		all, err := sessions.All(ctx, tx, "WHERE user_id = $1 AND expires_at > $2 AND used_at > $3 AND mark = $4 ORDER BY used_at DESC, id DESC",
			u.ID, now.UnixMilli(), now.Add(-SessionIdle).UnixMilli(), d.vault.mark(u))
		for i := range all {
			s := all[i].Session
			s.UsedAt, s.Own = d.lastUse(&all[i]), all[i].Hash == hash
			list = append(list, s)
		}
		return err
	})
	return list, err
}

// EndSession ends one of the sessions of whoever a cookie is of; all but that
// cookie's for "". NotFound for one that is not theirs.
func (d *Desk) EndSession(ctx context.Context, cookie, sessionID string) error {
	hash := d.vault.Hash(sessionName, cookie)
	return d.db.Write(ctx, db.System, func(ctx context.Context, tx *db.Tx) error {
		u, err := d.userOf(ctx, tx, hash)
		if err != nil {
			return err
		}
		if sessionID == "" {
			return tx.Do(ctx, "DELETE FROM sessions WHERE user_id = $1 AND hash <> $2", u.ID, hash)
		}
		n, err := tx.Exec(ctx, "DELETE FROM sessions WHERE user_id = $1 AND id = $2", u.ID, storable(sessionID))
		if err == nil && n == 0 {
			err = errs.New(errs.NotFound, "there is no such session")
		}
		return err
	})
}

// flushSessions writes down when sessions were last used.
func (d *Desk) flushSessions(ctx context.Context) error {
	d.mu.Lock()
	seen := d.seen
	d.seen = map[string]time.Time{}
	d.mu.Unlock()
	if len(seen) == 0 {
		return nil
	}
	return d.db.Write(ctx, db.System, func(ctx context.Context, tx *db.Tx) error {
		for hash, at := range seen {
			if err := tx.Do(ctx, "UPDATE sessions SET used_at = $2 WHERE hash = $1 AND used_at < $2", hash, at.UnixMilli()); err != nil {
				return err
			}
		}
		return nil
	})
}
