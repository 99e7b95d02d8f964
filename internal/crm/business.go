package crm

import (
	"context"
	"time"

	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
)

// Business is a company that contacts of a location work for.
type Business struct {
	LocationID  string    `json:"locationId"`
	ID          string    `json:"id"`
	Name        string    `json:"name,omitempty"`
	Phone       string    `json:"phone,omitempty"`
	Email       string    `json:"email,omitempty"`
	Website     string    `json:"website,omitempty"`
	Address     Address   `json:"address,omitzero"`
	Description string    `json:"description,omitempty"`
	CreatedBy   CreatedBy `json:"createdBy,omitzero"`
	UpdatedBy   CreatedBy `json:"updatedBy,omitzero"`
	CreatedAt   time.Time `json:"createdAt,omitzero"`
	UpdatedAt   time.Time `json:"updatedAt,omitzero"`
}

var businesses = db.NewTable("businesses", []string{"location_id", "id"}, func(b *Business) []db.Column {
	return []db.Column{
		{Name: "location_id", At: &b.LocationID}, {Name: "id", At: &b.ID}, {Name: "name", At: &b.Name}, {Name: "phone", At: &b.Phone}, {Name: "email", At: &b.Email},
		{Name: "website", At: &b.Website}, {Name: "address1", At: &b.Address.Line1}, {Name: "city", At: &b.Address.City}, {Name: "state", At: &b.Address.State},
		{Name: "postal_code", At: &b.Address.PostalCode}, {Name: "country", At: &b.Address.Country}, {Name: "description", At: &b.Description},
		{Name: "created_by", At: db.JSON(&b.CreatedBy, "{}")}, {Name: "updated_by", At: db.JSON(&b.UpdatedBy, "{}")},
		{Name: "created_at", At: db.Millis(&b.CreatedAt), Fixed: true}, {Name: "updated_at", At: db.Millis(&b.UpdatedAt)},
	}
})

// businessTexts lists the text fields once, for changing and for history.
var businessTexts = []struct {
	name string
	at   func(*Business) *string
}{
	{"name", func(b *Business) *string { return &b.Name }},
	{"phone", func(b *Business) *string { return &b.Phone }},
	{"email", func(b *Business) *string { return &b.Email }},
	{"website", func(b *Business) *string { return &b.Website }},
	{"address", func(b *Business) *string { return &b.Address.Line1 }},
	{"city", func(b *Business) *string { return &b.Address.City }},
	{"state", func(b *Business) *string { return &b.Address.State }},
	{"postalCode", func(b *Business) *string { return &b.Address.PostalCode }},
	{"country", func(b *Business) *string { return &b.Address.Country }},
	{"description", func(b *Business) *string { return &b.Description }},
}

// Set sets a text field by its canonical name, and reports whether there is one.
func (b *Business) Set(name, value string) bool {
	for _, f := range businessTexts {
		if f.name == name {
			*f.at(b) = value
			return true
		}
	}
	return false
}

func (b *Business) check() error {
	if b.Name == "" {
		return errs.InvalidFields(errs.Field{Name: "name", Rule: "required"})
	}
	return nil
}

// AddBusiness makes a business. Invalid without a name.
func AddBusiness(ctx context.Context, tx *db.Tx, by Actor, b Business) (*Business, error) {
	if err := b.check(); err != nil {
		return nil, err
	}
	b.LocationID, b.ID, b.CreatedAt, b.UpdatedAt = by.LocationID, tx.NewID(), tx.Now(), tx.Now()
	b.CreatedBy = CreatedBy{Origin: by.Origin, CredentialID: by.CredentialID, UserID: by.UserID}
	b.UpdatedBy = b.CreatedBy
	if err := businesses.Insert(ctx, tx, &b); err != nil {
		return nil, err
	}
	err := emit(ctx, tx, by, "business.created", "", b.ID, EventData{Text: excerpt(b.Name)})
	return &b, err
}

