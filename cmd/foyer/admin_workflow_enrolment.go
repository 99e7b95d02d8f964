package main

import (
	"context"
	"time"

	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/workflow"
)

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
