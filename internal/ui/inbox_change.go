package ui

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/foyer-crm/foyer/internal/conversation"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
)

// whyNot says in words why a contact cannot be written to, and what would help.
func whyNot(err error, w *writeWay, c *crm.Contact) string {
	e := errs.As(err)
	rule := c.Details.DNDSettings[w.Name]
	switch {
	case e.Code == "address" && w.To == "":
		return "No " + map[string]string{conversation.OnEmail: "e-mail address", conversation.OnSMS: "phone number"}[w.Name] + " is known of them."
	case e.Code == "dnd" && c.DND:
		return "They are not to be disturbed on any channel."
	case e.Code == "dnd" && rule.Message != "":
		return "They said no to " + w.Title + ": " + strings.TrimSuffix(rule.Message, ".") + "."
	case e.Code == "dnd":
		return "They are not to be disturbed by " + w.Title + "."
	case e.Code == "bounced" && rule.Message != "":
		return strings.TrimSuffix(rule.Message, ".") + "."
	}
	return sentence(e)
}

// changeTalk does with a conversation what its button says.
func changeTalk(v *visit) error {
	to := "/inbox/" + v.r.PathValue("contact")
	if owner := v.form("owner"); v.form("do") == "assign" && owner != nobody && !works(v, owner) {
		return errs.New(errs.Invalid, "Say to whom")
	}
	var what, undo string
	err := v.write(func(ctx context.Context, tx *db.Tx) error {
		c, err := v.mine(ctx, tx, v.r.PathValue("contact"))
		if err != nil {
			return err
		}
		if v.form("do") == "assign" {
			what = "talk-assigned"
			undo, err = v.give(ctx, tx, c.ID)
			return err
		}
		on, err := conversation.OfContact(ctx, tx, v.at(), c.ID)
		if err != nil {
			return err
		}
		if on == nil {
			return errs.New(errs.Invalid, "There is no message yet")
		}
		what, err = v.turn(ctx, tx, on)
		return err
	})
	if err != nil {
		return err
	}
	switch what {
	case "talk-unread", "talk-done", "talk-snoozed":
		to = "/inbox" // it is not to be marked as read again by being open
	case "talk-assigned":
		if v.only != "" {
			to = "/inbox" // perhaps it is not theirs any more
		}
	}
	q := (&inboxData{}).query(v.form("show"), v.form("q"), "")
	return v.done(to+q, what, 0, undo)
}

// give assigns a contact to whom the form names.
func (v *visit) give(ctx context.Context, tx *db.Tx, contactID string) (undo string, err error) {
	saved, err := crm.SaveContact(ctx, tx, v.Actor, crm.Save{ID: contactID, Input: assign(v.form("owner"))})
	if err != nil || len(saved.Changes) == 0 {
		return "", err
	}
	event, err := crm.LastChange(ctx, tx, v.at(), contactID)
	return "event:" + contactID + ":" + event, err
}

// turn changes a conversation as the form says.
func (v *visit) turn(ctx context.Context, tx *db.Tx, on *conversation.Conversation) (what string, err error) {
	yes, no := true, false
	change := func(c conversation.Change) error {
		_, err := conversation.ChangeConversation(ctx, tx, v.Actor, on.ID, c)
		return err
	}
	what = "talk-" + v.form("do")
	switch v.form("do") {
	case "read":
		return what, conversation.MarkRead(ctx, tx, v.Actor, on.ID)
	case "unread":
		return what, conversation.MarkUnread(ctx, tx, v.Actor, on.ID)
	case "starred":
		return what, change(conversation.Change{Starred: &yes})
	case "unstarred":
		return what, change(conversation.Change{Starred: &no})
	case "done":
		if err := conversation.MarkRead(ctx, tx, v.Actor, on.ID); err != nil {
			return what, err
		}
		return what, change(conversation.Change{Inbox: &no})
	case "open":
		return what, change(conversation.Change{Inbox: &yes})
	case "snoozed":
		until, err := v.moment(v.form("until"))
		if err == nil {
			_, err = conversation.Snooze(ctx, tx, v.Actor, on.ID, until)
		}
		return what, err
	case "woken":
		_, err = conversation.Snooze(ctx, tx, v.Actor, on.ID, time.Time{})
		return what, err
	case "cancel":
		m, err := conversation.MessageByID(ctx, tx, v.at(), v.form("id"))
		if err == nil && m.ContactID != on.ContactID {
			err = errs.New(errs.NotFound, "Message not found")
		}
		if err == nil {
			err = conversation.CancelScheduled(ctx, tx, v.Actor, m.ID)
		}
		return "send-cancelled", err
	}
	return "", noButton()
}

