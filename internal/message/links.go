package message

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strings"

	"github.com/foyer-crm/foyer/internal/auth"
)

// Links makes the addresses at which people say no to more mail, and reads them.
// Make one with NewLinks.
type Links struct {
	base string
	key  []byte
}

// NewLinks gives the Links of a server; base is the address that people outside
// know it by, without a slash at the end. With "" there are no links.
func NewLinks(v *auth.Vault, base string) *Links {
	return &Links{base: base, key: v.Derive("unsubscribe links")}
}

// UnsubscribePath is where the pages of the links are, a token behind it.
const UnsubscribePath = "/unsubscribe/"

// Link gives the address at which a contact says no to more mail; about is the
// enrolment that the mail is sent for, or "". It is good for ever, and for
// nothing else. It is "" where nobody knows the server's address from outside.
func (l *Links) Link(locationID, contactID, about string) string {
	if l.base == "" {
		return ""
	}
	return l.base + UnsubscribePath + l.token(Leaver{locationID, contactID, about})
}

// Leaver is whom a link was made for.
type Leaver struct {
	LocationID, ContactID, About string
}

const linkMAC = 16 // bytes

func (l *Links) token(who Leaver) string {
	said := []byte(strings.Join([]string{who.LocationID, who.ContactID, who.About}, "\n"))
	return base64.RawURLEncoding.EncodeToString(append(l.sum(said), said...))
}

func (l *Links) sum(said []byte) []byte {
	mac := hmac.New(sha256.New, l.key)
	mac.Write(said)
	return mac.Sum(nil)[:linkMAC]
}

// Read gives whom a token was made for; ok is false for one that was not made here.
func (l *Links) Read(token string) (who Leaver, ok bool) {
	all, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(all) < linkMAC || !hmac.Equal(all[:linkMAC], l.sum(all[linkMAC:])) {
		return Leaver{}, false
	}
	parts := strings.SplitN(string(all[linkMAC:]), "\n", 3)
	if len(parts) != 3 {
		return Leaver{}, false
	}
	return Leaver{parts[0], parts[1], parts[2]}, true
}
