// Package association says how records of two kinds may belong together, and
// which do.
package association

import (
	"context"
	"regexp"
	"slices"
	"time"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
)

// Association is a way in which records of a first object belong to records of a
// second one.
type Association struct {
	LocationID  string    `json:"locationId"`
	ID          string    `json:"id"`
	Key         string    `json:"key,omitempty"`      // unique in the location
	FirstKey    string    `json:"firstKey,omitempty"` // of the first object: contact, opportunity, business, custom_objects.house
	FirstLabel  string    `json:"firstLabel,omitempty"`
	SecondKey   string    `json:"secondKey,omitempty"`
	SecondLabel string    `json:"secondLabel,omitempty"`
	Cardinality string    `json:"cardinality,omitempty"` // from the first to the second: one of Cardinalities
	Type        string    `json:"type,omitempty"`        // USER_DEFINED
	CreatedAt   time.Time `json:"createdAt,omitzero"`
	UpdatedAt   time.Time `json:"updatedAt,omitzero"`
}

// The cardinalities, read from the first object to the second: with OneToMany a
// record of the first has many of the second, each of which has one of the first.
const (
	OneToOne   = "ONE_TO_ONE"
	OneToMany  = "ONE_TO_MANY"
	ManyToOne  = "MANY_TO_ONE"
	ManyToMany = "MANY_TO_MANY"
)

// Cardinalities lists them.
func Cardinalities() []string { return []string{OneToOne, OneToMany, ManyToOne, ManyToMany} }

// Mirror gives a cardinality as it reads from the second object to the first.
func Mirror(cardinality string) string {
	switch cardinality {
	case OneToMany:
		return ManyToOne
	case ManyToOne:
		return OneToMany
	}
	return cardinality
}

var associations = db.NewTable("associations", []string{"location_id", "id"}, func(a *Association) []db.Column {
	return []db.Column{
		{Name: "location_id", At: &a.LocationID}, {Name: "id", At: &a.ID}, {Name: "key", At: &a.Key, Fixed: true},
		{Name: "first_object_key", At: &a.FirstKey, Fixed: true}, {Name: "first_object_label", At: &a.FirstLabel},
		{Name: "second_object_key", At: &a.SecondKey, Fixed: true}, {Name: "second_object_label", At: &a.SecondLabel},
		{Name: "cardinality", At: &a.Cardinality, Fixed: true}, {Name: "type", At: &a.Type, Fixed: true},
		{Name: "created_at", At: db.Millis(&a.CreatedAt), Fixed: true}, {Name: "updated_at", At: db.Millis(&a.UpdatedAt)},
	}
})

// objectKey is the name of a kind of records.
var objectKey = regexp.MustCompile(`^(contact|opportunity|business|custom_objects\.[A-Za-z0-9_]{1,100})$`)

// Add makes an association. Cardinality "" is ManyToMany. Conflict if the
// location has one of that key.
func Add(ctx context.Context, tx *db.Tx, by crm.Actor, a Association) (*Association, error) {
	if a.Cardinality == "" {
		a.Cardinality = ManyToMany
	}
	if err := check(&a); err != nil {
		return nil, err
	}
	a.LocationID, a.ID, a.Type, a.CreatedAt, a.UpdatedAt = by.LocationID, tx.NewID(), "USER_DEFINED", tx.Now(), tx.Now()
	isNew, err := associations.InsertIfAbsent(ctx, tx, &a)
	if err != nil {
		return nil, err
	}
	if !isNew {
		return nil, errs.New(errs.Conflict, "An association with this key exists already")
	}
	err = crm.Emit(ctx, tx, by, "association.created", "", a.ID, crm.EventData{Kind: a.Key, Changes: a.whole(false)})
	return &a, err
}

func check(a *Association) error {
	var broken []errs.Field
	for _, f := range []struct{ name, value string }{{"key", a.Key}, {"firstObjectLabel", a.FirstLabel}, {"secondObjectLabel", a.SecondLabel}} {
		if f.value == "" {
			broken = append(broken, errs.Field{Name: f.name, Rule: "required"})
		}
	}
	for _, f := range []struct{ name, value string }{{"firstObjectKey", a.FirstKey}, {"secondObjectKey", a.SecondKey}} {
		if !objectKey.MatchString(f.value) {
			broken = append(broken, errs.Field{Name: f.name, Rule: "choice"})
		}
	}
	if !slices.Contains(Cardinalities(), a.Cardinality) {
		broken = append(broken, errs.Field{Name: "firstObjectToSecondObjectCardinality", Rule: "choice"})
	}
	return errs.InvalidFields(broken...)
}

