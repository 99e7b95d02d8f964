package crm

import (
	"context"
	"strings"
	"time"

	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/id"
	"github.com/foyer-crm/foyer/internal/norm"
)

// User is a person who works with Foyer.
type User struct {
	ID           string
	CompanyID    string
	Email        string
	EmailKey     string
	PasswordHash string // made by package auth
	FirstName    string
	LastName     string
	Phone        string
	Title        string
	Timezone     string
	Type         string // AgencyUser or AccountUser
	Role         string // AdminRole or UserRole
	Admin        bool   // of the whole company: an agency's admin
	Profile      UserProfile
	LastSignInAt time.Time
	CreatedAt    time.Time
	UpdatedAt    time.Time
	DisabledAt   time.Time
	DeletedAt    time.Time
}

// Number is the user's integer id for vendors that have such.
func (u *User) Number() int64 { return id.Number(u.ID) }

// FullName is first and last name.
func (u *User) FullName() string { return strings.TrimSpace(u.FirstName + " " + u.LastName) }

// Membership says that a user works in a location, and what they are told of there.
type Membership struct {
	LocationID     string
	UserID         string
	NotifyNewLeads bool
	CreatedAt      time.Time
}

var users = db.NewTable("users", []string{"id"}, func(u *User) []db.Column {
	return []db.Column{
		{Name: "id", At: &u.ID}, {Name: "company_id", At: &u.CompanyID}, {Name: "email", At: &u.Email}, {Name: "email_key", At: &u.EmailKey},
		{Name: "password_hash", At: &u.PasswordHash}, {Name: "first_name", At: &u.FirstName}, {Name: "last_name", At: &u.LastName},
		{Name: "phone", At: &u.Phone}, {Name: "title", At: &u.Title}, {Name: "timezone", At: &u.Timezone}, {Name: "admin", At: &u.Admin},
		{Name: "last_sign_in_at", At: db.Millis(&u.LastSignInAt)}, {Name: "created_at", At: db.Millis(&u.CreatedAt)},
		{Name: "updated_at", At: db.Millis(&u.UpdatedAt)}, {Name: "disabled_at", At: db.Millis(&u.DisabledAt)},
		{Name: "type", At: &u.Type}, {Name: "role", At: &u.Role}, {Name: "profile", At: db.JSON(&u.Profile, "{}")}, {Name: "deleted_at", At: db.Millis(&u.DeletedAt)},
	}
})

var memberships = db.NewTable("memberships", []string{"location_id", "user_id"}, func(m *Membership) []db.Column {
	return []db.Column{
		{Name: "location_id", At: &m.LocationID}, {Name: "user_id", At: &m.UserID}, {Name: "notify_new_leads", At: &m.NotifyNewLeads}, {Name: "created_at", At: db.Millis(&m.CreatedAt)},
	}
})

// AddUser makes a user of a company and puts them into locations. Invalid for a
// broken or taken e-mail address.
func AddUser(ctx context.Context, tx *db.Tx, u User, locationIDs ...string) (*User, error) {
	key, ok := norm.Email(u.Email)
	if !ok {
		return nil, errs.InvalidFields(errs.Field{Name: "email", Rule: "format"})
	}
	if _, err := CompanyByID(ctx, tx, u.CompanyID); err != nil {
		return nil, err
	}
	u.rank()
	u.ID, u.EmailKey, u.CreatedAt, u.UpdatedAt = tx.NewID(), key, tx.Now(), tx.Now()
	isNew, err := users.InsertIfAbsent(ctx, tx, &u)
	if err != nil {
		return nil, err
	}
	if !isNew {
		return nil, &errs.Error{Kind: errs.Conflict, Code: "taken", Text: "there is a user with this e-mail address already", Fields: []errs.Field{{Name: "email", Rule: "taken"}}}
	}
	for _, l := range locationIDs {
		if err := Join(ctx, tx, l, u.ID, false); err != nil {
			return nil, err
		}
	}
	return &u, nil
}

