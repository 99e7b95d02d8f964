package ui

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/errs"
)

// wholeCompany stands for the company in the chooser.
const wholeCompany = "company"

type consentData struct {
	App       *auth.App
	Lines     []scopeLine
	Locations []crm.Location
	Company   *crm.Company // nil for who cannot allow it
	To        string       // where the answer goes
	Here      string       // the address of this page
	Problem   string
}

// consent is where an app's user says what the app may do, and where: GET shows
// the page, POST takes the answer. HighLevel calls it the location chooser
// (contract.md §3); to OAuth it is the authorization endpoint (RFC 6749 §3.1).
func (p *Pages) consent(w http.ResponseWriter, r *http.Request) {
	ask, err := p.Desk.ReadAsk(r.Context(), r.URL.Query())
	if ask == nil || err != nil && errs.As(err).Code == "" {
		p.fail(w, r, err)
		return
	}
	if err != nil {
		p.answer(w, r, ask, url.Values{"error": {errs.As(err).Code}, "error_description": {errs.As(err).Text}})
		return
	}
	p.signedIn(func(w http.ResponseWriter, r *http.Request, u *crm.User) {
		if r.Method == http.MethodPost {
			p.decide(w, r, u, ask)
			return
		}
		p.askFor(w, r, u, ask, http.StatusOK, "")
	})(w, r)
}

// askFor shows what an app wants.
func (p *Pages) askFor(w http.ResponseWriter, r *http.Request, u *crm.User, ask *auth.Ask, status int, problem string) {
	locations, company, err := p.Desk.Choices(r.Context(), u, ask)
	if err != nil {
		p.fail(w, r, err)
		return
	}
	d := consentData{App: ask.App, Lines: scopeLines(ask.Scopes), Locations: locations, Company: company, To: destination(ask.RedirectURI),
		Here: r.URL.Path + "?" + r.URL.RawQuery, Problem: problem}
	p.show(w, r, status, "consent", "Allow "+ask.App.Name+"?", u, d, formOrigin(ask.RedirectURI))
}

// decide takes the answer.
func (p *Pages) decide(w http.ResponseWriter, r *http.Request, u *crm.User, ask *auth.Ask) {
	location := r.PostForm.Get("location")
	switch {
	case r.PostForm.Get("decision") != "allow":
		p.answer(w, r, ask, url.Values{"error": {"access_denied"}, "error_description": {"The user did not allow it"}})
		return
	case location == "":
		p.askFor(w, r, u, ask, http.StatusBadRequest, "Choose where it may work.")
		return
	case location == wholeCompany:
		location = ""
	}
	code, err := p.Desk.Allow(r.Context(), u.ID, ask, location)
	if err != nil {
		p.fail(w, r, err)
		return
	}
	p.answer(w, r, ask, url.Values{"code": {code}})
}

// answer goes back to the app, with its state as it came and with who answers
// (RFC 9207).
func (p *Pages) answer(w http.ResponseWriter, r *http.Request, ask *auth.Ask, v url.Values) {
	if ask.State != "" {
		v.Set("state", ask.State)
	}
	v.Set("iss", p.Base.Of(r))
	to, mark := ask.RedirectURI, "?"
	if strings.Contains(to, "?") {
		mark = "&"
	}
	p.secure(w.Header(), r)
	w.Header().Del("Content-Type")
	w.Header().Set("Location", to+mark+v.Encode()) // as registered, character for character
	w.WriteHeader(http.StatusFound)
}

// destination is what a person is told of a redirect URI.
func destination(uri string) string {
	u, err := url.Parse(uri)
	switch {
	case err != nil:
		return uri
	case u.Host == "":
		return u.Scheme + ":"
	}
	return u.Host
}

// formOrigin is a redirect URI as a policy names it: an origin, or a scheme.
func formOrigin(uri string) string {
	u, err := url.Parse(uri)
	if err != nil {
		return ""
	}
	if u.Scheme == "http" || u.Scheme == "https" {
		return u.Scheme + "://" + u.Host
	}
	return u.Scheme + ":"
}
