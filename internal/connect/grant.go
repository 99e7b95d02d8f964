package connect

import (
	"context"
	"crypto/subtle"
	"errors"
	"strings"
	"time"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/id"
	"github.com/foyer-crm/foyer/internal/remote"
)

// Grant is how the systems of a kind let an app in by OAuth 2.0.
type Grant struct {
	// Address gives the address at which a person lets the app in. Where the system
	// takes no PKCE, it takes the verifier out of the ask.
	Address func(ctx context.Context, o Opening, a *Ask) (string, error)
	// Exchange takes the code that came back for the first token.
	Exchange func(ctx context.Context, o Opening, a Ask, code string) (remote.Token, error)
}

// Authorize gives the address at which a person lets a connection's app in. The
// answer comes to the redirect URI. session is the browser that may bring it, ""
// where it is brought by hand. Invalid for a connection that has no app.
func (g *Engine) Authorize(ctx context.Context, locationID, connectionID, redirectURI, session string) (string, error) {
	o, grant, err := g.granting(ctx, locationID, connectionID)
	if err != nil {
		return "", err
	}
	a := Ask{State: locationID + "." + connectionID + "." + id.Secret(32), Redirect: redirectURI, Verifier: id.Secret(64), Until: time.Now().Add(askLife)}
	if session != "" {
		a.By = g.browser(session)
	}
	address, err := grant.Address(ctx, o, &a)
	if err != nil {
		return "", err
	}
	var broken error
	_, err = o.Swap(ctx, func(secret Credential) (Credential, time.Time, bool) {
		list, err := secret.asks(time.Now())
		if err == nil {
			err = secret.keepAsks(append(list, a))
		}
		broken = err
		return secret, o.Connection.ExpiresAt, err == nil
	})
	if err == nil {
		err = broken
	}
	return address, err
}

// browser is what an ask keeps of a session.
func (g *Engine) browser(session string) string { return g.vault.Hash("connection ask", session) }

// granting opens what is needed to let an app in.
func (g *Engine) granting(ctx context.Context, locationID, connectionID string) (o Opening, grant Grant, err error) {
	var c *Connection
	if err := g.db.Read(ctx, locationID, func(ctx context.Context, tx *db.Tx) (err error) {
		c, err = ByID(ctx, tx, locationID, connectionID)
		return err
	}); err != nil {
		return o, grant, err
	}
	if o, err = g.opening(c); err != nil {
		return o, grant, err
	}
	grant, ok := g.grants[c.Kind]
	if !ok || o.Credential["clientId"] == "" {
		return o, grant, errs.New(errs.Invalid, "This connection has no app that could be let in: it is opened by a token")
	}
	return o, grant, nil
}

// Answer is what came back to a redirect URI.
type Answer struct {
	State       string
	Code        string
	Error       string // access_denied, …
	Description string // of it, in the other side's words
}

// Whose gives the location and the connection that a state names; what it says is
// to be believed only when the answer is taken.
func (a Answer) Whose() (locationID, connectionID string, ok bool) {
	parts := strings.Split(a.State, ".")
	if len(parts) != 3 || parts[0] == "" || parts[0] == db.System || parts[1] == "" {
		return "", "", false
	}
	return parts[0], parts[1], true
}

// Granted takes the answer that a browser brought, and lets the connection begin.
// Errors are Invalid or Conflict, in words for whoever let the app in.
func (g *Engine) Granted(ctx context.Context, by crm.Actor, a Answer, session string) (*Connection, error) {
	location, connection, ok := a.Whose()
	if !ok || location != by.LocationID {
		return nil, errStale()
	}
	mine := g.browser(session)
	return g.answered(ctx, by, connection, a, func(ask *Ask) bool {
		return ask.By == mine && subtle.ConstantTimeCompare([]byte(ask.State), []byte(a.State)) == 1
	})
}

// GrantedByHand takes an answer that somebody typed: to what the command line asked
// last, or what its state names.
func (g *Engine) GrantedByHand(ctx context.Context, by crm.Actor, connectionID string, a Answer) (*Connection, error) {
	return g.answered(ctx, by, connectionID, a, func(ask *Ask) bool {
		return ask.By == "" && (a.State == "" || ask.State == a.State)
	})
}

func errStale() error {
	return errs.New(errs.Conflict, "This answer belongs to nothing that was asked from here. It was used already, is older than half an hour, or was asked for in another browser. Begin again")
}

