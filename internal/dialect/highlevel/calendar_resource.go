package highlevel

import (
	"context"

	"github.com/foyer-crm/foyer/internal/calendar"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/wire"
)

// resourceView is a room or a kind of equipment. HighLevel's documents have no
// id in it, and nothing could be done without (contract.md §9.1).
type resourceView struct {
	ID           string   `json:"id"`
	UnderscoreID string   `json:"_id"`
	LocationID   string   `json:"locationId"`
	Name         string   `json:"name"`
	ResourceType string   `json:"resourceType"`
	IsActive     bool     `json:"isActive"`
	Description  string   `json:"description"`
	Quantity     int64    `json:"quantity"`
	OutOfService int64    `json:"outOfService"`
	Capacity     int64    `json:"capacity"`
	CalendarIDs  []string `json:"calendarIds"`
	DateAdded    string   `json:"dateAdded"`
	DateUpdated  string   `json:"dateUpdated"`
	TraceID      string   `json:"traceId,omitempty"`
}

func viewResource(r *calendar.Resource) resourceView {
	return resourceView{ID: r.ID, UnderscoreID: r.ID, LocationID: r.LocationID, Name: r.Name, ResourceType: r.Type, IsActive: r.Active, Description: r.Description,
		Quantity: r.Quantity, OutOfService: r.OutOfService, Capacity: r.Capacity, CalendarIDs: append([]string{}, r.CalendarIDs...), DateAdded: moment(r.CreatedAt), DateUpdated: moment(r.UpdatedAt)}
}

// oneResource answers with a resource and nothing around it.
func (c *call) oneResource(r *calendar.Resource) wire.Answer {
	v := viewResource(r)
	v.TraceID = c.ID
	return wire.Answer{Status: c.op.Success, Body: v}.About(crm.Updated, "")
}

// resourceType is the type that the path names.
func (c *call) resourceType() (string, error) {
	switch typ := c.part("resourceType"); typ {
	case calendar.Room, calendar.Equipment:
		return typ, nil
	}
	return "", errs.InvalidFields(errs.Field{Name: "resourceType", Rule: "choice"})
}

// resource reads what a body says of a resource.
func (c *call) resource(isNew bool) (*change[calendar.Resource], string, error) {
	typ, err := c.resourceType()
	if err != nil {
		return nil, "", err
	}
	o, err := c.body()
	if err != nil {
		return nil, "", err
	}
	r := &change[calendar.Resource]{o: o, erase: !isNew}
	r.text("name", 255, func(r *calendar.Resource) *string { return &r.Name })
	r.text("description", 5000, func(r *calendar.Resource) *string { return &r.Description })
	r.whole("quantity", func(r *calendar.Resource, n int) { r.Quantity = int64(n) })
	r.whole("outOfService", func(r *calendar.Resource, n int) { r.OutOfService = int64(n) })
	r.whole("capacity", func(r *calendar.Resource, n int) { r.Capacity = int64(n) })
	r.texts("calendarIds", 100, func(r *calendar.Resource) *[]string { return &r.CalendarIDs })
	r.flag("isActive", func(r *calendar.Resource) *bool { return &r.Active })
	if isNew {
		r.need("string", "name")
		r.broken = append(needLocation(o), r.broken...)
	}
	return r, typ, c.finish(o, r.broken)
}

// listResources is GET /calendars/resources/{resourceType}: a list without
// anything around it.
func listResources(ctx context.Context, c *call) (a wire.Answer, err error) {
	typ, err := c.resourceType()
	if err != nil {
		return a, err
	}
	limit, broken := c.queryInt("limit", 20, 1, 100)
	skip, bad := c.queryInt("skip", 0, 0, 1_000_000)
	if err := errs.InvalidFields(append(broken, bad...)...); err != nil {
		return a, err
	}
	err = c.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		list, err := calendar.Resources(ctx, tx, c.Location().ID, typ, limit, skip)
		views := make([]resourceView, len(list))
		for i := range list {
			views[i] = viewResource(&list[i])
		}
		a = wire.Answer{Status: c.op.Success, Body: views}
		return err
	})
	return a, err
}

// getResource is GET /calendars/resources/{resourceType}/{id}.
func getResource(ctx context.Context, c *call) (a wire.Answer, err error) {
	typ, err := c.resourceType()
	if err != nil {
		return a, err
	}
	err = c.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		r, err := calendar.ResourceByID(ctx, tx, c.Location().ID, typ, c.part("id"))
		if err == nil {
			a = c.oneResource(r)
		}
		return err
	})
	return a, err
}

// createResource is POST /calendars/resources/{resourceType}. Of equipment there
// is one, unless it says how many.
func createResource(ctx context.Context, c *call) (wire.Answer, error) {
	said, typ, err := c.resource(true)
	if err != nil {
		return wire.Answer{}, err
	}
	return c.Write(ctx, func(ctx context.Context, tx *db.Tx) (wire.Answer, error) {
		wanted := calendar.Resource{Type: typ, Active: true, Quantity: 1, Capacity: 1}
		said.apply(&wanted)
		r, err := calendar.AddResource(ctx, tx, c.Actor(), wanted)
		if err != nil {
			return wire.Answer{}, err
		}
		return c.oneResource(r), nil
	})
}

// updateResource is PUT /calendars/resources/{resourceType}/{id}.
func updateResource(ctx context.Context, c *call) (wire.Answer, error) {
	said, typ, err := c.resource(false)
	if err != nil {
		return wire.Answer{}, err
	}
	return c.Write(ctx, func(ctx context.Context, tx *db.Tx) (wire.Answer, error) {
		r, err := calendar.ChangeResource(ctx, tx, c.Actor(), typ, c.part("id"), said.apply)
		if err != nil {
			return wire.Answer{}, err
		}
		return c.oneResource(r), nil
	})
}

// deleteResource is DELETE /calendars/resources/{resourceType}/{id}.
func deleteResource(ctx context.Context, c *call) (wire.Answer, error) {
	typ, err := c.resourceType()
	if err != nil {
		return wire.Answer{}, err
	}
	return c.Write(ctx, func(ctx context.Context, tx *db.Tx) (wire.Answer, error) {
		return c.success(), calendar.DeleteResource(ctx, tx, c.Actor(), typ, c.part("id"))
	})
}
