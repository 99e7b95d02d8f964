package app_test

import (
	"context"
	"maps"
	"strings"
	"time"

	"github.com/foyer-crm/foyer/internal/calendar"
	"github.com/foyer-crm/foyer/internal/db"
)

// together makes one table of several.
func together(tables ...map[string]route) map[string]route {
	all := map[string]route{}
	for _, t := range tables {
		maps.Copy(all, t)
	}
	return all
}

const (
	calendarFields = `name description slug widgetSlug widgetType calendarType eventType eventTitle eventColor meetingLocation locationConfigurations teamMembers slotDuration slotDurationUnit
		slotInterval slotIntervalUnit slotBuffer slotBufferUnit preBuffer preBufferUnit appoinmentPerSlot appoinmentPerDay allowBookingAfter allowBookingAfterUnit allowBookingFor allowBookingForUnit
		openHours availabilityType availabilities enableRecurring recurring lookBusyConfig formId stickyContact isLivePaymentMode autoConfirm shouldSendAlertEmailsToAssignedMember alertEmail
		googleInvitationEmails allowReschedule allowCancellation shouldAssignContactToTeamMember shouldSkipAssigningContactForExisting notes pixelId formSubmitType formSubmitRedirectURL
		formSubmitThanksMessage guestType consentLabel calendarCoverImage notifications isActive groupId locationId`
	appointmentFields = `title meetingLocationType meetingLocationId overrideLocationConfig appointmentStatus assignedUserId description address ignoreDateRange toNotify ignoreFreeSlotValidation
		rrule calendarId locationId contactId startTime endTime`
	blockFields        = "title calendarId assignedUserId locationId startTime endTime"
	resourceFields     = "locationId name description quantity outOfService capacity calendarIds isActive"
	notificationFields = `receiverType channel notificationType isActive deleted templateId body subject afterTime beforeTime additionalEmailIds additionalPhoneNumbers additionalWhatsappNumbers
		selectedUsers fromAddress fromName fromNumber`
	anyBooking = `"locationId":"{location}","calendarId":"{calendar}","contactId":"{contact}","startTime":"2035-06-18T09:00:00Z","ignoreFreeSlotValidation":true`
)

// someTime is a range of days around what a tenant owns.
const someTime = "startTime=2065651200000&endTime=2066342400000"

