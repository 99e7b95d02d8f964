package workflow_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/workflow"
)

// Every fault of a document is named with its line, all of them at once.
func TestFaultsNameTheirLine(t *testing.T) {
	for name, c := range map[string]struct {
		document string
		want     []string
	}{
		"not YAML":               {"name: x\nsteps: [", []string{"line"}},
		"empty":                  {"", []string{"line 1: the document is empty"}},
		"a step that is none":    {"name: x\nsteps:\n- do: jump\n", []string{"line 3: ", "steps.0.do"}},
		"a property nobody has":  {"name: x\nsteps:\n- do: end\n  colour: red\n", []string{`line 4: steps.0: "colour" is not known here`}},
		"no name":                {"steps: []\n", []string{"line 1: ", "name"}},
		"a label that is none":   {"name: x\nsteps:\n- do: end\n- do: goto\n  goto: nowhere\n", []string{"line 5: no step is called nowhere"}},
		"two of one label":       {"name: x\nsteps:\n- {id: a, do: end}\n- {id: a, do: end}\n", []string{"line 4: another step is called a too"}},
		"no such merge field":    {"name: x\nsteps:\n- do: sms\n  body: Hi {{contact.shoeSize}}\n", []string{"line 4: there is no field contact.shoeSize"}},
		"a function":             {"name: x\nsteps:\n- do: sms\n  body: '{{env(\"HOME\")}}'\n", []string{"line 4: ", "is not a field"}},
		"an open merge field":    {"name: x\nsteps:\n- do: sms\n  body: Hi {{contact.name\n", []string{"line 4: {{ at character 4 is never closed"}},
		"a condition of nothing": {"name: x\ntriggers:\n- on: tag_added\n  if:\n    field: contact.hair\n    is: red\nsteps: []\n", []string{"line 5: there is no field contact.hair"}},
		"an amount of time":      {"name: x\nsteps:\n- do: wait\n  for: soon\n", []string{"line 4: "}},
		"a wait for nothing":     {"name: x\nsteps:\n- do: end\n- do: wait\n", []string{"line 4: what is it to wait for?"}},
		"a time of day":          {"name: x\nsteps:\n- do: wait\n  at: '25:00'\n", []string{"line 4: "}},
		"a zone":                 {"name: x\nsteps:\n- do: wait\n  at: '09:00'\n  zone: Mars/Olympus\n", []string{"line 5: Mars/Olympus is not a time zone"}},
		"a campaign with a task": {"name: x\nkind: campaign\nsteps:\n- do: task\n  title: t\n", []string{"line 4: a campaign cannot task"}},
		"deep inside":            {"name: x\nsteps:\n- do: branch\n  cases:\n  - if: {field: contact.type, is: buyer}\n    then:\n    - do: sms\n      body: '{{nobody.name}}'\n", []string{"line 8: there is no field nobody.name"}},
		"a key twice":            {"name: x\nname: y\nsteps: []\n", []string{"line"}},
		"anchors":                {"name: &a x\nkind: *a\nsteps: []\n", []string{"line 1: anchors and aliases cannot be used"}},
		"several":                {"name: x\nsteps:\n- do: goto\n  goto: a\n- do: goto\n  goto: b\n", []string{"line 4: no step is called a\nline 6: no step is called b"}},
		"in a payload":           {"name: x\nsteps:\n- do: webhook\n  url: https://x.example\n  payload:\n    deep: [{who: '{{contact.nobody}}'}]\n", []string{"line 6: there is no field contact.nobody"}},
		"a header":               {"name: x\nsteps:\n- do: webhook\n  url: https://x.example\n  headers:\n    'X Team': a\n", []string{`line 6: "X Team" is not the name of a header`}},
		"JSON":                   {"{\n\"name\": \"x\",\n\"steps\": [\n{\"do\": \"fly\"}\n]}", []string{"line 4: "}},
	} {
		_, err := workflow.Parse([]byte(c.document))
		if !errs.Is(err, errs.Invalid) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for _, want := range c.want {
			if text := errs.As(err).Text; !strings.Contains(text, want) {
				t.Errorf("%s: no %q in %q", name, want, text)
			}
		}
	}
}

