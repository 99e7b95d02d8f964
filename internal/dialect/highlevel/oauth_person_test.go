package highlevel_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/foyer-crm/foyer/internal/app"
	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/foyertest"
)

// member makes a user with a password who is no admin and works in some
// locations.
func member(t testing.TB, f *foyertest.F, email, password string, locations ...string) *crm.User {
	t.Helper()
	hash, err := auth.NewPasswords().Hash(t.Context(), password)
	if err != nil {
		t.Fatal(err)
	}
	var u *crm.User
	f.System(t, func(ctx context.Context, tx *db.Tx) (err error) {
		u, err = crm.AddUser(ctx, tx, crm.User{CompanyID: f.Credentials.CompanyID, Email: email, PasswordHash: hash}, locations...)
		return err
	})
	return u
}

func (b *browser) signIn(email, password string) int {
	b.t.Helper()
	status, _, _ := b.post("/signin", url.Values{"email": {email}, "password": {password}})
	return status
}

func TestE18TheConsentPageSaysWhatIsAllowed(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		second := secondLocation(t, f)
		p := newParty(t, f, auth.App{Name: `Robot <script>alert(1)</script> & Sons`})
		b := signedIn(t, f)
		for _, path := range []string{"/oauth/chooselocation", "/v2/oauth/chooselocation"} {
			status, header, page := b.get(path + "?" + p.asks("scope", "contacts.readonly oauth.write").Encode())
			if status != 200 {
				t.Fatalf("%s: %d", path, status)
			}
			for _, want := range []string{"Robot &lt;script&gt;", "&amp; Sons", "Contacts", `title="contacts.readonly"`, `title="oauth.write"`, f.Credentials.User.Email, "robot.example", "Main Office", "Second Office", "My Agency", `value="` + f.Credentials.LocationID + `"`, `value="` + second.ID + `"`, `value="company"`} {
				if !strings.Contains(page, want) {
					t.Errorf("%s does not name %s", path, want)
				}
			}
			if strings.Contains(page, "<script>") || strings.Contains(page, "contacts.write") {
				t.Errorf("%s: %s", path, page)
			}
			policy := header.Get("Content-Security-Policy")
			for _, want := range []string{"default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self' https://robot.example;"} {
				if !strings.Contains(policy, want) {
					t.Errorf("%s: policy %s", path, policy)
				}
			}
			if strings.Contains(policy, "unsafe") || header.Get("X-Frame-Options") != "DENY" {
				t.Errorf("%s: policy %s, X-Frame-Options %s", path, policy, header.Get("X-Frame-Options"))
			}
		}

		// no other site can press the button
		here := "/oauth/chooselocation?" + p.asks().Encode()
		yes := url.Values{"location": {f.Credentials.LocationID}, "decision": {"allow"}}
		for _, from := range [][]string{{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "https://evil.example"}, {"Origin", "null"}} {
			for _, path := range []string{here, "/signin", "/signout", "/apps", "/apps/new"} {
				if status, header, _ := b.post(path, yes, from...); status != 403 || header.Get("Location") != "" {
					t.Errorf("%s from %v: %d", path, from, status)
				}
			}
		}
		if status, _, _ := newBrowser(t, f).post(here, yes); status != 303 {
			t.Errorf("without a sign-in: %d", status)
		}
		if status, _, page := b.post(here, url.Values{"decision": {"allow"}}); status != 400 || !strings.Contains(page, "Choose where it may work") {
			t.Errorf("without a choice: %d", status)
		}

		// each consent stands for itself: the next one widens nothing
		code := b.allow(p.asks("scope", "contacts.readonly"), f.Credentials.LocationID).Get("code")
		_, small := p.token(t, "grant_type", "authorization_code", "code", code)
		b.allow(p.asks("scope", "contacts.readonly contacts.write"), f.Credentials.LocationID)
		if _, again := p.refresh(t, small["refresh_token"]); again["scope"] != "contacts.readonly" {
			t.Errorf("after another consent the first one has %v", again["scope"])
		}

		// nobody allows what is not theirs
		member(t, f, "mo@foyer.example", "a member's password", second.ID)
		mo := newBrowser(t, f)
		if status := mo.signIn("mo@foyer.example", "a member's password"); status != 303 {
			t.Fatal(status)
		}
		_, _, page := mo.get(here)
		if strings.Contains(page, "Main Office") || !strings.Contains(page, "Second Office") || strings.Contains(page, `value="company"`) {
			t.Errorf("a member is asked for more than theirs: %s", page)
		}
		for location, want := range map[string]int{second.ID: 302, f.Credentials.LocationID: 403, "company": 403, f.Neighbour(t)["locationId"]: 403, "x": 403, "\x00": 403} {
			if status, _, _ := mo.post(here, url.Values{"location": {location}, "decision": {"allow"}}); status != want {
				t.Errorf("location %q: %d", location, status)
			}
		}
		// an app of one company is not for another
		var foreign *auth.App
		f.System(t, func(ctx context.Context, tx *db.Tx) (err error) {
			c, err := crm.AddCompany(ctx, tx, "Far Away")
			if err != nil {
				return err
			}
			foreign, _, err = f.Vault.AddApp(ctx, tx, auth.App{Name: "Theirs", CompanyID: c.ID, RedirectURIs: []string{"https://far.example/"}, Scopes: []string{"contacts.readonly"}})
			return err
		})
		if status, _, _ := b.get("/oauth/chooselocation?response_type=code&client_id=" + foreign.ID); status != 403 {
			t.Errorf("another company's app: %d", status)
		}
	})
}

