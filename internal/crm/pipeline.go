package crm

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/id"
)

// Pipeline is a way that opportunities go, stage by stage.
type Pipeline struct {
	LocationID string
	ID         string
	Name       string
	Stages     []Stage // in their order, at least one
	Settings   PipelineSettings
	CreatedAt  time.Time
	UpdatedAt  time.Time
}

// Stage is one step of a pipeline.
type Stage struct {
	ID             string   `json:"id"`
	Name           string   `json:"name"`
	ShowInFunnel   bool     `json:"showInFunnel"`
	ShowInPieChart bool     `json:"showInPieChart"`
	WinProbability *float64 `json:"winProbability,omitempty"` // per cent
}

// PipelineSettings say how reports and boards show a pipeline.
type PipelineSettings struct {
	ShowInFunnel   bool   `json:"showInFunnel"`
	ShowInPieChart bool   `json:"showInPieChart"`
	UseProbability bool   `json:"useProbability,omitempty"`
	ColorRender    string `json:"colorRender,omitempty"` // dot, bg-tint, none
}

var pipelines = db.NewTable("pipelines", []string{"location_id", "id"}, func(p *Pipeline) []db.Column {
	return []db.Column{
		{Name: "location_id", At: &p.LocationID}, {Name: "id", At: &p.ID}, {Name: "name", At: &p.Name}, {Name: "stages", At: db.JSON(&p.Stages, "[]")},
		{Name: "settings", At: db.JSON(&p.Settings, "{}")}, {Name: "created_at", At: db.Millis(&p.CreatedAt), Fixed: true}, {Name: "updated_at", At: db.Millis(&p.UpdatedAt)},
	}
})

// MostStages is how many stages a pipeline can have.
const MostStages = 100

// Stage gives a stage of the pipeline by its id, nil if it has none such.
func (p *Pipeline) Stage(stageID string) *Stage {
	for i := range p.Stages {
		if p.Stages[i].ID == stageID {
			return &p.Stages[i]
		}
	}
	return nil
}

// check refuses a pipeline without a name, without stages, or with a stage
// without a name; and gives stages that have none an id.
func (p *Pipeline) check(known *Pipeline) error {
	var broken []errs.Field
	if p.Name == "" {
		broken = append(broken, errs.Field{Name: "name", Rule: "required"})
	}
	switch {
	case len(p.Stages) == 0:
		broken = append(broken, errs.Field{Name: "stages", Rule: "required"})
	case len(p.Stages) > MostStages:
		broken = append(broken, errs.Field{Name: "stages", Rule: "items", Limit: MostStages})
	}
	seen := map[string]bool{}
	for i := range p.Stages {
		s := &p.Stages[i]
		if s.Name == "" {
			broken = append(broken, errs.Field{Name: fmt.Sprintf("stages.%d.name", i), Rule: "required"})
		}
		if s.ID != "" && (seen[s.ID] || known == nil || known.Stage(s.ID) == nil) {
			s.ID = "" // another pipeline's, or made up: it becomes a new one
		}
		if s.ID == "" {
			s.ID = id.UUID()
		}
		seen[s.ID] = true
	}
	return errs.InvalidFields(broken...)
}

// AddPipeline makes a pipeline. Invalid without a name or stages.
func AddPipeline(ctx context.Context, tx *db.Tx, by Actor, p Pipeline) (*Pipeline, error) {
	p.LocationID, p.ID, p.CreatedAt, p.UpdatedAt = by.LocationID, tx.NewID(), tx.Now(), tx.Now()
	p.Stages = slices.Clone(p.Stages)
	if err := p.check(nil); err != nil {
		return nil, err
	}
	if err := pipelines.Insert(ctx, tx, &p); err != nil {
		return nil, err
	}
	err := emit(ctx, tx, by, "pipeline.created", "", p.ID, EventData{Text: excerpt(p.Name)})
	return &p, err
}

// ChangePipeline changes a pipeline: change gets it as it is. A stage keeps its
// id, and one without an id is new. NotFound if the pipeline is not there,
// Conflict if a stage would go that has opportunities.
func ChangePipeline(ctx context.Context, tx *db.Tx, by Actor, pipelineID string, change func(*Pipeline)) (*Pipeline, error) {
	old, err := pipelineByID(ctx, tx, by.LocationID, pipelineID, " /*postgres FOR UPDATE*/")
	if err != nil {
		return nil, err
	}
	next := *old
	next.Stages = slices.Clone(old.Stages)
	change(&next)
	if err := next.check(old); err != nil {
		return nil, err
	}
	for _, s := range old.Stages {
		if next.Stage(s.ID) != nil {
			continue
		}
		if err := mustBeEmpty(ctx, tx, by.LocationID, pipelineID, s.ID); err != nil {
			return nil, err
		}
	}
	next.UpdatedAt = later(tx.Now(), old.UpdatedAt)
	if err := pipelines.Update(ctx, tx, &next); err != nil {
		return nil, err
	}
	err = emit(ctx, tx, by, "pipeline.updated", "", next.ID, EventData{Text: excerpt(next.Name)})
	return &next, err
}

// DeletePipeline removes a pipeline. NotFound if it is not there, Conflict while
// it has opportunities: they would be lost with it.
func DeletePipeline(ctx context.Context, tx *db.Tx, by Actor, pipelineID string) error {
	p, err := pipelineByID(ctx, tx, by.LocationID, pipelineID, " /*postgres FOR UPDATE*/")
	if err != nil {
		return err
	}
	if err := mustBeEmpty(ctx, tx, by.LocationID, pipelineID, ""); err != nil {
		return err
	}
	if err := tx.Do(ctx, "DELETE FROM pipelines WHERE location_id = $1 AND id = $2", by.LocationID, pipelineID); err != nil {
		return err
	}
	err = emit(ctx, tx, by, "pipeline.deleted", "", pipelineID, EventData{Text: excerpt(p.Name)})
	return err
}

// mustBeEmpty gives Conflict if a stage has opportunities, or any stage of the
// pipeline for "".
func mustBeEmpty(ctx context.Context, tx *db.Tx, locationID, pipelineID, stageID string) error {
	var one int64
	some, err := tx.Get(ctx, []any{&one}, "SELECT 1 FROM opportunities WHERE location_id = $1 AND pipeline_id = $2 AND ($3 = '' OR stage_id = $3) LIMIT 1", locationID, pipelineID, stageID)
	if err == nil && some {
		err = errs.New(errs.Conflict, "There are opportunities in what is to be removed; move or delete them first.").WithCode("pipeline")
	}
	return err
}

// PipelineByID gives a pipeline. NotFound if it is not there.
func PipelineByID(ctx context.Context, tx *db.Tx, locationID, pipelineID string) (*Pipeline, error) {
	return pipelineByID(ctx, tx, locationID, pipelineID, "")
}

func pipelineByID(ctx context.Context, tx *db.Tx, locationID, pipelineID, lock string) (*Pipeline, error) {
	p, err := pipelines.One(ctx, tx, "WHERE location_id = $1 AND id = $2"+lock, locationID, pipelineID)
	if err == nil && p == nil {
		err = errs.New(errs.NotFound, "Pipeline not found")
	}
	return p, err
}

// Pipelines gives the pipelines of a location, the oldest first.
func Pipelines(ctx context.Context, tx *db.Tx, locationID string) ([]Pipeline, error) {
	return pipelines.All(ctx, tx, "WHERE location_id = $1 ORDER BY id", locationID)
}
