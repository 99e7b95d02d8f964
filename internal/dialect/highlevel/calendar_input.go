package highlevel

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/foyer-crm/foyer/internal/calendar"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/wire"
)

// calendarChange reads what a body says of a calendar (contract.md §9.1).
func calendarChange(o *wire.Object, isNew bool) *change[calendar.Calendar] {
	r := &change[calendar.Calendar]{o: o, erase: !isNew}
	if isNew {
		r.choice("calendarType", func(c *calendar.Calendar) *string { return &c.Type }, calendar.Types()...)
	} else {
		o.Take("calendarType", "locationId")
	}
	calendarTexts(r)
	calendarFlags(r)
	calendarTimes(r)
	r.steps = append(r.steps, readMembers(r), readLocations(r), readOpenHours(r), readAvailabilities(r), readOldNotifications(r))
	return r
}

// calendarTexts reads texts and words.
func calendarTexts(r *change[calendar.Calendar]) {
	type at = func(*calendar.Calendar) *string
	for _, f := range []struct {
		name string
		max  int
		at   at
	}{
		{"name", 255, func(c *calendar.Calendar) *string { return &c.Name }},
		{"slug", 255, func(c *calendar.Calendar) *string { return &c.Slug }},
		{"groupId", 64, func(c *calendar.Calendar) *string { return &c.GroupID }},
		{"description", 10_000, func(c *calendar.Calendar) *string { return &c.Settings.Description }},
		{"widgetSlug", 255, func(c *calendar.Calendar) *string { return &c.Settings.WidgetSlug }},
		{"eventTitle", 500, func(c *calendar.Calendar) *string { return &c.Settings.EventTitle }},
		{"eventColor", 50, func(c *calendar.Calendar) *string { return &c.Settings.EventColor }},
		{"meetingLocation", 2048, func(c *calendar.Calendar) *string { return &c.Settings.MeetingLocation }},
		{"formId", 64, func(c *calendar.Calendar) *string { return &c.Settings.FormID }},
		{"alertEmail", 320, func(c *calendar.Calendar) *string { return &c.Settings.AlertEmail }},
		{"notes", 10_000, func(c *calendar.Calendar) *string { return &c.Settings.Notes }},
		{"pixelId", 64, func(c *calendar.Calendar) *string { return &c.Settings.PixelID }},
		{"formSubmitRedirectURL", 2048, func(c *calendar.Calendar) *string { return &c.Settings.FormSubmitRedirectURL }},
		{"formSubmitThanksMessage", 10_000, func(c *calendar.Calendar) *string { return &c.Settings.FormSubmitThanks }},
		{"consentLabel", 10_000, func(c *calendar.Calendar) *string { return &c.Settings.ConsentLabel }},
		{"calendarCoverImage", 2048, func(c *calendar.Calendar) *string { return &c.Settings.CoverImage }},
	} {
		r.text(f.name, f.max, f.at)
	}
	r.choice("widgetType", func(c *calendar.Calendar) *string { return &c.Settings.WidgetType }, "default", "classic")
	r.choice("eventType", func(c *calendar.Calendar) *string { return &c.Settings.EventType }, calendar.ForAvailability, calendar.EqualDistribution)
	r.choice("formSubmitType", func(c *calendar.Calendar) *string { return &c.Settings.FormSubmitType }, "RedirectURL", "ThankYouMessage")
	r.choice("guestType", func(c *calendar.Calendar) *string { return &c.Settings.GuestType }, "count_only", "collect_detail")
}

// calendarFlags reads what is on or off.
func calendarFlags(r *change[calendar.Calendar]) {
	for _, f := range []struct {
		name string
		at   func(*calendar.Calendar) *bool
	}{
		{"isActive", func(c *calendar.Calendar) *bool { return &c.Active }},
		{"enableRecurring", func(c *calendar.Calendar) *bool { return &c.Settings.EnableRecurring }},
		{"stickyContact", func(c *calendar.Calendar) *bool { return &c.Settings.StickyContact }},
		{"isLivePaymentMode", func(c *calendar.Calendar) *bool { return &c.Settings.LivePayment }},
		{"autoConfirm", func(c *calendar.Calendar) *bool { return &c.Settings.AutoConfirm }},
		{"shouldSendAlertEmailsToAssignedMember", func(c *calendar.Calendar) *bool { return &c.Settings.AlertAssigned }},
		{"googleInvitationEmails", func(c *calendar.Calendar) *bool { return &c.Settings.GoogleInvitations }},
		{"allowReschedule", func(c *calendar.Calendar) *bool { return &c.Settings.AllowReschedule }},
		{"allowCancellation", func(c *calendar.Calendar) *bool { return &c.Settings.AllowCancellation }},
		{"shouldAssignContactToTeamMember", func(c *calendar.Calendar) *bool { return &c.Settings.AssignContact }},
		{"shouldSkipAssigningContactForExisting", func(c *calendar.Calendar) *bool { return &c.Settings.KeepOwner }},
	} {
		r.flag(f.name, f.at)
	}
}

