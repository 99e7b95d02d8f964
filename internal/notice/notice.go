// Package notice tells people of what happens: it reads the events of every
// location and makes notifications of those that concern somebody.
package notice

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/follow"
	"github.com/foyer-crm/foyer/internal/jobs"
)

// Notices makes notifications. Use New, and let its Prompt follow the events.
type Notices struct {
	rules map[string][]rule
}

// New makes Notices. It takes over the jobs that tell of tasks that are due.
func New(d *db.DB, r *jobs.Runner) *Notices {
	r.Handle(dueJob, func(ctx context.Context, run jobs.Run) error { return tellDue(ctx, d, run) })
	n := &Notices{rules: map[string][]rule{}}
	for _, rule := range rules() {
		for _, typ := range rule.events {
			n.rules[typ] = append(n.rules[typ], rule)
		}
	}
	return n
}

// Prompt is the reader that makes notifications of events.
func (n *Notices) Prompt() follow.Prompt {
	return follow.Prompt{Name: "notices", Listening: listening, Read: n.read}
}

// listening gives the locations where anybody works.
func listening(ctx context.Context, tx *db.Tx) (map[string]time.Time, error) {
	list, err := crm.Manned(ctx, tx)
	since := make(map[string]time.Time, len(list))
	for _, l := range list {
		since[l] = time.Time{}
	}
	return since, err
}

// read makes the notifications of a page of events.
func (n *Notices) read(_ context.Context, _ string, events []crm.Event) (func(ctx context.Context, tx *db.Tx) error, error) {
	var some []*crm.Event
	for i := range events {
		if n.rules[events[i].Type] != nil && events[i].Origin != "import" { // whoever imports a file knows what is in it
			some = append(some, &events[i])
		}
	}
	if len(some) == 0 {
		return nil, nil
	}
	return func(ctx context.Context, tx *db.Tx) error {
		for _, e := range some {
			for _, r := range n.rules[e.Type] {
				if err := r.tell(ctx, tx, e); err != nil {
					return fmt.Errorf("telling of %s %s: %w", e.Type, e.ID, err)
				}
			}
		}
		return nil
	}, nil
}

// tell tells of an event whoever the rule says it concerns; what is no longer
// there is not told of.
func (r *rule) tell(ctx context.Context, tx *db.Tx, e *crm.Event) error {
	about, err := r.about(ctx, tx, e)
	if errs.Is(err, errs.NotFound) || err == nil && about == nil {
		return nil
	}
	if err != nil {
		return err
	}
	by := crm.Actor{LocationID: e.LocationID, UserID: e.UserID, CredentialID: e.CredentialID, Origin: e.Origin}
	k, _ := crm.NoticeKindNamed(r.kind)
	n := crm.Notice{Kind: r.kind, ContactID: e.ContactID, ObjectID: e.ObjectID, Text: about.text, Key: e.ID}
	if k.To.Has(crm.Assigned) {
		n.UserIDs = append(n.UserIDs, about.assigned...)
	}
	if k.To.Has(crm.Followers) {
		n.UserIDs = append(n.UserIDs, about.followers...)
	}
	return crm.Notify(ctx, tx, by, n)
}

// dueJob is the kind of job that tells of a task that is due.
const dueJob = "notice.due"

type dueArgs struct {
	ContactID string `json:"contactId"`
	TaskID    string `json:"taskId"`
}

// remind has whoever does a task told when it is due.
func remind(ctx context.Context, tx *db.Tx, e *crm.Event) (*about, error) {
	t, err := crm.TaskByID(ctx, tx, e.LocationID, e.ContactID, e.ObjectID)
	if err != nil || t.Completed || t.DueAt.IsZero() {
		return nil, err
	}
	return nil, jobs.Add(ctx, tx, jobs.Job{LocationID: e.LocationID, Kind: dueJob, Unique: fmt.Sprint(t.ID, " ", t.DueAt.UnixMilli()),
		Args: dueArgs{ContactID: t.ContactID, TaskID: t.ID}, RunAt: t.DueAt})
}

// tellDue tells of a task that is due, unless it is done, gone or put off.
func tellDue(ctx context.Context, d *db.DB, run jobs.Run) error {
	var args dueArgs
	if err := json.Unmarshal(run.Args, &args); err != nil {
		return fmt.Errorf("reading a job %s: %w", dueJob, err)
	}
	return d.Write(ctx, run.LocationID, func(ctx context.Context, tx *db.Tx) error {
		t, err := crm.TaskByID(ctx, tx, run.LocationID, args.ContactID, args.TaskID)
		if errs.Is(err, errs.NotFound) {
			return nil
		}
		if err != nil || t.Completed || t.DueAt.IsZero() || t.DueAt.After(tx.Now()) {
			return err
		}
		who := t.AssignedTo
		c, err := crm.ContactByID(ctx, tx, run.LocationID, t.ContactID)
		if err != nil {
			return err
		}
		if who == "" {
			who = c.AssignedTo
		}
		return crm.Notify(ctx, tx, crm.Actor{LocationID: run.LocationID, Origin: "notice"}, crm.Notice{Kind: "task_due", UserIDs: []string{who}, ContactID: t.ContactID, ObjectID: t.ID,
			Text: with(t.Title, c), Key: fmt.Sprint("due ", t.ID, " ", t.DueAt.UnixMilli())})
	})
}
