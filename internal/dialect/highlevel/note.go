package highlevel

import (
	"context"
	"strings"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/wire"
)

// noteView is a note as HighLevel shows it (contract.md §8.6).
type noteView struct {
	ID          string `json:"id"`
	ContactID   string `json:"contactId"`
	Title       string `json:"title,omitempty"`
	Body        string `json:"body"`
	Color       string `json:"color,omitempty"`
	Pinned      bool   `json:"pinned"`
	UserID      string `json:"userId,omitempty"`
	DateAdded   string `json:"dateAdded"`
	DateUpdated string `json:"dateUpdated"`
}

func viewNote(n *crm.Note) noteView {
	return noteView{ID: n.ID, ContactID: n.ContactID, Title: n.Title, Body: n.Body, Color: n.Color, Pinned: n.Pinned, UserID: n.UserID,
		DateAdded: moment(n.CreatedAt), DateUpdated: moment(n.UpdatedAt)}
}

// note reads what a body says of a note. Only the text must be there, and only
// in a new one. Whose note it is is not checked: a client that is widely used
// sends the location's id (contract.md §8.6).
func (c *call) note(isNew bool) (change crm.NoteChange, err error) {
	o, err := c.body()
	if err != nil {
		return change, err
	}
	text := func(name string, max int) *string {
		v := o.TextMax(name, max)
		if kind := o.Kind(name); kind == wire.Absent || kind == wire.Array || kind == wire.Obj {
			return nil
		}
		return &v
	}
	change.Title, change.Color, change.UserID = text("title", 500), text("color", 50), text("userId", 64)
	if v, ok := o.Bool("pinned"); ok {
		change.Pinned = &v
	}
	var broken []errs.Field
	switch body := o.Raw("body"); {
	case strings.TrimSpace(body) != "":
		change.Body = &body
	case o.Kind("body") == wire.String:
		broken = append(broken, errs.Field{Name: "body", Rule: "required"})
	case isNew:
		broken = append(broken, errs.Field{Name: "body", Rule: "string"})
	}
	return change, c.finish(o, broken)
}

// createNote is POST /contacts/{contactId}/notes.
func createNote(ctx context.Context, c *call) (wire.Answer, error) {
	said, err := c.note(true)
	if err != nil {
		return wire.Answer{}, err
	}
	or := func(s *string) string {
		if s == nil {
			return ""
		}
		return *s
	}
	n := crm.Note{ContactID: c.contactID(), Title: or(said.Title), Body: or(said.Body), Color: or(said.Color), UserID: or(said.UserID), Pinned: said.Pinned != nil && *said.Pinned}
	return c.Write(ctx, func(ctx context.Context, tx *db.Tx) (wire.Answer, error) {
		added, err := crm.AddNote(ctx, tx, c.Actor(), n)
		if err != nil {
			return wire.Answer{}, err
		}
		return c.answer(fields{"note": viewNote(added)}).About(crm.Noted, added.ContactID), nil
	})
}

// updateNote is PUT /contacts/{contactId}/notes/{id}.
func updateNote(ctx context.Context, c *call) (wire.Answer, error) {
	said, err := c.note(false)
	if err != nil {
		return wire.Answer{}, err
	}
	return c.Write(ctx, func(ctx context.Context, tx *db.Tx) (wire.Answer, error) {
		n, err := crm.ChangeNote(ctx, tx, c.Actor(), c.contactID(), c.noteID(), said)
		if err != nil {
			return wire.Answer{}, err
		}
		return c.answer(fields{"note": viewNote(n)}).About(crm.Noted, n.ContactID), nil
	})
}

func (c *call) noteID() string { return clean(c.Param("id")) }

// deleteNote is DELETE /contacts/{contactId}/notes/{id}.
func deleteNote(ctx context.Context, c *call) (wire.Answer, error) {
	return c.Write(ctx, func(ctx context.Context, tx *db.Tx) (wire.Answer, error) {
		return c.succeeded(), crm.DeleteNote(ctx, tx, c.Actor(), c.contactID(), c.noteID())
	})
}

// getNote is GET /contacts/{contactId}/notes/{id}.
func getNote(ctx context.Context, c *call) (a wire.Answer, err error) {
	err = c.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		n, err := crm.NoteByID(ctx, tx, c.Location().ID, c.contactID(), c.noteID())
		if err == nil {
			a = c.answer(fields{"note": viewNote(n)})
		}
		return err
	})
	return a, err
}

// listNotes is GET /contacts/{contactId}/notes: everything written down about
// the contact, through whatever door, the newest first.
func listNotes(ctx context.Context, c *call) (a wire.Answer, err error) {
	err = c.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		if _, err := crm.ContactByID(ctx, tx, c.Location().ID, c.contactID()); err != nil {
			return err
		}
		list, err := crm.Notes(ctx, tx, c.Location().ID, c.contactID())
		views := make([]noteView, len(list))
		for i := range list {
			views[i] = viewNote(&list[i])
		}
		a = c.answer(fields{"notes": views})
		return err
	})
	return a, err
}
