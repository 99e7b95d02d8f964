package workflow

import (
	"slices"
	"strings"

	"github.com/foyer-crm/foyer/internal/calendar"
	"github.com/foyer-crm/foyer/internal/conversation"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/norm"
)

// about reports whether an event is of a kind that a trigger listens to. It looks
// at nothing but the event, so that most events cost nothing.
func (t *Trigger) about(e *crm.Event) bool {
	switch t.On {
	case OnEvent:
		return slices.ContainsFunc(t.Events, func(p string) bool { return matches(p, e.Type) })
	case OnIntake:
		if e.Type != "contact.created" && (!t.Known || e.Type != "contact.updated") {
			return false
		}
		if len(t.Doors) == 0 {
			return slices.Contains(intakeDoors(), e.Origin)
		}
		return slices.Contains(t.Doors, e.Origin)
	case OnTagAdded, OnTagRemoved:
		return e.Type != "contact.deleted" && len(t.tagsOf(e)) > 0
	case OnFieldChanged:
		return strings.HasPrefix(e.Type, "contact.") && t.changed(e) != nil
	case OnStageChanged:
		return e.Type == "opportunity.created" || e.Type == "opportunity.updated" && change(e, "pipelineStageId") != nil
	case OnStatusChanged:
		return e.Type == "opportunity.updated" && change(e, "status") != nil
	case OnAppointment:
		return slices.ContainsFunc(t.What, func(what string) bool { return became(e, what) })
	case OnMessage:
		return e.Type == "message.inbound"
	}
	return false
}

// intakeDoors are the doors by which people come one by one. Of a connection those
// come so whom the other side makes after the first sync.
func intakeDoors() []string {
	return []string{"radius", "liondesk", "brokerkit", "highlevel", "message", "webhook", "ui", "connect"}
}

// matches reports whether a type of event is one that a pattern means: contact.*
// means all of contacts.
func matches(pattern, typ string) bool {
	if all, ok := strings.CutSuffix(pattern, "*"); ok {
		return strings.HasPrefix(typ, all)
	}
	return pattern == typ
}

// change gives what an event says about a field, nil for nothing.
func change(e *crm.Event, field string) *crm.Change {
	i := slices.IndexFunc(e.Data.Changes, func(c crm.Change) bool { return c.Field == field })
	if i < 0 {
		return nil
	}
	return &e.Data.Changes[i]
}

// changed gives the change of the trigger's field, if it is from and to what the
// trigger says.
func (t *Trigger) changed(e *crm.Event) *crm.Change {
	field := strings.TrimPrefix(t.Field, "contact.")
	switch field {
	case "street":
		field = "address1"
	case "birthday":
		field = "dateOfBirth"
	}
	c := change(e, field)
	if c == nil || !among(t.From, textOf(c.From, nil)) || !among(t.To, textOf(c.To, nil)) {
		return nil
	}
	return c
}

// among reports whether a text is one of a list, or the list says nothing.
func among(list []string, v string) bool {
	return len(list) == 0 || slices.ContainsFunc(list, func(one string) bool { return norm.Fold(one) == norm.Fold(v) })
}

// tagsOf gives the tags that an event added or removed and that the trigger is about.
func (t *Trigger) tagsOf(e *crm.Event) []string {
	c := change(e, "tags")
	if c == nil {
		return nil
	}
	from, to := texts(c.From), texts(c.To)
	if t.On == OnTagRemoved {
		from, to = to, from
	}
	return slices.DeleteFunc(to, func(tag string) bool {
		return slices.ContainsFunc(from, func(had string) bool { return norm.Fold(had) == norm.Fold(tag) }) || !among(t.Tags, tag)
	})
}

// texts gives a list out of an event's JSON.
func texts(v any) []string {
	switch v := v.(type) {
	case []string:
		return slices.Clone(v)
	case []any:
		var out []string
		for _, one := range v {
			if s, ok := one.(string); ok {
				out = append(out, s)
			}
		}
		return out
	case string:
		return []string{v}
	}
	return nil
}

// became reports whether an event made of an appointment what a trigger says.
func became(e *crm.Event, what string) bool {
	status := ""
	if c := change(e, "appointmentStatus"); c != nil && e.Type == "appointment.status" {
		status = textOf(c.To, nil)
	}
	switch what {
	case "booked":
		return e.Type == "appointment.created"
	case "moved":
		return e.Type == "appointment.updated" && (change(e, "startTime") != nil || change(e, "endTime") != nil)
	case "cancelled":
		return status == calendar.Cancelled || e.Type == "appointment.deleted"
	case "no_show":
		return status == calendar.NoShow
	case "confirmed":
		return status == calendar.Confirmed
	case "showed":
		return status == calendar.Showed
	}
	return false
}

// fits reports whether what an event is about is what the trigger asks for, once
// that has been read.
func (t *Trigger) fits(s *scope) bool {
	switch t.On {
	case OnIntake:
		if !among(t.Sources, s.contact.Source) {
			return false
		}
	case OnStageChanged, OnStatusChanged:
		if !t.fitsOpportunity(s) {
			return false
		}
	case OnAppointment:
		if len(t.Calendars) > 0 && (s.appointment == nil || !among(t.Calendars, s.calendar) && !slices.Contains(t.Calendars, s.appointment.CalendarID)) {
			return false
		}
	case OnMessage:
		if !t.fitsMessage(s.message) {
			return false
		}
	}
	return t.If.Holds(s)
}

func (t *Trigger) fitsOpportunity(s *scope) bool {
	o, p := s.opportunity, s.pipeline
	if o == nil || p == nil || t.Pipeline != "" && t.Pipeline != p.ID && norm.Fold(t.Pipeline) != norm.Fold(p.Name) {
		return false
	}
	field, named := "status", func(v string) string { return v }
	if t.On == OnStageChanged {
		field, named = "pipelineStageId", func(id string) string {
			if stage := p.Stage(id); stage != nil {
				return stage.Name
			}
			return id
		}
	}
	from, to := "", o.StageID
	if c := change(s.event, field); c != nil {
		from, to = textOf(c.From, nil), textOf(c.To, nil)
	}
	is := func(list []string, v string) bool { return among(list, v) || among(list, named(v)) }
	return is(t.From, from) && is(t.To, to)
}

func (t *Trigger) fitsMessage(m *conversation.Message) bool {
	if m == nil || m.Direction != conversation.Inbound {
		return false
	}
	if len(t.Channels) > 0 && !slices.ContainsFunc(t.Channels, func(c string) bool { return channelTypes()[c] == m.Type }) {
		return false
	}
	return t.Contains == "" || strings.Contains(norm.Fold(m.Body), norm.Fold(t.Contains))
}

// channelTypes are the types of messages by the names that definitions use.
func channelTypes() map[string]string {
	return map[string]string{"sms": conversation.SMS, "email": conversation.EMail, "live_chat": conversation.LiveChat, "call": conversation.Call,
		"whatsapp": "TYPE_WHATSAPP", "facebook": "TYPE_FACEBOOK", "instagram": "TYPE_INSTAGRAM"}
}
