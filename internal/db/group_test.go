package db_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
)

var errOwn = errors.New("the command's own failure")

// call is one caller of Write.
type call struct {
	ctx      context.Context // nil is the test's
	location string          // "" is System
	f        command
}

// together runs commands in one group, in the order given, and gives what each
// caller got: the writer is held up until all of them wait.
func together(t *testing.T, d *db.DB, calls ...call) []error {
	t.Helper()
	begun, free := make(chan struct{}), make(chan struct{})
	held := later(func() error {
		return d.Write(t.Context(), db.System, func(context.Context, *db.Tx) error {
			close(begun)
			<-free
			return nil
		})
	})
	<-begun
	out := make([]<-chan error, len(calls))
	for i, c := range calls {
		if c.ctx == nil {
			c.ctx = t.Context()
		}
		if c.location == "" {
			c.location = db.System
		}
		out[i] = later(func() error { return d.Write(c.ctx, c.location, c.f) })
		for db.Queued(d, db.System) <= i {
			runtime.Gosched()
		}
	}
	close(free)
	told := make([]error, len(calls))
	for i := range out {
		told[i] = <-out[i]
	}
	if err := <-held; err != nil {
		t.Error(err)
	}
	return told
}

func later(f func() error) <-chan error {
	done := make(chan error, 1)
	go func() { done <- f() }()
	return done
}

// stored fails the test unless exactly these names are stored.
func stored(t *testing.T, d *db.DB, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, names(t, d)); diff != "" {
		t.Errorf("stored (-want +got):\n%s", diff)
	}
}

// Whatever goes wrong in one command, its neighbours in the group are stored and
// told so, and it is not and is told so.
func TestAFailingCommandTakesNoNeighbourWithIt(t *testing.T) {
	fail := func(ctx context.Context, tx *db.Tx) error { return errors.Join(name("bad")(ctx, tx), errOwn) }
	twice := func(ctx context.Context, tx *db.Tx) error {
		const same = "INSERT INTO companies (id, name, created_at, updated_at) VALUES ('one', 'bad', 0, 0)"
		_, err := tx.Exec(ctx, same)
		if err == nil {
			_, err = tx.Exec(ctx, same)
		}
		return err
	}
	cases := []struct {
		what string
		bad  command
		want func(error) bool
	}{
		{"an error after a write", fail, func(err error) bool { return errors.Is(err, errOwn) }},
		{"an error before any write", func(context.Context, *db.Tx) error { return errOwn }, func(err error) bool { return errors.Is(err, errOwn) }},
		{"a refusal", func(context.Context, *db.Tx) error { return errs.New(errs.NotFound, "not there") }, func(err error) bool { return errs.Is(err, errs.NotFound) }},
		{"a panic after a write", func(ctx context.Context, tx *db.Tx) error { _ = name("bad")(ctx, tx); panic("boom") }, func(err error) bool { return strings.Contains(err.Error(), "boom") }},
		{"a panic while it reads", func(ctx context.Context, tx *db.Tx) error {
			if _, err := tx.Query(ctx, "SELECT name FROM companies"); err != nil {
				return err
			}
			panic("boom")
		}, func(err error) bool { return strings.Contains(err.Error(), "boom") }},
		{"a broken rule of the schema", twice, func(err error) bool { return err != nil }},
		{"a statement that is none", func(ctx context.Context, tx *db.Tx) error { _, err := tx.Exec(ctx, "NONSENSE"); return err }, func(err error) bool { return err != nil }},
		{"a race lost for ever", func(ctx context.Context, tx *db.Tx) error { _ = name("bad")(ctx, tx); return db.ErrLostRace }, func(err error) bool { return errors.Is(err, db.ErrLostRace) }},
	}
	each(t, func(t *testing.T, o db.Options) {
		d := open(t, o)
		for _, c := range cases {
			t.Run(c.what, func(t *testing.T) {
				got := together(t, d, call{f: name("a")}, call{f: c.bad}, call{f: name("b")})
				if got[0] != nil || got[2] != nil {
					t.Errorf("neighbours were told %v and %v", got[0], got[2])
				}
				if got[1] == nil || !c.want(got[1]) {
					t.Errorf("the bad command was told %v", got[1])
				}
				stored(t, d, "a", "b")
				// and the writer is not spoilt for those that come after
				system(t, d, name("c"))
				stored(t, d, "a", "b", "c")
				system(t, d, func(ctx context.Context, tx *db.Tx) error {
					_, err := tx.Exec(ctx, "DELETE FROM companies")
					return err
				})
			})
		}
	})
}

