package highlevel

import (
	"github.com/foyer-crm/foyer/internal/calendar"
)

// calendarView is a calendar as HighLevel shows it, in HighLevel's spelling
// (contract.md §9.1).
type calendarView struct {
	ID                      string                     `json:"id"`
	LocationID              string                     `json:"locationId"`
	GroupID                 string                     `json:"groupId,omitempty"`
	Name                    string                     `json:"name"`
	Description             string                     `json:"description"`
	Slug                    string                     `json:"slug"`
	WidgetSlug              string                     `json:"widgetSlug"`
	WidgetType              string                     `json:"widgetType"`
	CalendarType            string                     `json:"calendarType"`
	IsActive                bool                       `json:"isActive"`
	EventType               string                     `json:"eventType"`
	EventTitle              string                     `json:"eventTitle"`
	EventColor              string                     `json:"eventColor"`
	MeetingLocation         string                     `json:"meetingLocation,omitempty"`
	LocationConfigurations  []calendar.MeetingLocation `json:"locationConfigurations,omitempty"`
	TeamMembers             []memberView               `json:"teamMembers"`
	SlotDuration            float64                    `json:"slotDuration"`
	SlotDurationUnit        string                     `json:"slotDurationUnit"`
	SlotInterval            float64                    `json:"slotInterval"`
	SlotIntervalUnit        string                     `json:"slotIntervalUnit"`
	SlotBuffer              float64                    `json:"slotBuffer"`
	SlotBufferUnit          string                     `json:"slotBufferUnit"`
	PreBuffer               float64                    `json:"preBuffer"`
	PreBufferUnit           string                     `json:"preBufferUnit"`
	PerSlot                 int                        `json:"appoinmentPerSlot"`
	PerDay                  int                        `json:"appoinmentPerDay,omitempty"`
	AllowBookingAfter       float64                    `json:"allowBookingAfter"`
	AllowBookingAfterUnit   string                     `json:"allowBookingAfterUnit"`
	AllowBookingFor         float64                    `json:"allowBookingFor,omitempty"`
	AllowBookingForUnit     string                     `json:"allowBookingForUnit,omitempty"`
	OpenHours               []openHourView             `json:"openHours"`
	AvailabilityType        *int                       `json:"availabilityType,omitempty"`
	Availabilities          []availabilityView         `json:"availabilities"`
	EnableRecurring         bool                       `json:"enableRecurring"`
	Recurring               *calendar.Recurring        `json:"recurring,omitempty"`
	LookBusyConfig          lookBusyView               `json:"lookBusyConfig"`
	FormID                  string                     `json:"formId,omitempty"`
	StickyContact           bool                       `json:"stickyContact"`
	IsLivePaymentMode       bool                       `json:"isLivePaymentMode"`
	AutoConfirm             bool                       `json:"autoConfirm"`
	AlertAssigned           bool                       `json:"shouldSendAlertEmailsToAssignedMember"`
	AlertEmail              string                     `json:"alertEmail,omitempty"`
	GoogleInvitationEmails  bool                       `json:"googleInvitationEmails"`
	AllowReschedule         bool                       `json:"allowReschedule"`
	AllowCancellation       bool                       `json:"allowCancellation"`
	AssignContact           bool                       `json:"shouldAssignContactToTeamMember"`
	KeepOwner               bool                       `json:"shouldSkipAssigningContactForExisting"`
	Notes                   string                     `json:"notes,omitempty"`
	PixelID                 string                     `json:"pixelId,omitempty"`
	FormSubmitType          string                     `json:"formSubmitType"`
	FormSubmitRedirectURL   string                     `json:"formSubmitRedirectURL,omitempty"`
	FormSubmitThanksMessage string                     `json:"formSubmitThanksMessage,omitempty"`
	GuestType               string                     `json:"guestType,omitempty"`
	ConsentLabel            string                     `json:"consentLabel,omitempty"`
	CalendarCoverImage      string                     `json:"calendarCoverImage,omitempty"`
	Notifications           []map[string]any           `json:"notifications,omitempty"`
	DateAdded               string                     `json:"dateAdded"`
	DateUpdated             string                     `json:"dateUpdated"`
}

type memberView struct {
	UserID              string                     `json:"userId"`
	Priority            float64                    `json:"priority"`
	IsPrimary           bool                       `json:"isPrimary"`
	MeetingLocationType string                     `json:"meetingLocationType"`
	MeetingLocation     string                     `json:"meetingLocation,omitempty"`
	Locations           []calendar.MeetingLocation `json:"locationConfigurations,omitempty"`
}

