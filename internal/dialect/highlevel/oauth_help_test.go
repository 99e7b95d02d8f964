package highlevel_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/foyertest"
	"github.com/foyer-crm/foyer/internal/id"
)

// rounds gives how often something is tried: few times usually, often where
// FOYER_SOAK says so.
func rounds(few, many int) int {
	if os.Getenv("FOYER_SOAK") != "" {
		return many
	}
	return few
}

// party is an app with somebody who lets it in.
type party struct {
	f                    *foyertest.F
	id, secret, redirect string
	app                  *auth.App
	basic                bool // it names itself by HTTP Basic
}

// bootstrapParty is the app that the bootstrap makes.
func bootstrapParty(t testing.TB, f *foyertest.F) *party {
	t.Helper()
	h := f.Credentials.HighLevel
	p := &party{f: f, id: h.ClientID, secret: *h.ClientSecret, redirect: h.RedirectURI}
	f.System(t, func(ctx context.Context, tx *db.Tx) (err error) { p.app, err = auth.AppByID(ctx, tx, p.id); return err })
	return p
}

// newParty registers an app.
func newParty(t testing.TB, f *foyertest.F, a auth.App) *party {
	t.Helper()
	if a.Name == "" {
		a.Name = "Robot"
	}
	if a.RedirectURIs == nil {
		a.RedirectURIs = []string{"https://robot.example/back"}
	}
	if a.Scopes == nil {
		a.Scopes = []string{"contacts.readonly", "contacts.write", "oauth.readonly", "oauth.write"}
	}
	p := &party{f: f, redirect: a.RedirectURIs[0]}
	f.System(t, func(ctx context.Context, tx *db.Tx) (err error) {
		p.app, p.secret, err = f.Vault.AddApp(ctx, tx, a)
		return err
	})
	p.id = p.app.ID
	return p
}

// pkce gives a verifier and its challenge.
func pkce() (verifier, challenge string) {
	verifier = id.Secret(64)
	sum := sha256.Sum256([]byte(verifier))
	return verifier, base64.RawURLEncoding.EncodeToString(sum[:])
}

// asks are the parameters of an authorization request, changed by some; "-"
// leaves one out.
func (p *party) asks(change ...string) url.Values {
	q := url.Values{"response_type": {"code"}, "client_id": {p.id}, "redirect_uri": {p.redirect}, "state": {"s t/a+t=e&%"}}
	for i := 0; i+1 < len(change); i += 2 {
		if q.Set(change[i], change[i+1]); change[i+1] == "-" {
			q.Del(change[i])
		}
	}
	return q
}

// code lets the app in, past the pages, and gives its code. location "" is the
// whole company.
func (p *party) code(t testing.TB, location string, change ...string) string {
	t.Helper()
	ask, err := p.f.Desk.ReadAsk(t.Context(), p.asks(change...))
	if err != nil {
		t.Fatal(err)
	}
	code, err := p.f.Desk.Allow(t.Context(), p.f.Credentials.User.ID, ask, location)
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// tokens lets the app in and gives the answer of the token endpoint.
func (p *party) tokens(t testing.TB, location string) map[string]any {
	t.Helper()
	status, a := p.token(t, "grant_type", "authorization_code", "code", p.code(t, location))
	if status != 200 {
		t.Fatalf("%d %v", status, a)
	}
	return a
}

// token asks the token endpoint as the app.
func (p *party) token(t testing.TB, form ...string) (int, map[string]any) {
	t.Helper()
	return p.post(t, "/oauth/token", form...)
}

// refresh uses a refresh token.
func (p *party) refresh(t testing.TB, token any, more ...string) (int, map[string]any) {
	t.Helper()
	return p.token(t, append([]string{"grant_type", "refresh_token", "refresh_token", token.(string)}, more...)...)
}

// post sends a form as the app; what form names counts before that.
func (p *party) post(t testing.TB, path string, form ...string) (int, map[string]any) {
	t.Helper()
	v := url.Values{}
	header := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
	if p.basic {
		header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(url.QueryEscape(p.id)+":"+url.QueryEscape(p.secret))))
	} else {
		v.Set("client_id", p.id)
		if p.secret != "" {
			v.Set("client_secret", p.secret)
		}
	}
	for i := 0; i+1 < len(form); i += 2 {
		if v.Set(form[i], form[i+1]); form[i+1] == "-" {
			v.Del(form[i])
		}
	}
	status, _, a := send(t, p.f, "POST", path, v.Encode(), header)
	return status, a
}

