package highlevel

import (
	"context"
	"fmt"
	"slices"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/wire"
)

// pipelineView is a pipeline as HighLevel shows it (contract.md §10).
type pipelineView struct {
	ID              string      `json:"id"`
	Name            string      `json:"name"`
	LocationID      string      `json:"locationId"`
	Stages          []stageView `json:"stages"`
	ShowInFunnel    bool        `json:"showInFunnel"`
	ShowInPieChart  bool        `json:"showInPieChart"`
	UseProbability  bool        `json:"useOpportunityProbability"`
	ColorRenderMode string      `json:"colorRenderMode,omitempty"`
	DateAdded       string      `json:"dateAdded"`
	DateUpdated     string      `json:"dateUpdated"`
}

type stageView struct {
	ID             string   `json:"id"`
	Name           string   `json:"name"`
	Position       int      `json:"position"`
	ShowInFunnel   bool     `json:"showInFunnel"`
	ShowInPieChart bool     `json:"showInPieChart"`
	WinProbability *float64 `json:"stageWinProbability,omitempty"`
}

func viewPipeline(p *crm.Pipeline) pipelineView {
	v := pipelineView{ID: p.ID, Name: p.Name, LocationID: p.LocationID, Stages: []stageView{}, ShowInFunnel: p.Settings.ShowInFunnel, ShowInPieChart: p.Settings.ShowInPieChart,
		UseProbability: p.Settings.UseProbability, ColorRenderMode: p.Settings.ColorRender, DateAdded: moment(p.CreatedAt), DateUpdated: moment(p.UpdatedAt)}
	for i, s := range p.Stages {
		v.Stages = append(v.Stages, stageView{ID: s.ID, Name: s.Name, Position: i, ShowInFunnel: s.ShowInFunnel, ShowInPieChart: s.ShowInPieChart, WinProbability: s.WinProbability})
	}
	return v
}

func (c *call) pipelineID() string { return clean(c.Param("pipelineId")) }

// pipeline reads what a body says of a pipeline, and gives what to change.
func (c *call) pipeline(isNew bool) (change func(*crm.Pipeline), err error) {
	o, err := c.body()
	if err != nil {
		return nil, err
	}
	var broken []errs.Field
	if isNew {
		broken = append(needLocation(o), need(o, "name")...)
	}
	name := said(o, "name", 255)
	if !isNew && name != nil && *name == "" {
		broken = append(broken, errs.Field{Name: "name", Rule: "required"})
	}
	funnel, pie, probability, color := saidBool(o, "showInFunnel"), saidBool(o, "showInPieChart"), saidBool(o, "useOpportunityProbability"), said(o, "colorRenderMode", 20)
	if color != nil && !slices.Contains([]string{"", "dot", "bg-tint", "none"}, *color) {
		broken = append(broken, errs.Field{Name: "colorRenderMode", Rule: "choice"})
	}
	stages, bad := stages(o)
	if broken = append(broken, bad...); isNew && len(stages) == 0 && len(bad) == 0 {
		broken = append(broken, errs.Field{Name: "stages", Rule: "array"})
	}
	o.Take("id", "dateAdded", "dateUpdated")
	set := func(at *bool, v *bool) {
		if v != nil {
			*at = *v
		}
	}
	return func(p *crm.Pipeline) {
		p.Name = or(name, p.Name)
		set(&p.Settings.ShowInFunnel, funnel)
		set(&p.Settings.ShowInPieChart, pie)
		set(&p.Settings.UseProbability, probability)
		p.Settings.ColorRender = or(color, p.Settings.ColorRender)
		if len(stages) > 0 {
			p.Stages = slices.Clone(stages)
		}
	}, c.finish(o, broken)
}

// stages reads a list of stages, in the order of their positions.
func stages(o *wire.Object) (list []crm.Stage, broken []errs.Field) {
	if !o.Has("stages") {
		return nil, nil
	}
	if o.Kind("stages") != wire.Array {
		return nil, []errs.Field{{Name: "stages", Rule: "array"}}
	}
	type placed struct {
		stage crm.Stage
		at    int64
	}
	var all []placed
	for i, s := range o.Objects("stages") {
		p := placed{at: int64(i), stage: crm.Stage{ID: s.TextMax("id", 64), Name: s.TextMax("name", 255), ShowInFunnel: true, ShowInPieChart: true}}
		if p.stage.Name == "" {
			broken = append(broken, errs.Field{Name: fmt.Sprintf("stages.%d.name", i), Rule: "string"})
		}
		if at, ok := s.Int("position"); ok {
			p.at = at
		}
		if v := saidBool(s, "showInFunnel"); v != nil {
			p.stage.ShowInFunnel = *v
		}
		if v := saidBool(s, "showInPieChart"); v != nil {
			p.stage.ShowInPieChart = *v
		}
		if n, ok := s.Number("stageWinProbability"); ok {
			p.stage.WinProbability = &n
		}
		s.Take("originId")
		all = append(all, p)
	}
	if len(all) > crm.MostStages {
		return nil, []errs.Field{{Name: "stages", Rule: "items", Limit: crm.MostStages}}
	}
	slices.SortStableFunc(all, func(a, b placed) int { return int(min(max(a.at-b.at, -1), 1)) })
	for _, p := range all {
		list = append(list, p.stage)
	}
	return list, broken
}

