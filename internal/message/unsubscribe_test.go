package message_test

import (
	"context"
	"io"
	"net/http"
	"net/mail"
	"net/url"
	"strings"
	"testing"

	"github.com/foyer-crm/foyer/internal/app"
	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/conversation"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/foyertest"
	"github.com/foyer-crm/foyer/internal/message"
)

// visit asks for the page behind a link.
func visit(t *testing.T, f *foyertest.F, method, link string, form url.Values) (int, string) {
	t.Helper()
	path, ours := strings.CutPrefix(link, publicURL)
	if !ours {
		t.Fatalf("the link %q is not ours", link)
	}
	req, err := http.NewRequestWithContext(t.Context(), method, f.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	res, err := foyertest.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(text)
}

// toAna gives what a sink took for ana@x.example: somebody else may be told of the
// new lead meanwhile.
func toAna(s *foyertest.MailSink, from int) (list []foyertest.SunkMail) {
	for _, d := range s.Mails()[from:] {
		if strings.Contains(strings.Join(d.To, " "), "ana@x.example") {
			list = append(list, d)
		}
	}
	return list
}

// A mail with a link says so to mail programs (RFC 2369 and 8058), and its one
// click ends all mail: also that which waits. Looking at the page does nothing.
func TestOneClickEndsAllMail(t *testing.T) {
	s := foyertest.NewMailSink(t)
	eachLike(t, app.Config{SMTP: s.URL}, func(t *testing.T, f *foyertest.F) {
		before := len(s.Mails())
		who := somebody(t, f)
		link := f.Links.Link(f.Credentials.LocationID, who, "enrolment1")
		mailOf := conversation.Send{Channel: "Email", ContactID: who, Subject: "s", Body: "b", About: "enrolment1", Unsubscribe: link}
		send(t, f, mailOf)
		work(t, f)
		got := toAna(s, before)
		if len(got) != 1 {
			t.Fatalf("%d mails", len(got))
		}
		m, err := mail.ReadMessage(strings.NewReader(got[0].Text))
		if err != nil {
			t.Fatal(err)
		}
		if h := m.Header; h.Get("List-Unsubscribe") != "<"+link+">" || h.Get("List-Unsubscribe-Post") != "List-Unsubscribe=One-Click" || h.Get("Auto-Submitted") != "auto-generated" {
			t.Errorf("%s", got[0].Text)
		}

		waits := send(t, f, mailOf)
		status, page := visit(t, f, http.MethodGet, link, nil)
		if status != http.StatusOK || !strings.Contains(page, "a•••@x.example") || strings.Contains(page, "ana@x.example") || !strings.Contains(page, "Unsubscribe?") {
			t.Errorf("%d %s", status, page)
		}
		if contact(t, f, who).Details.DNDSettings["Email"].Status != "" {
			t.Error("looking at the page unsubscribed")
		}
		for range 3 { // it may be sent more than once
			if status, page := visit(t, f, http.MethodPost, link, url.Values{"List-Unsubscribe": {"One-Click"}}); status != http.StatusOK || !strings.Contains(page, "You are unsubscribed") {
				t.Errorf("%d %s", status, page)
			}
		}
		if rule := contact(t, f, who).Details.DNDSettings["Email"]; rule.Status != "permanent" || rule.Code != "unsubscribed" {
			t.Errorf("%+v", rule)
		}
		events := happened(t, f, who, "contact.unsubscribed", "contact.updated")
		if len(events) != 2 || events[1].Type != "contact.unsubscribed" || events[1].ObjectID != "enrolment1" || events[1].Data.Kind != "Email" || events[1].Origin != "unsubscribe" {
			t.Errorf("%+v", events)
		}
		work(t, f)
		if m := state(t, f, waits.ID); m.Status != conversation.Failed || m.Details.Failure.Code != "dnd" || len(toAna(s, before)) != 1 {
			t.Errorf("what waited: %+v %+v", m, m.Details.Failure)
		}

		if status, page := visit(t, f, http.MethodPost, link, url.Values{"do": {"subscribe"}}); status != http.StatusOK || !strings.Contains(page, "You are subscribed") {
			t.Errorf("%d %s", status, page)
		}
		if events := happened(t, f, who, "contact.subscribed"); len(events) != 1 {
			t.Errorf("%+v", events)
		}
		send(t, f, mailOf)
		work(t, f)
		if len(toAna(s, before)) != 2 {
			t.Error("subscribed again, and nothing was sent")
		}
	})
}

// A link is for its contact alone: another token is nobody's, and tells nothing.
func TestALinkThatIsNoneTellsNothing(t *testing.T) {
	eachLike(t, app.Config{}, func(t *testing.T, f *foyertest.F) {
		who := somebody(t, f)
		link := f.Links.Link(f.Credentials.LocationID, who, "e")
		gone := f.Links.Link(f.Credentials.LocationID, "00000000000000000000", "e")
		_, want := visit(t, f, http.MethodGet, publicURL+message.UnsubscribePath+"x", nil)
		flipped := []byte(link)
		flipped[len(publicURL)+len(message.UnsubscribePath)+3] ^= 1
		for _, bad := range []string{link[:len(link)-1], link + "A", string(flipped), gone, publicURL + message.UnsubscribePath + strings.Repeat("A", 80)} {
			for _, method := range []string{http.MethodGet, http.MethodPost} {
				if status, page := visit(t, f, method, bad, nil); status != http.StatusNotFound || page != want {
					t.Errorf("%s %s: %d %s", method, bad, status, page)
				}
			}
		}
		if len(contact(t, f, who).Details.DNDSettings) > 0 {
			t.Error("a broken link unsubscribed")
		}
		write(t, f, func(ctx context.Context, tx *db.Tx, by crm.Actor) (any, error) {
			return nil, crm.DeleteContact(ctx, tx, by, who)
		})
		if status, page := visit(t, f, http.MethodGet, link, nil); status != http.StatusNotFound || page != want {
			t.Errorf("of a contact that is gone: %d %s", status, page)
		}
	})
}

// Links survive a restart, differ with the master key, and are none where nobody
// knows the address of the server.
func TestLinksAreGoodForEver(t *testing.T) {
	file := t.TempDir() + "/foyer.key"
	vault := func(file string) *auth.Vault {
		v, _, err := auth.OpenVault(file)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	a, b := message.NewLinks(vault(file), publicURL), message.NewLinks(vault(file), publicURL)
	token := strings.TrimPrefix(a.Link("l", "c", "odd\nabout"), publicURL+message.UnsubscribePath)
	if who, ok := b.Read(token); !ok || who != (message.Leaver{LocationID: "l", ContactID: "c", About: "odd\nabout"}) {
		t.Errorf("%+v %v", who, ok)
	}
	if _, ok := message.NewLinks(vault(t.TempDir()+"/foyer.key"), publicURL).Read(token); ok {
		t.Error("another master key reads it")
	}
	if link := message.NewLinks(vault(file), "").Link("l", "c", ""); link != "" {
		t.Errorf("%q leads nowhere", link)
	}
}
