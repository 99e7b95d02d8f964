package faults_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// soak says that the long version of a test is wanted.
var soak = os.Getenv("FOYER_SOAK") != ""

// times picks how often something is done.
func times(short, usual, long int) int {
	switch {
	case soak:
		return long
	case testing.Short():
		return short
	}
	return usual
}

// What is built for the tests, once, in a folder of its own.
var built struct {
	folder       string
	program, own once
}

type once struct {
	sync.Once
	err error
}

// build runs a build, once.
func (o *once) build(t *testing.T, command string, words ...string) {
	t.Helper()
	o.Do(func() {
		// without cgo as it is shipped, and so that both share what they compile
		c := exec.Command("go", append([]string{command, "-o", built.folder}, words...)...)
		c.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := c.CombinedOutput(); err != nil {
			o.err = fmt.Errorf("go %s %v: %w: %s", command, words, err, out)
		}
	})
	if o.err != nil {
		t.Fatal(o.err)
	}
}

// programAt is where a test that is run again finds the program.
const programAt = "FOYER_TEST_PROGRAM"

// binary gives the program as it is shipped.
func binary(t *testing.T) string {
	t.Helper()
	if path := os.Getenv(programAt); path != "" {
		return path
	}
	built.program.build(t, "build", "../../cmd/foyer")
	return filepath.Join(built.folder, "foyer")
}

// again runs the calling test once more, as the last of some words.
func again(t *testing.T, self string, words ...string) {
	t.Helper()
	line := append(words, self, "-test.run=^"+t.Name()+"$", "-test.v")
	if testing.Short() {
		line = append(line, "-test.short")
	}
	c := exec.Command(line[0], line[1:]...)
	c.Env = append(os.Environ(), runAgain+"="+t.Name(), programAt+"="+binary(t))
	out, err := c.CombinedOutput()
	t.Logf("%s", out)
	switch text := string(out); {
	case err != nil:
		t.Error(err)
	case strings.Contains(text, "--- SKIP: "+t.Name()):
		t.Skip("skipped, see above")
	case !strings.Contains(text, "--- PASS: "+t.Name()):
		t.Error("it did not run")
	}
}

// runAgain names the test that is run once more.
const runAgain = "FOYER_TEST_AGAIN"

// unraced runs the calling test again without the race detector, if this program
// has it, and reports whether this is the run that counts. What these tests break
// is another program, which is built without it, and reading whole databases
// under the detector takes ten times as long.
func unraced(t *testing.T) bool {
	t.Helper()
	if !raced {
		return true
	}
	built.own.build(t, "test", "-c", ".")
	again(t, filepath.Join(built.folder, "faults.test"))
	return false
}

// ownPostgres runs the calling test again beside a PostgreSQL of its own, which
// it may stop, and reports whether this is that second run.
func ownPostgres(t *testing.T) bool {
	t.Helper()
	if os.Getenv(runAgain) == t.Name() {
		return true
	}
	if os.Getenv("FOYER_TEST_POSTGRES") == "" {
		t.Skip("skipped: FOYER_TEST_POSTGRES names no PostgreSQL; make test starts one")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	again(t, self, "../../scripts/with-postgres")
	return false
}

// TestMain takes away what the environment says to Foyer, and at the end what
// was built.
func TestMain(m *testing.M) {
	os.Exit(func() int {
		for _, e := range os.Environ() {
			if name, _, _ := strings.Cut(e, "="); strings.HasPrefix(name, "FOYER_") && !strings.HasPrefix(name, "FOYER_TEST_") && name != "FOYER_SOAK" {
				_ = os.Unsetenv(name)
			}
		}
		var err error
		if built.folder, err = os.MkdirTemp("", "foyer-faults"); err != nil {
			_, _ = fmt.Fprintln(os.Stderr, err)
			return 1
		}
		code := m.Run()
		if err := os.RemoveAll(built.folder); err != nil && !errors.Is(err, os.ErrNotExist) {
			_, _ = fmt.Fprintln(os.Stderr, err)
		}
		return code
	}())
}
