package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/foyer-crm/foyer/internal/app"
	"github.com/foyer-crm/foyer/internal/workflow"
)

// demoOf starts a demo and waits until it has told what a newcomer needs.
func demoOf(t *testing.T, args ...string) *server {
	t.Helper()
	s := start(t, append([]string{"demo"}, args...)...)
	until(t, "the demo tells where it is", func() bool { return strings.Contains(s.stdout.String(), "Ctrl-C ends it.") })
	return s
}

// credentialsOf reads the demo's own file.
func credentialsOf(t *testing.T, data string) (c app.Credentials) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(data, marker))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &c); err != nil {
		t.Fatal(err)
	}
	return c
}

// curls reads the curl commands of a text as a shell would.
func curls(t *testing.T, text string) (all [][]string) {
	t.Helper()
	for _, line := range strings.Split(strings.ReplaceAll(text, "\\\n", " "), "\n") {
		if line = strings.TrimSpace(line); !strings.HasPrefix(line, "curl ") {
			continue
		}
		var words []string
		for _, w := range regexp.MustCompile(`'[^']*'|[^\s']+`).FindAllString(line, -1) {
			words = append(words, strings.Trim(w, "'"))
		}
		all = append(all, words)
	}
	return all
}

// curl sends what a curl command would.
func curl(t *testing.T, words []string) (status int, text string) {
	t.Helper()
	method, body, address := "GET", "", ""
	var header []string
	for i := 1; i < len(words); i++ {
		switch words[i] {
		case "-H":
			header = append(header, words[i+1])
			i++
		case "-d":
			method, body = "POST", words[i+1]
			header = append(header, "Content-Type: application/x-www-form-urlencoded") // as curl does
			i++
		case "-u":
			header = append(header, "Authorization: "+basic(strings.TrimSuffix(words[i+1], ":")))
			i++
		default:
			if address != "" || strings.HasPrefix(words[i], "-") {
				t.Fatalf("cannot read %q of %q", words[i], words)
			}
			address = words[i]
		}
	}
	status, text, _ = ask(t, method, address, body, header...)
	return status, text
}

// people counts the contacts of a store.
func people(t *testing.T, where ...string) int {
	t.Helper()
	return len(mustJSON[[]map[string]any](t, append([]string{"contact", "list", "--limit", "10000"}, where...)...))
}

