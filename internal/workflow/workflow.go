// Package workflow runs what a location automates: workflows, and campaigns,
// which are workflows whose steps are messages. A definition says what makes a
// contact begin and which steps follow; an enrolment is one contact on the way
// through one version of it.
package workflow

import (
	"context"
	"strings"
	"time"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
)

// Workflow is a workflow or a campaign.
type Workflow struct {
	LocationID       string
	ID               string
	Kind             string // Flow or Campaign
	Name             string // unique among its kind in the location
	Status           string // Draft or Published
	Version          int64  // of Definition, the latest
	Definition       Definition
	PublishedVersion int64     // the one that contacts begin with; 0 while it is a draft
	PublishedAt      time.Time // UTC; since when events count; zero while it is a draft
	CreatedAt        time.Time
	UpdatedAt        time.Time
}

// The kinds and states.
const (
	Flow     = "workflow"
	Campaign = "campaign"

	Draft     = "draft"
	Published = "published"
)

var workflows = db.NewTable("workflows", []string{"location_id", "id"}, func(w *Workflow) []db.Column {
	return []db.Column{
		{Name: "location_id", At: &w.LocationID}, {Name: "id", At: &w.ID}, {Name: "kind", At: &w.Kind, Fixed: true}, {Name: "name", At: &w.Name},
		{Name: "status", At: &w.Status}, {Name: "version", At: &w.Version}, {Name: "definition", At: db.JSON(&w.Definition, "{}")},
		{Name: "published_version", At: &w.PublishedVersion}, {Name: "published_at", At: db.Millis(&w.PublishedAt)},
		{Name: "created_at", At: db.Millis(&w.CreatedAt), Fixed: true}, {Name: "updated_at", At: db.Millis(&w.UpdatedAt)},
	}
})

// Version is a definition as it was at a time. The latest one is kept with its
// workflow, the others by themselves.
type Version struct {
	LocationID string
	WorkflowID string
	Version    int64
	Definition Definition
	CreatedAt  time.Time // UTC
}

var versions = db.NewTable("workflow_versions", []string{"location_id", "workflow_id", "version"}, func(v *Version) []db.Column {
	return []db.Column{
		{Name: "location_id", At: &v.LocationID}, {Name: "workflow_id", At: &v.WorkflowID}, {Name: "version", At: &v.Version},
		{Name: "definition", At: db.JSON(&v.Definition, "{}")}, {Name: "created_at", At: db.Millis(&v.CreatedAt)},
	}
})

// Document gives the workflow as it is written down.
func (w *Workflow) Document() *Document {
	return &Document{Name: w.Name, Kind: w.Kind, Status: w.Status, Definition: w.Definition}
}

// Add makes a workflow. Status "" is Draft. Conflict if the location has one of
// that kind and name, Invalid for a definition that cannot be.
func Add(ctx context.Context, tx *db.Tx, by crm.Actor, w Workflow) (*Workflow, error) {
	status := w.Status
	if status == "" {
		status = Draft
	}
	if err := check(&w, status); err != nil {
		return nil, err
	}
	w.LocationID, w.ID, w.Status, w.Version, w.CreatedAt, w.UpdatedAt = by.LocationID, tx.NewID(), Draft, 1, tx.Now(), tx.Now()
	w.PublishedVersion, w.PublishedAt = 0, time.Time{}
	isNew, err := workflows.InsertIfAbsent(ctx, tx, &w)
	if err != nil {
		return nil, err
	}
	if !isNew {
		return nil, errs.New(errs.Conflict, "A %s of this name exists already", w.Kind)
	}
	if err := crm.Emit(ctx, tx, by, w.Kind+".created", "", w.ID, crm.EventData{Kind: w.Status, Text: crm.Excerpt(w.Name)}); err != nil {
		return nil, err
	}
	if status == Published {
		return SetStatus(ctx, tx, by, w.Kind, w.ID, Published)
	}
	return &w, nil
}

// latest is the version that the workflow itself holds.
func (w *Workflow) latest() *Version {
	return &Version{LocationID: w.LocationID, WorkflowID: w.ID, Version: w.Version, Definition: w.Definition, CreatedAt: w.UpdatedAt}
}

func check(w *Workflow, status string) error {
	var broken []errs.Field
	if strings.TrimSpace(w.Name) == "" {
		broken = append(broken, errs.Field{Name: "name", Rule: "required"})
	}
	if status != Draft && status != Published {
		broken = append(broken, errs.Field{Name: "status", Rule: "choice"})
	}
	if w.Kind != Flow && w.Kind != Campaign {
		broken = append(broken, errs.Field{Name: "kind", Rule: "choice"})
	}
	if err := errs.InvalidFields(broken...); err != nil {
		return err
	}
	return invalid(w.Definition.Check(w.Kind))
}