// Join puts a user into a location, or changes what they are told of there.
func Join(ctx context.Context, tx *db.Tx, locationID, userID string, notifyNewLeads bool) error {
	l, err := LocationByID(ctx, tx, locationID)
	if err != nil {
		return err
	}
	u, err := UserByID(ctx, tx, userID)
	if err != nil {
		return err
	}
	if u.CompanyID != l.CompanyID {
		return errs.New(errs.NotFound, "there is no user %s in this company", userID)
	}
	return memberships.Put(ctx, tx, &Membership{LocationID: locationID, UserID: userID, NotifyNewLeads: notifyNewLeads, CreatedAt: tx.Now()})
}

// UserByID gives a user. NotFound if they are not there.
func UserByID(ctx context.Context, tx *db.Tx, userID string) (*User, error) {
	u, err := users.One(ctx, tx, "WHERE id = $1", userID)
	if err == nil && u == nil {
		err = errs.New(errs.NotFound, "there is no user %s", userID)
	}
	return u, err
}

// UserByEmail gives the user with an e-mail address, nil if there is none.
func UserByEmail(ctx context.Context, tx *db.Tx, email string) (*User, error) {
	key, _ := norm.Email(email)
	return users.One(ctx, tx, "WHERE email_key = $1", key)
}

// Users gives the users of a location who can work, the oldest first; of all
// locations, disabled ones included, for "".
func Users(ctx context.Context, tx *db.Tx, locationID string) ([]User, error) {
	if locationID == "" {
		return users.All(ctx, tx, "ORDER BY id")
	}
	return users.All(ctx, tx, "WHERE disabled_at = 0 AND id IN (SELECT user_id FROM memberships WHERE location_id = $1) ORDER BY id", locationID)
}

// UserNamed finds a user of a location by e-mail address or, failing that, by
// full name; nil if nobody or more than one has the name.
func UserNamed(ctx context.Context, tx *db.Tx, locationID, email, name string) (*User, error) {
	if email == "" && name == "" {
		return nil, nil
	}
	all, err := Users(ctx, tx, locationID)
	if err != nil {
		return nil, err
	}
	key, _ := norm.Email(email)
	var named *User
	for i := range all {
		if key != "" && all[i].EmailKey == key {
			return &all[i], nil
		}
		if name != "" && norm.Fold(all[i].FullName()) == norm.Fold(name) {
			if named != nil {
				return nil, nil
			}
			named = &all[i]
		}
	}
	return named, nil
}

// ChangeUser changes a user. NotFound if they are not there.
func ChangeUser(ctx context.Context, tx *db.Tx, userID string, change func(*User)) (*User, error) {
	u, err := UserByID(ctx, tx, userID)
	if err != nil {
		return nil, err
	}
	change(u)
	u.UpdatedAt = tx.Now()
	err = users.Update(ctx, tx, u)
	return u, err
}

// DisableUser shuts a user and every credential of theirs out, or lets them in again.
func DisableUser(ctx context.Context, tx *db.Tx, userID string, disabled bool) error {
	_, err := ChangeUser(ctx, tx, userID, func(u *User) { u.DisabledAt = moment(tx, disabled) })
	return err
}

// Manned gives the locations in which anybody works, but for those that are
// disabled.
func Manned(ctx context.Context, tx *db.Tx) (ids []string, err error) {
	return tx.Texts(ctx, "SELECT l.id FROM locations l WHERE l.disabled_at = 0 AND EXISTS (SELECT 1 FROM memberships m WHERE m.location_id = l.id)")
}

// Subscribers gives the users of a location who are told of new leads.
func Subscribers(ctx context.Context, tx *db.Tx, locationID string) ([]User, error) {
	return users.All(ctx, tx, `WHERE disabled_at = 0 AND id IN
		(SELECT user_id FROM memberships WHERE location_id = $1 AND notify_new_leads) ORDER BY id`, locationID)
}