// moment reads the moment of a form, on the clocks of the visitor.
func (v *visit) moment(text string) (time.Time, error) {
	for _, layout := range []string{"2006-01-02T15:04", time.DateOnly} {
		if at, err := time.ParseInLocation(layout, text, v.zone); err == nil {
			return at, nil
		}
	}
	return time.Time{}, errs.New(errs.Invalid, "Say when")
}

// later is a moment to snooze until.
type later struct{ Title, Value string }

// Laters are the moments that people snooze until most.
func (d *inboxData) Laters() []later {
	const layout, morning = "2006-01-02T15:04", 9 * time.Hour
	today := d.midnight(d.now)
	days := (8 - int(today.Weekday())) % 7 // to Monday
	if days == 0 {
		days = 7
	}
	evening := today.Add(18 * time.Hour)
	all := []later{{"In three hours", d.now.In(d.zone).Add(3 * time.Hour).Format(layout)}}
	if d.now.Before(evening.Add(-3 * time.Hour)) {
		all = append(all, later{"This evening", evening.Format(layout)})
	}
	return append(all, later{"Tomorrow morning", today.AddDate(0, 0, 1).Add(morning).Format(layout)}, later{"On Monday", today.AddDate(0, 0, days).Add(morning).Format(layout)})
}

// sendMessage writes to a contact. What cannot be sent is shown again with the
// reason, and nothing that was typed is lost.
func sendMessage(v *visit) error {
	typed := &compose{Subject: v.form("subject"), Body: v.r.PostForm.Get("body"), At: v.form("at")}
	what, err := v.sendForm()
	if e := errs.As(err); err != nil && (e.Kind == errs.Invalid || e.Kind == errs.Conflict) {
		typed.Problem = sentence(e)
		d := &inboxData{frame: v.frame, Talk: &talk{}}
		if err := v.read(func(ctx context.Context, tx *db.Tx) error { return d.loadTalk(ctx, tx, v) }); err != nil {
			return err
		}
		c := &d.Talk.Compose
		c.Body, c.At, c.Problem = typed.Body, typed.At, typed.Problem
		if typed.Subject != "" {
			c.Subject = typed.Subject
		}
		status := http.StatusBadRequest
		if e.Kind == errs.Conflict {
			status = http.StatusConflict
		}
		return v.showAs(status, "inbox", contactName(d.Talk.C), d)
	}
	if err != nil {
		return err
	}
	q := (&inboxData{}).query(v.form("show"), v.form("q"), "")
	return v.done("/inbox/"+v.r.PathValue("contact")+q, what, 0, "")
}

// message reads what a form wants to be sent.
func (v *visit) message() (s conversation.Send, what string, err error) {
	s = conversation.Send{Channel: v.form("via"), Body: strings.TrimSpace(v.r.PostForm.Get("body")), UserID: v.User.ID, Source: "app"}
	switch {
	case s.Channel == conversation.OnEmail:
		s.Subject, s.ReplyTo = strings.Join(strings.Fields(v.form("subject")), " "), v.form("replyTo")
		if s.Subject == "" {
			s.Subject = v.Location().Name
		}
	case s.Channel != conversation.OnSMS:
		return s, "", errs.New(errs.Invalid, "Say by which channel")
	}
	if s.Body == "" {
		return s, "", errs.New(errs.Invalid, "The message is empty")
	}
	if v.form("at") == "" {
		return s, "sent", nil
	}
	if s.At, err = v.moment(v.form("at")); err == nil && !s.At.After(v.now) {
		err = errs.New(errs.Invalid, "Choose a moment that is to come")
	}
	return s, "scheduled", err
}

// sendForm sends what a form says.
func (v *visit) sendForm() (what string, err error) {
	err = v.write(func(ctx context.Context, tx *db.Tx) error {
		c, err := v.mine(ctx, tx, v.r.PathValue("contact"))
		if err != nil {
			return err
		}
		var s conversation.Send
		if s, what, err = v.message(); err != nil {
			return err
		}
		s.ContactID = c.ID
		if s.ReplyTo != "" {
			if m, err := conversation.MessageByID(ctx, tx, v.at(), s.ReplyTo); err != nil || m.ContactID != c.ID {
				s.ReplyTo = ""
			}
		}
		_, err = conversation.SendMessage(ctx, tx, v.Actor, s)
		return err
	})
	return what, err
}
