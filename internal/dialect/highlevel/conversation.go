package highlevel

import (
	"context"
	"slices"
	"time"

	"github.com/foyer-crm/foyer/internal/conversation"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/wire"
)

// conversationQuery is what a search for conversations can ask (contract.md §12).
type conversationQuery struct {
	LocationID           string   `json:"locationId"`
	ID                   string   `json:"id"`
	ContactID            string   `json:"contactId"`
	AssignedTo           []string `json:"assignedTo" say:"users, or unassigned"`
	Followers            []string `json:"followers"`
	Mentions             []string `json:"mentions"`
	Query                string   `json:"query"`
	Status               string   `json:"status" choice:"all|read|unread|starred|recents"`
	LastMessageType      string   `json:"lastMessageType"`
	LastMessageAction    string   `json:"lastMessageAction" choice:"automated|manual"`
	LastMessageDirection string   `json:"lastMessageDirection" choice:"inbound|outbound"`
	StartDate            *int64   `json:"startDate" say:"milliseconds since 1970"`
	EndDate              *int64   `json:"endDate" say:"milliseconds since 1970"`
	Sort                 string   `json:"sort" choice:"asc|desc"`
	SortBy               string   `json:"sortBy" choice:"last_manual_message_date|last_message_date|score_profile|overdue_at|due_at"`
	StartAfterDate       *int64   `json:"startAfterDate" say:"the sort value of the last one of the page before"`
	Limit                *int64   `json:"limit" min:"1" max:"100"`
}

// foundView is a conversation in the answer to a search.
type foundView struct {
	ID                   string  `json:"id"`
	ContactID            string  `json:"contactId"`
	LocationID           string  `json:"locationId"`
	AssignedTo           string  `json:"assignedTo,omitempty"`
	LastMessageBody      string  `json:"lastMessageBody"`
	LastMessageType      string  `json:"lastMessageType"`
	LastMessageDirection string  `json:"lastMessageDirection,omitempty"`
	LastMessageDate      int64   `json:"lastMessageDate,omitempty"`
	LastManualDate       int64   `json:"lastManualMessageDate,omitempty"`
	Type                 string  `json:"type"`
	UnreadCount          int64   `json:"unreadCount"`
	Inbox                bool    `json:"inbox"`
	Starred              bool    `json:"starred"`
	FullName             string  `json:"fullName"`
	ContactName          string  `json:"contactName"`
	Email                string  `json:"email"`
	Phone                string  `json:"phone"`
	DateAdded            int64   `json:"dateAdded"`
	DateUpdated          int64   `json:"dateUpdated"`
	Sort                 []int64 `json:"sort"`
}

type conversationsFound struct {
	Conversations []foundView `json:"conversations"`
	Total         int64       `json:"total"`
}

// lastType is the type of a conversation's last message; one without messages
// has that of its channel.
func lastType(c *conversation.Conversation) string {
	switch {
	case c.LastType != "":
		return c.LastType
	case c.Type == conversation.TypeEmail:
		return conversation.EMail
	}
	return conversation.SMS
}

func viewFound(f *conversation.Found) foundView {
	v := foundView{ID: f.ID, ContactID: f.ContactID, LocationID: f.LocationID, AssignedTo: f.Contact.AssignedTo, LastMessageBody: f.LastBody, LastMessageType: lastType(&f.Conversation),
		LastMessageDirection: f.LastDirection, Type: f.Type, UnreadCount: f.UnreadCount, Inbox: f.Inbox, Starred: f.Starred, FullName: f.Contact.FullName(), ContactName: f.Contact.FullName(),
		Email: f.Contact.Email, Phone: f.Contact.Phone, DateAdded: f.CreatedAt.UnixMilli(), DateUpdated: f.UpdatedAt.UnixMilli(), Sort: []int64{f.Sorted.UnixMilli()}}
	if !f.LastAt.IsZero() {
		v.LastMessageDate = f.LastAt.UnixMilli()
	}
	if !f.LastManualAt.IsZero() {
		v.LastManualDate = f.LastManualAt.UnixMilli()
	}
	return v
}

