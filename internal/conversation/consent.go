package conversation

import (
	"context"
	"slices"
	"strings"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
)

// The channels that a contact can say no to, as DNDSettings names them.
const (
	OnEmail = "Email"
	OnSMS   = "SMS"
)

// The codes of a DNDRule that a contact, or what became of a mail, has set.
const (
	CodeUnsubscribed = "unsubscribed" // by the link in a mail
	CodeStop         = "stop"         // by a word in an SMS
	CodeComplaint    = "complaint"    // the mail was called spam
	CodeRefused      = "refused"      // the SMS carrier says that they opted out
	codeBounced      = "bounced"      // and the addresses behind it, with blanks between
)

const permanent = "permanent"

// Consent is what a contact says about being written to on a channel.
type Consent struct {
	ContactID string
	Channel   string // OnEmail, OnSMS
	About     string // the enrolment that it was an answer to, or ""
	Code      string // how it was said
	Why       string // in words
}

// Unsubscribe makes a channel one on which the contact is not to be disturbed
// for good. It is an event beside the change of the contact; said again it
// changes nothing. NotFound if the contact is not there.
func Unsubscribe(ctx context.Context, tx *db.Tx, by crm.Actor, c Consent) (changed bool, err error) {
	contact, err := crm.LockContact(ctx, tx, by.LocationID, c.ContactID)
	if err != nil {
		return false, err
	}
	rule := contact.Details.DNDSettings[c.Channel]
	_, bounced := bouncedAddresses(rule)
	if rule.Status == permanent && !bounced && (rule.Code == c.Code || c.Code != CodeComplaint) {
		return false, nil
	}
	if err := setRule(ctx, tx, by, contact.ID, c.Channel, crm.DNDRule{Status: permanent, Message: c.Why, Code: c.Code}); err != nil {
		return false, err
	}
	return true, crm.Emit(ctx, tx, by, "contact.unsubscribed", contact.ID, c.About, crm.EventData{Kind: c.Channel, Text: crm.Excerpt(c.Why)})
}

// Subscribe lets a contact be written to on a channel again. A channel that is
// open, and one whose mail comes back, stay as they are. NotFound if the contact
// is not there.
func Subscribe(ctx context.Context, tx *db.Tx, by crm.Actor, c Consent) (changed bool, err error) {
	contact, err := crm.LockContact(ctx, tx, by.LocationID, c.ContactID)
	if err != nil {
		return false, err
	}
	if rule := contact.Details.DNDSettings[c.Channel]; !closed(rule) {
		return false, nil
	} else if _, bounced := bouncedAddresses(rule); bounced {
		return false, nil
	}
	if err := setRule(ctx, tx, by, contact.ID, c.Channel, crm.DNDRule{Status: "inactive", Message: c.Why}); err != nil {
		return false, err
	}
	return true, crm.Emit(ctx, tx, by, "contact.subscribed", contact.ID, c.About, crm.EventData{Kind: c.Channel, Text: crm.Excerpt(c.Why)})
}

// Unsubscribed reports whether a contact is not to be disturbed on a channel,
// whoever said so.
func Unsubscribed(c *crm.Contact, channel string) bool {
	rule := c.Details.DNDSettings[channel]
	_, bounced := bouncedAddresses(rule)
	return c.DND || closed(rule) && !bounced
}

func closed(rule crm.DNDRule) bool { return rule.Status == "active" || rule.Status == permanent }

func setRule(ctx context.Context, tx *db.Tx, by crm.Actor, contactID, channel string, rule crm.DNDRule) error {
	_, err := crm.SaveContact(ctx, tx, by, crm.Save{ID: contactID, OnMatch: crm.Overwrite, Input: crm.Input{Contact: crm.Contact{Details: crm.Details{DNDSettings: map[string]crm.DNDRule{channel: rule}}}}})
	return err
}

// bouncedAddresses gives the addresses that mail came back from; ok is false for
// a rule that says something else.
func bouncedAddresses(rule crm.DNDRule) (addresses []string, ok bool) {
	words := strings.Fields(rule.Code)
	if len(words) < 2 || words[0] != codeBounced || rule.Status != permanent {
		return nil, false
	}
	return words[1:], true
}

// bounce notes that mail to an address comes back. Who said no already, on the
// whole channel, has said more.
func bounce(ctx context.Context, tx *db.Tx, by crm.Actor, contactID, address, why string) error {
	contact, err := crm.LockContact(ctx, tx, by.LocationID, contactID)
	if err != nil {
		return err
	}
	rule := contact.Details.DNDSettings[OnEmail]
	have, bounced := bouncedAddresses(rule)
	address = strings.ToLower(address)
	if rule.Status == permanent && !bounced || slices.Contains(have, address) || strings.ContainsAny(address, " \t\r\n") || address == "" {
		return nil
	}
	code := strings.Join(append([]string{codeBounced}, append(have, address)...), " ")
	return setRule(ctx, tx, by, contact.ID, OnEmail, crm.DNDRule{Status: permanent, Message: "Mail to " + address + " comes back: " + why, Code: code})
}
