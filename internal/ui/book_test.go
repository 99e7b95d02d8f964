package ui_test

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/foyer-crm/foyer/internal/calendar"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/foyertest"
)

// bookable adds a calendar that anybody can book: all day, half hours, one at a time.
func bookable(t *testing.T, f *foyertest.F, set func(*calendar.Calendar)) *calendar.Calendar {
	t.Helper()
	c := calendar.New()
	c.Name = "Home <tour>"
	c.Settings.OpenHours = []calendar.DayHours{{Days: []int{0, 1, 2, 3, 4, 5, 6}, Hours: []calendar.Hours{{Open: 9 * 60, Close: 12 * 60}}}}
	c.Settings.Members = []calendar.Member{{UserID: f.Vars["user.id"], Priority: 0.5}}
	set(&c)
	var made *calendar.Calendar
	if err := f.DB.Write(t.Context(), f.Credentials.LocationID, func(ctx context.Context, tx *db.Tx) (err error) {
		made, err = calendar.Add(ctx, tx, crm.Actor{LocationID: f.Credentials.LocationID, Origin: "test"}, c)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return made
}

var (
	slotLink = regexp.MustCompile(`href="([^"]*slot=[^"#]*)`)
	dayLink  = regexp.MustCompile(`href="([^"]*day=[^"#]*)`)
)

// lastLink gives the address of the last link on a page that fits.
func lastLink(t *testing.T, page string, of *regexp.Regexp) string {
	t.Helper()
	all := of.FindAllStringSubmatch(page, -1)
	if len(all) == 0 {
		t.Fatalf("no link on %s", page)
	}
	return strings.ReplaceAll(all[len(all)-1][1], "&amp;", "&")
}

// Anybody books a free time, once: the contact is found again by e-mail, the time
// is gone for others, and by the secret link it is moved, put into a calendar and
// cancelled.
func TestAnybodyBooks(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		c := bookable(t, f, func(*calendar.Calendar) {})
		known := add(t, f, crm.Contact{FirstName: "Ana", LastName: "Known", Emails: []crm.Email{{Address: "ana@x.example"}}})
		path := "/book/" + c.LocationID + "/" + c.ID
		_, _, text := page(t, f, path+"?zone=Europe/Berlin", "")
		checkPage(t, path, text)
		if !strings.Contains(text, "Home &lt;tour&gt;") || !strings.Contains(text, "<option selected>Europe/Berlin") {
			t.Errorf("the page: %s", text)
		}
		days := dayLink.FindAllStringSubmatch(text, -1)
		_, _, text = page(t, f, strings.ReplaceAll(days[3][1], "&amp;", "&"), "")
		slot := lastLink(t, text, slotLink)
		_, _, text = page(t, f, slot, "")
		checkPage(t, slot, text)
		u, err := url.Parse(slot)
		if err != nil {
			t.Fatal(err)
		}
		form := url.Values{"slot": {u.Query().Get("slot")}, "zone": {"Europe/Berlin"}, "first": {"Anna"}, "email": {"ANA@x.example"}, "phone": {"6025550123"}, "note": {"With a <dog>"}}
		post := func(path string, form url.Values) (int, string, string) {
			t.Helper()
			return postForm(t, f, path, form)
		}
		status, _, text := post(path, url.Values{"slot": form["slot"], "first": {"Ana"}, "email": {"no address"}})
		if status != http.StatusUnprocessableEntity || !strings.Contains(text, "e-mail address that reaches you") {
			t.Errorf("without an address: %d", status)
		}
		if status, _, _ := post(path, url.Values{"slot": form["slot"], "first": {"Bot"}, "email": {"bot@x.example"}, "website": {"http://x.example"}}); status != http.StatusOK {
			t.Errorf("a program: %d", status)
		}
		status, to, text := post(path, form)
		if status != http.StatusSeeOther {
			t.Fatalf("booked: %d %s", status, text)
		}
		_, _, text = page(t, f, to, "")
		checkPage(t, to, text)
		if !strings.Contains(text, "You are booked") || strings.Contains(text, "Known") {
			t.Errorf("what was booked: %s", text)
		}
		var a calendar.Appointment
		look := func() {
			t.Helper()
			f.Read(t, func(ctx context.Context, tx *db.Tx) error {
				list, err := calendar.OfContact(ctx, tx, c.LocationID, known.ID)
				if err == nil {
					a = list[0]
				}
				return err
			})
		}
		look()
		if a.Start.UTC().Format(time.RFC3339) != form.Get("slot") || a.Source != "booking" || a.Details.Description != "With a <dog>" {
			t.Errorf("the appointment: %+v", a)
		}
		f.Read(t, func(ctx context.Context, tx *db.Tx) error {
			who, err := crm.ContactByID(ctx, tx, c.LocationID, known.ID)
			if err == nil && (who.FirstName != "Ana" || len(who.Phones) != 1) {
				t.Errorf("the contact: %+v", who)
			}
			return err
		})

		// another one comes too late, and is offered others
		form.Set("email", "bob@x.example")
		form.Set("phone", "")
		status, _, text = post(path, form)
		if status != http.StatusConflict || !strings.Contains(text, "taken a moment ago") || !strings.Contains(text, `value="bob@x.example"`) || !strings.Contains(text, "free next") {
			t.Errorf("the same time again: %d %s", status, text)
		}

		// the link: a file, another time, an end
		link, _, _ := strings.Cut(to, "?")
		if status, header, file := page(t, f, link+"/event.ics", ""); status != http.StatusOK || !strings.HasPrefix(header.Get("Content-Type"), "text/calendar") || !strings.Contains(file, "BEGIN:VEVENT") || !strings.Contains(file, a.Start.UTC().Format("20060102T150405Z")) {
			t.Errorf("the file: %d %s", status, file)
		}
		if status, _, _ := page(t, f, link+"x", ""); status != http.StatusNotFound {
			t.Errorf("a wrong link: %d", status)
		}
		other := a.Start.Add(-time.Hour).UTC().Format(time.RFC3339)
		parts := strings.Split(link, "/")
		move := url.Values{"slot": {other}, "move": {a.ID + "." + parts[len(parts)-1]}}
		if status, _, text := post(path, move); status != http.StatusSeeOther {
			t.Errorf("moved: %d %s", status, text)
		}
		if look(); a.Start.UTC().Format(time.RFC3339) != other {
			t.Errorf("moved to %s", a.Start)
		}
		if status, _, _ := post(path, url.Values{"slot": {other}, "move": {a.ID + ".wrong"}}); status != http.StatusNotFound {
			t.Errorf("moved by a wrong link: %d", status)
		}
		if status, _, _ := post(link, url.Values{"do": {"cancel"}}); status != http.StatusSeeOther {
			t.Errorf("cancelled: %d", status)
		}
		if look(); a.Status != calendar.Cancelled {
			t.Errorf("it is %s", a.Status)
		}
		if status, _, _ := post(link, url.Values{"do": {"cancel"}}); status != http.StatusForbidden {
			t.Errorf("cancelled again: %d", status)
		}
	})
}

