package ui_test

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/foyer-crm/foyer/internal/conversation"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/foyertest"
)

// does changes something of the location by commands.
func does(t *testing.T, f *foyertest.F, what func(ctx context.Context, tx *db.Tx, by crm.Actor) error) {
	t.Helper()
	by := crm.Actor{LocationID: f.Credentials.LocationID, Origin: "test"}
	if err := f.DB.Write(t.Context(), by.LocationID, func(ctx context.Context, tx *db.Tx) error { return what(ctx, tx, by) }); err != nil {
		t.Fatal(err)
	}
}

// says has a contact write an SMS.
func says(t *testing.T, f *foyertest.F, contactID, text string) (m *conversation.Message) {
	t.Helper()
	does(t, f, func(ctx context.Context, tx *db.Tx, by crm.Actor) (err error) {
		m, err = conversation.ReceiveMessage(ctx, tx, by, conversation.Receive{ContactID: contactID, Channel: "SMS", Direction: conversation.Inbound, Body: text})
		return err
	})
	return m
}

// Whoever is written to gets the message by the command that the API uses; who
// said no is not, and the page says so before.
func TestTheInboxWritesToContacts(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		cookie := f.SignIn(t, f.Vars["user.email"])
		base := "/in/" + f.Credentials.LocationID
		ana := add(t, f, crm.Contact{FirstName: "Ana", LastName: "Writes", Emails: []crm.Email{{Address: "ana@x.example"}}, Phones: []crm.Phone{crm.NewPhone("6025550147", "")}})
		says(t, f, ana.ID, "Is it free?")
		does(t, f, func(ctx context.Context, tx *db.Tx, by crm.Actor) error {
			_, err := conversation.SaveSnippet(ctx, tx, by, conversation.Snippet{Name: "Hello", Body: "Hi {{contact.firstName}}, yes"})
			return err
		})
		_, page := send(t, f, "GET", base+"/inbox", cookie, "")
		if !strings.Contains(page, "Is it free?") || !strings.Contains(page, "1 unread") {
			t.Errorf("the list: %s", page)
		}
		var id string
		f.Read(t, func(ctx context.Context, tx *db.Tx) error {
			all, err := conversation.Snippets(ctx, tx, f.Credentials.LocationID)
			id = all[0].ID
			return err
		})
		if _, page = send(t, f, "GET", base+"/inbox/"+ana.ID+"?template="+id, cookie, ""); !strings.Contains(page, "Hi Ana, yes</textarea>") {
			t.Errorf("the template is not filled: %s", page)
		}
		form := url.Values{"via": {"SMS"}, "body": {"Yes, it is"}}
		if status, page := send(t, f, "POST", base+"/inbox/"+ana.ID+"/send", cookie, form.Encode(), "Content-Type", formType); status != 303 {
			t.Fatalf("sending: %d %s", status, page)
		}
		f.Read(t, func(ctx context.Context, tx *db.Tx) error {
			c, err := conversation.OfContact(ctx, tx, f.Credentials.LocationID, ana.ID)
			if err == nil && (c.LastBody != "Yes, it is" || c.LastDirection != conversation.Outbound || c.LastSource != "app") {
				err = fmt.Errorf("the conversation is %+v", c)
			}
			return err
		})
		says(t, f, ana.ID, "STOP")
		if _, page = send(t, f, "GET", base+"/inbox/"+ana.ID+"?via=SMS", cookie, ""); !strings.Contains(page, "said no to SMS") || strings.Contains(page, `id="send"`) {
			t.Errorf("who said no can be written to: %s", page)
		}
		if status, _ := send(t, f, "POST", base+"/inbox/"+ana.ID+"/send", cookie, form.Encode(), "Content-Type", formType); status != 409 {
			t.Errorf("sending to who said no: %d", status)
		}
	})
}

// What is snoozed, done, starred or assigned is in the lists where people look for
// it, and an answer brings it back.
func TestTheListsOfTheInbox(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		cookie := f.SignIn(t, f.Vars["user.email"])
		base := "/in/" + f.Credentials.LocationID
		ana := add(t, f, crm.Contact{FirstName: "Ana", LastName: "Sorted"})
		says(t, f, ana.ID, "Hello")
		do := func(form ...string) {
			t.Helper()
			values := url.Values{}
			for i := 0; i < len(form); i += 2 {
				values.Set(form[i], form[i+1])
			}
			if status, page := send(t, f, "POST", base+"/inbox/"+ana.ID, cookie, values.Encode(), "Content-Type", formType); status != 303 {
				t.Fatalf("%v: %d %s", form, status, page)
			}
		}
		in := func(want string) {
			t.Helper()
			var got []string
			for _, show := range []string{"", "unread", "mine", "unassigned", "starred", "snoozed", "all"} {
				_, page := send(t, f, "GET", base+"/inbox?show="+show, cookie, "")
				if strings.Contains(page, "Ana Sorted") {
					got = append(got, show)
				}
			}
			if s := strings.Join(got, " "); s != want {
				t.Errorf("it is in %q, not in %q", s, want)
			}
		}
		in(" unread unassigned all")
		do("do", "read")
		in(" unassigned all")
		do("do", "starred")
		do("do", "assign", "owner", f.Vars["user.id"])
		in(" mine starred all")
		do("do", "done")
		in("starred all")
		says(t, f, ana.ID, "One more thing")
		in(" unread mine starred all")
		do("do", "snoozed", "until", time.Now().Add(48*time.Hour).Format("2006-01-02T15:04"))
		in("snoozed")
		says(t, f, ana.ID, "And another")
		in(" unread mine starred all")
		for _, q := range []string{"q=sorted", "q=sor", "show=mine&q=sorted", "show=mine&q=sor"} {
			if _, page := send(t, f, "GET", base+"/inbox?"+q, cookie, ""); !strings.Contains(page, "Ana Sorted") {
				t.Errorf("she is not found by %s", q)
			}
		}
	})
}
