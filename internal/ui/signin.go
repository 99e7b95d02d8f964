package ui

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/errs"
)

type signInData struct {
	Email, Next, Problem string
	Said                 string // what was done just now
	Mails                bool   // a new password can be asked for
}

// cookie gives the cookie of a session. Over TLS its name binds it to this host
// and to TLS.
func (p *Pages) cookie(r *http.Request, value string, life time.Duration) *http.Cookie {
	tls := strings.HasPrefix(p.Base.Of(r), "https://")
	c := &http.Cookie{Name: p.Base.CookieName(r), Value: value, Path: "/", HttpOnly: true, Secure: tls, SameSite: http.SameSiteLaxMode, MaxAge: int(life.Seconds())} // #nosec G124 -- without TLS there is no Secure cookie
	if value == "" {
		c.MaxAge = -1
	}
	return c
}

// user gives who is signed in. Unauthorized for nobody.
func (p *Pages) user(r *http.Request) (*crm.User, error) {
	c, err := r.Cookie(p.Base.CookieName(r))
	if err != nil {
		return nil, errs.New(errs.Unauthorized, "nobody is signed in")
	}
	return p.Desk.SignedIn(r.Context(), c.Value)
}

// askToSignIn sends to the sign-in, and from there back to where somebody was.
func (p *Pages) askToSignIn(w http.ResponseWriter, r *http.Request) {
	if p.LeadsToStart(w, r) {
		return
	}
	next := r.URL.Path
	if r.Method == http.MethodPost && !strings.Contains(next, "/oauth/") {
		next = "/today"
	}
	if r.URL.RawQuery != "" {
		next += "?" + r.URL.RawQuery
	}
	w.Header().Set("Referrer-Policy", "no-referrer")
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, "/signin?next="+url.QueryEscape(next), http.StatusSeeOther)
}

// signIn shows the form.
func (p *Pages) signIn(w http.ResponseWriter, r *http.Request) {
	if p.LeadsToStart(w, r) {
		return
	}
	d := signInData{Next: local(r.URL.Query().Get("next")), Mails: p.mails()}
	if r.URL.Query().Has("changed") {
		d.Said = "Your password is changed. Sign in with the new one."
	}
	p.show(w, r, http.StatusOK, "signin", "Sign in", nil, d)
}

// enter checks an address and a password.
func (p *Pages) enter(w http.ResponseWriter, r *http.Request) {
	d := signInData{Email: r.PostForm.Get("email"), Next: local(r.PostForm.Get("next")), Mails: p.mails()}
	e, err := p.Desk.Enter(r.Context(), p.passwords, d.Email, r.PostForm.Get("password"), browser(r))
	switch {
	case errs.Is(err, errs.Unauthorized):
		d.Problem = "The e-mail address or the password is wrong."
		p.show(w, r, http.StatusUnauthorized, "signin", "Sign in", nil, d)
	case errs.Is(err, errs.Limited):
		d.Problem = errs.As(err).Text
		p.show(w, r, http.StatusTooManyRequests, "signin", "Sign in", nil, d)
	case err != nil:
		p.fail(w, r, err)
	case e.Pending != "":
		p.show(w, r, http.StatusOK, "code", "Your code", nil, codeData{Pending: e.Pending, Next: d.Next})
	default:
		p.welcome(w, r, e.Cookie, d.Next)
	}
}

// codeData is what the question for a code shows.
type codeData struct{ Pending, Next, Problem string }

// enterCode checks the code of a second factor.
func (p *Pages) enterCode(w http.ResponseWriter, r *http.Request) {
	d := codeData{Pending: r.PostForm.Get("pending"), Next: local(r.PostForm.Get("next"))}
	e, err := p.Desk.Finish(r.Context(), d.Pending, r.PostForm.Get("code"), browser(r))
	switch {
	case errs.Is(err, errs.NotFound):
		p.show(w, r, http.StatusUnauthorized, "signin", "Sign in", nil, signInData{Next: d.Next, Mails: p.mails(), Problem: "That took too long. Sign in again."})
	case errs.Is(err, errs.Unauthorized):
		d.Problem = "This code is wrong, or was used. Wait for the next one."
		p.show(w, r, http.StatusUnauthorized, "code", "Your code", nil, d)
	case errs.Is(err, errs.Limited):
		d.Problem = errs.As(err).Text
		p.show(w, r, http.StatusTooManyRequests, "code", "Your code", nil, d)
	case err != nil:
		p.fail(w, r, err)
	default:
		p.welcome(w, r, e.Cookie, d.Next)
	}
}

// welcome gives a browser its session and goes on.
func (p *Pages) welcome(w http.ResponseWriter, r *http.Request, cookie, next string) {
	http.SetCookie(w, p.cookie(r, cookie, auth.SessionLife))
	w.Header().Set("Referrer-Policy", "no-referrer")
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, next, http.StatusSeeOther) // #nosec G710 -- a path of this server
}

// signOut ends the session.
func (p *Pages) signOut(w http.ResponseWriter, r *http.Request) {
	if c, err := r.Cookie(p.Base.CookieName(r)); err == nil {
		if err := p.Desk.SignOut(r.Context(), c.Value); err != nil {
			p.fail(w, r, err)
			return
		}
	}
	http.SetCookie(w, p.cookie(r, "", 0))
	http.Redirect(w, r, local(r.PostForm.Get("next")), http.StatusSeeOther) // #nosec G710 -- local lets only paths of this server through
}

// local gives a path of this server to go to, and Today for anything that
// could lead elsewhere.
func local(next string) string {
	u, err := url.Parse(next)
	if err != nil || u.IsAbs() || u.Host != "" || u.User != nil || !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") || strings.ContainsAny(next, "\\\t\r\n") {
		return "/today"
	}
	return next
}
