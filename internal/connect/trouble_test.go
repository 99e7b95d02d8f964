package connect_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/foyer-crm/foyer/internal/connect"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/foyertest"
	"github.com/foyer-crm/foyer/internal/remote"
)

func (b *bridge) state() *connect.Status {
	b.t.Helper()
	var s *connect.Status
	if err := b.f.DB.Read(b.t.Context(), b.loc, func(ctx context.Context, tx *db.Tx) (err error) {
		s, err = connect.StatusOf(ctx, tx, b.loc, b.c.ID)
		return err
	}); err != nil {
		b.t.Fatal(err)
	}
	return s
}

func TestWhatCannotCrossIsPutAsideWithTheReason(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		b := newBridge(t, f, plainMapping)
		// two there are one person here
		b.here("", map[string]any{"firstName": "Ana", "email": "ana@x.example", "phone": "+16025550147"})
		b.there("", map[string]any{"firstName": "Ana", "email": "ana@x.example"})
		second := b.there("", map[string]any{"firstName": "Anna", "email": "anna@x.example", "phone": "+16025550147"})
		b.quiet()
		var rejects []connect.Link
		look := func() {
			t.Helper()
			b.write(func(ctx context.Context, tx *db.Tx) (err error) {
				rejects, err = connect.Rejects(ctx, tx, b.loc, b.c.ID, "", 10)
				return err
			})
		}
		look()
		if len(rejects) != 1 || !strings.Contains(rejects[0].Error, "Ana is one contact here") {
			t.Fatalf("%+v", rejects)
		}
		b.there(second.ID, map[string]any{"phone": ""}) // the next change tries by itself
		b.quiet()
		if look(); len(rejects) != 0 {
			t.Errorf("%+v", rejects)
		}
		if here, _ := b.both(); here["anna@x.example"] == nil {
			t.Error("the one that was put right did not cross")
		}
	})
}

func TestASkippedRejectStaysAside(t *testing.T) {
	b := newBridge(t, foyertest.New(t), plainMapping)
	b.here("", map[string]any{"firstName": "Ana", "email": "ana@x.example", "phone": "+16025550147"})
	b.there("", map[string]any{"firstName": "Ana", "email": "ana@x.example"})
	second := b.there("", map[string]any{"firstName": "Anna", "email": "anna@x.example", "phone": "+16025550147"})
	b.quiet()
	var n int64
	b.write(func(ctx context.Context, tx *db.Tx) (err error) {
		n, err = connect.Skip(ctx, tx, b.by, b.c.ID, "")
		return err
	})
	b.there(second.ID, map[string]any{"phone": ""})
	b.quiet()
	if here, _ := b.both(); n != 1 || len(here) != 1 {
		t.Errorf("%d skipped, %d here", n, len(here))
	}
}

// A system that gives the same contact to whoever asks for any makes nobody here one.
func TestOneAnswerForAllUnitesNobody(t *testing.T) {
	b := newBridge(t, foyertest.New(t), plainMapping)
	made := map[string]string{}
	for _, email := range []string{"ana@x.example", "bo@x.example", "cy@x.example"} {
		made[email] = b.here("", map[string]any{"email": email}).ID
	}
	b.quiet()
	_, there := b.both()
	b.peer.same = there["ana@x.example"].ID
	for _, email := range []string{"bo@x.example", "cy@x.example"} {
		b.here(made[email], map[string]any{"firstName": "New"})
	}
	b.pass()
	if here, _ := b.both(); len(here) != 3 {
		t.Errorf("%d of 3 people are left", len(here))
	}
	b.peer.same = ""
	b.quiet()
	here, there := b.both()
	if len(here) != 3 || len(there) != 3 || there["bo@x.example"].FirstName != "New" {
		t.Errorf("%d here, %d there, %q", len(here), len(there), there["bo@x.example"].FirstName)
	}
}

