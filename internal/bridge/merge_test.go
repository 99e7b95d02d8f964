package bridge_test

import (
	"context"
	"slices"
	"testing"

	"github.com/foyer-crm/foyer/internal/connect"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/remote"
)

// Two contacts that are made one over there are made one here, where the other side
// tells of it as a Foyer does: the one that is kept has the history of both, once.
func TestAMergeOverThereLosesNothingHere(t *testing.T) {
	o := newTwo(t, false).newWorld(t, 1, connect.Archive)
	o.quiet()
	here, there := o.sides[0], o.sides[1]
	const keep, gone = "ana@x.example", "bea@x.example"
	for _, email := range []string{keep, gone} {
		here.make(email, "firstName", "Ana")
		here.write(remote.Note, here.find(email), "", "note of "+email, map[string]string{"text": "said much"})
		here.write(remote.Task, here.find(email), "", "task of "+email, words(remote.Task))
	}
	o.quiet()
	there.do(func(ctx context.Context, tx *db.Tx) error {
		a, err := crm.ContactByEmail(ctx, tx, there.by.LocationID, keep)
		if err != nil {
			return err
		}
		b, err := crm.ContactByEmail(ctx, tx, there.by.LocationID, gone)
		if err == nil {
			_, err = crm.MergeContacts(ctx, tx, there.by, a.ID, b.ID)
		}
		return err
	})
	o.quiet()
	o.hurry(true)
	o.quiet()
	all := here.all()
	if len(all.people) != 1 || len(all.people[keep]) != 1 || slices.Contains(all.tags[keep], "archived") {
		t.Errorf("here: %v, tags %v", all.people, all.tags)
	}
	for _, of := range []string{keep, gone} {
		for _, mark := range []string{"note of " + of, "task of " + of} {
			for n, s := range o.sides {
				if list := s.all().things[mark]; len(list) != 1 {
					t.Errorf("the %s is %d times on side %d", mark, len(list), n)
				}
			}
		}
	}
	if n := len(there.all().people); n != 1 {
		t.Errorf("%d people there", n)
	}
	if s := o.status(); s.Rejected > 0 || s.Queue > 0 {
		t.Error(o.dump())
	}
}
