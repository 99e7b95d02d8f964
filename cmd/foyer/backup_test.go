package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/foyer-crm/foyer/internal/app"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
)

// names gives the first names of all contacts, the newest first.
func names(t *testing.T, where []string) (all []string) {
	t.Helper()
	for _, c := range mustJSON[[]crm.Contact](t, append([]string{"contact", "list"}, where...)...) {
		all = append(all, c.FirstName)
	}
	return all
}

// places are empty stores of both kinds.
func places(t *testing.T) map[string]func(t *testing.T) []string {
	return map[string]func(t *testing.T) []string{
		"sqlite":   func(t *testing.T) []string { return []string{"--data", filepath.Join(t.TempDir(), "new")} },
		"postgres": func(t *testing.T) []string { return []string{"--data", t.TempDir(), "--database-url", schema(t)} },
	}
}

// A backup is made beside a working server and put back into either database:
// everybody is there, and the keys can be shown again.
func TestABackupComesBackWithItsKeys(t *testing.T) {
	stores(t, func(t *testing.T, where []string) {
		c := enrol(t, where, "Ana", "Ben")
		s := start(t, append([]string{"serve"}, where...)...)
		file := filepath.Join(t.TempDir(), "foyer.backup")
		m := mustJSON[db.Manifest](t, append([]string{"backup", file}, where...)...)
		if m.Rows["contacts"] != 2 || len(m.Files) != 2 {
			t.Errorf("%+v", m)
		}
		if code := s.stop(); code != 0 {
			t.Fatal(code)
		}
		for kind, place := range places(t) {
			t.Run("to "+kind, func(t *testing.T) {
				to := place(t)
				if said := must(t, append([]string{"restore", file}, to...)...); !strings.Contains(said, "restored") || strings.Contains(said, "was not in it") {
					t.Errorf("it says %s", said)
				}
				if got := names(t, to); len(got) != 2 || got[0] != "Ben" {
					t.Errorf("%v came back", got)
				}
				shown := mustJSON[app.Credentials](t, append([]string{"admin", "bootstrap"}, to...)...)
				if shown.LionDesk.UserKey == nil || *shown.LionDesk.UserKey != *c.LionDesk.UserKey {
					t.Errorf("%+v", shown)
				}
				refused(t, map[string]string{"sqlite": "--force", "postgres": "empty"}[kind], append([]string{"restore", file}, to...)...)
			})
		}
	})
}

func TestRestoreTellsWhatItNeeds(t *testing.T) {
	where := []string{"--data", t.TempDir()}
	enrol(t, where, "Ana")
	file := filepath.Join(t.TempDir(), "foyer.backup")
	if said := must(t, append([]string{"backup", file, "--without-key"}, where...)...); !strings.Contains(said, "not in it") {
		t.Errorf("it says %s", said)
	}
	to := []string{"--data", t.TempDir()}
	if said := must(t, append([]string{"restore", file}, to...)...); !strings.Contains(said, "put the earlier foyer.key into") {
		t.Errorf("it says %s", said)
	}
	refused(t, "another master key", append([]string{"contact", "list"}, to...)...)
	key, err := os.ReadFile(filepath.Join(where[1], "foyer.key"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(to[1], "foyer.key"), key, 0o600); err != nil {
		t.Fatal(err)
	}
	if got := names(t, to); len(got) != 1 {
		t.Errorf("%v came back", got)
	}

	// over a database that is there, which is kept
	other := []string{"--data", t.TempDir()}
	enrol(t, other, "Zoe")
	refused(t, "--force moves it aside", append([]string{"restore", file}, other...)...)
	s := start(t, append([]string{"serve"}, other...)...)
	refused(t, "another Foyer is serving", append([]string{"restore", file, "--force"}, other...)...)
	s.stop()
	said := must(t, append([]string{"restore", file, "--force"}, other...)...)
	aside, _ := filepath.Glob(filepath.Join(other[1], "backups", "before-restore-*", "foyer.db"))
	if len(aside) != 1 || !strings.Contains(said, filepath.Dir(aside[0])) {
		t.Errorf("%v: it says %s", aside, said)
	}
	refused(t, "no master key", "backup", filepath.Join(t.TempDir(), "b"), "--data", t.TempDir())
	refused(t, "there is no database", "backup", filepath.Join(t.TempDir(), "b"), "--without-key", "--data", t.TempDir())
	text := filepath.Join(t.TempDir(), "text")
	if err := os.WriteFile(text, []byte("no backup"), 0o600); err != nil {
		t.Fatal(err)
	}
	refused(t, "cannot be read", "restore", text, "--data", t.TempDir())
}

// A database moves to PostgreSQL and back, and is served there.
func TestCopyThereAndBack(t *testing.T) {
	from := []string{"--data", t.TempDir()}
	enrol(t, from, "Ana", "Ben")
	url, back := schema(t), filepath.Join(t.TempDir(), "back.db")
	rows := mustJSON[map[string]int64](t, "copy", "--from", "sqlite:"+from[1], "--to", url)
	if rows["contacts"] != 2 {
		t.Errorf("%v", rows)
	}
	there := append([]string{"--database-url", url}, from...)
	if got := names(t, there); len(got) != 2 {
		t.Errorf("%v came over", got)
	}
	s := start(t, append([]string{"serve"}, there...)...)
	s.stop()
	if said := must(t, "copy", "--from", url, "--to", "sqlite:"+back); !strings.Contains(said, "every row was compared and is equal") {
		t.Errorf("it says %s", said)
	}
	must(t, "copy", "--from", "sqlite:"+back, "--to", "sqlite:"+filepath.Join(t.TempDir(), "again"))
	refused(t, "empty", "copy", "--from", "sqlite:"+from[1], "--to", url)
	refused(t, "already", "copy", "--from", url, "--to", "sqlite:"+back)
}

func TestCopyRefusesWhatIsNoAddress(t *testing.T) {
	for _, bad := range []string{"foyer-data", "mysql://x", "sqlite:", ""} {
		refused(t, "address", "copy", "--from", bad, "--to", "sqlite:"+t.TempDir())
	}
	refused(t, "there is no database", "copy", "--from", "sqlite:"+t.TempDir(), "--to", "sqlite:"+filepath.Join(t.TempDir(), "x"))
}

// An export in JSON lines comes back by foyer import, once, and can be undone.
func TestAnExportIsImportedAndTakenBack(t *testing.T) {
	stores(t, func(t *testing.T, where []string) {
		source := []string{"--data", t.TempDir()}
		enrol(t, source, "Ana", "Ben")
		must(t, append([]string{"admin", "bootstrap"}, where...)...)
		file := filepath.Join(t.TempDir(), "people.jsonl")
		must(t, append([]string{"export", "--format", "jsonl", "--output", file}, source...)...)
		with := func(args ...string) []string { return append(append([]string{"import"}, args...), where...) }
		refused(t, "comes back as it was", with(file, "--dry-run")...)
		done := mustJSON[restored](t, with(file)...)
		if done.Created != 2 || done.Refused != 0 {
			t.Errorf("%+v", done)
		}
		if got := names(t, where); len(got) != 2 || got[0] != "Ben" {
			t.Errorf("%v came over", got)
		}
		refused(t, "--again", with(file)...)
		if again := mustJSON[restored](t, with(file, "--again")...); again.Created != 0 || again.Matched != 2 {
			t.Errorf("%+v", again)
		}
		must(t, with("undo", done.ID)...)
		if got := names(t, where); len(got) != 0 {
			t.Errorf("%v are left", got)
		}
	})
}
