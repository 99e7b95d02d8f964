package ui

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/calendar"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/geo"
)

// booking is the public pages of calendars: anybody can book there, and move or
// cancel what they booked. They need no script.
type booking struct {
	p     *Pages
	key   []byte     // of the links to what is booked
	guard auth.Guard // counts what comes from an address
}

// bookPath is the address of the public page of a calendar.
func bookPath(c *calendar.Calendar) string { return "/book/" + c.LocationID + "/" + c.ID }

// mountBooking puts the pages at their addresses.
func mountBooking(p *Pages, m mounter) {
	b := &booking{p: p, key: p.Vault.Derive("booking links")}
	const one, made = "/book/{location}/{calendar}", "/book/{location}/{calendar}/{appointment}/{token}"
	m.Handle(http.MethodGet, one, b.open(b.show))
	m.Handle(http.MethodPost, one, p.own(b.open(b.book)))
	m.Handle(http.MethodGet, made, b.open(b.showBooked))
	m.Handle(http.MethodPost, made, p.own(b.open(b.cancel)))
	m.Handle(http.MethodGet, made+"/event.ics", b.open(b.file))
}

// guest is somebody at the page of a calendar.
type guest struct {
	w     http.ResponseWriter
	r     *http.Request
	place *crm.Location
	c     *calendar.Calendar
	zone  *time.Location // of the visitor, else the location's
	now   time.Time
}

// open finds the calendar of a page.
func (b *booking) open(next func(g *guest) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		g := &guest{w: w, r: r, now: time.Now()}
		at := r.PathValue("location")
		err := b.p.DB.Read(r.Context(), at, func(ctx context.Context, tx *db.Tx) (err error) {
			if g.place, err = crm.LocationByID(ctx, tx, at); err == nil {
				g.c, err = calendar.ByID(ctx, tx, at, r.PathValue("calendar"))
			}
			return err
		})
		if err == nil {
			if g.zone, err = time.LoadLocation(g.place.Timezone); err == nil {
				if said := r.FormValue("zone"); slices.Contains(geo.Zones(), said) {
					if zone, err := time.LoadLocation(said); err == nil {
						g.zone = zone
					}
				}
				err = next(g)
			}
		}
		if errs.Is(err, errs.NotFound) {
			b.p.notice(w, r, http.StatusNotFound, "There is nothing to book here", "The link may be old. Ask whoever gave it to you for a new one.")
		} else if err != nil {
			b.p.fail(w, r, err)
		}
	}
}

// bookData is what the page of a calendar shows.
type bookData struct {
	Place    string
	Calendar *calendar.Calendar
	Shut     bool // it takes no bookings now
	Here     string
	Zone     string
	Zones    []string
	Guess    bool // nobody said the zone: the browser may
	Days     []bookDay
	Day      string
	Slots    []bookSlot
	Slot     *bookSlot // that is chosen
	Later    string    // address of the days behind
	Sooner   string    // address of the days before
	Next     string    // address of the next free day, where these have none
	NextDay  string
	Moving   *calendar.Appointment // that is to be moved
	Move     string                // names it
	Problem  string
	Typed    map[string]string // what somebody typed before
}

// bookDay is a day with how many times are free.
type bookDay struct {
	Link, Week, Date, Full string
	Free                   int
	Here                   bool
}

// bookSlot is a time that is free.
type bookSlot struct{ Link, Value, Time, Full string }

// Minutes is how long a meeting is.
func (d *bookData) Minutes() string {
	a := d.Calendar.Settings.SlotDuration
	return plainNumber(a.N) + " " + map[string]string{"mins": "minutes", "hours": "hours", "days": "days"}[a.Unit]
}

// Where is where the meeting takes place, as far as the calendar says.
func (d *bookData) Where() string { return d.Calendar.Settings.MeetingLocation }

const (
	bookDays = 14 // shown at once
	bookFar  = 60 // looked through for the next free time
)

// show shows the days, the times of one, or the form for a time.
func (b *booking) show(g *guest) error { return b.page(g, &bookData{}, http.StatusOK) }

// page fills the page of a calendar and shows it.
func (b *booking) page(g *guest, d *bookData, status int) error {
	d.Place, d.Calendar, d.Shut, d.Here, d.Zone, d.Zones = g.place.Name, g.c, !g.c.Active, bookPath(g.c), g.zone.String(), geo.Zones()
	d.Guess = g.r.FormValue("zone") == ""
	if !slices.Contains(d.Zones, d.Zone) {
		d.Zones = append([]string{d.Zone}, d.Zones...)
	}
	if d.Shut {
		b.p.show(g.w, g.r, http.StatusOK, "book", g.c.Name, nil, d)
		return nil
	}
	if move := g.r.FormValue("move"); move != "" {
		id, token, _ := strings.Cut(move, ".")
		a, err := b.booked(g, id, token)
		if err != nil {
			return err
		}
		d.Moving, d.Move = a, move
	}
	if err := b.fill(g, d); err != nil {
		return err
	}
	b.p.show(g.w, g.r, status, "book", g.c.Name+" – "+g.place.Name, nil, d)
	return nil
}

// link is an address of the page with parameters beside those of everybody.
func (d *bookData) link(pairs ...string) string {
	q := url.Values{"zone": {d.Zone}}
	if d.Guess {
		q.Del("zone")
	}
	if d.Move != "" {
		q.Set("move", d.Move)
	}
	for pair := range slices.Chunk(pairs, 2) {
		q.Set(pair[0], pair[len(pair)-1])
	}
	return d.Here + "?" + q.Encode()
}

