package highlevel_test

import (
	"context"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/foyer-crm/foyer/internal/calendar"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/foyertest"
	"github.com/foyer-crm/foyer/internal/remote"
)

// Each kind that belongs to a contact: made, read, changed, listed, removed.
func TestWhatBelongsToAContactCrosses(t *testing.T) {
	due := time.Now().Add(72 * time.Hour).UTC().Truncate(time.Hour)
	format := func(at time.Time) string { return at.UTC().Format("2006-01-02T15:04:05.000Z") }
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		addField(t, f, "opportunity", "Side", "TEXT")
		write(t, f, func(ctx context.Context, tx *db.Tx) error {
			if _, err := crm.AddPipeline(ctx, tx, by(f), crm.Pipeline{Name: "Sellers", Stages: []crm.Stage{{Name: "New"}, {Name: "Listed"}}}); err != nil {
				return err
			}
			_, err := calendar.Add(ctx, tx, by(f), showings())
			return err
		})
		s, _ := open(t, f)
		ctx := t.Context()
		person := must[*remote.Record](t)(s.Create(ctx, remote.Contact, ann0(), ""))
		for _, c := range []struct {
			kind         remote.Kind
			made, change map[string]any
			same         []string // fields that the change leaves alone
		}{
			{remote.Task, map[string]any{"title": "Call", "body": "about the house", "dueDate": format(due)}, map[string]any{"completed": true, "title": "Call back", "body": nil}, []string{"dueDate"}},
			{remote.Note, map[string]any{"body": "Wants to sell.", "title": "First"}, map[string]any{"body": "Sold."}, []string{"title"}},
			{remote.Appointment, map[string]any{"calendar": "showings", "title": "Showing", "startTime": format(due), "endTime": format(due.Add(time.Hour)), "appointmentStatus": "confirmed", "address": "1 Main St"},
				map[string]any{"startTime": format(due.Add(2 * time.Hour)), "endTime": format(due.Add(3 * time.Hour)), "appointmentStatus": "cancelled"}, []string{"title", "address", "calendar"}},
			{remote.Opportunity, map[string]any{"name": "1 Main St", "pipeline": "sellers", "stage": "new", "monetaryValue": 500000, "customFields.Side": "seller"},
				map[string]any{"stage": "Listed", "status": "won", "monetaryValue": 510000}, []string{"name", "pipeline", "customFields.Side"}},
		} {
			made, err := s.Create(ctx, c.kind, remote.Record{ContactID: person.ID, Fields: c.made}, "")
			if err != nil {
				t.Errorf("%s: %v", c.kind, err)
				continue
			}
			have := must[*remote.Record](t)(s.Fetch(ctx, c.kind, person.ID, made.ID))
			if have == nil || have.ContactID != person.ID || made.ContactID != person.ID {
				t.Fatalf("%s: made %v, there %v", c.kind, made, have)
			}
			for name, v := range made.Fields {
				if other := have.Fields[name]; !same(v, other) {
					t.Errorf("%s %s: made %v, there %v", c.kind, name, v, other)
				}
			}
			for name, v := range c.made {
				if got := have.Fields[name]; !same(got, v) && name != "calendar" && name != "pipeline" && name != "stage" {
					t.Errorf("%s %s: sent %v, there %v", c.kind, name, v, got)
				}
			}
			now := must[*remote.Record](t)(s.Update(ctx, c.kind, remote.Record{ID: made.ID, ContactID: person.ID, Fields: c.change}, ""))
			have = must[*remote.Record](t)(s.Fetch(ctx, c.kind, person.ID, made.ID))
			for name, v := range c.change {
				if !same(have.Fields[name], v) || !same(now.Fields[name], v) {
					t.Errorf("%s %s: changed to %v, answered %v, there %v", c.kind, name, v, now.Fields[name], have.Fields[name])
				}
			}
			for _, name := range c.same {
				if have.Fields[name] == nil {
					t.Errorf("%s %s was lost", c.kind, name)
				}
			}
			if list := must[[]remote.Record](t)(s.Of(ctx, c.kind, person.ID)); !slices.Contains(ids(list), made.ID) {
				t.Errorf("%s: of the contact %v", c.kind, list)
			}
			all, next, _ := walk(t, s, c.kind, "")
			if !slices.Contains(ids(all), made.ID) {
				t.Errorf("%s: %v changed", c.kind, all)
			}
			if all, next, _ = walk(t, s, c.kind, next); !slices.Contains(ids(all), made.ID) {
				t.Errorf("%s: %v changed a second time", c.kind, all)
			}
			for range 2 {
				if err := s.Delete(ctx, c.kind, person.ID, made.ID); err != nil {
					t.Errorf("%s: %v", c.kind, err)
				}
			}
			if have = must[*remote.Record](t)(s.Fetch(ctx, c.kind, person.ID, made.ID)); have != nil {
				t.Errorf("%s: still there", c.kind)
			}
			if all, _, _ = walk(t, s, c.kind, next); slices.Contains(ids(all), made.ID) {
				t.Errorf("%s: what is gone changed", c.kind)
			}
		}
		if p := must[*remote.Page](t)(s.Changes(ctx, remote.Note, "")); !slices.Contains(p.Whole, person.ID) {
			t.Errorf("the contact was not looked at whole: %v", p)
		}
	})
}

func ann0() remote.Record {
	return remote.Record{Fields: map[string]any{"firstName": "Ann", "email": "ann@example.com"}}
}

