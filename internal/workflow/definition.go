package workflow

import (
	"github.com/foyer-crm/foyer/internal/clock"
)

// Definition says when a workflow begins and what it does. Pipelines, stages,
// calendars and workflows are named by name or by id, users by e-mail address or
// id, so that a definition can be read, and taken to another location.
type Definition struct {
	Description string `json:"description,omitempty"`
	// Enrol is how often a contact can go through it: Once, or Again (the usual)
	// when it is not in it already.
	Enrol string `json:"enrol,omitempty"`
	// StopOn takes a contact out when something happens: Reply, Unsubscribe,
	// Bounce, Booking, Cancellation (of the appointment that it is about). A
	// campaign always stops on the first three.
	StopOn []string `json:"stopOn,omitempty"`
	// Window is when messages go out, in the contact's zone or the location's.
	Window   *Window   `json:"window,omitempty"`
	Triggers []Trigger `json:"triggers,omitempty"`
	Steps    []Step    `json:"steps,omitempty"`
}

// Window is when messages go out.
type Window struct {
	clock.Window
	Zone string `json:"zone,omitempty"` // InContact (the usual), InLocation or an IANA name
}

// The words of a definition.
const (
	Once  = "once"
	Again = "again"

	Reply        = "reply"
	Unsubscribe  = "unsubscribe"
	Bounce       = "bounce"
	Booking      = "booking"
	Cancellation = "cancellation"

	InContact  = "contact"
	InLocation = "location"
)

// Trigger is what makes a contact begin. Which of its settings count depends on
// On; see the JSON Schema.
type Trigger struct {
	On string `json:"on"`

	Events    []string `json:"events,omitempty"`   // event: types, as contact.* or task.completed
	Doors     []string `json:"doors,omitempty"`    // intake: radius, liondesk, brokerkit, highlevel, import, …
	Sources   []string `json:"sources,omitempty"`  // intake: what the contact's source is
	Known     bool     `json:"known,omitempty"`    // intake: people too that are known already and come again
	Tags      []string `json:"tags,omitempty"`     // tag_added, tag_removed
	Pipeline  string   `json:"pipeline,omitempty"` // stage_changed, status_changed
	Field     string   `json:"field,omitempty"`    // field_changed, date
	From      []string `json:"from,omitempty"`     // stage_changed, status_changed, field_changed
	To        []string `json:"to,omitempty"`
	What      []string `json:"what,omitempty"`      // appointment: booked, moved, cancelled, no_show, confirmed, showed
	Calendars []string `json:"calendars,omitempty"` // appointment
	Channels  []string `json:"channels,omitempty"`  // message_received: sms, email, …
	Contains  string   `json:"contains,omitempty"`  // message_received

	Every  string   `json:"every,omitempty"` // date: year (the usual) or once; schedule: day, week, month
	Days   []string `json:"days,omitempty"`  // schedule: of the week
	Day    int      `json:"day,omitempty"`   // schedule: of the month; a month without it has its last day
	At     string   `json:"at,omitempty"`    // date, schedule: HH:MM; 09:00 if left out
	Offset Span     `json:"offset,omitzero"` // date: before (-7d) or behind
	Zone   string   `json:"zone,omitempty"`  // date: InContact (the usual) or InLocation; schedule: InLocation or an IANA name

	Key     string            `json:"key,omitempty"`     // webhook: part of its address; another one makes the old address useless
	Contact map[string]string `json:"contact,omitempty"` // webhook: which field of the body is which of the contact

	If *Condition `json:"if,omitempty"` // which contacts
}

// The triggers.
const (
	OnEvent         = "event"
	OnIntake        = "intake"
	OnTagAdded      = "tag_added"
	OnTagRemoved    = "tag_removed"
	OnFieldChanged  = "field_changed"
	OnStageChanged  = "stage_changed"
	OnStatusChanged = "status_changed"
	OnAppointment   = "appointment"
	OnMessage       = "message_received"
	OnDate          = "date"
	OnSchedule      = "schedule"
	OnWebhook       = "webhook"
)

