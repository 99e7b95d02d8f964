package highlevel

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/wire"
)

// invalid is an error about the request itself.
func invalid(code, text string) error { return errs.New(errs.Invalid, "%s", text).WithCode(code) }

// token is the token endpoint: contract.md §3, RFC 6749 §3.2.
func (d *tokenDoor) token(ctx context.Context, c *tokenCall) (wire.Answer, error) {
	if kind := c.get("user_type"); kind != "" && kind != "Company" && kind != "Location" {
		return wire.Answer{}, invalid("invalid_request", "user_type is Company or Location")
	}
	var t *auth.Tokens
	var err error
	switch grant := c.get("grant_type"); grant {
	case "":
		err = invalid("invalid_request", "grant_type is missing")
	case "authorization_code":
		if c.get("code") == "" {
			return wire.Answer{}, invalid("invalid_request", "code is missing")
		}
		t, err = c.Desk().Exchange(ctx, c.client, c.get("code"), c.get("redirect_uri"), c.get("code_verifier"))
	case "refresh_token":
		if c.get("refresh_token") == "" {
			return wire.Answer{}, invalid("invalid_request", "refresh_token is missing")
		}
		t, err = c.Desk().Refresh(ctx, c.client, c.get("refresh_token"), c.get("scope"))
	case "client_credentials":
		location := c.get("locationId")
		if c.get("user_type") == "Location" && location == "" {
			return wire.Answer{}, invalid("invalid_request", "locationId is missing")
		}
		t, err = c.Desk().ClientCredentials(ctx, c.client, clean(location), c.get("scope"))
	default:
		err = invalid("unsupported_grant_type", "grant_type is authorization_code, refresh_token or client_credentials")
	}
	if err != nil {
		return wire.Answer{}, err
	}
	f := tokenFields(c.Call, t, t.ExpiresIn-time.Second) // 86399, as the original says it
	if c.v3 {
		f = camel(f)
	}
	return wire.Answer{Status: http.StatusOK, Body: f}.With("Pragma", "no-cache"), nil
}

// tokenFields are the answer with tokens: GetAccessCodeSuccessfulResponseDto
// with what the original adds.
func tokenFields(c *wire.Call, t *auth.Tokens, life time.Duration) fields {
	g := t.Grant
	f := fields{
		"access_token": t.Access, "token_type": "Bearer", "expires_in": int64(life.Seconds()), "scope": strings.Join(t.Scopes, " "),
		"userType": g.UserType(), "companyId": g.CompanyID, "isBulkInstallation": false, "traceId": c.ID,
	}
	if g.UserID != "" {
		f["userId"] = g.UserID
	}
	if t.Refresh != "" {
		f["refresh_token"], f["refreshTokenId"] = t.Refresh, t.RefreshID(c.Desk().Vault())
	}
	if g.LocationID != "" {
		f["locationId"] = g.LocationID
		return f
	}
	f["approvedLocations"], f["approveAllLocations"], f["installToFutureLocations"] = list(t.Locations), len(g.LeftOut) == 0, true
	return f
}

func list(ids []string) []string {
	if ids == nil {
		return []string{}
	}
	return ids
}

// camel gives an answer the names of version 3 (contract.md §2).
func camel(f fields) fields {
	for old, name := range map[string]string{"access_token": "accessToken", "token_type": "tokenType", "expires_in": "expiresIn", "refresh_token": "refreshToken"} {
		if v, ok := f[old]; ok {
			delete(f, old)
			f[name] = v
		}
	}
	return f
}

// revoke ends a token: RFC 7009. Its answer has no body.
func revoke(ctx context.Context, c *tokenCall) (wire.Answer, error) {
	if c.get("token") == "" {
		return wire.Answer{}, invalid("invalid_request", "token is missing")
	}
	return wire.Answer{Status: http.StatusOK}, c.Desk().Revoke(ctx, c.client, c.get("token"))
}

// introspect tells a client of a token of its own: RFC 7662.
func (d *tokenDoor) introspect(ctx context.Context, c *tokenCall) (wire.Answer, error) {
	if c.get("token") == "" {
		return wire.Answer{}, invalid("invalid_request", "token is missing")
	}
	i, err := c.Desk().Introspect(ctx, c.client, c.get("token"))
	if err != nil {
		return wire.Answer{}, err
	}
	if i == nil {
		return wire.Answer{Status: http.StatusOK, Body: fields{"active": false}}, nil
	}
	f := fields{
		"active": true, "scope": strings.Join(i.Scopes, " "), "client_id": i.Grant.AppID, "iat": i.CreatedAt.Unix(), "iss": d.base.Of(c.Request),
		"userType": i.Grant.UserType(), "companyId": i.Grant.CompanyID,
	}
	if i.Kind == "access" {
		f["token_type"] = "Bearer"
	}
	if !i.ExpiresAt.IsZero() {
		f["exp"] = i.ExpiresAt.Unix()
	}
	if i.Grant.UserID != "" {
		f["sub"] = i.Grant.UserID
	}
	if i.Grant.LocationID != "" {
		f["locationId"] = i.Grant.LocationID
	}
	return wire.Answer{Status: http.StatusOK, Body: f}, nil
}