// fill reads the free times of the days that are shown.
func (b *booking) fill(g *guest, d *bookData) error {
	today := midnightOf(g.now, g.zone)
	from := today
	if day, err := time.ParseInLocation(time.DateOnly, g.r.FormValue("from"), g.zone); err == nil && day.After(today) && day.Before(today.AddDate(2, 0, 0)) {
		from = day
	}
	to := from.AddDate(0, 0, bookDays)
	slots, err := b.free(g, from, to)
	if err != nil {
		return err
	}
	if len(slots) == 0 {
		more, err := b.free(g, to, to.AddDate(0, 0, bookFar))
		if err != nil {
			return err
		}
		if len(more) > 0 { // else nothing is free for long
			day := more[0].Start.In(g.zone)
			d.Next, d.NextDay = d.link("from", day.Format(time.DateOnly)), day.Format("Monday, January 2")
		}
	}
	d.Day = g.r.FormValue("day")
	at, _ := time.Parse(time.RFC3339, g.r.FormValue("slot"))
	if !at.IsZero() {
		d.Day = at.In(g.zone).Format(time.DateOnly)
	}
	begin := from.Format(time.DateOnly) // where the days go on, also once one is chosen
	for day := from; day.Before(to); day = day.AddDate(0, 0, 1) {
		date := day.Format(time.DateOnly)
		entry := bookDay{Link: d.link("from", begin, "day", date) + "#times", Week: day.Format("Mon"), Date: day.Format("Jan 2"), Full: day.Format("Monday, January 2"), Here: date == d.Day}
		for _, s := range slots {
			start := s.Start.In(g.zone)
			if start.Format(time.DateOnly) != date {
				continue
			}
			entry.Free++
			slot := bookSlot{Value: s.Start.UTC().Format(time.RFC3339), Time: start.Format("3:04 PM"), Full: start.Format("Monday, January 2, 3:04 PM MST")}
			slot.Link = d.link("from", begin, "slot", slot.Value) + "#you"
			if date == d.Day {
				d.Slots = append(d.Slots, slot)
			}
			if s.Start.Equal(at) && d.Problem == "" {
				d.Slot = &slot
			}
		}
		d.Days = append(d.Days, entry)
	}
	if !at.IsZero() && d.Slot == nil {
		near, err := b.free(g, at, at.AddDate(0, 0, bookFar))
		if err != nil {
			return err
		}
		d.gone(near, g.zone)
	}
	d.Later = d.link("from", to.Format(time.DateOnly))
	if from.After(today) {
		d.Sooner = d.link("from", from.AddDate(0, 0, -bookDays).Format(time.DateOnly))
	}
	return nil
}

// gone says that a time is no longer free, and offers the next ones.
func (d *bookData) gone(near []calendar.Slot, zone *time.Location) {
	const offered = 9
	if d.Problem == "" {
		d.Problem = "This time was taken meanwhile."
	}
	d.Slots = nil
	for _, s := range near[:min(len(near), offered)] {
		start := s.Start.In(zone)
		slot := bookSlot{Value: s.Start.UTC().Format(time.RFC3339), Time: start.Format("Mon Jan 2, 3:04 PM"), Full: start.Format("Monday, January 2, 3:04 PM MST")}
		slot.Link = d.link("from", start.Format(time.DateOnly), "slot", slot.Value) + "#you"
		d.Slots = append(d.Slots, slot)
	}
	if len(d.Slots) > 0 {
		d.Problem += " These are free next:"
	}
}

// free gives the free times of a calendar that are still to come.
func (b *booking) free(g *guest, from, to time.Time) (slots []calendar.Slot, err error) {
	if from.Before(g.now) {
		from = g.now
	}
	err = b.p.DB.Read(g.r.Context(), g.place.ID, func(ctx context.Context, tx *db.Tx) (err error) {
		slots, _, err = calendar.FreeSlots(ctx, tx, g.place.ID, calendar.Search{CalendarID: g.c.ID, From: from, To: to})
		return err
	})
	return slots, err
}

// midnightOf is when the day of a moment began in a zone.
func midnightOf(at time.Time, zone *time.Location) time.Time {
	return clockOf{zone: zone}.midnight(at)
}

// token is what proves that somebody has the link to what they booked.
func (b *booking) token(locationID, appointmentID string) string {
	const length = 18 // bytes
	mac := hmac.New(sha256.New, b.key)
	mac.Write([]byte(locationID + "\n" + appointmentID))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:length])
}

// booked gives what somebody booked, by its link. NotFound if the link is none.
func (b *booking) booked(g *guest, appointmentID, token string) (a *calendar.Appointment, err error) {
	if !hmac.Equal([]byte(token), []byte(b.token(g.place.ID, appointmentID))) {
		return nil, errs.New(errs.NotFound, "Appointment not found")
	}
	err = b.p.DB.Read(g.r.Context(), g.place.ID, func(ctx context.Context, tx *db.Tx) error {
		a, err = calendar.AppointmentByID(ctx, tx, g.place.ID, appointmentID)
		return err
	})
	if err == nil && a.CalendarID != g.c.ID {
		err = errs.New(errs.NotFound, "Appointment not found")
	}
	return a, err
}
