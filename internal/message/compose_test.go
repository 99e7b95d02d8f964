package message_test

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"net/mail"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/foyer-crm/foyer/internal/app"
	"github.com/foyer-crm/foyer/internal/conversation"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/foyertest"
	"github.com/foyer-crm/foyer/internal/letter"
	"github.com/foyer-crm/foyer/internal/message"
)

// breaks are what would begin a line of their own in a header, each in the middle
// of what somebody wrote (row K4).
var breaks = []string{"\r\n", "\n", "\r", "\r\n\r\n", "\n\n", "\r\n ", "\n\t", "\x00", "\x00\r\n", "\v", "\f", "\u0085", "\u2028", "\u2029", "%0d%0a", "\\r\\n", "=0D=0A", "=?utf-8?Q?=0D=0ABcc:_evil@x.example?=", "嘊嘍"}

// Whatever stands in a field that reaches the header of a mail, it has the lines
// that it should have and no others.
func TestNothingEndsALineOfAHeader(t *testing.T) {
	s := foyertest.NewMailSink(t)
	sender, err := message.NewSender(s.URL, "foyer@agency.example")
	if err != nil {
		t.Fatal(err)
	}
	const evil = "Bcc: evil@x.example"
	names := []string{"Auto-Submitted", "Cc", "Content-Type", "Date", "From", "In-Reply-To", "List-Unsubscribe", "List-Unsubscribe-Post", "Message-Id", "Mime-Version", "References", "Subject", "To", "User-Agent", "X-Mailer"}
	for _, b := range breaks {
		in := func(s string) string { return s + b + evil }
		good := message.Mail{To: "ana@x.example", Cc: []string{"cc@x.example"}, Subject: "s", Text: "t", HTML: "<p>h</p>", ID: "i", Refers: []string{"r@x"}, Leave: publicURL + "/u", Machine: true,
			Files: []message.MailFile{{Name: "a.txt", ContentType: "text/plain", Content: []byte("x")}}}
		for field, change := range map[string]func(m *message.Mail){
			"subject": func(m *message.Mail) { m.Subject = in(m.Subject) }, "from": func(m *message.Mail) { m.From = in("a@x.example") }, "from name": func(m *message.Mail) { m.From = "\"" + in("A") + "\" <a@x.example>" },
			"to": func(m *message.Mail) { m.To = in(m.To) }, "cc": func(m *message.Mail) { m.Cc = []string{in("cc@x.example")} }, "bcc": func(m *message.Mail) { m.Bcc = []string{in("b@x.example")} },
			"id": func(m *message.Mail) { m.ID = in(m.ID) }, "refers": func(m *message.Mail) { m.Refers = []string{in("r@x"), "r2@x"} }, "link": func(m *message.Mail) { m.Leave = in(m.Leave) },
			"file": func(m *message.Mail) { m.Files[0].Name = in("a") + ".txt" }, "file type": func(m *message.Mail) { m.Files[0].ContentType = in("text/plain") },
		} {
			m := good
			m.Files = slices.Clone(good.Files)
			change(&m)
			before := len(s.Mails())
			if err := sender.Send(t.Context(), m); err != nil {
				continue // refused is as good
			}
			for _, got := range s.Mails()[before:] {
				read, err := mail.ReadMessage(strings.NewReader(got.Text))
				if err != nil {
					t.Errorf("%s %q: %v", field, b, err)
					continue
				}
				for name := range read.Header {
					if !slices.Contains(names, name) {
						t.Errorf("%s %q made a header %s: %s", field, b, name, got.Text)
					}
				}
				if strings.Contains("\n"+got.Text, "\n"+evil) || strings.Contains(strings.Join(got.To, " "), "evil") {
					t.Errorf("%s %q: %v %s", field, b, got.To, got.Text)
				}
			}
		}
	}
	if len(s.Mails()) < len(breaks) {
		t.Errorf("only %d mails were sent at all", len(s.Mails()))
	}
}

