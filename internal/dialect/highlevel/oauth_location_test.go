package highlevel_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/foyertest"
)

// as gives the headers of a token.
func as(token any, more ...string) http.Header {
	h := http.Header{"Authorization": {"Bearer " + token.(string)}, "Version": {"2021-07-28"}, "Content-Type": {"application/x-www-form-urlencoded"}}
	for i := 0; i+1 < len(more); i += 2 {
		h.Set(more[i], more[i+1])
	}
	return h
}

// A company's token becomes one of each of its locations, and of no other.
func TestACompanyTokenIsExchangedForALocations(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		second, neighbour := secondLocation(t, f), f.Neighbour(t)
		p := newParty(t, f, auth.App{})
		a := p.tokens(t, "")
		if a["userType"] != "Company" || a["locationId"] != nil || a["companyId"] != f.Credentials.CompanyID || fmt.Sprint(a["approvedLocations"]) != fmt.Sprint([]string{f.Credentials.LocationID, second.ID}) {
			t.Errorf("%v", a)
		}
		exchange := func(company, location string) (int, map[string]any) {
			status, _, got := send(t, f, "POST", "/oauth/locationToken", url.Values{"companyId": {company}, "locationId": {location}}.Encode(), as(a["access_token"]))
			return status, got
		}
		for _, l := range []string{f.Credentials.LocationID, second.ID} {
			status, got := exchange(f.Credentials.CompanyID, l)
			if status != 200 || got["userType"] != "Location" || got["locationId"] != l || got["expires_in"] != 86400.0 || got["refresh_token"] == nil || got["appId"] != p.app.AppID() || !opens(t, f, got["access_token"]) {
				t.Errorf("%d %v", status, got)
			}
			if status, next := p.refresh(t, got["refresh_token"], "user_type", "Location"); status != 200 || next["locationId"] != l {
				t.Errorf("%d %v", status, next)
			}
		}
		for name, c := range map[string][2]string{"another's location": {f.Credentials.CompanyID, neighbour["locationId"]}, "none": {f.Credentials.CompanyID, "x"}, "another's company": {neighbour["companyId"], neighbour["locationId"]}, "NUL": {f.Credentials.CompanyID, "\x00"}} {
			if status, got := exchange(c[0], c[1]); status != 403 {
				t.Errorf("%s: %d %v", name, status, got)
			}
		}
		if status, got := exchange("", ""); status != 422 || fmt.Sprint(got["message"]) != "[companyId can't be undefined locationId can't be undefined]" {
			t.Errorf("%d %v", status, got)
		}
		status, _, got := send(t, f, "POST", "/oauth/locationToken/", `{"companyId":"`+f.Credentials.CompanyID+`","locationId":"`+second.ID+`"}`, as(a["access_token"], "Content-Type", "application/json"))
		if status != 200 {
			t.Errorf("by JSON: %d %v", status, got)
		}
		if status, _, _ := send(t, f, "POST", "/oauth/location-token", "", as(a["access_token"])); status != 404 {
			t.Errorf("the address of version 3 under an older one: %d", status)
		}
		status, _, got = send(t, f, "POST", "/oauth/location-token", url.Values{"companyId": {f.Credentials.CompanyID}, "locationId": {second.ID}}.Encode(), as(a["access_token"], "Version", "v3"))
		if status != 200 || got["accessToken"] == nil || !opens(t, f, got["accessToken"]) {
			t.Errorf("in version 3: %d %v", status, got)
		}

		// Shown out of a location, the app is out there at once; out of the company, everywhere.
		_, here := exchange(f.Credentials.CompanyID, f.Credentials.LocationID)
		_, there := exchange(f.Credentials.CompanyID, second.ID)
		if err := f.Desk.Uninstall(t.Context(), p.id, f.Credentials.CompanyID, second.ID); err != nil {
			t.Fatal(err)
		}
		if !opens(t, f, here["access_token"]) || opens(t, f, there["access_token"]) {
			t.Error("uninstalled from one location")
		}
		if status, _ := exchange(f.Credentials.CompanyID, second.ID); status != 403 {
			t.Errorf("a token for where it was uninstalled: %d", status)
		}
		if err := f.Desk.Uninstall(t.Context(), p.id, f.Credentials.CompanyID, ""); err != nil {
			t.Fatal(err)
		}
		if opens(t, f, here["access_token"]) {
			t.Error("uninstalled from the company")
		}
		if err := f.Desk.Uninstall(t.Context(), p.id, f.Credentials.CompanyID, ""); err == nil {
			t.Error("uninstalled twice")
		}
		for l, want := range map[string]string{f.Credentials.LocationID: "app.installed app.uninstalled", second.ID: "app.installed app.uninstalled", neighbour["locationId"]: ""} {
			var types []string
			f.System(t, func(ctx context.Context, tx *db.Tx) error {
				list, err := crm.EventsSince(ctx, tx, l, "", "", 100)
				for _, e := range list {
					if strings.HasPrefix(e.Type, "app.") && e.ObjectID == p.id {
						types = append(types, e.Type)
					}
				}
				return err
			})
			if got := strings.Join(types, " "); got != want {
				t.Errorf("events of %s: %s", l, got)
			}
		}
	})
}

