package connect

import (
	"context"
	"strings"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/norm"
)

// customPrefix is in front of the names of custom fields.
const customPrefix = "custom."

// contactTexts are the plain text fields of a contact that can cross.
var contactTexts = []string{
	"firstName", "lastName", "type", "stage", "companyName", "address1", "city", "state", "postalCode", "country", "website", "timezone", "dateOfBirth",
	"gender", "language", "spouseDateOfBirth", "homeAnniversary", "attorneyName", "commission", "priority", "locationText", "referrerNote", "agentId",
	"recruitingStage", "bucket", "productionLabel", "activeListings", "referredAt", "product", "assignedTo",
}

var contactSide = side{
	fields: append([]string{"email", "phone", "tags", "dnd", "source"}, contactTexts...),
	read: func(ctx context.Context, tx *db.Tx, locationID, _, id string) (*record, error) {
		c, err := ifThere(crm.ContactByID(ctx, tx, locationID, id))
		switch {
		case err != nil || c == nil:
			return nil, err
		case c.ID != id:
			return &record{id: c.ID, merged: true}, nil
		}
		return contactRecord(ctx, tx, c)
	},
	write: writeContact,
	remove: func(ctx context.Context, tx *db.Tx, by crm.Actor, _, id string) error {
		return crm.DeleteContact(ctx, tx, by, id)
	},
	archive: func(ctx context.Context, tx *db.Tx, by crm.Actor, _, id string) error {
		_, err := crm.AddTags(ctx, tx, by, id, []string{archived})
		return err
	},
}

// contactRecord gives a contact as fields. Who has only a full name has the parts
// of that one.
func contactRecord(ctx context.Context, tx *db.Tx, c *crm.Contact) (*record, error) {
	values := map[string]any{"email": c.Email, "phone": c.Phone, "tags": list(c.Tags), "dnd": c.DND, "source": c.Source}
	for _, name := range contactTexts {
		values[name] = plain(*c.Text(name))
	}
	if c.FirstName == "" && c.LastName == "" {
		values["firstName"], values["lastName"] = norm.SplitName(c.Name)
	}
	if len(c.CustomFields) > 0 {
		all, err := crm.CustomFields(ctx, tx, c.LocationID)
		if err != nil {
			return nil, err
		}
		for i := range all {
			if v := c.CustomFields[all[i].ID]; v != nil {
				values[customPrefix+strings.ToLower(all[i].Name)] = plain(v)
			}
		}
	}
	return &record{id: c.ID, values: values, at: c.UpdatedAt}, nil
}

// valueName is the name of a field among the values: custom fields go by their
// names without regard to case.
func valueName(field string) string {
	if custom, is := strings.CutPrefix(field, customPrefix); is {
		return customPrefix + strings.ToLower(custom)
	}
	return field
}

// matchBy are the identities that make two contacts one.
var matchBy = []crm.Key{crm.KeyEmail, crm.KeyPhone}

func writeContact(ctx context.Context, tx *db.Tx, by crm.Actor, to *change) (*record, error) {
	in := crm.Input{Blend: crm.BlendReplace}
	for field, v := range to.values {
		if err := sayContact(ctx, tx, by, &in, field, v); err != nil {
			return nil, err
		}
	}
	if to.id == "" && to.remoteID != "" {
		in.Links = []crm.Link{{Origin: Origin, Scope: by.CredentialID, ExternalID: to.remoteID}}
	}
	saved, err := crm.SaveContact(ctx, tx, by, crm.Save{ID: to.id, Input: in, Match: matchBy, OnMatch: crm.Overwrite, Quiet: to.quiet})
	if err != nil {
		return nil, err
	}
	return contactRecord(ctx, tx, saved.Contact)
}

// sayContact puts a value into what is said about a contact.
func sayContact(ctx context.Context, tx *db.Tx, by crm.Actor, in *crm.Input, field string, v any) error {
	empty := blank(v)
	if field == "firstName" || field == "lastName" {
		in.Clear = append(in.Clear, "name") // the full name is of the old parts
	}
	custom, isCustom := strings.CutPrefix(field, customPrefix)
	switch {
	case isCustom:
		f, err := crm.CustomFieldNamed(ctx, tx, by, custom, "TEXT")
		if err != nil {
			return err
		}
		if empty {
			in.Clear = append(in.Clear, "customFields."+f.ID)
			return nil
		}
		if in.CustomFields == nil {
			in.CustomFields = map[string]any{}
		}
		in.CustomFields[f.ID] = v
	case field == "dnd":
		on := truth(v)
		in.SetDND = &on
	case field == "tags":
		if in.Tags, in.ReplaceTags = texts(v), true; !isList(v) && !empty {
			in.Tags = []string{text(v)}
		}
	case empty:
		in.Clear = append(in.Clear, field)
	case field == "email":
		e, ok := crm.NewEmail(text(v), "")
		if !ok {
			return errs.InvalidFields(errs.Field{Name: "email", Rule: "format"})
		}
		in.Emails = []crm.Email{e}
	case field == "phone":
		in.Phones = []crm.Phone{crm.NewPhone(text(v), "")}
	case field == "source":
		in.Source = text(v)
	default:
		at := in.Text(field)
		if at == nil {
			return errs.New(errs.Invalid, "%q is not a field of a contact", field)
		}
		*at = text(v)
	}
	return nil
}

// match finds the contact here that values mean, by e-mail address, then phone.
func match(ctx context.Context, tx *db.Tx, locationID string, values map[string]any) (*crm.Contact, error) {
	if c, err := crm.ContactByEmail(ctx, tx, locationID, text(values["email"])); c != nil || err != nil {
		return c, err
	}
	return crm.ContactByPhone(ctx, tx, locationID, text(values["phone"]))
}