// A mail in HTML alone has its words in plain text too.
func TestHTMLHasAPlainPart(t *testing.T) {
	s := foyertest.NewMailSink(t)
	sender, err := message.NewSender(s.URL, "foyer@agency.example")
	if err != nil {
		t.Fatal(err)
	}
	if err := sender.Send(t.Context(), message.Mail{To: "ana@x.example", Subject: "s", HTML: `<style>p{}</style><p>Hello <b>Ana</b></p><p><a href="https://x.example/1">see</a></p>`, ID: "i"}); err != nil {
		t.Fatal(err)
	}
	got := s.Mails()[0].Text
	for _, want := range []string{"multipart/alternative", "text/plain", "Hello Ana\r\n", "see (https://x.example/1)", "<b>Ana</b>"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in %s", want, got)
		}
	}
}

// In a thread of mails that went out and came in each names all before it, the
// oldest first, by the Message-ID that it had.
func TestAnAnswerNamesTheWholeThread(t *testing.T) {
	s := foyertest.NewMailSink(t)
	eachLike(t, app.Config{SMTP: s.URL}, func(t *testing.T, f *foyertest.F) {
		before := len(s.Mails())
		who := somebody(t, f)
		first := send(t, f, conversation.Send{Channel: "Email", ContactID: who, Subject: "s", Body: "1"})
		second := write(t, f, func(ctx context.Context, tx *db.Tx, by crm.Actor) (*conversation.Message, error) {
			return conversation.ReceiveMessage(ctx, tx, by, conversation.Receive{Channel: "Email", Direction: conversation.Inbound, ContactID: who, Subject: "s", Body: "2", AltID: "theirs@x.example", ReplyTo: first.EmailID})
		})
		send(t, f, conversation.Send{Channel: "Email", ContactID: who, Subject: "s", Body: "3", ReplyTo: second.ID}) // a message's id does as well as its e-mail's
		work(t, f)
		answers := 0
		for _, d := range toAna(s, before) {
			m, err := mail.ReadMessage(strings.NewReader(d.Text))
			if err != nil {
				t.Fatal(err)
			}
			if m.Header.Get("Message-Id") == "<"+first.EmailID+"@foyer>" {
				continue
			}
			answers++
			if h := m.Header; h.Get("In-Reply-To") != "<theirs@x.example>" || h.Get("References") != "<"+first.EmailID+"@foyer> <theirs@x.example>" {
				t.Errorf("%s", d.Text)
			}
		}
		if answers != 1 {
			t.Errorf("%d answers", answers)
		}
	})
}

// Naughty strings in every field of a mail come through as a mail with the lines
// that it should have, or are refused.
func TestNaughtyStringsMakeNoLines(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "data", "names", "blns.json"))
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("skipped: the list of naughty strings is not here")
	}
	var list []string
	if err == nil {
		err = json.Unmarshal(text, &list)
	}
	if err != nil {
		t.Fatal(err)
	}
	s := foyertest.NewMailSink(t)
	sender, err := message.NewSender(s.URL, "foyer@agency.example")
	if err != nil {
		t.Fatal(err)
	}
	for _, naughty := range list {
		m := message.Mail{To: "ana@x.example", Subject: naughty, Text: "t", ID: "i", Refers: []string{naughty, "r@x"}, Files: []message.MailFile{{Name: naughty, ContentType: "text/plain", Content: []byte("x")}}}
		if err := sender.Send(t.Context(), m); err != nil {
			t.Errorf("%q: %v", naughty, err)
			continue
		}
		all := s.Mails()
		l, err := letter.Parse([]byte(all[len(all)-1].Text), 100)
		if err != nil || l.Text != "t" || len(l.Files) != 1 || len(l.To) != 1 || l.From.Address != "foyer@agency.example" || l.Refers[0] != "r@x" {
			t.Errorf("%q: %v %+v", naughty, err, l)
		}
		if want := strings.Join(strings.Fields(naughty), " "); err == nil && !strings.ContainsFunc(naughty, func(r rune) bool {
			return r < ' ' || r == 0x7f || r == 0x85 || r == 0x2028 || r == 0x2029 || r == 0xFFFD
		}) && l.Subject != want {
			t.Errorf("the subject %q came through as %q", want, l.Subject)
		}
	}
}
