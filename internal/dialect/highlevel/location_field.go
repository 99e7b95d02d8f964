package highlevel

import (
	"context"
	"slices"
	"strings"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/wire"
)

// definitionView is the definition of a custom field as HighLevel shows it
// (contract.md §15).
type definitionView struct {
	ID              string   `json:"id"`
	Name            string   `json:"name"`
	FieldKey        string   `json:"fieldKey"`
	DataType        string   `json:"dataType"`
	Placeholder     string   `json:"placeholder"`
	Position        int64    `json:"position"`
	Options         []string `json:"picklistOptions,omitempty"`
	AcceptedFormat  []string `json:"acceptedFormat,omitempty"`
	IsMultipleFile  bool     `json:"isMultiFileAllowed"`
	MostFiles       int64    `json:"maxFileLimit,omitempty"`
	IsAllowedCustom bool     `json:"isAllowedCustomOption"`
	LocationID      string   `json:"locationId"`
	Model           string   `json:"model"`
	DateAdded       string   `json:"dateAdded"`
}

func viewDefinition(f *crm.CustomField) definitionView {
	return definitionView{ID: f.ID, Name: f.Name, FieldKey: f.Key, DataType: f.DataType, Placeholder: f.Display.Placeholder, Position: f.Display.Position, Options: f.Options,
		AcceptedFormat: f.Display.Accepts, IsMultipleFile: f.Display.SeveralFiles, MostFiles: f.Display.MostFiles, IsAllowedCustom: f.Display.CustomOptions,
		LocationID: f.LocationID, Model: f.Model, DateAdded: moment(f.CreatedAt)}
}

// definition reads what a body says of a custom field, and gives what to change.
func (c *call) definition(isNew bool) (change func(*crm.CustomField), err error) {
	o, err := c.body()
	if err != nil {
		return nil, err
	}
	broken := need(o, "name")
	if isNew {
		broken = append(broken, need(o, "dataType")...)
	}
	name, dataType, placeholder, model := said(o, "name", 255), said(o, "dataType", 40), said(o, "placeholder", 255), said(o, "model", 40)
	if dataType != nil {
		if *dataType = strings.ToUpper(*dataType); isNew && *dataType != "" && !slices.Contains(crm.DataTypes, *dataType) {
			broken = append(broken, errs.Field{Name: "dataType", Rule: "choice"})
		}
	}
	if model != nil && !slices.Contains([]string{"", crm.ContactModel, crm.OpportunityModel}, *model) {
		broken = append(broken, errs.Field{Name: "model", Rule: "choice"})
	}
	options, bad := pickList(o)
	broken = append(broken, bad...)
	accepts := o.List("acceptedFormat", ",")
	several, custom := saidBool(o, "isMultipleFile"), saidBool(o, "isAllowedCustomOption")
	position, hasPosition := o.Int("position")
	files, hasFiles := o.Int("maxNumberOfFiles")
	return func(f *crm.CustomField) {
		f.Name, f.DataType, f.Model = or(name, f.Name), or(dataType, f.DataType), or(model, f.Model)
		f.Display.Placeholder = or(placeholder, f.Display.Placeholder)
		if options != nil {
			f.Options = options
		}
		if accepts != nil {
			f.Display.Accepts = accepts
		}
		if several != nil {
			f.Display.SeveralFiles = *several
		}
		if custom != nil {
			f.Display.CustomOptions = *custom
		}
		if hasPosition {
			f.Display.Position = position
		}
		if hasFiles {
			f.Display.MostFiles = files
		}
	}, c.finish(o, broken)
}

// pickList reads the options of a field: a list of texts, or of objects with a
// label, under each of the names that clients use.
func pickList(o *wire.Object) (list []string, broken []errs.Field) {
	for _, name := range []string{"options", "picklistOptions", "textBoxListOptions"} {
		items, _ := o.Value(name).([]any)
		if len(items) > most {
			return nil, []errs.Field{{Name: name, Rule: "items", Limit: most}}
		}
		for _, item := range items {
			text, _ := item.(string)
			if m, ok := item.(map[string]any); ok {
				text, _ = m["label"].(string)
			}
			if text = strings.TrimSpace(text); text != "" {
				list = append(list, text)
			}
		}
	}
	return list, nil
}

// createCustomField is POST /locations/{locationId}/customFields.
func createCustomField(ctx context.Context, c *call) (wire.Answer, error) {
	set, err := c.definition(true)
	if err != nil {
		return wire.Answer{}, err
	}
	return c.Write(ctx, func(ctx context.Context, tx *db.Tx) (wire.Answer, error) {
		var f crm.CustomField
		set(&f)
		made, err := crm.AddCustomField(ctx, tx, c.Actor(), f)
		if err != nil {
			return wire.Answer{}, err
		}
		return c.answer(fields{"customField": viewDefinition(made)}), nil
	})
}

// updateCustomField is PUT /locations/{locationId}/customFields/{id}.
func updateCustomField(ctx context.Context, c *call) (wire.Answer, error) {
	set, err := c.definition(false)
	if err != nil {
		return wire.Answer{}, err
	}
	return c.Write(ctx, func(ctx context.Context, tx *db.Tx) (wire.Answer, error) {
		f, err := crm.ChangeCustomField(ctx, tx, c.Actor(), clean(c.Param("id")), set)
		if err != nil {
			return wire.Answer{}, err
		}
		return c.answer(fields{"customField": viewDefinition(f)}), nil
	})
}

// deleteCustomField is DELETE /locations/{locationId}/customFields/{id}.
func deleteCustomField(ctx context.Context, c *call) (wire.Answer, error) {
	return c.Write(ctx, func(ctx context.Context, tx *db.Tx) (wire.Answer, error) {
		return c.succeeded(), crm.DeleteCustomField(ctx, tx, c.Actor(), clean(c.Param("id")))
	})
}

// getCustomField is GET /locations/{locationId}/customFields/{id}.
func getCustomField(ctx context.Context, c *call) (a wire.Answer, err error) {
	err = c.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		f, err := crm.CustomFieldByID(ctx, tx, c.Location().ID, clean(c.Param("id")))
		if err == nil {
			a = c.answer(fields{"customField": viewDefinition(f)})
		}
		return err
	})
	return a, err
}

// listCustomFields is GET /locations/{locationId}/customFields; ?model is
// contact, opportunity or all.
func listCustomFields(ctx context.Context, c *call) (a wire.Answer, err error) {
	model := c.query("model")
	if !slices.Contains([]string{"", "all", crm.ContactModel, crm.OpportunityModel}, model) {
		return wire.Answer{}, errs.InvalidFields(errs.Field{Name: "model", Rule: "choice"})
	}
	err = c.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		list, err := crm.CustomFields(ctx, tx, c.Location().ID)
		views := []definitionView{}
		for i := range list {
			if model == "" || model == "all" || model == list[i].Model {
				views = append(views, viewDefinition(&list[i]))
			}
		}
		a = c.answer(fields{"customFields": views})
		return err
	})
	return a, err
}
