package crm

import (
	"context"

	"github.com/foyer-crm/foyer/internal/db"
)

// The pairs of a contact that is merged into another stay where they are, and
// nobody sees them, because there is no such contact. The kept one gets copies:
// a pair that somebody decided must not come up again under the other id.

// pairChange is a suggested pair that a merge changed.
type pairChange struct {
	Was db.Row `json:",omitempty"` // nil: the merge made it
	Is  db.Row
}

// ofEither selects the pairs of two contacts; $2 and $3 are their ids.
const ofEither = "WHERE location_id = $1 AND (contact_id IN ($2, $3) OR other_contact_id IN ($2, $3)) ORDER BY contact_id, other_contact_id"

// takePairs settles the pair of the two, and copies the pairs of the other.
func (m *Merge) takePairs(ctx context.Context, tx *db.Tx, keep, other *Contact) error {
	rows := duplicatePairs.Rows()
	all, err := rows.All(ctx, tx, ofEither, m.LocationID, keep.ID, other.ID)
	if err != nil {
		return err
	}
	have := map[string]db.Row{} // the third contact → the pair of the kept one
	for _, p := range all {
		if third := thirdOf(p, keep.ID); third != "" {
			have[third] = p
		}
	}
	for _, p := range all {
		third := thirdOf(p, other.ID)
		if third == "" {
			continue
		}
		was, is := have[third], copyPair(p, keep.ID, third)
		if third == keep.ID {
			was, is = p, copyPair(p, keep.ID, other.ID)
			is["state"], is["user_id"], is["decided_at"] = PairMerged, m.UserID, m.CreatedAt.UnixMilli()
		} else if was != nil {
			if was["state"] != PairOpen || p["state"] == PairOpen {
				continue
			}
		} else if alive, err := m.alive(ctx, tx, third); err != nil || !alive {
			if err != nil {
				return err
			}
			continue
		}
		if err := rows.Put(ctx, tx, &is); err != nil {
			return err
		}
		m.Data.Pairs = append(m.Data.Pairs, pairChange{Was: was, Is: is})
	}
	return nil
}

// returnPairs takes the merge's changes to pairs back, where nobody decided
// since. What another merge copied over them was decided before.
func (m *Merge) returnPairs(ctx context.Context, tx *db.Tx) error {
	rows := duplicatePairs.Rows()
	for _, p := range m.Data.Pairs {
		now, err := rows.One(ctx, tx, "WHERE location_id = $1 AND contact_id = $2 AND other_contact_id = $3", m.LocationID, p.Is["contact_id"], p.Is["other_contact_id"])
		if err != nil {
			return err
		}
		if now == nil || number64((*now)["decided_at"]) > m.CreatedAt.UnixMilli() {
			continue // gone, or decided since
		}
		if p.Was != nil {
			err = rows.Put(ctx, tx, &p.Was)
		} else {
			err = tx.Do(ctx, "DELETE FROM duplicate_pairs WHERE location_id = $1 AND contact_id = $2 AND other_contact_id = $3", m.LocationID, p.Is["contact_id"], p.Is["other_contact_id"])
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// alive reports whether an id is a contact's own.
func (m *Merge) alive(ctx context.Context, tx *db.Tx, contactID string) (bool, error) {
	var n int64
	return tx.Get(ctx, []any{&n}, "SELECT number FROM contacts WHERE location_id = $1 AND id = $2", m.LocationID, contactID)
}

// thirdOf gives whom a pair pairs a contact with, "" if it is no pair of it.
func thirdOf(p db.Row, contactID string) string {
	a, _ := p["contact_id"].(string)
	b, _ := p["other_contact_id"].(string)
	switch contactID {
	case a:
		return b
	case b:
		return a
	}
	return ""
}

// copyPair gives a pair for two contacts; the smaller id comes first.
func copyPair(p db.Row, a, b string) db.Row {
	out := db.Row{}
	for column, v := range p {
		out[column] = v
	}
	out["contact_id"], out["other_contact_id"] = min(a, b), max(a, b)
	return out
}
