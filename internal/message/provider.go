package message

import (
	"context"
	"errors"
	"net/url"
	"sync"

	"github.com/foyer-crm/foyer/internal/conversation"
)

// Provider gives messages of a channel to whoever carries them. It returns the
// carrier's own id of the message, "" if it has none. An error is tried again,
// unless it is a Rejection.
type Provider interface {
	Deliver(ctx context.Context, p *conversation.Parcel) (carrierID string, err error)
	// Repeats reports whether a message that is given twice is seen to be one.
	Repeats() bool
}

// Rejection is the error of a carrier that will never take the message.
type Rejection struct {
	Code, Text string
	Status     string // of a mail server, as 5.1.1; "" if it gave none, or not for one address
}

// Error says what the carrier said.
func (r *Rejection) Error() string { return r.Text }

// Kept is a provider that carries nothing and keeps what it was given: for tests
// and for trying things out. The zero value is ready.
type Kept struct {
	mu   sync.Mutex
	list []conversation.Parcel
	fail error
}

// Deliver keeps a message.
func (k *Kept) Deliver(_ context.Context, p *conversation.Parcel) (string, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.fail != nil {
		return "", k.fail
	}
	k.list = append(k.list, *p)
	return "kept-" + p.Message.ID, nil
}

// Repeats is true: everything can be seen.
func (k *Kept) Repeats() bool { return true }

// All gives what was kept, the oldest first.
func (k *Kept) All() []conversation.Parcel {
	k.mu.Lock()
	defer k.mu.Unlock()
	return append([]conversation.Parcel(nil), k.list...)
}

// Fail makes it answer with an error from now on, or well again for nil.
func (k *Kept) Fail(err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.fail = err
}

// keeps reports whether an address is that of the provider that keeps: "keep:".
func keeps(address string) bool {
	u, err := url.Parse(address)
	return err == nil && u.Scheme == "keep"
}

// Providers are those of a Foyer, nil for a channel that nothing carries.
type Providers struct {
	Email Provider
	SMS   Provider
}

// NewProviders reads the addresses of the carriers: of an SMTP server (see
// NewSender), and of an SMS service (see NewSMS); "keep:" carries nothing and
// keeps everything, "" is none.
func NewProviders(smtp, mailFrom, sms string) (p Providers, mail *Sender, err error) {
	if keeps(smtp) {
		p.Email = &Kept{}
	} else if mail, err = NewSender(smtp, mailFrom); err != nil {
		return Providers{}, nil, err
	} else if mail != nil {
		p.Email = mail
	}
	if keeps(sms) {
		p.SMS = &Kept{}
	} else if sms != "" {
		if p.SMS, err = NewSMS(sms); err != nil {
			return Providers{}, nil, err
		}
	}
	return p, mail, nil
}

// of gives the provider of a type of message. outside is true where one that is
// not of this Foyer carries it, and says later what became of it.
func (p Providers) of(m *conversation.Message) (carrier Provider, outside bool, err error) {
	if m.ProviderID != "" {
		return nil, true, nil
	}
	switch m.Type {
	case conversation.EMail:
		if p.Email == nil {
			return nil, false, errors.New("no SMTP server is set up")
		}
		return p.Email, false, nil
	case conversation.SMS:
		if p.SMS == nil {
			return nil, false, errors.New("no SMS provider is set up")
		}
		return p.SMS, false, nil
	case conversation.Custom:
		return nil, true, nil
	}
	return nil, false, errors.New("no provider carries this channel")
}
