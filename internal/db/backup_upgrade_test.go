package db_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver of an earlier program

	"github.com/foyer-crm/foyer/internal/db"
)

// early runs a statement on a database as an earlier program would have left it.
func early(t *testing.T, o db.Options, statement string, args ...any) {
	t.Helper()
	driver, address := "sqlite", filepath.Join(o.Dir, "foyer.db")
	if o.URL != "" {
		driver, address = "pgx", o.URL
	}
	pool, err := sql.Open(driver, address)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := pool.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if o.URL != "" {
		for _, s := range []string{"SET search_path = " + o.Schema, "SELECT set_config('foyer.location', '*', false)"} {
			if _, err := conn.ExecContext(t.Context(), s); err != nil {
				t.Fatal(err)
			}
		}
	}
	_, err = conn.ExecContext(t.Context(), statement, args...)
	if err := errors.Join(err, conn.Close(), pool.Close()); err != nil {
		t.Fatal(err)
	}
}

const earlyRows = 300

// old makes a database of the first schema, with rows.
func old(t *testing.T, o db.Options) {
	t.Helper()
	if err := db.OpenAt(t.Context(), o, 1); err != nil {
		t.Fatal(err)
	}
	for i := range earlyRows / 100 {
		var companies, notes, pairs strings.Builder
		for j := range 100 {
			n := i*100 + j
			sep := ","
			if j == 0 {
				sep = ""
			}
			fmt.Fprintf(&companies, "%s('c%03d', 'a', 1, 2)", sep, n)
			fmt.Fprintf(&notes, "%s('l', 'x', 'n%03d', 'note', 't', 'body %d', '', FALSE, '', 1, 2)", sep, n, n)
			fmt.Fprintf(&pairs, "%s('l', 'a%03d', 'b', 'one request named both', 1)", sep, n)
		}
		early(t, o, "INSERT INTO companies (id, name, created_at, updated_at) VALUES "+companies.String())
		early(t, o, "INSERT INTO notes VALUES "+notes.String())
		early(t, o, "INSERT INTO duplicate_pairs VALUES "+pairs.String())
	}
}

// all checks that the rows of old are there.
func all(t *testing.T, d *db.DB) {
	t.Helper()
	for _, table := range []string{"companies", "notes", "duplicate_pairs"} {
		if n := number(t, d, db.System, "SELECT COUNT(*) FROM "+table); n != earlyRows {
			t.Errorf("%d rows of %s are there, %d were", n, table, earlyRows)
		}
	}
	if n := number(t, d, db.System, "SELECT COUNT(*) FROM notes WHERE body = 'body ' || CAST(substr(id, 2) AS BIGINT)"); n != earlyRows {
		t.Errorf("%d notes say what they said", n)
	}
}

// A database of the first schema is brought up to date in one step, and a copy
// of it as it was is kept.
func TestAnUpgradeKeepsAllRowsAndACopy(t *testing.T) {
	each(t, func(t *testing.T, o db.Options) {
		old(t, o)
		var log bytes.Buffer
		o.Log = slog.New(slog.NewTextHandler(&log, nil))
		d := open(t, o)
		all(t, d)
		newest := number(t, d, db.System, "SELECT MAX(version) FROM schema_migrations")
		if newest < 2 {
			t.Fatal("there is nothing to upgrade to")
		}
		if n := number(t, d, db.System, "SELECT COUNT(*) FROM duplicate_pairs WHERE state = 'open'"); n != earlyRows {
			t.Errorf("%d pairs are open", n)
		}
		if d.Kind() == db.Postgres {
			if !strings.Contains(log.String(), "foyer backup") {
				t.Errorf("the log does not say whose the backup is: %s", &log)
			}
			return
		}
		kept := filepath.Join(o.Dir, "backups", fmt.Sprintf("foyer-before-%d.db", newest))
		if !strings.Contains(log.String(), kept) {
			t.Errorf("the log does not say where the copy is: %s", &log)
		}
		if info, err := os.Stat(kept); err != nil || info.Mode().Perm() != 0o600 {
			t.Fatalf("%v %v", info, err)
		}
		if err := db.OpenAt(t.Context(), db.Options{Dir: filepath.Dir(kept), File: filepath.Base(kept)}, 1); err != nil {
			t.Errorf("the earlier program cannot open the copy: %v", err)
		}
		again := open(t, db.Options{Dir: filepath.Dir(kept), File: filepath.Base(kept)})
		all(t, again)
		// a start that upgrades nothing keeps nothing
		log.Reset()
		_ = open(t, o)
		if log.Len() > 0 {
			t.Errorf("the second start says %s", &log)
		}
	})
}

