package ui

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"html/template"
	"net/http"
	"strings"

	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/wire"
)

// Pages are the pages that people sign in at, let apps in, and see which are in.
// They need no script. Make them with NewPages.
type Pages struct {
	db        *db.DB
	desk      *auth.Desk
	passwords *auth.Passwords
	base      wire.Base
	scopes    []string
	cross     *http.CrossOriginProtection
	templates map[string]*template.Template
	style     template.CSS
	styleHash string
}

// mounter is where pages are put: a wire.House.
type mounter interface {
	Handle(method, path string, f http.HandlerFunc)
}

// NewPages reads the templates. scopes are those that an app may be given.
func NewPages(d *db.DB, desk *auth.Desk, base wire.Base, scopes []string) (*Pages, error) {
	cross, err := ownOrigin(base)
	if err != nil {
		return nil, err
	}
	p := &Pages{db: d, desk: desk, passwords: auth.NewPasswords(), base: base, scopes: scopes, cross: cross, templates: map[string]*template.Template{}}
	style, err := files.ReadFile("templates/style.css")
	if err != nil {
		return nil, err
	}
	p.style = template.CSS(style) // #nosec G203 -- our own file
	sum := sha256.Sum256(style)
	p.styleHash = "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	for _, name := range []string{"signin", "consent", "apps", "app", "notice", "notifications", "unsubscribe"} {
		t, err := template.ParseFS(files, "templates/layout.html", "templates/"+name+".html")
		if err != nil {
			return nil, fmt.Errorf("reading the page %s: %w", name, err)
		}
		p.templates[name] = t
	}
	return p, nil
}

// ownOrigin refuses what another site's page sends.
func ownOrigin(base wire.Base) (*http.CrossOriginProtection, error) {
	cross := http.NewCrossOriginProtection()
	if base != "" {
		if err := cross.AddTrustedOrigin(string(base)); err != nil {
			return nil, fmt.Errorf("the public address %q: %w", base, err)
		}
	}
	return cross, nil
}

// Mount puts the pages at their addresses.
func (p *Pages) Mount(m mounter) {
	for _, path := range []string{"/oauth/chooselocation", "/v2/oauth/chooselocation"} {
		m.Handle(http.MethodGet, path, p.consent)
		m.Handle(http.MethodPost, path, p.own(p.consent))
	}
	m.Handle(http.MethodGet, "/signin", p.signIn)
	m.Handle(http.MethodPost, "/signin", p.own(p.enter))
	m.Handle(http.MethodPost, "/signout", p.own(p.signOut))
	m.Handle(http.MethodGet, "/apps", p.signedIn(p.apps))
	m.Handle(http.MethodPost, "/apps", p.own(p.signedIn(p.change)))
	m.Handle(http.MethodGet, "/notifications", p.signedIn(p.notifications))
	m.Handle(http.MethodPost, "/notifications", p.own(p.signedIn(p.changeNotifications)))
	m.Handle(http.MethodGet, "/apps/new", p.signedIn(p.newApp))
	m.Handle(http.MethodPost, "/apps/new", p.own(p.signedIn(p.register)))
}

const mostForm = 64 << 10 // bytes

// own lets a form through that one of our pages sent, and no other site's.
func (p *Pages) own(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, mostForm)
		if err := p.cross.Check(r); err != nil {
			p.notice(w, http.StatusForbidden, "This form came from another site", "Go back to the page where you began, and try again.")
			return
		}
		if err := r.ParseForm(); err != nil {
			p.notice(w, http.StatusBadRequest, "This form cannot be read", "Go back to the page where you began, and try again.")
			return
		}
		next(w, r)
	}
}

// signedIn lets people through who are signed in, and asks the others to.
func (p *Pages) signedIn(next func(http.ResponseWriter, *http.Request, *crm.User)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		u, err := p.user(r)
		switch {
		case errs.Is(err, errs.Unauthorized):
			p.askToSignIn(w, r)
		case err != nil:
			p.fail(w, err)
		default:
			next(w, r, u)
		}
	}
}

// page is what every template gets: what is the same on all, and its own.
type page struct {
	Title string
	Style template.CSS
	User  *crm.User // nil if nobody is signed in
	Data  any
}

// show writes a page. formsTo are the origins besides our own that a form of it
// may lead to, which a browser asks about also where it is redirected.
func (p *Pages) show(w http.ResponseWriter, status int, name, title string, u *crm.User, data any, formsTo ...string) {
	var b bytes.Buffer
	if err := p.templates[name].ExecuteTemplate(&b, "layout", page{Title: title, Style: p.style, User: u, Data: data}); err != nil {
		http.Error(w, "The page cannot be shown.", http.StatusInternalServerError)
		return
	}
	secure(w.Header(), p.styleHash, formsTo...)
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // a browser that has gone has nothing to be shown
}

// secure says to the browser that a page holds no script, is in no frame, is
// kept nowhere, and that no address of it is told to others.
func secure(h http.Header, styleHash string, formsTo ...string) {
	forms := strings.Join(append([]string{"'self'"}, formsTo...), " ")
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src "+styleHash+"; base-uri 'none'; form-action "+forms+"; frame-ancestors 'none'")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
}

type noticeData struct{ Head, Text string }

// notice is a page that only says something.
func (p *Pages) notice(w http.ResponseWriter, status int, head, text string) {
	p.show(w, status, "notice", head, nil, noticeData{head, text})
}

// fail says what went wrong as far as a person may know it.
func (p *Pages) fail(w http.ResponseWriter, err error) {
	e := errs.As(err)
	switch e.Kind {
	case errs.Forbidden:
		p.notice(w, http.StatusForbidden, "This cannot be allowed", e.Text)
	case errs.NotFound:
		p.notice(w, http.StatusNotFound, "Not found", "It is not there, or not yours.")
	case errs.Invalid:
		p.notice(w, http.StatusBadRequest, "This request cannot be followed", e.Text)
	case errs.Limited:
		p.notice(w, http.StatusTooManyRequests, "Too many tries", e.Text)
	case errs.Unavailable:
		p.notice(w, http.StatusServiceUnavailable, "Foyer cannot do this now", "Try again in a moment.")
	default:
		p.notice(w, http.StatusInternalServerError, "Something went wrong", "It is in the server's log.")
	}
}
