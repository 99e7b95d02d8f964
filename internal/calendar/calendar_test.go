package calendar_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/foyer-crm/foyer/internal/calendar"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/foyertest"
)

// desk is a location where things are booked.
type desk struct {
	*foyertest.F
	t       testing.TB
	by      crm.Actor
	contact string
}

func newDesk(t testing.TB, f *foyertest.F) *desk {
	t.Helper()
	d := &desk{F: f, t: t, by: crm.Actor{LocationID: f.Credentials.LocationID, Origin: "test"}}
	d.must(func(ctx context.Context, tx *db.Tx) error {
		saved, err := crm.SaveContact(ctx, tx, d.by, crm.Save{Input: crm.Input{Contact: crm.Contact{FirstName: "Ana", LastName: "Alves"}}})
		if err == nil {
			d.contact = saved.Contact.ID
		}
		return err
	})
	return d
}

func (d *desk) write(f func(ctx context.Context, tx *db.Tx) error) error {
	return d.DB.Write(context.Background(), d.by.LocationID, f)
}

func (d *desk) must(f func(ctx context.Context, tx *db.Tx) error) {
	d.t.Helper()
	if err := d.write(f); err != nil {
		d.t.Fatal(err)
	}
}

// add makes a calendar that is open around the clock.
func (d *desk) add(set func(*calendar.Calendar)) *calendar.Calendar {
	d.t.Helper()
	c := calendar.New()
	c.Name = "Tour"
	c.Settings.OpenHours = []calendar.DayHours{{Days: []int{0, 1, 2, 3, 4, 5, 6}, Hours: []calendar.Hours{{Open: 0, Close: 1440}}}}
	set(&c)
	var made *calendar.Calendar
	d.must(func(ctx context.Context, tx *db.Tx) (err error) {
		made, err = calendar.Add(ctx, tx, d.by, c)
		return err
	})
	return made
}

// members makes members of n new users.
func (d *desk) members(n int) (list []calendar.Member) {
	for i := range n {
		u := d.AddUser(d.t, fmt.Sprint("u", i), fmt.Sprintf("u%d@foyer.example", i), "U", fmt.Sprint(i))
		list = append(list, calendar.Member{UserID: u.ID, Priority: 0.5})
	}
	return list
}

// book books, and gives the appointment or the error.
func (d *desk) book(b calendar.Booking) (made *calendar.Booked, err error) {
	if b.ContactID == "" {
		b.ContactID = d.contact
	}
	err = d.write(func(ctx context.Context, tx *db.Tx) error {
		made, err = calendar.Book(ctx, tx, d.by, b)
		return err
	})
	return made, err
}

// free gives the beginnings of the free slots of a calendar on the day of start.
func (d *desk) free(c *calendar.Calendar, from, to time.Time) (list []calendar.Slot) {
	d.t.Helper()
	d.Read(d.t, func(ctx context.Context, tx *db.Tx) (err error) {
		list, _, err = calendar.FreeSlots(ctx, tx, d.by.LocationID, calendar.Search{CalendarID: c.ID, From: from, To: to})
		return err
	})
	return list
}

// monday is a Monday far ahead, midnight UTC.
var monday = time.Date(2035, 6, 18, 0, 0, 0, 0, time.UTC)

// A slot is taken once, however many want it at the same moment, on one calendar
// or on two that share the user.
func TestASlotIsTakenOnce(t *testing.T) {
	rounds := 20
	if os.Getenv("FOYER_ROUNDS") != "" {
		rounds = 1000
	}
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		d := newDesk(t, f)
		team := d.members(1)
		both := []*calendar.Calendar{
			d.add(func(c *calendar.Calendar) { c.Settings.Members = team }),
			d.add(func(c *calendar.Calendar) { c.Type, c.Settings.Members = calendar.Personal, team }),
		}
		for round := range rounds {
			start := monday.Add(time.Duration(round) * 30 * time.Minute)
			var won, lost atomic.Int64
			var wg sync.WaitGroup
			for i := range 64 {
				wg.Go(func() {
					_, err := d.book(calendar.Booking{CalendarID: both[i%2].ID, Start: start})
					switch {
					case err == nil:
						won.Add(1)
					case errs.Is(err, errs.Conflict):
						lost.Add(1)
					default:
						t.Error(err)
					}
				})
			}
			wg.Wait()
			if won.Load() != 1 || lost.Load() != 63 {
				t.Fatalf("round %d: %d got the slot, %d did not", round, won.Load(), lost.Load())
			}
		}
	})
}