// A calendar that is a draft takes nothing; one that there is not says so; and who
// asks too much has to wait.
func TestBookingHasItsLimits(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		draft := bookable(t, f, func(c *calendar.Calendar) { c.Active = false })
		path := "/book/" + draft.LocationID + "/" + draft.ID
		if status, _, text := page(t, f, path, ""); status != http.StatusOK || !strings.Contains(text, "takes no bookings now") {
			t.Errorf("a draft: %d %s", status, text)
		}
		for _, p := range []string{"/book/" + draft.LocationID + "/none", "/book/none/" + draft.ID} {
			if status, _, _ := page(t, f, p, ""); status != http.StatusNotFound {
				t.Errorf("%s: %d", p, status)
			}
		}
		form := url.Values{"slot": {time.Now().AddDate(0, 0, 1).UTC().Format(time.RFC3339)}, "first": {"Ana"}, "email": {"ana@x.example"}}
		if status, _, _ := postForm(t, f, path, form); status != http.StatusConflict && status != http.StatusOK {
			t.Errorf("booking a draft: %d", status)
		}
		f.Read(t, func(ctx context.Context, tx *db.Tx) error {
			if any, err := crm.AnyContact(ctx, tx, draft.LocationID); err != nil || any {
				t.Errorf("somebody came in by a draft: %v", err)
			}
			return nil
		})
		var last int
		for range 12 {
			last, _, _ = postForm(t, f, path, form)
		}
		if last != http.StatusTooManyRequests {
			t.Errorf("the twelfth in a minute: %d", last)
		}
	})
}

// postForm sends a form as nobody in particular, and follows nothing.
func postForm(t *testing.T, f *foyertest.F, path string, form url.Values) (status int, to, text string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, f.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", formType)
	return answered(t, req)
}

// The page in a browser: the zone is guessed, a day and a time are chosen, and the
// form books.
func TestAWalkThroughABookingPage(t *testing.T) {
	f, w := visits(t)
	c := bookable(t, f, func(c *calendar.Calendar) {
		c.Name, c.Settings.Description, c.Settings.MeetingLocation = "Home tour", "We walk through up to three houses that you choose. Bring shoes that are easily taken off.", "1 Main Street, Mesa"
	})
	w.goes("/book/" + f.Credentials.LocationID + "/" + c.ID)
	w.reads("Choose a day")
	w.pictures("book")
	w.do(presses(".book-days li:last-child a"))
	w.reads("Choose a time")
	w.do(presses(".book-times li:nth-child(2) a"))
	w.waits("document.querySelector('#you')")
	w.pictures("book-form")
	w.do(chromedp.SendKeys("[name=first]", "Ana"), chromedp.SendKeys("[name=email]", "ana@x.example"), presses("#you button"))
	w.reads("You are booked")
	w.pictures("booked")
	w.do(presses("a[href*='move=']"))
	w.reads("You are moving your appointment")
	w.do(presses(".book-days li:last-child a"))
	w.reads("Choose a time")
	w.do(presses(".book-times li:first-child a"))
	w.reads("Move it to this time")
	w.do(presses("#you button"))
	w.waits("document.querySelector('h1').innerText === 'Moved'")
	w.do(presses("[value=cancel]"))
	w.reads("Cancelled")
	w.pictures("book-cancelled")
}

// answered sends a request and follows nothing.
func answered(t *testing.T, req *http.Request) (status int, to, text string) {
	t.Helper()
	client := *foyertest.Client()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, res.Header.Get("Location"), string(body)
}
