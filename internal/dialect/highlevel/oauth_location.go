package highlevel

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/wire"
)

const apps = "OAuth 2.0"

// oauthOperations are the operations about the app that calls (contract.md §3).
// They are of the API and not of the catalogue. Version 3 has names of its own.
func oauthOperations() []Operation {
	return []Operation{
		{"Get Location Token", Action, apps, "POST", "/oauth/locationToken", "oauth.write", AgencyApp, july, 200, locationToken},
		{"Get Location Token (v3)", Action, apps, "POST", "/oauth/location-token", "oauth.write", AgencyApp, "v3", 200, onlyV3(locationToken)},
		{"Get Installed Locations", Trigger, apps, "GET", "/oauth/installedLocations", "oauth.readonly", AgencyApp, july, 200, installedLocations},
		{"Get Installed Locations (v3)", Trigger, apps, "GET", "/oauth/installed-locations", "oauth.readonly", AgencyApp, "v3", 200, onlyV3(installedLocations)},
	}
}

// onlyV3 hides an address from requests of older versions.
func onlyV3(h handler) handler {
	return func(ctx context.Context, c *call) (wire.Answer, error) {
		if !c.v3() {
			return wire.Answer{}, errs.New(errs.NotFound, "Not Found").WithCode("address")
		}
		return h(ctx, c)
	}
}

func (c *call) v3() bool { return c.Request.Header.Get("Version") == "v3" }

// locationToken exchanges a company's token for one of a location.
func locationToken(ctx context.Context, c *call) (wire.Answer, error) {
	p, err := readParams(c.Call)
	if err != nil {
		return wire.Answer{}, err
	}
	var broken []errs.Field
	for _, name := range []string{"companyId", "locationId"} {
		if p.get(name) == "" {
			broken = append(broken, errs.Field{Name: name, Rule: "defined"})
		}
	}
	if err := errs.InvalidFields(broken...); err != nil {
		return wire.Answer{}, err
	}
	if err := c.checkCompany(p.get("companyId")); err != nil {
		return wire.Answer{}, err
	}
	t, err := c.Desk().LocationToken(ctx, c.Caller, p.get("locationId"))
	if err != nil {
		return wire.Answer{}, err
	}
	f := tokenFields(c.Call, t, t.ExpiresIn)
	f["appId"], _, _ = strings.Cut(t.Grant.AppID, "-")
	if c.op.Version == "v3" {
		f = camel(f)
	}
	return wire.Answer{Status: c.op.Success, Body: f}, nil
}

// installedLocations lists the locations of the company with whether the app is
// in them.
func installedLocations(ctx context.Context, c *call) (wire.Answer, error) {
	wanted, err := c.installations(ctx)
	if err != nil {
		return wire.Answer{}, err
	}
	if c.v3() {
		return c.installedPage(wanted)
	}
	skip, broken := c.queryInt("skip", 0, 0, 1<<31)
	limit, more := c.queryInt("limit", 20, 1, 500)
	if err := errs.InvalidFields(append(broken, more...)...); err != nil {
		return wire.Answer{}, err
	}
	all := wanted.items
	page := all[min(int(skip), len(all)):min(int(skip+limit), len(all))]
	return c.answer(fields{"locations": page, "count": len(all), "installToFutureLocations": wanted.future}), nil
}

// installedPage is the same in the shape of version 3.
func (c *call) installedPage(wanted wantedInstallations) (wire.Answer, error) {
	size, broken := c.queryInt("pageSize", 20, 1, 500)
	at, more := c.queryInt("pageToken", 0, 0, 1<<31)
	if err := errs.InvalidFields(append(broken, more...)...); err != nil {
		return wire.Answer{}, err
	}
	all := wanted.items
	page := all[min(int(at), len(all)):min(int(at+size), len(all))]
	p := fields{"totalRecords": len(all), "hasNextPage": int(at+size) < len(all), "hasPrevPage": at > 0, "currentPageSize": len(page)}
	if int(at+size) < len(all) {
		p["nextPageToken"] = strconv.FormatInt(at+size, 10)
	}
	if at > 0 {
		p["prevPageToken"] = strconv.FormatInt(max(at-size, 0), 10)
	}
	return c.answer(fields{"items": page, "pagination": p, "installToFutureLocations": wanted.future}), nil
}

type wantedInstallations struct {
	items  []fields
	future bool
}

// installations gives those that the query selects.
func (c *call) installations(ctx context.Context) (wantedInstallations, error) {
	var broken []errs.Field
	for _, name := range []string{"companyId", "appId"} {
		if c.query(name) == "" {
			broken = append(broken, errs.Field{Name: name, Rule: "required"})
		}
	}
	if err := errs.InvalidFields(broken...); err != nil {
		return wantedInstallations{}, err
	}
	if err := c.checkCompany(c.query("companyId")); err != nil {
		return wantedInstallations{}, err
	}
	app, _, _ := strings.Cut(c.Actor().AppID, "-")
	if asked, _, _ := strings.Cut(c.query("appId"), "-"); asked != app {
		return wantedInstallations{}, errs.New(errs.Forbidden, "The token does not have access to this app.").WithCode("location")
	}
	all, future, err := c.Desk().Installations(ctx, c.Caller)
	w := wantedInstallations{items: []fields{}, future: future}
	for _, i := range all {
		if c.wants(i) {
			w.items = append(w.items, installation(i))
		}
	}
	return w, err
}

// wants reports whether the query selects an installation. Foyer has no trials
// and no plans.
func (c *call) wants(i auth.Installation) bool {
	if id := c.query("locationId"); id != "" && id != i.Location.ID {
		return false
	}
	if q := c.query("query"); q != "" && !strings.Contains(strings.ToLower(i.Location.Name), strings.ToLower(q)) {
		return false
	}
	if c.query("onTrial") == "true" || c.query("planId") != "" {
		return false
	}
	asked := c.query("isInstalled")
	return asked == "" || (asked == "true") == i.Installed
}

// installation is InstalledLocationSchema.
func installation(i auth.Installation) fields {
	f := fields{"_id": i.Location.ID, "name": i.Location.Name, "address": "", "isInstalled": i.Installed}
	if i.Installed {
		f["installedAt"] = i.InstalledAt.Format(time.RFC3339)
	}
	return f
}
