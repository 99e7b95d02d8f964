package workflow

import (
	"context"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/mergefield"
)

// Fill fills the merge fields of a text that somebody is to send to a contact: the
// user is the contact's owner, or the sender while there is none. An error says
// what of the text is no field.
func Fill(ctx context.Context, tx *db.Tx, contact *crm.Contact, sender *crm.User, text string) (string, error) {
	t, err := mergefield.Parse(text)
	if err != nil || len(t.Fields()) == 0 {
		return text, err
	}
	s, err := scopeOf(ctx, tx, contact, Data{}, nil)
	if err != nil {
		return "", err
	}
	if s.user == nil {
		s.user = sender
	}
	return t.Fill(s.text, mergefield.Text), nil
}
