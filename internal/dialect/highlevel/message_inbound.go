package highlevel

import (
	"context"
	"time"

	"github.com/foyer-crm/foyer/internal/conversation"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/wire"
)

// inboundBody is the body of POST /conversations/messages/inbound.
type inboundBody struct {
	Type string `json:"type" need:"required" choice:"SMS|RCS|Email|WhatsApp|GMB|IG|FB|Custom|WebChat|Live_Chat|Call|IVR_Call|Campaign_Call|Campaign_VoiceMail|TIKTOK|ALL_IN_ONE_CHAT|FORM_SUBMISSION"`
	processed
	Message        string   `json:"message" raw:"yes" max:"100000"`
	HTML           string   `json:"html" raw:"yes" max:"900000"`
	Subject        string   `json:"subject" max:"1000"`
	EmailFrom      string   `json:"emailFrom" max:"320"`
	EmailTo        string   `json:"emailTo" max:"320"`
	EmailCc        []string `json:"emailCc" max:"50"`
	EmailBcc       []string `json:"emailBcc" max:"50"`
	EmailMessageID string   `json:"emailMessageId" say:"the e-mail that this one answers"`
	Direction      any      `json:"direction"`
}

// outboundBody is the body of POST /conversations/messages/outbound.
type outboundBody struct {
	Type string `json:"type" need:"required" choice:"Call"`
	processed
}

// processed is what both have.
type processed struct {
	ConversationID string         `json:"conversationId" say:"or contactId"`
	ContactID      string         `json:"contactId"`
	ProviderID     string         `json:"conversationProviderId"`
	AltID          string         `json:"altId" max:"255"`
	Date           string         `json:"date" say:"RFC 3339"`
	Attachments    []string       `json:"attachments" max:"50"`
	Call           *callBody      `json:"call"`
	Transcription  []sentenceBody `json:"transcription" max:"5000" say:"of a call: Foyer's own field"`
}

type callBody struct {
	To       string `json:"to" max:"50"`
	From     string `json:"from" max:"50"`
	Status   string `json:"status" choice:"pending|completed|answered|busy|no-answer|failed|canceled|voicemail"`
	Duration *int64 `json:"duration" min:"0" max:"1000000" say:"seconds"`
}

type sentenceBody struct {
	MediaChannel  int64   `json:"mediaChannel"`
	SentenceIndex int64   `json:"sentenceIndex"`
	StartTime     float64 `json:"startTime" say:"seconds"`
	EndTime       float64 `json:"endTime"`
	Transcript    string  `json:"transcript" need:"required" max:"10000"`
	Confidence    float64 `json:"confidence"`
}

// receive is the command that the fields of both stand for.
func (b *processed) receive() (conversation.Receive, error) {
	r := conversation.Receive{ConversationID: b.ConversationID, ContactID: b.ContactID, ProviderID: b.ProviderID, AltID: b.AltID, Attachments: b.Attachments}
	if b.ConversationID == "" && b.ContactID == "" {
		return r, errs.InvalidFields(errs.Field{Name: "conversationId", Rule: "required"})
	}
	if b.Date != "" {
		at, err := time.Parse(time.RFC3339, b.Date)
		if err != nil || at.Year() < 1970 || at.Year() > 9999 {
			return r, errs.InvalidFields(errs.Field{Name: "date", Rule: "date"})
		}
		r.At = at.UTC()
	}
	if b.Call != nil {
		r.From, r.To, r.CallStatus, r.Duration = b.Call.From, b.Call.To, b.Call.Status, orElse(b.Call.Duration, 0)
	}
	for _, s := range b.Transcription {
		r.Transcription = append(r.Transcription, conversation.Sentence(s))
	}
	return r, nil
}

// processedView is the answer to a message that was said elsewhere.
type processedView struct {
	Success        bool   `json:"success"`
	ConversationID string `json:"conversationId"`
	MessageID      string `json:"messageId"`
	Message        string `json:"message"`
	ContactID      string `json:"contactId"`
	DateAdded      string `json:"dateAdded"`
	EmailMessageID string `json:"emailMessageId,omitempty"`
}

func (c *call) process(ctx context.Context, r conversation.Receive, done string) (wire.Answer, error) {
	return do(ctx, c, func(ctx context.Context, tx *db.Tx) (v processedView, err error) {
		m, err := conversation.ReceiveMessage(ctx, tx, c.Actor(), r)
		if err != nil {
			return v, err
		}
		return processedView{Success: true, ConversationID: m.ConversationID, MessageID: m.ID, Message: done, ContactID: m.ContactID, DateAdded: moment(m.CreatedAt), EmailMessageID: m.EmailID}, nil
	})
}

// addInbound is POST /conversations/messages/inbound.
func addInbound(ctx context.Context, c *call) (wire.Answer, error) {
	said, err := read[inboundBody](c)
	if err != nil {
		return wire.Answer{}, err
	}
	r, err := said.receive()
	if err != nil {
		return wire.Answer{}, err
	}
	r.Channel, r.Direction, r.Body, r.HTML, r.Subject, r.ReplyTo = said.Type, conversation.Inbound, said.Message, said.HTML, said.Subject, said.EmailMessageID
	if said.Type == "Email" {
		r.From, r.To, r.Cc, r.Bcc = said.EmailFrom, said.EmailTo, said.EmailCc, said.EmailBcc
	}
	if said.Direction == conversation.Outbound { // a message of the team's own that was sent elsewhere
		r.Direction = conversation.Outbound
	}
	return c.process(ctx, r, "Message added successfully")
}

// addOutbound is POST /conversations/messages/outbound.
func addOutbound(ctx context.Context, c *call) (wire.Answer, error) {
	said, err := read[outboundBody](c)
	if err != nil {
		return wire.Answer{}, err
	}
	r, err := said.receive()
	if err != nil {
		return wire.Answer{}, err
	}
	r.Channel, r.Direction = said.Type, conversation.Outbound
	return c.process(ctx, r, "Call added successfully")
}
