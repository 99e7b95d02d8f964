package ui

import (
	"context"
	"slices"
	"time"

	"github.com/foyer-crm/foyer/internal/calendar"
	"github.com/foyer-crm/foyer/internal/conversation"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
)

func todayArea() area {
	return area{
		way:     way{name: "Today", icon: "house", path: "/today", key: "t"},
		pages:   []string{"today"},
		screens: []screen{{get, "/today", "", false, today}},
	}
}

// todayData is what the first page of the day shows.
type todayData struct {
	*frame
	people
	Leads        []lead
	Tasks        []taskLine
	Appointments []meeting
	Unread       []conversation.Found
	Pairs        []pairLine
	Troubles     []trouble
	Arrivals     *stacks
	Answers      *answers
	Pipelines    []funnel
	Rates        []rate // of the last quarter
	Rate         string // of all of them
}

// lead is somebody new, and whether anybody turned to them.
type lead struct {
	crm.Contact
	Answered time.Time
	Fresh    bool // came a moment ago
}

// meeting is an appointment with whom it is.
type meeting struct {
	calendar.Appointment
	Contact *crm.Contact
}

// Of the first page: how much each part shows.
const (
	leadsToday = 12
	partToday  = 8
)

// today shows what is to be done now.
func today(v *visit) error {
	d := &todayData{frame: v.frame}
	err := v.read(func(ctx context.Context, tx *db.Tx) (err error) {
		if d.Users, err = crm.Users(ctx, tx, v.at()); err != nil {
			return err
		}
		for _, part := range []struct {
			needs string
			load  func(ctx context.Context, tx *db.Tx, v *visit) error
		}{
			{"contactsEnabled", d.loadLeads}, {"contactsEnabled", d.loadTasks}, {"appointmentsEnabled", d.loadMeetings}, {"conversationsEnabled", d.loadUnread},
			{"contactsEnabled", d.loadPairs}, {"", d.loadTroubles}, {"dashboardStatsEnabled", d.loadCharts},
		} {
			if part.needs != "" && !v.User.Has(part.needs) {
				continue
			}
			if err := part.load(ctx, tx, v); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return v.show("today", "Today", d)
}

// Greeting is the word of the hour.
func (d *todayData) Greeting() string {
	switch h := d.now.In(d.zone).Hour(); {
	case h < 12:
		return "Good morning"
	case h < 18:
		return "Good afternoon"
	}
	return "Good evening"
}

// Weekday is the day in full.
func (d *todayData) Weekday() string { return d.now.In(d.zone).Format("Monday, January 2") }

func (d *todayData) loadLeads(ctx context.Context, tx *db.Tx, v *visit) error {
	var q crm.Query
	if err := v.restrict(&q); err != nil {
		return err
	}
	list, _, err := crm.ContactsPage(ctx, tx, v.at(), q, crm.Page{Limit: leadsToday, Look: contactsLooked})
	if err != nil {
		return err
	}
	ids := make([]string, len(list))
	for i := range list {
		ids[i] = list[i].ID
	}
	answered, err := conversation.FirstAnswers(ctx, tx, v.at(), ids)
	for i := range list {
		const lately = 90 * time.Second
		d.Leads = append(d.Leads, lead{list[i], answered[list[i].ID], v.now.Sub(list[i].CreatedAt) < lately})
	}
	return err
}

func (d *todayData) loadTasks(ctx context.Context, tx *db.Tx, v *visit) error {
	list, err := crm.TasksDue(ctx, tx, v.at(), crm.DueQuery{AssignedTo: v.User.ID, OwnersOnly: v.only, From: time.UnixMilli(1), To: v.midnight(v.now).AddDate(0, 0, 1), Limit: partToday})
	if err != nil {
		return err
	}
	d.Tasks, err = withContacts(ctx, tx, v, list)
	return err
}

func (d *todayData) loadMeetings(ctx context.Context, tx *db.Tx, v *visit) error {
	begin := v.midnight(v.now)
	during := calendar.During{From: begin, To: begin.AddDate(0, 0, 1), UserID: v.User.ID}
	list, err := calendar.Appointments(ctx, tx, v.at(), during)
	if err != nil {
		return err
	}
	if v.May["admin"] {
		calendars, err := calendar.Calendars(ctx, tx, v.at(), "", false)
		if err != nil {
			return err
		}
		const most = 20 // more belong on a calendar
		for i := range calendars[:min(len(calendars), most)] {
			during.UserID, during.CalendarID = "", calendars[i].ID
			more, err := calendar.Appointments(ctx, tx, v.at(), during)
			if err != nil {
				return err
			}
			for _, a := range more {
				if !slices.ContainsFunc(list, func(b calendar.Appointment) bool { return a.ID == b.ID }) {
					list = append(list, a)
				}
			}
		}
	}
	slices.SortStableFunc(list, func(a, b calendar.Appointment) int { return a.Start.Compare(b.Start) })
	var ids []string
	for i := range list {
		ids = append(ids, list[i].ContactID)
	}
	there, err := crm.ContactsNamed(ctx, tx, v.at(), ids)
	for i := range list {
		c := there[list[i].ContactID]
		if list[i].Status != calendar.Cancelled && (v.only == "" || c != nil && !v.hides(c)) && len(d.Appointments) < partToday {
			d.Appointments = append(d.Appointments, meeting{list[i], c})
		}
	}
	return err
}

func (d *todayData) loadUnread(ctx context.Context, tx *db.Tx, v *visit) (err error) {
	d.Unread, _, err = conversation.InboxPage(ctx, tx, v.at(), conversation.Inbox{Show: conversation.ShowUnread, Only: v.only, Limit: partToday, Look: inboxLooked})
	return err
}

func (d *todayData) loadPairs(ctx context.Context, tx *db.Tx, v *visit) (err error) {
	d.Pairs, err = pairsOf(ctx, tx, v, crm.PairFilter{State: crm.PairOpen, Limit: partToday})
	return err
}
