package wire

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/foyer-crm/foyer/internal/errs"
)

// route is the life of a request at a door: who asks, may they, what do they
// send, do it, say so.
func (h *House) route(d *Door, route *Route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		info, _ := r.Context().Value(infoKey{}).(*requestInfo)
		info.door, info.route = d.Name, route.Name
		c := h.call(r, info, d, route)
		c.control = http.NewResponseController(w)
		a, err := h.serve(r.Context(), c)
		if c.Caller != nil {
			info.credential = c.Caller.Actor.CredentialID
		}
		if err != nil {
			info.result = Refused
			h.refuse(w, c, err) //nolint:contextcheck // what was refused is logged also when the caller has gone
			return
		}
		info.result = string(a.Result)
		h.write(w, c, a)
	})
}

// serve reads the body of everybody with a key before it says no, so that the
// import log has what a request that lacked a right would have brought in, and
// can send it again once the right is given. A stranger's is not read.
func (h *House) serve(ctx context.Context, c *Call) (Answer, error) {
	refusal := h.admit(c)
	if refusal != nil && (c.Caller == nil || errs.Is(refusal, errs.Limited)) {
		return Answer{}, refusal
	}
	var err error
	if c.Body, err = readBody(c.Request, c.Route.most()); refusal == nil && err != nil {
		refusal = err
	}
	if refusal == nil {
		refusal = c.may()
	}
	if refusal == nil {
		refusal = c.checkKey()
	}
	if refusal != nil {
		return Answer{}, refusal
	}
	return c.handle(ctx)
}

// may checks that the caller's key is of the right kind and carries the route's
// scope.
func (c *Call) may() error {
	if c.Route.May != nil {
		if err := c.Route.May(c); err != nil {
			return err
		}
	}
	if c.Route.Scope != "" && !c.Caller.Actor.Can(c.Route.Scope) {
		return errs.New(errs.Forbidden, "Forbidden").WithCode("scope")
	}
	return nil
}

// handle runs the route. A panic is this request's failure: it is answered in
// the door's words and leaves its row in the import log like any other.
func (c *Call) handle(ctx context.Context) (a Answer, err error) {
	defer func() {
		if p := recover(); p != nil {
			a, err = Answer{}, fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return c.Route.Handle(ctx, c)
}

// admit names the caller, unless their address guesses.
func (h *House) admit(c *Call) (err error) {
	if !h.guard.Allowed(c.Address, c.Door.Name, c.secret(), time.Now()) {
		return errs.New(errs.Limited, "Too many wrong keys; try again in a minute")
	}
	c.Caller, err = c.Door.Authenticate(c.Request, h.desk)
	if errs.Is(err, errs.Unauthorized) {
		c.WrongKey()
	}
	return err
}

// readBody reads at most most bytes, whatever the Content-Type says.
func readBody(r *http.Request, most int64) ([]byte, error) {
	if r.Body == nil || r.Body == http.NoBody {
		return nil, nil
	}
	if r.ContentLength > most {
		return nil, errs.New(errs.TooLarge, "The request body is larger than %d MiB", most>>20)
	}
	if e := r.Header.Get("Content-Encoding"); e != "" && !strings.EqualFold(e, "identity") {
		return nil, errs.New(errs.Invalid, "Content-Encoding %q is not supported", e).WithCode("encoding")
	}
	size := r.ContentLength
	if size < 0 {
		size = 512
	}
	body := make([]byte, 0, size+1)
	for {
		if len(body) == cap(body) {
			body = append(body, 0)[:len(body)]
		}
		n, err := r.Body.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
		if int64(len(body)) > most {
			return nil, errs.New(errs.TooLarge, "The request body is larger than %d MiB", most>>20)
		}
		if errors.Is(err, io.EOF) {
			return body, nil
		}
		if err != nil {
			return nil, errs.Wrap(err, errs.Invalid, "The request body could not be read").WithCode("body")
		}
	}
}

// refuse answers with the door's words for an error and leaves the row in the
// import log.
func (h *House) refuse(w http.ResponseWriter, c *Call, err error) {
	kind := errs.KindOf(err)
	switch kind {
	case errs.Internal:
		h.log.Error("request failed", "request", c.ID, "door", c.Door.Name, "route", c.Route.Name, "err", err)
	case errs.Unavailable:
		h.log.Warn("request could not be stored", "request", c.ID, "door", c.Door.Name, "err", err)
	}
	a := h.failure(c, err)
	if c.Route.Intake && kind != errs.Limited && kind != errs.Unavailable && !errors.Is(err, context.Canceled) {
		if e := c.recordRefusal(context.WithoutCancel(c.Request.Context()), a, err); e != nil {
			h.log.Error("a refusal is missing from the import log", "request", c.ID, "err", e)
		}
	}
	h.write(w, c, a)
}

// fail answers without a row in the import log.
func (h *House) fail(w http.ResponseWriter, c *Call, err error) { h.write(w, c, h.failure(c, err)) }

func (h *House) failure(c *Call, err error) Answer {
	a := c.Door.Fail(c, err)
	switch errs.KindOf(err) {
	case errs.Limited:
		a = a.With("Retry-After", "60")
	case errs.Unavailable:
		a = a.With("Retry-After", "5")
	}
	return a
}

func (h *House) write(w http.ResponseWriter, c *Call, a Answer) {
	body, err := a.encode()
	if err != nil {
		h.log.Error("the answer cannot be written", "request", c.ID, "err", err)
		a = c.Door.Fail(c, err)
		body, _ = a.encode()
	}
	header := w.Header()
	for k, v := range a.Header {
		header[k] = v
	}
	if list := c.Warnings(); len(list) > 0 && header.Get("X-Foyer-Warnings") == "" {
		header.Set("X-Foyer-Warnings", warningsHeader(list))
	}
	header.Set("Cache-Control", "no-store")
	if body != nil && header.Get("Content-Type") == "" {
		header.Set("Content-Type", "application/json; charset=utf-8")
	}
	w.WriteHeader(a.Status)
	if a.Stream != nil && c.Request.Method != http.MethodHead {
		a.Stream(w)
		return
	}
	if body != nil && c.Request.Method != http.MethodHead {
		_, _ = w.Write(body) // #nosec G705 -- JSON, never shown as a page; a client that has gone has nothing to be told
	}
}

// response notes what was sent, for the log.
type response struct {
	http.ResponseWriter
	status  int
	size    int
	written bool
}

// Unwrap lets http.ResponseController reach what is below.
func (r *response) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// WriteHeader notes the status.
func (r *response) WriteHeader(status int) {
	if !r.written {
		r.status, r.written = status, true
	}
	r.ResponseWriter.WriteHeader(status)
}

// Write counts the bytes.
func (r *response) Write(b []byte) (int, error) {
	r.written = true
	n, err := r.ResponseWriter.Write(b)
	r.size += n
	return n, err
}
