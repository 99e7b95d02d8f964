package wire

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/id"
)

// MaxBody is the largest body a door reads, in bytes.
const MaxBody = 1 << 20

// House serves all doors on one address. Make one with NewHouse.
type House struct {
	db      *db.DB
	desk    *auth.Desk
	guard   auth.Guard
	log     *slog.Logger
	doors   []*Door
	mux     *chi.Mux
	trusted []*net.IPNet
	origins []string
	metrics *metrics
}

// Options are what a House needs beside its doors.
type Options struct {
	DB       *db.DB
	Desk     *auth.Desk
	Log      *slog.Logger
	Registry prometheus.Registerer // nil counts for nobody
	Trusted  []*net.IPNet          // proxies whose X-Forwarded-For is believed
	Origins  []string              // pages that may call from a browser; "*" is all
}

// NewHouse mounts doors. Two routes at one address are an error.
func NewHouse(o Options, doors ...*Door) (*House, error) {
	h := &House{db: o.DB, desk: o.Desk, log: o.Log, doors: doors, mux: chi.NewRouter(), trusted: o.Trusted, origins: o.Origins, metrics: newMetrics(o.Registry)}
	seen := map[string]string{}
	for _, d := range doors {
		methods := map[string][]string{}
		for i := range d.Routes {
			r := &d.Routes[i]
			for _, p := range append([]string{r.Path}, r.Aliases...) {
				if other, taken := seen[r.Method+" "+p]; taken {
					return nil, fmt.Errorf("%s %s is both %q and %q", r.Method, p, other, r.Name)
				}
				seen[r.Method+" "+p] = r.Name
				methods[p] = append(methods[p], r.Method)
				h.mux.Method(r.Method, p, h.route(d, r))
			}
		}
	}
	h.mux.MethodNotAllowed(h.unknown(errs.BadMethod, "Method not allowed"))
	h.mux.NotFound(h.unknown(errs.NotFound, "Not Found"))
	return h, nil
}

// Doors gives the doors, for whoever documents or tests them.
func (h *House) Doors() []*Door { return h.doors }

// Handle mounts something that is no door at an address.
func (h *House) Handle(method, path string, f http.HandlerFunc) { h.mux.Method(method, path, f) }

// ServeHTTP names the request, brings its path into one form, and sends it to
// its door. Clients of these APIs write addresses with and without a slash at
// the end and with doubled ones, and do not follow redirects (intake.md §0).
func (h *House) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	start := time.Now()
	info := &requestInfo{id: id.UUID(), address: h.address(r)}
	w.Header().Set("X-Request-Id", info.id)
	w.Header().Set("X-Content-Type-Options", "nosniff")
	out := &response{ResponseWriter: w, status: http.StatusOK}
	defer func() {
		if p := recover(); p != nil {
			h.log.Error("panic", "request", info.id, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			if !out.written {
				h.fail(out, h.call(r, info, h.doorFor(r.URL.Path), nil), errs.New(errs.Internal, ""))
			}
		}
		h.metrics.observe(info.door, info.route, out.status, time.Since(start))
		h.log.Info("request", "request", info.id, "method", r.Method, "path", r.URL.Path, "status", out.status, "door", info.door, "route", info.route,
			"credential", info.credential, "result", info.result, "address", info.address, "bytes", out.size, "ms", float64(time.Since(start).Microseconds())/1000)
	}()
	r = r.WithContext(context.WithValue(r.Context(), infoKey{}, info))
	r.URL.Path, r.URL.RawPath = onePath(r.URL.Path), ""
	h.browser(out.Header(), r)
	if r.Method == http.MethodOptions {
		out.WriteHeader(http.StatusNoContent)
		return
	}
	h.mux.ServeHTTP(out, r)
}

// requestInfo is what the log line of a request says.
type requestInfo struct {
	id, address, door, route, credential, result string
}

type infoKey struct{}

// onePath drops doubled slashes and the one at the end.
func onePath(p string) string {
	for strings.Contains(p, "//") {
		p = strings.ReplaceAll(p, "//", "/")
	}
	if p = strings.TrimSuffix(p, "/"); p == "" {
		return "/"
	}
	return p
}

