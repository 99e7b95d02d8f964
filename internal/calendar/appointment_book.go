package calendar

import (
	"context"
	"slices"
	"time"

	"github.com/foyer-crm/foyer/internal/clock"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
)

// Booking asks for an appointment.
type Booking struct {
	CalendarID string
	ContactID  string
	UserID     string // "" lets the calendar choose
	Title      string // "" takes the calendar's
	Status     string // "" is the calendar's
	Start      time.Time
	End        time.Time // zero is one slot later
	Rule       string    // RRULE; counts only with AnySlot
	Details    Details   // Users and Resources are chosen

	AnyTime bool // without the calendar's notice and window
	AnySlot bool // whether it is free or not
	Quiet   bool // automations are not to run
}

// Booked is what came of a Booking.
type Booked struct {
	*Appointment
	Repeats int  // how many more there are of a series
	Cut     bool // the rule would have made more
}

// Book makes an appointment, or a series of them. NotFound if the contact or the
// calendar is not there, Invalid for broken fields, Conflict with code "slot" if
// the time is not free.
func Book(ctx context.Context, tx *db.Tx, by crm.Actor, b Booking) (*Booked, error) {
	if err := lock(ctx, tx, by.LocationID); err != nil {
		return nil, err
	}
	c, err := ByID(ctx, tx, by.LocationID, b.CalendarID)
	if err != nil {
		return nil, err
	}
	contact, err := crm.ContactByID(ctx, tx, by.LocationID, b.ContactID)
	if err != nil {
		return nil, err
	}
	k, err := newKeeper(ctx, tx, by, c)
	if err != nil {
		return nil, err
	}
	a, err := k.appointment(b, contact)
	if err != nil {
		return nil, err
	}
	starts, cut, err := k.series(a, b)
	if err != nil {
		return nil, err
	}
	if err := k.place(ctx, tx, a, terms{anyTime: b.AnyTime, anySlot: b.AnySlot, user: b.UserID}); err != nil {
		return nil, err
	}
	if a.Title == "" {
		a.Title = titled(c.Settings.EventTitle, contact, c, k.user(a.UserID))
	}
	if err := k.store(ctx, tx, a, b.Quiet); err != nil {
		return nil, err
	}
	n, err := k.repeat(ctx, tx, a, b, starts)
	if err != nil {
		return nil, err
	}
	return &Booked{Appointment: a, Repeats: n, Cut: cut}, k.assign(ctx, tx, a, contact)
}

// lock lets one booking at a time look for free time in a location. Within one
// process there is one writer anyway; another process waits here.
func lock(ctx context.Context, tx *db.Tx, locationID string) error {
	var id string
	_, err := tx.Get(ctx, []any{&id}, "SELECT id FROM locations WHERE id = $1 /*postgres FOR NO KEY UPDATE*/", locationID)
	return err
}

// keeper books on one calendar, for one command.
type keeper struct {
	by    crm.Actor
	c     *Calendar
	zone  *time.Location
	users []crm.User
}

func newKeeper(ctx context.Context, tx *db.Tx, by crm.Actor, c *Calendar) (*keeper, error) {
	zone, err := zoneOf(ctx, tx, by.LocationID)
	if err != nil {
		return nil, err
	}
	users, err := crm.Users(ctx, tx, by.LocationID)
	return &keeper{by, c, zone, users}, err
}

// user gives a user of the location, nil if there is none.
func (k *keeper) user(userID string) *crm.User {
	if i := slices.IndexFunc(k.users, func(u crm.User) bool { return u.ID == userID }); i >= 0 {
		return &k.users[i]
	}
	return nil
}

// appointment makes what a booking asks for.
func (k *keeper) appointment(b Booking, contact *crm.Contact) (*Appointment, error) {
	a := &Appointment{LocationID: k.by.LocationID, ContactID: contact.ID, CalendarID: k.c.ID, Status: b.Status, Title: b.Title, Start: b.Start.UTC(), End: b.End.UTC(),
		Details: b.Details, Source: k.by.Origin, CreatedBy: k.by.UserID}
	if b.End.IsZero() {
		a.End = a.Start.Add(k.c.Settings.SlotDuration.duration())
	}
	if a.Status == "" {
		if a.Status = Unconfirmed; k.c.Settings.AutoConfirm {
			a.Status = Confirmed
		}
	}
	return a, a.check()
}

// terms are on what an appointment is placed.
type terms struct {
	anyTime, anySlot bool
	user             string // who must take it, "" for whoever can
	prefer           string // who takes it if they can
	skip             func(eventID string) bool
}

