package db_test

import (
	"archive/zip"
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
)

// masterKey puts a key into a folder.
func masterKey(t *testing.T, dir, text string) string {
	t.Helper()
	path := filepath.Join(dir, "foyer.key")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func backUp(t *testing.T, from db.Options, key string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "foyer.backup")
	b := db.Backup{From: from, Key: key, Rebuild: crm.RebuildSearch}
	if _, err := b.Write(t.Context(), file); err != nil {
		t.Fatal(err)
	}
	return file
}

func restore(t *testing.T, file string, to db.Options, force bool) (*db.Restored, error) {
	t.Helper()
	r := db.Restore{File: file, To: to, Force: force, Rebuild: crm.RebuildSearch}
	return r.Run(t.Context())
}

// whole are the rows of a database by table.
func whole(t *testing.T, d *db.DB) map[string]int64 {
	t.Helper()
	rows := map[string]int64{}
	for _, with := range []string{"location_id", "id"} {
		for table := range tables(t, d, with) {
			if !strings.HasPrefix(table, "contact_search") {
				rows[table] = number(t, d, db.System, "SELECT COUNT(*) FROM "+table)
			}
		}
	}
	return rows
}

// A backup of either database goes back into either.
func TestABackupIsRestored(t *testing.T) {
	each(t, func(t *testing.T, o db.Options) {
		d := open(t, o)
		location := furnish(t, d)
		key := masterKey(t, t.TempDir(), "secret")
		file := backUp(t, o, key)
		if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%v %v", info.Mode(), err)
		}
		for kind, place := range emptyPlaces(t) {
			t.Run("to "+kind, func(t *testing.T) {
				to := place(t)
				if to.Dir == "" {
					to.Dir = t.TempDir()
				}
				done, err := restore(t, file, to, false)
				if err != nil {
					t.Fatal(err)
				}
				if !done.HasKey || done.Aside != "" || done.Manifest.Database != d.Kind().String() {
					t.Errorf("%+v", done)
				}
				if text, err := os.ReadFile(filepath.Join(to.Dir, "foyer.key")); err != nil || string(text) != "secret" {
					t.Errorf("the key is %q %v", text, err)
				}
				back := open(t, to)
				if was, is := whole(t, d), whole(t, back); !maps.Equal(was, is) {
					t.Errorf("%v\nbecame\n%v", was, is)
				}
				if was, is := found(t, d, location, "person"), found(t, back, location, "person"); len(was) == 0 || !slices.Equal(was, is) {
					t.Errorf("%v are found, %v were", is, was)
				}
				if kind == "sqlite" { // and row by row, which the copy checks
					if err := db.Compare(t.Context(), o, to); err != nil {
						t.Error(err)
					}
				}
				left, err := os.ReadDir(to.Dir)
				for _, f := range left {
					if strings.HasPrefix(f.Name(), ".") || f.Name() == "foyer.restoring" {
						t.Errorf("%s is left behind", f.Name())
					}
				}
				if err != nil {
					t.Error(err)
				}
			})
		}
	})
}

// Fifty backups are taken while a writer writes: each is sound, and holds what
// was acknowledged before it began.
func TestABackupHoldsWhatWasAcknowledged(t *testing.T) {
	backups := map[string]int{"sqlite": 50, "postgres": 5} // a PostgreSQL is copied, which takes longer
	if testing.Short() {
		backups["sqlite"] = 10
	}
	each(t, func(t *testing.T, o db.Options) {
		d := open(t, o)
		var acknowledged atomic.Int64
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		var writer sync.WaitGroup
		defer writer.Wait()
		defer stop()
		writer.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				if err := d.Write(context.WithoutCancel(ctx), db.System, name(fmt.Sprintf("%09d", i))); err != nil {
					t.Error(err)
					return
				}
				acknowledged.Add(1)
			}
		})
		for range backups[d.Kind().String()] {
			before := acknowledged.Load()
			to := db.Options{Dir: t.TempDir()}
			if _, err := restore(t, backUp(t, o, ""), to, false); err != nil {
				t.Fatal(err)
			}
			r, err := db.Open(t.Context(), to)
			if err != nil {
				t.Fatal(err)
			}
			all := names(t, r)
			if err := r.Close(); err != nil {
				t.Fatal(err)
			}
			if int64(len(all)) < before {
				t.Fatalf("%d rows are in the backup, %d were acknowledged before", len(all), before)
			}
			for i, s := range all {
				if s != fmt.Sprintf("%09d", i) {
					t.Fatalf("row %d is %s: the backup is of more than one moment", i, s)
				}
			}
		}
	})
}