// Save gives a workflow a new name and definition. The definition becomes a new
// version, which contacts begin with once it is published; who is in the workflow
// stays in the version they began with. NotFound if it is not there, Conflict for
// a name that is taken, Invalid for a definition that cannot be.
func Save(ctx context.Context, tx *db.Tx, by crm.Actor, kind, workflowID, name string, d Definition) (*Workflow, error) {
	w, err := lock(ctx, tx, by.LocationID, kind, workflowID)
	if err != nil {
		return nil, err
	}
	before := *w
	w.Name, w.Definition = name, d
	if err := check(w, w.Status); err != nil {
		return nil, err
	}
	if name != before.Name {
		taken, err := workflows.One(ctx, tx, "WHERE location_id = $1 AND kind = $2 AND name = $3", by.LocationID, kind, name)
		if err != nil {
			return nil, err
		}
		if taken != nil {
			return nil, errs.New(errs.Conflict, "A %s of this name exists already", kind)
		}
	}
	same, err := equal(before.Definition, d)
	if err != nil || same && name == before.Name {
		return &before, err
	}
	w.UpdatedAt = tx.Now()
	if !same {
		w.Version++
		if err := versions.Insert(ctx, tx, before.latest()); err != nil {
			return nil, err
		}
	}
	if err := workflows.Update(ctx, tx, w); err != nil {
		return nil, err
	}
	err = crm.Emit(ctx, tx, by, kind+".updated", "", w.ID, crm.EventData{Text: crm.Excerpt(w.Name), Changes: []crm.Change{{Field: "version", From: before.Version, To: w.Version}}})
	return w, err
}

func lock(ctx context.Context, tx *db.Tx, locationID, kind, workflowID string) (*Workflow, error) {
	return one(ctx, tx, kind, "WHERE location_id = $1 AND id = $2 AND kind = $3 /*postgres FOR UPDATE*/", locationID, workflowID, kind)
}

// SetStatus publishes the latest version of a workflow, or makes it a draft
// again. Who is in a draft waits, and goes on when it is published again.
// NotFound if it is not there, Invalid if it names what the location does not
// have.
func SetStatus(ctx context.Context, tx *db.Tx, by crm.Actor, kind, workflowID, status string) (*Workflow, error) {
	w, err := lock(ctx, tx, by.LocationID, kind, workflowID)
	if err != nil {
		return nil, err
	}
	if err := check(w, status); err != nil {
		return nil, err
	}
	if w.Status == status && (status == Draft || w.PublishedVersion == w.Version) {
		return w, nil
	}
	before := w.Status
	w.Status, w.UpdatedAt = status, tx.Now()
	if status == Published {
		if err := present(ctx, tx, w); err != nil {
			return nil, err
		}
		w.PublishedVersion = w.Version
		if before != Published {
			w.PublishedAt = tx.Now()
		}
	} else {
		w.PublishedVersion, w.PublishedAt = 0, time.Time{}
	}
	if err := workflows.Update(ctx, tx, w); err != nil {
		return nil, err
	}
	if err := w.wind(ctx, tx); err != nil {
		return nil, err
	}
	if err := w.pause(ctx, tx, status == Draft); err != nil {
		return nil, err
	}
	err = crm.Emit(ctx, tx, by, kind+".updated", "", w.ID, crm.EventData{Text: crm.Excerpt(w.Name), Changes: []crm.Change{{Field: "status", From: before, To: status}, {Field: "version", From: nil, To: w.Version}}})
	return w, err
}

// pause stops everybody who is in a workflow where they are, or lets them go on.
func (w *Workflow) pause(ctx context.Context, tx *db.Tx, stop bool) error {
	set := "status = 'active', due_at = resume_at, resume_at = 0 WHERE status = 'paused'"
	if stop {
		set = "status = 'paused', resume_at = due_at, due_at = 0 WHERE status = 'active'"
	}
	return tx.Do(ctx, "UPDATE enrolments SET updated_at = $3, "+set+" AND location_id = $1 AND workflow_id = $2", w.LocationID, w.ID, tx.Now().UnixMilli())
}

