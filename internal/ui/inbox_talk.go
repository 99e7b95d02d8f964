package ui

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/foyer-crm/foyer/internal/conversation"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/letter"
	"github.com/foyer-crm/foyer/internal/workflow"
)

// talk is the conversation with a contact, and what to write in it.
type talk struct {
	C       *crm.Contact
	On      *conversation.Conversation // nil before the first message
	Days    []talkDay
	Earlier string // the message behind which the earlier ones are, "" for none
	Ways    []writeWay
	Compose compose
}

// talkDay are the messages of a day.
type talkDay struct {
	Day   string
	Lines []utterance
}

// utterance is a message as it is shown.
type utterance struct {
	conversation.Message
	Who     string
	Subject string
	Text    string // what is new in it
	Quoted  string // what it repeats of those before it
	Files   []fileLine
	State   state
}

// fileLine is a file of a message, or an address.
type fileLine struct {
	Name, Path, Size string
	Outside          bool // it lies elsewhere
}

// state is what became of a message.
type state struct{ Icon, Class, Text, Why string }

// writeWay is a channel that a contact can be written to on, or why not.
type writeWay struct{ Name, Title, To, No string }

// compose is the form for a message.
type compose struct {
	Way      writeWay
	Subject  string
	Body     string
	ReplyTo  string
	Snippets []conversation.Snippet
	Snippet  string
	At       string // when it is to go out
	Problem  string // why it was not sent
}

const talkPage = 40

// showTalk shows the conversation with a contact beside the list.
func showTalk(v *visit) error {
	d := &inboxData{frame: v.frame, Talk: &talk{}}
	if err := v.read(func(ctx context.Context, tx *db.Tx) error { return d.loadTalk(ctx, tx, v) }); err != nil {
		return err
	}
	return v.show("inbox", contactName(d.Talk.C), d)
}

// loadTalk reads the list and the conversation beside it.
func (d *inboxData) loadTalk(ctx context.Context, tx *db.Tx, v *visit) error {
	if err := d.load(ctx, tx, v); err != nil {
		return err
	}
	return d.Talk.load(ctx, tx, v, d)
}

func (t *talk) load(ctx context.Context, tx *db.Tx, v *visit, d *inboxData) (err error) {
	if t.C, err = v.mine(ctx, tx, v.r.PathValue("contact")); err != nil {
		return err
	}
	if t.On, err = conversation.OfContact(ctx, tx, v.at(), t.C.ID); err != nil {
		return err
	}
	var last *utterance
	if t.On != nil {
		list, more, err := conversation.Messages(ctx, tx, v.at(), t.On.ID, v.r.URL.Query().Get("before"), nil, talkPage)
		if err != nil {
			return err
		}
		if more {
			t.Earlier = list[len(list)-1].ID
		}
		parts, err := conversation.PartsOf(ctx, tx, v.at(), list)
		if err != nil {
			return err
		}
		slices.Reverse(list)
		for i := range list {
			line := shownMessage(&list[i], parts, d, t.C)
			day := d.dayName(line.CreatedAt)
			if n := len(t.Days); n == 0 || t.Days[n-1].Day != day {
				t.Days = append(t.Days, talkDay{Day: day})
			}
			t.Days[len(t.Days)-1].Lines = append(t.Days[len(t.Days)-1].Lines, line)
			last = &line
		}
	}
	return t.prepare(ctx, tx, v, last)
}

// dayName is the day of a moment as a heading.
func (c clockOf) dayName(at time.Time) string {
	switch c.days(at) {
	case 0:
		return "Today"
	case -1:
		return "Yesterday"
	}
	return at.In(c.zone).Format("Monday, January 2, 2006")
}

// shownMessage puts a message into words. Whatever form it came in, it is shown as
// text.
func shownMessage(m *conversation.Message, parts conversation.Parts, d *inboxData, c *crm.Contact) utterance {
	line := utterance{Message: *m, State: stateOf(m, d.clockOf)}
	text := m.Body
	if e, ok := parts.Emails[m.ID]; ok {
		line.Subject = e.Subject
		if e.HTML != "" && (text == "" || text == e.Subject) {
			text = letter.Text(e.HTML)
		}
		if text == e.Subject {
			text = ""
		}
	}
	line.Text, line.Quoted = withoutQuotes(text)
	switch name := d.UserName(m.UserID); {
	case m.Direction == conversation.Inbound:
		line.Who = contactName(c)
	case name != "":
		line.Who = name
	case m.Source == "workflow" || m.Source == "campaign":
		line.Who = "A " + m.Source
	default:
		line.Who = d.Location.Name
	}
	for _, f := range parts.Files[m.ID] {
		line.Files = append(line.Files, fileLine{Name: f.Name, Path: f.Path(), Size: sizeText(f.Size)})
	}
	for _, address := range m.Attachments {
		u, err := url.Parse(address)
		if err != nil || slices.ContainsFunc(line.Files, func(f fileLine) bool { return strings.HasSuffix(u.EscapedPath(), f.Path) }) {
			continue
		}
		line.Files = append(line.Files, fileLine{Name: u.Host + u.Path, Path: siteLink(address), Outside: true})
	}
	return line
}

