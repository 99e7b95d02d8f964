package stream

import (
	"context"
	"strings"

	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
)

// thing says what it takes to be told of a thing of some kind: the scope of a
// token, and the permission of the person behind it.
type thing struct{ name, scope, permission string }

// things are all that a token can be told of. Everything else is for people who
// are signed in, and are admins.
func things() []thing {
	return []thing{
		{"contact", "contacts.readonly", "contactsEnabled"},
		{"note", "contacts.readonly", "contactsEnabled"},
		{"task", "contacts.readonly", "contactsEnabled"},
		{"activity", "contacts.readonly", "contactsEnabled"},
		{"duplicate", "contacts.readonly", "contactsEnabled"},
		{"appointment", "calendars/events.readonly", "appointmentsEnabled"},
		{"appointment_note", "calendars/events.readonly", "appointmentsEnabled"},
		{"block", "calendars/events.readonly", "appointmentsEnabled"},
		{"calendar", "calendars.readonly", "appointmentsEnabled"},
		{"calendar_group", "calendars/groups.readonly", "appointmentsEnabled"},
		{"calendar_resource", "calendars/resources.readonly", "appointmentsEnabled"},
		{"calendar_schedule", "calendars.readonly", "appointmentsEnabled"},
		{"calendar_notification", "calendars/events.readonly", "appointmentsEnabled"},
		{"opportunity", "opportunities.readonly", "opportunitiesEnabled"},
		{"pipeline", "opportunities.readonly", "opportunitiesEnabled"},
		{"lost_reason", "opportunities.readonly", "opportunitiesEnabled"},
		{"message", "conversations/message.readonly", "conversationsEnabled"},
		{"file", "conversations/message.readonly", "conversationsEnabled"},
		{"conversation", "conversations.readonly", "conversationsEnabled"},
		{"business", "businesses.readonly", ""},
		{"association", "associations.readonly", ""},
		{"relation", "associations/relation.readonly", ""},
		{"workflow", "workflows.readonly", "workflowsEnabled"},
		{"campaign", "campaigns.readonly", "campaignsEnabled"},
		{"tag", "locations/tags.readonly", "tagsEnabled"},
		{"custom_field", "locations/customFields.readonly", ""},
		{"custom_value", "locations/customValues.readonly", ""},
		{"location", "locations.readonly", ""},
		{"user", "users.readonly", ""},
	}
}

// sight is what a caller may be told of.
type sight struct {
	session bool
	user    *crm.User // nil for a token of no person
	admin   bool
	open    map[string]bool // by the thing
	lacks   map[string]string
}

// sightOf gives what a caller may be told of: a token what its scopes let it
// read, and of that the person behind it what their permissions let them.
func sightOf(c *auth.Caller) sight {
	s := sight{session: c.Session(), user: c.User, open: map[string]bool{}, lacks: map[string]string{}}
	s.admin = s.session && (c.User.Role == crm.AdminRole || c.User.Admin)
	for _, t := range things() {
		switch {
		case !s.session && !c.Actor.Can(t.scope):
			s.lacks[t.name] = t.scope
		case c.User != nil && t.permission != "" && !c.User.Has(t.permission):
		case c.User != nil && t.name == "opportunity" && !c.User.Has(crm.LeadValue): // an event says what it is worth
		default:
			s.open[t.name] = true
		}
	}
	return s
}

// check refuses to listen for a thing that is named and may not be told of, and
// to listen for nothing at all. A * leaves out what may not.
func (s *sight) check(types []string) error {
	if len(s.open) == 0 && !s.session {
		return errs.New(errs.Forbidden, "The token has no scope that lets it read anything").WithCode("scope")
	}
	for _, t := range types {
		name, _, _ := strings.Cut(t, ".")
		if name == "*" || s.open[name] || s.admin || s.session && name == noticeThing {
			continue
		}
		if scope := s.lacks[name]; scope != "" {
			return errs.New(errs.Forbidden, "The token needs the scope %s for %s", scope, t).WithCode("scope")
		}
		return errs.New(errs.Forbidden, "You may not be told of %s", t)
	}
	return nil
}

// may reports whether a line is of a kind of thing that may be told of.
func (s *sight) may(l *line) bool {
	if l.note != nil {
		return s.session && s.user.ID == l.note.UserID
	}
	name, _, _ := strings.Cut(l.typ, ".")
	return s.open[name] || s.admin && !isThing(name)
}

func isThing(name string) bool {
	for _, t := range things() {
		if t.name == name {
			return true
		}
	}
	return false
}

// only gives the user whose contacts are the only ones to be told of, "" for all.
func (s *sight) only() string {
	if s.user != nil && s.user.Has(crm.AssignedOnly) {
		return s.user.ID
	}
	return ""
}

// shows reports whether a line is about a contact that the caller sees now: who
// sees only what is assigned to them is told of nothing else.
func (s *sight) shows(ctx context.Context, tx *db.Tx, location string, l *line) (bool, error) {
	who := s.only()
	if who == "" || l.note != nil {
		return true, nil
	}
	e := l.event
	if e.ContactID == "" {
		return false, nil
	}
	c, err := crm.ContactByID(ctx, tx, location, e.ContactID)
	if err != nil || c.AssignedTo != who {
		return false, ignoring(err)
	}
	if strings.HasPrefix(e.Type, "opportunity.") {
		o, err := crm.OpportunityByID(ctx, tx, location, e.ObjectID)
		if err != nil || o.AssignedTo != who {
			return false, ignoring(err)
		}
	}
	if e.Data.Other != "" {
		o, err := crm.ContactByID(ctx, tx, location, e.Data.Other)
		if err != nil || o.AssignedTo != who {
			return false, ignoring(err)
		}
	}
	return true, nil
}

// ignoring gives an error unless it is that something is no longer there.
func ignoring(err error) error {
	if errs.Is(err, errs.NotFound) {
		return nil
	}
	return err
}
