package hook_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"encoding/json"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/foyer-crm/foyer/internal/app"
	"github.com/foyer-crm/foyer/internal/conversation"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/foyertest"
	"github.com/foyer-crm/foyer/internal/message"
)

const publicURL = "https://crm.example"

// each runs a test on both databases with providers and a hook of each kind.
func each(t *testing.T, c app.Config, test func(t *testing.T, k *kit)) {
	t.Helper()
	c.MailFrom, c.PublicURL = "foyer@agency.example", publicURL
	if c.SMTP == "" {
		c.SMTP = "keep:"
	}
	foyertest.Stores(t, func(t *testing.T, s app.Store) {
		c.Store = s
		test(t, newKit(t, foyertest.Start(t, c)))
	})
}

// kit is a Foyer with hooks.
type kit struct {
	*foyertest.F
	t          *testing.T
	by         crm.Actor
	sms, email string // paths
}

func newKit(t *testing.T, f *foyertest.F) *kit {
	t.Helper()
	k := &kit{F: f, t: t, by: crm.Actor{LocationID: f.Credentials.LocationID, Origin: "test"}}
	k.sms, k.email = k.hook(k.by, message.HookSMS), k.hook(k.by, message.HookEmail)
	return k
}

func (k *kit) hook(by crm.Actor, kind string) (path string) {
	k.t.Helper()
	k.do(func(ctx context.Context, tx *db.Tx) error {
		h, err := message.AddHook(ctx, tx, k.Vault, by, kind)
		if err == nil {
			path, err = h.Path(k.Vault)
		}
		return err
	})
	return path
}

func (k *kit) do(f func(ctx context.Context, tx *db.Tx) error) {
	k.t.Helper()
	if err := k.DB.Write(k.t.Context(), k.by.LocationID, f); err != nil {
		k.t.Fatal(err)
	}
}

func (k *kit) post(path, typ, body string, header ...string) (int, string) {
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, k.URL+path, strings.NewReader(body))
	if err != nil {
		k.t.Error(err)
		return 0, ""
	}
	req.Header.Set("Content-Type", typ)
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := foyertest.Client().Do(req)
	if err != nil {
		k.t.Error(err)
		return 0, ""
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		k.t.Error(err)
	}
	return res.StatusCode, string(text)
}

const formType = "application/x-www-form-urlencoded"

// person makes a contact with an address and a phone.
func (k *kit) person(email, phone string) (id string) {
	k.t.Helper()
	k.do(func(ctx context.Context, tx *db.Tx) error {
		e, _ := crm.NewEmail(email, "")
		s, err := crm.SaveContact(ctx, tx, k.by, crm.Save{AllowDuplicate: true, Input: crm.Input{Contact: crm.Contact{FirstName: "Ana", Emails: []crm.Email{e}, Phones: []crm.Phone{crm.NewPhone(phone, "")}}}})
		if err == nil {
			id = s.Contact.ID
		}
		return err
	})
	return id
}

func (k *kit) contact(id string) (c *crm.Contact) {
	k.t.Helper()
	k.do(func(ctx context.Context, tx *db.Tx) (err error) {
		c, err = crm.ContactByID(ctx, tx, k.by.LocationID, id)
		return err
	})
	return c
}

func (k *kit) owner(phone, email string) (c *crm.Contact) {
	k.t.Helper()
	k.do(func(ctx context.Context, tx *db.Tx) (err error) {
		if phone != "" {
			c, err = crm.ContactByPhone(ctx, tx, k.by.LocationID, phone)
		} else {
			c, err = crm.ContactByEmail(ctx, tx, k.by.LocationID, email)
		}
		return err
	})
	return c
}

// talk gives the messages with a contact, the oldest first.
func (k *kit) talk(contactID string) (list []conversation.Message) {
	k.t.Helper()
	k.do(func(ctx context.Context, tx *db.Tx) error {
		c, _, err := conversation.Open(ctx, tx, k.by, contactID, "")
		if err == nil {
			list, _, err = conversation.Messages(ctx, tx, k.by.LocationID, c.ID, "", nil, 100)
			slices.Reverse(list)
		}
		return err
	})
	return list
}

