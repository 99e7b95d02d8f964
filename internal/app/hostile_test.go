package app_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/foyertest"
	"github.com/foyer-crm/foyer/internal/wire"
)

// data is a file of public test data that comes with no clone of the project.
func data(t *testing.T, name string) string {
	t.Helper()
	path := filepath.Join("..", "..", "..", "shared", "data", name)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("skipped: the public test data is not here: %s", name)
	}
	return path
}

// attack is a route under hostile input: every answer to it is looked at.
type attack struct {
	t    *testing.T
	x    *tenant
	d    *wire.Door
	r    *wire.Route
	row  route
	mine owned
	n    int // requests made
}

// underAttack runs a test on every route that takes a body, each with a valid
// key, and then reads the log: nothing panicked, and each line is one object.
func underAttack(t *testing.T, do func(a *attack)) {
	t.Helper()
	each(t, func(t *testing.T, f *foyertest.F, log *journal) {
		x := newTenant(t, f, "Alpha")
		t.Run("routes", func(t *testing.T) {
			for _, d := range f.House.Doors() {
				for i := range d.Routes {
					r := &d.Routes[i]
					row := routes[nameOf(d, r)]
					mine := x.own(t)
					t.Run(nameOf(d, r), func(t *testing.T) {
						t.Parallel()
						do(&attack{t: t, x: x, d: d, r: r, row: row, mine: mine})
					})
				}
			}
		})
		whole(t, log)
	})
}

// whole checks that a log is one JSON object a line, and that nothing panicked.
func whole(t *testing.T, log *journal) {
	t.Helper()
	for line := range strings.Lines(log.String()) {
		var l struct{ Level, Msg string }
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			t.Errorf("a line of the log is no JSON object: %q", line)
		} else if l.Level == "ERROR" || l.Msg == "panic" {
			t.Errorf("in the log: %s", line)
		}
	}
}

// plain is the route's plain request, signed. It is somebody new each time.
func (a *attack) plain() request {
	a.n++
	a.mine["slug"] = fmt.Sprintf("n%d-%s", a.n, a.mine["contact"])
	a.mine["email"] = fmt.Sprintf("n%d@%s.example", a.n, a.mine["contact"])
	a.mine["serial"] = fmt.Sprintf("serial%dof%s", a.n, strings.ToLower(a.mine["contact"]))
	q := request{method: a.r.Method, path: a.row.plain.fill(a.row.plain.pathOf(a.r), a.mine, nil), body: a.row.plain.fill(a.row.plain.body, a.mine, nil), header: http.Header{}}
	if a.row.plain.body == "" && len(a.row.carries) > 0 {
		s := a.row.carries[0]
		q.path = s.fill(s.pathOf(a.r), a.mine, a.mine)
	}
	a.x.signFor(a.d, a.r, q.header)
	return q
}

// send sends a request and checks what every answer must be. refused says
// whether it was.
func (a *attack) send(what string, q request) (refused bool) {
	a.t.Helper()
	got := send(a.x.f, q)
	short := what
	if len(short) > 200 {
		short = short[:200] + "…"
	}
	switch {
	case got.status >= 500:
		a.t.Errorf("%s: %s", short, got)
	case got.status == http.StatusNoContent:
		if got.body != "" {
			a.t.Errorf("%s: 204 with a body: %s", short, got)
		}
	case got.status >= 300 && got.status < 400:
		a.t.Errorf("%s: a redirect", short)
	case a.row.isFile(got):
	case !json.Valid([]byte(got.body)) || !utf8.ValidString(got.body) || !strings.HasPrefix(got.header.Get("Content-Type"), "application/json"):
		a.t.Errorf("%s: not JSON: %s %q", short, got, got.header.Get("Content-Type"))
	}
	for k, values := range got.header {
		for _, v := range values {
			if strings.ContainsFunc(v, func(r rune) bool { return r < ' ' || r >= 0x7f }) {
				a.t.Errorf("%s: the header %s is %q", short, k, v)
			}
		}
	}
	return got.status >= 400 || strings.HasPrefix(got.body, `{"error":`) && !strings.HasPrefix(got.body, `{"error":0,`)
}

// isFile reports whether an answer is the file that the route gives.
func (row route) isFile(a answer) bool {
	return row.file != "" && a.status < 300 && strings.HasPrefix(a.header.Get("Content-Type"), row.file)
}

