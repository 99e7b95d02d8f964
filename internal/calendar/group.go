package calendar

import (
	"context"
	"regexp"
	"time"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
)

// Group is a number of calendars that are shown together, at an address of their own.
type Group struct {
	LocationID  string
	ID          string
	Name        string
	Description string
	Slug        string // unique in the location
	Active      bool
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

var groups = db.NewTable("calendar_groups", []string{"location_id", "id"}, func(g *Group) []db.Column {
	return []db.Column{
		{Name: "location_id", At: &g.LocationID}, {Name: "id", At: &g.ID}, {Name: "name", At: &g.Name}, {Name: "description", At: &g.Description},
		{Name: "slug", At: &g.Slug}, {Name: "active", At: &g.Active},
		{Name: "created_at", At: db.Millis(&g.CreatedAt), Fixed: true}, {Name: "updated_at", At: db.Millis(&g.UpdatedAt)},
	}
})

// slug is what can stand in an address.
var slug = regexp.MustCompile(`^[A-Za-z0-9]+(?:[-_/][A-Za-z0-9]+)*$`)

func (g *Group) check() error {
	var broken []errs.Field
	if g.Name == "" {
		broken = append(broken, errs.Field{Name: "name", Rule: "required"})
	}
	if !slug.MatchString(g.Slug) {
		broken = append(broken, errs.Field{Name: "slug", Rule: "slug"})
	}
	return errs.InvalidFields(broken...)
}

// AddGroup makes a group. Invalid for a broken name or slug, Conflict for a slug
// that another group has.
func AddGroup(ctx context.Context, tx *db.Tx, by crm.Actor, g Group) (*Group, error) {
	g.LocationID, g.ID, g.CreatedAt, g.UpdatedAt = by.LocationID, tx.NewID(), tx.Now(), tx.Now()
	if err := g.check(); err != nil {
		return nil, err
	}
	if err := mustBeFree(ctx, tx, &g); err != nil {
		return nil, err
	}
	isNew, err := groups.InsertIfAbsent(ctx, tx, &g)
	if err == nil && !isNew {
		err = db.ErrLostRace // another process took the slug just now
	}
	if err != nil {
		return nil, err
	}
	return &g, crm.Emit(ctx, tx, by, "calendar_group.created", "", g.ID, crm.EventData{Text: crm.Excerpt(g.Name)})
}

// ChangeGroup changes a group. NotFound if it is not there, else as AddGroup.
func ChangeGroup(ctx context.Context, tx *db.Tx, by crm.Actor, groupID string, change func(*Group)) (*Group, error) {
	g, err := GroupByID(ctx, tx, by.LocationID, groupID)
	if err != nil {
		return nil, err
	}
	old := *g
	change(g)
	if err := g.check(); err != nil {
		return nil, err
	}
	if err := mustBeFree(ctx, tx, g); err != nil {
		return nil, err
	}
	var changes []crm.Change
	for _, f := range []struct {
		name     string
		from, to any
	}{{"name", old.Name, g.Name}, {"description", old.Description, g.Description}, {"slug", old.Slug, g.Slug}, {"isActive", old.Active, g.Active}} {
		if f.from != f.to {
			changes = append(changes, crm.Change{Field: f.name, From: f.from, To: f.to})
		}
	}
	if len(changes) == 0 {
		return g, nil
	}
	g.UpdatedAt = later(tx.Now(), g.UpdatedAt)
	if err := groups.Update(ctx, tx, g); err != nil {
		return nil, err
	}
	return g, crm.Emit(ctx, tx, by, "calendar_group.updated", "", g.ID, crm.EventData{Changes: changes, Text: crm.Excerpt(g.Name)})
}

// mustBeFree gives Conflict if another group has the slug.
func mustBeFree(ctx context.Context, tx *db.Tx, g *Group) error {
	other, err := groups.One(ctx, tx, "WHERE location_id = $1 AND slug = $2", g.LocationID, g.Slug)
	if err == nil && other != nil && other.ID != g.ID {
		err = errs.New(errs.Conflict, "There is a group with this slug already.").WithCode("slug")
	}
	return err
}

// SlugFree reports whether a slug can be given to a new group. Invalid if it
// cannot stand in an address.
func SlugFree(ctx context.Context, tx *db.Tx, locationID, wanted string) (bool, error) {
	if !slug.MatchString(wanted) {
		return false, errs.InvalidFields(errs.Field{Name: "slug", Rule: "slug"})
	}
	g, err := groups.One(ctx, tx, "WHERE location_id = $1 AND slug = $2", locationID, wanted)
	return g == nil, err
}

// DeleteGroup removes a group; its calendars stay, in none. NotFound if it is
// not there.
func DeleteGroup(ctx context.Context, tx *db.Tx, by crm.Actor, groupID string) error {
	g, err := GroupByID(ctx, tx, by.LocationID, groupID)
	if err != nil {
		return err
	}
	if err := tx.Do(ctx, "UPDATE calendars SET group_id = '', updated_at = $3 WHERE location_id = $1 AND group_id = $2", by.LocationID, groupID, tx.Now().UnixMilli()); err != nil {
		return err
	}
	if err := tx.Do(ctx, "DELETE FROM calendar_groups WHERE location_id = $1 AND id = $2", by.LocationID, groupID); err != nil {
		return err
	}
	return crm.Emit(ctx, tx, by, "calendar_group.deleted", "", groupID, crm.EventData{Text: crm.Excerpt(g.Name)})
}

// GroupByID gives a group. NotFound if it is not there.
func GroupByID(ctx context.Context, tx *db.Tx, locationID, groupID string) (*Group, error) {
	g, err := groups.One(ctx, tx, "WHERE location_id = $1 AND id = $2", locationID, groupID)
	if err == nil && g == nil {
		err = errs.New(errs.NotFound, "Group not found")
	}
	return g, err
}

// Groups gives the groups of a location, the oldest first.
func Groups(ctx context.Context, tx *db.Tx, locationID string) ([]Group, error) {
	return groups.All(ctx, tx, "WHERE location_id = $1 ORDER BY id", locationID)
}
