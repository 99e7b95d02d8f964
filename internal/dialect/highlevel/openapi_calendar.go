package highlevel

import "github.com/foyer-crm/foyer/internal/calendar"

// Requests of calendars are read field by field; these types describe them. A
// test sends what they say and sees that all of it is read.

// calendarBody is the body of a calendar's update, and most of its creation.
type calendarBody struct {
	IsActive                bool                       `json:"isActive"`
	GroupID                 string                     `json:"groupId" max:"64"`
	Name                    string                     `json:"name" max:"255"`
	Description             string                     `json:"description" max:"10000"`
	Slug                    string                     `json:"slug" max:"255"`
	WidgetSlug              string                     `json:"widgetSlug" max:"255"`
	WidgetType              string                     `json:"widgetType" choice:"default|classic"`
	EventType               string                     `json:"eventType" choice:"RoundRobin_OptimizeForAvailability|RoundRobin_OptimizeForEqualDistribution"`
	EventTitle              string                     `json:"eventTitle" max:"500"`
	EventColor              string                     `json:"eventColor" max:"50"`
	MeetingLocation         string                     `json:"meetingLocation" max:"2048"`
	LocationConfigurations  []calendar.MeetingLocation `json:"locationConfigurations"`
	TeamMembers             []memberBody               `json:"teamMembers" max:"100"`
	SlotDuration            float64                    `json:"slotDuration"`
	SlotDurationUnit        string                     `json:"slotDurationUnit" choice:"mins|hours"`
	SlotInterval            float64                    `json:"slotInterval"`
	SlotIntervalUnit        string                     `json:"slotIntervalUnit" choice:"mins|hours"`
	SlotBuffer              float64                    `json:"slotBuffer"`
	SlotBufferUnit          string                     `json:"slotBufferUnit" choice:"mins|hours"`
	PreBuffer               float64                    `json:"preBuffer"`
	PreBufferUnit           string                     `json:"preBufferUnit" choice:"mins|hours"`
	PerSlot                 int                        `json:"appoinmentPerSlot"`
	PerDay                  int                        `json:"appoinmentPerDay"`
	AllowBookingAfter       float64                    `json:"allowBookingAfter"`
	AllowBookingAfterUnit   string                     `json:"allowBookingAfterUnit" choice:"hours|days|weeks|months"`
	AllowBookingFor         float64                    `json:"allowBookingFor"`
	AllowBookingForUnit     string                     `json:"allowBookingForUnit" choice:"days|weeks|months"`
	OpenHours               []openHourView             `json:"openHours" max:"100"`
	AvailabilityType        *int                       `json:"availabilityType" say:"0 is openHours alone, 1 is availabilities alone, null is both"`
	Availabilities          []availabilityBody         `json:"availabilities" max:"1000" say:"by date, in place of openHours"`
	EnableRecurring         bool                       `json:"enableRecurring"`
	Recurring               recurringBody              `json:"recurring"`
	LookBusyConfig          lookBusyView               `json:"lookBusyConfig"`
	FormID                  string                     `json:"formId" max:"64"`
	StickyContact           bool                       `json:"stickyContact"`
	IsLivePaymentMode       bool                       `json:"isLivePaymentMode"`
	AutoConfirm             bool                       `json:"autoConfirm"`
	AlertAssigned           bool                       `json:"shouldSendAlertEmailsToAssignedMember"`
	AlertEmail              string                     `json:"alertEmail" max:"320"`
	GoogleInvitationEmails  bool                       `json:"googleInvitationEmails"`
	AllowReschedule         bool                       `json:"allowReschedule"`
	AllowCancellation       bool                       `json:"allowCancellation"`
	AssignContact           bool                       `json:"shouldAssignContactToTeamMember"`
	KeepOwner               bool                       `json:"shouldSkipAssigningContactForExisting"`
	Notes                   string                     `json:"notes" max:"10000"`
	PixelID                 string                     `json:"pixelId" max:"64"`
	FormSubmitType          string                     `json:"formSubmitType" choice:"RedirectURL|ThankYouMessage"`
	FormSubmitRedirectURL   string                     `json:"formSubmitRedirectURL" max:"2048"`
	FormSubmitThanksMessage string                     `json:"formSubmitThanksMessage" max:"10000"`
	GuestType               string                     `json:"guestType" choice:"count_only|collect_detail"`
	ConsentLabel            string                     `json:"consentLabel" max:"10000"`
	CalendarCoverImage      string                     `json:"calendarCoverImage" max:"2048"`
	Notifications           []oldNotificationBody      `json:"notifications" max:"100" say:"the older kind; see the notifications of a calendar"`
}