func TestTheDemoFillsItselfAndWhatItPrintsWorks(t *testing.T) {
	stores(t, func(t *testing.T, where []string) {
		data := where[1]
		s := demoOf(t, where...)
		told := s.stdout.String()
		c := credentialsOf(t, data)
		for _, want := range []string{s.base, c.User.Email, *c.User.Password, c.LocationID, *c.Radius.SecureID, *c.Brokerkit.Token, *c.LionDesk.APIKey, *c.LionDesk.UserKey, *c.LionDesk.PersonalUserKey, *c.HighLevel.PrivateToken,
			"120 people of the month before are there, and 200 came in by ", "foyer contact list --data " + data} {
			if !strings.Contains(told, want) {
				t.Errorf("does not tell %q:\n%s", want, told)
			}
		}
		m := regexp.MustCompile(`200 came in by (\d+) requests \(Radius (\d+), LionDesk (\d+), Brokerkit (\d+), HighLevel (\d+)\)`).FindStringSubmatch(told)
		if m == nil {
			t.Fatalf("does not say who came:\n%s", told)
		}
		for _, n := range m[2:] {
			if len(n) < 2 {
				t.Errorf("a door was hardly used: %v", m)
			}
		}
		if got := people(t, where...); got != 320 {
			t.Errorf("%d people are there", got)
		}
		for what, want := range map[string]int{"companies": 1, "locations": 1, "users": 3} {
			if got := mustJSON[[]map[string]any](t, append([]string{"admin", what, "list"}, where...)...); len(got) != want {
				t.Errorf("%d %s", len(got), what)
			}
		}
		if got := strings.Join(opened(t, s.base, &c), " "); got != allDoors {
			t.Errorf("the credentials open %s only", got)
		}
		lines := curls(t, told)
		if len(lines) != 4 {
			t.Fatalf("%d curl commands in\n%s", len(lines), told)
		}
		for i, want := range []string{`200 {"response":{"client":{"id":`, `200 {"error":0,"errorText":"","action":"NewSubmission","id":`, `201 {"id":`, `201 {"contact":{"id":`} {
			status, text := curl(t, lines[i])
			if got := fmt.Sprint(status, " ", text); !strings.HasPrefix(got, want) {
				t.Errorf("%v\n%s", lines[i], got)
			}
		}
		if got := people(t, where...); got != 324 {
			t.Errorf("%d people after the four", got)
		}
		if !strings.Contains(told, "3 workflows answered them") || !regexp.MustCompile(`New buyer lead +[1-9][0-9]+ people, +[1-9][0-9]+ messages\n`).MatchString(told) {
			t.Errorf("what the workflows did is not told:\n%s", told)
		}
		for _, name := range []string{"New buyer lead", "Recruiting lead", "Appointment reminders"} {
			stats := mustJSON[workflow.Statistics](t, append([]string{"admin", "workflow", "statistics", name}, where...)...)
			if stats.Messages["sent"] == 0 || stats.Enrolments[workflow.Failed] != 0 {
				t.Errorf("%s: %+v", name, stats)
			}
		}
		if text := must(t, append([]string{"contact", "show", "rita@example.com"}, where...)...); !strings.Contains(text, "Rita Radius") {
			t.Errorf("what it says to look at: %s", text)
		}
		for _, secret := range []string{*c.User.Password, *c.Radius.SecureID, *c.Brokerkit.Token, *c.LionDesk.APIKey, *c.LionDesk.UserKey, *c.LionDesk.PersonalUserKey, *c.HighLevel.PrivateToken} {
			if strings.Contains(s.log.String(), secret) {
				t.Error("a secret is in the log")
			}
		}

		// a second start finds it as it was left
		if code := s.stop(); code != 0 {
			t.Fatal(code)
		}
		again := demoOf(t, where...)
		told = again.stdout.String()
		if !strings.Contains(told, "The demo of "+data+", as it was left. --reset makes it anew.") || !strings.Contains(told, *c.HighLevel.PrivateToken) || strings.Contains(told, "people came in") {
			t.Errorf("the second start:\n%s", told)
		}
		if got := people(t, where...); got != 324 {
			t.Errorf("%d people at the second start", got)
		}
		for _, words := range curls(t, told) {
			if status, text := curl(t, words); status != 200 && status != 201 && !strings.Contains(text, "duplicated contacts") { // HighLevel's create refuses who is there
				t.Errorf("%v\n%d %s", words, status, text)
			}
		}
	})
}

// snapshot is a folder's files with what is in them.
func snapshot(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	if err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		files[path] = string(text)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return files
}

