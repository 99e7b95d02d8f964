package app_test

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/foyertest"
	"github.com/foyer-crm/foyer/internal/wire"
)

// Another tenant's id answers as if it did not exist: the same status, the same
// words, the same effect on the caller's own data, and nothing of the owner's
// changes or shows.
func TestAnotherTenantsIDIsNobodys(t *testing.T) {
	each(t, func(t *testing.T, f *foyertest.F, _ *journal) {
		// Two new tenants for each route: their tables are read often.
		pairs := map[*wire.Route][]*tenant{}
		for _, d := range f.House.Doors() {
			for i := range d.Routes {
				n := strconv.Itoa(len(pairs))
				pairs[&d.Routes[i]] = tenants(t, f, "Alpha"+n, "Beta"+n)
			}
		}
		system := dump(t, f, db.System)
		t.Run("routes", func(t *testing.T) {
			for _, d := range f.House.Doors() {
				for i := range d.Routes {
					r := &d.Routes[i]
					t.Run(nameOf(d, r), func(t *testing.T) {
						t.Parallel()
						for _, s := range routes[nameOf(d, r)].carries {
							leavesAlone(t, pairs[r][0], pairs[r][1], d, r, s)
						}
					})
				}
			}
		})
		if changed := without(dump(t, f, db.System), system); len(changed) > 0 {
			t.Errorf("somebody's users, keys or locations changed:\n%s", strings.Join(changed, "\n"))
		}
	})
}

// leavesAlone sends a sample as b, with an id of a's and with nobody's.
func leavesAlone(t *testing.T, a, b *tenant, d *wire.Door, r *wire.Route, s sample) {
	t.Helper()
	title := r.Method + " " + s.pathOf(r) + " " + s.body
	victim := a.own(t)
	victim["userKey"] = a.vars["liondesk.userKey"]
	warm, nobody := stranger(), stranger() // as old as the victim's, where a list starts behind an id
	if _, kept := s.header["Idempotency-Key"]; kept {
		own := routes[nameOf(d, r)].plain
		own.header = idempotent
		if got := a.call(d, r, own, victim, victim); got.status >= 300 {
			t.Fatalf("%s: %s", title, got)
		}
	}
	before := dump(t, a.f, a.actor.LocationID)
	mine := b.ownFor(t, routes[nameOf(d, r)])
	ask := func(about owned) effect {
		if writes(r) {
			mine = b.ownFor(t, routes[nameOf(d, r)]) // each call finds one of its own that nobody changed
		}
		return b.effect(t, d, r, s, mine, about)
	}
	ask(warm) // the first use of a custom field makes it
	seen := ask(victim)
	if lost := without(before, dump(t, a.f, a.actor.LocationID)); len(lost) > 0 {
		t.Errorf("%s changed another tenant's rows:\n%s", title, strings.Join(lost, "\n"))
	}
	none := ask(nobody)
	if seen.answer != none.answer {
		t.Errorf("%s\n another tenant's id: %s\n        nobody's id: %s", title, seen.answer, none.answer)
	}
	if !slices.Equal(seen.rows, none.rows) {
		t.Errorf("%s left different rows\n another tenant's id: %s\n        nobody's id: %s", title,
			strings.Join(without(seen.rows, none.rows), "\n"), strings.Join(without(none.rows, seen.rows), "\n"))
	}
	if strings.Contains(seen.raw, a.canary) {
		t.Errorf("%s shows another tenant's data: %s", title, seen.raw)
	}
}

// effect is what a call answered, and what it left in the caller's tables, with
// ids and times masked.
type effect struct {
	answer string // with the headers that say something
	body   string // without
	raw    string // the answer and its headers as they came
	rows   []string
}

func (x *tenant) effect(t *testing.T, d *wire.Door, r *wire.Route, s sample, mine, other owned) effect {
	t.Helper()
	before := dump(t, x.f, x.actor.LocationID)
	got := x.call(d, r, s, mine, other)
	m := masker(mine, other)
	e := effect{answer: m(got.String() + warningsOf(got)), body: m(got.String()), raw: got.String() + warningsOf(got)}
	for _, r := range without(dump(t, x.f, x.actor.LocationID), before) {
		e.rows = append(e.rows, m(r))
	}
	slices.Sort(e.rows)
	return e
}

func warningsOf(a answer) string {
	return " " + a.header.Get("X-Foyer-Warnings") + " " + a.header.Get("X-Intake-Result") + " " + a.header.Get("X-Total-Count")
}

var (
	uuids  = regexp.MustCompile(`[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}`)
	hashes = regexp.MustCompile(`\b[0-9a-f]{64}\b`)
	ids    = regexp.MustCompile(`\b[0-9A-Za-z]{20}\b`)
	times  = regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z`)
	longs  = regexp.MustCompile(`\b\d{13,19}\b`) // milliseconds, numbers of contacts, places on boards
)

// masker gives a function that leaves nothing of a text by which two runs of
// the same thing differ.
func masker(mine, other owned) func(string) string {
	var pairs []string
	for _, names := range []struct {
		list owned
		mark string
	}{{mine, "{}"}, {other, "<>"}} {
		for k, v := range names.list {
			pairs = append(pairs, v, names.mark[:1]+k+names.mark[1:])
		}
	}
	exact := strings.NewReplacer(pairs...)
	return func(s string) string {
		s = exact.Replace(s)
		s = uuids.ReplaceAllString(s, "UUID")
		s = hashes.ReplaceAllString(s, "HASH")
		s = times.ReplaceAllString(s, "TIME")
		s = ids.ReplaceAllString(s, "ID")
		return longs.ReplaceAllString(s, "NUMBER")
	}
}
