package connect_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/foyertest"
)

// How many contacts a first sync brings in.
func BenchmarkFirstSync(b *testing.B) {
	var took time.Duration
	n := 0
	for b.Loop() {
		b.StopTimer()
		const contacts = 2000
		r := newBridge(b, foyertest.New(b), plainMapping)
		r.peer.page = 100
		if err := r.peer.f.DB.Write(b.Context(), r.peer.loc, func(ctx context.Context, tx *db.Tx) error {
			for i := range contacts {
				if _, err := saveContact(ctx, tx, crm.Actor{LocationID: r.peer.loc, Origin: "ui"}, "", map[string]any{"firstName": "F", "email": fmt.Sprintf("p%d@x.example", i), "tags": []string{"a"}}); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		began := time.Now()
		r.pass()
		took += time.Since(began)
		n += contacts
		b.StopTimer()
		if _, came := all(b, r.f, r.loc); came != contacts {
			b.Fatalf("%d came", came)
		}
		b.StartTimer()
	}
	b.ReportMetric(float64(n)/took.Seconds(), "contacts/s")
}