type newCalendarBody struct {
	LocationID   string `json:"locationId" need:"defined"`
	CalendarType string `json:"calendarType" choice:"round_robin|event|class_booking|collective|service_booking|personal"`
	calendarBody
}

type memberBody struct {
	UserID                 string                     `json:"userId" need:"string" max:"64"`
	Priority               float64                    `json:"priority" say:"0, 0.5 or 1"`
	IsPrimary              bool                       `json:"isPrimary"`
	LocationConfigurations []calendar.MeetingLocation `json:"locationConfigurations"`
	MeetingLocationType    string                     `json:"meetingLocationType" say:"the older name of the kind in locationConfigurations"`
	MeetingLocation        string                     `json:"meetingLocation" max:"2048"`
}

type availabilityBody struct {
	ID      string     `json:"id" say:"of one that is to change"`
	Date    string     `json:"date" say:"2026-01-31T00:00:00.000Z"`
	Hours   []hourView `json:"hours" max:"48"`
	Deleted bool       `json:"deleted"`
}

type recurringBody struct {
	Freq    string `json:"freq" choice:"DAILY|WEEKLY|MONTHLY"`
	Count   int    `json:"count"`
	Option  string `json:"bookingOption" choice:"skip|continue|book_next"`
	Overlap string `json:"bookingOverlapDefaultStatus" choice:"confirmed|new"`
}

type oldNotificationBody struct {
	Type            string `json:"type" choice:"email"`
	ToContact       bool   `json:"shouldSendToContact"`
	ToGuest         bool   `json:"shouldSendToGuest"`
	ToUser          bool   `json:"shouldSendToUser"`
	ToSelectedUsers bool   `json:"shouldSendToSelectedUsers"`
	SelectedUsers   string `json:"selectedUsers" max:"2048"`
}

type groupBody struct {
	Name        string `json:"name" need:"string" max:"255"`
	Description string `json:"description" need:"string" max:"5000"`
	Slug        string `json:"slug" need:"string" max:"255"`
	IsActive    bool   `json:"isActive"`
}

type newGroupBody struct {
	LocationID string `json:"locationId" need:"defined"`
	groupBody
}

type activeBody struct {
	IsActive bool `json:"isActive" need:"boolean"`
}

type slugBody struct {
	LocationID string `json:"locationId" need:"defined"`
	Slug       string `json:"slug" need:"string" max:"255"`
}

type notificationBody struct {
	ReceiverType    string            `json:"receiverType" choice:"contact|guest|assignedUser|emails|phoneNumbers|business"`
	Channel         string            `json:"channel" choice:"email|inApp|sms|whatsapp"`
	Type            string            `json:"notificationType" choice:"booked|confirmation|cancellation|reminder|followup|reschedule"`
	IsActive        bool              `json:"isActive"`
	Deleted         bool              `json:"deleted"`
	TemplateID      string            `json:"templateId" max:"64"`
	Subject         string            `json:"subject" max:"1000"`
	Body            string            `json:"body" max:"50000"`
	AfterTime       []calendar.Offset `json:"afterTime" max:"100"`
	BeforeTime      []calendar.Offset `json:"beforeTime" max:"100"`
	Emails          []string          `json:"additionalEmailIds" max:"100"`
	Phones          []string          `json:"additionalPhoneNumbers" max:"100"`
	WhatsAppNumbers []string          `json:"additionalWhatsappNumbers" max:"100"`
	SelectedUsers   []string          `json:"selectedUsers" max:"100"`
	FromAddress     string            `json:"fromAddress" max:"320"`
	FromName        string            `json:"fromName" max:"255"`
	FromNumber      string            `json:"fromNumber" max:"50"`
}

