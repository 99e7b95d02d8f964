package workflow

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
)

// Enrolment is a contact in a workflow or campaign.
type Enrolment struct {
	LocationID string
	ID         string
	WorkflowID string
	ContactID  string
	Kind       string // of the workflow
	Status     string // Active, Paused, Planned, Removed, Finished, Failed
	Version    int64  // of the workflow
	Step       int64  // that comes next, as a place in the program
	StepKey    string // that step's id or place, as people know it
	StepAt     time.Time
	DueAt      time.Time // when it comes; zero if nothing is to be done at a time
	ResumeAt   time.Time // while it is paused: what DueAt was
	Waiting    string    // for what: "" for nothing, forTime, forEvent, forAnswer
	EventAt    time.Time // the moment that steps can count from; zero for none
	Cause      string    // what made it: an event, a day, another enrolment, a request's key
	Reason     string    // why it ended, or was removed
	Error      string    // why the step failed, or is tried again
	Attempts   int64     // of the step
	Taken      int64     // steps so far
	Hops       int64     // steps since it last waited
	Data       Data
	CreatedAt  time.Time
	UpdatedAt  time.Time
	EndedAt    time.Time
}

// Data is what an enrolment remembers of what made it, and of what its steps made.
type Data struct {
	EventID       string   `json:"eventId,omitempty"`
	AppointmentID string   `json:"appointmentId,omitempty"`
	OpportunityID string   `json:"opportunityId,omitempty"`
	TaskID        string   `json:"taskId,omitempty"`
	MessageID     string   `json:"messageId,omitempty"`
	Webhook       any      `json:"webhook,omitempty"`
	Chain         []string `json:"chain,omitempty"` // workflows that led to one another up to this one
	Trigger       int      `json:"trigger,omitempty"`
}

// The states of an enrolment.
const (
	Planned  = "planned" // it begins on a day to come
	Active   = "active"
	Paused   = "paused" // the workflow is a draft
	Removed  = "removed"
	Finished = "finished"
	Failed   = "failed" // a step failed; it can be retried or skipped
)

// What an enrolment waits for.
const (
	forTime   = "time"
	forEvent  = "event"
	forAnswer = "answer" // of a webhook
)

var enrolments = db.NewTable("enrolments", []string{"location_id", "id"}, func(e *Enrolment) []db.Column {
	return []db.Column{
		{Name: "location_id", At: &e.LocationID}, {Name: "id", At: &e.ID}, {Name: "workflow_id", At: &e.WorkflowID, Fixed: true}, {Name: "contact_id", At: &e.ContactID, Fixed: true},
		{Name: "kind", At: &e.Kind, Fixed: true}, {Name: "status", At: &e.Status}, {Name: "version", At: &e.Version, Fixed: true}, {Name: "step", At: &e.Step}, {Name: "step_key", At: &e.StepKey},
		{Name: "step_at", At: db.Millis(&e.StepAt)}, {Name: "due_at", At: db.Millis(&e.DueAt)}, {Name: "resume_at", At: db.Millis(&e.ResumeAt)}, {Name: "waiting", At: &e.Waiting},
		{Name: "event_at", At: db.Millis(&e.EventAt)}, {Name: "cause", At: &e.Cause, Fixed: true}, {Name: "reason", At: &e.Reason}, {Name: "error", At: &e.Error},
		{Name: "attempts", At: &e.Attempts}, {Name: "taken", At: &e.Taken}, {Name: "hops", At: &e.Hops}, {Name: "data", At: db.JSON(&e.Data, "{}")},
		{Name: "created_at", At: db.Millis(&e.CreatedAt), Fixed: true}, {Name: "updated_at", At: db.Millis(&e.UpdatedAt)}, {Name: "ended_at", At: db.Millis(&e.EndedAt)},
	}
})

// Entry says who is to begin what, and why.
type Entry struct {
	Kind       string
	WorkflowID string
	ContactID  string
	EventAt    time.Time // the moment that steps can count from
	At         time.Time // when it begins; zero is now
	Cause      string    // set, the same enrols once
	Data       Data
}