// calendarTimes reads the rules of slots. appoinmentPerSlot and appoinmentPerDay
// are HighLevel's spelling (contract.md §9.1).
func calendarTimes(r *change[calendar.Calendar]) {
	hours, days := []string{"mins", "hours"}, []string{"hours", "days", "weeks", "months"}
	for _, f := range []struct {
		name  string
		units []string
		at    func(*calendar.Calendar) *calendar.Amount
	}{
		{"slotDuration", hours, func(c *calendar.Calendar) *calendar.Amount { return &c.Settings.SlotDuration }},
		{"slotInterval", hours, func(c *calendar.Calendar) *calendar.Amount { return &c.Settings.SlotInterval }},
		{"slotBuffer", hours, func(c *calendar.Calendar) *calendar.Amount { return &c.Settings.SlotBuffer }},
		{"preBuffer", hours, func(c *calendar.Calendar) *calendar.Amount { return &c.Settings.PreBuffer }},
		{"allowBookingAfter", days, func(c *calendar.Calendar) *calendar.Amount { return &c.Settings.BookingAfter }},
		{"allowBookingFor", days[1:], func(c *calendar.Calendar) *calendar.Amount { return &c.Settings.BookingFor }},
	} {
		r.number(f.name, func(c *calendar.Calendar) *float64 { return &f.at(c).N })
		r.choice(f.name+"Unit", func(c *calendar.Calendar) *string { return &f.at(c).Unit }, f.units...)
	}
	r.whole("appoinmentPerSlot", func(c *calendar.Calendar, n int) { c.Settings.PerSlot = n })
	r.whole("appoinmentPerDay", func(c *calendar.Calendar, n int) { c.Settings.PerDay = n })
	if r.o.IsNull("availabilityType") { // both
		r.steps = append(r.steps, func(c *calendar.Calendar) { c.Settings.AvailabilityType = nil })
	}
	r.whole("availabilityType", func(c *calendar.Calendar, n int) { c.Settings.AvailabilityType = &n })
	r.inside("recurring", func(r *change[calendar.Calendar]) {
		r.choice("freq", func(c *calendar.Calendar) *string { return &c.Settings.Recurring.Freq }, "DAILY", "WEEKLY", "MONTHLY")
		r.whole("count", func(c *calendar.Calendar, n int) { c.Settings.Recurring.Count = n })
		r.choice("bookingOption", func(c *calendar.Calendar) *string { return &c.Settings.Recurring.Option }, "skip", "continue", "book_next")
		r.choice("bookingOverlapDefaultStatus", func(c *calendar.Calendar) *string { return &c.Settings.Recurring.Overlap }, calendar.Confirmed, calendar.Unconfirmed)
	})
	r.inside("lookBusyConfig", func(r *change[calendar.Calendar]) {
		r.flag("enabled", func(c *calendar.Calendar) *bool { return &c.Settings.LookBusy })
		r.whole("LookBusyPercentage", func(c *calendar.Calendar, n int) { c.Settings.LookBusyPercentage = n })
	})
}

// nothing is the step of a list that was not sent.
func nothing(*calendar.Calendar) {}

// readMembers reads the whole list of members.
func readMembers(r *change[calendar.Calendar]) func(*calendar.Calendar) {
	list, ok := r.objects("teamMembers", most)
	if !ok {
		return nothing
	}
	members := make([]calendar.Member, len(list))
	for i, o := range list {
		m := &members[i]
		m.UserID, m.Priority = o.TextMax("userId", 64), 0.5
		if m.UserID == "" {
			r.refuse(item("teamMembers", i, "userId"), "string", 0)
		}
		if o.Has("priority") {
			var isNumber bool
			if m.Priority, isNumber = o.Number("priority"); !isNumber {
				r.refuse(item("teamMembers", i, "priority"), "number", 0)
			}
		}
		m.Primary, _ = o.Bool("isPrimary")
		m.Locations = meetingLocations(r, o, item("teamMembers", i, "locationConfigurations"))
		// the older names of the same (contract.md §9.1)
		o.Take("meetingLocationType")
		if where := o.TextMax("meetingLocation", 2048); where != "" && len(m.Locations) == 0 {
			m.Locations = []calendar.MeetingLocation{{Kind: "custom", Location: where}}
		}
	}
	return func(c *calendar.Calendar) { c.Settings.Members = slices.Clone(members) }
}

// readLocations reads the whole list of meeting locations.
func readLocations(r *change[calendar.Calendar]) func(*calendar.Calendar) {
	if !r.o.Has("locationConfigurations") {
		r.o.Take("locationConfigurations")
		return nothing
	}
	list := meetingLocations(r, r.o, "locationConfigurations")
	return func(c *calendar.Calendar) { c.Settings.Locations = slices.Clone(list) }
}

