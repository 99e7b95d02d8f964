package crm

import (
	"context"
	"time"

	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
)

// Company is an agency or brokerage: it has locations.
type Company struct {
	ID         string
	Name       string
	CreatedAt  time.Time
	UpdatedAt  time.Time
	DisabledAt time.Time
}

// Location is the tenant: a team and everything it owns.
type Location struct {
	ID         string
	CompanyID  string
	Name       string
	Timezone   string // IANA name; "" is UTC
	Settings   Settings
	Profile    LocationProfile
	CreatedAt  time.Time
	UpdatedAt  time.Time
	DisabledAt time.Time
	DeletedAt  time.Time // its data is still there, and nobody gets in any more
}

// Settings are a location's choices. The zero value is what a new one has.
type Settings struct {
	AllowDuplicateContact bool     `json:"allowDuplicateContact,omitempty"`
	DuplicateOrder        []string `json:"duplicateOrder,omitempty"` // "email", "phone"; empty is both in this order
	StrictPhones          bool     `json:"strictPhones,omitempty"`   // Radius: anything but ten digits is error 103

	AllowDuplicateOpportunity bool `json:"allowDuplicateOpportunity,omitempty"` // of one contact in one pipeline
	AllowFacebookNameMerge    bool `json:"allowFacebookNameMerge,omitempty"`
	DisableContactTimezone    bool `json:"disableContactTimezone,omitempty"`
}

// MatchOrder gives the keys that make two records one, the strongest first.
func (s Settings) MatchOrder() []Key {
	var keys []Key
	for _, name := range s.DuplicateOrder {
		switch name {
		case "email":
			keys = append(keys, KeyEmail)
		case "phone":
			keys = append(keys, KeyPhone)
		}
	}
	if len(keys) == 0 {
		return []Key{KeyEmail, KeyPhone}
	}
	return keys
}

var companies = db.NewTable("companies", []string{"id"}, func(c *Company) []db.Column {
	return []db.Column{
		{Name: "id", At: &c.ID}, {Name: "name", At: &c.Name}, {Name: "created_at", At: db.Millis(&c.CreatedAt)},
		{Name: "updated_at", At: db.Millis(&c.UpdatedAt)}, {Name: "disabled_at", At: db.Millis(&c.DisabledAt)},
	}
})

var locations = db.NewTable("locations", []string{"id"}, func(l *Location) []db.Column {
	return []db.Column{
		{Name: "id", At: &l.ID}, {Name: "company_id", At: &l.CompanyID}, {Name: "name", At: &l.Name}, {Name: "timezone", At: &l.Timezone},
		{Name: "settings", At: db.JSON(&l.Settings, "{}")}, {Name: "created_at", At: db.Millis(&l.CreatedAt)},
		{Name: "updated_at", At: db.Millis(&l.UpdatedAt)}, {Name: "disabled_at", At: db.Millis(&l.DisabledAt)},
		{Name: "profile", At: db.JSON(&l.Profile, "{}")}, {Name: "deleted_at", At: db.Millis(&l.DeletedAt)},
	}
})

// AddCompany makes a company.
func AddCompany(ctx context.Context, tx *db.Tx, name string) (*Company, error) {
	if name == "" {
		return nil, errs.InvalidFields(errs.Field{Name: "name", Rule: "required"})
	}
	c := &Company{ID: tx.NewID(), Name: name, CreatedAt: tx.Now(), UpdatedAt: tx.Now()}
	return c, companies.Insert(ctx, tx, c)
}

// Companies gives all companies, the oldest first.
func Companies(ctx context.Context, tx *db.Tx) ([]Company, error) {
	return companies.All(ctx, tx, "ORDER BY id")
}

// CompanyByID gives a company. NotFound if it is not there.
func CompanyByID(ctx context.Context, tx *db.Tx, companyID string) (*Company, error) {
	c, err := companies.One(ctx, tx, "WHERE id = $1", companyID)
	if err == nil && c == nil {
		err = errs.New(errs.NotFound, "there is no company %s", companyID)
	}
	return c, err
}

// DisableCompany shuts every credential and user of a company out, or lets them in again.
func DisableCompany(ctx context.Context, tx *db.Tx, companyID string, disabled bool) error {
	c, err := CompanyByID(ctx, tx, companyID)
	if err != nil {
		return err
	}
	c.DisabledAt, c.UpdatedAt = moment(tx, disabled), tx.Now()
	err = companies.Update(ctx, tx, c)
	return err
}

// AddLocation makes a location of a company. timezone is an IANA name or "".
func AddLocation(ctx context.Context, tx *db.Tx, companyID, name, timezone string) (*Location, error) {
	var broken []errs.Field
	if name == "" {
		broken = append(broken, errs.Field{Name: "name", Rule: "required"})
	}
	if _, err := time.LoadLocation(timezone); err != nil {
		broken = append(broken, errs.Field{Name: "timezone", Rule: "choice"})
	}
	if err := errs.InvalidFields(broken...); err != nil {
		return nil, err
	}
	if _, err := CompanyByID(ctx, tx, companyID); err != nil {
		return nil, err
	}
	l := &Location{ID: tx.NewID(), CompanyID: companyID, Name: name, Timezone: timezone, CreatedAt: tx.Now(), UpdatedAt: tx.Now()}
	return l, locations.Insert(ctx, tx, l)
}

// Locations gives the locations of a company, or all for "", the oldest first.
func Locations(ctx context.Context, tx *db.Tx, companyID string) ([]Location, error) {
	return locations.All(ctx, tx, "WHERE $1 = '' OR company_id = $1 ORDER BY id", companyID)
}

// LocationByID gives a location. NotFound if it is not there.
func LocationByID(ctx context.Context, tx *db.Tx, locationID string) (*Location, error) {
	l, err := locations.One(ctx, tx, "WHERE id = $1", locationID)
	if err == nil && l == nil {
		err = errs.New(errs.NotFound, "there is no location %s", locationID)
	}
	return l, err
}

// ChangeSettings changes the settings of a location.
func ChangeSettings(ctx context.Context, tx *db.Tx, locationID string, change func(*Settings)) error {
	l, err := LocationByID(ctx, tx, locationID)
	if err != nil {
		return err
	}
	change(&l.Settings)
	l.UpdatedAt = tx.Now()
	err = locations.Update(ctx, tx, l)
	return err
}

// DisableLocation shuts every credential of a location out, or lets them in again.
func DisableLocation(ctx context.Context, tx *db.Tx, locationID string, disabled bool) error {
	l, err := LocationByID(ctx, tx, locationID)
	if err != nil {
		return err
	}
	l.DisabledAt, l.UpdatedAt = moment(tx, disabled), tx.Now()
	err = locations.Update(ctx, tx, l)
	return err
}

func moment(tx *db.Tx, set bool) time.Time {
	if set {
		return tx.Now()
	}
	return time.Time{}
}

// LocationOpen reports whether a location is there and neither it nor its company
// is disabled.
func LocationOpen(ctx context.Context, tx *db.Tx, locationID string) (bool, error) {
	var one int64
	return tx.Get(ctx, []any{&one}, "SELECT 1 FROM locations l JOIN companies c ON c.id = l.company_id WHERE l.id = $1 AND l.disabled_at = 0 AND c.disabled_at = 0", locationID)
}
