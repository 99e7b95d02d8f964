package liondesk

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/wire"
)

// reply is an error in LionDesk's words (intake.md §1.2). What the application
// has against a request travels with status 200: the clients find the number
// nowhere else. 40 and 92 to 94 are ours.
type reply struct {
	number int
	text   string
	status int
}

// fail puts an error into an envelope.
func fail(c *wire.Call, err error) wire.Answer {
	r := replyTo(c, errs.As(err))
	e := envelope{Error: r.number, ErrorText: r.text}
	if o, err := c.Object(); err == nil {
		e.Action = o.Raw("action")
	}
	a := wire.Answer{Status: r.status, Body: e}
	switch r.status {
	case http.StatusUnauthorized:
		a = a.With("WWW-Authenticate", `Basic realm="LionDesk"`)
	case http.StatusMethodNotAllowed:
		a = a.With("Allow", http.MethodPost)
	}
	return a
}

func replyTo(c *wire.Call, e *errs.Error) reply {
	switch e.Kind {
	case errs.Unauthorized:
		if e.Code == "user" {
			return reply{10, "User Validation Error", http.StatusOK}
		}
		return reply{1, "Invalid API key", http.StatusUnauthorized}
	case errs.Forbidden:
		return reply{11, "Action not permitted", http.StatusOK}
	case errs.NotFound:
		if c.Caller == nil {
			return reply{94, "Not found", http.StatusNotFound} // the address, not a contact
		}
		return reply{30, "Contact not found", http.StatusOK}
	case errs.Invalid:
		return invalid(e)
	case errs.Conflict:
		return reply{40, e.Text, http.StatusOK} // another request under the same Idempotency-Key
	case errs.BadMethod:
		return reply{90, "Method not allowed", http.StatusMethodNotAllowed}
	case errs.TooLarge:
		return reply{91, "Request too large", http.StatusRequestEntityTooLarge}
	case errs.Limited:
		return reply{92, "Too many wrong keys; try again in a minute", http.StatusTooManyRequests}
	case errs.Unavailable:
		return reply{93, "Temporarily unavailable; nothing was stored, please try again", http.StatusServiceUnavailable}
	}
	return reply{99, "Internal error", http.StatusInternalServerError}
}

// invalid says what is wrong with a request, by its broken fields.
func invalid(e *errs.Error) reply {
	switch e.Code {
	case "json":
		return reply{2, "Invalid JSON", http.StatusOK}
	case "encoding", "body":
		return reply{2, e.Text, http.StatusOK}
	case "idempotency":
		return reply{40, e.Text, http.StatusOK}
	}
	var broken []string
	for _, f := range e.Fields {
		switch {
		case f.Name == "action" && f.Rule == "required":
			return reply{3, "Missing action", http.StatusOK}
		case f.Name == "action":
			return reply{4, "Unknown action", http.StatusOK}
		case f.Name == "type" && f.Rule == "choice":
			return reply{31, "Invalid type", http.StatusOK}
		case f.Rule == "required":
			return reply{20, "Phone or email is required", http.StatusOK}
		case f.Rule == "length":
			broken = append(broken, f.Name+" is too long")
		default:
			broken = append(broken, f.Name+" is invalid")
		}
	}
	if len(broken) == 0 {
		broken = append(broken, e.Text)
	}
	return reply{21, strings.Join(broken, ", "), http.StatusOK}
}

// MethodNotAllowed answers a method other than POST at the door's address, for
// whoever shows people a page at the same one: a program that asks for JSON
// there is told in LionDesk's words (intake.md §1.8 L40).
func MethodNotAllowed(w http.ResponseWriter, r *http.Request) {
	a := fail(&wire.Call{Request: r}, errs.New(errs.BadMethod, "Method not allowed"))
	for k, v := range a.Header {
		w.Header()[k] = v
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(a.Status)
	if r.Method != http.MethodHead {
		_ = json.NewEncoder(w).Encode(a.Body) // a client that has gone has nothing to be told
	}
}
