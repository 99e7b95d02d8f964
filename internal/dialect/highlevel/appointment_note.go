package highlevel

import (
	"context"
	"strings"

	"github.com/foyer-crm/foyer/internal/calendar"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/wire"
)

// appointmentNoteView is a note of an appointment (contract.md §9.1).
type appointmentNoteView struct {
	ID          string        `json:"id"`
	Body        string        `json:"body"`
	UserID      string        `json:"userId"`
	ContactID   string        `json:"contactId"`
	DateAdded   string        `json:"dateAdded"`
	DateUpdated string        `json:"dateUpdated"`
	CreatedBy   *noteMakeView `json:"createdBy,omitempty"`
}

type noteMakeView struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// viewAppointmentNotes shows notes with the names of who wrote them.
func (c *call) viewAppointmentNotes(ctx context.Context, tx *db.Tx, list []calendar.Note) ([]appointmentNoteView, error) {
	users, err := crm.Users(ctx, tx, c.Location().ID)
	views := make([]appointmentNoteView, len(list))
	for i, n := range list {
		views[i] = appointmentNoteView{ID: n.ID, Body: n.Body, UserID: n.UserID, ContactID: n.ContactID, DateAdded: moment(n.CreatedAt), DateUpdated: moment(n.UpdatedAt)}
		for j := range users {
			if users[j].ID == n.UserID {
				views[i].CreatedBy = &noteMakeView{users[j].ID, users[j].FullName()}
			}
		}
	}
	return views, err
}

// appointmentNote reads what a body says of a note: nil is nothing.
func (c *call) appointmentNote() (body, userID *string, err error) {
	const longest = 5000
	o, err := c.body()
	if err != nil {
		return nil, nil, err
	}
	var broken []errs.Field
	text := o.Raw("body")
	switch kind := o.Kind("body"); {
	case kind != wire.String && kind != wire.Num && kind != wire.Boolean:
		broken = append(broken, errs.Field{Name: "body", Rule: "string"})
	case strings.TrimSpace(text) == "":
		broken = append(broken, errs.Field{Name: "body", Rule: "required"})
	case len([]rune(text)) > longest:
		broken = append(broken, errs.Field{Name: "body", Rule: "length", Limit: longest})
	}
	if o.Has("userId") {
		v := o.TextMax("userId", 64)
		userID = &v
	}
	return &text, userID, c.finish(o, broken)
}

// oneNote answers with a note.
func (c *call) oneNote(ctx context.Context, tx *db.Tx, n *calendar.Note) (wire.Answer, error) {
	views, err := c.viewAppointmentNotes(ctx, tx, []calendar.Note{*n})
	return c.answer(fields{"note": views[0]}).About(crm.Noted, n.ContactID), err
}

// createAppointmentNote is POST /calendars/appointments/{appointmentId}/notes.
func createAppointmentNote(ctx context.Context, c *call) (wire.Answer, error) {
	body, userID, err := c.appointmentNote()
	if err != nil {
		return wire.Answer{}, err
	}
	n := calendar.Note{AppointmentID: c.part("appointmentId"), Body: *body}
	if userID != nil {
		n.UserID = *userID
	}
	return c.Write(ctx, func(ctx context.Context, tx *db.Tx) (wire.Answer, error) {
		added, err := calendar.AddNote(ctx, tx, c.Actor(), n)
		if err != nil {
			return wire.Answer{}, err
		}
		return c.oneNote(ctx, tx, added)
	})
}

// updateAppointmentNote is PUT /calendars/appointments/{appointmentId}/notes/{noteId}.
func updateAppointmentNote(ctx context.Context, c *call) (wire.Answer, error) {
	body, userID, err := c.appointmentNote()
	if err != nil {
		return wire.Answer{}, err
	}
	return c.Write(ctx, func(ctx context.Context, tx *db.Tx) (wire.Answer, error) {
		n, err := calendar.ChangeNote(ctx, tx, c.Actor(), c.part("appointmentId"), c.part("noteId"), body, userID)
		if err != nil {
			return wire.Answer{}, err
		}
		return c.oneNote(ctx, tx, n)
	})
}

// deleteAppointmentNote is DELETE /calendars/appointments/{appointmentId}/notes/{noteId}.
func deleteAppointmentNote(ctx context.Context, c *call) (wire.Answer, error) {
	return c.Write(ctx, func(ctx context.Context, tx *db.Tx) (wire.Answer, error) {
		return c.success(), calendar.DeleteNote(ctx, tx, c.Actor(), c.part("appointmentId"), c.part("noteId"))
	})
}

// listAppointmentNotes is GET /calendars/appointments/{appointmentId}/notes.
func listAppointmentNotes(ctx context.Context, c *call) (a wire.Answer, err error) {
	const mostNotes = 20
	limit, broken := c.queryInt("limit", mostNotes, 1, mostNotes)
	offset, bad := c.queryInt("offset", 0, 0, 1_000_000)
	if err := errs.InvalidFields(append(broken, bad...)...); err != nil {
		return a, err
	}
	err = c.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		list, more, err := calendar.Notes(ctx, tx, c.Location().ID, c.part("appointmentId"), limit, offset)
		if err != nil {
			return err
		}
		views, err := c.viewAppointmentNotes(ctx, tx, list)
		a = c.answer(fields{"notes": views, "hasMore": more})
		return err
	})
	return a, err
}
