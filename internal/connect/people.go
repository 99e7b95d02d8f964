package connect

import (
	"context"
	"strings"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
)

// people are the users of a location, whom the other side knows by their e-mail
// addresses.
type people struct {
	email map[string]string // by id
	id    map[string]string // by e-mail address
}

// loadPeople reads the users, if the mapping names any.
func (w *worker) loadPeople(ctx context.Context) error {
	if w.people.id != nil || !w.c.Mapping.namesUsers() {
		return nil
	}
	p := people{map[string]string{}, map[string]string{}}
	err := w.g.db.Read(ctx, w.c.LocationID, func(ctx context.Context, tx *db.Tx) error {
		all, err := crm.Users(ctx, tx, w.c.LocationID)
		for i := range all {
			if email := strings.ToLower(all[i].Email); email != "" && all[i].DisabledAt.IsZero() {
				p.email[all[i].ID], p.id[email] = email, all[i].ID
			}
		}
		return err
	})
	w.people = p
	return err
}

func (m *Mapping) namesUsers() bool {
	for _, o := range m.Objects {
		for i := range o.Fields {
			if o.Fields[i].User != "" {
				return true
			}
		}
	}
	return false
}
