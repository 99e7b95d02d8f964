package wire

import (
	"net/http"

	"github.com/foyer-crm/foyer/internal/errs"
)

// failure is an error at the addresses that are Foyer's own.
type failure struct {
	StatusCode int            `json:"statusCode"`
	Code       string         `json:"code"`
	Message    string         `json:"message"`
	Fields     []failureField `json:"fields,omitempty"`
	RequestID  string         `json:"requestId"`
}

type failureField struct {
	Name  string `json:"name"`
	Rule  string `json:"rule"`
	Limit int    `json:"limit,omitempty"`
}

// Failure puts an error into Foyer's own words, for the doors that are no
// vendor's.
func Failure(c *Call, err error) Answer {
	e := errs.As(err)
	words, known := map[errs.Kind]failure{
		errs.Invalid:      {http.StatusBadRequest, "invalid", e.Text, nil, c.ID},
		errs.BadMethod:    {http.StatusMethodNotAllowed, "method", e.Text, nil, c.ID},
		errs.TooLarge:     {http.StatusRequestEntityTooLarge, "too_large", e.Text, nil, c.ID},
		errs.Unauthorized: {http.StatusUnauthorized, "unauthorized", e.Text, nil, c.ID},
		errs.Forbidden:    {http.StatusForbidden, "forbidden", e.Text, nil, c.ID},
		errs.NotFound:     {http.StatusNotFound, "not_found", e.Text, nil, c.ID},
		errs.Conflict:     {http.StatusConflict, "conflict", e.Text, nil, c.ID},
		errs.Limited:      {http.StatusTooManyRequests, "limited", e.Text, nil, c.ID},
		errs.Unavailable:  {http.StatusServiceUnavailable, "unavailable", e.Text, nil, c.ID},
	}[e.Kind]
	if !known {
		words = failure{http.StatusInternalServerError, "internal", "Something went wrong; it is in the server's log", nil, c.ID}
	}
	if e.Code != "" {
		words.Code = e.Code
	}
	for _, f := range e.Fields {
		words.Fields = append(words.Fields, failureField(f))
	}
	return Answer{Status: words.StatusCode, Body: words}
}