// What is there is not lost: it is moved aside, and only if that is asked for.
func TestARestoreMovesAsideWhatIsThere(t *testing.T) {
	o := db.Options{Dir: t.TempDir()}
	d := open(t, o)
	system(t, d, name("backed up"))
	file := backUp(t, o, masterKey(t, t.TempDir(), "old key"))

	to := db.Options{Dir: t.TempDir()}
	there, err := db.Open(t.Context(), to)
	if err != nil {
		t.Fatal(err)
	}
	system(t, there, name("was there"))
	if err := there.Close(); err != nil {
		t.Fatal(err)
	}
	masterKey(t, to.Dir, "new key")
	if _, err := restore(t, file, to, false); err == nil || !strings.Contains(err.Error(), "--force") {
		t.Fatalf("it was restored: %v", err)
	}
	still := open(t, to)
	stored(t, still, "was there")
	done, err := restore(t, file, to, true)
	if err != nil {
		t.Fatal(err)
	}
	stored(t, open(t, to), "backed up")
	stored(t, open(t, db.Options{Dir: done.Aside}), "was there")
	for dir, want := range map[string]string{to.Dir: "old key", done.Aside: "new key"} {
		if text, err := os.ReadFile(filepath.Join(dir, "foyer.key")); err != nil || string(text) != want {
			t.Errorf("the key in %s is %q, not %q: %v", dir, text, want, err)
		}
	}
	// a key alone is worth keeping, too
	alone := t.TempDir()
	masterKey(t, alone, "only key")
	if _, err := restore(t, file, db.Options{Dir: alone}, false); err == nil {
		t.Error("the key was written over")
	}
}

