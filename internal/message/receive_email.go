package message

import (
	"context"
	"strings"
	"time"

	"github.com/foyer-crm/foyer/internal/conversation"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/letter"
	"github.com/foyer-crm/foyer/internal/norm"
)

// Inbox files e-mail that comes in, whichever way it comes.
type Inbox struct {
	Base string // of the addresses of stored files; "" for paths alone
	Self string // the address that Foyer itself sends from
}

// Filed is what became of an e-mail that came in.
type Filed struct {
	As        string `json:"filedAs"`             // see the constants
	MessageID string `json:"messageId,omitempty"` // that was stored, or that a report is about
	ContactID string `json:"contactId,omitempty"`
}

// What becomes of an e-mail.
const (
	FiledMessage   = "message"   // it is in the conversation
	FiledBefore    = "known"     // it was there already
	FiledOwn       = "own"       // Foyer sent it; ignored
	FiledBounce    = "bounce"    // a mail of ours did not arrive
	FiledDelay     = "delay"     // one has not arrived yet
	FiledComplaint = "complaint" // one was called spam
	FiledNothing   = "nothing"   // a report about a mail that is not ours; ignored
)

// File stores an e-mail in its conversation: that of the mail of ours which it
// answers, or else of whoever has the address that it comes from; nobody has it,
// and they become a lead. A report about a mail of ours goes to that one. The
// same mail is filed once. Invalid for one that nobody sent.
func (b *Inbox) File(ctx context.Context, tx *db.Tx, by crm.Actor, l *letter.Letter) (Filed, error) {
	if len(l.Report) > 0 {
		return b.report(ctx, tx, by, l)
	}
	own, err := b.own(ctx, tx, by, l)
	if err != nil || own {
		return Filed{As: FiledOwn}, err
	}
	if m, err := conversation.MessageByAltID(ctx, tx, by.LocationID, l.ID); err != nil || m != nil {
		return filed(FiledBefore, m), err
	}
	answered, err := b.answered(ctx, tx, by, l)
	if err != nil {
		return Filed{}, err
	}
	who, err := b.sender(ctx, tx, by, l, answered)
	if err != nil {
		return Filed{}, err
	}
	fresh := false
	m, err := receiveOnce(ctx, tx, by, l.ID, who, func(contactID string) (*conversation.Message, error) {
		fresh = true
		return b.store(ctx, tx, by, l, contactID, answered)
	})
	if err != nil {
		return Filed{}, err
	}
	if !fresh {
		return filed(FiledBefore, m), nil
	}
	return filed(FiledMessage, m), nil
}

func filed(as string, m *conversation.Message) Filed {
	if m == nil {
		return Filed{As: as}
	}
	return Filed{As: as, MessageID: m.ID, ContactID: m.ContactID}
}

// own reports whether Foyer itself sent a mail: a copy of it, or one of ours that
// another server sent back.
func (b *Inbox) own(ctx context.Context, tx *db.Tx, by crm.Actor, l *letter.Letter) (bool, error) {
	if b.Self != "" && strings.EqualFold(l.From.Address, b.Self) {
		return true, nil
	}
	if _, ours := conversation.OurEmail(l.ID); !ours {
		return false, nil
	}
	e, err := conversation.EmailByMessageID(ctx, tx, by.LocationID, l.ID)
	return e != nil, err
}

// answered gives the newest mail of the location that a mail says it answers, nil
// for none. A mail that came in counts for whoever sent it alone: its Message-ID
// is no secret.
func (b *Inbox) answered(ctx context.Context, tx *db.Tx, by crm.Actor, l *letter.Letter) (*conversation.Email, error) {
	for _, messageID := range l.Refers {
		e, err := conversation.EmailByMessageID(ctx, tx, by.LocationID, messageID)
		if err != nil {
			return nil, err
		}
		if e == nil {
			continue
		}
		if _, ours := conversation.OurEmail(messageID); ours {
			return e, nil
		}
		if from, err := crm.ContactByEmail(ctx, tx, by.LocationID, l.From.Address); err != nil || from != nil && from.ID == e.ContactID {
			return e, err
		}
	}
	return nil, nil
}

// sender says whose conversation a mail belongs to.
func (b *Inbox) sender(ctx context.Context, tx *db.Tx, by crm.Actor, l *letter.Letter, answered *conversation.Email) (crm.Save, error) {
	if answered != nil {
		contactID, err := crm.Meant(ctx, tx, by.LocationID, answered.ContactID)
		return crm.Save{ID: contactID}, err
	}
	email, ok := crm.NewEmail(l.From.Address, "")
	if !ok {
		return crm.Save{}, errs.New(errs.Invalid, "the e-mail does not say who sent it")
	}
	c := crm.Contact{Emails: []crm.Email{email}, Source: "E-mail"}
	c.FirstName, c.LastName = norm.SplitName(l.From.Name)
	return crm.Save{Match: []crm.Key{crm.KeyEmail}, OnMatch: crm.NoteOnly, Input: crm.Input{Contact: c}}, nil
}

