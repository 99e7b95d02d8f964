package wire_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/foyertest"
	"github.com/foyer-crm/foyer/internal/wire"
)

// house is a house with one door, the toy vendor's, on a database of its own.
type house struct {
	*foyertest.F
	*wire.House
	url    string
	log    *lines
	key    string
	broken func(body *wire.Object) error // what the door has against a body, nil for nothing
}

// lines is a log that is read while it is written.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// each runs a test on both databases.
func each(t *testing.T, test func(t *testing.T, h *house)) {
	t.Helper()
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) { test(t, build(t, f)) })
}

func build(t *testing.T, f *foyertest.F, trusted ...*net.IPNet) *house {
	t.Helper()
	h := &house{F: f, log: &lines{}, key: f.Vars["radius.secureId"]}
	var err error
	h.House, err = wire.NewHouse(wire.Options{DB: f.DB, Desk: f.Desk, Log: slog.New(slog.NewJSONHandler(h.log, nil)), Trusted: trusted}, h.door())
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(h.House)
	server.Config.ReadTimeout = time.Second
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	server.Start()
	t.Cleanup(server.Close)
	h.url = server.URL
	return h
}

// door is the toy vendor's. What goes wrong it says as {"error": "kind: text"}.
func (h *house) door() *wire.Door {
	statuses := map[errs.Kind]int{errs.Invalid: 400, errs.NotFound: 404, errs.Conflict: 409, errs.Unauthorized: 401, errs.Forbidden: 403, errs.Limited: 429, errs.TooLarge: 413, errs.Unavailable: 503, errs.BadMethod: 405, errs.Internal: 500}
	return &wire.Door{
		Name:   "toy",
		Prefix: []string{"/toy"},
		Routes: []wire.Route{
			{Name: "save", Method: http.MethodPost, Path: "/toy/people", Aliases: []string{"/toy/persons"}, Scope: auth.ScopeCreate, Intake: true, Handle: h.save},
			{Name: "note", Method: http.MethodPost, Path: "/toy/people/{number}/notes", Scope: auth.ScopeCreate, Intake: true, Handle: h.note},
			{Name: "show", Method: http.MethodGet, Path: "/toy/people/{number}", Scope: auth.ScopeRead, Handle: h.show},
			{Name: "crash", Method: http.MethodPost, Path: "/toy/crash", Intake: true, Handle: func(context.Context, *wire.Call) (wire.Answer, error) { panic("boom") }},
			{Name: "crash inside", Method: http.MethodPost, Path: "/toy/crash/inside", Intake: true, Handle: func(ctx context.Context, c *wire.Call) (wire.Answer, error) {
				return c.Write(ctx, func(ctx context.Context, tx *db.Tx) (wire.Answer, error) {
					if _, err := crm.SaveContact(ctx, tx, c.Actor(), crm.Save{Input: crm.Input{Contact: crm.Contact{FirstName: "half"}}}); err != nil {
						return wire.Answer{}, err
					}
					panic("boom")
				})
			}},
		},
		Authenticate: func(r *http.Request, desk *auth.Desk) (*auth.Caller, error) {
			return desk.Caller(r.Context(), auth.Radius, r.Header.Get("Toy-Key"))
		},
		Presented: func(r *http.Request) []string { return r.Header["Toy-Key"] },
		Fail: func(_ *wire.Call, err error) wire.Answer {
			e := errs.As(err)
			status := statuses[e.Kind]
			if e.Code == "idempotency" {
				status = http.StatusUnprocessableEntity
			}
			return wire.Answer{Status: status, Body: map[string]string{"error": e.Kind.String() + ": " + e.Text}}
		},
	}
}

