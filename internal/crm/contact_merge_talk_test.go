package crm_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/foyer-crm/foyer/internal/association"
	"github.com/foyer-crm/foyer/internal/calendar"
	"github.com/foyer-crm/foyer/internal/conversation"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/foyertest"
	"github.com/foyer-crm/foyer/internal/workflow"
)

// things are what the contacts of a scene can have something to do with.
type things struct {
	calendar, pipeline string
	workflows          []string
	associations       []string // contact to contact, many to many; contact to house, one to one; opportunity to contact
}

func (s *scene) setUp(ctx context.Context, tx *db.Tx) error {
	s.things = things{}
	c := calendar.New()
	c.Name = "Visits"
	made, err := calendar.Add(ctx, tx, s.by, c)
	if err != nil {
		return err
	}
	p, err := crm.AddPipeline(ctx, tx, s.by, crm.Pipeline{Name: "Buyers", Stages: []crm.Stage{{Name: "new"}}})
	if err != nil {
		return err
	}
	s.things.calendar, s.things.pipeline = made.ID, p.ID
	for _, name := range []string{"Welcome", "Later"} {
		w, err := workflow.Add(ctx, tx, s.by, workflow.Workflow{Kind: workflow.Flow, Name: name, Status: workflow.Published})
		if err != nil {
			return err
		}
		s.things.workflows = append(s.things.workflows, w.ID)
	}
	for _, a := range []association.Association{
		{Key: "knows", FirstKey: "contact", SecondKey: "contact"}, {Key: "lives", FirstKey: "contact", SecondKey: "custom_objects.house", Cardinality: association.OneToOne},
		{Key: "about", FirstKey: "opportunity", SecondKey: "contact", Cardinality: association.OneToMany},
	} {
		a.FirstLabel, a.SecondLabel = "a", "b"
		made, err := association.Add(ctx, tx, s.by, a)
		if err != nil {
			return err
		}
		s.things.associations = append(s.things.associations, made.ID)
	}
	return nil
}

// addTalk gives a contact some of what came with calendars and conversations.
func (s *scene) addTalk(ctx context.Context, tx *db.Tx, id string) error {
	if s.IntN(2) == 0 {
		c, _, err := conversation.Open(ctx, tx, s.by, id, maybe(s, conversation.TypeEmail))
		if err != nil {
			return err
		}
		for range s.IntN(3) {
			if err := s.say(ctx, tx, c.ID); err != nil {
				return err
			}
		}
		if err := conversation.SetTyping(ctx, tx, s.by, c.ID, "v1", true); err != nil {
			return err
		}
	}
	for _, w := range some(s, 2, s.things.workflows...) {
		if _, err := workflow.Enrol(ctx, tx, s.by, workflow.Entry{Kind: workflow.Flow, WorkflowID: w, ContactID: id}); err != nil {
			return err
		}
	}
	for range s.IntN(2) {
		name := "deal of " + id
		if _, err := crm.AddOpportunity(ctx, tx, s.by, crm.OpportunityChange{Name: &name, ContactID: &id, PipelineID: &s.things.pipeline}, true); err != nil {
			return err
		}
		a, err := calendar.Book(ctx, tx, s.by, calendar.Booking{CalendarID: s.things.calendar, ContactID: id, Start: time.Date(2035, 6, 18, 9, 0, 0, 0, time.UTC), AnySlot: true})
		if err != nil {
			return err
		}
		if _, err := calendar.AddNote(ctx, tx, s.by, calendar.Note{AppointmentID: a.ID, Body: "note"}); err != nil {
			return err
		}
	}
	return nil
}

