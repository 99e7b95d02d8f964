// Package conversation holds the talk with contacts: one conversation a contact
// over all channels, its messages, e-mails, calls and files. Sending is a
// command like any other: it stores the message and the job that delivers it.
package conversation

import (
	"context"
	"time"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
)

// Conversation is the talk with a contact, and what the list of conversations
// shows of it.
type Conversation struct {
	LocationID    string    `json:"locationId"`
	ID            string    `json:"id"`
	ContactID     string    `json:"contactId,omitempty"`
	Type          string    `json:"type,omitempty"` // TYPE_PHONE, TYPE_EMAIL, …: the channel it began on
	UnreadCount   int64     `json:"unreadCount"`    // messages that came in and nobody has read
	Inbox         bool      `json:"inbox"`
	Starred       bool      `json:"starred"`
	LastMessageID string    `json:"lastMessageId,omitempty"`
	LastType      string    `json:"lastType,omitempty"` // of the last message: TYPE_SMS, …
	LastBody      string    `json:"lastBody,omitempty"` // cut
	LastDirection string    `json:"lastDirection,omitempty"`
	LastSource    string    `json:"lastSource,omitempty"`
	LastAt        time.Time `json:"lastAt,omitzero"`       // UTC; zero before the first message
	LastManualAt  time.Time `json:"lastManualAt,omitzero"` // UTC; of the last message that a person wrote
	CreatedAt     time.Time `json:"createdAt,omitzero"`
	UpdatedAt     time.Time `json:"updatedAt,omitzero"`
	SnoozedUntil  time.Time `json:"snoozedUntil,omitzero"` // UTC; zero for one that is not put aside
	MergedInto    string    `json:"mergedInto,omitempty"`  // the conversation in which this one goes on since its contact was merged into another
}

var conversations = db.NewTable("conversations", []string{"location_id", "id"}, func(c *Conversation) []db.Column {
	return []db.Column{
		{Name: "location_id", At: &c.LocationID}, {Name: "id", At: &c.ID}, {Name: "contact_id", At: &c.ContactID, Fixed: true}, {Name: "type", At: &c.Type},
		{Name: "unread_count", At: &c.UnreadCount}, {Name: "inbox", At: &c.Inbox}, {Name: "starred", At: &c.Starred},
		{Name: "last_message_id", At: &c.LastMessageID}, {Name: "last_type", At: &c.LastType}, {Name: "last_body", At: &c.LastBody},
		{Name: "last_direction", At: &c.LastDirection}, {Name: "last_source", At: &c.LastSource}, {Name: "last_at", At: db.Millis(&c.LastAt)},
		{Name: "last_manual_at", At: db.Millis(&c.LastManualAt)}, {Name: "created_at", At: db.Millis(&c.CreatedAt), Fixed: true}, {Name: "updated_at", At: db.Millis(&c.UpdatedAt)},
		{Name: "merged_into", At: &c.MergedInto, Fixed: true}, {Name: "snoozed_until", At: db.Millis(&c.SnoozedUntil)},
	}
})

// current is the id that a conversation has now, in a statement whose $1 is the
// location and whose $2 is an id that the conversation has or had. COALESCE stands
// within as it does for contacts.
const current = "(SELECT COALESCE(MAX(m.merged_into), $2) FROM conversations m WHERE m.location_id = $1 AND m.id = $2 AND m.merged_into <> '')"

// The types of a conversation.
const (
	TypePhone     = "TYPE_PHONE"
	TypeEmail     = "TYPE_EMAIL"
	TypeMessenger = "TYPE_FB_MESSENGER"
	TypeReview    = "TYPE_REVIEW"
	TypeGroup     = "TYPE_GROUP_SMS"
)

// Open gives the conversation with a contact and makes it if there is none yet;
// isNew says which. NotFound if the contact is not there.
func Open(ctx context.Context, tx *db.Tx, by crm.Actor, contactID, typ string) (c *Conversation, isNew bool, err error) {
	contact, err := crm.LockContact(ctx, tx, by.LocationID, contactID)
	if err != nil {
		return nil, false, err
	}
	contactID = contact.ID
	c, err = conversations.One(ctx, tx, "/*sqlite INDEXED BY conversations_contact*/ WHERE location_id = $1 AND contact_id = $2 AND merged_into = '' /*postgres FOR UPDATE*/", by.LocationID, contactID)
	if err != nil || c != nil {
		return c, false, err
	}
	if typ == "" {
		typ = TypePhone
	}
	c = &Conversation{LocationID: by.LocationID, ID: tx.NewID(), ContactID: contactID, Type: typ, Inbox: true, CreatedAt: tx.Now(), UpdatedAt: tx.Now()}
	if err := conversations.Insert(ctx, tx, c); err != nil {
		return nil, false, err
	}
	err = crm.Emit(ctx, tx, by, "conversation.created", contactID, c.ID, crm.EventData{Kind: c.Type})
	return c, true, err
}

