// Package message sends what Foyer has to tell people.
package message

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"time"

	"github.com/wneessen/go-mail"
)

// Mail is one message to one person, in plain text.
type Mail struct {
	To      string
	Subject string
	Text    string
	ID      string // becomes part of the Message-ID: a mail sent twice is seen to be one
}

// Sender sends mail through an SMTP server. Without one (nil) nothing is sent.
// Use NewSender.
type Sender struct {
	host    string
	from    string
	options []mail.Option
}

// NewSender reads the address of an SMTP server:
// smtp://user:password@host:587 (STARTTLS where the server has it, required
// with ?tls=always, never with ?tls=never) or smtps://…:465. "" gives nil, which
// sends nothing. from is the sender's address.
func NewSender(server, from string) (*Sender, error) {
	if server == "" {
		return nil, nil
	}
	const form = "the SMTP URL should look like smtp://user:password@host:587 or smtps://user:password@host:465" // #nosec G101 -- shows the form
	u, err := url.Parse(server)
	if err != nil || u.Hostname() == "" || u.Scheme != "smtp" && u.Scheme != "smtps" {
		return nil, errors.New(form) // without the URL: it holds a password
	}
	if from == "" {
		from = "foyer@" + u.Hostname()
		if net.ParseIP(u.Hostname()) != nil {
			from = "foyer@localhost.localdomain"
		}
	}
	s := &Sender{host: u.Hostname(), from: from}
	s.options = []mail.Option{mail.WithTimeout(20 * time.Second), mail.WithHELO("localhost")}
	port := 587
	if u.Scheme == "smtps" {
		port = 465
		s.options = append(s.options, mail.WithSSL())
	} else {
		policy := mail.TLSOpportunistic
		switch u.Query().Get("tls") {
		case "", "maybe":
		case "always":
			policy = mail.TLSMandatory
		case "never":
			policy = mail.NoTLS
		default:
			return nil, errors.New("the tls part of the SMTP URL is always, maybe or never")
		}
		s.options = append(s.options, mail.WithTLSPolicy(policy))
	}
	if u.Port() != "" {
		if port, err = strconv.Atoi(u.Port()); err != nil {
			return nil, errors.New(form)
		}
	}
	s.options = append(s.options, mail.WithPort(port), mail.WithTLSConfig(&tls.Config{ServerName: s.host, MinVersion: tls.VersionTLS12}))
	if u.User != nil {
		password, _ := u.User.Password()
		s.options = append(s.options, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(u.User.Username()), mail.WithPassword(password))
	}
	if err := mail.NewMsg().From(from); err != nil {
		return nil, fmt.Errorf("the sender's address %q is not an e-mail address", from)
	}
	return s, nil
}

// Send sends a mail. Line breaks in its subject or address end nothing: the
// library refuses or encodes them.
func (s *Sender) Send(ctx context.Context, m Mail) error {
	msg := mail.NewMsg()
	if err := msg.From(s.from); err != nil {
		return fmt.Errorf("sending mail: %w", err)
	}
	if err := msg.To(m.To); err != nil {
		return fmt.Errorf("sending mail: %w", err)
	}
	msg.Subject(m.Subject)
	msg.SetBodyString(mail.TypeTextPlain, m.Text)
	msg.SetDate()
	msg.SetMessageIDWithValue(m.ID + "@foyer")
	client, err := mail.NewClient(s.host, s.options...)
	if err != nil {
		return fmt.Errorf("sending mail: %w", err)
	}
	if err := client.DialAndSendWithContext(ctx, msg); err != nil {
		return fmt.Errorf("sending mail: %w", err)
	}
	return nil
}
