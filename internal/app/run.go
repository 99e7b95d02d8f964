package app

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/foyer-crm/foyer/internal/connect"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/webhook"
	"github.com/foyer-crm/foyer/internal/wire"
)

// Run does what goes on behind the requests until ctx ends: jobs, and the
// housekeeping. logDays is how long the import log is kept, 0 for ever.
func (a *App) Run(ctx context.Context, logDays int) {
	var work sync.WaitGroup
	work.Go(func() { a.Jobs.Run(ctx) })
	work.Go(func() { a.Follow.Run(ctx) })
	work.Go(func() { a.Hooks.Run(ctx) })
	work.Go(func() { a.Flows.Run(ctx) })
	work.Go(func() { a.Bridge.Run(ctx) })
	work.Go(func() {
		a.every(ctx, time.Hour, "forgetting the old log of connections", func(ctx context.Context) error {
			return connect.Forget(ctx, a.DB, time.Now().AddDate(0, 0, -connectionDays))
		})
	})
	if a.Mail != nil {
		work.Go(func() { a.Mail.Run(ctx) })
	}
	work.Go(func() { a.Stream.Run(ctx) })
	work.Go(func() { a.every(ctx, 15*time.Second, "noting when keys were used", a.Desk.Flush) })
	work.Go(func() {
		a.every(ctx, time.Hour, "forgetting idempotency keys", func(ctx context.Context) error { return wire.ForgetKeys(ctx, a.DB) })
	})
	work.Go(func() { a.every(ctx, time.Hour, "forgetting tokens that ended", a.Desk.Sweep) })
	work.Go(func() {
		a.every(ctx, time.Hour, "forgetting the old log of webhooks", func(ctx context.Context) error {
			return webhook.Forget(ctx, a.DB, time.Now().AddDate(0, 0, -webhookDays))
		})
	})
	work.Go(func() { a.every(ctx, time.Minute, "looking for notifications that wait", a.wakeNotifications) })
	work.Go(func() {
		a.every(ctx, 6*time.Hour, "forgetting files that nobody imported", func(ctx context.Context) error {
			return a.Files.Forget(ctx, time.Now().AddDate(0, 0, -uploadDays))
		})
	})
	if logDays > 0 {
		work.Go(func() {
			a.every(ctx, 6*time.Hour, "forgetting the old import log", func(ctx context.Context) error {
				return wire.ForgetLog(ctx, a.DB, time.Now().AddDate(0, 0, -logDays))
			})
		})
	}
	work.Wait()
	if err := a.Desk.Flush(context.WithoutCancel(ctx)); err != nil {
		a.log.Warn("when keys were last used is not noted", "err", err)
	}
}

// webhookDays is how long the log of deliveries is kept, as HighLevel keeps its own.
const webhookDays = 30

// connectionDays is how long the log of what crossed is kept.
const connectionDays = 90

// every does a chore now and again; one that fails is done the next time.
func (a *App) every(ctx context.Context, d time.Duration, what string, f func(context.Context) error) {
	tick := time.NewTicker(d)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := f(ctx); err != nil && ctx.Err() == nil {
			a.log.Warn(fmt.Sprintf("%s failed; it will be tried again", what), "err", err)
		}
	}
}

func (a *App) wakeNotifications(ctx context.Context) error {
	return a.DB.Write(ctx, db.System, func(ctx context.Context, tx *db.Tx) error {
		return crm.WakeNotifications(ctx, tx, tx.Now().Add(-5*time.Minute))
	})
}
