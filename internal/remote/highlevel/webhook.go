package highlevel

import (
	"context"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/foyer-crm/foyer/internal/remote"
)

// vendorKey is the key that HighLevel signs with (contract.md §19.2).
const vendorKey = "MCowBQYDK2VwAyEAi2HR1srL4o18O8BRa7gVJY7G7bupbN3H9AwJrHCDiOg="

// publicKey reads a key: PEM, or base64 of a PEM's content or of the 32 bytes alone.
func publicKey(text string) (ed25519.PublicKey, error) {
	if strings.TrimSpace(text) == "" {
		text = vendorKey
	}
	var der []byte
	if block, _ := pem.Decode([]byte(text)); block != nil {
		der = block.Bytes
	} else {
		var err error
		if der, err = base64.StdEncoding.DecodeString(strings.TrimSpace(text)); err != nil {
			return nil, errors.New("the public key of webhooks is neither PEM nor base64")
		}
	}
	if len(der) == ed25519.PublicKeySize {
		return der, nil
	}
	key, err := x509.ParsePKIXPublicKey(der)
	if err != nil {
		return nil, fmt.Errorf("the public key of webhooks: %w", err)
	}
	ed, ok := key.(ed25519.PublicKey)
	if !ok {
		return nil, errors.New("the public key of webhooks is no Ed25519 key")
	}
	return ed, nil
}

// oldest is how old a webhook may be: HighLevel tries again for hours, and what it
// says is asked for again before anybody acts on it.
const oldest = 72 * time.Hour

// Webhook reads one of HighLevel's events. The key is the same for all of its
// customers: an event of another location is none.
func (h *system) Webhook(header http.Header, body []byte) ([]remote.Change, error) {
	signature, err := base64.StdEncoding.DecodeString(header.Get("X-GHL-Signature"))
	if err != nil || !ed25519.Verify(h.key, body, signature) {
		return nil, remote.ErrSignature
	}
	var o object
	if err := remote.Decode(body, &o); err != nil {
		return nil, err
	}
	at := momentOf(o["timestamp"])
	if !at.IsZero() && time.Since(at) > oldest {
		return nil, fmt.Errorf("%w: it is too old", remote.ErrSignature)
	}
	place, err := h.location(context.Background())
	if err != nil {
		return nil, err
	}
	if text(o, "locationId") != place {
		return nil, nil
	}
	c, ok, err := h.change(o)
	if err != nil || !ok {
		return nil, err
	}
	c.Event, c.At, c.Part = text(o, "webhookId"), at, true
	return []remote.Change{c}, nil
}

// change reads what an event is about; false if that is nothing that crosses.
func (h *system) change(o object) (c remote.Change, ok bool, err error) {
	typ := text(o, "type")
	about := o
	switch {
	case strings.HasPrefix(typ, "Contact"):
		c.Kind = remote.Contact
	case strings.HasPrefix(typ, "Task"):
		c.Kind = remote.Task
	case strings.HasPrefix(typ, "Note"):
		c.Kind = remote.Note
	case strings.HasPrefix(typ, "Opportunity"):
		c.Kind = remote.Opportunity
	case strings.HasPrefix(typ, "Appointment"):
		c.Kind = remote.Appointment
		about, _ = o["appointment"].(object)
	default:
		return c, false, nil
	}
	bare := object{}
	for name, v := range about {
		if name != "customFields" { // their names would have to be asked for
			bare[name] = v
		}
	}
	c.Record, err = plainRecord(c.Kind, bare)
	c.Record.Deleted = strings.HasSuffix(typ, "Delete")
	return c, true, err
}
