package message

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/jobs"
	"github.com/foyer-crm/foyer/internal/norm"
)

// newLeads sends the notifications of new contacts.
type newLeads struct {
	db     *db.DB
	sender *Sender
}

// NewLeads takes over the jobs that tell subscribers of new leads.
func NewLeads(d *db.DB, s *Sender, r *jobs.Runner) {
	n := &newLeads{db: d, sender: s}
	r.Handle(crm.NotifyJob, n.send)
}

const (
	single = 20   // new leads that are told one by one; more at once are one mail
	most   = 5000 // notifications that one run of the job takes
)

// send sends what is queued in a location, and records each mail as soon as it
// is out: a run that is cut short is taken up where it ended. An address that
// fails holds up no other; the job is tried again for those that are left.
func (n *newLeads) send(ctx context.Context, run jobs.Run) error {
	if n.sender == nil {
		return n.db.Write(ctx, run.LocationID, func(ctx context.Context, tx *db.Tx) error {
			return crm.DropQueued(ctx, tx, run.LocationID, "no SMTP server is set up")
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
	var users []string
	mine := map[string][]crm.Notification{}
	for _, q := range queued {
		if mine[q.UserID] == nil {
			users = append(users, q.UserID)
		}
		mine[q.UserID] = append(mine[q.UserID], q)
	}
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

// tell sends one user's notifications: a mail each, or one for many.
func (n *newLeads) tell(ctx context.Context, list []crm.Notification) error {
	if len(list) > single {
		return n.mail(ctx, list)
	}
	for i := range list {
		if err := n.mail(ctx, list[i:i+1]); err != nil {
			return err // the rest would fail at the same address, or at the same server
		}
	}
	return nil
}

// mail sends one mail that stands for some notifications of one user, unless
// another run has taken them.
func (n *newLeads) mail(ctx context.Context, list []crm.Notification) error {
	first := &list[0]
	events := make([]string, len(list))
	for i := range list {
		events[i] = list[i].EventID
	}
	var m Mail
	var taken int64
	state, why := crm.Sent, ""
	err := n.db.Write(ctx, first.LocationID, func(ctx context.Context, tx *db.Tx) (err error) {
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
		taken, err = crm.TakeNotifications(ctx, tx, first.LocationID, first.UserID, events)
		return err
	})
	if err != nil || taken == 0 {
		return err
	}
	var failed error
	if state == crm.Sent {
		m.Machine = true
		if failed = n.sender.Send(ctx, m); failed != nil {
			state, why = crm.Queued, failed.Error()
		}
	}
	return errors.Join(failed, n.db.Write(context.WithoutCancel(ctx), first.LocationID, func(ctx context.Context, tx *db.Tx) error {
		return crm.SettleNotifications(ctx, tx, first.LocationID, first.UserID, events, m.To, state, why)
	}))
}

// compose writes the mail. What came from outside stands in it as plain text,
// on one line each.
func compose(ctx context.Context, tx *db.Tx, list []crm.Notification) (Mail, error) {
	first := &list[0]
	l, err := crm.LocationByID(ctx, tx, first.LocationID)
	if err != nil {
		return Mail{}, err
	}
	m := Mail{ID: first.EventID + "." + first.UserID}
	if len(list) > 1 {
		m.Subject = fmt.Sprintf("%d new leads in %s", len(list), line(l.Name))
		m.Text = fmt.Sprintf("%d new leads came at once. You find them all in Foyer; this mail stands for all of them.\n", len(list))
		return m, nil
	}
	c, err := crm.ContactByID(ctx, tx, first.LocationID, first.ContactID)
	if errs.Is(err, errs.NotFound) {
		c, err = &crm.Contact{}, nil // deleted meanwhile
	}
	if err != nil {
		return Mail{}, err
	}
	name := line(c.FullName())
	if name == "" {
		name = "without a name"
	}
	m.Subject = "New lead: " + name
	var b strings.Builder
	for _, f := range []struct{ label, value string }{
		{"Name", name}, {"E-mail", c.Email}, {"Phone", c.Phone}, {"Type", c.Type}, {"Source", c.Source}, {"City", c.Address.City}, {"Location", l.Name},
	} {
		if f.value != "" {
			fmt.Fprintf(&b, "%s: %s\n", f.label, line(f.value))
		}
	}
	m.Text = b.String()
	return m, nil
}

// line keeps a text on one line, and short.
func line(s string) string {
	s, _ = norm.Cut(strings.Join(strings.Fields(s), " "), 200)
	return s
}