// A backup of an earlier schema is made without touching it, and comes up to date
// when it is restored and opened.
func TestABackupOfAnEarlierSchemaIsRestored(t *testing.T) {
	each(t, func(t *testing.T, o db.Options) {
		old(t, o)
		file := backUp(t, o, "")
		if err := db.OpenAt(t.Context(), o, 1); err != nil {
			t.Errorf("the backup changed the schema: %v", err)
		}
		to := db.Options{Dir: t.TempDir()}
		if _, err := restore(t, file, to, false); err != nil {
			t.Fatal(err)
		}
		all(t, open(t, to))
	})
}

func TestAnEarlierProgramRefusesALaterDatabase(t *testing.T) {
	each(t, func(t *testing.T, o db.Options) {
		d := open(t, o)
		system(t, d, name("a"))
		if err := db.OpenAt(t.Context(), o, 1); err == nil || !strings.Contains(err.Error(), "newer Foyer") {
			t.Errorf("it was opened: %v", err)
		}
		stored(t, d, "a")
	})
}

// upgradeIn is the folder in which this test binary, run again, upgrades.
const upgradeIn = "FOYER_TEST_UPGRADE_DIR"

// TestUpgradeOnce is run by TestAKillDuringAnUpgrade in a process of its own.
func TestUpgradeOnce(t *testing.T) {
	dir := os.Getenv(upgradeIn)
	if dir == "" {
		t.Skip("skipped: runs in a process of its own")
	}
	d, err := db.Open(context.Background(), db.Options{Dir: dir})
	if err == nil {
		err = d.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
}

// reached returns when an upgrade has come to a stage: its copy is begun, or
// written; the schema is being changed, or has been for a while.
func reached(t *testing.T, dir string, stage int) {
	t.Helper()
	copies := filepath.Join(dir, "backups")
	for t.Context().Err() == nil {
		list, _ := os.ReadDir(copies)
		written := len(list) == 1 && strings.HasPrefix(list[0].Name(), "foyer-before-")
		log, err := os.Stat(filepath.Join(dir, "foyer.db-wal"))
		gone := errors.Is(err, fs.ErrNotExist) // the program has ended
		switch stage {
		case 0:
			if len(list) > 0 {
				return
			}
		case 1:
			if written {
				return
			}
		case 2:
			if written && (gone || log != nil && log.Size() > 0) {
				return
			}
		default:
			if written && gone {
				return
			}
		}
	}
}

// A program that is killed while it upgrades leaves the database as it was or
// finished, and the next start comes through.
func TestAKillDuringAnUpgrade(t *testing.T) {
	kills := 20
	if testing.Short() {
		kills = 5
	}
	early, through := 0, 0
	for i := range kills {
		o := db.Options{Dir: t.TempDir()}
		old(t, o)
		child := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^TestUpgradeOnce$")
		child.Env = append(os.Environ(), upgradeIn+"="+o.Dir)
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		reached(t, o.Dir, i%4)
		_ = child.Process.Kill()
		_ = child.Wait()
		if err := db.OpenAt(t.Context(), o, 1); err == nil {
			early++
		} else if strings.Contains(err.Error(), "newer Foyer") {
			through++
		} else {
			t.Fatalf("it is neither as it was nor finished: %v", err)
		}
		d, err := db.Open(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		all(t, d)
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d were as before, %d were finished", early, through)
}
