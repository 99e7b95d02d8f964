package main

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver that makes schemas

	"github.com/foyer-crm/foyer/internal/id"
)

// TestMain takes away what the environment says to Foyer: each test says it
// itself.
func TestMain(m *testing.M) {
	for _, e := range os.Environ() {
		if name, _, _ := strings.Cut(e, "="); strings.HasPrefix(name, "FOYER_") && !strings.HasPrefix(name, "FOYER_TEST_") {
			_ = os.Unsetenv(name)
		}
	}
	os.Exit(m.Run())
}

// screen is what a command writes, readable while it writes.
type screen struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *screen) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(b)
}

func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// foyer runs a command to its end.
func foyer(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, err screen
	code = run(t.Context(), args, &out, &err)
	return code, out.String(), err.String()
}

// must runs a command that must succeed and gives what it printed.
func must(t *testing.T, args ...string) string {
	t.Helper()
	code, stdout, stderr := foyer(t, args...)
	if code != 0 || stderr != "" {
		t.Fatalf("foyer %s: %d %s", strings.Join(args, " "), code, stderr)
	}
	return stdout
}

// mustJSON runs a command with --json and reads what it printed.
func mustJSON[T any](t *testing.T, args ...string) T {
	t.Helper()
	text := must(t, append(args, "--json")...)
	var v T
	d := json.NewDecoder(strings.NewReader(text))
	if err := d.Decode(&v); err != nil {
		t.Fatalf("foyer %s: %v in %s", strings.Join(args, " "), err, text)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) || strings.Count(text, "\n") != 1 {
		t.Errorf("foyer %s --json prints more than one line of JSON: %s", strings.Join(args, " "), text)
	}
	return v
}

// refused runs a command that must fail, in one sentence that says want.
func refused(t *testing.T, want string, args ...string) {
	t.Helper()
	code, stdout, stderr := foyer(t, args...)
	if code != 1 || !strings.HasPrefix(stderr, "foyer: ") || strings.Count(stderr, "\n") != 1 || !strings.Contains(stderr, want) || strings.Contains(stderr, "goroutine") {
		t.Errorf("foyer %s: exit code %d, want one sentence with %q:\n%s", strings.Join(args, " "), code, want, stderr)
	}
	if stdout != "" {
		t.Errorf("foyer %s printed %s", strings.Join(args, " "), stdout)
	}
}

// stores runs a test on both databases; where are the flags that name one.
func stores(t *testing.T, do func(t *testing.T, where []string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { do(t, []string{"--data", t.TempDir()}) })
	t.Run("postgres", func(t *testing.T) { do(t, []string{"--data", t.TempDir(), "--database-url", schema(t)}) })
}

// schema gives the URL of an empty schema that goes with the test.
func schema(t *testing.T) string {
	t.Helper()
	address := os.Getenv("FOYER_TEST_POSTGRES")
	if address == "" {
		t.Skip("skipped: FOYER_TEST_POSTGRES names no PostgreSQL; make test starts one")
	}
	name := "t_" + id.UUID()[:8]
	do := func(statement string) {
		pool, err := sql.Open("pgx", address)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = pool.Close() }()
		if _, err := pool.ExecContext(context.Background(), statement); err != nil {
			t.Fatal(err)
		}
	}
	do("CREATE SCHEMA " + name)
	t.Cleanup(func() { do("DROP SCHEMA " + name + " CASCADE") })
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set("search_path", name)
	u.RawQuery = q.Encode()
	return u.String()
}

// server is a Foyer that serves while a test looks at it.
type server struct {
	base, metrics string
	stdout, log   *screen
	stop          func() (code int)
}

// start runs a serving command until it serves. It is stopped with the test.
func start(t *testing.T, args ...string) *server {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	s := &server{stdout: &screen{}, log: &screen{}}
	done := make(chan int, 1)
	go func() {
		done <- run(ctx, append(args, "--listen", "127.0.0.1:0", "--metrics-listen", "127.0.0.1:0"), s.stdout, s.log)
	}()
	s.stop = sync.OnceValue(func() int { cancel(); return <-done })
	t.Cleanup(func() {
		if code := s.stop(); code != 0 {
			t.Errorf("foyer %s ended with %d: %s", strings.Join(args, " "), code, s.log)
		}
	})
	for s.base == "" {
		select {
		case code := <-done:
			done <- code
			t.Fatalf("foyer %s ended with %d: %s", strings.Join(args, " "), code, s.log)
		case <-time.After(5 * time.Millisecond):
		}
		for _, l := range lines(t, s.log) {
			if l["msg"] == "serving" {
				s.base, s.metrics = l["address"].(string), l["metrics"].(string)
			}
		}
	}
	return s
}

