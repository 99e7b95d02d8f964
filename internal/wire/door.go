// Package wire is what the HTTP doors share: reading bodies, naming callers,
// running a request as one transaction with its line in the import log,
// replaying idempotent requests, writing answers.
package wire

import (
	"context"
	"net/http"

	"github.com/foyer-crm/foyer/internal/auth"
)

// Door is one vendor's API: its routes, where its keys are, and how it says
// that something went wrong.
type Door struct {
	Name   string   // the origin of what comes in by it: "radius"
	Prefix []string // path prefixes whose unknown addresses this door answers for; "/" is the root alone
	Routes []Route

	// Authenticate names the caller of a request by the key in the vendor's
	// place. The error is the answer to whoever has none. A nil Caller without
	// an error may come in and is nobody: for contracts in which some requests
	// need no key. A route that has a Scope must not get one.
	Authenticate func(r *http.Request, desk *auth.Desk) (*auth.Caller, error)
	// Presented gives the secrets a request carries, the one that matters most
	// first, to count wrong ones and to keep them out of the log.
	Presented func(r *http.Request) []string
	// Fail puts an error into the vendor's words. c.Caller is nil if the
	// request was refused before it had one, or is nobody's.
	Fail func(c *Call, err error) Answer
}

// Route is one address of a door.
type Route struct {
	Name    string // for logs, metrics and tests: "create contact"
	Method  string
	Path    string // a chi pattern: /contacts/{contactId}
	Aliases []string
	Scope   string // what the key must carry; "" is nothing
	Intake  bool   // takes contacts in: leaves a row in the import log
	MaxBody int64  // bytes that a body may have; 0 is MaxBody
	// May says what else a caller must be, beside having the scope; nil is nothing.
	May    func(c *Call) error
	Handle func(ctx context.Context, c *Call) (Answer, error)
}

// most is how long a body may be.
func (r *Route) most() int64 {
	if r.MaxBody > 0 {
		return r.MaxBody
	}
	return MaxBody
}
