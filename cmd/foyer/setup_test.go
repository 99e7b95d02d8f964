package main

import (
	"html"
	"net/http"
	"net/url"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// An empty server leads every page to its set-up. Who has the code that serve
// printed sets it up, once; then each source gets its key with one press, and the
// command that the page shows works.
func TestAnEmptyServerIsSetUpInTheBrowser(t *testing.T) {
	stores(t, func(t *testing.T, where []string) {
		s := start(t, append([]string{"serve"}, where...)...)
		form, page := "Content-Type: application/x-www-form-urlencoded", "Accept: text/html"
		until(t, "the code is printed", func() bool { return strings.Contains(s.stdout.String(), "/start?code=") })
		code := regexp.MustCompile(`[A-Z2-7]{4}(?:-[A-Z2-7]{4}){3}`).FindString(s.stdout.String())
		for _, path := range []string{"/", "/today", "/signin", "/forgot", "/account", "/apps", "/notifications", "/in/x/contacts"} {
			if status, _, head := ask(t, "GET", s.base+path, "", page); status != http.StatusSeeOther || head.Get("Location") != "/start" {
				t.Errorf("%s: %d %s", path, status, head.Get("Location"))
			}
		}
		if status, text, _ := ask(t, "GET", s.base+"/start", "", page); status != http.StatusOK || strings.Contains(text, code) {
			t.Errorf("/start: %d, and it may tell the code", status)
		}
		fields := url.Values{"company": {"Saguaro Group"}, "location": {"Phoenix"}, "timezone": {"America/Phoenix"}, "first": {"Dana"}, "email": {"dana@saguaro.example"}, "password": {"correct horse battery staple"}}
		found := func(code string, with ...string) int {
			fields := withValue(fields, "code", code)
			for i := 0; i < len(with); i += 2 {
				fields.Set(with[i], with[i+1])
			}
			status, _, _ := ask(t, "POST", s.base+"/start", fields.Encode(), form)
			return status
		}
		for what, got := range map[string][2]int{
			"no code": {found(""), 400}, "a wrong code": {found("AAAA-AAAA-AAAA-AAAA"), 401}, "an easy password": {found(code, "password", "short"), 400},
			"a broken address": {found(code, "email", "dana"), 400}, "no such zone": {found(code, "timezone", "Mars/Olympus"), 400},
		} {
			if got[0] != got[1] {
				t.Errorf("%s: %d", what, got[0])
			}
		}
		var cookie, to string
		var mu sync.Mutex
		var won atomic.Int64
		var all sync.WaitGroup
		for range 4 { // of several at once, one is the first
			all.Go(func() {
				status, _, head := ask(t, "POST", s.base+"/start", withValue(fields, "code", strings.ToLower(code)).Encode(), form)
				if status == http.StatusSeeOther && head.Get("Set-Cookie") != "" {
					won.Add(1)
					mu.Lock()
					defer mu.Unlock()
					cookie, to = strings.Split(head.Get("Set-Cookie"), ";")[0], head.Get("Location")
				}
			})
		}
		all.Wait()
		if won.Load() != 1 || !strings.Contains(to, "/settings/sources") {
			t.Fatalf("%d set it up; then %s", won.Load(), to)
		}
		if found(code) != http.StatusSeeOther || len(mustJSON[[]companyLine](t, append([]string{"admin", "companies", "list"}, where...)...)) != 1 || len(mustJSON[[]userLine](t, append([]string{"admin", "users", "list"}, where...)...)) != 1 {
			t.Error("the code was good again")
		}
		if status, _, head := ask(t, "GET", s.base+"/start?code="+code, "", page); status != http.StatusSeeOther || head.Get("Location") != "/signin" {
			t.Errorf("/start afterwards: %d", status)
		}
		if status, text, _ := ask(t, "GET", s.base+to, "", "Cookie: "+cookie); status != http.StatusOK || !strings.Contains(text, "Make the key") {
			t.Fatalf("%s: %d", to, status)
		}
		path, _, _ := strings.Cut(to, "?")
		for _, api := range []string{"radius", "highlevel", "liondesk", "brokerkit"} {
			status, text, _ := ask(t, "POST", s.base+path, url.Values{"api": {api}, "do": {"make"}}.Encode(), form, "Cookie: "+cookie)
			m := regexp.MustCompile(`(?s)<pre class="snippet" id="curl-` + api + `">(.*?)</pre>`).FindStringSubmatch(text)
			if status != http.StatusOK || m == nil {
				t.Errorf("%s: %d, and no command", api, status)
				continue
			}
			if _, err := exec.LookPath("curl"); err != nil {
				continue
			}
			command := exec.CommandContext(t.Context(), "sh", "-c", html.UnescapeString(m[1])+" -s -o /dev/null -w '%{http_code}'")
			if got, err := command.Output(); err != nil || !strings.HasPrefix(string(got), "20") {
				t.Errorf("%s: the command answers %s %v", api, got, err)
			}
		}
		if _, text, _ := ask(t, "GET", s.base+strings.Replace(path, "/settings/sources", "/contacts", 1), "", "Cookie: "+cookie); !strings.Contains(text, "rita@example.com") || !strings.Contains(text, "hal@example.com") || !strings.Contains(text, "leo@example.com") || !strings.Contains(text, "bea@example.com") {
			t.Error("who was sent is not among the contacts")
		}
	})
}

// withValue gives values with one more.
func withValue(v url.Values, name, value string) url.Values {
	all := url.Values{name: {value}}
	for k, list := range v {
		all[k] = list
	}
	return all
}