func TestAPausedConnectionDoesNothingAndMissesNothing(t *testing.T) {
	b := newBridge(t, foyertest.New(t), plainMapping)
	b.quiet()
	pause := func(paused bool) {
		t.Helper()
		b.write(func(ctx context.Context, tx *db.Tx) error {
			_, err := connect.Pause(ctx, tx, b.by, b.c.ID, paused)
			return err
		})
	}
	pause(true)
	b.here("", map[string]any{"email": "ana@x.example"})
	b.there("", map[string]any{"email": "bo@x.example"})
	asked := b.peer.asked
	b.pass()
	if b.peer.asked != asked {
		t.Errorf("%d requests while it was paused", b.peer.asked-asked)
	}
	pause(false)
	b.quiet()
	if here, there := b.both(); len(here) != 2 || len(there) != 2 {
		t.Errorf("%d here, %d there", len(here), len(there))
	}
}

// A process that is killed in the middle of a first sync goes on where it was.
func TestAFirstSyncThatIsKilledGoesOn(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		b := newBridge(t, f, plainMapping)
		const each = 60
		for i := range each {
			b.here("", map[string]any{"email": fmt.Sprintf("h%d@x.example", i)})
			b.there("", map[string]any{"email": fmt.Sprintf("t%d@x.example", i)})
		}
		m := &model{bridge: b}
		for i := range 25 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i)*2*time.Millisecond)
			b.listen()
			if err := connect.Due(t.Context(), f.DB, b.loc); err != nil {
				t.Fatal(err)
			}
			_ = b.engine.Work(ctx, b.loc, b.c.ID)
			cancel()
			m.start()
		}
		b.quiet()
		if here, there := b.both(); len(here) != 2*each || len(there) != 2*each {
			t.Errorf("%d here, %d there", len(here), len(there))
		}
		if b.peer.writes != each {
			t.Errorf("%d writes there for %d contacts", b.peer.writes, each)
		}
		if s := b.state(); s.Linked != 2*each || s.Queue != 0 {
			t.Errorf("%+v", s)
		}
	})
}

func TestACredentialThatOpensNothingBreaksTheConnection(t *testing.T) {
	b := newBridge(t, foyertest.New(t), plainMapping)
	b.quiet()
	b.peer.killed = &remote.Error{Cause: remote.Unauthorized, Status: 401, Text: "the token was withdrawn"}
	b.pass()
	if s := b.state().Connection; s.Status != connect.Broken || !strings.Contains(s.LastError, "withdrawn") {
		t.Errorf("%s, %s", s.Status, s.LastError)
	}
	asked := b.peer.asked
	b.peer.killed = nil
	b.pass()
	if b.peer.asked != asked {
		t.Error("it asks with a credential that opens nothing")
	}
	b.write(func(ctx context.Context, tx *db.Tx) error {
		_, err := connect.Change(ctx, tx, b.f.Vault, b.by, b.c.ID, connect.Credential{"token": "secret of the other side"}, func(*connect.Connection) {})
		return err
	})
	b.there("", map[string]any{"email": "bo@x.example"})
	b.quiet()
	if here, _ := b.both(); len(here) != 1 {
		t.Errorf("%d here", len(here))
	}
}

func TestASystemThatAsksToWaitIsNotAskedBefore(t *testing.T) {
	b := newBridge(t, foyertest.New(t), plainMapping)
	b.quiet()
	b.peer.killed = &remote.Error{Cause: remote.Limited, Status: 429, After: time.Hour, Text: "slow down"}
	b.pass()
	b.peer.killed = nil
	asked := b.peer.asked
	if err := b.engine.Work(t.Context(), b.loc, b.c.ID); err != nil || b.peer.asked != asked {
		t.Errorf("%d requests before it may be asked, %v", b.peer.asked-asked, err)
	}
}

