package ui_test

import (
	"context"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/foyertest"
	"github.com/foyer-crm/foyer/internal/workflow"
)

// aFlow gives the workflow that tests use, made when it is first asked for.
func aFlow(t *testing.T, f *foyertest.F) (id string) {
	t.Helper()
	does(t, f, func(ctx context.Context, tx *db.Tx, by crm.Actor) error {
		if w, err := workflow.Named(ctx, tx, by.LocationID, workflow.Flow, "A flow"); err == nil {
			id = w.ID
			return nil
		}
		w, err := workflow.Add(ctx, tx, by, workflow.Workflow{Kind: workflow.Flow, Name: "A flow"})
		id = w.ID
		return err
	})
	return id
}

// definition gives what a workflow is now.
func definition(t *testing.T, f *foyertest.F, id string) (w *workflow.Workflow) {
	t.Helper()
	f.Read(t, func(ctx context.Context, tx *db.Tx) (err error) {
		w, err = workflow.ByID(ctx, tx, f.Credentials.LocationID, workflow.Flow, id)
		return err
	})
	return w
}

// What the builder does to a workflow is what its document says then; what cannot
// be is refused with a word, at its line in the document.
func TestTheBuilderWritesTheDocument(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		cookie := f.SignIn(t, f.Vars["user.email"])
		id := aFlow(t, f)
		at := "/in/" + f.Credentials.LocationID + "/automation/" + id
		post := func(want int, form ...string) string {
			t.Helper()
			values := url.Values{}
			for i := 0; i < len(form); i += 2 {
				values.Add(form[i], form[i+1])
			}
			status, page := send(t, f, "POST", at, cookie, values.Encode(), "Content-Type", formType)
			if status != want {
				t.Fatalf("%v: %d %s", form, status, page)
			}
			return page
		}
		is := func(want string) {
			t.Helper()
			text, err := workflow.Format(definition(t, f, id).Document(), false)
			if _, got, _ := strings.Cut(string(text), "status: draft\n"); err != nil || strings.TrimSpace(got) != strings.TrimSpace(want) {
				t.Errorf("it is\n%s\nnot\n%s %v", got, want, err)
			}
		}
		post(303, "do", "add", "path", "steps.0", "kind", "email", "f.subject", "Hello {{contact.firstName}}", "f.body", "One\r\nTwo")
		post(303, "do", "add", "path", "steps.0", "kind", "branch")
		post(303, "do", "edit", "path", "steps.0.cases.0", "f.if.field", "contact.type", "f.if.op", "in", "f.if.value", "buyer, tenant", "f.if.field", "contact.email", "f.if.op", "known", "f.if.value", "", "f.if.any", "any")
		post(303, "do", "add", "path", "steps.0.cases.0.then.0", "kind", "add_tag", "f.tags", "warm, new")
		post(303, "do", "add", "path", "triggers.0", "kind", "intake", "f.doors", "radius", "f.known", "1", "f.if.field", "contact.city", "f.if.op", "startsWith", "f.if.value", "Phoenix")
		post(303, "do", "down", "path", "steps.0")
		is(`triggers:
  - on: intake
    doors: [radius]
    known: true
    if:
      field: contact.city
      startsWith: Phoenix
steps:
  - do: email
    body: |-
      One
      Two
    subject: Hello {{contact.firstName}}
  - do: branch
    cases:
      - if:
          any:
            - field: contact.type
              in: [buyer, tenant]
            - field: contact.email
              known: true
        then:
          - do: add_tag
            tags: [warm, new]`)
		if page := post(400, "do", "add", "path", "steps.0", "kind", "sms", "f.body", "Hi {{contact.shoeSize}}"); !strings.Contains(page, "there is no field contact.shoeSize") || !strings.Contains(page, "Hi {{contact.shoeSize}}</textarea>") {
			t.Errorf("the fault of a step: %s", page)
		}
		if page := post(400, "do", "text", "text", "name: A flow\nsteps:\n  - do: dance\n"); !strings.Contains(page, "Line 3") || !strings.Contains(page, "do: dance") {
			t.Errorf("the fault of a document: %s", page)
		}
		before := definition(t, f, id).Version
		post(303, "do", "remove", "path", "steps.1")
		if n := len(definition(t, f, id).Definition.Steps); n != 1 {
			t.Errorf("%d steps", n)
		}
		send(t, f, "POST", "/in/"+f.Credentials.LocationID+"/undo", cookie, url.Values{"undo": {"flow:" + id + ":" + strconv.FormatInt(before, 10)}}.Encode(), "Content-Type", formType)
		if n := len(definition(t, f, id).Definition.Steps); n != 2 {
			t.Errorf("%d steps after undoing", n)
		}
		post(303, "do", "publish")
		if w := definition(t, f, id); w.Status != workflow.Published || w.PublishedVersion != w.Version {
			t.Errorf("published: %+v", w)
		}
		for _, tab := range []string{"", "test", "people", "numbers", "messages", "versions"} {
			if status, page := send(t, f, "GET", at+"?tab="+tab, cookie, ""); status != 200 {
				t.Errorf("%s: %d %s", tab, status, page)
			}
		}
		for _, s := range []string{"email", "sms", "wait", "branch", "goto", "assign", "task", "note", "webhook", "notify", "enrol", "appointment", "opportunity", "set_field", "end"} {
			if _, page := send(t, f, "GET", at+"?add=steps.0&do="+s, cookie, ""); !strings.Contains(page, `name="path" value="steps.0"`) {
				t.Errorf("there is no form for %s", s)
			}
		}
	})
}

