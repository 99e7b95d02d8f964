package letter_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/foyer-crm/foyer/internal/letter"
)

const maxFile = 1000

func parse(t *testing.T, text string) *letter.Letter {
	t.Helper()
	l, err := letter.Parse([]byte(strings.ReplaceAll(text, "\n", "\r\n")), maxFile)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// What a mail says is read whatever program wrote it.
func TestALetterIsReadHoweverItIsWritten(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       letter.Letter
	}{
		{"plain", "From: Ana Lima <ana@x.example>\nTo: a@y.example, \"B\" <b@y.example>\nCc: c@y.example\nSubject: Hello\nMessage-ID: <1@x.example>\nDate: Sun, 22 Nov 2026 12:00:00 +0100\n\nline one\nline two\n",
			letter.Letter{ID: "1@x.example", From: letter.Address{Name: "Ana Lima", Address: "ana@x.example"}, To: []letter.Address{{Address: "a@y.example"}, {Name: "B", Address: "b@y.example"}}, Cc: []letter.Address{{Address: "c@y.example"}}, Subject: "Hello", Text: "line one\nline two"}},
		{"words in Latin 1 and Q", "From: =?iso-8859-1?Q?J=F6rg_M=FCller?= <j@x.example>\nSubject: =?utf-8?B?R3LDvMOfZQ==?=\nMessage-ID: <2@x>\nContent-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable\n\nGr=FC=DFe =\naus K=F6ln",
			letter.Letter{ID: "2@x", From: letter.Address{Name: "Jörg Müller", Address: "j@x.example"}, Subject: "Grüße", Text: "Grüße aus Köln"}},
		{"base64 in Windows 1252", "From: j@x.example\nMessage-ID: <3@x>\nContent-Type: text/plain; charset=windows-1252\nContent-Transfer-Encoding: base64\n\n" + base64.StdEncoding.EncodeToString([]byte("price: \x80 5")),
			letter.Letter{ID: "3@x", From: letter.Address{Address: "j@x.example"}, Text: "price: € 5"}},
		{"Shift JIS", "From: j@x.example\nMessage-ID: <4@x>\nContent-Type: text/plain; charset=shift_jis\n\n\x93\xfa\x96\x7b",
			letter.Letter{ID: "4@x", From: letter.Address{Address: "j@x.example"}, Text: "日本"}},
		{"HTML alone", "From: j@x.example\nMessage-ID: <5@x>\nContent-Type: text/html\n\n<p onclick=\"x()\">Hi<script>evil()</script> <a href=\"javascript:x\">you</a></p>",
			letter.Letter{ID: "5@x", From: letter.Address{Address: "j@x.example"}, Text: "Hi you", HTML: "<p>Hi you</p>"}},
		{"both, with a picture inside", "From: j@x.example\nMessage-ID: <6@x>\nContent-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/plain\n\nplain\n--b\nContent-Type: text/html\n\n<b>html</b>\n--b--\n--a\nContent-Type: image/png; name=\"=?utf-8?Q?f=C3=BC.png?=\"\nContent-Transfer-Encoding: base64\n\niVBORw==\n--a\nContent-Type: text/plain\nContent-Disposition: attachment; filename=\"../../etc/passwd\"\n\nroot\n--a--\n",
			letter.Letter{ID: "6@x", From: letter.Address{Address: "j@x.example"}, Text: "plain", HTML: "<b>html</b>", Files: []letter.File{{Name: "fü.png", ContentType: "image/png", Content: []byte("\x89PNG")}, {Name: "../../etc/passwd", ContentType: "text/plain", Content: []byte("root")}}}},
		{"an answer", "From: j@x.example\nMessage-ID: <7@x>\nIn-Reply-To: <e2@foyer>\nReferences: <e1@foyer>\n <e2@foyer>\n\nyes",
			letter.Letter{ID: "7@x", Refers: []string{"e2@foyer", "e1@foyer"}, From: letter.Address{Address: "j@x.example"}, Text: "yes"}},
		{"a file that is too large", "From: j@x.example\nMessage-ID: <8@x>\nContent-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: application/pdf; name=big.pdf\n\n" + strings.Repeat("x", maxFile+1) + "\n--a--",
			letter.Letter{ID: "8@x", From: letter.Address{Address: "j@x.example"}, Files: []letter.File{{Name: "big.pdf", ContentType: "application/pdf", TooLarge: true}}}},
		{"a charset that nobody knows", "From: j@x.example\nMessage-ID: <9@x>\nContent-Type: text/plain; charset=klingon\n\nqapla",
			letter.Letter{ID: "9@x", From: letter.Address{Address: "j@x.example"}, Text: "qapla"}},
		{"addresses as they should not be", "From: Ana (home) ana@x.example;\nMessage-ID: <10@x>\nSubject: a\x00b\xffc\n\nx",
			letter.Letter{ID: "10@x", From: letter.Address{Address: "ana@x.example"}, Subject: "a\uFFFDb\uFFFDc", Text: "x"}},
		{"the line of a mailbox file", "From ana@x.example Sun Nov 22 12:00:00 2026\nFrom: j@x.example\nMessage-ID: <11@x>\n\nx", letter.Letter{ID: "11@x", From: letter.Address{Address: "j@x.example"}, Text: "x"}},
		{"no Message-ID", "From: j@x.example\n\nx", letter.Letter{ID: "e7cd7e0d0a4f3f1c@no-message-id", From: letter.Address{Address: "j@x.example"}, Text: "x"}},
		{"base64 that breaks off", "From: j@x.example\nMessage-ID: <12@x>\nContent-Transfer-Encoding: base64\n\naGVsbG8g!!!!", letter.Letter{ID: "12@x", From: letter.Address{Address: "j@x.example"}, Text: "hello", Cut: true}},
		{"parts that never end", "From: j@x.example\nMessage-ID: <13@x>\nContent-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: text/plain\n\nx", letter.Letter{ID: "13@x", From: letter.Address{Address: "j@x.example"}, Text: "x", Cut: true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := parse(t, c.text)
			if c.name == "plain" {
				if at := l.Date.Format("15:04"); at != "11:00" {
					t.Errorf("date %s", at)
				}
				c.want.Date = l.Date
			}
			if c.name == "no Message-ID" {
				if !strings.HasSuffix(l.ID, "@no-message-id") || l.ID != parse(t, c.text).ID || l.ID == parse(t, c.text+"y").ID {
					t.Errorf("the id %s is not made of the content", l.ID)
				}
				c.want.ID = l.ID
			}
			if diff := cmp.Diff(c.want, *l); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestWhatAProgramWroteIsMarked(t *testing.T) {
	for header, want := range map[string]bool{
		"Auto-Submitted: auto-replied": true, "Auto-Submitted: auto-generated (vacation)": true, "Auto-Submitted: no": false, "Precedence: bulk": true, "Precedence: auto_reply": true, "Precedence: list": true,
		"Precedence: first-class": false, "X-Autoreply: yes": true, "X-Autorespond: x": true, "X-Autoreply: no": false, "List-Id: <news.x.example>": true, "Subject: Automatic reply: Hello": true,
		"Subject: Out of Office": true, "Subject: Re: out of office furniture": false, "Return-Path: <>": true, "Return-Path: <j@x.example>": false, "X-Other: x": false,
	} {
		if l := parse(t, "From: j@x.example\nMessage-ID: <1@x>\n"+header+"\n\nx"); l.Auto != want {
			t.Errorf("%s: %v", header, l.Auto)
		}
	}
}

// Reports as mail servers write them say of which mail, of whom, and how bad.
func TestReportsAreRead(t *testing.T) {
	for file, want := range map[string]struct {
		outcome  letter.Outcome
		hard     bool
		feedback string
	}{
		"postfix.eml":   {letter.Outcome{Recipient: "ana@x.example", Action: "failed", Status: "5.1.1", Text: "550 5.1.1 <ana@x.example>: Recipient address rejected: User unknown in virtual mailbox table"}, true, ""},
		"exchange.eml":  {letter.Outcome{Recipient: "ana@x.example", Action: "failed", Status: "5.7.606", Text: "550 5.7.606 Access denied, banned sending IP"}, false, ""},
		"delayed.eml":   {letter.Outcome{Recipient: "ana@x.example", Action: "delayed", Status: "4.4.1", Text: "connect to mx.x.example: Connection timed out"}, false, ""},
		"complaint.eml": {letter.Outcome{Recipient: "ana@x.example"}, false, "abuse"},
	} {
		text, err := os.ReadFile(filepath.Join("testdata", file))
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range []string{string(text), strings.ReplaceAll(string(text), "\n", "\r\n")} {
			l, err := letter.Parse([]byte(text), maxFile)
			if err != nil {
				t.Fatal(err)
			}
			if len(l.Report) != 1 || l.Report[0] != want.outcome || l.Report[0].Hard() != want.hard || l.Original != "EMAILID@foyer" || l.Feedback != want.feedback || !l.Auto {
				t.Errorf("%s: %+v original %q feedback %q auto %v", file, l.Report, l.Original, l.Feedback, l.Auto)
			}
		}
	}
	for status, want := range map[string]bool{"5.1.1": true, "5.1.10": true, "5.0.0": true, "5.2.1": true, "5.4.1": true, "5.4.4": true, "5.2.2": false, "5.2.3": false, "5.3.4": false, "5.1.8": false, "5.7.1": false, "5.6.0": false, "4.1.1": false, "2.0.0": false, "": false} {
		if letter.HardStatus(status) != want {
			t.Errorf("%s: %v", status, !want)
		}
	}
}

// Mail that is made to break its reader costs little and breaks nothing.
func TestHostileMail(t *testing.T) {
	deep := "From: j@x.example\n"
	for range 2000 {
		deep += "Content-Type: multipart/mixed; boundary=a\n\n--a\n"
	}
	for name, text := range map[string]string{
		"parts in parts": deep, "many parts": "From: j@x.example\nContent-Type: multipart/mixed; boundary=a\n\n" + strings.Repeat("--a\n\nx\n", 100000),
		"a long header": "From: j@x.example\nSubject: " + strings.Repeat("a", 200000) + "\n\nx", "many references": "From: j@x.example\nReferences: " + strings.Repeat("<a@b> ", 30000) + "\n\nx",
		"many recipients": "From: j@x.example\nTo: " + strings.Repeat("a@x.example, ", 5000) + "b@x.example\n\nx", "much text": "From: j@x.example\n\n" + strings.Repeat("lorem ipsum\n", 1<<18),
		"much HTML": "From: j@x.example\nContent-Type: text/html\n\n" + strings.Repeat("<div>", 200000), "a report of many": "From: j@x.example\nContent-Type: multipart/report; boundary=a\n\n--a\nContent-Type: message/delivery-status\n\n" + strings.Repeat("Final-Recipient: rfc822;a@x.example\nAction: failed\n\n", 10000) + "\n--a--",
	} {
		l, err := letter.Parse([]byte(text), maxFile)
		if err != nil {
			if !errors.Is(err, letter.ErrUnreadable) {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if len(l.Text) > 2<<20 || len(l.Files) > 200 || len(l.Report) > 200 || len(l.Refers) > 200 || len(l.Subject) > 1000 || len(l.To) > 200 {
			t.Errorf("%s: %d of text, %d files, %d outcomes, %d references, %d recipients", name, len(l.Text), len(l.Files), len(l.Report), len(l.Refers), len(l.To))
		}
	}
	for _, text := range []string{"", "\n", "hello", strings.Repeat("x", 1<<20)} {
		if _, err := letter.Parse([]byte(text), maxFile); !errors.Is(err, letter.ErrUnreadable) {
			t.Errorf("%.20q: %v", text, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	files, err := filepath.Glob("testdata/*.eml")
	if err != nil || len(files) == 0 {
		f.Fatal("no samples", err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add([]byte("From: a@b\nContent-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: text/html; charset=utf-7\nContent-Transfer-Encoding: base64\n\nPGI+\n--a--"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		l, err := letter.Parse(raw, maxFile)
		if err != nil {
			return
		}
		texts := append([]string{l.ID, l.From.Name, l.From.Address, l.Subject, l.Text, l.HTML, l.Original, l.Feedback}, l.Refers...)
		for _, o := range l.Report {
			texts = append(texts, o.Recipient, o.Action, o.Status, o.Text)
		}
		for _, a := range slices.Concat(l.To, l.Cc) {
			texts = append(texts, a.Name, a.Address)
		}
		for _, file := range l.Files {
			texts = append(texts, file.Name, file.ContentType)
			if len(file.Content) > maxFile {
				t.Errorf("a file of %d bytes", len(file.Content))
			}
		}
		for _, s := range texts {
			if !utf8.ValidString(s) || strings.ContainsRune(s, 0) {
				t.Errorf("%q cannot be stored", s)
			}
		}
		for _, s := range []string{l.ID, l.Subject, l.From.Name, l.From.Address, l.Original} {
			if strings.ContainsAny(s, "\r\n") {
				t.Errorf("%q has a line break", s)
			}
		}
		if l.ID == "" || bytes.Contains([]byte(l.HTML), []byte("<script")) {
			t.Errorf("%+v", l)
		}
	})
}