type openHourView struct {
	Days  []int      `json:"daysOfTheWeek"`
	Hours []hourView `json:"hours"`
}

type hourView struct {
	OpenHour    int `json:"openHour"`
	OpenMinute  int `json:"openMinute"`
	CloseHour   int `json:"closeHour"`
	CloseMinute int `json:"closeMinute"`
}

type availabilityView struct {
	ID      string     `json:"id"`
	Date    string     `json:"date"`
	Hours   []hourView `json:"hours"`
	Deleted bool       `json:"deleted"`
}

type lookBusyView struct {
	Enabled    bool `json:"enabled"`
	Percentage int  `json:"LookBusyPercentage"`
}

func viewHours(list []calendar.Hours) []hourView {
	out := make([]hourView, len(list))
	for i, h := range list {
		out[i] = hourView{h.Open / 60, h.Open % 60, h.Close / 60, h.Close % 60}
		if h.Close == 24*60 { // an hour is 23 at most
			out[i].CloseHour, out[i].CloseMinute = 23, 60
		}
	}
	return out
}

// viewCalendar shows a calendar.
func viewCalendar(c *calendar.Calendar) calendarView {
	s := &c.Settings
	v := calendarView{
		ID: c.ID, LocationID: c.LocationID, GroupID: c.GroupID, Name: c.Name, Description: s.Description, Slug: c.Slug, WidgetSlug: s.WidgetSlug, WidgetType: s.WidgetType,
		CalendarType: c.Type, IsActive: c.Active, EventType: s.EventType, EventTitle: s.EventTitle, EventColor: s.EventColor, MeetingLocation: s.MeetingLocation,
		LocationConfigurations: s.Locations, TeamMembers: []memberView{}, OpenHours: []openHourView{}, Availabilities: []availabilityView{},
		SlotDuration: s.SlotDuration.N, SlotDurationUnit: s.SlotDuration.Unit, SlotInterval: s.SlotInterval.N, SlotIntervalUnit: s.SlotInterval.Unit,
		SlotBuffer: s.SlotBuffer.N, SlotBufferUnit: s.SlotBuffer.Unit, PreBuffer: s.PreBuffer.N, PreBufferUnit: s.PreBuffer.Unit, PerSlot: s.PerSlot, PerDay: s.PerDay,
		AllowBookingAfter: s.BookingAfter.N, AllowBookingAfterUnit: s.BookingAfter.Unit, AllowBookingFor: s.BookingFor.N, AllowBookingForUnit: s.BookingFor.Unit,
		AvailabilityType: s.AvailabilityType, EnableRecurring: s.EnableRecurring, LookBusyConfig: lookBusyView{s.LookBusy, s.LookBusyPercentage},
		FormID: s.FormID, StickyContact: s.StickyContact, IsLivePaymentMode: s.LivePayment, AutoConfirm: s.AutoConfirm, AlertAssigned: s.AlertAssigned, AlertEmail: s.AlertEmail,
		GoogleInvitationEmails: s.GoogleInvitations, AllowReschedule: s.AllowReschedule, AllowCancellation: s.AllowCancellation, AssignContact: s.AssignContact, KeepOwner: s.KeepOwner,
		Notes: s.Notes, PixelID: s.PixelID, FormSubmitType: s.FormSubmitType, FormSubmitRedirectURL: s.FormSubmitRedirectURL, FormSubmitThanksMessage: s.FormSubmitThanks,
		GuestType: s.GuestType, ConsentLabel: s.ConsentLabel, CalendarCoverImage: s.CoverImage, Notifications: s.Notifications,
		DateAdded: moment(c.CreatedAt), DateUpdated: moment(c.UpdatedAt),
	}
	if s.Recurring != (calendar.Recurring{}) {
		v.Recurring = &s.Recurring
	}
	for _, m := range s.Members {
		view := memberView{UserID: m.UserID, Priority: m.Priority, IsPrimary: m.Primary, MeetingLocationType: "custom", Locations: m.Locations}
		if len(m.Locations) > 0 {
			view.MeetingLocation = m.Locations[0].Location
		}
		v.TeamMembers = append(v.TeamMembers, view)
	}
	for _, d := range s.OpenHours {
		v.OpenHours = append(v.OpenHours, openHourView{append([]int{}, d.Days...), viewHours(d.Hours)})
	}
	for _, a := range s.Availabilities {
		v.Availabilities = append(v.Availabilities, availabilityView{ID: a.ID, Date: string(a.Date) + "T00:00:00.000Z", Hours: viewHours(a.Hours)})
	}
	return v
}
