package highlevel

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/foyer-crm/foyer/internal/conversation"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/wire"
)

// messageView is a message as HighLevel shows it (contract.md §12).
type messageView struct {
	ID             string       `json:"id"`
	AltID          string       `json:"altId,omitempty"`
	Type           int          `json:"type"`
	MessageType    string       `json:"messageType"`
	LocationID     string       `json:"locationId"`
	ContactID      string       `json:"contactId"`
	ConversationID string       `json:"conversationId"`
	DateAdded      string       `json:"dateAdded"`
	DateUpdated    string       `json:"dateUpdated"`
	Body           string       `json:"body"`
	Direction      string       `json:"direction"`
	Status         string       `json:"status"`
	ContentType    string       `json:"contentType"`
	Attachments    []string     `json:"attachments"`
	Meta           *messageMeta `json:"meta,omitempty"`
	Source         string       `json:"source,omitempty"`
	UserID         string       `json:"userId,omitempty"`
	ProviderID     string       `json:"conversationProviderId,omitempty"`
	From           string       `json:"from,omitempty"`
	To             string       `json:"to,omitempty"`
	Error          string       `json:"error,omitempty"`
}

type messageMeta struct {
	CallDuration string     `json:"callDuration,omitempty"`
	CallStatus   string     `json:"callStatus,omitempty"`
	Email        *emailMeta `json:"email,omitempty"`
}

type emailMeta struct {
	MessageIDs []string `json:"messageIds"`
}

func viewMessage(m *conversation.Message) messageView {
	v := messageView{ID: m.ID, AltID: m.Details.AltID, Type: conversation.TypeNumber(m.Type), MessageType: m.Type, LocationID: m.LocationID, ContactID: m.ContactID, ConversationID: m.ConversationID,
		DateAdded: moment(m.CreatedAt), DateUpdated: moment(m.UpdatedAt), Body: m.Body, Direction: m.Direction, Status: m.Status, ContentType: m.ContentType,
		Attachments: append([]string{}, m.Attachments...), Source: m.Source, UserID: m.UserID, ProviderID: m.ProviderID, From: m.Details.From, To: m.Details.To}
	if m.Details.Failure != nil {
		v.Error = m.Details.Failure.Message
	}
	switch {
	case m.EmailID != "":
		v.Meta = &messageMeta{Email: &emailMeta{[]string{m.EmailID}}}
	case m.Details.CallStatus != "" || m.Details.Duration > 0:
		v.Meta = &messageMeta{CallStatus: m.Details.CallStatus}
		if m.Details.Duration > 0 {
			v.Meta.CallDuration = strconv.FormatInt(m.Details.Duration, 10)
		}
	}
	return v
}

// getMessage is GET /conversations/messages/{id}.
func getMessage(ctx context.Context, c *call) (wire.Answer, error) {
	return show(ctx, c, func(ctx context.Context, tx *db.Tx) (v messageView, err error) {
		m, err := conversation.MessageByID(ctx, tx, c.Location().ID, c.param("id"))
		if err != nil {
			return v, err
		}
		return viewMessage(m), nil
	})
}

// messagesQuery is what can be asked of a conversation's messages.
type messagesQuery struct {
	LastMessageID string   `json:"lastMessageId" say:"the last one of the page before"`
	Limit         *int64   `json:"limit" min:"1" max:"100"`
	Type          []string `json:"type" say:"message types, as TYPE_SMS"`
}

// messagePage is a page of messages: nested, as live answers are, and not flat
// as in the document (contract.md §22).
type messagePage struct {
	Messages struct {
		LastMessageID string        `json:"lastMessageId"`
		NextPage      bool          `json:"nextPage"`
		Messages      []messageView `json:"messages"`
	} `json:"messages"`
}

