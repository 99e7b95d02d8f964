package highlevel_test

import (
	"encoding/json"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/foyer-crm/foyer/internal/foyertest"
)

// FuzzOAuth: whatever is sent to the endpoints for apps and to the consent page,
// nobody gets a token, nobody is sent to an address that is not registered, and
// nothing is a failure of the server.
func FuzzOAuth(f *testing.F) {
	foyer := foyertest.New(f)
	p := bootstrapParty(f, foyer)
	me := "client_id=" + p.id + "&client_secret=" + p.secret
	for _, seed := range []string{
		"", "{}", "null", me, me + "&grant_type=authorization_code&code=x&redirect_uri=%zz", me + "&grant_type=refresh_token&refresh_token=for_%00%ff&scope=%20",
		`{"clientId":"` + p.id + `","grantType":{"a":[1]},"refreshToken":1e400}`, `{"client_id":"a","client_id":"b","grant_type":"password"}`,
		"response_type=code&client_id=" + p.id + "&redirect_uri=" + url.QueryEscape(p.redirect) + "&state=%00&code_challenge=x&code_challenge_method=plain", me + "&token=x&token=y",
	} {
		f.Add(byte(len(seed)), "Basic eDp5", seed)
	}
	f.Fuzz(func(t *testing.T, to byte, authorization, text string) {
		paths := []string{"/oauth/token", "/oauth/revoke", "/oauth/introspect"}
		r := httptest.NewRequest("POST", paths[int(to)%len(paths)], strings.NewReader(text))
		r.Header["Authorization"] = []string{authorization}
		if to&8 != 0 {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		w := httptest.NewRecorder()
		foyertest.Judged(t, foyer.House).ServeHTTP(w, r)
		var a map[string]any
		if w.Body.Len() > 0 {
			if err := json.Unmarshal(w.Body.Bytes(), &a); err != nil {
				t.Fatalf("%q: the answer %s: %v", text, w.Body, err)
			}
		}
		token := a["access_token"] != nil || a["accessToken"] != nil
		if w.Code >= 500 || token && !strings.Contains(text, "client_credentials") {
			t.Fatalf("%q: %d %s", text, w.Code, w.Body)
		}
		r = httptest.NewRequest("GET", "/oauth/chooselocation", nil)
		r.URL.RawQuery = text
		w = httptest.NewRecorder()
		foyertest.Judged(t, foyer.House).ServeHTTP(w, r)
		if at := w.Header().Get("Location"); w.Code >= 500 || at != "" && !strings.HasPrefix(at, p.redirect+"?error=") && !strings.HasPrefix(at, "/signin?next=%2Foauth%2Fchooselocation") {
			t.Fatalf("%q: %d, to %q", text, w.Code, at)
		}
	})
}
