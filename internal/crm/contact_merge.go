package crm

import (
	"context"
	"slices"
	"time"

	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
)

// Merge is one contact having been merged into another. It holds what it takes
// to undo that.
type Merge struct {
	LocationID     string    `json:"locationId"`
	ID             string    `json:"id"`
	ContactID      string    `json:"contactId"`      // who was kept
	OtherContactID string    `json:"otherContactId"` // whose id means that one now
	Origin         string    `json:"origin"`
	UserID         string    `json:"userId,omitempty"`
	CreatedAt      time.Time `json:"createdAt"`         // UTC
	UndoneAt       time.Time `json:"undoneAt,omitzero"` // UTC; zero while it stands
	Data           MergeData `json:"-"`
}

// MergeData is what a merge changed.
type MergeData struct {
	Name string   // of the other contact, to be shown
	Lost []Change // values that gave way: From was there, To stands in its place

	Kept   db.Row // the kept contact before
	Other  db.Row // the other one
	United db.Row // the kept contact after

	Moved   map[string][][]string `json:",omitempty"` // table → the keys of the rows that changed hands
	Renamed []renamed             `json:",omitempty"` // those whose key was taken
	Joined  []joined              `json:",omitempty"` // rows of both that became one
	Keys    []heldKey             `json:",omitempty"` // identities
	Aliases []string              `json:",omitempty"` // ids that meant the other contact already
	Pairs   []pairChange          `json:",omitempty"` // suggested duplicates

	Talk      *talkMerge    `json:",omitempty"` // conversations
	Relations []relationEnd `json:",omitempty"` // that speak of the kept contact now
	Left      []string      `json:",omitempty"` // enrolments that ended, because the kept contact is in the same workflow
}

var (
	merges = db.NewTable("merges", []string{"location_id", "id"}, func(m *Merge) []db.Column {
		return []db.Column{
			{Name: "location_id", At: &m.LocationID}, {Name: "id", At: &m.ID}, {Name: "contact_id", At: &m.ContactID}, {Name: "other_contact_id", At: &m.OtherContactID},
			{Name: "origin", At: &m.Origin}, {Name: "user_id", At: &m.UserID}, {Name: "data", At: db.JSON(&m.Data, "{}")},
			{Name: "created_at", At: db.Millis(&m.CreatedAt)}, {Name: "undone_at", At: db.Millis(&m.UndoneAt)},
		}
	})
	contactRows = contacts.Rows()
)

// MergeContacts makes two contacts one. The first keeps its id and its values;
// empty ones are filled from the second, lists are united, and the stricter of
// two opt-outs counts. take names fields whose value is the second's instead.
// All that belongs to the second is the first's from then on, and its ids mean
// the first. NotFound if one is not there, Conflict if they are one already,
// Invalid for a name in take that is no field.
func MergeContacts(ctx context.Context, tx *db.Tx, by Actor, keepID, otherID string, take ...string) (*Merge, error) {
	m := &Merge{LocationID: by.LocationID, ID: tx.NewID(), Origin: by.Origin, UserID: by.UserID, CreatedAt: tx.Now()}
	keep, other, err := m.lockBoth(ctx, tx, keepID, otherID)
	if err != nil {
		return nil, err
	}
	next, err := unite(keep, other, take, tx.Now())
	if err != nil {
		return nil, err
	}
	next.UpdatedAt, next.Version = later(tx.Now(), keep.UpdatedAt), keep.Version+1
	for _, step := range []func(context.Context, *db.Tx, *Contact, *Contact) error{m.takeKeys, m.takeTalk, m.takeEnrolments, m.takeRows, m.takeRelations, m.takeAliases, m.takePairs} {
		if err := step(ctx, tx, keep, other); err != nil {
			return nil, err
		}
	}
	if err := tx.Do(ctx, "DELETE FROM contacts WHERE location_id = $1 AND id = $2", by.LocationID, other.ID); err != nil {
		return nil, err
	}
	if err := contacts.Update(ctx, tx, &next); err != nil {
		return nil, err
	}
	index(tx, other, nil)
	index(tx, keep, &next)
	changes, err := m.compare(ctx, tx)
	if err != nil {
		return nil, err
	}
	if err := merges.Insert(ctx, tx, m); err != nil {
		return nil, err
	}
	err = emit(ctx, tx, by, "contact.merged", keep.ID, m.ID, EventData{Other: other.ID, Text: m.Data.Name, Changes: changes, Lost: m.Data.Lost})
	return m, err
}

