package ui

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/foyer-crm/foyer/internal/calendar"
	"github.com/foyer-crm/foyer/internal/conversation"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
)

// bookWords are the words of a mail about what somebody booked.
type bookWords struct{ subject, head string }

// write mails what became of an appointment to who booked it: a message of their
// conversation, stored with the change that it tells of, and with the file for
// their own calendar. Nothing is sent where this server sends no mail, where the
// calendar's own settings say so, or to who is not to be disturbed. The mail holds
// nothing that was typed into the form: it could be sent to anybody.
func (b *booking) write(ctx context.Context, tx *db.Tx, by crm.Actor, g *guest, a *calendar.Appointment, to string, l bookWords) error {
	if b.p.Sender == nil {
		return nil
	}
	if quiet, err := g.quiet(ctx, tx); err != nil || quiet {
		return err
	}
	host, err := host(ctx, tx, a)
	if err != nil {
		return err
	}
	m, err := conversation.SendMessage(ctx, tx, by, conversation.Send{Channel: "Email", ContactID: a.ContactID, To: to, UserID: a.UserID, Source: conversation.Automatic,
		Subject: l.subject + ": " + g.c.Name + ", " + a.Start.In(g.zone).Format("Monday, January 2, 3:04 PM MST"), Body: b.text(g, a, host, l.head)})
	switch e := errs.As(err); {
	case err != nil && (slices.Contains([]string{"dnd", "bounced", "address"}, e.Code)): // the booking stands without a mail
		return nil
	case err != nil:
		return err
	}
	text, err := b.event(g, a, string(b.p.Base))
	if err != nil {
		return err
	}
	file, err := conversation.AddFile(ctx, tx, by, conversation.Upload{ConversationID: m.ConversationID, Name: "appointment.ics", ContentType: "text/calendar", Content: text})
	if err == nil {
		_, err = conversation.AttachFiles(ctx, tx, by, m.ID, []string{file.Path()})
	}
	return err
}

// quiet reports whether the calendar has settings for mails to who booked, and all
// of them are off.
func (g *guest) quiet(ctx context.Context, tx *db.Tx) (bool, error) {
	const most = 100
	list, err := calendar.Notifications(ctx, tx, g.place.ID, g.c.ID, calendar.NotificationFilter{Limit: most})
	off := false
	for _, n := range list {
		if s := n.Settings; s.Receiver == "contact" && s.Channel == "email" && (s.Type == "booked" || s.Type == "confirmation") {
			if n.Active && !n.Deleted {
				return false, err
			}
			off = true
		}
	}
	return off, err
}

// host gives the user whose time an appointment takes, nil for nobody.
func host(ctx context.Context, tx *db.Tx, a *calendar.Appointment) (*crm.User, error) {
	users, err := crm.Users(ctx, tx, a.LocationID)
	for i := range users {
		if users[i].ID == a.UserID {
			return &users[i], err
		}
	}
	return nil, err
}

// text is what a mail about an appointment says.
func (b *booking) text(g *guest, a *calendar.Appointment, host *crm.User, head string) string {
	lines := []string{head, "", "What: " + g.c.Name + " – " + g.place.Name, "When: " + spanText(a, g.zone)}
	name, zone := "", g.place.Timezone
	if host != nil {
		name, zone = host.FullName(), cmp.Or(host.Timezone, zone)
	}
	if theirs, err := time.LoadLocation(zone); err == nil && spanText(a, theirs) != spanText(a, g.zone) {
		lines = append(lines, "For "+cmp.Or(name, g.place.Name)+", that is "+spanText(a, theirs)+".")
	}
	if where := cmp.Or(a.Details.Address, g.c.Settings.MeetingLocation); where != "" {
		lines = append(lines, "Where: "+where)
	}
	if name != "" {
		lines = append(lines, "With: "+name)
	}
	if b.p.Base != "" { // else nobody outside knows the address of this server
		way := "To see, move or cancel it:"
		if a.Status == calendar.Cancelled {
			way = "To book again:"
		}
		lines = append(lines, "", way, string(b.p.Base)+b.link(g, a.ID))
	}
	return strings.Join(lines, "\n") + "\n"
}

// spanText says when an appointment is in a zone.
func spanText(a *calendar.Appointment, zone *time.Location) string {
	return a.Start.In(zone).Format("Monday, January 2 2006, 3:04 PM") + " – " + a.End.In(zone).Format("3:04 PM MST")
}
