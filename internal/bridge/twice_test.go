package bridge_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
)

// Who is made on both sides at once is made one, and nobody is there twice, whether
// the other side refuses to make anybody twice or would do it.
func TestNobodyIsMadeTwice(t *testing.T) {
	w := newTwo(t, false)
	for n, allow := range []bool{false, true} {
		o := w.newWorld(t, uint64(n), "delete")
		here, there := o.sides[0], o.sides[1]
		w.sides[1].System(t, func(ctx context.Context, tx *db.Tx) error {
			return crm.ChangeSettings(ctx, tx, there.by.LocationID, func(s *crm.Settings) { s.AllowDuplicateContact = allow })
		})
		o.quiet()
		o.sides[0].do(func(ctx context.Context, tx *db.Tx) error { // only what changes here is looked at
			return tx.Do(ctx, "UPDATE connection_flows SET next_at = $2 WHERE location_id = $1", here.by.LocationID, time.Now().Add(time.Hour).UnixMilli())
		})
		const people = 20
		for i := range people {
			email := fmt.Sprintf("p%d@x.example", i)
			there.make(email, "lastName", "There")
			here.make(email, "firstName", "Here")
		}
		o.listen()
		if err := o.engine.Work(t.Context(), o.c.LocationID, o.c.ID); err != nil {
			t.Fatal(err)
		}
		o.quiet()
		for i, s := range o.sides {
			all := s.all()
			if len(all.people) != people {
				t.Errorf("duplicates allowed %v: %d people on side %d", allow, len(all.people), i)
			}
			for email, list := range all.people {
				if len(list) != 1 || list[0]["firstName"] != "Here" || list[0]["lastName"] != "There" {
					t.Errorf("duplicates allowed %v: %s on side %d: %v", allow, email, i, list)
				}
			}
		}
		if posts := o.posts(); posts > 0 {
			t.Errorf("duplicates allowed %v: %d were made", allow, posts)
		}
	}
}

// posts gives how many records were made there.
func (o *world) posts() (n int) {
	for _, write := range o.wire.written() {
		if write == "POST /contacts/" {
			n++
		}
	}
	return n
}
