package message_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"

	"github.com/foyer-crm/foyer/internal/app"
	"github.com/foyer-crm/foyer/internal/conversation"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/foyertest"
	"github.com/foyer-crm/foyer/internal/message"
)

// postOffice is an IMAP server on loopback with the mailbox of one user.
type postOffice struct {
	URL   string
	user  atomic.Pointer[imapmemserver.User]
	times int
}

func newPostOffice(t *testing.T) *postOffice {
	t.Helper()
	o := &postOffice{}
	o.renew(t)
	server := imapserver.New(&imapserver.Options{
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			all := imapmemserver.New()
			all.AddUser(o.user.Load())
			return all.NewSession(), nil, nil
		},
		InsecureAuth: true, Caps: imap.CapSet{imap.CapIMAP4rev1: {}, imap.CapIMAP4rev2: {}},
	})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(l) })
	t.Cleanup(func() {
		_ = server.Close()
		serving.Wait()
	})
	o.URL = "imap://foyer%40agency.example:secret@" + l.Addr().String() + "/INBOX?tls=never"
	return o
}

// renew empties the mailbox, whose UIDs mean other mails from then on.
func (o *postOffice) renew(t *testing.T) {
	t.Helper()
	user := imapmemserver.NewUser("foyer@agency.example", "secret")
	o.times++
	for i := range o.times { // the validity is how many folders were made before
		if err := user.Create([]string{"INBOX", "another"}[min(1, o.times-1-i)], nil); err != nil {
			t.Fatal(err)
		}
	}
	o.user.Store(user)
}

type literal struct{ *strings.Reader }

// post puts a mail into the mailbox.
func (o *postOffice) post(t *testing.T, raw string, at time.Time) {
	t.Helper()
	if _, err := o.user.Load().Append("INBOX", literal{strings.NewReader(strings.ReplaceAll(raw, "\n", "\r\n"))}, &imap.AppendOptions{Time: at}); err != nil {
		t.Fatal(err)
	}
}

func plainMail(from, id, more string) string {
	return "From: " + from + "\nTo: foyer@agency.example\nSubject: s\nMessage-ID: <" + id + ">\n" + more + "\nlorem\n"
}

// received counts the messages of whoever has an address.
func received(t *testing.T, f *foyertest.F, address string) (n int) {
	t.Helper()
	f.Read(t, func(ctx context.Context, tx *db.Tx) error {
		c, err := crm.ContactByEmail(ctx, tx, f.Credentials.LocationID, address)
		if err != nil || c == nil {
			return err
		}
		found, _, err := conversation.Search(ctx, tx, f.Credentials.LocationID, conversation.Query{ContactID: c.ID, Limit: 10})
		for _, talk := range found {
			list, _, e := conversation.Messages(ctx, tx, f.Credentials.LocationID, talk.ID, "", nil, 100)
			n, err = n+len(list), errors.Join(err, e)
		}
		return err
	})
	return n
}

func readMail(t *testing.T, f *foyertest.F, want int) {
	t.Helper()
	if n, err := f.Mail.Once(t.Context()); err != nil || n != want {
		t.Errorf("%d mails read, want %d; %v", n, want, err)
	}
}

