package crm

import (
	"context"
	"slices"

	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/norm"
)

// The commands of this file are for an Actor of a company, who reaches all its
// users, and for one of a location, who reaches those who work there. They need
// a transaction over all locations of the company.

// CreateUser makes a user of the Actor's company who works in locations.
// Invalid for broken fields, Forbidden for locations or a type that the Actor
// does not reach, Conflict with code "taken" for an e-mail address that has a user.
func CreateUser(ctx context.Context, tx *db.Tx, by Actor, u User, locationIDs []string) (*User, error) {
	u.CompanyID = by.CompanyID
	if err := u.check(); err != nil {
		return nil, err
	}
	if err := reaches(ctx, tx, by, &u, locationIDs); err != nil {
		return nil, err
	}
	made, err := AddUser(ctx, tx, u, locationIDs...)
	if err != nil {
		return nil, err
	}
	return made, emitUser(ctx, tx, by, "user.created", made, locationIDs, nil)
}

// AmendUser changes a user: change gets them as they are. locationIDs is where
// they work from now on, nil where they did; for an Actor of a location it can
// only be that one. The errors are CreateUser's, and NotFound.
func AmendUser(ctx context.Context, tx *db.Tx, by Actor, userID string, change func(*User), locationIDs []string) (*User, error) {
	old, err := UserFor(ctx, tx, by, userID)
	if err != nil {
		return nil, err
	}
	next := *old
	change(&next)
	next.ID, next.CompanyID = old.ID, old.CompanyID
	if err := next.check(); err != nil {
		return nil, err
	}
	if next.Type != old.Type || next.Role != old.Role || locationIDs != nil {
		if err := reaches(ctx, tx, by, &next, locationIDs); err != nil {
			return nil, err
		}
	}
	next.rank()
	if next.EmailKey, _ = norm.Email(next.Email); next.EmailKey != old.EmailKey {
		if other, err := UserByEmail(ctx, tx, next.Email); err != nil || other != nil {
			if err == nil {
				err = errs.New(errs.Conflict, "there is a user with this e-mail address already").WithCode("taken")
			}
			return nil, err
		}
	}
	next.UpdatedAt = later(tx.Now(), old.UpdatedAt)
	if err := users.Update(ctx, tx, &next); err != nil {
		return nil, err
	}
	if err := moveUser(ctx, tx, by, userID, locationIDs); err != nil {
		return nil, err
	}
	places, err := UserPlaces(ctx, tx, by, []string{userID})
	if err != nil {
		return nil, err
	}
	return &next, emitUser(ctx, tx, by, "user.updated", &next, places[userID], next.changes(old))
}

// RemoveUser takes a user out of the Actor's location, or out of all of the
// company. Who works nowhere any more is deleted: shut out with every credential
// of theirs, and their e-mail address is free. NotFound if they are not there.
func RemoveUser(ctx context.Context, tx *db.Tx, by Actor, userID string) (*User, error) {
	u, err := UserFor(ctx, tx, by, userID)
	if err != nil {
		return nil, err
	}
	if by.LocationID != "" && u.Type == AgencyUser {
		return nil, forbidden()
	}
	reached, err := UserPlaces(ctx, tx, by, []string{userID})
	if err != nil {
		return nil, err
	}
	all, err := UserPlaces(ctx, tx, Actor{CompanyID: by.CompanyID}, []string{userID})
	if err != nil {
		return nil, err
	}
	if err := moveUser(ctx, tx, by, userID, []string{}); err != nil {
		return nil, err
	}
	if len(reached[userID]) == len(all[userID]) {
		u.EmailKey = "deleted " + u.ID // whoever is made next may have the address
		u.DeletedAt, u.DisabledAt, u.UpdatedAt = tx.Now(), tx.Now(), tx.Now()
		if err := users.Update(ctx, tx, u); err != nil {
			return nil, err
		}
	}
	return u, emitUser(ctx, tx, by, "user.deleted", u, reached[userID], nil)
}

func forbidden() error {
	return errs.New(errs.Forbidden, "You do not have permission to access this resource")
}

// check refuses a user who cannot be one.
func (u *User) check() error {
	var broken []errs.Field
	if _, ok := norm.Email(u.Email); !ok {
		broken = append(broken, errs.Field{Name: "email", Rule: "format"})
	}
	if !slices.Contains([]string{"", AgencyUser, AccountUser}, u.Type) {
		broken = append(broken, errs.Field{Name: "type", Rule: "choice"})
	}
	if !slices.Contains([]string{"", AdminRole, UserRole}, u.Role) {
		broken = append(broken, errs.Field{Name: "role", Rule: "choice"})
	}
	return errs.InvalidFields(broken...)
}