// ChangeBusiness changes a business: change gets it as it is. NotFound if it is
// not there, Invalid if it would be without a name.
func ChangeBusiness(ctx context.Context, tx *db.Tx, by Actor, businessID string, change func(*Business)) (*Business, error) {
	old, err := businesses.One(ctx, tx, "WHERE location_id = $1 AND id = $2 /*postgres FOR UPDATE*/", by.LocationID, businessID)
	if err != nil {
		return nil, err
	}
	if old == nil {
		return nil, noBusiness()
	}
	next := *old
	change(&next)
	if err := next.check(); err != nil {
		return nil, err
	}
	var changes []Change
	for _, f := range businessTexts {
		if from, to := *f.at(old), *f.at(&next); from != to {
			changes = append(changes, Change{Field: f.name, From: orNil(excerpt(from)), To: orNil(excerpt(to))})
		}
	}
	if len(changes) == 0 {
		return old, nil
	}
	next.UpdatedBy = CreatedBy{Origin: by.Origin, CredentialID: by.CredentialID, UserID: by.UserID}
	next.UpdatedAt = later(tx.Now(), old.UpdatedAt)
	if err := businesses.Update(ctx, tx, &next); err != nil {
		return nil, err
	}
	err = emit(ctx, tx, by, "business.updated", "", next.ID, EventData{Text: excerpt(next.Name), Changes: changes})
	return &next, err
}

// DeleteBusiness removes a business; its contacts stay, and are nobody's.
// NotFound if it is not there.
func DeleteBusiness(ctx context.Context, tx *db.Tx, by Actor, businessID string) error {
	b, err := BusinessByID(ctx, tx, by.LocationID, businessID)
	if err != nil {
		return err
	}
	if err := dropRelations(ctx, tx, by.LocationID, "business", "SELECT $2", businessID); err != nil {
		return err
	}
	if err := tx.Do(ctx, "DELETE FROM businesses WHERE location_id = $1 AND id = $2", by.LocationID, businessID); err != nil {
		return err
	}
	if err := emit(ctx, tx, by, "business.deleted", "", businessID, EventData{Text: excerpt(b.Name), Was: Was(b)}); err != nil {
		return err
	}
	return startSweep(ctx, tx, sweep{By: by, Field: "businessId", From: businessID})
}

func noBusiness() error { return errs.New(errs.NotFound, "Business not found") }

// BusinessByID gives a business. NotFound if it is not there.
func BusinessByID(ctx context.Context, tx *db.Tx, locationID, businessID string) (*Business, error) {
	b, err := businesses.One(ctx, tx, "WHERE location_id = $1 AND id = $2", locationID, businessID)
	if err == nil && b == nil {
		err = noBusiness()
	}
	return b, err
}

// Businesses gives the businesses of a location, the oldest first.
func Businesses(ctx context.Context, tx *db.Tx, locationID string, limit, skip int) ([]Business, error) {
	return businesses.All(ctx, tx, "WHERE location_id = $1 ORDER BY id LIMIT $2 OFFSET $3", locationID, limit, skip)
}

// MoveToBusiness puts a contact under a business, or under none for "". It
// reports whether the contact was elsewhere. NotFound if either is not there.
func MoveToBusiness(ctx context.Context, tx *db.Tx, by Actor, contactID, businessID string) (bool, error) {
	old, err := contacts.One(ctx, tx, "WHERE location_id = $1 AND id = $2 /*postgres FOR UPDATE*/", by.LocationID, contactID)
	if err != nil {
		return false, err
	}
	if old == nil {
		return false, errs.New(errs.NotFound, "Contact not found")
	}
	if businessID != "" {
		if _, err := BusinessByID(ctx, tx, by.LocationID, businessID); err != nil {
			return false, err
		}
	}
	if old.BusinessID == businessID {
		return false, nil
	}
	next := *old
	next.BusinessID = businessID
	return true, put(ctx, tx, by, old, &next, []Change{{Field: "businessId", From: orNil(old.BusinessID), To: orNil(businessID)}})
}
