package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sort"
	"strconv"
	"strings"
	"time"

	udiff "github.com/aymanbagabas/go-udiff"

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

type enrolmentLine struct {
	ID         string     `json:"id"`
	WorkflowID string     `json:"workflowId"`
	ContactID  string     `json:"contactId"`
	Status     string     `json:"status"`
	Version    int64      `json:"version"`
	Step       string     `json:"step,omitempty"`
	Waiting    string     `json:"waitingFor,omitempty"`
	Due        *time.Time `json:"dueAt,omitempty"`
	Reason     string     `json:"reason,omitempty"`
	Error      string     `json:"error,omitempty"`
	Attempts   int64      `json:"attempts,omitempty"`
	Created    time.Time  `json:"createdAt"`
	Ended      *time.Time `json:"endedAt,omitempty"`
}

func lineOfEnrolment(e *workflow.Enrolment) enrolmentLine {
	l := enrolmentLine{ID: e.ID, WorkflowID: e.WorkflowID, ContactID: e.ContactID, Status: e.Status, Version: e.Version, Step: e.StepKey, Waiting: e.Waiting, Reason: e.Reason, Error: e.Error, Attempts: e.Attempts, Created: e.CreatedAt}
	if !e.DueAt.IsZero() {
		l.Due = &e.DueAt
	}
	if !e.EndedAt.IsZero() {
		l.Ended = &e.EndedAt
	}
	return l
}

const enrolmentHead = "ID\tCONTACT\tSTATUS\tSTEP\tDUE\tWHY"

func (l enrolmentLine) row() []string {
	due := ""
	if l.Due != nil {
		due = l.Due.UTC().Format(time.RFC3339)
	}
	return []string{l.ID, l.ContactID, l.Status, l.Step, due, l.Reason + l.Error}
}

type workflowEnrol struct {
	which
	Contact string `arg:"" help:"Contact, by id."`
}

// Run puts a contact in.
func (c *workflowEnrol) Run(o *out) error {
	var l enrolmentLine
	err := c.with(o, (*admin).write, func(ctx context.Context, tx *db.Tx, by crm.Actor, w *workflow.Workflow) error {
		e, err := workflow.Enrol(ctx, tx, by, workflow.Entry{Kind: w.Kind, WorkflowID: w.ID, ContactID: c.Contact})
		if err == nil {
			l = lineOfEnrolment(e)
		}
		return err
	})
	if err != nil {
		return err
	}
	return c.show(o, l, enrolmentHead, l.row())
}

type workflowRemove struct {
	which
	Contact string `arg:"" help:"Contact, by id."`
}

// Run takes a contact out.
func (c *workflowRemove) Run(o *out) error {
	return c.with(o, (*admin).write, func(ctx context.Context, tx *db.Tx, by crm.Actor, w *workflow.Workflow) error {
		return workflow.Remove(ctx, tx, by, w.Kind, w.ID, c.Contact)
	})
}

type workflowEnrolments struct {
	which
	Status string `help:"Only those that are active, paused, planned, removed, finished or failed." enum:",active,paused,planned,removed,finished,failed" default:"" placeholder:"STATUS"`
	Behind string `help:"Those before this enrolment, by id." placeholder:"ID"`
	Limit  int    `help:"How many; ${default} if left out." default:"100" placeholder:"N"`
}

// Run lists enrolments, the newest first.
func (c *workflowEnrolments) Run(o *out) error {
	lines, rows := []enrolmentLine{}, [][]string{}
	err := c.with(o, (*admin).read, func(ctx context.Context, tx *db.Tx, by crm.Actor, w *workflow.Workflow) error {
		lines, rows = lines[:0], rows[:0]
		all, err := workflow.EnrolmentsOf(ctx, tx, by.LocationID, w.ID, c.Status, c.Behind, c.Limit)
		for i := range all {
			l := lineOfEnrolment(&all[i])
			lines, rows = append(lines, l), append(rows, l.row())
		}
		return err
	})
	if err != nil {
		return err
	}
	return c.show(o, lines, enrolmentHead, rows...)
}

// enrolled is on every command about one enrolment.
type enrolled struct {
	located
	ID string `arg:"" help:"Enrolment, by id."`
}

type workflowHistory struct{ enrolled }

type passedLine struct {
	N        int64     `json:"n"`
	Step     string    `json:"step"`
	Action   string    `json:"action"`
	Outcome  string    `json:"outcome"`
	Detail   string    `json:"detail,omitempty"`
	ObjectID string    `json:"objectId,omitempty"`
	At       time.Time `json:"at"`
}

