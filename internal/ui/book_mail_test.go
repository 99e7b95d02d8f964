package ui_test

import (
	"context"
	"encoding/base64"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/http"
	"net/mail"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/foyer-crm/foyer/internal/calendar"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/foyertest"
)

// mailed waits for the nth mail to an address, and gives its subject, its text and
// its file.
func mailed(t *testing.T, sink *foyertest.MailSink, to string, n int) (subject, text, file string) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		var list []foyertest.SunkMail
		for _, m := range sink.Mails() {
			if strings.Contains(strings.Join(m.To, " "), to) {
				list = append(list, m)
			}
		}
		if len(list) < n {
			continue
		}
		m, err := mail.ReadMessage(strings.NewReader(list[n-1].Text))
		if err != nil {
			t.Fatal(err)
		}
		if subject, err = new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject")); err != nil || m.Header.Get("Auto-Submitted") != "auto-generated" {
			t.Errorf("the head of the mail: %v %v", m.Header, err)
		}
		_, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
		if err != nil {
			t.Fatal(err)
		}
		for parts := multipart.NewReader(m.Body, params["boundary"]); ; {
			p, err := parts.NextRawPart()
			if err != nil {
				return subject, text, file
			}
			var content io.Reader = quotedprintable.NewReader(p)
			if p.Header.Get("Content-Transfer-Encoding") == "base64" {
				content = base64.NewDecoder(base64.StdEncoding, p)
			}
			said, err := io.ReadAll(content)
			if err != nil {
				t.Fatal(err)
			}
			if strings.HasPrefix(p.Header.Get("Content-Type"), "text/calendar") {
				file = string(said)
			} else {
				text = string(said)
			}
		}
	}
	t.Fatalf("mail %d to %s never came", n, to)
	return "", "", ""
}

