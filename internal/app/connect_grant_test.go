package app_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/foyer-crm/foyer/internal/app"
	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/connect"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/dialect/highlevel"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/foyertest"
)

// grants are two Foyers: a connection here whose app is to be let in there.
type grants struct {
	t           *testing.T
	here, there *foyertest.F
	app         *auth.App
	secret      string
	c           *connect.Connection
	cookie      string // of an admin here
	cookieThere string
}

func newGrants(t *testing.T, here *foyertest.F) *grants {
	t.Helper()
	g := &grants{t: t, here: here, there: foyertest.New(t)}
	g.cookie, g.cookieThere = here.SignIn(t, here.Credentials.User.Email), g.there.SignIn(t, g.there.Credentials.User.Email)
	var boss *crm.User
	g.there.System(t, func(ctx context.Context, tx *db.Tx) (err error) {
		boss, err = crm.UserByID(ctx, tx, g.there.Credentials.User.ID)
		return err
	})
	var err error
	if g.app, g.secret, err = g.there.Desk.RegisterApp(t.Context(), boss, auth.App{Name: "Foyer next door", RedirectURIs: []string{here.URL + "/connect/callback"}, Scopes: highlevel.Scopes()}); err != nil {
		t.Fatal(err)
	}
	g.c = g.connection(connect.Credential{"clientId": g.app.ID, "clientSecret": g.secret})
	return g
}

// private is a Foyer whose connections may lead to this machine.
func private(t *testing.T) *foyertest.F {
	return foyertest.Start(t, app.Config{Store: app.Store{Data: t.TempDir(), Strict: true}, HighLevelVersion: true, AllowPrivate: true})
}

func (g *grants) loc() string { return g.here.Credentials.LocationID }

func (g *grants) by() crm.Actor { return crm.Actor{LocationID: g.loc(), Origin: "admin"} }

// connection makes a connection to the Foyer there.
func (g *grants) connection(secret connect.Credential) (c *connect.Connection) {
	g.t.Helper()
	m, err := connect.DefaultMapping("highlevel")
	if err == nil {
		err = m.Only("contact", "task", "note")
	}
	if err == nil {
		err = g.here.DB.Write(g.t.Context(), g.loc(), func(ctx context.Context, tx *db.Tx) (err error) {
			c, err = connect.Add(ctx, tx, g.here.Vault, g.by(), connect.Connection{Kind: "highlevel", BaseURL: g.there.URL, Mapping: *m, Settings: connect.Settings{Interval: time.Second}}, secret)
			return err
		})
	}
	if err != nil {
		g.t.Fatal(err)
	}
	return c
}

func (g *grants) now() (c *connect.Connection) {
	g.t.Helper()
	g.here.Read(g.t, func(ctx context.Context, tx *db.Tx) (err error) {
		c, err = connect.ByID(ctx, tx, g.loc(), g.c.ID)
		return err
	})
	return c
}

// get asks as a browser with a cookie does, and follows nothing.
func (g *grants) get(cookie, address string) (status int, to, page string) {
	return g.ask(http.MethodGet, cookie, address, nil)
}