// body sends the plain request with another body.
func (a *attack) body(what, body string) (refused bool) {
	a.t.Helper()
	q := a.plain()
	q.body = body
	return a.send(what, q)
}

func TestBodiesThatAreNoJSONAreRefused(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(data(t, "json/test_parsing"), "*.json"))
	if err != nil || len(files) < 300 {
		t.Fatal(len(files), err)
	}
	underAttack(t, func(a *attack) {
		if a.row.plain.body == "" {
			return
		}
		files := files
		if os.Getenv("FOYER_SOAK") == "" {
			files = everyFourth(files[len(a.row.plain.path)%4:])
		}
		if a.row.slow {
			files = everyFourth(everyFourth(files))
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				a.t.Fatal(err)
			}
			name := filepath.Base(file)
			if name[0] == 'n' && a.x.f.DB.Kind() == db.Postgres {
				continue // what is no JSON comes near no database
			}
			if refused := a.body(name, string(text)); !refused && name[0] == 'n' && !nothing(string(text)) {
				a.t.Errorf("%s was accepted", name)
			}
			// as a value among others it must not be understood in another way
			inside := strings.Replace(a.plain().body, "{", `{"zzz":`+string(text)+",", 1)
			if refused := a.body(name+" as a value", inside); refused && name[0] == 'y' && !a.row.once || !refused && name[0] == 'n' && !json.Valid([]byte(inside)) {
				a.t.Errorf("%s as a value: refused is %v", name, refused)
			}
		}
	})
}

// nothing reports whether a body is blank: HighLevel's clients send none where
// nothing is to be said, and what a contract makes of that is its own matter.
func nothing(body string) bool { return strings.Trim(body, "\ufeff \t\r\n") == "" }

func TestBodiesThatAreTooMuchAreRefused(t *testing.T) {
	keys := func(n int) string {
		b := []byte("{")
		for i := range n {
			b = append(strconv.AppendInt(append(b, `"k`...), int64(i), 36), `":1,`...)
		}
		return string(b) + `"z":1}`
	}
	bodies := map[string]string{
		"a body of 1 MiB and a byte":   `{"zzz":"` + strings.Repeat("x", wire.MaxBody-9) + `"}`,
		"a body of 1 MiB":              `{"zzz":"` + strings.Repeat("x", wire.MaxBody-10) + `"}`,
		"arrays 10,000 deep":           `{"zzz":` + strings.Repeat("[", 10000) + strings.Repeat("]", 10000) + "}",
		"arrays 500,000 deep, open":    `{"zzz":` + strings.Repeat("[", 500000),
		"objects 10,000 deep":          strings.Repeat(`{"zzz":`, 10000) + "1" + strings.Repeat("}", 10000),
		"90,000 keys":                  keys(90000),
		"a million keys":               keys(1000000),
		"an array of 500,000":          `{"zzz":[` + strings.Repeat("1,", 500000) + `1]}`,
		"a number of 900,000 digits":   `{"zzz":` + strings.Repeat("1", 900000) + "}",
		"a key of 900,000 characters":  `{"` + strings.Repeat("k", 900000) + `":1}`,
		"a text of 900,000 escapes":    `{"zzz":"` + strings.Repeat(`\n`, 450000) + `"}`,
		"900,000 blanks, then nothing": strings.Repeat(" ", 900000),
	}
	underAttack(t, func(a *attack) {
		if a.row.plain.body == "" {
			return
		}
		first := slices.IndexFunc(a.d.Routes, func(r wire.Route) bool { return routes[nameOf(a.d, &r)].plain.body != "" })
		for what, body := range bodies {
			if a.r != &a.d.Routes[first] && !strings.Contains(what, "10,000 deep") && !strings.Contains(what, "and a byte") {
				continue // all routes of a door read with one reader
			}
			if !a.body(what, body) && !nothing(body) {
				a.t.Errorf("%s was accepted", what)
			}
		}
		q := a.plain()
		q.stream = io.MultiReader(strings.NewReader(`{"zzz":"`), endless{})
		if !a.send("a body without an end", q) {
			a.t.Error("a body without an end was accepted")
		}
		q = a.plain()
		q.header.Set("Content-Encoding", "gzip")
		if !a.send("a packed body", q) {
			a.t.Error("a packed body was accepted")
		}
		if a.send("the plain request afterwards", a.plain()) {
			a.t.Error("the plain request is refused afterwards")
		}
	})
}