// lines reads a log, which has one JSON object a line.
func lines(t *testing.T, log *screen) (all []map[string]any) {
	t.Helper()
	text := log.String()
	for line := range strings.Lines(text) {
		var l map[string]any
		if !strings.HasSuffix(line, "\n") {
			break // is being written
		}
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			t.Fatalf("a line of the log is no JSON object: %q", line)
		}
		all = append(all, l)
	}
	return all
}

// ask sends a request and gives the answer.
func ask(t *testing.T, method, address, body string, header ...string) (status int, text string, head http.Header) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range header {
		k, v, _ := strings.Cut(h, ": ")
		req.Header.Set(k, v)
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	defer client.CloseIdleConnections()
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(b), res.Header
}

// Every setting is a flag and an environment variable, and --help explains it.
func TestHelpExplainsEverySettingWithItsVariable(t *testing.T) {
	for _, c := range []struct {
		command string
		of      []any
	}{{"serve", []any{store{}, serving{}}}, {"demo", []any{demoCommand{}, serving{}}}} {
		code, help, stderr := foyer(t, c.command, "--help")
		if code != 0 || stderr != "" {
			t.Fatalf("%s --help: %d %s", c.command, code, stderr)
		}
		settings, sections := 0, regexp.MustCompile(`\n\s+(?:-\w, )?--`).Split(help, -1)
		for _, of := range c.of {
			typ := reflect.TypeOf(of)
			for i := range typ.NumField() {
				f := typ.Field(i)
				if f.Anonymous {
					continue
				}
				settings++
				flag, text, env := f.Tag.Get("name"), f.Tag.Get("help"), f.Tag.Get("env")
				if value := f.Tag.Get("default"); value != "" {
					if !strings.Contains(text, "${default}") && f.Tag.Get("placeholder") != "" { // else the help's first column shows it
						t.Errorf("%s.%s: the help does not say the default %s", typ.Name(), f.Name, value)
					}
					text = strings.ReplaceAll(text, "${default}", value)
				}
				if flag == "" {
					flag = strings.ToLower(regexp.MustCompile(`([a-z])([A-Z])`).ReplaceAllString(f.Name, "$1-$2"))
				}
				if len(text) < 10 || env == "" && f.Name != "Reset" {
					t.Errorf("%s.%s: help %q, variable %q", typ.Name(), f.Name, text, env)
				}
				if !slices.ContainsFunc(sections, func(section string) bool {
					flat := strings.Join(strings.Fields(section), " ")
					return strings.HasPrefix(strings.TrimPrefix(flat, "[no-]"), flag) && strings.Contains(flat+".", strings.TrimSuffix(strings.TrimSuffix(text, "."), ")")) && (env == "" || strings.Contains(flat, "($"+env+")"))
				}) {
					t.Errorf("%s --help does not say of --%s: %s ($%s)", c.command, flag, text, env)
				}
			}
		}
		if settings < 10 {
			t.Errorf("%s has %d settings only", c.command, settings)
		}
	}
}

func TestEveryCommandHasHelp(t *testing.T) {
	for _, command := range []string{"", "serve", "demo", "admin", "admin bootstrap", "admin companies", "admin companies create", "admin locations set", "admin users subscribe", "admin keys create", "admin keys rotate",
		"log", "log list", "log show", "log export", "log replay", "log notifications", "contact show", "contact list", "export", "backup", "restore", "copy", "operations", "bench"} {
		code, help, stderr := foyer(t, append(strings.Fields(command), "--help")...)
		if code != 0 || stderr != "" || !strings.Contains(help, "Usage: foyer") {
			t.Errorf("foyer %s --help: %d %s%s", command, code, help, stderr)
		}
	}
	code, text, _ := foyer(t, "--version")
	if code != 0 || strings.TrimSpace(text) != version {
		t.Errorf("--version: %d %q", code, text)
	}
}

func TestWhatIsNoCommandIsRefusedInASentence(t *testing.T) {
	for want, args := range map[string][]string{
		"expected one of":                  {},
		"unexpected argument frobnicate":   {"frobnicate"},
		"unknown flag --frob":              {"serve", "--frob"},
		"--log-level must be one of":       {"serve", "--log-level", "loud"},
		"expected file value":              {"serve", "--data"},
		"expected a valid 64 bit int":      {"serve", "--log-days", "soon"},
		"<api>":                            {"admin", "keys", "create", "zillow"},
		"expected \"<id>\"":                {"admin", "keys", "rotate"},
		"expected duration":                {"admin", "keys", "rotate", "x", "--overlap", "a week"},
		"--format must be one of":          {"log", "export", "--format", "xls"},
		"--role must be one of":            {"admin", "users", "create", "a@x.example", "--role", "king"},
		"--kind must be one of":            {"admin", "keys", "create", "liondesk", "--kind", "master"},
		"--duplicate-order must be one of": {"admin", "locations", "set", "x", "--duplicate-order", "name"},
	} {
		refused(t, want, args...)
	}
}

// basic is HTTP Basic with an empty password.
func basic(user string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"))
}