// send sends a request and gives status, header and the JSON of the answer.
func send(t testing.TB, f *foyertest.F, method, path, body string, header http.Header) (int, http.Header, map[string]any) {
	t.Helper()
	req, err := http.NewRequest(method, f.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	maps.Copy(req.Header, header)
	res, err := foyertest.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	var a map[string]any
	if len(text) > 0 {
		if err := json.Unmarshal(text, &a); err != nil {
			t.Fatalf("%s %s: %v: %s", method, path, err, text)
		}
	}
	return res.StatusCode, res.Header, a
}

// opens reports whether an access token opens the API.
func opens(t testing.TB, f *foyertest.F, token any) bool {
	t.Helper()
	status, _, a := ask(t, f, "GET", "/contacts/?limit=1", "", "Authorization", "Bearer "+token.(string))
	if status != 200 && status != 401 {
		t.Fatalf("%d %v", status, a)
	}
	return status == 200
}

// browser is a person at the pages.
type browser struct {
	t      testing.TB
	f      *foyertest.F
	client *http.Client
}

func newBrowser(t testing.TB, f *foyertest.F) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	c := foyertest.Client()
	c.Jar = jar
	return &browser{t, f, c}
}

// signedIn is a browser of the admin.
func signedIn(t testing.TB, f *foyertest.F) *browser {
	t.Helper()
	b := newBrowser(t, f)
	if status, _, page := b.post("/signin", url.Values{"email": {f.Credentials.User.Email}, "password": {*f.Credentials.User.Password}, "next": {"/apps"}}); status != 303 {
		t.Fatalf("%d %s", status, page)
	}
	return b
}

func (b *browser) get(path string) (int, http.Header, string) { return b.send("GET", path, nil) }

func (b *browser) post(path string, form url.Values, header ...string) (int, http.Header, string) {
	return b.send("POST", path, form, header...)
}

func (b *browser) send(method, path string, form url.Values, header ...string) (int, http.Header, string) {
	b.t.Helper()
	req, err := http.NewRequest(method, b.f.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	req.Header.Set("Accept", "text/html")
	if method == "POST" {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := b.client.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return res.StatusCode, res.Header, string(text)
}

// allow answers the consent page, and gives the query that the app is sent.
func (b *browser) allow(q url.Values, location string) url.Values {
	b.t.Helper()
	status, header, page := b.post("/oauth/chooselocation?"+q.Encode(), url.Values{"location": {location}, "decision": {"allow"}})
	to, err := url.Parse(header.Get("Location"))
	if status != 302 || err != nil {
		b.t.Fatalf("%d %v %s", status, err, page)
	}
	return to.Query()
}

// secondLocation makes a second location of the first company.
func secondLocation(t testing.TB, f *foyertest.F) *crm.Location {
	t.Helper()
	var l *crm.Location
	f.System(t, func(ctx context.Context, tx *db.Tx) (err error) {
		l, err = crm.AddLocation(ctx, tx, f.Credentials.CompanyID, "Second Office", "")
		return err
	})
	return l
}

// sql changes rows behind the program's back.
func sql(t testing.TB, f *foyertest.F, query string, args ...any) {
	t.Helper()
	f.System(t, func(ctx context.Context, tx *db.Tx) error { _, err := tx.Exec(ctx, query, args...); return err })
}
