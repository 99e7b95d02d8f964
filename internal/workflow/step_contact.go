package workflow

import (
	"context"
	"strings"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/mergefield"
)

func (r *run) addTag(ctx context.Context) (result, error) { return r.tags(ctx, crm.AddTags) }

func (r *run) removeTag(ctx context.Context) (result, error) { return r.tags(ctx, crm.RemoveTags) }

func (r *run) tags(ctx context.Context, change tagger) (result, error) {
	var tags []string
	for _, t := range r.step.Tags {
		if t = r.line(t); t != "" {
			tags = append(tags, t)
		}
	}
	changed, err := change(ctx, r.tx, r.by, r.e.ContactID, tags)
	if err != nil {
		return result{}, err
	}
	if len(changed.Changed) == 0 {
		return result{outcome: Skipped, detail: "nothing to change"}, nil
	}
	return result{detail: strings.Join(changed.Changed, ", ")}, nil
}

// setField gives a field of the contact a value, or empties it.
func (r *run) setField(ctx context.Context) (result, error) {
	field := strings.TrimPrefix(mergefield.Path(r.step.Field), "contact.")
	value := r.fill(r.step.Value)
	var in crm.Input
	if err := say(ctx, r.tx, r.e.LocationID, &in, field, value); err != nil {
		return result{}, err
	}
	return result{detail: field + " = " + value}, r.change(ctx, in)
}

// change says something about the contact.
func (r *run) change(ctx context.Context, in crm.Input) error {
	_, err := crm.SaveContact(ctx, r.tx, r.by, crm.Save{ID: r.e.ContactID, OnMatch: crm.Overwrite, Input: in})
	return err
}
