package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/foyer-crm/foyer/internal/app"
	"github.com/foyer-crm/foyer/internal/dialect/highlevel"
)

// One person who came in by every door is shown once, with who said what.
func TestAContactIsShownWithItsWholeStory(t *testing.T) {
	stores(t, func(t *testing.T, where []string) {
		with := func(args ...string) []string { return append(args, where...) }
		c := mustJSON[app.Credentials](t, with("admin", "bootstrap")...)
		s := start(t, with("serve")...)
		for _, q := range []struct{ path, body, key, more string }{
			{"/v3.0/clients/import", `{"client":{"name":"Ana Ruiz","emails":"ana@x.example","phones":"6025550147","source":"Open house"},"prop":{"address":"12 Oak St"},"req":{"city":"Mesa"}}`, "secure-id: " + *c.Radius.SecureID, ""},
			{"/", `{"action":"NewSubmission","phone":"602-555-0147","contactid":"idx-9","comments":"Called twice"}`, "Authorization: " + basic(*c.LionDesk.APIKey), "X-LionDesk-Id: " + *c.LionDesk.UserKey},
			{"/", `{"action":"NewActivity","contactid":"idx-9","type":"property_viewed","description":"Saw a listing"}`, "Authorization: " + basic(*c.LionDesk.APIKey), "X-LionDesk-Id: " + *c.LionDesk.UserKey},
			{"/v2/leads", `{"email":"ANA@x.example","agent_id":"lic-9","currently_at":"Harbor Realty"}`, "Authorization: Token token=" + *c.Brokerkit.Token, ""},
			{"/contacts/upsert", `{"locationId":"` + c.LocationID + `","email":"ana@x.example","tags":["VIP"],"city":"Tempe"}`, "Authorization: Bearer " + *c.HighLevel.PrivateToken, "Version: 2021-07-28"},
		} {
			header := []string{q.key}
			if q.more != "" {
				header = append(header, q.more)
			}
			if status, text, _ := ask(t, "POST", s.base+q.path, q.body, header...); status >= 300 || strings.Contains(text, `"errorText":"C`) {
				t.Fatalf("%s: %d %s", q.path, status, text)
			}
		}
		story := mustJSON[contactStory](t, with("contact", "show", "ana@x.example")...)
		if story.Contact.CompanyName != "Harbor Realty" || story.Contact.Address.City != "Tempe" || len(story.Properties) != 1 || len(story.Requirements) != 1 || len(story.Links) == 0 {
			t.Errorf("%+v", story)
		}
		for field, by := range map[string]string{"companyName": "brokerkit", "city": "highlevel", "firstName": "radius", "tags": "highlevel"} {
			if got := story.Origins[field].Origin; got != by {
				t.Errorf("%s is by %q, want %s", field, got, by)
			}
		}
		text := must(t, with("contact", "show", story.Contact.ID)...)
		for _, want := range []string{"Ana", "Harbor Realty", "by brokerkit", "by radius", "12 Oak St", "Mesa", "Called twice", "Saw a listing", "contact.created", "activity.created"} {
			if !strings.Contains(text, want) {
				t.Errorf("does not say %q:\n%s", want, text)
			}
		}
		for _, by := range []string{fmt.Sprint(story.Contact.Number), "Ana@X.example", "(602) 555-0147", "+16025550147"} {
			if got := mustJSON[contactStory](t, with("contact", "show", by)...); got.Contact.ID != story.Contact.ID {
				t.Errorf("by %q: %+v", by, got.Contact)
			}
		}
		for _, nobody := range []string{"nobody@x.example", "999", "6025550199", "NoSuchContactIDxxxxx", "' OR 1=1 --"} {
			refused(t, "Contact not found", with("contact", "show", nobody)...)
		}
		refused(t, "there is no location nope", with("contact", "show", "ana@x.example", "--location", "nope")...)

		if rows := tabled(t, "ID NAME E-MAIL PHONE TYPE SOURCE UPDATED (UTC)", with("contact", "list")...); len(rows) != 1 || rows[0][0] != story.Contact.ID {
			t.Errorf("%v", rows)
		}
		for words, want := range map[string]int{"ruiz": 1, "ana ru": 1, "harbor": 1, "6025550147": 1, "nobody": 0, "ana nobody": 0, "%": 0, "\"": 0} {
			if got := mustJSON[[]map[string]any](t, with("contact", "list", words)...); len(got) != want {
				t.Errorf("%q finds %d", words, len(got))
			}
		}
		refused(t, "--limit is a number from 1 on", with("contact", "list", "--limit", "0")...)
	})
}

func TestOperationsAreListed(t *testing.T) {
	list := mustJSON[[]map[string]any](t, "operations")
	rows := tabled(t, "METHOD PATH NAME KIND CATEGORY SCOPE TOKEN STATUS POLL", "operations")
	if len(list) != len(highlevel.Operations()) || len(rows) != len(list) || len(list) < 100 {
		t.Fatalf("%d operations, %d rows", len(list), len(rows))
	}
	served := 0
	for i, op := range list {
		for _, k := range []string{"name", "kind", "category", "method", "path", "token", "status"} {
			if op[k] == "" || op[k] == nil {
				t.Errorf("%d has no %s: %v", i, k, op)
			}
		}
		if rows[i][0] != op["method"] || rows[i][1] != op["path"] {
			t.Errorf("row %d is %v, want %v", i, rows[i], op)
		}
		if op["status"] == highlevel.Operations()[0].Status() {
			served++
		}
	}
	if served < 10 {
		t.Errorf("%d are served", served)
	}
}
