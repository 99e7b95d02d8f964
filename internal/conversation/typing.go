package conversation

import (
	"context"
	"time"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
)

// Typing says that the visitor of a live chat is shown that somebody types. It
// fades by itself: TypingFor after UpdatedAt nobody types any more.
type Typing struct {
	LocationID     string
	ConversationID string
	VisitorID      string
	ContactID      string
	IsTyping       bool
	UpdatedAt      time.Time
}

// TypingFor is how long somebody who said that they type is taken to do so.
const TypingFor = 10 * time.Second

var typing = db.NewTable("typing", []string{"location_id", "conversation_id", "visitor_id"}, func(t *Typing) []db.Column {
	return []db.Column{
		{Name: "location_id", At: &t.LocationID}, {Name: "conversation_id", At: &t.ConversationID}, {Name: "visitor_id", At: &t.VisitorID},
		{Name: "contact_id", At: &t.ContactID}, {Name: "is_typing", At: &t.IsTyping}, {Name: "updated_at", At: db.Millis(&t.UpdatedAt)},
	}
})

// SetTyping stores whether somebody types, for the visitor of a live chat to be
// shown. NotFound if the conversation is not there.
func SetTyping(ctx context.Context, tx *db.Tx, by crm.Actor, conversationID, visitorID string, is bool) error {
	c, err := ByID(ctx, tx, by.LocationID, conversationID)
	if err != nil {
		return err
	}
	t := &Typing{LocationID: by.LocationID, ConversationID: c.ID, VisitorID: visitorID, ContactID: c.ContactID, IsTyping: is, UpdatedAt: tx.Now()}
	if err := typing.Put(ctx, tx, t); err != nil {
		return err
	}
	kind := "stopped"
	if is {
		kind = "started"
	}
	return crm.Emit(ctx, tx, by, "conversation.typing", c.ContactID, c.ID, crm.EventData{Kind: kind})
}

// IsTyping reports whether a visitor is to be shown that somebody types.
func IsTyping(ctx context.Context, tx *db.Tx, locationID, conversationID, visitorID string) (bool, error) {
	t, err := typing.One(ctx, tx, "WHERE location_id = $1 AND conversation_id = $2 AND visitor_id = $3", locationID, conversationID, visitorID)
	if err != nil || t == nil {
		return false, err
	}
	return t.IsTyping && time.Since(t.UpdatedAt) < TypingFor, nil
}
