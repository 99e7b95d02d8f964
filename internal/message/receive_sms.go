package message

import (
	"context"
	"strings"

	"github.com/foyer-crm/foyer/internal/conversation"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/norm"
)

// ReceivedSMS is an SMS that came in.
type ReceivedSMS struct {
	ID       string // the provider's
	From, To string
	Body     string
	Media    []string // addresses
}

// ReceiveSMS stores an SMS with whoever has the number that it came from; nobody
// has it, and they become a lead. One that came before under the same id is given
// back as it is. Invalid for a number that is none.
func ReceiveSMS(ctx context.Context, tx *db.Tx, by crm.Actor, s ReceivedSMS) (*conversation.Message, error) {
	phone := crm.NewPhone(strings.TrimSpace(s.From), "")
	if phone.Raw == "" || norm.ParsePhone(phone.Raw, "US").Digits == 0 {
		return nil, errs.New(errs.Invalid, "the SMS does not say who sent it")
	}
	return receiveOnce(ctx, tx, by, s.ID,
		crm.Save{Match: []crm.Key{crm.KeyPhone}, OnMatch: crm.NoteOnly, Input: crm.Input{Contact: crm.Contact{Phones: []crm.Phone{phone}, Source: "SMS"}}},
		func(contactID string) (*conversation.Message, error) {
			return conversation.ReceiveMessage(ctx, tx, by, conversation.Receive{Channel: "SMS", Direction: conversation.Inbound, ContactID: contactID, Body: s.Body,
				From: s.From, To: s.To, Attachments: s.Media, AltID: s.ID})
		})
}

// receiveOnce stores a message with the contact that a Save finds or makes,
// unless one with the same id of the provider is there. The contact is locked in
// between, so that of two that come at the same time one waits, and sees the other.
func receiveOnce(ctx context.Context, tx *db.Tx, by crm.Actor, altID string, who crm.Save, store func(contactID string) (*conversation.Message, error)) (*conversation.Message, error) {
	m, err := conversation.MessageByAltID(ctx, tx, by.LocationID, altID)
	if err != nil || m != nil {
		return m, err
	}
	contactID := who.ID
	if contactID == "" {
		saved, err := crm.SaveContact(ctx, tx, by, who)
		if err != nil {
			return nil, err
		}
		contactID = saved.Contact.ID
	}
	c, err := crm.LockContact(ctx, tx, by.LocationID, contactID)
	if err != nil {
		return nil, err
	}
	if m, err = conversation.MessageByAltID(ctx, tx, by.LocationID, altID); err != nil || m != nil {
		return m, err
	}
	return store(c.ID)
}

// SMSStatus is what the service says of an SMS that was sent.
type SMSStatus struct {
	MessageID string // ours, "" if it does not say
	ID        string // the service's
	Status    string // queued, sent, delivered, undelivered, failed, read
	Code      string // of the error
}

// optedOut is Twilio's code for a receiver who said STOP to the carrier.
const optedOut = "21610"

// ReportSMS records what became of an SMS. Who opted out at the carrier is not to
// be disturbed here either. NotFound if there is no such message.
func ReportSMS(ctx context.Context, tx *db.Tx, by crm.Actor, s SMSStatus) (*conversation.Message, error) {
	messageID := s.MessageID
	if messageID == "" {
		m, err := conversation.MessageByAltID(ctx, tx, by.LocationID, s.ID)
		if err != nil {
			return nil, err
		}
		if m == nil {
			return nil, errs.New(errs.NotFound, "Message not found")
		}
		messageID = m.ID
	}
	status, ok := map[string]string{"sent": conversation.Sent, "delivered": conversation.Delivered, "read": conversation.Read, "undelivered": conversation.Failed, "failed": conversation.Failed}[s.Status]
	if !ok {
		return conversation.MessageByID(ctx, tx, by.LocationID, messageID)
	}
	var why *conversation.Failure
	if status == conversation.Failed {
		why = &conversation.Failure{Code: s.Code, Type: "undelivered", Message: smsError(s.Code)}
	}
	m, err := conversation.Progress(ctx, tx, by, messageID, s.ID, status, why)
	if err == nil && s.Code == optedOut && m.Direction == conversation.Outbound {
		err = refusedSMS(ctx, tx, by, m)
	}
	return m, err
}

// refusedSMS keeps that the receiver of an SMS opted out at the carrier.
func refusedSMS(ctx context.Context, tx *db.Tx, by crm.Actor, m *conversation.Message) error {
	_, err := conversation.Unsubscribe(ctx, tx, by, conversation.Consent{ContactID: m.ContactID, Channel: conversation.OnSMS, About: m.Details.About,
		Code: conversation.CodeRefused, Why: "The carrier says that they opted out (" + optedOut + ")"})
	return err
}

// smsError says what some of Twilio's codes mean; of others the code.
func smsError(code string) string {
	known := map[string]string{
		"21610": "the receiver opted out", "30003": "the phone cannot be reached", "30004": "the receiver blocks the message", "30005": "the number is not in use",
		"30006": "it is a landline, or the carrier cannot be reached", "30007": "the carrier took it for spam", "30034": "the sending number is not registered with the carriers",
	}
	switch text := known[code]; {
	case text != "":
		return text
	case code == "":
		return "the service gave no reason"
	}
	return "the service gave the code " + code
}