// Between two files of a restore the folder is not to be served.
func TestAnUnfinishedRestoreIsNotServed(t *testing.T) {
	o := db.Options{Dir: t.TempDir()}
	system(t, open(t, o), name("backed up"))
	file := backUp(t, o, "")
	to := db.Options{Dir: t.TempDir()}
	if err := os.WriteFile(filepath.Join(to.Dir, "foyer.restoring"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if d, err := db.Open(t.Context(), to); err == nil || !strings.Contains(err.Error(), "foyer restore") {
		t.Fatalf("%v %v", d, err)
	}
	if _, err := restore(t, file, to, false); err != nil {
		t.Fatal(err)
	}
	stored(t, open(t, to), "backed up")
}

// A backup that is damaged anywhere is refused, and nothing is touched.
func TestADamagedBackupIsRefused(t *testing.T) {
	o := db.Options{Dir: t.TempDir()}
	furnish(t, open(t, o))
	good, err := os.ReadFile(backUp(t, o, masterKey(t, t.TempDir(), "secret")))
	if err != nil {
		t.Fatal(err)
	}
	try := func(what, want string, text []byte) {
		t.Helper()
		file, to := filepath.Join(t.TempDir(), "b"), db.Options{Dir: filepath.Join(t.TempDir(), "to")}
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := restore(t, file, to, false); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", what, err)
		}
		if left, _ := os.ReadDir(to.Dir); len(left) > 0 {
			t.Errorf("%s: %v is left", what, left)
		}
	}
	try("nothing", "cannot be read", nil)
	try("a text", "cannot be read", []byte("no backup"))
	try("cut off", "cannot be read", good[:len(good)-100])
	for at := 100; at < len(good)/2; at += len(good) / 7 {
		bad := slices.Clone(good)
		bad[at] ^= 0xFF
		try(fmt.Sprintf("a byte at %d of %d", at, len(good)), "", bad)
	}
	change := func(edit func(name string, text []byte) (string, []byte)) []byte { return rezip(t, good, edit) }
	try("another manifest", "newer Foyer made it", change(func(name string, text []byte) (string, []byte) {
		return name, []byte(strings.Replace(string(text), `"version": 1`, `"version": 2`, 1))
	}))
	try("other counts", "does not hold what its manifest says", change(func(name string, text []byte) (string, []byte) {
		return name, []byte(strings.Replace(string(text), `"companies": `, `"companies": 9`, 1))
	}))
	try("another key", "damaged", change(func(name string, text []byte) (string, []byte) {
		if name == "foyer.key" {
			text = []byte("secreT")
		}
		return name, text
	}))
	try("a file of another name", "", change(func(name string, text []byte) (string, []byte) {
		return strings.Replace(name, "foyer.key", "../../foyer.key", 1), []byte(strings.Replace(string(text), `"foyer.key"`, `"../../foyer.key"`, 1))
	}))
}

// rezip makes a zip file with changed members.
func rezip(t *testing.T, text []byte, edit func(name string, text []byte) (string, []byte)) []byte {
	t.Helper()
	in, err := zip.NewReader(strings.NewReader(string(text)), int64(len(text)))
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	z := zip.NewWriter(&out)
	for _, f := range in.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		name := f.Name
		if name != "foyer.db" {
			name, b = edit(name, b)
		}
		w, err := z.Create(name)
		if err == nil {
			_, err = w.Write(b)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return []byte(out.String())
}

// A backup removes what one left that was killed, and leaves those alone that
// are being written.
func TestABackupRemovesWhatAKilledOneLeft(t *testing.T) {
	o := db.Options{Dir: t.TempDir()}
	system(t, open(t, o), name("a"))
	dir := t.TempDir()
	left := func(name string) *os.File {
		folder := filepath.Join(dir, name)
		if err := os.Mkdir(folder, 0o700); err != nil {
			t.Fatal(err)
		}
		f, err := os.Create(filepath.Join(folder, "lock"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = f.Close() })
		return f
	}
	_ = left(".b.1").Close()
	if err := db.LockFile(left(".b.2")); err != nil {
		t.Fatal(err)
	}
	_ = left(".other.3").Close()
	b := db.Backup{From: o}
	if _, err := b.Write(t.Context(), filepath.Join(dir, "b")); err != nil {
		t.Fatal(err)
	}
	var names []string
	list, err := os.ReadDir(dir)
	for _, f := range list {
		names = append(names, f.Name())
	}
	if want := []string{".b.2", ".other.3", "b"}; err != nil || !slices.Equal(names, want) {
		t.Errorf("there are %v %v", names, err)
	}
}

// A backup that breaks off leaves nothing, and the one before it as it was.
func TestAFailedBackupLeavesNothing(t *testing.T) {
	o := db.Options{Dir: t.TempDir()}
	system(t, open(t, o), name("a"))
	dir := t.TempDir()
	file := filepath.Join(dir, "b")
	if err := os.WriteFile(file, []byte("the one before"), 0o600); err != nil {
		t.Fatal(err)
	}
	for what, b := range map[string]db.Backup{
		"no database": {From: db.Options{Dir: t.TempDir()}},
		"no key":      {From: o, Key: filepath.Join(dir, "none.key")},
	} {
		if _, err := b.Write(t.Context(), file); err == nil {
			t.Errorf("%s: it was written", what)
		}
		if text, err := os.ReadFile(file); err != nil || string(text) != "the one before" {
			t.Errorf("%s: the earlier backup is %q %v", what, text, err)
		}
		if left, _ := os.ReadDir(dir); len(left) != 1 {
			t.Errorf("%s: %v is left", what, left)
		}
	}
}
