package snapshot

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"strings"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
)

// Applied says what became of the rows of a snapshot.
type Applied struct {
	Made map[string]int `json:"made"` // by table
	Kept map[string]int `json:"kept"` // what the location had already
}

// Apply sets a location up with a snapshot: what it does not have yet is made,
// with ids of its own, and nothing that it has is changed. by must be of that
// location.
func Apply(ctx context.Context, tx *db.Tx, by crm.Actor, s *Snapshot) (*Applied, error) {
	a := &applying{Applied: Applied{Made: map[string]int{}, Kept: map[string]int{}}, ids: map[string]string{}, old: map[string]bool{}}
	columns := map[string][]string{}
	for _, t := range tables {
		list, err := t.columns(ctx, tx)
		if err != nil {
			return nil, err
		}
		if columns[t.name] = list; len(list) == 0 {
			continue
		}
		there, err := t.rows(ctx, tx, by.LocationID, list)
		if err != nil {
			return nil, err
		}
		a.plan(tx, t, s.Data[t.name], there)
	}
	a.rename = a.replacer()
	for _, t := range tables {
		if len(columns[t.name]) == 0 {
			continue
		}
		for _, r := range s.Data[t.name] {
			if a.keeps(t, r) {
				a.Kept[t.name]++
				continue
			}
			next, err := a.renamed(r)
			if err != nil {
				return nil, err
			}
			for _, name := range []string{"created_at", "updated_at"} {
				if _, ok := next[name]; ok {
					next[name] = tx.Now().UnixMilli()
				}
			}
			maps.Copy(next, t.set)
			if err := t.insert(ctx, tx, by.LocationID, columns[t.name], next); err != nil {
				return nil, err
			}
			a.Made[t.name]++
		}
	}
	return &a.Applied, crm.Emit(ctx, tx, by, "snapshot.applied", "", s.ID, crm.EventData{Text: crm.Excerpt(s.Name)})
}

// applying is one snapshot on its way into a location.
type applying struct {
	Applied
	ids map[string]string // of the snapshot's rows → in this location
	old map[string]bool   // rows of the snapshot that the location has already

	rename *strings.Replacer // of ids in texts
}

// plan says which id a row of the snapshot will have: that of the row which the
// location has for it, or a new one.
func (a *applying) plan(tx *db.Tx, t table, rows, there []Row) {
	has := map[string]string{}
	for _, r := range there {
		if len(t.key) > 0 {
			has[t.is(r)] = text(r["id"])
		}
	}
	for _, r := range rows {
		id := text(r["id"])
		if a.ids[id] = has[t.is(r)]; len(t.key) > 0 && a.ids[id] != "" {
			a.old[id] = true
			continue
		}
		a.ids[id] = tx.NewID()
	}
}

// keeps reports whether the location has a row, or what it belongs to.
func (a *applying) keeps(t table, r Row) bool {
	return a.old[text(r["id"])] || t.parent != "" && a.old[text(r[t.parent])]
}

// replacer puts the ids of this location in place of the snapshot's. An id is
// unlike anything else, so it is safe to look for it in texts.
func (a *applying) replacer() *strings.Replacer {
	var pairs []string
	for from, to := range a.ids {
		pairs = append(pairs, from, to)
	}
	return strings.NewReplacer(pairs...)
}

// renamed is a row with the ids of this location, wherever they stand.
func (a *applying) renamed(r Row) (Row, error) {
	raw, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("applying a snapshot: %w", err)
	}
	next := Row{}
	if err := json.Unmarshal([]byte(a.rename.Replace(string(raw))), &next); err != nil {
		return nil, fmt.Errorf("applying a snapshot: %w", err)
	}
	return next, nil
}

func text(v any) string {
	s, _ := v.(string)
	return s
}
