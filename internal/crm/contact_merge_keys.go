package crm

import (
	"context"
	"slices"

	"github.com/foyer-crm/foyer/internal/db"
)

// heldKey is an identity that the other contact of a merge had: who held it at
// which rank before. nil is not at all.
type heldKey struct {
	Key   string
	Kept  *int64 `json:",omitempty"`
	Other int64
}

// ranks gives at which rank a contact holds keys.
func ranks(ctx context.Context, tx *db.Tx, locationID, contactID string, keys []string) (out map[string]int64, err error) {
	out = map[string]int64{}
	_, err = eachSome(keys, func(some []string, in string) (n int64, err error) {
		var key string
		var rank int64
		err = tx.Each(ctx, []any{&key, &rank}, func() error {
			if had, twice := out[key]; !twice || rank < had {
				out[key] = rank
			}
			return nil
		}, "SELECT key, rank FROM identities WHERE location_id = $1 AND contact_id = $2 AND key IN ("+in+")", append([]any{locationID, contactID}, anys(some)...)...)
		return 0, err
	}, 3)
	return out, err
}

// letGo removes a contact's hold on keys; nobody moves up.
func letGo(ctx context.Context, tx *db.Tx, locationID, contactID string, keys []string) error {
	_, err := eachSome(keys, func(some []string, in string) (int64, error) {
		return 0, tx.Do(ctx, "DELETE FROM identities WHERE location_id = $1 AND contact_id = $2 AND key IN ("+in+")", append([]any{locationID, contactID}, anys(some)...)...)
	}, 3)
	return err
}

// hold makes a contact the owner of some keys, and puts it behind their owners for others.
func hold(ctx context.Context, tx *db.Tx, c *Contact, own, behind []string) error {
	for _, h := range []struct {
		keys []string
		rank int64
	}{{own, 0}, {behind, c.Number}} {
		for some := range slices.Chunk(h.keys, 500) {
			if _, err := insertKeys(ctx, tx, c, some, h.rank); err != nil {
				return err
			}
		}
	}
	return nil
}

// allKeys lists what a contact is found by, its ids at partners included.
func allKeys(ctx context.Context, tx *db.Tx, c *Contact) ([]string, error) {
	keys := keysOf(c, KeyEmail, KeyPhone, KeyAgent)
	external, err := Links(ctx, tx, c.LocationID, c.ID)
	for _, l := range external {
		if k := linkKey(l.Origin, l.Scope, l.ExternalID); k != "" {
			keys = append(keys, k)
		}
	}
	return keys, err
}

// takeKeys gives the kept contact what the other is found by. Of a key that
// both hold, the better rank counts.
func (m *Merge) takeKeys(ctx context.Context, tx *db.Tx, keep, other *Contact) error {
	keys, err := allKeys(ctx, tx, other)
	if err != nil {
		return err
	}
	theirs, err := ranks(ctx, tx, m.LocationID, other.ID, keys)
	if err != nil {
		return err
	}
	ours, err := ranks(ctx, tx, m.LocationID, keep.ID, keys)
	if err != nil {
		return err
	}
	var own, behind []string
	for _, key := range keys {
		rank, held := theirs[key]
		if !held {
			continue
		}
		h := heldKey{Key: key, Other: rank}
		mine, both := ours[key]
		if both {
			h.Kept = &mine
		}
		m.Data.Keys = append(m.Data.Keys, h)
		if rank == 0 || both && mine == 0 {
			own = append(own, key)
		} else {
			behind = append(behind, key)
		}
	}
	if err := letGo(ctx, tx, m.LocationID, other.ID, keys); err != nil {
		return err
	}
	if err := letGo(ctx, tx, m.LocationID, keep.ID, m.keys()); err != nil {
		return err
	}
	return hold(ctx, tx, keep, own, behind)
}

// keys lists the identities that the merge touched.
func (m *Merge) keys() []string {
	keys := make([]string, len(m.Data.Keys))
	for i, h := range m.Data.Keys {
		keys[i] = h.Key
	}
	return keys
}

// returnKeys gives the other contact back what it was found by. It gives the
// keys that it owned, and that a third contact has taken since.
func (m *Merge) returnKeys(ctx context.Context, tx *db.Tx, keep, other *Contact) (taken []string, err error) {
	keys := m.keys()
	now, err := ranks(ctx, tx, m.LocationID, keep.ID, keys)
	if err != nil {
		return nil, err
	}
	owner := map[string]string{}
	for some := range slices.Chunk(keys, 500) {
		own, err := owners(ctx, tx, m.LocationID, some)
		if err != nil {
			return nil, err
		}
		for k, o := range own {
			owner[k] = o
		}
	}
	carries := keysOf(keep, KeyEmail, KeyPhone, KeyAgent)
	var ours, theirs [2][]string // what each owns, and what it stands behind for
	put := func(list *[2][]string, key string, owns bool) {
		i := 1
		if owns {
			i = 0
		}
		list[i] = append(list[i], key)
	}
	for _, h := range m.Data.Keys {
		_, held := now[h.Key]
		stays := h.Kept != nil && held || slices.Contains(carries, h.Key)
		third := owner[h.Key] != "" && owner[h.Key] != keep.ID
		if third && h.Other == 0 {
			taken = append(taken, h.Key)
		}
		// who of the two comes first, as before
		first := h.Other == 0 || !stays || (h.Kept == nil || *h.Kept != 0) && other.Number < keep.Number
		put(&theirs, h.Key, !third && first)
		if stays {
			put(&ours, h.Key, !third && !first)
		}
	}
	if err := letGo(ctx, tx, m.LocationID, keep.ID, keys); err != nil {
		return nil, err
	}
	if err := hold(ctx, tx, keep, ours[0], ours[1]); err != nil {
		return nil, err
	}
	return taken, hold(ctx, tx, other, theirs[0], theirs[1])
}
