package conversation

import (
	"context"
	"time"

	"github.com/foyer-crm/foyer/internal/clock"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/norm"
)

// Message is one message, e-mail, call or comment of a conversation.
type Message struct {
	LocationID     string    `json:"locationId"`
	ID             string    `json:"id"`
	ConversationID string    `json:"conversationId,omitempty"`
	ContactID      string    `json:"contactId,omitempty"`
	Type           string    `json:"type,omitempty"`      // TYPE_SMS, …
	Direction      string    `json:"direction,omitempty"` // Inbound or Outbound
	Status         string    `json:"status,omitempty"`    // Pending, Sent, …
	Source         string    `json:"source,omitempty"`    // app, api, workflow, campaign, bulk_actions
	UserID         string    `json:"userId,omitempty"`
	ProviderID     string    `json:"providerId,omitempty"` // of the conversation provider that is to deliver it, or brought it
	EmailID        string    `json:"emailId,omitempty"`    // of the e-mail that it is
	ContentType    string    `json:"contentType,omitempty"`
	Attachments    []string  `json:"attachments,omitempty"` // addresses
	Details        Details   `json:"details,omitzero"`
	CreatedAt      time.Time `json:"createdAt,omitzero"` // when it was said, UTC
	UpdatedAt      time.Time `json:"updatedAt,omitzero"`
	Body           string    `json:"body,omitempty"`
}

// Details is what only some messages have.
type Details struct {
	From        string        `json:"from,omitempty"`
	To          string        `json:"to,omitempty"`
	AltID       string        `json:"altId,omitempty"`      // its id at the provider
	CallStatus  string        `json:"callStatus,omitempty"` // of a call
	Duration    int64         `json:"duration,omitempty"`   // of a call, in seconds
	ScheduledAt int64         `json:"scheduledAt,omitempty"`
	Taken       int64         `json:"taken,omitempty"` // when it was given to its provider, before that answered
	Failure     *Failure      `json:"failure,omitempty"`
	About       string        `json:"about,omitempty"`       // the enrolment that it was sent for
	Unsubscribe string        `json:"unsubscribe,omitempty"` // address at which the contact can say no to more of its kind
	Window      *clock.Window `json:"window,omitempty"`      // when it may go out, in Zone
	Zone        string        `json:"zone,omitempty"`
	Auto        bool          `json:"auto,omitempty"`    // a program wrote it: an out-of-office note, a newsletter
	Word        string        `json:"word,omitempty"`    // STOP, START or HELP, of an SMS that says just that
	Missing     []string      `json:"missing,omitempty"` // names of attachments that were too large to be kept
}

// Failure says why a message was not delivered.
type Failure struct {
	Code    string `json:"code"`
	Type    string `json:"type"`
	Message string `json:"message"`
}

// Directions and states of messages.
const (
	Inbound  = "inbound"
	Outbound = "outbound"

	Pending   = "pending"
	Scheduled = "scheduled"
	Sent      = "sent"
	Delivered = "delivered"
	Read      = "read"
	Failed    = "failed"
)

var messages = db.NewTable("messages", []string{"location_id", "id"}, func(m *Message) []db.Column {
	return []db.Column{
		{Name: "location_id", At: &m.LocationID}, {Name: "id", At: &m.ID}, {Name: "conversation_id", At: &m.ConversationID, Fixed: true},
		{Name: "contact_id", At: &m.ContactID, Fixed: true}, {Name: "type", At: &m.Type, Fixed: true}, {Name: "direction", At: &m.Direction, Fixed: true},
		{Name: "status", At: &m.Status}, {Name: "source", At: &m.Source, Fixed: true}, {Name: "user_id", At: &m.UserID, Fixed: true},
		{Name: "provider_id", At: &m.ProviderID, Fixed: true}, {Name: "email_id", At: &m.EmailID, Fixed: true}, {Name: "content_type", At: &m.ContentType, Fixed: true},
		{Name: "attachments", At: db.JSON(&m.Attachments, "[]")}, {Name: "details", At: db.JSON(&m.Details, "{}")},
		{Name: "created_at", At: db.Millis(&m.CreatedAt), Fixed: true}, {Name: "updated_at", At: db.Millis(&m.UpdatedAt)}, {Name: "body", At: &m.Body, Fixed: true},
		{Name: "alt_id", At: &m.Details.AltID}, // once more, to be found by
	}
})

