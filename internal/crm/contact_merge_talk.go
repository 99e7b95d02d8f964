package crm

import (
	"context"

	"github.com/foyer-crm/foyer/internal/db"
)

// A contact has one conversation. When two who have one each become one, the
// kept contact's goes on with the messages of both; the other's row stays, says
// where it went, and its id goes on meaning the talk.

// talk is what of a conversation two can differ in.
type talk struct {
	LocationID                                             string
	ID                                                     string
	UnreadCount                                            int64
	Inbox, Starred                                         bool
	MessageID, MessageType, Body, Direction, MessageSource string // of the last message
	LastAt, LastManualAt, UpdatedAt                        int64
}

var talks = db.NewTable("conversations", []string{"location_id", "id"}, func(t *talk) []db.Column {
	return []db.Column{
		{Name: "location_id", At: &t.LocationID}, {Name: "id", At: &t.ID}, {Name: "unread_count", At: &t.UnreadCount}, {Name: "inbox", At: &t.Inbox}, {Name: "starred", At: &t.Starred},
		{Name: "last_message_id", At: &t.MessageID}, {Name: "last_type", At: &t.MessageType}, {Name: "last_body", At: &t.Body}, {Name: "last_direction", At: &t.Direction},
		{Name: "last_source", At: &t.MessageSource}, {Name: "last_at", At: &t.LastAt}, {Name: "last_manual_at", At: &t.LastManualAt}, {Name: "updated_at", At: &t.UpdatedAt},
	}
})

// talkMerge is what became of the other contact's conversation.
type talkMerge struct {
	Kept    string   `json:",omitempty"` // in which it goes on; "" if the kept contact had none, and has this one
	Other   string   // its id
	Through []string `json:",omitempty"` // ids that meant it already
	Was     db.Row   // what it goes on in, before
	Is      db.Row   // after
}

// ofTalk are the tables whose rows name a conversation and a contact.
var ofTalk = []string{"messages", "message_emails", "message_files"}

// takeTalk lets the other contact's conversation go on in the kept one's.
func (m *Merge) takeTalk(ctx context.Context, tx *db.Tx, keep, other *Contact) error {
	theirs, err := m.talkOf(ctx, tx, other.ID)
	if err != nil || theirs == nil {
		return err
	}
	ours, err := m.talkOf(ctx, tx, keep.ID)
	if err != nil {
		return err
	}
	t := &talkMerge{Other: theirs.ID}
	m.Data.Talk = t
	if ours == nil { // it is the kept contact's from now on, with all in it
		return m.talkRow(ctx, tx, theirs.ID, &t.Was)
	}
	t.Kept = ours.ID
	if err := m.talkRow(ctx, tx, ours.ID, &t.Was); err != nil {
		return err
	}
	ours.unite(theirs, m.CreatedAt.UnixMilli())
	if err := talks.Update(ctx, tx, ours); err != nil {
		return err
	}
	if err := m.talkRow(ctx, tx, ours.ID, &t.Is); err != nil {
		return err
	}
	if t.Through, err = tx.Texts(ctx, "SELECT id FROM conversations WHERE location_id = $1 AND merged_into = $2 ORDER BY id", m.LocationID, theirs.ID); err != nil {
		return err
	}
	if err := tx.Do(ctx, "UPDATE conversations SET merged_into = $3 WHERE location_id = $1 AND (id = $2 OR merged_into = $2)", m.LocationID, theirs.ID, ours.ID); err != nil {
		return err
	}
	return m.moveTalk(ctx, tx, theirs.ID, ours.ID, other.ID)
}

// moveTalk puts what a contact has in one conversation into another.
func (m *Merge) moveTalk(ctx context.Context, tx *db.Tx, from, to, contactID string) error {
	for _, table := range ofTalk {
		if err := tx.Do(ctx, "UPDATE "+table+" SET conversation_id = $3 WHERE location_id = $1 AND conversation_id = $2 AND contact_id = $4", m.LocationID, from, to, contactID); err != nil {
			return err
		}
	}
	return nil
}

// talkOf gives the conversation of a contact, nil if there is none.
func (m *Merge) talkOf(ctx context.Context, tx *db.Tx, contactID string) (*talk, error) {
	return talks.One(ctx, tx, "/*sqlite INDEXED BY conversations_contact*/ WHERE location_id = $1 AND contact_id = $2 AND merged_into = '' /*postgres FOR UPDATE*/", m.LocationID, contactID)
}

// talkRow reads a conversation as the database has it.
func (m *Merge) talkRow(ctx context.Context, tx *db.Tx, conversationID string, at *db.Row) error {
	row, err := talks.Rows().One(ctx, tx, "WHERE location_id = $1 AND id = $2", m.LocationID, conversationID)
	if err == nil && row != nil {
		*at = *row
	}
	return err
}