// place finds the users and resources of an appointment. Conflict with code
// "slot" if its time is not free, Invalid if the user cannot take it at all.
func (k *keeper) place(ctx context.Context, tx *db.Tx, a *Appointment, t terms) error {
	if t.user != "" && (k.user(t.user) == nil || !t.anySlot && len(k.c.Settings.Members) > 0 && !k.c.has(t.user)) {
		return errs.InvalidFields(errs.Field{Name: "assignedUserId", Rule: "user"})
	}
	w := planFor{from: a.Start, to: a.Start.Add(time.Millisecond), length: a.End.Sub(a.Start), anyTime: t.anyTime || t.anySlot, skip: t.skip}
	p, err := plan(ctx, tx, k.c, k.zone, w)
	if err != nil {
		return err
	}
	slot, free := k.slot(p, a.Start, w.to)
	if p.Mode == AnyMember && t.user != "" && !slices.Contains(slot.Free, t.user) {
		free = false
	}
	if !t.anySlot && takesTime(a.Status) && !free {
		return errs.New(errs.Conflict, "The slot you have selected is no longer available.").WithCode("slot")
	}
	a.Details.Resources = p.resourcesFor(want{calendar: k.c.ID, slot: a.Start.UnixMilli(), from: a.Start.Add(-p.Before).UnixMilli(), to: a.End.Add(p.After).UnixMilli()})
	return k.staff(ctx, tx, a, t, p.Mode, slot.Free)
}

// slot gives the free slot that begins at a moment. Where there is none it still
// says which members could take one then.
func (k *keeper) slot(p *Plan, from, to time.Time) (Slot, bool) {
	if slots := p.Slots(from, to); len(slots) > 0 && k.c.Active {
		return slots[0], true
	}
	p.prepare()
	s, _ := p.at(from)
	return s, false
}

// staff says who holds an appointment.
func (k *keeper) staff(ctx context.Context, tx *db.Tx, a *Appointment, t terms, mode Mode, free []string) error {
	members := k.c.Settings.Members
	switch {
	case len(members) == 0:
		a.UserID = t.user
		if t.user == "" {
			a.UserID = t.prefer
		}
	case mode != AnyMember:
		a.Details.Users = nil
		for _, m := range members {
			a.Details.Users = append(a.Details.Users, m.UserID)
			if m.Primary {
				a.UserID = m.UserID
			}
		}
		if a.UserID == "" || !slices.Contains(a.Details.Users, a.UserID) {
			a.UserID = members[0].UserID
		}
		if t.user != "" {
			a.UserID = t.user
		}
	case t.user != "":
		a.UserID = t.user
	case t.prefer != "" && slices.Contains(free, t.prefer):
		a.UserID = t.prefer
	default:
		booked, err := k.booked(ctx, tx, a.Start)
		if err != nil {
			return err
		}
		if len(free) == 0 {
			free = ids(members)
		}
		a.UserID = Pick(members, free, booked, k.c.Settings.EventType == EqualDistribution)
	}
	if mode == AnyMember || len(members) == 0 {
		a.Details.Users = nil
	}
	if a.UserID != "" && !slices.Contains(a.Details.Users, a.UserID) {
		a.Details.Users = append(a.Details.Users, a.UserID)
	}
	return nil
}

func ids(members []Member) (all []string) {
	for _, m := range members {
		all = append(all, m.UserID)
	}
	return all
}

// booked counts what each member has on the calendar in the month of a moment.
func (k *keeper) booked(ctx context.Context, tx *db.Tx, at time.Time) (map[string]int, error) {
	y, m, _ := at.In(k.zone).Date()
	from, to := clock.Wall(time.Date(y, m, 1, 0, 0, 0, 0, time.UTC), k.zone), clock.Wall(time.Date(y, m+1, 1, 0, 0, 0, 0, time.UTC), k.zone)
	counts := map[string]int{}
	var user string
	var n int
	err := tx.Each(ctx, []any{&user, &n}, func() error {
		counts[user] = n
		return nil
	}, `SELECT assigned_user_id, COUNT(*) FROM appointments
		WHERE location_id = $1 AND calendar_id = $2 AND starts_at >= $3 AND starts_at < $4 AND status NOT IN ('cancelled', 'invalid') GROUP BY assigned_user_id`,
		k.by.LocationID, k.c.ID, from.UnixMilli(), to.UnixMilli())
	return counts, err
}

// store writes a new appointment, the first of a series or a single one.
func (k *keeper) store(ctx context.Context, tx *db.Tx, a *Appointment, quiet bool) error {
	if a.ID == "" {
		a.ID = tx.NewID()
	}
	a.CreatedAt, a.UpdatedAt = tx.Now(), tx.Now()
	if err := appointments.Insert(ctx, tx, a); err != nil {
		return err
	}
	if err := a.keepBusy(ctx, tx, k.c); err != nil {
		return err
	}
	return a.emit(ctx, tx, k.by, "appointment.created", quiet)
}

// assign gives the contact to who holds the appointment, where the calendar says so.
func (k *keeper) assign(ctx context.Context, tx *db.Tx, a *Appointment, contact *crm.Contact) error {
	s := &k.c.Settings
	if !s.AssignContact || a.UserID == "" || contact.AssignedTo == a.UserID || s.KeepOwner && contact.AssignedTo != "" {
		return nil
	}
	_, err := crm.SaveContact(ctx, tx, k.by, crm.Save{ID: contact.ID, Input: crm.Input{Contact: crm.Contact{AssignedTo: a.UserID}}})
	return err
}
