package association

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
)

// Relation is two records that belong together.
type Relation struct {
	LocationID    string    `json:"locationId"`
	ID            string    `json:"id"`
	AssociationID string    `json:"associationId,omitempty"`
	FirstID       string    `json:"firstId,omitempty"` // a record of the association's first object
	SecondID      string    `json:"secondId,omitempty"`
	CreatedAt     time.Time `json:"createdAt,omitzero"`
}

// seen leaves out the relations of a contact that was merged into another and
// had no room there; who they are about is not to be found (crm.MergeContacts).
const seen = " AND NOT EXISTS (SELECT 1 FROM contact_aliases s WHERE s.location_id = $1 AND s.id IN (first_record_id, second_record_id))"

var relations = db.NewTable("relations", []string{"location_id", "id"}, func(r *Relation) []db.Column {
	return []db.Column{
		{Name: "location_id", At: &r.LocationID}, {Name: "id", At: &r.ID}, {Name: "association_id", At: &r.AssociationID},
		{Name: "first_record_id", At: &r.FirstID}, {Name: "second_record_id", At: &r.SecondID}, {Name: "created_at", At: db.Millis(&r.CreatedAt)},
	}
})

// Relate puts two records together. NotFound if the association or a record is
// not there; Conflict if they are together already, or if the cardinality
// forbids it.
func Relate(ctx context.Context, tx *db.Tx, by crm.Actor, associationID, firstID, secondID string) (*Relation, *Association, error) {
	a, err := locked(ctx, tx, by.LocationID, associationID) // one after the other, so that they can be counted
	if err != nil {
		return nil, nil, err
	}
	if firstID, err = crm.RecordID(ctx, tx, by.LocationID, a.FirstKey, firstID); err != nil {
		return nil, nil, err
	}
	if secondID, err = crm.RecordID(ctx, tx, by.LocationID, a.SecondKey, secondID); err != nil {
		return nil, nil, err
	}
	if a.FirstKey == a.SecondKey && firstID == secondID {
		return nil, nil, errs.New(errs.Invalid, "A record cannot be related to itself")
	}
	if err := a.hasRoom(ctx, tx, firstID, secondID); err != nil {
		return nil, nil, err
	}
	r := &Relation{LocationID: by.LocationID, ID: tx.NewID(), AssociationID: a.ID, FirstID: firstID, SecondID: secondID, CreatedAt: tx.Now()}
	isNew, err := relations.InsertIfAbsent(ctx, tx, r)
	if err != nil {
		return nil, nil, err
	}
	if !isNew {
		return nil, nil, errs.New(errs.Conflict, "These records are related already")
	}
	err = crm.Emit(ctx, tx, by, "relation.created", a.contact(r), r.ID, crm.EventData{Kind: a.Key, Changes: r.whole(a, false)})
	return r, a, err
}

// hasRoom refuses a relation beyond the cardinality.
func (a *Association) hasRoom(ctx context.Context, tx *db.Tx, firstID, secondID string) error {
	for _, side := range []struct {
		column, record, object string
		one                    bool
	}{
		{"first_record_id", firstID, a.FirstKey, a.Cardinality == OneToOne || a.Cardinality == ManyToOne},
		{"second_record_id", secondID, a.SecondKey, a.Cardinality == OneToOne || a.Cardinality == OneToMany},
	} {
		if !side.one {
			continue
		}
		var n int64
		_, err := tx.Get(ctx, []any{&n}, "SELECT COUNT(*) FROM relations WHERE location_id = $1 AND association_id = $2 AND "+side.column+" = $3"+seen, a.LocationID, a.ID, side.record)
		if err != nil {
			return err
		}
		if n > 0 {
			return errs.New(errs.Conflict, "This %s has its one relation of the association %s already (%s)", side.object, a.Key, a.Cardinality).WithCode("cardinality")
		}
	}
	return nil
}

