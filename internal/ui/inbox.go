package ui

import (
	"context"
	"net/url"
	"time"

	"github.com/foyer-crm/foyer/internal/conversation"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
)

// talks is the permission for conversations.
const talks = "conversationsEnabled"

func inboxArea() area {
	return area{
		way:   way{name: "Inbox", icon: "message-square", path: "/inbox", key: "i", needs: talks},
		pages: []string{"inbox", "snippets"},
		screens: []screen{
			{get, "/inbox", talks, false, inbox},
			{get, "/inbox/{contact}", talks, false, showTalk},
			{post, "/inbox/{contact}", talks, false, changeTalk},
			{post, "/inbox/{contact}/send", talks, false, sendMessage},
			{get, "/templates", talks, false, listSnippets},
			{post, "/templates", talks, false, changeSnippets},
		},
		said: map[string]string{
			"sent":             "On its way",
			"scheduled":        "It will be sent then",
			"send-cancelled":   "It will not be sent",
			"talk-read":        "Marked as read",
			"talk-unread":      "Marked as unread",
			"talk-starred":     "Starred",
			"talk-unstarred":   "No longer starred",
			"talk-done":        "Done. It comes back with the next answer.",
			"talk-open":        "Open again",
			"talk-snoozed":     "Snoozed",
			"talk-woken":       "Back in the inbox",
			"talk-assigned":    "Assigned",
			"template-saved":   "Template saved",
			"template-deleted": "Template deleted",
		},
	}
}

// inboxData is what the inbox shows: the list, and the conversation that is open.
type inboxData struct {
	*frame
	people
	Show, Text string
	List       []conversation.Found
	Next       string // where the next page begins
	After      bool   // this is not the first page
	Unread     string // how many, up to a number
	Talk       *talk  // nil for none
}

const (
	inboxRows   = 30
	inboxLooked = 1500
	mostUnread  = 99
)

// inbox shows the list of conversations.
func inbox(v *visit) error {
	d := &inboxData{frame: v.frame}
	if err := v.read(func(ctx context.Context, tx *db.Tx) error { return d.load(ctx, tx, v) }); err != nil {
		return err
	}
	return v.show("inbox", "Inbox", d)
}

func (d *inboxData) load(ctx context.Context, tx *db.Tx, v *visit) (err error) {
	q := v.r.URL.Query()
	const long = 200
	d.Show, d.Text, d.After = q.Get("show"), firstOf(q.Get("q"), long), q.Get("after") != ""
	if d.Users, err = crm.Users(ctx, tx, v.at()); err != nil {
		return err
	}
	in := conversation.Inbox{Show: d.Show, User: v.User.ID, Only: v.only, Text: d.Text, After: q.Get("after"), Limit: inboxRows, Look: inboxLooked}
	if d.Text != "" && d.Show == conversation.ShowOpen {
		in.Show = conversation.ShowAll // who looks for somebody looks everywhere
	}
	if d.List, d.Next, err = conversation.InboxPage(ctx, tx, v.at(), in); err != nil {
		return err
	}
	n, err := conversation.UnreadCount(ctx, tx, v.at(), v.only, mostUnread+1, 3*mostUnread)
	d.Unread = unreadText(n)
	return err
}

// unreadText says how many there are to read, "" for none.
func unreadText(n int) string {
	switch {
	case n > mostUnread:
		return "99+"
	case n > 0:
		return numberText(n)
	}
	return ""
}

// firstOf cuts a text of an address.
func firstOf(text string, most int) string {
	r := []rune(text)
	return string(r[:min(len(r), most)])
}

// inboxPart is one of the lists of the inbox.
type inboxPart struct{ Name, Title string }

// Parts are the lists of the inbox.
func (d *inboxData) Parts() []inboxPart {
	all := []inboxPart{{conversation.ShowOpen, "Open"}, {conversation.ShowUnread, "Unread"}, {conversation.ShowMine, "Mine"}, {conversation.ShowUnassigned, "Unassigned"},
		{conversation.ShowStarred, "Starred"}, {conversation.ShowSnoozed, "Snoozed"}, {conversation.ShowAll, "All"}}
	if d.Who.Has(crm.AssignedOnly) {
		return append(all[:2:2], all[4:]...) // all of theirs are theirs
	}
	return all
}

// Link is the address of a list.
func (d *inboxData) Link(show string) string { return d.Base + "/inbox" + d.query(show, d.Text, "") }

// More is the address of the next page.
func (d *inboxData) More() string { return d.Base + "/inbox" + d.query(d.Show, d.Text, d.Next) }

// TalkLink is the address of the conversation with a contact, beside the list.
func (d *inboxData) TalkLink(contactID string) string {
	return d.Base + "/inbox/" + contactID + d.query(d.Show, d.Text, "")
}

// query holds which list somebody is in.
func (*inboxData) query(show, text, after string) string {
	q := url.Values{}
	for name, value := range map[string]string{"show": show, "q": text, "after": after} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if len(q) == 0 {
		return ""
	}
	return "?" + q.Encode()
}

// Empty says what an empty list means.
func (d *inboxData) Empty() (e struct{ Icon, Head, Text string }) {
	e.Icon, e.Head, e.Text = "message-square", "Nothing here", "Answers to your e-mails and texts come here by themselves. To begin, open a contact and write."
	switch {
	case d.Text != "":
		e.Icon, e.Head, e.Text = "search", "Nobody found", "Try another part of a name, an e-mail address or a number."
	case d.Show == conversation.ShowUnread:
		e.Icon, e.Head, e.Text = "check-check", "All read", "You are up to date."
	case d.Show == conversation.ShowMine:
		e.Text = "Conversations with the contacts that are assigned to you come here."
	case d.Show == conversation.ShowUnassigned:
		e.Icon, e.Head, e.Text = "user-check", "Somebody has them all", "Every conversation is with a contact that somebody takes care of."
	case d.Show == conversation.ShowStarred:
		e.Icon, e.Text = "star", "Star a conversation to find it here."
	case d.Show == conversation.ShowSnoozed:
		e.Icon, e.Text = "clock", "What you snooze waits here until its time comes."
	}
	return e
}

// Named is what to call a contact by.
func (*inboxData) Named(c *crm.Contact) string { return contactName(c) }

func contactName(c *crm.Contact) string {
	for _, name := range []string{c.FullName(), c.Email, phoneText(c.Phone)} {
		if name != "" {
			return name
		}
	}
	return "No name"
}

// Call is what to call the contact of a conversation by.
func (*inboxData) Call(f conversation.Found) string { return contactName(&f.Contact) }

// Snoozed reports whether a moment until which something is put aside is to come.
func (d *inboxData) Snoozed(until time.Time) bool { return until.After(d.now) }

// ChannelIcon is the picture of a type of message.
func (*inboxData) ChannelIcon(typ string) string { return channelIcon(typ) }

func channelIcon(typ string) string {
	switch typ {
	case conversation.EMail, "TYPE_CAMPAIGN_EMAIL", "TYPE_CUSTOM_EMAIL":
		return "mail"
	case conversation.Call, "TYPE_IVR_CALL", "TYPE_CAMPAIGN_CALL", "TYPE_CAMPAIGN_VOICEMAIL":
		return "phone"
	case "TYPE_INTERNAL_COMMENT":
		return "sticky-note"
	}
	return "message-square"
}
