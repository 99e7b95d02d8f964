package db_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/foyer-crm/foyer/internal/db"
)

func TestAfterCloseNothingBegins(t *testing.T) {
	each(t, func(t *testing.T, o db.Options) {
		d, err := db.Open(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
		nothing := func(context.Context, *db.Tx) error { t.Error("it ran"); return nil }
		for range 20 { // where several ways are open, Go takes one by chance
			if err := d.Write(t.Context(), db.System, nothing); !errors.Is(err, db.ErrClosed) {
				t.Errorf("Write said %v", err)
			}
			if err := d.Read(t.Context(), db.System, nothing); !errors.Is(err, db.ErrClosed) {
				t.Errorf("Read said %v", err)
			}
		}
	})
}

// Close comes in the middle of many writes: each of them ends, and those that
// were called stored are.
func TestCloseKeepsWhatItAcknowledged(t *testing.T) {
	each(t, func(t *testing.T, o db.Options) {
		for round := range 5 {
			d, err := db.Open(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			var mu sync.Mutex
			var acknowledged []string
			var writers sync.WaitGroup
			begun := make(chan struct{})
			for w := range 16 {
				writers.Go(func() {
					for i := 0; ; i++ {
						if w == 0 && i == 10 {
							close(begun)
						}
						s := fmt.Sprint(round, " ", w, " ", i)
						err := d.Write(t.Context(), db.System, name(s))
						if errors.Is(err, db.ErrClosed) && (w != 0 || i > 10) {
							return
						}
						if err != nil {
							t.Errorf("a write ended with %v", err)
							return
						}
						mu.Lock()
						acknowledged = append(acknowledged, s)
						mu.Unlock()
					}
				})
			}
			<-begun
			if err := d.Close(); err != nil {
				t.Error(err)
			}
			writers.Wait()
			if o.Dir != "" {
				if left, _ := filepath.Glob(filepath.Join(o.Dir, "foyer.db-*")); left != nil {
					t.Errorf("Close left %v", left)
				}
			}
			if d, err = db.Open(t.Context(), o); err != nil {
				t.Fatal(err)
			}
			there := map[string]bool{}
			for _, s := range names(t, d) {
				there[s] = true
			}
			if err := d.Close(); err != nil {
				t.Error(err)
			}
			for _, s := range acknowledged {
				if !there[s] {
					t.Errorf("%s was acknowledged and is not there", s)
				}
			}
		}
	})
}

// A panic in a read, and rows that it left open, cost one connection at most.
func TestAPanicInAReadKeepsNobodyFromReading(t *testing.T) {
	each(t, func(t *testing.T, o db.Options) {
		d := open(t, o)
		system(t, d, name("a"))
		for range 3 * db.Readers {
			func() {
				defer func() {
					if recover() == nil {
						t.Error("the panic is lost")
					}
				}()
				_ = d.Read(t.Context(), db.System, func(ctx context.Context, tx *db.Tx) error {
					if _, err := tx.Query(ctx, "SELECT name FROM companies"); err != nil {
						t.Error(err)
					}
					panic("boom")
				})
			}()
		}
		stored(t, d, "a")
		// one for each reader, and some for writers and housekeeping
		if n := db.Connections(d); n > db.Readers+8 {
			t.Errorf("%d connections are open", n)
		}
	})
}

// The contract says that rows are closed before the next statement; PostgreSQL
// insists, and so a test on SQLite must find whoever forgets it.
func TestStatementsDoNotOverlap(t *testing.T) {
	each(t, func(t *testing.T, o db.Options) {
		d := open(t, o)
		system(t, d, name("a"))
		for read := range 3 { // nothing, the row, to the end
			err := d.Read(t.Context(), db.System, func(ctx context.Context, tx *db.Tx) error {
				rows, err := tx.Query(ctx, "SELECT name FROM companies")
				if err != nil {
					return err
				}
				defer func() { _ = rows.Close() }()
				for range read {
					rows.Next()
				}
				_, err = tx.Query(ctx, "SELECT name FROM companies")
				return err
			})
			if err == nil {
				t.Errorf("a second query was answered while the rows of the first were open, after %d steps", read)
			}
		}
		err := d.Read(t.Context(), db.System, func(ctx context.Context, tx *db.Tx) error {
			var name string
			return tx.Each(ctx, []any{&name}, func() error {
				_, err := tx.Get(ctx, []any{&name}, "SELECT name FROM companies")
				return err
			}, "SELECT name FROM companies")
		})
		if err == nil {
			t.Error("a query was answered while another went through its rows")
		}
		stored(t, d, "a")
	})
}

func TestAGivenUpConnectionIsClosed(t *testing.T) {
	each(t, func(t *testing.T, o db.Options) {
		d := open(t, o)
		stored(t, d, []string{}...)
		for range db.Readers {
			stored(t, d, []string{}...) // each reader has its connection now
		}
		before := db.Connections(d)
		for range db.Readers {
			db.DiscardReader(d)
		}
		if after := db.Connections(d); after > before-db.Readers {
			t.Errorf("of %d connections %d were given up, and %d are open", before, db.Readers, after)
		}
	})
}

func TestTheDatabaseOfSQLiteIsNobodyElsesToRead(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "made", "by", "foyer")
	open(t, db.Options{Dir: dir})
	for path, want := range map[string]os.FileMode{dir: 0o700, filepath.Join(dir, "foyer.db"): 0o600, filepath.Join(dir, "foyer.db-wal"): 0o600} {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("%s has the rights %o, not %o", path, got, want)
		}
	}
}

// Every connection is one that keeps what it commits: a setting of SQLite holds
// for one connection only.
func TestEveryConnectionOfSQLiteFlushesEachCommit(t *testing.T) {
	d := open(t, db.Options{Dir: t.TempDir()})
	look := func(ctx context.Context, tx *db.Tx) error {
		var level int64
		if _, err := tx.Get(ctx, []any{&level}, "PRAGMA synchronous"); err != nil {
			return err
		}
		var mode string
		if _, err := tx.Get(ctx, []any{&mode}, "PRAGMA journal_mode"); err != nil {
			return err
		}
		if level < 2 || mode != "wal" {
			t.Errorf("synchronous = %d, journal_mode = %s", level, mode)
		}
		return nil
	}
	system(t, d, look)
	for range db.Readers {
		if err := d.Read(t.Context(), db.System, look); err != nil {
			t.Fatal(err)
		}
	}
}

// Whatever the URL says: a session of ours does not turn the flush off.
func TestEverySessionOfPostgresFlushesEachCommit(t *testing.T) {
	o := postgres(t)
	o.URL += "&synchronous_commit=off"
	d := open(t, o)
	look := func(ctx context.Context, tx *db.Tx) error {
		var v string
		if _, err := tx.Get(ctx, []any{&v}, "SELECT current_setting('synchronous_commit')"); err != nil {
			return err
		}
		if v != "on" {
			t.Errorf("synchronous_commit = %s", v)
		}
		return nil
	}
	system(t, d, look)
	if err := d.Read(t.Context(), db.System, look); err != nil {
		t.Fatal(err)
	}
}
