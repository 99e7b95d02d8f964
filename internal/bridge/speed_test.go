package bridge_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
)

// How many contacts a second a first sync takes out, and with how many requests.
func BenchmarkFirstSyncOut(b *testing.B) {
	const contacts = 1000
	w := newTwo(b, false)
	var took time.Duration
	n := 0
	asked := w.wire.asked
	for b.Loop() {
		b.StopTimer()
		o := w.newWorld(b, uint64(n), "delete")
		o.sides[0].do(func(ctx context.Context, tx *db.Tx) error {
			for i := range contacts {
				e, _ := crm.NewEmail(fmt.Sprintf("p%d@x.example", i), "")
				in := crm.Input{Contact: crm.Contact{FirstName: "F", Emails: []crm.Email{e}, Phones: []crm.Phone{crm.NewPhone(fmt.Sprintf("+1602555%04d", i), "")}, Tags: []string{"a"}}}
				if _, err := crm.SaveContact(ctx, tx, o.sides[0].by, crm.Save{Input: in}); err != nil {
					return err
				}
			}
			return nil
		})
		asked = w.wire.asked
		b.StartTimer()
		began := time.Now()
		if err := o.engine.Work(b.Context(), o.c.LocationID, o.c.ID); err != nil {
			b.Fatal(err)
		}
		took += time.Since(began)
		n += contacts
		b.StopTimer()
		if s := o.status(); s.Linked != contacts || s.Queue != 0 {
			b.Fatalf("%d crossed: %s", s.Linked, o.dump())
		}
		asked = w.wire.asked - asked
		b.StartTimer()
	}
	b.ReportMetric(float64(n)/took.Seconds(), "contacts/s")
	b.ReportMetric(float64(asked)/contacts, "requests/contact")
}