// Each mail of a mailbox is filed once: what came on the last day before the first
// time, and everything from then on, also when the server counts anew.
func TestAMailboxIsReadOnce(t *testing.T) {
	for _, name := range []string{"sqlite", "postgres"} {
		o := newPostOffice(t)
		like(t, name, app.Config{IMAP: o.URL}, func(t *testing.T, f *foyertest.F) {
			o.post(t, plainMail("old@x.example", "old@x", ""), time.Now().AddDate(0, 0, -5))
			o.post(t, plainMail("new@x.example", "new@x", ""), time.Now())
			readMail(t, f, 1)
			readMail(t, f, 0)
			who := somebody(t, f)
			sent := send(t, f, conversation.Send{Channel: "Email", ContactID: who, Subject: "s", Body: "b"})
			o.post(t, plainMail("else@x.example", "re@x", "In-Reply-To: <"+sent.EmailID+"@foyer>\n"), time.Now())
			o.post(t, plainMail("", "nobody@x", ""), time.Now())
			o.post(t, "\n\n\n", time.Now())
			o.post(t, plainMail("new@x.example", "new2@x", ""), time.Now())
			readMail(t, f, 4)
			for address, want := range map[string]int{"old@x.example": 0, "new@x.example": 2, "else@x.example": 0, "ana@x.example": 2} {
				if n := received(t, f, address); n != want {
					t.Errorf("%s has %d messages, want %d", address, n, want)
				}
			}
			o.renew(t)
			o.post(t, plainMail("new@x.example", "new2@x", ""), time.Now())
			o.post(t, plainMail("new@x.example", "new3@x", ""), time.Now())
			readMail(t, f, 2)
			if n := received(t, f, "new@x.example"); n != 3 {
				t.Errorf("after the server counts anew there are %d", n)
			}
			// nothing was marked
			status, err := o.user.Load().Status("INBOX", &imap.StatusOptions{NumUnseen: true, NumMessages: true})
			if err != nil || *status.NumUnseen != 2 || *status.NumMessages != 2 {
				t.Errorf("%+v %v", status, err)
			}
		})
	}
}

// Two processes that read the same mailbox, and one that is cut off anywhere, file
// each mail once.
func TestACutOffReaderLosesNothing(t *testing.T) {
	for _, name := range []string{"sqlite", "postgres"} {
		o := newPostOffice(t)
		like(t, name, app.Config{IMAP: o.URL}, func(t *testing.T, f *foyertest.F) {
			const mails = 40
			readMail(t, f, 0)
			for i := range mails {
				o.post(t, plainMail(fmt.Sprintf("p%d@x.example", i%10), fmt.Sprintf("m%d@x", i), ""), time.Now())
			}
			var all sync.WaitGroup
			for i := range 6 {
				all.Go(func() {
					ctx, cancel := context.WithTimeout(context.Background(), time.Duration(20*(i+1))*time.Millisecond)
					defer cancel()
					_, _ = f.Mail.Once(ctx) // as far as it comes
				})
			}
			all.Wait()
			if _, err := f.Mail.Once(t.Context()); err != nil {
				t.Fatal(err)
			}
			for i := range 10 {
				if n := received(t, f, fmt.Sprintf("p%d@x.example", i)); n != mails/10 {
					t.Errorf("p%d has %d messages", i, n)
				}
			}
		})
	}
}

// A mailbox that is followed is read as soon as something comes.
func TestAFollowedMailboxIsReadAtOnce(t *testing.T) {
	o := newPostOffice(t)
	like(t, "sqlite", app.Config{IMAP: o.URL}, func(t *testing.T, f *foyertest.F) {
		stored := make(chan struct{}, 100)
		f.DB.Watch(func(string) {
			select {
			case stored <- struct{}{}:
			default:
			}
		})
		ctx, stop := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { f.Mail.Run(ctx) })
		defer running.Wait()
		defer stop()
		for i := range 3 {
			o.post(t, plainMail("ana@x.example", fmt.Sprintf("m%d@x", i), ""), time.Now())
			for n := 0; received(t, f, "ana@x.example") <= i; n++ {
				select {
				case <-stored:
				case <-time.After(time.Second): // this server forgets what came as the client began to idle
					o.post(t, plainMail("bo@x.example", fmt.Sprintf("n%d-%d@x", i, n), ""), time.Now())
				}
			}
		}
	})
}

func TestTheAddressOfAMailbox(t *testing.T) {
	for address, ok := range map[string]bool{
		"": true, "imaps://u:p@host": true, "imaps://u%40x.example:p@host:1993/Archive/In": true, "imap://u:p@host/INBOX": true, "imap://u:p@host?tls=never": true,
		"imaps://host/INBOX": false, "imaps://u@host": false, "https://u:p@host": false, "imaps://u:p@": false, "imaps://u:p@host?tls=never": false, "imap://u:p@host?tls=maybe": false, "://": false,
	} {
		m, err := message.NewMailbox(address, message.MailboxOptions{})
		if (err == nil) != ok || ok && (m == nil) != (address == "") {
			t.Errorf("%s: %v %v", address, m, err)
		} else if err != nil && strings.Contains(err.Error(), "u:p") {
			t.Errorf("the error shows the password: %v", err)
		}
	}
}
