package workflow_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/foyer-crm/foyer/internal/app"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/foyertest"
	"github.com/foyer-crm/foyer/internal/workflow"
)

// Two processes on one database take each step once.
func TestTwoNodesTakeEachStepOnce(t *testing.T) {
	c := app.Config{Store: foyertest.PostgresStore(t), SMTP: "keep:"}
	b := &bed{F: foyertest.Start(t, c), t: t}
	other, err := app.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{}, 2)
	for _, a := range []*app.App{b.App, other} {
		go func() {
			a.Run(ctx, 0)
			done <- struct{}{}
		}()
	}
	t.Cleanup(func() {
		stop()
		<-done
		<-done
		if err := other.Close(); err != nil {
			t.Error(err)
		}
	})
	w := b.publish("name: Once\ntriggers: [{on: intake}]\nsteps: [{do: task, title: x}, {do: email, subject: x, body: x}, {do: note, body: x}]\n")
	const people = 25
	var all []string
	for i := range people {
		e, _ := crm.NewEmail(fmt.Sprintf("p%d@x.example", i), "")
		all = append(all, b.lead("radius", crm.Input{Contact: crm.Contact{FirstName: "P", Emails: []crm.Email{e}}}))
	}
	for _, who := range all {
		b.reaches(w, who, workflow.Finished)
	}
	b.Read(t, func(ctx context.Context, tx *db.Tx) error {
		for _, who := range all {
			tasks, err := crm.Tasks(ctx, tx, b.Credentials.LocationID, who)
			if err != nil {
				return err
			}
			notes, err := crm.Notes(ctx, tx, b.Credentials.LocationID, who)
			if len(tasks) != 1 || len(notes) != 1 || err != nil {
				t.Errorf("%d tasks, %d notes, %v", len(tasks), len(notes), err)
			}
		}
		return nil
	})
}

// HighLevel's operations put a contact in and take them out; steps can count from
// the moment that the request names.
func TestHighLevelEnrols(t *testing.T) {
	each(t, func(t *testing.T, b *bed) {
		w := b.publish("name: By the API\nsteps: [{id: w, do: wait, until: event.at}, {do: add_tag, tags: [in]}]\n")
		who, out := b.lead("radius", ana("")), b.lead("radius", ana(""))
		ask := func(method, contact, body string) int {
			r, err := http.NewRequest(method, b.URL+"/contacts/"+contact+"/workflow/"+w.ID, strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Authorization", "Bearer "+*b.Credentials.HighLevel.PrivateToken)
			r.Header.Set("Version", "2021-07-28")
			r.Header.Set("Content-Type", "application/json")
			res, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			_ = res.Body.Close()
			return res.StatusCode
		}
		soon := fmt.Sprintf(`{"eventStartTime": %q}`, time.Now().Add(1500*time.Millisecond).Format(time.RFC3339Nano))
		if s := ask(http.MethodPost, who, soon); s != http.StatusOK {
			t.Fatalf("enrolling: %d", s)
		}
		if s := ask(http.MethodPost, out, fmt.Sprintf(`{"eventStartTime": %q}`, time.Now().Add(time.Hour).Format(time.RFC3339))); s != http.StatusOK {
			t.Fatalf("enrolling: %d", s)
		}
		b.until("it waits", func() bool { l := b.enrolments(w, out); return len(l) == 1 && l[0].Waiting == "time" })
		if s := ask(http.MethodDelete, out, ""); s != http.StatusOK {
			t.Fatalf("taking out: %d", s)
		}
		b.reaches(w, who, workflow.Finished)
		b.reaches(w, out, workflow.Removed)
	})
}
