package crm

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/norm"
)

// CustomField describes a field that a location added to its contacts.
type CustomField struct {
	LocationID string
	ID         string
	Key        string // contact.budget
	Name       string
	DataType   string // one of DataTypes
	Options    []string
	Model      string // whose field it is: ContactModel or OpportunityModel
	Display    Display
	CreatedAt  time.Time
}

// DataTypes are the types a custom field can have (contract.md §8.1).
var DataTypes = []string{"TEXT", "LARGE_TEXT", "NUMERICAL", "PHONE", "MONETORY", "CHECKBOX", "SINGLE_OPTIONS", "MULTIPLE_OPTIONS", "FLOAT", "TIME", "DATE", "TEXTBOX_LIST", "FILE_UPLOAD", "SIGNATURE", "RADIO", "EMAIL"}

var customFields = db.NewTable("custom_fields", []string{"location_id", "id"}, func(f *CustomField) []db.Column {
	return []db.Column{
		{Name: "location_id", At: &f.LocationID}, {Name: "id", At: &f.ID}, {Name: "key", At: &f.Key}, {Name: "name", At: &f.Name},
		{Name: "data_type", At: &f.DataType}, {Name: "options", At: db.JSON(&f.Options, "[]")}, {Name: "created_at", At: db.Millis(&f.CreatedAt)},
		{Name: "model", At: &f.Model}, {Name: "display", At: db.JSON(&f.Display, "{}")},
	}
})

// CustomFields gives the custom fields of a location, the oldest first.
func CustomFields(ctx context.Context, tx *db.Tx, locationID string) ([]CustomField, error) {
	return customFields.All(ctx, tx, "WHERE location_id = $1 ORDER BY id", locationID)
}

// CustomFieldNamed gives the custom field of a name, and makes it if it is not
// there: a vendor's unknown field must not be dropped. Names that differ only
// in case and signs are one field.
func CustomFieldNamed(ctx context.Context, tx *db.Tx, by Actor, name, dataType string) (*CustomField, error) {
	key := fieldKey(name)
	f, err := customFields.One(ctx, tx, "WHERE location_id = $1 AND key = $2", by.LocationID, key)
	if err != nil || f != nil {
		return f, err
	}
	if !slices.Contains(DataTypes, dataType) {
		dataType = "TEXT"
	}
	f = &CustomField{LocationID: by.LocationID, ID: tx.NewID(), Key: key, Name: excerpt(name), DataType: dataType, Model: ContactModel, CreatedAt: tx.Now()}
	isNew, err := customFields.InsertIfAbsent(ctx, tx, f)
	if err != nil {
		return nil, err
	}
	if !isNew {
		return nil, db.ErrLostRace
	}
	err = emit(ctx, tx, by, "custom_field.created", "", f.ID, EventData{Text: f.Name, Kind: f.DataType})
	return f, err
}

// CustomFieldByKey gives a custom field by its id or key ("contact.budget" or
// "budget"), nil if there is none.
func CustomFieldByKey(ctx context.Context, tx *db.Tx, locationID, idOrKey string) (*CustomField, error) {
	return customFields.One(ctx, tx, "WHERE location_id = $1 AND (id = $2 OR key = $3)", locationID, idOrKey, fieldKey(strings.TrimPrefix(idOrKey, "contact.")))
}

// Named reports whether a key, with or without the model in front, or a name is
// the field's.
func (f *CustomField) Named(key string) bool {
	return f.Key == modelKey(f.Model, strings.TrimPrefix(key, f.Model+"."))
}

func fieldKey(name string) string { return modelKey(ContactModel, name) }

func modelKey(model, name string) string {
	return model + "." + indexable(strings.Join(norm.Words(name), "_"))
}