// unite makes a conversation show what two have.
func (t *talk) unite(other *talk, now int64) {
	t.UnreadCount += other.UnreadCount
	t.Inbox, t.Starred = t.Inbox || other.Inbox, t.Starred || other.Starred
	t.LastManualAt, t.UpdatedAt = max(t.LastManualAt, other.LastManualAt), max(now, t.UpdatedAt+1)
	if other.LastAt > t.LastAt {
		t.MessageID, t.MessageType, t.Body, t.Direction, t.MessageSource, t.LastAt = other.MessageID, other.MessageType, other.Body, other.Direction, other.MessageSource, other.LastAt
	}
}

// returnTalk parts the conversations again. What was said since stays with the
// kept contact.
func (m *Merge) returnTalk(ctx context.Context, tx *db.Tx) error {
	t := m.Data.Talk
	if t == nil {
		return nil
	}
	if t.Kept == "" {
		return m.leaveTalk(ctx, tx, t)
	}
	now, err := talks.Rows().One(ctx, tx, "WHERE location_id = $1 AND id = $2 /*postgres FOR UPDATE*/", m.LocationID, t.Kept)
	if err != nil || now == nil {
		return err // deleted since, with all that was said
	}
	var p parting
	next, err := p.row(t.Is, *now, t.Was)
	if err != nil {
		return err
	}
	if err := talks.Rows().Update(ctx, tx, &next); err != nil {
		return err
	}
	if err := m.moveTalk(ctx, tx, t.Kept, t.Other, m.OtherContactID); err != nil {
		return err
	}
	for _, id := range append([]string{t.Other}, t.Through...) {
		into := t.Other
		if id == t.Other {
			into = ""
		}
		if err := tx.Do(ctx, "UPDATE conversations SET merged_into = $3 WHERE location_id = $1 AND id = $2", m.LocationID, id, into); err != nil {
			return err
		}
	}
	return nil
}

// leaveTalk gives the other contact the conversation back that both had; if
// something was said since, the kept contact gets one of their own for it.
func (m *Merge) leaveTalk(ctx context.Context, tx *db.Tx, t *talkMerge) error {
	now, err := talks.Rows().One(ctx, tx, "WHERE location_id = $1 AND id = $2 /*postgres FOR UPDATE*/", m.LocationID, t.Other)
	if err != nil || now == nil {
		return err
	}
	var n int64
	const since = "SELECT 1 FROM messages WHERE location_id = $1 AND conversation_id = $2 AND contact_id = $3 UNION ALL SELECT 1 FROM message_files WHERE location_id = $1 AND conversation_id = $2 AND contact_id = $3 LIMIT 1"
	if said, err := tx.Get(ctx, []any{&n}, since, m.LocationID, t.Other, m.ContactID); err != nil || !said {
		return err
	}
	own := tx.NewID()
	const again = `INSERT INTO conversations (location_id, id, contact_id, type, unread_count, inbox, starred, last_message_id, last_type, last_body, last_direction, last_source, last_at, last_manual_at, created_at, updated_at, merged_into)
		SELECT location_id, $3, $4, type, unread_count, inbox, starred, last_message_id, last_type, last_body, last_direction, last_source, last_at, last_manual_at, $5, $5, '' FROM conversations WHERE location_id = $1 AND id = $2`
	if err := tx.Do(ctx, again, m.LocationID, t.Other, own, m.ContactID, tx.Now().UnixMilli()); err != nil {
		return err
	}
	if err := m.moveTalk(ctx, tx, t.Other, own, m.ContactID); err != nil {
		return err
	}
	return talks.Rows().Update(ctx, tx, &t.Was)
}

// takeEnrolments ends those of the other contact in workflows that the kept one
// is in too: one person must not go through the same steps twice.
func (m *Merge) takeEnrolments(ctx context.Context, tx *db.Tx, keep, other *Contact) (err error) {
	const twice = `SELECT id FROM enrolments WHERE location_id = $1 AND contact_id = $2 AND status = 'active' AND workflow_id IN
		(SELECT k.workflow_id FROM enrolments k WHERE k.location_id = $1 AND k.contact_id = $3 AND k.status = 'active') ORDER BY id`
	m.Data.Left, err = tx.Texts(ctx, twice, m.LocationID, other.ID, keep.ID)
	return m.enrolments(ctx, tx, err, "active", "removed")
}

// returnEnrolments lets the other contact go on in the workflows where they were.
func (m *Merge) returnEnrolments(ctx context.Context, tx *db.Tx) error {
	return m.enrolments(ctx, tx, nil, "removed", "active")
}

func (m *Merge) enrolments(ctx context.Context, tx *db.Tx, err error, from, to string) error {
	for _, id := range m.Data.Left {
		if err == nil {
			err = tx.Do(ctx, "UPDATE enrolments SET status = $4 WHERE location_id = $1 AND id = $2 AND status = $3", m.LocationID, id, from, to)
		}
	}
	return err
}
