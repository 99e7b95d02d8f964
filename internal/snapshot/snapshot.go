// Package snapshot captures what a location is set up with, and sets another
// location up with it.
package snapshot

import (
	"context"
	"time"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
)

// Snapshot is a captured set-up. It belongs to the company, whatever becomes of
// the location it was taken of.
type Snapshot struct {
	ID               string
	CompanyID        string
	SourceLocationID string
	Name             string
	Type             string // own
	CreatedAt        time.Time
	Data             Setup
}

// Setup is what a location is set up with: the rows of its set-up tables.
type Setup map[string][]Row

// Row is a row of a table by the names of its columns, without the location.
type Row map[string]any

var snapshots = db.NewTable("snapshots", []string{"id"}, func(s *Snapshot) []db.Column {
	return []db.Column{
		{Name: "id", At: &s.ID}, {Name: "company_id", At: &s.CompanyID}, {Name: "source_location_id", At: &s.SourceLocationID}, {Name: "name", At: &s.Name},
		{Name: "type", At: &s.Type}, {Name: "created_at", At: db.Millis(&s.CreatedAt)}, {Name: "data", At: db.JSON(&s.Data, "{}")},
	}
})

// table is one whose rows are set-up.
type table struct {
	name string
	// key names a row among those of a location: one that is there already is
	// not made again. A row with a parent belongs to a row of another table, and
	// comes with it or not at all.
	key    []string
	parent string
	// set are columns that begin anew in a location.
	set Row
}

// tables are the set-up tables, parents first. A test holds them against the
// schema: a table is set-up, or content, and whoever adds one says which.
var tables = []table{
	{name: "custom_fields", key: []string{"key"}},
	{name: "custom_values", key: []string{"key"}},
	{name: "location_tags", key: []string{"name_key"}},
	{name: "pipelines", key: []string{"name"}},
	{name: "lost_reasons", key: []string{"name"}},
	{name: "calendar_groups", key: []string{"slug"}},
	{name: "calendars", key: []string{"name"}},
	{name: "calendar_notifications", parent: "calendar_id"},
	{name: "calendar_resources", key: []string{"type", "name"}},
	// as drafts: somebody looks at what is to run here before it does
	{name: "workflows", key: []string{"kind", "name"}, set: Row{"status": "draft", "published_version": int64(0), "published_at": int64(0)}},
	{name: "associations", key: []string{"key"}},
	{name: "snippets", key: []string{"channel", "name"}},
}

// Tables lists the set-up tables by name.
func Tables() []string {
	names := make([]string, len(tables))
	for i, t := range tables {
		names[i] = t.name
	}
	return names
}

// Take captures the set-up of a location. by must be of that location. NotFound
// if it is not there.
func Take(ctx context.Context, tx *db.Tx, by crm.Actor, name string) (*Snapshot, error) {
	if name == "" {
		return nil, errs.InvalidFields(errs.Field{Name: "name", Rule: "required"})
	}
	l, err := crm.LocationByID(ctx, tx, by.LocationID)
	if err != nil {
		return nil, err
	}
	s := &Snapshot{ID: tx.NewID(), CompanyID: l.CompanyID, SourceLocationID: l.ID, Name: name, Type: "own", CreatedAt: tx.Now()}
	if s.Data, err = Read(ctx, tx, l.ID); err != nil {
		return nil, err
	}
	if err := snapshots.Insert(ctx, tx, s); err != nil {
		return nil, err
	}
	return s, crm.Emit(ctx, tx, by, "snapshot.taken", "", s.ID, crm.EventData{Text: crm.Excerpt(name)})
}

// Read gives what a location is set up with.
func Read(ctx context.Context, tx *db.Tx, locationID string) (Setup, error) {
	setup := Setup{}
	for _, t := range tables {
		columns, err := t.columns(ctx, tx)
		if err != nil {
			return nil, err
		}
		if len(columns) == 0 {
			continue
		}
		if setup[t.name], err = t.rows(ctx, tx, locationID, columns); err != nil {
			return nil, err
		}
	}
	return setup, nil
}

// All gives the snapshots of a company without their data, the oldest first.
func All(ctx context.Context, tx *db.Tx, companyID string) ([]Snapshot, error) {
	list, err := snapshots.All(ctx, tx, "WHERE company_id = $1 ORDER BY id", companyID)
	for i := range list {
		list[i].Data = nil
	}
	return list, err
}

// ByID gives a snapshot. NotFound if it is not there.
func ByID(ctx context.Context, tx *db.Tx, snapshotID string) (*Snapshot, error) {
	s, err := snapshots.One(ctx, tx, "WHERE id = $1", snapshotID)
	if err == nil && s == nil {
		err = errs.New(errs.NotFound, "Snapshot not found")
	}
	return s, err
}

// OfCompany gives a snapshot of a company. NotFound if it is not there, or is
// another company's.
func OfCompany(ctx context.Context, tx *db.Tx, companyID, snapshotID string) (*Snapshot, error) {
	s, err := ByID(ctx, tx, snapshotID)
	if err == nil && s.CompanyID != companyID {
		s, err = nil, errs.New(errs.NotFound, "Snapshot not found")
	}
	return s, err
}
