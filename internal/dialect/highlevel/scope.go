package highlevel

import (
	"context"
	"strings"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/wire"
)

// admit refuses what the token, or the person behind it, may not ask.
func (c *call) admit(ctx context.Context) error {
	named := append(c.Query()["locationId"], c.Query()["location_id"]...)
	if err := c.checkLocation(append(named, clean(c.Param("locationId")))...); err != nil {
		return err
	}
	if err := c.checkUser(); err != nil {
		return err
	}
	return c.checkAssigned(ctx)
}

func forbidden() error {
	return errs.New(errs.Forbidden, "You do not have permission to access this resource")
}

// writeBehind is WriteCompany for a change of what stands behind tokens: the next
// request with one of them sees it.
func (c *call) writeBehind(ctx context.Context, f func(ctx context.Context, tx *db.Tx) (wire.Answer, error)) (wire.Answer, error) {
	a, err := c.WriteCompany(ctx, f)
	c.Desk().Forget()
	return a, err
}

// permissions are the permissions that a user needs for the scopes that begin
// with a word (contract.md §11). A token of no person has no such bounds.
var permissions = []struct{ scope, permission string }{
	{"contacts.", "contactsEnabled"},
	{"opportunities.", "opportunitiesEnabled"},
	{"calendars", "appointmentsEnabled"},
	{"conversations", "conversationsEnabled"},
	{"campaigns.", "campaignsEnabled"},
	{"workflows.", "workflowsEnabled"},
	{"blogs/", "bloggingEnabled"},
	{"locations/tags.", "tagsEnabled"},
	{"locations/customFields.write", "settingsEnabled"},
	{"locations/customValues.", "settingsEnabled"},
	{"users.write", "settingsEnabled"},
}

// paths are those that need one more permission.
var paths = []struct{ part, permission string }{
	{"/contacts/bulk/", "bulkRequestsEnabled"},
	{"/tags", "tagsEnabled"},
	{"/campaigns/", "campaignsEnabled"},
	{"/workflow/", "workflowsEnabled"},
}

// checkUser refuses what the person behind the token may not do themselves.
func (c *call) checkUser() error {
	u := c.Caller.User
	if u == nil {
		return nil
	}
	for _, p := range permissions {
		if strings.HasPrefix(c.op.Scope, p.scope) && !u.Has(p.permission) {
			return forbidden()
		}
	}
	for _, p := range paths {
		if strings.Contains(c.op.Path, p.part) && !u.Has(p.permission) {
			return forbidden()
		}
	}
	readOnly := map[string]string{"/campaigns/": "campaignsReadOnly", "/workflow/": "workflowsReadOnly"}
	for part, permission := range readOnly {
		if strings.Contains(c.op.Path, part) && c.op.Method != "GET" && u.Has(permission) {
			return forbidden()
		}
	}
	if strings.HasPrefix(c.op.Path, "/users") && c.op.Kind == Action && u.Role != crm.AdminRole {
		return forbidden() // users are an admin's to make
	}
	return nil
}

// maySee reports whether the person behind the token has a permission; a token
// of no person has all.
func (c *call) maySee(permission string) bool {
	return c.Caller.User == nil || c.Caller.User.Has(permission)
}

// assignedOnly gives the user whose contacts and opportunities are the only ones
// that the token reaches, "" for a token without that bound.
func (c *call) assignedOnly() string {
	if u := c.Caller.User; u != nil && u.Has(crm.AssignedOnly) {
		return u.ID
	}
	return ""
}

// hides reports whether a contact is none that the token reaches.
func (c *call) hides(p *crm.Contact) bool {
	who := c.assignedOnly()
	return who != "" && p.AssignedTo != who
}

// restrict leaves of a query for contacts what the token reaches.
func (c *call) restrict(q *crm.Query) error {
	if who := c.assignedOnly(); who != "" {
		return q.Filter(crm.Filter{Field: "assignedTo", Value: who})
	}
	return nil
}

// restricted leaves of a filter for opportunities what the token reaches.
func (c *call) restricted(f crm.Filter) crm.Filter {
	if who := c.assignedOnly(); who != "" {
		return crm.Filter{Of: []crm.Filter{f, {Field: "assignedTo", Value: who}}}
	}
	return f
}
