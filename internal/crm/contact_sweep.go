package crm

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/jobs"
	"github.com/foyer-crm/foyer/internal/norm"
)

// sweep takes a value out of every contact of a location that has it, or puts
// another in its place: a tag that was renamed, a business that is gone. The
// first contacts follow in the transaction that begins it, and the others, page
// by page, in a job.
type sweep struct {
	By    Actor
	Field string // tags, businessId, customFields.<id>
	From  string // of tags and businessId
	To    string // "" is nothing
	After string // the last contact that was looked at
}

// SweepJob is the kind of job that goes on with a sweep.
const SweepJob = "crm.sweep"

// sweepPage is how many contacts follow in one transaction.
const sweepPage = 500

func startSweep(ctx context.Context, tx *db.Tx, s sweep) error {
	more, err := s.page(ctx, tx)
	if err != nil || !more {
		return err
	}
	return jobs.Add(ctx, tx, jobs.Job{LocationID: s.By.LocationID, Kind: SweepJob, Args: s})
}

// Sweeps lets a runner do the work that renaming and removing leaves behind.
func Sweeps(d *db.DB, r *jobs.Runner) {
	r.Handle(SweepJob, func(ctx context.Context, run jobs.Run) error {
		var s sweep
		if err := json.Unmarshal(run.Args, &s); err != nil {
			return fmt.Errorf("reading a sweep: %w", err)
		}
		for more := true; more; {
			now := s
			err := d.Write(ctx, run.LocationID, func(ctx context.Context, tx *db.Tx) (err error) {
				now = s // the transaction may run again
				more, err = now.page(ctx, tx)
				return err
			})
			if err != nil {
				return err
			}
			s = now
		}
		return nil
	})
}

// page changes some contacts, and reports whether there may be more.
func (s *sweep) page(ctx context.Context, tx *db.Tx) (more bool, err error) {
	f := Filter{Field: s.Field, Value: s.From}
	if strings.HasPrefix(s.Field, "customFields.") {
		f.Op = FieldExists
	}
	q := Query{Order: "id", Limit: sweepPage}
	if err := q.Filter(f); err != nil {
		return false, err
	}
	b := filterText{args: q.Args}
	q.and("id > "+b.mark(s.After), b.args)
	list, _, err := Contacts(ctx, tx, s.By.LocationID, q, false)
	if err != nil {
		return false, err
	}
	for i := range list {
		s.After = list[i].ID
		if err := s.one(ctx, tx, s.After); err != nil {
			return false, err
		}
	}
	return len(list) == sweepPage, nil
}

// one changes a contact, as it is by now.
func (s *sweep) one(ctx context.Context, tx *db.Tx, contactID string) error {
	old, err := contacts.One(ctx, tx, "WHERE location_id = $1 AND id = $2 /*postgres FOR UPDATE*/", s.By.LocationID, contactID)
	if err != nil || old == nil {
		return err
	}
	next := *old
	change := Change{Field: s.Field}
	switch id, custom := strings.CutPrefix(s.Field, "customFields."); {
	case custom:
		next.CustomFields = maps.Clone(old.CustomFields)
		delete(next.CustomFields, id)
		change.From = old.CustomFields[id]
	case s.Field == "tags":
		next.Tags = retagged(old.Tags, s.From, s.To)
		change.From, change.To = present(old.Tags), present(next.Tags)
		if slices.Equal(old.Tags, next.Tags) {
			return nil
		}
	case old.BusinessID != s.From:
		return nil
	default:
		next.BusinessID = s.To
		change.From, change.To = s.From, orNil(s.To)
	}
	return put(ctx, tx, s.By, old, &next, []Change{change})
}

// retagged puts a tag in the place of another, or nothing.
func retagged(tags []string, from, to string) []string {
	var out []string
	for _, t := range tags {
		if norm.Fold(t) == norm.Fold(from) {
			t = to
		}
		if t != "" {
			out = union(out, []string{t}, norm.Fold)
		}
	}
	return out
}