// endless is a body that never ends.
type endless struct{}

func (endless) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = 'x'
	}
	return len(b), nil
}

// naughty are texts that break programs: the first n are our own, the public
// list has five hundred more.
func naughty(t *testing.T) (list []string, n int) {
	t.Helper()
	list = []string{"", " ", "\x00", "a\x00b", "\xff\xfe", "\xed\xa0\x80", "\xc0\xaf", "a\r\nX-Evil: 1", "\n{\"level\":\"ERROR\",\"msg\":\"panic\"}", "\u2028\u2029", "\ufeff", "\u202eevil", strings.Repeat("a", 70000),
		strings.Repeat("é", 300), "' OR 1=1 --", `"; DROP TABLE contacts; --`, "$1", "%s%d%n", "%", "%zz", "../../etc/passwd", "<script>alert(1)</script>", "{{7*7}}", "${jndi:ldap://x}", "1e999", "-1", "9223372036854775808",
		"NaN", "null", "undefined", "[]", "{}", "true", "🏠👨‍👩‍👧", "Zoë 李", "e\u0301", "İi", "ß", "﷽", "=1+1", "@x", "a@b", "+1", "+1 602 555 0147 x1", "2026-02-30", "0000-00-00"}
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "data", "names", "blns.json"))
	if err != nil {
		t.Log("the public list of naughty strings is not here: the short list of this test is used alone")
		return list, len(list)
	}
	var more []string
	if err := json.Unmarshal(text, &more); err != nil {
		t.Fatal(err)
	}
	return append(list, more...), len(list)
}

func everyFourth(list []string) (some []string) {
	for i := 0; i < len(list); i += 4 {
		some = append(some, list[i])
	}
	return some
}

// Whatever stands in a path, a query, a header or any text of a body: the
// answer is JSON in the vendor's words, never a failure.
func TestNaughtyTextsBreakNothing(t *testing.T) {
	texts, own := naughty(t)
	underAttack(t, func(a *attack) {
		texts := texts
		switch {
		case a.row.slow:
			texts = everyFourth(everyFourth(texts))
		case os.Getenv("FOYER_SOAK") == "" || a.x.f.DB.Kind() == db.Postgres:
			texts = slices.Concat(texts[:own], everyFourth(texts[min(own+len(a.row.plain.path)%4, len(texts)):])) // another fourth for another address
		}
		inPath, hasParam := a.params()
		var body any
		if err := json.Unmarshal([]byte(a.plain().body), &body); err != nil && a.row.plain.body != "" {
			a.t.Fatal(err)
		}
		// each text stands in the path, in the body, in the query and in a header
		// once, each time beside others
		at := 0
		next := func() string { at++; return texts[at%len(texts)] }
		for range len(texts)/4 + 1 { // a plain body has four texts or so
			q := a.plain()
			if body != nil {
				q.body = broken(a.t, body, next)
			}
			q.path, _, _ = strings.Cut(q.path, "?")
			q.path += "?" + url.QueryEscape(next()) + "=" + url.QueryEscape(next()) + "&locationId=" + a.mine["location"]
			for _, name := range []string{"query", "limit", "page", "per_page", "email", "number", "startAfter", "startAfterId", "product", "agent_id", "order", "sortBy"} {
				q.path += "&" + name + "=" + url.QueryEscape(next())
			}
			for _, h := range []string{"User-Agent", "X-Request-Id", "Idempotency-Key", "Content-Type", "Accept", "X-Forwarded-For", "Traceparent"} {
				q.header.Set(h, next())
			}
			a.send(fmt.Sprintf("in the body, the query and the headers: %q %q %q", q.body, q.path, q.header), q)
		}
		for i, s := range texts {
			q := a.plain()
			if hasParam {
				q.path = inPath(url.PathEscape(s))
				q.path, _, _ = strings.Cut(q.path, "?")
				a.send("in the path: "+s, q)
			}
			if i < 50 {
				q.path = a.plain().path + "?" + s // not escaped at all
				a.send("raw in the query: "+s, q)
			}
		}
	})
}

