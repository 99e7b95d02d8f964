package ui

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/connect"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
)

// The addresses at which an admin lets the app of a connection in at the system
// outside. The answer comes to CallbackPath, which is the app's redirect URI there.
const (
	authorizePath = "/connect/authorize/{connection}"
	CallbackPath  = "/connect/callback"
)

// connectData is a page about an app that was not let in.
type connectData struct {
	Head, Text string
	Again      string // where it is begun again, "" if that is of no use
	Command    string // what does the same by hand, "" for nothing
	Back       string // the page of the connection
}

// mountConnect puts the pages at their addresses.
func (p *Pages) mountConnect(m mounter) {
	m.Handle(http.MethodGet, authorizePath, p.signedIn(p.authorize))
	m.Handle(http.MethodGet, CallbackPath, p.signedIn(p.authorized))
}

// adminOf gives somebody as a caller in a location that they are an admin of, with
// the secret of their session. NotFound for another's location.
func (p *Pages) adminOf(r *http.Request, locationID string) (*auth.Caller, string, error) {
	c, err := r.Cookie(p.Base.CookieName(r))
	if err != nil {
		return nil, "", errs.New(errs.Unauthorized, "nobody is signed in")
	}
	by, err := p.Desk.SessionCaller(r.Context(), c.Value, locationID)
	switch {
	case errs.Is(err, errs.Forbidden):
		return nil, "", errs.New(errs.NotFound, "there is no such location, or you do not work there")
	case err != nil:
		return nil, "", err
	case by.User.Role != crm.AdminRole && !by.User.Admin:
		return nil, "", errs.New(errs.Forbidden, "Only an admin connects a location with another system. Ask an admin of your company.")
	}
	return by, c.Value, nil
}

// connectionOf gives the connection that an address names, and who asks.
func (p *Pages) connectionOf(r *http.Request) (by *auth.Caller, session, connectionID string, err error) {
	connectionID = r.PathValue("connection")
	var location string
	if err := p.DB.Read(r.Context(), db.System, func(ctx context.Context, tx *db.Tx) (err error) {
		location, err = connect.Whose(ctx, tx, connectionID)
		return err
	}); err != nil {
		return nil, "", "", err
	}
	by, session, err = p.adminOf(r, location)
	return by, session, connectionID, err
}

// authorize sends an admin to the system outside, to let the app in there.
func (p *Pages) authorize(w http.ResponseWriter, r *http.Request, u *crm.User) {
	by, session, connection, err := p.connectionOf(r)
	if err != nil {
		p.fail(w, r, err)
		return
	}
	to, err := p.Bridge.Authorize(r.Context(), by.Actor.LocationID, connection, p.Base.Of(r)+CallbackPath, session)
	if err != nil {
		p.tellConnect(w, r, u, connectData{Head: "The app cannot be let in", Text: sentence(errs.As(err)), Back: bridgePath(by.Actor.LocationID, connection)}, err)
		return
	}
	w.Header().Set("Referrer-Policy", "no-referrer")
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// authorized takes the answer of the system outside.
func (p *Pages) authorized(w http.ResponseWriter, r *http.Request, u *crm.User) {
	q := r.URL.Query()
	a := connect.Answer{State: q.Get("state"), Code: q.Get("code"), Error: q.Get("error"), Description: q.Get("error_description")}
	location, connection, ok := a.Whose()
	if !ok {
		p.fail(w, r, errs.New(errs.Invalid, "This address is where other systems answer. Nothing was asked that this could be the answer to."))
		return
	}
	by, session, err := p.adminOf(r, location)
	if err != nil {
		p.fail(w, r, err)
		return
	}
	_, err = p.Bridge.Granted(r.Context(), by.Actor, a, session)
	if err == nil {
		w.Header().Set("Referrer-Policy", "no-referrer")
		w.Header().Set("Cache-Control", "no-store")
		http.Redirect(w, r, bridgePath(location, connection)+"?said=bridge-let-in", http.StatusSeeOther) // #nosec G710 -- made of ids
		return
	}
	d := connectData{Head: "The app was not let in", Text: sentence(errs.As(err)), Again: "/connect/authorize/" + connection, Back: bridgePath(location, connection)}
	if errs.Is(err, errs.Conflict) && a.Code != "" {
		d.Command = "foyer connect authorize " + connection + " --code " + shellWord(a.Code)
	}
	p.tellConnect(w, r, u, d, err)
}

// shellWord leaves of a code what no shell reads anything into.
func shellWord(code string) string {
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.~"
	if strings.Trim(code, plain) != "" {
		return "CODE"
	}
	return code
}

// bridgePath is the address of the page of a connection.
func bridgePath(locationID, connectionID string) string {
	return "/in/" + url.PathEscape(locationID) + "/integrations/connections/" + url.PathEscape(connectionID)
}

// tellConnect says why an app was not let in; an error that is none of the
// person's is told as any other.
func (p *Pages) tellConnect(w http.ResponseWriter, r *http.Request, u *crm.User, d connectData, err error) {
	if k := errs.KindOf(err); k != errs.Invalid && k != errs.Conflict {
		p.fail(w, r, err)
		return
	}
	p.show(w, r, http.StatusBadRequest, "connect", d.Head, u, d)
}
