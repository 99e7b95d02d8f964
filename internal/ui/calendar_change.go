package ui

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/foyer-crm/foyer/internal/calendar"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
)

// changeCalendar does with what is on the calendar what the button of a form says.
func changeCalendar(v *visit) error {
	return v.presses(map[string]button{
		"book": bookMeeting, "save": saveMeeting, "when": moveEvent, "status": setMeeting, "cancel": cancelMeeting,
		"block": blockTime, "unblock": unblockTime, "start": startCalendar,
	})
}

// times reads the fields for the beginning and the end.
func (v *visit) times() (from, to time.Time, err error) {
	from, err = time.ParseInLocation(inputTime, v.form("start"), v.zone)
	if err == nil {
		to, err = time.ParseInLocation(inputTime, v.form("end"), v.zone)
	}
	if err != nil || !to.After(from) {
		return from, to, errs.New(errs.Invalid, "Say when it begins, and a later time when it ends")
	}
	return from, to, nil
}

// staff checks that a user works here, for "" that nobody is named.
func (v *visit) staff(ctx context.Context, tx *db.Tx, userID string) error {
	users, err := crm.Users(ctx, tx, v.at())
	if err == nil && userID != "" && !slices.ContainsFunc(users, func(u crm.User) bool { return u.ID == userID }) {
		err = errs.New(errs.Invalid, "This user works in another location")
	}
	return err
}

// bookMeeting books a free slot, or any other time where that is said.
func bookMeeting(ctx context.Context, tx *db.Tx, v *visit) (what, undo string, err error) {
	c, err := picked(ctx, tx, v, v.form("contact"))
	if err != nil {
		return "", "", err
	}
	b := calendar.Booking{CalendarID: v.form("calendar"), ContactID: c.ID, UserID: v.form("user"), Title: v.form("title"), Details: calendar.Details{Description: v.form("note"), Address: v.form("address")}}
	if err := v.staff(ctx, tx, b.UserID); err != nil {
		return "", "", err
	}
	if other, err := time.ParseInLocation(inputTime, v.form("other"), v.zone); err == nil {
		b.Start, b.AnyTime, b.AnySlot = other, true, true
		if n, err := strconv.Atoi(v.form("minutes")); err == nil && n > 0 {
			b.End = other.Add(time.Duration(n) * time.Minute)
		}
	} else if b.Start, err = time.Parse(time.RFC3339, v.form("slot")); err != nil {
		return "", "", errs.New(errs.Invalid, "Choose a free time, or write another one")
	}
	made, err := calendar.Book(ctx, tx, v.Actor, b)
	if errs.Is(err, errs.Conflict) {
		return "", "", errs.New(errs.Conflict, "This time was taken a moment ago. Go back and choose another one")
	}
	if err != nil {
		return "", "", err
	}
	if over, err := overlaps(ctx, tx, v, made.UserID, made.ID, made.Start, made.End); err != nil || over {
		return "booked-over", "meeting-status:" + made.ID + ":" + calendar.Cancelled, err
	}
	return "booked", "meeting-status:" + made.ID + ":" + calendar.Cancelled, nil
}

// overlaps reports whether a user has something else at a time.
func overlaps(ctx context.Context, tx *db.Tx, v *visit, userID, eventID string, from, to time.Time) (bool, error) {
	if userID == "" {
		return false, nil
	}
	d := calendar.During{From: from, To: to, UserID: userID}
	booked, err := calendar.Appointments(ctx, tx, v.at(), d)
	if err != nil {
		return false, err
	}
	blocked, err := calendar.Blocks(ctx, tx, v.at(), d)
	return slices.ContainsFunc(booked, func(a calendar.Appointment) bool {
		return a.ID != eventID && a.Status != calendar.Cancelled && a.Status != calendar.Invalid
	}) || slices.ContainsFunc(blocked, func(b calendar.Block) bool { return b.ID != eventID }), err
}

