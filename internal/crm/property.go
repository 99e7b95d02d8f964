package crm

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"reflect"
	"sort"
	"time"

	"github.com/foyer-crm/foyer/internal/db"
)

// Property is a house or flat that a contact owns or is interested in. Key says
// when two are the same; an empty one stands for a property without an address.
type Property struct {
	LocationID string         `json:"locationId"`
	ContactID  string         `json:"contactId"`
	Key        string         `json:"key"`
	ID         string         `json:"id"`
	Data       map[string]any `json:"data"` // canonical names: address, city, bedrooms, price, …
	CreatedAt  time.Time      `json:"createdAt,omitzero"`
	UpdatedAt  time.Time      `json:"updatedAt,omitzero"`
}

// Requirement is what a contact looks for. Key says when two are the same.
type Requirement Property

func propertyColumns(p *Property) []db.Column {
	return []db.Column{
		{Name: "location_id", At: &p.LocationID}, {Name: "contact_id", At: &p.ContactID}, {Name: "key", At: &p.Key}, {Name: "id", At: &p.ID},
		{Name: "data", At: db.JSON(&p.Data, "{}")}, {Name: "created_at", At: db.Millis(&p.CreatedAt)}, {Name: "updated_at", At: db.Millis(&p.UpdatedAt)},
	}
}

var (
	properties   = db.NewTable("properties", []string{"location_id", "contact_id", "key"}, propertyColumns)
	requirements = db.NewTable("requirements", []string{"location_id", "contact_id", "key"}, propertyColumns)
)

// Properties gives the properties of a contact, the oldest first.
func Properties(ctx context.Context, tx *db.Tx, locationID, contactID string) ([]Property, error) {
	return properties.All(ctx, tx, "WHERE location_id = $1 AND contact_id = "+current+" ORDER BY id", locationID, contactID)
}

// Requirements gives what a contact looks for, the oldest first.
func Requirements(ctx context.Context, tx *db.Tx, locationID, contactID string) ([]Requirement, error) {
	list, err := requirements.All(ctx, tx, "WHERE location_id = $1 AND contact_id = "+current+" ORDER BY id", locationID, contactID)
	out := make([]Requirement, len(list))
	for i, r := range list {
		out[i] = Requirement(r)
	}
	return out, err
}

func putProperty(ctx context.Context, tx *db.Tx, by Actor, c *Contact, p Property) (changed bool, err error) {
	return putKeyed(ctx, tx, by, c, properties, "property", p)
}

func putRequirement(ctx context.Context, tx *db.Tx, by Actor, c *Contact, r Requirement) (changed bool, err error) {
	return putKeyed(ctx, tx, by, c, requirements, "requirement", Property(r))
}

// putKeyed stores a property or requirement, into the one with the same key if
// the contact has one; what was not said of it stays.
func putKeyed(ctx context.Context, tx *db.Tx, by Actor, c *Contact, table *db.Table[Property], thing string, p Property) (changed bool, err error) {
	p.LocationID, p.ContactID, p.ID, p.CreatedAt, p.UpdatedAt = c.LocationID, c.ID, tx.NewID(), tx.Now(), tx.Now()
	p.Key = indexable(p.Key)
	old, err := table.One(ctx, tx, "WHERE location_id = $1 AND contact_id = $2 AND key = $3 /*postgres FOR UPDATE*/", c.LocationID, c.ID, p.Key)
	if err != nil {
		return false, err
	}
	if old == nil {
		isNew, err := table.InsertIfAbsent(ctx, tx, &p)
		if err != nil {
			return false, err
		}
		if !isNew {
			return false, db.ErrLostRace
		}
		err = emit(ctx, tx, by, thing+".created", c.ID, p.ID, EventData{Changes: dataChanges(nil, p.Data)})
		return true, err
	}
	next := *old
	next.Data = maps.Clone(old.Data)
	if next.Data == nil {
		next.Data = map[string]any{}
	}
	maps.Copy(next.Data, p.Data)
	changes := dataChanges(old.Data, next.Data)
	if len(changes) == 0 {
		return false, nil
	}
	next.UpdatedAt = later(tx.Now(), old.UpdatedAt)
	if err := table.Update(ctx, tx, &next); err != nil {
		return false, err
	}
	err = emit(ctx, tx, by, thing+".updated", c.ID, old.ID, EventData{Changes: changes})
	return true, err
}

// indexable gives a key as it is, or its hash where it is longer than an index
// of PostgreSQL takes (2.7 kB for a whole entry).
func indexable(key string) string {
	const most = 1000 // bytes
	if len(key) <= most {
		return key
	}
	sum := sha256.Sum256([]byte(key))
	return "long:" + hex.EncodeToString(sum[:])
}

func dataChanges(from, to map[string]any) []Change {
	var changes []Change
	for k, v := range to {
		if !sameJSON(from[k], v) {
			changes = append(changes, Change{Field: k, From: from[k], To: v})
		}
	}
	sort.Slice(changes, func(i, j int) bool { return changes[i].Field < changes[j].Field })
	return changes
}

// sameJSON compares a value read from the database with one just decoded: 3 and
// 3.0 are the same number there.
func sameJSON(a, b any) bool {
	if x, ok := number(a); ok {
		y, ok := number(b)
		return ok && x == y
	}
	if x, ok := a.([]any); ok {
		y, ok := b.([]string)
		if !ok || len(x) != len(y) {
			return reflect.DeepEqual(a, b)
		}
		for i := range x {
			if x[i] != any(y[i]) {
				return false
			}
		}
		return true
	}
	return reflect.DeepEqual(a, b)
}

func number(v any) (float64, bool) {
	switch n := v.(type) {
	case float64:
		return n, true
	case int64:
		return float64(n), true
	case int:
		return float64(n), true
	}
	return 0, false
}