// Who books is told by mail, in their time and the host's, with a link to move or
// cancel it and the event for their own calendar; so are moves and cancellations.
// The host is told as of other appointments. Who is not to be disturbed, and a
// calendar that says so, books without a mail.
func TestABookingIsConfirmedByMail(t *testing.T) {
	withMail(t, func(t *testing.T, f *foyertest.F, sink *foyertest.MailSink) {
		c := bookable(t, f, func(c *calendar.Calendar) {
			c.Name, c.Settings.MeetingLocation, c.Settings.AllowReschedule, c.Settings.AllowCancellation = "Home tour", "1 Main Street, Mesa", true, true
		})
		path := "/book/" + c.LocationID + "/" + c.ID
		slots := func() (list []string) {
			t.Helper()
			_, _, text := page(t, f, path, "")
			_, _, text = page(t, f, lastLink(t, text, dayLink), "")
			for _, link := range slotLink.FindAllStringSubmatch(text, -1) {
				u, err := url.Parse(strings.ReplaceAll(link[1], "&amp;", "&"))
				if err != nil {
					t.Fatal(err)
				}
				list = append(list, u.Query().Get("slot"))
			}
			return list
		}
		free := slots()
		books := func(slot, email string) (link string) {
			t.Helper()
			status, to, text := postForm(t, f, path, url.Values{"slot": {slot}, "zone": {"Europe/Berlin"}, "first": {"Buy pills at"}, "last": {"spam.example"}, "email": {email}, "note": {"spam.example"}})
			if status != http.StatusSeeOther {
				t.Fatalf("booked: %d %s", status, text)
			}
			link, _, _ = strings.Cut(to, "?")
			return link
		}
		link := books(free[0], "ana@x.example")
		subject, text, file := mailed(t, sink, "ana@x.example", 1)
		at, err := time.Parse(time.RFC3339, free[0])
		if err != nil {
			t.Fatal(err)
		}
		berlin, err := time.LoadLocation("Europe/Berlin")
		if err != nil {
			t.Fatal(err)
		}
		var place *crm.Location
		var host *crm.User
		f.System(t, func(ctx context.Context, tx *db.Tx) (err error) {
			if place, err = crm.LocationByID(ctx, tx, c.LocationID); err == nil {
				host, err = crm.UserByID(ctx, tx, f.Vars["user.id"])
			}
			return err
		})
		zone, err := time.LoadLocation(place.Timezone)
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"You are booked", "What: Home tour", "When: " + at.In(berlin).Format("Monday, January 2 2006, 3:04 PM"), "that is " + at.In(zone).Format("Monday, January 2 2006, 3:04 PM"),
			"Where: 1 Main Street, Mesa", "With: " + host.FullName(), "http://crm.example" + link} {
			if !strings.Contains(strings.ReplaceAll(text, "\r", ""), want) {
				t.Errorf("the mail does not say %q: %s", want, text)
			}
		}
		if !strings.HasPrefix(subject, "Booked: Home tour, ") || strings.Contains(subject+text+file, "spam") {
			t.Errorf("%s: %s %s", subject, text, file)
		}
		if !strings.Contains(file, at.UTC().Format("20060102T150405Z")) || !strings.Contains(file, "LOCATION:1 Main Street") {
			t.Errorf("the file: %s", file)
		}

		// the link moves it and cancels it
		parts := strings.Split(link, "/")
		if status, _, text := postForm(t, f, path, url.Values{"slot": {free[1]}, "move": {strings.Join(parts[len(parts)-2:], ".")}}); status != http.StatusSeeOther {
			t.Fatalf("moved: %d %s", status, text)
		}
		if subject, text, file := mailed(t, sink, "ana@x.example", 2); !strings.HasPrefix(subject, "Moved: ") || !strings.Contains(text, "is moved") || !strings.Contains(file, strings.ReplaceAll(strings.ReplaceAll(free[1], "-", ""), ":", "")) {
			t.Errorf("%s: %s %s", subject, text, file)
		}
		if status, _, text := postForm(t, f, link, url.Values{"do": {"cancel"}}); status != http.StatusSeeOther {
			t.Fatalf("cancelled: %d %s", status, text)
		}
		if subject, text, file := mailed(t, sink, "ana@x.example", 3); !strings.HasPrefix(subject, "Cancelled: ") || !strings.Contains(text, "To book again") || !strings.Contains(file, "STATUS:CANCELLED") {
			t.Errorf("%s: %s %s", subject, text, file)
		}

		// the host
		for end := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
			told := map[string]bool{}
			f.Read(t, func(ctx context.Context, tx *db.Tx) error {
				list, err := crm.NotificationsOf(ctx, tx, c.LocationID, host.ID, "", false, 50)
				for _, n := range list {
					told[n.Kind] = true
				}
				return err
			})
			if told["appointment_booked"] && told["appointment_moved"] && told["appointment_cancelled"] {
				break
			}
			if time.Now().After(end) {
				t.Fatalf("the host was told of %v", told)
			}
		}

		// who is not to be disturbed, and a calendar that mails nobody
		quiet, never := add(t, f, crm.Contact{FirstName: "Quiet", Emails: []crm.Email{{Address: "quiet@x.example"}}}), true
		if err := f.DB.Write(t.Context(), c.LocationID, func(ctx context.Context, tx *db.Tx) error {
			_, err := crm.SaveContact(ctx, tx, crm.Actor{LocationID: c.LocationID, Origin: "test"}, crm.Save{ID: quiet.ID, Input: crm.Input{SetDND: &never}})
			return err
		}); err != nil {
			t.Fatal(err)
		}
		books(free[2], "quiet@x.example")
		by := crm.Actor{LocationID: c.LocationID, Origin: "test"}
		if err := f.DB.Write(t.Context(), c.LocationID, func(ctx context.Context, tx *db.Tx) error {
			_, err := calendar.AddNotification(ctx, tx, by, calendar.Notification{CalendarID: c.ID, Settings: calendar.NotificationSettings{Receiver: "contact", Channel: "email", Type: "booked"}})
			return err
		}); err != nil {
			t.Fatal(err)
		}
		books(free[3], "off@x.example")
		if err := f.DB.Write(t.Context(), c.LocationID, func(ctx context.Context, tx *db.Tx) error {
			_, err := calendar.AddNotification(ctx, tx, by, calendar.Notification{CalendarID: c.ID, Active: true, Settings: calendar.NotificationSettings{Receiver: "contact", Channel: "email", Type: "booked"}})
			return err
		}); err != nil {
			t.Fatal(err)
		}
		books(free[4], "last@x.example")
		mailed(t, sink, "last@x.example", 1)
		for _, m := range sink.Mails() {
			if to := strings.Join(m.To, " "); strings.Contains(to, "quiet@") || strings.Contains(to, "off@") {
				t.Errorf("a mail to %s", to)
			}
		}
	})
}
