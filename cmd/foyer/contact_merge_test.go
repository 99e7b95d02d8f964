package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/foyer-crm/foyer/internal/app"
	"github.com/foyer-crm/foyer/internal/crm"
)

// Two contacts are made one and two again from the command line.
func TestContactsAreMergedAndUnmerged(t *testing.T) {
	stores(t, func(t *testing.T, where []string) {
		with := func(args ...string) []string { return append(append([]string{"contact"}, args...), where...) }
		c := mustJSON[app.Credentials](t, append([]string{"admin", "bootstrap"}, where...)...)
		s := start(t, append([]string{"serve"}, where...)...)
		for _, body := range []string{
			`{"client":{"name":"Bob Lee","emails":"bob@x.example","phones":"6025550101","source":"Open house"},"prop":{"address":"12 Oak St"}}`,
			`{"client":{"name":"Robert Lee","emails":"robert@x.example","phones":"6025550102","note":"called twice"}}`,
		} {
			if status, text, _ := ask(t, "POST", s.base+"/v3.0/clients/import", body, "secure-id: "+*c.Radius.SecureID); status != 200 {
				t.Fatalf("%d %s", status, text)
			}
		}
		if code := s.stop(); code != 0 {
			t.Fatal(code)
		}
		bob := mustJSON[contactStory](t, with("show", "bob@x.example")...).Contact
		robert := mustJSON[contactStory](t, with("show", "robert@x.example")...).Contact

		m := mustJSON[mergeLine](t, with("merge", "bob@x.example", "6025550102")...)
		if m.ContactID != bob.ID || m.OtherContactID != robert.ID || m.Name != "Robert Lee" || len(m.Lost) == 0 {
			t.Errorf("%+v", m)
		}
		story := mustJSON[contactStory](t, with("show", robert.ID)...)
		if story.Contact.ID != bob.ID || len(story.Contact.Emails) != 2 || !slices.ContainsFunc(story.Timeline, func(e crm.Entry) bool { return e.Type == "contact.merged" && e.Origin == "cli" }) {
			t.Errorf("%+v", story)
		}
		if text := must(t, with("show", bob.ID)...); !strings.Contains(text, "contact.merged") || !strings.Contains(text, "Robert Lee") {
			t.Error(text)
		}
		refused(t, "one contact already", with("merge", "bob@x.example", "robert@x.example")...)
		refused(t, "Contact not found", with("merge", "bob@x.example", "nobody@x.example")...)
		refused(t, "Merge not found", with("unmerge", "nothing")...)
		refused(t, "there is no location nope", with("merge", "bob@x.example", "robert@x.example", "--location", "nope")...)
		if rows := tabled(t, "ID AT (UTC) KEPT MERGED NAME BY STATE", with("merges", robert.ID)...); len(rows) != 1 || !slices.Contains(rows[0], "stands") {
			t.Errorf("%v", rows)
		}
		u := mustJSON[crm.Undone](t, with("unmerge", m.ID)...)
		if u.Kept.ID != bob.ID || u.Restored.ID != robert.ID || len(u.Lost) > 0 {
			t.Errorf("%+v", u)
		}
		for _, who := range []*crm.Contact{bob, robert} {
			if got := mustJSON[contactStory](t, with("show", who.Email)...).Contact; got.ID != who.ID || got.FullName() != who.FullName() || len(got.Emails) != 1 {
				t.Errorf("%+v", got)
			}
			if got := mustJSON[[]crm.Contact](t, with("list", who.Email)...); len(got) != 1 || got[0].ID != who.ID {
				t.Errorf("the search for %s finds %+v", who.Email, got)
			}
		}
		refused(t, "undone already", with("unmerge", m.ID)...)
		if list := mustJSON[[]mergeLine](t, with("merges")...); len(list) != 1 || list[0].UndoneAt.IsZero() {
			t.Errorf("%+v", list)
		}
		taken := mustJSON[mergeLine](t, with("merge", bob.ID, robert.ID, "--take", "firstName,name")...)
		if got := mustJSON[contactStory](t, with("show", bob.ID)...).Contact; got.FirstName != "Robert" || len(taken.Lost) == 0 {
			t.Errorf("%+v", got)
		}
		if text := must(t, with("unmerge", taken.ID)...); !strings.Contains(text, "restored") {
			t.Error(text)
		}
	})
}
