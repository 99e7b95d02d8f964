package highlevel

import (
	"context"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/wire"
)

// tagView is a tag of a location as HighLevel shows it (contract.md §15).
type tagView struct {
	ID         string `json:"id"`
	Name       string `json:"name"`
	LocationID string `json:"locationId"`
}

func viewTag(t *crm.LocationTag) tagView { return tagView{t.ID, t.Name, t.LocationID} }

func (c *call) tagID() string { return clean(c.Param("tagId")) }

// tagName reads {name}.
func (c *call) tagName() (string, error) {
	o, err := c.body()
	if err != nil {
		return "", err
	}
	broken := need(o, "name")
	name := o.TextMax("name", 255)
	return name, c.finish(o, broken)
}

// createLocationTag is POST /locations/{locationId}/tags.
func createLocationTag(ctx context.Context, c *call) (wire.Answer, error) {
	name, err := c.tagName()
	if err != nil {
		return wire.Answer{}, err
	}
	return c.Write(ctx, func(ctx context.Context, tx *db.Tx) (wire.Answer, error) {
		t, err := crm.AddLocationTag(ctx, tx, c.Actor(), name)
		if err != nil {
			return wire.Answer{}, err
		}
		return c.answer(fields{"tag": viewTag(t)}), nil
	})
}

// updateLocationTag is PUT /locations/{locationId}/tags/{tagId}: contacts that
// carry the tag carry its new name.
func updateLocationTag(ctx context.Context, c *call) (wire.Answer, error) {
	name, err := c.tagName()
	if err != nil {
		return wire.Answer{}, err
	}
	return c.Write(ctx, func(ctx context.Context, tx *db.Tx) (wire.Answer, error) {
		t, err := crm.RenameLocationTag(ctx, tx, c.Actor(), c.tagID(), name)
		if err != nil {
			return wire.Answer{}, err
		}
		return c.answer(fields{"tag": viewTag(t)}), nil
	})
}

// deleteLocationTag is DELETE /locations/{locationId}/tags/{tagId}.
func deleteLocationTag(ctx context.Context, c *call) (wire.Answer, error) {
	return c.Write(ctx, func(ctx context.Context, tx *db.Tx) (wire.Answer, error) {
		return c.succeeded(), crm.DeleteLocationTag(ctx, tx, c.Actor(), c.tagID())
	})
}

// getLocationTag is GET /locations/{locationId}/tags/{tagId}.
func getLocationTag(ctx context.Context, c *call) (a wire.Answer, err error) {
	err = c.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		t, err := crm.LocationTagByID(ctx, tx, c.Location().ID, c.tagID())
		if err == nil {
			a = c.answer(fields{"tag": viewTag(t)})
		}
		return err
	})
	return a, err
}

// listLocationTags is GET /locations/{locationId}/tags.
func listLocationTags(ctx context.Context, c *call) (a wire.Answer, err error) {
	err = c.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		list, err := crm.LocationTags(ctx, tx, c.Location().ID)
		views := make([]tagView, len(list))
		for i := range list {
			views[i] = viewTag(&list[i])
		}
		a = c.answer(fields{"tags": views})
		return err
	})
	return a, err
}

// customValueView is a custom value as HighLevel shows it (contract.md §15).
type customValueView struct {
	ID         string `json:"id"`
	Name       string `json:"name"`
	FieldKey   string `json:"fieldKey"`
	Value      string `json:"value"`
	LocationID string `json:"locationId"`
}

func viewCustomValue(v *crm.CustomValue) customValueView {
	return customValueView{v.ID, v.Name, "{{ custom_values." + v.Key + " }}", v.Value, v.LocationID}
}

// customValue reads {name, value}; both must be there.
func (c *call) customValue() (name, value *string, err error) {
	o, err := c.body()
	if err != nil {
		return nil, nil, err
	}
	broken := need(o, "name")
	if o.Kind("value") == wire.Absent || o.IsNull("value") {
		broken = append(broken, errs.Field{Name: "value", Rule: "string"})
	}
	text := o.RawMax("value", 50_000)
	return said(o, "name", 255), &text, c.finish(o, broken)
}

// createCustomValue is POST /locations/{locationId}/customValues.
func createCustomValue(ctx context.Context, c *call) (wire.Answer, error) {
	name, value, err := c.customValue()
	if err != nil {
		return wire.Answer{}, err
	}
	return c.Write(ctx, func(ctx context.Context, tx *db.Tx) (wire.Answer, error) {
		v, err := crm.AddCustomValue(ctx, tx, c.Actor(), *name, *value)
		if err != nil {
			return wire.Answer{}, err
		}
		return c.answer(fields{"customValue": viewCustomValue(v)}), nil
	})
}

// updateCustomValue is PUT /locations/{locationId}/customValues/{id}.
func updateCustomValue(ctx context.Context, c *call) (wire.Answer, error) {
	name, value, err := c.customValue()
	if err != nil {
		return wire.Answer{}, err
	}
	return c.Write(ctx, func(ctx context.Context, tx *db.Tx) (wire.Answer, error) {
		v, err := crm.ChangeCustomValue(ctx, tx, c.Actor(), clean(c.Param("id")), name, value)
		if err != nil {
			return wire.Answer{}, err
		}
		return c.answer(fields{"customValue": viewCustomValue(v)}), nil
	})
}

// deleteCustomValue is DELETE /locations/{locationId}/customValues/{id}.
func deleteCustomValue(ctx context.Context, c *call) (wire.Answer, error) {
	return c.Write(ctx, func(ctx context.Context, tx *db.Tx) (wire.Answer, error) {
		return c.succeeded(), crm.DeleteCustomValue(ctx, tx, c.Actor(), clean(c.Param("id")))
	})
}

// getCustomValue is GET /locations/{locationId}/customValues/{id}.
func getCustomValue(ctx context.Context, c *call) (a wire.Answer, err error) {
	err = c.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		v, err := crm.CustomValueByID(ctx, tx, c.Location().ID, clean(c.Param("id")))
		if err == nil {
			a = c.answer(fields{"customValue": viewCustomValue(v)})
		}
		return err
	})
	return a, err
}

// listCustomValues is GET /locations/{locationId}/customValues.
func listCustomValues(ctx context.Context, c *call) (a wire.Answer, err error) {
	err = c.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		list, err := crm.CustomValues(ctx, tx, c.Location().ID)
		views := make([]customValueView, len(list))
		for i := range list {
			views[i] = viewCustomValue(&list[i])
		}
		a = c.answer(fields{"customValues": views})
		return err
	})
	return a, err
}