// say adds a message of some kind to a conversation.
func (s *scene) say(ctx context.Context, tx *db.Tx, conversationID string) error {
	r := conversation.Receive{Channel: []string{"SMS", "Email", "Call"}[s.IntN(3)], Direction: []string{conversation.Inbound, conversation.Outbound}[s.IntN(2)], ConversationID: conversationID,
		Body: fmt.Sprint("said ", s.IntN(100)), At: time.UnixMilli(s.Int64N(2_000_000_000_000))}
	if s.IntN(2) == 0 {
		f, err := conversation.AddFile(ctx, tx, s.by, conversation.Upload{ConversationID: conversationID, Name: "a.wav", ContentType: "audio/wav", Content: []byte("x")})
		if err != nil {
			return err
		}
		r.Attachments, r.Transcription = []string{f.Path()}, []conversation.Sentence{{Transcript: "hello"}}
	}
	_, err := conversation.ReceiveMessage(ctx, tx, s.by, r)
	return err
}

// addRelations relates some of the contacts to each other and to what they have.
func (s *scene) addRelations(ctx context.Context, tx *db.Tx) error {
	relate := func(association int, first, second string) error {
		_, _, err := relateIfRoom(ctx, tx, s.by, s.things.associations[association], first, second)
		return err
	}
	for _, a := range s.ids {
		for _, b := range some(s, 3, s.ids...) {
			if a != b {
				if err := relate(0, a, b); err != nil {
					return err
				}
			}
		}
		if err := relate(1, a, fmt.Sprint("house", s.IntN(4))); err != nil {
			return err
		}
		for i, id := range s.ids {
			if o, err := crm.OpportunityOf(ctx, tx, s.by.LocationID, id, s.things.pipeline); err != nil || o == nil || s.IntN(2) == 0 {
				if err != nil {
					return err
				}
			} else if err := relate(2, o.ID, s.ids[(i+s.IntN(2))%len(s.ids)]); err != nil {
				return err
			}
		}
	}
	return nil
}

func relateIfRoom(ctx context.Context, tx *db.Tx, by crm.Actor, associationID, first, second string) (bool, *association.Relation, error) {
	r, _, err := association.Relate(ctx, tx, by, associationID, first, second)
	if err != nil && errs.Is(err, errs.Conflict) {
		return false, nil, nil
	}
	return err == nil, r, err
}

// checkTalk holds what must be true of conversations, workflows and relations at
// any moment: each contact has one conversation at most, in which all is that
// they said; nobody is twice in a workflow; the cardinality of relations holds.
func (s *scene) checkTalk(ctx context.Context, tx *db.Tx) error {
	for what, query := range map[string]string{
		"contacts with two conversations":               "SELECT contact_id FROM conversations WHERE location_id = $1 AND merged_into = '' GROUP BY contact_id HAVING COUNT(*) > 1",
		"messages in a conversation that is not theirs": "SELECT m.id FROM messages m WHERE m.location_id = $1 AND NOT EXISTS (SELECT 1 FROM conversations c WHERE c.location_id = $1 AND c.id = m.conversation_id AND c.contact_id = m.contact_id AND c.merged_into = '')",
		"files in a conversation that is not theirs":    "SELECT m.id FROM message_files m WHERE m.location_id = $1 AND NOT EXISTS (SELECT 1 FROM conversations c WHERE c.location_id = $1 AND c.id = m.conversation_id AND c.contact_id = m.contact_id AND c.merged_into = '')",
		"conversations that go on in none":              "SELECT id FROM conversations WHERE location_id = $1 AND merged_into <> '' AND merged_into NOT IN (SELECT id FROM conversations WHERE location_id = $1 AND merged_into = '')",
		"contacts twice in a workflow":                  "SELECT contact_id FROM enrolments WHERE location_id = $1 AND status = 'active' GROUP BY contact_id, workflow_id HAVING COUNT(*) > 1",
	} {
		var found string
		if there, err := tx.Get(ctx, []any{&found}, query, s.by.LocationID); err != nil || there {
			return fmt.Errorf("%s: %s: %w", what, found, err)
		}
	}
	for id, means := range s.means {
		list, total, err := association.Relations(ctx, tx, s.by.LocationID, id, nil, 100, 0)
		if err != nil || int(total) != len(list) {
			return fmt.Errorf("%d relations of %d: %w", len(list), total, err)
		}
		houses := 0
		for _, r := range list {
			if r.FirstID != means && r.SecondID != means {
				return fmt.Errorf("a relation of %s, which is %s, is between %s and %s", id, means, r.FirstID, r.SecondID)
			}
			for _, end := range []string{r.FirstID, r.SecondID} {
				if now, known := s.means[end]; known && now != end {
					return fmt.Errorf("a relation of %s is with %s, which is no contact any more", id, end)
				}
			}
			if r.Association.Key == "lives" {
				houses++
			}
		}
		if houses > 1 {
			return fmt.Errorf("%s has %d houses of one", id, houses)
		}
	}
	return nil
}

