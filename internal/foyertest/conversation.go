package foyertest

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
	"testing"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/wire"
)

// A conversation is a text file of exchanges. Each begins with a line
// "=== title" and has the request, a line "---", and the answer:
//
//	=== L12 a known address adds a comment only
//	POST /
//	Authorization: Basic {liondesk.apiKey:}
//	X-LionDesk-Id: {liondesk.userKey}
//
//	{"action": "NewSubmission", "email": "ana@x.example"}
//	---
//	200
//	X-Some-Header: must be there like this
//	{"error": 0, "errorText": "", "action": "NewSubmission", "id": <ana>}
//	events: note.created ×1
//
// {name} in a request stands for a credential or id of Vars, {name:} after
// "Basic " for base64 of "name's value:". <name> stands for a value: the first
// answer that has it binds it, all later ones must be equal, and requests may
// use it. <any> is any value and <time> a time such as 2026-01-02T03:04:05.678Z.
// <repeat TEXT N> in a request or answer is the text N times. A member
// "…": "…" in an expected object allows more members. Without a body after the
// status the body is not looked at; "empty" says there is none.
//
// After the answer stand checks, one a line:
//
//	events: note.created ×1, contact.updated ×1   exactly these, or none
//	warnings: client.phones, tag                  exactly these fields, or none
//	log: refused                                  the result in the import log
//	contact <ana>: {"firstName": "Ana", "…": "…"} the stored contact, by id or number
//	notes <ana>: 2                                how many notes it has
//	contacts: 3                                   how many the location has
//	pairs: 1                                      how many are up for review
//
// A line that starts with # is a remark.

// PlayAll plays every conversation in a folder, each on a Foyer of its own, on
// both databases. prepare, if any, runs first.
func PlayAll(t *testing.T, dir string, prepare func(t *testing.T, f *F)) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.txt"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no conversations in %s (%v)", dir, err)
	}
	Each(t, func(t *testing.T, _ *F) {
		for _, file := range files {
			t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
				f := again(t)
				if prepare != nil {
					prepare(t, f)
				}
				f.Play(t, file)
			})
		}
	})
}

// again gives another Foyer on the database that the subtest's name says.
func again(t *testing.T) *F {
	if strings.Contains(t.Name(), "/postgres/") {
		return NewPostgres(t)
	}
	return New(t)
}

// Play plays one conversation.
func (f *F) Play(t *testing.T, file string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	p := &player{f: f, bound: map[string]any{}}
	for _, part := range strings.Split("\n"+string(text), "\n===")[1:] {
		title, body, _ := strings.Cut(part, "\n")
		t.Run(strings.TrimSpace(title), func(t *testing.T) { p.exchange(t, body) })
	}
}

type player struct {
	f     *F
	bound map[string]any
}

func (p *player) exchange(t *testing.T, text string) {
	var lines []string
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "#") {
			lines = append(lines, line)
		}
	}
	request, answer, ok := strings.Cut(strings.Join(lines, ""), "\n---\n")
	if !ok {
		t.Fatal("no line --- between request and answer")
	}
	before := p.events(t)
	res, body := p.send(t, strings.TrimLeft(request, "\n")) //nolint:bodyclose // send has read and closed it
	p.expect(t, answer, res, body, before)
}

var (
	varMark    = regexp.MustCompile(`\{([A-Za-z]+(?:\.[A-Za-z0-9]+)?)(:?)\}`)
	boundMark  = regexp.MustCompile(`<([a-z][a-zA-Z0-9]*)>`)
	repeatMark = regexp.MustCompile(`<repeat (.+?) (\d+)>`)
)

// fill puts values in place of the marks of a request.
func (p *player) fill(t *testing.T, s string) string {
	t.Helper()
	s = repeat(s)
	s = varMark.ReplaceAllStringFunc(s, func(m string) string {
		parts := varMark.FindStringSubmatch(m)
		v, ok := p.f.Vars[parts[1]]
		if !ok {
			return m // perhaps JSON
		}
		if parts[2] == ":" {
			return basic(v)
		}
		return v
	})
	return boundMark.ReplaceAllStringFunc(s, func(m string) string {
		v, ok := p.bound[m[1:len(m)-1]]
		if !ok {
			return m
		}
		if s, ok := v.(string); ok {
			return s
		}
		b, _ := json.Marshal(v)
		return string(b)
	})
}

func repeat(s string) string {
	return repeatMark.ReplaceAllStringFunc(s, func(m string) string {
		parts := repeatMark.FindStringSubmatch(m)
		n, _ := strconv.Atoi(parts[2])
		return strings.Repeat(parts[1], n)
	})
}

