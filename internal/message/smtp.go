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
	"strings"
	"time"

	"github.com/wneessen/go-mail"

	"github.com/foyer-crm/foyer/internal/conversation"
	"github.com/foyer-crm/foyer/internal/letter"
)

// Mail is one message to one person, in plain text, in HTML or both.
type Mail struct {
	From    string // "" is the sender's own
	To      string
	Cc, Bcc []string
	Subject string
	Text    string
	HTML    string
	ID      string   // becomes part of the Message-ID: a mail sent twice is seen to be one
	Refers  []string // Message-IDs of the mails before it in its thread, the oldest first; it answers the last
	Leave   string   // address at which the receiver says no to more, "" if there is none
	Machine bool     // no person wrote it: programs do not answer it
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

// Address is where its mail comes from, if a mail does not say; "" for nil.
func (s *Sender) Address() string {
	if s == nil {
		return ""
	}
	return s.from
}

// Send sends a mail. Line breaks and NUL in what becomes part of its header end
// nothing: they become blanks, and an address that has some is refused.
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
	for _, address := range append(append([]string{from, m.To}, m.Cc...), m.Bcc...) {
		if oneLine(address) != address {
			return nil, &Rejection{Code: "address", Text: fmt.Sprintf("%q is not an e-mail address", address)}
		}
	}
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
	msg.Subject(oneLine(m.Subject))
	if m.Text == "" && m.HTML != "" { // not everybody reads HTML, and filters of spam want both
		m.Text = letter.Text(m.HTML)
	}
	msg.SetBodyString(mail.TypeTextPlain, m.Text)
	if m.HTML != "" {
		msg.AddAlternativeString(mail.TypeTextHTML, m.HTML)
	}
	for _, f := range m.Files {
		if err := msg.AttachReader(oneLine(f.Name), bytes.NewReader(f.Content), mail.WithFileContentType(mail.ContentType(oneLine(f.ContentType)))); err != nil {
			return nil, err
		}
	}
	msg.SetDate()
	msg.SetMessageIDWithValue(oneLine(m.ID) + "@" + conversation.OurDomain)
	m.thread(msg)
	if m.Leave != "" && oneLine(m.Leave) == m.Leave && !strings.ContainsAny(m.Leave, "<> ") { // RFC 2369 and 8058
		msg.SetGenHeader(mail.HeaderListUnsubscribe, "<"+m.Leave+">")
		msg.SetGenHeader(mail.HeaderListUnsubscribePost, "List-Unsubscribe=One-Click")
	}
	if m.Machine { // RFC 3834
		msg.SetGenHeader("Auto-Submitted", "auto-generated")
	}
	return msg, nil
}

// thread says which mails it goes back to (RFC 5322, 3.6.4). Message-IDs that
// others made are used as far as they are well made.
func (m *Mail) thread(msg *mail.Msg) {
	var ids []string
	for _, messageID := range m.Refers {
		ids = append(ids, letter.IDs("<"+messageID+">")...)
	}
	if len(ids) == 0 {
		return
	}
	for i := range ids {
		ids[i] = "<" + ids[i] + ">"
	}
	msg.SetGenHeader(mail.HeaderInReplyTo, ids[len(ids)-1])
	msg.SetGenHeader(mail.HeaderReferences, strings.Join(ids, " "))
}

// oneLine makes blanks of what would end a line of a header.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == 0x85 || r == 0x2028 || r == 0x2029 || r == 0xFFFD {
			return ' '
		}
		return r
	}, s)
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
	m := Mail{From: e.From, To: e.Recipients.To[0], Cc: e.Recipients.Cc, Bcc: e.Recipients.Bcc, Subject: e.Subject, Text: e.Text, HTML: e.HTML, ID: e.ID, Refers: p.Refers,
		Leave: p.Message.Details.Unsubscribe, Machine: p.Message.Details.About != "" || p.Message.Source == conversation.Automatic}
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
		no := &Rejection{Code: strconv.Itoa(refused.ErrorCode()), Text: err.Error()}
		if len(m.Cc)+len(m.Bcc) == 0 { // otherwise it may be about one of those
			no.Status = refused.EnhancedStatusCode()
		}
		return "", no
	}
	return m.ID + "@" + conversation.OurDomain, err
}
