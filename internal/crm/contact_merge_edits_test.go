package crm_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"testing"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/foyertest"
)

// Whatever is said about a merged contact before the merge is undone is there
// afterwards, or is listed; and what nobody spoke of is as it was.
func TestPropertyNoEditIsLostUnseen(t *testing.T) {
	if raced {
		t.Skip("skipped: make test runs it without the race detector")
	}
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		sequences := 300
		if f.DB.Kind() == db.Postgres || testing.Short() {
			sequences = 40
		}
		edited, lost := 0, 0
		for seed := range sequences {
			s := newScene(t, f, uint64(seed)+10000)
			a, b := s.ids[0], s.ids[1]
			var m *crm.Merge
			keptBefore, otherBefore := s.fields(a), s.fields(b)
			s.write(func(ctx context.Context, tx *db.Tx) (err error) {
				m, err = crm.MergeContacts(ctx, tx, s.by, a, b)
				return err
			})
			united := s.fields(a)
			for range 1 + s.IntN(3) {
				s.edit(a)
			}
			now := s.fields(a)
			var u *crm.Undone
			s.write(func(ctx context.Context, tx *db.Tx) (err error) {
				u, err = crm.UndoMerge(ctx, tx, s.by, m.ID)
				return err
			})
			kept, other := s.fields(a), s.fields(b)
			c := account{listed: fieldsOf(u.Lost)}
			for _, field := range slices.Sorted(maps.Keys(union(keptBefore, otherBefore, united, now, kept, other))) {
				c.field(field, keptBefore[field], united[field], now[field], kept[field], other[field])
				if field != "dnd" && !reflect.DeepEqual(other[field], otherBefore[field]) && !isRule(field) {
					c.wrong = append(c.wrong, fmt.Sprintf("the other's %s was %v and is %v", field, otherBefore[field], other[field]))
				}
			}
			if len(c.wrong) > 0 {
				t.Fatalf("sequence %d: %v\nlost: %v\nstay: %v", seed, c.wrong, u.Lost, u.Stay)
			}
			edited, lost = edited+c.edited, lost+len(u.Lost)
		}
		if edited < sequences || lost == 0 {
			t.Errorf("only %d edits, %d lost", edited, lost)
		}
		t.Logf("%d sequences: %d fields edited in between, %d edits listed as lost", sequences, edited, lost)
	})
}

// edit says something at random about a contact.
func (s *scene) edit(id string) {
	s.t.Helper()
	in := s.input()
	in.Properties, in.Requirements, in.Links = nil, nil, nil
	in.Blend, in.ReplaceTags = []crm.Blend{crm.BlendAdd, crm.BlendFront, crm.BlendReplace}[s.IntN(3)], s.IntN(3) == 0
	in.Clear = some(s, 3, "firstName", "companyName", "website", "stage", "tags", "email", "phone", "customFields.f1", "customFields.z", "dateOfBirth")
	dnd := s.IntN(2) == 0
	in.SetDND = &dnd
	s.write(func(ctx context.Context, tx *db.Tx) error {
		_, err := crm.SaveContact(ctx, tx, s.by, crm.Save{ID: id, Input: in, AllowDuplicate: true})
		return err
	})
}

// account holds the fields of a contact against what was said about it.
type account struct {
	listed []string
	wrong  []string
	edited int
}

func (c *account) field(name string, before, united, now, kept, other any) {
	if reflect.DeepEqual(now, united) {
		if !reflect.DeepEqual(kept, before) {
			c.wrong = append(c.wrong, fmt.Sprintf("%s was %v, nobody touched it, and it is %v", name, before, kept))
		}
		return
	}
	c.edited++
	said := slices.Contains(c.listed, name)
	list, isList := now.([]any)
	_, wasList := united.([]any)
	if !isList && now != nil || !wasList && united != nil || !isList && !wasList {
		if !reflect.DeepEqual(kept, now) && !said {
			c.wrong = append(c.wrong, fmt.Sprintf("%s was changed to %v and is %v", name, now, kept))
		}
		return
	}
	has := func(list any, v any) bool {
		all, _ := list.([]any)
		return slices.ContainsFunc(all, func(o any) bool { return reflect.DeepEqual(o, v) })
	}
	for _, v := range list {
		if !has(united, v) && !has(kept, v) {
			c.wrong = append(c.wrong, fmt.Sprintf("%v was added to %s and is gone", v, name))
		}
	}
	all, _ := united.([]any)
	for _, v := range all {
		if has(now, v) {
			continue
		}
		if has(kept, v) {
			c.wrong = append(c.wrong, fmt.Sprintf("%v was taken from %s and is there", v, name))
		}
		if has(other, v) && !has(before, v) && !said {
			c.wrong = append(c.wrong, fmt.Sprintf("%v was taken from %s and is the other's unseen", v, name))
		}
	}
}

func isRule(field string) bool {
	return len(field) > 12 && field[:12] == "dndSettings."
}

// fields gives what is said of a contact, by field.
func (s *scene) fields(id string) map[string]any {
	s.t.Helper()
	out := map[string]any{}
	s.read(func(ctx context.Context, tx *db.Tx) error {
		c, err := crm.ContactByID(ctx, tx, s.by.LocationID, id)
		if err != nil {
			return err
		}
		text, err := json.Marshal(c)
		if err != nil {
			return err
		}
		return json.Unmarshal(text, &out)
	})
	for _, follows := range []string{"id", "locationId", "number", "version", "createdAt", "updatedAt", "lastActivityAt", "email", "phone"} {
		delete(out, follows)
	}
	for _, of := range []struct{ set, prefix string }{{"details", ""}, {"address", ""}, {"customFields", "customFields."}, {"dndSettings", "dndSettings."}} {
		inner, _ := out[of.set].(map[string]any)
		delete(out, of.set)
		for k, v := range inner {
			out[of.prefix+k] = v
		}
	}
	return out
}

func union(all ...map[string]any) map[string]any {
	out := map[string]any{}
	for _, m := range all {
		maps.Copy(out, m)
	}
	return out
}
