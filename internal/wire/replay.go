package wire

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"github.com/go-chi/chi/v5"

	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/id"
)

// Replay sends a request of the import log through its door again, as the
// credential it came with, and leaves a row of its own. The entry must have a
// credential and a body.
func (h *House) Replay(ctx context.Context, e *LogEntry) (Answer, error) {
	return h.ReplayOnce(ctx, e, "")
}

// ReplayOnce is Replay for somebody at a button: said again with the same once,
// it does nothing and gives the first answer again. A refusal stores nothing and
// can be tried again.
func (h *House) ReplayOnce(ctx context.Context, e *LogEntry, once string) (Answer, error) {
	var door *Door
	for _, d := range h.doors {
		if d.Name == e.Door {
			door = d
		}
	}
	if door == nil || e.CredentialID == "" {
		return Answer{}, errs.New(errs.Invalid, "this entry came without a known key and cannot be replayed")
	}
	caller, err := h.desk.CallerOf(ctx, e.CredentialID)
	if err != nil {
		return Answer{}, errs.Wrap(err, errs.Invalid, "the key of this entry is no longer in force")
	}
	r, err := http.NewRequestWithContext(ctx, e.Method, (&url.URL{Path: e.Path}).String(), nil)
	if err != nil {
		return Answer{}, errs.Wrap(err, errs.Invalid, "this entry's address cannot be read")
	}
	rc := chi.NewRouteContext()
	if !h.mux.Match(rc, e.Method, onePath(e.Path)) {
		return Answer{}, errs.New(errs.Invalid, "no route for %s %s", e.Method, e.Path)
	}
	pattern := rc.RoutePattern()
	route := door.route(e.Method, pattern)
	if route == nil || !route.Intake {
		return Answer{}, errs.New(errs.Invalid, "%s %s takes nothing in", e.Method, e.Path)
	}
	c := h.call(r.WithContext(context.WithValue(ctx, chi.RouteCtxKey, rc)), &requestInfo{id: id.UUID(), address: e.Address}, door, route)
	c.Caller, c.Body, c.replayOf = caller, []byte(e.Body), e.ID
	if once != "" {
		c.once = "replay " + e.ID + " " + once
	}
	var a Answer
	if err = c.may(); err == nil {
		a, err = c.handle(ctx)
	}
	if err != nil {
		a = h.failure(c, err)
		a.Result = Refused
		return a, errors.Join(c.recordRefusal(ctx, a, err))
	}
	return a, nil
}

func (d *Door) route(method, pattern string) *Route {
	for i := range d.Routes {
		r := &d.Routes[i]
		if r.Method != method {
			continue
		}
		for _, p := range append([]string{r.Path}, r.Aliases...) {
			if p == pattern {
				return r
			}
		}
	}
	return nil
}
