package calendar

import (
	"context"
	"fmt"
	"math"
	"reflect"
	"slices"
	"time"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
)

// Resource is a room or a kind of equipment that bookings of some calendars
// need: one of the calendar's rooms, and a piece of each of its equipment.
type Resource struct {
	LocationID   string
	ID           string
	Type         string // Room or Equipment
	Name         string
	Description  string
	Quantity     int64 // of equipment
	OutOfService int64
	Capacity     int64 // of a room: bookings at once; 0 counts as one
	Active       bool
	CalendarIDs  []string
	CreatedAt    time.Time
	UpdatedAt    time.Time
}

// The types of resources.
const (
	Room      = "rooms"
	Equipment = "equipments"
)

// space says how many bookings the resource takes at once.
func (r *Resource) space() int {
	if r.Type == Room {
		return int(max(r.Capacity, 1))
	}
	return int(r.Quantity - r.OutOfService)
}

var resources = db.NewTable("calendar_resources", []string{"location_id", "id"}, func(r *Resource) []db.Column {
	return []db.Column{
		{Name: "location_id", At: &r.LocationID}, {Name: "id", At: &r.ID}, {Name: "type", At: &r.Type}, {Name: "name", At: &r.Name}, {Name: "description", At: &r.Description},
		{Name: "quantity", At: &r.Quantity}, {Name: "out_of_service", At: &r.OutOfService}, {Name: "capacity", At: &r.Capacity}, {Name: "active", At: &r.Active},
		{Name: "calendar_ids", At: db.JSON(&r.CalendarIDs, "[]")},
		{Name: "created_at", At: db.Millis(&r.CreatedAt), Fixed: true}, {Name: "updated_at", At: db.Millis(&r.UpdatedAt)},
	}
})

// check says what is wrong. One kind of equipment belongs to one calendar; a room
// may belong to many.
func (r *Resource) check(ctx context.Context, tx *db.Tx) error {
	var broken []errs.Field
	if r.Name == "" {
		broken = append(broken, errs.Field{Name: "name", Rule: "required"})
	}
	const most, mostCalendars = 1_000_000, 100
	for _, n := range []struct {
		name string
		n    int64
	}{{"quantity", r.Quantity}, {"outOfService", r.OutOfService}, {"capacity", r.Capacity}} {
		if n.n < 0 {
			broken = append(broken, errs.Field{Name: n.name, Rule: "min"})
		} else if n.n > most {
			broken = append(broken, errs.Field{Name: n.name, Rule: "max", Limit: most})
		}
	}
	allowed := mostCalendars
	if r.Type == Equipment {
		allowed = 1
	}
	if len(r.CalendarIDs) > allowed {
		broken = append(broken, errs.Field{Name: "calendarIds", Rule: "items", Limit: allowed})
		return errs.InvalidFields(broken...)
	}
	for i, c := range r.CalendarIDs {
		if _, err := ByID(ctx, tx, r.LocationID, c); errs.Is(err, errs.NotFound) {
			broken = append(broken, errs.Field{Name: fmt.Sprintf("calendarIds.%d", i), Rule: "calendar"})
		} else if err != nil {
			return err
		}
	}
	return errs.InvalidFields(broken...)
}

// AddResource makes a room or a kind of equipment. Invalid for broken fields.
func AddResource(ctx context.Context, tx *db.Tx, by crm.Actor, r Resource) (*Resource, error) {
	r.LocationID, r.ID, r.CreatedAt, r.UpdatedAt = by.LocationID, tx.NewID(), tx.Now(), tx.Now()
	if err := r.check(ctx, tx); err != nil {
		return nil, err
	}
	if err := resources.Insert(ctx, tx, &r); err != nil {
		return nil, err
	}
	return &r, crm.Emit(ctx, tx, by, "calendar_resource.created", "", r.ID, crm.EventData{Kind: r.Type, Text: crm.Excerpt(r.Name)})
}

