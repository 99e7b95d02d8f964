package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	udiff "github.com/aymanbagabas/go-udiff"

	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/workflow"
)

// readDocument reads a workflow from a file. Its faults come with the file's name
// in front.
func readDocument(file string) (*workflow.Document, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("reading the workflow: %w", err)
	}
	d, err := workflow.Parse(text)
	if err != nil {
		var lines []error
		for line := range strings.SplitSeq(errs.As(err).Text, "\n") {
			lines = append(lines, fmt.Errorf("%s: %s", file, line))
		}
		return nil, errors.Join(lines...)
	}
	return d, nil
}

type workflowImport struct {
	located
	Files   []string `arg:"" help:"Files, YAML or JSON." type:"existingfile" placeholder:"FILE"`
	Publish bool     `help:"Publish them too; otherwise the file's status says."`
}

// Run makes or changes workflows, all of them or none.
func (c *workflowImport) Run(o *out) error {
	var documents []*workflow.Document
	var faults []error
	for _, file := range c.Files {
		d, err := readDocument(file)
		faults = append(faults, err)
		documents = append(documents, d)
	}
	if err := errors.Join(faults...); err != nil {
		return err
	}
	lines, rows := []workflowLine{}, [][]string{}
	if err := c.write(o, func(ctx context.Context, tx *db.Tx, v *auth.Vault) error {
		lines, rows = lines[:0], rows[:0]
		by, err := c.by(ctx, tx)
		if err != nil {
			return err
		}
		for _, d := range documents {
			if c.Publish {
				d.Status = workflow.Published
			}
			w, err := workflow.Put(ctx, tx, by, d)
			if err != nil {
				return fmt.Errorf("%s: %w", d.Name, err)
			}
			l := lineOfWorkflow(w, v)
			lines, rows = append(lines, l), append(rows, l.row())
		}
		return nil
	}); err != nil {
		return err
	}
	return c.show(o, lines, workflowHead, rows...)
}

type workflowExport struct {
	which
	Version int64 `help:"Which version; the latest if left out." placeholder:"N"`
}

// Run prints a document.
func (c *workflowExport) Run(o *out) error {
	var d *workflow.Document
	err := c.with(o, (*admin).read, func(ctx context.Context, tx *db.Tx, _ crm.Actor, w *workflow.Workflow) (err error) {
		d, err = documentOf(ctx, tx, w, c.Version)
		return err
	})
	if err != nil {
		return err
	}
	text, err := workflow.Format(d, c.JSON)
	if err != nil {
		return err
	}
	_, err = o.stdout.Write(text)
	return err
}

// documentOf gives a version of a workflow as it is written down, 0 for the latest.
func documentOf(ctx context.Context, tx *db.Tx, w *workflow.Workflow, version int64) (*workflow.Document, error) {
	d := w.Document()
	if version == 0 || version == w.Version {
		return d, nil
	}
	v, err := workflow.VersionOf(ctx, tx, w.LocationID, w.ID, version)
	if err != nil {
		return nil, err
	}
	d.Definition = v.Definition
	return d, nil
}

type workflowDiff struct {
	which
	From int64 `arg:"" optional:"" help:"Version; the one before the latest if left out."`
	To   int64 `arg:"" optional:"" help:"Version; the latest if left out."`
}

// Run prints a unified diff of two documents.
func (c *workflowDiff) Run(o *out) error {
	var texts [2]string
	var names [2]string
	err := c.with(o, (*admin).read, func(ctx context.Context, tx *db.Tx, _ crm.Actor, w *workflow.Workflow) error {
		from, to := c.From, c.To
		if to == 0 {
			to = w.Version
		}
		if from == 0 {
			from = max(to-1, 1)
		}
		for i, version := range []int64{from, to} {
			d, err := documentOf(ctx, tx, w, version)
			if err != nil {
				return err
			}
			text, err := workflow.Format(d, false)
			if err != nil {
				return err
			}
			texts[i], names[i] = string(text), fmt.Sprintf("%s, version %d", w.Name, version)
		}
		return nil
	})
	if err != nil {
		return err
	}
	_, err = fmt.Fprint(o.stdout, udiff.Unified(names[0], names[1], texts[0], texts[1]))
	return err
}

type workflowCheck struct {
	Files []string `arg:"" help:"Files, YAML or JSON." type:"existingfile" placeholder:"FILE"`
}

// Run checks documents.
func (c *workflowCheck) Run() error {
	var faults []error
	for _, file := range c.Files {
		_, err := readDocument(file)
		faults = append(faults, err)
	}
	return errors.Join(faults...)
}

type workflowSchema struct{}

// Run prints the schema.
func (c *workflowSchema) Run(o *out) error {
	_, err := o.stdout.Write(workflow.Schema())
	return err
}
