package radius

import (
	"errors"
	"net/http"
	"strings"

	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/wire"
)

// failure is the body of every error (intake.md §3.3).
type failure struct {
	Error struct {
		Message string `json:"message"`
		Code    int    `json:"code"`
	} `json:"error"`
}

// refusals are the vendor's words for broken fields, in the order in which they
// are checked: of several only the first is said. All travel with status 400.
var refusals = []struct {
	field, rule string
	code        int
	message     string
}{
	{"name", "required", 101, "Missing Client name"},
	{"email", "required", 102, "Missing Client Email"},
	{"phone", "required", 103, "Missing Client PhoneNumber"},
	{"type", "choice", 104, "Invalid Client type"},
}

// statuses are the HTTP status and the words for each kind of error; the code
// in the body is the status. An empty text is shown as the words.
var statuses = map[errs.Kind]struct {
	status int
	words  string
}{
	errs.Invalid:      {http.StatusBadRequest, "Invalid Request"},
	errs.NotFound:     {http.StatusNotFound, "Not Found"},
	errs.Conflict:     {http.StatusConflict, "Conflict"},
	errs.Unauthorized: {http.StatusUnauthorized, "Unauthorized"},
	errs.Forbidden:    {http.StatusForbidden, "Forbidden"},
	errs.Limited:      {http.StatusTooManyRequests, "Too Many Requests"},
	errs.TooLarge:     {http.StatusRequestEntityTooLarge, "Request Too Large"},
	errs.Unavailable:  {http.StatusServiceUnavailable, "Service Unavailable, try again later"},
	errs.BadMethod:    {http.StatusMethodNotAllowed, "Method not allowed"},
	errs.Internal:     {http.StatusInternalServerError, "Internal Server Error"},
}

// fail puts an error into the vendor's words.
func fail(_ *wire.Call, err error) wire.Answer {
	e := errs.As(err)
	s := statuses[e.Kind]
	code, message := s.status, s.words
	switch e.Kind {
	case errs.Invalid:
		code, message = refusal(e, code, message)
	case errs.Conflict:
		message = e.Text
		if e.Code == "idempotency" {
			s.status = http.StatusUnprocessableEntity
			code = s.status
		}
	case errs.TooLarge:
		message = e.Text
	}
	var body failure
	body.Error.Message, body.Error.Code = message, code
	a := wire.Answer{Status: s.status, Body: body}
	if e.Kind == errs.BadMethod {
		a = a.With("Allow", http.MethodPost)
	}
	return a
}

// refusal gives code and words for a request that is wrong in itself.
func refusal(e *errs.Error, code int, words string) (int, string) {
	for _, r := range refusals {
		for _, f := range e.Fields {
			if f.Name == r.field && f.Rule == r.rule {
				return r.code, r.message
			}
		}
	}
	if len(e.Fields) > 0 { // a limit of the core that no vendor's code speaks of
		names := make([]string, len(e.Fields))
		for i, f := range e.Fields {
			names[i] = f.Name + " (" + f.Rule + ")"
		}
		return code, words + ": " + strings.Join(names, ", ")
	}
	if e.Text != "" {
		return code, e.Text
	}
	return code, words
}

// body gives the request's JSON object. The errors carry the vendor's words
// (intake.md §3.3); what exactly was wrong goes to the import log.
func body(c *wire.Call) (*wire.Object, error) {
	o, err := c.Object()
	switch {
	case errors.Is(err, wire.ErrEmpty), errors.Is(err, wire.ErrNull), err == nil && o.Len() == 0:
		return nil, errs.New(errs.Invalid, "Empty Input Request")
	case errors.Is(err, wire.ErrLimit):
		return nil, errs.Wrap(err, errs.Invalid, "The JSON is too deep, or has too many or too long values")
	case err != nil:
		return nil, errs.Wrap(err, errs.Invalid, "Invalid JSON")
	}
	return o, nil
}