// A command may overlook that one of its statements failed, but PostgreSQL has
// given up the transaction then, and would answer its COMMIT with a rollback
// and no error: nobody in the group may be told that it was stored.
func TestAnOverlookedFailureIsNobodysSuccess(t *testing.T) {
	for _, c := range []struct {
		what string
		says error
	}{
		{"and says it is done", nil},
		{"and calls it something else", errs.New(errs.NotFound, "not there")},
	} {
		t.Run(c.what, func(t *testing.T) {
			d := open(t, postgres(t))
			got := together(t, d, call{f: name("a")}, call{f: func(ctx context.Context, tx *db.Tx) error {
				var n int64
				_, _ = tx.Get(ctx, []any{&n}, "SELECT 1/0")
				return c.says
			}})
			if got[0] != nil || got[1] == nil {
				t.Errorf("told %v", got)
			}
			stored(t, d, "a")
		})
	}
}

func TestALostRaceIsRunAgain(t *testing.T) {
	each(t, func(t *testing.T, o db.Options) {
		d := open(t, o)
		var runs atomic.Int32
		err := d.Write(t.Context(), db.System, func(ctx context.Context, tx *db.Tx) error {
			n := runs.Add(1)
			if err := name(fmt.Sprint("run ", n))(ctx, tx); err != nil {
				return err
			}
			if n < 5 {
				return fmt.Errorf("somebody was faster: %w", db.ErrLostRace)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		stored(t, d, "run 5") // what the lost runs wrote is gone
	})
}

func TestManyCommandsAtOnceAreAllStored(t *testing.T) {
	each(t, func(t *testing.T, o db.Options) {
		d := open(t, o)
		var calls []call
		var want []string
		for i := range 2*db.GroupMost + 50 {
			n := fmt.Sprintf("%04d", i)
			want = append(want, n)
			calls = append(calls, call{f: name(n)})
		}
		for i, err := range together(t, d, calls...) {
			if err != nil {
				t.Errorf("%d: %v", i, err)
			}
		}
		stored(t, d, want...)
	})
}

// A caller who has left before it was their turn is not served; one who leaves
// while the command runs is too late to stop it, and hears what became of it.
func TestACallerWhoLeaves(t *testing.T) {
	each(t, func(t *testing.T, o db.Options) {
		d := open(t, o)
		gone, leave := context.WithCancel(t.Context())
		late, leaveLate := context.WithCancel(t.Context())
		got := together(t, d,
			call{f: func(ctx context.Context, tx *db.Tx) error { leaveLate(); return name("a")(ctx, tx) }},
			call{ctx: late, f: name("b")},
			call{ctx: gone, f: name("c")})
		leave()
		for i, err := range got {
			if err != nil {
				t.Errorf("%d: %v", i, err)
			}
		}
		if err := d.Write(gone, db.System, name("d")); !errors.Is(err, context.Canceled) {
			t.Errorf("whoever had left before was told %v", err)
		}
		waiting, leaveWaiting := context.WithCancel(t.Context())
		if err := d.Write(t.Context(), db.System, func(context.Context, *db.Tx) error { leaveWaiting(); return nil }); err != nil {
			t.Fatal(err)
		}
		if err := d.Write(waiting, db.System, name("e")); !errors.Is(err, context.Canceled) {
			t.Errorf("whoever left in the queue was told %v", err)
		}
		stored(t, d, "a", "b", "c")
	})
}
