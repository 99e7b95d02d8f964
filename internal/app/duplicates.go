package app

import (
	"context"
	"slices"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
)

// DuplicatesReader is the name of the reader of events that suggests duplicates.
const DuplicatesReader = "duplicates"

// suggestDuplicates looks for the duplicates of the contacts that events tell
// of. It reads beside the requests, and writes once for all of them.
func (a *App) suggestDuplicates(ctx context.Context, locationID string, events []crm.Event, rest func(context.Context) error) error {
	changed := whoChanged(events)
	if len(changed) == 0 {
		return nil
	}
	var among *crm.Crowd
	err := a.DB.Read(ctx, locationID, func(ctx context.Context, tx *db.Tx) (err error) {
		among, err = crm.CrowdOf(ctx, tx, locationID)
		return err
	})
	if err != nil {
		return err
	}
	var found []*crm.Suggested
	for _, contactID := range changed {
		var s *crm.Suggested
		err := a.DB.Read(ctx, locationID, func(ctx context.Context, tx *db.Tx) (err error) {
			s, err = crm.Suggestions(ctx, tx, locationID, contactID, among)
			return err
		})
		if errs.Is(err, errs.NotFound) {
			continue // deleted since
		}
		if err != nil {
			return err
		}
		if !s.Nothing() {
			found = append(found, s)
		}
		if err := rest(ctx); err != nil {
			return err
		}
	}
	if len(found) == 0 {
		return nil
	}
	by := crm.Actor{LocationID: locationID, Origin: "duplicates"}
	return a.DB.Write(ctx, locationID, func(ctx context.Context, tx *db.Tx) error {
		for _, s := range found {
			if err := crm.KeepSuggestions(ctx, tx, by, s); err != nil {
				return err
			}
		}
		return nil
	})
}

// whoChanged gives the contacts of whom events say that they are new, or that
// something of who they are has changed, each once.
func whoChanged(events []crm.Event) (contactIDs []string) {
	for i := range events {
		e := &events[i]
		switch e.Type {
		case "contact.created", "contact.merged", "contact.unmerged", "contact.restored":
		case "contact.updated":
			if !slices.ContainsFunc(e.Data.Changes, crm.Change.TellsWho) {
				continue
			}
		default:
			continue
		}
		if !slices.Contains(contactIDs, e.ContactID) {
			contactIDs = append(contactIDs, e.ContactID)
		}
	}
	return contactIDs
}
