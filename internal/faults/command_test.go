package faults_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// People who are worth killing a command over.
const many = 3000

// TestAKilledCommandIsRunAgain kills backup, restore and copy at moments all over
// their time. What they write is then whole or refused, and the next run makes it
// whole and leaves nothing beside it.
func TestAKilledCommandIsRunAgain(t *testing.T) {
	if !unraced(t) {
		return
	}
	from := sqlitePlace(t, t.TempDir())
	people := filepath.Join(t.TempDir(), "people.csv")
	text := "name,email\n"
	for i := range many {
		text += fmt.Sprintf("Person %d,p%d@x.example\n", i, i)
	}
	if err := os.WriteFile(people, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	from.run(t, "import", people)
	saved := filepath.Join(t.TempDir(), "saved")
	from.run(t, "backup", saved)
	key, err := os.ReadFile(filepath.Join(from.store.Data, "foyer.key"))
	if err != nil {
		t.Fatal(err)
	}
	for name, command := range map[string]func(dir string) []string{
		"backup":  func(dir string) []string { return from.args("backup", filepath.Join(dir, "out")) },
		"restore": func(dir string) []string { return []string{"restore", saved, "--data", dir} },
		"copy": func(dir string) []string {
			return []string{"copy", "--from", "sqlite:" + from.store.Data, "--to", "sqlite:" + dir}
		},
	} {
		t.Run(name, func(t *testing.T) {
			begun := time.Now()
			if out, err := exec.Command(binary(t), command(t.TempDir())...).CombinedOutput(); err != nil { // #nosec G204 -- our own program
				t.Fatalf("%v: %s", err, out)
			}
			whole := time.Since(begun)
			killed, kills := 0, times(3, 4, 60)
			for i := range kills {
				dir := t.TempDir()
				c := exec.Command(binary(t), command(dir)...) // #nosec G204 -- our own program
				if err := c.Start(); err != nil {
					t.Fatal(err)
				}
				time.Sleep(whole * time.Duration(i) / time.Duration(kills))
				_ = c.Process.Kill() // it may have ended
				if c.Wait() == nil {
					continue
				}
				killed++
				nothingHalf(t, name, dir, key)
				again := command(dir)
				if name == "restore" {
					again = append(again, "--force") // it may have been killed when all was done
				}
				out, err := exec.Command(binary(t), again...).CombinedOutput() // #nosec G204 -- our own program
				if err != nil && !strings.Contains(string(out), "already") {
					t.Fatalf("run again after kill %d: %v: %s", i, err, out)
				}
				wholeNow(t, name, dir, key)
			}
			if killed == 0 {
				t.Error("no kill came in the middle: the test shows nothing")
			}
		})
	}
}

// nothingHalf fails if something in the folder is taken for whole and is not.
func nothingHalf(t *testing.T, command, dir string, key []byte) {
	t.Helper()
	if command == "backup" {
		if _, err := os.Stat(filepath.Join(dir, "out")); err == nil {
			wholeNow(t, command, dir, key)
		}
		return
	}
	if n, ok := counted(t, dir, key); ok && n != many {
		t.Errorf("%s was killed and shows %d people of %d", command, n, many)
	}
}

// wholeNow fails if the folder does not hold everybody, or something besides.
func wholeNow(t *testing.T, command, dir string, key []byte) {
	t.Helper()
	left, err := filepath.Glob(filepath.Join(dir, ".[a-z]*.*"))
	if copying, e := filepath.Glob(filepath.Join(dir, "*.copying")); err != nil || e != nil || command != "backup" && len(left)+len(copying) > 0 {
		t.Errorf("after %s there are %v %v %v", command, left, copying, err)
	}
	if command == "backup" {
		to := t.TempDir()
		if out, err := exec.Command(binary(t), "restore", filepath.Join(dir, "out"), "--data", to).CombinedOutput(); err != nil { // #nosec G204 -- our own program
			t.Fatalf("the backup does not come back: %v: %s", err, out)
		}
		dir = to
	}
	if n, ok := counted(t, dir, key); !ok || n != many {
		t.Errorf("after %s there are %d people of %d", command, n, many)
	}
}

// counted gives how many people a folder shows, if it shows any. It looks at a
// copy, as looking may change what is there.
func counted(t *testing.T, dir string, key []byte) (n int, ok bool) {
	t.Helper()
	if _, err := os.Stat(filepath.Join(dir, "foyer.db")); err != nil {
		return 0, false
	}
	aside := filepath.Join(t.TempDir(), "aside")
	if err := os.CopyFS(aside, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	own := filepath.Join(aside, "foyer.key")
	_ = os.Remove(own) // everybody may read a copy, and a copied database has none
	if err := os.WriteFile(own, key, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(binary(t), "export", "--data", aside, "--format", "csv").Output() // #nosec G204 -- our own program
	return strings.Count(string(out), "\r\n") - 1, err == nil
}