// Who may only read workflows finds no form, and none works for them.
func TestReadOnlyUsersChangeNoWorkflow(t *testing.T) {
	f := foyertest.New(t)
	id := aFlow(t, f)
	_, cookie := person(t, f, "rea", map[string]bool{"workflowsReadOnly": true})
	at := "/in/" + f.Credentials.LocationID + "/automation/" + id
	if _, page := send(t, f, "GET", at, cookie, ""); strings.Contains(page, `value="publish"`) || strings.Contains(page, "?add=") {
		t.Errorf("there is a form: %s", page)
	}
	for _, do := range []string{"publish", "delete", "text", "add"} {
		if status, _ := send(t, f, "POST", at, cookie, "do="+do, "Content-Type", formType); status != 403 {
			t.Errorf("%s: %d", do, status)
		}
	}
}

// A workflow that was deleted is kept by who deleted it, from the word about it or
// from the list; not by who only reads.
func TestADeletedWorkflowIsKept(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		id := aFlow(t, f)
		boss := f.SignIn(t, f.Vars["user.email"])
		_, reads := person(t, f, "rea", map[string]bool{"workflowsReadOnly": true})
		base := "/in/" + f.Credentials.LocationID
		for _, undo := range []string{"", "flow-leaves:" + id} {
			status, to, text := postAs(t, f, base+"/automation/"+id, boss, "do=delete")
			if status != 303 || !strings.Contains(to, "undo=flow-leaves:"+id) {
				t.Fatalf("deleting: %d %s %.300s", status, to, text)
			}
			if _, page := send(t, f, "GET", base+"/automation", boss, ""); !strings.Contains(page, "is about to be deleted") || strings.Contains(page, "/automation/"+id+`"`) {
				t.Error("the list does not say that it goes")
			}
			if undo == "" {
				undo = to[strings.Index(to, "undo=")+len("undo="):]
			}
			if status, _, _ := postAs(t, f, base+"/undo", reads, "undo="+undo); status != 403 {
				t.Errorf("who only reads keeps it: %d", status)
			}
			if status, _, text := postAs(t, f, base+"/undo", boss, "undo="+undo+"&back="+base+"/automation"); status != 303 {
				t.Errorf("keeping it: %d %.300s", status, text)
			}
			if _, page := send(t, f, "GET", base+"/automation", boss, ""); strings.Contains(page, "is about to be deleted") || !strings.Contains(page, "/automation/"+id+`"`) {
				t.Error("the list does not have it again")
			}
		}
	})
}
