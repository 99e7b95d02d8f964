package webhook_test

import (
	"context"
	"strings"
	"testing"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/foyertest"
	"github.com/foyer-crm/foyer/internal/webhook"
)

// An endpoint is changed and keeps its secret; a test message waits to be sent to
// it like any other, unless it is disabled.
func TestAnEndpointIsChangedAndTested(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		by := crm.Actor{LocationID: f.Credentials.LocationID, Origin: "ui"}
		write := func(do func(ctx context.Context, tx *db.Tx) error) error {
			return f.DB.Write(t.Context(), by.LocationID, do)
		}
		var e *webhook.Endpoint
		if err := write(func(ctx context.Context, tx *db.Tx) (err error) {
			e, _, err = webhook.AddEndpoint(ctx, tx, f.Vault, by, webhook.Endpoint{URL: "https://a.example/x"})
			return err
		}); err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			url, event string
			fine       bool
		}{{"https://b.example/y", "contact.*", true}, {"ftp://b.example", "contact.*", false}, {"https://b.example/y", "Contact!", false}} {
			err := write(func(ctx context.Context, tx *db.Tx) (err error) {
				_, err = webhook.ChangeEndpoint(ctx, tx, by, e.ID, func(e *webhook.Endpoint) { e.URL, e.Events, e.ID = c.url, []string{c.event}, "another" })
				return err
			})
			if c.fine != (err == nil) || err != nil && !errs.Is(err, errs.Invalid) {
				t.Errorf("%s %s: %v", c.url, c.event, err)
			}
		}
		var d *webhook.Delivery
		if err := write(func(ctx context.Context, tx *db.Tx) (err error) {
			if e, err = webhook.EndpointByID(ctx, tx, by.LocationID, e.ID); err != nil {
				return err
			}
			d, err = webhook.SendTest(ctx, tx, by, e.ID)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if e.URL != "https://b.example/y" || strings.Join(e.Events, " ") != "contact.*" || d.State != webhook.Pending || !strings.Contains(d.Body, `"type":"webhook.test"`) {
			t.Errorf("%+v %+v", e, d)
		}
		err := write(func(ctx context.Context, tx *db.Tx) error {
			if err := webhook.DisableEndpoint(ctx, tx, by, e.ID, true, "for now"); err != nil {
				return err
			}
			_, err := webhook.SendTest(ctx, tx, by, e.ID)
			return err
		})
		if !errs.Is(err, errs.Invalid) {
			t.Errorf("a test of what is disabled: %v", err)
		}
	})
}
