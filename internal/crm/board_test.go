package crm_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/foyertest"
)

// A board shows the cards of a stage in the order that people gave them, adds up
// all of them, and keeps to a status and an owner.
func TestABoardKeepsTheOrderOfItsCards(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		by := crm.Actor{LocationID: f.Credentials.LocationID, UserID: f.Vars["user.id"], Origin: "test"}
		owner := f.Vars["user.id"]
		var p *crm.Pipeline
		ids := map[string]string{}
		write := func(do func(ctx context.Context, tx *db.Tx) error) {
			t.Helper()
			if err := f.DB.Write(t.Context(), by.LocationID, do); err != nil {
				t.Fatal(err)
			}
		}
		write(func(ctx context.Context, tx *db.Tx) (err error) {
			p, err = crm.AddPipeline(ctx, tx, by, crm.Pipeline{Name: "Buyers", Stages: []crm.Stage{{Name: "New"}, {Name: "Offer"}}})
			if err != nil {
				return err
			}
			saved, err := crm.SaveContact(ctx, tx, by, crm.Save{Input: crm.Input{Contact: crm.Contact{FirstName: "Ana"}}})
			if err != nil {
				return err
			}
			for i, name := range strings.Fields("a b c d") { // in one transaction: at one moment, as an import brings them
				value := float64(i + 1)
				to := crm.OpportunityChange{Name: &name, ContactID: &saved.Contact.ID, PipelineID: &p.ID, MonetaryValue: &value}
				if name == "a" {
					to.AssignedTo = &owner
				}
				o, err := crm.AddOpportunity(ctx, tx, by, to, true)
				if err != nil {
					return err
				}
				ids[name] = o.ID
			}
			return nil
		})
		shows := func(stage int, q crm.BoardQuery) string {
			t.Helper()
			var text strings.Builder
			f.Read(t, func(ctx context.Context, tx *db.Tx) error {
				q.PipelineID, q.StageID = p.ID, p.Stages[stage].ID
				if q.Limit == 0 {
					q.Limit = 10
				}
				s, err := crm.Board(ctx, tx, by.LocationID, q)
				if err != nil {
					return err
				}
				for _, c := range s.Cards {
					text.WriteString(c.Name)
				}
				_, err = fmt.Fprintf(&text, " %d %g", s.Count, s.Value)
				return err
			})
			return text.String()
		}
		if got := shows(0, crm.BoardQuery{}); got != "dcba 4 10" {
			t.Fatalf("at first %s", got)
		}
		if got := shows(0, crm.BoardQuery{Limit: 2}); got != "dc 4 10" {
			t.Errorf("two of them: %s", got)
		}
		if got := shows(0, crm.BoardQuery{Owner: owner}); got != "a 1 1" {
			t.Errorf("the owner's: %s", got)
		}
		for _, step := range []struct {
			card   string
			stage  int
			behind string
			first  string
			second string
		}{
			{"a", 0, "", "adcb 4 10", " 0 0"},
			{"a", 0, "d", "dacb 4 10", " 0 0"},
			{"d", 0, "b", "acbd 4 10", " 0 0"},
			{"d", 0, "b", "acbd 4 10", " 0 0"},
			{"b", 1, "", "acd 3 8", "b 1 2"},
			{"c", 1, "b", "ad 2 5", "bc 2 5"},
			{"d", 1, "a", "a 1 1", "dbc 3 9"}, // behind a card that is not there: on top
		} {
			stage := ""
			if step.stage != 0 {
				stage = p.Stages[step.stage].ID
			}
			write(func(ctx context.Context, tx *db.Tx) error {
				_, err := crm.MoveOpportunity(ctx, tx, by, ids[step.card], stage, ids[step.behind])
				return err
			})
			if a, b := shows(0, crm.BoardQuery{}), shows(1, crm.BoardQuery{}); a != step.first || b != step.second {
				t.Errorf("%s behind %q: %s and %s, want %s and %s", step.card, step.behind, a, b, step.first, step.second)
			}
		}
		for range 40 { // closer and closer
			for _, name := range []string{"b", "c"} {
				write(func(ctx context.Context, tx *db.Tx) error {
					_, err := crm.MoveOpportunity(ctx, tx, by, ids[name], "", ids["d"])
					return err
				})
			}
		}
		if got := shows(1, crm.BoardQuery{}); got != "dcb 3 9" {
			t.Errorf("after many moves: %s", got)
		}
		won := "won"
		write(func(ctx context.Context, tx *db.Tx) error {
			_, err := crm.ChangeOpportunity(ctx, tx, by, ids["d"], crm.OpportunityChange{Status: &won})
			return err
		})
		if a, b := shows(1, crm.BoardQuery{}), shows(1, crm.BoardQuery{Status: won}); a != "cb 2 5" || b != "d 1 4" {
			t.Errorf("one won: %s and %s", a, b)
		}
	})
}

// An opportunity that was deleted comes back where it was, once.
func TestADeletedOpportunityComesBack(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		by := crm.Actor{LocationID: f.Credentials.LocationID, Origin: "test"}
		err := f.DB.Write(t.Context(), by.LocationID, func(ctx context.Context, tx *db.Tx) error {
			p, err := crm.AddPipeline(ctx, tx, by, crm.Pipeline{Name: "Buyers", Stages: []crm.Stage{{Name: "New"}, {Name: "Offer"}}})
			if err != nil {
				return err
			}
			saved, err := crm.SaveContact(ctx, tx, by, crm.Save{Input: crm.Input{Contact: crm.Contact{FirstName: "Ana"}}})
			if err != nil {
				return err
			}
			name, value := "Condo", 12.5
			o, err := crm.AddOpportunity(ctx, tx, by, crm.OpportunityChange{Name: &name, ContactID: &saved.Contact.ID, PipelineID: &p.ID, StageID: &p.Stages[1].ID, MonetaryValue: &value}, false)
			if err != nil {
				return err
			}
			if err := crm.DeleteOpportunity(ctx, tx, by, o.ID); err != nil {
				return err
			}
			event, err := crm.LastEventOf(ctx, tx, by.LocationID, o.ContactID, "opportunity.deleted")
			if err != nil {
				return err
			}
			if err := crm.RestoreDeleted(ctx, tx, by, o.ContactID, event); err != nil {
				return err
			}
			back, err := crm.OpportunityByID(ctx, tx, by.LocationID, o.ID)
			if err == nil && (back.StageID != o.StageID || back.MonetaryValue != value || back.BoardRank != o.BoardRank) {
				t.Errorf("it came back as %+v, was %+v", back, o)
			}
			if again := crm.RestoreDeleted(ctx, tx, by, o.ContactID, event); again == nil {
				t.Error("it came back twice")
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}
