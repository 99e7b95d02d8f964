package main

import (
	"context"
	"fmt"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/workflow"
)

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
