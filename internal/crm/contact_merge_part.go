package crm

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"

	"github.com/foyer-crm/foyer/internal/db"
)

// parting takes the effect of a merge out of a row, and leaves in what was done
// to it since: a merge of three, of the row as the merge left it (united), as
// it is now (now), and as it was before (was).
type parting struct {
	stay []Change // edits since the merge that stay with the row
	lost []Change // edits since the merge that have nothing left to be about
}

// row gives what becomes of a row. A column that nobody touched since the merge
// gets its old value byte for byte.
func (p *parting) row(united, now, was db.Row) (db.Row, error) {
	next := db.Row{}
	for _, column := range slices.Sorted(maps.Keys(now)) {
		old, had := was[column]
		switch {
		case !had:
			next[column] = now[column] // a column that is newer than the merge
		case now[column] == united[column]:
			next[column] = old
		case silent(column):
			next[column] = now[column]
		default:
			v, err := p.column(column, united[column], now[column], old)
			if err != nil {
				return nil, err
			}
			next[column] = v
		}
	}
	return next, nil
}

func (p *parting) column(column string, united, now, was any) (any, error) {
	var trees [3]any
	for i, v := range []any{united, now, was} {
		var err error
		if trees[i], err = tree(column, v); err != nil {
			return nil, err
		}
	}
	next := p.value(fieldName(column), trees[0], trees[1], trees[2])
	switch {
	case !holdsJSON(column):
		return next, nil
	case reflect.DeepEqual(next, trees[2]):
		return was, nil
	case reflect.DeepEqual(next, trees[1]):
		return now, nil
	}
	text, err := json.Marshal(next)
	if err != nil {
		return nil, fmt.Errorf("writing %s: %w", column, err)
	}
	return string(text), nil
}

func (p *parting) value(path string, united, now, was any) any {
	if reflect.DeepEqual(now, united) {
		return was
	}
	list, isList := now.([]any)
	object, isObject := now.(map[string]any)
	switch {
	case isList:
		a, _ := united.([]any)
		b, _ := was.([]any)
		return p.list(path, a, list, b)
	case isObject && branches(path):
		return p.object(path, members(united), object, members(was))
	}
	p.stay = append(p.stay, Change{Field: path, From: present(united), To: present(now)})
	if present(now) == nil && !reflect.DeepEqual(united, was) {
		// a value that was the other's was taken away, and that one has it again
		p.lost = append(p.lost, Change{Field: path, From: united})
	}
	return now
}

func (p *parting) object(path string, united, now, was map[string]any) map[string]any {
	out := map[string]any{}
	for _, k := range slices.Sorted(maps.Keys(keySet(united, now, was))) {
		if v := p.value(within(path, k), united[k], now[k], was[k]); v != nil {
			out[k] = v
		}
	}
	return out
}

func keySet(objects ...map[string]any) map[string]any {
	all := map[string]any{}
	for _, o := range objects {
		maps.Copy(all, o)
	}
	return all
}

// list takes out of a list what came with the other contact. What was added
// since stays, what was removed since stays away.
func (p *parting) list(path string, united, now, was []any) []any {
	theirs := minus(united, was)
	out := minus(now, theirs)
	out = append(out, minus(minus(was, united), now)...)
	if added := minus(now, united); len(added) > 0 {
		p.stay = append(p.stay, Change{Field: path, To: added})
	}
	removed := minus(united, now)
	if gone := minus(removed, theirs); len(gone) > 0 {
		p.stay = append(p.stay, Change{Field: path, From: gone})
	}
	if back := minus(removed, minus(removed, theirs)); len(back) > 0 {
		p.lost = append(p.lost, Change{Field: path, From: back})
	}
	if len(now) > 0 && len(united) > 0 && contains(theirs, now[0]) && !contains(theirs, united[0]) && contains(now, united[0]) {
		p.lost = append(p.lost, Change{Field: path, To: now[:1]}) // it was made the first, and goes
	}
	return out
}