// listMessages is GET /conversations/{conversationId}/messages.
func listMessages(ctx context.Context, c *call) (wire.Answer, error) {
	said, err := readQuery[messagesQuery](c)
	if err != nil {
		return wire.Answer{}, err
	}
	for i, t := range said.Type {
		if t == "TYPE_INTERNAL_COMMENTS" { // so in this list, and nowhere else
			t, said.Type[i] = "TYPE_INTERNAL_COMMENT", "TYPE_INTERNAL_COMMENT"
		}
		if !slices.Contains(conversation.Types(), t) {
			return wire.Answer{}, errs.InvalidFields(errs.Field{Name: "type", Rule: "choice"})
		}
	}
	return show(ctx, c, func(ctx context.Context, tx *db.Tx) (page messagePage, err error) {
		it, err := conversation.ByID(ctx, tx, c.Location().ID, c.param("conversationId"))
		if err != nil {
			return page, err
		}
		list, more, err := conversation.Messages(ctx, tx, c.Location().ID, it.ID, said.LastMessageID, said.Type, int(orElse(said.Limit, 20)))
		page.Messages.NextPage, page.Messages.Messages = more, make([]messageView, len(list))
		for i := range list {
			page.Messages.Messages[i] = viewMessage(&list[i])
			page.Messages.LastMessageID = list[i].ID
		}
		return page, err
	})
}

// emailMessageView is an e-mail as HighLevel shows it.
type emailMessageView struct {
	ID             string   `json:"id"`
	AltID          string   `json:"altId,omitempty"`
	MessageID      string   `json:"messageId"`
	ThreadID       string   `json:"threadId"`
	LocationID     string   `json:"locationId"`
	ContactID      string   `json:"contactId"`
	ConversationID string   `json:"conversationId"`
	DateAdded      string   `json:"dateAdded"`
	Subject        string   `json:"subject"`
	Body           string   `json:"body"`
	Direction      string   `json:"direction"`
	Status         string   `json:"status"`
	ContentType    string   `json:"contentType"`
	Attachments    []string `json:"attachments"`
	Provider       string   `json:"provider,omitempty"`
	From           string   `json:"from"`
	To             []string `json:"to"`
	Cc             []string `json:"cc"`
	Bcc            []string `json:"bcc"`
	ReplyTo        string   `json:"replyToMessageId,omitempty"`
	Source         string   `json:"source,omitempty"`
	ProviderID     string   `json:"conversationProviderId,omitempty"`
	Error          string   `json:"error,omitempty"`
}

// getEmail is GET /conversations/messages/email/{id}.
func getEmail(ctx context.Context, c *call) (wire.Answer, error) {
	return show(ctx, c, func(ctx context.Context, tx *db.Tx) (v emailMessageView, err error) {
		e, err := conversation.EmailByID(ctx, tx, c.Location().ID, c.param("id"))
		if err != nil {
			return v, err
		}
		m, err := conversation.MessageByID(ctx, tx, c.Location().ID, e.MessageID)
		if err != nil {
			return v, err
		}
		v = emailMessageView{ID: e.ID, AltID: e.AltID, MessageID: e.MessageID, ThreadID: e.ThreadID, LocationID: e.LocationID, ContactID: e.ContactID, ConversationID: e.ConversationID,
			DateAdded: moment(e.CreatedAt), Subject: e.Subject, Body: e.Body(), Direction: m.Direction, Status: m.Status, ContentType: m.ContentType,
			Attachments: append([]string{}, m.Attachments...), From: e.From, To: append([]string{}, e.Recipients.To...), Cc: append([]string{}, e.Recipients.Cc...),
			Bcc: append([]string{}, e.Recipients.Bcc...), ReplyTo: e.ReplyTo, Source: m.Source, ProviderID: m.ProviderID}
		switch {
		case m.ProviderID != "":
			v.Provider = "custom"
		case m.Direction == conversation.Outbound:
			v.Provider = "smtp"
		}
		if m.Details.Failure != nil {
			v.Error = m.Details.Failure.Message
		}
		return v, nil
	})
}

// sentView is the answer to a message that goes out, and to its status.
type sentView struct {
	ConversationID string   `json:"conversationId"`
	MessageID      string   `json:"messageId"`
	EmailMessageID string   `json:"emailMessageId,omitempty"`
	MessageIDs     []string `json:"messageIds,omitempty"`
	Msg            string   `json:"msg,omitempty"`
	Status         string   `json:"status"`
}

