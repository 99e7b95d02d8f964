package highlevel

import (
	"time"

	"github.com/foyer-crm/foyer/internal/calendar"
)

// appointmentView is the answer to a booking: flat, with the twin names that the
// live API has (contract.md §9.1).
type appointmentView struct {
	ID                  string `json:"id"`
	CalendarID          string `json:"calendarId"`
	LocationID          string `json:"locationId"`
	ContactID           string `json:"contactId"`
	Title               string `json:"title"`
	Status              string `json:"status"`
	AppointmentStatus   string `json:"appointmentStatus"`
	AppoinmentStatus    string `json:"appoinmentStatus"`
	AssignedUserID      string `json:"assignedUserId,omitempty"`
	Address             string `json:"address,omitempty"`
	Description         string `json:"description,omitempty"`
	MeetingLocationType string `json:"meetingLocationType"`
	MeetingLocationID   string `json:"meetingLocationId,omitempty"`
	IsRecurring         bool   `json:"isRecurring"`
	RRule               string `json:"rrule,omitempty"`
	MasterEventID       string `json:"masterEventId,omitempty"`
	StartTime           string `json:"startTime"`
	EndTime             string `json:"endTime"`
	DateAdded           string `json:"dateAdded"`
	DateUpdated         string `json:"dateUpdated"`
	TraceID             string `json:"traceId"`
}

func (c *call) viewAppointment(a *calendar.Appointment) appointmentView {
	v := appointmentView{ID: a.ID, CalendarID: a.CalendarID, LocationID: a.LocationID, ContactID: a.ContactID, Title: a.Title,
		Status: "booked", AppointmentStatus: a.Status, AppoinmentStatus: a.Status, AssignedUserID: a.UserID, Address: a.Details.Address, Description: a.Details.Description,
		MeetingLocationType: a.Details.MeetingType, MeetingLocationID: a.Details.MeetingID, IsRecurring: a.Rule != "", RRule: a.Rule, MasterEventID: a.MasterID,
		StartTime: zoned(a.Start, c.zone()), EndTime: zoned(a.End, c.zone()), DateAdded: moment(a.CreatedAt), DateUpdated: moment(a.UpdatedAt), TraceID: c.ID}
	if v.MeetingLocationType == "" {
		v.MeetingLocationType = "default"
	}
	return v
}

// eventView is an appointment, or blocked time, among others (contract.md §8.4,
// §9.1: GetEventSchema and CalendarEventDTO together).
type eventView struct {
	ID                string         `json:"id"`
	Address           string         `json:"address"`
	Title             string         `json:"title"`
	CalendarID        string         `json:"calendarId"`
	LocationID        string         `json:"locationId"`
	ContactID         string         `json:"contactId"`
	GroupID           string         `json:"groupId"`
	Status            string         `json:"status,omitempty"`
	AppointmentStatus string         `json:"appointmentStatus"`
	AssignedUserID    string         `json:"assignedUserId"`
	Users             []string       `json:"users"`
	Notes             string         `json:"notes"`
	Description       string         `json:"description"`
	IsRecurring       bool           `json:"isRecurring"`
	RRule             string         `json:"rrule,omitempty"`
	MasterEventID     string         `json:"masterEventId,omitempty"`
	StartTime         string         `json:"startTime"`
	EndTime           string         `json:"endTime"`
	DateAdded         string         `json:"dateAdded"`
	DateUpdated       string         `json:"dateUpdated"`
	AssignedResources []string       `json:"assignedResources"`
	Deleted           bool           `json:"deleted"` // never: what is deleted is not shown
	CreatedBy         *eventMakeView `json:"createdBy,omitempty"`
}

type eventMakeView struct {
	UserID string `json:"userId,omitempty"`
	Source string `json:"source"`
}

// viewEvent shows an appointment of a calendar in a group.
func viewEvent(a *calendar.Appointment, groupID string, zone *time.Location) eventView {
	return eventView{ID: a.ID, Address: a.Details.Address, Title: a.Title, CalendarID: a.CalendarID, LocationID: a.LocationID, ContactID: a.ContactID, GroupID: groupID,
		Status: "booked", AppointmentStatus: a.Status, AssignedUserID: a.UserID, Users: append([]string{}, a.Others()...), Notes: a.Details.Description, Description: a.Details.Description,
		IsRecurring: a.Rule != "", RRule: a.Rule, MasterEventID: a.MasterID, StartTime: zoned(a.Start, zone), EndTime: zoned(a.End, zone),
		DateAdded: moment(a.CreatedAt), DateUpdated: moment(a.UpdatedAt), AssignedResources: append([]string{}, a.Details.Resources...),
		CreatedBy: &eventMakeView{a.CreatedBy, a.Source}}
}

// viewBlockEvent shows blocked time.
func viewBlockEvent(b *calendar.Block, zone *time.Location) eventView {
	return eventView{ID: b.ID, Title: b.Title, CalendarID: b.CalendarID, LocationID: b.LocationID, AssignedUserID: b.UserID, Users: []string{},
		StartTime: zoned(b.Start, zone), EndTime: zoned(b.End, zone), DateAdded: moment(b.CreatedAt), DateUpdated: moment(b.UpdatedAt), AssignedResources: []string{}}
}
