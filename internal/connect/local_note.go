package connect

import (
	"context"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
)

var noteSide = side{
	fields: []string{"title", "body", "userId", "color", "pinned"},
	read: func(ctx context.Context, tx *db.Tx, locationID, parent, id string) (*record, error) {
		n, err := ifThere(crm.NoteByID(ctx, tx, locationID, parent, id))
		if err != nil || n == nil {
			return nil, err
		}
		return noteRecord(n), nil
	},
	write: writeNote,
	remove: func(ctx context.Context, tx *db.Tx, by crm.Actor, parent, id string) error {
		return crm.DeleteNote(ctx, tx, by, parent, id)
	},
	of: func(ctx context.Context, tx *db.Tx, locationID, contactID string) (out []record, err error) {
		all, err := crm.Notes(ctx, tx, locationID, contactID)
		for i := range all {
			out = append(out, *noteRecord(&all[i]))
		}
		return out, err
	},
}

func noteRecord(n *crm.Note) *record {
	values := map[string]any{"title": plain(n.Title), "body": plain(n.Body), "userId": n.UserID, "color": n.Color, "pinned": n.Pinned}
	return &record{id: n.ID, parent: n.ContactID, values: values, at: n.UpdatedAt}
}

func writeNote(ctx context.Context, tx *db.Tx, by crm.Actor, to *change) (*record, error) {
	c := crm.NoteChange{Title: to.said("title"), Body: to.said("body"), Color: to.said("color"), UserID: to.said("userId")}
	if v, ok := to.values["pinned"]; ok {
		pinned := truth(v)
		c.Pinned = &pinned
	}
	var n *crm.Note
	var err error
	if to.id != "" {
		n, err = crm.ChangeNote(ctx, tx, by, to.parent, to.id, c)
	} else {
		n, err = crm.AddNote(ctx, tx, by, crm.Note{ContactID: to.parent, Title: to.text("title"), Body: to.text("body"), Color: to.text("color"), UserID: to.text("userId"), Pinned: truth(to.values["pinned"])})
	}
	if err != nil {
		return nil, err
	}
	return noteRecord(n), nil
}
