package highlevel_test

import (
	"fmt"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/foyertest"
	"github.com/foyer-crm/foyer/internal/id"
)

// variants gives addresses that are nearly a redirect URI, or lead elsewhere.
func variants(uri string) []string {
	list := []string{"", " " + uri, uri + " ", uri + "/", uri + "?", uri + "?a=b", uri + "#", uri + "#x", uri + "/.", uri + "/../back", uri + "%20", uri + "%00", uri + "\x00", uri + "\n", uri + "\t", uri + ";", uri + ",",
		strings.ToUpper(uri), strings.Replace(uri, "https", "http", 1), strings.Replace(uri, "https", "HTTPS", 1), strings.Replace(uri, "//", "/", 1), strings.Replace(uri, "//", "///", 1), strings.Replace(uri, "//", `\\`, 1),
		strings.Replace(uri, "robot", "evil@robot", 1), strings.Replace(uri, "robot.example", "robot.example@evil.example", 1), strings.Replace(uri, "robot.example", "robot.example.evil.example", 1),
		strings.Replace(uri, "robot.example", "robot.example:443", 1), strings.Replace(uri, "robot.example", "robot.example.", 1), strings.Replace(uri, "robot.example", "robot。example", 1), strings.Replace(uri, "robot.example", "robot%2eexample", 1),
		strings.Replace(uri, "robot.example", "robot.example\\@evil.example", 1), strings.Replace(uri, "robot.example", "evil.example#robot.example", 1), strings.Replace(uri, "robot.example", "evil.example?robot.example", 1),
		"//robot.example/back", "/back", "back", "javascript:alert(1)//" + uri, "data:text/html," + uri, "https:robot.example/back", "https://robot.example", "urn:ietf:wg:oauth:2.0:oob", uri + " " + uri, uri + "," + uri, url.QueryEscape(uri)}
	for i := range uri {
		list = append(list, uri[:i]+uri[i+1:], uri[:i]+"."+uri[i:], uri[:i]+"%"+uri[i:], uri[:i]+"%"+fmt.Sprintf("%02x", uri[i])+uri[i+1:], uri[:i]+"é"+uri[i:], uri[:i]+"\\"+uri[i:], uri[:i]+"\r\n"+uri[i:],
			uri[:i]+"/"+uri[i:], uri[:i]+"@"+uri[i:], uri[:i]+":"+uri[i:], uri[:i]+"?"+uri[i:], uri[:i]+"#"+uri[i:], uri[:i]+"*"+uri[i+1:], uri[:i]+"x"+uri[i+1:], uri[:i]+strings.ToUpper(uri[i:i+1])+uri[i+1:],
			uri[:i]+"\u200b"+uri[i:], uri[:i]+"\u202e"+uri[i:], uri[:i]+" "+uri[i:], uri[:i]+"+"+uri[i:], uri[:i]+uri[i:i+1]+uri[i:], uri[:i]+"[", uri[:i]+"&redirect_uri="+uri[i:], uri[:i]+"\x00"+uri[i:])
	}
	return list
}

func TestE1RedirectURIsMatchExactly(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		p := newParty(t, f, auth.App{})
		b := signedIn(t, f)
		tried := 0
		for _, v := range variants(p.redirect) {
			if v == p.redirect || v == "" {
				continue // one left out where one is registered is that one
			}
			tried++
			status, header, _ := b.get("/oauth/chooselocation?" + p.asks("redirect_uri", v).Encode())
			if status != 400 || header.Get("Location") != "" {
				t.Errorf("%q: %d, to %q", v, status, header.Get("Location"))
			}
		}
		if tried < 500 {
			t.Errorf("only %d variants", tried)
		}
		status, header, _ := b.post("/oauth/chooselocation?"+p.asks().Encode(), url.Values{"decision": {"allow"}, "location": {f.Credentials.LocationID}})
		if to := header.Get("Location"); status != 302 || !strings.HasPrefix(to, p.redirect+"?code=") {
			t.Errorf("the exact one: %d, to %q", status, to)
		}
		for _, unknown := range []url.Values{p.asks("client_id", "x"), p.asks("client_id", "-"), p.asks("client_id", p.id+"\x00"), p.asks("client_id", strings.ToUpper(p.id))} {
			if status, header, _ := b.get("/oauth/chooselocation?" + unknown.Encode()); status != 400 || header.Get("Location") != "" {
				t.Errorf("an unknown app: %d, to %q", status, header.Get("Location"))
			}
		}
		if status, header, _ := b.get("/oauth/chooselocation?" + p.asks().Encode() + "&redirect_uri=https://evil.example"); status != 400 || header.Get("Location") != "" {
			t.Errorf("two redirect URIs: %d, to %q", status, header.Get("Location"))
		}

		native := newParty(t, f, auth.App{Public: true, RedirectURIs: []string{"http://127.0.0.1/back", "com.robot.app:/back"}})
		_, challenge := pkce()
		for uri, ok := range map[string]bool{
			"http://127.0.0.1/back": true, "http://127.0.0.1:51004/back": true, "com.robot.app:/back": true,
			"http://127.0.0.1:51004/other": false, "http://127.0.0.1:51004/back?x": false, "http://127.0.0.2:51004/back": false, "http://localhost:51004/back": false, "https://127.0.0.1:51004/back": false,
			"http://127.0.0.1:510041/back": false, "http://127.0.0.1:/back": false, "http://127.0.0.1:x@evil.example/back": false, "http://127.0.0.1:1@evil.example/back": false, "com.robot.app:1/back": false,
		} {
			ask, _ := f.Desk.ReadAsk(t.Context(), native.asks("redirect_uri", uri, "code_challenge", challenge, "code_challenge_method", "S256"))
			if (ask != nil) != ok {
				t.Errorf("a native app at %q: %v", uri, ask != nil)
			}
		}
	})
}