// whole is an association as an event tells it, so that who hears of one that is
// gone still knows what it was.
func (a *Association) whole(gone bool) (changes []crm.Change) {
	for _, f := range []struct{ name, value string }{
		{"key", a.Key}, {"firstObjectKey", a.FirstKey}, {"firstObjectLabel", a.FirstLabel}, {"secondObjectKey", a.SecondKey},
		{"secondObjectLabel", a.SecondLabel}, {"cardinality", a.Cardinality}, {"associationType", a.Type},
	} {
		c := crm.Change{Field: f.name, To: f.value}
		if gone {
			c = crm.Change{Field: f.name, From: f.value}
		}
		changes = append(changes, c)
	}
	return changes
}

// Relabel changes the labels of an association. NotFound if it is not there.
func Relabel(ctx context.Context, tx *db.Tx, by crm.Actor, associationID, first, second string) (*Association, error) {
	a, err := locked(ctx, tx, by.LocationID, associationID)
	if err != nil {
		return nil, err
	}
	var changes []crm.Change
	set := func(field string, at *string, v string) {
		if v != *at {
			changes = append(changes, crm.Change{Field: field, From: *at, To: v})
			*at = v
		}
	}
	set("firstObjectLabel", &a.FirstLabel, first)
	set("secondObjectLabel", &a.SecondLabel, second)
	if err := check(a); err != nil || len(changes) == 0 {
		return a, err
	}
	a.UpdatedAt = tx.Now()
	if err := associations.Update(ctx, tx, a); err != nil {
		return nil, err
	}
	err = crm.Emit(ctx, tx, by, "association.updated", "", a.ID, crm.EventData{Kind: a.Key, Changes: changes})
	return a, err
}

// Delete removes an association with its relations. NotFound if it is not there.
func Delete(ctx context.Context, tx *db.Tx, by crm.Actor, associationID string) error {
	a, err := locked(ctx, tx, by.LocationID, associationID)
	if err != nil {
		return err
	}
	if err := tx.Do(ctx, "DELETE FROM relations WHERE location_id = $1 AND association_id = $2", by.LocationID, a.ID); err != nil {
		return err
	}
	if err := tx.Do(ctx, "DELETE FROM associations WHERE location_id = $1 AND id = $2", by.LocationID, a.ID); err != nil {
		return err
	}
	return crm.Emit(ctx, tx, by, "association.deleted", "", a.ID, crm.EventData{Kind: a.Key, Changes: a.whole(true), Was: crm.Was(a)})
}

// ByID gives an association. NotFound if it is not there.
func ByID(ctx context.Context, tx *db.Tx, locationID, associationID string) (*Association, error) {
	return one(ctx, tx, "WHERE location_id = $1 AND id = $2", locationID, associationID)
}

// ByKey gives the association of a key. NotFound if there is none.
func ByKey(ctx context.Context, tx *db.Tx, locationID, key string) (*Association, error) {
	return one(ctx, tx, "WHERE location_id = $1 AND key = $2", locationID, key)
}

func locked(ctx context.Context, tx *db.Tx, locationID, associationID string) (*Association, error) {
	return one(ctx, tx, "WHERE location_id = $1 AND id = $2 /*postgres FOR UPDATE*/", locationID, associationID)
}

func one(ctx context.Context, tx *db.Tx, tail string, args ...any) (*Association, error) {
	a, err := associations.One(ctx, tx, tail, args...)
	if err == nil && a == nil {
		err = errs.New(errs.NotFound, "Association not found")
	}
	return a, err
}

// All gives a page of the associations of a location, the oldest first, and how
// many there are: of one object, or of all for "".
func All(ctx context.Context, tx *db.Tx, locationID, object string, limit, skip int) (list []Association, total int64, err error) {
	const where = "WHERE location_id = $1 AND ($2 = '' OR first_object_key = $2 OR second_object_key = $2)"
	if _, err := tx.Get(ctx, []any{&total}, "SELECT COUNT(*) FROM associations "+where, locationID, object); err != nil {
		return nil, 0, err
	}
	list, err = associations.All(ctx, tx, where+" ORDER BY id LIMIT $3 OFFSET $4", locationID, object, limit, skip)
	return list, total, err
}
