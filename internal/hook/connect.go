package hook

import (
	"io"
	"net/http"

	"github.com/foyer-crm/foyer/internal/errs"
)

// connect takes what a system outside tells a connection.
func (d *Door) connect(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		err = tooLarge(err)
	} else {
		err = d.Bridge.Told(r.Context(), r.PathValue("location"), r.PathValue("connection"), r.PathValue("token"), r.Header, body)
	}
	if err == nil {
		answer(w, http.StatusOK, struct{}{})
		return
	}
	if k := errs.KindOf(err); k == errs.Internal || k == errs.Unavailable {
		w.Header().Set("Retry-After", "10")
	}
	d.refuse(w, r, "connection", err)
}
