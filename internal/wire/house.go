package wire

import (
	"context"
	"fmt"
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
			switch d := h.doorFor(r.URL.Path); {
			case out.written: // too late to say anything
			case d == nil:
				http.Error(out, "internal error", http.StatusInternalServerError)
			default:
				h.fail(out, h.call(r, info, d, nil), errs.New(errs.Internal, ""))
			}
		}
		h.metrics.observe(info.door, info.route, out.status, time.Since(start))
		h.log.Info("request", "request", info.id, "method", r.Method, "path", safePath(r.URL.Path), "status", out.status, "door", info.door, "route", info.route,
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