// broken writes a JSON value with another text in the place of every text, byte
// for byte, also where that is not UTF-8.
func broken(t *testing.T, v any, next func() string) string {
	t.Helper()
	const mark = `"BROKEN"`
	text, err := json.Marshal(replaced(v, strings.Trim(mark, `"`)))
	if err != nil {
		t.Fatal(err)
	}
	body := string(text)
	for strings.Contains(body, mark) {
		s := next()
		quoted, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		if !utf8.ValidString(s) { // Marshal mends it, and it should arrive broken
			quoted = []byte(`"` + s + `"`)
		}
		body = strings.Replace(body, mark, string(quoted), 1)
	}
	return body
}

// params gives the route's path with a text in the place of its last
// parameter, if it has one.
func (a *attack) params() (with func(string) string, has bool) {
	at := parameterSegments(a.r.Path)
	return func(text string) string {
		parts := strings.Split(a.plain().path, "/")
		parts[at[len(at)-1]] = text
		return strings.Join(parts, "/")
	}, len(at) > 0
}

// replaced gives a JSON value with a text in the place of every text, but for
// those that say what the request is and whose.
func replaced(v any, s string) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for k, inner := range v {
			if k == "action" || k == "locationId" {
				out[k] = inner
				continue
			}
			out[k] = replaced(inner, s)
		}
		return out
	case []any:
		out := []any{}
		for _, inner := range v {
			out = append(out, replaced(inner, s))
		}
		return out
	case string:
		return s
	}
	return v
}

// Every documented field with a value of every other type.
func TestValuesOfTheWrongTypeBreakNothing(t *testing.T) {
	all := []string{`null`, `true`, `0`, `-1`, `2.5`, `1e400`, `12345678901234567890`, `""`, `" "`, `"x"`, `[]`, `[null,1,"x",{}]`, `[[[[1]]]]`, `{}`, `{"a":{"b":[1]}}`, `["a","a","A"]`, `"\ud800"`, `"\u0000"`}
	stored := []string{`"\ud800"`, `"\u0000"`, `1e400`, `12345678901234567890`, `[null,1,"x",{}]`}
	underAttack(t, func(a *attack) {
		if a.row.plain.body == "" {
			return
		}
		values := all
		switch {
		case a.row.slow:
			values = stored[:2]
		case a.x.f.DB.Kind() == db.Postgres:
			values = stored // the door's own part is the same on both
		}
		plain := a.plain().body
		for field := range strings.FieldsSeq(a.row.fields) {
			for _, v := range values {
				body := plain
				member := fmt.Sprintf("%q:%s", field, v)
				switch at := strings.Index(body, fmt.Sprintf("%q:{", a.row.takes)); {
				case a.row.takes != "" && at >= 0:
					at += len(a.row.takes) + 4
					body = body[:at] + member + "," + body[at:]
				default:
					body = body[:len(body)-1] + "," + member + "}"
				}
				a.body(member, body)
			}
		}
		if a.row.takes != "" {
			for _, v := range values {
				a.body(a.row.takes+" is "+v, fmt.Sprintf("{%q:%s}", a.row.takes, v))
			}
		}
	})
}

// Addresses that nobody has, and methods that an address does not take, are
// answered by the door that they lie behind.
func TestUnknownAddressesAreAnsweredInTheVendorsWords(t *testing.T) {
	underAttack(t, func(a *attack) {
		q := a.plain()
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "PROPFIND", "FROB", "get", ""} {
			if slices.Contains([]string{"GET", "HEAD", ""}, method) && a.r.Path == "/" {
				continue // where the page is
			}
			q.method = method
			got := send(a.x.f, q)
			if got.status >= 500 || method != "HEAD" && got.status != 204 && !a.row.isFile(got) && !json.Valid([]byte(got.body)) {
				a.t.Errorf("%s %s: %s", method, q.path, got)
			}
		}
		q = a.plain()
		path, _, _ := strings.Cut(q.path, "?")
		for _, p := range []string{path + "/", "/" + path, strings.ReplaceAll(path, "/", "//") + "//", path + "/.", path + "/..", path + "/%2e%2e/x", path + "%00", path + "/" + strings.Repeat("x", 60000), path + "\\x", path + ";x=1", path + ".json.json"} {
			q.path = p
			if got := send(a.x.f, q); got.status >= 500 || got.status >= 300 && got.status < 400 {
				a.t.Errorf("%q: %s", p, got)
			}
		}
	})
}