func meetingLocations(r *change[calendar.Calendar], o *wire.Object, name string) (list []calendar.MeetingLocation) {
	for i, l := range o.Objects("locationConfigurations") {
		one := calendar.MeetingLocation{Kind: l.Text("kind"), Location: l.TextMax("location", 2048), MeetingID: l.TextMax("meetingId", 64)}
		if !slices.Contains([]string{"custom", "zoom_conference", "google_conference", "inbound_call", "outbound_call", "physical", "booker", "ms_teams_conference"}, one.Kind) {
			r.refuse(item(name, i, "kind"), "choice", 0)
		}
		list = append(list, one)
	}
	return list
}

// readOpenHours reads the whole list of opening hours.
func readOpenHours(r *change[calendar.Calendar]) func(*calendar.Calendar) {
	list, ok := r.objects("openHours", most)
	if !ok {
		return nothing
	}
	open := make([]calendar.DayHours, len(list))
	for i, o := range list {
		days, isList := o.Value("daysOfTheWeek").([]any)
		if !isList {
			r.refuse(item("openHours", i, "daysOfTheWeek"), "array", 0)
		}
		for _, d := range days {
			number, _ := d.(json.Number)
			n, err := strconv.Atoi(string(number))
			if err != nil {
				r.refuse(item("openHours", i, "daysOfTheWeek"), "number", 0)
				break
			}
			open[i].Days = append(open[i].Days, n)
		}
		open[i].Hours = dayHours(r, o, item("openHours", i, "hours"))
	}
	return func(c *calendar.Calendar) { c.Settings.OpenHours = slices.Clone(open) }
}

// dayHours reads opening hours of a day. Closing at 0:00 is the midnight that ends it.
func dayHours(r *change[calendar.Calendar], o *wire.Object, name string) (list []calendar.Hours) {
	const mostHours = 48
	all := o.Objects("hours")
	if len(all) > mostHours {
		r.refuse(name, "items", mostHours)
		return nil
	}
	for i, h := range all {
		var n [4]int64
		for j, part := range []string{"openHour", "openMinute", "closeHour", "closeMinute"} {
			v, ok := h.Int(part)
			limit := int64(23)
			if j%2 == 1 {
				limit = 60
			}
			r.broken = append(r.broken, rename(bounded(part, v, ok, 0, limit), item(name, i, part))...)
			n[j] = v
		}
		one := calendar.Hours{Open: int(60*n[0] + n[1]), Close: int(60*n[2] + n[3])}
		if one.Close == 0 {
			one.Close = 24 * 60
		}
		list = append(list, one)
	}
	return list
}

// rename gives broken fields the name of the place that they are in.
func rename(broken []errs.Field, name string) []errs.Field {
	for i := range broken {
		broken[i].Name = name
	}
	return broken
}

// readAvailabilities reads days that have hours of their own. In a change they
// join those that are there: one with the id or the date of another takes its
// place, or removes it if it says deleted.
func readAvailabilities(r *change[calendar.Calendar]) func(*calendar.Calendar) {
	list, ok := r.objects("availabilities", 1000)
	if !ok {
		return nothing
	}
	type said struct {
		calendar.Override
		deleted bool
	}
	var all []said
	for i, o := range list {
		date, _, _ := strings.Cut(o.Text("date"), "T")
		s := said{Override: calendar.Override{ID: o.TextMax("id", 64), Date: calendar.Date(date), Hours: dayHours(r, o, item("availabilities", i, "hours"))}}
		s.deleted, _ = o.Bool("deleted")
		all = append(all, s)
	}
	return func(c *calendar.Calendar) {
		now := slices.Clone(c.Settings.Availabilities)
		for _, s := range all {
			i := slices.IndexFunc(now, func(o calendar.Override) bool {
				return s.ID != "" && o.ID == s.ID || s.Date != "" && o.Date == s.Date
			})
			switch {
			case i >= 0 && s.deleted:
				now = slices.Delete(now, i, i+1)
			case s.deleted:
			case i >= 0:
				s.ID = now[i].ID
				if s.Date == "" {
					s.Date = now[i].Date
				}
				now[i] = s.Override
			default:
				s.ID = "" // an id is given, not taken
				now = append(now, s.Override)
			}
		}
		c.Settings.Availabilities = now
	}
}

// readOldNotifications keeps the deprecated settings of who is told.
func readOldNotifications(r *change[calendar.Calendar]) func(*calendar.Calendar) {
	list, ok := r.objects("notifications", most)
	if !ok {
		return nothing
	}
	all := make([]map[string]any, len(list))
	for i, o := range list {
		all[i] = map[string]any{"type": "email", "selectedUsers": o.TextMax("selectedUsers", 2048)}
		o.Take("type") // there is only one
		for _, name := range []string{"shouldSendToContact", "shouldSendToGuest", "shouldSendToUser", "shouldSendToSelectedUsers"} {
			all[i][name], _ = o.Bool(name)
		}
	}
	return func(c *calendar.Calendar) { c.Settings.Notifications = all }
}