// Two processes on one database sell a slot once between them.
func TestTwoProcessesSellASlotOnce(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		d := newDesk(t, f)
		c := d.add(func(c *calendar.Calendar) { c.Settings.Members = d.members(1) })
		second, err := db.Open(context.Background(), db.Options{Dir: f.Config.Data, URL: f.Config.DatabaseURL, Schema: f.Config.Schema})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := second.Close(); err != nil {
				t.Error(err)
			}
		})
		for round := range 10 {
			start := monday.Add(time.Duration(round) * 30 * time.Minute)
			var won atomic.Int64
			var wg sync.WaitGroup
			for i := range 32 {
				wg.Go(func() {
					err := []*db.DB{d.DB, second}[i%2].Write(context.Background(), d.by.LocationID, func(ctx context.Context, tx *db.Tx) error {
						_, err := calendar.Book(ctx, tx, d.by, calendar.Booking{CalendarID: c.ID, ContactID: d.contact, Start: start})
						return err
					})
					if err == nil {
						won.Add(1)
					} else if !errs.Is(err, errs.Conflict) {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			if won.Load() != 1 {
				t.Fatalf("round %d: the slot was sold %d times", round, won.Load())
			}
		}
	})
}

// Ten seats are ten seats, and four members are four, in every type.
func TestASlotIsSoldAsOftenAsThereIsRoom(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		d := newDesk(t, f)
		team := d.members(4)
		for _, c := range []struct {
			name string
			set  func(*calendar.Calendar)
			want int
		}{
			{"round robin", func(c *calendar.Calendar) { c.Type, c.Settings.Members = calendar.RoundRobin, team }, 4},
			{"service, each member twice", func(c *calendar.Calendar) {
				c.Type, c.Settings.Members, c.Settings.PerSlot = calendar.Service, team, 2
			}, 8},
			{"collective", func(c *calendar.Calendar) { c.Type, c.Settings.Members = calendar.Collective, team }, 1},
			{"class", func(c *calendar.Calendar) {
				c.Type, c.Settings.Members, c.Settings.PerSlot = calendar.Class, team[:1], 10
			}, 10},
			{"event", func(c *calendar.Calendar) { c.Type, c.Settings.PerSlot = calendar.Event, 5 }, 5},
			{"personal", func(c *calendar.Calendar) { c.Type, c.Settings.Members = calendar.Personal, team[:1] }, 1},
			{"a limit by the day", func(c *calendar.Calendar) {
				c.Type, c.Settings.PerSlot, c.Settings.PerDay = calendar.Event, 5, 3
			}, 3},
		} {
			t.Run(c.name, func(t *testing.T) {
				made := d.add(c.set)
				start := monday.AddDate(0, 0, 7)
				sold, users := 0, map[string]int{}
				for range 12 {
					b, err := d.book(calendar.Booking{CalendarID: made.ID, Start: start})
					if errs.Is(err, errs.Conflict) {
						break
					}
					if err != nil {
						t.Fatal(err)
					}
					sold++
					users[b.UserID]++
				}
				if sold != c.want {
					t.Errorf("sold %d times, want %d (%v)", sold, c.want, users)
				}
				if len(d.free(made, start, start.Add(time.Minute))) != 0 {
					t.Error("it is offered again")
				}
				d.must(func(ctx context.Context, tx *db.Tx) error { return calendar.Delete(ctx, tx, d.by, made.ID) })
			})
		}
		d.Read(t, func(ctx context.Context, tx *db.Tx) error {
			var n int
			_, err := tx.Get(ctx, []any{&n}, "SELECT COUNT(*) FROM calendar_busy WHERE location_id = $1", d.by.LocationID)
			if n != 0 {
				t.Errorf("deleted calendars left %d rows that keep somebody busy", n)
			}
			return err
		})
	})
}