// whole is a document that uses every trigger and every step.
const whole = `
name: Everything
kind: workflow
status: published
description: |-
  Two lines
  of words.
enrol: once
stopOn: [reply, unsubscribe, bounce, booking, cancellation]
window: {days: [mon, fri], from: "09:00", to: "18:00", zone: contact}
triggers:
- {on: event, events: [contact.*, task.completed]}
- {on: intake, doors: [radius], sources: [Zillow], known: true}
- {on: tag_added, tags: [a]}
- {on: tag_removed, tags: [a]}
- {on: field_changed, field: contact.stage, from: [New], to: [Hot]}
- {on: stage_changed, pipeline: Sales, to: [Offer]}
- {on: status_changed, pipeline: Sales, to: [won]}
- {on: appointment, what: [booked, moved, cancelled, no_show], calendars: [Tours]}
- {on: message_received, channels: [sms, email], contains: price}
- {on: date, field: contact.birthday, every: year, offset: -1w, at: "08:30", zone: contact}
- {on: schedule, every: week, days: [mon], at: "07:00", zone: location, if: {field: contact.tags, contains: vip}}
- {on: webhook, key: k1, contact: {email: "{{webhook.body.mail}}", firstName: "{{webhook.body.first}}", tags: form}}
steps:
- {id: first, do: wait, for: 1d12h, at: "09:00", days: [tue], zone: America/Phoenix}
- {do: wait, until: appointment.start, offset: -24h, missed: end}
- {do: wait, event: {on: message_received, channels: [sms]}, timeout: 3d, late: first}
- do: branch
  cases:
  - if: {all: [{field: contact.type, in: [buyer, tenant]}, {not: {field: contact.dnd, is: true}}], any: [{field: contact.city, startsWith: Ph}, {field: contact.source, known: false}]}
    then:
    - {do: goto, goto: first}
  else:
  - {do: add_tag, tags: [x, "{{contact.source}}"]}
- {do: remove_tag, tags: [x]}
- {do: set_field, field: contact.custom.budget, value: "5"}
- {do: assign, by: round_robin, users: [{user: a@x.example, weight: 2, hours: {days: [mon], from: "09:00", to: "17:00"}}, {user: b@x.example}], always: true}
- {do: assign, by: source, owners: {Zillow: a@x.example, "*": b@x.example}}
- {do: assign, by: least_loaded, users: [{user: a@x.example}]}
- {do: assign, by: user, user: a@x.example}
- {do: task, title: Call, body: now, due: 2h, user: owner}
- {do: note, body: "said {{message.body}}"}
- {do: opportunity, pipeline: Sales, stage: New, title: "{{contact.name}}", amount: "{{contact.custom.budget|0}}", status: open}
- {do: move_stage, pipeline: Sales, stage: Offer}
- {do: appointment, calendar: Tours, after: 1d, title: Tour, user: owner}
- {do: email, subject: "Hi {{contact.firstName|there}}", body: text, html: "<p>{{contact.name}}</p>", sender: team@x.example}
- {do: sms, body: "Hi\nthere"}
- {do: enrol, campaign: Spring}
- {do: remove, workflow: Other}
- {do: webhook, url: "https://x.example/{{contact.id}}", method: PUT, headers: {X-A: b}, payload: {n: 1, who: ["{{contact.email}}"]}}
- {do: notify, to: [owner, admins], text: "{{contact.name}} is here"}
- {do: end}
`

// A document survives being written and read again, as YAML and as JSON.
func TestDocumentsSurviveWritingAndReading(t *testing.T) {
	d, err := workflow.Parse([]byte(whole))
	if err != nil {
		t.Fatal(err)
	}
	want, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	for _, asJSON := range []bool{false, true} {
		text, err := workflow.Format(d, asJSON)
		if err != nil {
			t.Fatal(err)
		}
		again, err := workflow.Parse(text)
		if err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
		if got, _ := json.Marshal(again); !bytes.Equal(got, want) {
			t.Errorf("%s\nis not\n%s", got, want)
		}
		if !asJSON && (!strings.Contains(string(text), "\n  - do: note\n") && !strings.Contains(string(text), "\n- do: note\n") || !strings.Contains(string(text), "tags: [x]")) {
			t.Errorf("not for people: %s", text)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(whole))
	f.Add([]byte("name: x\nsteps: [{do: wait, for: 1d}]"))
	f.Fuzz(func(t *testing.T, text []byte) {
		d, err := workflow.Parse(text)
		if err != nil {
			if !errs.Is(err, errs.Invalid) {
				t.Errorf("%v", err)
			}
			return
		}
		again, err := workflow.Format(d, false)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := workflow.Parse(again); err != nil {
			t.Errorf("%v in\n%s", err, again)
		}
	})
}
