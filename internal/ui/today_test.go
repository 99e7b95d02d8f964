package ui_test

import (
	"context"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/foyer-crm/foyer/internal/connect"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/foyertest"
	"github.com/foyer-crm/foyer/internal/webhook"
)

// Today names what works no longer to those who can put it right, and leads to where
// that is done.
func TestTodayLeadsToWhatFails(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		does(t, f, func(ctx context.Context, tx *db.Tx, by crm.Actor) error {
			m, err := connect.DefaultMapping("highlevel")
			if err != nil {
				return err
			}
			if _, err := connect.Add(ctx, tx, f.Vault, by, connect.Connection{Kind: "highlevel", Name: "The agency’s", BaseURL: "https://crm.example", Mapping: *m}, connect.Credential{"clientId": "x", "clientSecret": "y"}); err != nil {
				return err
			}
			e, _, err := webhook.AddEndpoint(ctx, tx, f.Vault, by, webhook.Endpoint{URL: "https://hook.example/", Events: []string{"contact.*"}})
			if err == nil {
				err = webhook.DisableEndpoint(ctx, tx, by, e.ID, true, "it did not answer")
			}
			return err
		})
		send(t, f, http.MethodPost, "/v3.0/clients/import", "", `{"client":{}}`, "secure-id", f.Vars["radius.secureId"])
		cookie := f.SignIn(t, f.Vars["user.email"])
		base := "/in/" + f.Credentials.LocationID
		_, page := send(t, f, http.MethodGet, base+"/today", cookie, "")
		for text, path := range map[string]string{"“The agency’s” waits to be let in": "/integrations/connections/", "A webhook is disabled": "/integrations/webhooks/", "Radius: 1 request refused": "/integrations/log?door=radius&amp;result=refused"} {
			m := regexp.MustCompile(regexp.QuoteMeta(text) + `[^\n]*?href="(` + regexp.QuoteMeta(base+path) + `[^"]*)"`).FindStringSubmatch(page)
			if m == nil {
				t.Errorf("Today does not say %q", text)
				continue
			}
			if status, _ := send(t, f, http.MethodGet, strings.ReplaceAll(m[1], "&amp;", "&"), cookie, ""); status != http.StatusOK {
				t.Errorf("%s leads to %s: %d", text, m[1], status)
			}
		}
		_, agent := person(t, f, "uma", nil)
		if _, page := send(t, f, http.MethodGet, base+"/today", agent, ""); strings.Contains(page, "waits to be let in") || strings.Contains(page, "A webhook is disabled") {
			t.Error("who cannot put it right is told")
		}
	})
}