// save makes a person of {"email", "say"} and notes what they say. Its answer
// differs each time it runs.
func (h *house) save(ctx context.Context, c *wire.Call) (wire.Answer, error) {
	o, err := c.Object()
	if err != nil {
		return wire.Answer{}, errs.Wrap(err, errs.Invalid, "not an object")
	}
	if h.broken != nil {
		if err := h.broken(o); err != nil {
			return wire.Answer{}, err
		}
	}
	var in crm.Input
	if e, ok := crm.NewEmail(o.Text("email"), ""); ok {
		in.Emails = []crm.Email{e}
	}
	say := o.Text("say")
	o.Ignore()
	return c.Write(ctx, func(ctx context.Context, tx *db.Tx) (wire.Answer, error) {
		saved, err := crm.SaveContact(ctx, tx, c.Actor(), crm.Save{Input: in, Match: []crm.Key{crm.KeyEmail}})
		if err != nil {
			return wire.Answer{}, err
		}
		n, err := crm.AddNote(ctx, tx, c.Actor(), crm.Note{ContactID: saved.Contact.ID, Body: say})
		if err != nil {
			return wire.Answer{}, err
		}
		a := wire.Answer{Status: http.StatusCreated, Body: map[string]any{"number": saved.Contact.Number, "note": n.ID, "html": "<&>"}}
		return a.With("X-Toy", n.ID).About(saved.Outcome, saved.Contact.ID), nil
	})
}

func (h *house) note(ctx context.Context, c *wire.Call) (wire.Answer, error) {
	o, err := c.Object()
	if err != nil {
		return wire.Answer{}, errs.Wrap(err, errs.Invalid, "not an object")
	}
	var number int64
	if _, err := fmt.Sscan(c.Param("number"), &number); err != nil {
		return wire.Answer{}, errs.New(errs.NotFound, "nobody has this number")
	}
	say := o.Text("say")
	return c.Write(ctx, func(ctx context.Context, tx *db.Tx) (wire.Answer, error) {
		who, err := crm.ContactByNumber(ctx, tx, c.Actor().LocationID, number)
		if err != nil {
			return wire.Answer{}, err
		}
		n, err := crm.AddNote(ctx, tx, c.Actor(), crm.Note{ContactID: who.ID, Body: say})
		if err != nil {
			return wire.Answer{}, err
		}
		return wire.Answer{Status: http.StatusOK, Body: map[string]string{"note": n.ID}}.About(crm.Noted, who.ID), nil
	})
}

func (h *house) show(ctx context.Context, c *wire.Call) (wire.Answer, error) {
	return wire.Answer{Status: http.StatusOK, Body: map[string]string{"number": c.Param("number")}}, nil
}

// answer is what came back.
type answer struct {
	status int
	body   string
	header http.Header
}

// send sends a request with the house's key, and headers in pairs besides; one
// whose value is "" is left away.
func (h *house) send(t testing.TB, method, path, body string, headers ...string) answer {
	t.Helper()
	return h.stream(t, method, path, strings.NewReader(body), headers...)
}

func (h *house) stream(t testing.TB, method, path string, body io.Reader, headers ...string) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, h.url, body)
	if err != nil {
		t.Fatal(err)
	}
	at, query, _ := strings.Cut(path, "?")
	if req.URL.Path, err = url.PathUnescape(at); err != nil {
		t.Fatal(err)
	}
	req.URL.RawPath, req.URL.RawQuery = at, query // as it is, doubled slashes and all
	req.Header.Set("Toy-Key", h.key)
	for i := 0; i < len(headers); i += 2 {
		req.Header.Del(headers[i])
		if headers[i+1] != "" {
			req.Header.Set(headers[i], headers[i+1])
		}
	}
	res, err := client.Do(req)
	if err != nil {
		t.Error(err) // not Fatal: the caller may be another goroutine
		return answer{}
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Error(err)
	}
	return answer{res.StatusCode, string(text), res.Header}
}

var client = &http.Client{
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	Transport:     &http.Transport{MaxIdleConnsPerHost: 64},
}

// count counts rows of the house's location.
func (h *house) count(t testing.TB, table, where string) (n int) {
	t.Helper()
	h.Read(t, func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Get(ctx, []any{&n}, "SELECT COUNT(*) FROM "+table+" WHERE location_id = $1 AND ("+where+")", h.Credentials.LocationID)
		return err
	})
	return n
}

