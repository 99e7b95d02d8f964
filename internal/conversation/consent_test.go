package conversation_test

import (
	"context"
	"strings"
	"testing"

	"github.com/foyer-crm/foyer/internal/conversation"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/foyertest"
)

// talker is somebody with a phone and an address who is talked with.
type talker struct {
	t  *testing.T
	f  *foyertest.F
	by crm.Actor
	id string
}

func newTalker(t *testing.T, f *foyertest.F) *talker {
	t.Helper()
	k := &talker{t: t, f: f, by: crm.Actor{LocationID: f.Credentials.LocationID, Origin: "test"}}
	k.do(func(ctx context.Context, tx *db.Tx) error {
		one, _ := crm.NewEmail("Ana@x.example", "")
		two, _ := crm.NewEmail("other@x.example", "")
		s, err := crm.SaveContact(ctx, tx, k.by, crm.Save{AllowDuplicate: true, Input: crm.Input{Contact: crm.Contact{FirstName: "Ana", Emails: []crm.Email{one, two}, Phones: []crm.Phone{crm.NewPhone("6025550147", "")}}}})
		if err == nil {
			k.id = s.Contact.ID
		}
		return err
	})
	return k
}

func (k *talker) do(f func(ctx context.Context, tx *db.Tx) error) {
	k.t.Helper()
	if err := k.f.DB.Write(k.t.Context(), k.by.LocationID, f); err != nil {
		k.t.Fatal(err)
	}
}

func (k *talker) says(channel, body string) (m *conversation.Message) {
	k.t.Helper()
	k.do(func(ctx context.Context, tx *db.Tx) (err error) {
		m, err = conversation.ReceiveMessage(ctx, tx, k.by, conversation.Receive{Channel: channel, Direction: conversation.Inbound, ContactID: k.id, Body: body})
		return err
	})
	return m
}

func (k *talker) told(s conversation.Send) (m *conversation.Message, err error) {
	k.t.Helper()
	s.ContactID = k.id
	err = k.f.DB.Write(k.t.Context(), k.by.LocationID, func(ctx context.Context, tx *db.Tx) (err error) {
		m, err = conversation.SendMessage(ctx, tx, k.by, s)
		return err
	})
	return m, err
}

func (k *talker) rule(channel string) (r crm.DNDRule) {
	k.t.Helper()
	k.f.Read(k.t, func(ctx context.Context, tx *db.Tx) error {
		c, err := crm.ContactByID(ctx, tx, k.by.LocationID, k.id)
		if err == nil {
			r = c.Details.DNDSettings[channel]
		}
		return err
	})
	return r
}

// events gives the types of the contact's events with a beginning, the oldest first.
func (k *talker) events(beginning string) (list []crm.Event) {
	k.t.Helper()
	k.f.Read(k.t, func(ctx context.Context, tx *db.Tx) error {
		all, err := crm.Events(ctx, tx, k.by.LocationID, k.id, "", 1000)
		for i := len(all) - 1; i >= 0; i-- {
			if strings.HasPrefix(all[i].Type, beginning) {
				list = append(list, all[i])
			}
		}
		return err
	})
	return list
}

// An SMS that is one of the carriers' words is obeyed; one that only has it in it
// is not.
func TestTheCarriersWordsAreObeyed(t *testing.T) {
	const said = "permanent"
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		for _, c := range []struct {
			channel, before, body string
			word, status          string
		}{
			{"SMS", "", "STOP", "STOP", said}, {"SMS", "", " stop. ", "STOP", said}, {"SMS", "", "\"Stop!\"\r\n", "STOP", said}, {"SMS", "", "Stop 🙏", "STOP", said},
			{"SMS", "", "stopall", "STOP", said}, {"SMS", "", "STOP ALL", "STOP", said}, {"SMS", "", "Unsubscribe", "STOP", said}, {"SMS", "", "CANCEL", "STOP", said}, {"SMS", "", "end", "STOP", said},
			{"SMS", "", "QUIT", "STOP", said}, {"SMS", "", "revoke", "STOP", said}, {"SMS", "", "OptOut", "STOP", said}, {"SMS", "", "opt-out", "STOP", said}, {"RCS", "", "STOP", "STOP", said},
			{"SMS", "", "please stop by at 5", "", ""}, {"SMS", "", "stop it", "", ""}, {"SMS", "", "dont stop", "", ""}, {"SMS", "", "yes", "START", ""}, {"SMS", "", "", "", ""}, {"SMS", "", "???", "", ""},
			{"SMS", "STOP", "YES", "START", "inactive"}, {"SMS", "STOP", "start", "START", "inactive"}, {"SMS", "STOP", "Unstop!", "START", "inactive"}, {"SMS", "STOP", "yes please", "", said},
			{"SMS", "STOP", "help", "HELP", said}, {"SMS", "", "INFO", "HELP", ""}, {"WhatsApp", "", "STOP", "", ""}, {"Live_Chat", "", "STOP", "", ""},
		} {
			k := newTalker(t, f)
			if c.before != "" {
				k.says("SMS", c.before)
			}
			if m := k.says(c.channel, c.body); m.Details.Word != c.word || k.rule("SMS").Status != c.status {
				t.Errorf("%s %q after %q: the word %q, the rule %+v", c.channel, c.body, c.before, m.Details.Word, k.rule("SMS"))
			}
		}
	})
}

