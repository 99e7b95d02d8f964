package message

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/id"
	"github.com/foyer-crm/foyer/internal/jobs"
	"github.com/foyer-crm/foyer/internal/norm"
)

// Notification is one person being told of one thing, and what became of it.
type Notification struct {
	LocationID string
	EventID    string
	UserID     string
	ContactID  string
	Kind       string // new_lead, new_leads (the sum of many)
	Address    string
	State      string // queued, sent, not sent
	Error      string // why it was not sent
	CreatedAt  time.Time
	SentAt     time.Time
}

// The states of a notification.
const (
	Queued  = "queued"
	Sent    = "sent"
	NotSent = "not sent"
)

var notifications = db.NewTable("notifications", []string{"location_id", "event_id", "user_id"}, func(n *Notification) []db.Column {
	return []db.Column{
		{Name: "location_id", At: &n.LocationID}, {Name: "event_id", At: &n.EventID}, {Name: "user_id", At: &n.UserID}, {Name: "contact_id", At: &n.ContactID},
		{Name: "kind", At: &n.Kind}, {Name: "address", At: &n.Address}, {Name: "state", At: &n.State}, {Name: "error", At: &n.Error},
		{Name: "created_at", At: db.Millis(&n.CreatedAt)}, {Name: "sent_at", At: db.Millis(&n.SentAt)},
	}
})

// Notifications gives a location's notifications, the newest first.
func Notifications(ctx context.Context, tx *db.Tx, locationID string, limit int) ([]Notification, error) {
	return notifications.All(ctx, tx, "WHERE location_id = $1 ORDER BY event_id DESC, user_id LIMIT $2", locationID, limit)
}

const sendJob = "message.send"

// sendArgs name the notification to send.
type sendArgs struct {
	EventID string `json:"eventId"`
	UserID  string `json:"userId"`
}

// newLeads tells subscribers of new contacts. Each mail is a job of its own, so
// that one address that fails holds up no other.
type newLeads struct {
	db     *db.DB
	sender *Sender
}

// NewLeads takes over the jobs that tell subscribers of new leads.
func NewLeads(d *db.DB, s *Sender, r *jobs.Runner) {
	n := &newLeads{db: d, sender: s}
	r.Handle(crm.NewLeadsJob, n.collect)
	r.Handle(sendJob, n.send)
}

// single is how many new leads are told one by one; more at once are one mail.
const single = 20

// late is how long after an event got its id its transaction may commit. Of two
// at once the one with the older id can be the later one, and one that found a
// job waiting can commit after that job has looked.
const late = time.Minute

// collect writes the notifications for the contacts that came since the job was
// added. A contact that an earlier job has told of already is not told again,
// so it looks a little further back than it must, and once more a little later.
func (n *newLeads) collect(ctx context.Context, run jobs.Run) error {
	var args crm.NewLeads
	if err := json.Unmarshal(run.Args, &args); err != nil {
		return fmt.Errorf("reading the job: %w", err)
	}
	return n.db.Write(ctx, run.LocationID, func(ctx context.Context, tx *db.Tx) error {
		const most = 1000
		list, err := crm.EventsSince(ctx, tx, run.LocationID, id.At(id.Time(args.From).Add(-late)), "contact.created", most)
		if err != nil {
			return err
		}
		if len(list) == most {
			if err := jobs.Add(ctx, tx, jobs.Job{LocationID: run.LocationID, Kind: crm.NewLeadsJob, Args: crm.NewLeads{From: id.At(list[most-1].At().Add(late))}}); err != nil {
				return err
			}
		}
		// whoever imports a file knows what is in it
		list = slices.DeleteFunc(list, func(e crm.Event) bool { return e.Origin == "import" })
		people, err := crm.Subscribers(ctx, tx, run.LocationID)
		if err != nil {
			return err
		}
		found := false
		for _, u := range people {
			fresh, err := n.fresh(ctx, tx, u, list)
			if err != nil {
				return err
			}
			found = found || len(fresh) > 0
			if err := n.notify(ctx, tx, u, fresh); err != nil {
				return err
			}
		}
		if !found {
			return nil
		}
		return jobs.Add(ctx, tx, jobs.Job{LocationID: run.LocationID, Kind: crm.NewLeadsJob, Unique: "late", RunAt: tx.Now().Add(late), Args: crm.NewLeads{From: id.At(tx.Now())}})
	})
}

