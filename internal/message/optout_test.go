package message_test

import (
	"context"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/foyer-crm/foyer/internal/clock"
	"github.com/foyer-crm/foyer/internal/conversation"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/foyertest"
	"github.com/foyer-crm/foyer/internal/message"
)

// Whatever order people say STOP and START in while messages are queued, scheduled
// and delivered, none leaves for somebody who has said STOP last, and none outside
// of its window (D10).
func TestNothingLeavesAfterStop(t *testing.T) {
	const histories, steps = 60, 15
	eachStore(t, "", "keep:", func(t *testing.T, f *foyertest.F) {
		r := rand.New(rand.NewPCG(10, 4))
		kept, _ := f.Carry.SMS.(*message.Kept)
		closed := clock.Window{Days: []string{strings.ToLower(time.Now().UTC().AddDate(0, 0, 3).Weekday().String()[:3])}}
		left := 0
		for range histories {
			who, stopped := somebody(t, f), false
			shut := map[string]bool{} // messages whose window is closed
			for range steps {
				switch r.IntN(5) {
				case 0, 1:
					word := []string{"stop", "START", "Stop.", "unsubscribe", "unstop"}[r.IntN(5)]
					write(t, f, func(ctx context.Context, tx *db.Tx, by crm.Actor) (*conversation.Message, error) {
						return conversation.ReceiveMessage(ctx, tx, by, conversation.Receive{Channel: "SMS", Direction: conversation.Inbound, ContactID: who, Body: word})
					})
					stopped = !strings.Contains(strings.ToLower(word), "start") && word != "unstop"
				case 2, 3:
					s := conversation.Send{Channel: "SMS", ContactID: who, Body: "x"}
					if r.IntN(4) == 0 {
						s.Window, s.Zone = &closed, "UTC"
					}
					err := f.DB.Write(t.Context(), f.Credentials.LocationID, func(ctx context.Context, tx *db.Tx) error {
						m, err := conversation.SendMessage(ctx, tx, crm.Actor{LocationID: f.Credentials.LocationID, Origin: "test"}, s)
						if err == nil && s.Window != nil {
							shut[m.ID] = true
						}
						return err
					})
					if (err != nil) != stopped {
						t.Fatalf("stopped: %v, and sending says %v", stopped, err)
					}
				default:
					before := len(kept.All())
					once(t, f)
					for _, p := range kept.All()[before:] {
						if p.Message.ContactID == who && stopped || shut[p.Message.ID] {
							t.Fatalf("a message left; stopped: %v, closed: %v", stopped, shut[p.Message.ID])
						}
						left++
					}
				}
			}
			for range 3 {
				once(t, f) // what still waits
			}
		}
		if left == 0 {
			t.Error("no message left at all: the test shows nothing")
		}
	})
}
