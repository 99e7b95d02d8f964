// Package ui is what people see in a browser.
package ui

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"html/template"
	"net/http"
	"strings"
)

//go:embed templates/*.html
var files embed.FS

// Landing is the page at the front door: what this server is, and where the
// APIs are.
type Landing struct {
	page   *template.Template
	policy string
	doors  []DoorLine
}

// DoorLine is one API on the page.
type DoorLine struct {
	Name, Method, Path, Key string
}

// NewLanding reads the page's template.
func NewLanding(doors ...DoorLine) (*Landing, error) {
	text, err := files.ReadFile("templates/landing.html")
	if err != nil {
		return nil, err
	}
	t, err := template.New("landing").Parse(string(text))
	if err != nil {
		return nil, err
	}
	// The page may use its own style sheet and nothing else.
	_, rest, _ := strings.Cut(string(text), "<style>")
	style, _, _ := strings.Cut(rest, "</style>")
	sum := sha256.Sum256([]byte(style))
	policy := "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	return &Landing{page: t, policy: policy, doors: doors}, nil
}

// WantsPage reports whether a request comes from something that shows pages.
func WantsPage(r *http.Request) bool { return strings.Contains(r.Header.Get("Accept"), "text/html") }

// ServeHTTP shows the page, and leads who is signed in on to their day.
func (l *Landing) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	for _, c := range r.Cookies() {
		if c.Name == "foyer" || c.Name == "__Host-foyer" {
			http.Redirect(w, r, "/today", http.StatusSeeOther)
			return
		}
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", l.policy)
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	_ = l.page.Execute(w, struct {
		Base  string
		Doors []DoorLine
	}{scheme + "://" + r.Host, l.doors}) // a browser that has gone has nothing to be shown
}