// STOP and START are events that say about which enrolment, once; what was sent by
// then does not go out any more.
func TestStopHoldsForWhatWaits(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		k := newTalker(t, f)
		waits, err := k.told(conversation.Send{Channel: "SMS", Body: "x", About: "enrolment1"})
		if err != nil {
			t.Fatal(err)
		}
		k.says("SMS", "Stop")
		k.says("SMS", "STOP")
		var p *conversation.Parcel
		k.do(func(ctx context.Context, tx *db.Tx) (err error) {
			p, err = conversation.Take(ctx, tx, k.by.LocationID, waits.ID)
			return err
		})
		if p != nil {
			t.Error("what waited is given to the carrier")
		}
		if _, err := k.told(conversation.Send{Channel: "SMS", Body: "x"}); !errs.Is(err, errs.Conflict) {
			t.Errorf("another one: %v", err)
		}
		if _, err := k.told(conversation.Send{Channel: "Email", Subject: "s", Body: "x"}); err != nil {
			t.Errorf("mail is another channel: %v", err)
		}
		k.says("SMS", "start")
		k.says("SMS", "start")
		if _, err := k.told(conversation.Send{Channel: "SMS", Body: "x"}); err != nil {
			t.Errorf("after START: %v", err)
		}
		events := append(k.events("contact.unsubscribed"), k.events("contact.subscribed")...)
		if len(events) != 2 || events[0].ObjectID != "enrolment1" || events[0].Data.Kind != "SMS" || events[0].Data.Text != "They wrote Stop" || events[1].Data.Kind != "SMS" {
			t.Errorf("%+v", events)
		}
	})
}

// A hard bounce closes the address and no other one; a soft bounce closes none.
// Who said no has said more than a bounce, and a complaint more than both.
func TestABounceClosesTheAddress(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		k := newTalker(t, f)
		mailTo := func(to string) (*conversation.Message, error) {
			return k.told(conversation.Send{Channel: "Email", Subject: "s", Body: "x", To: to})
		}
		bounce := func(id string, b conversation.Bounce) {
			k.do(func(ctx context.Context, tx *db.Tx) error {
				_, err := conversation.BounceMessage(ctx, tx, k.by, id, b)
				return err
			})
		}
		first, err := mailTo("")
		if err != nil {
			t.Fatal(err)
		}
		bounce(first.ID, conversation.Bounce{Code: "5.2.2", Text: "mailbox full"})
		second, err := mailTo("")
		if err != nil {
			t.Fatalf("after a soft bounce: %v", err)
		}
		for range 2 {
			bounce(second.ID, conversation.Bounce{Recipient: "ana@X.example", Code: "5.1.1", Text: "no such user", Hard: true})
		}
		if _, err := mailTo(""); err == nil || !strings.Contains(err.Error(), "bounced") {
			t.Errorf("to an address that bounced: %v", err)
		}
		third, err := mailTo("other@x.example")
		if err != nil {
			t.Errorf("to another address: %v", err)
		}
		if rule := k.rule("Email"); rule.Status != "permanent" || rule.Code != "bounced ana@x.example" {
			t.Errorf("%+v", rule)
		}
		events := k.events("message.bounced")
		if len(events) != 2 || events[0].Data.Kind != "soft" || events[1].Data.Kind != "hard" || events[1].ObjectID != second.ID {
			t.Errorf("%+v", events)
		}
		var failed *conversation.Message
		k.do(func(ctx context.Context, tx *db.Tx) (err error) {
			failed, err = conversation.MessageByID(ctx, tx, k.by.LocationID, second.ID)
			return err
		})
		if failed.Status != conversation.Failed || failed.Details.Failure.Code != "5.1.1" || failed.Details.Failure.Message != "no such user" {
			t.Errorf("%+v", failed.Details.Failure)
		}
		for range 2 {
			k.do(func(ctx context.Context, tx *db.Tx) error {
				_, err := conversation.Complain(ctx, tx, k.by, third.ID, "abuse")
				return err
			})
		}
		if rule := k.rule("Email"); rule.Code != "complaint" || len(k.events("message.complained")) != 1 || len(k.events("contact.unsubscribed")) != 1 {
			t.Errorf("%+v %+v", rule, k.events("message.complained"))
		}
		bounce(third.ID, conversation.Bounce{Code: "5.1.1", Hard: true})
		if rule := k.rule("Email"); rule.Code != "complaint" {
			t.Errorf("%+v", rule)
		}
		if _, err := mailTo("other@x.example"); !errs.Is(err, errs.Conflict) {
			t.Errorf("after a complaint: %v", err)
		}
	})
}

// What a provider says of a message may come in any order.
func TestAMessageOnlyGoesOn(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		for _, c := range []struct {
			say  []string
			want string
		}{
			{[]string{"sent", "delivered", "read"}, "read"}, {[]string{"delivered", "sent"}, "delivered"}, {[]string{"failed", "sent"}, "failed"},
			{[]string{"sent", "failed", "delivered"}, "delivered"}, {[]string{"delivered", "failed"}, "delivered"}, {[]string{"sent", "sent"}, "sent"},
		} {
			k := newTalker(t, f)
			m, err := k.told(conversation.Send{Channel: "SMS", Body: "x"})
			if err != nil {
				t.Fatal(err)
			}
			for _, status := range c.say {
				k.do(func(ctx context.Context, tx *db.Tx) (err error) {
					m, err = conversation.Progress(ctx, tx, k.by, m.ID, "SM1", status, nil)
					return err
				})
			}
			if m.Status != c.want || m.Details.AltID != "SM1" {
				t.Errorf("%v: %s %q", c.say, m.Status, m.Details.AltID)
			}
			var found *conversation.Message
			k.do(func(ctx context.Context, tx *db.Tx) (err error) {
				found, err = conversation.MessageByAltID(ctx, tx, k.by.LocationID, "SM1")
				return err
			})
			if found == nil {
				t.Errorf("%v: not found by the provider's id", c.say)
			}
		}
	})
}
