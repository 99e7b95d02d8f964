package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strconv"

	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/workflow"
)

type workflowsCommand struct {
	Create workflowCreate `cmd:"" help:"Make a workflow."`
	List   workflowList   `cmd:"" help:"List the workflows."`
	Set    workflowSet    `cmd:"" help:"Publish a workflow, or make it a draft again."`
}

type campaignsCommand struct {
	Create campaignCreate `cmd:"" help:"Make a campaign."`
	List   campaignList   `cmd:"" help:"List the campaigns."`
	Set    campaignSet    `cmd:"" help:"Publish a campaign, or make it a draft again."`
}

type workflowLine struct {
	ID         string              `json:"id"`
	LocationID string              `json:"locationId"`
	Kind       string              `json:"kind"`
	Name       string              `json:"name"`
	Status     string              `json:"status"`
	Version    int64               `json:"version"`
	Definition workflow.Definition `json:"definition"`
}

func lineOfWorkflow(w *workflow.Workflow) workflowLine {
	return workflowLine{w.ID, w.LocationID, w.Kind, w.Name, w.Status, w.Version, w.Definition}
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
	Definition string `help:"File with triggers and steps, as {\"steps\": [{\"type\": \"sms\", \"settings\": {…}}]}." type:"existingfile" placeholder:"FILE"`
}

func (c *making) make(o *out, kind string) error {
	w := workflow.Workflow{Kind: kind, Name: c.Name, Status: workflow.Draft}
	if c.Publish {
		w.Status = workflow.Published
	}
	if c.Definition != "" {
		text, err := os.ReadFile(c.Definition)
		if err != nil {
			return fmt.Errorf("reading the definition: %w", err)
		}
		d := json.NewDecoder(bytes.NewReader(text))
		d.DisallowUnknownFields()
		if err := d.Decode(&w.Definition); err != nil {
			return fmt.Errorf("reading the definition %s: %w", c.Definition, err)
		}
	}
	var l workflowLine
	if err := c.write(o, func(ctx context.Context, tx *db.Tx, _ *auth.Vault) error {
		by, err := c.by(ctx, tx)
		if err != nil {
			return err
		}
		made, err := workflow.Add(ctx, tx, by, w)
		if err == nil {
			l = lineOfWorkflow(made)
		}
		return err
	}); err != nil {
		return err
	}
	return c.show(o, l, workflowHead, l.row())
}

type workflowCreate struct{ making }

// Run makes a workflow.
func (c *workflowCreate) Run(o *out) error { return c.make(o, workflow.Flow) }

type campaignCreate struct{ making }

// Run makes a campaign.
func (c *campaignCreate) Run(o *out) error { return c.make(o, workflow.Campaign) }

func (l *located) list(o *out, kind string) error {
	lines, rows := []workflowLine{}, [][]string{}
	if err := l.read(o, func(ctx context.Context, tx *db.Tx, _ *auth.Vault) error {
		lines, rows = lines[:0], rows[:0]
		by, err := l.by(ctx, tx)
		if err != nil {
			return err
		}
		all, err := workflow.All(ctx, tx, by.LocationID, kind, "")
		for i := range all {
			line := lineOfWorkflow(&all[i])
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
	var l workflowLine
	if err := c.write(o, func(ctx context.Context, tx *db.Tx, _ *auth.Vault) error {
		by, err := c.by(ctx, tx)
		if err != nil {
			return err
		}
		w, err := workflow.SetStatus(ctx, tx, by, kind, c.ID, c.Status)
		if err == nil {
			l = lineOfWorkflow(w)
		}
		return err
	}); err != nil {
		return err
	}
	return c.show(o, l, workflowHead, l.row())
}

type workflowSet struct{ publishing }

// Run changes the status of a workflow.
func (c *workflowSet) Run(o *out) error { return c.set(o, workflow.Flow) }

type campaignSet struct{ publishing }

// Run changes the status of a campaign.
func (c *campaignSet) Run(o *out) error { return c.set(o, workflow.Campaign) }
