package ui

import (
	"net/http"
	"slices"
	"strings"

	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/errs"
)

type appsData struct {
	In         []auth.Installed
	Registered []auth.App
	Secret     string // of the app that Made names; shown this once
	Made       *auth.App
}

type appData struct {
	Name, Redirects string
	Public          bool
	Scopes          []string
	Chosen          []string
	Problem         string
}

// Has reports whether a scope is chosen.
func (d appData) Has(scope string) bool { return slices.Contains(d.Chosen, scope) }

// apps shows which apps are in, and to an admin which are registered.
func (p *Pages) apps(w http.ResponseWriter, r *http.Request, u *crm.User) {
	p.list(w, r, u, nil, "")
}

func (p *Pages) list(w http.ResponseWriter, r *http.Request, u *crm.User, made *auth.App, secret string) {
	in, registered, err := p.Desk.Connected(r.Context(), u)
	if err != nil {
		p.fail(w, r, err)
		return
	}
	p.show(w, r, http.StatusOK, "apps", "Apps", u, appsData{In: in, Registered: registered, Made: made, Secret: secret})
}

// change does what a button of the list says.
func (p *Pages) change(w http.ResponseWriter, r *http.Request, u *crm.User) {
	id := r.PostForm.Get("id")
	var err error
	switch r.PostForm.Get("do") {
	case "end":
		err = p.Desk.EndOwnGrant(r.Context(), u, id)
	case "disable":
		err = p.Desk.DisableOwnApp(r.Context(), u, id, true)
	case "enable":
		err = p.Desk.DisableOwnApp(r.Context(), u, id, false)
	case "rotate":
		made, secret, err := p.Desk.RotateOwnApp(r.Context(), u, id)
		if err != nil {
			p.fail(w, r, err)
			return
		}
		p.list(w, r, u, made, secret)
		return
	default:
		err = errs.New(errs.Invalid, "There is no such button")
	}
	if err != nil {
		p.fail(w, r, err)
		return
	}
	http.Redirect(w, r, "/apps", http.StatusSeeOther)
}

// newApp shows the form that registers an app.
func (p *Pages) newApp(w http.ResponseWriter, r *http.Request, u *crm.User) {
	if !u.Admin {
		p.notice(w, r, http.StatusForbidden, "Only an admin registers apps", "Ask an admin of your company.")
		return
	}
	p.show(w, r, http.StatusOK, "app", "Register an app", u, appData{Scopes: p.Scopes, Chosen: p.Scopes})
}

// register registers an app, and shows its secret once.
func (p *Pages) register(w http.ResponseWriter, r *http.Request, u *crm.User) {
	d := appData{Name: r.PostForm.Get("name"), Redirects: r.PostForm.Get("redirects"), Public: r.PostForm.Get("public") != "", Scopes: p.Scopes, Chosen: r.PostForm["scope"]}
	for _, s := range d.Chosen {
		if !slices.Contains(p.Scopes, s) {
			p.fail(w, r, errs.New(errs.Invalid, "There is no such scope"))
			return
		}
	}
	made, secret, err := p.Desk.RegisterApp(r.Context(), u, auth.App{Name: d.Name, Public: d.Public, RedirectURIs: strings.Fields(d.Redirects), Scopes: d.Chosen})
	switch {
	case errs.Is(err, errs.Invalid):
		d.Problem = problem(errs.As(err))
		p.show(w, r, http.StatusBadRequest, "app", "Register an app", u, d)
	case err != nil:
		p.fail(w, r, err)
	default:
		p.list(w, r, u, made, secret)
	}
}

// problem says what is wrong with the form of an app.
func problem(e *errs.Error) string {
	words := map[string]string{"name": "The app needs a name of at most 100 characters.", "redirectUris": "Give one to twenty redirect URIs, one on each line.", "scopes": "Choose what the app may ask for."}
	var list []string
	for _, f := range e.Fields {
		list = append(list, words[f.Name])
	}
	if len(list) == 0 {
		return strings.ToUpper(e.Text[:1]) + e.Text[1:] + "."
	}
	return strings.Join(list, " ")
}
