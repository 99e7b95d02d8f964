package liondesk

import (
	"context"
	"slices"
	"strconv"

	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/wire"
)

// target is the contact that a comment or an activity is about (intake.md §1.4).
type target struct {
	number    int64  // liondeskcontactid; it decides where both are given
	contactID string // the sender's own id
}

// unknownContact is the answer to an id of nobody and to one of somebody else's
// contact alike, so that nothing can be found out by trying.
func unknownContact() error { return errs.New(errs.NotFound, "Contact not found") }

// readTarget reads the two ids. Invalid for a contactid that is too long,
// NotFound where none of them can be anybody's.
func readTarget(o *wire.Object) (target, error) {
	var t target
	contactID, broken := readContactID(o)
	if err := errs.InvalidFields(broken...); err != nil {
		return t, err
	}
	t.contactID = contactID
	if text := o.Text("liondeskcontactid"); text != "" {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || n <= 0 {
			return t, unknownContact()
		}
		t.number = n
	}
	if t.number == 0 && t.contactID == "" {
		return t, unknownContact()
	}
	return t, nil
}

// find gives the contact's id. NotFound if there is none, or it is neither the
// user's nor sent by them.
func (t target) find(ctx context.Context, tx *db.Tx, c *wire.Call) (string, error) {
	by, whose := c.Actor(), scope(c.Caller)
	if t.number == 0 {
		contactID, err := crm.LinkedContact(ctx, tx, by.LocationID, auth.LionDesk, whose, t.contactID)
		if err == nil && contactID == "" {
			err = unknownContact()
		}
		return contactID, err
	}
	contact, err := crm.ContactByNumber(ctx, tx, by.LocationID, t.number)
	if err != nil {
		return "", err
	}
	if owns(contact, by.UserID) {
		return contact.ID, nil
	}
	if contact.Number != t.number { // merged since: whoever may speak of one of the two still may
		was, err := crm.MergedContact(ctx, tx, by.LocationID, t.number)
		if err != nil {
			return "", err
		}
		if was != nil && owns(was, by.UserID) {
			return contact.ID, nil
		}
	}
	links, err := crm.Links(ctx, tx, by.LocationID, contact.ID)
	if err != nil {
		return "", err
	}
	if !slices.ContainsFunc(links, func(l crm.Link) bool { return l.Origin == auth.LionDesk && l.Scope == whose }) {
		return "", unknownContact()
	}
	return contact.ID, nil
}
