package highlevel_test

import (
	"net/url"
	"os"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/foyertest"
)

// HighLevel's own description of the answers with tokens is the judge of ours.
func TestTokensAreAsHighLevelDescribesThem(t *testing.T) {
	file := catalogue + "openapi/oauth.json"
	if _, err := os.Stat(file); err != nil {
		t.Skip("skipped: HighLevel's OpenAPI files are not here")
	}
	loader := openapi3.NewLoader()
	loader.IsExternalRefsAllowed = true
	loader.ReadFromURIFunc = openapi3.ReadFromURIs(openapi3.ReadFromFile)
	doc := load(t, loader, file)
	judge := func(path, method string, status int, answer map[string]any) {
		t.Helper()
		response := doc.Paths.Value(path).GetOperation(method).Responses.Status(status)
		if response == nil {
			t.Fatalf("%s %s: %d is no status of it: %v", method, path, status, answer)
		}
		if err := response.Value.Content.Get("application/json").Schema.Value.VisitJSON(answer); err != nil {
			t.Errorf("%s %s: %v", method, path, err)
		}
	}
	f := foyertest.New(t)
	p := newParty(t, f, auth.App{})
	judge("/oauth/token", "POST", 200, p.tokens(t, f.Credentials.LocationID))
	company := p.tokens(t, "")
	judge("/oauth/token", "POST", 200, company)
	status, next := p.refresh(t, company["refresh_token"], "user_type", "Company")
	judge("/oauth/token", "POST", status, next)
	status, _, a := send(t, f, "POST", "/oauth/locationToken", url.Values{"companyId": {f.Credentials.CompanyID}, "locationId": {f.Credentials.LocationID}}.Encode(), as(next["access_token"]))
	judge("/oauth/locationToken", "POST", status, a)
	status, _, a = send(t, f, "GET", "/oauth/installedLocations?companyId="+f.Credentials.CompanyID+"&appId="+p.id, "", as(next["access_token"]))
	judge("/oauth/installedLocations", "GET", status, a)
	status, _, a = send(t, f, "GET", "/oauth/installedLocations", "", as(next["access_token"]))
	judge("/oauth/installedLocations", "GET", status, a)
	status, _, a = send(t, f, "POST", "/oauth/locationToken", "", as(*f.Credentials.HighLevel.PrivateToken))
	judge("/oauth/locationToken", "POST", status, a)
}