// createPipeline is POST /opportunities/pipelines.
func createPipeline(ctx context.Context, c *call) (wire.Answer, error) {
	set, err := c.pipeline(true)
	if err != nil {
		return wire.Answer{}, err
	}
	return c.Write(ctx, func(ctx context.Context, tx *db.Tx) (wire.Answer, error) {
		p := crm.Pipeline{Settings: crm.PipelineSettings{ShowInFunnel: true, ShowInPieChart: true}}
		set(&p)
		made, err := crm.AddPipeline(ctx, tx, c.Actor(), p)
		if err != nil {
			return wire.Answer{}, err
		}
		return c.answer(fields{"pipeline": viewPipeline(made)}), nil
	})
}

// updatePipeline is PUT /opportunities/pipelines/{pipelineId}. Stages are the
// whole list: one that keeps its id stays.
func updatePipeline(ctx context.Context, c *call) (wire.Answer, error) {
	set, err := c.pipeline(false)
	if err != nil {
		return wire.Answer{}, err
	}
	return c.Write(ctx, func(ctx context.Context, tx *db.Tx) (wire.Answer, error) {
		p, err := crm.ChangePipeline(ctx, tx, c.Actor(), c.pipelineID(), set)
		if err != nil {
			return wire.Answer{}, err
		}
		return c.answer(fields{"pipeline": viewPipeline(p)}), nil
	})
}

// deletePipeline is DELETE /opportunities/pipelines/{pipelineId}.
func deletePipeline(ctx context.Context, c *call) (wire.Answer, error) {
	return c.Write(ctx, func(ctx context.Context, tx *db.Tx) (wire.Answer, error) {
		return c.succeeded(), crm.DeletePipeline(ctx, tx, c.Actor(), c.pipelineID())
	})
}

// getPipeline is GET /opportunities/pipelines/{pipelineId}.
func getPipeline(ctx context.Context, c *call) (a wire.Answer, err error) {
	err = c.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		p, err := crm.PipelineByID(ctx, tx, c.Location().ID, c.pipelineID())
		if err == nil {
			a = c.answer(fields{"pipeline": viewPipeline(p)})
		}
		return err
	})
	return a, err
}

// listPipelines is GET /opportunities/pipelines.
func listPipelines(ctx context.Context, c *call) (a wire.Answer, err error) {
	err = c.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		list, err := crm.Pipelines(ctx, tx, c.Location().ID)
		views := make([]pipelineView, len(list))
		for i := range list {
			views[i] = viewPipeline(&list[i])
		}
		a = c.answer(fields{"pipelines": views})
		return err
	})
	return a, err
}

// lostReasonView is why an opportunity can be lost, as HighLevel shows it.
type lostReasonView struct {
	ID         string `json:"id"`
	Name       string `json:"name"`
	LocationID string `json:"locationId"`
	CreatedAt  string `json:"createdAt"`
	UpdatedAt  string `json:"updatedAt"`
}

// listLostReasons is GET /opportunities/lost-reason.
func listLostReasons(ctx context.Context, c *call) (a wire.Answer, err error) {
	skip, broken := c.queryInt("skip", 0, 0, 1_000_000)
	limit, bad := c.queryInt("limit", 100, 1, mostFound)
	if err := errs.InvalidFields(append(broken, bad...)...); err != nil {
		return wire.Answer{}, err
	}
	err = c.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		all, err := crm.LostReasons(ctx, tx, c.Location().ID, c.query("deleted") == "true")
		views := []lostReasonView{}
		for _, r := range all {
			if name := c.query("name"); name != "" && name != r.Name || !contains(r.Name, c.query("query")) {
				continue
			}
			views = append(views, lostReasonView{r.ID, r.Name, r.LocationID, moment(r.CreatedAt), moment(r.UpdatedAt)})
		}
		total := len(views)
		views = views[min(int(skip), total):min(int(skip+limit), total)]
		a = c.answer(fields{"lostReasons": views, "total": total})
		return err
	})
	return a, err
}
