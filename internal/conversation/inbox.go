package conversation

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/id"
)

// The parts of an inbox.
const (
	ShowOpen       = "" // what nobody has put away as done
	ShowAll        = "all"
	ShowUnread     = "unread"
	ShowMine       = "mine"
	ShowUnassigned = "unassigned"
	ShowStarred    = "starred"
	ShowSnoozed    = "snoozed"
)

// Inbox selects conversations that have messages, those that were last spoken in
// first; what is snoozed is left out of every part but its own.
type Inbox struct {
	Show  string
	User  string // whose ShowMine are
	Only  string // a user: only conversations with contacts assigned to them
	Text  string // words of the contact
	After string // what the page before gave as next, "" for the first
	Limit int
	// Look is how many conversations are looked at for those whose contacts fit: a
	// page costs the same however rare they are, may come back short, and go on.
	Look int
}

// fewContacts is up to how many contacts of an owner are looked through instead of
// the conversations.
const fewContacts = 1000

// InboxPage gives a page of an inbox, with contacts as crm.ContactsNamed reads
// them, and where the next one begins, "" for none.
func InboxPage(ctx context.Context, tx *db.Tx, locationID string, q Inbox) (list []Found, next string, err error) {
	s := &selection{args: []any{locationID}}
	s.and("c.merged_into = ''")
	order := "c.last_at DESC, c.id DESC"
	now := s.mark(tx.Now().UnixMilli())
	if q.Show == ShowSnoozed {
		s.and("c.snoozed_until > 0 AND c.snoozed_until > " + now)
	} else {
		s.and("c.snoozed_until <= " + now + " AND c.last_at > 0")
	}
	switch q.Show {
	case ShowOpen, ShowMine, ShowUnassigned:
		s.and("c.inbox")
	case ShowUnread:
		s.and("c.unread_count > 0")
	case ShowStarred:
		s.and("c.starred")
	}
	if at, ok := placeOf(q.After); ok {
		s.and(at.beyond(s))
	}
	from, end, possible, err := s.whose(ctx, tx, locationID, q)
	if err != nil || !possible {
		return nil, "", err
	}
	list, err = s.page(ctx, tx, "SELECT c.id, c.last_at "+from+s.where.String()+" ORDER BY "+order+" LIMIT "+s.mark(q.Limit+1))
	if err != nil {
		return nil, "", err
	}
	if len(list) > q.Limit {
		list = list[:q.Limit]
		last := list[q.Limit-1]
		end = (place{last.Sorted.UnixMilli(), last.ID}).String()
	}
	list, err = withNames(ctx, tx, locationID, list)
	return list, end, err
}

// withNames reads the conversations of a page, and of their contacts what names them.
func withNames(ctx context.Context, tx *db.Tx, locationID string, page []Found) ([]Found, error) {
	if len(page) == 0 {
		return nil, nil
	}
	s := &selection{args: []any{locationID}}
	var ids []string
	for i := range page {
		ids = append(ids, s.mark(page[i].ID))
	}
	all, err := conversations.All(ctx, tx, "WHERE location_id = $1 AND id IN ("+strings.Join(ids, ", ")+")", s.args...)
	if err != nil {
		return nil, err
	}
	read := map[string]*Conversation{}
	with := make([]string, len(all))
	for i := range all {
		read[all[i].ID], with[i] = &all[i], all[i].ContactID
	}
	there, err := crm.ContactsNamed(ctx, tx, locationID, with)
	if err != nil {
		return nil, err
	}
	for i := range page {
		if c := read[page[i].ID]; c != nil {
			page[i].Conversation = *c
			if p := there[c.ContactID]; p != nil {
				page[i].Contact = *p
			}
		}
	}
	return page, nil
}