// stateOf says what became of a message.
func stateOf(m *conversation.Message, c clockOf) state {
	if m.Direction == conversation.Inbound {
		return state{}
	}
	why := ""
	if f := m.Details.Failure; f != nil {
		why = f.Message
	}
	switch m.Status {
	case conversation.Pending:
		return state{"clock", "", "On its way", why}
	case conversation.Scheduled:
		return state{"calendar-clock", "", "Goes out " + c.Due(time.UnixMilli(m.Details.ScheduledAt)), ""}
	case conversation.Sent:
		return state{"check", "", "Sent", ""}
	case conversation.Delivered:
		return state{"check-check", "", "Delivered", ""}
	case conversation.Read:
		return state{"check-check", "good", "Read", ""}
	case conversation.Failed:
		if m.Details.Failure != nil && m.Details.Failure.Code == "canceled" {
			return state{"ban", "", "Cancelled", ""}
		}
		return state{"triangle-alert", "late", "Not delivered", why}
	}
	return state{"circle", "", m.Status, why}
}

// withoutQuotes parts what a mail says from what it repeats of those before.
func withoutQuotes(text string) (said, quoted string) {
	text = strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n"))
	lines := strings.Split(text, "\n")
	for i, l := range lines {
		l = strings.TrimSpace(l)
		begins := strings.HasPrefix(l, ">") || strings.HasPrefix(l, "-----Original Message") || strings.HasPrefix(l, "On ") && strings.HasSuffix(l, "wrote:")
		if begins && i > 0 {
			return strings.TrimSpace(strings.Join(lines[:i], "\n")), strings.Join(lines[i:], "\n")
		}
	}
	return text, ""
}

// sizeText is the size of a file as people say it.
func sizeText(n int64) string {
	const kilo = 1 << 10
	switch {
	case n < kilo:
		return fmt.Sprintf("%d B", n)
	case n < kilo*kilo:
		return fmt.Sprintf("%d kB", n/kilo)
	}
	return fmt.Sprintf("%.1f MB", float64(n)/(kilo*kilo))
}

// prepare makes the form: on which channels they can be written to, and with what
// it begins.
func (t *talk) prepare(ctx context.Context, tx *db.Tx, v *visit, last *utterance) error {
	q := v.r.URL.Query()
	via := q.Get("via")
	if via == "" {
		via = v.form("via")
	}
	for _, w := range []writeWay{{Name: conversation.OnEmail, Title: "E-mail", To: t.C.Email}, {Name: conversation.OnSMS, Title: "SMS", To: phoneText(t.C.Phone)}} {
		if err := conversation.MayWrite(t.C, w.Name); err != nil {
			w.No = whyNot(err, &w, t.C)
		}
		t.Ways = append(t.Ways, w)
	}
	at := 0
	switch {
	case via == conversation.OnSMS:
		at = 1
	case via == conversation.OnEmail:
	case last != nil && channelIcon(last.Type) != "mail", t.Ways[0].No != "" && t.Ways[1].No == "":
		at = 1
	}
	t.Compose.Way = t.Ways[at]
	if at == 0 {
		t.answers()
	}
	all, err := conversation.Snippets(ctx, tx, v.at())
	if err != nil {
		return err
	}
	for _, s := range all {
		if s.Channel != "" && s.Channel != t.Compose.Way.Name {
			continue
		}
		t.Compose.Snippets = append(t.Compose.Snippets, s)
		if s.ID != q.Get("template") {
			continue
		}
		t.Compose.Snippet = s.ID
		if t.Compose.Body, err = workflow.Fill(ctx, tx, t.C, v.User, s.Body); err != nil {
			return err
		}
		if s.Subject != "" {
			if t.Compose.Subject, err = workflow.Fill(ctx, tx, t.C, v.User, s.Subject); err != nil {
				return err
			}
		}
	}
	return nil
}

// answers makes an e-mail the answer to the last one.
func (t *talk) answers() {
	for _, day := range slices.Backward(t.Days) {
		for _, line := range slices.Backward(day.Lines) {
			if line.EmailID == "" || line.Subject == "" {
				continue
			}
			t.Compose.ReplyTo, t.Compose.Subject = line.ID, line.Subject
			if !strings.HasPrefix(strings.ToLower(line.Subject), "re:") {
				t.Compose.Subject = "Re: " + line.Subject
			}
			return
		}
	}
}
