package main

import (
	"context"
	"strconv"

	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/workflow"
)

type workflowsCommand struct {
	Create     workflowCreate     `cmd:"" help:"Make a workflow."`
	Import     workflowImport     `cmd:"" help:"Make workflows and campaigns of files, or give those of the same name a new version."`
	List       workflowList       `cmd:"" help:"List the workflows."`
	Export     workflowExport     `cmd:"" aliases:"show" help:"Print a workflow or campaign as it is written down."`
	Recipe     recipesCommand     `cmd:"" help:"Workflows that are ready to be switched on."`
	Diff       workflowDiff       `cmd:"" help:"Print what changed between two versions."`
	Check      workflowCheck      `cmd:"" help:"Check files, without a database."`
	Schema     workflowSchema     `cmd:"" help:"Print the JSON Schema of workflows."`
	Set        workflowSet        `cmd:"" help:"Publish a workflow, or make it a draft again."`
	Delete     workflowDelete     `cmd:"" help:"Remove a workflow or campaign, with who is and was in it."`
	Enrol      workflowEnrol      `cmd:"" help:"Put a contact into a workflow or campaign."`
	Remove     workflowRemove     `cmd:"" help:"Take a contact out of a workflow or campaign."`
	Enrolments workflowEnrolments `cmd:"" help:"List who is and was in a workflow or campaign."`
	History    workflowHistory    `cmd:"" help:"Show what became of each step of an enrolment."`
	Retry      workflowRetry      `cmd:"" help:"Have a step that failed run again."`
	Skip       workflowSkip       `cmd:"" help:"Go on behind a step that failed, or that is waiting."`
	Statistics workflowStatistics `cmd:"" aliases:"stats" help:"Count what became of enrolments, steps and messages."`
	Messages   workflowMessages   `cmd:"" help:"List the messages that a workflow or campaign sent, and what became of each."`
}

type campaignsCommand struct {
	Create campaignCreate `cmd:"" help:"Make a campaign."`
	List   campaignList   `cmd:"" help:"List the campaigns."`
	Set    campaignSet    `cmd:"" help:"Publish a campaign, or make it a draft again."`
}

type workflowLine struct {
	ID               string              `json:"id"`
	LocationID       string              `json:"locationId"`
	Kind             string              `json:"kind"`
	Name             string              `json:"name"`
	Status           string              `json:"status"`
	Version          int64               `json:"version"`
	PublishedVersion int64               `json:"publishedVersion,omitempty"`
	Definition       workflow.Definition `json:"definition"`
	Webhooks         []string            `json:"webhooks,omitempty"` // addresses of its webhook triggers, as paths
}

func lineOfWorkflow(w *workflow.Workflow, v *auth.Vault) workflowLine {
	l := workflowLine{ID: w.ID, LocationID: w.LocationID, Kind: w.Kind, Name: w.Name, Status: w.Status, Version: w.Version, PublishedVersion: w.PublishedVersion, Definition: w.Definition}
	for i := range w.Definition.Triggers {
		if w.Definition.Triggers[i].On == workflow.OnWebhook {
			l.Webhooks = append(l.Webhooks, workflow.HookPath(v, w, i))
		}
	}
	return l
}

const workflowHead = "ID\tNAME\tSTATUS\tVERSION\tSTEPS"

func (l workflowLine) row() []string {
	return []string{l.ID, l.Name, l.Status, strconv.FormatInt(l.Version, 10), strconv.Itoa(len(l.Definition.Steps))}
}

// located is on every admin command about what a location owns.
type located struct {
	admin
	Location string `help:"Location, by id; the first one if left out." placeholder:"ID"`
}

// by is who the command line is in a location.
func (l *located) by(ctx context.Context, tx *db.Tx) (crm.Actor, error) {
	id, err := locationOr(ctx, tx, l.Location)
	return crm.Actor{LocationID: id, Origin: "admin"}, err
}

// making is what the creation of workflows and campaigns has in common.
type making struct {
	located
	Name       string `arg:"" help:"Its name."`
	Publish    bool   `help:"Publish it at once; otherwise it is a draft, which takes nobody in."`
	Definition string `help:"File with triggers and steps, YAML or JSON; its name and kind do not count." type:"existingfile" placeholder:"FILE"`
}

func (c *making) make(o *out, kind string) error {
	w := workflow.Workflow{Kind: kind, Name: c.Name, Status: workflow.Draft}
	if c.Publish {
		w.Status = workflow.Published
	}
	if c.Definition != "" {
		d, err := readDocument(c.Definition)
		if err != nil {
			return err
		}
		w.Definition = d.Definition
	}
	return c.change(o, func(ctx context.Context, tx *db.Tx, by crm.Actor) (*workflow.Workflow, error) {
		return workflow.Add(ctx, tx, by, w)
	})
}

