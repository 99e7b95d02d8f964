package webhook_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/foyer-crm/foyer/internal/app"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/foyertest"
	"github.com/foyer-crm/foyer/internal/webhook"
)

// Benchmark tells one subscriber of new contacts, so that -cpuprofile shows where
// the time of a webhook goes: from the event in the database to the outcome in it.
func Benchmark(b *testing.B) {
	f := foyertest.Start(b, app.Config{Store: app.Store{Data: b.TempDir()}, AllowPrivate: true})
	r := newReceiver(b, nil)
	by := crm.Actor{LocationID: f.Credentials.LocationID, Origin: "test"}
	err := f.DB.Write(b.Context(), by.LocationID, func(ctx context.Context, tx *db.Tx) error {
		_, _, err := webhook.AddEndpoint(ctx, tx, f.Vault, by, webhook.Endpoint{URL: r.URL})
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	time.Sleep(10 * time.Millisecond)
	const each = 100
	for n := 0; n < b.N; n += each {
		err := f.DB.Write(b.Context(), by.LocationID, func(ctx context.Context, tx *db.Tx) error {
			for i := range min(each, b.N-n) {
				if _, err := crm.SaveContact(ctx, tx, by, crm.Save{Input: crm.Input{Contact: crm.Contact{FirstName: fmt.Sprintf("Ana %d", n+i), LastName: "Example", Tags: []string{"buyer"}}}}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	ctx, stop := context.WithCancel(context.Background())
	var work sync.WaitGroup
	b.ReportAllocs()
	b.ResetTimer()
	work.Go(func() { f.Run(ctx, 0) })
	r.wait(b, b.N)
	b.StopTimer()
	stop()
	work.Wait()
}
