package highlevel

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/foyer-crm/foyer/internal/wire"
)

// Operation is one row of the table of operations: what HighLevel's catalogue
// and contract say of one thing that its API can do.
type Operation struct {
	Name     string // as in the catalogue
	Kind     string // Trigger or Action
	Category string
	Method   string
	Path     string // as documented, mostly with a slash at the end
	Scope    string // what the token must carry
	Token    string // Location, Agency or AnyToken
	Version  string // the documented one, "" if the operation has none
	Success  int    // status

	handle handler // nil: still to come
}

// The kinds of operations: a trigger is polled, an action does something.
const (
	Trigger = "trigger"
	Action  = "action"
)

// The classes of tokens that may call an operation (contract.md §3).
const (
	Location = "location"
	Agency   = "agency"
	AnyToken = "location or agency"
)

// handler does an operation.
type handler func(ctx context.Context, c *call) (wire.Answer, error)

// Status says whether Foyer has the operation: done or later.
func (o Operation) Status() string {
	if o.handle == nil {
		return "later"
	}
	return "done"
}

// Scopes lists every scope that an operation needs, sorted.
func Scopes() []string {
	var all []string
	for _, o := range AllOperations() {
		all = append(all, o.Scope)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// AllOperations gives every operation of the API: the table, and those about the
// app that calls.
func AllOperations() []Operation { return append(Operations(), oauthOperations()...) }

// routes reads the table. Two rows may name one address: the catalogue searches
// contacts twice.
func (d *door) routes() []wire.Route {
	var routes []wire.Route
	seen := map[string]bool{}
	for _, o := range AllOperations() {
		address := o.Method + " " + o.Path
		if o.handle == nil || seen[address] {
			continue
		}
		seen[address] = true
		routes = append(routes, wire.Route{
			Name:    strings.ToLower(o.Name),
			Method:  o.Method,
			Path:    strings.TrimSuffix(o.Path, "/"),
			Scope:   o.Scope,
			May:     o.admits,
			Intake:  o.Scope == "contacts.write" && o.Method != http.MethodDelete,
			MaxBody: o.maxBody(),
			Handle:  d.handle(o),
		})
	}
	return routes
}

// handle puts around an operation what all of them have.
func (d *door) handle(o Operation) func(context.Context, *wire.Call) (wire.Answer, error) {
	return func(ctx context.Context, w *wire.Call) (wire.Answer, error) {
		c := &call{Call: w, door: d, op: o}
		if err := c.admit(ctx); err != nil {
			return wire.Answer{}, err
		}
		a, err := o.handle(ctx, c)
		if err != nil {
			return wire.Answer{}, err
		}
		return d.counted(w, a), nil
	}
}

// elsewhere gives the first parts of the paths of HighLevel's other families,
// which its SDK calls and Foyer does not have. What begins with /files is Foyer's
// own.
func elsewhere() []string {
	return []string{
		"/ad-publishing", "/affiliate-manager", "/agent-studio", "/brand-boards", "/chat-widget", "/conversation-ai", "/courses", "/custom-fields", "/custom-menus",
		"/email", "/emails", "/forms", "/funnels", "/invoices", "/knowledge-bases", "/links", "/marketplace", "/medias", "/objects", "/payments", "/phone-system",
		"/products", "/proposals", "/saas", "/saas-api", "/social-media-posting", "/store", "/surveys", "/voice-ai",
	}
}

// prefixes gives the first parts of all paths: below them unknown addresses are
// answered as HighLevel does (contract.md §6).
func prefixes() []string {
	all := elsewhere()
	for _, o := range AllOperations() {
		first, _, _ := strings.Cut(strings.TrimPrefix(o.Path, "/"), "/")
		all = append(all, "/"+first)
	}
	slices.Sort(all)
	return slices.Compact(all)
}
