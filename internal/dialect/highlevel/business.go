package highlevel

import (
	"context"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/norm"
	"github.com/foyer-crm/foyer/internal/wire"
)

// businessView is a business as HighLevel shows it (contract.md §13).
type businessView struct {
	ID          string         `json:"id"`
	Name        string         `json:"name"`
	Phone       string         `json:"phone,omitempty"`
	Email       string         `json:"email,omitempty"`
	Website     string         `json:"website,omitempty"`
	Address     string         `json:"address,omitempty"`
	City        string         `json:"city,omitempty"`
	State       string         `json:"state,omitempty"`
	PostalCode  string         `json:"postalCode,omitempty"`
	Country     string         `json:"country,omitempty"`
	Description string         `json:"description,omitempty"`
	LocationID  string         `json:"locationId"`
	CreatedBy   *createdByView `json:"createdBy,omitempty"`
	UpdatedBy   *createdByView `json:"updatedBy,omitempty"`
	CreatedAt   string         `json:"createdAt"`
	UpdatedAt   string         `json:"updatedAt"`
}

func viewBusiness(b *crm.Business) businessView {
	return businessView{ID: b.ID, Name: b.Name, Phone: b.Phone, Email: b.Email, Website: b.Website, Address: b.Address.Line1, City: b.Address.City, State: b.Address.State,
		PostalCode: b.Address.PostalCode, Country: b.Address.Country, Description: b.Description, LocationID: b.LocationID,
		CreatedBy: &createdByView{Source: b.CreatedBy.Origin, SourceID: b.CreatedBy.CredentialID, Timestamp: moment(b.CreatedAt)},
		UpdatedBy: &createdByView{Source: b.UpdatedBy.Origin, SourceID: b.UpdatedBy.CredentialID, Timestamp: moment(b.UpdatedAt)},
		CreatedAt: moment(b.CreatedAt), UpdatedAt: moment(b.UpdatedAt)}
}

// businessFields are what can be said of a business, with the characters that
// each is cut to.
var businessFields = []struct {
	name string
	max  int
}{
	{"name", 255}, {"phone", 100}, {"email", 1000}, {"website", 2048}, {"address", 500}, {"city", 255}, {"state", 255}, {"postalCode", 50}, {"country", 100}, {"description", 10_000},
}

// business reads what a body says of a business, and gives what to change.
func (c *call) business(isNew bool) (change func(*crm.Business), err error) {
	o, err := c.body()
	if err != nil {
		return nil, err
	}
	var broken []errs.Field
	if isNew {
		broken = append(need(o, "name"), needLocation(o)...)
	}
	values := map[string]string{}
	for _, f := range businessFields {
		if v := said(o, f.name, f.max); v != nil {
			values[f.name] = *v
		}
	}
	if name, ok := values["name"]; ok && name == "" && !isNew {
		broken = append(broken, errs.Field{Name: "name", Rule: "required"})
	}
	if _, ok := norm.Email(values["email"]); !ok && values["email"] != "" {
		broken = append(broken, errs.Field{Name: "email", Rule: "format"})
	}
	return func(b *crm.Business) {
		for name, v := range values {
			b.Set(name, v)
		}
	}, c.finish(o, broken)
}

// changedBusiness answers under the misspelt key that the contract has, and
// under the right one.
func (c *call) changedBusiness(b *crm.Business) wire.Answer {
	v := viewBusiness(b)
	return c.answer(fields{"success": true, "buiseness": v, "business": v})
}

// createBusiness is POST /businesses/.
func createBusiness(ctx context.Context, c *call) (wire.Answer, error) {
	set, err := c.business(true)
	if err != nil {
		return wire.Answer{}, err
	}
	return c.Write(ctx, func(ctx context.Context, tx *db.Tx) (wire.Answer, error) {
		var b crm.Business
		set(&b)
		made, err := crm.AddBusiness(ctx, tx, c.Actor(), b)
		if err != nil {
			return wire.Answer{}, err
		}
		return c.changedBusiness(made), nil
	})
}

func (c *call) businessID() string { return clean(c.Param("businessId")) }

// updateBusiness is PUT /businesses/{businessId}.
func updateBusiness(ctx context.Context, c *call) (wire.Answer, error) {
	set, err := c.business(false)
	if err != nil {
		return wire.Answer{}, err
	}
	return c.Write(ctx, func(ctx context.Context, tx *db.Tx) (wire.Answer, error) {
		b, err := crm.ChangeBusiness(ctx, tx, c.Actor(), c.businessID(), set)
		if err != nil {
			return wire.Answer{}, err
		}
		return c.changedBusiness(b), nil
	})
}

// deleteBusiness is DELETE /businesses/{businessId}.
func deleteBusiness(ctx context.Context, c *call) (wire.Answer, error) {
	return c.Write(ctx, func(ctx context.Context, tx *db.Tx) (wire.Answer, error) {
		return c.answer(fields{"success": true}), crm.DeleteBusiness(ctx, tx, c.Actor(), c.businessID())
	})
}

// getBusiness is GET /businesses/{businessId}.
func getBusiness(ctx context.Context, c *call) (a wire.Answer, err error) {
	err = c.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		b, err := crm.BusinessByID(ctx, tx, c.Location().ID, c.businessID())
		if err == nil {
			a = c.answer(fields{"business": viewBusiness(b)})
		}
		return err
	})
	return a, err
}

// listBusinesses is GET /businesses/.
func listBusinesses(ctx context.Context, c *call) (a wire.Answer, err error) {
	limit, broken := c.queryInt("limit", 100, 1, mostFound)
	skip, bad := c.queryInt("skip", 0, 0, 1_000_000)
	if err := errs.InvalidFields(append(broken, bad...)...); err != nil {
		return wire.Answer{}, err
	}
	err = c.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		list, err := crm.Businesses(ctx, tx, c.Location().ID, int(limit), int(skip))
		views := make([]businessView, len(list))
		for i := range list {
			views[i] = viewBusiness(&list[i])
		}
		a = c.answer(fields{"businesses": views})
		return err
	})
	return a, err
}