// searchConversations is GET /conversations/search.
func searchConversations(ctx context.Context, c *call) (wire.Answer, error) {
	said, err := readQuery[conversationQuery](c)
	if err != nil {
		return wire.Answer{}, err
	}
	if said.LastMessageType != "" && !slices.Contains(conversation.Types(), said.LastMessageType) {
		return wire.Answer{}, errs.InvalidFields(errs.Field{Name: "lastMessageType", Rule: "choice"})
	}
	for name, sent := range map[string]bool{"mentions": len(said.Mentions) > 0, "sortBy": slices.Contains([]string{"score_profile", "overdue_at", "due_at"}, said.SortBy)} {
		if sent {
			c.Warn(name, "Foyer keeps nothing of the kind, left out")
		}
	}
	q := conversation.Query{ID: said.ID, Only: c.assignedOnly(), ContactID: said.ContactID, AssignedTo: said.AssignedTo, Followers: said.Followers, Text: said.Query, Status: said.Status,
		LastType: said.LastMessageType, Direction: said.LastMessageDirection, From: momentOf(said.StartDate), To: momentOf(said.EndDate),
		ByManual: said.SortBy == "last_manual_message_date", Oldest: said.Sort == "asc", After: momentOf(said.StartAfterDate), Limit: int(orElse(said.Limit, 20))}
	if said.LastMessageAction != "" {
		manual := said.LastMessageAction == "manual"
		q.Manual = &manual
	}
	return show(ctx, c, func(ctx context.Context, tx *db.Tx) (conversationsFound, error) {
		list, total, err := conversation.Search(ctx, tx, c.Location().ID, q)
		found := conversationsFound{Conversations: make([]foundView, len(list)), Total: total}
		for i := range list {
			found.Conversations[i] = viewFound(&list[i])
		}
		return found, err
	})
}

func orElse[T any](v *T, otherwise T) T {
	if v == nil {
		return otherwise
	}
	return *v
}

func momentOf(v *int64) time.Time {
	if v == nil {
		return time.Time{}
	}
	return time.UnixMilli(*v).UTC()
}

// conversationView is a conversation by itself.
type conversationView struct {
	ID          string `json:"id"`
	ContactID   string `json:"contactId"`
	LocationID  string `json:"locationId"`
	Deleted     bool   `json:"deleted"`
	Inbox       bool   `json:"inbox"`
	Type        int    `json:"type"`
	UnreadCount int64  `json:"unreadCount"`
	AssignedTo  string `json:"assignedTo,omitempty"`
	Starred     bool   `json:"starred"`
}

// conversationNumber is the number of a type of conversation (contract.md §12).
func conversationNumber(typ string) int {
	return 1 + max(0, slices.Index([]string{conversation.TypePhone, conversation.TypeEmail, conversation.TypeMessenger, conversation.TypeReview, conversation.TypeGroup}, typ))
}

// getConversation is GET /conversations/{conversationId}.
func getConversation(ctx context.Context, c *call) (wire.Answer, error) {
	return show(ctx, c, func(ctx context.Context, tx *db.Tx) (v conversationView, err error) {
		it, who, err := withContact(ctx, tx, c.Location().ID, c.param("conversationId"))
		if err != nil {
			return v, err
		}
		return conversationView{ID: it.ID, ContactID: it.ContactID, LocationID: it.LocationID, Inbox: it.Inbox, Type: conversationNumber(it.Type),
			UnreadCount: it.UnreadCount, AssignedTo: who.AssignedTo, Starred: it.Starred}, nil
	})
}

func withContact(ctx context.Context, tx *db.Tx, locationID, conversationID string) (*conversation.Conversation, *crm.Contact, error) {
	it, err := conversation.ByID(ctx, tx, locationID, conversationID)
	if err != nil {
		return nil, nil, err
	}
	who, err := crm.ContactByID(ctx, tx, locationID, it.ContactID)
	return it, who, err
}

// newConversation is the body of POST /conversations/.
type newConversation struct {
	LocationID string `json:"locationId" need:"defined"`
	ContactID  string `json:"contactId" need:"required"`
}

// savedView is a conversation in the answer to a change.
type savedView struct {
	ID              string `json:"id"`
	LocationID      string `json:"locationId"`
	ContactID       string `json:"contactId"`
	AssignedTo      string `json:"assignedTo,omitempty"`
	LastMessageBody string `json:"lastMessageBody"`
	LastMessageDate string `json:"lastMessageDate"`
	LastMessageType string `json:"lastMessageType"`
	UnreadCount     int64  `json:"unreadCount"`
	Inbox           bool   `json:"inbox"`
	Starred         bool   `json:"starred"`
	Deleted         bool   `json:"deleted"`
	DateAdded       string `json:"dateAdded"`
	DateUpdated     string `json:"dateUpdated"`
}