func TestAnAddressIsOneHoweverItIsWritten(t *testing.T) {
	h := build(t, foyertest.New(t))
	for _, c := range []struct {
		method, path string
		want         int
	}{
		{"POST", "/toy/people", 201}, {"POST", "/toy/people/", 201}, {"POST", "//toy/people", 201}, {"POST", "/toy//people", 201},
		{"POST", "///toy///people///", 201}, {"POST", "/toy/persons/", 201}, {"POST", "/toy/people?x=/", 201}, {"POST", "/toy/people/?", 201},
		{"GET", "/toy/people/7", 200}, {"GET", "/toy/people/7/", 200}, {"GET", "/toy/people//7", 200}, {"GET", "//toy/people/7//", 200},
		{"GET", "/toy/people", 405}, {"PUT", "/toy/people/", 405}, {"DELETE", "//toy/people/7", 405}, {"GET", "/toy/crash", 405},
		{"GET", "/toy", 404}, {"POST", "/toy/", 404}, {"GET", "/toy/nothing", 404}, {"POST", "/toy/people/7/notes/8", 404}, {"POST", "/toy/./people", 404},
		{"POST", "/toy/../toy/people", 404}, {"POST", "/nobody", 404}, {"GET", "/", 404},
	} {
		got := h.send(t, c.method, c.path, `{"email":"ana@x.example"}`)
		if got.status != c.want {
			t.Errorf("%s %s: %d %s, want %d", c.method, c.path, got.status, got.body, c.want)
		}
		if got.header.Get("Location") != "" {
			t.Errorf("%s %s is sent elsewhere", c.method, c.path)
		}
		if kind := got.header.Get("Content-Type"); !strings.HasPrefix(kind, "application/json") {
			t.Errorf("%s %s is answered with %q", c.method, c.path, kind)
		}
		var e struct{ Error string }
		if err := json.Unmarshal([]byte(got.body), &e); err != nil || c.want >= 400 && e.Error == "" {
			t.Errorf("%s %s: not in the door's words: %s", c.method, c.path, got.body)
		}
	}
}

func TestEveryAnswerIsNamedAndNeverKept(t *testing.T) {
	h := build(t, foyertest.New(t))
	seen := map[string]bool{}
	for _, c := range [][2]string{{"POST", "/toy/people"}, {"GET", "/toy/people/7"}, {"GET", "/toy/nothing"}, {"POST", "/toy/crash"}, {"PUT", "/toy/people"}, {"OPTIONS", "/toy/people"}, {"GET", "/nobody"}} {
		got := h.send(t, c[0], c[1], "{}", "X-Request-Id", "chosen by the client")
		name := got.header.Get("X-Request-Id")
		if len(name) != 36 || seen[name] {
			t.Errorf("%v: the request is called %q", c, name)
		}
		seen[name] = true
		if got.header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%v: a browser may guess at the content", c)
		}
		if c[0] != "OPTIONS" && strings.HasPrefix(c[1], "/toy") && got.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%v: may be kept by a cache", c)
		}
	}
	got := h.send(t, "OPTIONS", "/toy/people", "", "Origin", "https://page.example", "Access-Control-Request-Method", "POST")
	if got.status != 204 || got.body != "" {
		t.Errorf("OPTIONS: %d %s", got.status, got.body)
	}
	for k := range got.header {
		if strings.HasPrefix(k, "Access-Control-") {
			t.Errorf("OPTIONS lets a page in: %s", k)
		}
	}
	if got := h.send(t, "POST", "/toy/people", `{"email":"ana@x.example"}`); !strings.Contains(got.body, "<&>") {
		t.Errorf("text does not come back as it went in: %s", got.body)
	}
}