// contact is the contact that a relation is about, for their time line.
func (a *Association) contact(r *Relation) string {
	switch "contact" {
	case a.FirstKey:
		return r.FirstID
	case a.SecondKey:
		return r.SecondID
	}
	return ""
}

func (r *Relation) whole(a *Association, gone bool) (changes []crm.Change) {
	for _, f := range []struct{ name, value string }{
		{"associationId", a.ID}, {"firstObjectKey", a.FirstKey}, {"firstRecordId", r.FirstID}, {"secondObjectKey", a.SecondKey}, {"secondRecordId", r.SecondID},
	} {
		c := crm.Change{Field: f.name, To: f.value}
		if gone {
			c = crm.Change{Field: f.name, From: f.value}
		}
		changes = append(changes, c)
	}
	return changes
}

// RelationByID gives a relation. NotFound if it is not there.
func RelationByID(ctx context.Context, tx *db.Tx, locationID, relationID string) (*Relation, error) {
	r, err := relations.One(ctx, tx, "WHERE location_id = $1 AND id = $2", locationID, relationID)
	if err == nil && r == nil {
		err = errs.New(errs.NotFound, "Relation not found")
	}
	return r, err
}

// Part ends a relation, and gives what it was. NotFound if it is not there.
func Part(ctx context.Context, tx *db.Tx, by crm.Actor, relationID string) (*Relation, *Association, error) {
	r, err := relations.One(ctx, tx, "WHERE location_id = $1 AND id = $2"+seen+" /*postgres FOR UPDATE*/", by.LocationID, relationID)
	if err == nil && r == nil {
		err = errs.New(errs.NotFound, "Relation not found")
	}
	if err != nil {
		return nil, nil, err
	}
	a, err := ByID(ctx, tx, by.LocationID, r.AssociationID)
	if err != nil {
		return nil, nil, err
	}
	if err := tx.Do(ctx, "DELETE FROM relations WHERE location_id = $1 AND id = $2", by.LocationID, r.ID); err != nil {
		return nil, nil, err
	}
	err = crm.Emit(ctx, tx, by, "relation.deleted", a.contact(r), r.ID, crm.EventData{Kind: a.Key, Changes: r.whole(a, true), Was: crm.Was(r)})
	return r, a, err
}

// Related is a relation with its association.
type Related struct {
	Relation
	Association Association
}

// Relations gives a page of the relations of a record, the oldest first, and how
// many there are: of some associations, or of all for none.
func Relations(ctx context.Context, tx *db.Tx, locationID, recordID string, of []string, limit, skip int) (list []Related, total int64, err error) {
	if recordID, err = crm.Meant(ctx, tx, locationID, recordID); err != nil {
		return nil, 0, err
	}
	where := "WHERE location_id = $1 AND (first_record_id = $2 OR second_record_id = $2)" + seen
	args := []any{locationID, recordID}
	if len(of) > 0 {
		marks := make([]string, len(of))
		for i, id := range of {
			args = append(args, id)
			marks[i] = fmt.Sprintf("$%d", len(args))
		}
		where += " AND association_id IN (" + strings.Join(marks, ", ") + ")"
	}
	if _, err := tx.Get(ctx, []any{&total}, "SELECT COUNT(*) FROM relations "+where, args...); err != nil {
		return nil, 0, err
	}
	found, err := relations.All(ctx, tx, fmt.Sprintf("%s ORDER BY id LIMIT $%d OFFSET $%d", where, len(args)+1, len(args)+2), append(args, limit, skip)...)
	if err != nil {
		return nil, 0, err
	}
	known := map[string]Association{}
	for _, r := range found {
		a, ok := known[r.AssociationID]
		if !ok {
			it, err := ByID(ctx, tx, locationID, r.AssociationID)
			if err != nil {
				return nil, 0, err
			}
			a, known[r.AssociationID] = *it, *it
		}
		list = append(list, Related{r, a})
	}
	return list, total, nil
}