// store puts a mail with its files into the conversation.
func (b *Inbox) store(ctx context.Context, tx *db.Tx, by crm.Actor, l *letter.Letter, contactID string, answered *conversation.Email) (*conversation.Message, error) {
	c, _, err := conversation.Open(ctx, tx, by, contactID, conversation.TypeEmail)
	if err != nil {
		return nil, err
	}
	r := conversation.Receive{Channel: "Email", Direction: conversation.Inbound, ConversationID: c.ID, Body: l.Text, HTML: l.HTML, Subject: l.Subject,
		From: l.From.Address, AltID: l.ID, Auto: l.Auto, Cc: plainAddresses(l.Cc), At: l.Date}
	if to := plainAddresses(l.To); len(to) > 0 {
		r.To = to[0]
		r.Cc = append(to[1:], r.Cc...)
	}
	if now := tx.Now(); r.At.After(now) || r.At.Before(now.Add(-longAgo)) {
		r.At = now // a clock that is wrong
	}
	if answered != nil {
		r.ReplyTo = answered.ID
	}
	for _, f := range l.Files {
		if f.TooLarge {
			r.Missing = append(r.Missing, f.Name)
			continue
		}
		kept, err := conversation.AddFile(ctx, tx, by, conversation.Upload{ConversationID: c.ID, Name: f.Name, ContentType: f.ContentType, Content: f.Content})
		if err != nil {
			return nil, err
		}
		r.Attachments = append(r.Attachments, b.Base+kept.Path())
	}
	return conversation.ReceiveMessage(ctx, tx, by, r)
}

// longAgo is how old a mail can say it is and be believed.
const longAgo = 30 * 24 * time.Hour

func plainAddresses(list []letter.Address) (out []string) {
	for _, a := range list {
		out = append(out, a.Address)
	}
	return out
}

// reportTime is how long after a mail a report about it can come that does not
// say which mail it is about.
const reportTime = 7 * 24 * time.Hour

// report files a report about a mail of ours.
func (b *Inbox) report(ctx context.Context, tx *db.Tx, by crm.Actor, l *letter.Letter) (f Filed, err error) {
	f.As = FiledNothing
	for _, o := range l.Report {
		m, err := b.reported(ctx, tx, by, l.Original, o.Recipient)
		if err != nil {
			return f, err
		}
		switch {
		case m == nil:
		case l.Feedback != "":
			m, err = conversation.Complain(ctx, tx, by, m.ID, l.Feedback)
			f = filed(FiledComplaint, m)
		case o.Action == "failed":
			m, err = conversation.BounceMessage(ctx, tx, by, m.ID, conversation.Bounce{Recipient: o.Recipient, Code: o.Status, Text: o.Text, Hard: o.Hard()})
			f = filed(FiledBounce, m)
		case o.Action == "delayed":
			f = filed(FiledDelay, m)
		}
		if err != nil {
			return f, err
		}
	}
	return f, nil
}

// reported finds the message that a report is about: by its Message-ID, or the
// last one to the recipient.
func (b *Inbox) reported(ctx context.Context, tx *db.Tx, by crm.Actor, original, recipient string) (*conversation.Message, error) {
	if _, ours := conversation.OurEmail(original); ours {
		e, err := conversation.EmailByMessageID(ctx, tx, by.LocationID, original)
		if err != nil || e == nil {
			return nil, err
		}
		return conversation.MessageByID(ctx, tx, by.LocationID, e.MessageID)
	}
	if original != "" || recipient == "" {
		return nil, nil // of somebody else's mail
	}
	c, err := crm.ContactByEmail(ctx, tx, by.LocationID, recipient)
	if err != nil || c == nil {
		return nil, err
	}
	return conversation.LastTo(ctx, tx, by.LocationID, c.ID, conversation.EMail, tx.Now().Add(-reportTime))
}

// Location gives the location that a mail belongs to which came by no hook: that
// of the mail of ours that it answers, or that it is a report about; "" for none.
// It looks into all locations.
func Location(ctx context.Context, tx *db.Tx, l *letter.Letter) (locationID string, err error) {
	for _, messageID := range append([]string{l.Original}, l.Refers...) {
		if emailID, ours := conversation.OurEmail(messageID); ours {
			if locationID, err = conversation.LocationOfEmail(ctx, tx, emailID); err != nil || locationID != "" {
				return locationID, err
			}
		}
	}
	return "", nil
}
