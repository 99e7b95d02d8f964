package crm

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/id"
)

// Event is something that happened: who did it, through which door, and what
// changed. Its id sorts by time.
type Event struct {
	LocationID   string
	ID           string
	Type         string // thing.past: contact.created, note.created, …
	ContactID    string
	ObjectID     string // the note, activity, … that it is about, if not the contact
	Origin       string // the door
	CredentialID string
	UserID       string
	Data         EventData
}

// EventData is what the event has to say beyond that it happened.
type EventData struct {
	Changes []Change `json:"changes,omitempty"`
	// Lost are values that gave way in a merge, or that its undoing took back.
	Lost []Change `json:"lost,omitempty"`
	// Other is the second contact of an event between two.
	Other string `json:"other,omitempty"`
	// Text is what a note or activity said, cut for the time line.
	Text string `json:"text,omitempty"`
	// Kind narrows the type: the kind of a note, the type of an activity.
	Kind string `json:"kind,omitempty"`
	// Was is what was deleted, as it was before.
	Was json.RawMessage `json:"was,omitempty"`
}

// Was keeps in an event what a command deleted.
func Was(deleted any) json.RawMessage {
	text, err := json.Marshal(deleted)
	if err != nil {
		return nil // records are texts, numbers and moments: it cannot fail
	}
	return text
}

// At is when it happened, in UTC.
func (e *Event) At() time.Time { return id.Time(e.ID) }

var events = db.NewTable("events", []string{"location_id", "id"}, func(e *Event) []db.Column {
	return []db.Column{
		{Name: "location_id", At: &e.LocationID}, {Name: "id", At: &e.ID}, {Name: "type", At: &e.Type},
		{Name: "contact_id", At: &e.ContactID}, {Name: "object_id", At: &e.ObjectID}, {Name: "origin", At: &e.Origin},
		{Name: "credential_id", At: &e.CredentialID}, {Name: "user_id", At: &e.UserID}, {Name: "data", At: db.JSON(&e.Data, "{}")},
	}
})

// emit stores an event in the transaction that makes it true.
func emit(ctx context.Context, tx *db.Tx, by Actor, typ, contactID, objectID string, data EventData) error {
	if err := by.mayWrite(); err != nil {
		return err
	}
	e := eventOf(by, tx.NewID(), typ, contactID, objectID, data)
	return events.Insert(ctx, tx, &e)
}

func eventOf(by Actor, eventID, typ, contactID, objectID string, data EventData) Event {
	return Event{
		LocationID: by.LocationID, ID: eventID, Type: typ, ContactID: contactID, ObjectID: objectID,
		Origin: by.Origin, CredentialID: by.CredentialID, UserID: by.UserID, Data: data,
	}
}

// Events gives a contact's events, the newest first; before is an event id to
// start behind, "" for the newest.
func Events(ctx context.Context, tx *db.Tx, locationID, contactID, before string, limit int) ([]Event, error) {
	if before == "" {
		before = "~" // sorts behind every id
	}
	return events.All(ctx, tx, "WHERE location_id = $1 AND id IN ("+ofContacts+"= "+current+" AND e.id < $3 ORDER BY e.id DESC LIMIT $4) ORDER BY id DESC", locationID, contactID, before, limit)
}

// ofContacts looks the ids of contacts' events up by themselves: a planner
// without statistics would rather read everybody's events in their order.
const ofContacts = "SELECT e.id FROM events e WHERE e.location_id = $1 AND e.contact_id "

// history gives the newest events of a contact and of all that were merged into it.
func history(ctx context.Context, tx *db.Tx, locationID, contactID string, limit int) ([]Event, error) {
	ids, err := lives(ctx, tx, locationID, contactID)
	if err != nil {
		return nil, err
	}
	if len(ids) == 1 {
		return Events(ctx, tx, locationID, contactID, "", limit)
	}
	return events.All(ctx, tx, "WHERE location_id = $1 AND id IN ("+ofContacts+"IN ("+marks(2, len(ids))+") ORDER BY e.id DESC LIMIT "+strconv.Itoa(limit)+") ORDER BY id DESC", args(locationID, ids)...)
}

// EventsBehind gives a contact's events behind an id, the newest first.
func EventsBehind(ctx context.Context, tx *db.Tx, locationID, contactID, after string, limit int) ([]Event, error) {
	return events.All(ctx, tx, "WHERE location_id = $1 AND id IN ("+ofContacts+"= $2 AND e.id > $3 ORDER BY e.id DESC LIMIT $4) ORDER BY id DESC", locationID, contactID, after, limit)
}

