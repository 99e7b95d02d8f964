// Package faults_test holds the promise that nothing acknowledged is ever lost
// against what breaks it in practice: a killed process, a full disk, a database
// that goes away, a stop in the middle of the work.
package faults_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/foyer-crm/foyer/internal/app"
	"github.com/foyer-crm/foyer/internal/foyertest"
)

// place is where a Foyer keeps its data, and what opens it.
type place struct {
	store app.Store
	creds app.Credentials
	env   []string // of its servers, beside the usual
	flags []string // more of foyer serve
}

// sqlitePlace gives an empty folder with the first credentials in it.
func sqlitePlace(t *testing.T, dir string) *place {
	t.Helper()
	return found(t, app.Store{Data: dir})
}

// postgresPlace is the same in a schema of the test's PostgreSQL.
func postgresPlace(t *testing.T) *place {
	t.Helper()
	s := foyertest.PostgresStore(t)
	u, err := url.Parse(s.DatabaseURL)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set("search_path", s.Schema) // the program knows no schema but by its URL
	u.RawQuery = q.Encode()
	return found(t, app.Store{Data: s.Data, DatabaseURL: u.String()})
}

// found makes the first credentials, or shows them.
func found(t *testing.T, s app.Store, flags ...string) *place {
	t.Helper()
	p := &place{store: s}
	if err := json.Unmarshal([]byte(p.run(t, append([]string{"admin", "bootstrap", "--json"}, flags...)...)), &p.creds); err != nil {
		t.Fatal(err)
	}
	return p
}

// args adds the flags that say where the data is.
func (p *place) args(words ...string) []string {
	all := append(words, "--data", p.store.Data)
	if p.store.DatabaseURL != "" {
		all = append(all, "--database-url", p.store.DatabaseURL)
	}
	return all
}

// run runs a command that has to work, and gives what it prints.
func (p *place) run(t *testing.T, words ...string) string {
	t.Helper()
	var stdout, stderr bytes.Buffer
	c := exec.Command(binary(t), p.args(words...)...)
	c.Stdout, c.Stderr = &stdout, &stderr
	if err := c.Run(); err != nil {
		t.Fatalf("foyer %v: %v: %s", words, err, &stderr)
	}
	return stdout.String()
}

// server is a foyer that serves.
type server struct {
	cmd  *exec.Cmd
	base string
	read sync.WaitGroup // of what it says
	mu   sync.Mutex
	said []string // its last lines
}

// serve starts a server and waits until it serves. under are words to put in
// front of the command. An error is that it ended before.
func (p *place) serve(t *testing.T, under ...string) (*server, error) {
	t.Helper()
	line := append(under, binary(t))
	line = append(line, p.args("serve", "--listen", "127.0.0.1:0", "--metrics-listen", "off")...)
	line = append(line, p.flags...)
	s := &server{cmd: exec.Command(line[0], line[1:]...)}
	s.cmd.Env = append(os.Environ(), p.env...)
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // so that a signal reaches what is under another program
	stderr, err := s.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.kill() })
	serving := make(chan struct{})
	s.read.Go(func() {
		var once sync.Once
		lines := bufio.NewScanner(stderr)
		for lines.Scan() {
			s.mu.Lock()
			s.said = append(s.said, lines.Text())
			if len(s.said) > 50 {
				s.said = s.said[1:]
			}
			s.mu.Unlock()
			var l struct{ Msg, Address string }
			if json.Unmarshal(lines.Bytes(), &l) == nil && l.Msg == "serving" {
				s.base = l.Address
				once.Do(func() { close(serving) })
			}
		}
		once.Do(func() { close(serving) })
	})
	<-serving
	if s.base == "" {
		s.kill()
		return s, errors.New("it ended before it served")
	}
	return s, nil
}

// mustServe is serve for a server that has to come up.
func (p *place) mustServe(t *testing.T) *server {
	t.Helper()
	s, err := p.serve(t)
	if err != nil {
		t.Fatalf("%v: %s", err, s)
	}
	return s
}

// kill ends the server as a power cut would, as far as it can see.
func (s *server) kill() {
	if s.cmd.ProcessState != nil {
		return
	}
	_ = syscall.Kill(-s.cmd.Process.Pid, syscall.SIGKILL) // it may have ended
	s.read.Wait()
	_ = s.cmd.Wait() // says that it was killed
}

// stop asks the server to end, and gives its exit code.
func (s *server) stop(t *testing.T) int {
	t.Helper()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	s.read.Wait()
	_ = s.cmd.Wait() // the exit code says it
	return s.cmd.ProcessState.ExitCode()
}

// String gives the last that the server said.
func (s *server) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.said, "\n")
}
