package ui

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"

	"github.com/foyer-crm/foyer/internal/calendar"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
)

func calendarsSection() section {
	const path = "/settings/calendars"
	return section{name: "Calendars", icon: "calendar", path: path, page: "calendars", item: "calendar", admin: true,
		screens: []screen{{method: get, path: path, do: showCalendars}, {method: post, path: path, do: changeCalendars}},
		said:    map[string]string{"calendar-added": "Calendar added", "calendar-gone": "Calendar deleted"},
	}
}

// calendarsData is what the page of the calendars shows.
type calendarsData struct {
	*frame
	people
	Calendars []calendar.Calendar
	Calendar  *calendar.Calendar // that is changed; a new one has no id
	Days      []dayLine
}

// dayLine are the hours of a day of the week as they are entered.
type dayLine struct {
	Day         int
	Name        string
	Open        bool
	From, Until string
}

// days are the open hours of a calendar, Monday first. Of a day with several
// spans it shows the whole.
func days(c *calendar.Calendar) (list []dayLine) {
	clock := func(minutes int) string { return fmt.Sprintf("%02d:%02d", minutes/60%24, minutes%60) }
	for i, name := range []string{"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"} {
		d := dayLine{Day: (i + 1) % 7, Name: name, From: "09:00", Until: "17:00"}
		for _, h := range c.Settings.OpenHours {
			if slices.Contains(h.Days, d.Day) && len(h.Hours) > 0 {
				first, last := h.Hours[0], h.Hours[len(h.Hours)-1]
				d.Open, d.From, d.Until = true, clock(first.Open), clock(last.Close)
			}
		}
		list = append(list, d)
	}
	return list
}

// Works reports whether a user is of the calendar's team.
func (d *calendarsData) Works(userID string) bool {
	return d.Calendar != nil && slices.ContainsFunc(d.Calendar.Settings.Members, func(m calendar.Member) bool { return m.UserID == userID })
}

// Minutes is a length of time as it is entered.
func (calendarsData) Minutes(a calendar.Amount) int {
	n := a.N
	if a.Unit == "hours" {
		n *= 60
	}
	return int(n)
}

func showCalendars(v *visit) error {
	d := &calendarsData{frame: v.frame}
	q := v.r.URL.Query()
	err := v.read(func(ctx context.Context, tx *db.Tx) (err error) {
		if d.Users, err = crm.Users(ctx, tx, v.at()); err != nil {
			return err
		}
		if d.Calendars, err = calendar.Calendars(ctx, tx, v.at(), "", true); err != nil {
			return err
		}
		if id := q.Get("calendar"); id != "" {
			d.Calendar, err = calendar.ByID(ctx, tx, v.at(), id)
		} else if q.Has("add") {
			c := calendar.New()
			d.Calendar = &c
		}
		return err
	})
	if err != nil {
		return err
	}
	if d.Calendar != nil {
		d.Days = days(d.Calendar)
	}
	return v.show("calendars", "Calendars", d)
}

func changeCalendars(v *visit) error {
	said := "saved"
	err := v.write(func(ctx context.Context, tx *db.Tx) (err error) {
		switch v.form("do") {
		case "save":
			if v.form("id") == "" {
				said = "calendar-added"
				c := calendar.New()
				c.Type = calendar.Event
				if len(v.r.PostForm["member"]) > 1 {
					c.Type = calendar.RoundRobin
				}
				if err := v.fillCalendar(&c); err != nil {
					return err
				}
				_, err = calendar.Add(ctx, tx, v.Actor, c)
				return err
			}
			var failed error
			_, err = calendar.Change(ctx, tx, v.Actor, v.form("id"), func(c *calendar.Calendar) { failed = v.fillCalendar(c) })
			if failed != nil {
				return failed
			}
			return err
		case "delete":
			said = "calendar-gone"
			return calendar.Delete(ctx, tx, v.Actor, v.form("id"))
		}
		return noButton()
	})
	return v.doneIf(err, "/settings/calendars", said, "")
}

