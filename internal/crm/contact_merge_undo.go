package crm

import (
	"context"

	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
)

// Undone is the result of undoing a merge.
type Undone struct {
	Merge    *Merge   `json:"merge"`
	Kept     *Contact `json:"kept"`
	Restored *Contact `json:"restored"`
	// Stay are edits made since the merge that stay with the kept contact.
	Stay []Change `json:"stay,omitempty"`
	// Lost are edits made since that have nothing left to be about: a value of
	// the restored contact that was taken away meanwhile is there again.
	Lost []Change `json:"lost,omitempty"`
	// Taken are identities that the restored contact owned and a third one owns now.
	Taken []string `json:"taken,omitempty"`
}

// UndoMerge makes two contacts of a merged one again, each as it was. What was
// done to the contact since stays with the kept one: fields that were changed,
// notes and tasks that were added. Opt-outs since count for both, because the
// person spoke for both. NotFound if there is no such merge, Conflict if it was
// undone before, if the contact was deleted since, or if a newer merge of it
// stands (Meta: mergeId), which must be undone first.
func UndoMerge(ctx context.Context, tx *db.Tx, by Actor, mergeID string) (*Undone, error) {
	m, keep, row, err := undoable(ctx, tx, by.LocationID, mergeID)
	if err != nil {
		return nil, err
	}
	u := &Undone{Merge: m}
	if err := m.returnContacts(ctx, tx, u, keep, row); err != nil {
		return nil, err
	}
	if err := m.returnAliases(ctx, tx); err != nil {
		return nil, err
	}
	if err := m.returnRows(ctx, tx, u); err != nil {
		return nil, err
	}
	for _, step := range []func(context.Context, *db.Tx) error{m.returnTalk, m.returnEnrolments, m.returnRelations, m.returnPairs} {
		if err := step(ctx, tx); err != nil {
			return nil, err
		}
	}
	if u.Taken, err = m.returnKeys(ctx, tx, u.Kept, u.Restored); err != nil {
		return nil, err
	}
	m.UndoneAt = tx.Now()
	m.Data = MergeData{Name: m.Data.Name, Lost: m.Data.Lost} // the rest was for this
	if err := merges.Update(ctx, tx, m); err != nil {
		return nil, err
	}
	return u, m.tell(ctx, tx, by, u, row)
}

// undoable gives a merge that can be undone, and the contact as it is now.
func undoable(ctx context.Context, tx *db.Tx, locationID, mergeID string) (*Merge, *Contact, db.Row, error) {
	m, err := MergeByID(ctx, tx, locationID, mergeID)
	if err != nil {
		return nil, nil, nil, err
	}
	// The lock comes first: whoever merges or undoes a merge of this contact has it too.
	row, err := contactRows.One(ctx, tx, "WHERE location_id = $1 AND id = "+current+" /*postgres FOR UPDATE*/", locationID, m.ContactID)
	if err != nil {
		return nil, nil, nil, err
	}
	if m, err = MergeByID(ctx, tx, locationID, mergeID); err != nil {
		return nil, nil, nil, err
	}
	if !m.UndoneAt.IsZero() {
		return nil, nil, nil, errs.New(errs.Conflict, "This merge was undone already.").WithCode("undone")
	}
	if row == nil {
		if err := missing(ctx, tx, locationID, m.ContactID); !errs.Is(err, errs.NotFound) {
			return nil, nil, nil, err
		}
		return nil, nil, nil, errs.New(errs.Conflict, "The contact was deleted since this merge.").WithCode("deleted")
	}
	newer, err := standing(ctx, tx, locationID, m.ContactID, m.ID)
	if err != nil {
		return nil, nil, nil, err
	}
	if newer != nil {
		return nil, nil, nil, &errs.Error{Kind: errs.Conflict, Code: "newer", Text: "A newer merge of this contact has to be undone first: " + newer.ID,
			Meta: map[string]string{"mergeId": newer.ID}}
	}
	keep, err := contacts.Record(*row)
	return m, keep, *row, err
}

