package workflow

import (
	"strings"
	"time"

	"github.com/foyer-crm/foyer/internal/calendar"
	"github.com/foyer-crm/foyer/internal/conversation"
	"github.com/foyer-crm/foyer/internal/crm"
)

// scope is all that conditions and merge fields can see while a step runs.
type scope struct {
	now         time.Time
	contact     *crm.Contact
	custom      map[string]string // ids of custom fields by what they are named by, see crm.CustomField.Named
	location    *crm.Location
	user        *crm.User // whom the contact is assigned to
	event       *crm.Event
	appointment *calendar.Appointment
	calendar    string // the name of the appointment's
	opportunity *crm.Opportunity
	pipeline    *crm.Pipeline // the opportunity's
	task        *crm.Task
	message     *conversation.Message
	webhook     any // the body that an inbound webhook brought
	workflow    string
	unsubscribe string // address
}

// empty is a scope in which nothing is known, to see which fields there are.
func empty() *scope {
	return &scope{contact: &crm.Contact{}, location: &crm.Location{}, user: &crm.User{}, event: &crm.Event{}, appointment: &calendar.Appointment{},
		opportunity: &crm.Opportunity{}, pipeline: &crm.Pipeline{}, task: &crm.Task{}, message: &conversation.Message{}}
}

// zone is where the contact is, or else the location.
func (s *scope) zone() *time.Location {
	if s.contact != nil {
		if z, err := time.LoadLocation(s.contact.Timezone); err == nil && s.contact.Timezone != "" {
			return z
		}
	}
	return s.home()
}

// home is the location's zone.
func (s *scope) home() *time.Location {
	if s.location != nil {
		if z, err := time.LoadLocation(s.location.Timezone); err == nil {
			return z
		}
	}
	return time.UTC
}

// zoneNamed gives the zone that a definition names.
func (s *scope) zoneNamed(name string) *time.Location {
	switch name {
	case "", InContact:
		return s.zone()
	case InLocation:
		return s.home()
	}
	if z, err := time.LoadLocation(name); err == nil {
		return z
	}
	return s.home()
}

// text gives a field as people read it.
func (s *scope) text(path string) string {
	v, _ := s.look(path)
	return textOf(v, s.zone())
}

// look gives the value of a field, nil if nothing is known of it; ok reports
// whether there is such a field.
func (s *scope) look(path string) (v any, ok bool) {
	thing, name, _ := strings.Cut(path, ".")
	switch thing {
	case "contact":
		if key, custom := strings.CutPrefix(name, "custom."); custom {
			return s.customField(key), key != ""
		}
		return s.contactField(name)
	case "location":
		return s.locationField(name)
	case "user", "owner":
		return s.userField(name)
	case "event":
		return s.eventField(name)
	case "appointment":
		return s.appointmentField(name)
	case "opportunity":
		return s.opportunityField(name)
	case "task":
		return s.taskField(name)
	case "message":
		return s.messageField(name)
	case "webhook":
		return inside(map[string]any{"body": s.webhook}, name), name == "body" || strings.HasPrefix(name, "body.")
	case "workflow":
		return s.workflow, name == "name"
	case "unsubscribe":
		return s.unsubscribe, name == "link"
	case "today":
		return s.now.In(s.zone()).Format(time.DateOnly), name == ""
	}
	return nil, false
}

// inside follows a path into a document.
func inside(v any, path string) any {
	for path != "" {
		m, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		var name string
		name, path, _ = strings.Cut(path, ".")
		v = m[name]
	}
	return v
}

func (s *scope) customField(key string) any {
	if s.contact == nil {
		return nil
	}
	id := s.custom[key]
	if id == "" {
		id = key
	}
	return s.contact.CustomFields[id]
}