// calendarRoutes are the rows of the calendars' routes; see routes.
var calendarRoutes = map[string]route{
	"highlevel GET /contacts/{}/appointments": {carries: []sample{{path: "/contacts/<contact>/appointments"}}},
	"highlevel GET /calendars/groups":         {carries: []sample{{path: "/calendars/groups?locationId=<location>"}}},
	"highlevel POST /calendars/groups": {
		plain:   sample{body: `{"locationId":"{location}","name":"Team","description":"","slug":"{slug}"}`},
		carries: []sample{{body: `{"locationId":"<location>","name":"Team","description":"","slug":"{slug}"}`}, {body: `{"locationId":"{location}","name":"Team","description":"","slug":"{slug}","id":"<group>"}`}, {body: `{"locationId":"{location}","name":"Team","description":"","slug":"<groupSlug>"}`}},
		fields:  "locationId name description slug isActive",
	},
	"highlevel PUT /calendars/groups/{}": {
		plain:   sample{path: "/calendars/groups/{group}", body: `{"name":"Team","description":"","slug":"{slug}"}`},
		carries: []sample{{path: "/calendars/groups/<group>", body: `{"name":"Team","description":"","slug":"{slug}"}`}, {path: "/calendars/groups/{group}", body: `{"name":"Team","description":"","slug":"<groupSlug>"}`}},
		fields:  "locationId name description slug isActive",
	},
	"highlevel PUT /calendars/groups/{}/status": {
		plain:   sample{path: "/calendars/groups/{group}/status", body: `{"isActive":false}`},
		carries: []sample{{path: "/calendars/groups/<group>/status", body: `{"isActive":false}`}},
		fields:  "isActive",
	},
	"highlevel DELETE /calendars/groups/{}": {carries: []sample{{path: "/calendars/groups/<group>"}}},
	"highlevel POST /calendars/groups/validate-slug": {
		plain:   sample{body: `{"locationId":"{location}","slug":"{slug}"}`},
		carries: []sample{{body: `{"locationId":"{location}","slug":"<groupSlug>"}`}, {body: `{"locationId":"<location>","slug":"{slug}"}`}},
		fields:  "locationId slug",
	},
	"highlevel GET /calendars":    {carries: []sample{{path: "/calendars/?locationId=<location>"}, {path: "/calendars/?locationId={location}&groupId=<group>"}}},
	"highlevel GET /calendars/{}": {carries: []sample{{path: "/calendars/<calendar>"}}},
	"highlevel POST /calendars": {
		plain: sample{body: `{"locationId":"{location}","name":"Tour"}`},
		carries: []sample{
			{body: `{"locationId":"<location>","name":"Tour"}`},
			{body: `{"locationId":"{location}","name":"Tour","groupId":"<group>"}`},
			{body: `{"locationId":"{location}","name":"Tour","teamMembers":[{"userId":"<user>"}]}`},
			{body: `{"locationId":"{location}","name":"Tour","id":"<calendar>","notifications":[{"selectedUsers":"<user>"}]}`},
			{body: `{"locationId":"{location}","name":"Tour"}`, header: idempotent},
		},
		fields: calendarFields,
	},
	"highlevel PUT /calendars/{}": {
		plain: sample{path: "/calendars/{calendar}", body: `{"name":"Tour"}`},
		carries: []sample{
			{path: "/calendars/<calendar>", body: `{"name":"Tour"}`},
			{path: "/calendars/{calendar}", body: `{"name":"Tour","groupId":"<group>"}`},
			{path: "/calendars/{calendar}", body: `{"teamMembers":[{"userId":"<user>"}]}`},
			{path: "/calendars/{calendar}", body: `{"name":"Tour","locationId":"<location>"}`},
		},
		fields: calendarFields,
	},
	"highlevel DELETE /calendars/{}": {carries: []sample{{path: "/calendars/<calendar>"}}},
	"highlevel GET /calendars/{}/free-slots": {carries: []sample{
		{path: "/calendars/<calendar>/free-slots?startDate=2065651200000&endDate=2066342400000"},
		{path: "/calendars/{calendar}/free-slots?startDate=2065651200000&endDate=2065737600000&userId=<user>"},
	}},
	"highlevel GET /calendars/events": {carries: []sample{
		{path: "/calendars/events?calendarId=<calendar>&" + someTime}, {path: "/calendars/events?groupId=<group>&" + someTime}, {path: "/calendars/events?userId=<user>&" + someTime},
		{path: "/calendars/events?locationId=<location>&userId={user}&" + someTime},
	}},
	"highlevel GET /calendars/blocked-slots": {carries: []sample{
		{path: "/calendars/blocked-slots?calendarId=<calendar>&" + someTime}, {path: "/calendars/blocked-slots?groupId=<group>&" + someTime}, {path: "/calendars/blocked-slots?userId=<user>&" + someTime},
	}},
	"highlevel GET /calendars/events/appointments/{}": {carries: []sample{{path: "/calendars/events/appointments/<appointment>"}}},
	"highlevel POST /calendars/events/appointments": {
		plain: sample{body: "{" + anyBooking + "}"},
		carries: []sample{
			{body: `{"locationId":"<location>","calendarId":"{calendar}","contactId":"{contact}","startTime":"2035-06-18T09:00:00Z"}`},
			{body: `{"locationId":"{location}","calendarId":"<calendar>","contactId":"{contact}","startTime":"2035-06-18T09:00:00Z"}`},
			{body: `{"locationId":"{location}","calendarId":"{calendar}","contactId":"<contact>","startTime":"2035-06-18T09:00:00Z"}`},
			{body: "{" + anyBooking + `,"assignedUserId":"<user>"}`},
			{body: "{" + anyBooking + `,"id":"<appointment>","masterEventId":"<appointment>"}`},
			{body: "{" + anyBooking + "}", header: idempotent},
		},
		fields: appointmentFields,
	},
	"highlevel PUT /calendars/events/appointments/{}": {
		plain: sample{path: "/calendars/events/appointments/{appointment}", body: `{"title":"Visit"}`},
		carries: []sample{
			{path: "/calendars/events/appointments/<appointment>", body: `{"title":"Visit"}`},
			{path: "/calendars/events/appointments/{appointment}", body: `{"calendarId":"<calendar>"}`},
			{path: "/calendars/events/appointments/{appointment}", body: `{"assignedUserId":"<user>","ignoreFreeSlotValidation":true}`},
			{path: "/calendars/events/appointments/{appointment}", body: `{"title":"Visit","contactId":"<contact>","locationId":"<location>"}`},
		},
		fields: appointmentFields,
	},
	"highlevel PUT /contacts/{}/appointments/{}": {
		plain: sample{path: "/contacts/{contact}/appointments/{appointment}", body: `{"title":"Visit"}`},
		carries: []sample{
			{path: "/contacts/<contact>/appointments/<appointment>", body: `{"title":"Visit"}`}, {path: "/contacts/{contact}/appointments/<appointment>", body: `{"title":"Visit"}`},
			{path: "/contacts/<contact>/appointments/{appointment}", body: `{"title":"Visit"}`},
		},
		fields: appointmentFields,
	},
	"highlevel DELETE /calendars/events/{}": {carries: []sample{{path: "/calendars/events/<appointment>", body: "{}"}, {path: "/calendars/events/<block>"}}},
	"highlevel POST /calendars/events/block-slots": {
		plain: sample{body: `{"locationId":"{location}","calendarId":"{calendar}","startTime":"2035-06-18T09:00:00Z","endTime":"2035-06-18T10:00:00Z"}`},
		carries: []sample{
			{body: `{"locationId":"<location>","calendarId":"{calendar}","startTime":"2035-06-18T09:00:00Z","endTime":"2035-06-18T10:00:00Z"}`},
			{body: `{"locationId":"{location}","calendarId":"<calendar>","startTime":"2035-06-18T09:00:00Z","endTime":"2035-06-18T10:00:00Z"}`},
			{body: `{"locationId":"{location}","assignedUserId":"<user>","startTime":"2035-06-18T09:00:00Z","endTime":"2035-06-18T10:00:00Z"}`},
		},
		fields: blockFields,
	},
	"highlevel PUT /calendars/events/block-slots/{}": {
		plain: sample{path: "/calendars/events/block-slots/{block}", body: `{"title":"Away"}`},
		carries: []sample{
			{path: "/calendars/events/block-slots/<block>", body: `{"title":"Away"}`},
			{path: "/calendars/events/block-slots/{block}", body: `{"calendarId":"<calendar>"}`},
			{path: "/calendars/events/block-slots/{block}", body: `{"assignedUserId":"<user>"}`},
		},
		fields: blockFields,
	},
	"highlevel GET /calendars/appointments/{}/notes": {carries: []sample{{path: "/calendars/appointments/<appointment>/notes?limit=20&offset=0"}}},
	"highlevel POST /calendars/appointments/{}/notes": {
		plain:   sample{path: "/calendars/appointments/{appointment}/notes", body: `{"body":"hello"}`},
		carries: []sample{{path: "/calendars/appointments/<appointment>/notes", body: `{"body":"hello"}`}, {path: "/calendars/appointments/{appointment}/notes", body: `{"body":"hello","userId":"<user>"}`}},
		fields:  "userId body",
	},
	"highlevel PUT /calendars/appointments/{}/notes/{}": {
		plain: sample{path: "/calendars/appointments/{appointment}/notes/{visitNote}", body: `{"body":"hello"}`},
		carries: []sample{
			{path: "/calendars/appointments/<appointment>/notes/<visitNote>", body: `{"body":"hello"}`}, {path: "/calendars/appointments/{appointment}/notes/<visitNote>", body: `{"body":"hello"}`},
			{path: "/calendars/appointments/<appointment>/notes/{visitNote}", body: `{"body":"hello"}`},
		},
		fields: "userId body",
	},
	"highlevel DELETE /calendars/appointments/{}/notes/{}": {carries: []sample{{path: "/calendars/appointments/<appointment>/notes/<visitNote>"}, {path: "/calendars/appointments/{appointment}/notes/<visitNote>"}}},
	"highlevel GET /calendars/{}/notifications":            {carries: []sample{{path: "/calendars/<calendar>/notifications"}}},
	"highlevel GET /calendars/{}/notifications/{}":         {carries: []sample{{path: "/calendars/<calendar>/notifications/<notification>"}, {path: "/calendars/{calendar}/notifications/<notification>"}}},
	"highlevel POST /calendars/{}/notifications": {
		plain:   sample{path: "/calendars/{calendar}/notifications", body: `{"receiverType":"contact","channel":"email","notificationType":"booked"}`},
		carries: []sample{{path: "/calendars/<calendar>/notifications", body: `[{"receiverType":"contact","channel":"email","notificationType":"booked"}]`}, {path: "/calendars/{calendar}/notifications", body: `[{"receiverType":"contact","channel":"email","notificationType":"booked","selectedUsers":["<user>"]}]`}},
		fields:  notificationFields,
	},
	"highlevel PUT /calendars/{}/notifications/{}": {
		plain:   sample{path: "/calendars/{calendar}/notifications/{notification}", body: `{"isActive":false}`},
		carries: []sample{{path: "/calendars/<calendar>/notifications/<notification>", body: `{"isActive":false}`}, {path: "/calendars/{calendar}/notifications/<notification>", body: `{"isActive":false}`}},
		fields:  notificationFields,
	},
	"highlevel DELETE /calendars/{}/notifications/{}": {carries: []sample{{path: "/calendars/<calendar>/notifications/<notification>"}, {path: "/calendars/{calendar}/notifications/<notification>"}}},
	"highlevel GET /calendars/resources/{}":           {carries: []sample{{path: "/calendars/resources/<room>"}, {path: "/calendars/resources/rooms?locationId=<location>"}}},
	"highlevel GET /calendars/resources/{}/{}":        {carries: []sample{{path: "/calendars/resources/rooms/<room>"}, {path: "/calendars/resources/<room>/<room>"}}},
	"highlevel POST /calendars/resources/{}": {
		plain:   sample{path: "/calendars/resources/rooms", body: `{"locationId":"{location}","name":"Blue","calendarIds":["{calendar}"]}`},
		carries: []sample{{path: "/calendars/resources/rooms", body: `{"locationId":"<location>","name":"Blue"}`}, {path: "/calendars/resources/rooms", body: `{"locationId":"{location}","name":"Blue","calendarIds":["<calendar>"]}`}, {path: "/calendars/resources/<room>", body: `{"locationId":"{location}","name":"Blue"}`}},
		fields:  resourceFields,
	},
	"highlevel PUT /calendars/resources/{}/{}": {
		plain:   sample{path: "/calendars/resources/rooms/{room}", body: `{"name":"Blue"}`},
		carries: []sample{{path: "/calendars/resources/rooms/<room>", body: `{"name":"Blue"}`}, {path: "/calendars/resources/<room>/<room>", body: `{"name":"Blue"}`}, {path: "/calendars/resources/rooms/{room}", body: `{"calendarIds":["<calendar>"]}`}},
		fields:  resourceFields,
	},
	"highlevel GET /calendars/schedules/search": {carries: samples(at("/calendars/schedules/search?locationId=<location>"), at("/calendars/schedules/search?userId=<user>"), at("/calendars/schedules/search?calendarId=<calendar>"))},
	"highlevel GET /calendars/schedules/{}":     {carries: at("/calendars/schedules/<schedule>")},
	"highlevel POST /calendars/schedules": {
		plain: sample{body: `{"locationId":"{location}","userId":"{user}","name":"Mornings","timezone":"Etc/UTC","calendarIds":["{calendar}"]}`},
		carries: at("", `{"locationId":"<location>","userId":"{user}","name":"Mornings","timezone":"Etc/UTC"}`, `{"locationId":"{location}","userId":"<user>","name":"Mornings","timezone":"Etc/UTC"}`,
			`{"locationId":"{location}","userId":"{user}","name":"Mornings","timezone":"Etc/UTC","calendarIds":["<calendar>"]}`),
		fields: "locationId userId name timezone rules calendarIds",
	},
	"highlevel PUT /calendars/schedules/{}":    {plain: sample{path: "/calendars/schedules/{schedule}", body: `{"name":"Mornings"}`}, carries: at("/calendars/schedules/<schedule>", `{"name":"Mornings"}`), fields: "name timezone rules"},
	"highlevel DELETE /calendars/schedules/{}": {carries: at("/calendars/schedules/<schedule>")},
	"highlevel PUT /calendars/schedules/{}/associations/{}": {
		plain:   sample{path: "/calendars/schedules/{schedule}/associations/{calendar}", body: `{"name":"x"}`},
		carries: samples(at("/calendars/schedules/<schedule>/associations/<calendar>", "{}"), at("/calendars/schedules/{schedule}/associations/<calendar>", "{}"), at("/calendars/schedules/<schedule>/associations/{calendar}", "{}")),
	},
	"highlevel DELETE /calendars/schedules/{}/associations/{}": {carries: samples(at("/calendars/schedules/<schedule>/associations/<calendar>"), at("/calendars/schedules/{schedule}/associations/<calendar>"), at("/calendars/schedules/<schedule>/associations/{calendar}"))},
	"highlevel DELETE /calendars/resources/{}/{}":              {carries: []sample{{path: "/calendars/resources/rooms/<room>"}, {path: "/calendars/resources/<room>/<room>"}}},
}

