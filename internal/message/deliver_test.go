package message_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/foyer-crm/foyer/internal/app"
	"github.com/foyer-crm/foyer/internal/conversation"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/foyertest"
	"github.com/foyer-crm/foyer/internal/jobs"
	"github.com/foyer-crm/foyer/internal/message"
)

// carrier is an SMS service in Twilio's shape that keeps what it is asked.
type carrier struct {
	*httptest.Server
	mu     sync.Mutex
	status int
	answer string
	asked  []map[string]string
}

func newCarrier(t *testing.T) *carrier {
	t.Helper()
	c := &carrier{status: http.StatusCreated, answer: `{"sid": "SM1", "status": "queued"}`}
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		_ = r.ParseForm()
		c.mu.Lock()
		defer c.mu.Unlock()
		c.asked = append(c.asked, map[string]string{"path": r.URL.Path, "user": user, "password": password, "To": r.PostForm.Get("To"), "From": r.PostForm.Get("From"), "Body": r.PostForm.Get("Body"), "MediaUrl": strings.Join(r.PostForm["MediaUrl"], " ")})
		w.WriteHeader(c.status)
		_, _ = w.Write([]byte(c.answer))
	}))
	t.Cleanup(c.Close)
	return c
}

func (c *carrier) says(status int, answer string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.status, c.answer = status, answer
}

func (c *carrier) got() []map[string]string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]map[string]string(nil), c.asked...)
}

// eachStore runs a test on both databases, with providers.
func eachStore(t *testing.T, smtp, sms string, test func(t *testing.T, f *foyertest.F)) {
	t.Helper()
	eachLike(t, app.Config{SMTP: smtp, SMS: sms}, test)
}

// publicURL is where the Foyers of these tests say that they are.
const publicURL = "https://crm.example"

// eachLike is eachStore for a configuration.
func eachLike(t *testing.T, c app.Config, test func(t *testing.T, f *foyertest.F)) {
	t.Helper()
	for _, name := range []string{"sqlite", "postgres"} {
		like(t, name, c, test)
	}
}

// like runs a test on one database.
func like(t *testing.T, name string, c app.Config, test func(t *testing.T, f *foyertest.F)) {
	t.Helper()
	t.Run(name, func(t *testing.T) {
		c.MailFrom, c.PublicURL = "foyer@agency.example", publicURL
		c.Store = app.Store{Data: t.TempDir(), Strict: true}
		if name == "postgres" {
			c.Store = foyertest.PostgresStore(t)
		}
		test(t, foyertest.Start(t, c))
	})
}

// contact gives a contact as it is stored.
func contact(t *testing.T, f *foyertest.F, id string) (c *crm.Contact) {
	t.Helper()
	f.Read(t, func(ctx context.Context, tx *db.Tx) (err error) {
		c, err = crm.ContactByID(ctx, tx, f.Credentials.LocationID, id)
		return err
	})
	return c
}

// happened gives the events of some types of a contact, the oldest first.
func happened(t *testing.T, f *foyertest.F, contactID string, types ...string) (list []crm.Event) {
	t.Helper()
	f.Read(t, func(ctx context.Context, tx *db.Tx) error {
		all, err := crm.Events(ctx, tx, f.Credentials.LocationID, contactID, "", 1000)
		for i := len(all) - 1; i >= 0; i-- {
			if slices.Contains(types, all[i].Type) {
				list = append(list, all[i])
			}
		}
		return err
	})
	return list
}