// notify writes a user's notifications and adds the jobs that send them.
func (n *newLeads) notify(ctx context.Context, tx *db.Tx, u crm.User, fresh []crm.Event) error {
	sum := len(fresh) > single
	for i, e := range fresh {
		note := Notification{LocationID: e.LocationID, EventID: e.ID, UserID: u.ID, ContactID: e.ContactID, Kind: "new_lead", Address: u.Email, State: Queued, CreatedAt: tx.Now()}
		if sum {
			note.Kind = "new_leads"
		}
		if n.sender == nil {
			note.State, note.Error = NotSent, "no SMTP server is set up"
		}
		if err := notifications.Insert(ctx, tx, &note); err != nil {
			return err
		}
		if n.sender == nil || sum && i < len(fresh)-1 {
			continue // the last of many stands for all
		}
		if err := jobs.Add(ctx, tx, jobs.Job{LocationID: e.LocationID, Kind: sendJob, Args: sendArgs{EventID: e.ID, UserID: u.ID}}); err != nil {
			return err
		}
	}
	return nil
}

// fresh leaves out what the user was told of before.
func (n *newLeads) fresh(ctx context.Context, tx *db.Tx, u crm.User, list []crm.Event) ([]crm.Event, error) {
	if len(list) == 0 {
		return nil, nil
	}
	told, err := notifications.All(ctx, tx, "WHERE location_id = $1 AND event_id >= $2 AND user_id = $3", list[0].LocationID, list[0].ID, u.ID)
	if err != nil {
		return nil, err
	}
	known := map[string]bool{}
	for _, t := range told {
		known[t.EventID] = true
	}
	var out []crm.Event
	for _, e := range list {
		if !known[e.ID] {
			out = append(out, e)
		}
	}
	return out, nil
}

// send sends one notification and records it.
func (n *newLeads) send(ctx context.Context, run jobs.Run) error {
	var args sendArgs
	if err := json.Unmarshal(run.Args, &args); err != nil {
		return fmt.Errorf("reading the job: %w", err)
	}
	var note *Notification
	var m Mail
	err := n.db.Read(ctx, run.LocationID, func(ctx context.Context, tx *db.Tx) (err error) {
		note, err = notifications.One(ctx, tx, "WHERE location_id = $1 AND event_id = $2 AND user_id = $3", run.LocationID, args.EventID, args.UserID)
		if err != nil || note == nil || note.State != Queued {
			return err
		}
		m, err = n.compose(ctx, tx, note)
		return err
	})
	if err != nil || note == nil || note.State != Queued {
		return err
	}
	if n.sender == nil {
		return n.settle(ctx, note, NotSent, "no SMTP server is set up")
	}
	if err := n.sender.Send(ctx, m); err != nil {
		return errors.Join(err, n.settle(ctx, note, Queued, err.Error()))
	}
	return n.settle(ctx, note, Sent, "")
}

func (n *newLeads) settle(ctx context.Context, note *Notification, state, why string) error {
	return n.db.Write(ctx, note.LocationID, func(ctx context.Context, tx *db.Tx) error {
		next := *note
		next.State, next.Error = state, why
		if state == Sent {
			next.SentAt = tx.Now()
		}
		if err := notifications.Update(ctx, tx, &next); err != nil {
			return err
		}
		if note.Kind != "new_leads" {
			return nil
		}
		_, err := tx.Exec(ctx, "UPDATE notifications SET state = $4, error = $5, sent_at = $6 WHERE location_id = $1 AND user_id = $2 AND kind = 'new_leads' AND state = 'queued' AND event_id < $3",
			note.LocationID, note.UserID, note.EventID, next.State, next.Error, millis(next.SentAt))
		return err
	})
}

func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// compose writes the mail. What came from outside stands in it as plain text,
// on one line each.
func (n *newLeads) compose(ctx context.Context, tx *db.Tx, note *Notification) (Mail, error) {
	l, err := crm.LocationByID(ctx, tx, note.LocationID)
	if err != nil {
		return Mail{}, err
	}
	m := Mail{To: note.Address, ID: note.EventID + "." + note.UserID}
	if note.Kind == "new_leads" {
		m.Subject = fmt.Sprintf("Many new leads in %s", line(l.Name))
		m.Text = "Many new leads came at once. You find them all in Foyer; this mail stands for all of them.\n"
		return m, nil
	}
	c, err := crm.ContactByID(ctx, tx, note.LocationID, note.ContactID)
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
