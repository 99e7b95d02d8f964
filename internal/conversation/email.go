package conversation

import (
	"context"
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
		before, err := emails.One(ctx, tx, "WHERE location_id = $1 AND id = $2", e.LocationID, e.ReplyTo)
		if err != nil {
			return err
		}
		if before != nil {
			e.ThreadID = before.ThreadID
		}
	}
	if e.ThreadID == "" {
		e.ThreadID = e.ID
	}
	return emails.Insert(ctx, tx, e)
}
