package crm

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/foyer-crm/foyer/internal/db"
)

// contactTable is a table whose rows belong to a contact and go where it goes.
type contactTable struct {
	name string
	key  []string // of a row within its contact
}

// contactTables lists them all. A test holds the list against the schema.
// Events, the import log and notifications are not here: they say what happened,
// and it did; the id they name goes on meaning the contact.
func contactTables() []contactTable {
	return []contactTable{
		{"notes", []string{"id"}}, {"tasks", []string{"id"}}, {"activities", []string{"id"}},
		{"conversations", []string{"id"}}, {"messages", []string{"id"}}, {"message_emails", []string{"id"}}, {"message_files", []string{"id"}},
		{"typing", []string{"conversation_id", "visitor_id"}}, {"enrolments", []string{"id"}}, {"enrolment_steps", []string{"enrolment_id", "n"}},
		{"opportunities", []string{"id"}}, {"appointments", []string{"id"}}, {"appointment_notes", []string{"appointment_id", "id"}}, {"calendar_busy", []string{"owner_id", "event_id"}},
		{"properties", []string{"key"}}, {"requirements", []string{"key"}}, {"links", []string{"origin", "scope", "external_id"}},
	}
}

// rows is the table with its rows as they are stored, of those in which two
// contacts can have the same key.
func (t contactTable) rows() *db.Table[db.Row] {
	switch t.name {
	case "properties":
		return properties.Rows()
	case "requirements":
		return requirements.Rows()
	}
	return links.Rows()
}

// is is the condition for one row, with marks from $from on.
func (t contactTable) is(from int) string {
	var b strings.Builder
	for i, column := range t.key {
		fmt.Fprintf(&b, " AND %s = $%d", column, from+i)
	}
	return b.String()
}

// keys gives the keys of a contact's rows.
func (t contactTable) keys(ctx context.Context, tx *db.Tx, locationID, contactID string) (all [][]string, err error) {
	list := strings.Join(t.key, ", ")
	key, at := make([]string, len(t.key)), make([]any, len(t.key))
	for i := range key {
		at[i] = &key[i]
	}
	err = tx.Each(ctx, at, func() error {
		all = append(all, slices.Clone(key))
		return nil
	}, "SELECT "+list+" FROM "+t.name+" WHERE location_id = $1 AND contact_id = $2 ORDER BY "+list, locationID, contactID)
	return all, err
}

// joined is a row of the kept contact that took the other's of the same key in.
type joined struct {
	Table  string
	Kept   db.Row
	Other  db.Row
	United db.Row
}

// renamed is a row that changed hands under another key.
type renamed struct {
	Table string
	From  string
	To    string
}

// takeRows gives the kept contact the rows of the other.
func (m *Merge) takeRows(ctx context.Context, tx *db.Tx, keep, other *Contact) error {
	m.Data.Moved = map[string][][]string{}
	for _, t := range contactTables() {
		theirs, err := t.keys(ctx, tx, m.LocationID, other.ID)
		if err != nil {
			return err
		}
		if len(theirs) == 0 {
			continue
		}
		ours, err := t.keys(ctx, tx, m.LocationID, keep.ID)
		if err != nil {
			return err
		}
		for _, key := range theirs {
			if !slices.ContainsFunc(ours, func(k []string) bool { return slices.Equal(k, key) }) {
				m.Data.Moved[t.name] = append(m.Data.Moved[t.name], key)
				continue
			}
			if key[0] == "" && t.key[0] == "key" {
				err = m.rename(ctx, tx, t, key[0])
			} else {
				err = m.join(ctx, tx, t, key)
			}
			if err != nil {
				return err
			}
		}
		if err := tx.Do(ctx, "UPDATE "+t.name+" SET contact_id = $3 WHERE location_id = $1 AND contact_id = $2", m.LocationID, other.ID, keep.ID); err != nil {
			return err
		}
	}
	return nil
}

// rename makes room for a row without a key of its own: two properties of which
// nobody knows the address are not one.
func (m *Merge) rename(ctx context.Context, tx *db.Tx, t contactTable, key string) error {
	r := renamed{Table: t.name, From: key, To: "merged:" + m.ID}
	m.Data.Renamed = append(m.Data.Renamed, r)
	return tx.Do(ctx, "UPDATE "+t.name+" SET key = $4 WHERE location_id = $1 AND contact_id = $2 AND key = $3", m.LocationID, m.OtherContactID, r.From, r.To)
}