func (s *scope) contactField(name string) (any, bool) {
	c := s.contact
	if c == nil {
		return nil, true
	}
	switch name {
	case "id":
		return c.ID, true
	case "firstName":
		return c.FirstName, true
	case "lastName":
		return c.LastName, true
	case "name", "fullName":
		return c.FullName(), true
	case "email":
		return c.Email, true
	case "phone":
		return c.Phone, true
	case "type":
		return c.Type, true
	case "stage":
		return c.Stage, true
	case "product":
		return c.Product, true
	case "companyName":
		return c.CompanyName, true
	case "street", "address1":
		return c.Address.Line1, true
	case "city":
		return c.Address.City, true
	case "state":
		return c.Address.State, true
	case "postalCode":
		return c.Address.PostalCode, true
	case "country":
		return c.Address.Country, true
	case "website":
		return c.Website, true
	case "timezone":
		return c.Timezone, true
	case "source":
		return c.Source, true
	case "assignedTo":
		return c.AssignedTo, true
	case "birthday", "dateOfBirth":
		return c.DateOfBirth, true
	case "homeAnniversary":
		return c.Details.HomeAnniversary, true
	case "spouseBirthday":
		return c.Details.SpouseDateOfBirth, true
	case "language":
		return c.Details.Language, true
	case "priority":
		return c.Details.Priority, true
	case "recruitingStage":
		return c.Details.RecruitingStage, true
	case "dnd":
		return c.DND, true
	case "tags":
		return c.Tags, true
	case "createdAt":
		return c.CreatedAt, true
	case "updatedAt":
		return c.UpdatedAt, true
	case "lastActivityAt":
		return c.LastActivityAt, true
	case "door":
		if c.Details.CreatedBy == nil {
			return nil, true
		}
		return c.Details.CreatedBy.Origin, true
	}
	return nil, false
}

func (s *scope) locationField(name string) (any, bool) {
	l := s.location
	if l == nil {
		return nil, true
	}
	switch name {
	case "id":
		return l.ID, true
	case "name":
		return l.Name, true
	case "timezone":
		return l.Timezone, true
	case "phone":
		return l.Profile.Phone, true
	case "email":
		return l.Profile.Email, true
	case "website":
		return l.Profile.Website, true
	case "address":
		return l.Profile.Address.Line1, true
	case "city":
		return l.Profile.Address.City, true
	}
	return nil, false
}

func (s *scope) userField(name string) (any, bool) {
	u := s.user
	if u == nil {
		u = &crm.User{}
	}
	switch name {
	case "id":
		return u.ID, true
	case "name":
		return u.FullName(), true
	case "firstName":
		return u.FirstName, true
	case "lastName":
		return u.LastName, true
	case "email":
		return u.Email, true
	case "phone":
		return u.Phone, true
	case "title":
		return u.Title, true
	}
	return nil, false
}

func (s *scope) eventField(name string) (any, bool) {
	e := s.event
	if e == nil {
		e = &crm.Event{}
	}
	switch name {
	case "type":
		return e.Type, true
	case "door":
		return e.Origin, true
	case "kind":
		return e.Data.Kind, true
	case "text":
		return e.Data.Text, true
	case "at":
		if e.ID == "" {
			return nil, true
		}
		return e.At(), true
	}
	return nil, false
}

func (s *scope) appointmentField(name string) (any, bool) {
	a := s.appointment
	if a == nil {
		a = &calendar.Appointment{}
	}
	switch name {
	case "id":
		return a.ID, true
	case "title":
		return a.Title, true
	case "status":
		return a.Status, true
	case "start":
		return a.Start, true
	case "end":
		return a.End, true
	case "date":
		return shownAs(a.Start, s.zone(), "Monday, January 2"), true
	case "time":
		return shownAs(a.Start, s.zone(), "3:04 PM"), true
	case "address":
		return a.Details.Address, true
	case "calendar":
		return s.calendar, true
	}
	return nil, false
}

func shownAs(t time.Time, zone *time.Location, layout string) string {
	if t.IsZero() {
		return ""
	}
	return t.In(zone).Format(layout)
}

func (s *scope) opportunityField(name string) (any, bool) {
	o := s.opportunity
	if o == nil {
		o = &crm.Opportunity{}
	}
	switch name {
	case "id":
		return o.ID, true
	case "name":
		return o.Name, true
	case "status":
		return o.Status, true
	case "value":
		return o.MonetaryValue, true
	case "pipeline":
		if s.pipeline == nil {
			return nil, true
		}
		return s.pipeline.Name, true
	case "stage":
		if s.pipeline == nil || s.pipeline.Stage(o.StageID) == nil {
			return nil, true
		}
		return s.pipeline.Stage(o.StageID).Name, true
	}
	return nil, false
}

func (s *scope) taskField(name string) (any, bool) {
	t := s.task
	if t == nil {
		t = &crm.Task{}
	}
	switch name {
	case "id":
		return t.ID, true
	case "title":
		return t.Title, true
	case "body":
		return t.Body, true
	case "due":
		return t.DueAt, true
	case "completed":
		return t.Completed, true
	}
	return nil, false
}

func (s *scope) messageField(name string) (any, bool) {
	m := s.message
	if m == nil {
		m = &conversation.Message{}
	}
	switch name {
	case "id":
		return m.ID, true
	case "body":
		return m.Body, true
	case "channel":
		return strings.ToLower(strings.TrimPrefix(m.Type, "TYPE_")), true
	}
	return nil, false
}
