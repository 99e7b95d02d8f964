package crm

import (
	"context"

	"github.com/foyer-crm/foyer/internal/db"
)

// The relations of a contact that is merged into another speak of the kept one
// from then on. Those that the kept one has already, or has no room for, stay
// with the id that is no contact's any more, and nobody sees them; undoing the
// merge brings them back. So do relations between the two.

// relationEnd is one end of a relation that a merge re-pointed.
type relationEnd struct {
	ID   string
	Side string // first or second
}

// relation is a relation with what its association says of it.
type relation struct {
	id, associationID, key string
	records, objects       [2]string
	cardinality            string
}

var sides = [2]string{"first", "second"}

// takeRelations makes the other contact's relations the kept one's.
func (m *Merge) takeRelations(ctx context.Context, tx *db.Tx, keep, other *Contact) error {
	list, err := m.relations(ctx, tx, other.ID)
	if err != nil {
		return err
	}
	for _, r := range list {
		for i, record := range r.records {
			if record != other.ID || r.objects[i] != "contact" {
				continue
			}
			next := r
			next.records[i] = keep.ID
			fits, err := m.fits(ctx, tx, next, i)
			if err != nil {
				return err
			}
			if !fits {
				if end := r.records[1-i]; end != keep.ID {
					m.Data.Lost = append(m.Data.Lost, Change{Field: "relations." + r.key, From: end})
				}
				continue
			}
			if err := tx.Do(ctx, "UPDATE relations SET "+sides[i]+"_record_id = $3 WHERE location_id = $1 AND id = $2", m.LocationID, r.id, keep.ID); err != nil {
				return err
			}
			m.Data.Relations, r = append(m.Data.Relations, relationEnd{r.id, sides[i]}), next
		}
	}
	return nil
}

// relations gives those that speak of a record, and can be seen.
func (m *Merge) relations(ctx context.Context, tx *db.Tx, recordID string) (list []relation, err error) {
	var r relation
	err = tx.Each(ctx, []any{&r.id, &r.associationID, &r.key, &r.records[0], &r.records[1], &r.objects[0], &r.objects[1], &r.cardinality}, func() error {
		list = append(list, r)
		return nil
	}, `SELECT r.id, r.association_id, k.key, r.first_record_id, r.second_record_id, k.first_object_key, k.second_object_key, k.cardinality
		FROM relations r JOIN associations k ON k.location_id = r.location_id AND k.id = r.association_id
		WHERE r.location_id = $1 AND (r.first_record_id = $2 OR r.second_record_id = $2)
		AND NOT EXISTS (SELECT 1 FROM contact_aliases s WHERE s.location_id = $1 AND s.id IN (r.first_record_id, r.second_record_id)) ORDER BY r.id`, m.LocationID, recordID)
	return list, err
}

// fits reports whether a relation can be that of the kept contact, at one of its
// sides: not with itself, not twice, and within the cardinality.
func (m *Merge) fits(ctx context.Context, tx *db.Tx, r relation, side int) (bool, error) {
	if r.records[0] == r.records[1] && r.objects[0] == r.objects[1] {
		return false, nil
	}
	var n int64
	there, err := tx.Get(ctx, []any{&n}, "SELECT 1 FROM relations WHERE location_id = $1 AND association_id = $2 AND first_record_id = $3 AND second_record_id = $4", m.LocationID, r.associationID, r.records[0], r.records[1])
	if err != nil || there {
		return false, err
	}
	one := r.cardinality == "ONE_TO_ONE" || r.cardinality == [2]string{"MANY_TO_ONE", "ONE_TO_MANY"}[side]
	if !one {
		return true, nil
	}
	full, err := tx.Get(ctx, []any{&n}, "SELECT 1 FROM relations WHERE location_id = $1 AND association_id = $2 AND "+sides[side]+"_record_id = $3", m.LocationID, r.associationID, r.records[side])
	return !full, err
}

// returnRelations gives the other contact its relations back.
func (m *Merge) returnRelations(ctx context.Context, tx *db.Tx) error {
	for _, e := range m.Data.Relations {
		record, end := e.Side+"_record_id", map[string]string{"first": "second_record_id", "second": "first_record_id"}[e.Side]
		// unless the other contact has one to the same record, which merges of that one can bring about
		statement := "UPDATE relations SET " + record + " = $4 WHERE location_id = $1 AND id = $2 AND " + record + " = $3 AND NOT EXISTS (SELECT 1 FROM relations o WHERE o.location_id = $1" +
			" AND o.association_id = relations.association_id AND o." + record + " = $4 AND o." + end + " = relations." + end + ")"
		if err := tx.Do(ctx, statement, m.LocationID, e.ID, m.ContactID, m.OtherContactID); err != nil {
			return err
		}
	}
	return nil
}
