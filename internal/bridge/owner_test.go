package bridge_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/foyer-crm/foyer/internal/calendar"
	"github.com/foyer-crm/foyer/internal/connect"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/remote"
)

// Whom an appointment is with is known on the other side by their e-mail address,
// whoever books it or gives it to somebody else; with whom nobody knows there, it is
// there all the same.
func TestWhomAnAppointmentIsWithCrossesByTheirAddress(t *testing.T) {
	o := newTwo(t, false).newWorld(t, 1, connect.Delete)
	const email = "ana@x.example"
	var users [2]map[string]string // by e-mail address
	for n, s := range o.sides {
		users[n] = map[string]string{}
		names := []string{"kim@x.example", "lee@x.example", "only" + fmt.Sprint(n) + "@x.example"}
		s.System(t, func(ctx context.Context, tx *db.Tx) error {
			for _, name := range names {
				u, err := crm.AddUser(ctx, tx, crm.User{CompanyID: s.Credentials.CompanyID, Email: name}, s.by.LocationID)
				if err != nil {
					return err
				}
				users[n][name] = u.ID
			}
			return nil
		})
	}
	here := o.sides[0]
	def, err := connect.DefaultMapping("highlevel")
	if err != nil {
		t.Fatal(err)
	}
	here.do(func(ctx context.Context, tx *db.Tx) error {
		_, err := connect.Change(ctx, tx, here.Vault, here.by, o.c.ID, nil, func(c *connect.Connection) {
			c.Mapping.Objects[remote.Appointment].Fields = def.Objects[remote.Appointment].Fields // as a new connection has them
		})
		return err
	})
	o.quiet()
	here.make(email, "firstName", "Ana")
	o.quiet()
	with := func(n int) (userID string) {
		s := o.sides[n]
		s.see(func(ctx context.Context, tx *db.Tx) error {
			all, err := calendar.OfContact(ctx, tx, s.by.LocationID, s.find(email))
			if len(all) != 1 {
				t.Errorf("%d appointments on side %d: %s", len(all), n, o.dump())
			} else {
				userID = all[0].UserID
			}
			return err
		})
		return userID
	}
	start := time.Now().AddDate(0, 0, 7).UTC().Truncate(time.Hour)
	here.do(func(ctx context.Context, tx *db.Tx) error {
		c, err := crm.ContactByEmail(ctx, tx, here.by.LocationID, email)
		if err == nil {
			_, err = calendar.Book(ctx, tx, here.by, calendar.Booking{CalendarID: here.calendars[0], ContactID: c.ID, UserID: users[0]["kim@x.example"], Title: "Tour", Start: start, End: start.Add(time.Hour), AnyTime: true, AnySlot: true})
		}
		return err
	})
	o.quiet()
	if with(1) != users[1]["kim@x.example"] {
		t.Errorf("booked here with Kim, and there with %q of %v", with(1), users[1])
	}
	for n, name := range []string{"kim@x.example", "lee@x.example"} { // there to Lee, here to Kim again
		side, who := 1-n, []string{"lee@x.example", "kim@x.example"}[n]
		id := users[side][who]
		o.sides[side].change(email, calendar.AppointmentChange{UserID: &id})
		o.quiet()
		if with(1-side) != users[1-side][who] {
			t.Errorf("given from %s to %s on side %d, and with %q of %v on the other", name, who, side, with(1-side), users[1-side])
		}
	}
	alone := users[0]["only0@x.example"]
	here.change(email, calendar.AppointmentChange{UserID: &alone})
	o.quiet()
	if with(0) != alone {
		t.Errorf("who is known here alone was taken off: %q", with(0))
	}
	with(1)
	if s := o.status(); s.Rejected > 0 || s.Queue > 0 {
		t.Error(o.dump())
	}
}
