package brokerkit

import (
	"net/http"
	"strings"

	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/errs"
)

// authenticate names the caller by the Authorization header (intake.md §2.1).
func authenticate(r *http.Request, desk *auth.Desk) (*auth.Caller, error) {
	list := r.Header.Values("Authorization")
	if len(list) > 1 {
		return nil, errs.New(errs.Invalid, "the Authorization header was sent more than once")
	}
	secret, ok := "", false
	if len(list) == 1 {
		secret, ok = token(list[0])
	}
	if !ok {
		return nil, errs.New(errs.Unauthorized, "Unauthorized")
	}
	return desk.Caller(r.Context(), auth.Brokerkit, secret)
}

// presented gives the secret that a request carries, if it carries one.
func presented(r *http.Request) []string {
	if secret, ok := token(r.Header.Get("Authorization")); ok {
		return []string{secret}
	}
	return nil
}

// token reads the key out of an Authorization header:
//
//	Token token=KEY
//	Token token="KEY", nonce="x"
//	Bearer KEY
//
// with the scheme in any case. That is what Rails takes, but for a key without
// "token=", which the contract refuses (intake.md §2.9 B18). Any other form is
// no key: it is refused, never guessed.
func token(header string) (secret string, ok bool) {
	scheme, rest, found := strings.Cut(header, " ")
	if !found {
		return "", false
	}
	rest = strings.TrimLeft(rest, " ") // RFC 9110 §11.6.2 lets several stand there
	switch {
	case strings.EqualFold(scheme, "Bearer"):
		return rest, plain(rest)
	case strings.EqualFold(scheme, "Token"):
		return tokenParam(rest)
	}
	return "", false
}

// tokenParam finds the one parameter called token in a list of them.
func tokenParam(params string) (secret string, ok bool) {
	for params != "" {
		name, after, found := strings.Cut(params, "=")
		if !found || !plain(name) {
			return "", false
		}
		var value string
		if quoted, is := strings.CutPrefix(after, `"`); is {
			if value, params, found = strings.Cut(quoted, `"`); !found {
				return "", false
			}
		} else {
			end := strings.IndexAny(after, ",; \t")
			if end < 0 {
				end = len(after)
			}
			value, params = after[:end], after[end:]
		}
		if strings.EqualFold(name, "token") {
			if ok || !plain(value) {
				return "", false
			}
			secret, ok = value, true
		}
		if params == "" {
			break
		}
		if params = strings.TrimLeft(params, " \t"); params == "" || params[0] != ',' && params[0] != ';' {
			return "", false
		}
		if params = strings.TrimLeft(params[1:], " \t"); params == "" {
			return "", false
		}
	}
	return secret, ok
}

// plain reports whether s is one word of visible ASCII without the signs that
// separate parameters.
func plain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c >= 0x7f || strings.IndexByte(`"\,;`, c) >= 0 {
			return false
		}
	}
	return s != ""
}
