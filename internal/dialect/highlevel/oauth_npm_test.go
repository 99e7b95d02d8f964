package highlevel_test

import (
	"testing"

	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/foyertest"
	"github.com/foyer-crm/foyer/internal/foyertest/npm"
)

// Two clients that others wrote find their way by the metadata alone.
func TestOpenIDClientAndOAuth4WebAPI(t *testing.T) {
	folder := npm.Install(t)
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		const redirect = "http://127.0.0.1:8090/oauth/callback"
		scopes := []string{"contacts.readonly", "contacts.write"}
		p := newParty(t, f, auth.App{Name: "Confidential", CompanyID: f.Credentials.CompanyID, Credentials: true, RedirectURIs: []string{redirect}, Scopes: scopes})
		public := newParty(t, f, auth.App{Name: "Public", Public: true, RedirectURIs: []string{redirect}, Scopes: scopes})
		runs(t, folder, "oauth.mjs", "ok\n", "ISSUER="+f.URL, "CLIENT_ID="+p.id, "CLIENT_SECRET="+p.secret, "REDIRECT="+redirect, "PUBLIC_ID="+public.id,
			"EMAIL="+f.Credentials.User.Email, "PASSWORD="+*f.Credentials.User.Password, "LOCATION="+f.Credentials.LocationID)
	})
}
