package connect_test

import (
	"context"
	"strings"
	"testing"

	"github.com/foyer-crm/foyer/internal/connect"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/foyertest"
)

func TestAFirstSyncMatchesBeforeItCreates(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		b := newBridge(t, f, plainMapping)
		b.here("", map[string]any{"firstName": "Ana", "email": "ana@x.example", "city": "Mesa", "tags": []string{"a"}})
		b.here("", map[string]any{"firstName": "Hugo", "email": "hugo@x.example"})
		b.there("", map[string]any{"firstName": "Ana", "lastName": "Lopez", "email": "ANA@x.example", "tags": []string{"b"}})
		b.there("", map[string]any{"firstName": "Tess", "email": "tess@x.example"})
		b.quiet()
		here, there := b.both()
		if len(here) != 3 || len(there) != 3 {
			t.Fatalf("%d here, %d there", len(here), len(there))
		}
		ana := here["ana@x.example"]
		if ana == nil {
			ana = here["ANA@x.example"]
		}
		if ana == nil || ana.LastName != "Lopez" || ana.Address.City != "Mesa" || len(ana.Tags) != 2 {
			t.Errorf("%+v", ana)
		}
	})
}

func TestAnEditCrossesOnceEitherWay(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		b := newBridge(t, f, plainMapping)
		c := b.here("", map[string]any{"firstName": "Ana", "email": "ana@x.example"})
		b.quiet()
		_, there := b.both()
		other := there["ana@x.example"]
		if other == nil || other.FirstName != "Ana" {
			t.Fatalf("%+v", there)
		}
		b.peer.writes = 0
		b.here(c.ID, map[string]any{"city": "Mesa"})
		b.there(other.ID, map[string]any{"lastName": "Lopez"})
		b.quiet()
		here, there := b.both()
		for _, c := range []*crm.Contact{here["ana@x.example"], there["ana@x.example"]} {
			if c.Address.City != "Mesa" || c.LastName != "Lopez" {
				t.Errorf("%+v", c)
			}
		}
		if b.peer.writes != 1 {
			t.Errorf("%d writes there for one edit here", b.peer.writes)
		}
		version := here["ana@x.example"].Version
		b.quiet()
		b.quiet()
		if here, _ := b.both(); b.peer.writes != 1 || here["ana@x.example"].Version != version {
			t.Errorf("it goes on writing without an edit: %d there, version %d → %d here", b.peer.writes, version, here["ana@x.example"].Version)
		}
	})
}

func TestWhatWasDeletedStaysSo(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		b := newBridge(t, f, plainMapping)
		a := b.here("", map[string]any{"firstName": "Ana", "email": "ana@x.example"})
		b.here("", map[string]any{"firstName": "Bo", "email": "bo@x.example"})
		b.quiet()
		_, there := b.both()
		b.write(func(ctx context.Context, tx *db.Tx) error { return crm.DeleteContact(ctx, tx, b.by, a.ID) })
		b.there(there["ana@x.example"].ID, map[string]any{"city": "Mesa"}) // at the same time
		if err := b.peer.f.DB.Write(t.Context(), b.peer.loc, func(ctx context.Context, tx *db.Tx) error {
			return crm.DeleteContact(ctx, tx, crm.Actor{LocationID: b.peer.loc}, there["bo@x.example"].ID)
		}); err != nil {
			t.Fatal(err)
		}
		b.quiet()
		b.quiet()
		if here, there := b.both(); len(here)+len(there) != 0 {
			t.Errorf("%v here, %v there", here, there)
		}
		for _, l := range b.links() {
			if l.State != connect.Gone || len(l.Seen.Local)+len(l.Seen.Remote) > 0 {
				t.Errorf("%+v", l)
			}
		}
	})
}

// What the bridge itself wrote here gives it nothing to do.
func TestWhatCameInDoesNotGoOutAgain(t *testing.T) {
	b := newBridge(t, foyertest.New(t), plainMapping)
	b.quiet()
	b.there("", map[string]any{"email": "ana@x.example"})
	b.pass()
	b.listen()
	for _, l := range b.links() {
		if !l.DueAt.IsZero() {
			t.Errorf("%+v", l)
		}
	}
}

// Who was deleted here and stays there does not come back by an edit there.
func TestWhatIsIgnoredDoesNotComeBack(t *testing.T) {
	b := newBridge(t, foyertest.New(t), strings.ReplaceAll(plainMapping, "delete}", "ignore}"))
	c := b.here("", map[string]any{"email": "ana@x.example"})
	b.quiet()
	b.write(func(ctx context.Context, tx *db.Tx) error { return crm.DeleteContact(ctx, tx, b.by, c.ID) })
	b.quiet()
	_, there := b.both()
	b.there(there["ana@x.example"].ID, map[string]any{"city": "Mesa"})
	b.quiet()
	b.write(func(ctx context.Context, tx *db.Tx) error { return connect.Hurry(ctx, tx, b.c, true) })
	b.quiet()
	if here, there := b.both(); len(here) != 0 || len(there) != 1 {
		t.Errorf("%v here, %v there", here, there)
	}
	if links := b.links(); len(links) != 1 || links[0].State != connect.Gone {
		t.Errorf("%+v", links)
	}
}
