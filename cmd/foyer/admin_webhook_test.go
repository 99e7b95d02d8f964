package main

import (
	"strings"
	"testing"

	"github.com/foyer-crm/foyer/internal/app"
	"github.com/foyer-crm/foyer/internal/webhook"
)

func TestAdministeringWebhooks(t *testing.T) {
	stores(t, func(t *testing.T, where []string) {
		with := func(args ...string) []string { return append(args, where...) }
		c := mustJSON[app.Credentials](t, with("admin", "bootstrap")...)
		made := mustJSON[webhookLine](t, with("admin", "webhook", "create", "--url", "https://hooks.example/foyer", "--events", "contact.*,task.completed", "--description", "Ledger")...)
		if made.ID == "" || !strings.HasPrefix(made.Secret, "whsec_") || made.LocationID != c.LocationID || len(made.Events) != 2 || made.Disabled {
			t.Errorf("%+v", made)
		}
		refused(t, "url", with("admin", "webhook", "create", "--url", "ftp://x.example")...)
		refused(t, "events", with("admin", "webhook", "create", "--url", "https://x.example", "--events", "Contact")...)
		if l := mustJSON[[]webhookLine](t, with("admin", "webhook", "list")...); len(l) != 1 || l[0].Secret != "" || l[0].URL != made.URL {
			t.Errorf("%+v", l)
		}
		if next := mustJSON[webhookLine](t, with("admin", "webhook", "rotate", made.ID)...); next.Secret == made.Secret || !strings.HasPrefix(next.Secret, "whsec_") {
			t.Errorf("%+v", next)
		}
		if off := mustJSON[webhookLine](t, with("admin", "webhook", "disable", made.ID)...); !off.Disabled || off.Why == "" {
			t.Errorf("%+v", off)
		}
		refused(t, "is disabled", with("admin", "webhook", "replay", made.ID, "--since", "1h")...)
		if on := mustJSON[webhookLine](t, with("admin", "webhook", "disable", "--enable", made.ID)...); on.Disabled {
			t.Errorf("%+v", on)
		}
		refused(t, "say how far back", with("admin", "webhook", "replay", made.ID)...)
		if n := mustJSON[map[string]int64](t, with("admin", "webhook", "replay", made.ID, "--since", "1h")...); n["replayed"] != 0 {
			t.Errorf("%v", n)
		}
		if l := mustJSON[[]webhook.Delivery](t, with("admin", "webhook", "log")...); len(l) != 0 {
			t.Errorf("%+v", l)
		}
		a := mustJSON[appLine](t, with("admin", "app", "create", "Robot", "--redirect-uri", "https://robot.example/cb", "--webhook-url", "https://robot.example/hooks", "--webhook-events", "ContactCreate")...)
		if a.WebhookURL != "https://robot.example/hooks" || len(a.WebhookEvents) != 1 {
			t.Errorf("%+v", a)
		}
		refused(t, "nothing is told as", with("admin", "app", "webhook", a.ClientID, "https://robot.example/hooks", "--events", "InvoicePaid")...)
		if off := mustJSON[appLine](t, with("admin", "app", "webhook", a.ClientID)...); off.WebhookURL != "" {
			t.Errorf("%+v", off)
		}
		mustJSON[webhookLine](t, with("admin", "webhook", "delete", made.ID)...)
		refused(t, "there is no webhook", with("admin", "webhook", "delete", made.ID)...)
	})
}
