package wire

import (
	"net/http"
	"strings"

	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/errs"
)

// CookieName is the name of the cookie of a sign-in. Over TLS it binds the cookie
// to this host and to TLS.
func (b Base) CookieName(r *http.Request) string {
	if strings.HasPrefix(b.Of(r), "https://") {
		return "__Host-foyer"
	}
	return "foyer"
}

// SessionCaller gives who is signed in, acting in the location that the
// parameter locationId names; without one they need to have just one.
// Unauthorized for nobody, Forbidden for a location that is not theirs.
func SessionCaller(b Base, r *http.Request, desk *auth.Desk) (*auth.Caller, error) {
	c, err := r.Cookie(b.CookieName(r))
	if err != nil {
		return nil, errs.New(errs.Unauthorized, "Nobody is signed in")
	}
	return desk.SessionCaller(r.Context(), c.Value, r.URL.Query().Get("locationId"))
}
