package conversation

import (
	"context"
	"strings"
	"unicode"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
)

// The words that mobile carriers want to be obeyed in an SMS (CTIA, Messaging
// Principles and Best Practices), by what they ask for.
const (
	WordStop  = "STOP"
	WordStart = "START"
	WordHelp  = "HELP"
)

// wordOf gives what an SMS asks for that consists of one of the words, whatever
// stands around it; "" for any other text.
func wordOf(body string) string {
	const longest = 40 // bytes; a word with some signs around it
	if body = strings.TrimSpace(body); len(body) > longest {
		return ""
	}
	body = strings.TrimFunc(body, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	switch strings.ToUpper(strings.NewReplacer(" ", "", "-", "").Replace(body)) {
	case "STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT":
		return WordStop
	case "START", "UNSTOP", "YES":
		return WordStart
	case "HELP", "INFO":
		return WordHelp
	}
	return ""
}

// obey does what an SMS asks for. START, UNSTOP and YES mean something only to
// somebody who had said no. What HELP is answered with is the carrier's affair.
func obey(ctx context.Context, tx *db.Tx, by crm.Actor, m *Message) error {
	said := Consent{ContactID: m.ContactID, Channel: OnSMS, Code: CodeStop, Why: "They wrote " + strings.TrimSpace(m.Body)}
	var err error
	switch m.Details.Word {
	case WordStop:
		if said.About, err = lastAbout(ctx, tx, m); err == nil {
			_, err = Unsubscribe(ctx, tx, by, said)
		}
	case WordStart:
		_, err = Subscribe(ctx, tx, by, said)
	}
	return err
}

// lastAbout gives the enrolment that the last message before a message was sent for.
func lastAbout(ctx context.Context, tx *db.Tx, m *Message) (string, error) {
	last, err := messages.One(ctx, tx, "WHERE location_id = $1 AND conversation_id = $2 AND type = $3 AND direction = $4 ORDER BY created_at DESC, id DESC LIMIT 1",
		m.LocationID, m.ConversationID, m.Type, Outbound)
	if err != nil || last == nil {
		return "", err
	}
	return last.Details.About, nil
}