// reaches refuses what an Actor may not make of a user: for one of a location,
// an agency's user or another location; for one of a company, another company's
// location.
func reaches(ctx context.Context, tx *db.Tx, by Actor, u *User, locationIDs []string) error {
	if by.LocationID != "" && u.Type == AgencyUser {
		return forbidden()
	}
	for _, l := range locationIDs {
		if _, err := LocationFor(ctx, tx, by, l); err != nil {
			return err
		}
	}
	return nil
}

// moveUser makes locations the ones that a user works in, as far as the Actor
// reaches; nil leaves them.
func moveUser(ctx context.Context, tx *db.Tx, by Actor, userID string, locationIDs []string) error {
	if locationIDs == nil {
		return nil
	}
	have, err := UserPlaces(ctx, tx, by, []string{userID})
	if err != nil {
		return err
	}
	for _, l := range without(have[userID], locationIDs) {
		if err := tx.Do(ctx, "DELETE FROM memberships WHERE location_id = $1 AND user_id = $2", l, userID); err != nil {
			return err
		}
	}
	for _, l := range without(locationIDs, have[userID]) {
		if err := Join(ctx, tx, l, userID, false); err != nil {
			return err
		}
	}
	return nil
}

// changes lists what changed, without the password.
func (u *User) changes(old *User) (changes []Change) {
	add := func(field, from, to string) {
		if from != to {
			changes = append(changes, Change{Field: field, From: orNil(from), To: orNil(to)})
		}
	}
	add("firstName", old.FirstName, u.FirstName)
	add("lastName", old.LastName, u.LastName)
	add("email", old.Email, u.Email)
	add("phone", old.Phone, u.Phone)
	add("type", old.Type, u.Type)
	add("role", old.Role, u.Role)
	return changes
}

// emitUser tells every location that a user works in.
func emitUser(ctx context.Context, tx *db.Tx, by Actor, typ string, u *User, locationIDs []string, changes []Change) error {
	for _, l := range locationIDs {
		there := by
		there.LocationID = l
		if err := emit(ctx, tx, there, typ, "", u.ID, EventData{Text: excerpt(u.FullName()), Kind: u.Role, Changes: changes}); err != nil {
			return err
		}
	}
	return nil
}

// NoteUser says in every location of a user that something of their account
// changed which has no value to show: a password, a second factor.
func NoteUser(ctx context.Context, tx *db.Tx, by Actor, u *User, field, to string) error {
	places, err := UserPlaces(ctx, tx, Actor{CompanyID: u.CompanyID}, []string{u.ID})
	if err != nil {
		return err
	}
	return emitUser(ctx, tx, by, "user.updated", u, places[u.ID], []Change{{Field: field, To: to}})
}

// ManagedUser gives a user whose account an Actor may manage: whoever holds it
// could sign in as them. An admin of a location manages who works nowhere that
// they do not, and no admin of the company. NotFound and Forbidden for others.
func ManagedUser(ctx context.Context, tx *db.Tx, by Actor, userID string) (*User, error) {
	u, err := UserFor(ctx, tx, by, userID)
	if err != nil || by.LocationID == "" {
		return u, err
	}
	places, err := UserPlaces(ctx, tx, Actor{CompanyID: by.CompanyID}, []string{userID, by.UserID})
	if err != nil {
		return nil, err
	}
	if u.Type == AgencyUser || len(without(places[userID], places[by.UserID])) > 0 {
		return nil, forbidden()
	}
	return u, nil
}

// AdmitUser shuts a user and every credential of theirs out, or lets them in
// again. Nobody shuts themself out. The errors are ManagedUser's.
func AdmitUser(ctx context.Context, tx *db.Tx, by Actor, userID string, disabled bool) error {
	u, err := ManagedUser(ctx, tx, by, userID)
	if err != nil {
		return err
	}
	if userID == by.UserID {
		return errs.New(errs.Invalid, "nobody shuts themself out")
	}
	if err := DisableUser(ctx, tx, userID, disabled); err != nil {
		return err
	}
	return NoteUser(ctx, tx, by, u, "account", map[bool]string{true: "shut out", false: "let in"}[disabled])
}
