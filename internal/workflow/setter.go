package workflow

import (
	"context"
	"strings"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
)

// setters say how a text becomes a field of a contact, by the field's name.
func setters() map[string]func(*crm.Input, string) {
	return map[string]func(*crm.Input, string){
		"firstName":       func(in *crm.Input, v string) { in.FirstName = v },
		"lastName":        func(in *crm.Input, v string) { in.LastName = v },
		"name":            func(in *crm.Input, v string) { in.Name = v },
		"email":           setEmail,
		"phone":           func(in *crm.Input, v string) { in.Phones, in.Blend = []crm.Phone{crm.NewPhone(v, "")}, crm.BlendFront },
		"type":            func(in *crm.Input, v string) { in.Type = v },
		"stage":           func(in *crm.Input, v string) { in.Stage = v },
		"companyName":     func(in *crm.Input, v string) { in.CompanyName = v },
		"street":          func(in *crm.Input, v string) { in.Address.Line1 = v },
		"city":            func(in *crm.Input, v string) { in.Address.City = v },
		"state":           func(in *crm.Input, v string) { in.Address.State = v },
		"postalCode":      func(in *crm.Input, v string) { in.Address.PostalCode = v },
		"country":         func(in *crm.Input, v string) { in.Address.Country = v },
		"website":         func(in *crm.Input, v string) { in.Website = v },
		"timezone":        func(in *crm.Input, v string) { in.Timezone = v },
		"source":          func(in *crm.Input, v string) { in.Source = v },
		"birthday":        func(in *crm.Input, v string) { in.DateOfBirth = v },
		"dateOfBirth":     func(in *crm.Input, v string) { in.DateOfBirth = v },
		"homeAnniversary": func(in *crm.Input, v string) { in.Details.HomeAnniversary = v },
		"language":        func(in *crm.Input, v string) { in.Details.Language = v },
		"priority":        func(in *crm.Input, v string) { in.Details.Priority = v },
		"recruitingStage": func(in *crm.Input, v string) { in.Details.RecruitingStage = v },
		"dnd":             setDND,
	}
}

func setEmail(in *crm.Input, v string) {
	if e, ok := crm.NewEmail(v, ""); ok {
		in.Emails, in.Blend = []crm.Email{e}, crm.BlendFront
	}
}

func setDND(in *crm.Input, v string) {
	on := strings.EqualFold(v, "true") || strings.EqualFold(v, "yes") || v == "1"
	in.SetDND = &on
}

// say puts a value into what is said about a contact; an empty one says that the
// field is to be empty.
func say(ctx context.Context, tx *db.Tx, locationID string, in *crm.Input, field, value string) error {
	if key, custom := strings.CutPrefix(field, "custom."); custom {
		f, err := crm.CustomFieldByKey(ctx, tx, locationID, key)
		if err != nil {
			return err
		}
		if value == "" {
			in.Clear = append(in.Clear, "customFields."+f.ID)
			return nil
		}
		if in.CustomFields == nil {
			in.CustomFields = map[string]any{}
		}
		in.CustomFields[f.ID] = value
		return nil
	}
	set, ok := setters()[field]
	if !ok {
		return errs.New(errs.Invalid, "%s is not a field of a contact that can be set", field)
	}
	if value == "" && field != "dnd" {
		in.Clear = append(in.Clear, clears(field))
		return nil
	}
	set(in, value)
	return nil
}

// clears gives the name by which crm.Input clears a field.
func clears(field string) string {
	switch field {
	case "street":
		return "address1"
	case "birthday":
		return "dateOfBirth"
	}
	return field
}