func TestBodiesThatAreNotRead(t *testing.T) {
	h := build(t, foyertest.New(t))
	exact := `{"email":"ana@x.example","say":"` + strings.Repeat("x", wire.MaxBody)
	exact = exact[:wire.MaxBody-2] + `"}`
	chunked := func(s string) io.Reader { return io.MultiReader(strings.NewReader(s)) } // of unknown length
	for _, c := range []struct {
		what    string
		body    io.Reader
		want    int
		headers []string
	}{
		{"a body of 1 MiB and a byte", strings.NewReader(exact + " "), 413, nil},
		{"the same in chunks", chunked(exact + " "), 413, nil},
		{"in chunks for ever", neverEnding{}, 413, nil},
		{"10 MiB", strings.NewReader(strings.Repeat(exact, 10)), 413, nil},
		{"gzip", strings.NewReader("{}"), 400, []string{"Content-Encoding", "gzip"}},
		{"br in chunks", chunked("{}"), 400, []string{"Content-Encoding", "br"}},
		{"identity, which is none", strings.NewReader(`{"email":"b@x.example"}`), 201, []string{"Content-Encoding", "identity"}},
		{"a body without a type", strings.NewReader(`{"email":"b@x.example"}`), 201, []string{"Content-Type", ""}},
		{"a body of another type", chunked(`{"email":"b@x.example"}`), 201, []string{"Content-Type", "text/plain"}},
		{"nothing", strings.NewReader(""), 400, nil},
		{"exactly 1 MiB", strings.NewReader(exact), 400, nil}, // read: it is the core that finds the note too long, or not
		{"exactly 1 MiB in chunks", chunked(exact), 400, nil},
	} {
		t.Run(c.what, func(t *testing.T) {
			before := h.count(t, "contacts", "TRUE") + h.count(t, "notes", "TRUE")
			got := h.stream(t, "POST", "/toy/people", c.body, c.headers...)
			if strings.HasPrefix(c.what, "exactly") {
				if got.status == 413 {
					t.Errorf("refused as too large: %s", got.body)
				}
				return
			}
			if got.status != c.want || !strings.HasPrefix(got.body, "{") {
				t.Errorf("%d %s, want %d", got.status, got.body, c.want)
			}
			if after := h.count(t, "contacts", "TRUE") + h.count(t, "notes", "TRUE"); (after == before) != (c.want >= 400) {
				t.Errorf("%d rows became %d", before, after)
			}
		})
	}
}

type neverEnding struct{}

func (neverEnding) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = ' '
	}
	return len(b), nil
}

// A client that sends slowly, or leaves in the middle, is answered or dropped,
// stores nothing, and keeps nobody else waiting.
func TestSlowAndBrokenOffBodies(t *testing.T) {
	h := build(t, foyertest.New(t))
	open := func(declared int, sent string) (net.Conn, *bufio.Reader) {
		c, err := net.Dial("tcp", strings.TrimPrefix(h.url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		_, _ = fmt.Fprintf(c, "POST /toy/people HTTP/1.1\r\nHost: x\r\nToy-Key: %s\r\nContent-Length: %d\r\n\r\n%s", h.key, declared, sent)
		return c, bufio.NewReader(c)
	}
	slow, answer := open(100, `{"email":"slow@x.example"`)
	defer func() { _ = slow.Close() }()
	gone, _ := open(100, `{"email":"gone@x.example"}`)
	_ = gone.Close()
	if got := h.send(t, "POST", "/toy/people", `{"email":"quick@x.example"}`); got.status != 201 {
		t.Errorf("somebody else: %d %s", got.status, got.body)
	}
	res, err := http.ReadResponse(answer, nil)
	if err != nil {
		t.Fatal(err)
	}
	text, _ := io.ReadAll(res.Body)
	if res.StatusCode != 400 || !strings.Contains(string(text), "could not be read") {
		t.Errorf("the slow one: %d %s", res.StatusCode, text)
	}
	if n := h.count(t, "contacts", "TRUE"); n != 1 {
		t.Errorf("%d contacts, want the quick one", n)
	}
}

// A panic is one request's: an answer in the door's words, a row in the import
// log, nothing stored, and others go on.
func TestAPanicStaysInItsRequest(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.Handle("GET", "/page", func(http.ResponseWriter, *http.Request) { panic("boom") })
		var others sync.WaitGroup
		for i := range 8 {
			others.Go(func() {
				for j := range 5 {
					if got := h.send(t, "POST", "/toy/people", fmt.Sprintf(`{"email":"p%d@x.example","say":"%d"}`, i, j)); got.status != 201 {
						t.Errorf("another request: %d %s", got.status, got.body)
					}
				}
			})
		}
		for range 5 {
			for _, path := range []string{"/toy/crash", "/toy/crash/inside"} {
				if got := h.send(t, "POST", path, "{}"); got.status != 500 || got.body != `{"error":"internal: "}` {
					t.Errorf("%s: %d %s", path, got.status, got.body)
				}
			}
			if got := h.send(t, "GET", "/page", ""); got.status != 500 || strings.Contains(got.body, "boom") {
				t.Errorf("a page: %d %s", got.status, got.body)
			}
		}
		others.Wait()
		if n := h.count(t, "contacts", "first_name = 'half'"); n != 0 {
			t.Errorf("%d halves were stored", n)
		}
		if n := h.count(t, "contacts", "TRUE"); n != 8 {
			t.Errorf("%d contacts, want 8", n)
		}
		if n := h.count(t, "intake_log", "result = 'refused' AND status = 500"); n != 10 {
			t.Errorf("%d rows of the import log speak of 10 panics", n)
		}
		if !strings.Contains(h.log.String(), "boom") {
			t.Error("the log does not say what happened")
		}
	})
}

