// Package letter reads e-mail: what it says, in plain terms, however it was
// written, and what the reports say that mail servers write about it. It bears
// whatever anybody may send.
package letter

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/mail"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/emersion/go-message"
	_ "github.com/emersion/go-message/charset" // the charsets that mail is written in
	gomail "github.com/emersion/go-message/mail"
)

// Letter is what an e-mail says. Every text is valid UTF-8 without NUL.
type Letter struct {
	ID       string   // the Message-ID without its brackets; made of the content where there is none
	Refers   []string // Message-IDs that it answers, the nearest first
	From     Address
	To, Cc   []Address
	Subject  string
	Date     time.Time // UTC; zero where it says none
	Text     string    // in plain text, also where only HTML was sent
	HTML     string    // without anything that runs
	Files    []File
	Auto     bool      // a program wrote it: an answer by itself, a newsletter
	Report   []Outcome // what became of a mail that was sent, of a delivery report
	Original string    // the Message-ID of the mail that the report is about, "" if it does not say
	Feedback string    // of a complaint about a mail: its type, abuse as a rule
	Cut      bool      // some of it was broken, or more than is read
}

// Address is somebody's address, with a name or without.
type Address struct {
	Name    string
	Address string
}

// File is an attachment.
type File struct {
	Name        string
	ContentType string
	Content     []byte
	TooLarge    bool // there was more than is read, and none of it is kept
}

// What is read at most; what there is beyond is left out.
const (
	MaxLetter  = 25 << 20 // bytes of a whole mail
	maxHeader  = 256 << 10
	maxText    = 1 << 20 // bytes of text, and of HTML
	maxDepth   = 12      // of parts in parts
	maxParts   = 200
	maxRefers  = 100
	maxIDs     = 250 // characters of a Message-ID
	maxSubject = 1000
)

// ErrUnreadable means that a text is no e-mail.
var ErrUnreadable = errors.New("this is no e-mail that can be read")

// Parse reads an e-mail as it came over the wire; maxFile is how many bytes of
// an attachment are kept at most. ErrUnreadable for what is none.
func Parse(raw []byte, maxFile int) (*Letter, error) {
	if len(raw) > MaxLetter {
		raw = raw[:MaxLetter]
	}
	if bytes.HasPrefix(raw, []byte("From ")) { // the line of a mailbox file
		_, raw, _ = bytes.Cut(raw, []byte("\n"))
	}
	e, err := message.ReadWithOptions(bytes.NewReader(raw), &message.ReadOptions{MaxHeaderBytes: maxHeader})
	if e == nil || err != nil && !bearable(err) {
		return nil, fmt.Errorf("%w: %w", ErrUnreadable, err)
	}
	if e.Header.Len() == 0 {
		return nil, ErrUnreadable
	}
	l := &Letter{}
	l.head(&e.Header)
	if l.ID == "" {
		sum := sha256.Sum256(raw)
		l.ID = hex.EncodeToString(sum[:16]) + "@no-message-id"
	}
	r := &reader{letter: l, maxFile: maxFile, raw: raw}
	r.part(e, 0)
	r.finish(&e.Header)
	return l, nil
}

// bearable reports whether what the library could not do leaves the rest of use.
func bearable(err error) bool { return message.IsUnknownCharset(err) || message.IsUnknownEncoding(err) }

func (l *Letter) head(h *message.Header) {
	ids := append(IDs(h.Get("In-Reply-To")), reversed(IDs(h.Get("References")))...)
	l.Refers = unique(ids)
	if own := IDs(h.Get("Message-Id")); len(own) > 0 {
		l.ID = own[0]
	}
	l.From = first(addresses(h, "From"))
	l.To, l.Cc = addresses(h, "To"), addresses(h, "Cc")
	l.Subject = line(text(h, "Subject"), maxSubject)
	if at, err := (&gomail.Header{Header: *h}).Date(); err == nil {
		l.Date = at.UTC()
	}
	l.Auto = automatic(h, l.Subject)
}