// After a merge there is one talk with one person: its id and that of the other
// conversation both mean it, and who was twice in a workflow is in it once.
func TestAMergeMakesOneConversation(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		s := newScene(t, f, 1)
		var a, b string
		var talks [2]string
		s.write(func(ctx context.Context, tx *db.Tx) error {
			for i, id := range []*string{&a, &b} {
				saved, err := crm.SaveContact(ctx, tx, s.by, crm.Save{Input: crm.Input{Contact: crm.Contact{FirstName: "Ana"}}})
				if err != nil {
					return err
				}
				*id = saved.Contact.ID
				for n := range i + 1 {
					m, err := conversation.ReceiveMessage(ctx, tx, s.by, conversation.Receive{Channel: "SMS", Direction: conversation.Inbound, ContactID: *id, Body: fmt.Sprintf("from %d%d", i, n), At: time.Unix(int64(1000+i), 0)})
					if err != nil {
						return err
					}
					talks[i] = m.ConversationID
				}
				if _, err := workflow.Enrol(ctx, tx, s.by, workflow.Entry{Kind: workflow.Flow, WorkflowID: s.things.workflows[0], ContactID: *id}); err != nil {
					return err
				}
			}
			return nil
		})
		var m *crm.Merge
		s.write(func(ctx context.Context, tx *db.Tx) (err error) {
			m, err = crm.MergeContacts(ctx, tx, s.by, a, b)
			return err
		})
		said := func(id string) (all []string) {
			s.read(func(ctx context.Context, tx *db.Tx) error {
				c, err := conversation.ByID(ctx, tx, s.by.LocationID, id)
				if err != nil {
					return err
				}
				list, _, err := conversation.Messages(ctx, tx, s.by.LocationID, c.ID, "", nil, 100)
				for _, m := range list {
					all = append(all, m.Body)
				}
				return err
			})
			slices.Sort(all)
			return all
		}
		for _, id := range talks {
			if got := fmt.Sprint(said(id)); got != "[from 00 from 10 from 11]" {
				t.Errorf("said in %s: %s", id, got)
			}
		}
		s.read(func(ctx context.Context, tx *db.Tx) error {
			found, total, err := conversation.Search(ctx, tx, s.by.LocationID, conversation.Query{ContactID: b, Limit: 10})
			if err != nil {
				return err
			}
			if total != 1 || found[0].ID != talks[0] || found[0].UnreadCount != 3 || found[0].LastBody != "from 11" {
				t.Errorf("%d found: %+v", total, found)
			}
			in, err := workflow.Enrolments(ctx, tx, s.by.LocationID, workflow.Flow, a)
			if err != nil {
				return err
			}
			if len(in) != 2 || in[0].Status != workflow.Active || in[1].Status != workflow.Removed {
				t.Errorf("in the workflow: %+v", in)
			}
			return nil
		})
		// what is said since stays with who was kept
		s.write(func(ctx context.Context, tx *db.Tx) error {
			_, err := conversation.ReceiveMessage(ctx, tx, s.by, conversation.Receive{Channel: "SMS", Direction: conversation.Inbound, ContactID: b, Body: "later"})
			return err
		})
		s.write(func(ctx context.Context, tx *db.Tx) error {
			_, err := crm.UndoMerge(ctx, tx, s.by, m.ID)
			return err
		})
		if got := fmt.Sprint(said(talks[0]), said(talks[1])); got != "[from 00 later] [from 10 from 11]" {
			t.Errorf("after undoing it: %s", got)
		}
		// and so it does where only the other one had a conversation
		s.write(func(ctx context.Context, tx *db.Tx) (err error) {
			if err := conversation.DeleteConversation(ctx, tx, s.by, talks[0]); err != nil {
				return err
			}
			m, err = crm.MergeContacts(ctx, tx, s.by, a, b)
			return err
		})
		s.write(func(ctx context.Context, tx *db.Tx) error {
			if err := s.say(ctx, tx, talks[1]); err != nil {
				return err
			}
			_, err := crm.UndoMerge(ctx, tx, s.by, m.ID)
			return err
		})
		if got := fmt.Sprint(said(talks[1])); got != "[from 10 from 11]" {
			t.Errorf("after undoing the second: %s", got)
		}
		s.read(func(ctx context.Context, tx *db.Tx) error {
			found, total, err := conversation.Search(ctx, tx, s.by.LocationID, conversation.Query{ContactID: a, Limit: 10})
			if err == nil && (total != 1 || found[0].ID == talks[1]) {
				t.Errorf("the kept contact has %d conversations: %+v", total, found)
			}
			return err
		})
	})
}

