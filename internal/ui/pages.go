package ui

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"html/template"
	"net/http"
	"strings"
	"sync/atomic"

	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/connect"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/importer"
	"github.com/foyer-crm/foyer/internal/jobs"
	"github.com/foyer-crm/foyer/internal/message"
	"github.com/foyer-crm/foyer/internal/webhook"
	"github.com/foyer-crm/foyer/internal/wire"
	"github.com/foyer-crm/foyer/internal/workflow"
)

// Options are what Pages need.
type Options struct {
	DB     *db.DB
	Desk   *auth.Desk
	Vault  *auth.Vault
	Base   wire.Base
	Scopes []string // those that an app may be given
	Links  *message.Links
	Sender *message.Sender // of mail about accounts; its zero value sends none
	Hooks  *webhook.Engine
	Flows  *workflow.Engine
	Bridge *connect.Engine
	Jobs   *jobs.Runner // does what pages leave to do, as mail about accounts
	House  *wire.House  // whose requests can be replayed
	Files  *importer.Worker
	// Operations are what the API takes, for its reference.
	Operations []Operation
}

// Pages are the pages that people sign in at, let apps in, and see which are in.
// They need no script. Make them with NewPages.
type Pages struct {
	Options
	passwords *auth.Passwords
	cross     *http.CrossOriginProtection
	templates map[string]*template.Template
	assets    assets
	settled   atomic.Bool // there is a user
}

// mounter is where pages are put: a wire.House.
type mounter interface {
	Handle(method, path string, f http.HandlerFunc)
}

// NewPages reads the templates.
func NewPages(o Options) (*Pages, error) {
	cross, err := ownOrigin(o.Base)
	if err != nil {
		return nil, err
	}
	p := &Pages{Options: o, passwords: auth.NewPasswords(), cross: cross, templates: map[string]*template.Template{}}
	if p.assets, err = readAssets(); err != nil {
		return nil, fmt.Errorf("reading the files of the pages: %w", err)
	}
	for layout, names := range map[string][]string{
		"layout": {"start", "signin", "code", "forgot", "password", "consent", "notice", "unsubscribe", "connect"},
		"frame":  framed(),
		"public": {"book", "booked"},
	} {
		for _, name := range names {
			t, err := template.New(name).Funcs(p.words()).ParseFS(files, "templates/"+layout+".html", "templates/parts*.html", "templates/"+name+".html")
			if err != nil {
				return nil, fmt.Errorf("reading the page %s: %w", name, err)
			}
			p.templates[name] = t
		}
	}
	if p.Jobs != nil {
		p.Jobs.Handle(mailJob, p.mailLink)
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
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		m.Handle(method, "/static/{hash}/{name}", p.assets.serve)
	}
	m.Handle(http.MethodGet, "/favicon.ico", func(w http.ResponseWriter, r *http.Request) { // asked for by browsers at pages that name no icon
		http.Redirect(w, r, p.assets.path("favicon.svg"), http.StatusFound)
	})
	m.Handle(http.MethodGet, "/signin", p.signIn)
	m.Handle(http.MethodPost, "/signin", p.own(p.enter))
	m.Handle(http.MethodPost, "/signin/code", p.own(p.enterCode))
	m.Handle(http.MethodPost, "/signout", p.own(p.signOut))
	m.Handle(http.MethodGet, startPath, p.start)
	m.Handle(http.MethodPost, startPath, p.own(p.found))
	m.Handle(http.MethodGet, "/forgot", p.forgot)
	m.Handle(http.MethodPost, "/forgot", p.own(p.askReset))
	m.Handle(http.MethodGet, passwordPath+"{secret}", p.choosePassword)
	m.Handle(http.MethodPost, passwordPath+"{secret}", p.own(p.setPassword))
	m.Handle(http.MethodGet, accountPath, p.signedIn(p.account))
	m.Handle(http.MethodPost, accountPath, p.own(p.signedIn(p.changeAccount)))
	m.Handle(http.MethodGet, "/apps", p.signedIn(p.apps))
	m.Handle(http.MethodPost, "/apps", p.own(p.signedIn(p.change)))
	m.Handle(http.MethodGet, "/notifications", p.signedIn(p.notifications))
	m.Handle(http.MethodPost, "/notifications", p.own(p.signedIn(p.changeNotifications)))
	m.Handle(http.MethodGet, "/apps/new", p.signedIn(p.newApp))
	m.Handle(http.MethodPost, "/apps/new", p.own(p.signedIn(p.register)))
	m.Handle(http.MethodGet, "/today", p.signedIn(p.someToday))
	m.Handle(http.MethodPost, "/theme", p.own(p.changeTheme))
	for _, s := range screens() {
		m.Handle(s.method, placePath+s.path, p.enterScreen(s))
	}
	mountBooking(p, m)
	p.mountConnect(m)
	NewLeaving(p, p.DB, p.Links).Mount(m)
}