func TestE19PeopleSeeAndEndWhatTheyAllowed(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		p := newParty(t, f, auth.App{Name: "Ledger Robot", CompanyID: f.Credentials.CompanyID})
		b := signedIn(t, f)
		grant := regexp.MustCompile(`Ledger Robot</td>(?s:.*?)name="id" value="(\w+)"`)
		code := b.allow(p.asks(), f.Credentials.LocationID).Get("code")
		_, a := p.token(t, "grant_type", "authorization_code", "code", code)
		_, _, page := b.get("/apps")
		m := grant.FindStringSubmatch(page)
		if m == nil || !opens(t, f, a["access_token"]) {
			t.Fatalf("%s", page)
		}
		// not a stranger's to end
		member(t, f, "mo@foyer.example", "a member's password", f.Credentials.LocationID)
		mo := newBrowser(t, f)
		mo.signIn("mo@foyer.example", "a member's password")
		if _, _, page := mo.get("/apps"); strings.Contains(page, "Ledger") {
			t.Error("a member sees what another allowed")
		}
		for _, form := range []url.Values{{"id": {m[1]}, "do": {"end"}}, {"id": {p.id}, "do": {"disable"}}, {"id": {p.id}, "do": {"rotate"}}} {
			if status, _, _ := mo.post("/apps", form); status != 404 || !opens(t, f, a["access_token"]) {
				t.Errorf("a member's %v: %d", form, status)
			}
		}
		if status, _, _ := mo.get("/apps/new"); status != 403 {
			t.Errorf("a member's form: %d", status)
		}
		if status, _, _ := mo.post("/apps/new", url.Values{"name": {"x"}, "redirects": {"https://a.example/"}, "scope": {"contacts.readonly"}}); status != 403 {
			t.Errorf("a member registers: %d", status)
		}
		if status, _, _ := b.post("/apps", url.Values{"id": {m[1]}, "do": {"end"}}); status != 303 || opens(t, f, a["access_token"]) {
			t.Errorf("ended: %d", status)
		}
		if _, _, page := b.get("/apps"); grant.MatchString(page) && strings.Contains(page, `value="`+m[1]+`"`) {
			t.Error("an ended grant is still shown")
		}
		if status, _ := p.refresh(t, a["refresh_token"]); status != 400 {
			t.Errorf("the refresh token of an ended grant: %d", status)
		}

		// whatever is disabled ends all of it, and nothing else does
		switches := map[string]func(ctx context.Context, tx *db.Tx, off bool) error{
			"user": func(ctx context.Context, tx *db.Tx, off bool) error {
				return crm.DisableUser(ctx, tx, f.Credentials.User.ID, off)
			},
			"location": func(ctx context.Context, tx *db.Tx, off bool) error {
				return crm.DisableLocation(ctx, tx, f.Credentials.LocationID, off)
			},
			"company": func(ctx context.Context, tx *db.Tx, off bool) error {
				return crm.DisableCompany(ctx, tx, f.Credentials.CompanyID, off)
			},
			"app": func(ctx context.Context, tx *db.Tx, off bool) error { return auth.DisableApp(ctx, tx, p.id, off) },
		}
		for name, turn := range switches {
			a, code := p.tokens(t, f.Credentials.LocationID), p.code(t, f.Credentials.LocationID)
			f.System(t, func(ctx context.Context, tx *db.Tx) error { return turn(ctx, tx, true) })
			if opens(t, f, a["access_token"]) {
				t.Errorf("%s disabled: the access token opens", name)
			}
			if status, _ := p.refresh(t, a["refresh_token"]); status < 400 {
				t.Errorf("%s disabled: refreshed", name)
			}
			if status, _ := p.token(t, "grant_type", "authorization_code", "code", code); status < 400 {
				t.Errorf("%s disabled: a code gave tokens", name)
			}
			f.System(t, func(ctx context.Context, tx *db.Tx) error { return turn(ctx, tx, false) })
			if !opens(t, f, a["access_token"]) {
				t.Errorf("%s enabled: the access token does not open", name)
			}
		}
	})
}