// ChangeResource changes a resource. NotFound if it is not there.
func ChangeResource(ctx context.Context, tx *db.Tx, by crm.Actor, typ, resourceID string, change func(*Resource)) (*Resource, error) {
	r, err := ResourceByID(ctx, tx, by.LocationID, typ, resourceID)
	if err != nil {
		return nil, err
	}
	old := *r
	old.CalendarIDs = slices.Clone(r.CalendarIDs)
	change(r)
	if err := r.check(ctx, tx); err != nil {
		return nil, err
	}
	if reflect.DeepEqual(old, *r) {
		return r, nil
	}
	r.UpdatedAt = later(tx.Now(), r.UpdatedAt)
	if err := resources.Update(ctx, tx, r); err != nil {
		return nil, err
	}
	return r, crm.Emit(ctx, tx, by, "calendar_resource.updated", "", r.ID, crm.EventData{Kind: r.Type, Text: crm.Excerpt(r.Name)})
}

// DeleteResource removes a resource. NotFound if it is not there.
func DeleteResource(ctx context.Context, tx *db.Tx, by crm.Actor, typ, resourceID string) error {
	r, err := ResourceByID(ctx, tx, by.LocationID, typ, resourceID)
	if err != nil {
		return err
	}
	if err := tx.Do(ctx, "DELETE FROM calendar_busy WHERE location_id = $1 AND owner_id = $2", by.LocationID, resourceID); err != nil {
		return err
	}
	if err := tx.Do(ctx, "DELETE FROM calendar_resources WHERE location_id = $1 AND id = $2", by.LocationID, resourceID); err != nil {
		return err
	}
	return crm.Emit(ctx, tx, by, "calendar_resource.deleted", "", resourceID, crm.EventData{Kind: r.Type, Text: crm.Excerpt(r.Name)})
}

// ResourceByID gives a resource of a type. NotFound if it is not there.
func ResourceByID(ctx context.Context, tx *db.Tx, locationID, typ, resourceID string) (*Resource, error) {
	r, err := resources.One(ctx, tx, "WHERE location_id = $1 AND id = $2 AND type = $3", locationID, resourceID, typ)
	if err == nil && r == nil {
		err = errs.New(errs.NotFound, "Resource not found")
	}
	return r, err
}

// Resources gives the resources of a type, the oldest first.
func Resources(ctx context.Context, tx *db.Tx, locationID, typ string, limit, skip int64) ([]Resource, error) {
	return resources.All(ctx, tx, "WHERE location_id = $1 AND type = $2 ORDER BY id LIMIT $3 OFFSET $4", locationID, typ, limit, skip)
}

// resourcesOf gives what bookings of a calendar need.
func resourcesOf(ctx context.Context, tx *db.Tx, locationID, calendarID string) ([]Resource, error) {
	all, err := resources.All(ctx, tx, "WHERE location_id = $1 AND active ORDER BY id", locationID)
	return slices.DeleteFunc(all, func(r Resource) bool { return !slices.Contains(r.CalendarIDs, calendarID) }), err
}

// forgetCalendar takes a calendar that is no more out of all resources and
// schedules.
func forgetCalendar(ctx context.Context, tx *db.Tx, by crm.Actor, calendarID string) error {
	on, err := Schedules(ctx, tx, by.LocationID, "", calendarID, math.MaxInt32, 0)
	if err != nil {
		return err
	}
	if err := without(ctx, tx, by, on, []string{calendarID}); err != nil {
		return err
	}
	list, err := resourcesOf(ctx, tx, by.LocationID, calendarID)
	for i := range list {
		if err != nil {
			break
		}
		list[i].CalendarIDs = slices.DeleteFunc(list[i].CalendarIDs, func(c string) bool { return c == calendarID })
		list[i].UpdatedAt = later(tx.Now(), list[i].UpdatedAt)
		err = resources.Update(ctx, tx, &list[i])
	}
	return err
}