// Everything that is offered can be booked, one after the other until nothing is
// left, and nothing else can.
func TestWhatIsOfferedCanBeBooked(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		d := newDesk(t, f)
		team := d.members(2)
		c := d.add(func(c *calendar.Calendar) {
			c.Type, c.Settings.Members = calendar.Service, team
			c.Settings.OpenHours[0].Hours = []calendar.Hours{{Open: 540, Close: 780}}
			c.Settings.PreBuffer, c.Settings.SlotBuffer = calendar.Amount{N: 5, Unit: "mins"}, calendar.Amount{N: 10, Unit: "mins"}
			c.Settings.LookBusy, c.Settings.LookBusyPercentage = true, 50
		})
		d.must(func(ctx context.Context, tx *db.Tx) error {
			if _, err := calendar.AddResource(ctx, tx, d.by, calendar.Resource{Type: calendar.Room, Name: "Blue", Capacity: 2, Active: true, CalendarIDs: []string{c.ID}}); err != nil {
				return err
			}
			_, err := calendar.AddBlock(ctx, tx, d.by, calendar.Block{UserID: team[0].UserID, Start: monday.Add(9 * time.Hour), End: monday.Add(10 * time.Hour)})
			return err
		})
		booked := 0
		for {
			slots := d.free(c, monday, monday.AddDate(0, 0, 1))
			if len(slots) == 0 {
				break
			}
			if _, err := d.book(calendar.Booking{CalendarID: c.ID, Start: slots[len(slots)/2].Start}); err != nil {
				t.Fatalf("%v is offered and cannot be booked: %v", slots[len(slots)/2], err)
			}
			booked++
		}
		if booked < 4 {
			t.Errorf("only %d were booked", booked)
		}
		for m := 0; m < 24*60; m += 15 {
			if _, err := d.book(calendar.Booking{CalendarID: c.ID, Start: monday.AddDate(0, 0, 1).Add(time.Duration(m) * time.Minute)}); err == nil != (m >= 540 && m <= 750 && m%30 == 0 && err == nil) {
				t.Errorf("%d minutes after midnight: %v", m, err)
			}
		}
	})
}

// A booking needs all of its time, with the buffers on both sides of it and of
// what is booked already.
func TestALongBookingAndBuffersNeedTheirTime(t *testing.T) {
	d := newDesk(t, foyertest.New(t))
	c := d.add(func(c *calendar.Calendar) {
		c.Settings.Members = d.members(1)
		c.Settings.PreBuffer, c.Settings.SlotBuffer = calendar.Amount{N: 30, Unit: "mins"}, calendar.Amount{N: 30, Unit: "mins"}
	})
	at := func(hour, minute int) time.Time {
		return monday.Add(time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute)
	}
	for _, step := range []struct {
		from, to time.Time
		free     bool
	}{
		{at(10, 0), time.Time{}, true},
		{at(9, 0), time.Time{}, false},  // its buffer and the other's
		{at(8, 30), time.Time{}, true},  // just before both
		{at(11, 0), time.Time{}, false}, // the same behind
		{at(11, 30), time.Time{}, true},
		{at(6, 30), at(8, 0), false}, // two slots long and more
		{at(6, 30), at(7, 30), true},
	} {
		_, err := d.book(calendar.Booking{CalendarID: c.ID, Start: step.from, End: step.to})
		if (err == nil) != step.free {
			t.Errorf("%s to %s: %v", step.from.Format("15:04"), step.to.Format("15:04"), err)
		}
	}
}