type conversationSaved struct {
	Success      bool      `json:"success"`
	Conversation savedView `json:"conversation"`
}

func viewSaved(it *conversation.Conversation, who *crm.Contact) conversationSaved {
	last := it.LastAt
	if last.IsZero() {
		last = it.CreatedAt
	}
	return conversationSaved{true, savedView{ID: it.ID, LocationID: it.LocationID, ContactID: it.ContactID, AssignedTo: who.AssignedTo, LastMessageBody: it.LastBody,
		LastMessageDate: moment(last), LastMessageType: lastType(it), UnreadCount: it.UnreadCount, Inbox: it.Inbox, Starred: it.Starred,
		DateAdded: moment(it.CreatedAt), DateUpdated: moment(it.UpdatedAt)}}
}

// createConversation is POST /conversations/. A contact has one conversation.
func createConversation(ctx context.Context, c *call) (wire.Answer, error) {
	said, err := read[newConversation](c)
	if err != nil {
		return wire.Answer{}, err
	}
	return do(ctx, c, func(ctx context.Context, tx *db.Tx) (v conversationSaved, err error) {
		it, isNew, err := conversation.Open(ctx, tx, c.Actor(), said.ContactID, "")
		if err != nil {
			return v, err
		}
		if !isNew {
			return v, &errs.Error{Kind: errs.Conflict, Text: "Conversation already exists", Meta: map[string]string{"conversationId": it.ID}}
		}
		who, err := crm.ContactByID(ctx, tx, c.Location().ID, it.ContactID)
		if err != nil {
			return v, err
		}
		return viewSaved(it, who), nil
	})
}

// conversationChange is the body of PUT /conversations/{conversationId}.
type conversationChange struct {
	LocationID  string `json:"locationId" need:"defined"`
	UnreadCount *int64 `json:"unreadCount" min:"0" max:"1000000"`
	Starred     *bool  `json:"starred"`
	Feedback    any    `json:"feedback"`
}

// updateConversation is PUT /conversations/{conversationId}.
func updateConversation(ctx context.Context, c *call) (wire.Answer, error) {
	said, err := read[conversationChange](c)
	if err != nil {
		return wire.Answer{}, err
	}
	if said.Feedback != nil {
		c.Warn("feedback", "Foyer keeps nothing of the kind, left out")
	}
	return do(ctx, c, func(ctx context.Context, tx *db.Tx) (v conversationSaved, err error) {
		it, err := conversation.ChangeConversation(ctx, tx, c.Actor(), c.param("conversationId"), conversation.Change{UnreadCount: said.UnreadCount, Starred: said.Starred})
		if err != nil {
			return v, err
		}
		who, err := crm.ContactByID(ctx, tx, c.Location().ID, it.ContactID)
		if err != nil {
			return v, err
		}
		return viewSaved(it, who), nil
	})
}

// deleteConversation is DELETE /conversations/{conversationId}.
func deleteConversation(ctx context.Context, c *call) (wire.Answer, error) {
	return do(ctx, c, func(ctx context.Context, tx *db.Tx) (success, error) {
		return success{true}, conversation.DeleteConversation(ctx, tx, c.Actor(), c.param("conversationId"))
	})
}

// typingBody is the body of POST /conversations/providers/live-chat/typing.
type typingBody struct {
	LocationID     string `json:"locationId" need:"defined"`
	IsTyping       *bool  `json:"isTyping" need:"required"`
	VisitorID      string `json:"visitorId" need:"required" max:"200"`
	ConversationID string `json:"conversationId" need:"required"`
}

// showTyping is POST /conversations/providers/live-chat/typing.
func showTyping(ctx context.Context, c *call) (wire.Answer, error) {
	said, err := read[typingBody](c)
	if err != nil {
		return wire.Answer{}, err
	}
	return do(ctx, c, func(ctx context.Context, tx *db.Tx) (success, error) {
		return success{true}, conversation.SetTyping(ctx, tx, c.Actor(), said.ConversationID, said.VisitorID, *said.IsTyping)
	})
}