// Change says what of a conversation is to be changed; nil stays.
type Change struct {
	UnreadCount *int64
	Starred     *bool
	Inbox       *bool
}

// ChangeConversation changes a conversation. A changed count of what is unread
// is an event of its own. NotFound if it is not there.
func ChangeConversation(ctx context.Context, tx *db.Tx, by crm.Actor, conversationID string, to Change) (*Conversation, error) {
	c, err := locked(ctx, tx, by.LocationID, conversationID)
	if err != nil {
		return nil, err
	}
	var changes []crm.Change
	unread := c.UnreadCount
	if to.UnreadCount != nil && *to.UnreadCount != c.UnreadCount {
		changes = append(changes, crm.Change{Field: "unreadCount", From: c.UnreadCount, To: *to.UnreadCount})
		c.UnreadCount = *to.UnreadCount
	}
	set := func(field string, at, v *bool) {
		if v != nil && *v != *at {
			changes = append(changes, crm.Change{Field: field, From: *at, To: *v})
			*at = *v
		}
	}
	set("starred", &c.Starred, to.Starred)
	set("inbox", &c.Inbox, to.Inbox)
	if len(changes) == 0 {
		return c, nil
	}
	if err := c.save(ctx, tx); err != nil {
		return nil, err
	}
	typ := "conversation.updated"
	if c.UnreadCount != unread {
		typ = "conversation.unread"
	}
	err = crm.Emit(ctx, tx, by, typ, c.ContactID, c.ID, crm.EventData{Changes: changes})
	return c, err
}

// DeleteConversation removes a conversation with its messages and files.
// NotFound if it is not there.
func DeleteConversation(ctx context.Context, tx *db.Tx, by crm.Actor, conversationID string) error {
	c, err := locked(ctx, tx, by.LocationID, conversationID)
	if err != nil {
		return err
	}
	for _, table := range []string{"message_files", "message_emails", "messages", "typing"} {
		if err := tx.Do(ctx, "DELETE FROM "+table+" WHERE location_id = $1 AND conversation_id = $2", by.LocationID, c.ID); err != nil {
			return err
		}
	}
	if err := tx.Do(ctx, "DELETE FROM conversations WHERE location_id = $1 AND (id = $2 OR merged_into = $2)", by.LocationID, c.ID); err != nil {
		return err
	}
	return crm.Emit(ctx, tx, by, "conversation.deleted", c.ContactID, c.ID, crm.EventData{})
}

// ByID gives a conversation by its id, or by that of one that goes on in it.
// NotFound if it is not there.
func ByID(ctx context.Context, tx *db.Tx, locationID, conversationID string) (*Conversation, error) {
	return one(ctx, tx, "WHERE location_id = $1 AND id = "+current, locationID, conversationID)
}

func locked(ctx context.Context, tx *db.Tx, locationID, conversationID string) (*Conversation, error) {
	return one(ctx, tx, "WHERE location_id = $1 AND id = "+current+" /*postgres FOR UPDATE*/", locationID, conversationID)
}

func one(ctx context.Context, tx *db.Tx, tail string, args ...any) (*Conversation, error) {
	c, err := conversations.One(ctx, tx, tail, args...)
	if err == nil && c == nil {
		err = errs.New(errs.NotFound, "Conversation not found")
	}
	return c, err
}

// save stores a changed conversation. Its time goes on even where the clock has
// not, so that whoever asks for what changed since sees it.
func (c *Conversation) save(ctx context.Context, tx *db.Tx) error {
	now := tx.Now()
	if !now.After(c.UpdatedAt) {
		now = c.UpdatedAt.Add(time.Millisecond)
	}
	c.UpdatedAt = now
	return conversations.Update(ctx, tx, c)
}
