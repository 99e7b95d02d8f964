package crm

import (
	"context"
	"fmt"
	"strings"

	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/norm"
)

// An identity is a text that stands for one person in a location: "email:…",
// "phone:…", "agent:…", "link:…". Of several contacts that carry the same one,
// the first owns it (rank 0) and is the one that is found.

func emailKey(address string) string {
	key, ok := norm.Email(address)
	if !ok {
		return ""
	}
	return "email:" + key
}

func phoneKey(p Phone) string {
	text := p.Raw
	if p.E164 != "" {
		text = p.E164
	}
	if key := norm.ParsePhone(text, "US").Key; key != "" {
		return "phone:" + key
	}
	return ""
}

func agentKey(agentID string) string {
	if agentID == "" {
		return ""
	}
	return "agent:" + agentID
}

func linkKey(origin, scope, externalID string) string {
	if externalID == "" {
		return ""
	}
	return "link:" + origin + ":" + scope + ":" + externalID
}

// everyKey is every kind of key that a contact carries itself.
var everyKey = []Key{KeyEmail, KeyPhone, KeyAgent}

// keys gives the identity keys of Input of some kinds.
func (s *Save) keys(kinds ...Key) []string {
	out := make([]string, 0, len(s.all))
	for _, kind := range kinds {
		for _, k := range s.all {
			if strings.HasPrefix(k, prefixes[kind]) {
				out = append(out, k)
			}
		}
	}
	return out
}

// prefixes are what the keys of each kind begin with.
var prefixes = [...]string{KeyEmail: "email:", KeyPhone: "phone:", KeyAgent: "agent:"}

// keysOf lists a contact's identity keys of some kinds, without repeats.
func keysOf(c *Contact, kinds ...Key) []string {
	keys := make([]string, 0, 4)
	add := func(key string) {
		if key == "" {
			return
		}
		for _, k := range keys {
			if k == key {
				return
			}
		}
		keys = append(keys, key)
	}
	for _, kind := range kinds {
		switch kind {
		case KeyEmail:
			for _, e := range c.Emails {
				add(emailKey(e.Address))
			}
		case KeyPhone:
			for _, p := range c.Phones {
				add(phoneKey(p))
			}
		case KeyAgent:
			add(agentKey(c.Details.AgentID))
			for _, other := range c.Details.OtherAgentIDs {
				add(agentKey(other))
			}
		}
	}
	return keys
}

// owners gives the contacts that own keys.
func owners(ctx context.Context, tx *db.Tx, locationID string, keys []string) (out map[string]string, err error) {
	if len(keys) == 0 {
		return nil, nil
	}
	// "rank < 1" and not "rank = 0": a planner without statistics would take the
	// second for a better start than the keys, and read every owner there is.
	out = make(map[string]string, len(keys))
	var key, contactID string
	err = tx.Each(ctx, []any{&key, &contactID}, func() error {
		out[key] = contactID
		return nil
	}, "SELECT key, contact_id FROM identities WHERE location_id = $1 AND rank < 1 AND key IN ("+marks(2, len(keys))+")", args(locationID, keys)...)
	return out, err
}

// claim makes a contact the owner of keys. A key whose owner is known to be
// another (others) is kept behind that one. A key that somebody took since the
// owners were read is a lost race if it is one that makes records one person
// (in strict), and is kept behind otherwise. taken are those that are not owned.
func claim(ctx context.Context, tx *db.Tx, c *Contact, keys []string, strict map[string]bool, others map[string]string) (taken []string, err error) {
	if len(keys) == 0 {
		return nil, nil
	}
	var behind, own []string
	for _, k := range keys {
		if o := others[k]; o != "" && o != c.ID {
			behind = append(behind, k)
		} else if o == "" {
			own = append(own, k)
		}
	}
	if len(own) > 0 {
		got, err := insertKeys(ctx, tx, c, own, 0)
		if err != nil {
			return nil, err
		}
		if got < len(own) {
			now, err := owners(ctx, tx, c.LocationID, own)
			if err != nil {
				return nil, err
			}
			for _, k := range own {
				if now[k] == c.ID {
					continue
				}
				if strict[k] {
					return nil, db.ErrLostRace
				}
				behind = append(behind, k)
			}
		}
	}
	if len(behind) > 0 {
		if _, err := insertKeys(ctx, tx, c, behind, c.Number); err != nil {
			return nil, err
		}
	}
	return behind, nil
}

func insertKeys(ctx context.Context, tx *db.Tx, c *Contact, keys []string, rank int64) (int, error) {
	var b strings.Builder
	b.WriteString("INSERT INTO identities (location_id, rank, contact_id, key) VALUES ")
	for i := range keys {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "($1, $2, $3, $%d)", i+4)
	}
	b.WriteString(" ON CONFLICT DO NOTHING")
	a := make([]any, 0, len(keys)+3)
	a = append(a, c.LocationID, rank, c.ID)
	for _, k := range keys {
		a = append(a, k)
	}
	n, err := tx.Exec(ctx, b.String(), a...)
	return int(n), err
}

// release gives up keys; who stood behind first becomes the owner.
func release(ctx context.Context, tx *db.Tx, locationID, contactID string, keys []string) error {
	for _, k := range keys {
		if err := tx.Do(ctx, "DELETE FROM identities WHERE location_id = $1 AND key = $2 AND contact_id = $3", locationID, k, contactID); err != nil {
			return err
		}
		const next = `UPDATE identities SET rank = 0 WHERE location_id = $1 AND key = $2
			AND rank = (SELECT MIN(rank) FROM identities WHERE location_id = $1 AND key = $2)`
		if err := tx.Do(ctx, next, locationID, k); err != nil {
			return err
		}
	}
	return nil
}

// marks gives n statement marks from $from on: "$2, $3".
func marks(from, n int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "$%d", from+i)
	}
	return b.String()
}

// args puts a first argument in front of texts.
func args(head string, texts []string) []any {
	out := make([]any, 0, len(texts)+1)
	out = append(out, head)
	for _, t := range texts {
		out = append(out, t)
	}
	return out
}
