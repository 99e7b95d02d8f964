package crm

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/id"
)

// Whole is a contact with everything that belongs to it, as it leaves one Foyer
// and enters another. All lists begin with the oldest.
type Whole struct {
	Contact      Contact
	Notes        []Note
	Tasks        []Task
	Activities   []Activity
	Properties   []Property
	Requirements []Requirement
	Links        []Link
	History      []Happened
	FormerIDs    []FormerID
	Behind       []string // identity keys that another contact owns
}

// FormerID is the id of a contact that was merged into another. Its history
// still goes by that id.
type FormerID struct {
	ID      string
	Number  int64
	MergeID string
}

// Happened is an Event whose data is left as it is kept.
type Happened struct {
	LocationID   string
	ID           string
	Type         string
	ContactID    string
	ObjectID     string
	Origin       string
	CredentialID string
	UserID       string
	Data         json.RawMessage // EventData
}

// At is when it happened, in UTC.
func (h *Happened) At() time.Time { return id.Time(h.ID) }

var happened = db.NewTable("events", []string{"location_id", "id"}, func(h *Happened) []db.Column {
	return []db.Column{
		{Name: "location_id", At: &h.LocationID}, {Name: "id", At: &h.ID}, {Name: "type", At: &h.Type},
		{Name: "contact_id", At: &h.ContactID}, {Name: "object_id", At: &h.ObjectID}, {Name: "origin", At: &h.Origin},
		{Name: "credential_id", At: &h.CredentialID}, {Name: "user_id", At: &h.UserID}, {Name: "data", At: db.JSON(&h.Data, "{}")},
	}
})

// Wholes gives the contacts of a location behind an id ("" for the first) in the
// order of their ids, at most limit of them, with everything that belongs to
// them. It reads each table once, side by side with the contacts. Behind is
// filled only where it is asked for: see AnyBehind.
func Wholes(ctx context.Context, tx *db.Tx, locationID, after string, limit int, behind bool) ([]Whole, error) {
	list, err := ContactsBehind(ctx, tx, locationID, after, limit)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	p := wholes{tx, locationID, make([]Whole, len(list))}
	for i := range list {
		p.page[i].Contact = list[i]
	}
	for _, fill := range fillings {
		if err := fill(ctx, p); err != nil {
			return nil, err
		}
	}
	if behind {
		err = p.behind(ctx)
	}
	return p.page, err
}

// wholes is a page of contacts that is being filled.
type wholes struct {
	tx         *db.Tx
	locationID string
	page       []Whole
}

// fillings are the tables whose rows belong to a contact.
var fillings = []func(ctx context.Context, p wholes) error{
	beside(notes, "id", func(n *Note) string { return n.ContactID }, func(w *Whole, n Note) { w.Notes = append(w.Notes, n) }),
	beside(tasks, "id", func(t *Task) string { return t.ContactID }, func(w *Whole, t Task) { w.Tasks = append(w.Tasks, t) }),
	beside(activities, "id", func(a *Activity) string { return a.ContactID }, func(w *Whole, a Activity) { w.Activities = append(w.Activities, a) }),
	beside(properties, "id", func(x *Property) string { return x.ContactID }, func(w *Whole, x Property) { w.Properties = append(w.Properties, x) }),
	beside(requirements, "id", func(x *Property) string { return x.ContactID }, func(w *Whole, x Property) { w.Requirements = append(w.Requirements, Requirement(x)) }),
	beside(links, "created_at, origin, scope, external_id", func(l *Link) string { return l.ContactID }, func(w *Whole, l Link) { w.Links = append(w.Links, l) }),
	beside(happened, "id", func(h *Happened) string { return h.ContactID }, func(w *Whole, h Happened) { w.History = append(w.History, h) }),
	beside(aliases, "id", func(a *alias) string { return a.ContactID }, func(w *Whole, a alias) {
		w.FormerIDs = append(w.FormerIDs, FormerID{a.ID, a.Number, a.MergeID})
	}),
	func(ctx context.Context, p wholes) error { return p.before(ctx) },
}

// beside gives the function that reads the rows of a table which belong to the
// contacts of a page. Both are in the order of the contacts' ids.
func beside[T any](table *db.Table[T], order string, of func(*T) string, put func(*Whole, T)) func(ctx context.Context, p wholes) error {
	return func(ctx context.Context, p wholes) error {
		first, last := p.page[0].Contact.ID, p.page[len(p.page)-1].Contact.ID
		rows, err := table.All(ctx, p.tx, "WHERE location_id = $1 AND contact_id >= $2 AND contact_id <= $3 ORDER BY contact_id, "+order, p.locationID, first, last)
		at := 0
		for i := range rows {
			for at < len(p.page) && p.page[at].Contact.ID < of(&rows[i]) {
				at++
			}
			if at < len(p.page) && p.page[at].Contact.ID == of(&rows[i]) { // it may tell of one who is gone
				put(&p.page[at], rows[i])
			}
		}
		return err
	}
}

// before reads the history of those who were merged into the page's contacts.
func (p wholes) before(ctx context.Context) error {
	for i := range p.page {
		w := &p.page[i]
		for _, f := range w.FormerIDs {
			list, err := happened.All(ctx, p.tx, "WHERE location_id = $1 AND contact_id = $2 ORDER BY id", p.locationID, f.ID)
			if err != nil {
				return err
			}
			w.History = append(w.History, list...)
		}
		if len(w.FormerIDs) > 0 {
			slices.SortFunc(w.History, func(a, b Happened) int { return strings.Compare(a.ID, b.ID) })
		}
	}
	return nil
}

// behind finds the keys of the page's contacts that others own.
func (p wholes) behind(ctx context.Context) error {
	const most = 400 // keys in one statement
	place := map[string]int{}
	var keys []string
	for i := range p.page {
		w := &p.page[i]
		place[w.Contact.ID] = i
		keys = append(keys, w.keys()...)
	}
	for len(keys) > 0 {
		n := min(most, len(keys))
		if err := p.look(ctx, keys[:n], place); err != nil {
			return err
		}
		keys = keys[n:]
	}
	return nil
}

func (p wholes) look(ctx context.Context, keys []string, place map[string]int) (err error) {
	var key, contactID string
	return p.tx.Each(ctx, []any{&key, &contactID}, func() error {
		if i, here := place[contactID]; here {
			p.page[i].Behind = append(p.page[i].Behind, key)
		}
		return nil
	}, "SELECT key, contact_id FROM identities WHERE location_id = $1 AND rank > 0 AND key IN ("+marks(2, len(keys))+") ORDER BY key, rank", args(p.locationID, keys)...)
}

// keys lists the identity keys of a contact, those of its links with them.
func (w *Whole) keys() []string {
	keys := keysOf(&w.Contact, everyKey...)
	for _, l := range w.Links {
		if k := linkKey(l.Origin, l.Scope, l.ExternalID); k != "" {
			keys = append(keys, k)
		}
	}
	return keys
}

// AnyBehind reports whether any contact of a location has a key that another
// owns.
func AnyBehind(ctx context.Context, tx *db.Tx, locationID string) (bool, error) {
	var one int64
	return tx.Get(ctx, []any{&one}, "SELECT 1 FROM identities WHERE location_id = $1 AND rank > 0 LIMIT 1", locationID)
}
