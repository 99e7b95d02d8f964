package crm

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/foyer-crm/foyer/internal/db"
)

// SaveTogether saves several contacts in one transaction, in their order, each as
// SaveContact does and with the same result; but whom their keys belong to is
// looked up for all of them at once, and what they claim is stored at once. each
// is told what became of every one, and what it returns ends the whole.
func SaveTogether(ctx context.Context, tx *db.Tx, by Actor, all []Save, each func(i int, saved *Saved, err error) error) error {
	t := &together{tx: tx, locationID: by.LocationID, claims: map[string]string{}}
	newcomers, stop := ahead(tx, by, all)
	defer stop()
	keys := make([][]string, len(all))
	for i := range all {
		keys[i] = keysOf(&all[i].Input.Contact, everyKey...)
	}
	if err := t.look(ctx, slices.Concat(keys...)); err != nil {
		return err
	}
	for i, s := range all {
		s.all, s.together, s.newcomer = keys[i], t, <-newcomers
		saved, err := SaveContact(ctx, tx, by, s)
		if err := each(i, saved, err); err != nil {
			return err
		}
	}
	return t.flush(ctx)
}

// ahead makes newcomers of all in their order, beside their saving and a little
// ahead of it; nil stands for one that could not be made, which the saving finds
// out again. Those who turn out to be known were made in vain. The caller calls
// stop before it ends.
func ahead(tx *db.Tx, by Actor, all []Save) (_ <-chan *newcomer, stop func()) {
	const most = 256
	now, ready, enough, ended := tx.Now(), make(chan *newcomer, most), make(chan struct{}), make(chan struct{})
	one := func(s *Save) (n *newcomer) {
		defer func() {
			if recover() != nil {
				n = nil
			}
		}()
		n, err := welcome(by, s, now, tx.NewID)
		if err != nil {
			return nil
		}
		return n
	}
	go func() {
		defer close(ended)
		for i := range all {
			select {
			case ready <- one(&all[i]):
			case <-enough:
				return
			}
		}
	}()
	return ready, func() { close(enough); <-ended }
}

// together is what the contacts of one SaveTogether share.
type together struct {
	tx         *db.Tx
	locationID string
	owner      map[string]string // key → the contact that owns it, those that are to be stored with them
	claims     map[string]string // key → contact, to be stored
	stale      bool              // owner may not be right any more
}

// look looks up whom keys belong to.
func (t *together) look(ctx context.Context, keys []string) (err error) {
	slices.Sort(keys) // neighbours lie on the same page
	t.owner = make(map[string]string, len(keys))
	if len(keys) == 0 {
		return nil
	}
	list, err := json.Marshal(slices.Compact(keys))
	if err != nil {
		return fmt.Errorf("looking up keys: %w", err)
	}
	const query = `SELECT key, contact_id FROM identities WHERE location_id = $1 AND rank < 1 AND
		/*sqlite key IN (SELECT value FROM json_each($2))*/ /*postgres key = ANY(ARRAY(SELECT jsonb_array_elements_text($2::jsonb)))*/`
	var key, contactID string
	return t.tx.Each(ctx, []any{&key, &contactID}, func() error {
		t.owner[key] = contactID
		return nil
	}, query, t.locationID, string(list))
}

// owners gives the contacts that own keys, as the function of this name does.
func (t *together) owners(ctx context.Context, keys []string) (map[string]string, error) {
	if t.stale {
		if err := t.flush(ctx); err != nil {
			return nil, err
		}
		return owners(ctx, t.tx, t.locationID, keys)
	}
	out := make(map[string]string, len(keys))
	for _, k := range keys {
		if o := t.owner[k]; o != "" {
			out[k] = o
		}
	}
	return out, nil
}

// claim makes a contact the owner of keys, as the function of this name does.
func (t *together) claim(ctx context.Context, c *Contact, keys []string, others map[string]string) (taken []string, err error) {
	var behind []string
	for _, k := range keys {
		switch o := others[k]; {
		case o == "":
			t.claims[k] = c.ID
			t.owner[k] = c.ID
		case o != c.ID:
			behind = append(behind, k)
		}
	}
	if len(behind) > 0 {
		_, err = insertKeys(ctx, t.tx, c, behind, c.Number)
	}
	return behind, err
}

// release makes ready for keys being given up: what is in memory is stored, and
// from here on the database is asked.
func (t *together) release(ctx context.Context) error {
	t.stale = true
	return t.flush(ctx)
}

// flush stores the claims. One that somebody else was quicker with is a lost
// race: all runs again and finds who it was.
func (t *together) flush(ctx context.Context) error {
	if len(t.claims) == 0 {
		return nil
	}
	list, err := json.Marshal(t.claims) // in the order of the keys: neighbours lie on the same page
	if err != nil {
		return fmt.Errorf("claiming keys: %w", err)
	}
	const query = `INSERT INTO identities (location_id, key, rank, contact_id)
		SELECT $1, key, 0, value FROM /*sqlite json_each($2)*/ /*postgres jsonb_each_text($2::jsonb)*/ WHERE true
		ON CONFLICT DO NOTHING`
	n, err := t.tx.Exec(ctx, query, t.locationID, string(list))
	if err == nil && n != int64(len(t.claims)) {
		err = db.ErrLostRace
	}
	clear(t.claims)
	return err
}