// fillCalendar reads the form of a calendar.
func (v *visit) fillCalendar(c *calendar.Calendar) error {
	minutes := func(name string, was calendar.Amount) calendar.Amount {
		n, err := strconv.ParseFloat(v.form(name), 64)
		if err != nil || n < 0 {
			return was
		}
		return calendar.Amount{N: n, Unit: "mins"}
	}
	s := &c.Settings
	c.Name, c.Active, s.Description = v.form("name"), v.form("active") != "", v.form("description")
	s.SlotDuration, s.SlotInterval, s.SlotBuffer, s.PreBuffer = minutes("duration", s.SlotDuration), minutes("interval", s.SlotInterval), minutes("buffer", s.SlotBuffer), minutes("before", s.PreBuffer)
	var broken []errs.Field
	hours := []calendar.DayHours{}
	for _, d := range days(c) {
		day := strconv.Itoa(d.Day)
		if v.form("open:"+day) == "" {
			continue
		}
		from, ok1 := clockMinutes(v.form("from:" + day))
		until, ok2 := clockMinutes(v.form("until:" + day))
		if until == 0 {
			until = 24 * 60
		}
		if !ok1 || !ok2 || until <= from {
			broken = append(broken, errs.Field{Name: "hours of " + d.Name, Rule: "format"})
			continue
		}
		hours = append(hours, calendar.DayHours{Days: []int{d.Day}, Hours: v.spans(c, d.Day, calendar.Hours{Open: from, Close: until})})
	}
	s.OpenHours = hours
	members := []calendar.Member{}
	for _, userID := range v.r.PostForm["member"] {
		m := calendar.Member{UserID: userID, Priority: 0.5}
		for _, was := range s.Members {
			if was.UserID == userID {
				m = was
			}
		}
		members = append(members, m)
	}
	s.Members = members
	return errs.InvalidFields(broken...)
}

// spans keeps the breaks of a day whose whole was not changed.
func (v *visit) spans(c *calendar.Calendar, day int, whole calendar.Hours) []calendar.Hours {
	for _, h := range c.Settings.OpenHours {
		if n := len(h.Hours); slices.Contains(h.Days, day) && n > 1 && h.Hours[0].Open == whole.Open && h.Hours[n-1].Close == whole.Close {
			return h.Hours
		}
	}
	return []calendar.Hours{whole}
}

// clockMinutes reads hh:mm.
func clockMinutes(text string) (int, bool) {
	var h, m int
	if n, err := fmt.Sscanf(text, "%d:%d", &h, &m); n != 2 || err != nil || h < 0 || h > 23 || m < 0 || m > 59 {
		return 0, false
	}
	return h*60 + m, true
}

func resourcesSection() section {
	const path = "/settings/resources"
	return section{name: "Rooms and equipment", icon: "house", path: path, page: "resources", item: "resource", admin: true,
		screens: []screen{{method: get, path: path, do: showResources}, {method: post, path: path, do: changeResources}},
		said:    map[string]string{"resource-added": "Added", "resource-gone": "Deleted"},
	}
}

type resourcesData struct {
	*frame
	Resources []calendar.Resource
	Calendars []calendar.Calendar
	Resource  *calendar.Resource // that is changed
}

// Uses reports whether the resource that is changed goes with a calendar.
func (d *resourcesData) Uses(calendarID string) bool {
	return d.Resource != nil && slices.Contains(d.Resource.CalendarIDs, calendarID)
}

func showResources(v *visit) error {
	d := &resourcesData{frame: v.frame}
	q := v.r.URL.Query()
	err := v.read(func(ctx context.Context, tx *db.Tx) (err error) {
		d.Resources = nil
		const most = 200
		for _, typ := range []string{calendar.Room, calendar.Equipment} {
			list, err := calendar.Resources(ctx, tx, v.at(), typ, most, 0)
			if err != nil {
				return err
			}
			d.Resources = append(d.Resources, list...)
		}
		if d.Calendars, err = calendar.Calendars(ctx, tx, v.at(), "", true); err != nil {
			return err
		}
		if id := q.Get("resource"); id != "" {
			d.Resource, err = calendar.ResourceByID(ctx, tx, v.at(), q.Get("type"), id)
		}
		return err
	})
	if err != nil {
		return err
	}
	return v.show("resources", "Rooms and equipment", d)
}

// Address leads to a resource.
func (d *resourcesData) Address(r calendar.Resource) string {
	return d.Base + "/settings/resources?" + url.Values{"type": {r.Type}, "resource": {r.ID}}.Encode()
}

func changeResources(v *visit) error {
	said := "saved"
	fill := func(r *calendar.Resource) {
		r.Name, r.Description, r.Active, r.CalendarIDs = v.form("name"), v.form("description"), v.form("active") != "", v.r.PostForm["calendar"]
		n, _ := strconv.ParseInt(v.form("count"), 10, 64)
		if r.Type == calendar.Room {
			r.Capacity = max(n, 1)
		} else {
			r.Quantity = max(n, 1)
		}
	}
	err := v.write(func(ctx context.Context, tx *db.Tx) (err error) {
		typ := v.pick("type", calendar.Room, calendar.Equipment)
		switch v.form("do") {
		case "add":
			said = "resource-added"
			r := calendar.Resource{Type: typ, Active: true}
			fill(&r)
			_, err = calendar.AddResource(ctx, tx, v.Actor, r)
		case "save":
			_, err = calendar.ChangeResource(ctx, tx, v.Actor, typ, v.form("id"), fill)
		case "delete":
			said = "resource-gone"
			err = calendar.DeleteResource(ctx, tx, v.Actor, typ, v.form("id"))
		default:
			err = noButton()
		}
		return err
	})
	return v.doneIf(err, "/settings/resources", said, "")
}
