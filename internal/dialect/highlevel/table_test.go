package highlevel_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/foyer-crm/foyer/internal/association"
	"github.com/foyer-crm/foyer/internal/blog"
	"github.com/foyer-crm/foyer/internal/conversation"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/dialect/highlevel"
	"github.com/foyer-crm/foyer/internal/foyertest"
	"github.com/foyer-crm/foyer/internal/workflow"
)

// These tests come out of the table of operations: a new row is in them.

var placeholder = regexp.MustCompile(`\{([^}]+)\}`)

// fillPath puts values into an operation's path.
func fillPath(o highlevel.Operation, value func(name string) string) string {
	return placeholder.ReplaceAllStringFunc(o.Path, func(m string) string { return url.PathEscape(value(m[1 : len(m)-1])) })
}

// raw sends a request and gives status and body, whatever that is.
func raw(t *testing.T, f *foyertest.F, method, path, body string, headers ...string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, f.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+f.Vars["highlevel.privateToken"])
	req.Header.Set("Version", "v3")
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
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

// secret is in everything that the neighbour owns.
const secret = "Neighboursecret"

// theirThings makes one of everything in the neighbour's location, and gives the
// ids by what a path calls them.
func theirThings(t *testing.T, f *foyertest.F, location string) map[string]string {
	t.Helper()
	by := crm.Actor{LocationID: location, Origin: "test"}
	ids := map[string]string{}
	err := f.DB.Write(t.Context(), location, func(ctx context.Context, tx *db.Tx) error {
		saved, err := crm.SaveContact(ctx, tx, by, crm.Save{AllowDuplicate: true, Input: crm.Input{Contact: crm.Contact{FirstName: secret, Phones: []crm.Phone{crm.NewPhone("6025550199", "")}}}})
		if err != nil {
			return err
		}
		who := saved.Contact.ID
		note, err := crm.AddNote(ctx, tx, by, crm.Note{ContactID: who, Body: secret})
		if err != nil {
			return err
		}
		task, err := crm.AddTask(ctx, tx, by, crm.Task{ContactID: who, Title: secret})
		if err != nil {
			return err
		}
		call, err := conversation.ReceiveMessage(ctx, tx, by, conversation.Receive{Channel: "Call", Direction: conversation.Inbound, ContactID: who, Body: secret, Transcription: []conversation.Sentence{{Transcript: secret}}})
		if err != nil {
			return err
		}
		mail, err := conversation.ReceiveMessage(ctx, tx, by, conversation.Receive{Channel: "Email", Direction: conversation.Inbound, ContactID: who, Subject: secret, Body: secret})
		if err != nil {
			return err
		}
		flow, err := workflow.Add(ctx, tx, by, workflow.Workflow{Kind: workflow.Flow, Name: secret, Status: workflow.Published})
		if err != nil {
			return err
		}
		campaign, err := workflow.Add(ctx, tx, by, workflow.Workflow{Kind: workflow.Campaign, Name: secret, Status: workflow.Published})
		if err != nil {
			return err
		}
		a, err := association.Add(ctx, tx, by, association.Association{Key: "theirs", FirstKey: "contact", FirstLabel: secret, SecondKey: "custom_objects.x", SecondLabel: secret})
		if err != nil {
			return err
		}
		r, _, err := association.Relate(ctx, tx, by, a.ID, who, secret)
		if err != nil {
			return err
		}
		site, err := blog.AddSite(ctx, tx, by, secret, "")
		if err != nil {
			return err
		}
		post, err := blog.AddPost(ctx, tx, by, blog.Post{BlogID: site.ID, Title: secret, Slug: secret, Status: blog.Published})
		if err != nil {
			return err
		}
		ids = map[string]string{"contactId": who, "notes": note.ID, "taskId": task.ID, "conversationId": call.ConversationID, "messageId": call.ID, "messages": call.ID, "email": mail.EmailID, "emailMessageId": mail.EmailID,
			"workflowId": flow.ID, "campaignId": campaign.ID, "associationId": a.ID, "key_name": a.Key, "objectKey": "contact", "recordId": who, "relationId": r.ID, "postId": post.ID, "blogId": site.ID, "locationId": location}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return ids
}

// Nothing of another location is read or changed, whatever its ids are put into.
func TestNoOperationReachesAnotherLocation(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		theirs := f.Neighbour(t)["locationId"]
		ids := theirThings(t, f, theirs)
		addAgency(t, f)
		bodies, _ := json.Marshal(map[string]any{"contactId": ids["contactId"], "conversationId": ids["conversationId"], "associationId": ids["associationId"], "firstRecordId": ids["contactId"], "secondRecordId": "x",
			"blogId": ids["blogId"], "type": "SMS", "message": "x", "status": "read", "isTyping": true, "visitorId": "v", "title": "changed", "body": "changed", "tags": []string{"changed"}, "attachments": []string{"https://x.example/a"},
			"firstObjectLabel": "changed", "secondObjectLabel": "changed", "firstName": "changed", "starred": true})
		before := countEvents(t, f, theirs)
		for _, o := range highlevel.Operations() {
			if o.Status() != "done" {
				continue
			}
			path := fillPath(o, func(name string) string {
				if name == "locationId" && strings.HasPrefix(o.Path, "/conversations/") {
					return f.Vars["locationId"] // the token's: what is asked for is the message
				}
				if id := ids[name]; id != "" {
					return id
				}
				parts := strings.Split(o.Path, "/")
				return ids[parts[len(parts)-2]] // /contacts/{contactId}/notes/{id}
			})
			query := "?blogId=" + ids["blogId"] + "&contactId=" + ids["contactId"] + "&id=" + ids["conversationId"] + "&query=" + secret + "&urlSlug=x&email=x@x.example&postId=" + ids["postId"]
			body := ""
			if o.Method != http.MethodGet {
				body = strings.Replace(string(bodies), "{", `{"locationId": "`+f.Vars["locationId"]+`", `, 1)
			}
			as := []string{"Authorization", "Bearer " + f.Vars["highlevel.privateToken"]}
			if o.Token == highlevel.Agency {
				as[1] = "Bearer " + f.Vars["agency"]
			}
			status, answer := raw(t, f, o.Method, path+query, body, as...)
			if strings.Contains(answer, secret) || status >= 500 {
				t.Errorf("%s %s: %d %s", o.Method, path, status, answer)
			}
			if status < 300 && strings.Contains(o.Path, "{") && o.Method != http.MethodGet {
				t.Errorf("%s %s did something: %d %s", o.Method, path, status, answer)
			}
			// and its name is refused, in the address and in the body
			mine := fillPath(o, func(name string) string {
				if name == "locationId" {
					return f.Vars["locationId"]
				}
				return "x"
			})
			if status, answer := raw(t, f, o.Method, mine+"?locationId="+theirs, "{}", as...); status != http.StatusForbidden {
				t.Errorf("%s %s names another location: %d %s", o.Method, mine, status, answer)
			}
		}
		if after := countEvents(t, f, theirs); after != before {
			t.Errorf("something happened to the neighbour: %d events, before %d", after, before)
		}
	})
}