// change shows the workflow that f changes.
func (l *located) change(o *out, f func(ctx context.Context, tx *db.Tx, by crm.Actor) (*workflow.Workflow, error)) error {
	var line workflowLine
	if err := l.write(o, func(ctx context.Context, tx *db.Tx, v *auth.Vault) error {
		by, err := l.by(ctx, tx)
		if err != nil {
			return err
		}
		w, err := f(ctx, tx, by)
		if err == nil {
			line = lineOfWorkflow(w, v)
		}
		return err
	}); err != nil {
		return err
	}
	return l.show(o, line, workflowHead, line.row())
}

type workflowCreate struct{ making }

// Run makes a workflow.
func (c *workflowCreate) Run(o *out) error { return c.make(o, workflow.Flow) }

type campaignCreate struct{ making }

// Run makes a campaign.
func (c *campaignCreate) Run(o *out) error { return c.make(o, workflow.Campaign) }

func (l *located) list(o *out, kind string) error {
	lines, rows := []workflowLine{}, [][]string{}
	if err := l.read(o, func(ctx context.Context, tx *db.Tx, v *auth.Vault) error {
		lines, rows = lines[:0], rows[:0]
		by, err := l.by(ctx, tx)
		if err != nil {
			return err
		}
		all, err := workflow.All(ctx, tx, by.LocationID, kind, "")
		for i := range all {
			line := lineOfWorkflow(&all[i], v)
			lines, rows = append(lines, line), append(rows, line.row())
		}
		return err
	}); err != nil {
		return err
	}
	return l.show(o, lines, workflowHead, rows...)
}

type workflowList struct{ located }

// Run lists the workflows.
func (c *workflowList) Run(o *out) error { return c.list(o, workflow.Flow) }

type campaignList struct{ located }

// Run lists the campaigns.
func (c *campaignList) Run(o *out) error { return c.list(o, workflow.Campaign) }

// publishing is what changing workflows and campaigns has in common.
type publishing struct {
	located
	ID     string `arg:"" help:"Which one, by id."`
	Status string `arg:"" help:"published or draft." enum:"published,draft"`
}

func (c *publishing) set(o *out, kind string) error {
	return c.change(o, func(ctx context.Context, tx *db.Tx, by crm.Actor) (*workflow.Workflow, error) {
		return workflow.SetStatus(ctx, tx, by, kind, c.ID, c.Status)
	})
}

type workflowSet struct{ publishing }

// Run changes the status of a workflow.
func (c *workflowSet) Run(o *out) error { return c.set(o, workflow.Flow) }

type campaignSet struct{ publishing }

// Run changes the status of a campaign.
func (c *campaignSet) Run(o *out) error { return c.set(o, workflow.Campaign) }

// which is on every command about one workflow or campaign.
type which struct {
	located
	Workflow string `arg:"" help:"Workflow or campaign, by name or id."`
}

// find gives the workflow or campaign that is meant.
func (c *which) find(ctx context.Context, tx *db.Tx, by crm.Actor) (*workflow.Workflow, error) {
	w, err := workflow.Named(ctx, tx, by.LocationID, workflow.Flow, c.Workflow)
	if errs.Is(err, errs.NotFound) {
		w, err = workflow.Named(ctx, tx, by.LocationID, workflow.Campaign, c.Workflow)
	}
	if errs.Is(err, errs.NotFound) {
		err = errs.New(errs.NotFound, "No workflow or campaign is called %s", c.Workflow)
	}
	return w, err
}

// with runs f with the workflow or campaign that is meant.
func (c *which) with(o *out, run func(*admin, *out, step) error, f func(ctx context.Context, tx *db.Tx, by crm.Actor, w *workflow.Workflow) error) error {
	return run(&c.admin, o, func(ctx context.Context, tx *db.Tx, _ *auth.Vault) error {
		by, err := c.by(ctx, tx)
		if err != nil {
			return err
		}
		w, err := c.find(ctx, tx, by)
		if err != nil {
			return err
		}
		return f(ctx, tx, by, w)
	})
}

type workflowDelete struct{ which }

// Run removes a workflow.
func (c *workflowDelete) Run(o *out) error {
	var was workflowLine
	err := c.with(o, (*admin).write, func(ctx context.Context, tx *db.Tx, by crm.Actor, w *workflow.Workflow) error {
		was = workflowLine{ID: w.ID, LocationID: w.LocationID, Kind: w.Kind, Name: w.Name, Status: "deleted", Version: w.Version, Definition: w.Definition}
		return workflow.Delete(ctx, tx, by, w.Kind, w.ID)
	})
	if err != nil {
		return err
	}
	return c.show(o, was, workflowHead, was.row())
}
