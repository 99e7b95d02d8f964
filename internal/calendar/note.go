package calendar

import (
	"context"
	"time"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
)

// Note is something written down about an appointment.
type Note struct {
	LocationID    string
	AppointmentID string
	ID            string
	ContactID     string // the appointment's
	Body          string
	UserID        string
	CreatedAt     time.Time
	UpdatedAt     time.Time
}

var notes = db.NewTable("appointment_notes", []string{"location_id", "appointment_id", "id"}, func(n *Note) []db.Column {
	return []db.Column{
		{Name: "location_id", At: &n.LocationID}, {Name: "appointment_id", At: &n.AppointmentID}, {Name: "id", At: &n.ID}, {Name: "contact_id", At: &n.ContactID},
		{Name: "body", At: &n.Body}, {Name: "user_id", At: &n.UserID}, {Name: "created_at", At: db.Millis(&n.CreatedAt), Fixed: true}, {Name: "updated_at", At: db.Millis(&n.UpdatedAt)},
	}
})

// AddNote writes a note on an appointment. NotFound if that is not there.
func AddNote(ctx context.Context, tx *db.Tx, by crm.Actor, n Note) (*Note, error) {
	a, err := AppointmentByID(ctx, tx, by.LocationID, n.AppointmentID)
	if err != nil {
		return nil, err
	}
	n.LocationID, n.ID, n.ContactID, n.CreatedAt, n.UpdatedAt = by.LocationID, tx.NewID(), a.ContactID, tx.Now(), tx.Now()
	if err := notes.Insert(ctx, tx, &n); err != nil {
		return nil, err
	}
	return &n, crm.Emit(ctx, tx, by, "appointment_note.created", n.ContactID, n.ID, crm.EventData{Text: crm.Excerpt(n.Body)})
}

// ChangeNote changes a note of an appointment; nil stays. NotFound if it is not there.
func ChangeNote(ctx context.Context, tx *db.Tx, by crm.Actor, appointmentID, noteID string, body, userID *string) (*Note, error) {
	n, err := noteByID(ctx, tx, by.LocationID, appointmentID, noteID)
	if err != nil {
		return nil, err
	}
	var changes []crm.Change
	for _, f := range []struct {
		name  string
		at, v *string
	}{{"body", &n.Body, body}, {"userId", &n.UserID, userID}} {
		if f.v != nil && *f.v != *f.at {
			changes = append(changes, crm.Change{Field: f.name, From: crm.Excerpt(*f.at), To: crm.Excerpt(*f.v)})
			*f.at = *f.v
		}
	}
	if len(changes) == 0 {
		return n, nil
	}
	n.UpdatedAt = later(tx.Now(), n.UpdatedAt)
	if err := notes.Update(ctx, tx, n); err != nil {
		return nil, err
	}
	return n, crm.Emit(ctx, tx, by, "appointment_note.updated", n.ContactID, n.ID, crm.EventData{Changes: changes})
}

// DeleteNote removes a note of an appointment. NotFound if it is not there.
func DeleteNote(ctx context.Context, tx *db.Tx, by crm.Actor, appointmentID, noteID string) error {
	n, err := noteByID(ctx, tx, by.LocationID, appointmentID, noteID)
	if err != nil {
		return err
	}
	if err := tx.Do(ctx, "DELETE FROM appointment_notes WHERE location_id = $1 AND appointment_id = $2 AND id = $3", by.LocationID, appointmentID, noteID); err != nil {
		return err
	}
	return crm.Emit(ctx, tx, by, "appointment_note.deleted", n.ContactID, n.ID, crm.EventData{Text: crm.Excerpt(n.Body)})
}

func noteByID(ctx context.Context, tx *db.Tx, locationID, appointmentID, noteID string) (*Note, error) {
	n, err := notes.One(ctx, tx, "WHERE location_id = $1 AND appointment_id = $2 AND id = $3", locationID, appointmentID, noteID)
	if err == nil && n == nil {
		err = errs.New(errs.NotFound, "Note not found")
	}
	return n, err
}

// Notes gives some notes of an appointment, the newest first, and whether there
// are more. NotFound if the appointment is not there.
func Notes(ctx context.Context, tx *db.Tx, locationID, appointmentID string, limit, offset int64) (list []Note, more bool, err error) {
	if _, err := AppointmentByID(ctx, tx, locationID, appointmentID); err != nil {
		return nil, false, err
	}
	list, err = notes.All(ctx, tx, "WHERE location_id = $1 AND appointment_id = $2 ORDER BY id DESC LIMIT $3 OFFSET $4", locationID, appointmentID, limit+1, offset)
	if more = int64(len(list)) > limit; more {
		list = list[:limit]
	}
	return list, more, err
}