// What happens to an appointment gives its time back, takes it again, and is told.
func TestTheLifeOfAnAppointment(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		d := newDesk(t, f)
		c := d.add(func(c *calendar.Calendar) {
			c.Settings.Members, c.Settings.AssignContact = d.members(1), true
			c.Settings.EventTitle = "{{contact.first_name}} with {{appointment.user.name}}"
		})
		start := monday.Add(10 * time.Hour)
		b, err := d.book(calendar.Booking{CalendarID: c.ID, Start: start})
		if err != nil {
			t.Fatal(err)
		}
		if b.Status != calendar.Confirmed || b.Title != "Ana with U 0" || !b.End.Equal(start.Add(30*time.Minute)) {
			t.Errorf("booked %+v", b.Appointment)
		}
		change := func(to calendar.AppointmentChange) error {
			return d.write(func(ctx context.Context, tx *db.Tx) error {
				_, err := calendar.ChangeAppointment(ctx, tx, d.by, b.ID, to)
				return err
			})
		}
		status := func(s string) error { return change(calendar.AppointmentChange{Status: &s}) }
		isFree := func() bool { return len(d.free(c, start, start.Add(time.Minute))) == 1 }
		for _, step := range []struct {
			status string
			free   bool
		}{{calendar.Unconfirmed, false}, {calendar.Showed, false}, {calendar.NoShow, false}, {calendar.Cancelled, true}, {calendar.Confirmed, false}, {calendar.Invalid, true}} {
			if err := status(step.status); err != nil || isFree() != step.free {
				t.Errorf("%s: free is %v, %v", step.status, isFree(), err)
			}
		}
		other, err := d.book(calendar.Booking{CalendarID: c.ID, Start: start})
		if err != nil {
			t.Fatal(err)
		}
		if err := status(calendar.Confirmed); !errs.Is(err, errs.Conflict) {
			t.Errorf("an invalid one came back to a taken slot: %v", err)
		}
		next := start.Add(time.Hour)
		if err := change(calendar.AppointmentChange{Start: &next, Status: new(string)}); !errs.Is(err, errs.Invalid) {
			t.Errorf("without a status: %v", err)
		}
		confirmed := calendar.Confirmed
		if err := change(calendar.AppointmentChange{Start: &next, Status: &confirmed}); err != nil {
			t.Errorf("to a free slot: %v", err)
		}
		if err := change(calendar.AppointmentChange{Start: &start}); !errs.Is(err, errs.Conflict) {
			t.Errorf("to a taken slot: %v", err)
		}
		d.must(func(ctx context.Context, tx *db.Tx) error { return calendar.DeleteEvent(ctx, tx, d.by, other.ID) })
		if err := change(calendar.AppointmentChange{Start: &start}); err != nil {
			t.Errorf("to a slot that came free: %v", err)
		}
		var types []string
		d.Read(t, func(ctx context.Context, tx *db.Tx) error {
			list, err := crm.Events(ctx, tx, d.by.LocationID, d.contact, "", 100)
			for _, e := range slices.Backward(list) {
				types = append(types, strings.TrimPrefix(e.Type, "appointment."))
			}
			contact, e := crm.ContactByID(ctx, tx, d.by.LocationID, d.contact)
			if e == nil && contact.AssignedTo != b.UserID {
				t.Errorf("the contact is %q's, want %q", contact.AssignedTo, b.UserID)
			}
			return err
		})
		want := []string{"contact.created", "created", "contact.updated", "status", "status", "status", "status", "status", "status", "created", "updated", "status", "deleted", "updated"}
		if diff := cmp.Diff(want, types); diff != "" {
			t.Errorf("events (-want +got)\n%s", diff)
		}
		// the contact goes, and its time with it
		d.must(func(ctx context.Context, tx *db.Tx) error { return crm.DeleteContact(ctx, tx, d.by, d.contact) })
		if !isFree() {
			t.Error("a deleted contact keeps the slot")
		}
	})
}

