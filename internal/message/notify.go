package message

import (
	"context"
	"errors"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/jobs"
)

// notifier sends the notifications that go by mail: at once, or in a digest.
type notifier struct {
	db     *db.DB
	sender *Sender
}

// Notify takes over the jobs that mail people what they want to be told of.
func Notify(d *db.DB, s *Sender, r *jobs.Runner) {
	n := &notifier{db: d, sender: s}
	r.Handle(crm.NotifyJob, n.send)
	r.Handle(crm.DigestJob, n.digest)
}

const (
	single = 20   // notifications of a kind that are mailed one by one; more at once are one mail
	most   = 5000 // notifications that one run of a job takes
	noMail = "no SMTP server is set up"
)

// send sends what is queued in a location, and records each mail as soon as it
// is out: a run that is cut short is taken up where it ended. An address that
// fails holds up no other; the job is tried again for those that are left.
func (n *notifier) send(ctx context.Context, run jobs.Run) error {
	if n.sender == nil {
		return n.db.Write(ctx, run.LocationID, func(ctx context.Context, tx *db.Tx) error {
			return crm.DropQueued(ctx, tx, run.LocationID, noMail)
		})
	}
	var queued []crm.Notification
	err := n.db.Read(ctx, run.LocationID, func(ctx context.Context, tx *db.Tx) (err error) {
		queued, err = crm.QueuedNotifications(ctx, tx, run.LocationID, most)
		return err
	})
	if err != nil {
		return err
	}
	users, mine := grouped(queued, func(q *crm.Notification) string { return q.UserID })
	var failures []error
	for _, u := range users {
		failures = append(failures, n.tell(ctx, mine[u]))
	}
	if err := errors.Join(failures...); err != nil {
		return err
	}
	if len(queued) == most {
		return jobs.Later(0)
	}
	return nil
}

// grouped sorts notifications by a key, in the order in which the keys come.
func grouped(list []crm.Notification, key func(*crm.Notification) string) (keys []string, of map[string][]crm.Notification) {
	of = map[string][]crm.Notification{}
	for i := range list {
		k := key(&list[i])
		if of[k] == nil {
			keys = append(keys, k)
		}
		of[k] = append(of[k], list[i])
	}
	return keys, of
}

// tell sends one user's notifications: a mail each, or one for many of a kind.
func (n *notifier) tell(ctx context.Context, list []crm.Notification) error {
	kinds, of := grouped(list, func(q *crm.Notification) string { return q.Kind })
	for _, kind := range kinds {
		all := of[kind]
		if len(all) > single {
			if err := n.mail(ctx, all, crm.Queued, compose); err != nil {
				return err
			}
			continue
		}
		for i := range all {
			if err := n.mail(ctx, all[i:i+1], crm.Queued, compose); err != nil {
				return err // the rest would fail at the same address, or at the same server
			}
		}
	}
	return nil
}

// mail sends one mail that stands for some notifications of one user, unless
// another run has taken them. waits is the state of those that are not sent yet.
func (n *notifier) mail(ctx context.Context, list []crm.Notification, waits string, compose func(context.Context, *db.Tx, []crm.Notification) (Mail, error)) error {
	first := &list[0]
	ids := make([]string, len(list))
	for i := range list {
		ids[i] = list[i].ID
	}
	var m Mail
	var taken int64
	var state, why string
	err := n.db.Write(ctx, first.LocationID, func(ctx context.Context, tx *db.Tx) (err error) {
		state, why = crm.Sent, ""
		u, err := crm.UserByID(ctx, tx, first.UserID)
		if err != nil {
			return err
		}
		if m, err = compose(ctx, tx, list); err != nil {
			return err
		}
		m.To = u.Email
		if !u.DisabledAt.IsZero() {
			state, why = crm.NotSent, "the user is disabled"
		}
		taken, err = crm.TakeNotifications(ctx, tx, first.LocationID, first.UserID, ids)
		return err
	})
	if err != nil || taken == 0 {
		return err
	}
	var failed error
	switch {
	case state != crm.Sent:
	case n.sender == nil:
		state, why = crm.NotSent, noMail
	default:
		if failed = n.sender.Send(ctx, m); failed != nil {
			state, why = waits, failed.Error()
		}
	}
	return errors.Join(failed, n.db.Write(context.WithoutCancel(ctx), first.LocationID, func(ctx context.Context, tx *db.Tx) error {
		return crm.SettleNotifications(ctx, tx, first.LocationID, first.UserID, ids, m.To, state, why)
	}))
}

// digest sends a user what waits for the digest of a location, if it is time.
func (n *notifier) digest(ctx context.Context, run jobs.Run) error {
	args, err := digestArgs(run.Args)
	if err != nil {
		return err
	}
	var list []crm.Notification
	err = n.db.Read(ctx, run.LocationID, func(ctx context.Context, tx *db.Tx) error {
		hour, zone, err := crm.DigestHour(ctx, tx, run.LocationID, args.UserID)
		if errs.Is(err, errs.NotFound) {
			return nil // no longer works there
		}
		if err != nil {
			return err
		}
		if list, err = crm.Digest(ctx, tx, run.LocationID, args.UserID, most); err != nil || len(list) == 0 {
			return err
		}
		if wait := crm.DigestAt(list[0].CreatedAt, hour, zone).Sub(tx.Now()); wait > 0 {
			return jobs.Later(wait)
		}
		return nil
	})
	if err != nil || len(list) == 0 {
		return err
	}
	if err := n.mail(ctx, list, crm.Digested, composeDigest); err != nil {
		return err
	}
	if len(list) == most {
		return jobs.Later(0)
	}
	return nil
}