// moveEvent moves an appointment or a block to where it was dragged.
func moveEvent(ctx context.Context, tx *db.Tx, v *visit) (what, undo string, err error) {
	from, to, err := v.times()
	if err != nil {
		return "", "", err
	}
	if b, err := blockOf(ctx, tx, v, v.form("id")); err == nil {
		undo = fmt.Sprintf("meeting-when:%s:%d-%d", b.ID, b.Start.UnixMilli(), b.End.UnixMilli())
		_, err = calendar.ChangeBlock(ctx, tx, v.Actor, b.ID, func(b *calendar.Block) { b.Start, b.End = from.UTC(), to.UTC() })
		return "event-moved", undo, err
	}
	a, err := meetingOf(ctx, tx, v, v.form("id"))
	if err != nil {
		return "", "", err
	}
	undo = fmt.Sprintf("meeting-when:%s:%d-%d-%s", a.ID, a.Start.UnixMilli(), a.End.UnixMilli(), a.UserID)
	change := calendar.AppointmentChange{Start: &from, End: &to, AnyTime: true, AnySlot: true}
	if user := v.form("user"); v.r.PostForm.Has("user") && user != a.UserID && user != "" {
		if err := v.staff(ctx, tx, user); err != nil {
			return "", "", err
		}
		change.UserID = &user
	}
	moved, err := calendar.ChangeAppointment(ctx, tx, v.Actor, a.ID, change)
	if err != nil {
		return "", "", err
	}
	over, err := overlaps(ctx, tx, v, moved.UserID, moved.ID, moved.Start, moved.End)
	if over {
		return "event-over", undo, err
	}
	return "event-moved", undo, err
}

// saveMeeting changes an appointment as its form says.
func saveMeeting(ctx context.Context, tx *db.Tx, v *visit) (what, undo string, err error) {
	a, err := meetingOf(ctx, tx, v, v.form("id"))
	if err != nil {
		return "", "", err
	}
	if v.form("updated") != strconv.FormatInt(a.UpdatedAt.UnixMilli(), 10) {
		return "", "", errs.New(errs.Conflict, "Somebody changed this appointment meanwhile. Open it again to see how it is now")
	}
	from, to, err := v.times()
	if err != nil {
		return "", "", err
	}
	title, status, user, note, address := v.form("title"), v.form("status"), v.form("user"), v.form("note"), v.form("address")
	if err := v.staff(ctx, tx, user); err != nil {
		return "", "", err
	}
	change := calendar.AppointmentChange{Title: &title, Status: &status, Description: &note, Address: &address, AnyTime: true, AnySlot: true}
	if !from.Equal(a.Start.Truncate(time.Minute)) || !to.Equal(a.End.Truncate(time.Minute)) {
		change.Start, change.End = &from, &to
	}
	if user != a.UserID {
		change.UserID = &user
	}
	_, err = calendar.ChangeAppointment(ctx, tx, v.Actor, a.ID, change)
	return "event-saved", "", err
}

// setMeeting gives an appointment another status.
func setMeeting(ctx context.Context, tx *db.Tx, v *visit) (what, undo string, err error) {
	a, err := meetingOf(ctx, tx, v, v.form("id"))
	if err != nil {
		return "", "", err
	}
	status := v.form("status")
	_, err = calendar.ChangeAppointment(ctx, tx, v.Actor, a.ID, calendar.AppointmentChange{Status: &status, AnyTime: true, AnySlot: true})
	what = "event-status"
	if status == calendar.Cancelled {
		what = "cancelled"
	}
	return what, "meeting-status:" + a.ID + ":" + a.Status, err
}

func cancelMeeting(ctx context.Context, tx *db.Tx, v *visit) (what, undo string, err error) {
	v.r.PostForm.Set("status", calendar.Cancelled)
	return setMeeting(ctx, tx, v)
}

// blockTime blocks some time of a user or of a calendar, or changes what is blocked.
func blockTime(ctx context.Context, tx *db.Tx, v *visit) (what, undo string, err error) {
	from, to, err := v.times()
	if err != nil {
		return "", "", err
	}
	if id := v.form("id"); id != "" {
		b, err := blockOf(ctx, tx, v, id)
		if err == nil {
			_, err = calendar.ChangeBlock(ctx, tx, v.Actor, b.ID, func(b *calendar.Block) { b.Title, b.Start, b.End = v.form("title"), from.UTC(), to.UTC() })
		}
		return "blocked", "", err
	}
	b := calendar.Block{Title: v.form("title"), Start: from.UTC(), End: to.UTC()}
	kind, id, _ := strings.Cut(v.form("of"), ":")
	if kind == "calendar" {
		b.CalendarID = id
	} else {
		b.UserID = id
	}
	if v.only != "" {
		b.CalendarID, b.UserID = "", v.only
	}
	made, err := calendar.AddBlock(ctx, tx, v.Actor, b)
	if err != nil {
		return "", "", err
	}
	return "blocked", "meeting-block:" + made.ID + ":", nil
}