// calendarThings are the names of what ownCalendar makes.
var calendarThings = []string{"group", "calendar", "appointment", "visitNote", "block", "room", "notification", "schedule"}

// ownCalendar makes a calendar with one of everything on it; what it says of
// itself has the tenant's canary in it.
func (x *tenant) ownCalendar(ctx context.Context, tx *db.Tx, o owned) error {
	o["slug"], o["groupSlug"] = "new-"+strings.ToLower(o["contact"]), "of-"+strings.ToLower(o["contact"])
	g, err := calendar.AddGroup(ctx, tx, x.actor, calendar.Group{Name: x.canary, Slug: o["groupSlug"], Active: true})
	if err != nil {
		return err
	}
	wanted := calendar.New()
	wanted.Name, wanted.GroupID = x.canary, g.ID
	c, err := calendar.Add(ctx, tx, x.actor, wanted)
	if err != nil {
		return err
	}
	start := time.Date(2035, 6, 18, 9, 0, 0, 0, time.UTC)
	a, err := calendar.Book(ctx, tx, x.actor, calendar.Booking{CalendarID: c.ID, ContactID: o["contact"], UserID: x.actor.UserID, Title: x.canary, Start: start, AnySlot: true})
	if err != nil {
		return err
	}
	n, err := calendar.AddNote(ctx, tx, x.actor, calendar.Note{AppointmentID: a.ID, Body: x.canary})
	if err != nil {
		return err
	}
	b, err := calendar.AddBlock(ctx, tx, x.actor, calendar.Block{CalendarID: c.ID, Title: x.canary, Start: start.AddDate(0, 0, 1), End: start.AddDate(0, 0, 2)})
	if err != nil {
		return err
	}
	r, err := calendar.AddResource(ctx, tx, x.actor, calendar.Resource{Type: calendar.Room, Name: x.canary, Capacity: 100, Active: true, CalendarIDs: []string{c.ID}})
	if err != nil {
		return err
	}
	t, err := calendar.AddNotification(ctx, tx, x.actor, calendar.Notification{CalendarID: c.ID, Active: true,
		Settings: calendar.NotificationSettings{Receiver: "contact", Channel: "email", Type: "booked", Subject: x.canary}})
	if err != nil {
		return err
	}
	s, err := calendar.AddSchedule(ctx, tx, x.actor, calendar.Schedule{UserID: x.actor.UserID, Name: x.canary, Timezone: "Etc/UTC", CalendarIDs: []string{c.ID},
		Rules: []calendar.Rule{{Type: calendar.WeekdayRule, Day: "monday", Intervals: []calendar.Interval{{From: "09:00", To: "17:00"}}}}})
	if err != nil {
		return err
	}
	for i, id := range []string{g.ID, c.ID, a.ID, n.ID, b.ID, r.ID, t.ID, s.ID} {
		o[calendarThings[i]] = id
	}
	return nil
}
