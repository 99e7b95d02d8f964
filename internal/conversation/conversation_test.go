package conversation_test

import (
	"context"
	"sync"
	"testing"

	"github.com/foyer-crm/foyer/internal/association"
	"github.com/foyer-crm/foyer/internal/conversation"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/foyertest"
	"github.com/foyer-crm/foyer/internal/workflow"
)

func contact(t *testing.T, f *foyertest.F, by crm.Actor) (id string) {
	t.Helper()
	err := f.DB.Write(t.Context(), by.LocationID, func(ctx context.Context, tx *db.Tx) error {
		s, err := crm.SaveContact(ctx, tx, by, crm.Save{AllowDuplicate: true, Input: crm.Input{Contact: crm.Contact{FirstName: "Ana"}}})
		if err == nil {
			id = s.Contact.ID
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// at once runs a command many times in parallel and counts those that succeed.
func atOnce(t *testing.T, f *foyertest.F, by crm.Actor, times int, do func(ctx context.Context, tx *db.Tx, i int) error) (done int) {
	t.Helper()
	var all sync.WaitGroup
	var mu sync.Mutex
	for i := range times {
		all.Go(func() {
			err := f.DB.Write(context.Background(), by.LocationID, func(ctx context.Context, tx *db.Tx) error { return do(ctx, tx, i) })
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				done++
			} else if !errs.Is(err, errs.Conflict) {
				t.Error(err)
			}
		})
	}
	all.Wait()
	return done
}

// However many messages come in at once, a contact has one conversation, which
// counts them all, reads among them.
func TestMessagesAtOnceMakeOneConversation(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		by := crm.Actor{LocationID: f.Credentials.LocationID, Origin: "test"}
		who := contact(t, f, by)
		const times = 40
		atOnce(t, f, by, times, func(ctx context.Context, tx *db.Tx, _ int) error {
			_, err := conversation.ReceiveMessage(ctx, tx, by, conversation.Receive{Channel: "SMS", Direction: conversation.Inbound, ContactID: who, Body: "x"})
			return err
		})
		var ids []string
		talk := ""
		f.Read(t, func(ctx context.Context, tx *db.Tx) error {
			found, total, err := conversation.Search(ctx, tx, by.LocationID, conversation.Query{Limit: 10})
			if err != nil || total != 1 {
				t.Fatalf("%d conversations, %v", total, err)
			}
			talk = found[0].ID
			list, _, err := conversation.Messages(ctx, tx, by.LocationID, talk, "", nil, times/2)
			for i := range list {
				ids = append(ids, list[i].ID)
			}
			return err
		})
		atOnce(t, f, by, 2*times, func(ctx context.Context, tx *db.Tx, i int) (err error) {
			if i < times {
				_, err = conversation.ChangeStatus(ctx, tx, by, ids[i%len(ids)], conversation.StatusChange{Status: conversation.Read})
			} else {
				_, err = conversation.ReceiveMessage(ctx, tx, by, conversation.Receive{Channel: "SMS", Direction: conversation.Inbound, ConversationID: talk, Body: "x"})
			}
			return err
		})
		f.Read(t, func(ctx context.Context, tx *db.Tx) error {
			c, err := conversation.ByID(ctx, tx, by.LocationID, talk)
			if err == nil && c.UnreadCount != 2*times-int64(len(ids)) {
				t.Errorf("%d unread, want %d", c.UnreadCount, 2*times-len(ids))
			}
			return err
		})
	})
}

// Of many relations at once that the cardinality allows one of, one is made; and
// a contact is enrolled once.
func TestWhatThereIsOneOfIsMadeOnce(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		by := crm.Actor{LocationID: f.Credentials.LocationID, Origin: "test"}
		who := contact(t, f, by)
		var others []string
		for range 20 {
			others = append(others, contact(t, f, by))
		}
		var a *association.Association
		var w *workflow.Workflow
		if err := f.DB.Write(t.Context(), by.LocationID, func(ctx context.Context, tx *db.Tx) (err error) {
			if a, err = association.Add(ctx, tx, by, association.Association{Key: "k", FirstKey: "contact", FirstLabel: "A", SecondKey: "contact", SecondLabel: "B", Cardinality: association.ManyToOne}); err != nil {
				return err
			}
			w, err = workflow.Add(ctx, tx, by, workflow.Workflow{Kind: workflow.Flow, Name: "w", Status: workflow.Published})
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if done := atOnce(t, f, by, len(others), func(ctx context.Context, tx *db.Tx, i int) error {
			_, _, err := association.Relate(ctx, tx, by, a.ID, who, others[i])
			return err
		}); done != 1 {
			t.Errorf("%d relations of one", done)
		}
		atOnce(t, f, by, 20, func(ctx context.Context, tx *db.Tx, _ int) error {
			_, err := workflow.Enrol(ctx, tx, by, workflow.Entry{Kind: workflow.Flow, WorkflowID: w.ID, ContactID: who, EventAt: tx.Now()})
			return err
		})
		f.Read(t, func(ctx context.Context, tx *db.Tx) error {
			list, err := workflow.Enrolments(ctx, tx, by.LocationID, workflow.Flow, who)
			if len(list) != 1 {
				t.Errorf("%d enrolments", len(list))
			}
			return err
		})
	})
}