func (p *player) send(t *testing.T, text string) (*http.Response, []byte) {
	t.Helper()
	head, body, _ := strings.Cut(text, "\n\n")
	lines := strings.Split(strings.TrimSpace(p.fill(t, head)), "\n")
	method, path, ok := strings.Cut(lines[0], " ")
	if !ok {
		t.Fatalf("bad request line %q", lines[0])
	}
	req, err := http.NewRequestWithContext(context.Background(), method, p.f.URL, strings.NewReader(strings.TrimSuffix(p.fill(t, body), "\n")))
	if err != nil {
		t.Fatal(err)
	}
	where, query, _ := strings.Cut(path, "?")
	req.URL.Path, req.URL.RawQuery = where, query
	for _, l := range lines[1:] {
		k, v, _ := strings.Cut(l, ":")
		req.Header.Add(k, strings.TrimSpace(v))
	}
	res, err := Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	got, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, got
}

var checkLine = regexp.MustCompile(`^(events|warnings|log|contacts|pairs|contact <\w+>|notes <\w+>): (.*)$`)

func (p *player) expect(t *testing.T, answer string, res *http.Response, body []byte, before map[string]int) {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(answer), "\n")
	if want := strings.TrimSpace(lines[0]); strconv.Itoa(res.StatusCode) != want {
		t.Errorf("status %d, want %s: %s", res.StatusCode, want, body)
	}
	var checks [][]string
	var want []string
	header := true
	for _, l := range lines[1:] {
		if m := checkLine.FindStringSubmatch(l); m != nil {
			checks = append(checks, m)
			header = false
			continue
		}
		if k, v, ok := strings.Cut(l, ": "); header && ok && !strings.ContainsAny(k, `"{[`) {
			if got := res.Header.Get(k); got != p.fill(t, v) {
				t.Errorf("header %s is %q, want %q", k, got, v)
			}
			continue
		}
		header = header && strings.TrimSpace(l) == ""
		want = append(want, l)
	}
	p.expectBody(t, strings.TrimSpace(strings.Join(want, "\n")), body)
	for _, c := range checks {
		p.check(t, c[1], c[2], res, before)
	}
}

func (p *player) expectBody(t *testing.T, want string, body []byte) {
	t.Helper()
	switch want {
	case "":
		return
	case "empty":
		if len(body) > 0 {
			t.Errorf("a body where there should be none: %s", body)
		}
		return
	}
	got, err := decode(body)
	if err != nil {
		t.Errorf("the answer is not JSON (%v): %s", err, body)
		return
	}
	p.match(t, want, got, string(body))
}

// match compares a value with an expected JSON text that has marks.
func (p *player) match(t *testing.T, want string, got any, shown string) {
	t.Helper()
	expected, err := decode([]byte(boundMark.ReplaceAllString(repeat(p.fillVars(want)), `"<$1>"`)))
	if err != nil {
		t.Fatalf("the expected answer is not JSON: %v in %s", err, want)
	}
	if why := p.same(expected, got, "answer"); why != "" {
		t.Errorf("%s\n got %s\nwant %s", why, shown, want)
	}
}

func (p *player) fillVars(s string) string {
	return varMark.ReplaceAllStringFunc(s, func(m string) string {
		if v, ok := p.f.Vars[varMark.FindStringSubmatch(m)[1]]; ok {
			return v
		}
		return m
	})
}

func decode(b []byte) (v any, err error) {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	err = d.Decode(&v)
	return v, err
}