func TestTheDemoLeavesOtherFoldersAlone(t *testing.T) {
	production := t.TempDir()
	must(t, "admin", "bootstrap", "--data", production)
	notes := t.TempDir()
	if err := os.WriteFile(filepath.Join(notes, "diary.txt"), []byte("dear diary"), 0o600); err != nil {
		t.Fatal(err)
	}
	damaged := t.TempDir()
	if err := os.WriteFile(filepath.Join(damaged, marker), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	for want, dir := range map[string]string{
		production + " is not a demo's folder, so the demo leaves it alone: give another with --data": production,
		notes + " is not a demo's folder":                     notes,
		"the demo's file " + filepath.Join(damaged, marker):   damaged,
		"reading the demo's folder: open " + production + "/": filepath.Join(production, "foyer.db"),
	} {
		before := snapshot(t, filepath.Dir(dir))
		for _, flags := range [][]string{nil, {"--reset"}} {
			refused(t, want, append([]string{"demo", "--data", dir, "--listen", "127.0.0.1:0", "--metrics-listen", "off"}, flags...)...)
		}
		if after := snapshot(t, filepath.Dir(dir)); len(after) != len(before) {
			t.Errorf("%s was touched: %d files, before %d", dir, len(after), len(before))
		} else {
			for name, text := range before {
				if after[name] != text {
					t.Errorf("%s was changed", name)
				}
			}
		}
	}
}

// Whoever starts a demo beside one that runs, even to make it anew, takes
// nothing away from it.
func TestTheDemoThatRunsIsNotCleared(t *testing.T) {
	data := t.TempDir()
	s := demoOf(t, "--data", data)
	c := credentialsOf(t, data)
	for _, flags := range [][]string{nil, {"--reset"}} {
		refused(t, "another Foyer is serving "+data, append([]string{"demo", "--data", data, "--listen", "127.0.0.1:0", "--metrics-listen", "off"}, flags...)...)
	}
	if got := strings.Join(opened(t, s.base, &c), " "); got != allDoors {
		t.Errorf("the demo that runs opens %s only", got)
	}
	if got := people(t, "--data", data); got != 320 {
		t.Errorf("%d people", got)
	}
	if code := s.stop(); code != 0 {
		t.Fatalf("%d %s", code, s.log)
	}

	// --reset makes it anew, and so does a start after one that was cut short
	anew := demoOf(t, "--data", data, "--reset")
	next := credentialsOf(t, data)
	if next.LocationID == c.LocationID || *next.Radius.SecureID == *c.Radius.SecureID || people(t, "--data", data) != 320 {
		t.Errorf("--reset left the old one: %+v", next)
	}
	if code := anew.stop(); code != 0 {
		t.Fatal(code)
	}
	if err := os.WriteFile(filepath.Join(data, marker), []byte("{}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	demoOf(t, "--data", data)
	if last := credentialsOf(t, data); last.LocationID == "" || last.LocationID == next.LocationID || people(t, "--data", data) != 320 {
		t.Errorf("filled half, then %+v", last)
	}
}

func TestTheDemoLeavesOtherDatabasesAlone(t *testing.T) {
	demoing := func(data, address string, more ...string) []string {
		return append([]string{"demo", "--data", data, "--database-url", address, "--listen", "127.0.0.1:0", "--metrics-listen", "off"}, more...)
	}
	refused(t, "--reset forgets a demo in SQLite", demoing(t.TempDir(), "postgres://nobody@127.0.0.1:1/x", "--reset")...)
	address := schema(t)
	where := []string{"--data", t.TempDir(), "--database-url", address}
	must(t, append([]string{"admin", "bootstrap"}, where...)...)
	keys := must(t, append([]string{"admin", "keys", "list"}, where...)...)
	refusedLoudly := func(want string, args ...string) { // after it began to serve, so the log is before the sentence
		t.Helper()
		code, stdout, stderr := foyer(t, args...)
		if code != 1 || !strings.Contains(stderr, want) || stdout != "" {
			t.Errorf("%v: %d, want %q:\n%s%s", args, code, want, stderr, stdout)
		}
	}
	// a new folder has another master key; with the right one the database is still not the demo's
	refusedLoudly("the database holds keys that were made with another master key", demoing(t.TempDir(), address)...)
	key, err := os.ReadFile(filepath.Join(where[1], "foyer.key"))
	if err != nil {
		t.Fatal(err)
	}
	mine := t.TempDir()
	for name, text := range map[string][]byte{marker: []byte("{}\n"), "foyer.key": key} {
		if err := os.WriteFile(filepath.Join(mine, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	refusedLoudly("this database is not a demo's, so the demo leaves it alone: use an empty one", demoing(mine, address)...)
	if err := os.WriteFile(filepath.Join(mine, marker), []byte(`{"companyId":"elsewhere","locationId":"elsewhere"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	refusedLoudly("was not made in this database, so the demo leaves it alone", demoing(mine, address)...)
	if now := must(t, append([]string{"admin", "keys", "list"}, where...)...); now != keys || people(t, where...) != 0 {
		t.Errorf("the database was touched: %s", now)
	}
}