type resourceBody struct {
	Name         string   `json:"name" max:"255"`
	Description  string   `json:"description" max:"5000"`
	Quantity     int      `json:"quantity"`
	OutOfService int      `json:"outOfService"`
	Capacity     int      `json:"capacity"`
	CalendarIDs  []string `json:"calendarIds" max:"100"`
	IsActive     bool     `json:"isActive"`
}

type resourceChangeBody struct {
	LocationID string `json:"locationId"`
	resourceBody
}

type newResourceBody struct {
	LocationID string `json:"locationId" need:"defined"`
	resourceBody
}

// appointmentBody is the body of an appointment's update, and most of a booking's.
type appointmentBody struct {
	CalendarID             string `json:"calendarId" max:"64"`
	AssignedUserID         string `json:"assignedUserId" max:"64"`
	Title                  string `json:"title" max:"500"`
	Description            string `json:"description" max:"10000"`
	Address                string `json:"address" max:"2048"`
	MeetingLocationType    string `json:"meetingLocationType" choice:"custom|zoom|gmeet|phone|address|ms_teams|google"`
	MeetingLocationID      string `json:"meetingLocationId" max:"64"`
	AppointmentStatus      string `json:"appointmentStatus" choice:"new|confirmed|cancelled|showed|noshow|invalid|active|completed"`
	StartTime              string `json:"startTime" say:"ISO 8601; without an offset, in the location's zone"`
	EndTime                string `json:"endTime"`
	RRule                  string `json:"rrule" max:"500" say:"RFC 5545; with ignoreFreeSlotValidation"`
	OverrideLocationConfig bool   `json:"overrideLocationConfig"`
	IgnoreDateRange        bool   `json:"ignoreDateRange" say:"neither notice nor booking window count"`
	IgnoreFreeSlots        bool   `json:"ignoreFreeSlotValidation" say:"nothing counts"`
	ToNotify               bool   `json:"toNotify"`
}

type newAppointmentBody struct {
	LocationID string `json:"locationId" need:"defined"`
	ContactID  string `json:"contactId" need:"string" max:"64"`
	appointmentBody
}

type blockBody struct {
	Title          string `json:"title" max:"500"`
	CalendarID     string `json:"calendarId" max:"64" say:"or assignedUserId"`
	AssignedUserID string `json:"assignedUserId" max:"64"`
	StartTime      string `json:"startTime"`
	EndTime        string `json:"endTime"`
}

type blockChangeBody struct {
	LocationID string `json:"locationId"`
	blockBody
}

type newBlockBody struct {
	LocationID string `json:"locationId" need:"defined"`
	blockBody
}

type appointmentNoteBody struct {
	Body   string `json:"body" need:"string" max:"5000"`
	UserID string `json:"userId" max:"64"`
}

type calendarsQuery struct {
	LocationID string `json:"locationId"`
	GroupID    string `json:"groupId"`
	ShowDrafts bool   `json:"showDrafted"`
}

type slotsQuery struct {
	StartDate int64    `json:"startDate" need:"defined" say:"milliseconds since 1970"`
	EndDate   int64    `json:"endDate" need:"defined" say:"31 days after startDate at most"`
	Timezone  string   `json:"timezone" say:"IANA name"`
	UserID    string   `json:"userId"`
	UserIDs   []string `json:"userIds"`
	LookBusy  bool     `json:"enableLookBusy"`
}

type eventsQuery struct {
	LocationID string `json:"locationId"`
	StartTime  int64  `json:"startTime" need:"defined" say:"milliseconds since 1970"`
	EndTime    int64  `json:"endTime" need:"defined"`
	CalendarID string `json:"calendarId" say:"or groupId, or userId"`
	GroupID    string `json:"groupId"`
	UserID     string `json:"userId"`
}

