package crm

import (
	"context"
	"slices"

	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/norm"
)

// TagsChanged is the result of adding or removing tags.
type TagsChanged struct {
	Tags    []string // all tags now
	Changed []string // those that were added or removed
}

// AddTags adds tags to a contact; one that is there in another case is there.
// NotFound if the contact is not.
func AddTags(ctx context.Context, tx *db.Tx, by Actor, contactID string, tags []string) (*TagsChanged, error) {
	return changeTags(ctx, tx, by, contactID, func(have []string) []string { return union(have, tags, norm.Fold) })
}

// RemoveTags removes tags from a contact without regard to case. NotFound if
// the contact is not there.
func RemoveTags(ctx context.Context, tx *db.Tx, by Actor, contactID string, tags []string) (*TagsChanged, error) {
	return changeTags(ctx, tx, by, contactID, func(have []string) []string {
		return slices.DeleteFunc(slices.Clone(have), func(h string) bool {
			return slices.ContainsFunc(tags, func(t string) bool { return norm.Fold(t) == norm.Fold(h) })
		})
	})
}

func changeTags(ctx context.Context, tx *db.Tx, by Actor, contactID string, to func([]string) []string) (*TagsChanged, error) {
	old, err := locked(ctx, tx, by.LocationID, contactID)
	if err != nil {
		return nil, err
	}
	next := *old
	next.Tags = to(old.Tags)
	changed := append(without(next.Tags, old.Tags), without(old.Tags, next.Tags)...)
	if len(changed) > 0 {
		if err := put(ctx, tx, by, old, &next, []Change{{Field: "tags", From: present(old.Tags), To: present(next.Tags)}}); err != nil {
			return nil, err
		}
	}
	return &TagsChanged{Tags: next.Tags, Changed: changed}, nil
}

// without gives what is in list and not in other.
func without(list, other []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return slices.Contains(other, s) })
}
