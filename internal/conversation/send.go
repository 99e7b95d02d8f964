package conversation

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/foyer-crm/foyer/internal/clock"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/jobs"
	"github.com/foyer-crm/foyer/internal/norm"
)

// DeliverJob is the kind of job that gives a message to its provider.
const DeliverJob = "conversation.deliver"

// Delivery is what a DeliverJob says.
type Delivery struct {
	MessageID string `json:"messageId"`
}

// Send is the command behind every message that goes out.
type Send struct {
	Channel     string // SMS, Email, WhatsApp, …
	ContactID   string
	Body        string
	HTML        string
	Subject     string
	From, To    string // "" is the provider's own, and the contact's first one
	Cc, Bcc     []string
	Attachments []string // addresses
	ThreadID    string   // of e-mails
	ReplyTo     string   // the message or e-mail that it answers
	At          time.Time
	ProviderID  string
	UserID      string
	Source      string
	About       string        // the enrolment that it is sent for
	Unsubscribe string        // address at which the contact can say no to more of its kind
	Window      *clock.Window // when it may go out, in Zone; nil is always
	Zone        string        // IANA name
}

// SendMessage stores a message to a contact, and the job that delivers it. It
// refuses what cannot be sent: a contact who is not to be disturbed on the
// channel, or who has no address on it, and a message without anything in it.
// NotFound if the contact is not there.
func SendMessage(ctx context.Context, tx *db.Tx, by crm.Actor, s Send) (*Message, error) {
	ch, ok := channelNamed(s.Channel)
	if !ok {
		return nil, errs.InvalidFields(errs.Field{Name: "type", Rule: "choice"})
	}
	contact, err := crm.LockContact(ctx, tx, by.LocationID, s.ContactID)
	if err != nil {
		return nil, err
	}
	if err := sendable(contact, ch, &s); err != nil {
		return nil, err
	}
	c, _, err := Open(ctx, tx, by, contact.ID, ch.about)
	if err != nil {
		return nil, err
	}
	m := &Message{Type: ch.typ, Direction: Outbound, Status: Pending, Source: s.Source, UserID: s.UserID, ProviderID: s.ProviderID,
		Attachments: s.Attachments, Body: s.Body, Details: Details{From: s.From, To: s.To, About: s.About, Unsubscribe: s.Unsubscribe, Window: s.Window, Zone: s.Zone}}
	if s.At.After(tx.Now()) {
		m.Status, m.Details.ScheduledAt = Scheduled, s.At.UnixMilli()
	}
	var e *Email
	if ch.typ == EMail {
		if m.EmailID, m.ContentType = tx.NewID(), "text/html"; s.HTML == "" {
			m.ContentType = "text/plain"
		}
		if m.Body == "" {
			m.Body = s.Subject
		}
		e = &Email{ThreadID: s.ThreadID, ReplyTo: s.ReplyTo, Subject: s.Subject, From: s.From, HTML: s.HTML, Text: s.Body,
			Recipients: Recipients{To: []string{s.To}, Cc: s.Cc, Bcc: s.Bcc}}
	}
	if err := add(ctx, tx, by, c, m); err != nil {
		return nil, err
	}
	if e != nil {
		if err := e.keep(ctx, tx, m); err != nil {
			return nil, err
		}
	}
	if err := claimFiles(ctx, tx, m); err != nil {
		return nil, err
	}
	return m, jobs.Add(ctx, tx, jobs.Job{LocationID: by.LocationID, Kind: DeliverJob, Args: Delivery{m.ID}, RunAt: s.At})
}

// sendable refuses what cannot go out, and completes the address.
func sendable(contact *crm.Contact, ch channel, s *Send) error {
	if ch.dnd == "Call" {
		return errs.New(errs.Invalid, "A call cannot be sent as a message")
	}
	if strings.TrimSpace(s.Body+s.HTML) == "" && len(s.Attachments) == 0 && (ch.typ != EMail || s.Subject == "") {
		return errs.New(errs.Invalid, "There is no message or attachments for this message. Skip sending.")
	}
	if err := mayDisturb(contact, ch, s.To); err != nil {
		return err
	}
	if s.To != "" {
		return address(ch, s)
	}
	switch ch.typ {
	case EMail:
		s.To = contact.Email
	case SMS, "TYPE_RCS", "TYPE_WHATSAPP":
		s.To = contact.Phone
	default:
		return nil
	}
	if s.To == "" {
		return errs.New(errs.Invalid, "The contact has no address for %s", s.Channel).WithCode("address")
	}
	return address(ch, s)
}

// address refuses what is none on the channel.
func address(ch channel, s *Send) error {
	switch ch.typ {
	case EMail:
		for _, a := range append(append([]string{s.To}, s.Cc...), s.Bcc...) {
			if _, ok := norm.Email(a); !ok {
				return errs.New(errs.Invalid, "%q is not an e-mail address", a).WithCode("address")
			}
		}
	case SMS, "TYPE_RCS", "TYPE_WHATSAPP":
		if norm.ParsePhone(s.To, "US").E164 == "" {
			return errs.New(errs.Invalid, "%q is not a phone number that can be reached", s.To).WithCode("address")
		}
	}
	return nil
}

// mayDisturb refuses a channel on which the contact is not to be disturbed, and an
// address that mail comes back from; "" is the contact's first one.
func mayDisturb(contact *crm.Contact, ch channel, to string) error {
	rule := contact.Details.DNDSettings[ch.dnd]
	dead, bounced := bouncedAddresses(rule)
	if bounced && !contact.DND {
		if to == "" {
			to = contact.Email
		}
		if slices.Contains(dead, strings.ToLower(to)) {
			return errs.New(errs.Conflict, "Cannot send message as mail to %s bounced.", to).WithCode(codeBounced)
		}
		return nil
	}
	if contact.DND || ch.dnd != "" && closed(rule) {
		name := ch.dnd
		if name == "" {
			name = ch.name
		}
		return errs.New(errs.Conflict, "Cannot send message as DND is active for %s.", name).WithCode("dnd")
	}
	return nil
}

// CancelScheduled ends a message that was to be sent later. It is refused for
// one that is not scheduled. NotFound if it is not there.
func CancelScheduled(ctx context.Context, tx *db.Tx, by crm.Actor, messageID string) error {
	m, err := message(ctx, tx, "WHERE location_id = $1 AND id = $2 /*postgres FOR UPDATE*/", by.LocationID, messageID)
	if err != nil {
		return err
	}
	if m.Status != Scheduled {
		return errs.New(errs.Conflict, "The message is not scheduled")
	}
	m.Details.Failure = &Failure{Code: "canceled", Type: "schedule", Message: "The schedule was canceled"}
	return m.become(ctx, tx, by, Failed)
}
