package crm

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/jobs"
	"github.com/foyer-crm/foyer/internal/norm"
)

// Notice is something that people are to be told of.
type Notice struct {
	Kind      string   // of NoticeKinds
	UserIDs   []string // whom it concerns; admins and everybody are added by the kind
	ContactID string   // whom it is about, if anybody
	ObjectID  string   // what it is about, if anything
	Text      string   // in a line
	Key       string   // told once to each user: the event, or whatever it is told of for
}

// Notify tells people of something, each the way they chose: who does not work in
// the location, did it themselves, or may not see the contact is left out. It is
// told once for its Key, however often. Invalid for a kind that there is not.
func Notify(ctx context.Context, tx *db.Tx, by Actor, n Notice) error {
	k, ok := NoticeKindNamed(n.Kind)
	if !ok {
		return errs.New(errs.Invalid, "there is no kind of notification %q", n.Kind)
	}
	if len(n.UserIDs) == 0 && !k.To.Has(Admins|Everybody) {
		return nil
	}
	team, err := Users(ctx, tx, by.LocationID)
	if err != nil {
		return err
	}
	team = slices.DeleteFunc(team, func(u User) bool { return !k.concerns(&u, by, n.UserIDs) })
	if len(team) == 0 {
		return nil
	}
	if team, err = seeing(ctx, tx, by.LocationID, n.ContactID, team); err != nil {
		return err
	}
	if n.Key == "" {
		n.Key = tx.NewID()
	}
	for i := range team {
		way, err := wayOf(ctx, tx, by.LocationID, team[i].ID, &k)
		if err != nil {
			return err
		}
		if err := tell(ctx, tx, by.LocationID, team[i].ID, way, &n); err != nil {
			return err
		}
	}
	return nil
}

// concerns reports whether a user of the location is to be told.
func (k *NoticeKind) concerns(u *User, by Actor, named []string) bool {
	switch {
	case by.did(u.ID) && !k.Own:
		return false
	case slices.Contains(named, u.ID), k.To.Has(Everybody):
		return true
	}
	return k.To.Has(Admins) && (u.Role == AdminRole || u.Admin)
}

// seeing leaves of some users those who may see a contact.
func seeing(ctx context.Context, tx *db.Tx, locationID, contactID string, team []User) ([]User, error) {
	if contactID == "" || !slices.ContainsFunc(team, func(u User) bool { return u.Has(AssignedOnly) }) {
		return team, nil
	}
	c, err := ContactByID(ctx, tx, locationID, contactID)
	if err != nil && !errs.Is(err, errs.NotFound) {
		return nil, err
	}
	return slices.DeleteFunc(team, func(u User) bool {
		return u.Has(AssignedOnly) && (err != nil || c.AssignedTo != u.ID)
	}), nil
}

// gather is how long the first mail waits for others: a burst becomes one job,
// and perhaps one mail.
const gather = time.Second

// tell keeps a notification of one user, and has it sent.
func tell(ctx context.Context, tx *db.Tx, locationID, userID, way string, n *Notice) error {
	if way == ByNone {
		return nil
	}
	row := Notification{LocationID: locationID, EventID: n.Key, UserID: userID, Kind: n.Kind, ID: tx.NewID(), ContactID: n.ContactID, ObjectID: n.ObjectID,
		Text: oneLine(n.Text), Way: way, State: Shown, CreatedAt: tx.Now()}
	switch way {
	case ByEmail:
		row.State = Queued
	case ByDigest:
		row.State = Digested
	}
	isNew, err := notifications.InsertIfAbsent(ctx, tx, &row)
	if err != nil || !isNew {
		return err
	}
	switch way {
	case ByEmail:
		return jobs.Add(ctx, tx, jobs.Job{LocationID: locationID, Kind: NotifyJob, Unique: "queued", RunAt: tx.Now().Add(gather)})
	case ByDigest:
		return addDigest(ctx, tx, locationID, userID, tx.Now())
	}
	return nil
}

// oneLine keeps a text on one line, and short.
func oneLine(s string) string {
	const most = 200
	s, _ = norm.Cut(strings.Join(strings.Fields(s), " "), most)
	return s
}

// announce tells of a new contact everybody who wants to know, in the transaction
// that makes the contact: it is told of once, or the contact is not there. Nobody
// is asked who wants nothing, which is usual.
func announce(ctx context.Context, tx *db.Tx, by Actor, c *Contact, eventID string) error {
	if by.Origin == "import" {
		return nil // whoever imports a file knows what is in it
	}
	wanting, err := leadWays(ctx, tx, by.LocationID)
	if err != nil {
		return err
	}
	for _, w := range wanting {
		if by.did(w.UserID) {
			continue
		}
		u, err := UserByID(ctx, tx, w.UserID)
		if err != nil {
			return err
		}
		if u.Has(AssignedOnly) && c.AssignedTo != u.ID {
			continue
		}
		if err := tell(ctx, tx, by.LocationID, w.UserID, w.Way, &Notice{Kind: NewLead, ContactID: c.ID, Text: c.FullName(), Key: eventID}); err != nil {
			return err
		}
	}
	return nil
}