var timeMark = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$`)

// same says where two values differ, "" if they do not.
func (p *player) same(want, got any, at string) string {
	if mark, ok := want.(string); ok && boundMark.MatchString(mark) && mark == boundMark.FindString(mark) {
		name := mark[1 : len(mark)-1]
		switch name {
		case "any":
			return ""
		case "time":
			if s, ok := got.(string); !ok || !timeMark.MatchString(s) {
				return fmt.Sprintf("%s is no time: %v", at, got)
			}
			return ""
		}
		if have, ok := p.bound[name]; ok {
			if fmt.Sprint(have) != fmt.Sprint(got) {
				return fmt.Sprintf("%s is %v, and <%s> was %v before", at, got, name, have)
			}
			return ""
		}
		if got == nil || got == "" {
			return fmt.Sprintf("%s is nothing, where <%s> should be", at, name)
		}
		p.bound[name] = got
		return ""
	}
	switch w := want.(type) {
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok {
			return fmt.Sprintf("%s is %v, want an object", at, got)
		}
		_, open := w["…"]
		for k := range g {
			if _, ok := w[k]; !ok && !open {
				return fmt.Sprintf("%s has the unexpected member %q", at, k)
			}
		}
		keys := make([]string, 0, len(w))
		for k := range w {
			keys = append(keys, k)
		}
		sort.Strings(keys)
		for _, k := range keys {
			if k == "…" {
				continue
			}
			v, ok := g[k]
			if !ok {
				return fmt.Sprintf("%s has no member %q", at, k)
			}
			if why := p.same(w[k], v, at+"."+k); why != "" {
				return why
			}
		}
	case []any:
		g, ok := got.([]any)
		if !ok || len(g) != len(w) {
			return fmt.Sprintf("%s is %v, want %d elements", at, got, len(w))
		}
		for i := range w {
			if why := p.same(w[i], g[i], fmt.Sprintf("%s[%d]", at, i)); why != "" {
				return why
			}
		}
	default:
		if fmt.Sprintf("%T %v", want, want) != fmt.Sprintf("%T %v", got, got) {
			return fmt.Sprintf("%s is %#v, want %#v", at, got, want)
		}
	}
	return ""
}

func (p *player) check(t *testing.T, what, want string, res *http.Response, before map[string]int) {
	t.Helper()
	kind, name, _ := strings.Cut(what, " ")
	name = strings.Trim(name, "<>")
	switch kind {
	case "events":
		if got := difference(before, p.events(t)); got != normal(want) {
			t.Errorf("events: %s, want %s", got, normal(want))
		}
	case "warnings":
		var list []wire.Warning
		_ = json.Unmarshal([]byte(res.Header.Get("X-Foyer-Warnings")), &list)
		var fields []string
		for _, w := range list {
			if !slices.Contains(fields, w.Field) {
				fields = append(fields, w.Field)
			}
		}
		sort.Strings(fields)
		got := strings.Join(fields, ", ")
		if got == "" {
			got = "none"
		}
		if got != normal(want) {
			t.Errorf("warnings: %s, want %s (%v)", got, normal(want), list)
		}
	case "log":
		p.f.Read(t, func(ctx context.Context, tx *db.Tx) error {
			list, err := wire.Log(ctx, tx, p.f.Credentials.LocationID, wire.LogFilter{Limit: 1})
			if err == nil && (len(list) == 0 || list[0].Result != want) {
				t.Errorf("the import log says %+v, want %s", list, want)
			}
			return err
		})
	case "contact":
		c := p.contact(t, name)
		b, _ := json.Marshal(c)
		got, _ := decode(b)
		p.match(t, want, got, string(b))
	case "notes":
		c := p.contact(t, name)
		p.f.Read(t, func(ctx context.Context, tx *db.Tx) error {
			list, err := crm.Notes(ctx, tx, c.LocationID, c.ID)
			if strconv.Itoa(len(list)) != want {
				t.Errorf("%d notes, want %s", len(list), want)
			}
			return err
		})
	case "contacts", "pairs":
		table := map[string]string{"contacts": "contacts", "pairs": "duplicate_pairs"}[kind]
		var n int
		p.f.Read(t, func(ctx context.Context, tx *db.Tx) error {
			_, err := tx.Get(ctx, []any{&n}, "SELECT COUNT(*) FROM "+table+" WHERE location_id = $1", p.f.Credentials.LocationID)
			return err
		})
		if strconv.Itoa(n) != want {
			t.Errorf("%d %s, want %s", n, kind, want)
		}
	}
}

// contact gives the stored contact that a mark was bound to, by id or number.
func (p *player) contact(t *testing.T, name string) (c *crm.Contact) {
	t.Helper()
	v, ok := p.bound[name]
	if !ok {
		t.Fatalf("<%s> was never bound", name) // outside of Read, which would never end its transaction
	}
	p.f.Read(t, func(ctx context.Context, tx *db.Tx) (err error) {
		if n, ok := v.(json.Number); ok {
			number, _ := n.Int64()
			c, err = crm.ContactByNumber(ctx, tx, p.f.Credentials.LocationID, number)
			return err
		}
		c, err = crm.ContactByID(ctx, tx, p.f.Credentials.LocationID, fmt.Sprint(v))
		return err
	})
	return c
}

// events counts the location's events by type.
func (p *player) events(t *testing.T) map[string]int {
	t.Helper()
	out := map[string]int{}
	p.f.Read(t, func(ctx context.Context, tx *db.Tx) error {
		list, err := crm.EventsSince(ctx, tx, p.f.Credentials.LocationID, "", "", 100000)
		for _, e := range list {
			out[e.Type]++
		}
		return err
	})
	return out
}

func difference(before, after map[string]int) string {
	var out []string
	for typ, n := range after {
		if d := n - before[typ]; d != 0 {
			out = append(out, fmt.Sprintf("%s ×%d", typ, d))
		}
	}
	if len(out) == 0 {
		return "none"
	}
	sort.Strings(out)
	return strings.Join(out, ", ")
}

// normal sorts a list of a check.
func normal(s string) string {
	parts := strings.Split(s, ",")
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	sort.Strings(parts)
	return strings.Join(parts, ", ")
}

// basic is the credential of HTTP Basic with an empty password.
func basic(user string) string { return base64.StdEncoding.EncodeToString([]byte(user + ":")) }