// Run shows what became of each step.
func (c *workflowHistory) Run(o *out) error {
	lines, rows := []passedLine{}, [][]string{}
	err := c.read(o, func(ctx context.Context, tx *db.Tx, _ *auth.Vault) error {
		lines, rows = lines[:0], rows[:0]
		by, err := c.by(ctx, tx)
		if err != nil {
			return err
		}
		if _, err := workflow.EnrolmentByID(ctx, tx, by.LocationID, c.ID); err != nil {
			return err
		}
		all, err := workflow.History(ctx, tx, by.LocationID, c.ID)
		for _, p := range all {
			lines = append(lines, passedLine{p.N, p.Step, p.Action, p.Outcome, p.Detail, p.ObjectID, p.At})
			rows = append(rows, []string{p.At.UTC().Format(time.RFC3339), p.Step, p.Action, p.Outcome, p.Detail})
		}
		return err
	})
	if err != nil {
		return err
	}
	return c.show(o, lines, "AT\tSTEP\tACTION\tOUTCOME\tDETAIL", rows...)
}

func (c *enrolled) amend(o *out, f func(ctx context.Context, tx *db.Tx, by crm.Actor, id string) (*workflow.Enrolment, error)) error {
	var l enrolmentLine
	err := c.write(o, func(ctx context.Context, tx *db.Tx, _ *auth.Vault) error {
		by, err := c.by(ctx, tx)
		if err != nil {
			return err
		}
		e, err := f(ctx, tx, by, c.ID)
		if err == nil {
			l = lineOfEnrolment(e)
		}
		return err
	})
	if err != nil {
		return err
	}
	return c.show(o, l, enrolmentHead, l.row())
}

type workflowRetry struct{ enrolled }

// Run retries a step.
func (c *workflowRetry) Run(o *out) error { return c.amend(o, workflow.Retry) }

type workflowSkip struct{ enrolled }

// Run skips a step.
func (c *workflowSkip) Run(o *out) error { return c.amend(o, workflow.Skip) }

type workflowStatistics struct{ which }

// Run counts.
func (c *workflowStatistics) Run(o *out) error {
	var s *workflow.Statistics
	err := c.with(o, (*admin).read, func(ctx context.Context, tx *db.Tx, by crm.Actor, w *workflow.Workflow) (err error) {
		s, err = workflow.StatisticsOf(ctx, tx, by.LocationID, w.Kind, w.ID)
		return err
	})
	if err != nil {
		return err
	}
	rows := [][]string{{"enrolments", "", "", counts(s.Enrolments), counts(s.Reasons)}, {"messages", "", "", counts(s.Messages), ""}}
	for _, step := range s.Steps {
		rows = append(rows, []string{"step " + step.Key, step.Do, strconv.FormatInt(step.Here, 10), counts(step.Outcomes), counts(step.Messages)})
	}
	return c.show(o, s, "WHAT\tDOES\tHERE\tOUTCOMES\tMORE", rows...)
}

// counts writes what was counted, the most first.
func counts(of map[string]int64) string {
	names := make([]string, 0, len(of))
	for name := range of {
		names = append(names, name)
	}
	sort.Slice(names, func(i, j int) bool {
		return of[names[i]] > of[names[j]] || of[names[i]] == of[names[j]] && names[i] < names[j]
	})
	for i, name := range names {
		names[i] = fmt.Sprintf("%s %d", name, of[name])
	}
	return strings.Join(names, ", ")
}

type workflowMessages struct {
	which
	Behind string `help:"Those before this message, by id." placeholder:"ID"`
	Limit  int    `help:"How many; ${default} if left out." default:"100" placeholder:"N"`
}

type sentLine struct {
	ID          string    `json:"id"`
	EnrolmentID string    `json:"enrolmentId"`
	ContactID   string    `json:"contactId"`
	Step        string    `json:"step"`
	Type        string    `json:"type"`
	To          string    `json:"to,omitempty"`
	Status      string    `json:"status"`
	Error       string    `json:"error,omitempty"`
	At          time.Time `json:"at"`
}

// Run lists messages, the newest first.
func (c *workflowMessages) Run(o *out) error {
	lines, rows := []sentLine{}, [][]string{}
	err := c.with(o, (*admin).read, func(ctx context.Context, tx *db.Tx, by crm.Actor, w *workflow.Workflow) error {
		lines, rows = lines[:0], rows[:0]
		all, err := workflow.Messages(ctx, tx, by.LocationID, w.ID, c.Behind, c.Limit)
		for _, s := range all {
			l := sentLine{ID: s.Message.ID, EnrolmentID: s.EnrolmentID, ContactID: s.ContactID, Step: s.Step, Type: s.Message.Type, To: s.Message.Details.To, Status: s.Message.Status, At: s.At}
			if f := s.Message.Details.Failure; f != nil {
				l.Error = f.Message
			}
			lines, rows = append(lines, l), append(rows, []string{l.At.UTC().Format(time.RFC3339), l.Step, l.Type, l.To, l.Status, l.Error})
		}
		return err
	})
	if err != nil {
		return err
	}
	return c.show(o, lines, "AT\tSTEP\tTYPE\tTO\tSTATUS\tERROR", rows...)
}
