package highlevel

import (
	"context"
	"net/http"

	"github.com/foyer-crm/foyer/internal/wire"
)

// server describes the authorization server: RFC 8414.
func (d *tokenDoor) server(_ context.Context, c *wire.Call) (wire.Answer, error) {
	base := d.base.Of(c.Request)
	withSecret := []string{"client_secret_basic", "client_secret_post"}
	all := append(withSecret[:2:2], "none")
	return wire.Answer{Status: http.StatusOK, Body: fields{
		"issuer":                                         base,
		"authorization_endpoint":                         base + AuthorizePath,
		"token_endpoint":                                 base + tokenPath,
		"revocation_endpoint":                            base + revokePath,
		"introspection_endpoint":                         base + introspectPath,
		"scopes_supported":                               Scopes(),
		"response_types_supported":                       []string{"code"},
		"response_modes_supported":                       []string{"query"},
		"grant_types_supported":                          []string{"authorization_code", "refresh_token", "client_credentials"},
		"token_endpoint_auth_methods_supported":          all,
		"revocation_endpoint_auth_methods_supported":     all,
		"introspection_endpoint_auth_methods_supported":  withSecret,
		"code_challenge_methods_supported":               []string{"S256"},
		"authorization_response_iss_parameter_supported": true,
	}}, nil
}

// resource describes the API that the tokens are for: RFC 9728.
func (d *tokenDoor) resource(_ context.Context, c *wire.Call) (wire.Answer, error) {
	base := d.base.Of(c.Request)
	return wire.Answer{Status: http.StatusOK, Body: fields{
		"resource": base, "authorization_servers": []string{base}, "bearer_methods_supported": []string{"header"}, "scopes_supported": Scopes(),
	}}, nil
}
