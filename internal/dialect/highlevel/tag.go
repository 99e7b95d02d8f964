package highlevel

import (
	"context"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/wire"
)

// addTags is POST /contacts/{contactId}/tags (contract.md §8.4).
func addTags(ctx context.Context, c *call) (wire.Answer, error) {
	return changeTags(ctx, c, "tagsAdded", crm.AddTags)
}

// removeTags is DELETE /contacts/{contactId}/tags, with a body.
func removeTags(ctx context.Context, c *call) (wire.Answer, error) {
	return changeTags(ctx, c, "tagsRemoved", crm.RemoveTags)
}

func changeTags(ctx context.Context, c *call, changed string, change func(context.Context, *db.Tx, crm.Actor, string, []string) (*crm.TagsChanged, error)) (wire.Answer, error) {
	o, err := c.body()
	if err != nil {
		return wire.Answer{}, err
	}
	var broken []errs.Field
	tags := o.List("tags", ",")
	switch {
	case !o.Has("tags"):
		broken = append(broken, errs.Field{Name: "tags", Rule: "array"})
	case len(tags) > most:
		broken = append(broken, errs.Field{Name: "tags", Rule: "items", Limit: most})
	}
	if err := c.finish(o, broken); err != nil {
		return wire.Answer{}, err
	}
	return c.Write(ctx, func(ctx context.Context, tx *db.Tx) (wire.Answer, error) {
		now, err := change(ctx, tx, c.Actor(), c.contactID(), tags)
		if err != nil {
			return wire.Answer{}, err
		}
		result := crm.Matched
		if len(now.Changed) > 0 {
			result = crm.Updated
		}
		a := c.answer(fields{"tags": append([]string{}, now.Tags...), changed: append([]string{}, now.Changed...)})
		return a.About(result, c.contactID()), nil
	})
}