// write runs a command in the location.
func write[T any](t *testing.T, f *foyertest.F, do func(ctx context.Context, tx *db.Tx, by crm.Actor) (T, error)) (v T) {
	t.Helper()
	by := crm.Actor{LocationID: f.Credentials.LocationID, Origin: "test"}
	if err := f.DB.Write(t.Context(), by.LocationID, func(ctx context.Context, tx *db.Tx) (err error) {
		v, err = do(ctx, tx, by)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return v
}

func somebody(t *testing.T, f *foyertest.F) string {
	t.Helper()
	return write(t, f, func(ctx context.Context, tx *db.Tx, by crm.Actor) (string, error) {
		e, _ := crm.NewEmail("ana@x.example", "")
		s, err := crm.SaveContact(ctx, tx, by, crm.Save{AllowDuplicate: true, Input: crm.Input{Contact: crm.Contact{FirstName: "Ana", Emails: []crm.Email{e}, Phones: []crm.Phone{crm.NewPhone("6025550147", "")}}}})
		if err != nil {
			return "", err
		}
		return s.Contact.ID, nil
	})
}

func send(t *testing.T, f *foyertest.F, s conversation.Send) *conversation.Message {
	t.Helper()
	return write(t, f, func(ctx context.Context, tx *db.Tx, by crm.Actor) (*conversation.Message, error) {
		return conversation.SendMessage(ctx, tx, by, s)
	})
}

// state gives a message as it is stored.
func state(t *testing.T, f *foyertest.F, id string) (m *conversation.Message) {
	t.Helper()
	f.Read(t, func(ctx context.Context, tx *db.Tx) (err error) {
		m, err = conversation.MessageByID(ctx, tx, f.Credentials.LocationID, id)
		return err
	})
	return m
}

func once(t *testing.T, f *foyertest.F) {
	t.Helper()
	if _, err := f.Jobs.Once(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestAnSMSGoesToTheService(t *testing.T) {
	c := newCarrier(t)
	eachStore(t, "", strings.Replace(c.URL, "http://", "http://AC1:secret@", 1)+"?from=%2B16025550100", func(t *testing.T, f *foyertest.F) {
		before := len(c.got())
		m := send(t, f, conversation.Send{Channel: "SMS", ContactID: somebody(t, f), Body: "lorem", Attachments: []string{"https://x.example/a.png"}})
		once(t, f)
		asked := c.got()
		if len(asked) != before+1 {
			t.Fatalf("asked %v", asked)
		}
		got := asked[before]
		for name, want := range map[string]string{"path": "/2010-04-01/Accounts/AC1/Messages.json", "user": "AC1", "password": "secret", "To": "+16025550147", "From": "+16025550100", "Body": "lorem", "MediaUrl": "https://x.example/a.png"} {
			if got[name] != want {
				t.Errorf("%s is %q, want %q", name, got[name], want)
			}
		}
		if s := state(t, f, m.ID); s.Status != conversation.Sent || s.Details.AltID != "SM1" || s.Details.Failure != nil {
			t.Errorf("%+v", s)
		}
	})
}

func TestWhatAServiceSaysBecomesTheStatus(t *testing.T) {
	c := newCarrier(t)
	eachStore(t, "", strings.Replace(c.URL, "http://", "http://AC1:secret@", 1)+"?from=%2B16025550100", func(t *testing.T, f *foyertest.F) {
		who := somebody(t, f)
		c.says(http.StatusBadRequest, `{"code": 21610, "message": "Attempt to send to unsubscribed recipient"}`)
		refused := send(t, f, conversation.Send{Channel: "SMS", ContactID: who, Body: "x"})
		once(t, f)
		if s := state(t, f, refused.ID); s.Status != conversation.Failed || s.Details.Failure.Code != "21610" || !strings.Contains(s.Details.Failure.Message, "unsubscribed") {
			t.Errorf("refused: %+v %+v", s, s.Details.Failure)
		}
		if rule := contact(t, f, who).Details.DNDSettings["SMS"]; rule.Status != "permanent" {
			t.Errorf("the carrier says that they opted out, and the rule is %+v", rule)
		}
		who = somebody(t, f)
		c.says(http.StatusServiceUnavailable, "")
		waits := send(t, f, conversation.Send{Channel: "SMS", ContactID: who, Body: "x"})
		once(t, f)
		if s := state(t, f, waits.ID); s.Status != conversation.Pending || s.Details.Failure == nil || s.Details.Taken != 0 {
			t.Errorf("unwell: %+v", s)
		}
		c.says(http.StatusCreated, `{"sid": "SM2"}`)
		hurry(t, f)
		once(t, f)
		if s := state(t, f, waits.ID); s.Status != conversation.Sent || s.Details.Failure != nil {
			t.Errorf("well again: %+v", s)
		}
	})
}

// An SMS that was given away when the program died may have been sent: it is
// not sent twice.
func TestAnInterruptedSMSIsNotSentTwice(t *testing.T) {
	c := newCarrier(t)
	eachStore(t, "", strings.Replace(c.URL, "http://", "http://AC1:secret@", 1)+"?from=%2B16025550100", func(t *testing.T, f *foyertest.F) {
		before := len(c.got())
		m := send(t, f, conversation.Send{Channel: "SMS", ContactID: somebody(t, f), Body: "x"})
		write(t, f, func(ctx context.Context, tx *db.Tx, by crm.Actor) (*conversation.Parcel, error) {
			return conversation.Take(ctx, tx, by.LocationID, m.ID)
		})
		once(t, f)
		if s := state(t, f, m.ID); s.Status != conversation.Failed || s.Details.Failure.Code != "unknown" || len(c.got()) != before {
			t.Errorf("%+v, asked %d times", s, len(c.got())-before)
		}
	})
}

func TestAnEMailGoesOut(t *testing.T) {
	s := foyertest.NewMailSink(t)
	eachStore(t, s.URL, "", func(t *testing.T, f *foyertest.F) {
		before := len(s.Mails())
		who := somebody(t, f)
		first := send(t, f, conversation.Send{Channel: "Email", ContactID: who, Subject: "Grüße", HTML: "<p>dolor</p>", Body: "dolor", From: "max@agency.example", Cc: []string{"cc@x.example"}, Bcc: []string{"bcc@x.example"}})
		once(t, f)
		reply := send(t, f, conversation.Send{Channel: "Email", ContactID: who, Subject: "Re", Body: "more", ReplyTo: first.EmailID})
		once(t, f)
		got := s.Mails()[before:]
		if len(got) != 2 {
			t.Fatalf("%d mails", len(got))
		}
		for _, want := range []string{"From: <max@agency.example>", "To: <ana@x.example>", "Cc: <cc@x.example>", "<p>dolor</p>", "text/plain", "Message-ID: <" + first.EmailID + "@foyer>"} {
			if !strings.Contains(got[0].Text, want) {
				t.Errorf("no %q in %s", want, got[0].Text)
			}
		}
		if strings.Contains(got[0].Text, "bcc@x.example") || len(got[0].To) != 3 || subject(t, got[0]) != "Grüße" {
			t.Errorf("to %v: %s", got[0].To, got[0].Text)
		}
		if !strings.Contains(got[1].Text, "In-Reply-To: <"+first.EmailID+"@foyer>") || !strings.Contains(got[1].Text, "From: <foyer@agency.example>") {
			t.Errorf("the answer: %s", got[1].Text)
		}
		if m := state(t, f, reply.ID); m.Status != conversation.Sent {
			t.Errorf("%+v", m)
		}
	})
}

func TestTheProviderThatKeeps(t *testing.T) {
	eachStore(t, "keep:", "keep:", func(t *testing.T, f *foyertest.F) {
		who := somebody(t, f)
		kept, _ := f.Carry.SMS.(*message.Kept)
		m := send(t, f, conversation.Send{Channel: "SMS", ContactID: who, Body: "lorem"})
		once(t, f)
		if all := kept.All(); len(all) != 1 || all[0].Message.Body != "lorem" || state(t, f, m.ID).Status != conversation.Sent {
			t.Errorf("kept %+v", all)
		}
		kept.Fail(errors.New("out of order"))
		m = send(t, f, conversation.Send{Channel: "SMS", ContactID: who, Body: "x"})
		for range 8 {
			once(t, f)
			hurry(t, f)
		}
		if s := state(t, f, m.ID); s.Status != conversation.Failed || s.Details.Failure.Message != "out of order" {
			t.Errorf("after the last try: %+v", s)
		}
	})
}

func TestWhatIsNotSent(t *testing.T) {
	eachStore(t, "", "keep:", func(t *testing.T, f *foyertest.F) {
		who := somebody(t, f)
		kept, _ := f.Carry.SMS.(*message.Kept)
		for _, c := range []struct {
			why    string
			send   conversation.Send
			meddle func(m *conversation.Message)
			status string
			reason string
		}{
			{"nobody carries e-mail", conversation.Send{Channel: "Email", Subject: "s", Body: "x"}, nil, conversation.Failed, "no SMTP server is set up"},
			{"nobody carries the channel", conversation.Send{Channel: "WhatsApp", Body: "x"}, nil, conversation.Failed, "no provider carries this channel"},
			{"a provider outside has it", conversation.Send{Channel: "SMS", Body: "x", ProviderID: "p1"}, nil, conversation.Pending, ""},
			{"a live chat is read here", conversation.Send{Channel: "Live_Chat", Body: "x"}, nil, conversation.Delivered, ""},
			{"it was called off", conversation.Send{Channel: "SMS", Body: "x"}, func(m *conversation.Message) {
				write(t, f, func(ctx context.Context, tx *db.Tx, by crm.Actor) (*conversation.Message, error) {
					return conversation.ChangeStatus(ctx, tx, by, m.ID, conversation.StatusChange{Status: conversation.Failed})
				})
			}, conversation.Failed, ""},
			{"the contact said no meanwhile", conversation.Send{Channel: "SMS", Body: "x"}, func(*conversation.Message) {
				write(t, f, func(ctx context.Context, tx *db.Tx, by crm.Actor) (*crm.Saved, error) {
					no := true
					return crm.SaveContact(ctx, tx, by, crm.Save{ID: who, OnMatch: crm.Overwrite, Input: crm.Input{SetDND: &no}})
				})
			}, conversation.Failed, "Cannot send message as DND is active for SMS."},
		} {
			c.send.ContactID = who
			m := send(t, f, c.send)
			if c.meddle != nil {
				c.meddle(m)
			}
			once(t, f)
			s := state(t, f, m.ID)
			reason := ""
			if s.Details.Failure != nil {
				reason = s.Details.Failure.Message
			}
			if s.Status != c.status || reason != c.reason || len(kept.All()) != 0 {
				t.Errorf("%s: %s, %q", c.why, s.Status, reason)
			}
		}
		if err := f.DB.Write(t.Context(), f.Credentials.LocationID, func(ctx context.Context, tx *db.Tx) error {
			return jobs.Add(ctx, tx, jobs.Job{LocationID: f.Credentials.LocationID, Kind: conversation.DeliverJob, Args: conversation.Delivery{MessageID: "none"}})
		}); err != nil {
			t.Fatal(err)
		}
		once(t, f) // of a message that is gone, and of none: no error
	})
}

func TestTheAddressOfTheSMSService(t *testing.T) {
	for address, ok := range map[string]bool{
		"https://AC1:t@api.twilio.com?from=%2B16025550100": true, "https://AC1:t@api.twilio.com?from=+16025550100": true, "keep:": true, "": true,
		"https://api.twilio.com?from=%2B1": false, "https://AC1@api.twilio.com?from=1": false, "https://AC1:t@api.twilio.com": false, "ftp://a:b@c?from=1": false, "://": false,
	} {
		if _, _, err := message.NewProviders("", "", address); (err == nil) != ok {
			t.Errorf("%s: %v", address, err)
		} else if err != nil && strings.Contains(err.Error(), "AC1:t") {
			t.Errorf("the error shows the token: %v", err)
		}
	}
}
