package ui

import (
	"context"
	"slices"
	"strings"

	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
)

// doorAppsData is what the page of apps and tokens shows.
type doorAppsData struct {
	inside
	appsData
	Tokens  []keyLine // private integration tokens of the location
	Scopes  []string
	Company bool // the visitor may register apps
	Form    appData
	Problem string
}

func doorApps(v *visit) error { return showDoorApps(v, 200, &doorAppsData{}) }

func showDoorApps(v *visit, status int, d *doorAppsData) error {
	d.inside, d.Company, d.Scopes = inside{v.frame, "apps"}, v.User.Admin, v.p.Scopes
	var err error
	if d.In, d.Registered, err = v.p.Desk.Connected(v.r.Context(), v.User); err != nil {
		return err
	}
	d.In = slices.DeleteFunc(d.In, func(in auth.Installed) bool { return in.Location != nil && in.Location.ID != v.at() })
	err = v.read(func(ctx context.Context, tx *db.Tx) error {
		all, err := auth.Keys(ctx, tx, v.at(), auth.HighLevel)
		d.Tokens = nil
		for _, k := range slices.Backward(all) {
			if on := inForce(&k, v.now); on || k.ExpiresAt.IsZero() {
				d.Tokens = append(d.Tokens, keyLine{Key: k, On: on, Old: !k.ExpiresAt.IsZero(), About: aboutKey(&k)})
			}
		}
		return err
	})
	if err != nil {
		return err
	}
	return v.showAs(status, "door-apps", "Apps and tokens", d)
}

// changeDoorApps does with an app what a button says. What belongs to the company
// is for its admins only; the desk sees to that.
func changeDoorApps(v *visit) error {
	ctx, u, id := v.r.Context(), v.User, v.form("id")
	const here = "/integrations/apps"
	switch v.form("do") {
	case "end":
		return v.doneIf(v.p.Desk.EndOwnGrant(ctx, u, id), here, "app-out", "")
	case "disable":
		return v.doneIf(v.p.Desk.DisableOwnApp(ctx, u, id, true), here, "app-off", "")
	case "enable":
		return v.doneIf(v.p.Desk.DisableOwnApp(ctx, u, id, false), here, "app-on", "")
	case "rotate":
		d := &doorAppsData{}
		var err error
		if d.Made, d.Secret, err = v.p.Desk.RotateOwnApp(ctx, u, id); err != nil {
			return err
		}
		return showDoorApps(v, 200, d)
	case "register":
		return registerDoorApp(v)
	}
	return noButton()
}

// registerDoorApp registers an app of the company, and shows its secret once.
func registerDoorApp(v *visit) error {
	d := &doorAppsData{Form: appData{Name: v.form("name"), Redirects: v.form("redirects"), Public: v.form("public") != ""}}
	f := keyForm{May: v.form("may"), Scopes: v.r.PostForm["scope"]}
	var err error
	d.Made, d.Secret, err = v.p.Desk.RegisterApp(v.r.Context(), v.User, auth.App{Name: d.Form.Name, Public: d.Form.Public, RedirectURIs: strings.Fields(d.Form.Redirects), Scopes: f.chosen(v.p.Scopes)})
	if errs.Is(err, errs.Invalid) {
		d.Problem, d.Made = problem(errs.As(err)), nil
		return showDoorApps(v, 400, d)
	}
	if err != nil {
		return err
	}
	d.Form = appData{}
	return showDoorApps(v, 200, d)
}