// add stores a message in its conversation, which shows it if it is the latest.
func add(ctx context.Context, tx *db.Tx, by crm.Actor, c *Conversation, m *Message) error {
	m.LocationID, m.ID, m.ConversationID, m.ContactID, m.UpdatedAt = by.LocationID, tx.NewID(), c.ID, c.ContactID, tx.Now()
	if m.CreatedAt.IsZero() {
		m.CreatedAt = tx.Now()
	}
	if m.ContentType == "" {
		m.ContentType = "text/plain"
	}
	if err := messages.Insert(ctx, tx, m); err != nil {
		return err
	}
	if m.Direction == Inbound && m.Status != Read {
		c.UnreadCount++
		c.Inbox, c.SnoozedUntil = true, time.Time{}
	}
	if !m.CreatedAt.Before(c.LastAt) {
		c.LastMessageID, c.LastType, c.LastDirection, c.LastSource, c.LastAt = m.ID, m.Type, m.Direction, m.Source, m.CreatedAt
		c.LastBody, _ = norm.Cut(m.Body, 280)
	}
	if m.Direction == Outbound && m.manual() && m.CreatedAt.After(c.LastManualAt) {
		c.LastManualAt = m.CreatedAt
	}
	if err := c.save(ctx, tx); err != nil {
		return err
	}
	typ := "message.outbound"
	if m.Direction == Inbound {
		typ = "message.inbound"
	}
	return crm.Emit(ctx, tx, by, typ, m.ContactID, m.ID, crm.EventData{Kind: m.Type, Text: crm.Excerpt(m.Body)})
}

// Automatic is the source of a message that Foyer sent by itself: one of the words
// that HighLevel has for sources.
const Automatic = "workflow"

// manual reports whether a person wrote the message, here or through an API.
func (m *Message) manual() bool { return m.Source == "app" || m.Source == "api" || m.Source == "" }

// MessageByID gives a message. NotFound if it is not there.
func MessageByID(ctx context.Context, tx *db.Tx, locationID, messageID string) (*Message, error) {
	return message(ctx, tx, "WHERE location_id = $1 AND id = $2", locationID, messageID)
}

// MessageByAltID gives the message that its provider knows by an id, nil if there
// is none.
func MessageByAltID(ctx context.Context, tx *db.Tx, locationID, altID string) (*Message, error) {
	if altID == "" {
		return nil, nil
	}
	return messages.One(ctx, tx, "WHERE location_id = $1 AND alt_id = $2 ORDER BY id LIMIT 1", locationID, altID)
}

// LastTo gives the last message of a type that went to a contact since a moment,
// nil if there is none.
func LastTo(ctx context.Context, tx *db.Tx, locationID, contactID, typ string, since time.Time) (*Message, error) {
	return messages.One(ctx, tx, "WHERE location_id = $1 AND contact_id = $2 AND type = $3 AND direction = $4 AND created_at >= $5 ORDER BY created_at DESC, id DESC LIMIT 1",
		locationID, contactID, typ, Outbound, since.UnixMilli())
}

func message(ctx context.Context, tx *db.Tx, tail string, args ...any) (*Message, error) {
	m, err := messages.One(ctx, tx, tail, args...)
	if err == nil && m == nil {
		err = errs.New(errs.NotFound, "Message not found")
	}
	return m, err
}

// Messages gives a page of a conversation, the newest first: behind a message or
// from the newest for "", of some types or of all for none. more reports whether
// there are others behind.
func Messages(ctx context.Context, tx *db.Tx, locationID, conversationID, behind string, of []string, limit int) (list []Message, more bool, err error) {
	s := &selection{args: []any{locationID, conversationID}}
	if len(of) > 0 {
		in := ""
		for i, t := range of {
			if i > 0 {
				in += ", "
			}
			in += s.mark(t)
		}
		s.and("type IN (" + in + ")")
	}
	if behind != "" {
		last, err := MessageByID(ctx, tx, locationID, behind)
		if err != nil {
			return nil, false, err
		}
		at, id := s.mark(last.CreatedAt.UnixMilli()), s.mark(last.ID)
		s.and("(created_at < " + at + " OR created_at = " + at + " AND id < " + id + ")")
	}
	list, err = messages.All(ctx, tx, "WHERE location_id = $1 AND conversation_id = $2"+s.where.String()+" ORDER BY created_at DESC, id DESC LIMIT "+s.mark(limit+1), s.args...)
	if len(list) > limit {
		list, more = list[:limit], true
	}
	return list, more, err
}