// EventsSince gives a location's events from an id on (that one included), the
// oldest first, of one type or of all for "".
func EventsSince(ctx context.Context, tx *db.Tx, locationID, from, typ string, limit int) ([]Event, error) {
	return events.All(ctx, tx, "WHERE location_id = $1 AND id >= $2 AND ($3 = '' OR type = $3) ORDER BY id LIMIT $4", locationID, from, typ, limit)
}

// EventsBetween gives a location's events behind an id and below another, the
// oldest first.
func EventsBetween(ctx context.Context, tx *db.Tx, locationID, after, below string, limit int) ([]Event, error) {
	return events.All(ctx, tx, "WHERE location_id = $1 AND id > $2 AND id < $3 ORDER BY id LIMIT $4", locationID, after, below, limit)
}

// AuditFilter narrows what Audit gives. Empty fields narrow nothing.
type AuditFilter struct {
	UserID string
	Thing  string // contact, task, user, …
	Before string // an id: what happened before it
}

// auditLook is how many events one look of Audit goes through.
const auditLook = 5000

// Audit gives what happened in a location, the newest first. It goes through a few
// thousand events at a time, so that it costs the same however seldom what is
// looked for is: next is where to go on, "" at the end.
func Audit(ctx context.Context, tx *db.Tx, locationID string, f AuditFilter, limit int) (list []Event, next string, err error) {
	before := f.Before
	if before == "" {
		before = "~" // sorts behind every id
	}
	var last string
	more, err := tx.Get(ctx, []any{&last}, "SELECT id FROM events WHERE location_id = $1 AND id < $2 ORDER BY id DESC LIMIT 1 OFFSET $3", locationID, before, auditLook)
	if err != nil {
		return nil, "", err
	}
	list, err = events.All(ctx, tx, "WHERE location_id = $1 AND id < $2 AND id > $3 AND ($4 = '' OR user_id = $4) AND ($5 = '' OR type LIKE $5) ORDER BY id DESC LIMIT $6",
		locationID, before, last, f.UserID, map[bool]string{true: "", false: f.Thing + ".%"}[f.Thing == ""], limit)
	switch {
	case err != nil:
		return nil, "", err
	case len(list) == limit:
		next = list[limit-1].ID
	case more:
		next = last + " " // that one is looked at the next time
	}
	return list, next, nil
}

// LastEvent gives the id of a location's last event below an id, "" if there is none.
func LastEvent(ctx context.Context, tx *db.Tx, locationID, below string) (last string, err error) {
	_, err = tx.Get(ctx, []any{&last}, "SELECT id FROM events WHERE location_id = $1 AND id < $2 ORDER BY id DESC LIMIT 1", locationID, below)
	return last, err
}

// HappenedSince reports whether a location has an event of a thing (contact, task,
// …) behind an id.
func HappenedSince(ctx context.Context, tx *db.Tx, locationID, thing, after string) (bool, error) {
	var one int64
	return tx.Get(ctx, []any{&one}, "SELECT 1 FROM events WHERE location_id = $1 AND id > $2 AND type LIKE $3 LIMIT 1", locationID, after, thing+".%")
}

// Provenance says which source wrote the value that a field has now.
type Provenance struct {
	Field   string    `json:"field"`
	Value   any       `json:"value"`
	Origin  string    `json:"origin"`
	EventID string    `json:"eventId"`
	UserID  string    `json:"userId,omitempty"`
	At      time.Time `json:"at"` // UTC
}

// FieldOrigins gives the provenance of every field of a contact that was ever
// written, by canonical name. It is read off the events: the last one that
// names a field is the one that wrote it. A merge that was undone wrote nothing.
func FieldOrigins(ctx context.Context, tx *db.Tx, locationID, contactID string) (map[string]Provenance, error) {
	const page = 200
	out, undone := map[string]Provenance{}, map[string]bool{}
	for before := ""; ; {
		list, err := Events(ctx, tx, locationID, contactID, before, page)
		if err != nil {
			return nil, err
		}
		for _, e := range list {
			if e.Type == "contact.unmerged" {
				undone[e.ObjectID] = true
			}
			if undone[e.ObjectID] || !strings.HasPrefix(e.Type, "contact.") { // of a task, a message, …
				continue
			}
			for _, ch := range e.Data.Changes {
				if _, newer := out[ch.Field]; !newer {
					out[ch.Field] = Provenance{Field: ch.Field, Value: ch.To, Origin: e.Origin, EventID: e.ID, UserID: e.UserID, At: e.At()}
				}
			}
		}
		if len(list) < page {
			return out, nil
		}
		before = list[len(list)-1].ID
	}
}
