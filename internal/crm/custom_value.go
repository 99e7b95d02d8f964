package crm

import (
	"context"
	"strings"
	"time"

	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/norm"
)

// CustomValue is a text of a location that its messages name:
// {{ custom_values.key }}.
type CustomValue struct {
	LocationID string
	ID         string
	Key        string // of the name; stays when that changes, for the messages that use it
	Name       string
	Value      string
	CreatedAt  time.Time
	UpdatedAt  time.Time
}

var customValues = db.NewTable("custom_values", []string{"location_id", "id"}, func(v *CustomValue) []db.Column {
	return []db.Column{
		{Name: "location_id", At: &v.LocationID}, {Name: "id", At: &v.ID}, {Name: "key", At: &v.Key}, {Name: "name", At: &v.Name}, {Name: "value", At: &v.Value},
		{Name: "created_at", At: db.Millis(&v.CreatedAt)}, {Name: "updated_at", At: db.Millis(&v.UpdatedAt)},
	}
})

// AddCustomValue makes a custom value. Invalid without a name, Conflict if
// there is one whose name makes the same key.
func AddCustomValue(ctx context.Context, tx *db.Tx, by Actor, name, value string) (*CustomValue, error) {
	v := &CustomValue{LocationID: by.LocationID, ID: tx.NewID(), Key: indexable(strings.Join(norm.Words(name), "_")), Name: name, Value: value, CreatedAt: tx.Now(), UpdatedAt: tx.Now()}
	if v.Key == "" {
		return nil, errs.InvalidFields(errs.Field{Name: "name", Rule: "required"})
	}
	isNew, err := customValues.InsertIfAbsent(ctx, tx, v)
	if err != nil {
		return nil, err
	}
	if !isNew {
		return nil, errs.New(errs.Conflict, "A custom value with this name already exists.").WithCode("taken")
	}
	err = emit(ctx, tx, by, "custom_value.created", "", v.ID, EventData{Text: excerpt(name)})
	return v, err
}

// ChangeCustomValue changes the name and the value of a custom value; nil
// stays. NotFound if it is not there, Invalid if it would be without a name.
func ChangeCustomValue(ctx context.Context, tx *db.Tx, by Actor, valueID string, name, value *string) (*CustomValue, error) {
	v, err := CustomValueByID(ctx, tx, by.LocationID, valueID)
	if err != nil {
		return nil, err
	}
	var changes []Change
	set := func(field string, at, to *string) {
		if to != nil && *to != *at {
			changes = append(changes, Change{Field: field, From: orNil(excerpt(*at)), To: orNil(excerpt(*to))})
			*at = *to
		}
	}
	set("name", &v.Name, name)
	set("value", &v.Value, value)
	if v.Name == "" {
		return nil, errs.InvalidFields(errs.Field{Name: "name", Rule: "required"})
	}
	if len(changes) == 0 {
		return v, nil
	}
	v.UpdatedAt = later(tx.Now(), v.UpdatedAt)
	if err := customValues.Update(ctx, tx, v); err != nil {
		return nil, err
	}
	err = emit(ctx, tx, by, "custom_value.updated", "", v.ID, EventData{Changes: changes})
	return v, err
}

// DeleteCustomValue removes a custom value. NotFound if it is not there.
func DeleteCustomValue(ctx context.Context, tx *db.Tx, by Actor, valueID string) error {
	v, err := CustomValueByID(ctx, tx, by.LocationID, valueID)
	if err != nil {
		return err
	}
	if err := tx.Do(ctx, "DELETE FROM custom_values WHERE location_id = $1 AND id = $2", by.LocationID, valueID); err != nil {
		return err
	}
	err = emit(ctx, tx, by, "custom_value.deleted", "", valueID, EventData{Text: excerpt(v.Name)})
	return err
}

// CustomValueByID gives a custom value. NotFound if it is not there.
func CustomValueByID(ctx context.Context, tx *db.Tx, locationID, valueID string) (*CustomValue, error) {
	v, err := customValues.One(ctx, tx, "WHERE location_id = $1 AND id = $2", locationID, valueID)
	if err == nil && v == nil {
		err = errs.New(errs.NotFound, "Custom value not found")
	}
	return v, err
}

// CustomValues gives the custom values of a location, the oldest first.
func CustomValues(ctx context.Context, tx *db.Tx, locationID string) ([]CustomValue, error) {
	return customValues.All(ctx, tx, "WHERE location_id = $1 ORDER BY id", locationID)
}