// unblockTime removes a block. What undoes it says all there was of it.
func unblockTime(ctx context.Context, tx *db.Tx, v *visit) (what, undo string, err error) {
	b, err := blockOf(ctx, tx, v, v.form("id"))
	if err != nil {
		return "", "", err
	}
	was := url.Values{"calendar": {b.CalendarID}, "user": {b.UserID}, "title": {crm.Excerpt(b.Title)}, "from": {strconv.FormatInt(b.Start.UnixMilli(), 10)}, "to": {strconv.FormatInt(b.End.UnixMilli(), 10)}}
	return "unblocked", "meeting-unblock:" + b.ID + ":" + was.Encode(), calendar.DeleteEvent(ctx, tx, v.Actor, b.ID)
}

// startCalendar makes a first calendar, with everybody in it.
func startCalendar(ctx context.Context, tx *db.Tx, v *visit) (what, undo string, err error) {
	if !v.May["admin"] {
		return "", "", errs.New(errs.Forbidden, "You may not")
	}
	c := calendar.New()
	c.Name = "Home tour"
	users, err := crm.Users(ctx, tx, v.at())
	if err != nil {
		return "", "", err
	}
	const most = 20
	for _, u := range users[:min(len(users), most)] {
		c.Settings.Members = append(c.Settings.Members, calendar.Member{UserID: u.ID, Priority: 0.5})
	}
	_, err = calendar.Add(ctx, tx, v.Actor, c)
	return "calendar-added", "", err
}

// undoMeetings are the ways back of what is done on the calendar.
func undoMeetings(v *visit, first, second string) map[string]backway {
	millis := func(text string) time.Time {
		n, _ := strconv.ParseInt(text, 10, 64) // zero is refused as a time that is none
		return time.UnixMilli(n).UTC()
	}
	return map[string]backway{
		// a status: appointment, the one before
		"meeting-status": func(ctx context.Context, tx *db.Tx) (string, int, error) {
			a, err := meetingOf(ctx, tx, v, first)
			if err == nil {
				_, err = calendar.ChangeAppointment(ctx, tx, v.Actor, a.ID, calendar.AppointmentChange{Status: &second, AnyTime: true, AnySlot: true})
			}
			return "undone", 0, err
		},
		// a move: appointment or block, where it was
		"meeting-when": func(ctx context.Context, tx *db.Tx) (string, int, error) {
			parts := append(strings.SplitN(second, "-", 3), "", "")
			from, to := millis(parts[0]), millis(parts[1])
			if b, err := blockOf(ctx, tx, v, first); err == nil {
				_, err = calendar.ChangeBlock(ctx, tx, v.Actor, b.ID, func(b *calendar.Block) { b.Start, b.End = from, to })
				return "undone", 0, err
			}
			a, err := meetingOf(ctx, tx, v, first)
			if err != nil {
				return "", 0, err
			}
			change := calendar.AppointmentChange{Start: &from, End: &to, AnyTime: true, AnySlot: true}
			if user := parts[2]; user != a.UserID {
				if err := v.staff(ctx, tx, user); err != nil {
					return "", 0, err
				}
				change.UserID = &user
			}
			_, err = calendar.ChangeAppointment(ctx, tx, v.Actor, a.ID, change)
			return "undone", 0, err
		},
		// a block that was made
		"meeting-block": func(ctx context.Context, tx *db.Tx) (string, int, error) {
			b, err := blockOf(ctx, tx, v, first)
			if err == nil {
				err = calendar.DeleteEvent(ctx, tx, v.Actor, b.ID)
			}
			return "undone", 0, err
		},
		// a block that was removed: what it was
		"meeting-unblock": func(ctx context.Context, tx *db.Tx) (string, int, error) {
			was, err := url.ParseQuery(second)
			if err != nil || v.only != "" && was.Get("user") != v.only {
				return "", 0, errs.New(errs.Invalid, "There is nothing to undo")
			}
			_, err = calendar.AddBlock(ctx, tx, v.Actor, calendar.Block{CalendarID: was.Get("calendar"), UserID: was.Get("user"), Title: was.Get("title"), Start: millis(was.Get("from")), End: millis(was.Get("to"))})
			return "undone", 0, err
		},
	}
}
