package conversation

import (
	"context"
	"errors"
	"time"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
)

// Receive is the command behind every message that was said elsewhere: one that
// came in, or a call that was made.
type Receive struct {
	Channel        string
	Direction      string
	ConversationID string // or else the contact's
	ContactID      string
	Body           string
	HTML           string
	Subject        string
	From, To       string
	Cc, Bcc        []string
	Attachments    []string
	ReplyTo        string // the e-mail that it answers
	AltID          string
	ProviderID     string
	At             time.Time // zero is now
	CallStatus     string
	Duration       int64
	Transcription  []Sentence
	Auto           bool     // a program wrote it
	Missing        []string // names of attachments that were too large to be kept
}

// ReceiveMessage stores a message that was said elsewhere. An SMS that is one of
// the words that carriers want to be obeyed, such as STOP, is, in the same
// transaction. NotFound if the conversation or contact is not there.
func ReceiveMessage(ctx context.Context, tx *db.Tx, by crm.Actor, r Receive) (*Message, error) {
	ch, ok := channelNamed(r.Channel)
	if !ok {
		return nil, errs.InvalidFields(errs.Field{Name: "type", Rule: "choice"})
	}
	c, err := r.conversation(ctx, tx, by, ch)
	if err != nil {
		return nil, err
	}
	m := &Message{Type: ch.typ, Direction: r.Direction, Status: Delivered, Source: "api", ProviderID: r.ProviderID, Attachments: r.Attachments,
		Body: r.Body, CreatedAt: r.At, Details: Details{From: r.From, To: r.To, AltID: r.AltID, CallStatus: r.CallStatus, Duration: r.Duration, Auto: r.Auto, Missing: r.Missing}}
	if ch.dnd == OnSMS && m.Direction == Inbound {
		m.Details.Word = wordOf(m.Body)
	}
	var e *Email
	if ch.typ == EMail {
		if m.EmailID, m.ContentType = tx.NewID(), "text/html"; r.HTML == "" {
			m.ContentType = "text/plain"
		}
		if m.Body == "" {
			m.Body = r.Subject
		}
		e = &Email{ReplyTo: r.ReplyTo, AltID: r.AltID, Subject: r.Subject, From: r.From, HTML: r.HTML, Text: r.Body,
			Recipients: Recipients{To: list(r.To), Cc: r.Cc, Bcc: r.Bcc}}
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
	if err := obey(ctx, tx, by, m); err != nil {
		return nil, err
	}
	if len(r.Transcription) > 0 && isCall(m.Type) {
		return m, keepTranscription(ctx, tx, m, r.Transcription)
	}
	return m, nil
}

// conversation finds where the message belongs.
func (r *Receive) conversation(ctx context.Context, tx *db.Tx, by crm.Actor, ch channel) (*Conversation, error) {
	if r.ConversationID == "" {
		c, _, err := Open(ctx, tx, by, r.ContactID, ch.about)
		return c, err
	}
	c, err := ByID(ctx, tx, by.LocationID, r.ConversationID)
	if err != nil {
		return nil, err
	}
	if r.ContactID != "" {
		if meant, err := crm.Meant(ctx, tx, by.LocationID, r.ContactID); err != nil || meant != c.ContactID {
			return nil, errors.Join(err, errs.New(errs.Invalid, "The conversation is not with this contact"))
		}
	}
	// Contact, then conversation: the order of all commands.
	if _, err := crm.LockContact(ctx, tx, by.LocationID, c.ContactID); err != nil {
		return nil, err
	}
	return locked(ctx, tx, by.LocationID, r.ConversationID)
}

func list(s string) []string {
	if s == "" {
		return nil
	}
	return []string{s}
}
