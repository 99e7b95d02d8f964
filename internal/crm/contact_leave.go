package crm

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/jobs"
)

// LeaveJob is the kind of job that deletes contacts once nobody took it back.
const LeaveJob = "crm.leave"

// leaving are contacts that are to be deleted.
type leaving struct {
	By  Actor
	IDs []string
}

// DeleteLater deletes contacts after a while. Until then nothing of them is lost,
// and Stay with the ticket takes it back.
func DeleteLater(ctx context.Context, tx *db.Tx, by Actor, contactIDs []string, after time.Duration) (ticket string, err error) {
	ticket = tx.NewID()
	err = jobs.Add(ctx, tx, jobs.Job{LocationID: by.LocationID, Kind: LeaveJob, Unique: ticket, Args: leaving{by, contactIDs}, RunAt: tx.Now().Add(after)})
	return ticket, err
}

// Stay takes back what DeleteLater was to do. Conflict if it is done already.
func Stay(ctx context.Context, tx *db.Tx, locationID, ticket string) error {
	was, err := jobs.Cancel(ctx, tx, locationID, LeaveJob, ticket)
	if err == nil && !was {
		err = errs.New(errs.Conflict, "They are deleted already").WithCode("deleted")
	}
	return err
}

// Leaving gives the contacts of a location that DeleteLater is going to delete, by
// the ticket.
func Leaving(ctx context.Context, tx *db.Tx, locationID string) (map[string][]string, error) {
	waiting, err := jobs.Waiting(ctx, tx, locationID, LeaveJob)
	if err != nil {
		return nil, err
	}
	all := map[string][]string{}
	for ticket, args := range waiting {
		var l leaving
		if err := json.Unmarshal(args, &l); err != nil {
			return nil, fmt.Errorf("reading who is to be deleted: %w", err)
		}
		all[ticket] = l.IDs
	}
	return all, nil
}

// Leaves lets a runner delete the contacts whose time has come, each in a
// transaction of its own.
func Leaves(d *db.DB, r *jobs.Runner) {
	r.Handle(LeaveJob, func(ctx context.Context, run jobs.Run) error {
		var l leaving
		if err := json.Unmarshal(run.Args, &l); err != nil {
			return fmt.Errorf("reading who is to be deleted: %w", err)
		}
		for _, contactID := range l.IDs {
			err := d.Write(ctx, run.LocationID, func(ctx context.Context, tx *db.Tx) error {
				return DeleteContact(ctx, tx, l.By, contactID)
			})
			if err != nil && !errs.Is(err, errs.NotFound) {
				return err
			}
		}
		return nil
	})
}