func TestE2PKCEIsRequiredOfPublicAppsAndEnforcedForAll(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		confidential, public := newParty(t, f, auth.App{}), newParty(t, f, auth.App{Public: true})
		b := signedIn(t, f)
		const verifier, challenge = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM" // RFC 7636 appendix B
		for _, c := range []struct {
			name   string
			p      *party
			change []string
			ok     bool
		}{
			{"public with S256", public, []string{"code_challenge", challenge, "code_challenge_method", "S256"}, true},
			{"public without", public, nil, false},
			{"public with plain", public, []string{"code_challenge", verifier, "code_challenge_method", "plain"}, false},
			{"public without a method, which is plain", public, []string{"code_challenge", challenge}, false},
			{"confidential without", confidential, nil, true},
			{"confidential with S256", confidential, []string{"code_challenge", challenge, "code_challenge_method", "S256"}, true},
			{"confidential with plain", confidential, []string{"code_challenge", verifier, "code_challenge_method", "plain"}, false},
			{"a method without a challenge", confidential, []string{"code_challenge_method", "S256"}, false},
			{"a challenge that is no SHA-256", confidential, []string{"code_challenge", "short", "code_challenge_method", "S256"}, false},
		} {
			status, header, _ := b.get("/oauth/chooselocation?" + c.p.asks(c.change...).Encode())
			if got := status == 200; got != c.ok || !got && !strings.Contains(header.Get("Location"), "error=invalid_request") {
				t.Errorf("%s: %d, to %q", c.name, status, header.Get("Location"))
			}
		}
		for _, p := range []*party{public, confidential} {
			code := p.code(t, f.Credentials.LocationID, "code_challenge", challenge, "code_challenge_method", "S256")
			wrong := []string{"-", "", challenge, verifier + "x", verifier[:42], verifier[1:], strings.ToLower(verifier), verifier + "=", strings.Repeat("a", 129)}
			for range rounds(50, 1000) {
				wrong = append(wrong, id.Secret(43))
			}
			for _, v := range wrong {
				if status, a := p.token(t, "grant_type", "authorization_code", "code", code, "code_verifier", v); status != 400 && status != 401 || a["access_token"] != nil {
					t.Errorf("verifier %q: %d %v", v, status, a)
				}
			}
			if status, a := p.token(t, "grant_type", "authorization_code", "code", code, "code_verifier", verifier); status != 200 {
				t.Errorf("the right verifier: %d %v", status, a)
			}
		}
		// the other downgrade: a verifier where there was no challenge
		if status, a := confidential.token(t, "grant_type", "authorization_code", "code", confidential.code(t, f.Credentials.LocationID), "code_verifier", verifier); status != 400 || a["error"] != "invalid_grant" {
			t.Errorf("a verifier without a challenge: %d %v", status, a)
		}
	})
}