// most workflows that may lead to one another within a day: more go in circles.
const deepest = 10

// Enrol puts a contact into a workflow or campaign, to begin at its first step.
// One that is in it stays where it is, as does one that was in it where a contact
// goes through it once. NotFound if either is not there, Conflict if the workflow
// is not published, Conflict with code "loop" if workflows have led to one
// another in circles.
func Enrol(ctx context.Context, tx *db.Tx, by crm.Actor, n Entry) (*Enrolment, error) {
	contact, err := crm.LockContact(ctx, tx, by.LocationID, n.ContactID)
	if err != nil {
		return nil, err
	}
	w, err := ByID(ctx, tx, by.LocationID, n.Kind, n.WorkflowID)
	if err != nil {
		return nil, err
	}
	if w.Status != Published {
		return nil, errs.New(errs.Conflict, "The %s is not published", n.Kind)
	}
	v, err := VersionOf(ctx, tx, by.LocationID, w.ID, w.PublishedVersion)
	if err != nil {
		return nil, err
	}
	if old, err := already(ctx, tx, contact, w, v, n.Cause); old != nil || err != nil {
		return old, err
	}
	if len(n.Data.Chain) >= deepest {
		return nil, loop(ctx, tx, by, contact.ID, w, n.Data.Chain)
	}
	e := &Enrolment{LocationID: by.LocationID, ID: tx.NewID(), WorkflowID: w.ID, ContactID: contact.ID, Kind: n.Kind, Status: Active, Version: v.Version,
		DueAt: tx.Now(), EventAt: n.EventAt, Cause: n.Cause, Data: n.Data, StepAt: tx.Now(), CreatedAt: tx.Now(), UpdatedAt: tx.Now()}
	if n.At.After(tx.Now()) {
		e.Status, e.DueAt = Planned, n.At
	}
	if len(v.Definition.Steps) > 0 {
		e.StepKey = compile(v.Definition.Steps).nodes[0].key
	}
	isNew, err := enrolments.InsertIfAbsent(ctx, tx, e)
	if err != nil || !isNew { // the same cause, at the same time
		return nil, err
	}
	if e.Status == Planned {
		return e, nil
	}
	return e, e.entered(ctx, tx, by, w)
}

// entered tells that a contact begins.
func (e *Enrolment) entered(ctx context.Context, tx *db.Tx, by crm.Actor, w *Workflow) error {
	return crm.Emit(ctx, tx, by, e.Kind+".enrolled", e.ContactID, e.ID, crm.EventData{Kind: w.ID, Text: crm.Excerpt(w.Name)})
}

// already gives the enrolment that makes another one needless.
func already(ctx context.Context, tx *db.Tx, c *crm.Contact, w *Workflow, v *Version, cause string) (*Enrolment, error) {
	if cause != "" {
		e, err := enrolments.One(ctx, tx, "WHERE location_id = $1 AND workflow_id = $2 AND cause = $3", c.LocationID, w.ID, cause)
		if e != nil || err != nil {
			return e, err
		}
	}
	status := "status IN ('active', 'paused', 'failed')"
	if v.Definition.Enrol == Once {
		status = "status NOT IN ('removed', 'planned')"
	}
	return enrolments.One(ctx, tx, "WHERE location_id = $1 AND contact_id = $2 AND workflow_id = $3 AND "+status+" ORDER BY id DESC LIMIT 1", c.LocationID, c.ID, w.ID)
}

// loop tells that workflows went in circles, and by which way.
func loop(ctx context.Context, tx *db.Tx, by crm.Actor, contactID string, w *Workflow, chain []string) error {
	all, err := workflows.All(ctx, tx, "WHERE location_id = $1", by.LocationID)
	if err != nil {
		return err
	}
	names := make([]string, 0, deepest+1)
	for _, id := range append(slices.Clone(chain), w.ID) {
		for i := range all {
			if all[i].ID == id {
				names = append(names, all[i].Name)
			}
		}
	}
	way := strings.Join(names, " → ")
	if err := crm.Emit(ctx, tx, by, w.Kind+".stopped", contactID, w.ID, crm.EventData{Kind: w.ID, Text: crm.Excerpt("Workflows lead to one another in circles: " + way)}); err != nil {
		return err
	}
	return errs.New(errs.Conflict, "Workflows lead to one another in circles: %s", way).WithCode("loop")
}

