package highlevel

import (
	"errors"
	"strconv"
	"strings"

	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/wire"
)

// call is one request to an operation.
type call struct {
	*wire.Call
	door *door
	op   Operation
}

// fields is a JSON object of an answer.
type fields map[string]any

// answer succeeds with the status of the table. Every answer has a traceId
// (contract.md §1).
func (c *call) answer(f fields) wire.Answer {
	f["traceId"] = c.ID
	return wire.Answer{Status: c.op.Success, Body: f}
}

// succeeded is the answer to what has nothing else to say. The first spelling is
// HighLevel's; its version 3 has the second one (contract.md §22).
func (c *call) succeeded() wire.Answer {
	return c.answer(fields{"succeded": true, "succeeded": true}) //nolint:misspell // the vendor's spelling, which clients read
}

// checkLocation refuses the name of a location that the token is not for. One
// that does not exist is refused alike. A company's token is for all of the
// company's that its app may act for.
func (c *call) checkLocation(named ...string) error {
	for _, id := range named {
		if c.Caller.OfCompany() {
			if err := c.checkCompanyLocation(id); err != nil {
				return err
			}
			continue
		}
		if id != "" && id != c.Location().ID {
			return errs.New(errs.Forbidden, "The token does not have access to this location.").WithCode("location")
		}
	}
	return nil
}

// body reads the body; none is an empty object, as for the original. A location
// in it must be the token's.
func (c *call) body() (*wire.Object, error) {
	o, err := c.Object()
	switch {
	case errors.Is(err, wire.ErrEmpty):
		return &wire.Object{}, nil
	case errors.Is(err, wire.ErrLimit):
		return nil, errs.Wrap(err, errs.TooLarge, "The request body is too large to be read")
	case err != nil:
		return nil, errs.Wrap(err, errs.Invalid, "%s", capital(err.Error()))
	}
	return o, c.checkLocation(o.Text("locationId"))
}

// finish ends the reading of a body: what nobody took is warned of, or refused
// where the door is strict.
func (c *call) finish(o *wire.Object, broken []errs.Field) error {
	broken = append(broken, c.unknown(o)...)
	o.Ignore()
	return errs.InvalidFields(broken...)
}

// unknown says which properties nobody read, where the door is strict.
func (c *call) unknown(o *wire.Object) (broken []errs.Field) {
	const most = 20 // that are named
	for i, m := range o.Rest() {
		if c.door.Strict && i < most {
			broken = append(broken, errs.Field{Name: m.Key, Rule: "unknown"})
		}
	}
	return broken
}

// needLocation says that a body must name the location.
func needLocation(o *wire.Object) []errs.Field {
	if o.Text("locationId") == "" {
		return []errs.Field{{Name: "locationId", Rule: "defined"}}
	}
	return nil
}

// contactID is the contact that the path names.
func (c *call) contactID() string { return clean(c.Param("contactId")) }

// query gives a value behind the question mark.
func (c *call) query(name string) string { return clean(strings.TrimSpace(c.Query().Get(name))) }

// queryInt reads a number behind the question mark, within bounds.
func (c *call) queryInt(name string, otherwise, least, most int64) (int64, []errs.Field) {
	text := c.query(name)
	if text == "" {
		return otherwise, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	return n, bounded(name, n, err == nil, least, most)
}

// bounded says what is wrong with a number, if anything is.
func bounded(name string, n int64, isNumber bool, least, most int64) []errs.Field {
	switch {
	case !isNumber:
		return []errs.Field{{Name: name, Rule: "number"}}
	case n < least:
		return []errs.Field{{Name: name, Rule: "min", Limit: int(least)}}
	case n > most:
		return []errs.Field{{Name: name, Rule: "max", Limit: int(most)}}
	}
	return nil
}

// clean makes text of a path or query that both databases take; what had to be
// replaced matches nothing.
func clean(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
