package conversation

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
)

// Email is what of a message is an e-mail's alone. A thread is named after its
// first e-mail.
type Email struct {
	LocationID     string
	ID             string
	MessageID      string
	ConversationID string
	ContactID      string
	ThreadID       string
	ReplyTo        string // the e-mail that it answers
	AltID          string // its id at the provider
	Subject        string
	From           string
	Recipients     Recipients
	CreatedAt      time.Time
	HTML           string
	Text           string
}

// Recipients are those whom an e-mail went to.
type Recipients struct {
	To  []string `json:"to,omitempty"`
	Cc  []string `json:"cc,omitempty"`
	Bcc []string `json:"bcc,omitempty"`
}

var emails = db.NewTable("message_emails", []string{"location_id", "id"}, func(e *Email) []db.Column {
	return []db.Column{
		{Name: "location_id", At: &e.LocationID}, {Name: "id", At: &e.ID}, {Name: "message_id", At: &e.MessageID}, {Name: "conversation_id", At: &e.ConversationID},
		{Name: "contact_id", At: &e.ContactID}, {Name: "thread_id", At: &e.ThreadID}, {Name: "reply_to", At: &e.ReplyTo}, {Name: "alt_id", At: &e.AltID},
		{Name: "subject", At: &e.Subject}, {Name: "sender", At: &e.From}, {Name: "recipients", At: db.JSON(&e.Recipients, "{}")},
		{Name: "created_at", At: db.Millis(&e.CreatedAt)}, {Name: "html", At: &e.HTML}, {Name: "text", At: &e.Text},
	}
})

// Body is the e-mail as it is shown: HTML where it has some.
func (e *Email) Body() string {
	if e.HTML != "" {
		return e.HTML
	}
	return e.Text
}

// EmailByID gives an e-mail. NotFound if it is not there.
func EmailByID(ctx context.Context, tx *db.Tx, locationID, emailID string) (*Email, error) {
	e, err := emails.One(ctx, tx, "WHERE location_id = $1 AND id = $2", locationID, emailID)
	if err == nil && e == nil {
		err = errs.New(errs.NotFound, "Email not found")
	}
	return e, err
}

// keep stores an e-mail beside its message. It goes into the thread of the one
// that it answers, or begins one.
func (e *Email) keep(ctx context.Context, tx *db.Tx, m *Message) error {
	e.LocationID, e.ID, e.MessageID, e.ConversationID, e.ContactID, e.CreatedAt = m.LocationID, m.EmailID, m.ID, m.ConversationID, m.ContactID, m.CreatedAt
	if e.ReplyTo != "" {
		before, err := emails.One(ctx, tx, "WHERE location_id = $1 AND (id = $2 OR id = (SELECT m.email_id FROM messages m WHERE m.location_id = $1 AND m.id = $2))", e.LocationID, e.ReplyTo)
		if err != nil {
			return err
		}
		if before != nil {
			e.ThreadID, e.ReplyTo = before.ThreadID, before.ID
		}
	}
	if e.ThreadID == "" {
		e.ThreadID = e.ID
	}
	return emails.Insert(ctx, tx, e)
}

// OurDomain is the right side of the Message-IDs of mails that Foyer sends; the
// left side is the id of the e-mail.
const OurDomain = "foyer"

// MessageIDOf gives the Message-ID of an e-mail, without its brackets: the one
// that it came with, or the one that it is sent with.
func MessageIDOf(e *Email) string {
	if strings.Contains(e.AltID, "@") {
		return e.AltID
	}
	return e.ID + "@" + OurDomain
}

// OurEmail gives the id of the e-mail that a Message-ID of ours names.
func OurEmail(messageID string) (emailID string, ok bool) {
	emailID, domain, _ := strings.Cut(messageID, "@")
	return emailID, domain == OurDomain && emailID != ""
}

// chain gives the Message-IDs of the mails that an e-mail goes back to, the oldest
// first. Of a long thread only the end counts.
func (e *Email) chain(ctx context.Context, tx *db.Tx) (ids []string, err error) {
	const most = 20
	seen := map[string]bool{e.ID: true}
	for before := e.ReplyTo; before != "" && !seen[before] && len(ids) < most; {
		seen[before] = true
		b, err := emails.One(ctx, tx, "WHERE location_id = $1 AND id = $2", e.LocationID, before)
		if err != nil {
			return nil, err
		}
		if b == nil {
			break
		}
		ids = append(ids, MessageIDOf(b))
		before = b.ReplyTo
	}
	slices.Reverse(ids)
	return ids, nil
}

// EmailByMessageID gives the e-mail of a location that a Message-ID names: one
// that was sent from here, or one that came in; nil if there is none.
func EmailByMessageID(ctx context.Context, tx *db.Tx, locationID, messageID string) (*Email, error) {
	if emailID, ours := OurEmail(messageID); ours {
		return emails.One(ctx, tx, "WHERE location_id = $1 AND id = $2", locationID, emailID)
	}
	m, err := MessageByAltID(ctx, tx, locationID, messageID)
	if err != nil || m == nil || m.EmailID == "" {
		return nil, err
	}
	return emails.One(ctx, tx, "WHERE location_id = $1 AND id = $2", locationID, m.EmailID)
}

// LocationOfEmail gives the location that an e-mail was sent from, "" if none did.
// It looks into all of them.
func LocationOfEmail(ctx context.Context, tx *db.Tx, emailID string) (locationID string, err error) {
	_, err = tx.Get(ctx, []any{&locationID}, "SELECT location_id FROM message_emails WHERE location_id IN (SELECT id FROM locations) AND id = $1", emailID)
	return locationID, err
}
