package conversation

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
)

// Query selects conversations of a location. Empty fields select all.
type Query struct {
	ID         string
	ContactID  string
	AssignedTo []string // users that the contact is assigned to; "unassigned" is nobody
	Only       string   // a user: only conversations with contacts assigned to them
	Followers  []string // users that follow the contact
	Text       string   // words of the contact: name, e-mail, phone
	Status     string   // read, unread, starred; "" and "all" are any; "recents" are those with messages
	LastType   string
	Direction  string // of the last message
	Manual     *bool  // whether a person wrote the last message
	From, To   time.Time
	ByManual   bool // sort by the last message that a person wrote
	Oldest     bool // the oldest first
	After      time.Time
	Limit      int
}

// Found is a conversation with its contact.
type Found struct {
	Conversation
	Contact crm.Contact
	Sorted  time.Time // what it was sorted by
}

// Search gives the conversations that a query selects, and how many there are in
// all, the page's start left aside.
func Search(ctx context.Context, tx *db.Tx, locationID string, q Query) (list []Found, total int64, err error) {
	s := &selection{args: []any{locationID}}
	if possible, err := s.conditions(ctx, tx, locationID, q); err != nil || !possible {
		return nil, 0, err
	}
	const from = "FROM conversations c JOIN contacts p ON p.location_id = c.location_id AND p.id = c.contact_id WHERE c.location_id = $1 AND c.merged_into = ''"
	if _, err := tx.Get(ctx, []any{&total}, "SELECT COUNT(*) "+from+s.where.String(), s.args...); err != nil {
		return nil, 0, err
	}
	// Without a message it stands where it was made.
	column, order, beyond := "CASE WHEN c.last_at = 0 THEN c.created_at ELSE c.last_at END", "DESC", "<"
	if q.ByManual {
		column = "c.last_manual_at"
	}
	if q.Oldest {
		order, beyond = "ASC", ">"
	}
	if !q.After.IsZero() {
		s.and("(" + column + ") " + beyond + " " + s.mark(q.After.UnixMilli()))
	}
	tail := fmt.Sprintf(" ORDER BY %s %s, c.id %s LIMIT %s", column, order, order, s.mark(q.Limit))
	list, err = s.page(ctx, tx, "SELECT c.id, "+column+" "+from+s.where.String()+tail)
	if err != nil {
		return nil, 0, err
	}
	for i := range list {
		if err := list[i].load(ctx, tx, locationID); err != nil {
			return nil, 0, err
		}
	}
	return list, total, nil
}

// selection is the WHERE of a search that grows with its conditions.
type selection struct {
	where strings.Builder
	args  []any
}

func (s *selection) mark(v any) string {
	s.args = append(s.args, v)
	return fmt.Sprintf("$%d", len(s.args))
}

func (s *selection) and(condition string) { s.where.WriteString(" AND " + condition) }

// conditions writes what a query asks for. possible is false where nobody can
// be found.
func (s *selection) conditions(ctx context.Context, tx *db.Tx, locationID string, q Query) (possible bool, err error) {
	if q.ID != "" {
		// one that goes on in another is that one
		s.and(strings.ReplaceAll("c.id = "+current, "$2", s.mark(q.ID)))
	}
	if q.ContactID != "" {
		contactID, err := crm.Meant(ctx, tx, locationID, q.ContactID)
		if err != nil {
			return false, err
		}
		s.and("c.contact_id = " + s.mark(contactID))
	}
	for _, e := range []struct{ column, value string }{{"c.last_type", q.LastType}, {"c.last_direction", q.Direction}} {
		if e.value != "" {
			s.and(e.column + " = " + s.mark(e.value))
		}
	}
	if len(q.AssignedTo) > 0 {
		var marks []string
		for _, u := range q.AssignedTo {
			if u == "unassigned" {
				u = ""
			}
			marks = append(marks, s.mark(u))
		}
		s.and("p.assigned_to IN (" + strings.Join(marks, ", ") + ")")
	}
	if q.Only != "" {
		s.and("p.assigned_to = " + s.mark(q.Only))
	}
	if len(q.Followers) > 0 {
		var any []string
		for _, u := range q.Followers {
			any = append(any, strings.ReplaceAll("/*sqlite EXISTS (SELECT 1 FROM json_each(p.followers) WHERE value = $X)*/ /*postgres jsonb_exists(p.followers, $X)*/", "$X", s.mark(u)))
		}
		s.and("(" + strings.Join(any, " OR ") + ")")
	}
	switch q.Status {
	case "read":
		s.and("c.unread_count = 0")
	case "unread":
		s.and("c.unread_count > 0")
	case "starred":
		s.and("c.starred")
	case "recents":
		s.and("c.last_at > 0")
	}
	if q.Manual != nil {
		is := "<>"
		if *q.Manual {
			is = "="
		}
		s.and("c.last_at > 0 AND c.last_at " + is + " c.last_manual_at")
	}
	if !q.From.IsZero() {
		s.and("c.last_at >= " + s.mark(q.From.UnixMilli()))
	}
	if !q.To.IsZero() {
		s.and("c.last_at <= " + s.mark(q.To.UnixMilli()))
	}
	if q.Text == "" {
		return true, nil
	}
	mark := fmt.Sprintf("$%d", len(s.args)+1)
	numbers, words, err := crm.Found(ctx, tx, locationID, q.Text, mark)
	if err != nil || words == "" {
		return false, err
	}
	s.args = append(s.args, words)
	s.and("p.number IN (" + numbers + ")")
	return true, nil
}

// page gives the ids of a page, and what they are sorted by.
func (s *selection) page(ctx context.Context, tx *db.Tx, query string) (list []Found, err error) {
	var f Found
	err = tx.Each(ctx, []any{&f.ID, db.Millis(&f.Sorted)}, func() error {
		list = append(list, f)
		return nil
	}, query, s.args...)
	return list, err
}

// load reads a conversation that was found, and its contact.
func (f *Found) load(ctx context.Context, tx *db.Tx, locationID string) error {
	c, err := ByID(ctx, tx, locationID, f.ID)
	if err != nil {
		return err
	}
	f.Conversation = *c
	p, err := crm.ContactByID(ctx, tx, locationID, c.ContactID)
	if err == nil {
		f.Contact = *p
	}
	return err
}
