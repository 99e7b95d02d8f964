package crm

import (
	"context"
	"slices"

	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
)

// The models that a custom field can be of.
const (
	ContactModel     = "contact"
	OpportunityModel = "opportunity"
)

// Display says how forms show a custom field.
type Display struct {
	Placeholder   string   `json:"placeholder,omitempty"`
	Position      int64    `json:"position,omitempty"`
	Accepts       []string `json:"accepts,omitempty"` // endings of files: .pdf
	SeveralFiles  bool     `json:"severalFiles,omitempty"`
	MostFiles     int64    `json:"mostFiles,omitempty"`
	CustomOptions bool     `json:"customOptions,omitempty"` // others than Options may be said
}

func (f *CustomField) check() error {
	var broken []errs.Field
	if f.Name == "" {
		broken = append(broken, errs.Field{Name: "name", Rule: "required"})
	}
	if !slices.Contains(DataTypes, f.DataType) {
		broken = append(broken, errs.Field{Name: "dataType", Rule: "choice"})
	}
	if f.Model != ContactModel && f.Model != OpportunityModel {
		broken = append(broken, errs.Field{Name: "model", Rule: "choice"})
	}
	return errs.InvalidFields(broken...)
}

// AddCustomField makes a custom field; its key follows from its name. Model ""
// is that of contacts. Invalid for a broken one, Conflict if there is one with
// the same key.
func AddCustomField(ctx context.Context, tx *db.Tx, by Actor, f CustomField) (*CustomField, error) {
	if f.Model == "" {
		f.Model = ContactModel
	}
	if err := f.check(); err != nil {
		return nil, err
	}
	f.LocationID, f.ID, f.Key, f.CreatedAt = by.LocationID, tx.NewID(), modelKey(f.Model, f.Name), tx.Now()
	isNew, err := customFields.InsertIfAbsent(ctx, tx, &f)
	if err != nil {
		return nil, err
	}
	if !isNew {
		return nil, errs.New(errs.Conflict, "A custom field with this name already exists.").WithCode("taken")
	}
	err = emit(ctx, tx, by, "custom_field.created", "", f.ID, EventData{Text: excerpt(f.Name), Kind: f.DataType})
	return &f, err
}

// ChangeCustomField changes the name, the options and the display of a custom
// field: change gets it as it is. Its key, type and model stay, because values
// hang on them. NotFound if it is not there.
func ChangeCustomField(ctx context.Context, tx *db.Tx, by Actor, fieldID string, change func(*CustomField)) (*CustomField, error) {
	old, err := CustomFieldByID(ctx, tx, by.LocationID, fieldID)
	if err != nil {
		return nil, err
	}
	next := *old
	change(&next)
	next.ID, next.Key, next.DataType, next.Model = old.ID, old.Key, old.DataType, old.Model
	if err := next.check(); err != nil {
		return nil, err
	}
	if err := customFields.Update(ctx, tx, &next); err != nil {
		return nil, err
	}
	err = emit(ctx, tx, by, "custom_field.updated", "", next.ID, EventData{Text: excerpt(next.Name), Kind: next.DataType})
	return &next, err
}

// DeleteCustomField removes a custom field with the values that contacts have in
// it. NotFound if it is not there.
func DeleteCustomField(ctx context.Context, tx *db.Tx, by Actor, fieldID string) error {
	f, err := CustomFieldByID(ctx, tx, by.LocationID, fieldID)
	if err != nil {
		return err
	}
	if err := tx.Do(ctx, "DELETE FROM custom_fields WHERE location_id = $1 AND id = $2", by.LocationID, fieldID); err != nil {
		return err
	}
	if err := emit(ctx, tx, by, "custom_field.deleted", "", fieldID, EventData{Text: excerpt(f.Name), Kind: f.DataType}); err != nil {
		return err
	}
	if f.Model != ContactModel {
		return nil // an opportunity shows only values of fields that are there
	}
	return startSweep(ctx, tx, sweep{By: by, Field: "customFields." + fieldID})
}

// CustomFieldByID gives a custom field. NotFound if it is not there.
func CustomFieldByID(ctx context.Context, tx *db.Tx, locationID, fieldID string) (*CustomField, error) {
	f, err := customFields.One(ctx, tx, "WHERE location_id = $1 AND id = $2", locationID, fieldID)
	if err == nil && f == nil {
		err = errs.New(errs.NotFound, "Custom field not found")
	}
	return f, err
}

// CustomFieldsOf gives the custom fields of a model, the oldest first.
func CustomFieldsOf(ctx context.Context, tx *db.Tx, locationID, model string) ([]CustomField, error) {
	return customFields.All(ctx, tx, "WHERE location_id = $1 AND model = $2 ORDER BY id", locationID, model)
}

// fieldLook is how many contacts UsesOfField looks at.
const fieldLook = 10000

// UsesOfField counts the values of a custom field among the newest contacts of a
// location, looked of them. all says that there are no more.
func UsesOfField(ctx context.Context, tx *db.Tx, locationID, fieldID string) (uses, looked int64, all bool, err error) {
	q := Query{}
	if err := q.Filter(Filter{Field: "customFields." + fieldID, Op: FieldExists}); err != nil {
		return 0, 0, false, err
	}
	var last string
	more, err := tx.Get(ctx, []any{&last}, "SELECT id FROM contacts WHERE location_id = $1 ORDER BY id DESC LIMIT 1 OFFSET $2", locationID, fieldLook)
	if err != nil {
		return 0, 0, false, err
	}
	b := filterText{args: q.Args}
	q.and("id > "+b.mark(last), b.args)
	if _, uses, err = Contacts(ctx, tx, locationID, Query{Where: q.Where, Args: q.Args, Limit: 1}, true); err != nil {
		return 0, 0, false, err
	}
	if _, err := tx.Get(ctx, []any{&looked}, "SELECT COUNT(*) FROM contacts WHERE location_id = $1 AND id > $2", locationID, last); err != nil {
		return 0, 0, false, err
	}
	return uses, looked, !more, nil
}
