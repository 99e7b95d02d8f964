package wire

import "net/http"

// Address gives the client's address of a request that came through a House, for
// handlers that are no door.
func Address(r *http.Request) string {
	if info, ok := r.Context().Value(infoKey{}).(*requestInfo); ok {
		return info.address
	}
	return r.RemoteAddr
}