// viewSent shows a message whose status is one of the four that these answers
// know: what is on its way is pending.
func viewSent(m *conversation.Message, msg string) sentView {
	status := conversation.Pending
	if slices.Contains([]string{conversation.Delivered, conversation.Failed, conversation.Read}, m.Status) {
		status = m.Status
	}
	v := sentView{ConversationID: m.ConversationID, MessageID: m.ID, EmailMessageID: m.EmailID, Msg: msg, Status: status}
	if m.EmailID != "" {
		v.MessageIDs = []string{m.ID}
	}
	return v
}

// sendBody is the body of POST /conversations/messages.
type sendBody struct {
	Type               string   `json:"type" need:"required" choice:"SMS|RCS|Email|WhatsApp|IG|FB|Custom|Live_Chat|TIKTOK"`
	ContactID          string   `json:"contactId" need:"required"`
	Message            string   `json:"message" raw:"yes" max:"100000"`
	HTML               string   `json:"html" raw:"yes" max:"900000"`
	Subject            string   `json:"subject" max:"1000"`
	Attachments        []string `json:"attachments" max:"50"`
	EmailFrom          string   `json:"emailFrom" max:"320"`
	EmailTo            string   `json:"emailTo" max:"320"`
	EmailCc            []string `json:"emailCc" max:"50"`
	EmailBcc           []string `json:"emailBcc" max:"50"`
	EmailReplyMode     string   `json:"emailReplyMode" choice:"reply|reply_all"`
	ReplyMessageID     string   `json:"replyMessageId"`
	ThreadID           string   `json:"threadId"`
	ScheduledTimestamp *int64   `json:"scheduledTimestamp" min:"0" say:"seconds since 1970"`
	ProviderID         string   `json:"conversationProviderId"`
	FromNumber         string   `json:"fromNumber" max:"50"`
	ToNumber           string   `json:"toNumber" max:"50"`
	UserID             string   `json:"userId" max:"64"`

	// What HighLevel's document has and Foyer does nothing with.
	SubType        any    `json:"subType"`
	Status         any    `json:"status"`
	AppointmentID  string `json:"appointmentId"`
	TemplateID     string `json:"templateId"`
	SubtypeID      string `json:"customSubtypeId"`
	Forward        any    `json:"forward"`
	UsesScheduling any    `json:"usesNativeSchedulingAi"`
	Optimization   string `json:"optimizationPeriod" choice:"24h|48h|72h"`
}

// unused warns of what was said in vain.
func (b *sendBody) unused(c *call) {
	for _, f := range []struct {
		name string
		sent bool
	}{{"templateId", b.TemplateID != ""}, {"forward", b.Forward != nil}, {"usesNativeSchedulingAi", b.UsesScheduling != nil}, {"optimizationPeriod", b.Optimization != ""}, {"customSubtypeId", b.SubtypeID != ""}, {"appointmentId", b.AppointmentID != ""}} {
		if f.sent {
			c.Warn(f.name, "Foyer keeps nothing of the kind, left out")
		}
	}
}

// sendMessage is POST /conversations/messages.
func sendMessage(ctx context.Context, c *call) (wire.Answer, error) {
	said, err := read[sendBody](c)
	if err != nil {
		return wire.Answer{}, err
	}
	said.unused(c)
	s := conversation.Send{Channel: said.Type, ContactID: said.ContactID, Body: said.Message, HTML: said.HTML, Subject: said.Subject, From: said.FromNumber, To: said.ToNumber,
		Attachments: said.Attachments, ThreadID: said.ThreadID, ReplyTo: said.ReplyMessageID, At: scheduled(said.ScheduledTimestamp), ProviderID: said.ProviderID, UserID: said.UserID, Source: "api"}
	if s.UserID == "" {
		s.UserID = c.Actor().UserID
	}
	if said.Type == "Email" {
		s.From, s.To, s.Cc, s.Bcc = said.EmailFrom, said.EmailTo, said.EmailCc, said.EmailBcc
	}
	return do(ctx, c, func(ctx context.Context, tx *db.Tx) (v sentView, err error) {
		now := s // the transaction may run again
		if said.Type == "Email" && s.ReplyTo != "" {
			if err := answering(ctx, tx, c.Location().ID, &now, said.EmailReplyMode == "reply_all"); err != nil {
				return v, err
			}
		}
		m, err := conversation.SendMessage(ctx, tx, c.Actor(), now)
		if err != nil {
			return v, err
		}
		return viewSent(m, "Message queued successfully."), nil
	})
}

