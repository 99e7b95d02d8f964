package stream

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/id"
	"github.com/foyer-crm/foyer/internal/webhook"
	"github.com/foyer-crm/foyer/internal/wire"
)

const (
	usual   = 1000  // lines of an answer
	most    = 10000 // lines of an answer
	longest = 30 * time.Second

	beginning = "0" // is below every id
)

// ask is what a request asks for.
type ask struct {
	call     *wire.Call
	location string
	sight    atomic.Pointer[sight]
	types    []string
	since    string // the id behind which to begin, "" for now
	limit    int
	wait     time.Duration

	place *place // that it listens to
}

// read reads the parameters. A parameter that there is not is an error.
func (s *Streams) read(ctx context.Context, c *wire.Call, live bool) (*ask, error) {
	q := c.Query()
	a := &ask{call: c, limit: usual}
	known := []string{"since", "types", "locationId"}
	if !live {
		known, a.since = append(known, "limit", "wait"), beginning
	}
	var broken []errs.Field
	bad := func(name, rule string, limit int) {
		broken = append(broken, errs.Field{Name: name, Rule: rule, Limit: limit})
	}
	for name, values := range q {
		if !slices.Contains(known, name) {
			bad(name, "unknown", 0)
		} else if len(values) > 1 {
			bad(name, "once", 0)
		}
	}
	since := q.Get("since")
	if last := c.Request.Header.Get("Last-Event-ID"); live && last != "" {
		since = last // a browser that connects again
	}
	if since != "" {
		var ok bool
		if a.since, ok = behind(since); !ok {
			bad("since", "format", 0)
		}
	}
	if text := q.Get("types"); text != "" {
		a.types = strings.Split(text, ",")
		if !webhook.AreTypes(a.types) {
			bad("types", "choice", 0)
		}
	}
	a.readNumbers(q, bad)
	if err := errs.InvalidFields(broken...); err != nil {
		return nil, err
	}
	l, err := s.locationOf(ctx, c)
	if err != nil {
		return nil, err
	}
	a.location = l.ID
	sees := sightOf(c.Caller)
	a.sight.Store(&sees)
	return a, sees.check(a.types)
}

func (a *ask) readNumbers(q url.Values, bad func(name, rule string, limit int)) {
	if text := q.Get("limit"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > most {
			bad("limit", "max", most)
		}
		a.limit = n
	}
	if text := q.Get("wait"); text != "" {
		d, err := time.ParseDuration(text)
		if err != nil || d < 0 || d > longest {
			bad("wait", "max", int(longest.Seconds()))
		}
		a.wait = d
	}
}

// behind reads where to begin: behind an id, or at a moment.
func behind(since string) (string, bool) {
	if at, err := time.Parse(time.RFC3339, since); err == nil {
		return id.At(at) + strings.Repeat("0", id.Len-id.NumberLen), true
	}
	return since, since == beginning || id.Valid(since)
}

// locationOf gives the location that is asked about: that of the token, or of a
// company's token one that it reaches.
func (s *Streams) locationOf(ctx context.Context, c *wire.Call) (*crm.Location, error) {
	named := c.Query().Get("locationId")
	if !c.Caller.OfCompany() {
		if l := c.Location(); named == "" || named == l.ID {
			return l, nil
		}
		return nil, auth.NoLocation()
	}
	if named == "" {
		return nil, errs.InvalidFields(errs.Field{Name: "locationId", Rule: "defined"})
	}
	l, err := s.desk.CompanyLocation(ctx, c.Caller, named)
	if err == nil && !c.Caller.Reaches(l) {
		err = auth.NoLocation()
	}
	return l, err
}

// wants reports whether a line is asked for, as far as its type says.
func (a *ask) wants(l *line) bool {
	return (len(a.types) == 0 || webhook.Among(a.types, l.typ)) && a.sight.Load().may(l)
}