func TestAWebhookHasItLook(t *testing.T) {
	b := newBridge(t, foyertest.New(t), plainMapping)
	b.quiet()
	b.there("", map[string]any{"email": "bo@x.example"})
	tell := func(path string) error {
		token := path[strings.LastIndexByte(path, '/')+1:]
		return b.engine.Told(t.Context(), b.loc, b.c.ID, token, http.Header{}, []byte("{}"))
	}
	path := b.c.HookPath(b.f.Vault)
	if err := tell(path[:len(path)-1] + "-"); !errs.Is(err, errs.NotFound) {
		t.Errorf("a wrong address answers %v", err)
	}
	if err := b.engine.Work(t.Context(), b.loc, b.c.ID); err != nil {
		t.Fatal(err)
	}
	if here, _ := b.both(); len(here) != 0 {
		t.Error("it looked before its time")
	}
	if err := tell(path); err != nil {
		t.Errorf("it answers %v", err)
	}
	if err := b.engine.Work(t.Context(), b.loc, b.c.ID); err != nil {
		t.Fatal(err)
	}
	if here, _ := b.both(); len(here) != 1 {
		t.Error("it did not look")
	}
}

func TestAPreviewSaysWhatASyncDoes(t *testing.T) {
	b := newBridge(t, foyertest.New(t), plainMapping)
	b.here("", map[string]any{"firstName": "Ana", "email": "ana@x.example", "city": "Mesa"})
	b.here("", map[string]any{"firstName": "Hugo", "email": "hugo@x.example"})
	b.there("", map[string]any{"firstName": "Anna", "email": "ana@x.example", "lastName": "Lopez"})
	b.there("", map[string]any{"firstName": "Tess", "email": "tess@x.example"})
	task := func(side int, email, title string) {
		(&model{bridge: b}).on(side, func(ctx context.Context, tx *db.Tx, by crm.Actor) error {
			c, err := crm.ContactByEmail(ctx, tx, by.LocationID, email)
			if err == nil {
				_, err = crm.AddTask(ctx, tx, by, crm.Task{ContactID: c.ID, Title: title})
			}
			return err
		})
	}
	task(0, "ana@x.example", "call")
	task(1, "ana@x.example", "call")
	task(1, "ana@x.example", "visit")
	task(1, "tess@x.example", "write")
	task(0, "hugo@x.example", "mail")
	p, err := b.engine.Preview(t.Context(), b.loc, b.c.ID, 0)
	if err != nil {
		t.Fatal(err)
	}
	if n := p.Owned[remote.Task]; n == nil || *n != (connect.Foreseen{CreateHere: 2, CreateThere: 1, Matches: 1}) {
		t.Errorf("tasks: %+v", n)
	}
	want := connect.Foreseen{CreateHere: 1, CreateThere: 1, Matches: 1, UpdateHere: 1, UpdateThere: 1, Conflicts: 1}
	if p.Counts != want {
		t.Errorf("%+v, and not %+v", p.Counts, want)
	}
	if here, there := b.both(); len(here) != 2 || len(there) != 2 || b.peer.writes != 0 {
		t.Error("a preview wrote something")
	}
	b.quiet()
	if here, there := b.both(); len(here) != 3 || len(there) != 3 {
		t.Errorf("%d here, %d there", len(here), len(there))
	}
}

func TestAMergeHereLeavesTheOtherThere(t *testing.T) {
	b := newBridge(t, foyertest.New(t), plainMapping)
	keep := b.here("", map[string]any{"firstName": "Ana", "email": "ana@x.example"})
	other := b.here("", map[string]any{"lastName": "Lopez", "email": "lopez@x.example"})
	b.quiet()
	b.write(func(ctx context.Context, tx *db.Tx) error {
		_, err := crm.MergeContacts(ctx, tx, b.by, keep.ID, other.ID)
		return err
	})
	b.quiet()
	here, there := b.both()
	if len(here) != 1 || len(there) != 2 || there["ana@x.example"].LastName != "Lopez" {
		t.Errorf("%v here, %v there", here, there)
	}
}

