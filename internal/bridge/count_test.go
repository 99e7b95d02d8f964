package bridge_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/foyer-crm/foyer/internal/connect"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/remote"
)

// Every request that crosses is counted: a look at what changed writes nothing on
// either side where nothing did; an edit is written once on the other side, and not
// more than twice with what follows of it; the webhooks of an edit, a poll, and the
// webhooks again do together what one of them does.
func TestEveryRequestIsCounted(t *testing.T) {
	each(t, func(t *testing.T, postgres bool) {
		o := newTwo(t, postgres).newWorld(t, 1, connect.Delete)
		o.quiet()
		const email = "ana@x.example"
		o.sides[0].make(email, "firstName", "Ana")
		o.quiet()
		for _, kind := range owned {
			o.sides[0].write(kind, o.sides[0].find(email), "", string(kind), words(kind))
		}
		o.quiet()
		o.unmoved(t, "an untouched poll", func() { o.hurry(false) })
		o.unmoved(t, "an untouched look at everything", func() { o.hurry(true) })
		list := edits(o, email)
		for n := range o.sides {
			for _, e := range list {
				before := o.tally()
				e.do(n)
				made := o.tally().less(before).events[n] // by whoever edited
				o.quiet()
				o.hurry(false)
				o.quiet()
				got := o.tally().less(before)
				got.events[n] -= made
				if other := got.events[1-n]; other < 1 || other > 2 || got.events[n] != 0 {
					t.Errorf("%s on side %d: %d writes on the other side and %d back", e.name, n, other, got.events[n])
				}
				if most := []int{2, 0}[n]; len(got.writes) > most {
					t.Errorf("%s on side %d: it sent %v", e.name, n, got.writes)
				}
			}
		}
		o.heardTwice(t, email)
		if s := o.status(); s.Rejected > 0 || s.Queue > 0 {
			t.Errorf("%+v", s)
		}
		for n, s := range o.sides {
			if all := s.all(); len(all.people) != 1 || len(all.things) != len(owned) {
				t.Errorf("%v on side %d", all, n)
			}
		}
	})
}

// heardTwice edits there, and has the edit heard of by its webhook, by a poll, and
// by its webhook again.
func (o *world) heardTwice(t *testing.T, email string) {
	there := o.sides[1]
	id := there.find(email)
	before := o.tally()
	there.say(id, "city", "Tucson")
	edit := o.tally().less(before).events[1]
	o.tell(0)
	o.hurry(false)
	if err := o.engine.Work(t.Context(), o.c.LocationID, o.c.ID); err != nil {
		t.Fatal(err)
	}
	got := o.tally().less(before)
	if got.events[0] != 1 || got.events[1] != edit || len(got.writes) > 0 {
		t.Errorf("heard of by webhook and poll: %d writes here, %d there beside the edit, sent %v", got.events[0], got.events[1]-edit, got.writes)
	}
	o.quiet()
	o.sides[0].do(func(ctx context.Context, tx *db.Tx) error { // no poll comes between
		return tx.Do(ctx, "UPDATE connection_flows SET next_at = $2 WHERE location_id = $1", o.c.LocationID, time.Now().Add(time.Hour).UnixMilli())
	})
	before = o.tally()
	o.told = "" // all webhooks of all that ever happened come again
	o.tell(0)
	if err := o.engine.Work(t.Context(), o.c.LocationID, o.c.ID); err != nil {
		t.Fatal(err)
	}
	if got := o.tally().less(before); got.events != [2]int{} || len(got.writes) > 0 {
		t.Errorf("webhooks that come again: %v events, sent %v", got.events, got.writes)
	}
}

// unmoved has the engine look, and nothing be written on either side.
func (o *world) unmoved(t *testing.T, what string, look func()) {
	t.Helper()
	before := o.tally()
	look()
	o.quiet()
	if got := o.tally().less(before); got.events != [2]int{} || len(got.writes) > 0 || got.asked == 0 {
		t.Errorf("%s: %v events, %d requests, of them writes %v", what, got.events, got.asked, got.writes)
	}
}

// edit is something that somebody does on a side.
type edit struct {
	name string
	do   func(n int)
}

// edits are one of each kind.
func edits(o *world, email string) []edit {
	n := 0
	list := []edit{
		{"a field of a contact", func(s int) { n++; o.sides[s].say(o.sides[s].find(email), "city", fmt.Sprint("C", n)) }},
		{"a field of a contact is blanked", func(s int) { o.sides[s].say(o.sides[s].find(email), "city", "") }},
		{"a tag", func(s int) { o.sides[s].tag(o.sides[s].find(email), fmt.Sprint("t", s), true) }},
		{"a tag that goes", func(s int) { o.sides[s].tag(o.sides[s].find(email), fmt.Sprint("t", s), false) }},
	}
	for _, kind := range owned {
		list = append(list, edit{string(kind), func(s int) {
			n++
			said := map[string]map[string]string{
				"task": {"text": fmt.Sprint("x", n)}, "note": {"text": fmt.Sprint("x", n)}, "opportunity": {"value": fmt.Sprint(n)},
				"appointment": {"start": time.Now().AddDate(0, 0, 20+n).UTC().Truncate(time.Hour).Format(time.RFC3339)},
			}[string(kind)]
			o.sides[s].write(kind, o.sides[s].find(email), o.sides[s].all().things[string(kind)][0]["id"], string(kind), said)
		}})
	}
	return list
}

// words are what is said of a thing when it is made.
func words(kind remote.Kind) map[string]string {
	at := time.Now().AddDate(0, 0, 7).UTC().Truncate(time.Hour).Format(time.RFC3339)
	return map[string]map[string]string{
		"task": {"text": "call", "due": at, "done": "false"}, "note": {"text": "hello"},
		"appointment": {"start": at, "status": "confirmed", "place": "0", "address": "Main St 1"},
		"opportunity": {"place": "0", "status": "open", "value": "100"},
	}[string(kind)]
}

// tally is how much happened: events of records on each side, and what the wire saw.
type tally struct {
	events [2]int
	asked  int
	writes []string
}

func (o *world) tally() (n tally) {
	for i, s := range o.sides {
		s.see(func(ctx context.Context, tx *db.Tx) error {
			n.events[i] = 0
			for after := ""; ; {
				events, err := crm.EventsBetween(ctx, tx, s.by.LocationID, after, "~", 500)
				if err != nil || len(events) == 0 {
					return err
				}
				for e := range events {
					if !strings.HasPrefix(events[e].Type, "connection.") {
						n.events[i]++
					}
					after = events[e].ID
				}
			}
		})
	}
	o.wire.mu.Lock()
	defer o.wire.mu.Unlock()
	n.asked, n.writes = o.wire.asked, o.wire.writes
	return n
}

// less gives what came since another tally.
func (n tally) less(before tally) tally {
	for i := range n.events {
		n.events[i] -= before.events[i]
	}
	n.asked -= before.asked
	n.writes = n.writes[len(before.writes):]
	return n
}
