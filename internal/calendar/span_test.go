package calendar_test

import (
	"context"
	"testing"
	"time"

	"github.com/foyer-crm/foyer/internal/calendar"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/foyertest"
)

// A span gives what lies in a time of the whole location: also what began before
// and goes on, and of somebody who sees only their own only that.
func TestASpanGivesWhatLiesInATime(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		d := newDesk(t, f)
		team := d.members(2)
		tour := d.add(func(c *calendar.Calendar) { c.Settings.Members = team })
		talk := d.add(func(c *calendar.Calendar) { c.Name = "Talk" })
		noon := time.Date(2031, 3, 3, 12, 0, 0, 0, time.UTC)
		book := func(c *calendar.Calendar, user, title string, start time.Time, length time.Duration) {
			t.Helper()
			b := calendar.Booking{CalendarID: c.ID, ContactID: d.contact, UserID: user, Title: title, Start: start, End: start.Add(length), AnyTime: true, AnySlot: true}
			if _, err := d.book(b); err != nil {
				t.Fatal(err)
			}
		}
		book(tour, team[0].UserID, "a", noon, time.Hour)
		book(tour, team[1].UserID, "b", noon.Add(-3*time.Hour), 4*time.Hour)
		book(talk, "", "c", noon.Add(59*time.Minute), time.Hour)
		book(talk, "", "d", noon.Add(time.Hour), time.Hour)
		book(talk, "", "e", noon.Add(-time.Hour), time.Hour)
		d.must(func(ctx context.Context, tx *db.Tx) error {
			if _, err := calendar.AddBlock(ctx, tx, d.by, calendar.Block{UserID: team[0].UserID, Title: "x", Start: noon.Add(-48 * time.Hour), End: noon.Add(time.Minute)}); err != nil {
				return err
			}
			_, err := calendar.AddBlock(ctx, tx, d.by, calendar.Block{CalendarID: talk.ID, Title: "y", Start: noon, End: noon.Add(time.Minute)})
			return err
		})
		shows := func(s calendar.Span) string {
			t.Helper()
			s.From, s.To, s.Limit = noon, noon.Add(time.Hour), max(s.Limit, 2)
			if s.Limit == 2 {
				s.Limit = 10
			}
			text := ""
			f.Read(t, func(ctx context.Context, tx *db.Tx) error {
				booked, err := s.Appointments(ctx, tx, d.by.LocationID)
				if err != nil {
					return err
				}
				blocked, err := s.Blocks(ctx, tx, d.by.LocationID)
				for _, a := range booked {
					text += a.Title
				}
				for _, b := range blocked {
					text += b.Title
				}
				return err
			})
			return text
		}
		for _, c := range []struct {
			span calendar.Span
			want string
		}{
			{calendar.Span{}, "bacxy"},
			{calendar.Span{Limit: 3}, "bacxy"},
			{calendar.Span{CalendarID: talk.ID}, "cy"},
			{calendar.Span{UserID: team[0].UserID}, "ax"},
			{calendar.Span{OwnersOnly: team[0].UserID}, "x"},
		} {
			if got := shows(c.span); got != c.want {
				t.Errorf("%+v gives %s, want %s", c.span, got, c.want)
			}
		}
		d.must(func(ctx context.Context, tx *db.Tx) error {
			_, err := crm.SaveContact(ctx, tx, d.by, crm.Save{ID: d.contact, Input: crm.Input{Contact: crm.Contact{AssignedTo: team[0].UserID}}})
			return err
		})
		if got := shows(calendar.Span{OwnersOnly: team[0].UserID}); got != "bacx" {
			t.Errorf("when the contact is theirs: %s", got)
		}
	})
}
