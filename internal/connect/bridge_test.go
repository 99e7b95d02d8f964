package connect_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"

	"github.com/foyer-crm/foyer/internal/connect"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/foyertest"
	"github.com/foyer-crm/foyer/internal/remote"
)

const plainMapping = `
objects:
  contact:
    deletes: {in: delete, out: delete}
    fields:
      - {local: firstName, remote: firstName}
      - {local: lastName, remote: lastName}
      - {local: city, remote: city}
      - {local: email, remote: email}
      - {local: phone, remote: phone, transform: {phone: e164}}
      - {local: tags, remote: tags, conflict: union}
  task:
    deletes: {in: delete, out: delete}
    fields:
      - {local: title, remote: title}
      - {local: body, remote: body}
      - {local: completed, remote: completed}
`

// bridge is a location here, a peer there, and the connection between them.
type bridge struct {
	t      testing.TB
	f      *foyertest.F
	loc    string
	by     crm.Actor
	peer   *peer
	engine *connect.Engine
	c      *connect.Connection
	place  string // how far the events here were read
}

func newBridge(t testing.TB, f *foyertest.F, mapping string) *bridge {
	b := &bridge{t: t, f: f, loc: f.Credentials.LocationID, by: crm.Actor{LocationID: f.Credentials.LocationID, Origin: "ui", UserID: f.Credentials.User.ID}, peer: newPeer(t)}
	b.start()
	m, err := connect.ParseMapping([]byte(mapping))
	if err != nil {
		t.Fatal(err)
	}
	b.write(func(ctx context.Context, tx *db.Tx) error {
		b.c, err = connect.Add(ctx, tx, f.Vault, b.by, connect.Connection{Kind: "test", Name: "Over there", Mapping: *m}, connect.Credential{"token": "secret of the other side"})
		return err
	})
	return b
}

// start begins anew, as a process does that was killed: what it held is gone.
func (b *bridge) start() {
	b.engine = connect.New(connect.Options{DB: b.f.DB, Vault: b.f.Vault, Log: slog.New(slog.DiscardHandler), Kinds: map[string]connect.Open{
		"test": func(_ context.Context, o connect.Opening) (remote.System, error) {
			if o.Credential["token"] != "secret of the other side" {
				b.t.Errorf("the system was opened with %q", o.Credential)
			}
			return b.peer, nil
		},
	}})
	b.engine.Hasty()
}

func (b *bridge) write(f func(ctx context.Context, tx *db.Tx) error) {
	b.t.Helper()
	if err := b.f.DB.Write(b.t.Context(), b.loc, f); err != nil {
		b.t.Fatal(err)
	}
}

// listen reads the events here.
func (b *bridge) listen() {
	b.t.Helper()
	for {
		var events []crm.Event
		if err := b.f.DB.Read(b.t.Context(), b.loc, func(ctx context.Context, tx *db.Tx) (err error) {
			events, err = crm.EventsBetween(ctx, tx, b.loc, b.place, "~", 100)
			return err
		}); err != nil {
			b.t.Fatal(err)
		}
		if len(events) == 0 {
			return
		}
		store, err := b.engine.Prompt().Read(b.t.Context(), b.loc, events)
		if err != nil {
			b.t.Fatal(err)
		}
		if store != nil {
			b.write(store)
		}
		b.place = events[len(events)-1].ID
	}
}

// pass lets the engine work once.
func (b *bridge) pass() {
	b.t.Helper()
	b.listen()
	if err := connect.Due(b.t.Context(), b.f.DB, b.loc); err != nil {
		b.t.Fatal(err)
	}
	if err := b.engine.Work(b.t.Context(), b.loc, b.c.ID); err != nil && b.peer.killed == nil {
		b.t.Fatal(err)
	}
}

// quiet lets the engine work until nothing is to be done.
func (b *bridge) quiet() {
	b.t.Helper()
	for range 60 {
		b.pass()
		if b.idle() {
			return
		}
	}
	b.t.Fatalf("it does not come to rest: %s", b.dump())
}

func (b *bridge) links() (all []connect.Link) {
	b.t.Helper()
	if err := b.f.DB.Read(b.t.Context(), b.loc, func(ctx context.Context, tx *db.Tx) (err error) {
		all, err = connect.Links(ctx, tx, b.loc, b.c.ID)
		return err
	}); err != nil {
		b.t.Fatal(err)
	}
	return all
}

func (b *bridge) idle() bool {
	var flows []connect.Flow
	var last string
	if err := b.f.DB.Read(b.t.Context(), b.loc, func(ctx context.Context, tx *db.Tx) (err error) {
		if last, err = crm.LastEvent(ctx, tx, b.loc, "~"); err != nil {
			return err
		}
		flows, err = connect.Flows(ctx, tx, b.loc, b.c.ID)
		return err
	}); err != nil {
		b.t.Fatal(err)
	}
	for i := range flows {
		if flows[i].Phase != connect.Settled {
			return false
		}
	}
	for _, l := range b.links() {
		if !l.DueAt.IsZero() {
			return false
		}
	}
	return last == b.place
}

func (b *bridge) dump() string {
	var s strings.Builder
	for _, l := range b.links() {
		if !l.DueAt.IsZero() || l.State == connect.Rejected {
			s.WriteString("\n" + string(l.Object) + " " + l.LocalID + " " + l.RemoteID + " " + l.State + " " + l.Error)
		}
	}
	c, err := connect.ByID, error(nil)
	_ = err
	_ = b.f.DB.Read(b.t.Context(), b.loc, func(ctx context.Context, tx *db.Tx) error {
		x, err := c(ctx, tx, b.loc, b.c.ID)
		if err == nil {
			s.WriteString("\n" + x.Status + " " + x.LastError)
		}
		return err
	})
	return s.String()
}

// here and there change a contact on one side.
func (b *bridge) here(contactID string, fields map[string]any) *crm.Contact {
	b.t.Helper()
	var c *crm.Contact
	b.write(func(ctx context.Context, tx *db.Tx) (err error) {
		c, err = saveContact(ctx, tx, b.by, contactID, fields)
		return err
	})
	return c
}

func (b *bridge) there(contactID string, fields map[string]any) *crm.Contact {
	b.t.Helper()
	var c *crm.Contact
	if err := b.peer.f.DB.Write(b.t.Context(), b.peer.loc, func(ctx context.Context, tx *db.Tx) (err error) {
		c, err = saveContact(ctx, tx, crm.Actor{LocationID: b.peer.loc, Origin: "ui"}, contactID, fields)
		return err
	}); err != nil {
		b.t.Fatal(err)
	}
	return c
}

// all gives the contacts of a side by their e-mail addresses, and how many there are.
func all(t testing.TB, f *foyertest.F, loc string) (map[string]*crm.Contact, int) {
	t.Helper()
	out := map[string]*crm.Contact{}
	n := 0
	if err := f.DB.Read(t.Context(), loc, func(ctx context.Context, tx *db.Tx) error {
		list, err := crm.ContactsBehind(ctx, tx, loc, "", 10000)
		for i := range list {
			out[list[i].Email] = &list[i]
		}
		n = len(list)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return out, n
}

func (b *bridge) both() (here, there map[string]*crm.Contact) {
	b.t.Helper()
	here, n := all(b.t, b.f, b.loc)
	there, m := all(b.t, b.peer.f, b.peer.loc)
	if n != len(here) || m != len(there) {
		b.t.Errorf("somebody is there twice: %d contacts of %d addresses here, %d of %d there", n, len(here), m, len(there))
	}
	return here, there
}