func TestASeries(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		d := newDesk(t, f)
		team := d.members(1)
		c := d.add(func(c *calendar.Calendar) { c.Settings.Members = team })
		start := monday.Add(9 * time.Hour)
		b, err := d.book(calendar.Booking{CalendarID: c.ID, Start: start, Rule: "RRULE:FREQ=DAILY;COUNT=4", AnySlot: true})
		if err != nil || b.Repeats != 3 {
			t.Fatal(b, err)
		}
		starts := func() (list []string) {
			d.Read(t, func(ctx context.Context, tx *db.Tx) error {
				all, err := calendar.Appointments(ctx, tx, d.by.LocationID, calendar.During{From: monday, To: monday.AddDate(0, 1, 0), CalendarID: c.ID})
				for _, a := range all {
					list = append(list, a.Start.Format("02 15:04 ")+a.Status)
				}
				return err
			})
			return list
		}
		expect := func(what string, want ...string) {
			t.Helper()
			if diff := cmp.Diff(want, starts()); diff != "" {
				t.Errorf("%s (-want +got)\n%s", what, diff)
			}
		}
		change := func(id string, to calendar.AppointmentChange) {
			t.Helper()
			d.must(func(ctx context.Context, tx *db.Tx) error {
				_, err := calendar.ChangeAppointment(ctx, tx, d.by, id, to)
				return err
			})
		}
		expect("four days", "18 09:00 confirmed", "19 09:00 confirmed", "20 09:00 confirmed", "21 09:00 confirmed")
		second := fmt.Sprintf("%s_%d_1800", b.ID, start.AddDate(0, 0, 1).UnixMilli())
		cancelled := calendar.Cancelled
		change(second, calendar.AppointmentChange{Status: &cancelled})
		half := start.Add(30 * time.Minute)
		change(b.ID, calendar.AppointmentChange{Start: &half})
		expect("all moved by half an hour", "18 09:30 confirmed", "19 09:30 cancelled", "20 09:30 confirmed", "21 09:30 confirmed")
		d.must(func(ctx context.Context, tx *db.Tx) error { return calendar.DeleteEvent(ctx, tx, d.by, second) })
		expect("one is deleted", "18 09:30 confirmed", "20 09:30 confirmed", "21 09:30 confirmed")
		weekly := "RRULE:FREQ=WEEKLY;COUNT=2"
		change(b.ID, calendar.AppointmentChange{Rule: &weekly, AnySlot: true})
		expect("another rule", "18 09:30 confirmed", "25 09:30 confirmed")
		d.must(func(ctx context.Context, tx *db.Tx) error { return calendar.DeleteEvent(ctx, tx, d.by, b.ID) })
		if left := starts(); len(left) > 0 {
			t.Errorf("the series is deleted, and %v are left", left)
		}
	})
}