func countEvents(t *testing.T, f *foyertest.F, location string) (n int) {
	t.Helper()
	f.System(t, func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Get(ctx, []any{&n}, "SELECT COUNT(*) FROM events WHERE location_id = $1", location)
		return err
	})
	return n
}

// Every property of every body, every parameter and every part of a path takes
// anything without a failure of the server.
func TestEveryOperationBearsAnything(t *testing.T) {
	junk := []string{`null`, `""`, `" "`, `"\u0000"`, `"\ud800"`, `"none"`, `"💥é"`, `-1`, `0`, `1e300`, `9007199254740993`, `true`, `[]`, `[null]`, `[[1]]`, `["a", {"b": 1}]`, `{}`, `{"a": null}`, `{"id": ["x"]}`, `"` + strings.Repeat("x", 3000) + `"`}
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		prepare(t, f)
		var doc struct {
			Paths map[string]map[string]struct {
				Parameters  []struct{ Name, In string }
				RequestBody struct {
					Content map[string]struct {
						Schema struct {
							Ref string `json:"$ref"`
						}
					}
				}
			}
			Components struct {
				Schemas map[string]struct{ Properties map[string]any }
			}
		}
		_, text := raw(t, f, "GET", "/openapi.json", "")
		if err := json.Unmarshal([]byte(text), &doc); err != nil {
			t.Fatal(err)
		}
		ana := created(t, f, `"firstName": "Ana", "email": "ana@x.example", "phone": "6025550147"`)
		for _, o := range highlevel.Operations() {
			if o.Status() != "done" {
				continue
			}
			is := doc.Paths[o.Path][strings.ToLower(o.Method)]
			path := fillPath(o, func(name string) string {
				switch name {
				case "locationId":
					return f.Vars["locationId"]
				case "contactId":
					return ana
				}
				return "none"
			})
			try := func(path, body string) {
				if status, answer := raw(t, f, o.Method, path, body); status >= 500 {
					t.Errorf("%s %s with %.200s: %d %s", o.Method, path, body, status, answer)
				}
			}
			for _, media := range is.RequestBody.Content {
				for name := range doc.Components.Schemas[strings.TrimPrefix(media.Schema.Ref, "#/components/schemas/")].Properties {
					for _, value := range junk {
						try(path, fmt.Sprintf(`{"locationId": %q, "contactId": %q, %q: %s}`, f.Vars["locationId"], ana, name, value))
					}
				}
				try(path, `[]`)
				try(path, `{`)
				try(path, "\x00\xff")
			}
			for _, p := range is.Parameters {
				if p.In == "query" {
					for _, value := range []string{"", "%00", "%ff", "-1", "99999999999999999999", "a,b,,c", "%F0%9F%92%A5", "%25_!%27", strings.Repeat("x", 3000)} {
						try(path+"?"+p.Name+"="+value, "")
						try(path+"?"+p.Name+"[]="+value, "")
					}
				}
			}
			if strings.Contains(o.Path, "{") && o.Method == http.MethodGet {
				for _, value := range []string{"%00", "%FF", "%2e%2e", strings.Repeat("x", 3000), "💥"} {
					try(placeholder.ReplaceAllString(o.Path, value), "")
				}
			}
		}
	})
}

// created makes a contact and gives its id.
func created(t *testing.T, f *foyertest.F, members string) string {
	t.Helper()
	status, _, a := ask(t, f, "POST", "/contacts/", `{"locationId": "`+f.Vars["locationId"]+`", `+members+`}`)
	if status != 201 {
		t.Fatal(a)
	}
	id, _ := a["contact"].(map[string]any)["id"].(string)
	return id
}