const mostForm = 64 << 10 // bytes

// own lets a form through that one of our pages sent, and no other site's.
func (p *Pages) own(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		most := int64(mostForm)
		if isFile(r) {
			most = p.Files.Most() + mostForm // its page reads it as it comes, and nobody else's does
		}
		r.Body = http.MaxBytesReader(w, r.Body, most)
		if err := p.cross.Check(r); err != nil {
			p.notice(w, r, http.StatusForbidden, "This form came from another site", "Go back to the page where you began, and try again.")
			return
		}
		if err := r.ParseForm(); err != nil {
			p.notice(w, r, http.StatusBadRequest, "This form cannot be read", "Go back to the page where you began, and try again.")
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
			p.fail(w, r, err)
		default:
			next(w, r, u)
		}
	}
}

// page is what every template gets: what is the same on all, and its own.
type page struct {
	*frame
	Title string
	User  *crm.User // nil if nobody is signed in
	Theme string    // light, dark or "" for the system's
	Data  any
}

// show writes a page outside of a location. formsTo are the origins besides our
// own that a form of it may lead to, which a browser asks about also where it is
// redirected.
func (p *Pages) show(w http.ResponseWriter, r *http.Request, status int, name, title string, u *crm.User, data any, formsTo ...string) {
	d := page{Title: title, User: u, Theme: theme(r), Data: data}
	if u != nil && framesIt(name) {
		var err error
		if d.frame, err = p.frameOf(r, u, nil); err != nil {
			http.Error(w, "The page cannot be shown.", http.StatusServiceUnavailable)
			return
		}
	}
	p.write(w, r, status, name, d, formsTo...)
}

// write fills a template and sends it.
func (p *Pages) write(w http.ResponseWriter, r *http.Request, status int, name string, d page, formsTo ...string) {
	var b bytes.Buffer
	if err := p.templates[name].ExecuteTemplate(&b, "layout", d); err != nil {
		http.Error(w, "The page cannot be shown.", http.StatusInternalServerError)
		return
	}
	text := b.Bytes()
	if d.frame != nil && !d.May["write"] {
		var err error
		if text, err = withoutForms(text, d.Base); err != nil {
			http.Error(w, "The page cannot be shown.", http.StatusInternalServerError)
			return
		}
	}
	if d.frame != nil && d.refill != nil {
		var err error
		if text, err = d.refill.fill(text); err != nil {
			http.Error(w, "The page cannot be shown.", http.StatusInternalServerError)
			return
		}
	}
	p.secure(w.Header(), r, formsTo...)
	send(w, r, status, text)
}

// send sends a page, packed where the browser takes that.
func send(w http.ResponseWriter, r *http.Request, status int, text []byte) {
	const small = 1000 // bytes
	w.Header().Add("Vary", "Accept-Encoding")
	if len(text) < small || !takesGzip(r) {
		w.WriteHeader(status)
		_, _ = w.Write(text) // a browser that has gone has nothing to be shown
		return
	}
	w.Header().Set("Content-Encoding", "gzip")
	w.WriteHeader(status)
	z, _ := gzip.NewWriterLevel(w, gzip.BestSpeed) // the level is one that there is
	_, _ = z.Write(text)
	_ = z.Close()
}

// secure says to the browser that a page may use our own files only, runs no
// script that stands in it, is in no frame, is kept nowhere, and that no address
// of it is told to others.
func (p *Pages) secure(h http.Header, r *http.Request, formsTo ...string) {
	forms := strings.Join(append([]string{"'self'"}, formsTo...), " ")
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action "+forms+"; frame-ancestors 'none'")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
	h.Set("Cache-Control", "no-store")
	if strings.HasPrefix(p.Base.Of(r), "https://") {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
}

type noticeData struct{ Head, Text string }

// notice is a page that only says something.
func (p *Pages) notice(w http.ResponseWriter, r *http.Request, status int, head, text string) {
	p.show(w, r, status, "notice", head, nil, noticeData{head, text})
}

// fail says what went wrong as far as a person may know it.
func (p *Pages) fail(w http.ResponseWriter, r *http.Request, err error) {
	e := errs.As(err)
	switch e.Kind {
	case errs.Forbidden:
		p.notice(w, r, http.StatusForbidden, "This cannot be allowed", e.Text)
	case errs.NotFound:
		p.notice(w, r, http.StatusNotFound, "Not found", "It is not there, or not yours.")
	case errs.Invalid:
		p.notice(w, r, http.StatusBadRequest, "This request cannot be followed", e.Text)
	case errs.Limited:
		p.notice(w, r, http.StatusTooManyRequests, "Too many tries", e.Text)
	case errs.Unavailable:
		p.notice(w, r, http.StatusServiceUnavailable, "Foyer cannot do this now", "Try again in a moment.")
	default:
		p.notice(w, r, http.StatusInternalServerError, "Something went wrong", "It is in the server's log.")
	}
}
