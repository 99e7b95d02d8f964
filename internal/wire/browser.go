package wire

import (
	"net/http"
	"slices"
)

// browser says to a browser whether a page may call. No page is meant to hold
// these keys, so no origin is allowed unless the operator names it.
func (h *House) browser(header http.Header, r *http.Request) {
	origin := r.Header.Get("Origin")
	if origin == "" || len(h.origins) == 0 {
		return
	}
	header.Add("Vary", "Origin")
	if !slices.Contains(h.origins, "*") && !slices.Contains(h.origins, origin) {
		return
	}
	header.Set("Access-Control-Allow-Origin", origin)
	header.Set("Access-Control-Expose-Headers", "X-Foyer-Warnings, X-Request-Id, X-Intake-Result, Idempotent-Replayed, Retry-After")
	if r.Method == http.MethodOptions {
		header.Set("Access-Control-Allow-Methods", "GET, POST, PUT, PATCH, DELETE")
		header.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, Idempotency-Key, Secure-Id, Version, X-LionDesk-Id")
		header.Set("Access-Control-Max-Age", "600")
	}
}
