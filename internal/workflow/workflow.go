// Package workflow holds what a location automates: workflows and campaigns, and
// who is in them. A campaign is a workflow whose steps are messages.
package workflow

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
)

// Workflow is a workflow or a campaign.
type Workflow struct {
	LocationID string
	ID         string
	Kind       string // Flow or Campaign
	Name       string // unique among its kind in the location
	Status     string // Draft or Published
	Version    int64  // grows by one with each change
	Definition Definition
	CreatedAt  time.Time
	UpdatedAt  time.Time
}

// Definition says when a workflow begins and what it does.
type Definition struct {
	Triggers []Part `json:"triggers,omitempty"`
	Steps    []Part `json:"steps,omitempty"`
}

// Part is a trigger or a step.
type Part struct {
	Type     string          `json:"type"`
	Settings json.RawMessage `json:"settings,omitempty"`
}

// The kinds and states.
const (
	Flow     = "workflow"
	Campaign = "campaign"

	Draft     = "draft"
	Published = "published"
)

// stepTypes are what a step can do; a campaign's are messages and the time
// between them.
var stepTypes = map[string][]string{
	Flow:     {"wait", "if", "add_tag", "remove_tag", "task", "note", "email", "sms", "assign", "move", "webhook"},
	Campaign: {"wait", "email", "sms"},
}

var workflows = db.NewTable("workflows", []string{"location_id", "id"}, func(w *Workflow) []db.Column {
	return []db.Column{
		{Name: "location_id", At: &w.LocationID}, {Name: "id", At: &w.ID}, {Name: "kind", At: &w.Kind, Fixed: true}, {Name: "name", At: &w.Name},
		{Name: "status", At: &w.Status}, {Name: "version", At: &w.Version}, {Name: "definition", At: db.JSON(&w.Definition, "{}")},
		{Name: "created_at", At: db.Millis(&w.CreatedAt), Fixed: true}, {Name: "updated_at", At: db.Millis(&w.UpdatedAt)},
	}
})

// Add makes a workflow. Status "" is Draft. Conflict if the location has one of
// that kind and name.
func Add(ctx context.Context, tx *db.Tx, by crm.Actor, w Workflow) (*Workflow, error) {
	if w.Status == "" {
		w.Status = Draft
	}
	if err := check(&w); err != nil {
		return nil, err
	}
	w.LocationID, w.ID, w.Version, w.CreatedAt, w.UpdatedAt = by.LocationID, tx.NewID(), 1, tx.Now(), tx.Now()
	isNew, err := workflows.InsertIfAbsent(ctx, tx, &w)
	if err != nil {
		return nil, err
	}
	if !isNew {
		return nil, errs.New(errs.Conflict, "A %s of this name exists already", w.Kind)
	}
	err = crm.Emit(ctx, tx, by, w.Kind+".created", "", w.ID, crm.EventData{Kind: w.Status, Text: crm.Excerpt(w.Name)})
	return &w, err
}

func check(w *Workflow) error {
	var broken []errs.Field
	if w.Name == "" {
		broken = append(broken, errs.Field{Name: "name", Rule: "required"})
	}
	if w.Status != Draft && w.Status != Published {
		broken = append(broken, errs.Field{Name: "status", Rule: "choice"})
	}
	may, known := stepTypes[w.Kind]
	if !known {
		broken = append(broken, errs.Field{Name: "kind", Rule: "choice"})
	}
	for _, s := range w.Definition.Steps {
		if known && !slices.Contains(may, s.Type) {
			broken = append(broken, errs.Field{Name: "steps.type", Rule: "choice"})
		}
	}
	for _, t := range w.Definition.Triggers {
		if t.Type == "" {
			broken = append(broken, errs.Field{Name: "triggers.type", Rule: "required"})
		}
	}
	return errs.InvalidFields(broken...)
}

// SetStatus publishes a workflow or takes it back. Who is in it stays there.
// NotFound if it is not there.
func SetStatus(ctx context.Context, tx *db.Tx, by crm.Actor, kind, workflowID, status string) (*Workflow, error) {
	w, err := one(ctx, tx, kind, "WHERE location_id = $1 AND id = $2 AND kind = $3 /*postgres FOR UPDATE*/", by.LocationID, workflowID, kind)
	if err != nil || w.Status == status {
		return w, err
	}
	before := w.Status
	w.Status = status
	if err := check(w); err != nil {
		return nil, err
	}
	w.Version, w.UpdatedAt = w.Version+1, tx.Now()
	if err := workflows.Update(ctx, tx, w); err != nil {
		return nil, err
	}
	err = crm.Emit(ctx, tx, by, kind+".updated", "", w.ID, crm.EventData{Text: crm.Excerpt(w.Name), Changes: []crm.Change{{Field: "status", From: before, To: status}}})
	return w, err
}

// ByID gives a workflow or campaign. NotFound if it is not there.
func ByID(ctx context.Context, tx *db.Tx, locationID, kind, workflowID string) (*Workflow, error) {
	return one(ctx, tx, kind, "WHERE location_id = $1 AND id = $2 AND kind = $3", locationID, workflowID, kind)
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