// join takes the other's row into the kept one's of the same key.
func (m *Merge) join(ctx context.Context, tx *db.Tx, t contactTable, key []string) error {
	j := joined{Table: t.name}
	for contactID, at := range map[string]*db.Row{m.ContactID: &j.Kept, m.OtherContactID: &j.Other} {
		row, err := m.row(ctx, tx, t, contactID, key)
		if err != nil {
			return err
		}
		*at = *row
	}
	var err error
	if j.United, err = uniteRows(j.Kept, j.Other); err != nil {
		return err
	}
	if j.United["data"] != j.Kept["data"] {
		j.United["updated_at"] = max(m.CreatedAt.UnixMilli(), number64(j.Kept["updated_at"])+1)
		if err := t.rows().Put(ctx, tx, &j.United); err != nil {
			return err
		}
		written, err := m.row(ctx, tx, t, m.ContactID, key) // as the database has it
		if err != nil {
			return err
		}
		j.United = *written
	}
	lost, err := losses(j.Other, j.United)
	if err != nil {
		return err
	}
	m.Data.Lost = append(m.Data.Lost, in(t.name, lost)...)
	m.Data.Joined = append(m.Data.Joined, j)
	return tx.Do(ctx, "DELETE FROM "+t.name+" WHERE location_id = $1 AND contact_id = $2"+t.is(3), append([]any{m.LocationID, m.OtherContactID}, anys(key)...)...)
}

// row gives one row of a contact, nil if it is not there.
func (m *Merge) row(ctx context.Context, tx *db.Tx, t contactTable, contactID string, key []string) (*db.Row, error) {
	return t.rows().One(ctx, tx, "WHERE location_id = $1 AND contact_id = $2"+t.is(3), append([]any{m.LocationID, contactID}, anys(key)...)...)
}

// uniteRows fills what one row does not say from another.
func uniteRows(keep, other db.Row) (db.Row, error) {
	out := copyRow(keep)
	if _, ok := keep["data"]; !ok {
		return out, nil
	}
	ours, err := tree("data", keep["data"])
	if err != nil {
		return nil, err
	}
	theirs, err := tree("data", other["data"])
	if err != nil {
		return nil, err
	}
	data, filled := keySet(members(ours)), false
	for k, v := range members(theirs) {
		if present(data[k]) == nil && present(v) != nil {
			data[k], filled = v, true
		}
	}
	if !filled {
		return out, nil
	}
	text, err := json.Marshal(data)
	if err != nil {
		return nil, fmt.Errorf("writing data: %w", err)
	}
	out["data"] = string(text)
	return out, nil
}

// returnRows gives the other contact its rows back. What was deleted since
// stays deleted, what was changed stays changed.
func (m *Merge) returnRows(ctx context.Context, tx *db.Tx, u *Undone) error {
	for _, t := range contactTables() {
		for _, key := range m.Data.Moved[t.name] {
			if err := tx.Do(ctx, "UPDATE "+t.name+" SET contact_id = $3 WHERE location_id = $1 AND contact_id = $2"+t.is(4), append([]any{m.LocationID, m.ContactID, m.OtherContactID}, anys(key)...)...); err != nil {
				return err
			}
		}
		for _, r := range m.Data.Renamed {
			if r.Table != t.name {
				continue
			}
			if err := tx.Do(ctx, "UPDATE "+t.name+" SET contact_id = $3, key = $5 WHERE location_id = $1 AND contact_id = $2 AND key = $4", m.LocationID, m.ContactID, m.OtherContactID, r.To, r.From); err != nil {
				return err
			}
		}
		for _, j := range m.Data.Joined {
			if j.Table != t.name {
				continue
			}
			if err := m.part(ctx, tx, t, j, u); err != nil {
				return err
			}
		}
	}
	return nil
}

// part makes two rows of one again.
func (m *Merge) part(ctx context.Context, tx *db.Tx, t contactTable, j joined, u *Undone) error {
	var key []string
	for _, column := range t.key {
		text, _ := j.Kept[column].(string)
		key = append(key, text)
	}
	now, err := m.row(ctx, tx, t, m.ContactID, key)
	if err != nil {
		return err
	}
	if now != nil {
		var p parting
		next, err := p.row(j.United, *now, j.Kept)
		if err != nil {
			return err
		}
		if err := t.rows().Put(ctx, tx, &next); err != nil {
			return err
		}
		u.Stay, u.Lost = append(u.Stay, in(t.name, p.stay)...), append(u.Lost, in(t.name, p.lost)...)
	}
	return t.rows().Insert(ctx, tx, &j.Other)
}

// in says of changes in which table they were.
func in(table string, changes []Change) []Change {
	out := slices.Clone(changes)
	for i := range out {
		out[i].Field = table + "." + out[i].Field
	}
	return out
}

func copyRow(r db.Row) db.Row {
	out := make(db.Row, len(r))
	for column, v := range r {
		out[column] = v
	}
	return out
}

func number64(v any) int64 {
	n, _ := v.(int64)
	return n
}
