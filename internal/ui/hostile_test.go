package ui_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/foyer-crm/foyer/internal/conversation"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/foyertest"
	"github.com/foyer-crm/foyer/internal/workflow"
)

// elements are all that our pages are made of.
var elements = strings.Fields(`html head body meta title link script a nav main header aside section div span p b i small h1 h2 h3 ul ol li dl dt dd table thead tbody tr th td
form label input select option textarea button details summary dialog datalist kbd code pre time svg use g rect line text del ins fieldset legend br hr tfoot caption optgroup progress`)

// checkPage holds a page against what our pages may be: known elements, no
// handlers, no address that is a script, no script that is not ours.
func checkPage(t *testing.T, name, page string) {
	t.Helper()
	tokens := html.NewTokenizer(strings.NewReader(page))
	for {
		kind := tokens.Next()
		if kind == html.ErrorToken {
			return
		}
		if kind != html.StartTagToken && kind != html.SelfClosingTagToken {
			continue
		}
		token := tokens.Token()
		if !slices.Contains(elements, token.Data) {
			t.Errorf("%s has the element %s", name, token)
		}
		for _, a := range token.Attr {
			value := strings.ToLower(strings.TrimSpace(a.Val))
			switch {
			case strings.HasPrefix(a.Key, "on"), strings.HasPrefix(a.Key, "hx-on"), a.Key == "style", a.Key == "srcdoc":
				t.Errorf("%s has the attribute %s in %s", name, a.Key, token)
			case slices.Contains([]string{"href", "src", "action", "formaction", "hx-get", "hx-post"}, a.Key):
				if strings.HasPrefix(value, "javascript:") || strings.HasPrefix(value, "data:") || strings.HasPrefix(value, "//") ||
					strings.HasPrefix(a.Key, "hx-") && !strings.HasPrefix(value, "/in/") && value != "/find" || (a.Key == "action" || a.Key == "src") && !strings.HasPrefix(value, "/") {
					t.Errorf("%s leads to %s in %s", name, a.Val, token)
				}
			}
		}
		if token.Data == "script" {
			tokens.Next()
			if text := strings.TrimSpace(string(tokens.Text())); text != "" {
				t.Errorf("%s has a script in it: %s", name, text)
			}
		}
	}
}

// hostile gives texts that other systems were broken with: ours, and where a file of
// more is named, those too.
func hostile(t *testing.T) (lines []string) {
	t.Helper()
	text, err := os.ReadFile("testdata/hostile.txt")
	if err != nil {
		t.Fatal(err)
	}
	if more := os.Getenv("FOYER_TEST_HOSTILE"); more != "" {
		others, err := os.ReadFile(more) // #nosec G304 G703 -- a file that whoever runs the test names
		if err != nil {
			t.Fatal(err)
		}
		text = append(append(text, '\n'), others...)
	}
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimRight(line, "\n"); line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

// shown gives the addresses of all pages that show what was planted, and those that
// say it again themselves.
func shown(t *testing.T, f *foyertest.F, cookie string, lines []string) []string {
	t.Helper()
	const alike = 30 // of a kind of pages; FOYER_SOAK sees all
	most := alike
	if os.Getenv("FOYER_SOAK") != "" {
		most = 1 << 20
	}
	paths := tour(t, f, cookie, most)
	for _, bad := range lines {
		q := url.QueryEscape(bad)
		for _, path := range []string{"/contacts?q=" + q + "&tag=" + q + "&source=" + q + "&type=" + q + "&owner=" + q + "&field=" + q + "&value=" + q + "&since=" + q, "/find?q=" + q, "/contacts?said=" + q + "&undo=" + q, "/contacts/x?edit=" + q,
			"/inbox?show=" + q + "&q=" + q + "&after=" + q, "/templates?edit=" + q, "/reports?from=" + q + "&to=" + q + "&owner=" + q + "&source=" + q + "&days=" + q, "/automation?new=" + q, "/tasks?of=" + q,
			"/calendar?view=" + q + "&on=" + q, "/pipelines?pipeline=" + q + "&owner=" + q, "/matches?city=" + q + "&price=" + q, "/settings/audit?user=" + q + "&kind=" + q} {
			paths = append(paths, "/in/"+f.Credentials.LocationID+path)
		}
	}
	return append(paths, "/signin?next="+url.QueryEscape(`"><x-hostile>`))
}

// What comes in by any door, in any field, is shown as text: no page has an
// element, a handler or an address of it.
func TestHostileTextIsShownAsText(t *testing.T) {
	lines := hostile(t)
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		cookie := f.SignIn(t, f.Vars["user.email"])
		for i, bad := range lines {
			plant(t, f, cookie, bad, i)
		}
		for _, path := range shown(t, f, cookie, lines) {
			status, page := send(t, f, "GET", path, cookie, "")
			if status >= 500 {
				t.Errorf("%s: %d", path, status)
			}
			if path != "/docs/api" { // which is not ours to fill
				checkPage(t, path, page)
			}
		}
	})
}

