package ui_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/foyer-crm/foyer/internal/calendar"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
)

// pulls moves a thing of the calendar with the mouse: by some pixels, from its
// middle or from its end.
func pulls(selector string, end bool, x, y int) chromedp.Action {
	return chromedp.Evaluate(fmt.Sprintf(`(() => {
		const a = document.querySelector(%q), r = a.getBoundingClientRect(), at = {bubbles: true, cancelable: true, pointerType: "mouse", clientX: r.left + 12, clientY: %t ? r.bottom - 2 : r.top + 5};
		a.dispatchEvent(new PointerEvent("pointerdown", at));
		document.dispatchEvent(new PointerEvent("pointermove", {...at, clientX: at.clientX + %d, clientY: at.clientY + %d}));
		document.dispatchEvent(new PointerEvent("pointerup", {...at, clientX: at.clientX + %d, clientY: at.clientY + %d}));
	})()`, selector, end, x, y, x, y), nil)
}

// A calendar: begin with one, book a free time, move it and make it longer by
// dragging, edit and cancel it, block time, see what others do, and look at a full
// month.
func TestAWalkThroughTheCalendar(t *testing.T) {
	f, w := visits(t)
	base := "/in/" + f.Credentials.LocationID
	var zone *time.Location
	f.Read(t, func(ctx context.Context, tx *db.Tx) error {
		l, err := crm.LocationByID(ctx, tx, f.Credentials.LocationID)
		if err == nil {
			zone, err = time.LoadLocation(l.Timezone)
		}
		return err
	})
	w.goes(base + "/calendar")
	w.reads("No calendar yet")
	w.pictures("calendar-none")
	w.do(presses("[value=start]"))
	w.reads("Calendar added")
	ana := add(t, f, crm.Contact{FirstName: "Ana", LastName: "Arriving", Emails: []crm.Email{{Address: "ana@x.example"}}})
	w.goes(base + "/calendar")
	w.pictures("calendar-empty")

	// a free time of the next Wednesday
	day := time.Now().In(zone)
	for day = day.AddDate(0, 0, 7); day.Weekday() != time.Wednesday; day = day.AddDate(0, 0, 1) {
	}
	date := day.Format(time.DateOnly)
	w.goes(base + "/calendar?new=1&date=" + date)
	w.do(chromedp.SendKeys("[name=contact]", "ana@x.example"))
	w.pictures("calendar-new")
	w.runs("document.querySelectorAll('[name=slot]')[4].click()")
	w.do(presses("[value=book]"))
	w.reads("Booked")
	w.waits("document.querySelectorAll('.cal-slots .ev').length === 1")
	var a calendar.Appointment
	at := func() (text string) {
		f.Read(t, func(ctx context.Context, tx *db.Tx) error {
			list, err := calendar.OfContact(ctx, tx, f.Credentials.LocationID, ana.ID)
			a = list[0]
			text = a.Start.In(zone).Format("Mon 15:04") + "-" + a.End.In(zone).Format("15:04") + " " + a.Status
			return err
		})
		return text
	}
	if got := at(); got != "Wed 10:00-10:30 confirmed" {
		t.Errorf("booked %s", got)
	}

	// an hour later on the next day, then longer, then back
	w.runs("document.querySelector('.cal-slots .ev').scrollIntoView({block: 'center'}); window.step = document.querySelectorAll('.cal-col')[1].getBoundingClientRect().left - document.querySelectorAll('.cal-col')[0].getBoundingClientRect().left")
	var step float64
	w.do(chromedp.Evaluate("window.step", &step))
	w.do(pulls(".cal-slots .ev", false, int(step), 48))
	w.reads("Moved")
	if got := at(); got != "Thu 11:00-11:30 confirmed" {
		t.Errorf("moved to %s", got)
	}
	w.runs("document.querySelector('#toasts').replaceChildren()")
	w.do(pulls(".cal-slots .ev", true, 0, 24))
	w.waits("document.querySelector('#toasts form')")
	if got := at(); got != "Thu 11:00-12:00 confirmed" {
		t.Errorf("made longer: %s", got)
	}
	w.runs("document.querySelector('#toasts form').requestSubmit()")
	w.reads("Undone")
	if got := at(); got != "Thu 11:00-11:30 confirmed" {
		t.Errorf("taken back: %s", got)
	}

	// its form
	w.do(presses(".cal-slots .ev"))
	w.reads("Cancel it")
	w.pictures("calendar-edit")
	w.do(presses("[name=status][value=showed]"))
	w.reads("Status changed")
	w.do(chromedp.Navigate(w.base+base+"/calendar?date="+date+"&edit="+a.ID), chromedp.WaitReady("#event"))
	w.do(chromedp.SetValue("#event [name=title]", "Tour of three houses"), presses("#event [value=save]"))
	w.reads("Appointment saved")
	w.reads("Tour of three houses")
	w.goes(base + "/calendar?date=" + date + "&edit=" + a.ID)
	w.do(presses("#event [value=cancelled]"))
	w.reads("Appointment cancelled")
	w.waits("document.querySelector('.cal-slots .ev.off')")
	w.keys("u")
	w.reads("Undone")
	w.waits("document.querySelector('.cal-slots .ev:not(.off)')")

	// blocked time
	w.goes(base + "/calendar?date=" + date + "&block=1")
	w.do(chromedp.SendKeys("#event [name=title]", "Dentist"))
	w.pictures("calendar-block")
	w.do(presses("#event [value=block]"))
	w.reads("Time blocked")
	w.waits("document.querySelector('.cal-slots .cal-block')")
	w.do(presses(".cal-slots .cal-block"))
	w.do(chromedp.WaitReady("#event [value=unblock]"), presses("#event [value=unblock]"))
	w.reads("Block removed")
	w.runs("document.querySelector('#toasts form').requestSubmit()")
	w.reads("Undone")
	w.waits("document.querySelector('.cal-slots .cal-block')")

	// others fill the week while it is open
	mara := f.AddUser(t, "mara", "mara@agency.example", "Mara", "Mentor")
	does(t, f, func(ctx context.Context, tx *db.Tx, by crm.Actor) error {
		second := calendar.New()
		second.Name = "Buyer consultation"
		c, err := calendar.Add(ctx, tx, by, second)
		if err != nil {
			return err
		}
		sunday := day.AddDate(0, 0, -int(day.Weekday()))
		for i := range 40 {
			start := time.Date(sunday.Year(), sunday.Month(), sunday.Day()+i%7, 8+i*5%9, i%4*15, 0, 0, zone)
			user := []string{f.Vars["user.id"], mara.ID}[i%2]
			b := calendar.Booking{CalendarID: []string{c.ID, a.CalendarID}[i%2], ContactID: ana.ID, UserID: user, Title: fmt.Sprintf("Showing %d on Camelback Road", i), Start: start, End: start.Add(time.Duration(30+i%3*30) * time.Minute), AnyTime: true, AnySlot: true}
			if i%9 == 8 {
				b.Status = calendar.NoShow
			}
			if _, err := calendar.Book(ctx, tx, by, b); err != nil {
				return err
			}
		}
		return nil
	})
	w.waits("document.querySelectorAll('.cal-slots .ev').length > 35")
	w.pictures("calendar-week")
	for _, view := range []string{"month", "day", "agenda"} {
		w.goes(base + "/calendar?view=" + view + "&date=" + date)
		w.reads("Showing")
		w.pictures("calendar-" + view)
	}
	w.goes(base + "/calendar?view=week&by=user&date=" + date + "&calendar=" + a.CalendarID)
	w.reads("Booking page")
	w.pictures("calendar-by-user")
	w.keys(kb.Escape)
}