// whose writes where the conversations come from, so that each question goes the
// shortest way: words by the search, an owner with few contacts by these, and
// anything else by the conversations themselves, of which only some are looked at.
// end is where the next page begins if the look ended before this one is full.
func (s *selection) whose(ctx context.Context, tx *db.Tx, locationID string, q Inbox) (from, end string, possible bool, err error) {
	owner, asks := q.Only, q.Only != ""
	switch {
	case q.Show == ShowMine && q.Only == "":
		owner, asks = q.User, true
	case q.Show == ShowUnassigned && q.Only == "":
		owner, asks = "", true
	case q.Show == ShowUnassigned:
		return "", "", false, nil // who sees only their own sees none that is nobody's
	}
	const joined = "p.location_id = $1 AND p.id = c.contact_id"
	if asks {
		s.and("p.assigned_to = " + s.mark(owner))
	}
	if q.Text != "" {
		mark := fmt.Sprintf("$%d", len(s.args)+1)
		numbers, words, err := crm.Found(ctx, tx, locationID, q.Text, mark)
		if err != nil || words == "" {
			return "", "", false, err
		}
		s.args = append(s.args, words)
		if crm.Common(tx, q.Text) {
			s.and(crm.Has("p.number", mark))
			end, err := s.within(ctx, tx, locationID, q)
			return "FROM conversations c JOIN contacts p ON " + joined + " WHERE c.location_id = $1", end, true, err
		}
		some := ""
		if owner == "" {
			some = "SELECT * FROM (" + numbers + " ORDER BY /*sqlite rowid*/ /*postgres number*/ DESC LIMIT " + s.mark(q.Look) + ") AS found"
		} else {
			const ownLooked = 20 // an index alone says whose they are
			own := "SELECT number FROM contacts WHERE location_id = $1 AND assigned_to = " + s.mark(owner) + " AND assigned_to <> '' ORDER BY id DESC LIMIT " + s.mark(ownLooked*q.Look)
			some = "SELECT number FROM (" + own + ") AS own WHERE number IN (" + numbers + ")"
		}
		s.and("p.number IN (" + some + ")")
		return "FROM contacts p /*sqlite CROSS*/ JOIN conversations c /*sqlite INDEXED BY conversations_contact*/ ON c.location_id = $1 AND c.contact_id = p.id WHERE /*sqlite +*/p.location_id = $1 AND c.location_id = $1", "", true, nil
	}
	if owner != "" {
		var n int64
		if _, err := tx.Get(ctx, []any{&n}, "SELECT COUNT(*) FROM (SELECT 1 AS one FROM contacts WHERE location_id = $1 AND assigned_to = $2 AND assigned_to <> '' LIMIT $3) AS few", locationID, owner, fewContacts+1); err != nil {
			return "", "", false, err
		}
		if n <= fewContacts {
			return "FROM contacts p /*sqlite INDEXED BY contacts_assigned CROSS*/ JOIN conversations c /*sqlite INDEXED BY conversations_contact*/ ON c.location_id = p.location_id AND c.contact_id = p.id WHERE p.location_id = $1 AND c.location_id = $1 AND p.assigned_to <> ''", "", true, nil
		}
	}
	if asks {
		if end, err = s.within(ctx, tx, locationID, q); err != nil {
			return "", "", false, err
		}
	}
	by := ""
	if q.Show == ShowSnoozed {
		by = "/*sqlite INDEXED BY conversations_snoozed*/ " // few, and the order would lead through all
	}
	return "FROM conversations c " + by + "JOIN contacts p ON " + joined + " WHERE c.location_id = $1", end, true, nil
}

// within narrows to the conversations that a page looks at, and gives where the next
// one begins, "" if they reach the end.
func (s *selection) within(ctx context.Context, tx *db.Tx, locationID string, q Inbox) (end string, err error) {
	end, err = lastInLook(ctx, tx, locationID, q)
	if at, ok := placeOf(end); ok {
		s.and("(c.last_at > " + s.mark(at.ms) + " OR c.last_at = " + s.mark(at.ms) + " AND c.id >= " + s.mark(at.id) + ")")
	}
	return end, err
}

// lastInLook gives the last conversation that a page looks at, "" if it reaches
// the end.
func lastInLook(ctx context.Context, tx *db.Tx, locationID string, q Inbox) (string, error) {
	s := &selection{args: []any{locationID}}
	if at, ok := placeOf(q.After); ok {
		s.and(at.beyond(s))
	}
	var at place
	found, err := tx.Get(ctx, []any{&at.ms, &at.id}, "SELECT c.last_at, c.id FROM conversations c WHERE c.location_id = $1"+s.where.String()+" ORDER BY c.last_at DESC, c.id DESC LIMIT 1 OFFSET "+s.mark(q.Look), s.args...)
	if err != nil || !found {
		return "", err
	}
	return at.String(), nil
}

// place is where a page of an inbox ends.
type place struct {
	ms int64
	id string
}

func (p place) String() string { return strconv.FormatInt(p.ms, 10) + "." + p.id }

func placeOf(text string) (place, bool) {
	ms, last, _ := strings.Cut(text, ".")
	n, err := strconv.ParseInt(ms, 10, 64)
	return place{n, last}, err == nil && id.Valid(last)
}

