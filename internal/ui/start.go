package ui

import (
	"context"
	"net/http"
	"strings"

	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/wire"
)

// startPath is the page that sets an empty server up.
const startPath = "/start"

// startData is what the page shows: what was entered, but for the password.
type startData struct {
	auth.Names
	Code    string
	Zones   []string
	Problem string
}

// Empty reports whether the server has no user yet, so that it has to be set up.
func (p *Pages) Empty(ctx context.Context) (bool, error) {
	if p.settled.Load() {
		return false, nil
	}
	var there bool
	err := p.DB.Read(ctx, db.System, func(ctx context.Context, tx *db.Tx) (err error) {
		there, err = crm.AnyUser(ctx, tx)
		return err
	})
	if there {
		p.settled.Store(true) // users are never removed from the database
	}
	return err == nil && !there, err
}

// LeadsToStart sends to the set-up where the server is empty, and reports whether
// it did.
func (p *Pages) LeadsToStart(w http.ResponseWriter, r *http.Request) bool {
	empty, err := p.Empty(r.Context())
	if err != nil || !empty {
		return false
	}
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, startPath, http.StatusSeeOther)
	return true
}

// start shows the set-up. Once there is a user there is nothing to see.
func (p *Pages) start(w http.ResponseWriter, r *http.Request) {
	if empty, err := p.Empty(r.Context()); err != nil || !empty {
		http.Redirect(w, r, "/signin", http.StatusSeeOther)
		return
	}
	p.showStart(w, r, http.StatusOK, startData{Code: r.URL.Query().Get("code")})
}

func (p *Pages) showStart(w http.ResponseWriter, r *http.Request, status int, d startData) {
	d.Zones = crm.Timezones()
	p.show(w, r, status, "start", "Set up Foyer", nil, d)
}

// found makes the company, the location and the first user, and signs them in.
func (p *Pages) found(w http.ResponseWriter, r *http.Request) {
	field := func(name string) string { return strings.TrimSpace(r.PostForm.Get(name)) }
	d := startData{Code: field("code"), Names: auth.Names{Company: field("company"), Location: field("location"), Timezone: field("timezone"), Email: field("email"), FirstName: field("first"), LastName: field("last")}}
	if d.Problem = d.missing(); d.Problem != "" {
		p.showStart(w, r, http.StatusBadRequest, d)
		return
	}
	c, cookie, err := p.Desk.Found(r.Context(), p.passwords, d.Names, d.Code, r.PostForm.Get("password"), browser(r))
	switch {
	case errs.Is(err, errs.Conflict):
		http.Redirect(w, r, "/signin", http.StatusSeeOther)
	case errs.Is(err, errs.Unauthorized):
		d.Problem = "This is not the set-up code. Whoever started Foyer finds it in the terminal."
		p.showStart(w, r, http.StatusUnauthorized, d)
	case errs.Is(err, errs.Limited):
		d.Problem = errs.As(err).Text
		p.showStart(w, r, http.StatusTooManyRequests, d)
	case errs.Is(err, errs.Invalid):
		d.Problem = sentence(errs.As(err))
		p.showStart(w, r, http.StatusBadRequest, d)
	case err != nil:
		p.fail(w, r, err)
	default:
		http.SetCookie(w, p.cookie(r, cookie, auth.SessionLife))
		http.Redirect(w, r, "/in/"+c.LocationID+"/settings/sources?first=1", http.StatusSeeOther)
	}
}

// missing says what was not entered.
func (d *startData) missing() string {
	for _, f := range []struct{ value, name string }{
		{d.Code, "the set-up code"}, {d.Company, "the name of your company"}, {d.Location, "the name of your team or office"}, {d.Timezone, "the time zone"}, {d.FirstName, "your first name"}, {d.Email, "your e-mail address"},
	} {
		if f.value == "" {
			return "Enter " + f.name + "."
		}
	}
	return ""
}

// browser is what a request comes from.
func browser(r *http.Request) auth.Browser {
	return auth.Browser{Device: r.UserAgent(), Address: wire.Address(r)}
}