// scheduled reads when to send: in seconds, as documented, or in milliseconds,
// as clients also write.
func scheduled(at *int64) time.Time {
	const milliseconds = 100_000_000_000 // in seconds, the year 5138
	switch {
	case at == nil || *at == 0:
		return time.Time{}
	case *at > milliseconds:
		return time.UnixMilli(*at).UTC()
	}
	return time.Unix(*at, 0).UTC()
}

// answering makes an e-mail the answer to another, which is named by its own id
// or by its message's.
func answering(ctx context.Context, tx *db.Tx, locationID string, s *conversation.Send, all bool) error {
	id := s.ReplyTo
	if m, err := conversation.MessageByID(ctx, tx, locationID, id); err == nil && m.EmailID != "" {
		id = m.EmailID
	} else if err != nil && !errs.Is(err, errs.NotFound) {
		return err
	}
	before, err := conversation.EmailByID(ctx, tx, locationID, id)
	if err != nil {
		return err
	}
	if s.ReplyTo = before.ID; s.Subject == "" {
		s.Subject = "Re: " + before.Subject
	}
	if all {
		s.Cc = append(slices.Clone(s.Cc), before.Recipients.Cc...)
	}
	return nil
}

// statusBody is the body of PUT /conversations/messages/{messageId}/status.
type statusBody struct {
	Status         string     `json:"status" need:"required" choice:"delivered|failed|pending|read"`
	Error          *errorBody `json:"error"`
	EmailMessageID string     `json:"emailMessageId"`
	Recipients     []string   `json:"recipients"`
}

type errorBody struct {
	Code    string `json:"code" need:"required"`
	Type    string `json:"type" need:"required"`
	Message string `json:"message" need:"required"`
}

// updateMessageStatus is PUT /conversations/messages/{messageId}/status.
func updateMessageStatus(ctx context.Context, c *call) (wire.Answer, error) {
	said, err := read[statusBody](c)
	if err != nil {
		return wire.Answer{}, err
	}
	to := conversation.StatusChange{Status: said.Status}
	if said.Error != nil {
		to.Failure = &conversation.Failure{Code: said.Error.Code, Type: said.Error.Type, Message: said.Error.Message}
	}
	return do(ctx, c, func(ctx context.Context, tx *db.Tx) (v sentView, err error) {
		m, err := conversation.ChangeStatus(ctx, tx, c.Actor(), c.param("messageId"), to)
		if err != nil {
			return v, err
		}
		return viewSent(m, ""), nil
	})
}

// cancelled is the answer to the end of a schedule.
type cancelled struct {
	Status  int    `json:"status"`
	Message string `json:"message"`
}

// cancelMessage is DELETE /conversations/messages/{messageId}/schedule.
func cancelMessage(ctx context.Context, c *call) (wire.Answer, error) {
	return do(ctx, c, func(ctx context.Context, tx *db.Tx) (cancelled, error) {
		return cancelled{200, "Message schedule cancelled"}, conversation.CancelScheduled(ctx, tx, c.Actor(), c.param("messageId"))
	})
}

// cancelEmail is DELETE /conversations/messages/email/{emailMessageId}/schedule.
func cancelEmail(ctx context.Context, c *call) (wire.Answer, error) {
	return do(ctx, c, func(ctx context.Context, tx *db.Tx) (v cancelled, err error) {
		e, err := conversation.EmailByID(ctx, tx, c.Location().ID, c.param("emailMessageId"))
		if err != nil {
			return v, err
		}
		return cancelled{200, "Message schedule cancelled"}, conversation.CancelScheduled(ctx, tx, c.Actor(), e.MessageID)
	})
}
