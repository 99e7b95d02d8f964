package liondesk

import (
	"context"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/id"
	"github.com/foyer-crm/foyer/internal/wire"
)

// comment is what a NewComment says.
type comment struct {
	about target
	kind  string // of the note
	text  string
}

// readComment reads a NewComment (intake.md §1.4).
func readComment(o *wire.Object) (*comment, error) {
	m := &comment{text: o.RawMax("description", maxDescription)}
	var err error
	if m.about, err = readTarget(o); err != nil {
		return nil, err
	}
	switch n, _ := o.Int("type"); n {
	case 1:
		m.kind = "comment"
	case 5:
		m.kind = "text_sent"
	case 8:
		m.kind = "text_received"
	default:
		return nil, errs.InvalidFields(errs.Field{Name: "type", Rule: "choice"})
	}
	o.Ignore()
	return m, nil
}

// newComment adds a comment or a text message to a contact.
func newComment(ctx context.Context, c *wire.Call, o *wire.Object) (wire.Answer, error) {
	m, err := readComment(o)
	if err != nil {
		return wire.Answer{}, err
	}
	return c.Write(ctx, func(ctx context.Context, tx *db.Tx) (wire.Answer, error) {
		contactID, err := m.about.find(ctx, tx, c)
		if err != nil {
			return wire.Answer{}, err
		}
		n, err := crm.AddNote(ctx, tx, c.Actor(), crm.Note{ContactID: contactID, Kind: m.kind, Body: m.text})
		if err != nil {
			return wire.Answer{}, err
		}
		return success(envelope{ID: id.Number(n.ID)}, o).About(crm.Noted, contactID), nil
	})
}
