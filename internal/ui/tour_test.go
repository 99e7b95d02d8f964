package ui_test

import (
	"bytes"
	"context"
	"html"
	"mime/multipart"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/foyer-crm/foyer/internal/connect"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/demo"
	"github.com/foyer-crm/foyer/internal/foyertest"
	"github.com/foyer-crm/foyer/internal/ui"
	"github.com/foyer-crm/foyer/internal/webhook"
)

// agency gives a Foyer the demo's people and their work, and one of each thing that
// pages are about. The agents are Dana, Marco and Priya of saguaro.example.
func agency(t *testing.T, f *foyertest.F) (agents []string) {
	t.Helper()
	agents = []string{f.AddUser(t, "dana", "dana@saguaro.example", "Dana", "Whitfield").ID, f.AddUser(t, "marco", "marco@saguaro.example", "Marco", "Bianchi").ID, f.AddUser(t, "priya", "priya@saguaro.example", "Priya", "Nair").ID}
	at := f.Credentials.LocationID
	if err := demo.Automate(t.Context(), f.App, at); err != nil {
		t.Fatal(err)
	}
	if err := demo.Past(t.Context(), f.App, at, agents); err != nil {
		t.Fatal(err)
	}
	if _, err := demo.Fill(t.Context(), f.URL, f.Credentials, "priya@saguaro.example"); err != nil {
		t.Fatal(err)
	}
	if err := demo.Week(t.Context(), f.App, at, agents); err != nil {
		t.Fatal(err)
	}
	by := crm.Actor{LocationID: at, UserID: f.Vars["user.id"], Origin: "ui"}
	if err := f.DB.Write(t.Context(), at, func(ctx context.Context, tx *db.Tx) error {
		e, _, err := webhook.AddEndpoint(ctx, tx, f.Vault, by, webhook.Endpoint{URL: "https://crm.example/hook", Events: []string{"contact.*"}})
		if err == nil {
			_, err = webhook.SendTest(ctx, tx, by, e.ID)
		}
		if err == nil {
			var m *connect.Mapping
			if m, err = connect.DefaultMapping("brokerkit"); err != nil {
				return err
			}
			_, err = connect.Add(ctx, tx, f.Vault, by, connect.Connection{Kind: "brokerkit", Name: "Recruiting", BaseURL: "https://brokerkit.example", Mapping: *m}, connect.Credential{"token": "x"})
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	cookie := f.SignIn(t, f.Vars["user.email"])
	upload(t, f, cookie, "more.csv", "First Name,Last Name,Email\nLena,Later,lena@x.example\n,,nothing\n")
	return agents
}

// upload sends a file as the form for it does.
func upload(t *testing.T, f *foyertest.F, cookie, name, text string) {
	t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	file, err := form.CreateFormFile("file", name)
	if err == nil {
		_, err = file.Write([]byte(text))
	}
	if err == nil {
		err = form.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	if status, page := send(t, f, http.MethodPost, "/in/"+f.Credentials.LocationID+"/integrations/imports", cookie, body.String(), "Content-Type", form.FormDataContentType()); status != http.StatusSeeOther {
		t.Fatalf("uploading: %d %.300s", status, page)
	}
}

var link = regexp.MustCompile(` (?:href|hx-get)="(/[^"]*)"`)

// tour follows the links of all pages from the ones without parameters on, and gives
// the addresses of the pages: of those that differ by what they are about, at most
// so many of each.
func tour(t *testing.T, f *foyertest.F, cookie string, most int) (all []string) {
	t.Helper()
	base := "/in/" + f.Credentials.LocationID
	todo := []string{"/signin", "/forgot", "/account", "/apps", "/apps/new", "/notifications", "/docs/api", base + "/contacts/nobody"}
	for _, s := range ui.Screens() {
		if s.Method == http.MethodGet && !strings.Contains(strings.TrimPrefix(s.Path, "/in/{location}"), "{") {
			todo = append(todo, strings.Replace(s.Path, "/in/{location}", base, 1))
		}
	}
	seen, count := map[string]bool{}, map[string]int{}
	first := len(todo)
	for n := 0; len(todo) > 0; n++ {
		path := todo[0]
		todo = todo[1:]
		if seen[path] {
			continue
		}
		seen[path] = true
		fresh := false
		for _, kind := range kindsOf(path) {
			fresh = fresh || count[kind] < most
			count[kind]++
		}
		if !fresh {
			continue
		}
		status, page := send(t, f, http.MethodGet, path, cookie, "")
		if status >= 500 || status >= 400 && n >= first { // what nobody linked to may be refused
			t.Errorf("%s: %d", path, status)
		}
		if whole := strings.HasPrefix(page, "<!doctype html>"); !whole {
			continue // a part of a page, a file, a way to another page
		}
		all = append(all, path)
		for _, m := range link.FindAllStringSubmatch(page, -1) {
			if next := html.UnescapeString(m[1]); strings.HasPrefix(next, base) || strings.HasPrefix(next, "/book/") || strings.HasPrefix(next, "/blog/") {
				next, _, _ = strings.Cut(next, "#")
				todo = append(todo, next)
			}
		}
	}
	return all
}

var anID = regexp.MustCompile(`[0-9A-Za-z]{20}|\d{4}-\d{2}(-\d{2})?|\d+`)

// kindsOf makes addresses alike that differ by what they are about only: it gives the
// path, with each parameter by itself.
func kindsOf(path string) (kinds []string) {
	path, query, _ := strings.Cut(anID.ReplaceAllString(path, "·"), "?")
	for parameter := range strings.SplitSeq(query, "&") {
		kinds = append(kinds, path+"?"+parameter)
	}
	return kinds
}

// The tour comes to every page that there is.
func TestLinksLeadToEveryPage(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		agency(t, f)
		paths := tour(t, f, f.SignIn(t, f.Vars["user.email"]), 1)
		for _, s := range ui.Screens() {
			if s.Method != http.MethodGet || pieces[strings.TrimPrefix(s.Path, "/in/{location}")] {
				continue
			}
			pattern := regexp.MustCompile("^" + regexp.MustCompile(`\\\{\w+\\\}`).ReplaceAllString(regexp.QuoteMeta(s.Path), "[^/?]+") + `(\?.*)?$`)
			found := false
			for _, path := range paths {
				found = found || pattern.MatchString(path)
			}
			if !found {
				t.Errorf("no link leads to %s", s.Path)
			}
		}
		t.Logf("%d kinds of pages", len(paths))
	})
}

// Nobody is led to where they may not go, and who may only read meets no form that
// would be refused.
func TestNoLinkLeadsToARefusal(t *testing.T) {
	f := foyertest.New(t)
	agents := agency(t, f)
	f.System(t, func(ctx context.Context, tx *db.Tx) error {
		_, err := crm.ChangeUser(ctx, tx, agents[0], func(u *crm.User) { u.Profile.Permissions = map[string]bool{crm.AssignedOnly: true} })
		return err
	})
	for _, email := range []string{"dana@saguaro.example", "marco@saguaro.example"} {
		if n := len(tour(t, f, f.SignIn(t, email), 1)); n < 50 {
			t.Errorf("%s came to %d kinds of pages only", email, n)
		}
	}
	read := reader(t, f, "rea")
	for _, path := range tour(t, f, read, 1) {
		_, page := send(t, f, http.MethodGet, path, read, "")
		if form := changingForm.FindString(page); form != "" {
			t.Errorf("%s shows what would be refused: %s", path, form)
		}
	}
}

// pieces are the screens that the tour does not come to: parts of pages, and files.
var pieces = map[string]bool{
	"/find": true, "/pick": true, "/contacts/{contact}/cell/{field}": true, "/reports/csv": true, "/integrations/imports/{import}/refused": true,
	"/settings": true, "/integrations/imports/{import}": true, // the first leads to another page, the second is walked through
}