// Who is gone is in no relation, nor is what went with them.
func TestRelationsEndWithTheirRecords(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		for _, object := range []string{"contact", "opportunity", "business"} {
			by := actor(f)
			s := &scene{t: t, f: f, by: by}
			var record string
			s.write(func(ctx context.Context, tx *db.Tx) error {
				saved, err := crm.SaveContact(ctx, tx, by, crm.Save{Input: crm.Input{Contact: crm.Contact{FirstName: "Ana"}}})
				if err != nil {
					return err
				}
				p, err := crm.AddPipeline(ctx, tx, by, crm.Pipeline{Name: "of " + object, Stages: []crm.Stage{{Name: "new"}}})
				if err != nil {
					return err
				}
				name := "flat"
				deal, err := crm.AddOpportunity(ctx, tx, by, crm.OpportunityChange{Name: &name, ContactID: &saved.Contact.ID, PipelineID: &p.ID}, true)
				if err != nil {
					return err
				}
				b, err := crm.AddBusiness(ctx, tx, by, crm.Business{Name: "Acme"})
				if err != nil {
					return err
				}
				ids := map[string]string{"contact": saved.Contact.ID, "opportunity": deal.ID, "business": b.ID}
				for other, id := range ids {
					a, err := association.Add(ctx, tx, by, association.Association{Key: object + "_" + other, FirstKey: other, FirstLabel: "a", SecondKey: "custom_objects.house", SecondLabel: "b"})
					if err != nil {
						return err
					}
					if _, _, err := association.Relate(ctx, tx, by, a.ID, "nobody", "house"); err == nil {
						return fmt.Errorf("a %s that is not there is related", other)
					}
					if other == object || object == "contact" && other == "opportunity" {
						if _, _, err := association.Relate(ctx, tx, by, a.ID, id, "house"); err != nil {
							return err
						}
					}
				}
				record = ids[object]
				return nil
			})
			s.write(func(ctx context.Context, tx *db.Tx) error {
				remove := map[string]func(context.Context, *db.Tx, crm.Actor, string) error{"contact": crm.DeleteContact, "opportunity": crm.DeleteOpportunity, "business": crm.DeleteBusiness}[object]
				return remove(ctx, tx, by, record)
			})
			s.read(func(ctx context.Context, tx *db.Tx) error {
				_, total, err := association.Relations(ctx, tx, by.LocationID, "house", nil, 10, 0)
				if total > 0 {
					t.Errorf("%s: %d relations are left", object, total)
				}
				return err
			})
		}
	})
}
