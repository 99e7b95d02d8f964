package wire

import "net/http"

// Base is the address that people and programs outside know the server by, as
// https://crm.example; "" is whatever a request was sent to.
type Base string

// Of gives the address for an answer to a request, without a slash at the end.
func (b Base) Of(r *http.Request) string {
	switch {
	case b != "":
		return string(b)
	case r.TLS != nil:
		return "https://" + r.Host
	}
	return "http://" + r.Host
}