// Step is one thing to do. Which of its settings count depends on Do; see the
// JSON Schema.
type Step struct {
	ID string `json:"id,omitempty"` // a name to go to, and for statistics
	Do string `json:"do"`

	// wait
	For     Span     `json:"for,omitzero"`
	Until   string   `json:"until,omitempty"`  // a moment, or a field that has one: appointment.start
	Offset  Span     `json:"offset,omitzero"`  // from Until
	Missed  string   `json:"missed,omitempty"` // where to go on if Until is past: a step, next or end
	At      string   `json:"at,omitempty"`     // HH:MM
	Days    []string `json:"days,omitempty"`
	Zone    string   `json:"zone,omitempty"`
	Event   *Trigger `json:"event,omitempty"`  // what to wait for
	Timeout Span     `json:"timeout,omitzero"` // of Event
	Late    string   `json:"late,omitempty"`   // where to go on after Timeout: a step, next or end

	// branch
	Cases []Case `json:"cases,omitempty"`
	Else  []Step `json:"else,omitempty"`

	Goto string `json:"goto,omitempty"` // goto

	Tags []string `json:"tags,omitempty"` // add_tag, remove_tag

	// set_field
	Field string `json:"field,omitempty"`
	Value string `json:"value,omitempty"`

	// assign
	By     string            `json:"by,omitempty"`     // user, source, round_robin, least_loaded
	User   string            `json:"user,omitempty"`   // assign, task, appointment: e-mail, id, or owner
	Users  []Member          `json:"users,omitempty"`  // round_robin, least_loaded
	Owners map[string]string `json:"owners,omitempty"` // source: whose is which
	Always bool              `json:"always,omitempty"` // also who is assigned already

	// task, note, opportunity, move_stage, appointment
	Title    string `json:"title,omitempty"`
	Body     string `json:"body,omitempty"` // also of email and sms
	Due      Span   `json:"due,omitzero"`
	Pipeline string `json:"pipeline,omitempty"`
	Stage    string `json:"stage,omitempty"`
	Status   string `json:"status,omitempty"`
	Amount   string `json:"amount,omitempty"`
	Calendar string `json:"calendar,omitempty"`
	After    Span   `json:"after,omitzero"`

	// email
	Subject string `json:"subject,omitempty"`
	HTML    string `json:"html,omitempty"`
	Sender  string `json:"sender,omitempty"`

	Workflow string `json:"workflow,omitempty"` // enrol, remove: its name or id
	Campaign string `json:"campaign,omitempty"`

	// webhook
	URL     string            `json:"url,omitempty"`
	Method  string            `json:"method,omitempty"`
	Headers map[string]string `json:"headers,omitempty"`
	Payload any               `json:"payload,omitempty"`

	To   []string `json:"to,omitempty"`   // notify: owner, admins, followers, or users
	Text string   `json:"text,omitempty"` // notify
}

// The steps.
const (
	DoWait        = "wait"
	DoBranch      = "branch"
	DoGoto        = "goto"
	DoAddTag      = "add_tag"
	DoRemoveTag   = "remove_tag"
	DoSetField    = "set_field"
	DoAssign      = "assign"
	DoTask        = "task"
	DoNote        = "note"
	DoOpportunity = "opportunity"
	DoMoveStage   = "move_stage"
	DoAppointment = "appointment"
	DoEmail       = "email"
	DoSMS         = "sms"
	DoEnrol       = "enrol"
	DoRemove      = "remove"
	DoWebhook     = "webhook"
	DoNotify      = "notify"
	DoEnd         = "end"
)

// Case is one way of a branch.
type Case struct {
	If   Condition `json:"if"`
	Then []Step    `json:"then"`
}

// Member is a user who takes a share of the contacts.
type Member struct {
	User   string        `json:"user"`
	Weight int           `json:"weight,omitempty"` // 1 if left out
	Hours  *clock.Window `json:"hours,omitempty"`  // when they work, in their own zone
}