func (g *grants) ask(method, cookie, address string, form url.Values) (status int, to, page string) {
	g.t.Helper()
	req, err := http.NewRequestWithContext(g.t.Context(), method, address, strings.NewReader(form.Encode()))
	if err != nil {
		g.t.Fatal(err)
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	req.Header.Set("Cookie", cookie)
	res, err := foyertest.Client().Do(req)
	if err != nil {
		g.t.Fatal(err)
	}
	body, err := io.ReadAll(res.Body)
	if err = firstOf(err, res.Body.Close()); err != nil {
		g.t.Fatal(err)
	}
	return res.StatusCode, res.Header.Get("Location"), string(body)
}

func firstOf(all ...error) error {
	for _, err := range all {
		if err != nil {
			return err
		}
	}
	return nil
}

// asked is the address at which the app is let in.
func (g *grants) asked() string {
	g.t.Helper()
	status, to, page := g.get(g.cookie, g.here.URL+"/connect/authorize/"+g.c.ID)
	if status != http.StatusSeeOther || !strings.HasPrefix(to, g.there.URL+"/oauth/chooselocation?") {
		g.t.Fatalf("%d to %s: %s", status, to, page)
	}
	return to
}

// decided answers there, and gives the address that the browser is sent back to.
func (g *grants) decided(address, decision string) string {
	g.t.Helper()
	status, to, page := g.ask(http.MethodPost, g.cookieThere, address, url.Values{"decision": {decision}, "location": {g.there.Credentials.LocationID}})
	if status != http.StatusFound || !strings.HasPrefix(to, g.here.URL+"/connect/callback?") {
		g.t.Fatalf("%d to %s: %s", status, to, page)
	}
	return to
}

// page is the address of the page of the connection.
func (g *grants) page() string { return "/in/" + g.loc() + "/integrations/connections/" + g.c.ID }

// letIn goes the whole way.
func (g *grants) letIn() {
	g.t.Helper()
	status, to, page := g.get(g.cookie, g.decided(g.asked(), "allow"))
	if status != http.StatusSeeOther || to != g.page()+"?said=bridge-let-in" {
		g.t.Fatalf("%d to %s: %s", status, to, page)
	}
}

func (g *grants) engine() *connect.Engine {
	return connect.New(connect.Options{DB: g.here.DB, Vault: g.here.Vault, Kinds: app.Systems(true), Grants: app.Grants(true), Log: slog.New(slog.DiscardHandler)})
}

// A connection with an app waits until an admin lets it in at the other side, and
// then begins: with the location that was chosen there.
func TestAConnectionBeginsWhenItsAppIsLetIn(t *testing.T) {
	eachPrivate(t, func(t *testing.T, here *foyertest.F) {
		g := newGrants(t, here)
		if g.c.Status != connect.Awaiting {
			t.Fatalf("it is %s before anybody let it in", g.c.Status)
		}
		if err := g.engine().Work(t.Context(), g.loc(), g.c.ID); err != nil || g.now().Status != connect.Awaiting || !g.now().LastErrorAt.IsZero() {
			t.Fatalf("it did something: %v %+v", err, g.now())
		}
		address := g.asked()
		q := readURL(t, address).Query()
		if q.Get("code_challenge_method") != "S256" || q.Get("code_challenge") == "" || q.Get("redirect_uri") != here.URL+"/connect/callback" {
			t.Errorf("asked with %v", q)
		}
		if s := q.Get("scope"); !strings.Contains(s, "contacts.write") || strings.Contains(s, "opportunities") || strings.Contains(s, "calendars") {
			t.Errorf("it wants %s", s)
		}
		back := g.decided(address, "allow")
		if status, to, page := g.get(g.cookie, back); status != http.StatusSeeOther || to != g.page()+"?said=bridge-let-in" {
			t.Fatalf("%d to %s: %s", status, to, page)
		}
		if status, _, page := g.get(g.cookie, here.URL+g.page()+"?said=bridge-let-in"); status != http.StatusOK || !strings.Contains(page, "The app is let in") || !strings.Contains(page, g.there.Credentials.LocationID) {
			t.Errorf("%d: %s", status, page)
		}
		c := g.now()
		if c.Status != connect.Active || c.Settings.Location != g.there.Credentials.LocationID || time.Until(c.ExpiresAt) < time.Hour {
			t.Errorf("%+v", c)
		}
		if said, err := g.engine().Test(t.Context(), g.loc(), g.c.ID); err != nil {
			t.Errorf("%s %v", said, err)
		}
		// one use
		if status, _, page := g.get(g.cookie, back); status != http.StatusBadRequest || !strings.Contains(page, "used already") {
			t.Errorf("a second time: %d %s", status, page)
		}
		g.letIn() // anew: the grant before it is replaced
		if said, err := g.engine().Test(t.Context(), g.loc(), g.c.ID); err != nil || g.now().Status != connect.Active {
			t.Errorf("%s %v", said, err)
		}
	})
}

func readURL(t *testing.T, text string) *url.URL {
	t.Helper()
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func eachPrivate(t *testing.T, f func(t *testing.T, here *foyertest.F)) {
	t.Helper()
	foyertest.Stores(t, func(t *testing.T, s app.Store) {
		f(t, foyertest.Start(t, app.Config{Store: s, HighLevelVersion: true, AllowPrivate: true}))
	})
}

// Who connects on the pages is led from the page of the connection to the other
// side and back there, told what came of it; a connection that was to begin paused
// does.
func TestThePageOfAConnectionLeadsToItsGrant(t *testing.T) {
	eachPrivate(t, func(t *testing.T, here *foyertest.F) {
		g := newGrants(t, here)
		list := "/in/" + g.loc() + "/integrations/connections"
		for _, paused := range []string{"", "1"} {
			status, to, page := g.ask(http.MethodPost, g.cookie, here.URL+list, url.Values{"kind": {"highlevel"}, "baseUrl": {g.there.URL}, "clientId": {g.app.ID}, "clientSecret": {g.secret}, "interval": {"1m"}, "paused": {paused}})
			if status != http.StatusSeeOther || !strings.HasPrefix(to, list+"/") {
				t.Fatalf("connecting: %d to %s: %s", status, to, page)
			}
			path, _, _ := strings.Cut(to, "?")
			if g.c.ID = strings.TrimPrefix(path, list+"/"); g.now().Status != connect.Awaiting {
				t.Fatalf("it is %s before anybody let it in", g.now().Status)
			}
			_, _, page = g.get(g.cookie, here.URL+path)
			link := regexp.MustCompile(`href="(/connect/authorize/[^"]+)"`).FindStringSubmatch(page)
			if link == nil || !strings.Contains(page, "waits to be let in") || strings.Contains(page, `value="resume"`) {
				t.Fatalf("no way to the grant: %s", page)
			}
			status, to, page = g.get(g.cookie, here.URL+link[1])
			if status != http.StatusSeeOther {
				t.Fatalf("%d: %s", status, page)
			}
			if status, _, page := g.get(g.cookie, g.decided(to, "deny")); status != http.StatusBadRequest || !strings.Contains(page, "did not let the app in") || !strings.Contains(page, `href="`+path+`"`) || !strings.Contains(page, `href="`+link[1]+`"`) {
				t.Errorf("refused: %d %s", status, page)
			}
			_, to, _ = g.get(g.cookie, here.URL+link[1])
			status, to, page = g.get(g.cookie, g.decided(to, "allow"))
			if status != http.StatusSeeOther || !strings.HasPrefix(to, path+"?") {
				t.Fatalf("%d to %s: %s", status, to, page)
			}
			status, _, page = g.get(g.cookie, here.URL+to)
			if status != http.StatusOK || !strings.Contains(page, "The app is let in") || !strings.Contains(page, "Let the app in again") {
				t.Errorf("back: %d %s", status, page)
			}
			want := connect.Active
			if paused != "" {
				want = connect.Paused
			}
			if g.now().Status != want {
				t.Errorf("it is %s, want %s", g.now().Status, want)
			}
			if said, err := g.engine().Test(t.Context(), g.loc(), g.c.ID); err != nil {
				t.Errorf("%s %v", said, err)
			}
		}
	})
}

// An answer counts for the browser that asked, and for nobody else.
func TestAnAnswerIsOfTheBrowserThatAsked(t *testing.T) {
	g := newGrants(t, private(t))
	next := g.here.Neighbour(t)
	again, _, err := g.here.Desk.SignIn(t.Context(), auth.NewPasswords(), g.here.Credentials.User.Email, foyertest.Password, "192.0.2.1")
	if err != nil {
		t.Fatal(err)
	}
	mate := g.here.AddUser(t, "mate", "mate@agency.example", "Ma", "Te")
	for name, c := range map[string]struct {
		cookie string
		status int
	}{
		"another sign-in of the same person": {"foyer=" + again, http.StatusBadRequest},
		"somebody from next door":            {g.here.SignIn(t, next["user.email"]), http.StatusNotFound},
		"one who is no admin":                {g.here.SignIn(t, mate.Email), http.StatusForbidden},
		"nobody":                             {"", http.StatusSeeOther},
	} {
		back := g.decided(g.asked(), "allow")
		if status, to, _ := g.get(c.cookie, back); status != c.status || c.status == http.StatusSeeOther && !strings.HasPrefix(to, "/signin") {
			t.Errorf("%s: %d to %s", name, status, to)
		}
		if name != "another sign-in of the same person" {
			if status, to, _ := g.get(c.cookie, g.here.URL+"/connect/authorize/"+g.c.ID); status != c.status || strings.HasPrefix(to, g.there.URL) {
				t.Errorf("%s asks: %d to %s", name, status, to)
			}
		}
	}
	for name, change := range map[string]func(q url.Values){
		"another state":      func(q url.Values) { q.Set("state", g.loc()+"."+g.c.ID+"."+strings.Repeat("a", 32)) },
		"no state":           func(q url.Values) { q.Del("state") },
		"no code":            func(q url.Values) { q.Del("code") },
		"a code of nobody":   func(q url.Values) { q.Set("code", "nobody's") },
		"all locations":      func(q url.Values) { q.Set("state", "*."+g.c.ID+".x") },
		"another connection": func(q url.Values) { q.Set("state", strings.Replace(q.Get("state"), g.c.ID, g.loc(), 1)) },
	} {
		u := readURL(t, g.decided(g.asked(), "allow"))
		q := u.Query()
		change(q)
		u.RawQuery = q.Encode()
		if status, to, _ := g.get(g.cookie, u.String()); status < 400 || status >= 500 || to != "" {
			t.Errorf("%s: %d to %s", name, status, to)
		}
	}
	if c := g.now(); c.Status != connect.Awaiting || !c.ExpiresAt.IsZero() {
		t.Errorf("somebody got in: %+v", c)
	}
}

// What the other side refuses is said in plain words, and nothing begins.
func TestARefusalIsSaidInPlainWords(t *testing.T) {
	g := newGrants(t, private(t))
	if status, _, page := g.get(g.cookie, g.decided(g.asked(), "deny")); status != http.StatusBadRequest || !strings.Contains(page, "did not let the app in") || !strings.Contains(page, "Begin again") {
		t.Errorf("%d %s", status, page)
	}
	if err := g.here.DB.Write(t.Context(), g.loc(), func(ctx context.Context, tx *db.Tx) error {
		_, err := connect.Change(ctx, tx, g.here.Vault, g.by(), g.c.ID, connect.Credential{"clientSecret": "not the secret"}, func(*connect.Connection) {})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if status, _, page := g.get(g.cookie, g.decided(g.asked(), "allow")); status != http.StatusBadRequest || !strings.Contains(page, "client id and secret") || strings.Contains(page, "not the secret") {
		t.Errorf("%d %s", status, page)
	}
	if c := g.now(); c.Status != connect.Awaiting {
		t.Errorf("%+v", c)
	}
	g.c = g.connection(connect.Credential{"token": "pit-1"})
	if status, _, page := g.get(g.cookie, g.here.URL+"/connect/authorize/"+g.c.ID); status != http.StatusBadRequest || !strings.Contains(page, "no app that could be let in") {
		t.Errorf("%d %s", status, page)
	}
	for _, path := range []string{"/connect/authorize/nobody", "/in/" + g.loc() + "/integrations/connections/nobody"} {
		if status, _, _ := g.get(g.cookie, g.here.URL+path); status != http.StatusNotFound {
			t.Errorf("%s: %d", path, status)
		}
	}
}

// Where there is no browser, the address is printed, and the code comes by hand.
func TestAnAppIsLetInByHand(t *testing.T) {
	g := newGrants(t, private(t))
	e := g.engine()
	ask := func() string {
		t.Helper()
		address, err := e.Authorize(t.Context(), g.loc(), g.c.ID, g.here.URL+"/connect/callback", "")
		if err != nil {
			t.Fatal(err)
		}
		return address
	}
	back := g.decided(ask(), "allow")
	code := readURL(t, back).Query().Get("code")
	if status, _, page := g.get(g.cookie, back); status != http.StatusBadRequest || !strings.Contains(page, "foyer connect authorize "+g.c.ID+" --code "+code) {
		t.Errorf("the page does not say how it goes on: %d %s", status, page)
	}
	if _, err := e.GrantedByHand(t.Context(), g.by(), g.c.ID, connect.Answer{Code: code}); err != nil {
		t.Fatal(err)
	}
	if c := g.now(); c.Status != connect.Active || c.Settings.Location != g.there.Credentials.LocationID {
		t.Errorf("%+v", c)
	}
	if _, err := e.GrantedByHand(t.Context(), g.by(), g.c.ID, connect.Answer{Code: code}); !errs.Is(err, errs.Conflict) {
		t.Errorf("a second time: %v", err)
	}
	// what a browser asked is not answered by hand
	asked := readURL(t, g.decided(g.asked(), "allow")).Query()
	if _, err := e.GrantedByHand(t.Context(), g.by(), g.c.ID, connect.Answer{Code: asked.Get("code"), State: asked.Get("state")}); !errs.Is(err, errs.Conflict) {
		t.Errorf("a browser's answer by hand: %v", err)
	}
}