// returnContacts stores the two contacts as they come out of the merge.
func (m *Merge) returnContacts(ctx context.Context, tx *db.Tx, u *Undone, keep *Contact, row db.Row) error {
	var p parting
	next, err := p.row(m.Data.United, row, m.Data.Kept)
	if err != nil {
		return err
	}
	u.Stay, u.Lost = p.stay, p.lost
	if u.Kept, err = contacts.Record(next); err != nil {
		return err
	}
	if names(p.stay, "emails") || names(p.lost, "emails") {
		u.Kept.Email = first(u.Kept.Emails, Email.address)
	}
	if names(p.stay, "phones") || names(p.lost, "phones") {
		u.Kept.Phone = first(u.Kept.Phones, Phone.String)
	}
	next["email"], next["phone"] = u.Kept.Email, u.Kept.Phone
	u.Kept.Version, u.Kept.UpdatedAt = keep.Version+1, later(tx.Now(), keep.UpdatedAt)
	if err := restamp(next, u.Kept); err != nil {
		return err
	}
	if err := contactRows.Update(ctx, tx, &next); err != nil {
		return err
	}
	if u.Restored, err = m.restore(ctx, tx, keep); err != nil {
		return err
	}
	index(tx, keep, u.Kept)
	index(tx, nil, u.Restored)
	return nil
}

// restore stores the other contact as it was, with the opt-outs that the person
// made since.
func (m *Merge) restore(ctx context.Context, tx *db.Tx, keep *Contact) (*Contact, error) {
	row := copyRow(m.Data.Other)
	other, err := contacts.Record(row)
	if err != nil {
		return nil, err
	}
	united, err := contacts.Record(m.Data.United)
	if err != nil {
		return nil, err
	}
	other.Version, other.UpdatedAt = other.Version+1, later(tx.Now(), other.UpdatedAt)
	if err := restamp(row, other); err != nil {
		return nil, err
	}
	if err := contactRows.Insert(ctx, tx, &row); err != nil {
		return nil, err
	}
	if !optOuts(other, united, keep) {
		return other, nil
	}
	return other, contacts.Update(ctx, tx, other)
}

// optOuts gives a contact the opt-outs that came between two states of the
// merged one, and reports whether there were any.
func optOuts(c, before, after *Contact) (came bool) {
	if after.DND && !before.DND && !c.DND {
		c.DND, came = true, true
	}
	for _, of := range []struct {
		at            *map[string]DNDRule
		before, after map[string]DNDRule
	}{
		{&c.Details.DNDSettings, before.Details.DNDSettings, after.Details.DNDSettings},
		{&c.Details.InboundDND, before.Details.InboundDND, after.Details.InboundDND},
	} {
		for channel, rule := range of.after {
			if rule.strictness() > max(1, of.before[channel].strictness(), (*of.at)[channel].strictness()) {
				*of.at = stricter(*of.at, map[string]DNDRule{channel: rule})
				came = true
			}
		}
	}
	return came
}

// restamp puts a contact's version and time of change into its row.
func restamp(row db.Row, c *Contact) error {
	now, err := contacts.Row(c)
	row["version"], row["updated_at"] = now["version"], now["updated_at"]
	return err
}

// returnAliases takes back what the other contact's ids meant.
func (m *Merge) returnAliases(ctx context.Context, tx *db.Tx) error {
	if err := tx.Do(ctx, "DELETE FROM contact_aliases WHERE location_id = $1 AND id = $2", m.LocationID, m.OtherContactID); err != nil {
		return err
	}
	for _, id := range m.Data.Aliases {
		if err := tx.Do(ctx, "UPDATE contact_aliases SET contact_id = $3 WHERE location_id = $1 AND id = $2", m.LocationID, id, m.OtherContactID); err != nil {
			return err
		}
	}
	return nil
}

// tell stores the events: one for each of the two.
func (m *Merge) tell(ctx context.Context, tx *db.Tx, by Actor, u *Undone, before db.Row) error {
	after, err := contacts.Row(u.Kept)
	if err != nil {
		return err
	}
	changes, err := differences(before, after)
	if err != nil {
		return err
	}
	if err := emit(ctx, tx, by, "contact.unmerged", m.ContactID, m.ID, EventData{Other: m.OtherContactID, Text: m.Data.Name, Changes: changes, Lost: u.Lost}); err != nil {
		return err
	}
	return emit(ctx, tx, by, "contact.restored", m.OtherContactID, m.ID, EventData{Other: m.ContactID, Text: m.Data.Name})
}
