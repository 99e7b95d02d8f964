package crm

import "slices"

// The ways of telling somebody. All but none show the thing in their list of
// notifications, at once; mail and digest bring it by e-mail too.
const (
	ByNone   = "none"
	InApp    = "in_app"
	ByEmail  = "email"  // now
	ByDigest = "digest" // once a day
)

// Ways lists the ways of telling somebody.
func Ways() []string { return []string{ByNone, InApp, ByEmail, ByDigest} }

// Audience is who is told of a kind of thing: any of its parts together.
type Audience uint8

// The parts of an audience. Whoever tells of a thing names the users that it is
// assigned to and that follow it; the admins and everybody are found.
const (
	Assigned  Audience = 1 << iota // whom it is assigned to
	Followers                      // who follow it
	Admins                         // the admins who work in the location
	Everybody                      // who works in the location
	Named                          // whoever is named
)

// Has reports whether an audience has a part.
func (a Audience) Has(part Audience) bool { return a&part != 0 }

// NoticeKind is a kind of thing that people are told of.
type NoticeKind struct {
	Kind  string
	Title string // as a person reads it
	Usual string // the way of who chose none
	To    Audience
	// Own says that whoever did it is told as well: it took its time.
	Own bool
}

// NoticeKinds is the table of what people are told of, and who is.
func NoticeKinds() []NoticeKind {
	return []NoticeKind{
		{Kind: NewLead, Title: "New lead", Usual: ByNone, To: Everybody},
		{Kind: "lead_assigned", Title: "Lead assigned to you", Usual: InApp, To: Assigned},
		{Kind: "task_assigned", Title: "Task assigned to you", Usual: InApp, To: Assigned},
		{Kind: "task_due", Title: "Task due", Usual: InApp, To: Assigned},
		{Kind: "appointment_booked", Title: "Appointment booked", Usual: InApp, To: Assigned | Followers},
		{Kind: "appointment_moved", Title: "Appointment moved", Usual: InApp, To: Assigned | Followers},
		{Kind: "appointment_cancelled", Title: "Appointment cancelled", Usual: InApp, To: Assigned | Followers},
		{Kind: "message_received", Title: "Message received", Usual: InApp, To: Assigned | Followers},
		{Kind: "opportunity_stage", Title: "Opportunity moved", Usual: InApp, To: Assigned | Followers},
		{Kind: "workflow_notify", Title: "From a workflow", Usual: InApp, To: Named},
		{Kind: "workflow_failed", Title: "Workflow failed", Usual: InApp, To: Admins},
		{Kind: "webhook_disabled", Title: "Webhook disabled", Usual: ByEmail, To: Admins},
		{Kind: "connection_failed", Title: "Connection failing", Usual: ByEmail, To: Admins},
		{Kind: "import_finished", Title: "Import finished", Usual: InApp, To: Named | Admins, Own: true},
		{Kind: "duplicate_found", Title: "Possible duplicate", Usual: ByNone, To: Assigned | Admins},
	}
}

// NewLead is the kind of thing that a contact is who came in.
const NewLead = "new_lead"

// NoticeKindNamed gives a kind of thing.
func NoticeKindNamed(kind string) (k NoticeKind, ok bool) {
	all := NoticeKinds()
	i := slices.IndexFunc(all, func(k NoticeKind) bool { return k.Kind == kind })
	if i < 0 {
		return NoticeKind{}, false
	}
	return all[i], true
}