func TestE21OnlyThePasswordSignsIn(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		// there is no other provider to sign in with, so no address links two accounts: the links lead home and to a new password
		_, _, page := newBrowser(t, f).get("/signin")
		if forms := strings.Count(page, "<form"); forms != 1 || strings.Count(page, "<a ") != 2 {
			t.Errorf("the sign-in has %d forms: %s", forms, page)
		}
		u := member(t, f, "mo@foyer.example", "a member's password", f.Credentials.LocationID)
		for email, password := range map[string]string{"mo@foyer.example": "", "mo@foyer.example ": "wrong", "": "", "no@foyer.example": "a member's password", "mo@foyer.example\x00": "x", "MO@FOYER.EXAMPLE": "A MEMBER'S PASSWORD"} {
			if status := newBrowser(t, f).signIn(email, password); status != 401 {
				t.Errorf("%q, %q: %d", email, password, status)
			}
		}
		f.AddUser(t, "new", "new@foyer.example", "No", "Password")
		if status := newBrowser(t, f).signIn("new@foyer.example", ""); status != 401 {
			t.Errorf("a user without a password: %d", status)
		}
		in := func(b *browser) bool { status, _, _ := b.get("/apps"); return status == 200 }
		b := newBrowser(t, f)
		if b.signIn("Mo@Foyer.Example", "a member's password"); !in(b) {
			t.Error("the right password does not sign in")
		}
		change := func(do func(u *crm.User)) {
			f.System(t, func(ctx context.Context, tx *db.Tx) error { _, err := crm.ChangeUser(ctx, tx, u.ID, do); return err })
		}
		// a session ends with the user, with its time, with the password, by signing out
		f.System(t, func(ctx context.Context, tx *db.Tx) error { return crm.DisableUser(ctx, tx, u.ID, true) })
		if in(b) {
			t.Error("a disabled user is signed in")
		}
		f.System(t, func(ctx context.Context, tx *db.Tx) error { return crm.DisableUser(ctx, tx, u.ID, false) })
		hash, err := auth.NewPasswords().Hash(t.Context(), "another password")
		if err != nil || !in(b) {
			t.Error("an enabled user is not", err)
		}
		change(func(u *crm.User) { u.PasswordHash = hash })
		if in(b) {
			t.Error("a changed password leaves the session")
		}
		b.signIn("mo@foyer.example", "another password")
		old := b.client.Jar.Cookies(must(url.Parse(f.URL)))[0]
		if b.post("/signout", nil); in(b) {
			t.Error("signed out and in")
		}
		if _, err := f.Desk.SignedIn(t.Context(), old.Value); err == nil {
			t.Error("the cookie of a session that was signed out of is good")
		}
		b.signIn("mo@foyer.example", "another password")
		sql(t, f, "UPDATE sessions SET expires_at = expires_at - 604800000")
		if in(b) {
			t.Error("a session outlives its time")
		}
	})
}

