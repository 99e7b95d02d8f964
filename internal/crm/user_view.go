package crm

import (
	"context"
	"slices"
	"strings"

	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
)

// View is a list of contacts that a user saved under a name. Query is what of it
// the page of the contacts understands.
type View struct {
	Name  string `json:"name"`
	Query string `json:"query"`
}

// Limits of what a user saves.
const (
	mostViews    = 50 // of a location
	longestView  = 2000
	longestTitle = 60
)

// SaveView keeps a view of a user, in the place of one that has its name. Invalid
// without a name, or for too much of anything.
func SaveView(ctx context.Context, tx *db.Tx, userID, locationID string, v View) error {
	v.Name = strings.TrimSpace(v.Name)
	var failed error
	_, err := ChangeUser(ctx, tx, userID, func(u *User) {
		list := slices.DeleteFunc(slices.Clone(u.Profile.Views[locationID]), func(w View) bool { return strings.EqualFold(w.Name, v.Name) })
		if v.Name == "" || len(v.Name) > longestTitle || len(v.Query) > longestView || len(list) >= mostViews {
			failed = errs.InvalidFields(errs.Field{Name: "name", Rule: "length", Limit: longestTitle})
			return
		}
		u.setViews(locationID, append(list, v))
	})
	if failed != nil {
		return failed
	}
	return err
}

// DeleteView forgets a view of a user.
func DeleteView(ctx context.Context, tx *db.Tx, userID, locationID, name string) error {
	_, err := ChangeUser(ctx, tx, userID, func(u *User) {
		u.setViews(locationID, slices.DeleteFunc(slices.Clone(u.Profile.Views[locationID]), func(w View) bool { return w.Name == name }))
	})
	return err
}

func (u *User) setViews(locationID string, list []View) {
	all := map[string][]View{locationID: list}
	for other, l := range u.Profile.Views {
		if other != locationID {
			all[other] = l
		}
	}
	u.Profile.Views = all
}

// ShowColumns keeps which columns a user's lists of contacts show.
func ShowColumns(ctx context.Context, tx *db.Tx, userID string, columns []string) error {
	_, err := ChangeUser(ctx, tx, userID, func(u *User) { u.Profile.Columns = columns })
	return err
}
