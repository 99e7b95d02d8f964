package foyertest

import (
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Request is one that was sent.
type Request struct {
	Method, Path, Query string // the path as it is read, without escapes
	Header              http.Header
	Body                string
}

// Rehearse plays all conversations of a folder on one Foyer, one after the other,
// without a look at what is answered, and gives the requests as they were sent:
// whole ones, with the ids of things that are there.
func (f *F) Rehearse(t *testing.T, dir string) (sent []Request) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.txt"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no conversations in %s (%v)", dir, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		p := &player{f: f, bound: map[string]any{}}
		for _, part := range strings.Split("\n"+string(text), "\n===")[1:] {
			_, body, _ := strings.Cut(part, "\n")
			sent = append(sent, p.rehearse(t, body))
		}
	}
	return sent
}

// rehearse sends the request of an exchange, and binds what the answer binds.
func (p *player) rehearse(t *testing.T, text string) Request {
	t.Helper()
	request, answer, _ := strings.Cut(text, "\n---\n")
	res, body := p.send(t, strings.TrimLeft(request, "\n")) //nolint:bodyclose // send has read and closed it
	if got, err := decode(body); err == nil {
		for line := range strings.Lines(answer) {
			if want, err := decode([]byte(boundMark.ReplaceAllString(repeat(p.fillVars(line)), `"<$1>"`))); err == nil {
				_ = p.same(want, got, "answer")
			}
		}
	}
	r := Request{Method: res.Request.Method, Path: res.Request.URL.Path, Query: res.Request.URL.RawQuery, Header: res.Request.Header}
	if from := res.Request.GetBody; from != nil {
		if b, err := from(); err == nil {
			text, _ := io.ReadAll(b)
			r.Body = string(text)
		}
	}
	return r
}

// Send gives the answer to a request, however odd it is, past the network.
func (f *F) Send(r Request, from string) (status int, header http.Header, body string) {
	w := &answer{header: http.Header{}, status: http.StatusOK}
	f.ServeHTTP(w, &http.Request{Method: r.Method, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: r.Header.Clone(), Host: "foyer.example",
		Body: io.NopCloser(strings.NewReader(r.Body)), ContentLength: int64(len(r.Body)), RemoteAddr: from, URL: &url.URL{Path: r.Path, RawQuery: r.Query}})
	return w.status, w.header, w.body.String()
}

// answer keeps what is answered.
type answer struct {
	header http.Header
	status int
	body   strings.Builder
}

func (a *answer) Header() http.Header         { return a.header }
func (a *answer) WriteHeader(status int)      { a.status = status }
func (a *answer) Write(b []byte) (int, error) { return a.body.Write(b) }