func TestInstalledLocationsAreListed(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		second := secondLocation(t, f)
		f.Neighbour(t)
		p := newParty(t, f, auth.App{})
		a := p.tokens(t, "")
		if err := f.Desk.Uninstall(t.Context(), p.id, f.Credentials.CompanyID, second.ID); err != nil {
			t.Fatal(err)
		}
		base := "companyId=" + f.Credentials.CompanyID + "&appId=" + p.app.AppID()
		for query, want := range map[string]string{
			base: "200 2 Main Office true, Second Office false", base + "&isInstalled=true": "200 1 Main Office true", base + "&isInstalled=false": "200 1 Second Office false",
			base + "&query=second": "200 1 Second Office false", base + "&locationId=" + second.ID: "200 1 Second Office false", base + "&skip=1&limit=1": "200 2 Second Office false", base + "&skip=9": "200 2 ", base + "&onTrial=true": "200 0 ",
			"companyId=" + f.Credentials.CompanyID + "&appId=" + p.id: "200 2 Main Office true, Second Office false",
			"": "422 <nil> ", base + "&limit=x": "422 <nil> ", "companyId=x&appId=" + p.id: "403 <nil> ", "companyId=" + f.Credentials.CompanyID + "&appId=x": "403 <nil> ",
		} {
			status, _, got := send(t, f, "GET", "/oauth/installedLocations?"+query, "", as(a["access_token"]))
			var list []string
			items, _ := got["locations"].([]any)
			for _, i := range items {
				m := i.(map[string]any)
				list = append(list, fmt.Sprint(m["name"], " ", m["isInstalled"]))
			}
			if s := fmt.Sprint(status, " ", got["count"], " ", strings.Join(list, ", ")); s != want {
				t.Errorf("%s: %s, want %s", query, s, want)
			}
		}
		status, _, got := send(t, f, "GET", "/oauth/installed-locations?pageSize=1&"+base, "", as(a["access_token"], "Version", "v3"))
		if page := fmt.Sprint(got["pagination"]); status != 200 || page != "map[currentPageSize:1 hasNextPage:true hasPrevPage:false nextPageToken:1 totalRecords:2]" {
			t.Errorf("%d %s", status, page)
		}
	})
}

// The bootstrap's company token opens what is a company's, until it is rotated.
func TestTheBootstrapsCompanyToken(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		p := bootstrapParty(t, f)
		query := "/oauth/installedLocations?companyId=" + f.Credentials.CompanyID + "&appId=" + p.id
		status, _, a := send(t, f, "GET", query, "", as(*f.Credentials.HighLevel.CompanyToken))
		if status != 200 || a["count"] != 1.0 {
			t.Errorf("%d %v", status, a)
		}
		if a := p.tokens(t, f.Credentials.LocationID); !opens(t, f, a["access_token"]) {
			t.Errorf("the bootstrap's app: %v", a)
		}
	})
}

// A private token that is rotated goes on for as long as is said, a week as at
// HighLevel, and then ends.
func TestAPrivateTokenOverlapsItsSuccessor(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		for _, owner := range []auth.Key{{LocationID: f.Credentials.LocationID}, {CompanyID: f.Credentials.CompanyID}} {
			owner.API, owner.Scopes = auth.HighLevel, []string{"contacts.readonly", "locations.readonly"}
			var old, fresh string
			var k *auth.Key
			f.System(t, func(ctx context.Context, tx *db.Tx) (err error) {
				if k, old, err = f.Vault.AddKey(ctx, tx, owner); err != nil {
					return err
				}
				_, fresh, err = f.Vault.RotateKey(ctx, tx, k.ID, auth.SecretOverlap)
				return err
			})
			good := func(secret string) bool {
				c, err := auth.NewDesk(f.DB, f.Vault).Caller(t.Context(), auth.HighLevel, secret)
				return err == nil && c.OfCompany() == (owner.CompanyID != "") && !c.OAuth() && c.Actor.CompanyID == f.Credentials.CompanyID && c.Actor.LocationID == owner.LocationID
			}
			if !good(old) || !good(fresh) || old == fresh || !strings.HasPrefix(fresh, "pit-") {
				t.Errorf("within the week: %v %v", good(old), good(fresh))
			}
			sql(t, f, "UPDATE api_keys SET expires_at = expires_at - $1 WHERE expires_at > 0", (7 * 24 * time.Hour).Milliseconds())
			if good(old) || !good(fresh) {
				t.Errorf("after the week: %v %v", good(old), good(fresh))
			}
		}
		// a key of a company is HighLevel's, and nothing else's
		f.System(t, func(ctx context.Context, tx *db.Tx) error {
			for _, k := range []auth.Key{{API: auth.Radius, CompanyID: f.Credentials.CompanyID}, {API: auth.HighLevel, CompanyID: f.Credentials.CompanyID, LocationID: f.Credentials.LocationID}, {API: auth.HighLevel, CompanyID: "x"}} {
				if _, _, err := f.Vault.AddKey(ctx, tx, k); err == nil {
					t.Errorf("%+v was made", k)
				}
			}
			return nil
		})
	})
}

// The rate limits count an app in a location, however many tokens it has there.
func TestAnAppIsOneAccountInALocation(t *testing.T) {
	f := foyertest.New(t)
	p := newParty(t, f, auth.App{})
	var a, b *auth.Caller
	for _, c := range []**auth.Caller{&a, &b} {
		var err error
		if *c, err = f.Desk.Caller(t.Context(), auth.HighLevel, p.tokens(t, f.Credentials.LocationID)["access_token"].(string)); err != nil {
			t.Fatal(err)
		}
	}
	if a.Actor.CredentialID == b.Actor.CredentialID || a.Actor.AppID != p.id || a.Actor.AppID != b.Actor.AppID {
		t.Errorf("%+v, %+v", a.Actor, b.Actor)
	}
	if again, err := f.Desk.CallerOf(t.Context(), a.Actor.CredentialID); err != nil || again.Actor.AppID != p.id || again.Location.ID != f.Credentials.LocationID {
		t.Errorf("by the grant's id: %+v, %v", again, err)
	}
}
