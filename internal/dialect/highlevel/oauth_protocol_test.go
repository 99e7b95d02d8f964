package highlevel_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/foyer-crm/foyer/internal/app"
	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/foyertest"
	"github.com/foyer-crm/foyer/internal/id"
)

// contents gives everything that the database holds: the files of SQLite, the
// rows of PostgreSQL.
func contents(t *testing.T, f *foyertest.F) []byte {
	t.Helper()
	var all []byte
	if f.DB.Kind() == db.SQLite {
		files, err := filepath.Glob(filepath.Join(f.Config.Data, "foyer.db*"))
		if err != nil || len(files) == 0 {
			t.Fatal("no files", err)
		}
		for _, name := range files {
			b, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, b...)
		}
		return all
	}
	f.System(t, func(ctx context.Context, tx *db.Tx) error {
		for _, table := range []string{"oauth_apps", "oauth_grants", "oauth_codes", "oauth_tokens", "sessions", "sign_in_tries", "api_keys", "events", "intake_log", "users"} {
			rows, err := tx.Query(ctx, "SELECT x::text FROM "+table+" x")
			if err != nil {
				return err
			}
			for rows.Next() {
				var s string
				if err := rows.Scan(&s); err != nil {
					return err
				}
				all = append(all, s...)
			}
			if err := rows.Close(); err != nil {
				return err
			}
		}
		return nil
	})
	return all
}

func TestE10TokensAreRandomAndKeptAsHashes(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		p := newParty(t, f, auth.App{})
		secrets, seen := []string{p.secret, *f.Credentials.HighLevel.CompanyToken, *f.Credentials.HighLevel.ClientSecret}, map[string]bool{}
		for range rounds(40, 2000) {
			code := p.code(t, f.Credentials.LocationID)
			_, a := p.token(t, "grant_type", "authorization_code", "code", code)
			_, b := p.refresh(t, a["refresh_token"])
			_, c := p.refresh(t, b["refresh_token"])
			secrets = append(secrets, code)
			for _, x := range []map[string]any{a, b, c} {
				for name, prefix := range map[string]string{"access_token": "foa_", "refresh_token": "for_"} {
					s, _ := x[name].(string)
					// at least 40 characters of 62 after what a scanner knows them by: 238 bits
					if rest, ok := strings.CutPrefix(s, prefix); !ok || len(rest) < 40 || seen[s] {
						t.Errorf("%s %q", name, s)
					}
					seen[s] = true
					secrets = append(secrets, s)
				}
			}
		}
		stored := contents(t, f)
		if !bytes.Contains(stored, []byte(p.id)) {
			t.Fatal("what was read is not the database")
		}
		for _, s := range secrets {
			for _, form := range []string{s, base64.StdEncoding.EncodeToString([]byte(s)), fmt.Sprintf("%x", s)} {
				if bytes.Contains(stored, []byte(form)) {
					t.Errorf("the database holds a secret that begins with %.6s", s)
				}
			}
		}
	})
	made := map[string]bool{}
	for range rounds(100_000, 1_000_000) {
		made[id.Secret(40)] = true
	}
	if len(made) != rounds(100_000, 1_000_000) {
		t.Error("two secrets are the same")
	}
}