// Names that people gave are found without regard to case; what is not there is
// said, and nothing is sent.
func TestNamesThatAreNotThereAreRefused(t *testing.T) {
	f := foyertest.New(t)
	s, _ := open(t, f)
	person := must[*remote.Record](t)(s.Create(t.Context(), remote.Contact, ann0(), ""))
	for kind, fields := range map[remote.Kind]map[string]any{
		remote.Contact: {"customFields.Nothing": "x"}, remote.Appointment: {"calendar": "Nothing", "startTime": "2030-01-01T00:00:00Z"}, remote.Opportunity: {"name": "x", "pipeline": "Nothing"},
	} {
		if _, err := s.Create(t.Context(), kind, remote.Record{ContactID: person.ID, Fields: fields}, ""); !remote.Is(err, remote.Refused) {
			t.Errorf("%s: %v", kind, err)
		}
	}
	for _, id := range []string{"", ".", "..", "../../locations", "a/b", "x?y=1", "#", "\x00"} {
		if r, err := s.Fetch(t.Context(), remote.Contact, "", id); r != nil {
			t.Errorf("%q: %v %v", id, r, err)
		}
	}
}

func TestTheFieldsAreThoseOfTheLocation(t *testing.T) {
	f := foyertest.New(t)
	addField(t, f, "contact", "Budget", "NUMERICAL")
	s, _ := open(t, f)
	list := must[[]remote.Field](t)(s.Fields(t.Context(), remote.Contact))
	for name, want := range map[string]remote.Field{"email": {Name: "email"}, "companyName": {Name: "companyName"}, "type": {Name: "type", ReadOnly: true}, "customFields.Budget": {Name: "customFields.Budget", Custom: true}} {
		if !slices.Contains(list, want) {
			t.Errorf("%s: %v", name, list)
		}
	}
}

func showings() calendar.Calendar {
	c := calendar.New()
	c.Name = "Showings"
	return c
}

// HighLevel itself takes fewer fields in an update than its contacts have, and so
// may others: what is refused by name is not sent again.
func TestRefusedFieldsAreNotSentAgain(t *testing.T) {
	f := foyertest.New(t)
	s, b := open(t, f)
	made := must[*remote.Record](t)(s.Create(t.Context(), remote.Contact, ann0(), ""))
	refused := 0
	b.fail(func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		body, _ := io.ReadAll(r.Body)
		if r.Method == http.MethodPut && strings.Contains(string(body), "companyName") {
			refused++
			w.WriteHeader(http.StatusUnprocessableEntity)
			_, _ = io.WriteString(w, `{"statusCode": 422, "message": ["property companyName should not exist"], "error": "Unprocessable Entity"}`)
			return
		}
		r.Body, _ = r.GetBody()
		next.ServeHTTP(w, r)
	})
	for _, city := range []string{"Tempe", "Mesa"} {
		now := must[*remote.Record](t)(s.Update(t.Context(), remote.Contact, remote.Record{ID: made.ID, Fields: map[string]any{"companyName": "Acme", "city": city}}, ""))
		if now.Fields["city"] != city || now.Fields["companyName"] != nil {
			t.Errorf("%v", now.Fields)
		}
	}
	if refused != 1 {
		t.Errorf("%d refusals", refused)
	}
	list := must[[]remote.Field](t)(s.Fields(t.Context(), remote.Contact))
	if !slices.Contains(list, remote.Field{Name: "companyName", CreateOnly: true}) {
		t.Errorf("%v", list)
	}
}

// Pages of what belongs to contacts: all comes, each contact whole, also where many
// were made at one moment; and what was deleted is missing.
func TestNothingIsLostBetweenPages(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		s, _ := open(t, f)
		const many = 130
		var people, notes []string
		name, open := "x", "open"
		write(t, f, func(ctx context.Context, tx *db.Tx) error {
			people, notes = nil, nil
			p, err := crm.AddPipeline(ctx, tx, by(f), crm.Pipeline{Name: "Buyers", Stages: []crm.Stage{{Name: "New"}}})
			if err != nil {
				return err
			}
			for range many {
				saved, err := crm.SaveContact(ctx, tx, by(f), crm.Save{Input: crm.Input{Contact: crm.Contact{FirstName: "N"}}})
				if err != nil {
					return err
				}
				id := saved.Contact.ID
				n, err := crm.AddNote(ctx, tx, by(f), crm.Note{ContactID: id, Body: "x"})
				if err != nil {
					return err
				}
				for range 3 {
					if _, err := crm.AddTask(ctx, tx, by(f), crm.Task{ContactID: id, Title: "x", DueAt: tx.Now()}); err != nil {
						return err
					}
				}
				if _, err := crm.AddOpportunity(ctx, tx, by(f), crm.OpportunityChange{ContactID: &id, Name: &name, PipelineID: &p.ID, StageID: &p.Stages[0].ID, Status: &open}, true); err != nil {
					return err
				}
				people, notes = append(people, id), append(notes, n.ID)
			}
			return nil
		})
		for kind, want := range map[remote.Kind]int{remote.Note: many, remote.Task: 3 * many, remote.Opportunity: many} {
			all, _, pages := walk(t, s, kind, "")
			if got := len(ids(all)); got != want || pages < 2 {
				t.Errorf("%s: %d of %d on %d pages", kind, got, want, pages)
			}
		}
		if err := s.Delete(t.Context(), remote.Note, people[60], notes[60]); err != nil {
			t.Fatal(err)
		}
		whole, since := false, ""
		for {
			p := must[*remote.Page](t)(s.Changes(t.Context(), remote.Note, since))
			whole = whole || slices.Contains(p.Whole, people[60])
			if slices.Contains(ids(p.Records), notes[60]) {
				t.Error("what was deleted is there")
			}
			if since = p.Next; !p.More {
				break
			}
		}
		if !whole {
			t.Error("nothing says that it is gone")
		}
	})
}