// lockBoth gives the two contacts, and keeps their rows as they are.
func (m *Merge) lockBoth(ctx context.Context, tx *db.Tx, keepID, otherID string) (keep, other *Contact, err error) {
	if m.ContactID, err = meant(ctx, tx, m.LocationID, keepID); err != nil {
		return nil, nil, err
	}
	if m.OtherContactID, err = meant(ctx, tx, m.LocationID, otherID); err != nil {
		return nil, nil, err
	}
	if m.ContactID == m.OtherContactID {
		return nil, nil, errs.New(errs.Conflict, "These are one contact already.").WithCode("merged")
	}
	// always in the order of the ids: two merges of the same pair must not wait for each other
	rows, err := contactRows.All(ctx, tx, "WHERE location_id = $1 AND id IN ($2, $3) ORDER BY id /*postgres FOR UPDATE*/", m.LocationID, m.ContactID, m.OtherContactID)
	if err != nil {
		return nil, nil, err
	}
	for _, row := range rows {
		c, err := contacts.Record(row)
		if err != nil {
			return nil, nil, err
		}
		if c.ID == m.ContactID {
			keep, m.Data.Kept = c, row
		} else {
			other, m.Data.Other = c, row
		}
	}
	if keep == nil {
		return nil, nil, missing(ctx, tx, m.LocationID, m.ContactID)
	}
	if other == nil {
		return nil, nil, missing(ctx, tx, m.LocationID, m.OtherContactID)
	}
	m.Data.Name = other.FullName()
	return keep, other, nil
}

// compare notes what became of the kept contact, and gives what changed.
func (m *Merge) compare(ctx context.Context, tx *db.Tx) ([]Change, error) {
	row, err := contactRows.One(ctx, tx, "WHERE location_id = $1 AND id = $2", m.LocationID, m.ContactID)
	if err != nil {
		return nil, err
	}
	m.Data.United = *row
	for _, was := range []db.Row{m.Data.Kept, m.Data.Other} {
		lost, err := losses(was, m.Data.United)
		if err != nil {
			return nil, err
		}
		m.Data.Lost = append(m.Data.Lost, lost...)
	}
	return differences(m.Data.Kept, m.Data.United)
}

// takeAliases makes the ids of the other contact mean the kept one.
func (m *Merge) takeAliases(ctx context.Context, tx *db.Tx, keep, other *Contact) error {
	all, err := aliases.All(ctx, tx, "WHERE location_id = $1 AND contact_id = $2 ORDER BY id", m.LocationID, other.ID)
	if err != nil {
		return err
	}
	for _, a := range all {
		m.Data.Aliases = append(m.Data.Aliases, a.ID)
	}
	if err := tx.Do(ctx, "UPDATE contact_aliases SET contact_id = $3 WHERE location_id = $1 AND contact_id = $2", m.LocationID, other.ID, keep.ID); err != nil {
		return err
	}
	return aliases.Insert(ctx, tx, &alias{LocationID: m.LocationID, ID: other.ID, Number: other.Number, ContactID: keep.ID, MergeID: m.ID})
}

// Merges gives the merges of a location, the newest first; contactID narrows
// them to those that a contact is made of, "" does not.
func Merges(ctx context.Context, tx *db.Tx, locationID, contactID string, limit int) ([]Merge, error) {
	if contactID == "" {
		return merges.All(ctx, tx, "WHERE location_id = $1 ORDER BY id DESC LIMIT $2", locationID, limit)
	}
	ids, err := lives(ctx, tx, locationID, contactID)
	if err != nil {
		return nil, err
	}
	values := append(args(locationID, ids), limit)
	return merges.All(ctx, tx, "/*sqlite INDEXED BY merges_contact*/ WHERE location_id = $1 AND contact_id IN ("+marks(2, len(ids))+") ORDER BY id DESC LIMIT "+marks(len(values), 1), values...)
}

// MergeByID gives a merge. NotFound if it is not there.
func MergeByID(ctx context.Context, tx *db.Tx, locationID, mergeID string) (*Merge, error) {
	m, err := merges.One(ctx, tx, "WHERE location_id = $1 AND id = $2", locationID, mergeID)
	if err == nil && m == nil {
		err = errs.New(errs.NotFound, "Merge not found")
	}
	return m, err
}

// MergedContact gives the contact that had a number before it was merged into
// another, as it was then; nil if none had.
func MergedContact(ctx context.Context, tx *db.Tx, locationID string, number int64) (*Contact, error) {
	a, err := aliases.One(ctx, tx, "WHERE location_id = $1 AND number = $2", locationID, number)
	if err != nil || a == nil {
		return nil, err
	}
	m, err := MergeByID(ctx, tx, locationID, a.MergeID)
	if err != nil {
		return nil, err
	}
	return contacts.Record(m.Data.Other)
}

// standing gives the newest merge that a contact is made of and that was not
// undone, nil if there is none but those before a given one.
func standing(ctx context.Context, tx *db.Tx, locationID, contactID, after string) (*Merge, error) {
	return merges.One(ctx, tx, "/*sqlite INDEXED BY merges_contact*/ WHERE location_id = $1 AND contact_id = "+current+" AND id > $3 AND undone_at = 0 ORDER BY id DESC LIMIT 1", locationID, contactID, after)
}

// names reports whether a list of fields has one.
func names(list []Change, field string) bool {
	return slices.ContainsFunc(list, func(c Change) bool { return c.Field == field })
}
