package foyertest

import (
	"bytes"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/foyer-crm/foyer/internal/foyertest/judge"
)

// TheJudge gives the one that every answer of this process passes.
var TheJudge = sync.OnceValues(func() (*judge.Judge, error) { return judge.New(descriptions()) })

// descriptions gives HighLevel's own description of its API, nil if it is not here.
func descriptions() fs.FS {
	dir, err := os.Getwd()
	for err == nil && dir != filepath.Dir(dir) {
		there := filepath.Join(dir, "shared", "contracts", "highlevel", "openapi")
		if _, err := os.Stat(there); err == nil {
			return os.DirFS(there)
		}
		dir = filepath.Dir(dir)
	}
	return nil
}

// ServeHTTP answers as the Foyer does, and fails the test if the answer is not
// one that the door may give.
func (f *F) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if f.unwell {
		f.House.ServeHTTP(w, r)
		return
	}
	Judged(f.t, f.House).ServeHTTP(w, r)
}

// Unwell says that the test takes away what the Foyer stands on: its answers are
// the test's to judge.
func (f *F) Unwell() { f.unwell = true }

// Judged puts the judge in front of a handler.
func Judged(t testing.TB, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		method, path := r.Method, r.URL.Path
		c := &copied{ResponseWriter: w, status: http.StatusOK}
		h.ServeHTTP(c, r)
		j, err := TheJudge()
		if err != nil {
			t.Error(err)
			return
		}
		for _, err := range j.Answer(method, path, c.status, w.Header(), c.body.Bytes()) {
			t.Errorf("%s %s: %v", method, path, err)
		}
	})
}

// copied keeps a copy of what is answered.
type copied struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

// WriteHeader keeps the status.
func (c *copied) WriteHeader(status int) {
	c.status = status
	c.ResponseWriter.WriteHeader(status)
}

// Write keeps what it writes.
func (c *copied) Write(b []byte) (int, error) {
	_, _ = c.body.Write(b)
	return c.ResponseWriter.Write(b)
}

// Unwrap gives what http.ResponseController looks for.
func (c *copied) Unwrap() http.ResponseWriter { return c.ResponseWriter }