// answered takes the answer to the last ask that fits.
func (g *Engine) answered(ctx context.Context, by crm.Actor, connectionID string, a Answer, fits func(*Ask) bool) (*Connection, error) {
	o, grant, err := g.granting(ctx, by.LocationID, connectionID)
	if err != nil {
		return nil, err
	}
	ask, err := take(ctx, o, fits)
	switch {
	case err != nil:
		return nil, err
	case ask == nil:
		return nil, errStale()
	case a.Error != "":
		return nil, errs.New(errs.Invalid, "%s", denied(a))
	case a.Code == "":
		return nil, errs.New(errs.Invalid, "The system sent back neither a code nor a reason")
	}
	token, err := grant.Exchange(ctx, o, *ask, a.Code)
	if err != nil {
		return nil, errs.Wrap(err, errs.Invalid, "%s", unexchanged(err))
	}
	c, err := g.letIn(ctx, by, &o, ask, token)
	if err == nil {
		g.Wake()
	}
	return c, err
}

// letIn stores the first token of a grant, and has the connection begin.
func (g *Engine) letIn(ctx context.Context, by crm.Actor, o *Opening, ask *Ask, token remote.Token) (c *Connection, err error) {
	err = g.db.Write(ctx, by.LocationID, func(ctx context.Context, tx *db.Tx) error {
		if c, err = locked(ctx, tx, by.LocationID, o.Connection.ID); err != nil {
			return err
		}
		secret, err := c.open(g.vault)
		if err != nil {
			return err
		}
		if secret["clientId"] != o.Credential["clientId"] {
			return errs.New(errs.Conflict, "The connection has another app by now. Begin again")
		}
		old, err := tokenOf(secret)
		if err != nil {
			return err
		}
		if err := secret.keepToken(token, old.Version+1); err != nil {
			return err
		}
		secret[redirectPart] = ask.Redirect
		if err := c.seal(g.vault, secret); err != nil {
			return err
		}
		switch {
		case c.Status == Awaiting && c.Settings.BeginsPaused:
			c.heal(Paused)
		case c.Status != Paused:
			c.heal(Active)
		}
		c.Settings.BeginsPaused = false
		c.ExpiresAt, c.Settings.Location, c.UpdatedAt = token.Expires, or(c.Settings.Location, token.Location), tx.Now()
		if err := connections.Update(ctx, tx, c); err != nil {
			return err
		}
		if err := Hurry(ctx, tx, c, false); err != nil {
			return err
		}
		return c.tell(ctx, tx, by, "connection.authorized")
	})
	return c, err
}

// denied says in plain words why a person, or the other side, did not let the app
// in (RFC 6749 §4.1.2.1).
func denied(a Answer) string {
	words := map[string]string{
		"access_denied":             "Whoever was asked did not let the app in",
		"unauthorized_client":       "The other side does not know this app, or it may not be let in this way: check the client id",
		"invalid_scope":             "The app over there lacks a permission that this connection needs: add it to the app, or take objects out of the connection",
		"invalid_request":           "The other side did not understand what it was asked: check the client id, and that the redirect URI is one of the app's",
		"server_error":              "The other side had a fault of its own: try again later",
		"temporarily_unavailable":   "The other side is not well at the moment: try again later",
		"unsupported_response_type": "The other side lets no apps in by a code",
	}
	text := words[a.Error]
	if text == "" {
		text = "The other side said no: " + cut(a.Error)
	}
	if a.Description != "" {
		text += " (it says: " + cut(a.Description) + ")"
	}
	return text
}

// unexchanged says in plain words why a code gave no token (RFC 6749 §5.2).
func unexchanged(err error) string {
	var e *remote.Error
	if !errors.As(err, &e) {
		return capital(err.Error())
	}
	switch {
	case strings.Contains(e.Text, "invalid_client") || e.Cause == remote.Unauthorized:
		return "The other side does not take the app's client id and secret. Set the right ones with: foyer admin connection set ID --client-id … --client-secret … (it says: " + e.Text + ")"
	case strings.Contains(e.Text, "invalid_grant"):
		return "The code was too old, used already, or given for another redirect URI. Begin again (it says: " + e.Text + ")"
	case e.Cause == remote.Forbidden, e.Cause == remote.Unavailable, e.Cause == remote.Limited:
		return "The other side could not be asked for the token: " + e.Error() + ". Begin again"
	}
	return capital(e.Error())
}

func capital(text string) string {
	if text == "" {
		return text
	}
	return strings.ToUpper(text[:1]) + text[1:]
}
