package conversation

import (
	"context"
	"slices"
	"strings"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
)

// Bounce is what a mail server says of an e-mail that did not arrive.
type Bounce struct {
	Recipient string // "" is whom it was sent to; one that it was not sent to is where somebody has their mail forwarded to
	Code      string // 5.1.1
	Text      string // what the server said
	Hard      bool   // no mail to this address will ever arrive
}

// BounceMessage makes an e-mail one that did not arrive. After a hard bounce
// nothing more is sent to the address. Said again, or of somebody who got a copy,
// it changes nothing. NotFound if there is no such message.
func BounceMessage(ctx context.Context, tx *db.Tx, by crm.Actor, messageID string, b Bounce) (*Message, error) {
	m, err := locksMessage(ctx, tx, by, messageID)
	if err != nil {
		return nil, err
	}
	e, err := EmailByID(ctx, tx, by.LocationID, m.EmailID)
	if err != nil {
		return nil, err
	}
	said := func(to string) bool { return strings.EqualFold(to, b.Recipient) }
	copied := !said(m.Details.To) && slices.ContainsFunc(append(e.Recipients.Cc, e.Recipients.Bcc...), said)
	if copied || m.Details.Failure != nil && m.Details.Failure.Type == codeBounced {
		return m, nil
	}
	b.Recipient = m.Details.To
	m.Details.Failure = &Failure{Code: b.Code, Type: codeBounced, Message: b.Text}
	if m.Status == Failed {
		err = messages.Update(ctx, tx, m)
	} else {
		err = m.become(ctx, tx, by, Failed)
	}
	if err != nil {
		return nil, err
	}
	kind := "soft"
	if b.Hard {
		kind = "hard"
		if err := bounce(ctx, tx, by, m.ContactID, b.Recipient, b.Text); err != nil {
			return nil, err
		}
	}
	return m, crm.Emit(ctx, tx, by, "message.bounced", m.ContactID, m.ID, crm.EventData{Kind: kind, Text: crm.Excerpt(b.Code + " " + b.Text)})
}

// Complain notes that the receiver of an e-mail called it spam: nothing more is
// sent to them by e-mail. Said again it changes nothing. NotFound if there is no
// such message.
func Complain(ctx context.Context, tx *db.Tx, by crm.Actor, messageID, kind string) (*Message, error) {
	m, err := locksMessage(ctx, tx, by, messageID)
	if err != nil {
		return nil, err
	}
	changed, err := Unsubscribe(ctx, tx, by, Consent{ContactID: m.ContactID, Channel: OnEmail, About: m.Details.About, Code: CodeComplaint, Why: "They called an e-mail spam"})
	if err != nil || !changed {
		return m, err
	}
	return m, crm.Emit(ctx, tx, by, "message.complained", m.ContactID, m.ID, crm.EventData{Kind: kind})
}

// locksMessage gives a message to change it; contact and conversation are locked
// before, as in all commands.
func locksMessage(ctx context.Context, tx *db.Tx, by crm.Actor, messageID string) (*Message, error) {
	m, err := MessageByID(ctx, tx, by.LocationID, messageID)
	if err != nil {
		return nil, err
	}
	if _, err := crm.LockContact(ctx, tx, by.LocationID, m.ContactID); err != nil {
		return nil, err
	}
	return message(ctx, tx, "WHERE location_id = $1 AND id = $2 /*postgres FOR UPDATE*/", by.LocationID, messageID)
}

// Progress records what a provider says of a message that it has. What it says
// may come in any order, so a message only goes on: sent, delivered, read. failed
// is said of one that did not arrive. providerID is what the provider calls it.
// NotFound if there is no such message.
func Progress(ctx context.Context, tx *db.Tx, by crm.Actor, messageID, providerID, status string, why *Failure) (*Message, error) {
	m, err := locksMessage(ctx, tx, by, messageID)
	if err != nil || m.Direction != Outbound {
		return m, err
	}
	if m.Details.AltID == "" {
		m.Details.AltID = providerID
	}
	rank := map[string]int{Pending: 1, Scheduled: 1, Sent: 2, Failed: 3, Delivered: 4, Read: 5}
	if rank[status] <= rank[m.Status] {
		return m, nil
	}
	m.Details.Failure = why
	return m, m.become(ctx, tx, by, status)
}
