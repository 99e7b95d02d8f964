// Package message sends what Foyer has to tell people.
package message

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"time"

	"github.com/wneessen/go-mail"

	"github.com/foyer-crm/foyer/internal/conversation"
)

// Mail is one message to one person, in plain text, in HTML or both.
type Mail struct {
	From    string // "" is the sender's own
	To      string
	Cc, Bcc []string
	Subject string
	Text    string
	HTML    string
	ID      string // becomes part of the Message-ID: a mail sent twice is seen to be one
	Answers string // the ID of the mail that it answers
	Files   []MailFile
}

// MailFile is an attachment.
type MailFile struct {
	Name        string
	ContentType string
	Content     []byte
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
	msg, err := s.compose(m)
	if err != nil {
		return fmt.Errorf("sending mail: %w", err)
	}
	client, err := mail.NewClient(s.host, s.options...)
	if err != nil {
		return fmt.Errorf("sending mail: %w", err)
	}
	if err := client.DialAndSendWithContext(ctx, msg); err != nil {
		return fmt.Errorf("sending mail: %w", err)
	}
	return nil
}

// compose writes a mail in the library's terms.
func (s *Sender) compose(m Mail) (*mail.Msg, error) {
	from := s.from
	if m.From != "" {
		from = m.From
	}
	msg := mail.NewMsg()
	if err := errors.Join(msg.From(from), msg.To(m.To)); err != nil {
		return nil, err
	}
	if len(m.Cc) > 0 {
		if err := msg.Cc(m.Cc...); err != nil {
			return nil, err
		}
	}
	if len(m.Bcc) > 0 {
		if err := msg.Bcc(m.Bcc...); err != nil {
			return nil, err
		}
	}
	msg.Subject(m.Subject)
	switch {
	case m.HTML == "":
		msg.SetBodyString(mail.TypeTextPlain, m.Text)
	case m.Text == "":
		msg.SetBodyString(mail.TypeTextHTML, m.HTML)
	default:
		msg.SetBodyString(mail.TypeTextPlain, m.Text)
		msg.AddAlternativeString(mail.TypeTextHTML, m.HTML)
	}
	for _, f := range m.Files {
		if err := msg.AttachReader(f.Name, bytes.NewReader(f.Content), mail.WithFileContentType(mail.ContentType(f.ContentType))); err != nil {
			return nil, err
		}
	}
	msg.SetDate()
	msg.SetMessageIDWithValue(m.ID + "@foyer")
	if m.Answers != "" {
		msg.SetGenHeader(mail.HeaderInReplyTo, "<"+m.Answers+"@foyer>")
		msg.SetGenHeader(mail.HeaderReferences, "<"+m.Answers+"@foyer>")
	}
	return msg, nil
}

// Repeats is true: a mail keeps its Message-ID.
func (s *Sender) Repeats() bool { return true }

// Deliver sends the e-mail of a conversation. An address that the server refuses
// for good is a Rejection.
func (s *Sender) Deliver(ctx context.Context, p *conversation.Parcel) (string, error) {
	e := p.Email
	if e == nil || len(e.Recipients.To) == 0 {
		return "", &Rejection{Code: "recipient", Text: "the e-mail has no recipient"}
	}
	m := Mail{From: e.From, To: e.Recipients.To[0], Cc: e.Recipients.Cc, Bcc: e.Recipients.Bcc, Subject: e.Subject, Text: e.Text, HTML: e.HTML, ID: e.ID, Answers: e.ReplyTo}
	for i := range p.Files {
		content, err := p.Files[i].Content()
		if err != nil {
			return "", err
		}
		m.Files = append(m.Files, MailFile{Name: p.Files[i].Name, ContentType: p.Files[i].ContentType, Content: content})
	}
	err := s.Send(ctx, m)
	var refused *mail.SendError
	if errors.As(err, &refused) && !refused.IsTemp() && refused.ErrorCode() >= 500 {
		return "", &Rejection{Code: strconv.Itoa(refused.ErrorCode()), Text: err.Error()}
	}
	return m.ID + "@foyer", err
}
