package crm

import (
	"context"
	"time"

	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/norm"
)

// Note is something written down about a contact.
type Note struct {
	LocationID string    `json:"locationId"`
	ContactID  string    `json:"contactId,omitempty"`
	ID         string    `json:"id"`
	Kind       string    `json:"kind,omitempty"` // note, comment, text_sent, text_received
	Title      string    `json:"title,omitempty"`
	Body       string    `json:"body,omitempty"`
	Color      string    `json:"color,omitempty"`
	Pinned     bool      `json:"pinned"`
	UserID     string    `json:"userId,omitempty"`
	CreatedAt  time.Time `json:"createdAt,omitzero"`
	UpdatedAt  time.Time `json:"updatedAt,omitzero"`
}

var notes = db.NewTable("notes", []string{"location_id", "contact_id", "id"}, func(n *Note) []db.Column {
	return []db.Column{
		{Name: "location_id", At: &n.LocationID}, {Name: "contact_id", At: &n.ContactID}, {Name: "id", At: &n.ID},
		{Name: "kind", At: &n.Kind}, {Name: "title", At: &n.Title}, {Name: "body", At: &n.Body}, {Name: "color", At: &n.Color},
		{Name: "pinned", At: &n.Pinned}, {Name: "user_id", At: &n.UserID},
		{Name: "created_at", At: db.Millis(&n.CreatedAt)}, {Name: "updated_at", At: db.Millis(&n.UpdatedAt)},
	}
})

// AddNote writes a note on a contact. Kind "" is a plain note. NotFound if the
// contact is not there.
func AddNote(ctx context.Context, tx *db.Tx, by Actor, n Note) (*Note, error) {
	contactID, err := existing(ctx, tx, by.LocationID, n.ContactID)
	if err != nil {
		return nil, err
	}
	n.ContactID = contactID
	if n.Kind == "" {
		n.Kind = "note"
	}
	n.LocationID, n.ID, n.CreatedAt, n.UpdatedAt = by.LocationID, tx.NewID(), tx.Now(), tx.Now()
	if err := notes.Insert(ctx, tx, &n); err != nil {
		return nil, err
	}
	err = emit(ctx, tx, by, "note.created", n.ContactID, n.ID, EventData{Kind: n.Kind, Text: excerpt(n.Body)})
	return &n, err
}

// NoteChange says what of a note is to be changed; nil stays.
type NoteChange struct {
	Title, Body, Color, UserID *string
	Pinned                     *bool
}

// ChangeNote changes a note of a contact. NotFound if it is not there.
func ChangeNote(ctx context.Context, tx *db.Tx, by Actor, contactID, noteID string, to NoteChange) (*Note, error) {
	n, err := ownNote(ctx, tx, by, contactID, noteID)
	if err != nil {
		return nil, err
	}
	var changes []Change
	set := func(field string, at, v *string) {
		if v != nil && *v != *at {
			changes = append(changes, Change{Field: field, From: orNil(excerpt(*at)), To: orNil(excerpt(*v))})
			*at = *v
		}
	}
	set("title", &n.Title, to.Title)
	set("body", &n.Body, to.Body)
	set("color", &n.Color, to.Color)
	set("userId", &n.UserID, to.UserID)
	if to.Pinned != nil && *to.Pinned != n.Pinned {
		changes = append(changes, Change{Field: "pinned", From: n.Pinned, To: *to.Pinned})
		n.Pinned = *to.Pinned
	}
	if len(changes) == 0 {
		return n, nil
	}
	n.UpdatedAt = later(tx.Now(), n.UpdatedAt)
	if err := notes.Update(ctx, tx, n); err != nil {
		return nil, err
	}
	err = emit(ctx, tx, by, "note.updated", n.ContactID, noteID, EventData{Changes: changes})
	return n, err
}

// DeleteNote removes a note. NotFound if it is not there.
func DeleteNote(ctx context.Context, tx *db.Tx, by Actor, contactID, noteID string) error {
	n, err := ownNote(ctx, tx, by, contactID, noteID)
	if err != nil {
		return err
	}
	if err := tx.Do(ctx, "DELETE FROM notes WHERE location_id = $1 AND contact_id = $2 AND id = $3", by.LocationID, n.ContactID, noteID); err != nil {
		return err
	}
	err = emit(ctx, tx, by, "note.deleted", n.ContactID, noteID, EventData{Kind: n.Kind, Text: excerpt(n.Body), Was: Was(n)})
	return err
}

// NoteByID gives a note of a contact. NotFound if it is not there.
func NoteByID(ctx context.Context, tx *db.Tx, locationID, contactID, noteID string) (*Note, error) {
	n, err := notes.One(ctx, tx, "WHERE location_id = $1 AND contact_id = "+current+" AND id = $3", locationID, contactID, noteID)
	if err == nil && n == nil {
		err = errs.New(errs.NotFound, "Note not found")
	}
	return n, err
}

// ownNote gives a note that is to be changed. NotFound if it is not there.
func ownNote(ctx context.Context, tx *db.Tx, by Actor, contactID, noteID string) (*Note, error) {
	if _, err := existing(ctx, tx, by.LocationID, contactID); err != nil && !errs.Is(err, errs.NotFound) {
		return nil, err
	}
	return NoteByID(ctx, tx, by.LocationID, contactID, noteID)
}

// Notes gives the notes of a contact, the newest first.
func Notes(ctx context.Context, tx *db.Tx, locationID, contactID string) ([]Note, error) {
	return notes.All(ctx, tx, "WHERE location_id = $1 AND contact_id = "+current+" ORDER BY id DESC", locationID, contactID)
}

// excerpt is what a time line shows of a text.
func excerpt(s string) string {
	const most = 280
	out, _ := norm.Cut(s, most)
	return out
}
