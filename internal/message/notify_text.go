package message

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/norm"
)

// shown is how many lines of a kind a mail that stands for many has.
const shown = 50

// compose writes the mail about some notifications of one kind. What came from
// outside stands in it as plain text, on one line each.
func compose(ctx context.Context, tx *db.Tx, list []crm.Notification) (Mail, error) {
	first := &list[0]
	l, err := crm.LocationByID(ctx, tx, first.LocationID)
	if err != nil {
		return Mail{}, err
	}
	m := Mail{Machine: true, ID: first.EventID + "." + first.UserID}
	if first.Kind != crm.NewLead {
		m.ID = first.ID
	}
	switch {
	case len(list) > 1 && first.Kind == crm.NewLead:
		m.Subject = fmt.Sprintf("%d new leads in %s", len(list), line(l.Name))
		m.Text = fmt.Sprintf("%d new leads came at once. You find them all in Foyer; this mail stands for all of them.\n", len(list))
	case len(list) > 1:
		m.Subject = fmt.Sprintf("%s: %d in %s", first.Title(), len(list), line(l.Name))
		m.Text = lines(list)
	case first.Kind == crm.NewLead:
		return composeLead(ctx, tx, m, first, l)
	default:
		m.Subject = line(strings.TrimSuffix(first.Title()+": "+first.Text, ": "))
		m.Text = line(first.Text) + "\n\nLocation: " + line(l.Name) + "\n" + advice(first)
	}
	return m, nil
}

// composeLead writes the mail about one new lead.
func composeLead(ctx context.Context, tx *db.Tx, m Mail, n *crm.Notification, l *crm.Location) (Mail, error) {
	c, err := crm.ContactByID(ctx, tx, n.LocationID, n.ContactID)
	if errs.Is(err, errs.NotFound) {
		c, err = &crm.Contact{}, nil // deleted meanwhile
	}
	if err != nil {
		return Mail{}, err
	}
	name := line(c.FullName())
	if name == "" {
		name = "without a name"
	}
	m.Subject = "New lead: " + name
	var b strings.Builder
	for _, f := range []struct{ label, value string }{
		{"Name", name}, {"E-mail", c.Email}, {"Phone", c.Phone}, {"Type", c.Type}, {"Source", c.Source}, {"City", c.Address.City}, {"Location", l.Name},
	} {
		if f.value != "" {
			fmt.Fprintf(&b, "%s: %s\n", f.label, line(f.value))
		}
	}
	m.Text = b.String()
	return m, nil
}

// advice says what can be done about something that went wrong.
func advice(n *crm.Notification) string {
	if n.Kind != "webhook_disabled" {
		return ""
	}
	return fmt.Sprintf("\nIt is told of nothing any more. When it works again: foyer admin webhook disable --enable %s\nWhat it missed: foyer admin webhook replay %s --since 120h\n", n.ObjectID, n.ObjectID)
}

// composeDigest writes the mail of a day, by kind.
func composeDigest(ctx context.Context, tx *db.Tx, list []crm.Notification) (Mail, error) {
	first := &list[0]
	l, err := crm.LocationByID(ctx, tx, first.LocationID)
	if err != nil {
		return Mail{}, err
	}
	m := Mail{Machine: true, ID: first.ID + ".digest", Subject: fmt.Sprintf("%s: %s", line(l.Name), counted(len(list)))}
	_, of := grouped(list, func(n *crm.Notification) string { return n.Kind })
	var b strings.Builder
	for _, k := range crm.NoticeKinds() {
		if some := of[k.Kind]; len(some) > 0 {
			fmt.Fprintf(&b, "%s (%d)\n%s\n", k.Title, len(some), lines(some))
		}
	}
	m.Text = b.String()
	return m, nil
}

func counted(n int) string {
	if n == 1 {
		return "one thing to know"
	}
	return fmt.Sprintf("%d things to know", n)
}

// lines lists notifications, as many as a person reads.
func lines(list []crm.Notification) string {
	var b strings.Builder
	for i := range list[:min(shown, len(list))] {
		text := line(list[i].Text)
		if text == "" {
			text = list[i].Title()
		}
		b.WriteString("- " + text + "\n")
	}
	if more := len(list) - shown; more > 0 {
		fmt.Fprintf(&b, "and %d more; you find them all in Foyer\n", more)
	}
	return b.String()
}

// line keeps a text on one line, and short.
func line(s string) string {
	s, _ = norm.Cut(strings.Join(strings.Fields(s), " "), 200)
	return s
}

func digestArgs(text json.RawMessage) (args crm.DigestArgs, err error) {
	if err = json.Unmarshal(text, &args); err != nil {
		err = fmt.Errorf("reading a job %s: %w", crm.DigestJob, err)
	}
	return args, err
}
