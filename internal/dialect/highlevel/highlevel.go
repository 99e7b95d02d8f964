// Package highlevel is the door for clients of HighLevel's API v2: all operations
// of its catalogue and those beside it that clients need, by private integration
// token or by the access token of an app, which the OAuth 2.0 endpoints beside it
// give out. The table of operations drives it.
package highlevel

import (
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/wire"
)

// Options are the switches of the door. The zero value is the lenient one.
type Options struct {
	// RequireVersion refuses a request without a Version header, as the
	// original does (contract.md §2). One that no version has is always refused.
	RequireVersion bool
	// Strict refuses unknown properties of a body instead of warning of them
	// (contract.md §1).
	Strict bool
	// RateLimit holds an app in each location, and a private token, to Limits,
	// and says in headers how many requests are left (contract.md §5).
	RateLimit bool
	// Limits are 100 requests in 10 seconds and 200,000 a day where they are 0.
	Limits auth.Limits
	// Base is the address of the server for those outside.
	Base wire.Base
}

// door is what the handlers of one Door share.
type door struct {
	Options
	passwords *auth.Passwords
}

// Door gives the door.
func Door(o Options) *wire.Door {
	d := newDoor(o)
	return &wire.Door{
		Name:         auth.HighLevel,
		Prefix:       prefixes(),
		Routes:       d.routes(),
		Authenticate: d.authenticate,
		Presented:    presented,
		Fail:         d.fail,
	}
}

func newDoor(o Options) *door {
	o.Limits = limitsOf(o.Limits)
	return &door{Options: o, passwords: auth.NewPasswords()}
}

// versions are the values of the Version header that HighLevel publishes; any
// of them is good on any path (contract.md §2).
var versions = []string{"v3", "2023-02-21", july, april, "legacy"}

// authenticate names the caller by the bearer token of the one Authorization
// header, and looks at the Version header. With an error about anything but the
// token it gives the caller too, so that the refusal is in their import log.
func (d *door) authenticate(r *http.Request, desk *auth.Desk) (*auth.Caller, error) {
	if len(r.Header.Values("Authorization")) > 1 {
		return nil, errs.New(errs.Invalid, "The Authorization header was sent more than once")
	}
	caller, err := desk.Caller(r.Context(), auth.HighLevel, bearer(r.Header.Get("Authorization")))
	if err != nil {
		return nil, err
	}
	if err := d.count(r.Context(), desk, caller); err != nil {
		return caller, err
	}
	return caller, d.checkVersion(r.Header.Values("Version"))
}

// checkVersion is not about the token: as a wrong key it would count against
// the address.
func (d *door) checkVersion(sent []string) error {
	switch {
	case len(sent) == 0 && d.RequireVersion:
		return errs.New(errs.Invalid, "version header was not found.").WithCode("version")
	case len(sent) > 1, len(sent) == 1 && !slices.Contains(versions, sent[0]):
		return errs.New(errs.Invalid, "version header is invalid").WithCode("version")
	}
	return nil
}

// token is what RFC 6750 §2.1 lets a bearer token be.
var token = regexp.MustCompile(`^[A-Za-z0-9._~+/-]+=*$`)

// bearer gives the token of an Authorization header, "" if it is anything but
// "Bearer" (in any case), one space and a token.
func bearer(header string) string {
	scheme, secret, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "Bearer") || !token.MatchString(secret) {
		return ""
	}
	return secret
}

// presented gives the token, or whatever is in its place.
func presented(r *http.Request) []string {
	var secrets []string
	for _, h := range r.Header.Values("Authorization") {
		if secret := bearer(h); secret != "" {
			h = secret
		}
		if h != "" {
			secrets = append(secrets, h)
		}
	}
	return secrets
}