// address gives the client's address: the connection's, or what a trusted proxy
// says it is.
func (h *House) address(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	if len(h.trusted) == 0 {
		return host
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0 && h.trusts(host); i-- {
		ip := net.ParseIP(strings.TrimSpace(hops[i]))
		if ip == nil {
			break
		}
		host = ip.String()
	}
	return host
}

func (h *House) trusts(host string) bool {
	ip := net.ParseIP(host)
	for _, n := range h.trusted {
		if ip != nil && n.Contains(ip) {
			return true
		}
	}
	return false
}

func (h *House) call(r *http.Request, info *requestInfo, d *Door, route *Route) *Call {
	c := &Call{ID: info.id, Door: d, Route: route, Request: r, Address: info.address, house: h}
	if rc := chi.RouteContext(r.Context()); rc != nil {
		c.params = make(map[string]string, len(rc.URLParams.Keys))
		for i, k := range rc.URLParams.Keys {
			c.params[k] = rc.URLParams.Values[i]
		}
	}
	return c
}

// route is the life of a request at a door: who asks, may they, what do they
// send, do it, say so.
func (h *House) route(d *Door, route *Route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		info, _ := r.Context().Value(infoKey{}).(*requestInfo)
		info.door, info.route = d.Name, route.Name
		c := h.call(r, info, d, route)
		a, err := h.serve(r.Context(), c)
		if c.Caller != nil {
			info.credential = c.Caller.Actor.CredentialID
		}
		if err != nil {
			info.result = Refused
			h.refuse(w, c, err)
			return
		}
		info.result = string(a.Result)
		h.write(w, c, a)
	})
}

func (h *House) serve(ctx context.Context, c *Call) (Answer, error) {
	if err := h.admit(c); err != nil {
		return Answer{}, err
	}
	if c.Route.Scope != "" && !c.Caller.Actor.Can(c.Route.Scope) {
		return Answer{}, errs.New(errs.Forbidden, "Forbidden").WithCode("scope")
	}
	var err error
	if c.Body, err = readBody(c.Request); err != nil {
		return Answer{}, err
	}
	if err := c.checkKey(); err != nil {
		return Answer{}, err
	}
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

// readBody reads at most MaxBody bytes, whatever the Content-Type says.
func readBody(r *http.Request) ([]byte, error) {
	if r.Body == nil || r.Body == http.NoBody {
		return nil, nil
	}
	if r.ContentLength > MaxBody {
		return nil, errs.New(errs.TooLarge, "The request body is larger than 1 MiB")
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
		if len(body) > MaxBody {
			return nil, errs.New(errs.TooLarge, "The request body is larger than 1 MiB")
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
	if kind == errs.Internal {
		h.log.Error("request failed", "request", c.ID, "door", c.Door.Name, "route", c.Route.Name, "err", err)
	} else if kind == errs.Unavailable {
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
	if body != nil {
		header.Set("Content-Type", "application/json; charset=utf-8")
	}
	w.WriteHeader(a.Status)
	if body != nil && c.Request.Method != http.MethodHead {
		_, _ = w.Write(body) // a client that has gone has nothing to be told
	}
}

// doorFor gives the door that answers for an address nobody has.
func (h *House) doorFor(path string) *Door {
	var best *Door
	longest := -1
	for _, d := range h.doors {
		for _, p := range d.Prefix {
			if covers(p, path) && len(p) > longest {
				best, longest = d, len(p)
			}
		}
	}
	return best
}

// covers reports whether a path lies behind a door's prefix. "/" is that address
// alone: the root of a host belongs to one door, what lies below to others.
func covers(prefix, path string) bool {
	return path == prefix || prefix != "/" && strings.HasPrefix(path, prefix)
}

func (h *House) unknown(kind errs.Kind, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		info, _ := r.Context().Value(infoKey{}).(*requestInfo)
		d := h.doorFor(r.URL.Path)
		if d == nil {
			w.Header().Set("Content-Type", "application/json; charset=utf-8")
			w.WriteHeader(http.StatusNotFound)
			_, _ = w.Write([]byte(`{"error":"Not Found"}`)) // nobody's address: said in nobody's words
			return
		}
		info.door = d.Name
		c := h.call(r, info, d, &Route{Name: "unknown", Method: r.Method, Path: r.URL.Path})
		h.fail(w, c, errs.New(kind, "%s", text))
	}
}

// Replay sends a request of the import log through its door again, as the
// credential it came with, and leaves a row of its own. The entry must have a
// credential and a body.
func (h *House) Replay(ctx context.Context, e *LogEntry) (Answer, error) {
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
	r, err := http.NewRequestWithContext(ctx, e.Method, e.Path, nil)
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
	a, err := route.Handle(ctx, c)
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

// response notes what was sent, for the log.
type response struct {
	http.ResponseWriter
	status  int
	size    int
	written bool
}

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
