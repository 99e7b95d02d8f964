package workflow

import (
	"context"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
)

// Glance counts who is in a workflow, by status, each up to a number: looking at
// a list costs the same however many there are.
func Glance(ctx context.Context, tx *db.Tx, locationID, workflowID string, most int) (map[string]int64, error) {
	counts := map[string]int64{}
	for _, status := range []string{Active, Paused, Failed, Finished, Removed} {
		var n int64
		if _, err := tx.Get(ctx, []any{&n}, "SELECT COUNT(*) FROM (SELECT 1 AS one FROM enrolments /*sqlite INDEXED BY enrolments_workflow*/ WHERE location_id = $1 AND workflow_id = $2 AND status = $3 LIMIT $4) AS part", locationID, workflowID, status, most); err != nil {
			return nil, err
		}
		counts[status] = n
	}
	return counts, nil
}

// Lately says how a workflow does, as StatisticsOf, but looks at no more than most
// of each: of who is in it, of every step's outcomes, and of the messages last sent.
func Lately(ctx context.Context, tx *db.Tx, w *Workflow, most int) (*Statistics, error) {
	s := &Statistics{Reasons: map[string]int64{}, Messages: map[string]int64{}}
	var err error
	if s.Enrolments, err = Glance(ctx, tx, w.LocationID, w.ID, most); err != nil {
		return nil, err
	}
	at := map[string]*StepStatistics{}
	nodes := compile(w.Definition.Steps).nodes
	s.Steps = make([]StepStatistics, len(nodes))
	for i, n := range nodes {
		s.Steps[i] = StepStatistics{Key: n.key, Do: n.step.Do, Outcomes: map[string]int64{}, Messages: map[string]int64{}}
		at[n.key] = &s.Steps[i]
		for _, outcome := range []string{Done, Skipped, Waits, Broke} {
			var k int64
			if _, err := tx.Get(ctx, []any{&k}, "SELECT COUNT(*) FROM (SELECT 1 AS one FROM enrolment_steps WHERE location_id = $1 AND workflow_id = $2 AND step = $3 AND outcome = $4 LIMIT $5) AS part", w.LocationID, w.ID, n.key, outcome, most); err != nil {
				return nil, err
			}
			if k > 0 {
				s.Steps[i].Outcomes[outcome] = k
			}
		}
	}
	for _, status := range []string{Active, Paused, Failed} {
		err := pairs(ctx, tx, func(key, _ string, n int64) {
			if one := at[key]; one != nil {
				one.Here += n
			}
		}, "SELECT step_key, '', COUNT(*) FROM (SELECT step_key FROM enrolments /*sqlite INDEXED BY enrolments_workflow*/ WHERE location_id = $1 AND workflow_id = $2 AND status = $3 LIMIT $4) AS part GROUP BY step_key", w.LocationID, w.ID, status, most)
		if err != nil {
			return nil, err
		}
	}
	err = pairs(ctx, tx, func(key, status string, n int64) {
		s.Messages[status] += n
		if one := at[key]; one != nil {
			one.Messages[status] += n
		}
	}, `SELECT s.step, m.status, COUNT(*) FROM (SELECT step, object_id FROM enrolment_steps WHERE location_id = $1 AND workflow_id = $2 AND action IN ('email', 'sms') AND object_id <> ''
		ORDER BY object_id DESC LIMIT $3) AS s JOIN messages m ON m.location_id = $1 AND m.id = s.object_id GROUP BY s.step, m.status`, w.LocationID, w.ID, most)
	if err != nil {
		return nil, err
	}
	for _, status := range []string{Finished, Removed} {
		err = pairs(ctx, tx, func(why, _ string, n int64) { s.Reasons[why] += n },
			"SELECT reason, '', COUNT(*) FROM (SELECT reason FROM enrolments /*sqlite INDEXED BY enrolments_workflow*/ WHERE location_id = $1 AND workflow_id = $2 AND status = $3 ORDER BY id DESC LIMIT $4) AS part WHERE reason <> '' GROUP BY reason", w.LocationID, w.ID, status, most)
		if err != nil {
			return nil, err
		}
	}
	return s, nil
}

// EnrolmentQuery selects enrolments of a workflow.
type EnrolmentQuery struct {
	WorkflowID string
	Status     string // "" for any
	Only       string // a user: only contacts assigned to them
	Behind     string // an id, "" for the newest
	Limit      int
	Look       int // how many are looked at for those of a user
}

// EnrolmentsPage gives a page of the enrolments of a workflow, the newest first,
// and where the next one begins, "" for none. Of one user's contacts it may come
// back short, and go on.
func EnrolmentsPage(ctx context.Context, tx *db.Tx, locationID string, q EnrolmentQuery) (list []Enrolment, next string, err error) {
	if q.Only == "" {
		list, err = EnrolmentsOf(ctx, tx, locationID, q.WorkflowID, q.Status, q.Behind, q.Limit+1)
		if len(list) > q.Limit {
			list = list[:q.Limit]
			next = list[q.Limit-1].ID
		}
		return list, next, err
	}
	behind := q.Behind
	if behind == "" {
		behind = "~" // sorts behind every id
	}
	const looked = "SELECT id FROM enrolments WHERE location_id = $1 AND workflow_id = $2 AND ($3 = '' OR status = $3) AND id < $4 ORDER BY id DESC LIMIT $5"
	list, err = enrolments.All(ctx, tx, "WHERE location_id = $1 AND id IN ("+looked+") AND EXISTS (SELECT 1 FROM contacts c WHERE c.location_id = $1 AND c.id = contact_id AND c.assigned_to = $6) ORDER BY id DESC LIMIT $7",
		locationID, q.WorkflowID, q.Status, behind, q.Look, q.Only, q.Limit+1)
	if err != nil {
		return nil, "", err
	}
	if len(list) > q.Limit {
		list = list[:q.Limit]
		return list, list[q.Limit-1].ID, nil
	}
	_, err = tx.Get(ctx, []any{&next}, "SELECT id FROM enrolments WHERE location_id = $1 AND workflow_id = $2 AND ($3 = '' OR status = $3) AND id < $4 ORDER BY id DESC LIMIT 1 OFFSET $5", locationID, q.WorkflowID, q.Status, behind, q.Look-1)
	return list, next, err
}

// TakeOut ends an enrolment. NotFound if it is not there; one that has ended stays
// as it is.
func TakeOut(ctx context.Context, tx *db.Tx, by crm.Actor, enrolmentID string) (*Enrolment, error) {
	e, err := enrolment(ctx, tx, by.LocationID, enrolmentID, forUpdate)
	if err != nil || e.Status == Finished || e.Status == Removed {
		return e, err
	}
	return e, e.takeOut(ctx, tx, by, "removed")
}
