package ui_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/conversation"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/foyertest"
)

// visits signs somebody in at a browser, with Foyer at work.
func visits(t *testing.T) (*foyertest.F, *walker) {
	t.Helper()
	if testing.Short() {
		t.Skip("skipped: short")
	}
	f := foyertest.New(t)
	ctx, stop := context.WithCancel(t.Context())
	var work sync.WaitGroup
	work.Go(func() { f.Run(ctx, 0) })
	t.Cleanup(func() { stop(); work.Wait() })
	const password = "correct horse battery staple"
	hash, err := auth.NewPasswords().Hash(t.Context(), password)
	if err != nil {
		t.Fatal(err)
	}
	f.System(t, func(ctx context.Context, tx *db.Tx) error {
		_, err := crm.ChangeUser(ctx, tx, f.Vars["user.id"], func(u *crm.User) { u.PasswordHash, u.FirstName, u.LastName = hash, "Olga", "Owner" })
		return err
	})
	w := walk(t, f.URL)
	w.goes("/today")
	w.do(chromedp.SendKeys("#email", f.Vars["user.email"]), chromedp.SendKeys("#password", password+"\r"))
	w.waits("document.querySelector('.ways')")
	return f, w
}

// An agent answers what came in: it appears by itself, is read by being open, is
// answered with a template, snoozed, and put away.
func TestAWalkThroughTheInbox(t *testing.T) {
	f, w := visits(t)
	base := "/in/" + f.Credentials.LocationID
	w.goes(base + "/inbox")
	w.reads("Nothing here")
	w.pictures("inbox-empty")
	names := []string{"Ana Alvarez", "Bo Berg", "Chen Wu", "Dana Dietrich", "Emeka Eze", "Fay Fischer", "Gus Green", "Hana Horvat", "Ivo Ivanov", "Jo Jansen", "Kim Kato", "Lea Lang"}
	texts := []string{"Is the house on Oak Street still free? We could come by on Friday after five, or any time on the weekend.", "Thank you!", "Can you send me the floor plan?", "Yes, Tuesday works.", "What would the monthly costs be?", "We love it. How do we make an offer?"}
	var people []*crm.Contact
	for i, name := range names {
		c := add(t, f, crm.Contact{FirstName: strings.Fields(name)[0], LastName: strings.Fields(name)[1], Type: []string{"buyer", "seller"}[i%2], Emails: []crm.Email{{Address: fmt.Sprintf("p%d@x.example", i)}}, Phones: []crm.Phone{crm.NewPhone(fmt.Sprintf("602555%04d", 100+i), "")}})
		people = append(people, c)
		says(t, f, c.ID, texts[i%len(texts)])
	}
	does(t, f, func(ctx context.Context, tx *db.Tx, by crm.Actor) error {
		if _, err := conversation.SaveSnippet(ctx, tx, by, conversation.Snippet{Name: "Directions", Channel: conversation.OnSMS, Body: "Hi {{contact.firstName|there}}, the house is two blocks from the light rail. {{user.name}}"}); err != nil {
			return err
		}
		_, err := conversation.ReceiveMessage(ctx, tx, by, conversation.Receive{ContactID: people[0].ID, Channel: "Email", Direction: conversation.Inbound, Subject: "The house on Oak Street", From: "p0@x.example",
			HTML: "<h1>Hello</h1><p>We looked at the pictures and have <b>two</b> questions:</p><ul><li>How old is the roof?</li><li>Is there an HOA?</li></ul><script>alert(1)</script><img src=x onerror=alert(1)><blockquote>&gt; On Monday we wrote</blockquote>"})
		return err
	})
	w.reads("The house on Oak Street")
	w.pictures("inbox")
	w.keys("j")
	w.keys("\r")
	w.reads("Is there an HOA?")
	w.waits("!document.querySelector('.thread.here.unread')")
	w.pictures("inbox-talk")
	w.goes(base + "/inbox/" + people[0].ID + "?via=SMS")
	w.keys("r")
	w.waits("document.activeElement.id === 'body'")
	w.runs("(s => { s.selectedIndex = 1; s.dispatchEvent(new Event('change', {bubbles: true})) })(document.querySelector('#use'))")
	w.waits("document.querySelector('#body').value.startsWith('Hi Ana, the house')")
	w.do(presses("#send button.main"))
	w.reads("On its way")
	w.reads("two blocks from the light rail")
	says(t, f, people[0].ID, "Great, see you there")
	w.waits("document.querySelector('#said').innerText.includes('Great, see you there')")
	says(t, f, people[1].ID, "STOP")
	w.goes(base + "/inbox/" + people[1].ID + "?via=SMS")
	w.reads("Nothing can be sent by SMS")
	w.pictures("inbox-no")
	w.goes(base + "/inbox/" + people[0].ID)
	w.runs("document.activeElement.blur()")
	w.keys("e")
	w.reads("Done. It comes back")
	w.goes(base + "/inbox/" + people[2].ID)
	w.do(presses("[name=until]"))
	w.reads("Snoozed")
	w.goes(base + "/inbox?show=snoozed")
	w.reads("Chen Wu")
	w.goes(base + "/templates")
	w.pictures("templates")
	w.do(presses(".line form button"))
	w.reads("Template deleted")
	w.keys("u")
	w.reads("Directions")
	w.goes(base + "/templates?edit=new")
	w.pictures("templates-edit")
}