func TestE11StateComesBackWithTheIssuer(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		p := newParty(t, f, auth.App{RedirectURIs: []string{"https://robot.example/back?keep=1&keep=2"}})
		b := signedIn(t, f)
		for _, state := range []string{"plain", "s t/a+t=e&%", "ünï", `"<>\`, strings.Repeat("x", 2000), "%41", "a\nb"} {
			for _, decision := range []string{"allow", "deny"} {
				_, header, _ := b.post("/oauth/chooselocation?"+p.asks("state", state).Encode(), url.Values{"location": {f.Credentials.LocationID}, "decision": {decision}})
				to, err := url.Parse(header.Get("Location"))
				if err != nil || to.Query().Get("state") != state || to.Query().Get("iss") != f.URL || !strings.HasPrefix(header.Get("Location"), p.redirect+"&") {
					t.Errorf("%q, %s: to %q", state, decision, header.Get("Location"))
				}
				if want := map[string]string{"deny": "access_denied"}[decision]; to.Query().Get("error") != want || (to.Query().Get("code") == "") != (decision == "deny") {
					t.Errorf("%s: to %q", decision, header.Get("Location"))
				}
			}
		}
		status, _, m := send(t, f, "GET", "/.well-known/oauth-authorization-server", "", nil)
		if status != 200 || m["issuer"] != f.URL || m["token_endpoint"] != f.URL+"/oauth/token" || m["authorization_endpoint"] != f.URL+"/oauth/chooselocation" || m["authorization_response_iss_parameter_supported"] != true {
			t.Errorf("%d %v", status, m)
		}
		status, _, m = send(t, f, "GET", "/.well-known/oauth-protected-resource", "", nil)
		if status != 200 || m["resource"] != f.URL || fmt.Sprint(m["authorization_servers"]) != fmt.Sprint([]string{f.URL}) {
			t.Errorf("%d %v", status, m)
		}
		_, header, _ := ask(t, f, "GET", "/contacts/", "", "Authorization", "Bearer nonsense")
		if got, want := header.Get("WWW-Authenticate"), `Bearer resource_metadata="`+f.URL+`/.well-known/oauth-protected-resource", error="invalid_token"`; got != want {
			t.Errorf("%s, want %s", got, want)
		}
	})
}

func TestE12ClientsShowTheirSecretInOneOfTwoPlaces(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		p, public := newParty(t, f, auth.App{}), newParty(t, f, auth.App{Public: true})
		basic := func(id, secret string) string {
			return "Basic " + base64.StdEncoding.EncodeToString([]byte(url.QueryEscape(id)+":"+url.QueryEscape(secret)))
		}
		for _, c := range []struct {
			name, header string
			form         url.Values
			status       int
			code         string // "": the app is taken, and only the token is wrong
		}{
			{"post", "", url.Values{"client_id": {p.id}, "client_secret": {p.secret}}, 400, ""},
			{"basic", basic(p.id, p.secret), url.Values{}, 400, ""},
			{"basic, with the id in the body too", basic(p.id, p.secret), url.Values{"client_id": {p.id}}, 400, ""},
			{"a bearer beside the post, which says nothing", "Bearer x", url.Values{"client_id": {p.id}, "client_secret": {p.secret}}, 400, ""},
			{"none, for a public app", "", url.Values{"client_id": {public.id}}, 400, ""},
			{"both", basic(p.id, p.secret), url.Values{"client_id": {p.id}, "client_secret": {p.secret}}, 400, "invalid_request"},
			{"two ids", basic(p.id, p.secret), url.Values{"client_id": {public.id}}, 400, "invalid_request"},
			{"a wrong secret", "", url.Values{"client_id": {p.id}, "client_secret": {p.secret + "x"}}, 401, "invalid_client"},
			{"a wrong secret by basic", basic(p.id, "x"), url.Values{}, 401, "invalid_client"},
			{"no secret", "", url.Values{"client_id": {p.id}}, 401, "invalid_client"},
			{"a secret of a public app", "", url.Values{"client_id": {public.id}, "client_secret": {p.secret}}, 401, "invalid_client"},
			{"nobody", "", url.Values{}, 401, "invalid_client"},
			{"an unknown app", "", url.Values{"client_id": {"x"}, "client_secret": {p.secret}}, 401, "invalid_client"},
			{"a secret cut short", "", url.Values{"client_id": {p.id}, "client_secret": {p.secret[:43]}}, 401, "invalid_client"},
			{"a secret with a space", "", url.Values{"client_id": {p.id}, "client_secret": {p.secret + " "}}, 401, "invalid_client"},
		} {
			c.form.Set("grant_type", "refresh_token")
			c.form.Set("refresh_token", "for_x")
			header := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
			if c.header != "" {
				header.Set("Authorization", c.header)
			}
			status, got, a := send(t, f, "POST", "/oauth/token", c.form.Encode(), header)
			want := c.code
			if want == "" {
				want = "invalid_grant"
			}
			if status != c.status || a["error"] != want {
				t.Errorf("%s: %d %v", c.name, status, a)
			}
			if strings.HasPrefix(c.header, "Basic") && status == 401 && !strings.HasPrefix(got.Get("WWW-Authenticate"), "Basic ") {
				t.Errorf("%s: WWW-Authenticate %q", c.name, got.Get("WWW-Authenticate"))
			}
		}
		// public apps get nothing that needs a secret
		if status, a := public.token(t, "grant_type", "client_credentials"); status != 400 || a["error"] != "unauthorized_client" {
			t.Errorf("client_credentials of a public app: %d %v", status, a)
		}
		if status, a := public.post(t, "/oauth/introspect", "token", "x"); status != 401 || a["error"] != "invalid_client" {
			t.Errorf("introspection by a public app: %d %v", status, a)
		}
		// after rotation the old secret overlaps as long as it was said
		old := p.secret
		for _, overlap := range []int64{auth.SecretOverlap.Milliseconds(), 0} {
			f.System(t, func(ctx context.Context, tx *db.Tx) (err error) {
				_, p.secret, err = f.Vault.RotateApp(ctx, tx, p.id, auth.SecretOverlap)
				if overlap == 0 {
					_, p.secret, err = f.Vault.RotateApp(ctx, tx, p.id, 0)
				}
				return err
			})
			if _, a := p.refresh(t, "for_x"); a["error"] != "invalid_grant" {
				t.Errorf("the new secret: %v", a)
			}
			if _, a := p.refresh(t, "for_x", "client_secret", old); (a["error"] == "invalid_grant") != (overlap > 0) {
				t.Errorf("the old secret with an overlap of %d: %v", overlap, a)
			}
			old = p.secret
		}
		// guessing ends early
		guessed := newParty(t, f, auth.App{})
		for range 10 {
			guessed.refresh(t, "for_x", "client_secret", "wrong")
		}
		if status, _ := guessed.refresh(t, "for_x"); status != 429 {
			t.Errorf("after ten wrong secrets: %d", status)
		}
	})
}

func TestE13ErrorsAreTheRFCs(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		p := newParty(t, f, auth.App{})
		form := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
		json := http.Header{"Content-Type": {"application/json"}}
		me := "client_id=" + p.id + "&client_secret=" + p.secret
		rfc := me + "&code_verifier=" + strings.Repeat("a", 43)
		v3 := `{"clientId":"` + p.id + `","clientSecret":"` + p.secret + `",`
		for _, c := range []struct {
			method, path, body string
			header             http.Header
			status             int
			want               string
		}{
			{"POST", "/oauth/token", "", form, 401, `invalid_client client_id is missing`},
			{"POST", "/oauth/token", me, form, 400, `invalid_request grant_type is missing`},
			{"POST", "/oauth/token", me + "&grant_type=authorization_code", form, 400, `invalid_request code is missing`},
			{"POST", "/oauth/token", me + "&grant_type=authorization_code&code=x", form, 401, `UnAuthorized! Authorization code not found`},
			{"POST", "/oauth/token", "client_id=x&client_secret=x&grant_type=authorization_code&code=x", form, 401, `UnAuthorized! Authorization code not found`},
			{"POST", "/oauth/token", rfc + "&grant_type=authorization_code&code=x", form, 400, `invalid_grant Authorization code not found`},
			{"POST", "/oauth/token", me + "&grant_type=refresh_token", form, 400, `invalid_request refresh_token is missing`},
			{"POST", "/oauth/token", me + "&grant_type=refresh_token&refresh_token=%00%ff", form, 400, `invalid_grant The refresh token is unknown, used, expired or of another client`},
			{"POST", "/oauth/token", me + "&grant_type=x", form, 400, `unsupported_grant_type grant_type is authorization_code, refresh_token or client_credentials`},
			{"POST", "/oauth/token", me + "&grant_type=refresh_token&user_type=Agency", form, 400, `invalid_request user_type is Company or Location`},
			{"POST", "/oauth/token", me + "&grant_type=refresh_token&grant_type=refresh_token", form, 400, `invalid_request grant_type is there more than once`},
			{"POST", "/oauth/token", "%zz", form, 400, `invalid_request The body is neither a form nor a JSON object`},
			{"POST", "/oauth/token", "{", json, 400, `invalid_request The body is neither a form nor a JSON object`},
			{"POST", "/oauth/token", v3 + `"grantType":"refresh_token","refreshToken":"x"}`, json, 400, `map[code:invalid_grant message:The refresh token is unknown, used, expired or of another client] <nil>`},
			{"POST", "/oauth/token", strings.Repeat("x", 1<<20+1), form, 413, `invalid_request The request body is larger than 1 MiB`},
			{"GET", "/oauth/token", "", nil, 405, `invalid_request Method not allowed`},
			{"POST", "/oauth/revoke", me, form, 400, `invalid_request token is missing`},
			{"POST", "/oauth/introspect", me, form, 400, `invalid_request token is missing`},
			{"POST", "/oauth/introspect", "client_id=x&client_secret=x&token=x", form, 401, `invalid_client The client is unknown, or its secret is wrong`},
		} {
			status, header, a := send(t, f, c.method, c.path, c.body, c.header)
			if got := fmt.Sprint(a["error"], " ", a["error_description"]); status != c.status || got != c.want {
				t.Errorf("%s %s %.60q: %d %s", c.method, c.path, c.body, status, got)
			}
			if header.Get("Cache-Control") != "no-store" || a["traceId"] == "" {
				t.Errorf("%s %.60q: Cache-Control %q, %v", c.path, c.body, header.Get("Cache-Control"), a)
			}
			for _, leak := range []string{"SELECT", "goroutine", ".go:", "sqlite", "pgx", p.secret} {
				if strings.Contains(fmt.Sprint(a), leak) {
					t.Errorf("%s %.60q: the answer says %s", c.path, c.body, leak)
				}
			}
		}
		// the same in version 3, and by JSON
		code := p.code(t, f.Credentials.LocationID)
		status, _, a := send(t, f, "POST", "/oauth/token", v3+`"grantType":"authorization_code","code":"`+code+`"}`, json)
		if status != 200 || a["accessToken"] == nil || a["refreshToken"] == nil || a["expiresIn"] != 86399.0 || a["tokenType"] != "Bearer" || a["access_token"] != nil {
			t.Errorf("%d %v", status, a)
		}
		status, header, a := send(t, f, "POST", "/oauth/token/", `{"client_id":"`+p.id+`","client_secret":"`+p.secret+`","grant_type":"refresh_token","refresh_token":"`+a["refreshToken"].(string)+`","user_type":"Location"}`, json)
		if status != 200 || a["access_token"] == nil || a["expires_in"] != 86399.0 || header.Get("Cache-Control") != "no-store" || header.Get("Pragma") != "no-cache" {
			t.Errorf("%d %v", status, a)
		}
	})
}

// journal is a log that a test reads while the server writes it.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(b []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(b)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

func TestE14NoSecretInAddressesAndLogs(t *testing.T) {
	run := func(t *testing.T, store app.Store) {
		log := &journal{}
		f := foyertest.Start(t, app.Config{Store: store, HighLevelVersion: true, Log: slog.New(slog.NewJSONHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
		p := newParty(t, f, auth.App{})
		b := signedIn(t, f)
		secrets := []string{p.secret, *f.Credentials.User.Password}
		for range rounds(20, 1000) {
			code := b.allow(p.asks(), f.Credentials.LocationID).Get("code")
			_, a := p.token(t, "grant_type", "authorization_code", "code", code)
			_, next := p.refresh(t, a["refresh_token"])
			p.refresh(t, "for_wrong")
			p.post(t, "/oauth/introspect", "token", next["access_token"].(string))
			p.post(t, "/oauth/revoke", "token", next["refresh_token"].(string))
			secrets = append(secrets, code, a["access_token"].(string), a["refresh_token"].(string), next["access_token"].(string), next["refresh_token"].(string))
		}
		for _, c := range b.client.Jar.Cookies(must(url.Parse(f.URL))) {
			secrets = append(secrets, c.Value)
		}
		for _, s := range secrets {
			if strings.Contains(log.String(), s) {
				t.Errorf("the log holds a secret that begins with %.6s", s)
			}
		}
		// a token behind the question mark is none, and a secret there names nobody
		token := p.tokens(t, f.Credentials.LocationID)["access_token"].(string)
		if status, _, _ := ask(t, f, "GET", "/contacts/?access_token="+token, "", "Authorization", ""); status != 401 {
			t.Errorf("a token in the address: %d", status)
		}
		if status, _, _ := send(t, f, "POST", "/oauth/token?grant_type=refresh_token&refresh_token=x&client_id="+p.id+"&client_secret="+p.secret, "", nil); status != 401 {
			t.Errorf("a secret in the address: %d", status)
		}
		for _, path := range []string{"/signin", "/oauth/chooselocation?" + p.asks().Encode(), "/v2/oauth/chooselocation?" + p.asks().Encode(), "/apps", "/apps/new"} {
			if status, header, _ := b.get(path); status != 200 || header.Get("Referrer-Policy") != "no-referrer" || header.Get("Cache-Control") != "no-store" {
				t.Errorf("%s: %d, Referrer-Policy %q, Cache-Control %q", path, status, header.Get("Referrer-Policy"), header.Get("Cache-Control"))
			}
		}
	}
	foyertest.Stores(t, run)
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func TestE15WhatIsRevokedIsDead(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		p, other := newParty(t, f, auth.App{}), newParty(t, f, auth.App{})
		elsewhere := auth.NewDesk(f.DB, f.Vault) // another process
		for range rounds(10, 500) {
			a := p.tokens(t, f.Credentials.LocationID)
			access := a["access_token"].(string)
			if !opens(t, f, access) { // and is remembered
				t.Fatal("the token does not open")
			}
			if status, got := other.post(t, "/oauth/revoke", "token", access); status != 400 || got["error"] != "invalid_grant" || !opens(t, f, access) {
				t.Errorf("by another client: %d %v", status, got)
			}
			if status, got := p.post(t, "/oauth/revoke", "token", access, "token_type_hint", "refresh_token"); status != 200 || got != nil {
				t.Errorf("an access token: %d %v", status, got)
			}
			if opens(t, f, access) {
				t.Error("a revoked access token opens")
			}
			if _, err := elsewhere.Caller(t.Context(), auth.HighLevel, access); err == nil {
				t.Error("a revoked access token opens elsewhere")
			}
			status, next := p.refresh(t, a["refresh_token"])
			if status != 200 || !opens(t, f, next["access_token"]) {
				t.Errorf("the rest of the family: %d %v", status, next)
			}
			if status, _ := p.post(t, "/oauth/revoke", "token", next["refresh_token"].(string)); status != 200 {
				t.Errorf("a refresh token: %d", status)
			}
			if opens(t, f, next["access_token"]) {
				t.Error("the access token of a revoked family opens")
			}
			if status, _ := p.refresh(t, next["refresh_token"]); status != 400 {
				t.Errorf("a revoked refresh token: %d", status)
			}
			if status, _ := p.post(t, "/oauth/revoke", "token", next["refresh_token"].(string)); status != 200 {
				t.Errorf("once more: %d", status)
			}
		}
		if status, _ := p.post(t, "/oauth/revoke", "token", "nonsense"); status != 200 {
			t.Errorf("an unknown token: %d", status)
		}
		// a database that cannot store it is never a success
		access := p.tokens(t, f.Credentials.LocationID)["access_token"].(string)
		sql(t, f, "ALTER TABLE oauth_tokens RENAME COLUMN ended_at TO ended_at_is_gone")
		if status, a := p.post(t, "/oauth/revoke", "token", access); status < 500 {
			t.Errorf("a revocation that was not stored: %d %v", status, a)
		}
	})
}

func TestE16IntrospectionIsOfOnesOwnTokensOnly(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		p, other := newParty(t, f, auth.App{}), newParty(t, f, auth.App{})
		inactive := func(what string, status int, a map[string]any) {
			t.Helper()
			if status != 200 || len(a) != 1 || a["active"] != false {
				t.Errorf("%s: %d %v", what, status, a)
			}
		}
		for range rounds(10, 500) {
			a := p.tokens(t, f.Credentials.LocationID)
			for _, name := range []string{"access_token", "refresh_token"} {
				status, got := other.post(t, "/oauth/introspect", "token", a[name].(string))
				inactive("another's "+name, status, got)
			}
			status, got := p.post(t, "/oauth/introspect", "token", a["access_token"].(string))
			if status != 200 || got["active"] != true || got["client_id"] != p.id || got["scope"] != a["scope"] || got["sub"] != f.Credentials.User.ID || got["locationId"] != f.Credentials.LocationID || got["iss"] != f.URL || got["exp"].(float64)-got["iat"].(float64) != 86400 {
				t.Errorf("one's own: %d %v", status, got)
			}
			_, next := p.refresh(t, a["refresh_token"])
			status, got = p.post(t, "/oauth/introspect", "token", a["refresh_token"].(string))
			inactive("a used refresh token", status, got)
			p.post(t, "/oauth/revoke", "token", next["refresh_token"].(string))
			status, got = p.post(t, "/oauth/introspect", "token", a["access_token"].(string))
			inactive("a revoked one", status, got)
		}
		status, got := p.post(t, "/oauth/introspect", "token", *f.Credentials.HighLevel.PrivateToken)
		inactive("a private token", status, got)
		status, got = p.post(t, "/oauth/introspect", "token", "nonsense")
		inactive("an unknown one", status, got)
		a := p.tokens(t, f.Credentials.LocationID)
		sql(t, f, "UPDATE oauth_tokens SET expires_at = 1 WHERE kind = 'access'")
		status, got = p.post(t, "/oauth/introspect", "token", a["access_token"].(string))
		inactive("an expired one", status, got)
	})
}

func TestE17NobodyRegistersAnAppUnasked(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		_, _, m := send(t, f, "GET", "/.well-known/oauth-authorization-server", "", nil)
		if m["registration_endpoint"] != nil {
			t.Errorf("dynamic registration is announced: %v", m)
		}
		for _, path := range []string{"/oauth/register", "/register", "/connect/register", "/oauth/clients"} {
			if status, _, _ := send(t, f, "POST", path, `{"redirect_uris":["https://a.example/"]}`, http.Header{"Content-Type": {"application/json"}}); status < 400 {
				t.Errorf("%s: %d", path, status)
			}
		}
		if status, header, _ := newBrowser(t, f).get("/apps/new"); status != 303 || !strings.HasPrefix(header.Get("Location"), "/signin") {
			t.Errorf("the form without a sign-in: %d", status)
		}
		b := signedIn(t, f)
		register := func(uri string, public bool) int {
			form := url.Values{"name": {"Robot"}, "redirects": {uri}, "scope": {"contacts.readonly"}}
			if public {
				form.Set("public", "1")
			}
			status, _, _ := b.post("/apps/new", form)
			return status
		}
		hostile := []string{"", "javascript:alert(1)", "JavaScript:alert(1)", "data:text/html,x", "vbscript:x", "file:///etc/passwd", "blob:https://a.example/x", "about:blank", "ftp://a.example/", "http://a.example/", "http://169.254.169.254/", "http://10.0.0.1/",
			"http://0.0.0.0/", "http://127.0.0.1.evil.example/", "http://localhost.evil.example/", "https://a.example/#f", "https://a.example/#", "https://u:p@a.example/", "https://u@a.example/", "https://", "https:", "https:///x", "https:a.example", "//a.example/", "/x", "x", "*",
			"https://a.example\\@b.example/", "https://a.example/\"", "https://a.example/<x>", "https://ä.example/", "https://a.example/\u202e", "https://a.example:x/", "https://a;b.example/", "ws://a.example/", "wss://a.example/", "intent://x", "mailto:a@a.example", "tel:1", "urn:ietf:wg:oauth:2.0:oob", "robot:/x",
			"https://a.example/" + strings.Repeat("x", 2000)}
		for _, uri := range hostile {
			for _, public := range []bool{false, true} {
				if status := register(uri, public); status != 400 {
					t.Errorf("%.80q, public %v: %d", uri, public, status)
				}
			}
		}
		for uri, public := range map[string]bool{"https://a.example/": false, "https://a.example:8443/x?y=z": false, "http://127.0.0.1:8090/x": false, "http://localhost:3000/x": false, "http://[::1]:1/x": false, "com.robot.app:/x": true} {
			if status := register(uri, public); status != 200 {
				t.Errorf("%q: %d", uri, status)
			}
		}
		if register("com.robot.app:/x", false) != 400 {
			t.Error("an app with a secret has a scheme of its own")
		}
		if status, _, _ := b.post("/apps/new", url.Values{"name": {"Robot"}, "redirects": {"https://a.example/"}, "scope": {"everything"}}); status != 400 {
			t.Errorf("an unknown scope: %d", status)
		}
	})
}
