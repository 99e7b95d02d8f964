package highlevel

import (
	"context"

	"github.com/foyer-crm/foyer/internal/calendar"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/wire"
)

// groupView is a group of calendars (contract.md §9.1).
type groupView struct {
	ID          string `json:"id"`
	LocationID  string `json:"locationId"`
	Name        string `json:"name"`
	Description string `json:"description"`
	Slug        string `json:"slug"`
	IsActive    bool   `json:"isActive"`
	DateAdded   string `json:"dateAdded"`
	DateUpdated string `json:"dateUpdated"`
}

func viewGroup(g *calendar.Group) groupView {
	return groupView{ID: g.ID, LocationID: g.LocationID, Name: g.Name, Description: g.Description, Slug: g.Slug, IsActive: g.Active,
		DateAdded: moment(g.CreatedAt), DateUpdated: moment(g.UpdatedAt)}
}

// group reads what a body says of a group.
func (c *call) group(isNew bool) (*change[calendar.Group], error) {
	o, err := c.body()
	if err != nil {
		return nil, err
	}
	r := &change[calendar.Group]{o: o, erase: true}
	r.text("name", 255, func(g *calendar.Group) *string { return &g.Name })
	r.text("description", 5000, func(g *calendar.Group) *string { return &g.Description })
	r.text("slug", 255, func(g *calendar.Group) *string { return &g.Slug })
	r.flag("isActive", func(g *calendar.Group) *bool { return &g.Active })
	r.need("string", "name", "description", "slug")
	if isNew {
		r.broken = append(needLocation(o), r.broken...)
	}
	return r, c.finish(o, r.broken)
}

// listGroups is GET /calendars/groups.
func listGroups(ctx context.Context, c *call) (a wire.Answer, err error) {
	err = c.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		list, err := calendar.Groups(ctx, tx, c.Location().ID)
		views := make([]groupView, len(list))
		for i := range list {
			views[i] = viewGroup(&list[i])
		}
		a = c.answer(fields{"groups": views})
		return err
	})
	return a, err
}

// createGroup is POST /calendars/groups.
func createGroup(ctx context.Context, c *call) (wire.Answer, error) {
	r, err := c.group(true)
	if err != nil {
		return wire.Answer{}, err
	}
	return c.Write(ctx, func(ctx context.Context, tx *db.Tx) (wire.Answer, error) {
		wanted := calendar.Group{Active: true}
		r.apply(&wanted)
		g, err := calendar.AddGroup(ctx, tx, c.Actor(), wanted)
		if err != nil {
			return wire.Answer{}, err
		}
		return c.changed(fields{"group": viewGroup(g)}), nil
	})
}

// updateGroup is PUT /calendars/groups/{groupId}.
func updateGroup(ctx context.Context, c *call) (wire.Answer, error) {
	r, err := c.group(false)
	if err != nil {
		return wire.Answer{}, err
	}
	return c.Write(ctx, func(ctx context.Context, tx *db.Tx) (wire.Answer, error) {
		g, err := calendar.ChangeGroup(ctx, tx, c.Actor(), c.part("groupId"), r.apply)
		if err != nil {
			return wire.Answer{}, err
		}
		return c.changed(fields{"group": viewGroup(g)}), nil
	})
}

// updateGroupStatus is PUT /calendars/groups/{groupId}/status.
func updateGroupStatus(ctx context.Context, c *call) (wire.Answer, error) {
	o, err := c.body()
	if err != nil {
		return wire.Answer{}, err
	}
	r := &change[calendar.Group]{o: o}
	r.flag("isActive", func(g *calendar.Group) *bool { return &g.Active })
	r.need("boolean", "isActive")
	if err := c.finish(o, r.broken); err != nil {
		return wire.Answer{}, err
	}
	return c.Write(ctx, func(ctx context.Context, tx *db.Tx) (wire.Answer, error) {
		_, err := calendar.ChangeGroup(ctx, tx, c.Actor(), c.part("groupId"), r.apply)
		return c.success(), err
	})
}

// deleteGroup is DELETE /calendars/groups/{groupId}.
func deleteGroup(ctx context.Context, c *call) (wire.Answer, error) {
	return c.Write(ctx, func(ctx context.Context, tx *db.Tx) (wire.Answer, error) {
		return c.success(), calendar.DeleteGroup(ctx, tx, c.Actor(), c.part("groupId"))
	})
}

// validateSlug is POST /calendars/groups/validate-slug.
func validateSlug(ctx context.Context, c *call) (a wire.Answer, err error) {
	o, err := c.body()
	if err != nil {
		return a, err
	}
	r := &change[calendar.Group]{o: o}
	r.text("slug", 255, func(g *calendar.Group) *string { return &g.Slug })
	r.need("string", "slug")
	if err := c.finish(o, append(needLocation(o), r.broken...)); err != nil {
		return a, err
	}
	var wanted calendar.Group
	r.apply(&wanted)
	err = c.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		free, err := calendar.SlugFree(ctx, tx, c.Location().ID, wanted.Slug)
		a = c.answer(fields{"available": free})
		return err
	})
	return a, err
}