// Guessing at a password ends early, for an account from an address, and goes on
// for others.
func TestGuessingAtPasswordsEndsEarly(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		member(t, f, "mo@foyer.example", "a member's password", f.Credentials.LocationID)
		b := newBrowser(t, f)
		wrong := together(24, func(int) bool {
			status, _, _ := newBrowser(t, f).post("/signin", url.Values{"email": {"mo@foyer.example"}, "password": {"x"}})
			return status == 401
		})
		if wrong != 10 {
			t.Errorf("%d guesses were looked at", wrong)
		}
		if status := b.signIn("mo@foyer.example", "a member's password"); status != 429 {
			t.Errorf("the right password after too many: %d", status)
		}
		if status := b.signIn(f.Credentials.User.Email, *f.Credentials.User.Password); status != 303 {
			t.Errorf("somebody else: %d", status)
		}
		sql(t, f, "UPDATE sign_in_tries SET until = 1")
		if status := b.signIn("mo@foyer.example", "a member's password"); status != 303 {
			t.Errorf("a quarter of an hour later: %d", status)
		}
	})
}

// After a sign-in somebody goes on where they were, and never to another site.
func TestTheSignInLeadsNowhereElse(t *testing.T) {
	f := foyertest.New(t)
	for next, want := range map[string]string{
		"/apps/new": "/apps/new", "/oauth/chooselocation?client_id=x&scope=a+b": "/oauth/chooselocation?client_id=x&scope=a+b",
		"": "/today", "//evil.example": "/today", "https://evil.example/": "/today", `/\evil.example`: "/today", `\\evil.example`: "/today", "javascript:alert(1)": "/today", "/\t/evil.example": "/today", "evil": "/today", "/\r\nX: y": "/today", "///evil.example": "/today",
	} {
		status, header, _ := newBrowser(t, f).post("/signin", url.Values{"email": {f.Credentials.User.Email}, "password": {*f.Credentials.User.Password}, "next": {next}})
		if status != 303 || header.Get("Location") != want {
			t.Errorf("%q: %d, to %q", next, status, header.Get("Location"))
		}
	}
}

// Over TLS the cookie is bound to the host and to TLS.
func TestTheCookieIsBoundToTheHost(t *testing.T) {
	for base, want := range map[string]string{
		"":                    "foyer=…; Path=/; Max-Age=604800; HttpOnly; SameSite=Lax",
		"https://crm.example": "__Host-foyer=…; Path=/; Max-Age=604800; HttpOnly; Secure; SameSite=Lax",
	} {
		f := foyertest.Start(t, app.Config{Store: app.Store{Data: t.TempDir(), Strict: true}, PublicURL: base})
		r := httptest.NewRequest("POST", "http://crm.example/signin", strings.NewReader(url.Values{"email": {f.Credentials.User.Email}, "password": {*f.Credentials.User.Password}}.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		f.ServeHTTP(w, r)
		got := regexp.MustCompile(`=[A-Za-z0-9]{43};`).ReplaceAllString(w.Header().Get("Set-Cookie"), "=…;")
		if w.Code != http.StatusSeeOther || got != want {
			t.Errorf("%q: %d %s", base, w.Code, got)
		}
	}
}

// The table of docs/OAUTH.md is held against the tests: each of the 36
// requirements of ASVS 5.0 chapter V10 has an answer, and each test that an
// answer names is there.
func TestE22EveryRequirementOfASVSHasItsAnswer(t *testing.T) {
	text, err := os.ReadFile("../../../docs/OAUTH.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := regexp.MustCompile(`(?m)^\| (10\.\d\.\d+) \| .+ \| (.+) \|$`).FindAllStringSubmatch(string(text), -1)
	counts := map[string]int{}
	var tests strings.Builder
	for _, folder := range []string{".", "../../auth", "../../ui", "../../app", "../../../cmd/foyer"} {
		files, err := filepath.Glob(filepath.Join(folder, "*_test.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range files {
			source, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			tests.Write(source)
		}
	}
	for _, r := range rows {
		counts[r[1][:4]]++
		named := regexp.MustCompile(`Test\w+`).FindAllString(r[2], -1)
		if len(named) == 0 && !strings.HasPrefix(r[2], "n/a: ") {
			t.Errorf("%s has no answer: %s", r[1], r[2])
		}
		for _, n := range named {
			if !strings.Contains(tests.String(), "func "+n+"(") {
				t.Errorf("%s: there is no %s", r[1], n)
			}
		}
	}
	if got, want := fmt.Sprint(counts), fmt.Sprint(map[string]int{"10.1": 2, "10.2": 3, "10.3": 5, "10.4": 16, "10.5": 5, "10.6": 2, "10.7": 3}); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
