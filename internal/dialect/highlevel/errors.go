package highlevel

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/wire"
)

// failure is HighLevel's answer to what went wrong (contract.md §6). Message is
// a text, but a list where properties of the body are at fault.
type failure struct {
	StatusCode int               `json:"statusCode"`
	Message    any               `json:"message"`
	Error      any               `json:"error,omitempty"` // a text but where aip says otherwise
	Code       string            `json:"code,omitempty"`
	Meta       map[string]string `json:"meta,omitempty"`
	TraceID    string            `json:"traceId"`
}

// fail puts an error into HighLevel's words.
func (d *door) fail(c *wire.Call, err error) wire.Answer {
	e := errs.As(err)
	f := describe(c, e)
	f.TraceID = c.ID
	switch {
	case aip(c, f.StatusCode):
		f.Error = aipError{Code: strings.ToUpper(strings.ReplaceAll(http.StatusText(f.StatusCode), " ", "_")), Message: e.Text}
	case f.Error == nil && !bare(e):
		f.Error = http.StatusText(f.StatusCode)
	}
	a := wire.Answer{Status: f.StatusCode, Body: f}
	if f.StatusCode == http.StatusUnauthorized && e.Code != "version" {
		a = a.With("WWW-Authenticate", d.challenge(c, e))
	}
	return d.counted(c, a)
}

// aip reports whether the error of an answer is an object, as version 3 has it in
// one place of this door (contract.md §2).
func aip(c *wire.Call, status int) bool {
	return c.Route.Path == "/oauth/installed-locations" && (status == http.StatusBadRequest || status == http.StatusNotFound)
}

type aipError struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// bare reports the errors that were seen without the key "error".
func bare(e *errs.Error) bool {
	return e.Code == "version" || e.Code == "location" || e.Code == "scope" || e.Code == "class" || e.Code == "duplicate" || e.Kind == errs.Internal
}

func describe(c *wire.Call, e *errs.Error) failure {
	switch e.Kind {
	case errs.Unauthorized:
		return failure{StatusCode: http.StatusUnauthorized, Message: "Invalid token: access token is invalid"}
	case errs.Forbidden:
		if e.Code == "class" {
			return failure{StatusCode: http.StatusUnauthorized, Message: e.Text}
		}
		if e.Code == "scope" {
			return failure{StatusCode: http.StatusUnauthorized, Message: "The token is not authorized for this scope."}
		}
		return failure{StatusCode: http.StatusForbidden, Message: e.Text}
	case errs.Invalid:
		switch {
		case e.Code == "version":
			return failure{StatusCode: http.StatusUnauthorized, Message: e.Text}
		case len(e.Fields) > 0:
			return failure{StatusCode: http.StatusUnprocessableEntity, Message: sentences(e.Fields)}
		}
		return failure{StatusCode: http.StatusBadRequest, Message: e.Text}
	case errs.Conflict:
		if e.Code == "idempotency" {
			return failure{StatusCode: http.StatusUnprocessableEntity, Message: []string{e.Text}}
		}
		f := failure{StatusCode: http.StatusBadRequest, Message: e.Text, Meta: e.Meta}
		if e.Code == "opportunity_duplicate" {
			f.Code = "OPPORTUNITY_NO_DUPLICATE"
		}
		return f
	case errs.NotFound, errs.BadMethod:
		if c.Caller == nil || e.Code == "address" { // no route: there is nobody yet, or no such address in this version
			return failure{StatusCode: http.StatusNotFound, Message: "Cannot " + c.Request.Method + " " + clean(c.Request.URL.Path)}
		}
		if e.Code == "file" || e.Code == "route" || e.Code == "schedule" {
			return failure{StatusCode: http.StatusNotFound, Message: e.Text}
		}
		return failure{StatusCode: http.StatusBadRequest, Message: e.Text} // no 404 for an unknown id
	case errs.Limited:
		return failure{StatusCode: http.StatusTooManyRequests, Message: "Too Many Requests"}
	case errs.TooLarge:
		return failure{StatusCode: http.StatusRequestEntityTooLarge, Message: e.Text, Error: "Payload Too Large"}
	case errs.Unavailable:
		return failure{StatusCode: http.StatusServiceUnavailable, Message: e.Text}
	}
	return failure{StatusCode: http.StatusInternalServerError, Message: "Internal server error"}
}

// sentences puts broken fields into the words of the validator that HighLevel
// uses; "can't be undefined" and "must be a string" were seen, the others are
// that validator's own (contract.md §6).
func sentences(broken []errs.Field) []string {
	list := make([]string, len(broken))
	for i, f := range broken {
		list[i] = sentence(f)
	}
	return list
}

func sentence(f errs.Field) string {
	switch f.Rule {
	case "defined":
		return f.Name + " can't be undefined"
	case "unknown":
		return "property " + f.Name + " should not exist"
	case "required":
		return f.Name + " should not be empty"
	case "string":
		return f.Name + " must be a string"
	case "array":
		return f.Name + " must be an array"
	case "boolean":
		return f.Name + " must be a boolean value"
	case "object":
		return f.Name + " must be an object"
	case "number":
		return f.Name + " must be a number conforming to the specified constraints"
	case "min":
		return fmt.Sprintf("%s must not be less than %d", f.Name, f.Limit)
	case "max":
		return fmt.Sprintf("%s must not be greater than %d", f.Name, f.Limit)
	case "length":
		return fmt.Sprintf("%s must be shorter than or equal to %d characters", f.Name, f.Limit)
	case "shortest":
		return fmt.Sprintf("%s must be longer than or equal to %d characters", f.Name, f.Limit)
	case "items":
		return fmt.Sprintf("%s must contain no more than %d elements", f.Name, f.Limit)
	case "choice":
		return f.Name + " must be a valid enum value"
	case "date":
		return f.Name + " must be a valid date"
	case "slug":
		return f.Name + " must be words of letters and digits with hyphens between them"
	}
	switch f.Name {
	case "email":
		return "email must be an email"
	case "phone":
		return "phone must be a valid phone number"
	}
	return f.Name + " is invalid"
}
