package brokerkit

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"

	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/wire"
)

// fail puts an error into the vendor's words (intake.md §2.4): an object of
// field names with what is wrong with each, all at once, where the fields are
// to blame, and {"error": …} where they are not.
func fail(_ *wire.Call, err error) wire.Answer {
	e := errs.As(err)
	switch e.Kind {
	case errs.Invalid:
		if len(e.Fields) > 0 {
			return wire.Answer{Status: http.StatusUnprocessableEntity, Body: worded(e.Fields)}
		}
		return failure(http.StatusBadRequest, "Bad Request: "+e.Text)
	case errs.Conflict:
		if e.Code == "duplicate" {
			return wire.Answer{Status: http.StatusUnprocessableEntity, Body: worded([]errs.Field{{Name: e.Meta["matchingField"], Rule: "taken"}})}
		}
		// Rails keeps under "base" what is wrong with no single field.
		return wire.Answer{Status: http.StatusUnprocessableEntity, Body: words{{"base", []string{e.Text}}}}
	case errs.Unauthorized:
		return failure(http.StatusUnauthorized, "Unauthorized").With("WWW-Authenticate", `Token realm="Application"`)
	case errs.Forbidden:
		return failure(http.StatusForbidden, "Forbidden")
	case errs.NotFound:
		return failure(http.StatusNotFound, "Not Found")
	case errs.BadMethod:
		return failure(http.StatusMethodNotAllowed, "Method Not Allowed")
	case errs.TooLarge:
		return failure(http.StatusRequestEntityTooLarge, "Payload Too Large: "+e.Text)
	case errs.Limited:
		return failure(http.StatusTooManyRequests, "Too Many Requests: "+e.Text)
	case errs.Unavailable:
		return failure(http.StatusServiceUnavailable, "Service Unavailable")
	}
	return failure(http.StatusInternalServerError, "Internal Server Error")
}

func failure(status int, text string) wire.Answer {
	return wire.Answer{Status: status, Body: struct {
		Error string `json:"error"`
	}{text}}
}

// words are field names with what is wrong with each, in an order that JSON
// objects of Go do not keep by themselves.
type words []fieldWords

type fieldWords struct {
	field string
	wrong []string
}

// MarshalJSON writes one object: {"email":["is invalid"]}.
func (w words) MarshalJSON() ([]byte, error) {
	b := []byte{'{'}
	for i, f := range w {
		wrong, err := json.Marshal(f.wrong)
		if err != nil {
			return nil, fmt.Errorf("writing what is wrong with %s: %w", f.field, err)
		}
		if i > 0 {
			b = append(b, ',')
		}
		b = fmt.Appendf(b, "%q:%s", f.field, wrong)
	}
	return append(b, '}'), nil
}

// worded turns broken fields into the vendor's names and Rails' sentences, in
// the order of fields.
func worded(broken []errs.Field) words {
	var out words
	for _, b := range broken {
		name := b.Name
		for _, f := range fields {
			if f.canonical == b.Name {
				name = f.vendor
			}
		}
		i := slices.IndexFunc(out, func(w fieldWords) bool { return w.field == name })
		if i < 0 {
			i, out = len(out), append(out, fieldWords{field: name})
		}
		out[i].wrong = append(out[i].wrong, sentence(name, b))
	}
	slices.SortStableFunc(out, func(a, b fieldWords) int { return place(a.field) - place(b.field) })
	return out
}

// place is where a field stands among fields; an unknown one comes last.
func place(vendor string) int {
	for i, f := range fields {
		if f.vendor == vendor {
			return i
		}
	}
	return len(fields)
}

// sentence says in Rails' words, and for phones in phony_rails', which rule a
// field breaks (intake.md §2.4).
func sentence(vendor string, f errs.Field) string {
	switch f.Rule {
	case "choice":
		return "is not included in the list"
	case "length":
		return fmt.Sprintf("is too long (maximum is %d characters)", f.Limit)
	case "min":
		return fmt.Sprintf("must be greater than or equal to %d", f.Limit)
	case "max":
		return fmt.Sprintf("must be less than or equal to %d", f.Limit)
	case "number":
		return "is not a number"
	case "integer":
		return "must be an integer"
	case "taken":
		return "has already been taken"
	case "required":
		return "can't be blank"
	}
	switch vendor {
	case "phone", "other_phone", "office_phone":
		return "is an invalid number"
	}
	return "is invalid"
}
