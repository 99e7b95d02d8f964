package crm

import (
	"context"
	"sort"
	"time"

	"github.com/foyer-crm/foyer/internal/db"
)

// Entry is one line of a contact's history.
type Entry struct {
	At       time.Time `json:"at"` // UTC
	Type     string    `json:"type"`
	Origin   string    `json:"origin,omitempty"`
	UserID   string    `json:"userId,omitempty"`
	Kind     string    `json:"kind,omitempty"`
	Text     string    `json:"text,omitempty"`
	ObjectID string    `json:"objectId,omitempty"`
	Changes  []Change  `json:"changes,omitempty"`
	Lost     []Change  `json:"lost,omitempty"`  // values that gave way in a merge
	Other    string    `json:"other,omitempty"` // the second contact, of what is between two
	Property any       `json:"property,omitempty"`
}

// Timeline gives a contact's history, the newest first: its events and those of
// the contacts that were merged into it, with the full text of the notes,
// comments and activities they speak of.
func Timeline(ctx context.Context, tx *db.Tx, locationID, contactID string, limit int) ([]Entry, error) {
	list, err := history(ctx, tx, locationID, contactID, limit)
	if err != nil {
		return nil, err
	}
	written, err := Notes(ctx, tx, locationID, contactID)
	if err != nil {
		return nil, err
	}
	done, err := Activities(ctx, tx, locationID, contactID)
	if err != nil {
		return nil, err
	}
	texts, props, at := map[string]string{}, map[string]any{}, map[string]time.Time{}
	for _, n := range written {
		texts[n.ID] = n.Body
	}
	for _, a := range done {
		texts[a.ID], at[a.ID] = a.Description, a.OccurredAt
		if len(a.Property) > 0 {
			props[a.ID] = a.Property
		}
	}
	out := make([]Entry, len(list))
	for i, e := range list {
		out[i] = Entry{At: e.At(), Type: e.Type, Origin: e.Origin, UserID: e.UserID, Kind: e.Data.Kind, Text: e.Data.Text, ObjectID: e.ObjectID, Changes: e.Data.Changes, Lost: e.Data.Lost, Other: e.Data.Other, Property: props[e.ObjectID]}
		if full, ok := texts[e.ObjectID]; ok && e.Type != "note.updated" {
			out[i].Text = full
		}
		if t, ok := at[e.ObjectID]; ok {
			out[i].At = t
		}
	}
	sort.SliceStable(out, func(i, j int) bool { return out[i].At.After(out[j].At) })
	return out, nil
}
