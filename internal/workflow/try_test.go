package workflow_test

import (
	"context"
	"strings"
	"testing"

	"github.com/foyer-crm/foyer/internal/conversation"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/foyertest"
	"github.com/foyer-crm/foyer/internal/workflow"
)

// A trial says what each step would do, goes the ways that the steps before lead
// to, and leaves nothing behind.
func TestATrialLeavesNothingBehind(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		by := crm.Actor{LocationID: f.Credentials.LocationID, Origin: "test"}
		d, err := workflow.Parse([]byte(`
name: Trial
triggers:
  - {on: tag_added, if: {field: contact.type, is: seller}}
steps:
  - {do: add_tag, tags: [warm]}
  - do: branch
    cases:
      - if: {field: contact.tags, contains: warm}
        then: [{do: email, subject: "Hello {{contact.firstName}}", body: "It is {{location.name}}"}]
    else: [{do: note, body: never}]
  - {do: wait, event: {on: message_received}, timeout: 1d, late: nudge}
  - {do: task, title: Call}
  - {do: end}
  - {id: nudge, do: sms, body: Hello}
`))
		if err != nil {
			t.Fatal(err)
		}
		var contactID string
		if err := f.DB.Write(t.Context(), by.LocationID, func(ctx context.Context, tx *db.Tx) error {
			s, err := crm.SaveContact(ctx, tx, by, crm.Save{Input: crm.Input{Contact: crm.Contact{FirstName: "Ana", Emails: []crm.Email{{Address: "ana@x.example"}}}}})
			contactID = s.Contact.ID
			return err
		}); err != nil {
			t.Fatal(err)
		}
		w := &workflow.Workflow{LocationID: by.LocationID, ID: "w", Kind: workflow.Flow, Name: d.Name, Version: 1, Definition: d.Definition}
		for _, c := range []struct {
			answered bool
			want     string
		}{
			{false, "1:done 2:done 2.1.1:done 3:waiting nudge:skipped"},
			{true, "1:done 2:done 2.1.1:done 3:waiting 4:done 5:done"},
		} {
			trial, err := f.Flows.Try(t.Context(), by.LocationID, w, contactID, c.answered)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, s := range trial.Steps {
				got = append(got, s.Key+":"+s.Outcome)
			}
			if s := strings.Join(got, " "); s != c.want {
				t.Errorf("answered %v: %s, not %s", c.answered, s, c.want)
			}
			if text := trial.Steps[2].Text; !strings.HasPrefix(text, "Hello Ana") {
				t.Errorf("the mail says %q", text)
			}
			if len(trial.Triggers) != 1 || trial.Triggers[0].Holds {
				t.Errorf("the triggers: %+v", trial.Triggers)
			}
		}
		f.Read(t, func(ctx context.Context, tx *db.Tx) error {
			c, err := crm.ContactByID(ctx, tx, by.LocationID, contactID)
			if err != nil {
				return err
			}
			talk, err := conversation.OfContact(ctx, tx, by.LocationID, contactID)
			if len(c.Tags) > 0 || talk != nil {
				t.Errorf("it left tags %v, conversation %v", c.Tags, talk)
			}
			return err
		})
	})
}