func (k *kit) send(s conversation.Send) (m *conversation.Message) {
	k.t.Helper()
	k.do(func(ctx context.Context, tx *db.Tx) (err error) {
		m, err = conversation.SendMessage(ctx, tx, k.by, s)
		return err
	})
	return m
}

func (k *kit) message(id string) (m *conversation.Message) {
	k.t.Helper()
	k.do(func(ctx context.Context, tx *db.Tx) (err error) {
		m, err = conversation.MessageByID(ctx, tx, k.by.LocationID, id)
		return err
	})
	return m
}

// sign signs as Twilio does.
func sign(token, address string, form url.Values) string {
	mac := hmac.New(sha1.New, []byte(token))
	mac.Write([]byte(address))
	names := make([]string, 0, len(form))
	for name := range form {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		mac.Write([]byte(name + form.Get(name)))
	}
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// The signature is the one of Twilio's own example.
func TestTheSignatureIsTwilios(t *testing.T) {
	s, err := message.NewSMS("https://AC1:12345@api.twilio.com?from=%2B15550100")
	if err != nil {
		t.Fatal(err)
	}
	form := url.Values{"CallSid": {"CA1234567890ABCDE"}, "Caller": {"+14158675309"}, "Digits": {"1234"}, "From": {"+14158675309"}, "To": {"+18005551212"}}
	const address, signature = "https://mycompany.com/myapp.php?foo=1&bar=2", "RSOYDt4T1cUTdK1PDd93/VVr8B8="
	if !s.Signed(address, form, signature) || s.Signed(address+"3", form, signature) || s.Signed(address, form, "") || s.Signed(address, url.Values{}, signature) {
		t.Error("the signature is read wrongly")
	}
}

// An SMS lands with whoever has the number, or makes a lead, once.
func TestAnSMSComesIn(t *testing.T) {
	each(t, app.Config{SMS: "https://AC1:secret@api.twilio.example?from=%2B16025550100"}, func(t *testing.T, k *kit) {
		who := k.person("ana@x.example", "(602) 555-0147")
		form := func(sid, from, body string, more ...string) url.Values {
			v := url.Values{"MessageSid": {sid}, "SmsSid": {sid}, "AccountSid": {"AC1"}, "From": {from}, "To": {"+16025550100"}, "Body": {body}, "NumMedia": {"0"}, "SmsStatus": {"received"}}
			for i := 0; i < len(more); i += 2 {
				v.Set(more[i], more[i+1])
			}
			return v
		}
		signed := func(v url.Values) (int, string) {
			return k.post(k.sms, formType, v.Encode(), "X-Twilio-Signature", sign("secret", publicURL+k.sms, v))
		}
		first := form("SM1", "+16025550147", "is it free?", "NumMedia", "2", "MediaUrl0", "https://api.twilio.example/m/0", "MediaUrl1", "javascript:x")
		for range 2 {
			if status, text := signed(first); status != http.StatusOK || text != `<?xml version="1.0" encoding="UTF-8"?><Response/>` {
				t.Errorf("%d %s", status, text)
			}
		}
		if list := k.talk(who); len(list) != 1 || list[0].Body != "is it free?" || list[0].Type != conversation.SMS || list[0].Details.AltID != "SM1" || !slices.Equal(list[0].Attachments, []string{"https://api.twilio.example/m/0"}) {
			t.Errorf("%+v", list)
		}
		for _, bad := range []string{"", "AAAA", sign("wrong", publicURL+k.sms, first), sign("secret", publicURL+k.sms+"x", first)} {
			if status, _ := k.post(k.sms, formType, form("SM2", "+16025550147", "forged").Encode(), "X-Twilio-Signature", bad); status != http.StatusForbidden {
				t.Errorf("with the signature %q: %d", bad, status)
			}
		}
		withPort := form("SM3", "+16025550147", "port")
		if status, _ := k.post(k.sms, formType, withPort.Encode(), "X-Twilio-Signature", sign("secret", publicURL+":443"+k.sms, withPort)); status != http.StatusOK {
			t.Errorf("signed with the port: %d", status)
		}
		var all sync.WaitGroup
		for range 8 { // the same one from somebody new, at the same time
			all.Go(func() {
				if status, text := signed(form("SM4", "+14805550199", "hi\x00")); status != http.StatusOK {
					t.Errorf("%d %s", status, text)
				}
			})
		}
		all.Wait()
		lead := k.owner("+14805550199", "")
		if lead == nil || lead.Source != "SMS" || lead.Type != "lead" || len(k.talk(lead.ID)) != 1 {
			t.Errorf("%+v", lead)
		}
		signed(form("SM5", "+16025550147", "Stop"))
		if rule := k.contact(who).Details.DNDSettings["SMS"]; rule.Status != "permanent" {
			t.Errorf("%+v", rule)
		}
		for name, v := range map[string]url.Values{"no id": form("", "+16025550147", "x"), "no number": form("SM6", "", "x"), "no digits": form("SM7", "SHOP", "x")} {
			if status, _ := signed(v); status != http.StatusBadRequest {
				t.Errorf("%s: %d", name, status)
			}
		}
	})
}

// What becomes of an SMS that was sent is kept, found by our id or by the
// service's, also before the answer to sending it was stored.
func TestTheServiceSaysWhatBecameOfAnSMS(t *testing.T) {
	each(t, app.Config{SMS: "keep:"}, func(t *testing.T, k *kit) {
		who := k.person("ana@x.example", "6025550147")
		kept, _ := k.Carry.SMS.(*message.Kept)
		m := k.send(conversation.Send{Channel: "SMS", ContactID: who, Body: "x", About: "enrolment1"})
		if _, err := k.Jobs.Once(t.Context()); err != nil {
			t.Fatal(err)
		}
		parcels := kept.All()
		if len(parcels) != 1 || parcels[0].Callback != publicURL+k.sms+"?message="+m.ID {
			t.Fatalf("%+v", parcels)
		}
		report := func(path, sid, status, code string) {
			t.Helper()
			if got, text := k.post(path, formType, url.Values{"MessageSid": {sid}, "MessageStatus": {status}, "ErrorCode": {code}}.Encode()); got != http.StatusOK {
				t.Errorf("%s: %d %s", status, got, text)
			}
		}
		report(k.sms, "kept-"+m.ID, "queued", "")
		report(k.sms, "kept-"+m.ID, "delivered", "")
		report(k.sms, "kept-"+m.ID, "sent", "")
		if got := k.message(m.ID); got.Status != conversation.Delivered {
			t.Errorf("%+v", got)
		}
		early := k.send(conversation.Send{Channel: "SMS", ContactID: who, Body: "x"}) // not yet given away, as far as is stored
		report(k.sms+"?message="+early.ID, "SM9", "undelivered", "30005")
		if got := k.message(early.ID); got.Status != conversation.Failed || got.Details.Failure.Code != "30005" || got.Details.Failure.Message != "the number is not in use" || got.Details.AltID != "SM9" {
			t.Errorf("%+v %+v", got, got.Details.Failure)
		}
		report(k.sms, "unknown", "delivered", "")
		out := k.send(conversation.Send{Channel: "SMS", ContactID: who, Body: "x", About: "enrolment2"})
		report(k.sms+"?message="+out.ID, "SM10", "failed", "21610")
		if rule := k.contact(who).Details.DNDSettings["SMS"]; rule.Status != "permanent" || rule.Code != conversation.CodeRefused {
			t.Errorf("%+v", rule)
		}
	})
}

// A hook is of one location and of one kind, and ends when it is deleted.
func TestAHookIsOfOneLocation(t *testing.T) {
	each(t, app.Config{SMS: "keep:"}, func(t *testing.T, k *kit) {
		sms := url.Values{"MessageSid": {"SM1"}, "From": {"+16025550147"}, "Body": {"x"}}.Encode()
		token := strings.TrimPrefix(k.sms, "/hooks/sms/")
		other := k.Neighbour(t)["locationId"]
		for _, path := range []string{"/hooks/email/" + token, "/hooks/sms/x", "/hooks/sms/" + token[:len(token)-1] + "!", "/hooks/sms/" + other + token[20:], "/hooks/sms/" + strings.ToLower(token), "/hooks/sms/%00"} {
			if status, text := k.post(path, formType, sms); status != http.StatusNotFound {
				t.Errorf("%s: %d %s", path, status, text)
			}
		}
		var list []message.Hook
		k.do(func(ctx context.Context, tx *db.Tx) (err error) {
			list, err = message.Hooks(ctx, tx, k.by.LocationID)
			return err
		})
		if len(list) != 2 {
			t.Fatalf("%+v", list)
		}
		k.do(func(ctx context.Context, tx *db.Tx) error {
			_, err := message.RemoveHook(ctx, tx, k.by, list[0].ID)
			return err
		})
		if status, _ := k.post(k.sms, formType, sms); status != http.StatusNotFound {
			t.Errorf("a deleted hook answers %d", status)
		}
	})
}

// filed posts an e-mail and gives what became of it.
func (k *kit) filed(raw string) (f message.Filed) {
	k.t.Helper()
	status, text := k.post(k.email, "message/rfc822", raw)
	if status != http.StatusOK {
		k.t.Fatalf("%d %s", status, text)
	}
	if err := json.Unmarshal([]byte(text), &f); err != nil {
		k.t.Fatal(err)
	}
	return f
}

// A form around a mail is opened: of Mailgun and of SendGrid, in every shape.
func TestAMailComesInAnyShape(t *testing.T) {
	each(t, app.Config{}, func(t *testing.T, k *kit) {
		mail := func(n string) string {
			return "From: Jörg Ünal <joe" + n + "@x.example>\r\nTo: foyer@agency.example\r\nSubject: Hello\r\nMessage-ID: <" + n + "@x.example>\r\n\r\nlorem\r\n"
		}
		parts := func(name, raw string, file bool) (body, typ string) {
			var b bytes.Buffer
			w := multipart.NewWriter(&b)
			if file {
				p, _ := w.CreateFormFile(name, "mail.eml")
				_, _ = io.WriteString(p, raw)
			} else {
				_ = w.WriteField(name, raw)
			}
			_ = w.WriteField("recipient", "foyer@agency.example")
			_ = w.Close()
			return b.String(), w.FormDataContentType()
		}
		sendgrid, sendgridType := parts("email", mail("3"), false)
		mailgun, mailgunType := parts("body-mime", mail("4"), true)
		for n, c := range map[string][2]string{
			"1": {"message/rfc822", mail("1")}, "2": {formType, url.Values{"body-mime": {mail("2")}, "recipient": {"x"}}.Encode()}, "3": {sendgridType, sendgrid}, "4": {mailgunType, mailgun}, "5": {"", mail("5")},
		} {
			if status, text := k.post(k.email, c[0], c[1]); status != http.StatusOK || !strings.Contains(text, `"filedAs":"message"`) {
				t.Errorf("%s: %d %s", n, status, text)
			}
			c := k.owner("", "JOE"+n+"@x.example")
			if c == nil || c.FirstName != "Jörg" || c.LastName != "Ünal" || c.Source != "E-mail" || c.Type != "lead" {
				t.Fatalf("%s: %+v", n, c)
			}
			if list := k.talk(c.ID); len(list) != 1 || list[0].Body != "lorem" || list[0].Type != conversation.EMail || list[0].Direction != conversation.Inbound || list[0].Details.Auto {
				t.Errorf("%s: %+v", n, list)
			}
		}
		for name, c := range map[string][3]string{
			"no mail": {"message/rfc822", "hello", "400"}, "nothing": {"message/rfc822", "", "400"}, "nobody": {"message/rfc822", "Subject: x\r\n\r\nx", "400"}, "a form without": {formType, "a=b", "400"}, "a broken form": {"multipart/form-data; boundary=x", "--y", "400"},
			"too large": {"message/rfc822", strings.Repeat("x", 31<<20), "413"},
		} {
			if status, text := k.post(k.email, c[0], c[1]); status != map[string]int{"400": 400, "413": 413}[c[2]] {
				t.Errorf("%s: %d %s", name, status, text)
			}
		}
	})
}

// An answer lands where the mail that it answers is, whoever wrote it; anything
// else with whoever has the address. The same mail is there once.
func TestAnAnswerIsThreaded(t *testing.T) {
	each(t, app.Config{}, func(t *testing.T, k *kit) {
		who := k.person("ana@x.example", "6025550147")
		sent := k.send(conversation.Send{Channel: "Email", ContactID: who, Subject: "s", Body: "1", Source: "workflow", About: "enrolment1"})
		raw := "From: her husband <bo@y.example>\r\nTo: foyer@agency.example\r\nCc: cc@y.example\r\nSubject: Re: s\r\nMessage-ID: <r1@y.example>\r\nIn-Reply-To: <" + sent.EmailID + "@foyer>\r\nReferences: <x@y> <" + sent.EmailID + "@foyer>\r\n" +
			"Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n\r\nyes\r\n--a\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename=\"offer.pdf\"\r\nContent-Transfer-Encoding: base64\r\n\r\nJVBERg==\r\n--a--\r\n"
		f := k.filed(raw)
		if f.As != message.FiledMessage || f.ContactID != who {
			t.Fatalf("%+v", f)
		}
		if again := k.filed(raw); again.As != message.FiledBefore || again.MessageID != f.MessageID {
			t.Errorf("again: %+v", again)
		}
		if k.owner("", "bo@y.example") != nil {
			t.Error("an answer made a lead")
		}
		m := k.message(f.MessageID)
		var e, first *conversation.Email
		var files []conversation.File
		k.do(func(ctx context.Context, tx *db.Tx) (err error) {
			if e, err = conversation.EmailByID(ctx, tx, k.by.LocationID, m.EmailID); err != nil {
				return err
			}
			if first, err = conversation.EmailByID(ctx, tx, k.by.LocationID, sent.EmailID); err != nil {
				return err
			}
			files, err = conversation.FilesOf(ctx, tx, k.by.LocationID, m.ID)
			return err
		})
		if e.ReplyTo != sent.EmailID || e.ThreadID != first.ThreadID || e.Subject != "Re: s" || e.Recipients.To[0] != "foyer@agency.example" || e.Recipients.Cc[0] != "cc@y.example" {
			t.Errorf("%+v", e)
		}
		if len(files) != 1 || files[0].Name != "offer.pdf" || files[0].Size != 4 || len(m.Attachments) != 1 || m.Attachments[0] != publicURL+files[0].Path() {
			t.Errorf("%+v %v", files, m.Attachments)
		}
		// her second mail goes on in the thread of her first, but nobody else gets into it by its id
		second := k.filed("From: ana@x.example\r\nMessage-ID: <r2@x.example>\r\nSubject: s\r\n\r\nmore")
		third := k.filed("From: ana@x.example\r\nMessage-ID: <r3@x.example>\r\nIn-Reply-To: <r2@x.example>\r\n\r\nmore")
		other := k.filed("From: eve@z.example\r\nMessage-ID: <r4@z.example>\r\nIn-Reply-To: <r2@x.example>\r\n\r\nmore")
		if second.ContactID != who || third.ContactID != who || other.ContactID == who {
			t.Errorf("%+v %+v %+v", second, third, other)
		}
		emailID := k.message(third.MessageID).EmailID
		k.do(func(ctx context.Context, tx *db.Tx) (err error) {
			e, err = conversation.EmailByID(ctx, tx, k.by.LocationID, emailID)
			return err
		})
		if e.ReplyTo != k.message(second.MessageID).EmailID {
			t.Errorf("%+v", e)
		}
		// of another location the id of a mail is nobody's
		elsewhere := crm.Actor{LocationID: k.Neighbour(t)["locationId"], Origin: "test"}
		var path string
		if err := k.DB.Write(t.Context(), elsewhere.LocationID, func(ctx context.Context, tx *db.Tx) error {
			h, err := message.AddHook(ctx, tx, k.Vault, elsewhere, message.HookEmail)
			if err == nil {
				path, err = h.Path(k.Vault)
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if status, text := k.post(path, "message/rfc822", raw); status != http.StatusOK || strings.Contains(text, who) || !strings.Contains(text, `"filedAs":"message"`) {
			t.Errorf("%d %s", status, text)
		}
	})
}

// What a program wrote by itself is kept and marked; what Foyer wrote is not kept.
func TestMailsOfProgramsMakeNoLoop(t *testing.T) {
	each(t, app.Config{}, func(t *testing.T, k *kit) {
		who := k.person("ana@x.example", "6025550147")
		sent := k.send(conversation.Send{Channel: "Email", ContactID: who, Subject: "s", Body: "1"})
		away := k.filed("From: ana@x.example\r\nMessage-ID: <a1@x.example>\r\nSubject: Automatic reply: s\r\nAuto-Submitted: auto-replied\r\nIn-Reply-To: <" + sent.EmailID + "@foyer>\r\n\r\naway")
		if away.As != message.FiledMessage || !k.message(away.MessageID).Details.Auto {
			t.Errorf("%+v", away)
		}
		for name, raw := range map[string]string{
			"a copy of ours": "From: someone@agency.example\r\nMessage-ID: <" + sent.EmailID + "@foyer>\r\n\r\nx", "from our address": "From: Foyer <FOYER@agency.example>\r\nMessage-ID: <x@foyer>\r\n\r\nx",
		} {
			if f := k.filed(raw); f.As != message.FiledOwn {
				t.Errorf("%s: %+v", name, f)
			}
		}
		if f := k.filed("From: bo@other.example\r\nMessage-ID: <x@foyer>\r\n\r\nx"); f.As != message.FiledMessage {
			t.Errorf("of another Foyer: %+v", f)
		}
		if list := k.talk(who); len(list) != 2 {
			t.Errorf("%d messages", len(list))
		}
	})
}

// Reports of mail servers find the mail that they are about.
func TestBouncesAndComplaints(t *testing.T) {
	each(t, app.Config{}, func(t *testing.T, k *kit) {
		sample := func(name, emailID string) string {
			text, err := os.ReadFile("../letter/testdata/" + name)
			if err != nil {
				t.Fatal(err)
			}
			return strings.ReplaceAll(string(text), "EMAILID", emailID)
		}
		for name, want := range map[string]struct {
			as, status, code, rule string
		}{
			"postfix.eml": {message.FiledBounce, conversation.Failed, "5.1.1", "bounced ana@x.example"}, "exchange.eml": {message.FiledBounce, conversation.Failed, "5.7.606", ""},
			"delayed.eml": {message.FiledDelay, conversation.Pending, "", ""}, "complaint.eml": {message.FiledComplaint, conversation.Pending, "", conversation.CodeComplaint},
		} {
			who := k.person("ana@x.example", "6025550147")
			sent := k.send(conversation.Send{Channel: "Email", ContactID: who, Subject: "s", Body: "1", About: "enrolment1"})
			for range 2 {
				if f := k.filed(sample(name, sent.EmailID)); f.As != want.as || f.MessageID != sent.ID {
					t.Errorf("%s: %+v", name, f)
				}
			}
			m, code := k.message(sent.ID), ""
			if m.Details.Failure != nil {
				code = m.Details.Failure.Code
			}
			if rule := k.contact(who).Details.DNDSettings["Email"]; m.Status != want.status || code != want.code || rule.Code != want.rule {
				t.Errorf("%s: %s %q %+v", name, m.Status, code, rule)
			}
			if f := k.filed(strings.ReplaceAll(sample(name, "00000000000000000000"), "ana@x.example", "nobody@x.example")); f.As != message.FiledNothing {
				t.Errorf("%s of nobody's mail: %+v", name, f)
			}
			k.do(func(ctx context.Context, tx *db.Tx) error { return crm.DeleteContact(ctx, tx, k.by, who) })
		}
		// a report that names no mail is about the last one to the address
		who := k.person("ana@x.example", "6025550147")
		sent := k.send(conversation.Send{Channel: "Email", ContactID: who, Subject: "s", Body: "1"})
		if f := k.filed("From: MAILER-DAEMON@x.example\r\nMessage-ID: <f@x>\r\nX-Failed-Recipients: ana@x.example\r\nSubject: Mail delivery failed\r\n\r\n550 5.2.1 disabled"); f.MessageID != sent.ID || f.As != message.FiledBounce {
			t.Errorf("%+v", f)
		}
		if c := k.owner("", "MAILER-DAEMON@x.example"); c != nil {
			t.Error("a mail server became a lead")
		}
	})
}
