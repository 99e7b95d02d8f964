package ui_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/foyer-crm/foyer/internal/conversation"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/foyertest"
	"github.com/foyer-crm/foyer/internal/report"
	"github.com/foyer-crm/foyer/internal/workflow"
)

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
	w.fits("inbox")
	w.keys("j")
	w.keys("\r")
	w.reads("Is there an HOA?")
	w.waits("!document.querySelector('.thread.here.unread')")
	w.pictures("inbox-talk")
	w.fits("inbox-talk")
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
	w.waits("document.querySelector('.toast')?.innerText.includes('Snoozed')")
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
	w.fits("templates-edit")
}

// A team lead builds a workflow, tests it on a contact, publishes it, changes it,
// and sees who is in it.
func TestAWalkThroughAutomation(t *testing.T) {
	f, w := visits(t)
	base := "/in/" + f.Credentials.LocationID
	w.goes(base + "/automation")
	w.reads("Nothing runs by itself yet")
	w.pictures("automation-empty")
	var id string
	does(t, f, func(ctx context.Context, tx *db.Tx, by crm.Actor) error {
		for _, text := range []string{talkingFlow, "name: Spring listings\nkind: campaign\nsteps:\n  - {do: email, subject: New this week, body: Hello}\n"} {
			d, err := workflow.Parse([]byte(text))
			if err != nil {
				return err
			}
			made, err := workflow.Put(ctx, tx, by, d)
			if err != nil {
				return err
			}
			if id == "" {
				id = made.ID
			}
		}
		return nil
	})
	ana := add(t, f, crm.Contact{FirstName: "Ana", LastName: "Alvarez", Type: "buyer", Emails: []crm.Email{{Address: "ana@x.example"}}, Phones: []crm.Phone{crm.NewPhone("6025550147", "")}})
	w.goes(base + "/automation/" + id)
	w.reads("Answer a new buyer")
	w.pictures("flow")
	w.fits("flow")
	w.goes(base + "/automation/" + id + "?edit=triggers.0#add")
	w.pictures("flow-edit")
	w.fits("flow-edit")
	w.goes(base + "/automation/" + id + "?add=steps.1#add")
	w.reads("What is to happen?")
	w.pictures("flow-add")
	w.do(presses(".kinds a[href*='do=sms']"))
	w.waits("document.querySelector('.step-form textarea')")
	w.do(chromedp.SendKeys(".step-form textarea", "Hi {{contact.firstName|there}}"), presses(".step-form button.main"))
	w.reads("Saved as a new version")
	w.runs("document.querySelector('#text').value = 'name: Answer a new buyer\\nsteps:\\n  - do: email\\n    subject: x\\n  - do: dance\\n'; document.querySelector('[value=text]').click()")
	w.reads("Nothing was saved")
	w.pictures("flow-faults")
	w.goes(base + "/automation/" + id + "?tab=test&who=ana")
	w.do(presses(".lines a"))
	w.reads("would take them")
	w.pictures("flow-test")
	w.fits("flow-test")
	w.goes(base + "/automation/" + id)
	w.do(presses("[value=publish]"))
	w.reads("Published. It begins")
	does(t, f, func(ctx context.Context, tx *db.Tx, by crm.Actor) error {
		_, err := workflow.Enrol(ctx, tx, by, workflow.Entry{Kind: workflow.Flow, WorkflowID: id, ContactID: ana.ID})
		return err
	})
	for range 100 {
		in := int64(0)
		f.Read(t, func(ctx context.Context, tx *db.Tx) error {
			list, err := workflow.EnrolmentsOf(ctx, tx, f.Credentials.LocationID, id, "", "", 1)
			if len(list) > 0 && list[0].Waiting != "" {
				in = 1
			}
			return err
		})
		if in > 0 {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	w.goes(base + "/automation/" + id + "?tab=people")
	w.reads("Ana Alvarez")
	w.do(presses("a[href*='of=']"))
	w.pictures("flow-people")
	w.fits("flow-people")
	w.goes(base + "/automation/" + id + "?tab=numbers")
	w.pictures("flow-numbers")
	w.fits("flow-numbers")
	w.goes(base + "/automation/" + id + "?tab=messages")
	w.reads("Ana Alvarez")
	w.pictures("flow-messages")
	w.fits("flow-messages")
	w.goes(base + "/automation/" + id + "?tab=versions")
	w.pictures("flow-versions")
	w.fits("flow-versions")
	w.goes(base + "/automation")
	w.reads("Spring listings")
	w.pictures("automation")
	w.fits("automation")
}

const talkingFlow = `
name: Answer a new buyer
description: Every buyer hears from us within a minute.
triggers:
  - on: intake
    doors: [radius, highlevel]
    if: {field: contact.type, is: buyer}
  - on: tag_added
    tags: [hot]
stopOn: [unsubscribe]
steps:
  - id: hello
    do: email
    subject: "{{contact.firstName|Hello}}, thank you"
    body: |-
      Hello {{contact.firstName|there}},

      {{user.name|Somebody}} of {{location.name}} will call you today.
  - do: branch
    cases:
      - if: {field: contact.phone, known: true}
        then:
          - do: sms
            body: "Hi {{contact.firstName|there}}, we just sent you an e-mail."
          - do: add_tag
            tags: [texted]
    else:
      - do: task
        title: "Find a phone number of {{contact.name}}"
        due: 1d
  - do: wait
    event: {on: message_received}
    timeout: 1d
    late: nudge
  - do: end
  - id: nudge
    do: task
    title: "Call {{contact.name}}"
    due: 2h
`

// A team lead looks at the quarter.
func TestAWalkThroughReports(t *testing.T) {
	f, w := visits(t)
	base := "/in/" + f.Credentials.LocationID
	w.goes(base + "/reports")
	w.reads("Nobody came in these days")
	w.pictures("reports-empty")
	plantReports(t, f)
	w.goes(base + "/reports?days=90")
	w.reads("leads in 90 days")
	w.pictures("reports")
	w.fits("reports")
	w.runs("document.querySelector('.as-table').open = true")
	w.picture("reports-table", 1440, "light")
	w.goes(base + "/reports?days=30")
	w.pictures("reports-30")
	w.goes("/today")
	w.reads("Conversion by source")
	w.pictures("today-charts")
}

// fits reports what is wider than a phone.
func (w *walker) fits(name string) {
	w.Helper()
	var wide string
	w.do(emulation.SetDeviceMetricsOverride(390, 900, 1, true), chromedp.Sleep(100*time.Millisecond),
		chromedp.Evaluate("document.documentElement.scrollWidth <= 390 ? '' : [...document.querySelectorAll('main *')].filter(x => x.getBoundingClientRect().right > 391).slice(0, 5).map(x => x.outerHTML.slice(0, 120)).join(' ; ')", &wide),
		emulation.SetDeviceMetricsOverride(1440, 900, 1, false))
	if wide != "" {
		w.Errorf("%s is wider than a phone: %s", name, wide)
	}
}

// plantReports fills the tallies of a quarter.
func plantReports(t *testing.T, f *foyertest.F) {
	t.Helper()
	does(t, f, func(ctx context.Context, tx *db.Tx, by crm.Actor) error {
		put := func(what, owner, day, name string, n int) error {
			return tx.Do(ctx, "INSERT INTO tallies (location_id, what, owner, day, name, n) VALUES ($1, $2, $3, $4, $5, $6)", by.LocationID, what, owner, day, name, n)
		}
		for i := range 90 {
			day := time.Now().AddDate(0, 0, -i).Format(time.DateOnly)
			for k, source := range []string{"Zillow", "Open house", "Website", "Referral", "Realtor.com", "Facebook", ""} {
				n := (i*7+k*5)%(11-k) + 1
				for name, what := range map[string]string{source: report.Leads, report.AnswerName(report.Waits()[(i+k)%9].Name, source): report.Answers} {
					if err := put(what, report.All, day, name, n); err != nil {
						return err
					}
				}
				if (i+k)%9 == 0 {
					if err := put(report.Won, report.All, day, source, 1); err != nil {
						return err
					}
				}
			}
			for k, kind := range []string{"call", "email", "text", "task", "note"} {
				if err := put(report.Work, f.Vars["user.id"], day, kind, (i+k)%6); err != nil {
					return err
				}
			}
			for _, m := range []struct {
				name string
				n    int
			}{{"email:out", 30}, {"email:delivered", 27}, {"email:failed", 1}, {"email:in", 8}, {"text:out", 22}, {"text:delivered", 21}, {"text:in", 12}} {
				if err := put(report.Messages, report.All, day, m.name, m.n); err != nil {
					return err
				}
			}
		}
		p, err := crm.AddPipeline(ctx, tx, by, crm.Pipeline{Name: "Buyers", Stages: []crm.Stage{{Name: "New"}, {Name: "Showing"}, {Name: "Offer"}, {Name: "Under contract"}}})
		if err != nil {
			return err
		}
		s, err := crm.SaveContact(ctx, tx, by, crm.Save{Input: crm.Input{Contact: crm.Contact{FirstName: "Ana", Source: "Zillow"}}})
		if err != nil {
			return err
		}
		for i, stage := range p.Stages {
			name, status, value := "Deal", "open", float64(400_000-90_000*i)
			if _, err := crm.AddOpportunity(ctx, tx, by, crm.OpportunityChange{ContactID: &s.Contact.ID, PipelineID: &p.ID, StageID: &stage.ID, Name: &name, Status: &status, MonetaryValue: &value}, true); err != nil {
				return err
			}
		}
		return nil
	})
}