var bracketed = regexp.MustCompile(`<([^<>\s]+)>`)

// IDs gives the Message-IDs that a header names.
func IDs(header string) (ids []string) {
	for _, m := range bracketed.FindAllStringSubmatch(header, maxRefers) {
		if id := plain(m[1]); id != "" && len(id) <= maxIDs {
			ids = append(ids, id)
		}
	}
	return ids
}

var bare = regexp.MustCompile(`[^\s<>"(),:;]+@[^\s<>"(),:;]+`)

// addresses reads a list of addresses; of one that is not written as it should
// be, what looks like addresses.
func addresses(h *message.Header, field string) (list []Address) {
	parsed, err := (&gomail.Header{Header: *h}).AddressList(field)
	if err != nil {
		for _, a := range bare.FindAllString(text(h, field), maxParts) {
			parsed = append(parsed, &gomail.Address{Address: a})
		}
	}
	for _, a := range parsed[:min(len(parsed), maxParts)] {
		if at := line(a.Address, 320); strings.Contains(at, "@") {
			list = append(list, Address{Name: line(a.Name, 200), Address: at})
		}
	}
	return list
}

func first(list []Address) Address {
	if len(list) == 0 {
		return Address{}
	}
	return list[0]
}

// text gives a field of the header, decoded as far as it can be.
func text(h *message.Header, field string) string {
	s, err := h.Text(field)
	if err != nil {
		s = h.Get(field)
	}
	return plain(s)
}

// plain makes any text one that can be stored.
func plain(s string) string {
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\uFFFD")
	}
	return strings.ReplaceAll(s, "\x00", "\uFFFD")
}

// line makes any text one line of at most so many bytes.
func line(s string, most int) string {
	s = strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, plain(s))), " ")
	return cut(s, most)
}

// cut leaves at most so many bytes of a text, at the end of a character.
func cut(s string, most int) string {
	if len(s) <= most {
		return s
	}
	for most > 0 && !utf8.RuneStart(s[most]) {
		most--
	}
	return s[:most]
}

func reversed(ids []string) (out []string) {
	for i := len(ids) - 1; i >= 0; i-- {
		out = append(out, ids[i])
	}
	return out
}

func unique(ids []string) (out []string) {
	seen := map[string]bool{}
	for _, id := range ids {
		if !seen[id] {
			seen[id] = true
			out = append(out, id)
		}
	}
	return out
}

// automatic reports whether a program wrote a mail by itself (RFC 3834, and what
// programs wrote before it).
func automatic(h *message.Header, subject string) bool {
	if by := strings.ToLower(strings.TrimSpace(h.Get("Auto-Submitted"))); by != "" && by != "no" {
		return true
	}
	switch strings.ToLower(strings.TrimSpace(h.Get("Precedence"))) {
	case "bulk", "junk", "list", "auto_reply", "auto-reply":
		return true
	}
	for _, field := range []string{"X-Autoreply", "X-Autorespond", "X-Autoresponder", "List-Id"} {
		if h.Has(field) && !strings.EqualFold(strings.TrimSpace(h.Get(field)), "no") {
			return true
		}
	}
	if strings.TrimSpace(h.Get("Return-Path")) == "<>" {
		return true
	}
	subject = strings.ToLower(subject)
	for _, begins := range []string{"automatic reply", "auto-reply", "auto reply", "autoreply", "out of office", "out of the office", "away from the office"} {
		if strings.HasPrefix(subject, begins) {
			return true
		}
	}
	a, err := mail.ParseAddress(h.Get("From"))
	return err == nil && Daemon(a.Address)
}

// Daemon reports whether an address is that of a mail server itself.
func Daemon(address string) bool {
	local, _, _ := strings.Cut(strings.ToLower(address), "@")
	return local == "mailer-daemon" || local == "postmaster"
}