// Who comes by a first sync was there before: nobody is told, and no automation begins.
func TestAFirstSyncIsQuiet(t *testing.T) {
	b := newBridge(t, foyertest.New(t), plainMapping)
	b.there("", map[string]any{"email": "old@x.example"})
	b.quiet()
	b.there("", map[string]any{"email": "new@x.example"})
	b.quiet()
	here, _ := b.both()
	for email, want := range map[string]string{"old@x.example": "quiet", "new@x.example": ""} {
		b.write(func(ctx context.Context, tx *db.Tx) error {
			events, err := crm.Events(ctx, tx, b.loc, here[email].ID, "", 10)
			if first := events[len(events)-1]; first.Type != "contact.created" || first.Data.Kind != want {
				t.Errorf("%s: %+v", email, first)
			}
			return err
		})
	}
}

// What was refused as it was is sent as it is once somebody mended it.
func TestWhatWasRefusedIsSentAnewOnceItIsMended(t *testing.T) {
	b := newBridge(t, foyertest.New(t), plainMapping)
	b.quiet()
	c := b.here("", map[string]any{"email": "ana@x.example", "city": "Nowhere"})
	b.peer.refuse = true
	b.pass()
	if s := b.state(); s.Rejected != 1 {
		t.Fatalf("%d rejects", s.Rejected)
	}
	b.peer.refuse = false
	b.here(c.ID, map[string]any{"city": "Tempe"})
	b.quiet()
	if _, there := b.both(); there["ana@x.example"] == nil || *there["ana@x.example"].Text("city") != "Tempe" || b.peer.writes != 1 {
		t.Errorf("%+v there, %d writes", there["ana@x.example"], b.peer.writes)
	}
}

// What was sent, changed here, and not heard of, is found again by what was sent,
// and then changed.
func TestWhatWasMadeUnheardIsNotMadeAgainBehindAnEdit(t *testing.T) {
	b := newBridge(t, foyertest.New(t), plainMapping)
	c := b.here("", map[string]any{"email": "ana@x.example"})
	b.quiet()
	id := ""
	b.write(func(ctx context.Context, tx *db.Tx) error {
		made, err := crm.AddTask(ctx, tx, b.by, crm.Task{ContactID: c.ID, Title: "call"})
		if err == nil {
			id = made.ID
		}
		return err
	})
	b.peer.deaf = true // it does as it is asked and says nothing
	b.pass()
	b.write(func(ctx context.Context, tx *db.Tx) error {
		title := "call again"
		_, err := crm.ChangeTask(ctx, tx, b.by, c.ID, id, crm.TaskChange{Title: &title})
		return err
	})
	b.peer.deaf = false
	b.quiet()
	m := &model{bridge: b}
	_, there := b.both()
	if here, there := m.tasks(0, c.ID), m.tasks(1, there["ana@x.example"].ID); len(here) != 1 || len(there) != 1 || there[0] != "call again false" {
		t.Errorf("%v here and %v there", here, there)
	}
}

// What was made there and not heard of, and is deleted here before anybody looks, is
// deleted there too: a page that shows it does not bring it back. It is known by the
// words that it was sent with, or, where it says something else by now, by the answer
// to the same words.
func TestWhatWasMadeUnheardAndIsDeletedHereIsGone(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		for _, said := range []string{"", "call him"} { // over there, meanwhile
			b := newBridge(t, f, plainMapping)
			c := b.here("", map[string]any{"email": "ana@x.example"})
			b.quiet()
			m := &model{bridge: b}
			var task *crm.Task
			b.write(func(ctx context.Context, tx *db.Tx) (err error) {
				task, err = crm.AddTask(ctx, tx, b.by, crm.Task{ContactID: c.ID, Title: "call"})
				return err
			})
			b.peer.deaf = true
			b.pass()
			_, there := b.both()
			thereID := there["ana@x.example"].ID
			m.on(1, func(ctx context.Context, tx *db.Tx, by crm.Actor) error {
				all, err := crm.Tasks(ctx, tx, by.LocationID, thereID)
				if err == nil && len(all) != 1 {
					t.Fatalf("%d tasks there before it is deleted", len(all))
				}
				if err == nil && said != "" {
					_, err = crm.ChangeTask(ctx, tx, by, thereID, all[0].ID, crm.TaskChange{Title: &said})
				}
				return err
			})
			b.write(func(ctx context.Context, tx *db.Tx) error { return crm.DeleteTask(ctx, tx, b.by, c.ID, task.ID) })
			b.peer.deaf = false
			b.listen()
			if err := connect.Look(t.Context(), f.DB, b.loc); err != nil { // it comes by a page, before it is looked for
				t.Fatal(err)
			}
			if err := b.engine.Work(t.Context(), b.loc, b.c.ID); err != nil {
				t.Fatal(err)
			}
			b.quiet()
			b.write(func(ctx context.Context, tx *db.Tx) error { return connect.Hurry(ctx, tx, b.c, true) })
			b.quiet()
			if here, there := m.tasks(0, c.ID), m.tasks(1, thereID); len(here)+len(there) > 0 {
				t.Errorf("there it says %q: it is back, %v here and %v there", said, here, there)
			}
			if n := b.brought("task.created"); n > 0 {
				t.Errorf("there it says %q: it was made here %d times", said, n)
			}
			b.write(func(ctx context.Context, tx *db.Tx) error {
				if err := connect.Remove(ctx, tx, b.by, b.c.ID); err != nil {
					return err
				}
				return crm.DeleteContact(ctx, tx, b.by, c.ID)
			})
		}
	})
}