// beyond is the condition for what comes behind a place. The first half of it is
// what an index is read from.
func (p place) beyond(s *selection) string {
	ms := s.mark(p.ms)
	return "c.last_at <= " + ms + " AND (c.last_at < " + ms + " OR c.id < " + s.mark(p.id) + ")"
}

// MayWrite gives why a contact cannot be written to on a channel, nil if they can:
// what SendMessage would refuse.
func MayWrite(c *crm.Contact, channel string) error {
	ch, ok := channelNamed(channel)
	if !ok {
		return fmt.Errorf("%q is not a channel", channel)
	}
	return sendable(c, ch, &Send{Channel: channel, Body: "-"})
}

// UnreadCount counts the conversations with unread messages, up to a number: of
// contacts of one owner, or of all for "". Of one owner only those are counted that
// are among the last looked of all.
func UnreadCount(ctx context.Context, tx *db.Tx, locationID, owner string, most, looked int) (n int, err error) {
	if owner == "" {
		looked = most
	}
	_, err = tx.Get(ctx, []any{&n}, `SELECT COUNT(*) FROM (SELECT c.contact_id FROM conversations c WHERE c.location_id = $1 AND c.unread_count > 0 AND c.merged_into = '' AND c.snoozed_until <= $2
		ORDER BY c.last_at DESC, c.id DESC LIMIT $4) AS part
		WHERE $3 = '' OR EXISTS (SELECT 1 FROM contacts p WHERE p.location_id = $1 AND p.id = part.contact_id AND p.assigned_to = $3)`, locationID, tx.Now().UnixMilli(), owner, looked)
	return n, err
}

// Parts are what a page of messages shows beside them: their e-mails and files, by
// the message.
type Parts struct {
	Emails map[string]Email
	Files  map[string][]File // without their content
}

// PartsOf gives the e-mails and files of messages of one conversation, in two
// questions however many there are.
func PartsOf(ctx context.Context, tx *db.Tx, locationID string, of []Message) (p Parts, err error) {
	p = Parts{map[string]Email{}, map[string][]File{}}
	if len(of) == 0 {
		return p, nil
	}
	byMessage, byMail := &selection{args: []any{locationID}}, &selection{args: []any{locationID}}
	var ids, mails []string
	for i := range of {
		ids = append(ids, byMessage.mark(of[i].ID))
		if of[i].EmailID != "" {
			mails = append(mails, byMail.mark(of[i].EmailID))
		}
	}
	f := File{LocationID: locationID}
	if err := tx.Each(ctx, []any{&f.MessageID, &f.ID, &f.Kind, &f.Name, &f.ContentType, &f.Size, &f.Token, db.Millis(&f.CreatedAt)}, func() error {
		p.Files[f.MessageID] = append(p.Files[f.MessageID], f)
		return nil
	}, "SELECT message_id, id, kind, name, content_type, size, token, created_at FROM message_files /*sqlite INDEXED BY message_files_message*/ WHERE location_id = $1 AND message_id IN ("+strings.Join(ids, ", ")+") ORDER BY id", byMessage.args...); err != nil {
		return p, err
	}
	if len(mails) == 0 {
		return p, nil
	}
	list, err := emails.All(ctx, tx, "WHERE location_id = $1 AND id IN ("+strings.Join(mails, ", ")+")", byMail.args...)
	for i := range list {
		p.Emails[list[i].MessageID] = list[i]
	}
	return p, err
}

// MarkUnread and MarkRead say how many messages of a conversation are unread.
func MarkUnread(ctx context.Context, tx *db.Tx, by crm.Actor, conversationID string) error {
	return mark(ctx, tx, by, conversationID, 1)
}

// MarkRead says that nothing in a conversation is unread.
func MarkRead(ctx context.Context, tx *db.Tx, by crm.Actor, conversationID string) error {
	return mark(ctx, tx, by, conversationID, 0)
}

func mark(ctx context.Context, tx *db.Tx, by crm.Actor, conversationID string, n int64) error {
	c, err := ByID(ctx, tx, by.LocationID, conversationID)
	if err != nil || (c.UnreadCount > 0) == (n > 0) {
		return err
	}
	_, err = ChangeConversation(ctx, tx, by, c.ID, Change{UnreadCount: &n})
	return err
}

// OfContact gives the conversation with a contact, nil if there is none yet.
func OfContact(ctx context.Context, tx *db.Tx, locationID, contactID string) (*Conversation, error) {
	return conversations.One(ctx, tx, "/*sqlite INDEXED BY conversations_contact*/ WHERE location_id = $1 AND contact_id = $2 AND merged_into = ''", locationID, contactID)
}
