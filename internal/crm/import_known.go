package crm

import (
	"context"
	"slices"

	"github.com/foyer-crm/foyer/internal/db"
)

// Known gives the contacts of a location that own a key of any of some inputs,
// but for those in seen, to which it adds them. With all, what belongs to them
// comes with them.
func Known(ctx context.Context, tx *db.Tx, locationID string, said []*Input, seen map[string]bool, all bool) ([]Whole, error) {
	var keys []string
	for _, in := range said {
		w := Whole{Contact: in.Contact, Links: in.Links}
		keys = append(keys, w.keys()...)
	}
	slices.Sort(keys)
	keys = slices.Compact(keys)
	var list []Whole
	_, err := eachSome(keys, func(some []string, _ string) (int64, error) {
		own, err := owners(ctx, tx, locationID, some)
		if err != nil {
			return 0, err
		}
		for _, contactID := range own {
			if seen[contactID] {
				continue
			}
			seen[contactID] = true
			w, err := wholeOf(ctx, tx, locationID, contactID, all)
			if err != nil {
				return 0, err
			}
			if w != nil {
				list = append(list, *w)
			}
		}
		return 0, nil
	}, 2)
	return list, err
}

// wholeOf gives a contact with its links and the keys that it stands behind
// with, and with all that belongs to it.
func wholeOf(ctx context.Context, tx *db.Tx, locationID, contactID string, all bool) (*Whole, error) {
	c, err := contacts.One(ctx, tx, "WHERE location_id = $1 AND id = $2", locationID, contactID)
	if err != nil || c == nil {
		return nil, err
	}
	p := wholes{tx, locationID, []Whole{{Contact: *c}}}
	w := &p.page[0]
	if w.Links, err = Links(ctx, tx, locationID, contactID); err != nil {
		return nil, err
	}
	if err := p.behind(ctx); err != nil || !all {
		return w, err
	}
	if w.Notes, err = Notes(ctx, tx, locationID, contactID); err != nil {
		return nil, err
	}
	if w.Tasks, err = Tasks(ctx, tx, locationID, contactID); err != nil {
		return nil, err
	}
	if w.Activities, err = Activities(ctx, tx, locationID, contactID); err != nil {
		return nil, err
	}
	if w.Properties, err = Properties(ctx, tx, locationID, contactID); err != nil {
		return nil, err
	}
	w.Requirements, err = Requirements(ctx, tx, locationID, contactID)
	return w, err
}
