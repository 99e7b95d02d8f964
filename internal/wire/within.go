package wire

import "net/http"

// Within gives the call as a route would get it that is asked by another one: with
// its own request, parts of the path and body. Who asks, and what is warned of, is
// the same.
func (c *Call) Within(r *http.Request, params map[string]string, body []byte) *Call {
	inner := *c
	inner.Request, inner.params, inner.Body, inner.object, inner.warnings = r, params, body, nil, nil
	return &inner
}