// brought gives how many events of a type came by the connection.
func (b *bridge) brought(typ string) (n int) {
	b.t.Helper()
	b.write(func(ctx context.Context, tx *db.Tx) error {
		events, err := crm.EventsBetween(ctx, tx, b.loc, "", "~", 500)
		n = 0
		for i := range events {
			if events[i].Type == typ && events[i].Origin == connect.Origin && events[i].CredentialID == b.c.ID {
				n++
			}
		}
		return err
	})
	return n
}

// What is sent again in the same words is sent with its lists, too.
func TestWhatIsSentAgainHasItsTags(t *testing.T) {
	b := newBridge(t, foyertest.New(t), plainMapping)
	b.quiet()
	b.here("", map[string]any{"email": "ana@x.example", "tags": []string{"vip"}})
	b.peer.lost = true // nothing reaches it
	b.pass()
	b.peer.lost = false
	b.quiet()
	if _, there := b.both(); there["ana@x.example"] == nil || len(there["ana@x.example"].Tags) != 1 {
		t.Errorf("%+v there", there["ana@x.example"])
	}
}

// What was made there and nobody heard of, and is deleted there before it is sent
// again, is deleted here, whatever the answer to the same words says.
func TestWhatWasMadeAndDeletedUnheardIsGone(t *testing.T) {
	b := newBridge(t, foyertest.New(t), plainMapping)
	b.quiet()
	b.here("", map[string]any{"email": "ana@x.example"})
	b.peer.deaf = true
	b.pass()
	_, there := b.both()
	m := &model{bridge: b}
	m.remove(1, there["ana@x.example"].ID)
	b.peer.deaf = false
	b.quiet()
	if here, there := b.both(); len(here)+len(there) > 0 {
		t.Errorf("%d here and %d there", len(here), len(there))
	}
}

// Who was made there and merged into another one here before anybody heard of it
// stays there, and crosses no more.
func TestWhoIsMergedUnheardStaysThere(t *testing.T) {
	b := newBridge(t, foyertest.New(t), plainMapping)
	keep := b.here("", map[string]any{"email": "ana@x.example"})
	b.quiet()
	other := b.here("", map[string]any{"email": "bea@x.example"})
	b.peer.deaf = true
	b.pass()
	b.write(func(ctx context.Context, tx *db.Tx) error {
		_, err := crm.MergeContacts(ctx, tx, b.by, keep.ID, other.ID)
		return err
	})
	b.peer.deaf = false
	b.quiet()
	here, there := b.both()
	if len(here) != 1 || len(there) != 2 {
		t.Errorf("%d here and %d there", len(here), len(there))
	}
	for _, l := range b.links() {
		if l.State == connect.Rejected || l.LocalID == "" || l.RemoteID == "" {
			t.Errorf("%+v", l)
		}
	}
}