func TestE3OnlyTheGrantsThatAreMeant(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		p := newParty(t, f, auth.App{})
		b := signedIn(t, f)
		for typ, want := range map[string]string{"token": "unsupported_response_type", "code token": "unsupported_response_type", "id_token": "unsupported_response_type", "CODE": "unsupported_response_type", "-": "invalid_request"} {
			_, header, _ := b.get("/oauth/chooselocation?" + p.asks("response_type", typ).Encode())
			to, err := url.Parse(header.Get("Location"))
			if err != nil || to.Query().Get("error") != want || to.Query().Get("state") != "s t/a+t=e&%" || to.Fragment != "" {
				t.Errorf("response_type %q: to %q", typ, header.Get("Location"))
			}
		}
		if _, header, _ := b.get("/oauth/chooselocation?" + p.asks("response_mode", "fragment").Encode()); !strings.Contains(header.Get("Location"), "error=invalid_request") {
			t.Errorf("response_mode fragment: to %q", header.Get("Location"))
		}
		for grant, want := range map[string]string{"password": "unsupported_grant_type", "implicit": "unsupported_grant_type", "urn:ietf:params:oauth:grant-type:device_code": "unsupported_grant_type",
			"urn:ietf:params:oauth:grant-type:jwt-bearer": "unsupported_grant_type", "-": "invalid_request", "client_credentials": "unauthorized_client"} {
			status, a := p.token(t, "grant_type", grant, "username", f.Credentials.User.Email, "password", *f.Credentials.User.Password)
			if status != 400 || a["error"] != want {
				t.Errorf("grant_type %q: %d %v", grant, status, a)
			}
		}
		own := newParty(t, f, auth.App{CompanyID: f.Credentials.CompanyID, Credentials: true})
		status, a := own.token(t, "grant_type", "client_credentials", "scope", "contacts.readonly")
		if status != 200 || a["userType"] != "Company" || a["refresh_token"] != nil || a["scope"] != "contacts.readonly" || a["userId"] != nil {
			t.Errorf("client_credentials: %d %v", status, a)
		}
		status, a = own.token(t, "grant_type", "client_credentials", "user_type", "Location", "locationId", f.Credentials.LocationID)
		if status != 200 || a["userType"] != "Location" || !opens(t, f, a["access_token"]) {
			t.Errorf("client_credentials for a location: %d %v", status, a)
		}
		if status, a := own.token(t, "grant_type", "client_credentials", "locationId", f.Neighbour(t)["locationId"]); status != 400 {
			t.Errorf("client_credentials for a neighbour: %d %v", status, a)
		}
	})
}

// together does something many times at once and gives how often it succeeded.
func together(n int, do func(i int) bool) int64 {
	var good atomic.Int64
	var wait sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		wait.Go(func() {
			<-start
			if do(i) {
				good.Add(1)
			}
		})
	}
	close(start)
	wait.Wait()
	return good.Load()
}

func TestE4ACodeIsGoodOnceAndForAMinute(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		p := newParty(t, f, auth.App{})
		c := auth.Client{ID: p.id, Secret: p.secret}
		for range rounds(10, 1000) {
			code := p.code(t, f.Credentials.LocationID)
			if n := together(64, func(int) bool {
				_, err := f.Desk.Exchange(t.Context(), c, code, p.redirect, "")
				return err == nil
			}); n != 1 {
				t.Fatalf("one code gave tokens %d times", n)
			}
		}
		code := p.code(t, f.Credentials.LocationID)
		sql(t, f, "UPDATE oauth_codes SET expires_at = expires_at - 60000")
		if status, a := p.token(t, "grant_type", "authorization_code", "code", code); status != 401 || a["error"] != "UnAuthorized!" || a["error_description"] != "Authorization code not found" {
			t.Errorf("after a minute: %d %v", status, a)
		}
	})
}

func TestE5TheSecondUseOfACodeEndsWhatTheFirstGave(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		p := newParty(t, f, auth.App{})
		for range rounds(5, 1000) {
			code := p.code(t, f.Credentials.LocationID)
			_, a := p.token(t, "grant_type", "authorization_code", "code", code)
			if !opens(t, f, a["access_token"]) {
				t.Fatal("the token does not open")
			}
			if status, _ := p.token(t, "grant_type", "authorization_code", "code", code); status != 401 {
				t.Errorf("the second use: %d", status)
			}
			if opens(t, f, a["access_token"]) {
				t.Error("the access token lives")
			}
			if status, a := p.refresh(t, a["refresh_token"]); status != 400 || a["error"] != "invalid_grant" {
				t.Errorf("the refresh token lives: %d %v", status, a)
			}
		}
	})
}

func TestE6ACodeIsBoundToItsRequest(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		uris := []string{"https://robot.example/back", "https://robot.example/other"}
		p, other := newParty(t, f, auth.App{RedirectURIs: uris}), newParty(t, f, auth.App{RedirectURIs: uris})
		verifier, challenge := pkce()
		another, _ := pkce()
		// every combination in which at least one of the four is wrong
		for wrong := 1; wrong < 16; wrong++ {
			for range rounds(2, 100) {
				code := p.code(t, f.Credentials.LocationID, "code_challenge", challenge, "code_challenge_method", "S256")
				form := []string{"grant_type", "authorization_code", "code", code, "redirect_uri", uris[0], "code_verifier", verifier}
				if wrong&1 != 0 {
					form[5] = uris[1]
				}
				if wrong&2 != 0 {
					form[7] = another
				}
				if wrong&4 != 0 {
					form[3] = code[:39] + string("0123456789abcdef"[(strings.IndexByte("0123456789abcdef", code[39])+1)%16])
				}
				as := p
				if wrong&8 != 0 {
					as = other
				}
				if status, a := as.token(t, form...); status < 400 || a["access_token"] != nil {
					t.Errorf("combination %04b: %d %v", wrong, status, a)
				}
			}
		}
		// and to the user: what it gives is theirs
		if a := p.tokens(t, f.Credentials.LocationID); a["userId"] != f.Credentials.User.ID || a["locationId"] != f.Credentials.LocationID || a["companyId"] != f.Credentials.CompanyID {
			t.Errorf("%v", a)
		}
	})
}