// One line for each request, each one JSON object, with the request's name and
// never a secret, wherever the client put it.
func TestTheLogIsOneObjectALineWithoutSecrets(t *testing.T) {
	h := build(t, foyertest.New(t))
	wrong := "wrong" + h.key[5:]
	private := "pit-0f8fad5b-d9cb-469f-a165-70867728950e"
	forged := "\" } {\"msg\":\"forged\"}"
	for _, path := range []string{
		"/toy/people", "/toy/people?key=" + h.key, "/toy/people/" + h.key, "/toy/people/" + private + "/notes", "/toy/" + h.key + "/x",
		"/" + h.key, "/toy/people/%0a%7b%22msg%22:%22forged%22%7d", "/toy/%22%7d%0d%0a", "/toy/crash", "/toy/\u2028x",
	} {
		for _, method := range []string{"POST", "GET", "PUT", "OPTIONS"} {
			for _, key := range []string{h.key, wrong, ""} {
				h.send(t, method, path, `{"email":"ana@x.example","apiKey":"`+h.key+`","say":"`+h.key+`"}`,
					"Toy-Key", key, "User-Agent", h.key+forged, "Authorization", "Bearer "+private, "Referer", "https://x.example/"+h.key,
					"Cookie", "session="+h.key, "X-Forwarded-For", h.key, "Idempotency-Key", "k"+method+path)
			}
		}
	}
	text := h.log.String()
	seen := map[string]bool{}
	for line := range strings.Lines(text) {
		var l struct{ Msg, Request, Method, Path string }
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			t.Fatalf("not one object: %s", line)
		}
		if l.Msg == "forged" || l.Request == "" {
			t.Errorf("not one of ours: %s", line)
		}
		if l.Msg == "request" {
			if seen[l.Request] {
				t.Errorf("a second line for one request: %s", line)
			}
			seen[l.Request] = true
		}
	}
	if want := 10 * 4 * 3; len(seen) != want {
		t.Errorf("%d requests have a line, of %d", len(seen), want)
	}
	for _, secret := range []string{h.key, wrong, private} {
		if i := strings.Index(text, secret); i >= 0 {
			t.Errorf("the log holds a key: %s", text[max(0, i-100):i])
		}
	}
}

func TestForwardedAddressesAreBelievedFromProxiesOnly(t *testing.T) {
	_, loopback, err := net.ParseCIDR("127.0.0.0/8")
	if err != nil {
		t.Fatal(err)
	}
	f := foyertest.New(t)
	for _, c := range []struct {
		trusted []*net.IPNet
		sent    string
		want    string
	}{
		{nil, "203.0.113.9", "127.0.0.1"},
		{[]*net.IPNet{loopback}, "203.0.113.9", "203.0.113.9"},
		{[]*net.IPNet{loopback}, "10.0.0.1, 203.0.113.9, 127.0.0.7", "203.0.113.9"},
		{[]*net.IPNet{loopback}, "203.0.113.9, nonsense", "127.0.0.1"},
	} {
		h := build(t, f, c.trusted...)
		got := h.send(t, "POST", "/toy/people", `{"email":"ana@x.example"}`, "X-Forwarded-For", c.sent)
		if n := h.count(t, "intake_log", "request_id = '"+got.header.Get("X-Request-Id")+"' AND address = '"+c.want+"'"); n != 1 {
			t.Errorf("%q from %v is not logged as %s", c.sent, c.trusted, c.want)
		}
	}
}

func TestTwoRoutesAtOneAddressAreRefused(t *testing.T) {
	h := build(t, foyertest.New(t))
	twice := h.door()
	twice.Routes = slices.Clone(twice.Routes)
	twice.Routes[1].Path = "/toy/persons" // an alias of the first
	_, err := wire.NewHouse(wire.Options{DB: h.DB, Desk: h.Desk, Log: slog.New(slog.DiscardHandler)}, twice)
	if err == nil || !strings.Contains(err.Error(), "/toy/persons") {
		t.Errorf("it says %v", err)
	}
}