type appointmentNotesQuery struct {
	Limit  int64 `json:"limit" min:"1" max:"20"`
	Offset int64 `json:"offset" min:"0"`
}

type notificationsQuery struct {
	IsActive bool  `json:"isActive"`
	Deleted  bool  `json:"deleted"`
	Limit    int64 `json:"limit" min:"1" max:"1000"`
	Skip     int64 `json:"skip" min:"0"`
}

type resourcesQuery struct {
	LocationID string `json:"locationId"`
	Limit      int64  `json:"limit" min:"1" max:"100"`
	Skip       int64  `json:"skip" min:"0"`
}

func calendarShapes() map[string]shape {
	yes := fields{"success": true}
	return map[string]shape{
		"List Calendars":         {query: calendarsQuery{}, answer: fields{"calendars": []calendarView{}}},
		"Get Calendar by ID":     {answer: fields{"calendar": calendarView{}}},
		"Create Calendar":        {body: newCalendarBody{}, answer: fields{"calendar": calendarView{}}},
		"Update Calendar":        {body: calendarBody{}, answer: fields{"calendar": calendarView{}}},
		"Delete Calendar":        {answer: yes},
		"Get Free Slots":         {query: slotsQuery{}, answer: map[string]slotList{}},
		"List Calendar Groups":   {query: locationQuery{}, answer: fields{"groups": []groupView{}}},
		"Create Calendar Group":  {body: newGroupBody{}, answer: fields{"group": groupView{}}},
		"Update Calendar Group":  {body: groupBody{}, answer: fields{"group": groupView{}}},
		"Update Group Status":    {body: activeBody{}, answer: yes},
		"Delete Calendar Group":  {answer: yes},
		"Validate Group Slug":    {body: slugBody{}, answer: fields{"available": true}},
		"List Calendar Events":   {query: eventsQuery{}, answer: fields{"events": []eventView{}}},
		"List Blocked Slots":     {query: eventsQuery{}, answer: fields{"events": []eventView{}}},
		"Create Block Slot":      {body: newBlockBody{}, answer: blockView{}},
		"Update Block Slot":      {body: blockChangeBody{}, answer: blockView{}},
		"Delete Event":           {answer: fields{"succeeded": true}},
		"Get Appointment":        {answer: fields{"event": eventView{}, "appointment": eventView{}}},
		"Create Appointment":     {body: newAppointmentBody{}, answer: appointmentView{}},
		"Update Appointment":     {body: appointmentBody{}, answer: appointmentView{}},
		"List Appointment Notes": {query: appointmentNotesQuery{}, answer: fields{"notes": []appointmentNoteView{}, "hasMore": true}},

		"Update Contact Appointment":   {body: appointmentBody{}, answer: appointmentView{}},
		"Get Contact Appointments":     {answer: fields{"events": []eventView{}}},
		"Create Appointment Note":      {body: appointmentNoteBody{}, answer: fields{"note": appointmentNoteView{}}},
		"Update Appointment Note":      {body: appointmentNoteBody{}, answer: fields{"note": appointmentNoteView{}}},
		"Delete Appointment Note":      {answer: yes},
		"List Calendar Notifications":  {query: notificationsQuery{}, answer: []notificationView{}},
		"Get Calendar Notification":    {answer: notificationView{}},
		"Create Calendar Notification": {body: []notificationBody{}, answer: []notificationView{}},
		"Update Notification":          {body: notificationBody{}, answer: fields{"message": ""}},
		"Delete Notification":          {answer: fields{"message": ""}},
		"List Calendar Resources":      {query: resourcesQuery{}, answer: []resourceView{}},
		"Get Calendar Resource":        {answer: resourceView{}},
		"Create Calendar Resource":     {body: newResourceBody{}, answer: resourceView{}},
		"Update Calendar Resource":     {body: resourceChangeBody{}, answer: resourceView{}},
		"Delete Calendar Resource":     {answer: yes},
	}
}