// Delete removes a workflow with its versions and with who is and was in it.
// NotFound if it is not there.
func Delete(ctx context.Context, tx *db.Tx, by crm.Actor, kind, workflowID string) error {
	w, err := lock(ctx, tx, by.LocationID, kind, workflowID)
	if err != nil {
		return err
	}
	for _, table := range []string{"enrolment_steps", "enrolments", "workflow_turns", "workflow_clocks", "workflow_versions"} {
		if err := tx.Do(ctx, "DELETE FROM "+table+" WHERE location_id = $1 AND workflow_id = $2", by.LocationID, w.ID); err != nil {
			return err
		}
	}
	if err := tx.Do(ctx, "DELETE FROM workflows WHERE location_id = $1 AND id = $2", by.LocationID, w.ID); err != nil {
		return err
	}
	return crm.Emit(ctx, tx, by, kind+".deleted", "", w.ID, crm.EventData{Text: crm.Excerpt(w.Name), Was: crm.Was(w.Document())})
}

// ByID gives a workflow or campaign. NotFound if it is not there.
func ByID(ctx context.Context, tx *db.Tx, locationID, kind, workflowID string) (*Workflow, error) {
	return one(ctx, tx, kind, "WHERE location_id = $1 AND id = $2 AND kind = $3", locationID, workflowID, kind)
}

// Named gives a workflow or campaign by its name or id. NotFound if it is not
// there.
func Named(ctx context.Context, tx *db.Tx, locationID, kind, nameOrID string) (*Workflow, error) {
	w, err := one(ctx, tx, kind, "WHERE location_id = $1 AND kind = $2 AND (id = $3 OR name = $3)", locationID, kind, nameOrID)
	if errs.Is(err, errs.NotFound) {
		err = errs.New(errs.NotFound, "No %s is called %s", kind, nameOrID)
	}
	return w, err
}

// VersionOf gives a version of a workflow. NotFound if it is not there.
func VersionOf(ctx context.Context, tx *db.Tx, locationID, workflowID string, version int64) (*Version, error) {
	w, err := workflows.One(ctx, tx, "WHERE location_id = $1 AND id = $2 AND version = $3", locationID, workflowID, version)
	if err != nil {
		return nil, err
	}
	if w != nil {
		return w.latest(), nil
	}
	v, err := versions.One(ctx, tx, "WHERE location_id = $1 AND workflow_id = $2 AND version = $3", locationID, workflowID, version)
	if err == nil && v == nil {
		err = errs.New(errs.NotFound, "There is no version %d", version)
	}
	return v, err
}

// Versions gives all versions of a workflow, the newest first.
func Versions(ctx context.Context, tx *db.Tx, locationID, workflowID string) ([]Version, error) {
	w, err := workflows.One(ctx, tx, "WHERE location_id = $1 AND id = $2", locationID, workflowID)
	if err != nil || w == nil {
		return nil, err
	}
	older, err := versions.All(ctx, tx, "WHERE location_id = $1 AND workflow_id = $2 ORDER BY version DESC", locationID, workflowID)
	return append([]Version{*w.latest()}, older...), err
}

func one(ctx context.Context, tx *db.Tx, kind, tail string, args ...any) (*Workflow, error) {
	w, err := workflows.One(ctx, tx, tail, args...)
	if err == nil && w == nil {
		name := "Workflow"
		if kind == Campaign {
			name = "Campaign"
		}
		err = errs.New(errs.NotFound, "%s not found", name)
	}
	return w, err
}

// All gives the workflows or campaigns of a location, the oldest first, in one
// status or in any for "".
func All(ctx context.Context, tx *db.Tx, locationID, kind, status string) ([]Workflow, error) {
	return workflows.All(ctx, tx, "WHERE location_id = $1 AND kind = $2 AND ($3 = '' OR status = $3) ORDER BY id", locationID, kind, status)
}

// Put makes a workflow of a document, or gives the one of its kind and name a new
// version, with the status that the document says; one that says none stays as it
// is. The errors are those of Add, Save and SetStatus.
func Put(ctx context.Context, tx *db.Tx, by crm.Actor, d *Document) (*Workflow, error) {
	w, err := workflows.One(ctx, tx, "WHERE location_id = $1 AND kind = $2 AND name = $3", by.LocationID, d.Kind, d.Name)
	if err != nil {
		return nil, err
	}
	if w == nil {
		return Add(ctx, tx, by, Workflow{Kind: d.Kind, Name: d.Name, Status: d.Status, Definition: d.Definition})
	}
	if w, err = Save(ctx, tx, by, d.Kind, w.ID, d.Name, d.Definition); err != nil || d.Status == "" {
		return w, err
	}
	return SetStatus(ctx, tx, by, d.Kind, w.ID, d.Status)
}
