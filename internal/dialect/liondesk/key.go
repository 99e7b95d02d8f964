package liondesk

import (
	"net/http"
	"slices"

	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/wire"
)

const (
	// userHeader carries the USERKEY. It is X-LionDesk-Id, in Go's spelling.
	userHeader = "X-Liondesk-Id"
	// personal is the APIKEY of everybody's personal access. It is no secret, and
	// opens nothing without a USERKEY (intake.md §1.1).
	personal = "user"
)

// credentials reads the APIKEY, the user name of HTTP Basic with an empty
// password, and the USERKEY, "" if there is none. A header that was sent twice
// is refused: nobody can say which one was meant.
func credentials(r *http.Request) (apiKey, userKey string, err error) {
	apiKey, password, ok := r.BasicAuth()
	if !ok || apiKey == "" || password != "" || len(r.Header["Authorization"]) != 1 {
		return "", "", errs.New(errs.Unauthorized, "no APIKEY")
	}
	switch sent := r.Header[userHeader]; len(sent) {
	case 0:
	case 1:
		userKey = sent[0]
	default:
		return "", "", noUser()
	}
	return apiKey, userKey, nil
}

// authenticate names the caller: the user behind the USERKEY, or the partner
// alone, or nobody where the APIKEY is the one of personal access. Echo and
// GetUsers need no USERKEY, so a wrong one is not an error yet; mayWrite makes
// it one.
func authenticate(r *http.Request, desk *auth.Desk) (*auth.Caller, error) {
	apiKey, userKey, err := credentials(r)
	if err != nil {
		return nil, err
	}
	if apiKey == personal {
		own, err := desk.Caller(r.Context(), auth.LionDesk, userKey, auth.KindPersonal)
		if errs.Is(err, errs.Unauthorized) {
			return nil, nil
		}
		return own, err
	}
	partner, err := desk.Caller(r.Context(), auth.LionDesk, apiKey, auth.KindPartner)
	if err != nil {
		return nil, err
	}
	given, err := desk.Caller(r.Context(), auth.LionDesk, userKey, auth.KindUser)
	if err != nil && !errs.Is(err, errs.Unauthorized) {
		return nil, err
	}
	if err != nil || given.Key.PartnerID != partnerOf(partner).ID || given.Key.LocationID != partner.Key.LocationID {
		return partner, nil
	}
	return given, nil
}

// presented gives the secrets of a request: the USERKEY matters most, because
// the APIKEY may be the word that everybody knows.
func presented(r *http.Request) []string {
	secrets := slices.Clone(r.Header[userHeader])
	apiKey, password, ok := r.BasicAuth()
	switch {
	case !ok:
		secrets = append(secrets, r.Header["Authorization"]...)
	case apiKey != personal:
		secrets = append(secrets, apiKey, password)
	}
	return slices.DeleteFunc(secrets, func(s string) bool { return s == "" })
}

// mayWrite checks that the caller is a user, and may bring contacts in.
func mayWrite(c *wire.Call) error {
	if c.Caller == nil || c.Caller.Key.Kind == auth.KindPartner || c.Caller.Actor.UserID == "" {
		if c.Request.Header.Get(userHeader) != "" {
			c.WrongKey()
		}
		return noUser()
	}
	return can(c.Actor().Scopes, auth.ScopeCreate)
}

func noUser() error {
	return errs.New(errs.Unauthorized, "no USERKEY of a user who authorised this APIKEY").WithCode("user")
}

func can(scopes []string, scope string) error {
	if !slices.Contains(scopes, scope) {
		return errs.New(errs.Forbidden, "the key does not have the scope %q", scope).WithCode("scope")
	}
	return nil
}

// partnerOf gives the partner's own key, nil for personal access. The secret
// that a partner had before it was changed stands for the same key.
func partnerOf(c *auth.Caller) *auth.Key {
	switch {
	case c == nil:
		return nil
	case c.Partner != nil:
		return c.Partner
	case c.Key.Kind == auth.KindPartner:
		return c.Key
	}
	return nil
}

// scope says whose contactids a request speaks of: every partner has its own
// for every user (intake.md §1.3 contactid), and so has personal access.
func scope(c *auth.Caller) string {
	if p := partnerOf(c); p != nil {
		return p.ID + "/" + c.Actor.UserID
	}
	return personal + "/" + c.Actor.UserID
}

// owns reports whether a contact is a user's: assigned to them or to nobody, or
// brought in by them.
func owns(c *crm.Contact, userID string) bool {
	by := c.Details.CreatedBy
	return c.AssignedTo == "" || c.AssignedTo == userID || by != nil && by.UserID == userID
}
