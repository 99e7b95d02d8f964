package highlevel

import (
	"context"
	"net/http"
	"time"

	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/wire"
)

// The addresses of the authorization server.
const (
	AuthorizePath   = "/oauth/chooselocation" // and with /v2 in front; the pages of package ui
	tokenPath       = "/oauth/token"          // #nosec G101 -- an address
	revokePath      = "/oauth/revoke"
	introspectPath  = "/oauth/introspect"
	serverPath      = "/.well-known/oauth-authorization-server"
	resourcePath    = "/.well-known/oauth-protected-resource"
	oauthDoor       = "oauth"
	formContentType = "application/x-www-form-urlencoded"
)

// tokenDoor is what the handlers of OAuthDoor share.
type tokenDoor struct {
	base  wire.Base
	guard auth.Guard // against guessing at the secrets of apps
}

// OAuthDoor gives the door where apps get their tokens: HighLevel's token
// endpoint (contract.md §3), and what the RFCs put beside one: metadata (8414,
// 9728), revocation (7009) and introspection (7662). Nobody needs a key to come
// in; an app names itself in the request.
func OAuthDoor(base wire.Base) *wire.Door {
	d := &tokenDoor{base: base}
	return &wire.Door{
		Name:   oauthDoor,
		Prefix: []string{tokenPath, revokePath, introspectPath, serverPath, resourcePath},
		Routes: []wire.Route{
			{Name: "token", Method: http.MethodPost, Path: tokenPath, Handle: d.asApp(d.token)},
			{Name: "revoke", Method: http.MethodPost, Path: revokePath, Handle: d.asApp(revoke)},
			{Name: "introspect", Method: http.MethodPost, Path: introspectPath, Handle: d.asApp(d.introspect)},
			{Name: "authorization server metadata", Method: http.MethodGet, Path: serverPath, Handle: d.server},
			{Name: "protected resource metadata", Method: http.MethodGet, Path: resourcePath, Handle: d.resource},
		},
		Authenticate: func(*http.Request, *auth.Desk) (*auth.Caller, error) { return nil, nil },
		Presented:    func(*http.Request) []string { return nil },
		Fail:         failOAuth,
	}
}

// asApp reads the request of an app, and ends guessing at an app's secret after
// some wrong ones.
func (d *tokenDoor) asApp(handle func(context.Context, *tokenCall) (wire.Answer, error)) func(context.Context, *wire.Call) (wire.Answer, error) {
	return func(ctx context.Context, c *wire.Call) (wire.Answer, error) {
		p, err := readParams(c)
		if err != nil {
			return wire.Answer{}, err
		}
		t := &tokenCall{Call: c, params: p}
		if err := t.name(); err != nil {
			return wire.Answer{}, err
		}
		now := time.Now()
		if !d.guard.Allowed(c.Address, oauthDoor, t.client.ID, now) {
			return wire.Answer{}, errs.New(errs.Limited, "Too many wrong secrets; try again in a minute")
		}
		a, err := handle(ctx, t)
		if errs.As(err).Code == "invalid_client" {
			d.guard.Wrong(c.Address, oauthDoor, t.client.ID, now)
		}
		return a, err
	}
}

// oauthFailure is an error as RFC 6749 §5.2 has it.
type oauthFailure struct {
	Error       string `json:"error"`
	Description string `json:"error_description,omitempty"`
	TraceID     string `json:"traceId"`
}

// failureV3 is the same in version 3 of HighLevel's API (contract.md §2).
type failureV3 struct {
	Error struct {
		Code    string `json:"code"`
		Message string `json:"message"`
	} `json:"error"`
	TraceID string `json:"traceId"`
}

// failOAuth puts an error into the words of OAuth.
func failOAuth(c *wire.Call, err error) wire.Answer {
	e := errs.As(err)
	status, code := oauthStatus(e)
	text := e.Text
	p, _ := readParams(c)
	if e.Code == auth.CodeNotFound {
		status, code = http.StatusBadRequest, "invalid_grant"
		if p.highLevel(c.Request) { // what the original says (contract.md §3)
			status, code = http.StatusUnauthorized, "UnAuthorized!"
		}
	}
	a := wire.Answer{Status: status, Body: oauthFailure{code, text, c.ID}}
	if p.v3 {
		var f failureV3
		f.Error.Code, f.Error.Message, f.TraceID = code, text, c.ID
		a.Body = f
	}
	if _, _, basic := c.Request.BasicAuth(); basic && status == http.StatusUnauthorized {
		a = a.With("WWW-Authenticate", `Basic realm="Foyer", charset="UTF-8"`)
	}
	return a.With("Pragma", "no-cache")
}

func oauthStatus(e *errs.Error) (status int, code string) {
	switch e.Kind {
	case errs.Unauthorized:
		return http.StatusUnauthorized, "invalid_client"
	case errs.Invalid:
		if e.Code != "" && e.Code != "body" && e.Code != "encoding" {
			return http.StatusBadRequest, e.Code
		}
		return http.StatusBadRequest, "invalid_request"
	case errs.Limited:
		return http.StatusTooManyRequests, "temporarily_unavailable"
	case errs.Unavailable:
		return http.StatusServiceUnavailable, "temporarily_unavailable"
	case errs.NotFound:
		return http.StatusNotFound, "invalid_request"
	case errs.BadMethod:
		return http.StatusMethodNotAllowed, "invalid_request"
	case errs.TooLarge:
		return http.StatusRequestEntityTooLarge, "invalid_request"
	}
	return http.StatusInternalServerError, "server_error"
}