// A calendar that repeats bookings does what it says where a time is taken.
func TestACalendarThatRepeats(t *testing.T) {
	for option, want := range map[string][]string{
		"skip":      {"18 09:00 confirmed", "20 09:00 confirmed"},
		"continue":  {"18 09:00 confirmed", "19 09:00 new", "20 09:00 confirmed"},
		"book_next": {"18 09:00 confirmed", "19 10:00 confirmed", "20 09:00 confirmed"},
	} {
		t.Run(option, func(t *testing.T) {
			d := newDesk(t, foyertest.New(t))
			team := d.members(1)
			c := d.add(func(c *calendar.Calendar) {
				c.Type, c.Settings.Members, c.Settings.EnableRecurring = calendar.Personal, team, true
				c.Settings.Recurring = calendar.Recurring{Freq: "DAILY", Count: 3, Option: option, Overlap: calendar.Unconfirmed}
			})
			d.must(func(ctx context.Context, tx *db.Tx) error {
				day := monday.AddDate(0, 0, 1)
				_, err := calendar.AddBlock(ctx, tx, d.by, calendar.Block{UserID: team[0].UserID, Start: day.Add(8 * time.Hour), End: day.Add(10 * time.Hour)})
				return err
			})
			if _, err := d.book(calendar.Booking{CalendarID: c.ID, Start: monday.Add(9 * time.Hour)}); err != nil {
				t.Fatal(err)
			}
			var got []string
			d.Read(t, func(ctx context.Context, tx *db.Tx) error {
				all, err := calendar.Appointments(ctx, tx, d.by.LocationID, calendar.During{From: monday, To: monday.AddDate(0, 0, 9), UserID: team[0].UserID})
				for _, a := range all {
					got = append(got, a.Start.Format("02 15:04 ")+a.Status)
				}
				return err
			})
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestPersonalCalendarsOfAUser(t *testing.T) {
	d := newDesk(t, foyertest.New(t))
	team := d.members(2)
	own := d.add(func(c *calendar.Calendar) { c.Type, c.Settings.Members = calendar.Personal, team[:1] })
	d.add(func(c *calendar.Calendar) { c.Settings.Members = team })
	d.Read(t, func(ctx context.Context, tx *db.Tx) error {
		for i, want := range []int{1, 0} {
			list, err := calendar.PersonalOf(ctx, tx, d.by.LocationID, team[i].UserID)
			if err != nil || len(list) != want || want > 0 && list[0].ID != own.ID {
				t.Errorf("user %d has %d personal calendars, %v", i, len(list), err)
			}
		}
		return nil
	})
}

// A member who can no longer work is offered no more.
func TestADisabledUserIsNotBooked(t *testing.T) {
	d := newDesk(t, foyertest.New(t))
	team := d.members(2)
	c := d.add(func(c *calendar.Calendar) { c.Settings.Members = team })
	d.System(t, func(ctx context.Context, tx *db.Tx) error { return crm.DisableUser(ctx, tx, team[0].UserID, true) })
	for i, want := range []error{nil, errs.New(errs.Conflict, "")} {
		b, err := d.book(calendar.Booking{CalendarID: c.ID, Start: monday})
		if (err == nil) != (want == nil) || err == nil && b.UserID != team[1].UserID {
			t.Errorf("booking %d: %v", i, err)
		}
	}
}

// BenchmarkFreeSlots is a month of a round robin of ten with a thousand
// appointments.
func BenchmarkFreeSlots(b *testing.B) {
	for _, kind := range []string{"sqlite", "postgres"} {
		b.Run(kind, func(b *testing.B) {
			f := map[string]func(testing.TB) *foyertest.F{"sqlite": foyertest.New, "postgres": foyertest.NewPostgres}[kind](b)
			d := newDesk(b, f)
			c := d.add(func(c *calendar.Calendar) {
				c.Settings.Members = d.members(10)
				c.Settings.OpenHours[0].Hours = []calendar.Hours{{Open: 540, Close: 1020}}
				c.Settings.SlotBuffer = calendar.Amount{N: 10, Unit: "mins"}
			})
			to := monday.AddDate(0, 0, 31)
			booked := 0
			for i := 0; booked < 1000; i++ {
				at := monday.AddDate(0, 0, i%30).Add(9*time.Hour + time.Duration(30*(i*7/30%16))*time.Minute)
				if _, err := d.book(calendar.Booking{CalendarID: c.ID, Start: at}); err == nil {
					booked++
				} else if !errs.Is(err, errs.Conflict) || i > 20_000 {
					b.Fatal(booked, err)
				}
			}
			b.ReportMetric(float64(len(d.free(c, monday, to))), "slots")
			for b.Loop() {
				d.free(c, monday, to)
			}
		})
	}
}
