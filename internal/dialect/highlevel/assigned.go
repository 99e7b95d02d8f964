package highlevel

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/foyer-crm/foyer/internal/conversation"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
)

// checkAssigned hides what is not assigned to a user who sees only that: a
// contact, an opportunity, a conversation or a message that the request names is
// not there for them.
func (c *call) checkAssigned(ctx context.Context) error {
	if c.assignedOnly() == "" {
		return nil
	}
	named := c.named()
	return c.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		if strings.HasPrefix(c.op.Path, "/opportunities/{id}") {
			o, err := crm.OpportunityByID(ctx, tx, c.Location().ID, c.opportunityID())
			if err == nil && o.AssignedTo != c.assignedOnly() {
				err = errs.New(errs.NotFound, "Opportunity not found")
			}
			if err != nil {
				return err
			}
		}
		return c.reaches(ctx, tx, named)
	})
}

// about are the ids of a request by which it is about a contact.
type about struct {
	ContactID      string `json:"contactId"`
	ConversationID string `json:"conversationId"`
	messageID      string
	emailID        string
}

// named gives those of the path and the body; the path's count.
func (c *call) named() about {
	var a about
	_ = json.Unmarshal(c.Body, &a) // what is no such body names nobody
	if id := c.contactID(); id != "" {
		a.ContactID = id
	}
	if id := c.param("conversationId"); id != "" {
		a.ConversationID = id
	}
	switch path := c.op.Path; {
	case strings.HasPrefix(path, "/conversations/messages/email/"):
		a.emailID = c.param("id") + c.param("emailMessageId")
	case strings.HasPrefix(path, "/conversations/messages/{id}"):
		a.messageID = c.param("id")
	case strings.HasPrefix(path, "/conversations/"):
		a.messageID = c.param("messageId")
	}
	return a
}

// reaches refuses what is about a contact that the person behind the token does
// not see, in the words for what is not there.
func (c *call) reaches(ctx context.Context, tx *db.Tx, a about) error {
	who, location := c.assignedOnly(), c.Location().ID
	if who == "" {
		return nil
	}
	for _, of := range []struct {
		id, missing string
		contact     func(id string) (string, error)
	}{
		{a.ContactID, "Contact not found", func(id string) (string, error) { return id, nil }},
		{a.ConversationID, "Conversation not found", func(id string) (string, error) {
			it, err := conversation.ByID(ctx, tx, location, id)
			if err != nil {
				return "", err
			}
			return it.ContactID, nil
		}},
		{a.messageID, "Message not found", func(id string) (string, error) {
			m, err := conversation.MessageByID(ctx, tx, location, id)
			if err != nil {
				return "", err
			}
			return m.ContactID, nil
		}},
		{a.emailID, "Email not found", func(id string) (string, error) {
			e, err := conversation.EmailByID(ctx, tx, location, id)
			if err != nil {
				return "", err
			}
			return e.ContactID, nil
		}},
	} {
		if of.id == "" {
			continue
		}
		contactID, err := of.contact(clean(of.id))
		if err != nil {
			return err
		}
		p, err := crm.ContactByID(ctx, tx, location, contactID)
		if err == nil && p.AssignedTo != who {
			err = errs.New(errs.NotFound, "%s", of.missing)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