// What comes in by any door never runs in a browser: it opens no dialog, asks no
// other host, and does not even try what the policy forbids.
func TestHostileTextNeverRuns(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped: short")
	}
	lines := hostile(t)
	f := foyertest.New(t)
	w := walk(t, f.URL)
	cookie := f.SignIn(t, f.Vars["user.email"])
	for i, bad := range lines {
		plant(t, f, cookie, bad, i)
	}
	w.is(cookie)
	seen, count := 0, map[string]int{}
	for i, path := range shown(t, f, cookie, lines) {
		if strings.Contains(path, "/find?") || os.Getenv("FOYER_SOAK") == "" && i%40 != 0 && count[kindsOf(path)[0]] > 2 {
			continue // a piece of a page; many are alike
		}
		count[kindsOf(path)[0]]++
		w.goes(path)
		seen++
	}
	t.Logf("%d texts on %d pages", len(lines), seen)
}

// plant brings a text in by every door, in every field that takes one.
func plant(t *testing.T, f *foyertest.F, cookie, bad string, i int) {
	t.Helper()
	mail := func(door string) string { return fmt.Sprintf("%s%d@x.example", door, i) }
	post := func(path string, body any, header ...string) {
		t.Helper()
		text, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		if status, answer := send(t, f, "POST", path, "", string(text), header...); status >= 500 {
			t.Errorf("%s: %d %s", path, status, answer)
		}
	}
	post("/v3.0/clients/import", map[string]any{"client": map[string]any{"name": bad, "emails": mail("r"), "type": "buyer", "stage": bad, "source": bad, "tags": bad, "address": bad, "city": bad,
		"notes": bad, "requirements": []any{map[string]any{"city": bad, "address": bad}}, "properties": []any{map[string]any{"address": bad, "city": bad, "type": bad}}}}, "secure-id", f.Vars["radius.secureId"])
	post("/", map[string]any{"action": "NewSubmission", "firstname": bad, "lastname": bad, "email": mail("l"), "comments": bad, "tag": bad, "city": bad, "siteurl": bad}, "Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(f.Vars["liondesk.apiKey"]+":")), "X-LionDesk-Id", f.Vars["liondesk.userKey"])
	post("/v2/leads", map[string]any{"first_name": bad, "last_name": bad, "email": mail("b"), "company_name": bad, "lead_source": bad, "notes": bad, "agent_id": bad}, "Authorization", "Token token="+f.Vars["brokerkit.token"])
	post("/contacts/", map[string]any{"locationId": f.Credentials.LocationID, "firstName": bad, "lastName": bad, "name": bad, "email": mail("h"), "tags": []string{bad}, "source": bad, "companyName": bad, "website": bad,
		"address1": bad, "city": bad, "customFields": []any{map[string]any{"key": bad, "field_value": bad}}}, "Authorization", "Bearer "+f.Vars["highlevel.privateToken"], "Version", "2021-07-28")
	by := crm.Actor{LocationID: f.Credentials.LocationID, Origin: bad}
	err := f.DB.Write(t.Context(), by.LocationID, func(ctx context.Context, tx *db.Tx) error {
		in := crm.Input{Contact: crm.Contact{FirstName: bad, LastName: bad, Type: bad, Stage: bad, Source: bad, CompanyName: bad, Website: bad, Timezone: bad, Tags: []string{bad}, DateOfBirth: bad,
			Address: crm.Address{Line1: bad, City: bad, State: bad, Country: bad}, Phones: []crm.Phone{{Raw: bad, Kind: bad}}, Emails: []crm.Email{{Address: mail("w"), Kind: bad}},
			Details: crm.Details{Language: bad, LocationText: bad, ReferrerNote: bad, Priority: bad, Referrer: bad, DNDSettings: map[string]crm.DNDRule{bad: {Status: "active"}}, Office: &crm.Address{Line1: bad}}}}
		field, err := crm.CustomFieldNamed(ctx, tx, by, bad, "TEXT")
		if err != nil {
			return err
		}
		in.CustomFields = map[string]any{field.ID: bad}
		in.Links = []crm.Link{{Origin: bad, ExternalID: bad}}
		in.Properties = []crm.Property{{Key: bad, Data: map[string]any{"address": bad, "city": bad, "mls": bad, bad: bad}}}
		in.Requirements = []crm.Requirement{{Key: bad, Data: map[string]any{"city": bad, "maxPrice": bad}}}
		saved, err := crm.SaveContact(ctx, tx, by, crm.Save{Input: in})
		if err != nil {
			return err
		}
		c := saved.Contact
		if _, err := crm.AddNote(ctx, tx, by, crm.Note{ContactID: c.ID, Title: bad, Body: bad, Kind: bad}); err != nil {
			return err
		}
		if _, err := crm.AddTask(ctx, tx, by, crm.Task{ContactID: c.ID, Title: bad, Body: bad, AssignedTo: f.Vars["user.id"], DueAt: tx.Now()}); err != nil {
			return err
		}
		if _, err := crm.AddActivity(ctx, tx, by, crm.Activity{ContactID: c.ID, Type: bad, Description: bad, Property: map[string]any{"address": bad}}); err != nil {
			return err
		}
		if _, err := conversation.ReceiveMessage(ctx, tx, by, conversation.Receive{ContactID: c.ID, Channel: "SMS", Direction: conversation.Inbound, Body: bad}); err != nil {
			return err
		}
		if _, err := conversation.ReceiveMessage(ctx, tx, by, conversation.Receive{ContactID: c.ID, Channel: "Email", Direction: conversation.Inbound, Subject: bad, HTML: bad, Attachments: []string{bad, "javascript:alert(1)", "https://x.example/" + bad}, Missing: []string{bad}}); err != nil {
			return err
		}
		if _, err := conversation.SaveSnippet(ctx, tx, by, conversation.Snippet{Name: bad, Subject: "x " + bad, Body: bad}); err != nil && !errs.Is(err, errs.Invalid) && !errs.Is(err, errs.Conflict) {
			return err
		}
		if _, err := workflow.Add(ctx, tx, by, workflow.Workflow{Kind: workflow.Flow, Name: bad, Definition: workflow.Definition{Description: bad, Triggers: []workflow.Trigger{{On: workflow.OnTagAdded, Tags: []string{bad}, If: &workflow.Condition{Field: "contact.type", Contains: bad}}},
			Steps: []workflow.Step{{Do: workflow.DoAssign, By: "user", User: bad}, {Do: workflow.DoEnrol, Workflow: bad}}}}); err != nil && !errs.Is(err, errs.Conflict) && !errs.Is(err, errs.Invalid) {
			return err
		}
		other, err := crm.SaveContact(ctx, tx, by, crm.Save{Input: crm.Input{Contact: crm.Contact{FirstName: bad, LastName: "Twin"}}, AllowDuplicate: true})
		if err != nil {
			return err
		}
		return crm.KeepSuggestions(ctx, tx, by, &crm.Suggested{ContactID: c.ID, Pairs: []crm.Suggestion{{ContactID: c.ID, OtherContactID: other.Contact.ID, Score: .9, Reason: bad}}})
	})
	if err != nil {
		t.Fatal(err)
	}
	form := url.Values{"name": {bad}, "query": {bad}, "do": {"save"}}
	send(t, f, "POST", "/in/"+f.Credentials.LocationID+"/contacts/view", cookie, form.Encode(), "Content-Type", formType)
	form = url.Values{"first": {bad}, "last": {bad}, "type": {bad}, "source": {bad}, "email": {mail("u")}}
	send(t, f, "POST", "/in/"+f.Credentials.LocationID+"/contacts", cookie, form.Encode(), "Content-Type", formType)
}
