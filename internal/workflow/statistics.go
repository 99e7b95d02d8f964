package workflow

import (
	"context"
	"time"

	"github.com/foyer-crm/foyer/internal/conversation"
	"github.com/foyer-crm/foyer/internal/db"
)

// Statistics say how a workflow does.
type Statistics struct {
	Enrolments map[string]int64 // by status
	Reasons    map[string]int64 // why those that ended did: completed, replied, unsubscribed, …
	Steps      []StepStatistics // of the latest version, in their order
	Messages   map[string]int64 // sent by it, by what became of them
}

// StepStatistics say how a step does.
type StepStatistics struct {
	Key      string // its id or place
	Do       string
	Here     int64            // contacts that are at it now
	Outcomes map[string]int64 // Done, Skipped, Waits, Broke, retried, skipped
	Messages map[string]int64 // sent by it, by what became of them
}

// StatisticsOf counts what became of a workflow's enrolments, steps and messages.
// NotFound if it is not there.
func StatisticsOf(ctx context.Context, tx *db.Tx, locationID, kind, workflowID string) (*Statistics, error) {
	w, err := ByID(ctx, tx, locationID, kind, workflowID)
	if err != nil {
		return nil, err
	}
	s := &Statistics{Enrolments: map[string]int64{}, Reasons: map[string]int64{}, Messages: map[string]int64{}}
	for _, n := range compile(w.Definition.Steps).nodes {
		s.Steps = append(s.Steps, StepStatistics{Key: n.key, Do: n.step.Do, Outcomes: map[string]int64{}, Messages: map[string]int64{}})
	}
	of := func(key string) *StepStatistics {
		for i := range s.Steps {
			if s.Steps[i].Key == key {
				return &s.Steps[i]
			}
		}
		return &StepStatistics{Outcomes: map[string]int64{}, Messages: map[string]int64{}} // of an older version
	}
	for _, count := range []struct {
		query string
		add   func(a, b string, n int64)
	}{
		{"SELECT status, reason, COUNT(*) FROM enrolments WHERE location_id = $1 AND workflow_id = $2 GROUP BY status, reason", func(status, reason string, n int64) {
			s.Enrolments[status] += n
			if reason != "" {
				s.Reasons[reason] += n
			}
		}},
		{"SELECT step_key, status, COUNT(*) FROM enrolments WHERE location_id = $1 AND workflow_id = $2 AND status IN ('active', 'paused', 'failed') GROUP BY step_key, status", func(key, _ string, n int64) { of(key).Here += n }},
		{"SELECT step, outcome, COUNT(*) FROM enrolment_steps WHERE location_id = $1 AND workflow_id = $2 GROUP BY step, outcome", func(key, outcome string, n int64) { of(key).Outcomes[outcome] += n }},
		{`SELECT s.step, m.status, COUNT(*) FROM enrolment_steps s JOIN messages m ON m.location_id = $1 AND m.id = s.object_id
			WHERE s.location_id = $1 AND s.workflow_id = $2 AND s.action IN ('email', 'sms') AND s.object_id <> '' GROUP BY s.step, m.status`, func(key, status string, n int64) {
			of(key).Messages[status] += n
			s.Messages[status] += n
		}},
	} {
		if err := pairs(ctx, tx, count.add, count.query, locationID, workflowID); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// pairs gives what a query counts by two texts.
func pairs(ctx context.Context, tx *db.Tx, add func(a, b string, n int64), query string, args ...any) (err error) {
	var a, b string
	var n int64
	return tx.Each(ctx, []any{&a, &b, &n}, func() error {
		add(a, b, n)
		return nil
	}, query, args...)
}

// Sent is a message that a workflow sent, and what became of it.
type Sent struct {
	EnrolmentID string
	ContactID   string
	Step        string
	Message     conversation.Message
	At          time.Time
}

// Messages gives the messages that a workflow sent, the newest first, behind a
// message or from the newest for "".
func Messages(ctx context.Context, tx *db.Tx, locationID, workflowID, behind string, limit int) ([]Sent, error) {
	if behind == "" {
		behind = "~" // sorts behind every id
	}
	list, err := passed.All(ctx, tx, `WHERE location_id = $1 AND workflow_id = $2 AND action IN ('email', 'sms') AND object_id <> '' AND object_id < $3
		ORDER BY object_id DESC LIMIT $4`, locationID, workflowID, behind, limit)
	if err != nil {
		return nil, err
	}
	var sent []Sent
	for _, p := range list {
		m, err := ifThere(conversation.MessageByID(ctx, tx, locationID, p.ObjectID))
		if err != nil {
			return nil, err
		}
		if m != nil { // deleted with its conversation
			sent = append(sent, Sent{EnrolmentID: p.EnrolmentID, ContactID: p.ContactID, Step: p.Step, Message: *m, At: p.At})
		}
	}
	return sent, nil
}