// Remove takes a contact out of a workflow or campaign, or out of all of a kind
// for "". Who is in none is not an error. NotFound if the contact or the
// workflow is not there.
func Remove(ctx context.Context, tx *db.Tx, by crm.Actor, kind, workflowID, contactID string) error {
	contact, err := crm.LockContact(ctx, tx, by.LocationID, contactID)
	if err != nil {
		return err
	}
	contactID = contact.ID
	if workflowID != "" {
		if _, err := ByID(ctx, tx, by.LocationID, kind, workflowID); err != nil {
			return err
		}
	}
	in, err := enrolments.All(ctx, tx, "/*sqlite INDEXED BY enrolments_contact*/ WHERE location_id = $1 AND contact_id = $2 AND kind = $3 AND status IN ('active', 'paused', 'planned', 'failed') AND ($4 = '' OR workflow_id = $4) ORDER BY id /*postgres FOR UPDATE*/",
		by.LocationID, contactID, kind, workflowID)
	if err != nil {
		return err
	}
	for i := range in {
		if err := in[i].takeOut(ctx, tx, by, "removed"); err != nil {
			return err
		}
	}
	return nil
}

// takeOut ends an enrolment before its last step.
func (e *Enrolment) takeOut(ctx context.Context, tx *db.Tx, by crm.Actor, why string) error {
	e.end(tx.Now(), Removed, why)
	if err := enrolments.Update(ctx, tx, e); err != nil {
		return err
	}
	return crm.Emit(ctx, tx, by, e.Kind+".removed", e.ContactID, e.ID, crm.EventData{Kind: e.WorkflowID, Text: why})
}

// end ends an enrolment.
func (e *Enrolment) end(now time.Time, status, why string) {
	e.Status, e.Reason, e.DueAt, e.ResumeAt, e.Waiting, e.EndedAt, e.UpdatedAt = status, why, time.Time{}, time.Time{}, "", now, now
}

// Enrolments gives a contact's enrolments of a kind, past ones too, the oldest
// first.
func Enrolments(ctx context.Context, tx *db.Tx, locationID, kind, contactID string) ([]Enrolment, error) {
	contactID, err := crm.Meant(ctx, tx, locationID, contactID)
	if err != nil {
		return nil, err
	}
	return enrolments.All(ctx, tx, "/*sqlite INDEXED BY enrolments_contact*/ WHERE location_id = $1 AND contact_id = $2 AND kind = $3 AND status <> 'planned' ORDER BY id", locationID, contactID, kind)
}

// EnrolmentsOf gives the enrolments of a workflow, the newest first, in one status
// or in any for "", behind an id or from the newest for "".
func EnrolmentsOf(ctx context.Context, tx *db.Tx, locationID, workflowID, status, behind string, limit int) ([]Enrolment, error) {
	if behind == "" {
		behind = "~" // sorts behind every id
	}
	return enrolments.All(ctx, tx, "WHERE location_id = $1 AND workflow_id = $2 AND ($3 = '' OR status = $3) AND id < $4 ORDER BY id DESC LIMIT $5", locationID, workflowID, status, behind, limit)
}

// EnrolmentByID gives an enrolment. NotFound if it is not there.
func EnrolmentByID(ctx context.Context, tx *db.Tx, locationID, enrolmentID string) (*Enrolment, error) {
	return enrolment(ctx, tx, locationID, enrolmentID, "")
}

func enrolment(ctx context.Context, tx *db.Tx, locationID, enrolmentID, locked string) (*Enrolment, error) {
	e, err := enrolments.One(ctx, tx, "WHERE location_id = $1 AND id = $2"+locked, locationID, enrolmentID)
	if err == nil && e == nil {
		err = errs.New(errs.NotFound, "Enrolment not found")
	}
	return e, err
}

const forUpdate = " /*postgres FOR UPDATE*/"
