package ui

import (
	"context"
	"time"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/workflow"
)

// enrolledData are those who are or were in a workflow.
type enrolledData struct {
	Status  string
	List    []enrolled
	Of      string // the enrolment whose history is shown
	History []workflow.Passed
}

// enrolled is somebody in a workflow.
type enrolled struct {
	workflow.Enrolment
	Contact *crm.Contact
	Title   string // of the step
}

// Statuses are the states that enrolments can be listed by.
func (*enrolledData) Statuses() [][2]string {
	return [][2]string{{"", "All"}, {workflow.Active, "Active"}, {workflow.Failed, "Failed"}, {workflow.Paused, "Paused"}, {workflow.Finished, "Finished"}, {workflow.Removed, "Taken out"}}
}

const (
	enrolledRows = 50
	sentRows     = 100
)

func (d *flowData) loadPeople(ctx context.Context, tx *db.Tx, v *visit) error {
	q := v.r.URL.Query()
	e := &enrolledData{Status: q.Get("status"), Of: q.Get("of")}
	d.Enrolled = e
	list, next, err := workflow.EnrolmentsPage(ctx, tx, v.at(), workflow.EnrolmentQuery{WorkflowID: d.W.ID, Status: e.Status, Only: v.only, Behind: q.Get("after"), Limit: enrolledRows, Look: inboxLooked})
	if err != nil {
		return err
	}
	d.Next = next
	ids := make([]string, len(list))
	for i := range list {
		ids[i] = list[i].ContactID
	}
	there, err := crm.ContactsNamed(ctx, tx, v.at(), ids)
	if err != nil {
		return err
	}
	titles := d.stepTitles()
	for i := range list {
		c := there[list[i].ContactID]
		if c == nil || v.hides(c) {
			continue
		}
		e.List = append(e.List, enrolled{list[i], c, titles[list[i].StepKey]})
		if list[i].ID == e.Of {
			if e.History, err = workflow.History(ctx, tx, v.at(), e.Of); err != nil {
				return err
			}
		}
	}
	return nil
}

// stepTitles are the names of the steps of the latest version, by their keys.
func (d *flowData) stepTitles() map[string]string {
	titles := map[string]string{}
	var gather func(list []flowThing)
	gather = func(list []flowThing) {
		for _, s := range list {
			titles[s.Key] = s.Title
			for _, w := range s.Ways {
				gather(w.Steps)
			}
		}
	}
	gather(d.things(d.W.Definition.Steps, "steps", ""))
	return titles
}

// StepTitle is what a step of a report is called.
func (d *flowData) StepTitle(do string) string { return wordFor(stepWords(), do).Title }

// StepIcon is its picture.
func (d *flowData) StepIcon(do string) string { return wordFor(stepWords(), do).Icon }

func (d *flowData) loadNumbers(ctx context.Context, tx *db.Tx, v *visit) (err error) {
	if d.Counts {
		d.Stats, err = workflow.Lately(ctx, tx, d.W, mostCounted+1)
	}
	return err
}

// sentLine is a message that a workflow sent.
type sentLine struct {
	workflow.Sent
	Contact *crm.Contact
	State   state
}

func (d *flowData) loadSent(ctx context.Context, tx *db.Tx, v *visit) error {
	list, err := workflow.Messages(ctx, tx, v.at(), d.W.ID, v.r.URL.Query().Get("after"), sentRows)
	if err != nil {
		return err
	}
	ids := make([]string, len(list))
	for i := range list {
		ids[i] = list[i].ContactID
	}
	there, err := crm.ContactsNamed(ctx, tx, v.at(), ids)
	for i := range list {
		if c := there[list[i].ContactID]; c != nil && !v.hides(c) {
			d.Sent = append(d.Sent, sentLine{list[i], c, stateOf(&list[i].Message, v.clockOf)})
		}
	}
	if len(list) == sentRows {
		d.Next = list[len(list)-1].Message.ID
	}
	return err
}

// trialData is a test on a contact.
type trialData struct {
	Query    string
	Found    []crm.Contact
	Contact  *crm.Contact
	Answered bool
	Result   *workflow.Trial
}

func (d *flowData) loadTest(ctx context.Context, tx *db.Tx, v *visit) error {
	q := v.r.URL.Query()
	const long, some = 200, 8
	d.Trial = &trialData{Query: firstOf(q.Get("who"), long), Answered: q.Get("answered") != ""}
	if contactID := q.Get("contact"); contactID != "" {
		c, err := v.mine(ctx, tx, contactID)
		if errs.Is(err, errs.NotFound) {
			return nil
		}
		d.Trial.Contact = c
		return err
	}
	query := crm.Query{Text: d.Trial.Query}
	if err := v.restrict(&query); err != nil {
		return err
	}
	list, _, err := crm.ContactsPage(ctx, tx, v.at(), query, crm.Page{Limit: some, Look: contactsLooked})
	d.Trial.Found = list
	return err
}

// try tests the workflow on the contact that was chosen.
func (d *flowData) try(v *visit) (err error) {
	if d.Trial.Contact == nil {
		return nil
	}
	d.Trial.Result, err = v.p.Flows.Try(v.r.Context(), v.at(), d.W, d.Trial.Contact.ID, d.Trial.Answered)
	if e := errs.As(err); err != nil && e.Kind == errs.Invalid {
		d.Problem, err = append(d.Problem, sentence(e)), nil
	}
	return err
}

// Call is what to call a contact by.
func (*flowData) Call(c *crm.Contact) string { return contactName(c) }

// When is a moment for a list: near ones as people say them.
func (d *flowData) When(at time.Time) string {
	if days := d.days(at); days < -1 || days > 6 {
		return d.Day(at) + ", " + d.Time(at)
	}
	return d.Due(at)
}

// TriggerTitle is what a trigger is called.
func (*flowData) TriggerTitle(on string) string { return triggerTitle(on) }
