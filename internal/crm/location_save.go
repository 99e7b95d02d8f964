package crm

import (
	"context"
	"time"

	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/geo"
)

// LocationProfile is what a location says of itself.
type LocationProfile struct {
	Phone     string            `json:"phone,omitempty"`
	Email     string            `json:"email,omitempty"`
	Website   string            `json:"website,omitempty"`
	Domain    string            `json:"domain,omitempty"`
	LogoURL   string            `json:"logoUrl,omitempty"`
	Address   Address           `json:"address,omitzero"`
	FirstName string            `json:"firstName,omitempty"` // of whom the company knows there
	LastName  string            `json:"lastName,omitempty"`
	Social    map[string]string `json:"social,omitempty"` // facebookUrl, linkedIn, …
}

// LocationFor gives a location that an Actor reaches: their own, or any of their
// company where they have none. Forbidden for every other, also for one that
// does not exist.
func LocationFor(ctx context.Context, tx *db.Tx, by Actor, locationID string) (*Location, error) {
	l, err := locations.One(ctx, tx, "WHERE id = $1 AND company_id = $2 AND deleted_at = 0 AND ($3 = '' OR id = $3)", locationID, by.CompanyID, by.LocationID)
	if err == nil && l == nil {
		err = errs.New(errs.Forbidden, "The token does not have access to this location.").WithCode("location")
	}
	return l, err
}

// FindLocations gives the locations that an Actor reaches, of one e-mail address
// or of all for "", the oldest first or the newest.
func FindLocations(ctx context.Context, tx *db.Tx, by Actor, email string, desc bool, limit, skip int) ([]Location, error) {
	b := filterText{}
	where := "WHERE company_id = $1 AND deleted_at = 0"
	if by.LocationID != "" {
		where += " AND id = " + b.mark(by.LocationID)
	}
	if email != "" {
		where += " AND " + lowered("COALESCE(/*sqlite profile ->> '$.email'*/ /*postgres profile ->> 'email'*/, '')") + " = " + b.mark(asciiLower(email))
	}
	tail := where + " ORDER BY id" + direction(desc) + " LIMIT " + b.mark(limit) + " OFFSET " + b.mark(skip)
	return locations.All(ctx, tx, tail, append([]any{by.CompanyID}, b.args...)...)
}

// CountLocations gives how many locations a company has.
func CountLocations(ctx context.Context, tx *db.Tx, companyID string) (n int64, err error) {
	_, err = tx.Get(ctx, []any{&n}, "SELECT COUNT(*) FROM locations WHERE company_id = $1 AND deleted_at = 0", companyID)
	return n, err
}

// CreateLocation makes a location of the Actor's company. Invalid without a name
// or with an unknown time zone.
func CreateLocation(ctx context.Context, tx *db.Tx, by Actor, l Location) (*Location, error) {
	made, err := AddLocation(ctx, tx, by.CompanyID, l.Name, l.Timezone)
	if err != nil {
		return nil, err
	}
	made.Settings, made.Profile = l.Settings, l.Profile
	if err := locations.Update(ctx, tx, made); err != nil {
		return nil, err
	}
	return made, emitLocation(ctx, tx, by, "location.created", made)
}

// AmendLocation changes a location of the Actor's company: change gets it as it
// is. The errors are LocationFor's and CreateLocation's.
func AmendLocation(ctx context.Context, tx *db.Tx, by Actor, locationID string, change func(*Location)) (*Location, error) {
	old, err := LocationFor(ctx, tx, by, locationID)
	if err != nil {
		return nil, err
	}
	next := *old
	change(&next)
	next.ID, next.CompanyID = old.ID, old.CompanyID
	var broken []errs.Field
	if next.Name == "" {
		broken = append(broken, errs.Field{Name: "name", Rule: "required"})
	}
	if _, err := time.LoadLocation(next.Timezone); err != nil {
		broken = append(broken, errs.Field{Name: "timezone", Rule: "choice"})
	}
	if err := errs.InvalidFields(broken...); err != nil {
		return nil, err
	}
	next.UpdatedAt = later(tx.Now(), old.UpdatedAt)
	if err := locations.Update(ctx, tx, &next); err != nil {
		return nil, err
	}
	return &next, emitLocation(ctx, tx, by, "location.updated", &next)
}

// RemoveLocation closes a location of the Actor's company for good: nobody gets
// in any more, and no list has it. What it owns stays in the database, for whoever
// runs it to keep or to erase. The errors are LocationFor's.
func RemoveLocation(ctx context.Context, tx *db.Tx, by Actor, locationID string) error {
	l, err := LocationFor(ctx, tx, by, locationID)
	if err != nil {
		return err
	}
	l.DeletedAt, l.DisabledAt, l.UpdatedAt = tx.Now(), tx.Now(), tx.Now()
	if err := locations.Update(ctx, tx, l); err != nil {
		return err
	}
	return emitLocation(ctx, tx, by, "location.deleted", l)
}

func emitLocation(ctx context.Context, tx *db.Tx, by Actor, typ string, l *Location) error {
	by.LocationID = l.ID
	err := emit(ctx, tx, by, typ, "", l.ID, EventData{Text: excerpt(l.Name)})
	return err
}

// Timezones gives the names of the time zones that a location can be in.
func Timezones() []string { return geo.Zones() }
