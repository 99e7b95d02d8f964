package crm

import (
	"context"
	"hash/fnv"
	"time"

	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/norm"
)

// LocationTag is a tag that a location has: one that a contact carries or
// carried, or that was made for later. Contacts carry its name.
type LocationTag struct {
	LocationID string
	ID         string
	Name       string
	Key        string // the name without regard to case
	CreatedAt  time.Time
	UpdatedAt  time.Time
}

var locationTags = db.NewTable("location_tags", []string{"location_id", "id"}, func(t *LocationTag) []db.Column {
	return []db.Column{
		{Name: "location_id", At: &t.LocationID}, {Name: "id", At: &t.ID}, {Name: "name", At: &t.Name}, {Name: "name_key", At: &t.Key},
		{Name: "created_at", At: db.Millis(&t.CreatedAt)}, {Name: "updated_at", At: db.Millis(&t.UpdatedAt)},
	}
})

// carriedTags is how tags become known that contacts carry: once for a group of
// commands, so that it costs an intake next to nothing.
var carriedTags = &db.Late{
	Delete: `DELETE FROM location_tags WHERE 1 = 0 AND location_id = $1`,
	Insert: `INSERT INTO location_tags (location_id, id, name, name_key, created_at, updated_at)
		SELECT /*sqlite value->>0, value->>1, value->>2, value->>3, value->>4, value->>4 FROM json_each($1) WHERE TRUE*/
		/*postgres value->>0, value->>1, value->>2, value->>3, (value->>4)::bigint, (value->>4)::bigint FROM jsonb_array_elements($1::jsonb) ORDER BY value->>0, value->>3*/
		ON CONFLICT DO NOTHING`,
}

// carry makes the tags of a contact known to its location.
func carry(tx *db.Tx, locationID string, tags []string) {
	for _, name := range tags {
		key := indexable(norm.Fold(name))
		h := fnv.New64a()
		_, _ = h.Write([]byte(locationID + "\x00" + key))
		tx.Last(carriedTags, int64(h.Sum64()), false, []any{locationID, tx.NewID(), name, key, tx.Now().UnixMilli()}) // #nosec G115 -- any number will do
	}
}

func badTag(name string) error {
	if name == "" {
		return errs.InvalidFields(errs.Field{Name: "name", Rule: "required"})
	}
	return nil
}

func tagTaken() error {
	return errs.New(errs.Conflict, "The tag name is already exist.").WithCode("taken")
}

// AddLocationTag makes a tag. Conflict if there is one of that name.
func AddLocationTag(ctx context.Context, tx *db.Tx, by Actor, name string) (*LocationTag, error) {
	if err := badTag(name); err != nil {
		return nil, err
	}
	t := &LocationTag{LocationID: by.LocationID, ID: tx.NewID(), Name: name, Key: indexable(norm.Fold(name)), CreatedAt: tx.Now(), UpdatedAt: tx.Now()}
	isNew, err := locationTags.InsertIfAbsent(ctx, tx, t)
	if err != nil {
		return nil, err
	}
	if !isNew {
		return nil, tagTaken()
	}
	err = emit(ctx, tx, by, "tag.created", "", t.ID, EventData{Text: excerpt(name)})
	return t, err
}

// RenameLocationTag renames a tag, and with it the one that contacts carry.
// NotFound if it is not there, Conflict if another has the name.
func RenameLocationTag(ctx context.Context, tx *db.Tx, by Actor, tagID, name string) (*LocationTag, error) {
	if err := badTag(name); err != nil {
		return nil, err
	}
	t, err := LocationTagByID(ctx, tx, by.LocationID, tagID)
	if err != nil || t.Name == name {
		return t, err
	}
	old := t.Name
	t.Name, t.Key, t.UpdatedAt = name, indexable(norm.Fold(name)), later(tx.Now(), t.UpdatedAt)
	other, err := locationTags.One(ctx, tx, "WHERE location_id = $1 AND name_key = $2 AND id <> $3", by.LocationID, t.Key, tagID)
	if err != nil {
		return nil, err
	}
	if other != nil {
		return nil, tagTaken()
	}
	if err := locationTags.Update(ctx, tx, t); err != nil {
		return nil, err
	}
	if err := emit(ctx, tx, by, "tag.updated", "", tagID, EventData{Changes: []Change{{Field: "name", From: excerpt(old), To: excerpt(name)}}}); err != nil {
		return nil, err
	}
	return t, startSweep(ctx, tx, sweep{By: by, Field: "tags", From: old, To: name})
}

// MergeLocationTag gives the contacts that carry a tag another one in its place,
// and removes it. NotFound if one of the two is not there, Invalid for one alone.
func MergeLocationTag(ctx context.Context, tx *db.Tx, by Actor, tagID, intoID string) (*LocationTag, error) {
	if tagID == intoID {
		return nil, errs.InvalidFields(errs.Field{Name: "into", Rule: "choice"})
	}
	t, err := LocationTagByID(ctx, tx, by.LocationID, tagID)
	if err != nil {
		return nil, err
	}
	into, err := LocationTagByID(ctx, tx, by.LocationID, intoID)
	if err != nil {
		return nil, err
	}
	if err := tx.Do(ctx, "DELETE FROM location_tags WHERE location_id = $1 AND id = $2", by.LocationID, tagID); err != nil {
		return nil, err
	}
	if err := emit(ctx, tx, by, "tag.deleted", "", tagID, EventData{Text: excerpt(t.Name), Changes: []Change{{Field: "name", From: excerpt(t.Name), To: excerpt(into.Name)}}}); err != nil {
		return nil, err
	}
	return into, startSweep(ctx, tx, sweep{By: by, Field: "tags", From: t.Name, To: into.Name})
}

// DeleteLocationTag removes a tag, also from the contacts that carry it.
// NotFound if it is not there.
func DeleteLocationTag(ctx context.Context, tx *db.Tx, by Actor, tagID string) error {
	t, err := LocationTagByID(ctx, tx, by.LocationID, tagID)
	if err != nil {
		return err
	}
	if err := tx.Do(ctx, "DELETE FROM location_tags WHERE location_id = $1 AND id = $2", by.LocationID, tagID); err != nil {
		return err
	}
	if err := emit(ctx, tx, by, "tag.deleted", "", tagID, EventData{Text: excerpt(t.Name)}); err != nil {
		return err
	}
	return startSweep(ctx, tx, sweep{By: by, Field: "tags", From: t.Name})
}

// LocationTagByID gives a tag. NotFound if it is not there.
func LocationTagByID(ctx context.Context, tx *db.Tx, locationID, tagID string) (*LocationTag, error) {
	t, err := locationTags.One(ctx, tx, "WHERE location_id = $1 AND id = $2", locationID, tagID)
	if err == nil && t == nil {
		err = errs.New(errs.NotFound, "Tag not found")
	}
	return t, err
}

// LocationTags gives the tags of a location, in the order of their names.
func LocationTags(ctx context.Context, tx *db.Tx, locationID string) ([]LocationTag, error) {
	return locationTags.All(ctx, tx, "WHERE location_id = $1 ORDER BY name_key", locationID)
}
