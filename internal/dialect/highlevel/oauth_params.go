package highlevel

import (
	"errors"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/wire"
)

// params are the parameters of a request of an app, by their names in the RFCs.
type params struct {
	values map[string]string
	v3     bool // the request has the names of version 3 of HighLevel's API
}

// paramNames are the parameters that mean something, with their names in
// version 3 where it has one.
var paramNames = [][2]string{
	{"client_id", "clientId"}, {"client_secret", "clientSecret"}, {"grant_type", "grantType"}, {"code", ""}, {"refresh_token", "refreshToken"},
	{"user_type", "userType"}, {"redirect_uri", "redirectUri"}, {"code_verifier", "codeVerifier"}, {"scope", ""}, {"token", ""},
	{"companyId", ""}, {"locationId", ""},
}

// readParams reads the body of a request: a form, or a JSON object. What is
// there twice is refused (RFC 6749 §3.2).
func readParams(c *wire.Call) (params, error) {
	p := params{values: map[string]string{}}
	get, err := bodyValues(c)
	if err != nil {
		return p, err
	}
	for _, names := range paramNames {
		for i, name := range names {
			v := ""
			if name != "" {
				if v, err = get(name); err != nil {
					return p, err
				}
			}
			if v == "" {
				continue
			}
			p.v3 = p.v3 || i == 1
			p.values[names[0]] = v
		}
	}
	return p, nil
}

// bodyValues gives what finds a parameter in the body, in whichever form that is.
func bodyValues(c *wire.Call) (func(name string) (string, error), error) {
	kind, _, _ := mime.ParseMediaType(c.Request.Header.Get("Content-Type"))
	if kind != formContentType && strings.HasPrefix(strings.TrimSpace(string(c.Body)), "{") {
		o, err := c.Object()
		if err != nil {
			return nil, errs.Wrap(err, errs.Invalid, "The body is neither a form nor a JSON object").WithCode("invalid_request")
		}
		o.Ignore()
		return func(name string) (string, error) { return o.Raw(name), nil }, nil
	}
	form, err := url.ParseQuery(string(c.Body))
	if err != nil {
		return nil, errs.Wrap(err, errs.Invalid, "The body is neither a form nor a JSON object").WithCode("invalid_request")
	}
	return func(name string) (string, error) {
		if len(form[name]) > 1 {
			return "", errs.New(errs.Invalid, "%s is there more than once", name).WithCode("invalid_request")
		}
		return form.Get(name), nil
	}, nil
}

func (p params) get(name string) string { return p.values[name] }

// highLevel reports whether a request is one that HighLevel's own clients send:
// they know no PKCE, and put their secret into the body.
func (p params) highLevel(r *http.Request) bool {
	_, _, basic := r.BasicAuth()
	return !basic && !p.v3 && p.get("code_verifier") == ""
}

// tokenCall is one request of an app.
type tokenCall struct {
	*wire.Call
	params

	client auth.Client
}

// name reads how the app names itself: HTTP Basic or the body, not both (RFC
// 6749 §2.3.1). A Bearer token, which HighLevel's SDK may send, says nothing.
func (t *tokenCall) name() error {
	t.client = auth.Client{ID: t.get("client_id"), Secret: t.get("client_secret")}
	headers := t.Request.Header.Values("Authorization")
	if len(headers) > 1 {
		return errs.New(errs.Invalid, "The Authorization header was sent more than once").WithCode("invalid_request")
	}
	id, secret, basic := t.Request.BasicAuth()
	if basic {
		var err1, err2 error
		id, err1 = url.QueryUnescape(id)
		secret, err2 = url.QueryUnescape(secret)
		if errors.Join(err1, err2) != nil || t.client.Secret != "" || t.client.ID != "" && t.client.ID != id {
			return errs.New(errs.Invalid, "The client names itself in two ways").WithCode("invalid_request")
		}
		t.client = auth.Client{ID: id, Secret: secret}
	}
	if t.client.ID == "" {
		return errs.New(errs.Unauthorized, "client_id is missing").WithCode("invalid_client")
	}
	t.client.ID = clean(t.client.ID)
	return nil
}
